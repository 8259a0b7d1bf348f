#include "base/sorter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spool.h"

#define MIXED SIZE_MAX
#define FEW 48 /* records that are sorted sooner by insertion */

/* In the buffer, from its end downwards. The first bytes of the key tell most records apart without a look at them. */
struct ref { uint64_t prefix; const uint8_t *at; };

struct sorter {
	char *dir;
	uint8_t *buf;
	size_t limit, used, n; /* bytes of records, and how many, in buf */
	size_t nkey;           /* of all of them; MIXED when they differ */
	int64_t count;
	struct spool spool;
	struct spool_merge merge;
	size_t next;           /* of the records in buf */
	int sorted;
};

/* Records of one key stand in the buffer as they were added. */
static int compare_refs(const void *pa, const void *pb)
{
	const struct ref *a = pa, *b = pb;
	int c = (a->prefix > b->prefix) - (a->prefix < b->prefix);

	if (c == 0)
		c = spool_compare(a->at, b->at);
	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

/* ---- the buffer ---- */

static struct ref *refs_of(const struct sorter *s)
{
	return (struct ref *)(void *)(s->buf + s->limit) - s->n;
}

static void insert(struct ref *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct ref moved = v[i];
		size_t k = i;

		for (; k > 0 && compare_refs(&moved, &v[k - 1]) < 0; k--)
			v[k] = v[k - 1];
		v[k] = moved;
	}
}

/* By one byte of the prefix; what is equal stays in its order. */
static void distribute(const struct ref *v, struct ref *to, size_t n, int shift)
{
	size_t place[256] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		place[v[i].prefix >> shift & 0xff]++;
	for (size_t b = 0; b < 256; b++) {
		const size_t here = place[b];

		place[b] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[place[v[i].prefix >> shift & 0xff]++] = v[i];
}

/* Records in the order in which they were added, whose keys are alike before `depth`, where their prefixes begin. Keys of a few bytes are told apart byte by byte in fewer steps than by
 * comparing, and bytes that all have in common take none. */
static void sort_refs(struct ref *v, struct ref *room, size_t n, size_t depth, size_t nkey)
{
	struct ref *now = v, *other = room;
	uint64_t differs = 0;

	if (n <= FEW) {
		insert(v, n);
		return;
	}
	for (size_t i = 1; i < n; i++)
		differs |= v[i].prefix ^ v[0].prefix;
	for (int shift = 0; shift < 64; shift += 8)
		if ((differs >> shift & 0xff) != 0) {
			struct ref *was = now;

			distribute(now, other, n, shift);
			now = other;
			other = was;
		}
	if (now != v)
		memcpy(v, now, n * sizeof *v);
	depth += sizeof v->prefix;
	for (size_t i = 0, next; depth < nkey && i < n; i = next) {
		for (next = i + 1; next < n && v[next].prefix == v[i].prefix; next++)
			;
		for (size_t k = i; next - i > 1 && k < next; k++)
			v[k].prefix = spool_prefix(v[k].at + sizeof(struct spool_head) + depth, nkey - depth);
		sort_refs(v + i, room, next - i, depth, nkey);
	}
}

static void sort_buffer(struct sorter *s)
{
	struct ref *v = refs_of(s), *room = s->nkey != MIXED && s->n > FEW ? malloc(s->n * sizeof *room) : NULL;

	if (room == NULL) {
		if (s->n > 0)
			qsort(v, s->n, sizeof *v, compare_refs);
		return;
	}
	/* The newest stands first. */
	for (size_t i = 0, k = s->n - 1; i < k; i++, k--) {
		const struct ref moved = v[i];

		v[i] = v[k];
		v[k] = moved;
	}
	sort_refs(v, room, s->n, 0, s->nkey);
	free(room);
}

static int spill(struct sorter *s, struct err *e)
{
	const struct ref *refs = refs_of(s);

	if (s->n == 0)
		return 0;
	if (s->spool.fd < 0 && spool_open(&s->spool, s->dir, e) < 0)
		return -1;
	sort_buffer(s);
	for (size_t i = 0; i < s->n; i++)
		if (spool_put(&s->spool, refs[i].at, spool_size(spool_head_of(refs[i].at)), e) < 0)
			return -1;
	s->used = s->n = 0;
	return spool_end_run(&s->spool, e);
}

/* A record that the buffer would never hold is a run of its own. */
static int put_large(struct sorter *s, struct spool_head h, const void *key, const void *payload, struct err *e)
{
	static const uint8_t zero[sizeof(struct spool_head)];
	struct spool *p = &s->spool;

	if (p->fd < 0 && spool_open(p, s->dir, e) < 0)
		return -1;
	if (spool_put(p, &h, sizeof h, e) < 0 || spool_put(p, key, h.nkey, e) < 0 || spool_put(p, zero, spool_padded(h.nkey) - h.nkey, e) < 0 ||
	    spool_put(p, payload, h.n, e) < 0 || spool_put(p, zero, spool_padded(h.n) - h.n, e) < 0)
		return -1;
	return spool_end_run(p, e);
}

/* Memory that was never set does not go to a file. */
static uint8_t *put_part(uint8_t *at, const void *v, size_t n)
{
	size_t pad = spool_padded(n) - n;

	if (n > 0)
		memcpy(at, v, n);
	if (pad > 0)
		memset(at + n, 0, pad);
	return at + n + pad;
}

const char *sorter_folder(const char *wanted)
{
	const char *temp = getenv("TMPDIR");

	return access(wanted, W_OK | X_OK) == 0 ? wanted : temp != NULL && temp[0] == '/' ? temp : "/tmp";
}

struct sorter *sorter_new(const char *dir, size_t limit_bytes, struct err *e)
{
	struct sorter *s = calloc(1, sizeof *s);

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	s->spool.fd = s->merge.fd = -1;
	s->limit = (limit_bytes < sizeof(struct ref) ? sizeof(struct ref) : limit_bytes) / sizeof(struct ref) * sizeof(struct ref);
	s->dir = strdup(dir);
	s->buf = malloc(s->limit);
	if (s->dir == NULL || s->buf == NULL) {
		sorter_free(s);
		err_nomem(e);
		return NULL;
	}
	return s;
}

int sorter_add(struct sorter *s, const void *key, size_t nkey, const void *payload, size_t n, struct err *e)
{
	const struct spool_head h = { (uint32_t)nkey, (uint32_t)n };
	size_t size;
	uint8_t *at;

	if (s->sorted || nkey > UINT32_MAX || n > UINT32_MAX)
		return err_set(e, ERR_SOFTWARE, s->sorted ? "a sorter that is read takes no more records" : "a record is too large to be sorted");
	size = spool_size(h);
	if (s->limit - s->used - s->n * sizeof(struct ref) < size + sizeof(struct ref) && spill(s, e) < 0)
		return -1;
	s->count++;
	if (s->limit < size + sizeof(struct ref))
		return put_large(s, h, key, payload, e);
	at = s->buf + s->used;
	memcpy(at, &h, sizeof h);
	put_part(put_part(at + sizeof h, key, nkey), payload, n);
	s->used += size;
	s->nkey = s->n == 0 || s->nkey == nkey ? nkey : MIXED;
	s->n++;
	*refs_of(s) = (struct ref){ spool_prefix(key, nkey), at };
	return 0;
}

int sorter_sort(struct sorter *s, struct err *e)
{
	s->next = 0;
	if (s->spool.fd < 0) {
		if (!s->sorted)
			sort_buffer(s);
		s->sorted = 1;
		return 0;
	}
	if (!s->sorted && spill(s, e) < 0)
		return -1;
	s->sorted = 1;
	free(s->buf);
	s->buf = NULL;
	spool_merge_close(&s->merge);
	return spool_reduce(&s->spool, s->dir, s->limit, e) < 0 ? -1 : spool_merge_open(&s->merge, &s->spool, 0, s->spool.n, s->limit, e);
}

int sorter_next(struct sorter *s, struct sorter_record *out, struct err *e)
{
	const uint8_t *at = NULL;
	struct spool_head h;
	int rc = 1;

	if (!s->sorted)
		return err_set(e, ERR_SOFTWARE, "a sorter is read before it is sorted");
	if (s->spool.fd >= 0)
		rc = spool_merge_next(&s->merge, &at, e);
	else if (s->next < s->n)
		at = refs_of(s)[s->next++].at;
	else
		rc = 0;
	if (rc <= 0)
		return rc;
	h = spool_head_of(at);
	*out = (struct sorter_record){ at + sizeof h, at + sizeof h + spool_padded(h.nkey), h.nkey, h.n };
	return 1;
}

int64_t sorter_count(const struct sorter *s)
{
	return s->count;
}

void sorter_free(struct sorter *s)
{
	if (s == NULL)
		return;
	spool_merge_close(&s->merge);
	spool_close(&s->spool);
	free(s->buf);
	free(s->dir);
	free(s);
}

void sorter_key_int(uint8_t out[8], int64_t v)
{
	uint64_t u = (uint64_t)v ^ (uint64_t)1 << 63;

	for (int i = 7; i >= 0; i--, u >>= 8)
		out[i] = (uint8_t)u;
}
