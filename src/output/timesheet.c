#include "output/timesheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/invoicebreaks.h"
#include "output/invoiceedge.h"
#include "output/textfit.h"
#include "output/xlsxpage.h"
#include "output/xlsxrow.h"

/* The text above, and how many lines it takes: names repeat from row to row. */
struct above { char text[64]; int lines; };

struct timesheet {
	struct xlsx_sheet *s;
	struct xlsxrow *rows;
	const struct invoice *v;
	const struct template *t;
	const struct template_column *col;
	size_t n;
	const char *duration; /* number format */
	int row, first, accent;
	int64_t secs, billed;
	int entries;
	struct above above[TEMPLATE_COLUMNS_MAX]; /* by column */
	struct invoicebreaks breaks;
	struct buf b;
};

static void set_height(struct timesheet *r, int points)
{
	xlsx_height(r->s, r->row, points);
	invoicebreaks_height(&r->breaks, r->row, points);
}

static int is_duration(enum template_field f)
{
	return f == TEMPLATE_F_DURATION || f == TEMPLATE_F_BILLED;
}

static struct xlsx_style cell(const struct timesheet *r, const struct template_column *c)
{
	struct xlsx_style s = { .size = 9, .wrap = 1, .align = XLSX_LEFT, .bottom = XLSX_THIN, .line = 0xd9d9d9 };

	if (is_duration(c->field)) {
		s.align = XLSX_RIGHT;
		s.wrap = 0;
		s.num = c->format != NULL ? c->format : r->duration;
	} else if (c->field == TEMPLATE_F_DATE) {
		s.wrap = 0;
		s.num = c->format != NULL ? c->format : template_date_format(r->t);
	} else if (c->field == TEMPLATE_F_POSITION) {
		s.align = XLSX_CENTER;
	}
	return s;
}

/* NULL when the column holds a number or a date. */
static const char *text_of(const struct invoice_entry *x, enum template_field f)
{
	const char *s;

	switch (f) {
	case TEMPLATE_F_PROJECT: s = x->entry.project_name; break;
	case TEMPLATE_F_TASK: s = x->entry.task_name; break;
	case TEMPLATE_F_USER: s = x->entry.user_name; break;
	case TEMPLATE_F_WORK: s = x->entry.work_name; break;
	case TEMPLATE_F_NOTE: s = x->entry.note; break;
	case TEMPLATE_F_ID: s = x->entry.id; break;
	default: return NULL;
	}
	return s != NULL ? s : "";
}

static struct xlsxrow_cell cell_of(const struct invoice_entry *x, enum template_field f)
{
	const char *text = f == TEMPLATE_F_DATE && x->entry.date == DATE_NONE ? "" : text_of(x, f);

	if (text != NULL)
		return (struct xlsxrow_cell){ .text = text };
	if (f == TEMPLATE_F_DATE)
		return (struct xlsxrow_cell){ .n = (int64_t)x->entry.date + XLSX_EPOCH, .d = 1 };
	if (f == TEMPLATE_F_POSITION)
		return (struct xlsxrow_cell){ .n = x->pos, .d = 1 };
	return (struct xlsxrow_cell){ .n = f == TEMPLATE_F_BILLED ? x->billed_secs : x->entry.secs, .d = 86400 };
}

static int lines_of(struct timesheet *r, size_t i, const char *text)
{
	struct above *a = &r->above[i];
	size_t n;

	if (a->lines > 0 && strcmp(a->text, text) == 0)
		return a->lines;
	a->lines = 0;
	n = strnlen(text, sizeof a->text);
	if (n == sizeof a->text)
		return textfit_lines(text, r->col[i].width, 9);
	memcpy(a->text, text, n + 1);
	a->lines = textfit_lines(text, r->col[i].width, 9);
	return a->lines;
}

int timesheet_entry(struct timesheet *r, const struct invoice_entry *x, struct err *e)
{
	struct xlsxrow_cell cells[TEMPLATE_COLUMNS_MAX];
	int lines = 1, points;

	if (num_add(&r->secs, x->entry.secs) < 0 || num_add(&r->billed, x->billed_secs) < 0)
		return err_set(e, ERR_SOFTWARE, "invoice %s: a sum overflows", x->invoice);
	for (size_t i = 0; i < r->n; i++) {
		int k;

		cells[i] = cell_of(x, r->col[i].field);
		k = cells[i].text != NULL ? lines_of(r, i, cells[i].text) : 1;
		lines = k > lines ? k : lines;
	}
	points = textfit_height(lines, 9);
	xlsxrow_put(r->rows, r->row, points, cells);
	invoicebreaks_height(&r->breaks, r->row, points);
	r->entries++;
	r->row++;
	return 0;
}

static void put_head(struct timesheet *r, const struct invoice *v)
{
	struct xlsx_style title = { .size = 14, .bold = 1, .color = v->draft ? 0xc00000 : r->accent }, sub = { .color = 0x606060 };

	if (v->draft)
		buf_fmt(&r->b, "%s – ", template_text(r->t, TEMPLATE_DRAFT));
	template_fill(r->t, &r->b, TEMPLATE_TIMESHEET_TITLE, (struct template_value[]){ { "number", v->number } }, 1);
	set_height(r, 22);
	xlsx_text(r->s, r->row++, 0, &title, buf_text(&r->b));
	buf_reuse(&r->b);
	text_clean(&r->b, v->buyer.name != NULL ? v->buyer.name : "", 0);
	buf_str(&r->b, " · ");
	template_date(r->t, &r->b, v->from);
	buf_str(&r->b, " – ");
	template_date(r->t, &r->b, v->to);
	xlsx_text(r->s, r->row++, 0, &sub, buf_text(&r->b));
	r->row++;
	set_height(r, 20);
	for (int i = 0; i < (int)r->n; i++) {
		struct xlsx_style head = { .bold = 1, .color = 0xffffff, .fill = r->accent, .middle = 1, .wrap = 1, .align = cell(r, &r->col[i]).align };

		xlsx_width(r->s, i, r->col[i].width);
		xlsx_text(r->s, r->row, i, &head, r->col[i].heading);
	}
	if (v->entries > 0)
		xlsx_filter(r->s, r->row, r->row + v->entries, (int)r->n - 1);
	r->first = ++r->row;
}

/* SUBTOTAL leaves out what a filter hides, so that the sums answer "and for this person?". */
static void put_sums(struct timesheet *r)
{
	struct xlsx_style style = { .bold = 1, .top = XLSX_THIN, .bottom = XLSX_DOUBLE, .line = r->accent };
	char formula[600], a[XLSX_REF_MAX], b[XLSX_REF_MAX];

	set_height(r, 18);
	for (int i = 0; i < (int)r->n; i++) {
		struct xlsx_style sum = style;

		if (!is_duration(r->col[i].field)) {
			if (i == 0)
				xlsx_text(r->s, r->row, i, &style, template_text(r->t, TEMPLATE_TIMESHEET_TOTAL));
			else
				xlsx_blank(r->s, r->row, i, &style);
			continue;
		}
		sum.align = XLSX_RIGHT;
		sum.num = cell(r, &r->col[i]).num;
		snprintf(formula, sizeof formula, "=SUBTOTAL(9,%s:%s)", xlsx_ref(a, r->first, i), xlsx_ref(b, r->row - 1, i));
		xlsx_formula_secs(r->s, r->row, i, &sum, formula, r->col[i].field == TEMPLATE_F_BILLED ? r->billed : r->secs);
	}
}

/* The sums never stand alone on the last page. */
static int set_pages(struct timesheet *r, const struct invoice *v, struct err *e)
{
	struct xlsxpage page = { .landscape = 1, .last_row = r->row, .last_col = (int)r->n - 1, .repeat = r->first - 1 };
	int width[TEMPLATE_COLUMNS_MAX], *row = NULL, rc;
	struct invoiceedge edge;
	size_t n = 0;

	rc = invoiceedge_make(&edge, v, r->t, e);
	if (rc == 0) {
		for (size_t i = 0; i < r->n; i++)
			width[i] = r->col[i].width;
		page.footer_lines = invoiceedge_lines(&edge);
		invoicebreaks_tie(&r->breaks, 0, r->first, INVOICEBREAKS_TIGHT);
		invoicebreaks_tie(&r->breaks, r->row - 1, r->row, INVOICEBREAKS_TIGHT);
		if (invoicebreaks_find(&r->breaks, xlsxpage_room(1, page.footer_lines, xlsxpage_scale(1, width, (int)r->n)), page.repeat, &row, &n) < 0)
			rc = err_nomem(e);
	}
	if (rc == 0) {
		xlsxpage_setup(r->s, &page);
		xlsxpage_breaks(r->s, row, n);
		invoiceedge_put(&edge, r->s, v, r->t);
	}
	free(row);
	invoiceedge_free(&edge);
	return rc;
}

static int open_rows(struct timesheet *r, struct err *e)
{
	struct xlsx_style styles[TEMPLATE_COLUMNS_MAX];

	for (size_t i = 0; i < r->n; i++)
		styles[i] = cell(r, &r->col[i]);
	r->rows = xlsxrow_new(r->s, styles, (int)r->n, e);
	return r->rows != NULL ? 0 : -1;
}

struct timesheet *timesheet_begin(struct xlsx_sheet *s, const struct source_document *d, const struct template *t, struct err *e)
{
	struct timesheet *r = calloc(1, sizeof *r);

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	*r = (struct timesheet){ .s = s, .v = d->v, .t = t, .accent = template_color(t, TEMPLATE_ACCENT), .b = BUF_INIT };
	/* [h]:mm would hide them. */
	r->duration = template_text(t, d->has_seconds ? TEMPLATE_DURATION_SECONDS : TEMPLATE_DURATION);
	r->col = template_columns(t, TEMPLATE_ENTRY_ROWS, &r->n);
	if (open_rows(r, e) < 0) {
		free(r);
		return NULL;
	}
	put_head(r, d->v);
	return r;
}

static int complete(struct timesheet *r, struct err *e)
{
	const struct invoice *v = r->v;

	if (r->entries != v->entries || r->secs != v->secs || r->billed != v->billed_secs)
		return err_set(e, ERR_SOFTWARE, "invoice %s: %d entries with %lld s, billed %lld s, but its lines say %d, %lld and %lld", v->number, r->entries,
		        (long long)r->secs, (long long)r->billed, v->entries, (long long)v->secs, (long long)v->billed_secs);
	if (r->entries > 0)
		put_sums(r);
	xlsx_freeze(r->s, r->first, 0);
	return buf_ok(&r->b) ? set_pages(r, v, e) : err_nomem(e);
}

int timesheet_end(struct timesheet *r, int rc, struct err *e)
{
	if (r == NULL)
		return rc;
	if (rc == 0)
		rc = complete(r, e);
	xlsxrow_free(r->rows);
	invoicebreaks_free(&r->breaks);
	buf_free(&r->b);
	free(r);
	return rc;
}
