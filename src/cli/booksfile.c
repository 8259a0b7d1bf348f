#include "cli/booksfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csvfile.h"
#include "base/file.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/booksprofile.h"

#define NUMBER_MAX 60 /* characters of a document's number */

struct reading {
	const char *path;
	const struct booksprofile *p;
	struct pool *pool;
	struct booksfile *out;
	struct diag *d;
	int col[BOOKS_COLUMNS];
	int64_t above; /* rows above the headings that are still to come */
	int headed;
};

static void find_columns(struct reading *r, const struct csvfile_row *row)
{
	for (int i = 0; i < BOOKS_COLUMNS; i++) {
		r->col[i] = -1;
		for (size_t k = 0; k < row->n && r->p->column[i] != NULL; k++)
			if (booksprofile_has(r->p->column[i], row->text[k])) {
				if (r->col[i] >= 0)
					diag_add(r->d, r->path, row->line, "two columns are %s: %.60s and %.60s", booksprofile_column_name((enum booksprofile_column)i),
					    row->text[r->col[i]], row->text[k]);
				r->col[i] = (int)k;
			}
		if (r->col[i] < 0 && r->p->column[i] != NULL && i <= BOOKS_GROSS)
			diag_add(r->d, r->path, row->line, "no column is called '%.100s' (%s)", r->p->column[i], booksprofile_column_name((enum booksprofile_column)i));
	}
}

static const char *cell(const struct reading *r, const struct csvfile_row *row, enum booksprofile_column c)
{
	int i = r->col[c];

	return i < 0 || (size_t)i >= row->n || row->text[i][0] == '\0' ? NULL : row->text[i];
}

/* "1.234,50", "-12", "12-", "1'234.50": grouping is dropped where it groups by three, and nothing else is guessed. */
static int parse_amount(const char *s, char decimal, int64_t *out)
{
	const char group = decimal == ',' ? '.' : ',';
	char plain[NUM_MAX];
	size_t n = 0, len = strlen(s), digits = 0;
	int grouped = 0, fraction = 0, negative = 0;

	if (len > 0 && (s[0] == '-' || s[0] == '+')) {
		negative = s[0] == '-';
		s++;
		len--;
	} else if (len > 1 && s[len - 1] == '-') {
		negative = 1;
		len--;
	}
	if (negative)
		plain[n++] = '-';
	for (size_t i = 0; i < len && n + 2 < sizeof plain; i++) {
		if (s[i] >= '0' && s[i] <= '9') {
			plain[n++] = s[i];
			digits++;
		} else if (s[i] == decimal && !fraction && (!grouped || digits == 3)) {
			plain[n++] = '.';
			fraction = 1;
		} else if ((s[i] == group || s[i] == '\'' || s[i] == ' ') && !fraction && digits >= 1 && (grouped ? digits == 3 : digits <= 3)) {
			grouped = 1;
			digits = 0;
		} else {
			return -1;
		}
	}
	if (len >= sizeof plain - 2 || (grouped && !fraction && digits != 3))
		return -1;
	plain[n] = '\0';
	return num_parse(plain, BOOKSFILE_SCALE, out);
}

/* A date in the profile's form. */
static int parse_date(const char *s, const char *form, date_t *out)
{
	char iso[11] = "0000-00-00";
	size_t y = 0, m = 5, d = 8;

	for (; *form != '\0' && *s != '\0'; form++, s++) {
		if (*form == 'Y' && y < 4)
			iso[y++] = *s;
		else if (*form == 'M' && m < 7)
			iso[m++] = *s;
		else if (*form == 'D' && d < 10)
			iso[d++] = *s;
		else if (*form != *s)
			return -1;
	}
	return *form != '\0' || *s != '\0' ? -1 : date_parse(iso, out);
}

static int read_paid(const struct reading *r, const struct csvfile_row *row)
{
	const char *s = cell(r, row, BOOKS_PAID);

	if (r->col[BOOKS_PAID] < 0)
		return -1;
	if (s != NULL && r->p->paid != NULL && booksprofile_has(r->p->paid, s))
		return 1;
	if (r->p->open == NULL)
		return 0;
	if (s != NULL && booksprofile_has(r->p->open, s))
		return 0;
	if (r->p->paid == NULL && s != NULL)
		return 1;
	if (s != NULL)
		diag_add(r->d, r->path, row->line, "'%.40s' is neither one of paid_words nor of open_words", s);
	return -1;
}

static void read_cells(struct reading *r, const struct csvfile_row *row, struct booksfile_row *x)
{
	const char *gross = cell(r, row, BOOKS_GROSS), *currency = cell(r, row, BOOKS_CURRENCY), *date = cell(r, row, BOOKS_DATE), *side = cell(r, row, BOOKS_SIDE);
	size_t letters = currency == NULL ? 0 : strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (gross == NULL)
		diag_add(r->d, r->path, row->line, "document %.60s has no amount", x->number);
	else if (parse_amount(gross, r->p->decimal, &x->gross_e4) < 0)
		diag_add(r->d, r->path, row->line, "'%.40s' is no amount, such as %s", gross, r->p->decimal == ',' ? "1.234,50" : "1,234.50");
	if (side != NULL && r->p->credit != NULL && booksprofile_has(r->p->credit, side))
		x->gross_e4 = -x->gross_e4;
	if (currency != NULL && (letters != 3 || currency[3] != '\0'))
		diag_add(r->d, r->path, row->line, "'%.20s' is no currency, such as EUR", currency);
	x->currency = pool_intern(r->pool, currency);
	if (date != NULL && parse_date(date, r->p->date, &x->date) < 0)
		diag_add(r->d, r->path, row->line, "'%.40s' is no date in the form %s", date, r->p->date);
	x->paid = read_paid(r, row);
}

static int on_row(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct reading *r = ctx;
	struct booksfile_row x = { .line = row->line, .date = DATE_NONE };
	const char *number;

	if (r->above > 0) {
		r->above--;
		return 0;
	}
	if (!r->headed) {
		r->headed = 1;
		find_columns(r, row);
		return 0;
	}
	/* Without these two nothing can be said about the rows. */
	if (r->col[BOOKS_NUMBER] < 0 || r->col[BOOKS_GROSS] < 0)
		return 0;
	number = cell(r, row, BOOKS_NUMBER);
	if (number == NULL || text_len(number) > NUMBER_MAX) {
		if (number != NULL)
			diag_add(r->d, r->path, row->line, "a number of more than %d characters", NUMBER_MAX);
		else if (!r->p->skip_unnumbered)
			diag_add(r->d, r->path, row->line, "no number");
		return 0;
	}
	x.number = pool_dup(r->pool, number);
	if (x.number == NULL || buf_grow(&r->out->v, &r->out->cap, r->out->n + 1, sizeof *r->out->v) < 0)
		return err_nomem(e);
	read_cells(r, row, &x);
	r->out->v[r->out->n++] = x;
	return pool_failed(r->pool) ? err_nomem(e) : 0;
}

static int compare_row(const void *a, const void *b)
{
	const struct booksfile_row *x = a, *y = b;
	int c = strcmp(x->number, y->number);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

static int is_name(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 40 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

int booksfile_read(const char *dir, const char *profile, const char *path, struct pool *pool, struct booksfile *out, struct diag *d, struct err *e)
{
	struct booksprofile p = { .parts = 0 };
	struct booksfile b = { .n = 0 };
	struct reading r = { .path = path, .p = &p, .pool = pool, .out = &b, .d = d };
	char name[64], *ini;
	int rc = -1;

	if (!is_name(profile))
		return err_set(e, ERR_USAGE, "--books-profile '%.40s': a name has letters, digits, - and _", profile);
	snprintf(name, sizeof name, "books.%.40s.ini", profile);
	ini = file_join(dir, name);
	if (ini == NULL)
		return err_nomem(e);
	if (booksprofile_read(ini, pool, &p, d, e) == 0 && diag_empty(d)) {
		r.above = p.skip;
		rc = csvfile_read_as(path, p.separator, on_row, &r, d, e) < 0 ? err_ctx(e, "the list of documents (--books)") : 0;
		if (rc == 0 && !r.headed && diag_empty(d))
			diag_add(d, path, 0, "is empty: a row of headings is wanted");
	} else if (e->code == ERR_OK) {
		rc = 0;
	}
	b.parts = p.parts;
	free(ini);
	if (rc < 0) {
		booksfile_free(&b);
		return -1;
	}
	if (b.n > 0)
		qsort(b.v, b.n, sizeof *b.v, compare_row);
	*out = b;
	return 0;
}

void booksfile_free(struct booksfile *b)
{
	free(b->v);
	*b = (struct booksfile){ .n = 0 };
}
