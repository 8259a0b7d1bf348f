#include "output/invoicepage.h"

#include <stdlib.h>
#include <string.h>

#include "output/invoiceclosing.h"
#include "output/invoiceedge.h"
#include "output/invoicehead.h"
#include "output/invoicelines.h"
#include "output/invoicetotals.h"
#include "output/xlsxpage.h"

/* A text without {page} and {pages}, which mean something in a footer only. */
static void add_footer_text(struct buf *out, const char *s)
{
	if (*s == '\0')
		return;
	if (out->n > 0)
		buf_ch(out, '\n');
	for (; *s != '\0'; s++)
		if (strncmp(s, "{page}", 6) == 0)
			s += 5;
		else if (strncmp(s, "{pages}", 7) == 0)
			s += 6;
		else
			buf_ch(out, *s);
}

/* What a workbook's footer cannot hold is not lost: the law wants some of it on the page. */
static void put_footer(struct invoiceparts *p, const struct invoiceedge *edge)
{
	struct buf whole = BUF_INIT;

	if (!invoiceedge_put(edge, p->s, p->v, p->t))
		return;
	add_footer_text(&whole, buf_text(&edge->left));
	add_footer_text(&whole, buf_text(&edge->center));
	invoiceclosing_footer(p, buf_text(&whole));
	p->failed |= whole.failed;
	buf_free(&whole);
}

/* Pages end where they should. When only texts are left for the last one, the table's headings are not repeated above them. */
static int set_pages(struct invoiceparts *p, const struct invoiceedge *edge, struct err *e)
{
	struct xlsxpage page = { .last_row = p->row - 1, .last_col = p->last, .repeat = p->head_row, .footer_lines = invoiceedge_lines(edge),
		.scale = xlsxpage_scale_safe(0, p->width, (int)p->n) };
	int room = xlsxpage_room(0, page.footer_lines, page.scale), *row = NULL;
	size_t n = 0;

	if (invoicebreaks_find(&p->breaks, room, page.repeat, &row, &n) < 0)
		return err_nomem(e);
	if (n > 0 && row[0] > p->last_line) {
		page.repeat = -1;
		free(row);
		if (invoicebreaks_find(&p->breaks, room, page.repeat, &row, &n) < 0)
			return err_nomem(e);
	}
	xlsxpage_setup(p->s, &page);
	xlsxpage_breaks(p->s, row, n);
	free(row);
	return 0;
}

int invoicepage_write(struct xlsx_sheet *s, const struct invoice *v, const struct template *t, struct err *e)
{
	struct invoiceparts p = { .s = s, .v = v, .t = t, .b = BUF_INIT };
	struct invoiceedge edge;
	int rc = invoiceedge_make(&edge, v, t, e);

	if (rc == 0) {
		invoiceparts_init(&p);
		xlsxpage_no_grid(s);
		invoicehead_write(&p);
		invoicelines_write(&p);
		invoicetotals_write(&p);
		invoiceclosing_write(&p);
		put_footer(&p, &edge);
		rc = set_pages(&p, &edge, e);
	}
	if (rc == 0 && (p.failed || !buf_ok(&p.b)))
		rc = err_nomem(e);
	invoicebreaks_free(&p.breaks);
	buf_free(&p.b);
	invoiceedge_free(&edge);
	return rc;
}
