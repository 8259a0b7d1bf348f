#include "output/xrechnung.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "billing/complete.h"
#include "output/xmlout.h"
#include "output/xrechnungparts.h"

#define NAME_MAX_CHARS 100 /* of a file name, so that the receiver can store it everywhere */

/* What changes with the release of XRechnung: BT-24 and BT-23. */
static const char specification[] = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0";
static const char process[] = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";

static const struct xmlout_attr namespaces[] = {
	{ "xmlns", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" },
	{ "xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" },
	{ "xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" },
	{ NULL, NULL },
};

/* An attachment's name as it is written: no folders, nothing that a file system or a shell takes for more than a name. */
static void clean_name(struct buf *out, const char *name, size_t i)
{
	struct buf clean = BUF_INIT;
	char *s;

	text_clean(&clean, name != NULL ? name : "", 0);
	for (s = clean.p; s != NULL && *s != '\0'; s++)
		if (strchr("/\\:*?\"<>|", *s) != NULL)
			*s = '-';
	s = clean.p != NULL ? text_trim(clean.p) : NULL;
	if (text_is_blank(s))
		buf_fmt(out, "attachment-%zu", i + 1);
	else
		buf_fmt(out, "%s%.*s", strchr(".-", *s) != NULL ? "_" : "", (int)text_prefix(s, NAME_MAX_CHARS), s);
	out->failed |= clean.failed;
	buf_free(&clean);
}

static int is_taken(const struct buf *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(buf_text(&names[i]), name) == 0)
			return 1;
	return 0;
}

/* Names that are unique also where upper and lower case are the same (BR-DE-22): "list.csv", "list-2.csv". */
static int name_attachments(const struct xrechnung_attachment *a, size_t n, struct buf *names, struct err *e)
{
	struct buf base = BUF_INIT;
	int bad = 0;

	for (size_t i = 0; i < n && !bad; i++) {
		const char *dot;

		buf_reset(&base);
		clean_name(&base, a[i].name, i);
		dot = strrchr(buf_text(&base), '.');
		if (dot == NULL)
			dot = buf_text(&base) + base.n;
		buf_str(&names[i], buf_text(&base));
		for (int k = 2; is_taken(names, i, buf_text(&names[i])); k++) {
			buf_reset(&names[i]);
			buf_fmt(&names[i], "%.*s-%d%s", (int)(dot - buf_text(&base)), buf_text(&base), k, dot);
		}
		bad = !buf_ok(&base) || !buf_ok(&names[i]);
	}
	buf_free(&base);
	return bad ? err_nomem(e) : 0;
}

static void put_attachments(struct xmlout *x, const struct xrechnung_attachment *a, size_t n, const struct buf *names)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = buf_text(&names[i]);
		const struct xmlout_attr attrs[] = { { "mimeCode", a[i].mime }, { "filename", name }, { NULL, NULL } };
		struct stat st;

		/* A reference to nothing. */
		if (stat(a[i].path, &st) == 0 && st.st_size == 0)
			continue;
		xmlout_open(x, "cac:AdditionalDocumentReference");
		xmlout_text(x, "cbc:ID", name);
		xmlout_text(x, "cbc:DocumentDescription", a[i].description);
		xmlout_open(x, "cac:Attachment");
		xmlout_file(x, "cbc:EmbeddedDocumentBinaryObject", attrs, a[i].path);
		xmlout_close(x);
		xmlout_close(x);
	}
}

static void put_reference(struct xmlout *x, const char *group, const char *id)
{
	xmlout_open(x, group);
	xmlout_text(x, "cbc:ID", id);
	xmlout_close(x);
}

static void put_day(struct xmlout *x, const char *name, date_t d)
{
	char s[16];

	xmlout_text(x, name, date_fmt(s, d));
}

static void put_head(struct xmlout *x, const struct invoice *v)
{
	char type[NUM_MAX];

	num_fmt(type, v->type, 0);
	xmlout_text(x, "cbc:CustomizationID", specification);
	xmlout_text(x, "cbc:ProfileID", process);
	xmlout_text(x, "cbc:ID", v->number);
	put_day(x, "cbc:IssueDate", v->date);
	put_day(x, "cbc:DueDate", v->due);
	xmlout_text(x, "cbc:InvoiceTypeCode", type);
	xrechnungparts_notes(x, v);
	xmlout_text(x, "cbc:DocumentCurrencyCode", v->currency);
	xmlout_text(x, "cbc:BuyerReference", text_is_blank(v->buyer_reference) ? v->customer_number : v->buyer_reference);
	xrechnungparts_period(x, v->from, v->to);
}

/* BG-3: the cancelled invoice. */
static void put_cancels(struct xmlout *x, const struct invoice *v)
{
	if (v->type != INVOICE_CANCELLATION)
		return;
	xmlout_open(x, "cac:BillingReference");
	xmlout_open(x, "cac:InvoiceDocumentReference");
	xmlout_text(x, "cbc:ID", v->cancels);
	put_day(x, "cbc:IssueDate", v->cancels_date);
	xmlout_close(x);
	xmlout_close(x);
}

static int put_document(const struct invoice *v, const struct xrechnung_attachment *a, size_t n, const struct buf *names, const char *path,
    struct err *e)
{
	struct xmlout *x = xmlout_new(path, "Invoice", namespaces, e);

	if (x == NULL)
		return -1;
	put_head(x, v);
	put_reference(x, "cac:OrderReference", v->order_reference);
	put_cancels(x, v);
	put_reference(x, "cac:ContractDocumentReference", v->contract_reference);
	put_attachments(x, a, n, names);
	put_reference(x, "cac:ProjectReference", v->project_name);
	xrechnungparts_parties(x, v);
	xrechnungparts_payment(x, v);
	xrechnungparts_allowances(x, v);
	xrechnungparts_taxes(x, v);
	xrechnungparts_totals(x, v);
	for (size_t i = 0; i < v->nlines; i++)
		xrechnungparts_line(x, v, &v->lines[i]);
	return xmlout_end(x, e);
}

/* What the document must say, found again by its path. */
struct expected {
	const char *at;
	int64_t value;
	int scale;
	int times; /* how often it must stand there */
	int seen;
};

struct reading {
	const struct invoice *v;
	struct expected *want;
	size_t n, lines;
	int numbers;
};

static int look(void *ctx, const char *at, const char *text, struct err *e)
{
	struct reading *g = ctx;
	int64_t value;

	if (strcmp(at, "Invoice/cbc:ID") == 0) {
		g->numbers++;
		return strcmp(text, g->v->number) == 0 ? 0 : err_set(e, ERR_SOFTWARE, "read back number '%s'", text);
	}
	g->lines += strcmp(at, "Invoice/cac:InvoiceLine/cbc:ID") == 0;
	for (size_t i = 0; i < g->n; i++) {
		struct expected *w = &g->want[i];

		if (strcmp(at, w->at) != 0)
			continue;
		w->seen++;
		if (num_parse(text, w->scale, &value) < 0 || value != w->value)
			return err_set(e, ERR_SOFTWARE, "read back '%s' at %s", text, at);
	}
	return 0;
}

static int read_back(const struct invoice *v, const char *path, struct err *e)
{
	int m = money_decimals(v->currency);
	struct expected want[] = {
		{ "Invoice/cbc:InvoiceTypeCode", v->type, 0, 1, 0 },
		{ "Invoice/cac:TaxTotal/cbc:TaxAmount", v->tax_minor, m, 1, 0 },
		{ "Invoice/cac:LegalMonetaryTotal/cbc:LineExtensionAmount", v->lines_minor, m, 1, 0 },
		{ "Invoice/cac:LegalMonetaryTotal/cbc:AllowanceTotalAmount", v->allowance_minor, m, v->nallowances > 0, 0 },
		{ "Invoice/cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", v->net_minor, m, 1, 0 },
		{ "Invoice/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", v->gross_minor, m, 1, 0 },
		{ "Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount", v->gross_minor, m, 1, 0 },
	};
	struct reading g = { .v = v, .want = want, .n = sizeof want / sizeof *want };

	if (xmlout_read(path, look, &g, e) < 0)
		return -1;
	if (g.numbers != 1 || g.lines != v->nlines)
		return err_set(e, ERR_SOFTWARE, "read back %d numbers and %zu lines, wrote 1 and %zu", g.numbers, g.lines, v->nlines);
	for (size_t i = 0; i < g.n; i++)
		if (want[i].seen != want[i].times)
			return err_set(e, ERR_SOFTWARE, "read back %s %d times", want[i].at, want[i].seen);
	return 0;
}

/* The customer as the document shows it, for one of its VAT groups. */
static int check_parties(const struct invoice *v, const struct invoice_tax *t, struct err *e)
{
	struct customer c = { .party = v->buyer, .number = v->customer_number, .buyer_reference = v->buyer_reference,
		.currency = v->currency, .formats = FORMAT_XRECHNUNG, .tax_pct_e2 = t->pct_e2 };
	const struct complete_rules r = { .seller = &v->seller };
	struct buf missing = BUF_INIT;
	int rc = 0;

	memcpy(c.tax_category, t->category, sizeof c.tax_category);
	complete_customer(&c, &r, &missing);
	if (!buf_ok(&missing))
		rc = err_nomem(e);
	else if (missing.n > 0)
		rc = err_set(e, ERR_SOFTWARE, "invoice %s lacks %s", v->number, buf_text(&missing));
	buf_free(&missing);
	return rc;
}

static int check(const struct invoice *v, struct err *e)
{
	if (invoice_check(v, e) < 0)
		return -1;
	if (text_is_blank(v->number) || v->nlines == 0 || v->ntaxes == 0)
		return err_set(e, ERR_SOFTWARE, "an invoice without number or lines");
	if (v->type == INVOICE_CANCELLATION && (text_is_blank(v->cancels) || v->cancels_date == DATE_NONE))
		return err_set(e, ERR_SOFTWARE, "cancellation %s does not say what it cancels (BT-25, BT-26)", v->number);
	for (size_t i = 0; i < v->ntaxes; i++) {
		if (!customer_tax_category_ok(v->taxes[i].category))
			return err_set(e, ERR_SOFTWARE, "invoice %s: tax category %s", v->number, v->taxes[i].category);
		if (v->ntaxes > 1 && strcmp(v->taxes[i].category, "O") == 0)
			return err_set(e, ERR_SOFTWARE, "invoice %s: tax category O beside another (BR-O-11)", v->number);
		if (check_parties(v, &v->taxes[i], e) < 0)
			return -1;
	}
	return 0;
}

static int check_attachments(const struct xrechnung_attachment *a, size_t n, struct err *e)
{
	/* BR-CL-24. */
	static const char *const ok[] = { "application/pdf", "image/png", "image/jpeg", "text/csv",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.oasis.opendocument.spreadsheet" };

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < sizeof ok / sizeof *ok && (a[i].mime == NULL || strcmp(a[i].mime, ok[k]) != 0))
			k++;
		if (k == sizeof ok / sizeof *ok)
			return err_set(e, ERR_SOFTWARE, "attachments of type %s are not allowed (BR-CL-24)",
			    a[i].mime != NULL ? a[i].mime : "(none)");
	}
	return 0;
}

int xrechnung_write(const struct invoice *v, const struct xrechnung_attachment *a, size_t n, const char *path, struct err *e)
{
	struct buf *names = NULL;
	int rc = -1;

	if (check(v, e) < 0 || check_attachments(a, n, e) < 0)
		goto out;
	names = calloc(n + 1, sizeof *names);
	if (names == NULL) {
		err_nomem(e);
		goto out;
	}
	if (name_attachments(a, n, names, e) < 0 || put_document(v, a, n, names, path, e) < 0)
		goto out;
	rc = read_back(v, path, e);
	if (rc < 0)
		unlink(path);
out:
	for (size_t i = 0; names != NULL && i < n; i++)
		buf_free(&names[i]);
	free(names);
	return rc < 0 ? err_ctx(e, "%s", path) : 0;
}
