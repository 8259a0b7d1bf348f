/* Sorting the answer of a batch: odd bodies lose no id and invent none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "awork/batch.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define A "00000000-0000-4000-8000-00000000000a"
#define B "00000000-0000-4000-8000-00000000000b"
#define C "00000000-0000-4000-8000-00000000000c"
#define D "00000000-0000-4000-8000-00000000000d"
#define UPPER_A "00000000-0000-4000-8000-00000000000A"
#define X "ffffffff-0000-4000-8000-00000000000f"

/* Outcomes of C, A, D, B (the order in which they were sent), one letter each: o n u b, '-' for unresolved. */
static void table(void **state)
{
	static const char *const ids[] = { C, A, D, B };
	static const struct { const char *body, *outcome; int rc, foreign, doubled; } rows[] = {
		{ "{\"ok\":{\"ids\":[\"" A "\",\"" B "\",\"" C "\",\"" D "\"]},\"notFound\":{\"ids\":[]},\"unauthorized\":{\"ids\":[]},\"badRequest\":{\"ids\":[]}}", "oooo", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" A "\"]},\"notFound\":{\"ids\":[\"" B "\"]},\"unauthorized\":{\"ids\":[\"" C "\"]},\"badRequest\":{\"ids\":[\"" D "\"]}}", "uobn", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" UPPER_A "\"]}}", "-o--", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" A "\"]},\"notFound\":{\"ids\":[\"" A "\"]}}", "----", 0, 0, 1 },
		{ "{\"notFound\":{\"ids\":[\"" A "\"]},\"badRequest\":{\"ids\":[\"" A "\",\"" A "\"]}}", "----", 0, 0, 1 },
		{ "{\"ok\":{\"ids\":[\"" A "\",\"" A "\"]}}", "-o--", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" A "\",\"" X "\",\"junk\",\"\"]}}", "-o--", 0, 3, 0 },
		{ "{\"notFound\":{\"ids\":[\"" X "\"]}}", "----", 0, 0, 0 },
		{ "{\"ok\":null,\"notFound\":null,\"unauthorized\":null,\"badRequest\":null}", "----", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":null},\"notFound\":{}}", "----", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":\"" A "\"}}", "----", 0, 0, 0 },
		{ "{\"ok\":[\"" A "\"]}", "----", 0, 0, 0 },
		{ "{\"ok\":{\"ids\":[1,null,{},\"" B "\"]}}", "---o", 0, 0, 0 },
		{ "{\"OK\":{\"ids\":[\"" A "\"]}}", "----", 0, 0, 0 },
		{ "{\"code\":\"server-error\"}", "----", 0, 0, 0 },
		{ "{}", "----", 0, 0, 0 },
		{ "", "----", -1, 0, 0 },
		{ "[]", "----", -1, 0, 0 },
		{ "null", "----", -1, 0, 0 },
		{ "<html>", "----", -1, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" A "\"", "----", -1, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" A "\"]},\"ok\":{\"ids\":[\"" B "\"]}}", "----", -1, 0, 0 },
		{ "{\"ok\":{\"ids\":[\"" A "\"]}} x", "----", -1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum batch_outcome outcome[4];
		struct batch_report r;
		char got[5] = "";
		int rc;

		memset(&r, 0x55, sizeof r);
		rc = batch_sort(rows[i].body, strlen(rows[i].body), ids, 4, outcome, &r);
		for (int k = 0; k < 4; k++)
			got[k] = "onub-"[outcome[k]];
		if (rc != rows[i].rc || strcmp(got, rows[i].outcome) != 0 || r.foreign != rows[i].foreign || r.doubled != rows[i].doubled ||
		    memchr(r.note, '\0', sizeof r.note) == NULL)
			fail_msg("row %zu: %d %s foreign %d doubled %d", i, rc, got, r.foreign, r.doubled);
		/* Whatever is not plainly fine leaves a note. */
		if (strcmp(got, "oooo") != 0 && strcmp(got, "uobn") != 0)
			assert_true(r.note[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
