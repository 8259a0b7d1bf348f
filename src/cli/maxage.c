#include "cli/maxage.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int maxage_parse(const char *s, int64_t *out_sec, struct err *e)
{
	static const struct { char unit; int64_t sec; } units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	size_t n = strlen(s);
	char digits[16];
	int64_t v;

	for (size_t i = 0; n > 1 && n < sizeof digits && i < 4; i++)
		if (s[n - 1] == units[i].unit) {
			memcpy(digits, s, n - 1);
			digits[n - 1] = '\0';
			if (num_parse_int(digits, 1, 100000, &v) == 0) {
				*out_sec = v * units[i].sec;
				return 0;
			}
		}
	return err_set(e, ERR_USAGE, "--max-age takes a number of minutes, hours, days or weeks, such as 90m, 48h, 35d, 6w");
}

int maxage_closed(const struct app *a, int64_t *closed_utc, struct err *e)
{
	char *text = store_meta(a->store, STORE_CLOSED_TIME, e);
	int rc = 0;

	*closed_utc = -1;
	if (text == NULL)
		return e->code == ERR_OK ? 0 : -1;
	if (num_parse_int(text, 0, INT64_MAX, closed_utc) < 0)
		rc = err_set(e, ERR_DATA, "the ledger's time of the last run is no number: '%.40s'", text);
	free(text);
	return rc;
}

int maxage_check(const struct app *a, struct buf *out, struct err *e)
{
	struct store_run open;
	int64_t limit_sec, closed_utc, age_sec;
	int found;

	if (a->opt.max_age == NULL)
		return 0;
	if (maxage_parse(a->opt.max_age, &limit_sec, e) < 0 || maxage_closed(a, &closed_utc, e) < 0 || (found = store_run_unfinished(a->store, 0, 0, &open, e)) < 0)
		return -1;
	age_sec = clock_wall_utc() - closed_utc;
	if (found > 0)
		buf_fmt(out, "%s is unfinished (%s): run again and it finishes", open.id, store_state_name(open.state));
	else if (closed_utc < 0)
		buf_str(out, "no run has been closed yet");
	else if (age_sec > limit_sec)
		buf_fmt(out, "the last run was closed %lld days %lld hours ago, more than %s", (long long)(age_sec / 86400), (long long)(age_sec / 3600 % 24), a->opt.max_age);
	return out->n > 0;
}
