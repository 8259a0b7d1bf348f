/* Exact numbers: the one rounding function, decimals from and to text. No binary floating point. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

/* n / d rounded half away from zero, d > 0; 128 bit, so products of two int64 fit. Sets *overflow to 1 when the quotient does not fit
 * int64 (and returns 0), leaves it alone otherwise. The only rounding of money and time in the program. */
int64_t num_div_round(__int128 n, __int128 d, int *overflow);

/* *sum += v with overflow check: 0, or -1 with *sum unchanged. */
int num_add(int64_t *sum, int64_t v);

/* Reads "[-]digits[.digits]" completely into units of 10^-scale. Refuses more decimals than scale, exponents, blanks, signs other than '-',
 * thousands separators, an empty text and overflow. 0, or -1 with *out unchanged. */
int num_parse(const char *s, int scale, int64_t *out);

/* Reads a whole number in [min, max]; 0 or -1. */
int num_parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

/* Writes v units of 10^-scale as "[-]d.ddd" with exactly `scale` decimals. Returns the length; out must hold NUM_MAX bytes. */
#define NUM_MAX 48
int num_fmt(char out[NUM_MAX], int64_t v, int scale);

/* As num_fmt(), trailing zeros dropped down to `min_decimals`. */
int num_fmt_short(char out[NUM_MAX], int64_t v, int scale, int min_decimals);

#endif
