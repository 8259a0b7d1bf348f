/* brake: limits to the cent, medians, what is a history, days and overlaps whatever the order of the entries. */
#include "test_billing_common.h"

#include "base/text.h"
#include "billing/brake.h"

#define A "22222222-0000-4000-8000-00000000000a"
#define B "22222222-0000-4000-8000-00000000000b"

/* Findings as one line of text. */
static int on_finding(void *ctx, const struct brake_finding *f, struct err *e)
{
	char *out = ctx;

	(void)e;
	if (f->more > 0)
		sprintf(out + strlen(out), "%s +%lld;", brake_name(f->kind), (long long)f->more);
	else
		sprintf(out + strlen(out), "%s %s %lld/%lld;", brake_name(f->kind), f->subject + (strlen(f->subject) > 3 ? 35 : 0), (long long)f->value, (long long)f->usual);
	return 0;
}

static struct brake_rules rules(void)
{
	return (struct brake_rules){ .action = { BRAKE_STOP, BRAKE_STOP, BRAKE_STOP, BRAKE_STOP, BRAKE_STOP }, .run_pct = 300, .customer_pct = 500, .customer_from = 10,
		.gone_periods = 3, .day_secs = 86400 };
}

static void medians(void **state)
{
	int64_t odd[] = { 9, 1, 5 }, even[] = { 4, 1, 8, 3 }, one[] = { 7 }, minus[] = { -3, -4 }, big[] = { INT64_MAX, INT64_MAX - 1 };

	(void)state;
	assert_int_equal(brake_median(odd, 3), 5);
	assert_int_equal(brake_median(even, 4), 4);
	assert_int_equal(brake_median(one, 1), 7);
	assert_int_equal(brake_median(minus, 2), -4);
	assert_int_equal(brake_median(big, 2), INT64_MAX);
}

static void sums(void **state)
{
	static const struct brake_past three[] = { { A, "EUR", 1, 1000 }, { A, "EUR", 2, 2000 }, { A, "EUR", 3, 3000 } };
	static const struct brake_past second[] = { { A, "EUR", 0, 5999 }, { A, "EUR", 1, 1000 }, { A, "EUR", 2, 2000 }, { A, "EUR", 3, 3000 } };
	static const struct brake_past two[] = { { A, "EUR", 1, 1000 }, { A, "EUR", 3, 3000 } };
	static const struct brake_past both[] = { { A, "EUR", 1, 1000 }, { A, "EUR", 2, 2000 }, { A, "EUR", 3, 3000 }, { B, "EUR", 1, 10 }, { B, "EUR", 2, 10 }, { B, "EUR", 3, 10 },
		{ B, "JPY", 1, 10 }, { B, "JPY", 2, 10 }, { B, "JPY", 3, 10 } };
	static const struct brake_past holes[] = { { B, "EUR", 1, 10 }, { B, "EUR", 3, 10 }, { B, "EUR", 4, 10 } };
	static const struct { const struct brake_past *past; size_t n; int periods; const char *company, *currency; int64_t net; int filtered; const char *want; } t[] = {
		{ three, 3, 3, A, "EUR", 6000, 0, "" },
		{ three, 3, 3, A, "EUR", 6001, 0, "run EUR 6001/2000;" },
		{ three, 3, 3, A, "EUR", 10001, 1, "run EUR 10001/2000;customer a 10001/2000;" },
		{ three, 3, 3, A, "EUR", 667, 0, "" },
		{ three, 3, 3, A, "EUR", 666, 0, "run EUR 666/2000;" },
		{ three, 3, 3, A, "EUR", 666, 1, "" },
		{ second, 4, 3, A, "EUR", 1, 0, "" },
		{ second, 4, 3, A, "EUR", 2, 0, "run EUR 6001/2000;" },
		{ two, 2, 3, A, "EUR", 999999, 0, "" },
		{ NULL, 0, 0, A, "EUR", 999999, 0, "" },
		{ three, 3, 3, A, "JPY", 999999, 0, "run EUR 0/2000;" },
		{ both, 9, 3, A, "EUR", 2000, 0, "run JPY 0/10;gone b 0/10;gone b 0/10;" },
		{ both, 9, 3, A, "EUR", 2000, 1, "" },
		{ holes, 3, 4, A, "EUR", 20, 0, "" },
		/* Customers' totals up to 10.00 EUR, 10 JPY are never far: the median of the run is another matter. */
		{ both + 3, 6, 3, B, "EUR", 1000, 0, "run EUR 1000/10;run JPY 0/10;" },
		{ both + 3, 6, 3, B, "EUR", 1001, 0, "run EUR 1001/10;run JPY 0/10;customer b 1001/10;" },
		{ both + 6, 3, 3, B, "JPY", 51, 0, "run JPY 51/10;customer b 51/10;" },
		{ both + 6, 3, 3, B, "JPY", 50, 0, "run JPY 50/10;" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct conserve_customer now = { .company_id = t[i].company, .currency = t[i].currency, .net_minor = t[i].net };
		struct brake_rules r = rules();
		struct err e = ERR_INIT;
		char got[400] = "";

		r.filtered = t[i].filtered;
		assert_int_equal(brake_sums(&r, t[i].past, t[i].n, t[i].periods, &now, 1, on_finding, got, &e), 0);
		if (strcmp(got, t[i].want) != 0)
			fail_msg("case %zu: got '%s', wanted '%s'", i, got, t[i].want);
		memset(r.action, 0, sizeof r.action);
		got[0] = '\0';
		assert_int_equal(brake_sums(&r, t[i].past, t[i].n, t[i].periods, &now, 1, on_finding, got, &e), 0);
		assert_string_equal(got, "");
	}
}

struct spans { struct brake_span v[16]; size_t n, next; };

static int compare_span(const void *a, const void *b)
{
	uint8_t x[BRAKE_SPAN_KEY], y[BRAKE_SPAN_KEY];

	brake_span_key(a, x);
	brake_span_key(b, y);
	return memcmp(x, y, sizeof x);
}

/* Each by way of its key, as a sorter gives it. */
static int next_span(void *ctx, struct brake_span *out, struct err *e)
{
	struct spans *s = ctx;
	uint8_t key[BRAKE_SPAN_KEY];

	(void)e;
	if (s->next == s->n)
		return 0;
	brake_span_key(&s->v[s->next], key);
	brake_span_read(key, s->v[s->next++].secs, out);
	return 1;
}

static void times(void **state)
{
	static const struct { int user, day; int32_t start; int64_t secs; } rows[] = {
		{ 1, 10, 0, 3600 }, { 1, 10, 3600, 3600 }, { 1, 10, 7199, 10 }, { 1, 10, 7205, 4 }, { 1, 10, 7209, 100 }, { 1, 10, -1, 79087 }, /* 86401 s */
		{ 2, 10, 0, 3600 }, { 2, 11, 82800, 7200 }, { 2, 12, 3599, 60 }, { 2, 12, 3600, 0 },                                         /* past midnight */
	};
	uint64_t seed = 11;

	(void)state;
	for (int again = 0; again < 50; again++) {
		struct brake_rules r = rules();
		struct spans spans = { .n = COUNT(rows) };
		char got[400] = "";
		struct err e = ERR_INIT;

		for (size_t i = 0; i < COUNT(rows); i++) {
			char id[37];

			spans.v[i] = (struct brake_span){ .date = rows[i].day, .start_sec = rows[i].start, .secs = rows[i].secs };
			assert_int_equal(text_uuid_pack(spans.v[i].user, rows[i].user == 1 ? A : B), 0);
			snprintf(id, sizeof id, "eeeeeeee-0000-4000-8000-%012zu", i);
			assert_int_equal(text_uuid_pack(spans.v[i].entry, id), 0);
		}
		shuffle(spans.v, COUNT(rows), sizeof *spans.v, &seed);
		qsort(spans.v, COUNT(rows), sizeof *spans.v, compare_span);
		assert_int_equal(brake_times(&r, next_span, &spans, on_finding, got, &e), 0);
		assert_string_equal(got, "day a 86401/86400;overlap a 1/0;overlap a 4/0;overlap b 1/0;");
	}
}

static void words(void **state)
{
	enum brake_kind k;
	enum brake_action a;

	(void)state;
	for (int i = 0; i < BRAKE_KINDS; i++) {
		assert_int_equal(brake_parse(brake_name((enum brake_kind)i), &k), 0);
		assert_int_equal(k, i);
	}
	assert_int_equal(brake_parse("", &k), -1);
	assert_int_equal(brake_parse("Run", &k), -1);
	assert_int_equal(brake_action_parse("stop", &a), 0);
	assert_int_equal(a, BRAKE_STOP);
	assert_int_equal(brake_action_parse("halt", &a), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(medians), cmocka_unit_test(sums), cmocka_unit_test(times), cmocka_unit_test(words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
