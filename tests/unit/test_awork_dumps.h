/* What the tests of dumps share: a folder of their own, files of gzip, a caller that remembers what it was told. */
#ifndef TEST_AWORK_DUMPS_H
#define TEST_AWORK_DUMPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "awork/dump.h"
#include "awork/replay.h"
#include "base/buf.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define HEAD "{\"psabill_dump\":1,\"at\":1793606400,\"redacted\":0}\n"

static char folder[64], path[96];

static inline int make_folder(void **state)
{
	(void)state;
	/* In memory where there is such a place: some of the files are large. */
	snprintf(folder, sizeof folder, "%s/psabill-dump-test-XXXXXX", access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/x.dump", folder);
	setenv("TMPDIR", folder, 1);
	return 0;
}

static inline int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

/* Files in the folder, hidden ones, too. */
static inline int files(void)
{
	char command[128], text[16] = "";
	FILE *f;

	snprintf(command, sizeof command, "find %s -mindepth 1 | wc -l", folder);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof text, f));
	pclose(f);
	return atoi(text);
}

static inline void put_file(const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void put_packed(const char *p, size_t n)
{
	gzFile gz = gzopen(path, "wb6");

	assert_non_null(gz);
	for (size_t k; n > 0; p += k, n -= k) {
		k = n > 1u << 30 ? 1u << 30 : n;
		assert_int_equal(gzwrite(gz, p, (unsigned)k), (int)k);
	}
	assert_int_equal(gzclose(gz), Z_OK);
}

static inline void put_text(const char *s)
{
	put_packed(s, strlen(s));
}

/* The bytes on disk; as they are, or unpacked. */
static inline void get_file(struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(out, piece, n);
	fclose(f);
}

static inline void get_unpacked(struct buf *out)
{
	gzFile gz = gzopen(path, "rb");
	char piece[4096];
	int n;

	assert_non_null(gz);
	while ((n = gzread(gz, piece, sizeof piece)) > 0)
		buf_add(out, piece, (size_t)n);
	assert_int_equal(n, 0);
	assert_int_equal(gzclose(gz), Z_OK);
}

/* Who asks: what it was told. */
struct asker {
	struct buf pieces, body;
	long status;
	int64_t page, size, items, total;
	char type[64];
	int restarts, dones, npieces;
	size_t refuse_after; /* piece returns -1 once it has so many bytes; 0: never */
	int refuse;          /* done returns -1, with a reason (1) or without (2) */
};

static inline int on_piece(void *ctx, const char *p, size_t n, struct err *e)
{
	struct asker *a = ctx;

	a->npieces++;
	buf_add(&a->pieces, p, n);
	return a->refuse_after > 0 && a->pieces.n >= a->refuse_after ? err_set(e, ERR_PROTOCOL, "the reader has enough") : 0;
}

static inline void on_restart(void *ctx)
{
	struct asker *a = ctx;

	a->restarts++;
	buf_reset(&a->pieces);
}

static inline int on_done(void *ctx, const struct http_answer *x, struct err *e)
{
	struct asker *a = ctx;

	a->dones++;
	a->status = x->status;
	a->page = x->aw_page;
	a->size = x->aw_page_size;
	a->items = x->aw_items;
	a->total = x->aw_total;
	snprintf(a->type, sizeof a->type, "%s", x->content_type);
	buf_add(&a->body, x->body, x->body_len);
	assert_int_equal(x->body[x->body_len], '\0');
	return a->refuse == 1 ? err_set(e, ERR_DATA, "the caller says no") : a->refuse == 2 ? -1 : 0;
}

static inline struct http_request question(struct asker *a, const char *p, const char *query, int piecewise)
{
	return (struct http_request){ .method = "GET", .path = p, .query = query, .piece = piecewise ? on_piece : NULL, .restart = piecewise ? on_restart : NULL, .done = on_done, .ctx = a };
}

static inline void forget(struct asker *a)
{
	buf_free(&a->pieces);
	buf_free(&a->body);
	memset(a, 0, sizeof *a);
}

#endif
