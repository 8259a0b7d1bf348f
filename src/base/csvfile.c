#include "base/csvfile.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/file.h"
#include "base/near.h"
#include "base/text.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)

/* One reading. libcsv knows no line numbers, so it is fed byte by byte. */
struct reader {
	const char *path;
	csvfile_cb *cb;
	void *ctx;
	struct diag *d;
	struct err *e;
	char sep;
	struct buf cells; /* the row's fields, each with its NUL */
	size_t *at;       /* where each begins in cells */
	size_t n, cap;
	const char **text;
	size_t text_cap;
	int line, row_line; /* row_line is 0 between rows */
	int stop, nomem;
};

/* True when spreadsheets take a cell that begins so for a formula (OWASP "CSV Injection"); the last four are full-width = + - @. */
static int is_formula(const char *s)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };

	if (*s != '\0' && strchr("=+-@\t\r", *s) != NULL)
		return 1;
	for (size_t i = 0; *s == wide[0][0] && i < sizeof wide / sizeof *wide; i++)
		if (strncmp(s, wide[i], 3) == 0)
			return 1;
	return 0;
}

static void take_field(void *field, size_t n, void *ctx)
{
	struct reader *r = ctx;

	if (buf_grow(&r->at, &r->cap, r->n + 1, sizeof *r->at) < 0) {
		r->nomem = 1;
		return;
	}
	r->at[r->n++] = r->cells.n;
	buf_add(&r->cells, field != NULL ? field : "", n);
	buf_ch(&r->cells, '\0');
}

/* Trims and unguards the fields. 1: hand the row over; 0: it is blank or faulty; -1: memory. */
static int finish_row(struct reader *r)
{
	int filled = 0;

	if (r->nomem || !buf_ok(&r->cells) || buf_grow(&r->text, &r->text_cap, r->n, sizeof *r->text) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		char *s = r->cells.p + r->at[i];

		if (!text_is_utf8(s, strlen(s))) {
			diag_add(r->d, r->path, r->row_line, "field %zu is not UTF-8 (save the file as \"CSV UTF-8\")", i + 1);
			return 0;
		}
		s = text_trim(s);
		if (*s == '\'' && is_formula(s + 1))
			s++;
		filled |= *s != '\0';
		r->text[i] = s;
	}
	return filled;
}

static void take_row(int c, void *ctx)
{
	struct reader *r = ctx;
	struct csvfile_row row;
	int rc;

	(void)c;
	if (r->stop)
		return;
	rc = finish_row(r);
	row = (struct csvfile_row){ .line = r->row_line, .n = r->n, .sep = r->sep, .text = r->text };
	if (rc < 0)
		r->nomem = 1;
	if (rc < 0 || (rc > 0 && r->cb(r->ctx, &row, r->e) < 0))
		r->stop = 1;
	r->n = 0;
	r->row_line = 0;
	buf_reset(&r->cells);
}

/* The separator that stands more often in the first line that is not empty, outside quotes. */
static char find_separator(const char *p, const char *end)
{
	int comma = 0, semicolon = 0, quoted = 0, text = 0;

	for (; p < end; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if ((*p == '\n' || *p == '\r') && text)
			break;
		text |= *p != '\n' && *p != '\r' && *p != ' ' && *p != '\t';
		comma += *p == ',';
		semicolon += *p == ';';
	}
	return semicolon > comma ? ';' : ',';
}

static void bad_quoting(struct reader *r, const char *what)
{
	if (r->row_line > 0 && r->row_line != r->line)
		diag_add(r->d, r->path, r->row_line, "%s (the row begins here, noticed in line %d)", what, r->line);
	else
		diag_add(r->d, r->path, r->line, "%s", what);
}

/* The end of a file without a final line break: line counts physical lines, so it is right already. */
static void finish(struct reader *r, struct csv_parser *csv)
{
	if (r->stop || csv_fini(csv, take_field, take_row, r) == 0)
		return;
	if (csv_error(csv) == CSV_EPARSE)
		bad_quoting(r, "a quoted field is not closed");
	else
		r->nomem = 1;
}

static void parse(struct reader *r, struct csv_parser *csv, const char *p, const char *end)
{
	char last = '\0';

	for (r->line = 1; p < end && !r->stop; last = *p++) {
		if (*p == '\0') {
			diag_add(r->d, r->path, r->line, "NUL byte (is this UTF-16? save it as \"CSV UTF-8\")");
			return;
		}
		/* Blanks do not begin a row: a line of blanks is none to libcsv. */
		if (r->row_line == 0 && strchr(" \t\r\n", *p) == NULL)
			r->row_line = r->line;
		if (csv_parse(csv, p, 1, take_field, take_row, r) != 1) {
			if (csv_error(csv) == CSV_EPARSE)
				bad_quoting(r, "a quote stands where none is allowed, or is not followed by a separator");
			else
				r->nomem = 1;
			/* What follows cannot be told apart from the inside of a quoted field. */
			return;
		}
		/* CR LF is one line break; a lone CR (old Macintosh) is one, too. */
		if (*p == '\r' || (*p == '\n' && last != '\r'))
			r->line++;
	}
	finish(r, csv);
}

static int read_rows(struct reader *r, const struct buf *b)
{
	struct csv_parser csv;
	const char *p = buf_text(b), *end = p + b->n;

	if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return err_nomem(r->e);
	if (b->n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	if (r->sep == '\0')
		r->sep = find_separator(p, end);
	csv_set_delim(&csv, (unsigned char)r->sep);
	parse(r, &csv, p, end);
	csv_free(&csv);
	if (r->nomem)
		return err_nomem(r->e);
	return r->stop ? -1 : 0;
}

int csvfile_read(const char *path, csvfile_cb *cb, void *ctx, struct diag *d, struct err *e)
{
	return csvfile_read_as(path, '\0', cb, ctx, d, e);
}

int csvfile_read_as(const char *path, char sep, csvfile_cb *cb, void *ctx, struct diag *d, struct err *e)
{
	struct reader r = { .path = path, .cb = cb, .ctx = ctx, .d = d, .e = e, .sep = sep };
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	int rc = -1;

	if (file_read(path, FILE_MAX, &b, &why) == 0 && b.n >= 4 && memcmp(buf_text(&b), "PK\3\4", 4) == 0) {
		diag_add(d, path, 0, "is a workbook (XLSX, ODS) and no CSV, whatever its name: save it as \"CSV UTF-8\"");
		rc = 0;
	} else if (why.code == ERR_OK) {
		rc = read_rows(&r, &b);
	} else if (why.code == ERR_DATA) {
		diag_add(d, path, 0, "larger than 64 MiB");
		rc = 0;
	} else {
		err_set(e, why.code, "%s", why.msg);
	}
	free(r.at);
	free(r.text);
	buf_free(&r.cells);
	buf_free(&b);
	return rc;
}

void csvfile_columns(const struct csvfile_row *head, const char *const *want, size_t nwant, int *col, const char *file, struct diag *d)
{
	for (size_t i = 0; i < nwant; i++)
		col[i] = -1;
	for (size_t k = 0; k < head->n; k++) {
		struct near_search near;
		size_t i = 0;

		while (i < nwant && strcmp(head->text[k], want[i]) != 0)
			i++;
		near_start(&near, head->text[k]);
		for (size_t w = 0; i == nwant && w < nwant; w++)
			near_offer(&near, want[w]);
		if (*head->text[k] == '\0')
			diag_add(d, file, head->line, "column %zu has no heading", k + 1);
		else if (i == nwant && near.best != NULL)
			diag_add(d, file, head->line, "unknown heading '%s'; did you mean '%s'?", head->text[k], near.best);
		else if (i == nwant)
			diag_add(d, file, head->line, "unknown heading '%s'", head->text[k]);
		else if (col[i] >= 0)
			diag_add(d, file, head->line, "heading '%s' stands twice", head->text[k]);
		else
			col[i] = (int)k;
	}
}

const char *csvfile_decimal(const struct csvfile_row *row, const char *s, char out[NUM_MAX])
{
	const char *comma = strchr(s, ',');
	size_t n = strlen(s);

	if (row->sep != ';' || comma == NULL || n >= NUM_MAX || strchr(comma + 1, ',') != NULL || strchr(s, '.') != NULL || (size_t)(s + n - comma) == 4)
		return s;
	memcpy(out, s, n + 1);
	out[comma - s] = '.';
	return out;
}

static void separate(struct csvfile_out *o)
{
	if (o->column++ > 0)
		buf_ch(o->b, o->sep);
}

/* csv_write2() tells the size first. libcsv writes a leading '=' as it is, so the guard is put behind the quote it begins with. */
static void write_doubled(struct buf *b, const char *guard, const char *s, size_t n)
{
	size_t need = csv_write2(NULL, 0, s, n, '"');
	char *t = malloc(need);

	if (t == NULL || csv_write2(t, need, s, n, '"') != need) {
		b->failed = 1;
	} else {
		buf_ch(b, '"');
		buf_str(b, guard);
		buf_add(b, t + 1, need - 1);
	}
	free(t);
}

static void write_quoted(struct buf *b, const char *guard, const char *s, size_t n)
{
	/* Nearly all cells hold no quote. */
	if (memchr(s, '"', n) != NULL) {
		write_doubled(b, guard, s, n);
		return;
	}
	buf_ch(b, '"');
	buf_str(b, guard);
	buf_add(b, s, n);
	buf_ch(b, '"');
}

/* Blanks at an end are lost on readers that trim bare cells, libcsv among them. */
static int needs_quotes(const char *s, size_t n, char sep)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; n - i >= 16; i += 16) {
		__m128i c = _mm_loadu_si128((const void *)(s + i));
		__m128i ends = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(c, _mm_set1_epi8('\n')));
		__m128i others = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')), _mm_cmpeq_epi8(c, _mm_set1_epi8(sep)));

		if (_mm_movemask_epi8(_mm_or_si128(ends, others)) != 0)
			return 1;
	}
#endif
	for (; i < n; i++)
		if (s[i] == '"' || s[i] == '\r' || s[i] == '\n' || s[i] == sep)
			return 1;
	return n > 0 && (s[0] == ' ' || s[0] == '\t' || s[n - 1] == ' ' || s[n - 1] == '\t');
}

static void write_cell(struct csvfile_out *o, const char *guard, const char *s, int quoted)
{
	const size_t n = strlen(s);

	separate(o);
	if (quoted || o->quote == CSVFILE_QUOTE_ALL || needs_quotes(s, n, o->sep)) {
		write_quoted(o->b, guard, s, n);
		return;
	}
	if (*guard != '\0')
		buf_str(o->b, guard);
	buf_add(o->b, s, n);
}

void csvfile_text(struct csvfile_out *o, const char *s)
{
	if (s == NULL)
		s = "";
	write_cell(o, o->guard && is_formula(s) ? "'" : "", s, o->quote == CSVFILE_QUOTE_TEXT);
}

void csvfile_bare(struct csvfile_out *o, const char *s)
{
	write_cell(o, "", s != NULL ? s : "", 0);
}

void csvfile_end(struct csvfile_out *o)
{
	buf_str(o->b, o->lf ? "\n" : "\r\n");
	o->column = 0;
}
