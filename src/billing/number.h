/* Invoice numbers from a format such as RE-{YYYY}-{SEQ:5}. */
#ifndef BILLING_NUMBER_H
#define BILLING_NUMBER_H

#include "base/date.h"
#include "base/err.h"

#define NUMBER_LEN 32

/* Checks a format: exactly one {SEQ} or {SEQ:digits}; {YYYY} {YY} {MM} allowed; else A-Z 0-9 - / only, at most 20 characters when filled in
 * (DATEV "Belegfeld 1" in every published version). ERR_CONFIG. */
int number_check(const char *format, struct err *e);

/* The number for an invoice date and a sequence value. The format must have passed number_check(). -1 (ERR_CONFIG) when it grew over 20 characters. */
int number_make(const char *format, date_t date, int64_t seq, char out[NUMBER_LEN], struct err *e);

/* The series that a format draws from on a date: the format with the date filled in and {SEQ} left, so that a format with {YYYY}
 * starts over each year. */
int number_series(const char *format, date_t date, char out[64], struct err *e);
/* True when two formats are different series that could give the same number: they differ in the digits of {SEQ} alone. */
int number_clash(const char *a, const char *b);

#endif
