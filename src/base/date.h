/* Calendar dates as days since 1970-01-01 (proleptic Gregorian). */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

typedef int32_t date_t; /* days since 1970-01-01 */
#define DATE_NONE INT32_MIN

struct date_ymd { int year, month, day; };

date_t date_from_ymd(int year, int month, int day);
struct date_ymd date_to_ymd(date_t d);
/* Reads exactly "YYYY-MM-DD" (years 1900 to 9999, a day that exists); 0 or -1. */
int date_parse(const char *s, date_t *out);
/* The same, and "05.10.2026" as a German spreadsheet program saves it. */
int date_parse_typed(const char *s, date_t *out);
/* Reads the date of the first ten characters of "YYYY-MM-DDT..." or "YYYY-MM-DD"; 0 or -1. */
int date_parse_prefix(const char *s, date_t *out);
/* Writes "YYYY-MM-DD"; DATE_NONE gives "". Returns out. */
char *date_fmt(char out[16], date_t d);
/* First day of the month of d, moved by `months`. */
date_t date_month_start(date_t d, int months);

#endif
