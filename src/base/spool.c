#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define ALIGN ((size_t)8)
#define WRITE_BYTES ((size_t)64 * 1024)
#define READ_MIN ((size_t)4 * 1024)      /* of one run, while merging */
#define READ_MAX ((size_t)256 * 1024)
#define READ_WANTED ((size_t)32 * 1024)  /* more runs than leave each that much are merged in several passes */
#define FAN_MIN 4

size_t spool_padded(size_t n)
{
	return (n + ALIGN - 1) & ~(ALIGN - 1);
}

struct spool_head spool_head_of(const uint8_t *at)
{
	struct spool_head h;

	memcpy(&h, at, sizeof h);
	return h;
}

size_t spool_size(struct spool_head h)
{
	return sizeof h + spool_padded(h.nkey) + spool_padded(h.n);
}

uint64_t spool_prefix(const void *key, size_t n)
{
	uint8_t b[8] = { 0 };
	uint64_t v = 0;

	if (n > 0)
		memcpy(b, key, n < 8 ? n : 8);
	for (int i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

int spool_compare(const uint8_t *a, const uint8_t *b)
{
	struct spool_head x = spool_head_of(a), y = spool_head_of(b);
	int c = memcmp(a + sizeof x, b + sizeof y, x.nkey < y.nkey ? x.nkey : y.nkey);

	return c != 0 ? c : (x.nkey > y.nkey) - (x.nkey < y.nkey);
}

/* ---- the file ---- */

int spool_open(struct spool *p, const char *dir, struct err *e)
{
	char *name = file_join(dir, "psabill-sort-XXXXXX");

	*p = (struct spool){ .fd = -1, .out = malloc(WRITE_BYTES) };
	if (name == NULL || p->out == NULL) {
		err_nomem(e);
	} else if ((p->fd = mkostemp(name, O_CLOEXEC)) < 0) {
		err_sys(e, ERR_IO, "temporary file %s", name);
	} else if (unlink(name) < 0) {
		err_sys(e, ERR_IO, "temporary file %s", name);
		spool_close(p);
	}
	free(name);
	if (p->fd >= 0)
		return 0;
	spool_close(p);
	return -1;
}

void spool_close(struct spool *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->runs);
	free(p->out);
	*p = (struct spool){ .fd = -1 };
}

static int flush(struct spool *p, struct err *e)
{
	if (file_write_all(p->fd, p->out, p->nout, e) < 0)
		return err_ctx(e, "temporary file of a sort");
	p->end += (off_t)p->nout;
	p->nout = 0;
	return 0;
}

int spool_put(struct spool *p, const void *v, size_t n, struct err *e)
{
	for (const uint8_t *at = v; n > 0;) {
		size_t part = WRITE_BYTES - p->nout;

		part = n < part ? n : part;
		memcpy(p->out + p->nout, at, part);
		p->nout += part;
		at += part;
		n -= part;
		if (p->nout == WRITE_BYTES && flush(p, e) < 0)
			return -1;
	}
	return 0;
}

/* What was put since the run before is a run. */
int spool_end_run(struct spool *p, struct err *e)
{
	off_t from = p->n == 0 ? 0 : p->runs[p->n - 1].to;

	if (flush(p, e) < 0)
		return -1;
	if (buf_grow(&p->runs, &p->cap, p->n + 1, sizeof *p->runs) < 0)
		return err_nomem(e);
	p->runs[p->n++] = (struct spool_run){ from, p->end };
	return 0;
}

/* ---- merging ---- */

/* At least `need` bytes of the run behind `used`. */
static int fill(struct spool_reader *r, int fd, size_t need, struct err *e)
{
	if (r->have - r->used >= need)
		return 0;
	memmove(r->buf, r->buf + r->used, r->have - r->used);
	r->have -= r->used;
	r->used = 0;
	if (buf_grow(&r->buf, &r->cap, need, 1) < 0)
		return err_nomem(e);
	while (r->have < need) {
		off_t left = r->to - r->at;
		size_t want = left < (off_t)(r->cap - r->have) ? (size_t)left : r->cap - r->have;
		ssize_t k = want == 0 ? 0 : pread(fd, r->buf + r->have, want, r->at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(e, ERR_IO, "temporary file of a sort: read");
		if (k == 0)
			return err_set(e, ERR_IO, "temporary file of a sort: it is shorter than what was written");
		r->have += (size_t)k;
		r->at += k;
	}
	return 0;
}

/* Steps onto the next record, `skip` bytes on: 1, 0 at the end of the run, -1. */
static int step(struct spool_reader *r, int fd, size_t skip, struct err *e)
{
	struct spool_head h;

	r->used += skip;
	if (r->used == r->have && r->at == r->to)
		return 0;
	if (fill(r, fd, sizeof h, e) < 0 || fill(r, fd, spool_size(spool_head_of(r->buf + r->used)), e) < 0)
		return -1;
	h = spool_head_of(r->buf + r->used);
	r->prefix = spool_prefix(r->buf + r->used + sizeof h, h.nkey);
	return 1;
}

/* Runs stand in the order in which their records were added. */
static int is_before(const struct spool_merge *m, size_t a, size_t b)
{
	const struct spool_reader *x = &m->v[a], *y = &m->v[b];
	int c = (x->prefix > y->prefix) - (x->prefix < y->prefix);

	if (c == 0)
		c = spool_compare(x->buf + x->used, y->buf + y->used);
	return c != 0 ? c < 0 : a < b;
}

static void sift(struct spool_merge *m, size_t at)
{
	size_t moved = m->heap[at];

	for (size_t child; (child = 2 * at + 1) < m->n; at = child) {
		child += child + 1 < m->n && is_before(m, m->heap[child + 1], m->heap[child]);
		if (!is_before(m, m->heap[child], moved))
			break;
		m->heap[at] = m->heap[child];
	}
	m->heap[at] = moved;
}

void spool_merge_close(struct spool_merge *m)
{
	for (size_t i = 0; i < m->nv; i++)
		free(m->v[i].buf);
	free(m->v);
	free(m->heap);
	*m = (struct spool_merge){ .fd = -1 };
}

int spool_merge_open(struct spool_merge *m, const struct spool *p, size_t from, size_t n, size_t limit, struct err *e)
{
	size_t share = limit / (n + 1);

	share = share < READ_MIN ? READ_MIN : share > READ_MAX ? READ_MAX : share;
	*m = (struct spool_merge){ .fd = p->fd, .v = calloc(n + 1, sizeof *m->v), .heap = calloc(n + 1, sizeof *m->heap) };
	if (m->v == NULL || m->heap == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		struct spool_reader *r = &m->v[m->nv++];
		int rc;

		*r = (struct spool_reader){ .at = p->runs[from + i].from, .to = p->runs[from + i].to, .buf = malloc(share), .cap = share };
		if (r->buf == NULL)
			return err_nomem(e);
		if ((rc = step(r, m->fd, 0, e)) < 0)
			return -1;
		if (rc > 0)
			m->heap[m->n++] = i;
	}
	for (size_t i = m->n / 2; i-- > 0;)
		sift(m, i);
	return 0;
}

/* The next record: 1, 0, -1. */
int spool_merge_next(struct spool_merge *m, const uint8_t **out, struct err *e)
{
	if (m->started && m->n > 0) {
		struct spool_reader *r = &m->v[m->heap[0]];
		int rc = step(r, m->fd, spool_size(spool_head_of(r->buf + r->used)), e);

		if (rc < 0)
			return -1;
		if (rc == 0)
			m->heap[0] = m->heap[--m->n];
		if (m->n > 0)
			sift(m, 0);
	}
	m->started = 1;
	if (m->n == 0)
		return 0;
	*out = m->v[m->heap[0]].buf + m->v[m->heap[0]].used;
	return 1;
}

/* Runs from .. from + n of one file become one run of another. */
static int merge_into(const struct spool *p, size_t from, size_t n, size_t limit, struct spool *to, struct err *e)
{
	struct spool_merge m;
	const uint8_t *record;
	int rc = spool_merge_open(&m, p, from, n, limit, e);

	while (rc == 0 && (rc = spool_merge_next(&m, &record, e)) > 0)
		rc = spool_put(to, record, spool_size(spool_head_of(record)), e);
	spool_merge_close(&m);
	return rc < 0 ? -1 : spool_end_run(to, e);
}

int spool_reduce(struct spool *p, const char *dir, size_t limit, struct err *e)
{
	size_t fan = limit / READ_WANTED;

	fan = fan < FAN_MIN ? FAN_MIN : fan;
	while (p->n > fan) {
		struct spool to;
		int rc = spool_open(&to, dir, e);

		for (size_t i = 0; rc == 0 && i < p->n; i += fan)
			rc = merge_into(p, i, p->n - i < fan ? p->n - i : fan, limit, &to, e);
		if (rc < 0) {
			spool_close(&to);
			return -1;
		}
		spool_close(p);
		*p = to;
	}
	return 0;
}
