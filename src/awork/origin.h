/* awork.base_url, taken apart by curl's URL parser, so that what is checked is what is used. */
#ifndef AWORK_ORIGIN_H
#define AWORK_ORIGIN_H

#include "base/err.h"

struct origin {
	char *base;  /* the URL without '/' at its end */
	char *host;
	int plain;   /* http to loopback */
};

/* https, or http to a literal loopback address or localhost; no user, query or fragment. ERR_CONFIG, without repeating the text. */
int origin_read(const char *text, struct origin *out, struct err *e);
void origin_free(struct origin *o);

#endif
