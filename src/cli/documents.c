#include "cli/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/worker.h"
#include "billing/number.h"
#include "cli/progress.h"
#include "output/csvout.h"
#include "output/invoicexlsx.h"
#include "output/safename.h"
#include "output/xrechnung.h"

#define PATH_ROOM 4096
#define WAITING_MAX 4 /* workbooks to be closed: each has its rows in temporary files */

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
	struct worker *worker;     /* closes workbooks */
	const struct invoice *v;   /* the one being written */
	struct taker book, sheet;  /* those of its files that list its entries; without close(): none */
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
	return path_of(x, "xlsx", path, e) < 0 ? -1 : invoicexlsx(&x->book, x->src, d, t, path, e);
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
	if ((attach & FORMAT_CSV) != 0 && (add_sheet(x, FORMAT_CSV, e) < 0 || csvout_entries(&x->sheet, x->sheets.path[0], e) < 0))
		return -1;
	return (attach & FORMAT_XLSX) != 0 ? add_sheet(x, FORMAT_XLSX, e) : 0;
}

static int close_one(struct taker *t, int rc, struct err *e)
{
	struct taker mine = *t;

	t->close = NULL;
	return mine.close != NULL ? taker_close(&mine, 1, rc, e) : rc;
}

/* A workbook on its way to the other thread. */
struct closing { struct taker book; char number[NUMBER_LEN]; };

static int close_job(void *job, int rc, struct err *e)
{
	struct closing *c = job;
	int came_to = close_one(&c->book, rc, e);

	if (came_to < 0 && rc == 0)
		err_ctx(e, "%s", c->number);
	free(c);
	return came_to;
}

/* One that is embedded must be there at once. */
static int close_book(struct documents *x, struct err *e)
{
	struct closing *c;

	if (x->book.close == NULL || (attached(x) & FORMAT_XLSX) != 0)
		return close_one(&x->book, 0, e);
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return err_nomem(e);
	c->book = x->book;
	x->book.close = NULL;
	snprintf(c->number, sizeof c->number, "%s", x->v->number);
	return worker_put(x->worker, close_job, c, e);
}

static int complete(struct documents *x, struct err *e)
{
	char path[PATH_ROOM];

	if (x->book.close != NULL && x->book.end != NULL && x->book.end(x->book.me, x->v, e) < 0)
		return -1;
	if (close_one(&x->sheet, 0, e) < 0 || close_book(x, e) < 0)
		return -1;
	if ((x->v->formats & FORMAT_XRECHNUNG) == 0)
		return 0;
	return path_of(x, "xml", path, e) < 0 ? -1 : xrechnung_write(x->v, x->sheets.v, x->sheets.n, path, e);
}

/* Removes what was only for embedding; rc < 0: and what is open of the document. */
static int tidy(struct documents *x, int rc, struct err *e)
{
	struct sheets *s = &x->sheets;

	if (rc < 0) {
		close_one(&x->sheet, -1, NULL);
		close_one(&x->book, -1, NULL);
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->temporary[i] && unlink(s->path[i]) != 0 && rc == 0)
			rc = err_sys(e, ERR_IO, "%s cannot be removed", s->path[i]);
	s->n = 0;
	return rc;
}

/* What happened to a document before this one goes first, however fast the threads are. */
static int failed(struct documents *x, const char *number, struct err *e)
{
	struct err earlier = ERR_INIT;

	if (worker_wait(x->worker, &earlier) == 0)
		return err_ctx(e, "%s", number);
	*e = earlier;
	return -1;
}

static int begin_document(void *me, const struct source_document *d, struct err *e)
{
	struct documents *x = me;

	x->v = d->v;
	return begin(x, d, e) < 0 ? failed(x, d->v->number, e) : 0;
}

static int put_entry(void *me, const struct invoice_entry *entry, struct err *e)
{
	struct documents *x = me;

	if ((x->book.close != NULL && x->book.entry != NULL && x->book.entry(x->book.me, entry, e) < 0) ||
	    (x->sheet.close != NULL && x->sheet.entry(x->sheet.me, entry, e) < 0))
		return failed(x, entry->invoice, e);
	return 0;
}

static int end_document(void *me, const struct invoice *v, struct err *e)
{
	struct documents *x = me;

	if (tidy(x, complete(x, e), e) < 0)
		return failed(x, v->number, e);
	progress_set(++x->done, 0);
	return 0;
}

static int close_documents(void *me, int rc, struct err *e)
{
	struct documents *x = me;

	if (rc < 0)
		tidy(x, -1, NULL);
	rc = worker_end(x->worker, rc, e);
	free(x);
	return rc;
}

int documents_take(struct taker *out, const struct source *src, const struct inputs *in, const char *dir, int alone, void (*meanwhile)(void *ctx), void *ctx, struct err *e)
{
	struct documents *x = calloc(1, sizeof *x);

	if (x == NULL)
		return err_nomem(e);
	x->src = src;
	x->in = in;
	x->dir = dir;
	x->worker = worker_new(WAITING_MAX, alone, e);
	if (x->worker == NULL) {
		free(x);
		return -1;
	}
	worker_meanwhile(x->worker, meanwhile, ctx);
	*out = (struct taker){ .me = x, .begin = begin_document, .entry = put_entry, .end = end_document, .close = close_documents };
	return 0;
}
