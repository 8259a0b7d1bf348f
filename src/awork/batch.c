#include "awork/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "base/jdoc.h"
#include "base/jout.h"
#include "base/text.h"

#define CHUNK_MAX 1000

/* One id of the chunk, in the order of ids. */
struct sent {
	const char *id;
	size_t at;      /* in the caller's order */
	int bucket;     /* first one it was found in, or -1 */
	int doubled;
};

struct sorting {
	struct sent *v;
	size_t n;
	int foreign;
	int odd;        /* parts of the answer that were no bucket, no list or no text */
	int repeated;   /* an id twice in one bucket: harmless */
};

static int by_id(const void *a, const void *b)
{
	return strcasecmp(((const struct sent *)a)->id, ((const struct sent *)b)->id);
}

static int id_is(const void *key, const void *member)
{
	return strcasecmp(key, ((const struct sent *)member)->id);
}

/* Puts what awork says into the report, cleaned; never more than it holds. */
static void note(struct batch_report *r, const char *text)
{
	size_t n = strlen(text), room = sizeof r->note - 1;

	if (n > room)
		for (n = room; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	memcpy(r->note, text, n);
	r->note[n] = '\0';
}

/* The ids of one bucket. Bucket and list may be null or absent: the same as empty. */
static void sort_bucket(struct sorting *s, const jdoc_val *root, const char *name, int bucket)
{
	const jdoc_val *b = jdoc_get(root, name), *ids = jdoc_get(b, "ids");

	s->odd += (b != NULL && !jdoc_is_object(b)) || (ids != NULL && !jdoc_is_array(ids));
	for (size_t i = 0; jdoc_is_array(ids) && i < jdoc_len(ids); i++) {
		const char *id = jdoc_text(jdoc_at(ids, i));
		struct sent *x = id != NULL ? bsearch(id, s->v, s->n, sizeof *s->v, id_is) : NULL;

		if (id == NULL)
			s->odd++;
		else if (x == NULL)
			s->foreign += bucket == BATCH_OK;
		else if (x->bucket < 0)
			x->bucket = bucket;
		else if (x->bucket == bucket)
			s->repeated++;
		else
			x->doubled = 1;
	}
}

static int sort_root(struct sorting *s, const jdoc_val *root, enum batch_outcome *outcome, struct batch_report *report)
{
	static const char *const names[] = { "ok", "notFound", "unauthorized", "badRequest" };
	char text[128];
	int open = 0;

	for (int i = 0; i < 4; i++)
		sort_bucket(s, root, names[i], i);
	for (size_t i = 0; i < s->n; i++) {
		const struct sent *x = &s->v[i];

		report->doubled += x->doubled;
		open += x->bucket < 0;
		outcome[x->at] = x->bucket < 0 || x->doubled ? BATCH_UNRESOLVED : (enum batch_outcome)x->bucket;
	}
	report->foreign = s->foreign;
	if (open + s->foreign + report->doubled + s->odd + s->repeated > 0) {
		(void)snprintf(text, sizeof text, "%d ids in no bucket, %d in two, %d repeated, %d never sent, %d parts malformed", open, report->doubled,
		    s->repeated, s->foreign, s->odd);
		note(report, text);
	}
	return 0;
}

int batch_sort(const char *body, size_t len, const char *const *ids, size_t n, enum batch_outcome *outcome, struct batch_report *report)
{
	struct sorting s = { .v = calloc(n + 1, sizeof *s.v), .n = n };
	struct jdoc *d = len > 0 ? jdoc_parse(body, len, NULL) : NULL;
	int rc = -1;

	report->foreign = report->doubled = 0;
	report->note[0] = '\0';
	for (size_t i = 0; i < n; i++)
		outcome[i] = BATCH_UNRESOLVED;
	if (s.v == NULL || d == NULL || !jdoc_is_object(jdoc_root(d))) {
		note(report, "the answer is no JSON object");
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		s.v[i] = (struct sent){ .id = ids[i], .at = i, .bucket = -1 };
	qsort(s.v, n, sizeof *s.v, by_id);
	rc = sort_root(&s, jdoc_root(d), outcome, report);
out:
	jdoc_free(d);
	free(s.v);
	return rc;
}

struct posting {
	const char *path;
	const char *const *ids;
	size_t n;
	enum batch_outcome *outcome;
	struct batch_report *report;
	int plain; /* an old form: no answer per id */
	int absent_is_told; /* 404 is BATCH_ABSENT, not an error */
};

/* What awork said, when it said no. */
static void note_error(struct batch_report *r, const struct http_answer *a)
{
	struct buf b = BUF_INIT;

	answer_explain(a->body, a->body_len, &b);
	note(r, buf_text(&b));
	buf_free(&b);
}

static int on_answer(void *ctx, const struct http_answer *a, struct err *e)
{
	struct posting *p = ctx;
	struct batch_report *r = p->report;
	size_t trace = strlen(a->trace_id);

	r->http = a->status;
	if (trace >= sizeof r->trace_id)
		trace = sizeof r->trace_id - 1;
	memcpy(r->trace_id, a->trace_id, trace);
	r->trace_id[trace] = '\0';
	if (a->broken != NULL) {
		/* Also when the request cannot have left this host: reading once more costs little. */
		r->answer = BATCH_LOST;
		note(r, a->broken);
		return 0;
	}
	/* 200 with the same body is tolerated; of any other success nothing is known per id. */
	if (!p->plain && (a->status == 207 || a->status == 200)) {
		r->answer = BATCH_ANSWERED;
		(void)batch_sort(a->body, a->body_len, p->ids, p->n, p->outcome, r);
		return 0;
	}
	note_error(r, a);
	if (a->status < 300)
		r->answer = BATCH_ANSWERED;
	else if (a->status == 404 && p->absent_is_told)
		r->answer = BATCH_ABSENT;
	else if (a->status == 404 && p->plain)
		r->answer = BATCH_REFUSED; /* one of the entries is gone */
	else if (a->status == 413 || (a->status < 500 && answer_has_code(a, "request-body-too-large")))
		r->answer = BATCH_TOO_LARGE;
	else if (a->status == 429)
		r->answer = BATCH_AGAIN;
	else if (a->status >= 500 || a->status == 408)
		r->answer = BATCH_LOST;
	else if (a->status == 400 || a->status == 409 || a->status == 422)
		r->answer = BATCH_REFUSED;
	else
		return answer_unexpected(a, p->path, e);
	return 0;
}

static int write_body(const struct batch_change *c, const char *list, const char *const *ids, size_t n, struct buf *b, struct err *e)
{
	struct jout j;

	jout_init(&j, b, 0);
	jout_object(&j, NULL);
	jout_array(&j, list);
	for (size_t i = 0; i < n; i++) {
		if (!text_is_uuid(ids[i]))
			return err_set(e, ERR_SOFTWARE, "id to be changed is no UUID");
		jout_text(&j, NULL, ids[i]);
	}
	jout_end_array(&j);
	if (c->member != NULL && c->id != NULL)
		jout_text(&j, c->member, c->id);
	else if (c->member != NULL)
		jout_bool(&j, c->member, c->flag);
	jout_end_object(&j);
	return buf_ok(b) ? 0 : err_nomem(e);
}

/* Body and clean outcome of a chunk. */
static int prepare(const struct batch_change *c, const char *list, const struct posting *p, struct buf *body, struct err *e)
{
	memset(p->report, 0, sizeof *p->report);
	p->report->answer = BATCH_LOST;
	for (size_t i = 0; i < p->n; i++)
		p->outcome[i] = BATCH_UNRESOLVED;
	if (p->n == 0 || p->n > CHUNK_MAX)
		return err_set(e, ERR_SOFTWARE, "a batch of %zu ids", p->n);
	return write_body(c, list, p->ids, p->n, body, e);
}

static int post(struct http *h, const struct batch_change *c, const char *list, struct posting *p, struct err *e)
{
	struct http_request r = { .method = "POST", .path = p->path, .done = on_answer, .ctx = p };
	struct buf body = BUF_INIT;
	int rc = prepare(c, list, p, &body, e);

	r.body = body.p;
	if (rc == 0)
		rc = http_do(h, &r, e);
	buf_free(&body);
	return rc;
}

static int post_batch(struct http *h, const struct batch_change *c, int absent_is_told, const char *const *ids, size_t n, enum batch_outcome *outcome,
    struct batch_report *report, struct err *e)
{
	char path[64];
	struct posting p = { .path = path, .ids = ids, .n = n, .outcome = outcome, .report = report, .absent_is_told = absent_is_told };

	snprintf(path, sizeof path, "/timeentries/batch/%s", c->operation);
	return post(h, c, "timeEntryIds", &p, e);
}

int batch_send(struct http *h, const struct batch_change *c, const char *const *ids, size_t n, enum batch_outcome *outcome, struct batch_report *report,
    struct err *e)
{
	return post_batch(h, c, 1, ids, n, outcome, report, e);
}

int batch_send_old(struct http *h, const struct batch_change *c, const char *const *ids, size_t n, enum batch_outcome *outcome, struct batch_report *report,
    struct err *e)
{
	const struct batch_change plain = { .operation = c->old };
	char path[64];
	struct posting p = { .path = path, .ids = ids, .n = n, .outcome = outcome, .report = report, .plain = 1 };

	if (c->old == NULL)
		return err_set(e, ERR_PROTOCOL, "awork knows no batch operation '%s' (404)", c->operation);
	snprintf(path, sizeof path, "/timeentries/%s", c->old);
	return post(h, &plain, "ids", &p, e);
}

int batch_set_billed(struct http *h, const char *const *ids, size_t n, int billed, enum batch_outcome *outcome,
    struct batch_report *report, struct err *e)
{
	const struct batch_change c = { .operation = "setIsBilled", .member = "isBilled", .flag = billed != 0 };

	return post_batch(h, &c, 0, ids, n, outcome, report, e);
}

static const char set_billed[] = "/timeentries/batch/setIsBilled";

static struct posting posting_of(const struct batch_post *p)
{
	return (struct posting){ .path = set_billed, .ids = p->ids, .n = p->n, .outcome = p->outcome, .report = p->report };
}

static int on_post(void *ctx, const struct http_answer *a, struct err *e)
{
	struct batch_post *p = ctx;
	struct posting own = posting_of(p);

	return on_answer(&own, a, e) < 0 ? -1 : p->done(p->ctx, p, e);
}

int batch_add_billed(struct http *h, struct batch_post *p, int billed, struct err *e)
{
	const struct batch_change c = { .operation = "setIsBilled", .member = "isBilled", .flag = billed != 0 };
	struct posting own = posting_of(p);
	struct http_request r = { .method = "POST", .path = set_billed, .done = on_post, .ctx = p };
	struct buf body = BUF_INIT;
	int rc = prepare(&c, "timeEntryIds", &own, &body, e);

	r.body = body.p;
	if (rc == 0)
		rc = http_add(h, &r, e);
	buf_free(&body);
	return rc;
}
