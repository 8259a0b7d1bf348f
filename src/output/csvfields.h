/* The fields that a CSV profile can name in braces, and their values. csv.neutral.ini lists them for people. */
#ifndef OUTPUT_CSVFIELDS_H
#define OUTPUT_CSVFIELDS_H

#include "output/source.h"

/* What the rows of a file stand for; bits. */
enum csvfields_rows { CSVFIELDS_LINES = 1, CSVFIELDS_INVOICES = 2, CSVFIELDS_ENTRIES = 4, CSVFIELDS_HELD = 8, CSVFIELDS_ALL = 15 };

enum csvfields_kind {
	CSVFIELDS_TEXT,     /* typed by people: cleaned and guarded */
	CSVFIELDS_CODE,     /* made by the program: number of an invoice, id, unit */
	CSVFIELDS_WHOLE,    /* a whole number */
	CSVFIELDS_MONEY, CSVFIELDS_PRICE, CSVFIELDS_PERCENT, CSVFIELDS_QUANTITY,
	CSVFIELDS_HOURS,    /* seconds shown as decimal hours, rounded */
	CSVFIELDS_DATE
};

/* One row; what its kind does not have is NULL. A discount is a line without position, see csvout_discount(). */
struct csvfields_row {
	const struct source *src;
	const struct invoice *invoice;       /* lines and invoices */
	const struct invoice_line *line;
	const struct invoice_entry *billed;
	const struct entry *entry;           /* billed and held entries */
	const char *reason;                  /* held */
};

struct csvfields_value {
	enum csvfields_kind kind;
	int empty;
	const char *text;                    /* TEXT, CODE: borrowed from the row or from own */
	int64_t n;                           /* numbers: n / 10^scale, with at least min_decimals decimals */
	int scale, min_decimals;
	date_t date;
	char own[32];
};

struct csvfields_field;

/* The field called by the n bytes at name in files with such rows, or NULL. One name means different things in different files ("net"). */
const struct csvfields_field *csvfields_find(const char *name, size_t n, unsigned rows);
/* In files with which rows there is a field of this name; bits. */
unsigned csvfields_rows_with(const char *name, size_t n);
/* "lines", "invoices", "entries", "held" or, for no or several bits, "". */
const char *csvfields_rows_name(unsigned rows);
enum csvfields_kind csvfields_kind_of(const struct csvfields_field *f);
/* The i-th field's name, NULL behind the last. */
const char *csvfields_name(size_t i);

/* decimals: hours are rounded to so many; other numbers show at least so many and never lose one; -1: as the files of csvout.h have it.
 * ERR_SOFTWARE when a number overflows. */
int csvfields_get(const struct csvfields_field *f, const struct csvfields_row *row, int decimals, struct csvfields_value *out,
                  struct err *e);

#endif
