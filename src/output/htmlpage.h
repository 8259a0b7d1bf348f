/* What the pages have in common: figures as the summary's template writes them, sections, tables that can be sorted and filtered where a script runs. */
#ifndef OUTPUT_HTMLPAGE_H
#define OUTPUT_HTMLPAGE_H

#include "base/buf.h"
#include "base/date.h"
#include "output/htmlout.h"
#include "output/htmlwords.h"
#include "output/template.h"

#define HTMLPAGE_ROWS 2000 /* of one table; what is left out is counted below it */

struct htmlpage {
	struct htmlout *h;
	const struct template *t;
	int german;
	struct htmlout_head head; /* borrowed by h */
	struct buf b;             /* the figure at hand */
};

/* Begins a page at path, in the language of documents; title is borrowed until htmlpage_end(). t: of dates; NULL: as the language writes them. -1: nothing is to be ended. */
int htmlpage_begin(struct htmlpage *p, const char *path, const char *title, const char *language, const struct template *t, struct err *e);
/* rc: what the writing came to. */
int htmlpage_end(struct htmlpage *p, int rc, struct err *e);

const char *htmlpage_word(const struct htmlpage *p, enum htmlwords_key k);

/* Figures; each is borrowed until the next one. */
const char *htmlpage_count(struct htmlpage *p, int64_t n);
const char *htmlpage_hours(struct htmlpage *p, int64_t secs);     /* with two decimals */
const char *htmlpage_change(struct htmlpage *p, int64_t secs);    /* hours with a sign */
const char *htmlpage_money(struct htmlpage *p, int64_t minor, const char *currency);
const char *htmlpage_signed(struct htmlpage *p, int64_t minor, const char *currency);
const char *htmlpage_rate(struct htmlpage *p, int64_t price_e4);
const char *htmlpage_percent(struct htmlpage *p, int64_t pct_e2);
const char *htmlpage_day(struct htmlpage *p, date_t d);
const char *htmlpage_instant(struct htmlpage *p, int64_t utc);    /* to the minute */
/* part of whole in per cent with one decimal; "" when whole is 0. */
const char *htmlpage_share(struct htmlpage *p, int64_t part, int64_t whole);

/* A word with its {n}, {m}, {file}, {period} filled in; NULL ones are empty. Borrowed until the next figure. */
struct htmlpage_fill { const char *n, *m, *file, *period; };
const char *htmlpage_sentence(struct htmlpage *p, enum htmlwords_key k, const struct htmlpage_fill *f);

/* <section id> with its heading; closed with htmlpage_close(). */
void htmlpage_section(struct htmlpage *p, const char *id, enum htmlwords_key heading);
void htmlpage_close(struct htmlpage *p);
/* An element with a word in it. */
void htmlpage_put(struct htmlpage *p, const char *name, const char *class, enum htmlwords_key k);
/* The end of the page: links to the files beside it. */
void htmlpage_foot(struct htmlpage *p, const char *const *files, size_t n);
/* A pair of a list of facts (<dl>). */
void htmlpage_fact(struct htmlpage *p, enum htmlwords_key k, const char *text);

/* A table; the first column is the heading of its rows. key identifies it to people's scripts and to tests. */
struct htmlpage_column { enum htmlwords_key heading; int number; };
void htmlpage_table(struct htmlpage *p, const char *key, enum htmlwords_key caption, const struct htmlpage_column *col, size_t n);
/* Its sums follow. */
void htmlpage_table_sums(struct htmlpage *p);
void htmlpage_table_end(struct htmlpage *p);
void htmlpage_row(struct htmlpage *p);
void htmlpage_row_end(struct htmlpage *p);
/* Cells: the first one of a row; text (NULL and blanks show as a dash); a figure with the whole number it is sorted by. */
void htmlpage_head_cell(struct htmlpage *p, const char *text);
void htmlpage_text_cell(struct htmlpage *p, const char *text);
void htmlpage_code_cell(struct htmlpage *p, const char *text); /* a number of a document, an id: on one line */
void htmlpage_figure_cell(struct htmlpage *p, int64_t v, const char *text);
void htmlpage_day_cell(struct htmlpage *p, date_t d);
/* What did not fit: "2,000 of 400,000 are shown; all are in FILE". Nothing when all are. */
void htmlpage_more(struct htmlpage *p, int64_t shown, int64_t all, const char *file);

#endif
