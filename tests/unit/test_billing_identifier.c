/* identifier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "billing/identifier.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct row { const char *s; int ok; };

static void each(const struct row *t, size_t n, int (*f)(const char *s))
{
	for (size_t i = 0; i < n; i++)
		if (f(t[i].s) != t[i].ok)
			fail_msg("row %zu: '%s'", i, t[i].s == NULL ? "(null)" : t[i].s);
}

static void iban(void **state)
{
	static const struct row t[] = {
		{ "DE02120300000000202051", 1 }, { "DE02 1203 0000 0000 2020 51", 1 }, { "de02120300000000202051", 1 }, { "DE02\xc2\xa0" "120300000000202051", 1 },
		{ "GB82WEST12345698765432", 1 }, { "NO9386011117947", 1 }, { "MT84MALT011000012345MTLCAST001S", 1 }, { "FR1420041010050500013M02606", 1 },
		{ "DE03120300000000202051", 0 }, { "DE02120300000000202015", 0 }, { "DE0212030000000020205", 0 }, { "DE021203000000002020510", 0 },
		{ "", 0 }, { NULL, 0 }, { "DE", 0 }, { "D102120300000000202051", 0 }, { "DEX2120300000000202051", 0 }, { "DE02-1203-0000-0000-2020-51", 0 },
		{ "DE02120300000000202051DE02120300000000202051DE02120300000000202051", 0 }, { "\xc3\x84" "E02120300000000202051", 0 }, { "97", 0 },
	};

	(void)state;
	each(t, COUNT(t), identifier_iban_ok);
}

/* Any one digit changed, any two neighbours exchanged: found. */
static void iban_typing_errors(void **state)
{
	static const char right[] = "DE02120300000000202051";
	char s[sizeof right];

	(void)state;
	for (size_t i = 2; i + 1 < sizeof right; i++) {
		for (char c = '0'; c <= '9'; c++) {
			memcpy(s, right, sizeof right);
			s[i] = c;
			assert_int_equal(identifier_iban_ok(s), c == right[i]);
		}
		if (i + 2 == sizeof right || right[i] == right[i + 1])
			continue;
		memcpy(s, right, sizeof right);
		s[i] = right[i + 1];
		s[i + 1] = right[i];
		assert_false(identifier_iban_ok(s));
	}
}

static void leitweg(void **state)
{
	static const struct { const char *s; int shape, ok; } t[] = {
		{ "04011000-12345-03", 1, 1 }, { "04011000-12345-99", 1, 0 }, { "04011000-12345-30", 1, 0 }, { "991-33333TEST-33", 1, 1 },
		{ "991-33333test-33", 1, 1 }, { "05315-31001-86", 1, 1 }, { "04011000-1234512345-06", 1, 1 }, { "04011000-1234512345-07", 1, 0 },
		{ "09-71", 1, 1 }, { "09-72", 1, 0 }, { "16-A-00", 1, 0 }, { "99-A-00", 1, 0 },
		{ "00-A-00", 0, 0 }, { "17-A-00", 0, 0 }, { "98-A-00", 0, 0 }, { "1-A-00", 0, 0 }, { "0401-12345-03", 0, 0 }, { "040110-1-03", 0, 0 },
		{ "040110001234-1-03", 1, 0 }, { "0401100012345-1-03", 0, 0 }, { "04011000-12345-3", 0, 0 }, { "04011000-12345-033", 0, 0 },
		{ "04011000-12345-0x", 0, 0 }, { "04011000--03", 0, 0 }, { "04011000-1-2-03", 0, 0 }, { "04011000-12 45-03", 0, 0 }, { "04011000", 0, 0 },
		{ "04011000-", 0, 0 }, { "", 0, 0 }, { NULL, 0, 0 }, { "K-1042", 0, 0 }, { "4500012345", 0, 0 }, { " 04011000-12345-03", 0, 0 },
		{ "04011000-123456789012345678901234567890-03", 1, 0 }, { "04011000-1234567890123456789012345678901-03", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (identifier_leitweg_shape(t[i].s) != t[i].shape || identifier_leitweg_ok(t[i].s) != t[i].ok)
			fail_msg("row %zu: '%s'", i, t[i].s);
}

static void vat(void **state)
{
	static const struct { const char *s; int shape, prefix, digits; } t[] = {
		{ "DE136695976", 1, 1, 1 }, { "DE863972506", 1, 1, 1 }, { "DE 136 695 976", 1, 1, 1 }, { "de136695976", 1, 1, 1 }, { "DE123456789", 1, 1, 0 }, { "DE136695967", 1, 1, 0 },
		{ "DE1", 0, 1, 0 }, { "DE13669597", 0, 1, 0 }, { "DE1366959760", 0, 1, 0 }, { "DE13669597X", 0, 1, 0 },
		{ "ATU12345678", 1, 1, 1 }, { "EL123456789", 1, 1, 1 }, { "GR123456789", 1, 0, 1 }, { "IE1A23456X", 1, 1, 1 }, { "IE1+23456X", 1, 1, 1 },
		{ "IE1*23456X", 1, 1, 1 }, { "XI123456789", 1, 1, 1 }, { "NL123456789B01", 1, 1, 1 }, { "NL1234567890B01X", 0, 1, 1 }, { "NL1", 0, 1, 1 },
		{ "123456789", 0, 0, 1 }, { "XX123456789", 1, 0, 1 }, { "EU123456789", 1, 0, 1 }, { "", 0, 0, 0 }, { NULL, 0, 0, 0 }, { "D", 0, 0, 1 },
		{ "AT-U12345678", 0, 1, 1 }, { "AT\xc3\x9c" "12345678", 0, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (identifier_vat_shape(t[i].s) != t[i].shape || identifier_vat_prefix_ok(t[i].s) != t[i].prefix ||
		    identifier_vat_digits_ok(t[i].s) != t[i].digits)
			fail_msg("row %zu: '%s'", i, t[i].s);
}

static void codes(void **state)
{
	static const struct row countries[] = {
		{ "DE", 1 }, { "1A", 1 }, { "AD", 1 }, { "ZW", 1 }, { "XI", 1 }, { "GB", 1 }, { "EL", 0 }, { "XX", 0 }, { "de", 0 }, { "DEU", 0 }, { "D", 0 },
		{ "EA", 0 }, { "", 0 }, { NULL, 0 }, { "AA", 0 }, { "A1", 0 },
	}, schemes[] = {
		{ "EM", 1 }, { "0204", 1 }, { "9930", 1 }, { "0088", 1 }, { "0002", 1 }, { "9959", 1 }, { "AN", 1 }, { "AU", 1 }, { "em", 0 }, { "0242", 0 },
		{ "0001", 0 }, { "02", 0 }, { "0204 ", 0 }, { "4 99", 0 }, { "M ", 0 }, { "", 0 }, { NULL, 0 }, { "EMAIL", 0 }, { "9906", 0 },
	}, emails[] = {
		{ "a@b.de", 1 }, { "rechnung@studio.example", 1 }, { "a.b+c@x.y.z", 1 }, { "\xc3\xa4@\xc3\xb6.de", 1 }, { "a@b", 0 }, { "@b.de", 0 },
		{ "a@b.", 0 }, { "a@.de", 0 }, { "a@b..de", 0 }, { "a@@b.de", 0 }, { "a@b@c.de", 0 }, { "a b@c.de", 0 }, { "a@b .de", 0 }, { "", 0 },
		{ NULL, 0 }, { "a@b.de\n", 0 }, { "a\x01@b.de", 0 }, { "a@b.de\xe2\x80\xa8", 0 }, { "ab.de", 0 }, { "\xff@b.de", 0 },
	};

	(void)state;
	each(countries, COUNT(countries), identifier_country_ok);
	each(schemes, COUNT(schemes), identifier_scheme_ok);
	each(emails, COUNT(emails), identifier_email_ok);
}

static void compact(void **state)
{
	static const struct { const char *s, *want; } t[] = {
		{ "", "" }, { NULL, "" }, { " a b\tc\xc2\xa0" "d\xe2\x80\xaf" "e\xe2\x80\x8b" "f ", "ABCDEF" }, { "\xc3\xa4", "\xc3\xa4" },
		{ "012345678901234567890123456789012345678901234567890123456789012", "012345678901234567890123456789012345678901234567890123456789012" },
		{ "0123456789012345678901234567890123456789012345678901234567890123", "" }, { "\xff", "\xff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char out[IDENTIFIER_MAX];

		assert_ptr_equal(identifier_compact(out, t[i].s), out);
		assert_string_equal(out, t[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iban), cmocka_unit_test(iban_typing_errors), cmocka_unit_test(leitweg), cmocka_unit_test(vat), cmocka_unit_test(codes),
		cmocka_unit_test(compact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
