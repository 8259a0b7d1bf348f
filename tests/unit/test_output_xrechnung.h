/* Documents for the tests of XRechnung: invoices put together from a few words, with sums as the program computes them. */
#ifndef TEST_OUTPUT_XRECHNUNG_H
#define TEST_OUTPUT_XRECHNUNG_H

#include <stddef.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/tax.h"

struct sample {
	const char *name;
	/* Lines: "h SECONDS PRICE_E4 PCT_E2 DAY", h hours, m minutes, l lump sum; day of October 2026 (or before it, for late lines), separated by ';'. */
	const char *lines;
	const char *category, *language, *currency; /* S, de, EUR */
	int discount_e2, discount2_e2;  /* on all lines, per VAT group; a second one on top */
	int cancel;
	int skonto_days, skonto_e2;
	void (*tweak)(struct invoice *v);
};

static inline void sample_parties(struct invoice *v)
{
	v->seller = (struct party){ .name = "Nordlicht Studio GmbH", .street = "Hafenstraße 12", .zip = "20457", .city = "Hamburg", .country = "DE",
		.vat_id = "DE136695976", .tax_number = "48/123/45678", .contact = "Buchhaltung, Frau Jansen", .phone = "+49 40 123456-0",
		.email = "rechnung@nordlicht.example", .iban = "DE02 1203 0000 0000 2020 51", .bic = "BYLADEM1001", .register_id = "HRB 12345",
		.legal_info = "Amtsgericht Hamburg, Geschäftsführerin: Zoë Çelik" };
	v->buyer = (struct party){ .name = "Müller & Söhne \"Küchen\" <Köln> GmbH", .street = "Am Alten Markt 3", .zip = "50667", .city = "Köln",
		.country = "DE", .contact = "Frau Dr. Öztürk", .email = "eingang@mueller.example" };
	if (strchr("AOG", v->lines[0].tax_category[0]) != NULL) {
		v->buyer.country = "AT";
		v->buyer.vat_id = "ATU 12345678";
	}
}

static inline void sample_line(struct invoice *v, const char *word, const char *category)
{
	struct invoice_line *l = &v->lines[v->nlines++];
	char unit;
	long long secs, price;
	int pct, day, overflow = 0;

	if (sscanf(word, " %c %lld %lld %d %d", &unit, &secs, &price, &pct, &day) != 5)
		fail_msg("'%s' is no line", word);
	l->pos = (int)v->nlines;
	l->description = "Website Relaunch: Konzept & Umsetzung";
	l->project_id = "5b1c";
	l->project_name = "Website Relaunch";
	l->from = date_from_ymd(2026, 10, 1) + day - 1;
	l->to = day < 1 ? l->from : date_from_ymd(2026, 10, 31);
	l->late = day < 1;
	l->unit = unit == 'h' ? QUANTITY_HOURS : unit == 'm' ? QUANTITY_MINUTES : QUANTITY_LUMP;
	l->secs = l->billed_secs = l->unit == QUANTITY_LUMP ? 0 : secs;
	l->entries = l->unit == QUANTITY_LUMP ? 0 : 3;
	l->quantity = invoice_quantity(l->unit, secs);
	l->price_e4 = price;
	l->net_minor = invoice_line_net(l->unit, l->quantity, l->price_e4, money_decimals(v->currency), &overflow);
	snprintf(l->tax_category, sizeof l->tax_category, "%s", category);
	l->tax_pct_e2 = pct;
	assert_int_equal(overflow, 0);
}

/* One allowance per VAT group, as a document discount is split. */
static inline void sample_discount(struct invoice *v, int percent_e2)
{
	size_t before = v->nallowances;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];
		size_t k = before;
		int overflow = 0;

		while (k < v->nallowances && v->allowances[k].tax_pct_e2 != l->tax_pct_e2)
			k++;
		if (k == v->nallowances) {
			v->allowances[v->nallowances++] = (struct invoice_allowance){ .reason = "Rahmenvertrag 2026", .percent_e2 = percent_e2,
				.tax_pct_e2 = l->tax_pct_e2 };
			memcpy(v->allowances[k].tax_category, l->tax_category, sizeof l->tax_category);
		}
		v->allowances[k].base_minor += l->net_minor;
		v->allowances[k].amount_minor = money_tax(v->allowances[k].base_minor, percent_e2, &overflow);
		assert_int_equal(overflow, 0);
	}
}

static inline void sample_cancel(struct invoice *v)
{
	v->type = INVOICE_CANCELLATION;
	v->number = "ST-2026-00003";
	v->cancels = "RE-2026-00042";
	v->cancels_date = date_from_ymd(2026, 11, 2);
	v->date = v->due = date_from_ymd(2026, 11, 21);
	v->reason = "Falscher Stundensatz.";
	for (size_t i = 0; i < v->nlines; i++) {
		struct invoice_line *l = &v->lines[i];

		l->quantity = -l->quantity;
		l->net_minor = -l->net_minor;
		l->secs = -l->secs;
		l->billed_secs = -l->billed_secs;
	}
	for (size_t i = 0; i < v->nallowances; i++) {
		v->allowances[i].base_minor = -v->allowances[i].base_minor;
		v->allowances[i].amount_minor = -v->allowances[i].amount_minor;
	}
}

static inline void sample_sums(struct invoice *v, struct pool *pool)
{
	struct err e = ERR_INIT;

	v->from = INT32_MAX;
	v->to = INT32_MIN + 1;
	v->secs = v->billed_secs = 0;
	v->entries = 0;
	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		v->from = l->from < v->from ? l->from : v->from;
		v->to = l->to > v->to ? l->to : v->to;
		v->secs += l->secs;
		v->billed_secs += l->billed_secs;
		v->entries += l->entries;
	}
	if (tax_apply(v, pool, &e) < 0)
		fail_msg("%s", e.msg);
}

/* Fills *v; its memory belongs to pool. */
static inline void sample_make(const struct sample *s, struct invoice *v, struct pool *pool)
{
	const char *category = s->category != NULL ? s->category : "S";
	char *words = pool_dup(pool, s->lines), *rest = NULL;
	size_t n = 1;

	for (const char *p = s->lines; *p != '\0'; p++)
		n += *p == ';';
	*v = (struct invoice){ .number = "RE-2026-00042", .series = "RE", .n = 42, .type = INVOICE_COMMERCIAL, .due_days = 14,
		.company_id = "00000000-aaaa-4000-8000-000000000000", .company_name = "Müller", .customer_number = "K-1042" };
	v->date = date_from_ymd(2026, 11, 2);
	v->due = v->date + 14;
	period_make(date_from_ymd(2026, 10, 1), date_from_ymd(2026, 11, 1), &v->period);
	v->currency = s->currency != NULL ? s->currency : "EUR";
	v->language = s->language != NULL ? s->language : "de";
	v->discount_days = s->skonto_days;
	v->discount_pct_e2 = s->skonto_e2;
	v->lines = pool_alloc(pool, n * sizeof *v->lines);
	v->allowances = pool_alloc(pool, 2 * n * sizeof *v->allowances);
	for (char *word = strtok_r(words, ";", &rest); word != NULL; word = strtok_r(NULL, ";", &rest))
		sample_line(v, word, category);
	sample_parties(v);
	if (s->discount_e2 != 0)
		sample_discount(v, s->discount_e2);
	if (s->discount2_e2 != 0)
		sample_discount(v, s->discount2_e2);
	if (s->cancel)
		sample_cancel(v);
	if (s->tweak != NULL)
		s->tweak(v);
	sample_sums(v, pool);
}

#endif
