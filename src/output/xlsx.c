#include "output/xlsx.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/buf.h"
#include "output/unxlsx.h"
#include "output/xlsxtext.h"

#define STYLES_MAX 96
#define SHEETS_MAX 16
#define SAFE_MAX INT64_C(10000000000) /* above this too few of a double's digits are left behind the point */
#define DIGITS_MAX INT64_C(999999999999999)
#define EXCEL_EPOCH 25569 /* 1970-01-01 in a spreadsheet's days */
#define FOOTER_MAX 250    /* Excel: 255 characters */

struct xlsx_sheet {
	struct xlsx *x;
	lxw_worksheet *ws;
	char name[128];
	int row;      /* the one being written, -1 before the first */
	int64_t rows; /* that hold something */
};

struct xlsx {
	lxw_workbook *wb;
	char *path;
	struct { struct xlsx_style look; lxw_format *format; } style[STYLES_MAX];
	struct xlsx_sheet sheet[SHEETS_MAX];
	size_t nstyle, nsheet;
	struct buf text;
	struct err e; /* the first failure */
};

static void fail(struct xlsx *x, lxw_error rc, const char *what)
{
	if (rc == LXW_NO_ERROR)
		return;
	if (rc == LXW_ERROR_MEMORY_MALLOC_FAILED)
		err_nomem(&x->e);
	else if (rc == LXW_ERROR_CREATING_TMPFILE || rc == LXW_ERROR_CREATING_XLSX_FILE)
		err_sys(&x->e, ERR_IO, "%s", what);
	else if (rc >= LXW_ERROR_READING_TMPFILE && rc <= LXW_ERROR_ZIP_CLOSE)
		err_set(&x->e, ERR_IO, "%s: %s", what, lxw_strerror(rc));
	else
		err_set(&x->e, ERR_SOFTWARE, "%s: %s", what, lxw_strerror(rc));
}

struct xlsx *xlsx_new(const char *path, const char *tmp_dir, const char *title, const char *author, date_t date, struct err *e)
{
	struct xlsx *x = calloc(1, sizeof *x);
	/* The library wants writable strings and does not write to them. */
	lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = (char *)(uintptr_t)tmp_dir };
	lxw_doc_properties about = { .title = (char *)(uintptr_t)title, .author = (char *)(uintptr_t)author, .created = (time_t)date * 86400 };
	int fd;

	if (x == NULL || (x->path = strdup(path)) == NULL) {
		err_nomem(e);
		free(x);
		return NULL;
	}
	x->e = (struct err)ERR_INIT;
	/* The library would follow a link and overwrite what is there; so the file is made here, and it truncates our own. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_sys(e, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "%s", path);
		free(x->path);
		free(x);
		return NULL;
	}
	close(fd);
	x->wb = workbook_new_opt(path, &options);
	if (x->wb == NULL) {
		err_nomem(e);
		unlink(path);
		free(x->path);
		free(x);
		return NULL;
	}
	fail(x, workbook_set_properties(x->wb, &about), "document properties");
	return x;
}

struct xlsx_sheet *xlsx_sheet(struct xlsx *x, const char *name)
{
	struct xlsx_sheet *s = &x->sheet[x->nsheet];

	if (x->nsheet == SHEETS_MAX) {
		err_set(&x->e, ERR_SOFTWARE, "more than %d sheets", SHEETS_MAX);
		return NULL;
	}
	fail(x, workbook_validate_sheet_name(x->wb, name), name);
	s->ws = x->e.code == ERR_OK ? workbook_add_worksheet(x->wb, name) : NULL;
	if (s->ws == NULL) {
		err_set(&x->e, ERR_IO, "cannot begin sheet '%s'", name);
		return NULL;
	}
	snprintf(s->name, sizeof s->name, "%s", name);
	s->x = x;
	s->row = -1;
	x->nsheet++;
	worksheet_set_paper(s->ws, 9); /* A4 */
	return s;
}

static void release(struct xlsx *x)
{
	buf_free(&x->text);
	free(x->path);
	free(x);
}

void xlsx_abandon(struct xlsx *x)
{
	if (x == NULL)
		return;
	lxw_workbook_free(x->wb);
	unlink(x->path);
	release(x);
}

int xlsx_close(struct xlsx *x, struct err *e)
{
	int64_t rows[SHEETS_MAX];
	int rc;

	if (x->e.code != ERR_OK) {
		err_set(e, x->e.code, "%s: %s", x->path, x->e.msg);
		xlsx_abandon(x);
		return -1;
	}
	fail(x, workbook_close(x->wb), "write");
	for (size_t i = 0; i < x->nsheet; i++)
		rows[i] = x->sheet[i].rows;
	if (x->e.code == ERR_OK)
		unxlsx_check(x->path, rows, x->nsheet, &x->e);
	rc = x->e.code == ERR_OK ? 0 : err_set(e, x->e.code, "%s: %s", x->path, x->e.msg);
	if (rc < 0)
		unlink(x->path);
	release(x);
	return rc;
}

static uint8_t border_of(enum xlsx_border b)
{
	static const uint8_t of[] = { LXW_BORDER_NONE, LXW_BORDER_THIN, LXW_BORDER_MEDIUM, LXW_BORDER_DOUBLE };

	return of[b];
}

static void apply(lxw_format *f, const struct xlsx_style *s)
{
	static const uint8_t align[] = { LXW_ALIGN_NONE, LXW_ALIGN_LEFT, LXW_ALIGN_CENTER, LXW_ALIGN_RIGHT };

	format_set_font_size(f, s->size > 0 ? s->size : 10);
	if (s->bold)
		format_set_bold(f);
	if (s->italic)
		format_set_italic(f);
	if (s->wrap)
		format_set_text_wrap(f);
	if (s->align != XLSX_GENERAL)
		format_set_align(f, align[s->align]);
	format_set_align(f, s->middle ? LXW_ALIGN_VERTICAL_CENTER : LXW_ALIGN_VERTICAL_TOP);
	if (s->indent > 0)
		format_set_indent(f, (uint8_t)s->indent);
	if (s->color != 0)
		format_set_font_color(f, (lxw_color_t)s->color);
	if (s->fill != 0)
		format_set_bg_color(f, (lxw_color_t)s->fill);
	if (s->top != XLSX_NONE)
		format_set_top(f, border_of(s->top));
	if (s->bottom != XLSX_NONE)
		format_set_bottom(f, border_of(s->bottom));
	if (s->line != 0) {
		format_set_top_color(f, (lxw_color_t)s->line);
		format_set_bottom_color(f, (lxw_color_t)s->line);
	}
	if (s->num != NULL)
		format_set_num_format(f, s->num);
}

static int same(const struct xlsx_style *a, const struct xlsx_style *b)
{
	return a->size == b->size && a->bold == b->bold && a->italic == b->italic && a->wrap == b->wrap && a->middle == b->middle &&
	       a->indent == b->indent && a->align == b->align && a->top == b->top && a->bottom == b->bottom && a->color == b->color && a->fill == b->fill && a->line == b->line &&
	       (a->num == b->num || (a->num != NULL && b->num != NULL && strcmp(a->num, b->num) == 0));
}

static lxw_format *format_of(struct xlsx *x, const struct xlsx_style *style)
{
	static const struct xlsx_style plain;
	const struct xlsx_style *want = style != NULL ? style : &plain;
	lxw_format *f;

	for (size_t i = 0; i < x->nstyle; i++)
		if (same(&x->style[i].look, want))
			return x->style[i].format;
	if (x->nstyle == STYLES_MAX) {
		err_set(&x->e, ERR_SOFTWARE, "more than %d cell styles", STYLES_MAX);
		return NULL;
	}
	f = workbook_add_format(x->wb);
	if (f == NULL) {
		err_nomem(&x->e);
		return NULL;
	}
	apply(f, want);
	x->style[x->nstyle].look = *want;
	x->style[x->nstyle++].format = f;
	return f;
}

/* True when the cell may be written; counts rows. A row above the current one has left memory already. */
static int enter(struct xlsx_sheet *s, int row)
{
	if (s == NULL || s->x->e.code != ERR_OK)
		return 0;
	if (row < s->row || row < 0 || row >= LXW_ROW_MAX) {
		err_set(&s->x->e, row >= LXW_ROW_MAX ? ERR_DATA : ERR_SOFTWARE, "sheet '%s': row %d after row %d", s->name, row + 1, s->row + 1);
		return 0;
	}
	s->rows += row != s->row;
	s->row = row;
	return 1;
}

/* Borrowed until the next call. */
static const char *cell_text(struct xlsx *x, const char *text)
{
	buf_reset(&x->text);
	xlsxtext_cell(&x->text, text != NULL ? text : "");
	if (!buf_ok(&x->text))
		err_nomem(&x->e);
	return buf_text(&x->text);
}

void xlsx_text(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *text)
{
	if (enter(s, row)) {
		lxw_format *f = format_of(s->x, style);

		fail(s->x, worksheet_write_string(s->ws, (lxw_row_t)row, (lxw_col_t)col, cell_text(s->x, text), f), "text");
	}
}

void xlsx_blank(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style)
{
	if (enter(s, row))
		fail(s->x, worksheet_write_blank(s->ws, (lxw_row_t)row, (lxw_col_t)col, format_of(s->x, style)), "blank");
}

void xlsx_across(struct xlsx_sheet *s, int row, int first, int last, const struct xlsx_style *style, const char *text)
{
	if (first >= last) {
		xlsx_text(s, row, first, style, text);
		return;
	}
	if (enter(s, row)) {
		lxw_format *f = format_of(s->x, style);

		fail(s->x, worksheet_merge_range(s->ws, (lxw_row_t)row, (lxw_col_t)first, (lxw_row_t)row, (lxw_col_t)last, cell_text(s->x, text), f), "text");
	}
}

/* The one place with binary floating point. Up to 15 digits an integer is exact in it, IEEE 754 rounds the one division correctly, and
 * the library prints 16 digits: the decimal that was meant is read back from the file. */
static double real(struct xlsx *x, int64_t n, int64_t d)
{
	if (n > DIGITS_MAX || n < -DIGITS_MAX || d <= 0)
		err_set(&x->e, ERR_DATA, "%" PRId64 " has more digits than a spreadsheet's number", n);
	return (double)n / (double)d;
}

static int64_t power10(int scale)
{
	int64_t p = 1;

	while (scale-- > 0)
		p *= 10;
	return p;
}

static void number(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t n, int64_t d)
{
	if (enter(s, row)) {
		lxw_format *f = format_of(s->x, style);
		double v = real(s->x, n, d);

		if (formula != NULL)
			fail(s->x, worksheet_write_formula_num(s->ws, (lxw_row_t)row, (lxw_col_t)col, formula, f, v), "formula");
		else
			fail(s->x, worksheet_write_number(s->ws, (lxw_row_t)row, (lxw_col_t)col, v, f), "number");
	}
}

void xlsx_dec(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, int64_t v, int scale)
{
	number(s, row, col, style, NULL, v, power10(scale));
}

void xlsx_day(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, date_t d)
{
	if (d == DATE_NONE)
		xlsx_blank(s, row, col, style);
	else
		number(s, row, col, style, NULL, (int64_t)d + EXCEL_EPOCH, 1);
}

void xlsx_secs(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, int64_t secs)
{
	number(s, row, col, style, NULL, secs, 86400);
}

void xlsx_ratio(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, int64_t n, int64_t d)
{
	number(s, row, col, style, NULL, n, d);
}

void xlsx_formula_dec(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t v, int scale)
{
	number(s, row, col, style, formula, v, power10(scale));
}

void xlsx_formula_secs(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t secs)
{
	number(s, row, col, style, formula, secs, 86400);
}

void xlsx_formula_ratio(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *formula, int64_t n, int64_t d)
{
	number(s, row, col, style, formula, n, d);
}

void xlsx_height(struct xlsx_sheet *s, int row, int points)
{
	if (enter(s, row))
		fail(s->x, worksheet_set_row(s->ws, (lxw_row_t)row, points, NULL), "row height");
}

void xlsx_width(struct xlsx_sheet *s, int col, int chars)
{
	if (s != NULL)
		fail(s->x, worksheet_set_column(s->ws, (lxw_col_t)col, (lxw_col_t)col, chars, NULL), "column width");
}

void xlsx_freeze(struct xlsx_sheet *s, int row, int col)
{
	if (s != NULL)
		worksheet_freeze_panes(s->ws, (lxw_row_t)row, (lxw_col_t)col);
}

void xlsx_filter(struct xlsx_sheet *s, int row, int last_row, int last_col)
{
	if (s != NULL)
		fail(s->x, worksheet_autofilter(s->ws, (lxw_row_t)row, 0, (lxw_row_t)last_row, (lxw_col_t)last_col), "filter");
}

void xlsx_no_grid(struct xlsx_sheet *s)
{
	if (s != NULL)
		worksheet_gridlines(s->ws, LXW_HIDE_ALL_GRIDLINES);
}

void xlsx_page(struct xlsx_sheet *s, int landscape, int last_row, int last_col, int repeat)
{
	if (s == NULL)
		return;
	if (landscape)
		worksheet_set_landscape(s->ws);
	worksheet_set_margins(s->ws, landscape ? 0.5 : 0.8, 0.5, 0.6, 0.8);
	worksheet_fit_to_pages(s->ws, 1, 0);
	fail(s->x, worksheet_print_area(s->ws, 0, 0, (lxw_row_t)last_row, (lxw_col_t)last_col), "print area");
	if (repeat >= 0)
		fail(s->x, worksheet_repeat_rows(s->ws, (lxw_row_t)repeat, (lxw_row_t)repeat), "repeated row");
}

void xlsx_footer(struct xlsx_sheet *s, const char *left, const char *right)
{
	struct buf b = BUF_INIT;

	if (s == NULL)
		return;
	if (left != NULL) {
		buf_str(&b, "&L&8");
		/* Digits right behind the size would belong to it. */
		buf_ch(&b, ' ');
		xlsxtext_edge(&b, left, FOOTER_MAX - 80);
	}
	if (right != NULL) {
		buf_str(&b, "&R&8 ");
		xlsxtext_edge(&b, right, 60);
	}
	fail(s->x, buf_ok(&b) ? worksheet_set_footer(s->ws, buf_text(&b)) : LXW_ERROR_MEMORY_MALLOC_FAILED, "footer");
	buf_free(&b);
}

void xlsx_header(struct xlsx_sheet *s, const char *center)
{
	struct buf b = BUF_INIT;

	if (s == NULL)
		return;
	buf_str(&b, "&C&\"Calibri,Bold\"&14 ");
	xlsxtext_edge(&b, center, 200);
	fail(s->x, buf_ok(&b) ? worksheet_set_header(s->ws, buf_text(&b)) : LXW_ERROR_MEMORY_MALLOC_FAILED, "header");
	buf_free(&b);
}

/* In a bar chart the library's y_axis holds the names. Excel puts the first of them at the bottom; reversed, the largest bar is on top. */
static void style_chart(lxw_chart *c, const struct xlsx_bars *b)
{
	lxw_chart_font small = { .size = 7 }, large = { .size = 12, .bold = LXW_TRUE };
	lxw_chart_line faint = { .color = 0xd9d9d9, .width = 0.75f };

	chart_title_set_name(c, b->title);
	chart_title_set_name_font(c, &large);
	chart_legend_set_position(c, LXW_CHART_LEGEND_NONE);
	chart_axis_set_min(c->x_axis, 0); /* bars that begin elsewhere lie about proportions */
	chart_axis_set_reverse(c->y_axis);
	chart_axis_set_interval_unit(c->y_axis, 1);
	chart_axis_set_crossing_max(c->y_axis); /* keeps the numbers below, not above */
	chart_axis_set_num_font(c->x_axis, &small);
	chart_axis_set_num_font(c->y_axis, &small);
	chart_axis_major_gridlines_set_visible(c->x_axis, LXW_TRUE);
	chart_axis_major_gridlines_set_visible(c->y_axis, LXW_FALSE);
	chart_axis_major_gridlines_set_line(c->x_axis, &faint);
	if (b->axis_format != NULL)
		chart_axis_set_num_format(c->x_axis, b->axis_format);
}

void xlsx_chart(struct xlsx_sheet *s, int row, int col, const struct xlsx_bars *b)
{
	lxw_chart_options at = { .x_scale = (double)b->width / 480, .y_scale = (double)b->height / 288 }; /* the library's default size */
	lxw_chart_fill fill = { .color = (lxw_color_t)b->color };
	lxw_chart_series *series;
	lxw_chart *c;

	if (s == NULL || b->of == NULL || s->x->e.code != ERR_OK)
		return;
	c = workbook_add_chart(s->x->wb, LXW_CHART_BAR);
	series = c != NULL ? chart_add_series(c, NULL, NULL) : NULL;
	if (series == NULL) {
		err_nomem(&s->x->e);
		return;
	}
	chart_series_set_categories(series, b->of->name, (lxw_row_t)b->first, (lxw_col_t)b->names, (lxw_row_t)b->last, (lxw_col_t)b->names);
	chart_series_set_values(series, b->of->name, (lxw_row_t)b->first, (lxw_col_t)b->values, (lxw_row_t)b->last, (lxw_col_t)b->values);
	chart_series_set_fill(series, &fill);
	style_chart(c, b);
	chart_set_series_gap(c, 60);
	fail(s->x, worksheet_insert_chart_opt(s->ws, (lxw_row_t)row, (lxw_col_t)col, c, &at), "chart");
}

int xlsx_rounds_safely(__int128 n, __int128 d)
{
	__int128 r = n % d;

	if (n / d > SAFE_MAX || n / d < -SAFE_MAX)
		return 0;
	return (r < 0 ? -r : r) * 2 != d;
}

char *xlsx_ref(char out[XLSX_REF_MAX], int row, int col)
{
	char name[LXW_MAX_CELL_NAME_LENGTH];

	lxw_rowcol_to_cell(name, (lxw_row_t)row, (lxw_col_t)col);
	snprintf(out, XLSX_REF_MAX, "%s", name);
	return out;
}

char *xlsx_range(char out[XLSX_REF_MAX], const struct xlsx_sheet *s, int row, int col, int last_row, int last_col)
{
	char area[LXW_MAX_CELL_RANGE_LENGTH], name[2 * sizeof s->name + 4] = "";
	size_t n = 0;

	if (s != NULL) {
		name[n++] = '\'';
		for (const char *p = s->name; *p != '\0'; p++) {
			if (*p == '\'')
				name[n++] = '\'';
			name[n++] = *p;
		}
		name[n++] = '\'';
		name[n++] = '!';
		name[n] = '\0';
	}
	lxw_rowcol_to_range_abs(area, (lxw_row_t)row, (lxw_col_t)col, (lxw_row_t)last_row, (lxw_col_t)last_col);
	if (n + strlen(area) < XLSX_REF_MAX)
		snprintf(out, XLSX_REF_MAX, "%.220s%.34s", name, area);
	else
		out[0] = '\0';
	return out;
}
