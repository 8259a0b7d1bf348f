/* Contact infos of a company, and names from the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "awork/contact.h"
#include "base/buf.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ADDRESS(sub, zip, city, country) \
	"{\"type\":\"address\",\"subType\":\"" sub "\",\"addressLine1\":\" S 1 \",\"addressLine2\":\"\",\"zipCode\":\"" zip "\",\"city\":\"" city "\",\"country\":\"" country "\"}"
#define MAIL(sub, value) "{\"type\":\"email\",\"subType\":\"" sub "\",\"value\":\"" value "\"}"
#define CUSTOM(label, value) "{\"type\":\"custom\",\"label\":\"" label "\",\"value\":\"" value "\"}"

static const char *text(const char *s)
{
	return s != NULL ? s : "-";
}

static void picks(void **state)
{
	/* zip, city, country, email, vat, customer number, problem */
	static const struct { const char *json, *expected; } rows[] = {
		{ "[]", "- - - - - - no address of kind invoice or central" },
		{ "[" ADDRESS("central", "1", "A", "DE") "," ADDRESS("invoice", "2", "B", "at") "," ADDRESS("other", "3", "C", "DE") "]", "2 B AT - - - -" },
		{ "[" ADDRESS("central", "1", "A", "DE") "," ADDRESS("other", "3", "C", "DE") "]", "1 A DE - - - -" },
		{ "[" ADDRESS("other", "3", "C", "DE") "]", "- - - - - - no address of kind invoice or central" },
		{ "[" ADDRESS("invoice", "1", "A", "DE") "," ADDRESS("invoice", "1", "A", "DE") "]", "- - - - - - more than one address of the same kind" },
		{ "[" ADDRESS("invoice", " ", "A", "Germany") "]", "- A - - - - address without post code; country is no two-letter code" },
		{ "[" ADDRESS("invoice", "1", "", "") "]", "1 - - - - - address without city; address without country" },
		{ "[" ADDRESS("invoice", "1", "A", "D1") "]", "1 A - - - - country is no two-letter code" },
		{ "[" ADDRESS("invoice", "1", "A", "DE") "," MAIL("central", "c@x") "," MAIL("invoice", " i@x ") "]", "1 A DE i@x - - -" },
		{ "[" ADDRESS("invoice", "1", "A", "DE") "," MAIL("central", "c@x") "," MAIL("central", "d@x") "]", "1 A DE - - - more than one e-mail address of the same kind" },
		{ "[" ADDRESS("invoice", "1", "A", "DE") "," CUSTOM("USt-IdNr.", "DE1") "," CUSTOM("Kundennummer", "17") "," CUSTOM("Leitweg-ID", "0") "]", "1 A DE - DE1 17 -" },
		{ "[" ADDRESS("invoice", "1", "A", "DE") "," CUSTOM("VAT ID", "DE1") "," CUSTOM("vat-id", "DE2") "]", "1 A DE - - - more than one VAT id" },
		{ "[" ADDRESS("invoice", "1", "A", "DE") "," CUSTOM("VAT ID", "DE1") "," CUSTOM("vat-id", "DE1") "]", "1 A DE - DE1 - -" },
		{ "[5,null,{\"type\":7},{\"type\":\"address\",\"subType\":null}," ADDRESS("invoice", "1", "A", "DE") "]", "1 A DE - - - -" },
	};
	struct pool *pool = pool_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct jdoc *d = jdoc_parse(rows[i].json, strlen(rows[i].json), &e);
		struct master_contact c;
		struct buf b = BUF_INIT;

		assert_non_null(d);
		assert_int_equal(contact_pick(jdoc_root(d), pool, &c, &e), 0);
		jdoc_free(d);
		buf_fmt(&b, "%s %s %s %s %s %s %s", text(c.zip), text(c.city), text(c.country), text(c.email), text(c.vat_id), text(c.customer_number), text(c.problem));
		assert_string_equal(buf_text(&b), rows[i].expected);
		buf_free(&b);
	}
	pool_free(pool);
}

static void resolving(void **state)
{
	struct master_item v[] = {
		{ .id = "00000000-0000-4000-8000-00000000000a", .name = "Acme" }, { .id = "00000000-0000-4000-8000-00000000000b", .name = "Twin" },
		{ .id = "00000000-0000-4000-8000-00000000000c", .name = "Twin" }, { .id = "00000000-0000-4000-8000-00000000000d" },
	};
	struct master_list l = { v, COUNT(v) };
	struct err e = ERR_INIT;
	const char *id = NULL;

	(void)state;
	assert_int_equal(master_resolve(&l, "company", " Acme ", &id, &e), 0);
	assert_string_equal(id, v[0].id);
	assert_int_equal(master_resolve(&l, "company", "00000000-0000-4000-8000-00000000000D", &id, &e), 0);
	assert_string_equal(id, v[3].id);
	assert_int_equal(master_resolve(&l, "company", "acme", &id, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	err_clear(&e);
	assert_int_equal(master_resolve(&l, "company", "Twin", &id, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.msg, "00b, 00000000"));
	err_clear(&e);
	assert_int_equal(master_resolve(&l, "company", "", &id, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(picks), cmocka_unit_test(resolving) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
