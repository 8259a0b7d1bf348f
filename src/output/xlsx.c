#include "output/xlsx.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "output/unxlsx.h"
#include "output/xlsxbook.h"
#include "output/xlsxstyle.h"
#include "output/xlsxtext.h"

#define SAFE_MAX INT64_C(10000000000) /* above this too few of a double's digits are left behind the point */
#define DIGITS_MAX INT64_C(999999999999999)
#define PROBE 262144
#define STREAM_BYTES 32768

/* The library complains on the standard error stream about what it also reports. While a workbook is open that stream is one that notes who complained: a thread of its own
 * closes workbooks while others are written, so it is not exchanged around single calls. What the program itself has to say goes to the descriptor. */
static struct { pthread_mutex_t lock; int books; FILE *shown; } quiet = { .lock = PTHREAD_MUTEX_INITIALIZER };
static _Thread_local int complained;

static ssize_t note_complaint(void *cookie, const char *text, size_t n)
{
	(void)cookie;
	(void)text;
	complained = 1;
	return (ssize_t)n;
}

static void hush(void)
{
	FILE *none;

	pthread_mutex_lock(&quiet.lock);
	if (quiet.books++ == 0) {
		quiet.shown = stderr;
		none = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = note_complaint });
		if (none != NULL) {
			setvbuf(none, NULL, _IONBF, 0);
			stderr = none;
		}
	}
	pthread_mutex_unlock(&quiet.lock);
}

static void unhush(void)
{
	int saved = errno;

	pthread_mutex_lock(&quiet.lock);
	if (--quiet.books == 0) {
		if (stderr != quiet.shown)
			fclose(stderr);
		stderr = quiet.shown;
	}
	pthread_mutex_unlock(&quiet.lock);
	errno = saved;
}

/* An allocation that succeeded leaves ENOMEM behind where something stands in the way of the heap and malloc(3) goes on beside it: that is not for lack of memory.
 * Nothing is moved to find out: another thread may be at the heap. */
static int is_heap_stuck(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uintptr_t end = ((uintptr_t)sbrk(0) + page - 1) / page * page;
	unsigned char in;
	void *p;

	for (size_t at = 0; at <= PROBE; at += page)
		if (mincore((void *)(end + at), page, &in) == 0) {
			p = malloc(PROBE);
			free(p);
			return p != NULL;
		}
	return 0;
}

/* Where the library has no memory it leaves out a cell, a format, a title, and reports success: that an allocation failed shows in errno, if nothing else failed
 * after it, or in a complaint. */
void xlsx_fail(struct xlsx *x, lxw_error rc, const char *what)
{
	if (rc == LXW_NO_ERROR && errno == ENOMEM) {
		if (!is_heap_stuck())
			rc = LXW_ERROR_MEMORY_MALLOC_FAILED;
		errno = 0;
	}
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

static void release(struct xlsx *x)
{
	unhush();
	for (size_t i = 0; i < x->nsheet; i++)
		free(x->sheet[i].stream);
	buf_free(&x->text);
	free(x->path);
	free(x);
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
	hush();
	errno = 0;
	x->wb = workbook_new_opt(path, &options);
	if (x->wb == NULL) {
		err_nomem(e);
		unlink(path);
		release(x);
		return NULL;
	}
	xlsx_fail(x, workbook_set_properties(x->wb, &about), "document properties");
	return x;
}

struct xlsx_sheet *xlsx_sheet(struct xlsx *x, const char *name)
{
	struct xlsx_sheet *s = &x->sheet[x->nsheet];

	if (x->nsheet == XLSXBOOK_SHEETS_MAX) {
		err_set(&x->e, ERR_SOFTWARE, "more than %d sheets", XLSXBOOK_SHEETS_MAX);
		return NULL;
	}
	xlsx_fail(x, workbook_validate_sheet_name(x->wb, name), name);
	errno = 0;
	s->ws = x->e.code == ERR_OK ? workbook_add_worksheet(x->wb, name) : NULL;
	if (s->ws != NULL && (s->ws->name == NULL || s->ws->quoted_name == NULL))
		xlsx_fail(x, LXW_ERROR_MEMORY_MALLOC_FAILED, name);
	else if (s->ws != NULL)
		xlsx_fail(x, LXW_NO_ERROR, name);
	if (s->ws == NULL) {
		err_set(&x->e, ERR_IO, "cannot begin sheet '%s'", name);
		return NULL;
	}
	snprintf(s->name, sizeof s->name, "%s", name);
	s->x = x;
	s->row = -1;
	x->nsheet++;
	/* Rows go to a file and come back: in larger pieces than a stream has by itself. */
	s->stream = malloc(STREAM_BYTES);
	if (s->stream != NULL && s->ws->optimize_tmpfile != NULL)
		(void)setvbuf(s->ws->optimize_tmpfile, s->stream, _IOFBF, STREAM_BYTES);
	worksheet_set_paper(s->ws, 9); /* A4 */
	return s;
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
	struct unxlsx_sheet sheets[XLSXBOOK_SHEETS_MAX];
	lxw_error closed;
	int rc;

	if (x->e.code != ERR_OK) {
		err_set(e, x->e.code, "%s: %s", x->path, x->e.msg);
		xlsx_abandon(x);
		return -1;
	}
	complained = errno = 0;
	closed = workbook_close(x->wb);
	if (closed == LXW_NO_ERROR && complained)
		closed = LXW_ERROR_MEMORY_MALLOC_FAILED;
	xlsx_fail(x, closed, "write");
	for (size_t i = 0; i < x->nsheet; i++)
		sheets[i] = x->sheet[i].written;
	if (x->e.code == ERR_OK)
		unxlsx_check(x->path, sheets, x->nsheet, &x->e);
	rc = x->e.code == ERR_OK ? 0 : err_set(e, x->e.code, "%s: %s", x->path, x->e.msg);
	if (rc < 0)
		unlink(x->path);
	release(x);
	return rc;
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
	s->written.rows += row != s->row;
	s->row = row;
	return 1;
}

/* Borrowed until the next call. */
static const char *cell_text(struct xlsx_sheet *s, const char *text)
{
	struct xlsx *x = s->x;

	buf_reset(&x->text);
	xlsxtext_cell(&x->text, text != NULL ? text : "");
	if (!buf_ok(&x->text))
		err_nomem(&x->e);
	s->written.text_bytes += (int64_t)x->text.n;
	return buf_text(&x->text);
}

void xlsx_text(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style, const char *text)
{
	if (enter(s, row)) {
		lxw_format *f = xlsxstyle_format(s->x, style);

		xlsx_fail(s->x, worksheet_write_string(s->ws, (lxw_row_t)row, (lxw_col_t)col, cell_text(s, text), f), "text");
	}
}

void xlsx_blank(struct xlsx_sheet *s, int row, int col, const struct xlsx_style *style)
{
	if (enter(s, row))
		xlsx_fail(s->x, worksheet_write_blank(s->ws, (lxw_row_t)row, (lxw_col_t)col, xlsxstyle_format(s->x, style)), "blank");
}

void xlsx_across(struct xlsx_sheet *s, int row, int first, int last, const struct xlsx_style *style, const char *text)
{
	if (first >= last) {
		xlsx_text(s, row, first, style, text);
		return;
	}
	if (enter(s, row)) {
		lxw_format *f = xlsxstyle_format(s->x, style);

		xlsx_fail(s->x, worksheet_merge_range(s->ws, (lxw_row_t)row, (lxw_col_t)first, (lxw_row_t)row, (lxw_col_t)last, cell_text(s, text), f), "text");
	}
}

void xlsx_part(struct xlsx_sheet *s, int row, const struct xlsx_area *a, const struct xlsx_style *style, const char *text)
{
	if (a->first_row == a->last_row) {
		xlsx_across(s, row, a->first, a->last, style, text);
		return;
	}
	for (int i = a->first; i <= a->last; i++)
		if (row == a->first_row && i == a->first)
			xlsx_text(s, row, i, style, text);
		else
			xlsx_blank(s, row, i, style);
	/* Only notes the range: the library would fill all of its rows at once, and refuses to fill what has left memory. */
	if (row == a->last_row && enter(s, row))
		xlsx_fail(s->x, worksheet_merge_range(s->ws, (lxw_row_t)a->first_row, (lxw_col_t)a->first, (lxw_row_t)row, (lxw_col_t)a->last, "",
		                                      xlsxstyle_format(s->x, style)), "area");
}

int xlsx_is_exact(int64_t n, int64_t d)
{
	return n <= DIGITS_MAX && n >= -DIGITS_MAX && d > 0;
}

/* The one place with binary floating point, but for the rows of xlsxrow.c. Up to 15 digits an integer is exact in it, IEEE 754 rounds the one division correctly, and
 * the library prints 16 digits: the decimal that was meant is read back from the file. */
static double real(struct xlsx *x, int64_t n, int64_t d)
{
	if (!xlsx_is_exact(n, d))
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
		lxw_format *f = xlsxstyle_format(s->x, style);
		double v = real(s->x, n, d);

		if (formula != NULL)
			xlsx_fail(s->x, worksheet_write_formula_num(s->ws, (lxw_row_t)row, (lxw_col_t)col, formula, f, v), "formula");
		else
			xlsx_fail(s->x, worksheet_write_number(s->ws, (lxw_row_t)row, (lxw_col_t)col, v, f), "number");
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
		number(s, row, col, style, NULL, (int64_t)d + XLSX_EPOCH, 1);
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
	/* The library drops a height that is the standard one, and a program then makes the row as high as its letters. */
	if (enter(s, row))
		xlsx_fail(s->x, worksheet_set_row(s->ws, (lxw_row_t)row, points == (int)LXW_DEF_ROW_HEIGHT ? points + 0.01 : points, NULL), "row height");
}

void xlsx_width(struct xlsx_sheet *s, int col, int chars)
{
	if (s != NULL)
		xlsx_fail(s->x, worksheet_set_column(s->ws, (lxw_col_t)col, (lxw_col_t)col, chars, NULL), "column width");
}

void xlsx_freeze(struct xlsx_sheet *s, int row, int col)
{
	if (s == NULL)
		return;
	worksheet_freeze_panes(s->ws, (lxw_row_t)row, (lxw_col_t)col);
	/* A pane, and what is selected in each part but the one that scrolls not at all. */
	s->written.panes = row > 0 && col > 0 ? 4 : row > 0 || col > 0 ? 2 : 0;
}

void xlsx_filter(struct xlsx_sheet *s, int row, int last_row, int last_col)
{
	if (s != NULL)
		xlsx_fail(s->x, worksheet_autofilter(s->ws, (lxw_row_t)row, 0, (lxw_row_t)last_row, (lxw_col_t)last_col), "filter");
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
