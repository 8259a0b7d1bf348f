/* billable: what is kept comes back by customer, whole, and the same whether it went through a file or not. */
#include "test_billing_common.h"

#include <unistd.h>

#include "base/pool.h"
#include "base/text.h"
#include "cli/billable.h"

#define CUSTOMERS 5
#define ENTRIES 400

static char root[] = "/tmp/psabill-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(root);
}

struct world {
	struct customer customers[CUSTOMERS];
	struct customer_table table;
	struct rate rates[2];
	struct entry entries[ENTRIES];
	struct select_verdict verdicts[ENTRIES];
	char notes[ENTRIES][80], updated[ENTRIES][40];
};

static const char *const ids[] = { "22222222-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002", "22222222-0000-4000-8000-000000000003",
	"22222222-0000-4000-8000-000000000004", "22222222-0000-4000-8000-000000000005" };

static void set_world(struct world *w)
{
	static const char *const names[] = { "Zeta AG", "Acme GmbH", "Acme GmbH", NULL, "Milch KG" };

	memset(w, 0, sizeof *w);
	for (int i = 0; i < CUSTOMERS; i++)
		w->customers[i] = (struct customer){ .line = 2 + i, .company_id = ids[i], .company_name = names[i], .party = { .name = names[i], .country = "DE" }, .currency = "EUR",
			.language = "en", .tax_category = "S", .tax_pct_e2 = 1900, .group_by = (enum customer_group)i, .rounding = { ROUNDING_NONE, ROUNDING_ENTRY, 900 } };
	w->table = (struct customer_table){ w->customers, CUSTOMERS };
	for (int i = 0; i < 2; i++)
		w->rates[i] = (struct rate){ .line = 2 + i, .from = DATE_NONE, .to = DATE_NONE, .price_e4 = 900000 + i, .currency = "EUR", .tax_pct_e2 = -1 };
}

/* Entries at random; the third customer has none. */
static void draw_entries(struct world *w, uint64_t *seed)
{
	static const char *const projects[] = { "Relaunch", "Shop", "Shop" };
	static const char *const users[] = { "Ada", "Grace", NULL };
	static const char *const user_ids[] = { "33333333-0000-4000-8000-000000000001", "33333333-0000-4000-8000-000000000002", NULL };

	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *x = &w->entries[i];
		size_t c = below(seed, CUSTOMERS), p = below(seed, 3), u = below(seed, 3);

		c = c == 2 ? 1 : c;
		memset(x, 0, sizeof *x);
		snprintf(x->id, sizeof x->id, "aaaaaaaa-0000-4000-8000-%012zu", below(seed, 1000) * 1000 + i);
		x->has_secs = 1;
		x->secs = (int64_t)below(seed, 10000);
		x->date = day("2026-10-01") + (date_t)below(seed, 31);
		x->start_time = below(seed, 5) == 0 ? NULL : below(seed, 2) == 0 ? "09:00:00" : "10:30:00.5";
		x->company_id = ids[c];
		x->company_name = w->customers[c].company_name;
		x->project_id = projects[p][0] == 'R' ? "p1" : p == 1 ? "p2" : "p3";
		/* Renamed meanwhile. */
		x->project_name = p == 2 && i > ENTRIES / 2 ? "Store" : projects[p];
		x->task_id = below(seed, 4) == 0 ? NULL : "t1";
		x->task_name = x->task_id == NULL ? NULL : i % 7 == 0 ? "Draft" : "Design";
		x->user_id = user_ids[u];
		x->user_name = users[u];
		x->work_id = "w1";
		x->work_name = "Consulting";
		snprintf(w->notes[i], sizeof w->notes[i], "note %zu%s", i, i % 3 == 0 ? ", of more words than the others have, so that records differ in size" : "");
		x->note = i % 5 == 0 ? NULL : w->notes[i];
		snprintf(w->updated[i], sizeof w->updated[i], "2026-10-%02zuT08:00:00Z", 1 + below(seed, 30));
		x->updated_on = i % 11 == 0 ? NULL : w->updated[i];
		w->verdicts[i] = (struct select_verdict){ .customer = &w->customers[c], .rate = &w->rates[below(seed, 2)], .late = below(seed, 4) == 0 };
	}
}

static const char *text(const char *s)
{
	return s == NULL ? "-" : s;
}

static int on_finding(void *ctx, const struct brake_finding *f, struct err *e)
{
	(void)e;
	brake_describe(f, ctx);
	buf_ch(ctx, '\n');
	return 0;
}

/* All that a walk gives, in words. */
static void tell(struct billable *b, struct buf *out)
{
	const struct brake_rules brakes = { .action = { [BRAKE_DAY] = BRAKE_WARN, [BRAKE_OVERLAP] = BRAKE_WARN }, .day_secs = 40000 };
	struct compose_item *v;
	struct err e = ERR_INIT;
	size_t place = 0, n;
	int rc;

	assert_int_equal(billable_start(b, &e), 0);
	while ((rc = billable_next(b, &place, &e)) > 0) {
		assert_int_equal(billable_load(b, place, &v, &n, &e), 0);
		assert_true(n > 0);
		for (size_t i = 0; i < n; i++) {
			const struct compose_texts *x = v[i].texts;
			const struct compose_own own = v[i].own == NULL ? (struct compose_own){ NULL, NULL } : *v[i].own;
			char id[37];

			assert_ptr_equal(v[i].customer, billable_customer(b, place));
			buf_fmt(out, "%zu %s %d %lld|%s|%s|%s|%s|%s|%s|%s|%s|%d %d %lld\n", place, text_uuid_unpack(id, v[i].id), v[i].date, (long long)v[i].secs, text(x->project_id),
			    text(x->project_name), text(x->task_name), text(x->user_name), text(x->work_name), text(own.note), text(own.start_time), text(x->company_name), v[i].rate->line,
			    v[i].late, (long long)v[i].snap);
		}
	}
	assert_int_equal(rc, 0);
	assert_int_equal(billable_times(b, &brakes, on_finding, out, &e), 0);
	buf_fmt(out, "%s %s\n", text(billable_user_name(b, "33333333-0000-4000-8000-000000000001")), text(billable_user_name(b, "33333333-0000-4000-8000-000000000009")));
	assert_true(buf_ok(out));
}

static void run(struct world *w, size_t limit, struct buf *out)
{
	struct pool *pool = pool_new();
	struct err e = ERR_INIT;
	struct billable *b = billable_new(&w->table, root, limit, 1, 1, pool, &e);

	assert_non_null(pool);
	assert_non_null(b);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(billable_add(b, &w->entries[i], &w->verdicts[i], (int64_t)i, &e), 0);
	assert_int_equal(billable_count(b), ENTRIES);
	tell(b, out);
	billable_free(b);
	pool_free(pool);
}

/* The buffer's size shows nowhere. */
static void spilled(void **state)
{
	static const size_t limits[] = { 0, 300, 4096, 20000, 1 << 20 };
	static struct world w;
	uint64_t seed = 4711;

	(void)state;
	for (int again = 0; again < 5; again++) {
		struct buf whole = BUF_INIT, parts = BUF_INIT;

		set_world(&w);
		draw_entries(&w, &seed);
		run(&w, 64 << 20, &whole);
		for (size_t i = 0; i < COUNT(limits); i++) {
			buf_reset(&parts);
			run(&w, limits[i], &parts);
			assert_string_equal(buf_text(&parts), buf_text(&whole));
		}
		buf_free(&whole);
		buf_free(&parts);
	}
}

/* By name, then id; one without a name first. Each entry comes back as it came, with the names that all entries of their ids have. */
static void whole(void **state)
{
	static const size_t want[CUSTOMERS] = { 4, 1, 2, 0, 3 }; /* place of the customers of the table */
	static struct world w;
	struct pool *pool = pool_new();
	struct err e = ERR_INIT;
	struct billable *b;
	struct compose_item *v;
	uint64_t seed = 7;
	size_t n, all = 0, place;
	const char *store = NULL, *newest = "", *newest_id = "", *task = NULL;

	(void)state;
	set_world(&w);
	draw_entries(&w, &seed);
	b = billable_new(&w.table, root, 1000, 0, 0, pool, &e);
	for (size_t i = 0; i < ENTRIES; i++) {
		const char *updated = text(w.entries[i].updated_on == NULL ? "" : w.entries[i].updated_on);

		assert_int_equal(billable_add(b, &w.entries[i], &w.verdicts[i], (int64_t)i, &e), 0);
		if (strcmp(w.entries[i].project_id, "p3") == 0 && (strcmp(updated, newest) > 0 || (strcmp(updated, newest) == 0 && strcmp(w.entries[i].id, newest_id) > 0))) {
			newest = updated;
			newest_id = w.entries[i].id;
			store = w.entries[i].project_name;
		}
	}
	for (size_t i = 0; i < CUSTOMERS; i++) {
		assert_int_equal(billable_place(b, &w.customers[i]), want[i]);
		assert_ptr_equal(billable_customer(b, want[i]), &w.customers[i]);
	}
	assert_int_equal(billable_start(b, &e), 0);
	for (size_t at = 0; at < CUSTOMERS; at++) {
		/* The one without entries is asked for all the same: it may have a fee. */
		if (at == 2)
			assert_true(billable_next(b, &place, &e) == 1 && place == 3);
		assert_int_equal(billable_load(b, at, &v, &n, &e), 0);
		assert_int_equal(n == 0, at == 2);
		all += n;
		for (size_t i = 0; i < n; i++) {
			const struct entry *was = &w.entries[v[i].snap];
			const struct compose_texts *x = v[i].texts;
			enum customer_group g = v[i].customer->group_by;
			char id[37];

			assert_string_equal(text_uuid_unpack(id, v[i].id), was->id);
			assert_true(v[i].secs == was->secs && v[i].date == was->date && v[i].rate == w.verdicts[v[i].snap].rate && v[i].late == w.verdicts[v[i].snap].late);
			if (v[i].own == NULL)
				assert_true(g != GROUP_ENTRY || (was->note == NULL && was->start_time == NULL));
			else
				assert_true(g == GROUP_ENTRY && strcmp(text(v[i].own->note), text(was->note)) == 0 && strcmp(text(v[i].own->start_time), text(was->start_time)) == 0);
			assert_string_equal(x->project_id, was->project_id);
			assert_string_equal(x->project_name, strcmp(x->project_id, "p3") == 0 ? store : was->project_name);
			/* No more than lines show. */
			assert_string_equal(text(x->user_name), g == GROUP_PROJECT_USER ? text(was->user_name) : "-");
			assert_string_equal(text(x->work_name), g == GROUP_PROJECT_WORK ? text(was->work_name) : "-");
			assert_string_equal(text(x->task_id), g == GROUP_PROJECT_TASK || g == GROUP_ENTRY ? text(was->task_id) : "-");
			if (g == GROUP_PROJECT_TASK && x->task_id != NULL)
				assert_string_equal(x->task_name, task == NULL ? task = x->task_name : task);
		}
	}
	assert_int_equal(all, ENTRIES);
	assert_int_equal(billable_next(b, &place, &e), 0);
	billable_free(b);
	pool_free(pool);
}

static void bad_ids(void **state)
{
	static struct world w;
	struct pool *pool = pool_new();
	struct err e = ERR_INIT;
	struct billable *b;
	uint64_t seed = 9;

	(void)state;
	set_world(&w);
	draw_entries(&w, &seed);
	b = billable_new(&w.table, root, 1000, 1, 0, pool, &e);
	strcpy(w.entries[0].id, "e1");
	assert_int_equal(billable_add(b, &w.entries[0], &w.verdicts[0], 1, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	w.entries[1].user_id = "u1";
	assert_int_equal(billable_add(b, &w.entries[1], &w.verdicts[1], 1, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	billable_free(b);
	billable_free(NULL);
	assert_int_equal(billable_count(NULL), 0);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(spilled), cmocka_unit_test(whole), cmocka_unit_test(bad_ids) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
