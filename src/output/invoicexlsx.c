#include "output/invoicexlsx.h"

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "output/invoicepage.h"
#include "output/timesheet.h"
#include "output/xlsx.h"

struct book {
	struct pool *pool;
	const char *number;
	struct xlsx *x;
	struct timesheet *times; /* NULL: no time sheet */
};

static int put_entry(void *me, const struct invoice_entry *x, struct err *e)
{
	struct book *b = me;

	return timesheet_entry(b->times, x, e) < 0 ? err_ctx(e, "invoice %s", b->number) : 0;
}

static int end_times(void *me, const struct invoice *v, struct err *e)
{
	struct book *b = me;
	int rc = timesheet_end(b->times, 0, e);

	b->times = NULL;
	return rc < 0 ? err_ctx(e, "invoice %s", v->number) : 0;
}

/* Nothing of the document itself is looked at any more. */
static int close_book(void *me, int rc, struct err *e)
{
	struct book *b = me;

	timesheet_end(b->times, -1, NULL);
	if (rc == 0 && xlsx_close(b->x, e) < 0)
		rc = err_ctx(e, "invoice %s", b->number);
	else if (rc < 0)
		xlsx_abandon(b->x);
	pool_free(b->pool);
	free(b);
	return rc;
}

/* A cancellation lists no work: its entries are free again. Fixed fees have none. */
static int has_times(const struct invoice *v, const struct template *t)
{
	return template_on(t, TEMPLATE_SHOW_TIMESHEET) && v->type == INVOICE_COMMERCIAL && v->entries > 0;
}

static int begin(struct book *b, const struct source_document *d, const struct template *t, struct err *e)
{
	struct xlsx_sheet *page = xlsx_sheet(b->x, template_text(t, TEMPLATE_SHEET)), *times;

	if (invoicepage_write(page, d->v, t, e) < 0)
		return -1;
	if (!has_times(d->v, t))
		return 0;
	times = xlsx_sheet(b->x, template_text(t, TEMPLATE_TIMESHEET));
	b->times = timesheet_begin(times, d, t, e);
	return b->times != NULL ? 0 : -1;
}

static int open_book(struct book *b, const struct source *src, const struct invoice *v, const struct template *t, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/'), *title;
	char *dir;

	b->pool = pool_new();
	if (b->pool == NULL)
		return err_nomem(e);
	b->number = pool_dup(b->pool, v->number);
	dir = slash != NULL ? pool_dupn(b->pool, path, (size_t)(slash - path) + (slash == path)) : pool_dup(b->pool, ".");
	title = pool_fmt(b->pool, "%s %s", v->draft ? template_text(t, TEMPLATE_DRAFT) : template_text(t, v->type == INVOICE_CANCELLATION ?
	                 TEMPLATE_TITLE_CANCELLATION : TEMPLATE_TITLE), v->number);
	if (pool_failed(b->pool))
		return err_nomem(e);
	b->x = xlsx_new(path, dir, title, v->seller.name, src->date, e);
	return b->x != NULL ? 0 : -1;
}

int invoicexlsx(struct taker *out, const struct source *src, const struct source_document *d, const struct template *t, const char *path, struct err *e)
{
	struct book *b = calloc(1, sizeof *b);

	if (b == NULL)
		return err_nomem(e);
	if (open_book(b, src, d->v, t, path, e) < 0 || begin(b, d, t, e) < 0) {
		close_book(b, -1, NULL);
		return err_ctx(e, "invoice %s", d->v->number);
	}
	*out = (struct taker){ .me = b, .close = close_book };
	if (b->times != NULL) {
		out->entry = put_entry;
		out->end = end_times;
	}
	return 0;
}
