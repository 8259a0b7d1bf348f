#include "when.h"

#include <string.h>

int64_t when_days(int y, int m, int d)
{
    int64_t yy = m <= 2 ? y - 1 : y;
    int64_t era = (yy >= 0 ? yy : yy - 399) / 400;
    int64_t yoe = yy - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void when_civil(int64_t days, int *y, int *m, int *d)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int)(yoe + era * 400 + (*m <= 2));
}

static const char *number(const char *s, int n, int *out)
{
    int v = 0;
    while (n--) {
        if (*s < '0' || *s > '9')
            return NULL;
        v = v * 10 + (*s++ - '0');
    }
    *out = v;
    return s;
}

static int month_days(int y, int m)
{
    static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : len[m - 1];
}

const char *when_read_date(const char *s, int64_t *days)
{
    int y;
    int m;
    int d;
    if (!(s = number(s, 4, &y)) || *s++ != '-' || !(s = number(s, 2, &m)) || *s++ != '-' || !(s = number(s, 2, &d)))
        return NULL;
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m))
        return NULL;
    *days = when_days(y, m, d);
    return s;
}

const char *when_read_tod(const char *s, int64_t *ticks, int *digits)
{
    int h;
    int m;
    int sec = 0;
    int64_t frac = 0;
    int nd = 0;
    if (!(s = number(s, 2, &h)) || *s++ != ':' || !(s = number(s, 2, &m)))
        return NULL;
    if (*s == ':') {
        if (!(s = number(s + 1, 2, &sec)))
            return NULL;
        if (*s == '.') {
            for (s++; *s >= '0' && *s <= '9' && nd < 7; s++, nd++)
                frac = frac * 10 + (*s - '0');
            for (int i = nd; i < 7; i++)
                frac *= 10;
        }
    }
    if (h > 23 || m > 59 || sec > 59)
        return NULL;
    *ticks = ((int64_t)h * 3600 + m * 60 + sec) * WHEN_SECOND + frac;
    if (digits)
        *digits = nd;
    return s;
}

const char *when_read_stamp(const char *s, int64_t *ticks, int *digits)
{
    int64_t days;
    int64_t tod = 0;
    if (digits)
        *digits = 0;
    if (!(s = when_read_date(s, &days)))
        return NULL;
    if (*s == 'T' && !(s = when_read_tod(s + 1, &tod, digits)))
        return NULL;
    int64_t t = days * WHEN_DAY + tod;
    if (*s == 'Z') {
        s++;
    } else if (*s == '+' || *s == '-') {
        int sign = *s == '+' ? 1 : -1;
        int h;
        int m;
        if (!(s = number(s + 1, 2, &h)) || *s++ != ':' || !(s = number(s, 2, &m)))
            return NULL;
        t -= (int64_t)sign * (h * 60 + m) * 60 * WHEN_SECOND;
    }
    *ticks = t;
    return s;
}

static char *two(char *p, int v)
{
    *p++ = (char)('0' + v / 10 % 10);
    *p++ = (char)('0' + v % 10);
    return p;
}

void when_put_date(struct buf *b, int64_t days)
{
    int y;
    int m;
    int d;
    char t[10];
    when_civil(days, &y, &m, &d);
    char *p = two(two(t, y / 100), y % 100);
    *p++ = '-';
    p = two(p, m);
    *p++ = '-';
    two(p, d);
    buf_put(b, t, sizeof t);
}

void when_put_tod(struct buf *b, int64_t ticks, int digits)
{
    char t[20];
    int sec = (int)(ticks / WHEN_SECOND);
    int64_t frac = ticks % WHEN_SECOND;
    char *p = two(t, sec / 3600);
    *p++ = ':';
    p = two(p, sec / 60 % 60);
    *p++ = ':';
    p = two(p, sec % 60);
    if (digits > 0) {
        *p++ = '.';
        int64_t unit = WHEN_SECOND / 10;
        for (int i = 0; i < digits; i++, unit /= 10)
            *p++ = (char)('0' + frac / unit % 10);
    }
    buf_put(b, t, (size_t)(p - t));
}

static int64_t floor_day(int64_t ticks)
{
    int64_t d = ticks / WHEN_DAY;
    return ticks % WHEN_DAY < 0 ? d - 1 : d;
}

void when_put_stamp(struct buf *b, int64_t ticks, int digits)
{
    int64_t day = floor_day(ticks);
    when_put_date(b, day);
    buf_putc(b, 'T');
    when_put_tod(b, ticks - day * WHEN_DAY, digits);
    buf_putc(b, 'Z');
}

int64_t when_trim(int64_t ticks, int digits)
{
    int64_t unit = WHEN_SECOND;
    for (int i = 0; i < digits; i++)
        unit /= 10;
    int64_t over = ticks % unit;
    return ticks - (over < 0 ? over + unit : over);
}

static int64_t sunday_on_or_before(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t wd = ((days + 4) % 7 + 7) % 7;
    return days - wd;
}

int when_zone_offset(const char *zone, int64_t days)
{
    int y;
    int m;
    int d;
    when_civil(days, &y, &m, &d);
    if (strcmp(zone, "America/New_York") == 0) {
        int64_t from = sunday_on_or_before(when_days(y, 3, 14));
        int64_t to = sunday_on_or_before(when_days(y, 11, 7));
        return days >= from && days < to ? -240 : -300;
    }
    int64_t from = sunday_on_or_before(when_days(y, 3, 31));
    int64_t to = sunday_on_or_before(when_days(y, 10, 31));
    int summer = days >= from && days < to ? 60 : 0;
    if (strcmp(zone, "Europe/London") == 0 || strcmp(zone, "Europe/Lisbon") == 0)
        return summer;
    if (strncmp(zone, "Europe/", 7) == 0)
        return 60 + summer;
    return 0;
}
