/* SHA-256 (OpenSSL's libcrypto, which libcurl loads anyway). */
#ifndef BASE_SHA_H
#define BASE_SHA_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define SHA_LEN 32
#define SHA_HEX 65

struct sha;

struct sha *sha_new(void); /* NULL when out of memory; owned by caller */
void sha_add(struct sha *s, const void *p, size_t n);
/* Writes the digest and makes *s ready for the next text. */
void sha_end(struct sha *s, uint8_t out[SHA_LEN]);
void sha_free(struct sha *s);

void sha_of(const void *p, size_t n, uint8_t out[SHA_LEN]);
/* Digest and size of an open file from its start to its end; the file offset is moved. */
int sha_of_fd(int fd, uint8_t out[SHA_LEN], int64_t *size, struct err *e);
/* Lower-case hexadecimal. Returns out. */
char *sha_hex(char out[SHA_HEX], const uint8_t in[SHA_LEN]);
/* Reads 64 hexadecimal digits; 0 or -1. */
int sha_unhex(const char *hex, uint8_t out[SHA_LEN]);

#endif
