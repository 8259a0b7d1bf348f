#include "awork/answer.h"

#include <string.h>

#include "base/jdoc.h"
#include "base/num.h"
#include "base/text.h"

#define EXPLAIN_MAX 200

void answer_reset(struct answer_head *h)
{
	memset(h, 0, sizeof *h);
	h->page = h->page_size = h->items = h->total = -1;
}

static void status_line(struct answer_head *h, const char *p, size_t n)
{
	size_t bytes = h->bytes;
	const char *blank = memchr(p, ' ', n);
	long status = 0;

	for (int i = 1; blank != NULL && i <= 3 && blank + i < p + n && blank[i] >= '0' && blank[i] <= '9'; i++)
		status = status * 10 + (blank[i] - '0');
	answer_reset(h);
	h->bytes = bytes;
	h->status = status;
}

/* The value as text, cut to the room there is; cleaned, since it goes into messages. */
static void keep(char *out, size_t room, const char *v, size_t n)
{
	size_t k = n < room - 1 ? n : room - 1;

	for (size_t i = 0; i < k; i++)
		out[i] = (char)(v[i] >= ' ' && v[i] <= '~' ? v[i] : ' ');
	out[k] = '\0';
}

static void number(int64_t *out, const char *v, size_t n)
{
	char text[24];
	int64_t value;

	/* A header given twice says two things, even when they are equal: no proof of completeness may rest on it. */
	if (*out != -1 || n >= sizeof text) {
		*out = -2;
		return;
	}
	memcpy(text, v, n);
	text[n] = '\0';
	*out = num_parse_int(text, 0, INT64_MAX, &value) == 0 ? value : -2;
}

static int named(const char *p, size_t n, const char *name)
{
	return n == strlen(name) && strncasecmp(p, name, n) == 0;
}

/* awork documents `trace-id`; its command-line client looks at the others, too. */
static void trace(struct answer_head *h, const char *name, size_t n, const char *v, size_t nv)
{
	static const char *const known[] = { "request-id", "x-correlation-id", "traceparent", "trace-id" };

	for (int i = 0; i < 4; i++) {
		if (named(name, n, known[i]) && i + 1 > h->trace_rank) {
			h->trace_rank = i + 1;
			keep(h->trace_id, sizeof h->trace_id, v, nv);
		}
	}
}

void answer_line(struct answer_head *h, const char *p, size_t n)
{
	const char *colon, *v;
	size_t name, nv;

	h->bytes += n;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
		status_line(h, p, n);
		return;
	}
	colon = memchr(p, ':', n);
	if (colon == NULL)
		return;
	name = (size_t)(colon - p);
	v = colon + 1;
	nv = n - name - 1;
	while (nv > 0 && (v[nv - 1] == '\r' || v[nv - 1] == '\n' || v[nv - 1] == ' ' || v[nv - 1] == '\t'))
		nv--;
	while (nv > 0 && (*v == ' ' || *v == '\t')) {
		v++;
		nv--;
	}
	if (named(p, name, "aw-page"))
		number(&h->page, v, nv);
	else if (named(p, name, "aw-pagesize"))
		number(&h->page_size, v, nv);
	else if (named(p, name, "aw-items"))
		number(&h->items, v, nv);
	else if (named(p, name, "aw-totalitems"))
		number(&h->total, v, nv);
	else if (named(p, name, "content-type"))
		keep(h->content_type, sizeof h->content_type, v, nv);
	else if (named(p, name, "retry-after"))
		keep(h->retry_after, sizeof h->retry_after, v, nv);
	else if (named(p, name, "ratelimit-reset"))
		keep(h->reset, sizeof h->reset, v, nv);
	else if (named(p, name, "ratelimit-limit"))
		keep(h->limit, sizeof h->limit, v, nv);
	else if (named(p, name, "ratelimit-remaining"))
		keep(h->left, sizeof h->left, v, nv);
	else if (named(p, name, "location"))
		keep(h->location, sizeof h->location, v, nv);
	else
		trace(h, p, name, v, nv);
}

/* Cleaned and cut to a number of code points. */
static void add_clean(struct buf *out, const char *s, size_t max)
{
	struct buf clean = BUF_INIT;

	text_clean(&clean, s, 0);
	buf_add(out, buf_text(&clean), text_prefix(buf_text(&clean), max));
	if (text_len(buf_text(&clean)) > max)
		buf_str(out, "...");
	buf_free(&clean);
}

void answer_explain(const char *body, size_t n, struct buf *out)
{
	struct jdoc *d = n > 0 && body != NULL ? jdoc_parse(body, n, NULL) : NULL;
	const char *code = d != NULL ? jdoc_get_text(jdoc_root(d), "code") : NULL;
	const char *text = d != NULL ? jdoc_get_text(jdoc_root(d), "description") : NULL;
	char raw[EXPLAIN_MAX * 4 + 1];

	if (n == 0 || body == NULL)
		return;
	/* OAuth errors of awork have their own names (issue #97). */
	if (code == NULL && d != NULL)
		code = jdoc_get_text(jdoc_root(d), "error");
	if (text == NULL && d != NULL)
		text = jdoc_get_text(jdoc_root(d), "error_description");
	if (code != NULL) {
		add_clean(out, code, 60);
		buf_str(out, text != NULL ? ": " : "");
	}
	if (text != NULL)
		add_clean(out, text, EXPLAIN_MAX - 60);
	if (code == NULL && text == NULL) {
		size_t k = n < sizeof raw - 1 ? n : sizeof raw - 1;

		memcpy(raw, body, k);
		raw[k] = '\0';
		add_clean(out, text_trim(raw), EXPLAIN_MAX);
	}
	jdoc_free(d);
}

int answer_has_code(const struct http_answer *a, const char *code)
{
	struct jdoc *d = a->body_len > 0 ? jdoc_parse(a->body, a->body_len, NULL) : NULL;
	const char *have = d != NULL ? jdoc_get_text(jdoc_root(d), "code") : NULL;
	int yes = have != NULL && strcmp(have, code) == 0;

	jdoc_free(d);
	return yes;
}

int answer_unexpected(const struct http_answer *a, const char *what, struct err *e)
{
	struct buf b = BUF_INIT;

	answer_explain(a->body, a->body_len, &b);
	if (b.n > 0)
		buf_ch(&b, ' ');
	if (a->trace_id[0] != '\0')
		buf_fmt(&b, "(trace-id %s)", a->trace_id);
	if (a->status == 404)
		err_set(e, ERR_PROTOCOL, "%s: awork answered 404: is [awork] base_url right? The path of awork's API is /api/v1. %s", what, buf_text(&b));
	else
		err_set(e, ERR_PROTOCOL, "%s: awork answered %ld: %s", what, a->status, buf_text(&b));
	buf_free(&b);
	return -1;
}
