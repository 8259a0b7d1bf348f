/* A made-up run for the tests of the output floor: any number of invoices, lines and entries, computed when walked, never stored. */
#ifndef TEST_OUTPUT_SOURCE_H
#define TEST_OUTPUT_SOURCE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "output/invoicexlsx.h"
#include "output/summarydata.h"
#include "output/summarylines.h"
#include "output/taker.h"

struct made {
	int invoices, lines, entries; /* entries per line */
	int held;
	int odd;                      /* durations with seconds */
	int long_names, nasty, no_bank, draft;
	enum customer_quantity unit;
	const char *category, *language, *currency, *second_currency; /* the latter for every other invoice */
	int64_t price_e4;             /* of the first line */
};

static const char *const made_work[] = { "Entwicklung", "Konzept", "Projektleitung", NULL };
static const char *const made_user[] = { "Jörg Müller", "Zoë Çelik", "Anna-Maria von und zu Hohenstein-Äschersleben", "Bo Li", NULL };

__attribute__((format(printf, 2, 3))) static inline const char *made_text(char out[512], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out, 512, fmt, ap);
	va_end(ap);
	return out;
}

static inline int64_t made_secs(const struct made *m, int i, int l, int k)
{
	uint32_t h = ((uint32_t)i * 7919 + (uint32_t)l * 104729 + (uint32_t)k * 1299709 + 17) * 2654435761u;

	return 900 + (int64_t)(h >> 8) % 60 * 300 + (m->odd ? (int64_t)(h >> 16) % 300 : 0);
}

static inline int64_t made_price(const struct made *m, int l)
{
	return m->price_e4 != 0 && l == 0 ? m->price_e4 : 950000 + l % 5 * 125000;
}

static inline date_t made_day(int l, int k)
{
	return date_from_ymd(2026, 10, 1 + (l * 3 + k) % 31);
}

static inline const char *made_project(const struct made *m, char out[512], int l)
{
	if (m->nasty && l == 0)
		return "=cmd|' /C calc'!A0";
	if (m->long_names)
		return made_text(out, "Weiterentwicklung der Auftragsabwicklungs- und Lagerverwaltungsplattform, Teilprojekt %d: Übergabe an "
		                 "Donaudampfschifffahrtsgesellschaftskapitänsmützenhersteller und Nachbetreuung im Regelbetrieb (Phase %d)", l + 1, l + 1);
	return made_text(out, "Website Relaunch %d", l % 20 + 1);
}

static inline const char *made_customer(const struct made *m, char out[512], int i)
{
	if (m->nasty && i == 0)
		return "../../x \xe2\x80\xae""evil & <co> \"quoted\", =1+1\n_x0041_";
	if (m->long_names)
		return "Süddeutsche Gesellschaft für außerordentlich langwierige Unternehmensbezeichnungen und Übersetzungsdienstleistungen mbH & Co. KGaA";
	return made_text(out, "Müller & Söhne %d GmbH", i + 1);
}

static inline void made_entry(const struct made *m, struct invoice_entry *x, char t[5][512], int i, int l, int k)
{
	memset(x, 0, sizeof *x);
	snprintf(x->entry.id, sizeof x->entry.id, "%08x-%04x-4000-8000-%012x", (unsigned)i, (unsigned)l & 0xffff, (unsigned)k);
	x->entry.billable = x->entry.has_secs = x->entry.local_ok = 1;
	x->entry.date = made_day(l, k);
	x->entry.secs = x->billed_secs = made_secs(m, i, l, k);
	x->entry.company_name = made_customer(m, t[0], i);
	x->entry.project_name = made_project(m, t[1], l);
	x->entry.task_name = made_text(t[2], "Aufgabe %d", k + 1);
	x->entry.user_name = made_user[(i + l + k) % 5];
	x->entry.user_id = x->entry.user_name != NULL ? x->entry.user_name : "gone";
	x->entry.company_id = made_text(t[4], "%08x-aaaa-4000-8000-000000000000", (unsigned)i);
	x->entry.project_id = x->entry.project_name;
	x->entry.work_name = made_work[(l + k) % 4];
	x->entry.work_id = x->entry.work_name;
	x->entry.note = m->nasty && k == 0 ? "=HYPERLINK(\"http://x\")\nzweite \"Zeile\", mit\tTab \x01 und _x0041_" :
	                k % 7 == 3 ? "Abstimmung mit der Fachabteilung, Protokoll geschrieben und an alle Beteiligten verteilt; Rückfragen zur "
	                             "Schnittstelle geklärt, zwei Fehler aus dem Abnahmetest behoben" : "Umsetzung";
	x->pos = l + 1;
	x->price_e4 = made_price(m, l);
}

static inline const char *made_currency(const struct made *m, int i)
{
	return i % 2 == 1 && m->second_currency != NULL ? m->second_currency : m->currency != NULL ? m->currency : "EUR";
}

static inline void made_line(const struct made *m, struct invoice_line *x, char t[512], int i, int l)
{
	int overflow = 0;

	memset(x, 0, sizeof *x);
	x->pos = l + 1;
	x->project_name = strdup(made_project(m, t, l));
	x->description = x->project_name;
	x->from = INT32_MAX;
	x->to = INT32_MIN + 1;
	for (int k = 0; k < m->entries; k++) {
		date_t d = made_day(l, k);

		x->secs += made_secs(m, i, l, k);
		x->from = d < x->from ? d : x->from;
		x->to = d > x->to ? d : x->to;
	}
	x->billed_secs = x->secs;
	x->entries = m->entries;
	x->unit = m->unit;
	x->quantity = invoice_quantity(m->unit, x->billed_secs);
	x->price_e4 = made_price(m, l);
	x->net_minor = invoice_line_net(m->unit, x->quantity, x->price_e4, money_decimals(made_currency(m, i)), &overflow);
	snprintf(x->tax_category, sizeof x->tax_category, "%s", m->category != NULL ? m->category : "S");
	x->tax_pct_e2 = strcmp(x->tax_category, "S") == 0 ? 1900 : 0;
	assert_int_equal(overflow, 0);
}

static inline void made_parties(const struct made *m, struct invoice *v, char t[512], int i)
{
	v->seller = (struct party){ .name = "Nordlicht Studio GmbH", .street = "Hafenstraße 12", .zip = "20457", .city = "Hamburg", .country = "DE",
		.vat_id = "DE123456789", .tax_number = "48/123/45678", .contact = "Buchhaltung, Frau Jansen", .phone = "+49 40 123456-0",
		.email = "rechnung@nordlicht.example", .iban = "DE02120300000000202051", .bic = "BYLADEM1001" };
	if (m->no_bank)
		v->seller.iban = v->seller.bic = NULL;
	v->buyer = (struct party){ .name = strdup(made_customer(m, t, i)), .street = "Am Alten Markt 3", .zip = "50667", .city = "Köln",
		.country = "DE", .contact = "Frau Dr. Öztürk" };
	if (m->category != NULL && (strcmp(m->category, "AE") == 0 || strcmp(m->category, "O") == 0)) {
		v->buyer.country = "AT";
		v->buyer.vat_id = "ATU12345678";
	}
	v->company_name = v->buyer.name;
}

static inline void made_totals(struct invoice *v, struct invoice_tax *tax)
{
	int overflow = 0;

	v->from = INT32_MAX;
	v->to = INT32_MIN + 1;
	memset(tax, 0, sizeof *tax);
	for (size_t l = 0; l < v->nlines; l++) {
		const struct invoice_line *x = &v->lines[l];

		v->secs += x->secs;
		v->billed_secs += x->billed_secs;
		v->entries += x->entries;
		v->net_minor += x->net_minor;
		v->from = x->from < v->from ? x->from : v->from;
		v->to = x->to > v->to ? x->to : v->to;
		memcpy(tax->category, x->tax_category, sizeof tax->category);
		tax->pct_e2 = x->tax_pct_e2;
	}
	tax->base_minor = v->net_minor;
	tax->tax_minor = v->tax_minor = money_tax(tax->base_minor, tax->pct_e2, &overflow);
	v->taxes = tax;
	v->ntaxes = 1;
	v->gross_minor = v->net_minor + v->tax_minor;
	assert_int_equal(overflow, 0);
}

/* Behind the lines, and freed with them. */
struct made_own { char number[64], company[64], customer[64]; struct invoice_tax tax; };

/* Borrowed until made_invoice_free(). */
static inline void made_invoice(const struct made *m, struct invoice *v, int i)
{
	struct made_own *own;
	char t[512];

	memset(v, 0, sizeof *v);
	v->nlines = (size_t)m->lines;
	v->lines = calloc(1, (v->nlines + 1) * sizeof *v->lines + sizeof *own);
	own = (struct made_own *)(v->lines + v->nlines + 1);
	snprintf(own->number, sizeof own->number, m->draft ? "ENTWURF-%d" : "RE-2026-%05d", i + 1);
	snprintf(own->company, sizeof own->company, "%08x-aaaa-4000-8000-000000000000", (unsigned)i);
	snprintf(own->customer, sizeof own->customer, "K-%d", 1000 + i);
	v->number = own->number;
	v->series = "RE";
	v->n = i + 1;
	v->type = INVOICE_COMMERCIAL;
	v->draft = m->draft;
	v->date = date_from_ymd(2026, 11, 2);
	v->due = v->date + 14;
	v->due_days = 14;
	period_make(date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), &v->period);
	v->company_id = own->company;
	v->customer_number = own->customer;
	v->buyer_reference = "04011000-12345-03";
	v->currency = made_currency(m, i);
	v->language = m->language != NULL ? m->language : "de";
	made_parties(m, v, t, i);
	for (int l = 0; l < m->lines; l++)
		made_line(m, &v->lines[l], t, i, l);
	made_totals(v, &own->tax);
}

static inline void made_invoice_free(struct invoice *v)
{
	for (size_t l = 0; l < v->nlines; l++)
		free((char *)(uintptr_t)v->lines[l].project_name);
	free((char *)(uintptr_t)v->buyer.name);
	free(v->lines);
}

static inline int made_invoices(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e)
{
	const struct made *m = ctx;
	int rc = 0;

	for (int i = 0; rc == 0 && i < m->invoices; i++) {
		struct invoice v;

		made_invoice(m, &v, i);
		rc = each(arg, &v, e);
		made_invoice_free(&v);
	}
	return rc < 0 ? -1 : 0;
}

static inline int made_entries(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg,
                               struct err *e)
{
	const struct made *m = ctx;

	for (int i = 0; i < m->invoices; i++) {
		char name[64];

		snprintf(name, sizeof name, m->draft ? "ENTWURF-%d" : "RE-2026-%05d", i + 1);
		if (number != NULL && strcmp(name, number) != 0)
			continue;
		for (int l = 0; l < m->lines; l++)
			for (int k = 0; k < m->entries; k++) {
				struct invoice_entry x;
				char t[5][512];

				made_entry(m, &x, t, i, l, k);
				x.invoice = name;
				x.currency = made_currency(m, i);
				if (each(arg, &x, e) < 0)
					return -1;
			}
	}
	return 0;
}

static inline int made_held(void *ctx, int (*each)(void *arg, const struct source_held *h, struct err *e), void *arg, struct err *e)
{
	const struct made *m = ctx;

	for (int i = 0; i < m->held; i++) {
		struct invoice_entry x;
		struct source_held h;
		char t[5][512];

		made_entry(m, &x, t, 900, 0, i);
		h.entry = x.entry;
		h.reason = i < m->held / 2 ? "no_rate" : "running";
		h.entry.has_secs = i != m->held - 1;
		if (each(arg, &h, e) < 0)
			return -1;
	}
	return 0;
}

static inline int made_second(void *arg, const struct invoice_entry *x, struct err *e)
{
	(void)e;
	*(int *)arg |= x->entry.secs % 60 != 0 || x->billed_secs % 60 != 0;
	return 0;
}

typedef int made_invoices_cb(void *ctx, int (*each)(void *arg, const struct invoice *v, struct err *e), void *arg, struct err *e);
typedef int made_entries_cb(void *ctx, const char *number, int (*each)(void *arg, const struct invoice_entry *x, struct err *e), void *arg, struct err *e);

struct made_walk {
	void *ctx;
	const char *number;
	made_entries_cb *entries;
	const struct source_visitor *visitor;
	void *arg;
};

static inline int made_told(void *arg, const struct invoice *v, struct err *e)
{
	const struct made_walk *w = arg;
	int seconds = 0;

	if (w->number != NULL && strcmp(w->number, v->number) != 0)
		return 0;
	if (w->entries(w->ctx, v->number, made_second, &seconds, e) < 0)
		return -1;
	return w->visitor->begin(w->arg, &(struct source_document){ v, seconds }, e) < 0 || w->entries(w->ctx, v->number, w->visitor->entry, w->arg, e) < 0 ||
	    w->visitor->end(w->arg, v, e) < 0 ? -1 : 0;
}

/* The walk over documents from one over invoices and one over the entries of each. */
static inline int made_documents_of(made_invoices_cb *invoices, made_entries_cb *entries, void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	struct made_walk w = { ctx, number, entries, visitor, arg };

	return invoices(ctx, made_told, &w, e);
}

static inline int made_documents(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	return made_documents_of(made_invoices, made_entries, ctx, number, visitor, arg, e);
}

/* One file of a run, alone. */
static inline int made_file(int (*open)(struct taker *, const char *, struct err *), const struct source *s, const char *path, struct err *e)
{
	struct taker t;

	memset(&t, 0, sizeof t);
	return open(&t, path, e) < 0 ? -1 : taker_walk(s, NULL, &t, 1, e);
}

static inline int made_summary(struct summarydata *d, const struct source *s, struct err *e)
{
	struct taker t;

	memset(&t, 0, sizeof t);
	return summarydata_take(&t, d, &s->period, e) < 0 ? -1 : taker_walk(s, NULL, &t, 1, e);
}

static inline int made_lines(struct summarylines *l, const struct source *s, struct err *e)
{
	struct taker t;

	memset(&t, 0, sizeof t);
	return summarylines_take(&t, l, e) < 0 ? -1 : taker_walk(s, NULL, &t, 1, e);
}

/* The workbook of v, whose entries are those that the source has under its number. */
struct made_book {
	const struct source *s;
	const struct invoice *v;
	const struct template *t;
	const char *path;
	struct taker taker;
};

static inline int made_book_begin(void *arg, const struct source_document *d, struct err *e)
{
	struct made_book *b = arg;

	return invoicexlsx(&b->taker, b->s, &(struct source_document){ b->v, d->has_seconds }, b->t, b->path, e);
}

static inline int made_book_entry(void *arg, const struct invoice_entry *x, struct err *e)
{
	struct made_book *b = arg;

	return b->taker.entry != NULL ? b->taker.entry(b->taker.me, x, e) : 0;
}

static inline int made_book_end(void *arg, const struct invoice *v, struct err *e)
{
	struct made_book *b = arg;

	(void)v;
	return b->taker.end != NULL ? b->taker.end(b->taker.me, b->v, e) : 0;
}

static inline int made_workbook(const struct source *s, const struct invoice *v, const struct template *t, const char *path, struct err *e)
{
	static const struct source_visitor visitor = { made_book_begin, made_book_entry, made_book_end };
	struct made_book b = { .s = s, .v = v, .t = t, .path = path };
	int rc = s->documents(s->ctx, v->number, &visitor, &b, e);

	if (rc == 0 && b.taker.close == NULL)
		rc = made_book_begin(&b, &(struct source_document){ v, 0 }, e);
	return b.taker.close != NULL ? taker_close(&b.taker, 1, rc, e) : rc;
}

static inline struct source made_source(struct made *m)
{
	struct source s = { .ctx = m, .draft = m->draft, .date = date_from_ymd(2026, 11, 2), .invoices = made_invoices, .heads = made_invoices, .documents = made_documents, .held = made_held };

	period_make(date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), &s.period);
	return s;
}

/* A folder of its own for a test, below $TMPDIR or /tmp. */
static inline void made_folder(char out[256])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(out, 256, "%s/psabill-output-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(out));
}

/* Removes what made_folder() made. */
static inline int made_folder_gone(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	char parent[256];
	struct err e = ERR_INIT;
	int fd, rc;

	snprintf(parent, sizeof parent, "%.*s", (int)(slash - dir), dir);
	fd = file_open_dir(parent, &e);
	rc = file_remove_tree_at(fd, slash + 1, &e);
	close(fd);
	return rc;
}

/* The whole file; owned by caller. */
static inline char *made_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	char *p;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	p = malloc((size_t)st.st_size + 1);
	assert_non_null(p);
	*n = fread(p, 1, (size_t)st.st_size, f);
	assert_int_equal(*n, st.st_size);
	p[*n] = '\0';
	fclose(f);
	return p;
}

#endif
