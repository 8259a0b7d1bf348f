#include "output/csvtable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/file.h"
#include "base/text.h"

#define BLOCK ((size_t)256 * 1024)

int csvtable_open(struct csvtable *t, const char *path, struct err *e)
{
	*t = (struct csvtable){ .path = path, .fd = -1, .text = BUF_INIT, .cell = BUF_INIT };
	t->out = (struct csvfile_out){ .b = &t->text, .sep = ',', .guard = 1 };
	t->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return t->fd >= 0 ? 0 : err_sys(e, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "create");
}

static int flush(struct csvtable *t, struct err *e)
{
	if (!buf_ok(&t->text) || !buf_ok(&t->cell))
		return err_nomem(e);
	if (file_write_all(t->fd, buf_text(&t->text), t->text.n, e) < 0)
		return -1;
	t->bytes += (int64_t)t->text.n;
	buf_reset(&t->text);
	return 0;
}

void csvtable_text(struct csvtable *t, const char *s)
{
	buf_reuse(&t->cell);
	text_clean(&t->cell, s != NULL ? s : "", 1);
	csvfile_text(&t->out, t->cell.p != NULL ? text_trim(t->cell.p) : "");
}

int csvtable_end_row(struct csvtable *t, struct err *e)
{
	csvfile_end(&t->out);
	t->rows++;
	return t->text.n >= BLOCK || !buf_ok(&t->text) ? flush(t, e) : 0;
}

/* Line ends outside quotes. */
static int64_t rows_in(const char *p, size_t n, int *quoted)
{
	int64_t rows = 0;

#ifdef __SSE2__
	for (; n >= 16; p += 16, n -= 16) {
		__m128i c = _mm_loadu_si128((const void *)p);
		unsigned in = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('"'))), ends = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('\n')));

		/* From the quotes to what is behind an odd number of them. */
		for (int shift = 1; shift < 16; shift *= 2)
			in ^= in << shift;
		in = *quoted ? ~in : in;
		for (ends &= ~in; ends != 0; ends &= ends - 1)
			rows++;
		*quoted = in >> 15 & 1;
	}
#endif
	for (; n > 0; p++, n--) {
		*quoted ^= *p == '"';
		rows += *p == '\n' && !*quoted;
	}
	return rows;
}

/* Counts the rows of what stands on the disk. */
static int count_rows(int fd, int64_t *rows, int64_t *bytes, struct err *e)
{
	char block[65536];
	int quoted = 0;

	*rows = *bytes = 0;
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "read back");
		if (n == 0)
			return 0;
		*bytes += n;
		*rows += rows_in(block, (size_t)n, &quoted);
	}
}

static int read_back(const struct csvtable *t, struct err *e)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t rows, bytes;
	int rc;

	if (fd < 0)
		return err_sys(e, ERR_IO, "read back");
	rc = count_rows(fd, &rows, &bytes, e);
	close(fd);
	if (rc == 0 && (rows != t->rows || bytes != t->bytes))
		return err_set(e, ERR_IO, "read back %lld rows and %lld bytes, wrote %lld and %lld", (long long)rows, (long long)bytes,
		               (long long)t->rows, (long long)t->bytes);
	return rc;
}

int csvtable_close(struct csvtable *t, int rc, struct err *e)
{
	if (t->fd >= 0) {
		rc = rc < 0 || flush(t, e) < 0 ? -1 : 0;
		/* close() tells of delayed write errors on NFS and with quotas. */
		if (close(t->fd) < 0 && errno != EINTR && rc == 0)
			rc = err_sys(e, ERR_IO, "close");
		if (rc == 0)
			rc = read_back(t, e);
		if (rc < 0)
			unlink(t->path);
	}
	t->fd = -1;
	buf_free(&t->text);
	buf_free(&t->cell);
	return rc < 0 ? err_ctx(e, "%s", t->path) : 0;
}
