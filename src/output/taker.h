/* Who takes part in the one walk over a run: files that list its documents and entries, and sums over them. However many they are, each entry is read once. */
#ifndef OUTPUT_TAKER_H
#define OUTPUT_TAKER_H

#include "output/source.h"

#define TAKER_NAME 64

/* A call that is NULL is not made. */
struct taker {
	char name[TAKER_NAME]; /* the caller's word for it, before what it says of an error; "": none */
	void *me;
	int (*begin)(void *me, const struct source_document *d, struct err *e);
	int (*entry)(void *me, const struct invoice_entry *x, struct err *e);
	int (*end)(void *me, const struct invoice *v, struct err *e);
	int (*held)(void *me, const struct source_held *h, struct err *e);
	/* Always called, once: completes what was taken and frees me. rc < 0: the walk failed, and what is not complete is removed; then the answer counts for nothing. */
	int (*close)(void *me, int rc, struct err *e);
};

/* One walk over the documents (of one number, or all when it is NULL), then over the held entries, told to n takers in their order, which are closed then. */
int taker_walk(const struct source *src, const char *number, struct taker *takers, size_t n, struct err *e);
/* Closes n takers, all of them; from the first that fails on as for a walk that failed. Returns what it came to. */
int taker_close(struct taker *takers, size_t n, int rc, struct err *e);

#endif
