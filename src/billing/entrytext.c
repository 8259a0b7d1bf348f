#include "billing/entrytext.h"

#include <string.h>

#include "base/jdoc.h"
#include "base/jout.h"
#include "base/jscan.h"
#include "base/jspan.h"
#include "base/num.h"

/* ---- writing ---- */

/* All members but texts, in bytes; each text is written into room of its own. */
#define FIXED 512

static inline char *put(char *o, const char *s, size_t n)
{
	memcpy(o, s, n);
	return o + n;
}

#define PUT(o, literal) put(o, literal, sizeof literal - 1)

/* A text as it is: lead is what stands before it, to its opening quote. jout_text() writes what needs escapes. */
static void text(struct buf *b, const char *lead, size_t n, const char *s)
{
	size_t k;
	char *o;

	if (s == NULL || *s == '\0')
		return;
	k = strlen(s);
	o = buf_room(b, n + k + 1);
	if (o == NULL)
		return;
	if (jspan_plain(s, s + k) == s + k) {
		*put(put(o, lead, n), s, k) = '"';
		buf_took(b, n + k + 1);
	} else {
		struct jout j;

		put(o, lead, n - 1);
		buf_took(b, n - 1);
		jout_init(&j, b, 0);
		jout_text(&j, NULL, s);
	}
}

#define TEXT(b, member, s) text(b, ",\"" member "\":\"", sizeof member + 4, s)

static char *put_int(char *o, int64_t v)
{
	char t[NUM_MAX];

	return put(o, t, (size_t)num_fmt(t, v, 0));
}

static char *put_flag(char *o, int on)
{
	return on ? PUT(o, "true") : PUT(o, "false");
}

/* Between the id and the texts of names. */
static void put_fixed(const struct entry *x, struct buf *b)
{
	char *o = buf_room(b, FIXED), *from = o;

	if (o == NULL)
		return;
	o = put_flag(PUT(o, ",\"isBillable\":"), x->billable);
	o = put_flag(PUT(o, ",\"isBilled\":"), x->billed);
	o = put_flag(PUT(o, ",\"isExternal\":"), x->external);
	o = put_int(PUT(o, ",\"shape\":"), x->shape);
	if (!x->local_ok)
		o = PUT(o, ",\"localUnclear\":true");
	if (x->task_private)
		o = PUT(o, ",\"taskPrivate\":true");
	buf_took(b, (size_t)(o - from));
}

static void put_times(const struct entry *x, struct buf *b)
{
	char *o = buf_room(b, FIXED), *from = o;
	char date[16];

	if (o == NULL)
		return;
	if (x->has_secs)
		o = put_int(PUT(o, ",\"duration\":"), x->secs);
	if (x->break_secs != 0)
		o = put_int(PUT(o, ",\"breakDuration\":"), x->break_secs);
	date_fmt(date, x->date);
	if (date[0] != '\0') {
		o = PUT(o, ",\"startDateLocal\":\"");
		o = put(o, date, strlen(date));
		*o++ = '"';
	}
	buf_took(b, (size_t)(o - from));
	TEXT(b, "startTimeLocal", x->start_time);
}

void entrytext_write(const struct entry *x, struct buf *b)
{
	struct jout j;

	jout_init(&j, b, 0);
	jout_object(&j, NULL);
	jout_text(&j, "id", x->id);
	put_times(x, b);
	put_fixed(x, b);
	TEXT(b, "companyId", x->company_id);
	TEXT(b, "company", x->company_name);
	TEXT(b, "projectId", x->project_id);
	TEXT(b, "project", x->project_name);
	TEXT(b, "taskId", x->task_id);
	TEXT(b, "task", x->task_name);
	TEXT(b, "userId", x->user_id);
	TEXT(b, "user", x->user_name);
	TEXT(b, "typeOfWorkId", x->work_id);
	TEXT(b, "typeOfWork", x->work_name);
	TEXT(b, "note", x->note);
	TEXT(b, "updatedOn", x->updated_on);
	TEXT(b, "updatedBy", x->updated_by);
	TEXT(b, "resourceVersion", x->res_ver);
	jout_end_object(&j);
}

/* ---- reading ---- */

struct reading {
	const char *p, *end;
	struct pool *pool;
	int odd;    /* left to the general way */
	int failed; /* out of memory */
};

/* Steps over the n bytes of `word` when they stand here. */
static inline int eat(struct reading *r, const char *word, size_t n)
{
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return 0;
	r->p += n;
	return 1;
}

#define EAT(r, literal) eat(r, literal, sizeof literal - 1)

/* A text that is there; interned, or a copy. */
static const char *rest(struct reading *r, int intern)
{
	const char *s = r->p, *q = jspan_plain(s, r->end);
	struct jnode v = { .text = s, .len = (uint32_t)(q - s) };
	const char *kept;
	char *t;

	if (q < r->end && *q == '"' && q - s <= JDOC_TEXT_MAX) {
		r->p = q + 1;
	} else if ((r->p = jscan_string(s, r->end, &v)) == NULL) {
		r->p = r->end;
		r->odd = 1;
		return NULL;
	}
	if (v.escaped) {
		t = pool_alloc(r->pool, (size_t)v.len + 1);
		if (t != NULL)
			jscan_unescape(t, v.text, v.len);
		kept = intern ? pool_intern(r->pool, t) : t;
	} else {
		kept = intern ? pool_internn(r->pool, v.text, v.len) : pool_dupn(r->pool, v.text, v.len);
	}
	r->failed |= kept == NULL;
	return kept;
}

#define MAYBE(r, member, to, intern) ((void)(EAT(r, ",\"" member "\":\"") && ((to) = rest(r, intern))))

/* As many digits as surely fit. */
static int64_t number(struct reading *r)
{
	int minus = EAT(r, "-");
	const char *from = r->p;
	int64_t n = 0;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && r->p - from < 18)
		n = n * 10 + (*r->p++ - '0');
	if (r->p == from || (*from == '0' && r->p - from > 1) || (r->p < r->end && *r->p != ',' && *r->p != '}'))
		r->odd = 1;
	return minus ? -n : n;
}

static uint8_t flag(struct reading *r)
{
	if (EAT(r, "true"))
		return 1;
	r->odd |= !EAT(r, "false");
	return 0;
}

static void read_date(struct reading *r, struct entry *x)
{
	char date[11];

	if (!EAT(r, ",\"startDateLocal\":\""))
		return;
	if (r->end - r->p < 11) {
		r->odd = 1;
		return;
	}
	memcpy(date, r->p, 10);
	date[10] = '\0';
	r->p += 10;
	r->odd |= date_parse(date, &x->date) < 0 || !EAT(r, "\"");
}

static void read_head(struct reading *r, struct entry *x)
{
	struct jnode id;

	if (!EAT(r, "{\"id\":\"") || (r->p = jscan_string(r->p, r->end, &id)) == NULL || id.escaped || id.len >= sizeof x->id) {
		r->p = r->end;
		r->odd = 1;
		return;
	}
	memcpy(x->id, id.text, id.len);
	if (EAT(r, ",\"duration\":")) {
		x->has_secs = 1;
		x->secs = number(r);
	}
	if (EAT(r, ",\"breakDuration\":"))
		x->break_secs = number(r);
	read_date(r, x);
	MAYBE(r, "startTimeLocal", x->start_time, 1);
	if (EAT(r, ",\"isBillable\":"))
		x->billable = flag(r);
	if (EAT(r, ",\"isBilled\":"))
		x->billed = flag(r);
	if (EAT(r, ",\"isExternal\":"))
		x->external = flag(r);
	if (EAT(r, ",\"shape\":"))
		x->shape = (uint8_t)number(r);
	x->local_ok = (uint8_t)!(EAT(r, ",\"localUnclear\":") && flag(r));
	if (EAT(r, ",\"taskPrivate\":"))
		x->task_private = flag(r);
}

int entrytext_read(const char *json, size_t n, struct pool *pool, struct entry *out)
{
	struct reading r = { .p = json, .end = json + n, .pool = pool };
	struct entry x = { .date = DATE_NONE };

	read_head(&r, &x);
	MAYBE(&r, "companyId", x.company_id, 1);
	MAYBE(&r, "company", x.company_name, 1);
	MAYBE(&r, "projectId", x.project_id, 1);
	MAYBE(&r, "project", x.project_name, 1);
	MAYBE(&r, "taskId", x.task_id, 1);
	MAYBE(&r, "task", x.task_name, 1);
	MAYBE(&r, "userId", x.user_id, 1);
	MAYBE(&r, "user", x.user_name, 1);
	MAYBE(&r, "typeOfWorkId", x.work_id, 1);
	MAYBE(&r, "typeOfWork", x.work_name, 1);
	MAYBE(&r, "note", x.note, 0);
	MAYBE(&r, "updatedOn", x.updated_on, 1);
	MAYBE(&r, "updatedBy", x.updated_by, 1);
	MAYBE(&r, "resourceVersion", x.res_ver, 1);
	if (r.failed || pool_failed(pool))
		return -1;
	if (r.odd || !EAT(&r, "}") || r.p != r.end)
		return 0;
	*out = x;
	return 1;
}
