#include "output/summaryxlsx.h"

#include <string.h>

#include "output/summaryoverview.h"
#include "output/xlsx.h"
#include "output/xlsxpage.h"

/* In this order they stand in the file; filled in another, since some refer to what others hold. */
static void add_sheets(struct xlsx *x, struct summarysheets *m)
{
	static const enum template_key names[] = { TEMPLATE_COMPANIES, TEMPLATE_PROJECTS, TEMPLATE_USERS, TEMPLATE_WORK };

	m->overview = xlsx_sheet(x, template_text(m->t, TEMPLATE_OVERVIEW));
	m->invoices.s = xlsx_sheet(x, template_text(m->t, TEMPLATE_INVOICES));
	for (int k = 0; k < SUMMARYDATA_KINDS; k++)
		m->group[k].s = xlsx_sheet(x, template_text(m->t, names[k]));
	m->held = xlsx_sheet(x, template_text(m->t, TEMPLATE_HELD));
	m->checks = xlsx_sheet(x, template_text(m->t, TEMPLATE_CHECKS));
}

static void put_edges(struct summarysheets *m)
{
	struct xlsx_sheet *all[] = { m->overview, m->invoices.s, m->group[BY_COMPANY].s, m->group[BY_PROJECT].s, m->group[BY_USER].s, m->group[BY_WORK].s,
		m->held, m->checks };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		xlsxpage_footer(all[i], template_text(m->t, TEMPLATE_TITLE), NULL, template_text(m->t, TEMPLATE_PAGE));
		if (m->src->draft)
			xlsxpage_header(all[i], template_text(m->t, TEMPLATE_DRAFT));
	}
}

static int fill(struct xlsx *x, struct summarysheets *m, struct err *e)
{
	for (int i = 0; i < m->d->ncurrencies; i++)
		template_money_format(m->money[i], template_text(m->t, TEMPLATE_MONEY), m->d->currency[i].decimals);
	add_sheets(x, m);
	if (summarysheets_invoices(m, e) < 0)
		return -1;
	for (int k = 0; k < SUMMARYDATA_KINDS; k++)
		summarysheets_group(m, (enum summarydata_kind)k);
	summarysheets_held(m);
	summaryoverview_totals(m);
	summaryoverview_checks(m);
	put_edges(m);
	return 0;
}

static int write_book(const struct summarydata *d, const struct source *src, const struct template *t, const char *path, struct err *e)
{
	struct summarysheets m = { .src = src, .t = t, .d = d, .accent = template_color(t, TEMPLATE_ACCENT) };
	const char *slash = strrchr(path, '/');
	char *dir = pool_dupn(d->pool, path, slash != NULL ? (size_t)(slash - path) + (slash == path) : 0);
	struct xlsx *x;

	if (dir == NULL)
		return err_nomem(e);
	x = xlsx_new(path, *dir != '\0' ? dir : ".", template_text(t, TEMPLATE_TITLE), NULL, src->date, e);
	if (x == NULL)
		return -1;
	if (fill(x, &m, e) < 0) {
		xlsx_abandon(x);
		return -1;
	}
	return xlsx_close(x, e);
}

int summaryxlsx_write(const struct summarydata *d, const struct source *src, const struct template *t, const char *path, struct err *e)
{
	return write_book(d, src, t, path, e) < 0 ? err_ctx(e, "summary") : 0;
}
