/* The canonical form of an entry: as the general writer writes it, and read as the general reader reads it, whatever stands in it. */
#include "test_billing_common.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/jdoc.h"
#include "base/jout.h"
#include "billing/entrytext.h"

static uint64_t state_of_chance = 88172645463325252u;

static uint32_t chance(uint32_t below)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return (uint32_t)(state_of_chance >> 32) % below;
}

/* Texts that are there, absent, empty, with what needs escapes, malformed. */
static const char *some(struct pool *pool)
{
	static const char *const pieces[] = { "a", "Müller & Söhne", "\"", "\\", "\n", "\r\t", "\x01", "\x7f", "€", "\xf0\x9f\x98\x80", "\xc3", "\xed\xa0\x80", "\xff", "{}", "\":", ",\"id\":\"",
		"0123456789abcdef", "11111111-0000-4000-8000-000000000001", "/", "\xef\xbf\xbd" };
	char text[600] = "";

	if (chance(5) == 0)
		return NULL;
	for (uint32_t i = chance(4) == 0 ? chance(12) : chance(2); i > 0; i--)
		strcat(text, pieces[chance(COUNT(pieces))]);
	return pool_dup(pool, text);
}

static int64_t some_number(void)
{
	static const int64_t odd[] = { 0, 1, -1, 9, 10, 99, 100, 3600, INT32_MAX, INT32_MIN, 999999999999999999, -999999999999999999, 1000000000000000000, INT64_MAX, INT64_MIN };

	return odd[chance(COUNT(odd))];
}

static struct entry by_chance(struct pool *pool)
{
	struct entry x = { .date = chance(9) == 0 ? DATE_NONE : (date_t)(chance(60000) - 20000), .shape = (uint8_t)chance(4), .billable = chance(2) == 0, .billed = chance(2) == 0,
		.external = chance(2) == 0, .task_private = chance(2) == 0, .local_ok = chance(2) == 0, .has_secs = chance(4) != 0, .break_secs = some_number() };
	const char **const texts[] = { &x.start_time, &x.company_id, &x.company_name, &x.project_id, &x.project_name, &x.task_id, &x.task_name, &x.user_id, &x.user_name, &x.work_id,
		&x.work_name, &x.note, &x.updated_on, &x.updated_by, &x.res_ver };

	if (x.has_secs)
		x.secs = some_number();
	for (size_t i = 0; i < COUNT(texts); i++)
		*texts[i] = some(pool);
	snprintf(x.id, sizeof x.id, "%s", chance(9) == 0 ? "odd \"\n" : "aaaaaaaa-0000-4000-8000-00000000000a");
	return x;
}

/* What entrytext_write() stands for. */
static void write_general(const struct entry *x, struct buf *out)
{
	struct jout j;
	char date[16];

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	jout_text(&j, "id", x->id);
	if (x->has_secs)
		jout_int(&j, "duration", x->secs);
	if (x->break_secs != 0)
		jout_int(&j, "breakDuration", x->break_secs);
	jout_opt(&j, "startDateLocal", date_fmt(date, x->date));
	jout_opt(&j, "startTimeLocal", x->start_time);
	jout_bool(&j, "isBillable", x->billable);
	jout_bool(&j, "isBilled", x->billed);
	jout_bool(&j, "isExternal", x->external);
	jout_int(&j, "shape", x->shape);
	if (!x->local_ok)
		jout_bool(&j, "localUnclear", 1);
	if (x->task_private)
		jout_bool(&j, "taskPrivate", 1);
	jout_opt(&j, "companyId", x->company_id);
	jout_opt(&j, "company", x->company_name);
	jout_opt(&j, "projectId", x->project_id);
	jout_opt(&j, "project", x->project_name);
	jout_opt(&j, "taskId", x->task_id);
	jout_opt(&j, "task", x->task_name);
	jout_opt(&j, "userId", x->user_id);
	jout_opt(&j, "user", x->user_name);
	jout_opt(&j, "typeOfWorkId", x->work_id);
	jout_opt(&j, "typeOfWork", x->work_name);
	jout_opt(&j, "note", x->note);
	jout_opt(&j, "updatedOn", x->updated_on);
	jout_opt(&j, "updatedBy", x->updated_by);
	jout_opt(&j, "resourceVersion", x->res_ver);
	jout_end_object(&j);
}

static void same_text(const char *a, const char *b)
{
	assert_true((a == NULL) == (b == NULL));
	if (a != NULL)
		assert_string_equal(a, b);
}

static void same(const struct entry *a, const struct entry *b)
{
	const char *const x[] = { a->start_time, a->company_id, a->company_name, a->project_id, a->project_name, a->task_id, a->task_name, a->user_id, a->user_name, a->work_id, a->work_name, a->note,
		a->updated_on, a->updated_by, a->res_ver };
	const char *const y[] = { b->start_time, b->company_id, b->company_name, b->project_id, b->project_name, b->task_id, b->task_name, b->user_id, b->user_name, b->work_id, b->work_name, b->note,
		b->updated_on, b->updated_by, b->res_ver };

	assert_string_equal(a->id, b->id);
	assert_true(a->shape == b->shape && a->billable == b->billable && a->billed == b->billed && a->external == b->external && a->task_private == b->task_private);
	assert_true(a->local_ok == b->local_ok && a->has_secs == b->has_secs && a->date == b->date && a->secs == b->secs && a->break_secs == b->break_secs);
	for (size_t i = 0; i < COUNT(x); i++)
		same_text(x[i], y[i]);
}

/* The bytes read fast and, behind a blank that only the general way takes, slowly. 1: fast, 0: left to the general way, -1: refused. */
static int compare(const char *p, size_t n, struct pool *pool)
{
	char *exact = malloc(n > 0 ? n : 1), *behind = malloc(n + 1);
	struct err e = ERR_INIT, f = ERR_INIT;
	struct entry x, y;
	int fast, rc;

	assert_true(exact != NULL && behind != NULL);
	memcpy(exact, p, n);
	behind[0] = ' ';
	memcpy(behind + 1, p, n);
	assert_int_equal(entrytext_read(behind, n + 1, pool, &x), 0);
	fast = entrytext_read(exact, n, pool, &x);
	assert_true(fast >= 0);
	rc = entry_read(behind, n + 1, pool, &y, &e);
	if (fast && rc < 0)
		fail_msg("only the fast way accepts %.*s", (int)n, p);
	if (fast)
		same(&x, &y);
	assert_int_equal(entry_read(exact, n, pool, &x, &f), rc);
	assert_int_equal(e.code, f.code);
	if (rc == 0)
		same(&x, &y);
	free(exact);
	free(behind);
	return fast ? 1 : rc;
}

static void there_and_back(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct pool *pool = pool_new();
	int fast = 0, n = 20000;

	(void)state;
	assert_non_null(pool);
	for (int i = 0; i < n; i++) {
		struct entry x = by_chance(pool);

		buf_reset(&a);
		buf_reset(&b);
		entry_write(&x, &a);
		write_general(&x, &b);
		assert_true(buf_ok(&a) && buf_ok(&b));
		assert_string_equal(a.p, b.p);
		assert_int_equal(a.n, b.n);
		fast += compare(a.p, a.n, pool) == 1;
		pool_reset(pool);
	}
	/* What this program writes is read fast, but for odd ids and numbers of 19 digits. */
	assert_true(fast > n / 2);
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

static void mutated(void **state)
{
	static const char *const pieces[] = { "\"", "\\", "\\u0000", "\\ud83d", "\\u00e4", "\\x", "\xff", "\x80", "\n", " ", "{", "}", "[]", ",", ":", "0", "01", "-", "-0", "1.5", "1e5", "true", "null", "false",
		",\"note\":\"x\"", ",\"shape\":256", ",\"company\":null", ",\"isBilled\":1", ",\"x\":{\"a\":1}", ",\"note\":7", "2026-02-30", "1234567890123456789" };
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct pool *pool = pool_new();
	int seen[3] = { 0 };

	(void)state;
	assert_non_null(pool);
	for (int i = 0; i < 60000; i++) {
		struct entry x = by_chance(pool);
		size_t at, cut;

		buf_reset(&a);
		buf_reset(&b);
		entry_write(&x, &a);
		at = chance((uint32_t)a.n + 1);
		if (chance(2) == 0)
			while (at > 0 && a.p[at - 1] != ',' && a.p[at - 1] != ':' && a.p[at - 1] != '}')
				at--;
		cut = chance(3) == 0 ? chance(40) : chance(2);
		cut = cut > a.n - at ? a.n - at : cut;
		buf_add(&b, a.p, at);
		buf_str(&b, chance(4) == 0 ? "" : pieces[chance(COUNT(pieces))]);
		buf_add(&b, a.p + at + cut, a.n - at - cut);
		assert_true(buf_ok(&b));
		seen[compare(b.p, b.n, pool) + 1]++;
		pool_reset(pool);
	}
	/* A generator that makes one kind alone would prove nothing. */
	assert_true(seen[0] > 10000 && seen[1] > 500 && seen[2] > 500);
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

/* A note as long as JSON may be, and one byte longer. */
static void long_note(void **state)
{
	struct pool *pool = pool_new();
	struct buf a = BUF_INIT;

	(void)state;
	assert_non_null(pool);
	for (int more = 0; more <= 1; more++) {
		buf_reset(&a);
		buf_str(&a, "{\"id\":\"x\",\"note\":\"");
		for (int i = 0; i < JDOC_TEXT_MAX + more; i++)
			buf_ch(&a, 'n');
		buf_str(&a, "\"}");
		assert_int_equal(compare(a.p, a.n, pool), more ? -1 : 1);
	}
	buf_free(&a);
	pool_free(pool);
}

/* The canonical form of the fingerprint, member by member. */
static void add_field(struct buf *b, const char *s)
{
	if (s == NULL)
		buf_str(b, "-;");
	else
		buf_fmt(b, "%zu:%s;", strlen(s), s);
}

static void fingerprints(void **state)
{
	struct pool *pool = pool_new();
	struct buf b = BUF_INIT;

	(void)state;
	assert_non_null(pool);
	for (int i = 0; i < 20000; i++) {
		struct entry x = by_chance(pool);
		uint8_t a[SHA_LEN], want[SHA_LEN];
		char date[16];

		if (i % 100 == 0) {
			char *long_text = pool_alloc(pool, 3001);

			assert_non_null(long_text);
			memset(long_text, 'x', 3000);
			x.note = long_text + chance(3000);
		}
		buf_reset(&b);
		add_field(&b, x.id);
		if (x.has_secs)
			buf_fmt(&b, "%lld;", (long long)x.secs);
		else
			buf_str(&b, "-;");
		buf_fmt(&b, "%lld;", (long long)x.break_secs);
		add_field(&b, x.date == DATE_NONE ? NULL : date_fmt(date, x.date));
		add_field(&b, x.start_time);
		add_field(&b, x.project_id);
		add_field(&b, x.company_id);
		add_field(&b, x.task_id);
		add_field(&b, x.user_id);
		add_field(&b, x.work_id);
		add_field(&b, x.note);
		buf_fmt(&b, "%d%d", x.billable, x.external);
		sha_of(b.p, b.n, want);
		assert_int_equal(entry_fingerprint(&x, a), 0);
		assert_memory_equal(a, want, SHA_LEN);
		pool_reset(pool);
	}
	buf_free(&b);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(mutated), cmocka_unit_test(long_note), cmocka_unit_test(fingerprints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
