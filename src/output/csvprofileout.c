#include "output/csvprofileout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "output/csvout.h"
#include "output/csvprofileparts.h"
#include "output/csvtable.h"

/* A file being written, part after part. */
struct writer {
	const struct csvprofile *p;
	const struct csvprofile_file *f;
	const struct source *src;
	const char *dir;
	struct csvtable t;
	char *path;              /* of the open part; NULL between parts */
	int part;
	int64_t invoices;        /* in the open part */
	struct buf number;       /* of the invoice whose entries are being written */
	struct buf cell, value;
};

static void put_date(struct buf *b, const char *pattern, date_t d)
{
	struct date_ymd ymd = date_to_ymd(d);

	while (*pattern != '\0') {
		if (*pattern == 'Y')
			buf_fmt(b, "%04d", ymd.year);
		else if (*pattern == 'M' || *pattern == 'D')
			buf_fmt(b, "%02d", *pattern == 'M' ? ymd.month : ymd.day);
		else
			buf_ch(b, *pattern);
		pattern += *pattern == 'Y' ? 4 : *pattern == 'M' || *pattern == 'D' ? 2 : 1;
	}
}

static void put_number(struct buf *b, const struct csvfields_value *v, char decimal)
{
	char s[NUM_MAX];
	int n = num_fmt_short(s, v->n, v->scale, v->min_decimals);
	char *dot = strchr(s, '.');
	int decimals = dot != NULL ? n - (int)(dot - s) - 1 : 0;

	if (dot != NULL)
		*dot = decimal;
	buf_str(b, s);
	if (dot == NULL && v->min_decimals > 0)
		buf_ch(b, decimal);
	for (; decimals < v->min_decimals; decimals++)
		buf_ch(b, '0');
}

static void put_value(struct buf *b, const struct csvfields_value *v, const char *date, char decimal)
{
	if (v->empty)
		return;
	if (v->kind == CSVFIELDS_TEXT || v->kind == CSVFIELDS_CODE)
		buf_str(b, v->text);
	else if (v->kind == CSVFIELDS_DATE)
		put_date(b, date, v->date);
	else
		put_number(b, v, decimal);
}

/* The word that stands for a value, looked up by the value as the neutral files have it; NULL when there is none. */
static const char *find_word(struct writer *w, const struct csvprofile_words *words, const struct csvfields_value *v)
{
	buf_reuse(&w->value);
	put_value(&w->value, v, "YYYY-MM-DD", '.');
	for (const struct csvprofile_word *x = words->first; x != NULL; x = x->next)
		if (strcmp(x->key, buf_text(&w->value)) == 0)
			return x->value;
	return NULL;
}

/* Appends a part to w->cell. *is_text is set when a person's words are in it. */
static int put_part(struct writer *w, const struct csvprofile_part *part, const struct csvfields_row *row, int decimals, int *is_text,
                    struct err *e)
{
	struct csvfields_value v;
	const char *word = NULL;

	if (part->field == NULL) {
		buf_str(&w->cell, part->text);
		*is_text = 1;
		return 0;
	}
	if (csvfields_get(part->field, row, decimals, &v, e) < 0)
		return -1;
	if (part->words != NULL)
		word = find_word(w, part->words, &v);
	if (word != NULL)
		buf_str(&w->cell, word);
	else
		put_value(&w->cell, &v, w->p->date, w->p->decimal);
	*is_text |= word != NULL || v.kind == CSVFIELDS_TEXT;
	return 0;
}

static int put_cell(struct writer *w, const struct csvprofile_column *c, const struct csvfields_row *row, struct err *e)
{
	int is_text = c->parts != NULL && c->parts->next != NULL;
	const char *s;

	buf_reset(&w->cell);
	for (const struct csvprofile_part *part = c->parts; part != NULL; part = part->next)
		if (put_part(w, part, row, c->decimals, &is_text, e) < 0)
			return -1;
	if (!buf_ok(&w->cell) || !buf_ok(&w->value))
		return err_nomem(e);
	s = buf_text(&w->cell);
	if (c->empty != NULL && s[strspn(s, " \t\r\n")] == '\0') {
		s = c->empty;
		is_text = 1;
	}
	/* An empty cell alone would be a blank line, which readers skip. */
	if (w->f->ncolumns == 1 && *s == '\0')
		w->t.out.quote = CSVFILE_QUOTE_ALL;
	if (is_text)
		csvtable_text(&w->t, s);
	else
		csvfile_bare(&w->t.out, s);
	w->t.out.quote = (enum csvfile_quote)w->p->quote.index;
	return 0;
}

static int put_row(struct writer *w, const struct csvfields_row *row, struct err *e)
{
	for (const struct csvprofile_column *c = w->f->columns; c != NULL; c = c->next)
		if (put_cell(w, c, row, e) < 0)
			return err_ctx(e, "column '%s'", c->heading);
	return csvtable_end_row(&w->t, e);
}

static int end_part(struct writer *w, int rc, struct err *e)
{
	if (w->path == NULL)
		return rc;
	rc = csvtable_close(&w->t, rc, e);
	free(w->path);
	w->path = NULL;
	return rc;
}

static int begin_part(struct writer *w, struct err *e)
{
	char name[160];

	if (++w->part == 1)
		snprintf(name, sizeof name, "%s.%s.csv", w->f->name, w->p->name);
	else
		snprintf(name, sizeof name, "%s.%s-%d.csv", w->f->name, w->p->name, w->part);
	w->invoices = 0;
	w->path = file_join(w->dir, name);
	if (w->path == NULL)
		return err_nomem(e);
	if (csvtable_open(&w->t, w->path, e) < 0)
		return -1;
	w->t.out.sep = w->p->separator;
	w->t.out.guard = w->p->guard.index;
	w->t.out.quote = (enum csvfile_quote)w->p->quote.index;
	w->t.out.lf = w->p->newline.index;
	if (w->p->bom.index)
		buf_str(&w->t.text, "\xef\xbb\xbf");
	for (const struct csvprofile_column *c = w->f->columns; c != NULL; c = c->next)
		csvfile_bare(&w->t.out, c->heading);
	return csvtable_end_row(&w->t, e);
}

/* Before the rows of another invoice: a new part when the target takes no more invoices in one file. */
static int next_invoice(struct writer *w, struct err *e)
{
	if (w->f->max_invoices > 0 && w->invoices == w->f->max_invoices && (end_part(w, 0, e) < 0 || begin_part(w, e) < 0))
		return -1;
	w->invoices++;
	return 0;
}

static int put_lines(struct writer *w, const struct invoice *v, struct err *e)
{
	struct csvfields_row row = { .src = w->src, .invoice = v };

	for (size_t i = 0; i < v->nlines; i++) {
		row.line = &v->lines[i];
		if (put_row(w, &row, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < v->nallowances && w->f->discounts.index == 0; i++) {
		struct invoice_line l;

		row.line = &l;
		if (csvout_discount(v, &v->allowances[i], &l, e) < 0 || put_row(w, &row, e) < 0)
			return -1;
	}
	return 0;
}

static int put_invoice(struct writer *w, const struct invoice *v, struct err *e)
{
	struct csvfields_row row = { .src = w->src, .invoice = v };
	int wanted = w->f->documents.index;

	if (wanted != CSVPROFILE_ALL && (v->type == INVOICE_CANCELLATION) != (wanted == CSVPROFILE_CANCELLATIONS))
		return 0;
	if (next_invoice(w, e) < 0)
		return -1;
	return w->f->rows == CSVFIELDS_INVOICES ? put_row(w, &row, e) : put_lines(w, v, e);
}

static int put_entry(struct writer *w, const struct invoice_entry *x, struct err *e)
{
	struct csvfields_row row = { .src = w->src, .billed = x, .entry = &x->entry };

	/* Entries come by invoice. */
	if (w->invoices == 0 || strcmp(buf_text(&w->number), x->invoice) != 0) {
		if (next_invoice(w, e) < 0)
			return -1;
		buf_reset(&w->number);
		buf_str(&w->number, x->invoice);
		if (!buf_ok(&w->number))
			return err_nomem(e);
	}
	return put_row(w, &row, e);
}

static int put_held(struct writer *w, const struct source_held *h, struct err *e)
{
	struct csvfields_row row = { .src = w->src, .entry = &h->entry, .reason = h->reason };

	return put_row(w, &row, e);
}

/* The files of one profile, written side by side. */
struct files {
	struct writer *v;
	size_t n;
};

/* What ends a file says where. */
static int told(const struct writer *w, int rc, struct err *e)
{
	return rc < 0 && w->path != NULL ? err_ctx(e, "%s", w->path) : rc;
}

static int take_invoice(void *me, const struct source_document *d, struct err *e)
{
	const struct files *x = me;

	for (struct writer *w = x->v; w < x->v + x->n; w++)
		if ((w->f->rows & (CSVFIELDS_LINES | CSVFIELDS_INVOICES)) != 0 && told(w, put_invoice(w, d->v, e), e) < 0)
			return -1;
	return 0;
}

static int take_entry(void *me, const struct invoice_entry *entry, struct err *e)
{
	const struct files *x = me;

	for (struct writer *w = x->v; w < x->v + x->n; w++)
		if (w->f->rows == CSVFIELDS_ENTRIES && told(w, put_entry(w, entry, e), e) < 0)
			return -1;
	return 0;
}

static int take_held(void *me, const struct source_held *h, struct err *e)
{
	const struct files *x = me;

	for (struct writer *w = x->v; w < x->v + x->n; w++)
		if (w->f->rows == CSVFIELDS_HELD && told(w, put_held(w, h, e), e) < 0)
			return -1;
	return 0;
}

static int close_files(void *me, int rc, struct err *e)
{
	struct files *x = me;

	for (struct writer *w = x->v; w < x->v + x->n; w++) {
		rc = end_part(w, rc, rc < 0 ? NULL : e);
		buf_free(&w->number);
		buf_free(&w->cell);
		buf_free(&w->value);
	}
	free(x->v);
	free(x);
	return rc;
}

static struct files *open_files(const struct csvprofile *p, const struct source *src, const char *dir, struct err *e)
{
	struct files *x = calloc(1, sizeof *x);
	size_t n = 0;

	for (const struct csvprofile_file *f = p->files; f != NULL; f = f->next)
		n++;
	if (x == NULL || (x->v = calloc(n + 1, sizeof *x->v)) == NULL) {
		free(x);
		err_nomem(e);
		return NULL;
	}
	for (const struct csvprofile_file *f = p->files; f != NULL; f = f->next) {
		struct writer *w = &x->v[x->n++];

		*w = (struct writer){ .p = p, .f = f, .src = src, .dir = dir, .number = BUF_INIT, .cell = BUF_INIT, .value = BUF_INIT };
		if (told(w, begin_part(w, e), e) < 0) {
			close_files(x, -1, NULL);
			return NULL;
		}
	}
	return x;
}

int csvprofileout(struct taker *out, const struct csvprofile *p, const struct source *src, const char *dir, struct err *e)
{
	*out = (struct taker){ .me = open_files(p, src, dir, e), .begin = take_invoice, .entry = take_entry, .close = close_files };
	for (const struct csvprofile_file *f = p->files; f != NULL; f = f->next)
		if (f->rows == CSVFIELDS_HELD)
			out->held = take_held;
	return out->me != NULL ? 0 : -1;
}
