/* Sorted runs of records in a temporary file, and their merge: what a sorter does beyond its buffer. */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"

/* A record in memory and in the file: this, the key, the payload, both padded. */
struct spool_head { uint32_t nkey, n; };
size_t spool_padded(size_t n);
struct spool_head spool_head_of(const uint8_t *at);
/* Of the whole record. */
size_t spool_size(struct spool_head h);
/* The first bytes of a key as a number: it tells most keys apart without a look at them. */
uint64_t spool_prefix(const void *key, size_t n);
/* Two records by their keys: byte by byte, a shorter one before those that it begins. */
int spool_compare(const uint8_t *a, const uint8_t *b);

struct spool_run { off_t from, to; };
struct spool {
	int fd;    /* -1: none yet */
	off_t end; /* of what was written */
	struct spool_run *runs;
	size_t n, cap;
	uint8_t *out;
	size_t nout;
};

/* A file in dir without a name, for its owner alone. ERR_IO, ERR_OS. */
int spool_open(struct spool *p, const char *dir, struct err *e);
void spool_close(struct spool *p);
/* Appends bytes to the run at hand. ERR_IO. */
int spool_put(struct spool *p, const void *v, size_t n, struct err *e);
/* What was put since the run before is a run: whole records in order. ERR_IO, ERR_OS. */
int spool_end_run(struct spool *p, struct err *e);
/* Merges neighbours, into other files, until all runs can be read at once with buffers of limit bytes together. ERR_IO, ERR_OS. */
int spool_reduce(struct spool *p, const char *dir, size_t limit, struct err *e);

struct spool_reader {
	off_t at, to;       /* what the file still has of the run */
	uint8_t *buf;
	size_t cap, have, used;
	uint64_t prefix;    /* of the record at hand */
};
struct spool_merge {
	int fd;             /* the file's */
	struct spool_reader *v;
	size_t nv, *heap, n; /* indices of readers, the first record on top */
	int started;
};

/* Reads n runs from one on, as one; records of one key in the order of their runs. Close it whatever is returned. ERR_IO, ERR_OS. */
int spool_merge_open(struct spool_merge *m, const struct spool *p, size_t from, size_t n, size_t limit, struct err *e);
/* The next record, borrowed until the next call: 1, 0 after the last one, -1. */
int spool_merge_next(struct spool_merge *m, const uint8_t **out, struct err *e);
void spool_merge_close(struct spool_merge *m);

#endif
