#include "output/xlsxrow.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/num.h"
#include "output/xlsxbook.h"
#include "output/xlsxstyle.h"
#include "output/xlsxtext.h"

#define NUMBERS 256 /* durations and dates repeat */

struct piece { size_t n; char s[48]; };

struct column {
	struct xlsx_style style;
	char num[XLSXBOOK_FORMAT_MAX];
	const lxw_format *format;
	struct piece begin, text, number, blank; /* of the cell: before the number of the row, and behind it; begin is "": not known yet */
};

struct number { int64_t n, d; size_t len; char text[24]; };

struct xlsxrow {
	struct xlsx_sheet *s;
	struct buf xml, clean;
	struct number seen[NUMBERS];
	int by_hand, n;
	struct column col[];
};

struct xlsxrow *xlsxrow_new(struct xlsx_sheet *s, const struct xlsx_style *styles, int n, struct err *e)
{
	struct xlsxrow *r = calloc(1, sizeof *r + (size_t)n * sizeof *r->col);

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	r->s = s;
	/* This looks into the library, so it must be the one that was compiled against. */
	r->by_hand = lxw_version_id() == LXW_VERSION_ID;
	r->n = n;
	for (int i = 0; i < n; i++) {
		r->col[i].style = styles[i];
		if (styles[i].num != NULL && strlen(styles[i].num) < sizeof r->col[i].num)
			r->col[i].style.num = strcpy(r->col[i].num, styles[i].num);
	}
	return r;
}

/* ---- by the library ---- */

static void put_slowly(struct xlsxrow *r, int row, int points, const struct xlsxrow_cell *cells)
{
	xlsx_height(r->s, row, points);
	for (int i = 0; i < r->n; i++)
		if (cells[i].text != NULL)
			xlsx_text(r->s, row, i, &r->col[i].style, cells[i].text);
		else
			xlsx_ratio(r->s, row, i, &r->col[i].style, cells[i].n, cells[i].d);
}

/* ---- by hand ---- */

__attribute__((format(printf, 2, 3))) static void cut(struct piece *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	p->n = (size_t)vsnprintf(p->s, sizeof p->s, fmt, ap);
	va_end(ap);
}

static void put(struct buf *out, const struct piece *p)
{
	buf_add(out, p->s, p->n);
}

/* A format has its number in the file once the library wrote a cell with it: the numbers follow the order of the cells. Of two equal ones only the first
 * gets one. */
static int know_column(struct xlsxrow *r, int i)
{
	struct column *c = &r->col[i];
	char name[LXW_MAX_CELL_NAME_LENGTH];
	int xf;

	if (c->begin.n > 0)
		return 1;
	if (c->format == NULL)
		c->format = xlsxstyle_format(r->s->x, &c->style);
	if (c->format == NULL || c->format->xf_index <= 0)
		return 0;
	xf = c->format->xf_index;
	lxw_col_to_name(name, (lxw_col_t)i, 0);
	cut(&c->begin, "<c r=\"%s", name);
	cut(&c->text, "\" s=\"%d\" t=\"inlineStr\"><is><t>", xf);
	cut(&c->number, "\" s=\"%d\"><v>", xf);
	cut(&c->blank, "\" s=\"%d\"/>", xf);
	return 1;
}

static int is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next one that XML takes for its own, or end. */
static const char *special(const char *s, const char *end)
{
#ifdef __SSE2__
	for (; end - s >= 16; s += 16) {
		const __m128i c = _mm_loadu_si128((const void *)s), angle = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('<')), _mm_cmpeq_epi8(c, _mm_set1_epi8('>')));
		const int mask = _mm_movemask_epi8(_mm_or_si128(angle, _mm_cmpeq_epi8(c, _mm_set1_epi8('&'))));

		if (mask != 0)
			return s + __builtin_ctz((unsigned)mask);
	}
#endif
	while (s < end && *s != '&' && *s != '<' && *s != '>')
		s++;
	return s;
}

static void escape(struct buf *out, const char *s, size_t n)
{
	const char *from = s, *end = s + n;

	for (; (s = special(s, end)) < end; s++) {
		buf_add(out, from, (size_t)(s - from));
		buf_str(out, *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : "&gt;");
		from = s + 1;
	}
	buf_add(out, from, (size_t)(end - from));
}

/* -1: not here. */
static int put_text(struct xlsxrow *r, const struct column *c, const char *text)
{
	const char *p;

	buf_reuse(&r->clean);
	xlsxtext_cell(&r->clean, text);
	if (r->clean.n == 0) {
		put(&r->xml, &c->blank);
		return 0;
	}
	p = r->clean.p;
	if (is_space(p[0]) || is_space(p[r->clean.n - 1])) /* another tag */
		return -1;
	put(&r->xml, &c->text);
	escape(&r->xml, p, r->clean.n);
	buf_add(&r->xml, "</t></is></c>", 13);
	return 0;
}

/* As the library prints it; what a row shows is mostly whole minutes. */
static int put_number(struct xlsxrow *r, const struct column *c, int64_t n, int64_t d)
{
	struct number *k = &r->seen[((uint64_t)n / 60 + (uint64_t)n + (uint64_t)d) % NUMBERS];

	if (!xlsx_is_exact(n, d))
		return -1;
	if (k->n != n || k->d != d) {
		k->len = (size_t)snprintf(k->text, sizeof k->text, "%.16G", (double)n / (double)d);
		k->n = n;
		k->d = d;
	}
	put(&r->xml, &c->number);
	buf_add(&r->xml, k->text, k->len);
	buf_add(&r->xml, "</v></c>", 8);
	return 0;
}

/* The row's bytes in r->xml, *bytes of text among them before they are escaped. -1: it is one for the library. */
static int form(struct xlsxrow *r, int row, int points, const struct xlsxrow_cell *cells, int64_t *bytes)
{
	char no[NUM_MAX], ht[NUM_MAX];
	const size_t nno = (size_t)num_fmt(no, row + 1, 0), nht = (size_t)num_fmt(ht, points, 0);

	*bytes = 0;
	buf_reuse(&r->xml);
	buf_add(&r->xml, "<row r=\"", 8);
	buf_add(&r->xml, no, nno);
	buf_add(&r->xml, "\" ht=\"", 6);
	buf_add(&r->xml, ht, nht);
	buf_add(&r->xml, "\" customHeight=\"1\">", 19);
	for (int i = 0; i < r->n; i++) {
		const struct column *c = &r->col[i];

		if (!know_column(r, i))
			return -1;
		put(&r->xml, &c->begin);
		buf_add(&r->xml, no, nno);
		if ((cells[i].text != NULL ? put_text(r, c, cells[i].text) : put_number(r, c, cells[i].n, cells[i].d)) < 0)
			return -1;
		*bytes += cells[i].text != NULL ? (int64_t)r->clean.n : 0;
	}
	buf_str(&r->xml, "</row>");
	return 0;
}

void xlsxrow_put(struct xlsxrow *r, int row, int points, const struct xlsxrow_cell *cells)
{
	struct xlsx_sheet *s = r->s;
	int64_t bytes;

	if (s == NULL || s->x->e.code != ERR_OK)
		return;
	/* The standard height is none, and the library knows which columns there are from a row of its own. */
	if (!r->by_hand || s->ws->optimize_tmpfile == NULL || row <= s->row || row >= LXW_ROW_MAX || points <= 0 || points == (int)LXW_DEF_ROW_HEIGHT || form(r, row, points, cells, &bytes) < 0) {
		put_slowly(r, row, points, cells);
		return;
	}
	if (!buf_ok(&r->xml) || !buf_ok(&r->clean)) {
		err_nomem(&s->x->e);
		return;
	}
	/* What the library still holds goes before; then it is told how far the sheet reaches. */
	lxw_worksheet_write_single_row(s->ws);
	xlsx_fail(s->x, LXW_NO_ERROR, "row");
	if (fwrite(r->xml.p, 1, r->xml.n, s->ws->optimize_tmpfile) != r->xml.n)
		err_sys(&s->x->e, ERR_IO, "write");
	s->ws->optimize_row->row_num = s->ws->dim_rowmax = (lxw_row_t)row;
	s->written.rows++;
	s->written.text_bytes += bytes;
	s->row = row;
}

void xlsxrow_free(struct xlsxrow *r)
{
	if (r == NULL)
		return;
	buf_free(&r->xml);
	buf_free(&r->clean);
	free(r);
}
