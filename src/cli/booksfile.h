/* The accounting system's list of documents: a CSV file, read as a profile (books.NAME.ini) says. */
#ifndef CLI_BOOKSFILE_H
#define CLI_BOOKSFILE_H

#include "base/err.h"
#include "base/date.h"
#include "base/pool.h"

#define BOOKSFILE_SCALE 4 /* decimals of amounts: as many as any currency has */

struct booksfile_row {
	int line;
	const char *number;
	int64_t gross_e4;
	const char *currency; /* NULL: not told */
	date_t date;          /* DATE_NONE: not told */
	int paid;             /* 1, 0, -1: not told */
};

struct booksfile {
	struct booksfile_row *v; /* by number, line; owned (free()) */
	size_t n, cap;
	int parts;               /* rows of one number are parts of it, to be summed */
};

/* DIR/books.NAME.ini, then the file. What is wrong in either goes to *d with file:line, all in one go. Texts belong to pool. -1: ERR_NOINPUT, ERR_USAGE for a
 * name that cannot be one, ERR_IO, ERR_OS. */
int booksfile_read(const char *dir, const char *profile, const char *path, struct pool *pool, struct booksfile *out, struct diag *d, struct err *e);
void booksfile_free(struct booksfile *b);

#endif
