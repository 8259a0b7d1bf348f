#include "output/invoicexlsx.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "output/invoicepage.h"
#include "output/timesheet.h"
#include "output/xlsx.h"

static int fill(struct xlsx *x, const struct source *src, const struct invoice *v, const struct template *t, struct err *e)
{
	struct xlsx_sheet *page = xlsx_sheet(x, template_text(t, TEMPLATE_SHEET)), *times;

	if (invoicepage_write(page, v, t, e) < 0)
		return -1;
	/* A cancellation lists no work: its entries are free again. Fixed fees have none. */
	if (!template_on(t, TEMPLATE_SHOW_TIMESHEET) || v->type != INVOICE_COMMERCIAL || v->entries == 0)
		return 0;
	times = xlsx_sheet(x, template_text(t, TEMPLATE_TIMESHEET));
	return timesheet_write(times, src, v, t, e);
}

int invoicexlsx_write(const struct source *src, const struct invoice *v, const struct template *t, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct pool *pool = pool_new();
	struct xlsx *x = NULL;
	char *dir, *title;
	int rc = -1;

	if (pool == NULL)
		return err_nomem(e);
	dir = slash != NULL ? pool_dupn(pool, path, (size_t)(slash - path) + (slash == path)) : pool_dup(pool, ".");
	title = pool_fmt(pool, "%s %s", v->draft ? template_text(t, TEMPLATE_DRAFT) : template_text(t, v->type == INVOICE_CANCELLATION ?
	                 TEMPLATE_TITLE_CANCELLATION : TEMPLATE_TITLE), v->number);
	if (dir == NULL || title == NULL)
		err_nomem(e);
	else
		x = xlsx_new(path, dir, title, v->seller.name, src->date, e);
	if (x != NULL) {
		rc = fill(x, src, v, t, e);
		if (rc == 0)
			rc = xlsx_close(x, e);
		else
			xlsx_abandon(x);
	}
	pool_free(pool);
	return rc < 0 ? err_ctx(e, "invoice %s", v->number) : 0;
}
