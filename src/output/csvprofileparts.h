/* A CSV profile as read; for csvprofile*.c. Everything belongs to the profile's pool. */
#ifndef OUTPUT_CSVPROFILEPARTS_H
#define OUTPUT_CSVPROFILEPARTS_H

#include "base/csvfile.h"
#include "base/pool.h"
#include "output/csvfields.h"

/* A key with a fixed list of values. */
struct csvprofile_choice {
	int index;                            /* of the value */
	int line;                             /* 0: the key is not given */
};

struct csvprofile_word {
	struct csvprofile_word *next;
	const char *key, *value;
};

/* [words FIELD] */
struct csvprofile_words {
	struct csvprofile_words *next;
	const char *field;
	int line, used;
	struct csvprofile_word *first;
};

/* A piece of a column's pattern: literal text, or a field. */
struct csvprofile_part {
	struct csvprofile_part *next;
	const char *text;                     /* NULL for a field */
	const struct csvfields_field *field;
	const struct csvprofile_words *words; /* NULL: none for this field */
};

/* [column HEADING] */
struct csvprofile_column {
	struct csvprofile_column *next;
	const char *heading, *value, *empty;  /* value NULL: missing; empty NULL: stays empty */
	int line, value_line, decimals_line;
	int decimals;                         /* -1: as the field has it */
	struct csvprofile_part *parts;
};

enum csvprofile_documents { CSVPROFILE_ALL, CSVPROFILE_INVOICES, CSVPROFILE_CANCELLATIONS };

/* [file NAME] */
struct csvprofile_file {
	struct csvprofile_file *next;
	const char *name;
	int line;
	struct csvprofile_choice row_kind, documents, discounts;
	unsigned rows;                        /* one of enum csvfields_rows; 0: missing or wrong */
	int rows_line;                        /* of a wrong value, too; 0: missing */
	int64_t max_invoices;                 /* 0: no limit */
	int max_line;
	struct csvprofile_column *columns;
	size_t ncolumns;
};

struct csvprofile {
	struct pool *pool;
	const char *name;
	struct csvprofile_choice separators, decimals, bom, newline, guard, quote, thousands, encoding;
	char separator, decimal;              /* what the choices stand for */
	const char *date;
	struct csvprofile_file *files;
	struct csvprofile_words *words;
};

#endif
