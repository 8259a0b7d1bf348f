/* A profile for booksfile.c: books.NAME.ini. */
#ifndef CLI_BOOKSPROFILE_H
#define CLI_BOOKSPROFILE_H

#include <stdint.h>
#include "base/err.h"
#include "base/pool.h"

enum booksprofile_column { BOOKS_NUMBER, BOOKS_GROSS, BOOKS_CURRENCY, BOOKS_DATE, BOOKS_PAID, BOOKS_SIDE, BOOKS_COLUMNS };

/* Texts belong to the pool. */
struct booksprofile {
	char separator;             /* 0: found in the file */
	char decimal;
	const char *date;           /* "DD.MM.YYYY" */
	int64_t skip;               /* rows above the headings */
	int parts;                  /* yes: rows of one number are parts of it */
	int skip_unnumbered;        /* rows without a number are none of ours */
	const char *paid, *open;    /* words, '|' between; NULL: whatever is not the other */
	const char *credit;         /* words in the column side that turn the sign */
	const char *column[BOOKS_COLUMNS]; /* headings, '|' between those that may stand instead; NULL: there is none */
};

/* Missing: ERR_NOINPUT. What is wrong goes to *d. */
int booksprofile_read(const char *path, struct pool *pool, struct booksprofile *out, struct diag *d, struct err *e);
/* True when one of the words between '|' is s, whatever the case of ASCII letters. */
int booksprofile_has(const char *words, const char *s);
/* The key of a column. */
const char *booksprofile_column_name(enum booksprofile_column c);

#endif
