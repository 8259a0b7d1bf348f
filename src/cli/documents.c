#include "cli/documents.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output/csvout.h"
#include "output/invoicexlsx.h"
#include "output/safename.h"
#include "output/xrechnung.h"

#define PATH_ROOM 4096

struct writing {
	const struct source *src;
	const struct inputs *in;
	const struct invoice *v;
	const char *dir;
};

static int path_of(const struct writing *w, const char *extension, char out[PATH_ROOM], struct err *e)
{
	char name[SAFENAME_MAX];
	int n = snprintf(out, PATH_ROOM, "%s/%s", w->dir, safename_invoice(name, sizeof name, w->v->number, w->v->buyer.name, extension));

	return n < 0 || n >= PATH_ROOM ? err_set(e, ERR_CANTCREAT, "the path of the output folder is too long") : 0;
}

static int write_xlsx(const struct writing *w, const char *path, struct err *e)
{
	const struct template *t = inputs_invoice(w->in, w->v->template);

	if (t == NULL)
		return err_set(e, ERR_NOINPUT, "template invoice.%s.ini is missing", w->v->template);
	return invoicexlsx_write(w->src, w->v, t, path, e);
}

/* The time sheet as files beside the document, for embedding; those in `temporary` are not kept. */
struct sheets {
	struct xrechnung_attachment v[2];
	char path[2][PATH_ROOM], name[2][SAFENAME_MAX];
	int temporary[2];
	size_t n;
};

static int add_sheet(const struct writing *w, struct sheets *s, enum customer_format format, struct err *e)
{
	int german = strcmp(w->v->language, "de") == 0, xlsx = format == FORMAT_XLSX;
	const char *extension = xlsx ? "xlsx" : "csv";
	struct xrechnung_attachment *a = &s->v[s->n];
	char *path = s->path[s->n];

	/* The workbook of the invoice has the time sheet behind the page. */
	s->temporary[s->n] = !xlsx || (w->v->formats & FORMAT_XLSX) == 0;
	if (path_of(w, xlsx ? "xlsx" : "timesheet", path, e) < 0)
		return -1;
	*a = (struct xrechnung_attachment){
		.path = path, .name = s->name[s->n], .description = german ? "Zeitnachweis" : "Time sheet",
		.mime = xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv",
	};
	safename_invoice(s->name[s->n], sizeof s->name[s->n], w->v->number, german ? "zeitnachweis" : "timesheet", extension);
	s->n++;
	if (!s->temporary[s->n - 1])
		return 0;
	return xlsx ? write_xlsx(w, path, e) : csvout_timesheet(w->src, w->v, path, e);
}

static int write_xrechnung(const struct writing *w, struct err *e)
{
	unsigned attach = inputs_setup(w->in)->attach;
	struct sheets s = { .n = 0 };
	char path[PATH_ROOM];
	int rc = path_of(w, "xml", path, e);

	/* A cancellation's time sheet is that of the invoice it cancels; fees have none. */
	if (w->v->type == INVOICE_CANCELLATION || w->v->entries == 0)
		attach = 0;
	if (rc == 0 && (attach & FORMAT_CSV) != 0)
		rc = add_sheet(w, &s, FORMAT_CSV, e);
	if (rc == 0 && (attach & FORMAT_XLSX) != 0)
		rc = add_sheet(w, &s, FORMAT_XLSX, e);
	if (rc == 0)
		rc = xrechnung_write(w->v, s.v, s.n, path, e);
	for (size_t i = 0; i < s.n; i++)
		if (s.temporary[i] && unlink(s.path[i]) != 0 && rc == 0)
			rc = err_sys(e, ERR_IO, "%s cannot be removed", s.path[i]);
	return rc;
}

int documents_write(const struct source *src, const struct inputs *in, const struct invoice *v, const char *dir, struct err *e)
{
	const struct writing w = { src, in, v, dir };
	char path[PATH_ROOM];
	int rc = 0;

	if ((v->formats & FORMAT_XLSX) != 0)
		rc = path_of(&w, "xlsx", path, e) < 0 ? -1 : write_xlsx(&w, path, e);
	if (rc == 0 && (v->formats & FORMAT_CSV) != 0)
		rc = path_of(&w, "csv", path, e) < 0 ? -1 : csvout_invoice(src, v, path, e);
	if (rc == 0 && (v->formats & FORMAT_XRECHNUNG) != 0)
		rc = write_xrechnung(&w, e);
	return rc < 0 ? err_ctx(e, "%s", v->number) : 0;
}
