#include "cli/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"
#include "output/csvout.h"
#include "output/invoicexlsx.h"
#include "output/safename.h"
#include "output/xrechnung.h"

#define PATH_ROOM 4096

/* The time sheet as files beside the document, for embedding; those in `temporary` are not kept. */
struct sheets {
	struct xrechnung_attachment v[2];
	char path[2][PATH_ROOM], name[2][SAFENAME_MAX];
	int temporary[2];
	size_t n;
};

/* One document at a time. */
struct documents {
	const struct source *src;
	const struct inputs *in;
	const char *dir;
	int64_t done;
	const struct invoice *v; /* the one being written */
	struct taker list[2];    /* those of its files that list its entries */
	size_t nlist;
	struct sheets sheets;
};

static int path_of(const struct documents *x, const char *extension, char out[PATH_ROOM], struct err *e)
{
	char name[SAFENAME_MAX];
	int n = snprintf(out, PATH_ROOM, "%s/%s", x->dir, safename_invoice(name, sizeof name, x->v->number, x->v->buyer.name, extension));

	return n < 0 || n >= PATH_ROOM ? err_set(e, ERR_CANTCREAT, "the path of the output folder is too long") : 0;
}

static int begin_xlsx(struct documents *x, const struct source_document *d, struct err *e)
{
	const struct template *t = inputs_invoice(x->in, x->v->template);
	char path[PATH_ROOM];

	if (t == NULL)
		return err_set(e, ERR_NOINPUT, "template invoice.%s.ini is missing", x->v->template);
	if (path_of(x, "xlsx", path, e) < 0 || invoicexlsx(&x->list[x->nlist], x->src, d, t, path, e) < 0)
		return -1;
	x->nlist++;
	return 0;
}

/* A cancellation's time sheet is that of the invoice it cancels; fees have none. */
static unsigned attached(const struct documents *x)
{
	return (x->v->formats & FORMAT_XRECHNUNG) == 0 || x->v->type == INVOICE_CANCELLATION || x->v->entries == 0 ? 0 : inputs_setup(x->in)->attach;
}

static int add_sheet(struct documents *x, enum customer_format format, struct err *e)
{
	int german = strcmp(x->v->language, "de") == 0, xlsx = format == FORMAT_XLSX;
	struct sheets *s = &x->sheets;
	struct xrechnung_attachment *a = &s->v[s->n];
	char *path = s->path[s->n];

	if (path_of(x, xlsx ? "xlsx" : "timesheet", path, e) < 0)
		return -1;
	*a = (struct xrechnung_attachment){
		.path = path, .name = s->name[s->n], .description = german ? "Zeitnachweis" : "Time sheet",
		.mime = xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv",
	};
	safename_invoice(s->name[s->n], sizeof s->name[s->n], x->v->number, german ? "zeitnachweis" : "timesheet", xlsx ? "xlsx" : "csv");
	/* The workbook of the invoice has the time sheet behind the page. */
	s->temporary[s->n++] = !xlsx || (x->v->formats & FORMAT_XLSX) == 0;
	return 0;
}

static int begin(struct documents *x, const struct source_document *d, struct err *e)
{
	unsigned attach = attached(x);
	char path[PATH_ROOM];

	if (((x->v->formats | attach) & FORMAT_XLSX) != 0 && begin_xlsx(x, d, e) < 0)
		return -1;
	if ((x->v->formats & FORMAT_CSV) != 0 && (path_of(x, "csv", path, e) < 0 || csvout_invoice(x->v, path, e) < 0))
		return -1;
	if ((attach & FORMAT_CSV) != 0) {
		if (add_sheet(x, FORMAT_CSV, e) < 0 || csvout_entries(&x->list[x->nlist], x->sheets.path[0], e) < 0)
			return -1;
		x->nlist++;
	}
	return (attach & FORMAT_XLSX) != 0 ? add_sheet(x, FORMAT_XLSX, e) : 0;
}

/* Closes what is open of the document, and removes what was only for embedding. */
static int end(struct documents *x, int rc, struct err *e)
{
	struct sheets *s = &x->sheets;
	char path[PATH_ROOM];

	rc = taker_close(x->list, x->nlist, rc, e);
	x->nlist = 0;
	if (rc == 0 && (x->v->formats & FORMAT_XRECHNUNG) != 0)
		rc = path_of(x, "xml", path, e) < 0 || xrechnung_write(x->v, s->v, s->n, path, e) < 0 ? -1 : 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->temporary[i] && unlink(s->path[i]) != 0 && rc == 0)
			rc = err_sys(e, ERR_IO, "%s cannot be removed", s->path[i]);
	s->n = 0;
	return rc;
}

static int begin_document(void *me, const struct source_document *d, struct err *e)
{
	struct documents *x = me;

	x->v = d->v;
	return begin(x, d, e) < 0 ? err_ctx(e, "%s", d->v->number) : 0;
}

static int put_entry(void *me, const struct invoice_entry *entry, struct err *e)
{
	const struct documents *x = me;

	for (const struct taker *t = x->list; t < x->list + x->nlist; t++)
		if (t->entry != NULL && t->entry(t->me, entry, e) < 0)
			return err_ctx(e, "%s", entry->invoice);
	return 0;
}

static int end_document(void *me, const struct invoice *v, struct err *e)
{
	struct documents *x = me;

	if (end(x, 0, e) < 0)
		return err_ctx(e, "%s", v->number);
	progress_set(++x->done, 0);
	return 0;
}

static int close_documents(void *me, int rc, struct err *e)
{
	struct documents *x = me;

	if (rc < 0)
		end(x, -1, e);
	free(x);
	return rc;
}

int documents_take(struct taker *out, const struct source *src, const struct inputs *in, const char *dir, struct err *e)
{
	struct documents *x = calloc(1, sizeof *x);

	if (x == NULL)
		return err_nomem(e);
	x->src = src;
	x->in = in;
	x->dir = dir;
	*out = (struct taker){ .me = x, .begin = begin_document, .entry = put_entry, .end = end_document, .close = close_documents };
	return 0;
}
