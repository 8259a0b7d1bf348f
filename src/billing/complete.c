#include "billing/complete.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "billing/identifier.h"
#include "billing/money.h"

/* Who is asked about. c is NULL when the seller stands alone. */
struct subject {
	const struct customer *c;
	const struct party *seller;
	const struct booking_rules *booking;
	unsigned formats;
	char words[96];
};

/* Judges one value (NULL when it is missing): NULL when it will do, "" when it must be filled in, else what is wrong with it. */
typedef const char *judge_fn(struct subject *s, const char *value);

static int is_category(const struct subject *s, const char *category)
{
	return s->c != NULL && strcmp(s->c->tax_category, category) == 0;
}

static const char *given(const char *s)
{
	return text_is_blank(s) ? NULL : s;
}

static const char *needed(struct subject *s, const char *value)
{
	(void)s;
	return value == NULL ? "" : NULL;
}

static const char *country(struct subject *s, const char *value)
{
	if (value == NULL)
		return "";
	return (s->formats & FORMAT_XRECHNUNG) != 0 && !identifier_country_ok(value) ? "no ISO 3166-1 code" : NULL;
}

/* A VAT id that XRechnung prints; with category O none may be printed (BR-O-02). */
static const char *vat_id(const struct subject *s, const char *value)
{
	if (value == NULL || (s->formats & FORMAT_XRECHNUNG) == 0 || is_category(s, "O"))
		return NULL;
	if (!identifier_vat_shape(value))
		return "not the form of a VAT id";
	return identifier_vat_prefix_ok(value) ? NULL : "no country prefix";
}

static const char *buyer_vat_id(struct subject *s, const char *value)
{
	return value == NULL && is_category(s, "AE") ? "" : vat_id(s, value);
}

/* UStG section 14a for AE; BR-G-02. */
static const char *seller_vat_id(struct subject *s, const char *value)
{
	return value == NULL && (is_category(s, "AE") || is_category(s, "G")) ? "" : vat_id(s, value);
}

static const char *seller_tax_number(struct subject *s, const char *value)
{
	if (value != NULL)
		return NULL;
	if (is_category(s, "O"))
		return "";
	return given(s->seller->vat_id) == NULL ? "this or vat_id is needed" : NULL;
}

/* BR-CO-26: without a VAT id the seller is known by another id. */
static const char *seller_register_id(struct subject *s, const char *value)
{
	return value == NULL && (given(s->seller->vat_id) == NULL || is_category(s, "O")) ? "" : NULL;
}

static const char *phone(struct subject *s, const char *value)
{
	int digits = 0;

	(void)s;
	for (const char *p = value; p != NULL && *p != '\0'; p++)
		digits += *p >= '0' && *p <= '9';
	return value == NULL ? "" : digits < 3 ? "fewer than three digits" : NULL;
}

static const char *email(struct subject *s, const char *value)
{
	(void)s;
	return value == NULL ? "" : identifier_email_ok(value) ? NULL : "no e-mail address";
}

static const char *iban(struct subject *s, const char *value)
{
	(void)s;
	return value == NULL ? "" : identifier_iban_ok(value) ? NULL : "wrong check digits or length";
}

int complete_endpoint(const struct party *p, const char **address, const char **scheme)
{
	if (!text_is_blank(p->endpoint)) {
		*address = p->endpoint;
		*scheme = text_is_blank(p->endpoint_scheme) ? "EM" : p->endpoint_scheme;
		return 1;
	}
	if (text_is_blank(p->email))
		return 0;
	*address = p->email;
	*scheme = "EM";
	return 1;
}

static const char *leitweg(const char *s)
{
	return identifier_leitweg_ok(s) ? NULL : identifier_leitweg_shape(s) ? "wrong check digits of a Leitweg-ID" : "no Leitweg-ID";
}

static const char *endpoint(const struct party *p)
{
	const char *address, *scheme;

	if (!complete_endpoint(p, &address, &scheme))
		return "";
	if (strcmp(scheme, "EM") == 0)
		return identifier_email_ok(address) ? NULL : "no e-mail address";
	if (strcmp(scheme, "0204") == 0)
		return leitweg(address);
	return NULL;
}

static const char *scheme_of(const struct party *p)
{
	const char *address, *scheme;

	if (!complete_endpoint(p, &address, &scheme) || identifier_scheme_ok(scheme))
		return NULL;
	return "not in the code list of electronic addresses";
}

static const char *buyer_endpoint(struct subject *s, const char *value)
{
	(void)value;
	return endpoint(&s->c->party);
}

static const char *buyer_scheme(struct subject *s, const char *value)
{
	(void)value;
	return scheme_of(&s->c->party);
}

static const char *seller_endpoint(struct subject *s, const char *value)
{
	(void)value;
	return endpoint(s->seller);
}

static const char *seller_scheme(struct subject *s, const char *value)
{
	(void)value;
	return scheme_of(s->seller);
}

static const char *buyer_reference(struct subject *s, const char *value)
{
	(void)value;
	if (given(s->c->buyer_reference) == NULL)
		return given(s->c->number) == NULL ? "" : NULL;
	return identifier_leitweg_shape(s->c->buyer_reference) ? leitweg(s->c->buyer_reference) : NULL;
}

static const char *currency(struct subject *s, const char *value)
{
	/* Current or former codes of ISO 4217 that CEN 1.3.15 or 1.3.16 lacks (BR-CL-04). */
	static const char unlisted[][4] = { "ANG", "BGN", "CUC", "STN", "XCG", "ZWL" };
	int decimals = money_decimals(s->c->currency);

	(void)value;
	if (s->c->currency == NULL)
		return "";
	for (size_t i = 0; i < sizeof unlisted / sizeof *unlisted; i++)
		if (strcmp(s->c->currency, unlisted[i]) == 0)
			decimals = -1;
	return decimals < 0 ? "not in the code list of EN 16931" : decimals > 2 ? "more than two decimals" : NULL;
}

/* BR-S-05, BR-AE-05, BR-E-05, BR-G-05. */
static const char *tax_rate(struct subject *s, const char *value)
{
	(void)value;
	if (is_category(s, "S"))
		return s->c->tax_pct_e2 > 0 ? NULL : "0 with category S";
	return s->c->tax_pct_e2 == 0 ? NULL : "not 0, but the category has no VAT";
}

/* Debtors begin with 1 to 6, creditors with 7 to 9. */
static const char *debtor_account(struct subject *s, const char *value)
{
	const char *a = s->c->debtor_account;
	size_t n;

	(void)value;
	if (s->booking == NULL)
		return NULL;
	if (given(a) == NULL)
		return "";
	n = strlen(a);
	if (strspn(a, "0123456789") == n && (int64_t)n == s->booking->account_length + 1 && a[0] >= '1' && a[0] <= '6')
		return NULL;
	snprintf(s->words, sizeof s->words, "%d digits that begin with 1 to 6", (int)s->booking->account_length + 1);
	return s->words;
}

static const char *revenue_account(struct subject *s, const char *value)
{
	char rate[NUM_MAX];

	(void)value;
	if (s->booking == NULL || booking_account(s->booking, s->c->tax_category, s->c->tax_pct_e2) != NULL)
		return NULL;
	num_fmt_short(rate, s->c->tax_pct_e2, MONEY_PCT_SCALE, 0);
	snprintf(s->words, sizeof s->words, "none for %s %s", s->c->tax_category, rate);
	return s->words;
}

#define OF(member) offsetof(struct party, member)

enum whose { BUYER, SELLER, BOOKING };

/* Everything that is asked, in the order in which it is reported. */
static const struct rule {
	enum whose whose;
	unsigned formats;   /* asked when one of them is wanted; 0: always */
	const char *key, *term;
	judge_fn *judge;
	size_t value;       /* in the party; rules that look elsewhere ignore it */
} rules[] = {
	{ BUYER, 0, "legal_name", "BT-44", needed, OF(name) },
	{ BUYER, 0, "street", "BT-50", needed, OF(street) },
	{ BUYER, 0, "zip", "BT-53", needed, OF(zip) },
	{ BUYER, 0, "city", "BT-52", needed, OF(city) },
	{ BUYER, 0, "country", "BT-55", country, OF(country) },
	{ BUYER, 0, "vat_id", "BT-48", buyer_vat_id, OF(vat_id) },
	{ BUYER, FORMAT_XRECHNUNG, "tax_rate", "BT-119", tax_rate, 0 },
	{ BUYER, FORMAT_XRECHNUNG, "currency", "BT-5", currency, 0 },
	{ BUYER, FORMAT_XRECHNUNG, "buyer_reference", "BT-10", buyer_reference, 0 },
	{ BUYER, FORMAT_XRECHNUNG, "endpoint", "BT-49", buyer_endpoint, 0 },
	{ BUYER, FORMAT_XRECHNUNG, "endpoint_scheme", "BT-49", buyer_scheme, 0 },
	{ SELLER, FORMAT_XRECHNUNG, "name", "BT-27", needed, OF(name) },
	{ SELLER, FORMAT_XRECHNUNG, "street", "BT-35", needed, OF(street) },
	{ SELLER, FORMAT_XRECHNUNG, "zip", "BT-38", needed, OF(zip) },
	{ SELLER, FORMAT_XRECHNUNG, "city", "BT-37", needed, OF(city) },
	{ SELLER, FORMAT_XRECHNUNG, "country", "BT-40", country, OF(country) },
	{ SELLER, FORMAT_XRECHNUNG, "vat_id", "BT-31", seller_vat_id, OF(vat_id) },
	{ SELLER, FORMAT_XRECHNUNG, "tax_number", "BT-32", seller_tax_number, OF(tax_number) },
	{ SELLER, FORMAT_XRECHNUNG, "register_id", "BT-30", seller_register_id, OF(register_id) },
	{ SELLER, FORMAT_XRECHNUNG, "contact", "BT-41", needed, OF(contact) },
	{ SELLER, FORMAT_XRECHNUNG, "phone", "BT-42", phone, OF(phone) },
	{ SELLER, FORMAT_XRECHNUNG, "email", "BT-43", email, OF(email) },
	{ SELLER, FORMAT_XRECHNUNG, "iban", "BT-84", iban, OF(iban) },
	{ SELLER, FORMAT_XRECHNUNG, "endpoint", "BT-34", seller_endpoint, 0 },
	{ SELLER, FORMAT_XRECHNUNG, "endpoint_scheme", "BT-34", seller_scheme, 0 },
	{ BUYER, 0, "debtor_account", "DATEV", debtor_account, 0 },
	{ BOOKING, 0, "accounts", "DATEV", revenue_account, 0 },
};
#define NRULES (sizeof rules / sizeof *rules)

static const char *judge(const struct rule *r, struct subject *s)
{
	const struct party *p = r->whose == SELLER ? s->seller : &s->c->party;

	if (r->formats != 0 && (r->formats & s->formats) == 0)
		return NULL;
	return r->judge(s, given(*(const char *const *)(const void *)((const char *)p + r->value)));
}

void complete_customer(const struct customer *c, const struct complete_rules *r, struct buf *out)
{
	static const char *const where[] = { "", "[seller] ", "[datev] " };
	static const struct party nobody;
	struct subject s = { .c = c, .seller = &nobody, .booking = r != NULL ? r->booking : NULL, .formats = c->formats };
	const char *comma = "";

	if (r != NULL && r->seller != NULL)
		s.seller = r->seller;
	for (size_t i = 0; i < NRULES; i++) {
		const struct rule *x = &rules[i];
		const char *wrong = judge(x, &s);

		if (wrong == NULL)
			continue;
		buf_fmt(out, "%s%s%s (%s%s%s)", comma, where[x->whose], x->key, x->term, *wrong != '\0' ? ": " : "", wrong);
		comma = ", ";
	}
}

void complete_seller(const struct party *seller, unsigned formats, void (*each)(void *ctx, const char *sentence), void *ctx)
{
	struct subject s = { .seller = seller, .formats = formats };

	for (size_t i = 0; i < NRULES; i++) {
		const struct rule *x = &rules[i];
		const char *wrong = x->whose == SELLER ? judge(x, &s) : NULL;
		char sentence[160];

		if (wrong == NULL)
			continue;
		snprintf(sentence, sizeof sentence, "[seller] %s%s (%s)%s%s", x->key, *wrong == '\0' ? " is empty" : "", x->term,
		    *wrong == '\0' ? "" : ": ", wrong);
		each(ctx, sentence);
	}
}
