/* Writing JSON: members in the order of the calls, no white space (or two blanks of indent), so equal input gives equal bytes. */
#ifndef BASE_JOUT_H
#define BASE_JOUT_H

#include <stdint.h>
#include "base/buf.h"

struct jout {
	struct buf *b; /* borrowed */
	int indent;    /* 0 or blanks per level */
	int depth, comma;
};

void jout_init(struct jout *j, struct buf *b, int indent);
/* key is NULL inside arrays and at the top. */
void jout_object(struct jout *j, const char *key);
void jout_array(struct jout *j, const char *key);
void jout_end_object(struct jout *j);
void jout_end_array(struct jout *j);
/* NULL writes null. Malformed UTF-8 becomes U+FFFD. */
void jout_text(struct jout *j, const char *key, const char *s);
/* As jout_text(), but leaves the member out when s is NULL or empty. */
void jout_opt(struct jout *j, const char *key, const char *s);
void jout_int(struct jout *j, const char *key, int64_t v);
void jout_bool(struct jout *j, const char *key, int v);
/* v units of 10^-scale as a string, "12.34": money is never a JSON real. */
void jout_dec(struct jout *j, const char *key, int64_t v, int scale);

#endif
