/* Claims of a reconciliation are found by their entries, however these are spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "cli/compareparts.h"

static uint64_t seed = 88172645463325252u;

static uint64_t dice(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Random ones; or all at one end, in the middle, or counted from 0. */
static void id_of(int kind, unsigned k, char out[37])
{
	static const char *const head[] = { "00000000-0000", "ffffffff-ffff", "7fffffff-ffff" };

	if (kind == 3)
		snprintf(out, 37, "%08x-0000-4000-8000-000000000000", k);
	else if (kind < 3)
		snprintf(out, 37, "%s-4000-8000-%012x", head[kind], k);
	else
		snprintf(out, 37, "%08x-%04x-4000-8000-%012x", (unsigned)(dice() >> 32), (unsigned)(dice() & 0xffff), k);
}

static void take(struct compare *c, const char *id, int pos, int late)
{
	struct claim_review v = { .claim = { .pos = pos, .state = CLAIM_VERIFIED } };
	struct err e = ERR_INIT;

	memcpy(v.claim.entry, id, 37);
	snprintf(v.claim.invoice, sizeof v.claim.invoice, "RE-%d", pos * 7919 % 97);
	assert_int_equal(late ? compareparts_add(c, &v, &e) : compareparts_append(c, &v, &e), 0);
}

static void claims_are_found(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 3, 17, 100, 3000 };

	(void)state;
	for (int kind = 0; kind < 5; kind++)
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			const unsigned n = sizes[s], more = n / 3;
			struct compare c = { .pool = pool_new() };
			char (*id)[37] = calloc(2 * n + more + 1, sizeof *id);

			assert_non_null(id);
			for (unsigned i = 0; i < 2 * n + more; i++)
				id_of(kind, 7 * i + 3, id[i]);
			/* Backwards, each second one. */
			for (unsigned i = n; i-- > 0;)
				take(&c, id[2 * i], (int)i + 1, 0);
			compareparts_order(&c);
			for (unsigned i = 0; i < more; i++)
				take(&c, id[2 * n + i], (int)(n + i) + 1, 1);
			assert_int_equal(c.n, n + more);
			assert_int_equal(c.ndocuments, n + more < 97 ? n + more : 97);
			for (size_t i = 1; i < c.ndocuments; i++)
				assert_true(strcmp(c.documents[c.by_number[i - 1]].number, c.documents[c.by_number[i]].number) < 0);
			for (size_t i = 1; i < c.n; i++)
				assert_true(memcmp(c.claims[i - 1].id, c.claims[i].id, 16) < 0);
			for (unsigned i = 0; i < 2 * n + more; i++) {
				const struct compare_claim *k = compareparts_find(&c, id[i]);
				const int pos = i >= 2 * n ? (int)(i - n) + 1 : i % 2 == 0 ? (int)(i / 2) + 1 : 0;

				if (k != NULL) {
					char number[32];

					snprintf(number, sizeof number, "RE-%d", pos * 7919 % 97);
					assert_string_equal(compareparts_number(&c, k), number);
				}
				if (k == NULL ? pos != 0 : k->pos != pos)
					fail_msg("kind %d, %u claims: %s is found on line %d, not %d", kind, n, id[i], k == NULL ? 0 : k->pos, pos);
			}
			assert_null(compareparts_find(&c, "no id"));
			assert_null(compareparts_find(&c, "ffffffff-ffff-ffff-ffff-ffffffffffff"));
			assert_null(compareparts_find(&c, "00000000-0000-0000-0000-000000000000"));
			compare_forget(&c);
			pool_free(c.pool);
			free(id);
		}
}

static void what_is_no_id_is_refused(void **state)
{
	struct compare c = { .pool = pool_new() };
	struct claim_review v = { .claim = { .entry = "x'; --" } };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(compareparts_append(&c, &v, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_non_null(strstr(e.msg, "x'; --"));
	assert_int_equal(c.n, 0);
	compare_forget(&c);
	pool_free(c.pool);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(claims_are_found), cmocka_unit_test(what_is_no_id_is_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
