/* complete: what keeps a customer from being invoiced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "billing/complete.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct party whole_seller = { .name = "Studio", .street = "Werftweg 3", .zip = "24103", .city = "Kiel", .country = "DE",
	.vat_id = "DE136695976", .tax_number = "20/123/45678", .contact = "Buchhaltung", .phone = "+49 431 555010", .email = "rechnung@studio.example",
	.iban = "DE02120300000000202051", .register_id = "HRB 1" };

static struct customer whole_customer(const char *category)
{
	struct customer c = { .number = "K-1", .currency = "EUR", .formats = FORMAT_XRECHNUNG, .tax_pct_e2 = strcmp(category, "S") == 0 ? 1900 : 0,
		.debtor_account = "11042", .party = { .name = "Kunde", .street = "Markt 1", .zip = "53111", .city = "Bonn", .country = "DE",
		.email = "eingang@kunde.example" } };

	strcpy(c.tax_category, category);
	if (strcmp(category, "AE") == 0) {
		c.party.country = "AT";
		c.party.vat_id = "ATU12345678";
	}
	return c;
}

/* One value of customer (or seller) changed, and what is said then. */
struct row { size_t at; const char *category, *value, *says; };

#define OF(member) offsetof(struct customer, member)
#define SELLER(member) offsetof(struct party, member)

static void ask(const struct customer *c, const struct party *seller, const struct booking_rules *booking, const char *want, size_t row)
{
	const struct complete_rules r = { seller, booking };
	struct buf b = BUF_INIT;

	complete_customer(c, &r, &b);
	if (strcmp(buf_text(&b), want) != 0)
		fail_msg("row %zu: '%s', not '%s'", row, buf_text(&b), want);
	buf_free(&b);
}

static void whole(void **state)
{
	static const char *const categories[] = { "S", "AE", "E", "O", "G" };

	(void)state;
	for (size_t i = 0; i < COUNT(categories); i++) {
		struct customer c = whole_customer(categories[i]);

		ask(&c, &whole_seller, NULL, "", i);
		c.formats = FORMAT_XLSX | FORMAT_CSV;
		ask(&c, NULL, NULL, "", i);
	}
}

static void buyer(void **state)
{
	static const struct row t[] = {
		{ OF(party.name), "S", NULL, "legal_name (BT-44)" }, { OF(party.name), "S", "\xc2\xa0\x01", "legal_name (BT-44)" },
		{ OF(party.street), "S", "", "street (BT-50)" }, { OF(party.zip), "S", NULL, "zip (BT-53)" }, { OF(party.city), "S", " ", "city (BT-52)" },
		{ OF(party.country), "S", NULL, "country (BT-55)" }, { OF(party.country), "S", "XX", "country (BT-55: no ISO 3166-1 code)" },
		{ OF(party.country), "S", "de", "country (BT-55: no ISO 3166-1 code)" },
		{ OF(party.vat_id), "AE", NULL, "vat_id (BT-48)" }, { OF(party.vat_id), "AE", "12345678", "vat_id (BT-48: not the form of a VAT id)" },
		{ OF(party.vat_id), "AE", "GR123456789", "vat_id (BT-48: no country prefix)" }, { OF(party.vat_id), "AE", "EL 123456789", "" },
		{ OF(party.vat_id), "S", "DE1", "vat_id (BT-48: not the form of a VAT id)" }, { OF(party.vat_id), "O", "nonsense", "" },
		{ OF(party.email), "S", NULL, "endpoint (BT-49)" }, { OF(party.email), "S", "nobody", "endpoint (BT-49: no e-mail address)" },
		{ OF(party.endpoint), "S", "a@b.de", "" }, { OF(party.endpoint), "S", "a b", "endpoint (BT-49: no e-mail address)" },
		{ OF(party.endpoint_scheme), "S", "0204", "" }, /* without an endpoint it says nothing */
		{ OF(number), "S", NULL, "buyer_reference (BT-10)" }, { OF(number), "S", "\xe2\x80\x8b", "buyer_reference (BT-10)" },
		{ OF(buyer_reference), "S", "04011000-12345-03", "" },
		{ OF(buyer_reference), "S", "04011000-12345-99", "buyer_reference (BT-10: wrong check digits of a Leitweg-ID)" },
		{ OF(buyer_reference), "S", "PO 04011000-12345-99", "" }, { OF(buyer_reference), "S", " ", "" },
		{ OF(currency), "S", "KWD", "currency (BT-5: more than two decimals)" }, { OF(currency), "S", "JPY", "" }, { OF(currency), "S", NULL, "currency (BT-5)" },
		{ OF(currency), "S", "XCG", "currency (BT-5: not in the code list of EN 16931)" },
		{ OF(currency), "S", "ABC", "currency (BT-5: not in the code list of EN 16931)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customer c = whole_customer(t[i].category);

		*(const char **)(void *)((char *)&c + t[i].at) = t[i].value;
		ask(&c, &whole_seller, NULL, t[i].says, i);
	}
}

static void endpoints(void **state)
{
	static const struct { const char *endpoint, *scheme, *email, *says; } t[] = {
		{ "04011000-12345-03", "0204", NULL, "" }, { "04011000-12345-99", "0204", NULL, "endpoint (BT-49: wrong check digits of a Leitweg-ID)" },
		{ "K-1", "0204", NULL, "endpoint (BT-49: no Leitweg-ID)" }, { "DE136695976", "9930", NULL, "" },
		{ "DE136695976", "9999", NULL, "endpoint_scheme (BT-49: not in the code list of electronic addresses)" },
		{ "DE136695976", "em", NULL, "endpoint_scheme (BT-49: not in the code list of electronic addresses)" },
		{ "a@b.de", "", NULL, "" }, { NULL, "0204", "a@b.de", "" }, { "\xc2\xa0", "0204", "a@b.de", "" }, { NULL, NULL, " ", "endpoint (BT-49)" },
	};
	const char *address = "kept", *scheme = "kept";
	struct party p = { .endpoint_scheme = "0204" };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customer c = whole_customer("S");

		c.party.endpoint = t[i].endpoint;
		c.party.endpoint_scheme = t[i].scheme;
		c.party.email = t[i].email;
		ask(&c, &whole_seller, NULL, t[i].says, i);
	}
	assert_false(complete_endpoint(&p, &address, &scheme));
	assert_string_equal(address, "kept");
	p.email = "a@b.de";
	assert_true(complete_endpoint(&p, &address, &scheme));
	assert_string_equal(scheme, "EM");
	assert_ptr_equal(address, p.email);
	p.endpoint = "04011000-12345-03";
	assert_true(complete_endpoint(&p, &address, &scheme));
	assert_string_equal(scheme, "0204");
	assert_ptr_equal(address, p.endpoint);
}

static void seller(void **state)
{
	static const struct row t[] = {
		{ SELLER(name), "S", NULL, "[seller] name (BT-27)" }, { SELLER(street), "S", NULL, "[seller] street (BT-35)" },
		{ SELLER(zip), "S", " ", "[seller] zip (BT-38)" }, { SELLER(city), "S", NULL, "[seller] city (BT-37)" },
		{ SELLER(country), "S", "D", "[seller] country (BT-40: no ISO 3166-1 code)" }, { SELLER(vat_id), "S", NULL, "" },
		{ SELLER(vat_id), "AE", NULL, "[seller] vat_id (BT-31)" }, { SELLER(vat_id), "G", NULL, "[seller] vat_id (BT-31)" },
		{ SELLER(vat_id), "S", "136695976", "[seller] vat_id (BT-31: not the form of a VAT id)" }, { SELLER(vat_id), "O", "136695976", "" },
		{ SELLER(vat_id), "S", "XX136695976", "[seller] vat_id (BT-31: no country prefix)" },
		{ SELLER(tax_number), "S", NULL, "" }, { SELLER(tax_number), "O", NULL, "[seller] tax_number (BT-32)" },
		{ SELLER(register_id), "S", NULL, "" }, { SELLER(register_id), "O", NULL, "[seller] register_id (BT-30)" },
		{ SELLER(contact), "S", NULL, "[seller] contact (BT-41)" }, { SELLER(phone), "S", NULL, "[seller] phone (BT-42)" },
		{ SELLER(phone), "S", "+4 9", "[seller] phone (BT-42: fewer than three digits)" }, { SELLER(phone), "S", "1-2-3", "" },
		{ SELLER(email), "S", "nobody", "[seller] email (BT-43: no e-mail address), [seller] endpoint (BT-34: no e-mail address)" },
		{ SELLER(email), "S", NULL, "[seller] email (BT-43), [seller] endpoint (BT-34)" }, { SELLER(iban), "S", NULL, "[seller] iban (BT-84)" },
		{ SELLER(iban), "S", "DE02120300000000202052", "[seller] iban (BT-84: wrong check digits or length)" },
		{ SELLER(endpoint), "S", "x@y.de", "" }, { SELLER(endpoint), "S", "x", "[seller] endpoint (BT-34: no e-mail address)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customer c = whole_customer(t[i].category);
		struct party s = whole_seller;

		*(const char **)(void *)((char *)&s + t[i].at) = t[i].value;
		ask(&c, &s, NULL, t[i].says, i);
		/* Other documents get along without. */
		c.formats = FORMAT_XLSX;
		ask(&c, &s, NULL, "", i);
	}
}

/* Without a VAT id: the tax number, and another id (BR-CO-26). */
static void sellers_ids(void **state)
{
	static const struct { const char *category, *tax_number, *register_id, *says; } t[] = {
		{ "S", "1", "HRB 1", "" }, { "E", "1", "HRB 1", "" }, { "O", "1", "HRB 1", "" }, { "E", "1", NULL, "[seller] register_id (BT-30)" },
		{ "S", NULL, "HRB 1", "[seller] tax_number (BT-32: this or vat_id is needed)" }, { "O", NULL, "HRB 1", "[seller] tax_number (BT-32)" },
		{ "S", NULL, NULL, "[seller] tax_number (BT-32: this or vat_id is needed), [seller] register_id (BT-30)" },
		{ "AE", "1", "HRB 1", "[seller] vat_id (BT-31)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customer c = whole_customer(t[i].category);
		struct party s = whole_seller;

		s.vat_id = i % 2 == 0 ? NULL : " ";
		s.tax_number = t[i].tax_number;
		s.register_id = t[i].register_id;
		ask(&c, &s, NULL, t[i].says, i);
	}
}

static void rates(void **state)
{
	static const struct { const char *category; int64_t pct_e2; const char *says; } t[] = {
		{ "S", 1, "" }, { "S", 0, "tax_rate (BT-119: 0 with category S)" }, { "AE", 1900, "tax_rate (BT-119: not 0, but the category has no VAT)" },
		{ "E", 700, "tax_rate (BT-119: not 0, but the category has no VAT)" }, { "O", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct customer c = whole_customer(t[i].category);

		c.tax_pct_e2 = t[i].pct_e2;
		ask(&c, &whole_seller, NULL, t[i].says, i);
		c.formats = FORMAT_CSV;
		ask(&c, &whole_seller, NULL, "", i);
	}
}

static void bookings(void **state)
{
	static const struct { const char *account, *category; int64_t length; const char *says; } t[] = {
		{ "11042", "S", 4, "" }, { "69999", "S", 4, "" }, { "110420", "S", 5, "" }, { NULL, "S", 4, "debtor_account (DATEV)" },
		{ " ", "S", 4, "debtor_account (DATEV)" }, { "1104", "S", 4, "debtor_account (DATEV: 5 digits that begin with 1 to 6)" },
		{ "110420", "S", 4, "debtor_account (DATEV: 5 digits that begin with 1 to 6)" },
		{ "11042", "S", 5, "debtor_account (DATEV: 6 digits that begin with 1 to 6)" },
		{ "1104x", "S", 4, "debtor_account (DATEV: 5 digits that begin with 1 to 6)" },
		{ "01042", "S", 4, "debtor_account (DATEV: 5 digits that begin with 1 to 6)" },
		{ "70000", "S", 4, "debtor_account (DATEV: 5 digits that begin with 1 to 6)" },
		{ "11042", "E", 4, "[datev] accounts (DATEV: none for E 0)" }, { "11042", "AE", 4, "" },
		{ "1", "O", 4, "debtor_account (DATEV: 5 digits that begin with 1 to 6), [datev] accounts (DATEV: none for O 0)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct booking_rules r = { .account_length = t[i].length, .naccounts = 2,
			.accounts = { { .category = "S", .pct_e2 = 1900, .account = "8400" }, { .category = "AE", .account = "8336" } } };
		struct customer c = whole_customer(t[i].category);

		c.debtor_account = t[i].account;
		ask(&c, &whole_seller, &r, t[i].says, i);
		c.formats = FORMAT_XLSX;
		ask(&c, &whole_seller, &r, t[i].says, i);
		ask(&c, &whole_seller, NULL, "", i);
	}
}

/* The old minimum, word by word, and everything at once in its order. */
static void everything_missing(void **state)
{
	struct customer c = { .tax_category = "AE" };
	struct booking_rules booking = { .account_length = 4 };

	(void)state;
	ask(&c, NULL, NULL, "legal_name (BT-44), street (BT-50), zip (BT-53), city (BT-52), country (BT-55), vat_id (BT-48)", 0);
	c.formats = FORMAT_XRECHNUNG | FORMAT_CSV;
	ask(&c, NULL, &booking,
	    "legal_name (BT-44), street (BT-50), zip (BT-53), city (BT-52), country (BT-55), vat_id (BT-48), currency (BT-5), buyer_reference (BT-10), "
	    "endpoint (BT-49), [seller] name (BT-27), [seller] street (BT-35), [seller] zip (BT-38), [seller] city (BT-37), [seller] country (BT-40), "
	    "[seller] vat_id (BT-31), [seller] tax_number (BT-32: this or vat_id is needed), [seller] register_id (BT-30), [seller] contact (BT-41), "
	    "[seller] phone (BT-42), [seller] email (BT-43), [seller] iban (BT-84), [seller] endpoint (BT-34), debtor_account (DATEV), "
	    "[datev] accounts (DATEV: none for AE 0)", 1);
}

static void no_rules(void **state)
{
	struct customer c = whole_customer("S");
	struct buf b = BUF_INIT;

	(void)state;
	c.formats = 0;
	complete_customer(&c, NULL, &b);
	assert_string_equal(buf_text(&b), "");
	c.party.zip = NULL;
	buf_str(&b, "kept: ");
	complete_customer(&c, NULL, &b);
	assert_string_equal(buf_text(&b), "kept: zip (BT-53)");
	buf_free(&b);
}

static void add_sentence(void *ctx, const char *sentence)
{
	buf_fmt(ctx, "%s\n", sentence);
}

static void seller_alone(void **state)
{
	struct party s = whole_seller;
	struct buf b = BUF_INIT;

	(void)state;
	complete_seller(&s, FORMAT_XRECHNUNG, add_sentence, &b);
	assert_string_equal(buf_text(&b), "");
	s.phone = NULL;
	s.iban = "DE";
	s.vat_id = NULL;
	s.register_id = NULL;
	complete_seller(&s, FORMAT_XLSX | FORMAT_CSV, add_sentence, &b);
	assert_string_equal(buf_text(&b), "");
	complete_seller(&s, FORMAT_XLSX | FORMAT_XRECHNUNG, add_sentence, &b);
	assert_string_equal(buf_text(&b), "[seller] register_id is empty (BT-30)\n[seller] phone is empty (BT-42)\n"
	                                  "[seller] iban (BT-84): wrong check digits or length\n");
	buf_reset(&b);
	s.tax_number = "";
	complete_seller(&s, FORMAT_XRECHNUNG, add_sentence, &b);
	assert_non_null(strstr(buf_text(&b), "[seller] tax_number (BT-32): this or vat_id is needed\n"));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(buyer), cmocka_unit_test(endpoints), cmocka_unit_test(seller), cmocka_unit_test(sellers_ids),
		cmocka_unit_test(rates), cmocka_unit_test(bookings), cmocka_unit_test(everything_missing), cmocka_unit_test(no_rules),
		cmocka_unit_test(seller_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
