#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static int64_t fixed_utc = -1; /* SOURCE_DATE_EPOCH, -1 when there is none */

int clock_init(struct err *e)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	int64_t v = -1;

	if (s != NULL && num_parse_int(s, 0, LAST_SECOND, &v) < 0)
		return err_set(e, ERR_CONFIG, "SOURCE_DATE_EPOCH is not a number of seconds: '%s'", s);
	fixed_utc = v;
	return 0;
}

/* clock_gettime() fails for unknown clocks only; those in use exist since Linux 2.6.39. */
static struct timespec now(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) < 0)
		abort();
	return t;
}

int64_t clock_document_utc(void)
{
	return fixed_utc >= 0 ? fixed_utc : clock_wall_utc();
}

int64_t clock_wall_utc(void)
{
	return now(CLOCK_REALTIME).tv_sec;
}

int64_t clock_boot_ms(void)
{
	struct timespec t = now(CLOCK_BOOTTIME);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_cpu_us(void)
{
	struct timespec t = now(CLOCK_PROCESS_CPUTIME_ID);

	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_thread_us(void)
{
	struct timespec t = now(CLOCK_THREAD_CPUTIME_ID);

	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int clock_sleep_ms(int64_t ms)
{
	struct timespec t;

	if (ms <= 0)
		return 0;
	t.tv_sec = ms / 1000;
	t.tv_nsec = (long)(ms % 1000) * 1000000;
	return clock_nanosleep(CLOCK_BOOTTIME, 0, &t, NULL) == 0 ? 0 : -1;
}

int clock_zone_exists(const char *zone)
{
	const char *dir = getenv("TZDIR");
	char path[512], magic[4];
	ssize_t n;
	int fd, len;

	/* TZ has other meanings for ':', and a path must not lead out of the database. */
	if (zone == NULL || *zone == '\0' || *zone == '/' || *zone == ':' || strstr(zone, "..") != NULL)
		return 0;
	len = snprintf(path, sizeof path, "%s/%s", dir != NULL && *dir != '\0' ? dir : "/usr/share/zoneinfo", zone);
	if (len < 0 || (size_t)len >= sizeof path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return 0;
	do
		n = read(fd, magic, sizeof magic);
	while (n < 0 && errno == EINTR);
	close(fd);
	return n == (ssize_t)sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

static int restore_zone(const char *tz)
{
	int rc = tz != NULL ? setenv("TZ", tz, 1) : unsetenv("TZ");

	tzset();
	return rc;
}

int clock_local_date(const char *zone, int64_t utc, date_t *out)
{
	const char *tz = getenv("TZ");
	time_t t = (time_t)utc;
	char *saved = NULL;
	struct tm tm;
	int rc = -1;

	if (!clock_zone_exists(zone))
		return -1;
	/* setenv() may move the text that getenv() returned. */
	if (tz != NULL) {
		saved = strdup(tz);
		if (saved == NULL)
			return -1;
	}
	if (setenv("TZ", zone, 1) == 0) {
		tzset();
		if (localtime_r(&t, &tm) != NULL) {
			*out = date_from_ymd(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
			rc = 0;
		}
		if (restore_zone(saved) < 0)
			rc = -1;
	}
	free(saved);
	return rc;
}

char *clock_fmt_utc(char out[32], int64_t utc)
{
	int64_t day = utc / 86400 - (utc % 86400 < 0);
	int sec = (int)(utc - day * 86400);
	struct date_ymd d;

	out[0] = '\0';
	if (day < INT32_MIN || day > INT32_MAX)
		return out;
	d = date_to_ymd((date_t)day);
	if (snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, sec / 3600, sec / 60 % 60, sec % 60) < 0)
		out[0] = '\0';
	return out;
}
