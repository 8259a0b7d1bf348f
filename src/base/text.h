/* Text from outside: UTF-8, control characters, file names. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

/* True when the n bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
int text_is_utf8(const char *s, size_t n);

/* How many of the n bytes at s stand before the first that is no printable ASCII character. */
size_t text_plain(const char *s, size_t n);

/* Decodes one code point at s (well-formed, not at the end); *len is set to its bytes. */
uint32_t text_next(const char *s, int *len);

/* Appends s for display: control characters (except LF and TAB when keep_lines), DEL, C1, bidi controls (U+202A-202E, U+2066-2069,
 * U+200E, U+200F, U+061C), U+2028/2029, U+FEFF, noncharacters become a blank each; CR LF and CR become LF (or a blank). Malformed bytes become U+FFFD. */
void text_clean(struct buf *out, const char *s, int keep_lines);

/* True when s is NULL or would show nothing: blanks of any kind, invisible characters, and what text_clean() turns into blanks. */
int text_is_blank(const char *s);

/* The part of a file name made from a name: lower-case ASCII [a-z0-9-], umlauts and accents transliterated, at most 40 bytes, no hyphen at either
 * end, never empty ("x" instead). Writes at most 41 bytes. Returns out. */
char *text_slug(char out[41], const char *s);

/* True for 8-4-4-4-12 hexadecimal digits. */
int text_is_uuid(const char *s);
/* Copies a UUID in lower case; 0, or -1 when it is none. */
int text_uuid(char out[37], const char *s);
/* The same of the n bytes at s. */
int text_uuidn(char out[37], const char *s, size_t n);
/* A lower-case UUID as 16 bytes, which sort as the text does; 0, or -1 when it is none. And back: returns out. */
int text_uuid_pack(uint8_t out[16], const char *s);
char *text_uuid_unpack(char out[37], const uint8_t in[16]);

/* s without blanks at both ends, in place. Returns the start. */
char *text_trim(char *s);

/* Number of code points. */
size_t text_len(const char *s);

/* Bytes of the longest prefix of s with at most n code points. */
size_t text_prefix(const char *s, size_t n);

#endif
