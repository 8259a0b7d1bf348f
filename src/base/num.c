#include "base/num.h"

#include <string.h>

/* No decimal of this program has more; 10^18 is the largest power of ten in int64. */
#define SCALE_MAX 18

int64_t num_div_round(__int128 n, __int128 d, int *overflow)
{
	__int128 q, r;

	if (d <= 0) {
		*overflow = 1;
		return 0;
	}
	q = n / d;
	r = n % d;
	/* r >= d - r instead of 2r >= d: doubling could overflow. */
	if (r < 0) {
		if (-r >= d + r)
			q--;
	} else if (r > 0 && r >= d - r) {
		q++;
	}
	if (q > INT64_MAX || q < INT64_MIN) {
		*overflow = 1;
		return 0;
	}
	return (int64_t)q;
}

int num_add(int64_t *sum, int64_t v)
{
	int64_t r;

	if (__builtin_add_overflow(*sum, v, &r))
		return -1;
	*sum = r;
	return 0;
}

/* Appends one digit to a value that is kept negative, since INT64_MIN has no positive twin. */
static int push(int64_t *v, int digit)
{
	int64_t t;

	if (__builtin_mul_overflow(*v, (int64_t)10, &t) || __builtin_sub_overflow(t, (int64_t)digit, &t))
		return -1;
	*v = t;
	return 0;
}

int num_parse(const char *s, int scale, int64_t *out)
{
	int64_t v = 0;
	int negative = 0, decimals = 0;

	if (s == NULL || scale < 0 || scale > SCALE_MAX)
		return -1;
	if (*s == '-') {
		negative = 1;
		s++;
	}
	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++)
		if (push(&v, *s - '0') < 0)
			return -1;
	if (*s == '.') {
		s++;
		if (*s < '0' || *s > '9')
			return -1;
		for (; *s >= '0' && *s <= '9'; s++, decimals++)
			if (decimals == scale || push(&v, *s - '0') < 0)
				return -1;
	}
	if (*s != '\0')
		return -1;
	for (; decimals < scale; decimals++)
		if (push(&v, 0) < 0)
			return -1;
	if (!negative && v == INT64_MIN)
		return -1;
	*out = negative ? v : -v;
	return 0;
}

int num_parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	int64_t v;

	if (num_parse(s, 0, &v) < 0 || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

/* Two digits a step. */
static int whole(char out[NUM_MAX], uint64_t u, int minus)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869"
		"707172737475767778798081828384858687888990919293949596979899";
	char rev[NUM_MAX];
	size_t at = sizeof rev;

	for (; u >= 100; u /= 100)
		memcpy(rev + (at -= 2), pairs + u % 100 * 2, 2);
	if (u >= 10)
		memcpy(rev + (at -= 2), pairs + u * 2, 2);
	else
		rev[--at] = (char)('0' + u);
	if (minus)
		rev[--at] = '-';
	memcpy(out, rev + at, sizeof rev - at);
	out[sizeof rev - at] = '\0';
	return (int)(sizeof rev - at);
}

int num_fmt(char out[NUM_MAX], int64_t v, int scale)
{
	char rev[NUM_MAX];
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	int n = 0, digits = 0;

	out[0] = '\0';
	if (scale < 0 || scale > SCALE_MAX)
		return 0;
	if (scale == 0)
		return whole(out, u, v < 0);
	do {
		rev[n++] = (char)('0' + u % 10);
		u /= 10;
		digits++;
		if (digits == scale)
			rev[n++] = '.';
	} while (u > 0 || digits <= scale);
	if (v < 0)
		rev[n++] = '-';
	for (int i = 0; i < n; i++)
		out[i] = rev[n - 1 - i];
	out[n] = '\0';
	return n;
}

int num_fmt_short(char out[NUM_MAX], int64_t v, int scale, int min_decimals)
{
	int n = num_fmt(out, v, scale);
	int decimals = scale;

	if (min_decimals < 0)
		min_decimals = 0;
	while (n > 0 && decimals > min_decimals && out[n - 1] == '0') {
		n--;
		decimals--;
	}
	if (scale > 0 && decimals == 0 && n > 0 && out[n - 1] == '.')
		n--;
	out[n] = '\0';
	return n;
}
