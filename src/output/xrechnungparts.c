#include "output/xrechnungparts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "billing/complete.h"
#include "billing/identifier.h"

/* Words of the document. Sentences are cut where a date, rate or number stands. */
struct words {
	const char *language;
	int german;                     /* 31.12.2026 and 2,5; else 2026-12-31 and 2.5 */
	const char *due[2], *discount[3], *cancels[3];
	const char *draft, *item, *allowance, *rounding;
	const char *ae, *e, *o, *g;     /* BT-120 */
};
static const struct words word_table[] = {
	{ "en", 0, { "Payable by ", "." }, { "For payment by ", ", a cash discount of ", " % is granted." },
	    { "Cancellation of invoice ", " of ", "." },
	    "DRAFT, not an invoice. Please do not pay.", "Item ", "Discount", "Rounding to the smallest unit of the currency",
	    "Reverse charge: VAT is owed by the recipient of the service (Steuerschuldnerschaft des Leistungsempfängers)",
	    "VAT exemption for small businesses (section 19 UStG)", "Services outside the scope of German VAT",
	    "Exempt from VAT: export outside the EU" },
	{ "de", 1, { "Zahlbar bis ", "." }, { "Bei Zahlung bis ", " gewähren wir ", " % Skonto." },
	    { "Storno der Rechnung ", " vom ", "." },
	    "ENTWURF, keine Rechnung. Bitte nicht bezahlen.", "Position ", "Rabatt", "Rundung auf die kleinste Einheit der Währung",
	    "Steuerschuldnerschaft des Leistungsempfängers", "Steuerbefreiung für Kleinunternehmer (§ 19 UStG)",
	    "Nicht im Inland steuerbare Leistung", "Steuerfrei: Ausfuhr in ein Land außerhalb der EU" },
};

static const struct words *words_of(const struct invoice *v)
{
	return &word_table[v->language != NULL && strcmp(v->language, "de") == 0];
}

static void add_day(struct buf *b, date_t d, const struct words *w)
{
	struct date_ymd y = date_to_ymd(d);

	if (w->german)
		buf_fmt(b, "%02d.%02d.%04d", y.day, y.month, y.year);
	else
		buf_fmt(b, "%04d-%02d-%02d", y.year, y.month, y.day);
}

static void add_percent(struct buf *b, int64_t pct_e2, const struct words *w)
{
	char s[NUM_MAX], *point;

	num_fmt_short(s, pct_e2, MONEY_PCT_SCALE, 0);
	point = strchr(s, '.');
	if (point != NULL && w->german)
		*point = ',';
	buf_str(b, s);
}

/* Writes a text that was put together, and frees it. */
static void put(struct xmlout *x, const char *name, struct buf *b)
{
	if (!buf_ok(b))
		xmlout_nomem(x);
	xmlout_lines(x, name, buf_text(b));
	buf_free(b);
}

static void put_day(struct xmlout *x, const char *name, date_t d)
{
	char s[16];

	xmlout_text(x, name, date_fmt(s, d));
}

/* A note may begin with its subject code, "#AAI#": what happens to look like one (three characters between the first two '#') would be read
 * as a code (BR-CL-08). */
static void put_note(struct xmlout *x, const char *text)
{
	struct buf clean = BUF_INIT, b = BUF_INIT;
	const char *s, *hash;

	text_clean(&clean, text != NULL ? text : "", 1);
	s = buf_ok(&clean) && clean.p != NULL ? text_trim(clean.p) : "";
	hash = strchr(s, '#');
	if (hash != NULL && strchr(hash + 1, '#') == hash + 1 + text_prefix(hash + 1, 3)) {
		buf_add(&b, s, (size_t)(hash + 1 - s));
		buf_ch(&b, ' ');
		s = hash + 1;
	}
	buf_str(&b, s);
	if (!buf_ok(&clean))
		xmlout_nomem(x);
	put(x, "cbc:Note", &b);
	buf_free(&clean);
}

void xrechnungparts_notes(struct xmlout *x, const struct invoice *v)
{
	const struct words *w = words_of(v);
	struct buf b = BUF_INIT;

	if (v->draft)
		put_note(x, w->draft);
	if (v->type == INVOICE_CANCELLATION) {
		buf_fmt(&b, "%s%s%s", w->cancels[0], v->cancels, w->cancels[1]);
		add_day(&b, v->cancels_date, w);
		buf_str(&b, w->cancels[2]);
		if (!text_is_blank(v->reason))
			buf_fmt(&b, " %s", v->reason);
		put_note(x, buf_text(&b));
		if (!buf_ok(&b))
			xmlout_nomem(x);
	}
	put_note(x, v->note);
	buf_free(&b);
}

void xrechnungparts_period(struct xmlout *x, date_t from, date_t to)
{
	xmlout_open(x, "cac:InvoicePeriod");
	put_day(x, "cbc:StartDate", from);
	put_day(x, "cbc:EndDate", to);
	xmlout_close(x);
}

static void tax_scheme(struct xmlout *x, const char *id)
{
	xmlout_open(x, "cac:TaxScheme");
	xmlout_text(x, "cbc:ID", id);
	xmlout_close(x);
}

/* VAT: BT-31, BT-48. FC: BT-32, the tax number. */
static void tax_id(struct xmlout *x, const char *id, const char *scheme)
{
	if (text_is_blank(id))
		return;
	xmlout_open(x, "cac:PartyTaxScheme");
	xmlout_text(x, "cbc:CompanyID", id);
	tax_scheme(x, scheme);
	xmlout_close(x);
}

static void address(struct xmlout *x, const struct party *p)
{
	xmlout_open(x, "cac:PostalAddress");
	xmlout_text(x, "cbc:StreetName", p->street);
	xmlout_text(x, "cbc:CityName", p->city);
	xmlout_text(x, "cbc:PostalZone", p->zip);
	xmlout_open(x, "cac:Country");
	xmlout_text(x, "cbc:IdentificationCode", p->country);
	xmlout_close(x);
	xmlout_close(x);
}

/* number: BT-46. Of the buyer neither a tax number nor an e-mail address goes in: both are the sender's records only. */
static void party(struct xmlout *x, const char *group, const struct party *p, const char *number, int seller, int vat_ids)
{
	const char *at, *scheme;
	char vat[IDENTIFIER_MAX];

	xmlout_open(x, group);
	xmlout_open(x, "cac:Party");
	if (complete_endpoint(p, &at, &scheme))
		xmlout_coded(x, "cbc:EndpointID", "schemeID", scheme, at);
	xmlout_open(x, "cac:PartyIdentification");
	xmlout_text(x, "cbc:ID", number);
	xmlout_close(x);
	address(x, p);
	if (vat_ids)
		tax_id(x, identifier_compact(vat, p->vat_id), "VAT");
	if (seller)
		tax_id(x, p->tax_number, "FC");
	xmlout_open(x, "cac:PartyLegalEntity");
	xmlout_text(x, "cbc:RegistrationName", p->name);
	xmlout_text(x, "cbc:CompanyID", p->register_id);
	if (seller)
		xmlout_text(x, "cbc:CompanyLegalForm", p->legal_info);
	xmlout_close(x);
	xmlout_open(x, "cac:Contact");
	xmlout_text(x, "cbc:Name", p->contact);
	xmlout_text(x, "cbc:Telephone", p->phone);
	if (seller)
		xmlout_text(x, "cbc:ElectronicMail", p->email);
	xmlout_close(x);
	xmlout_close(x);
	xmlout_close(x);
}

void xrechnungparts_parties(struct xmlout *x, const struct invoice *v)
{
	/* BR-O-02: with category O neither side may show a VAT id. */
	int vat_ids = v->ntaxes == 0 || strcmp(v->taxes[0].category, "O") != 0;

	party(x, "cac:AccountingSupplierParty", &v->seller, NULL, 1, vat_ids);
	party(x, "cac:AccountingCustomerParty", &v->buyer, v->customer_number, 0, vat_ids);
}

/* BT-20. A line that begins with '#' is read by machines (BR-DE-18): no text from elsewhere goes in here. */
static void payment_terms(struct xmlout *x, const struct invoice *v)
{
	const struct words *w = words_of(v);
	struct buf b = BUF_INIT;
	char rate[NUM_MAX];

	buf_str(&b, w->due[0]);
	add_day(&b, v->due, w);
	buf_str(&b, w->due[1]);
	if (v->discount_days > 0 && v->discount_pct_e2 > 0) {
		buf_fmt(&b, " %s", w->discount[0]);
		add_day(&b, v->date + (date_t)v->discount_days, w);
		buf_str(&b, w->discount[1]);
		add_percent(&b, v->discount_pct_e2, w);
		buf_str(&b, w->discount[2]);
		num_fmt(rate, v->discount_pct_e2, MONEY_PCT_SCALE);
		buf_fmt(&b, "\n#SKONTO#TAGE=%lld#PROZENT=%s#\n", (long long)v->discount_days, rate);
	}
	xmlout_open(x, "cac:PaymentTerms");
	put(x, "cbc:Note", &b);
	xmlout_close(x);
}

void xrechnungparts_payment(struct xmlout *x, const struct invoice *v)
{
	char iban[IDENTIFIER_MAX], bic[IDENTIFIER_MAX];

	xmlout_open(x, "cac:PaymentMeans");
	/* UNTDID 4461: SEPA transfers carry euros only. */
	xmlout_text(x, "cbc:PaymentMeansCode", strcmp(v->currency, "EUR") == 0 ? "58" : "30");
	xmlout_text(x, "cbc:PaymentID", v->number);
	xmlout_open(x, "cac:PayeeFinancialAccount");
	xmlout_text(x, "cbc:ID", identifier_compact(iban, v->seller.iban));
	xmlout_text(x, "cbc:Name", v->seller.name);
	xmlout_open(x, "cac:FinancialInstitutionBranch");
	xmlout_text(x, "cbc:ID", identifier_compact(bic, v->seller.bic));
	xmlout_close(x);
	xmlout_close(x);
	xmlout_close(x);
	if (v->type != INVOICE_CANCELLATION)
		payment_terms(x, v);
}

/* of: a whole group, with the reason why it has no VAT; or what belongs to one. */
static void tax_category(struct xmlout *x, const char *name, const char *category, int64_t pct_e2, const struct words *of)
{
	const struct { const char *category, *code, *reason; } exempt[] = {
		{ "AE", "VATEX-EU-AE", of != NULL ? of->ae : NULL }, { "E", NULL, of != NULL ? of->e : NULL },
		{ "O", "VATEX-EU-O", of != NULL ? of->o : NULL }, { "G", "VATEX-EU-G", of != NULL ? of->g : NULL },
	};
	char rate[NUM_MAX];

	num_fmt_short(rate, pct_e2, MONEY_PCT_SCALE, 0);
	xmlout_open(x, name);
	xmlout_text(x, "cbc:ID", category);
	/* BR-O-05 and BR-O-06 forbid what BR-DE-14 demands of a group. */
	if (of != NULL || strcmp(category, "O") != 0)
		xmlout_text(x, "cbc:Percent", rate);
	for (size_t i = 0; of != NULL && i < sizeof exempt / sizeof *exempt; i++) {
		if (strcmp(category, exempt[i].category) != 0)
			continue;
		xmlout_text(x, "cbc:TaxExemptionReasonCode", exempt[i].code);
		xmlout_text(x, "cbc:TaxExemptionReason", exempt[i].reason);
	}
	tax_scheme(x, "VAT");
	xmlout_close(x);
}

static int64_t per_major(const struct invoice *v)
{
	int64_t p = 1;

	for (int i = money_decimals(v->currency); i > 0; i--)
		p *= 10;
	return p;
}

/* Percentage and base may only stand there when they give the amount within 0.02 (R040). Yen are rounded by more. */
static int is_exact(const struct invoice *v, const struct invoice_allowance *a)
{
	__int128 off = (__int128)a->amount_minor * 10000 - (__int128)a->base_minor * a->percent_e2;

	return (off < 0 ? -off : off) * 100 <= (__int128)2 * 10000 * per_major(v);
}

static void allowance(struct xmlout *x, const struct invoice *v, const struct invoice_allowance *a)
{
	const struct words *w = words_of(v);
	int exact = is_exact(v, a);
	struct buf b = BUF_INIT;
	char rate[NUM_MAX];

	num_fmt_short(rate, a->percent_e2, MONEY_PCT_SCALE, 0);
	buf_str(&b, text_is_blank(a->reason) ? w->allowance : a->reason);
	if (!exact) {
		buf_str(&b, " (");
		add_percent(&b, a->percent_e2, w);
		buf_str(&b, " %)");
	}
	xmlout_open(x, "cac:AllowanceCharge");
	xmlout_text(x, "cbc:ChargeIndicator", "false");
	xmlout_text(x, "cbc:AllowanceChargeReasonCode", "95");
	xmlout_text(x, "cbc:AllowanceChargeReason", buf_text(&b));
	if (exact)
		xmlout_text(x, "cbc:MultiplierFactorNumeric", rate);
	xmlout_amount(x, "cbc:Amount", a->amount_minor, v->currency);
	if (exact)
		xmlout_amount(x, "cbc:BaseAmount", a->base_minor, v->currency);
	tax_category(x, "cac:TaxCategory", a->tax_category, a->tax_pct_e2, NULL);
	xmlout_close(x);
	if (!buf_ok(&b))
		xmlout_nomem(x);
	buf_free(&b);
}

void xrechnungparts_allowances(struct xmlout *x, const struct invoice *v)
{
	for (size_t i = 0; i < v->nallowances; i++)
		allowance(x, v, &v->allowances[i]);
}

void xrechnungparts_taxes(struct xmlout *x, const struct invoice *v)
{
	xmlout_open(x, "cac:TaxTotal");
	xmlout_amount(x, "cbc:TaxAmount", v->tax_minor, v->currency);
	for (size_t i = 0; i < v->ntaxes; i++) {
		const struct invoice_tax *t = &v->taxes[i];

		xmlout_open(x, "cac:TaxSubtotal");
		xmlout_amount(x, "cbc:TaxableAmount", t->base_minor, v->currency);
		xmlout_amount(x, "cbc:TaxAmount", t->tax_minor, v->currency);
		tax_category(x, "cac:TaxCategory", t->category, t->pct_e2, words_of(v));
		xmlout_close(x);
	}
	xmlout_close(x);
}

void xrechnungparts_totals(struct xmlout *x, const struct invoice *v)
{
	xmlout_open(x, "cac:LegalMonetaryTotal");
	xmlout_amount(x, "cbc:LineExtensionAmount", v->lines_minor, v->currency);
	xmlout_amount(x, "cbc:TaxExclusiveAmount", v->net_minor, v->currency);
	xmlout_amount(x, "cbc:TaxInclusiveAmount", v->gross_minor, v->currency);
	if (v->nallowances > 0)
		xmlout_amount(x, "cbc:AllowanceTotalAmount", v->allowance_minor, v->currency);
	xmlout_amount(x, "cbc:PayableAmount", v->gross_minor, v->currency);
	xmlout_close(x);
}

/* Codes of UN/ECE Recommendation 20, by enum customer_quantity. per: what one price buys, in units of the quantity. */
static const struct unit { const char *code; int per; } units[] = { { "HUR", 100 }, { "MIN", 60 }, { "LS", 1 } };

/* What rounding the line's amount to the currency's smallest unit did, when that is more than R120 lets pass (0.02): yen. A charge adds to
 * the line, a discount takes away; on a cancellation both are negative. */
static void line_rounding(struct xmlout *x, const struct invoice *v, const struct invoice_line *l)
{
	int overflow = 0;
	int64_t exact = num_div_round((__int128)l->quantity * l->price_e4, (__int128)units[l->unit].per * 100, &overflow);
	__int128 off = (__int128)l->net_minor * (100 / per_major(v)) - exact;
	int charge = (off > 0) == (l->quantity > 0);
	char s[NUM_MAX];

	if (off == 0 || overflow)
		return;
	num_fmt(s, (int64_t)(charge ? off : -off), 2);
	xmlout_open(x, "cac:AllowanceCharge");
	xmlout_text(x, "cbc:ChargeIndicator", charge ? "true" : "false");
	xmlout_text(x, "cbc:AllowanceChargeReason", words_of(v)->rounding);
	xmlout_coded(x, "cbc:Amount", "currencyID", v->currency, s);
	xmlout_close(x);
}

static void item(struct xmlout *x, const struct invoice *v, const struct invoice_line *l)
{
	struct buf b = BUF_INIT;

	buf_fmt(&b, "%s%d", words_of(v)->item, l->pos);
	if (!buf_ok(&b))
		xmlout_nomem(x);
	xmlout_open(x, "cac:Item");
	/* BR-25: there must be a name, even when the project's is made of blanks. */
	xmlout_text(x, "cbc:Name", text_is_blank(l->description) ? buf_text(&b) : l->description);
	tax_category(x, "cac:ClassifiedTaxCategory", l->tax_category, l->tax_pct_e2, NULL);
	xmlout_close(x);
	buf_free(&b);
}

void xrechnungparts_line(struct xmlout *x, const struct invoice *v, const struct invoice_line *l)
{
	const char *unit = units[l->unit].code;
	char s[NUM_MAX];

	xmlout_open(x, "cac:InvoiceLine");
	num_fmt(s, l->pos, 0);
	xmlout_text(x, "cbc:ID", s);
	xmlout_lines(x, "cbc:Note", l->note);
	invoice_quantity_fmt(s, l->unit, l->quantity);
	xmlout_coded(x, "cbc:InvoicedQuantity", "unitCode", unit, s);
	xmlout_amount(x, "cbc:LineExtensionAmount", l->net_minor, v->currency);
	xrechnungparts_period(x, l->from, l->to);
	line_rounding(x, v, l);
	item(x, v, l);
	xmlout_open(x, "cac:Price");
	num_fmt_short(s, l->price_e4, MONEY_RATE_SCALE, money_decimals(v->currency));
	xmlout_coded(x, "cbc:PriceAmount", "currencyID", v->currency, s);
	if (l->unit == QUANTITY_MINUTES)
		xmlout_coded(x, "cbc:BaseQuantity", "unitCode", unit, "60");
	xmlout_close(x);
	xmlout_close(x);
}
