#include "awork/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awork/answer.h"
#include "base/jdoc.h"
#include "base/jout.h"
#include "base/text.h"

static void copy(char *out, size_t room, const char *s)
{
	size_t n = strlen(s);

	if (n >= room)
		for (n = room - 1; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	memcpy(out, s, n);
	out[n] = '\0';
}

static void read_id(struct change_result *r, const struct http_answer *a)
{
	struct jdoc *d = jdoc_parse(a->body, a->body_len, NULL);
	const char *id = d != NULL ? jdoc_get_text(jdoc_root(d), "id") : NULL;

	if (id == NULL || text_uuid(r->entry, id) < 0) {
		r->entry[0] = '\0';
		r->answer = CHANGE_LOST;
		copy(r->note, sizeof r->note, "the answer names no entry");
	}
	jdoc_free(d);
}

static int on_answer(void *ctx, const struct http_answer *a, struct err *e)
{
	struct change_result *r = ctx;
	struct buf b = BUF_INIT;

	(void)e;
	r->http = a->status;
	copy(r->trace_id, sizeof r->trace_id, a->trace_id);
	if (a->broken != NULL) {
		copy(r->note, sizeof r->note, a->broken);
		return 0;
	}
	if (a->status >= 200 && a->status < 300) {
		r->answer = CHANGE_OK;
		read_id(r, a);
		return 0;
	}
	answer_explain(a->body, a->body_len, &b);
	copy(r->note, sizeof r->note, buf_text(&b));
	buf_free(&b);
	if (a->status == 429)
		r->answer = CHANGE_AGAIN;
	else if (a->status == 404)
		r->answer = CHANGE_GONE;
	else if (a->status >= 400 && a->status < 500 && a->status != 408)
		r->answer = CHANGE_REFUSED;
	return 0;
}

static int add(struct http *h, const char *path, const char *body, struct change_result *out, struct err *e)
{
	const struct http_request r = { .method = "POST", .path = path, .body = body, .done = on_answer, .ctx = out };

	memset(out, 0, sizeof *out);
	out->answer = CHANGE_LOST;
	return http_add(h, &r, e);
}

int change_remove_breaks(struct http *h, const char *const *ids, size_t n, struct change_result *out, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		char path[96];

		if (!text_is_uuid(ids[i]))
			return err_set(e, ERR_SOFTWARE, "id to be changed is no UUID");
		snprintf(path, sizeof path, "/timeentries/%s/removebreaks", ids[i]);
		if (add(h, path, "", &out[i], e) < 0)
			return -1;
	}
	return http_run(h, e);
}

/* Seconds of the day of "HH:MM:SS". */
static int64_t seconds_of(const char *s)
{
	int h = 0, m = 0, sec = 0;

	(void)sscanf(s, "%2d:%2d:%2d", &h, &m, &sec);
	return (int64_t)h * 3600 + m * 60 + sec;
}

static void write_form(const struct entry *x, const char *timezone, struct buf *b)
{
	struct jout j;
	char date[16], text[40];

	jout_init(&j, b, 0);
	jout_object(&j, NULL);
	jout_bool(&j, "isBillable", x->billable);
	jout_opt(&j, "taskId", x->task_id);
	jout_opt(&j, "projectId", x->project_id);
	jout_opt(&j, "note", x->note);
	snprintf(text, sizeof text, "%sT00:00:00", date_fmt(date, x->date));
	jout_text(&j, "startDateLocal", text);
	if (x->start_time != NULL) {
		unsigned end = (unsigned)(seconds_of(x->start_time) + x->secs);

		jout_text(&j, "startTimeLocal", x->start_time);
		jout_text(&j, "endDateLocal", text);
		snprintf(text, sizeof text, "%02u:%02u:%02u", end / 3600 % 24, end / 60 % 60, end % 60);
		jout_text(&j, "endTimeLocal", text);
	}
	jout_text(&j, "timezone", timezone);
	jout_int(&j, "duration", x->secs);
	jout_text(&j, "typeOfWorkId", x->work_id);
	jout_text(&j, "userId", x->user_id);
	jout_end_object(&j);
}

int change_create(struct http *h, const struct entry *const *v, size_t n, const char *timezone, struct change_result *out, struct err *e)
{
	struct buf body = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		buf_reset(&body);
		write_form(v[i], timezone, &body);
		rc = buf_ok(&body) ? add(h, "/timeentries", body.p, &out[i], e) : err_nomem(e);
	}
	buf_free(&body);
	return rc < 0 ? -1 : http_run(h, e);
}
