#include "awork/simplified.h"

#include <stdlib.h>

#include "awork/list.h"

struct counting { const struct filter *f; int64_t entries, secs; };

static int flag(const jdoc_val *v, const char *member)
{
	int on = 0;

	return jdoc_bool(jdoc_get(v, member), &on) && on;
}

static int on_row(void *ctx, const jdoc_val *v, struct err *e)
{
	struct counting *c = ctx;
	const char *day = jdoc_get_text(v, "startDateLocal"), *id = jdoc_get_text(v, "id");
	date_t date = DATE_NONE;
	int64_t secs = 0;

	if (day != NULL && date_parse_prefix(day, &date) < 0)
		return err_set(e, ERR_DATA, "GET /timeentries/simplified: entry %s has no valid date", id != NULL ? id : "?");
	if ((c->f->billable && (!flag(v, "isBillable") || flag(v, "isBilled"))) || (c->f->to != DATE_NONE && (date == DATE_NONE || date >= c->f->to)))
		return err_set(e, ERR_PROTOCOL, "GET /timeentries/simplified: awork ignored the filter (entry %s)", id != NULL ? id : "?");
	c->entries++;
	if (jdoc_int(jdoc_get(v, "duration"), &secs) && secs > 0)
		c->secs += secs;
	return 0;
}

int simplified_count(struct http *h, const struct filter *f, int64_t *entries, int64_t *secs, struct err *e)
{
	struct counting c = { .f = f };
	struct buf expression = BUF_INIT, query = BUF_INIT;
	char *escaped;
	int rc = -1;

	filter_write(f, &expression);
	escaped = http_escape(buf_text(&expression));
	buf_fmt(&query, "filterby=%s", escaped != NULL ? escaped : "");
	if (escaped == NULL || !buf_ok(&expression) || !buf_ok(&query))
		err_nomem(e);
	else
		rc = list_read(h, "/timeentries/simplified", query.p, on_row, &c, e);
	if (rc == 0) {
		*entries = c.entries;
		*secs = c.secs;
	}
	free(escaped);
	buf_free(&expression);
	buf_free(&query);
	return rc;
}
