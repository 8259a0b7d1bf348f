#include "billing/applyrow.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/text.h"

#define HOLD_MAX 500 /* characters */
#define SECONDS_MAX (24 * 3600)

static int wrong(struct buf *why, const char *sentence, const char *cell)
{
	buf_fmt(why, "%s%s%.80s%s", sentence, cell != NULL ? ": '" : "", cell != NULL ? cell : "", cell != NULL ? "'" : "");
	return -1;
}

static const char *filled(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* "H:MM" or "H:MM:SS". */
static int read_clock(const char *s, int64_t hours_max, int64_t *secs)
{
	int h, m, sec = 0, used = 0;
	size_t n = strlen(s);

	if (strspn(s, "0123456789:") != n || sscanf(s, "%3d:%2d%n", &h, &m, &used) != 2)
		return -1;
	if ((size_t)used != n && (sscanf(s + used, ":%2d%n", &sec, &h) != 1 || (size_t)(used + h) != n))
		return -1;
	if (sscanf(s, "%3d", &h) != 1 || h > hours_max || m > 59 || sec > 59)
		return -1;
	*secs = (int64_t)h * 3600 + m * 60 + sec;
	return 0;
}

static int read_seconds(const struct applyrow_cells *c, int64_t *out, struct buf *why)
{
	const char *seconds = filled(c->seconds), *duration = filled(c->duration);
	int64_t a = 0, b = 0;

	if (seconds == NULL && duration == NULL)
		return wrong(why, "create needs the column seconds, or duration as H:MM", NULL);
	if (seconds != NULL && num_parse_int(seconds, 1, SECONDS_MAX, &a) < 0)
		return wrong(why, "seconds must be a number from 1 to 86400", seconds);
	if (duration != NULL && (read_clock(duration, 24, &b) < 0 || b < 1 || b > SECONDS_MAX))
		return wrong(why, "duration must be H:MM or H:MM:SS, up to a day", duration);
	if (seconds != NULL && duration != NULL && a != b)
		return wrong(why, "seconds and duration contradict each other", duration);
	*out = seconds != NULL ? a : b;
	return 0;
}

static int read_billable(const char *s, int *out)
{
	static const struct { const char *word; int on; } words[] = { { "1", 1 }, { "0", 0 }, { "yes", 1 }, { "no", 0 }, { "true", 1 }, { "false", 0 } };

	*out = 1;
	for (size_t i = 0; s != NULL && i < sizeof words / sizeof *words; i++)
		if (strcasecmp(words[i].word, s) == 0) {
			*out = words[i].on;
			return 0;
		}
	return s == NULL ? 0 : -1;
}

static int read_start(const char *s, struct applyrow *out, struct buf *why)
{
	int64_t at;

	if (s == NULL)
		return 0;
	if (read_clock(s, 23, &at) < 0)
		return wrong(why, "start must be a time, such as 09:00", s);
	if (at + out->secs >= 86400)
		return wrong(why, "the entry would reach into the next day; leave start empty", s);
	snprintf(out->start, sizeof out->start, "%02u:%02u:%02u", (unsigned)(at / 3600) % 24, (unsigned)(at / 60) % 60, (unsigned)at % 60);
	return 0;
}

static int read_new(const struct applyrow_cells *c, struct pool *pool, struct applyrow *out, struct buf *why)
{
	if (filled(c->entry) != NULL)
		return wrong(why, "create makes a new entry: the entry_id must be empty", c->entry);
	if (filled(c->date) == NULL || date_parse_typed(c->date, &out->date) < 0)
		return wrong(why, "create needs a date, such as 2026-10-05", filled(c->date));
	if (filled(c->user) == NULL)
		return wrong(why, "create needs the column user", NULL);
	if (filled(c->project) == NULL && filled(c->task) == NULL)
		return wrong(why, "create needs the column project or task", NULL);
	if (read_seconds(c, &out->secs, why) < 0 || read_start(filled(c->start), out, why) < 0)
		return -1;
	if (read_billable(filled(c->billable), &out->billable) < 0)
		return wrong(why, "billable must be yes or no", c->billable);
	out->user = pool_dup(pool, filled(c->user));
	out->project = pool_dup(pool, filled(c->project));
	out->task = pool_dup(pool, filled(c->task));
	out->work = pool_dup(pool, filled(c->work));
	out->note = pool_dup(pool, filled(c->note));
	return 1;
}

/* The word, and what stands behind it or in the column of its own. */
static int read_action(const struct applyrow_cells *c, struct pool *pool, struct applyrow *out, struct buf *why)
{
	size_t n = strcspn(c->action, " \t\r\n");
	const char *behind = c->action + n + strspn(c->action + n, " \t\r\n"), *column = filled(c->value);

	if (applyplan_parse(c->action, n, &out->action) < 0)
		return wrong(why, "unknown action", c->action);
	if (behind[0] != '\0' && column != NULL && strcmp(behind, column) != 0)
		return wrong(why, "the action has one value, the column value another", column);
	out->value = behind[0] != '\0' ? behind : column;
	if (applyplan_has_value(out->action) && out->value == NULL)
		return wrong(why, "the action lacks its value, as in 'set-project NAME'", c->action);
	if (!applyplan_has_value(out->action) && out->value != NULL)
		return wrong(why, "the action takes no value", out->value);
	if (out->action == APPLYPLAN_HOLD && text_len(out->value) > HOLD_MAX)
		return wrong(why, "the text of a hold has more than 500 characters", NULL);
	out->value = pool_dup(pool, out->value);
	return 0;
}

int applyrow_parse(const struct applyrow_cells *c, struct pool *pool, struct applyrow *out, struct buf *why)
{
	*out = (struct applyrow){ .line = out->line, .date = DATE_NONE };
	if (filled(c->action) == NULL)
		return 0;
	if (read_action(c, pool, out, why) < 0)
		return -1;
	if (out->action == APPLYPLAN_CREATE)
		return read_new(c, pool, out, why);
	if (filled(c->entry) == NULL)
		return wrong(why, "the row names no entry_id", NULL);
	if (text_uuid(out->entry, c->entry) < 0)
		return wrong(why, "entry_id is no id of awork", c->entry);
	if (filled(c->date) != NULL)
		(void)date_parse_typed(c->date, &out->date);
	return 1;
}
