/* entry. */
#include "test_billing_common.h"

#include "billing/entry.h"

#define ID "aaaaaaaa-0000-4000-8000-00000000000a"
#define PROJECT "11111111-0000-4000-8000-000000000001"
#define COMPANY "22222222-0000-4000-8000-000000000002"
#define USER "33333333-0000-4000-8000-000000000003"
#define WORK "44444444-0000-4000-8000-000000000004"
#define TASK "55555555-0000-4000-8000-000000000005"

static struct entry sample(void)
{
	return (struct entry){ .id = ID,
		.shape = ENTRY_COMPLETE,
		.billable = 1,
		.local_ok = 1,
		.has_secs = 1,
		.secs = 3600,
		.break_secs = 300,
		.date = day("2026-10-05"),
		.start_time = "09:00:00",
		.company_id = COMPANY,
		.company_name = "Acme GmbH",
		.project_id = PROJECT,
		.project_name = "Relaunch",
		.task_id = TASK,
		.task_name = "Design",
		.user_id = USER,
		.user_name = "Ada Lovelace",
		.work_id = WORK,
		.work_name = "Consulting",
		.note = "Kick-off",
		.updated_on = "2026-10-06T08:00:00Z",
		.updated_by = USER,
		.res_ver = "AAAAAAAAB9E=" };
}

/* What an edit changes; `fingerprint` says whether billing depends on it, `diff` how the change is told. */
struct edit {
	void (*apply)(struct entry *x);
	int fingerprint;
	const char *diff;
};

static void e_id(struct entry *x) { x->id[0] = 'b'; }
static void e_secs(struct entry *x) { x->secs = 5400; }
static void e_secs_sign(struct entry *x) { x->secs = -3600; }
static void e_no_secs(struct entry *x)
{
	x->has_secs = 0;
	x->secs = 0;
}
static void e_break(struct entry *x) { x->break_secs = 0; }
static void e_date(struct entry *x) { x->date++; }
static void e_no_date(struct entry *x) { x->date = DATE_NONE; }
static void e_time(struct entry *x) { x->start_time = "09:00:01"; }
static void e_no_time(struct entry *x) { x->start_time = NULL; }
static void e_project(struct entry *x) { x->project_id = TASK; }
static void e_no_project(struct entry *x) { x->project_id = NULL; }
static void e_company(struct entry *x) { x->company_id = PROJECT; }
static void e_task(struct entry *x) { x->task_id = NULL; }
static void e_user(struct entry *x) { x->user_id = NULL; }
static void e_work(struct entry *x) { x->work_id = TASK; }
static void e_note(struct entry *x) { x->note = "kick-off"; }
static void e_no_note(struct entry *x) { x->note = NULL; }
static void e_billable(struct entry *x) { x->billable = 0; }
static void e_external(struct entry *x) { x->external = 1; }
static void e_several(struct entry *x)
{
	x->secs = 1;
	x->note = NULL;
	x->user_id = TASK;
}
static void e_company_name(struct entry *x) { x->company_name = "Acme AG"; }
static void e_project_name(struct entry *x) { x->project_name = NULL; }
static void e_task_name(struct entry *x) { x->task_name = "Concept"; }
static void e_user_name(struct entry *x) { x->user_name = "Ada King"; }
static void e_work_name(struct entry *x) { x->work_name = "Advice"; }
static void e_updated(struct entry *x)
{
	x->updated_on = "2027-01-01T00:00:00Z";
	x->updated_by = TASK;
	x->res_ver = "AAAAAAAAB9F=";
}
static void e_billed(struct entry *x) { x->billed = 1; }
static void e_shape(struct entry *x)
{
	x->shape = ENTRY_DURATION_ONLY;
	x->local_ok = 0;
	x->task_private = 1;
}

static const struct edit edits[] = {
	{ e_id, 1, NULL },
	{ e_secs, 1, "duration 3600 -> 5400" },
	{ e_secs_sign, 1, "duration 3600 -> -3600" },
	{ e_no_secs, 1, "duration 3600 -> none" },
	{ e_break, 1, "breakDuration 300 -> 0" },
	{ e_date, 1, "startDateLocal 2026-10-05 -> 2026-10-06" },
	{ e_no_date, 1, "startDateLocal 2026-10-05 -> none" },
	{ e_time, 1, "startTimeLocal 09:00:00 -> 09:00:01" },
	{ e_no_time, 1, "startTimeLocal 09:00:00 -> none" },
	{ e_project, 1, "project " PROJECT " -> " TASK },
	{ e_no_project, 1, "project " PROJECT " -> none" },
	{ e_company, 1, "company " COMPANY " -> " PROJECT },
	{ e_task, 1, "task " TASK " -> none" },
	{ e_user, 1, "user " USER " -> none" },
	{ e_work, 1, "typeOfWork " WORK " -> " TASK },
	{ e_note, 1, "note" },
	{ e_no_note, 1, "note" },
	{ e_billable, 1, "isBillable 1 -> 0" },
	{ e_external, 1, "isExternal 0 -> 1" },
	{ e_several, 1, "duration 3600 -> 1, user " USER " -> " TASK ", note" },
	{ e_company_name, 0, "" },
	{ e_project_name, 0, "" },
	{ e_task_name, 0, "" },
	{ e_user_name, 0, "" },
	{ e_work_name, 0, "" },
	{ e_updated, 0, "" },
	{ e_billed, 0, "" },
	{ e_shape, 0, "" },
};

static void print(const struct entry *x, uint8_t out[SHA_LEN])
{
	memset(out, 0, SHA_LEN);
	assert_int_equal(entry_fingerprint(x, out), 0);
}

static void fingerprint(void **state)
{
	const struct entry base = sample();
	uint8_t want[SHA_LEN], got[SHA_LEN], all[COUNT(edits)][SHA_LEN];

	(void)state;
	print(&base, want);
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct entry x = base;

		edits[i].apply(&x);
		print(&x, got);
		if ((memcmp(got, want, SHA_LEN) != 0) != edits[i].fingerprint)
			fail_msg("edit %zu %s", i, edits[i].fingerprint ? "is not seen" : "changes the fingerprint");
		memcpy(all[i], got, SHA_LEN);
		for (size_t k = 0; k < i && edits[i].fingerprint; k++)
			assert_memory_not_equal(all[i], all[k], SHA_LEN);
	}
}

/* The canonical form is kept in ledgers: it must never change by accident. */
static void fingerprint_form(void **state)
{
	static const char full[] =
	    "36:" ID ";3600;300;10:2026-10-05;8:09:00:00;36:" PROJECT ";36:" COMPANY ";36:" TASK ";36:" USER ";36:" WORK ";8:Kick-off;10";
	static const char bare[] = "36:" ID ";-;0;-;-;-;-;-;-;-;-;01";
	struct entry x = sample(), none = { .id = ID, .date = DATE_NONE, .external = 1, .secs = 77 };
	uint8_t want[SHA_LEN], got[SHA_LEN];

	(void)state;
	sha_of(full, sizeof full - 1, want);
	print(&x, got);
	assert_memory_equal(got, want, SHA_LEN);
	sha_of(bare, sizeof bare - 1, want);
	print(&none, got);
	assert_memory_equal(got, want, SHA_LEN);
}

/* No text can pass for the fields behind it. */
static void fingerprint_borders(void **state)
{
	static const struct {
		const char *project, *company, *note;
	} t[] = {
		{ "a", "b", NULL },
		{ "a;1:b", NULL, NULL },
		{ NULL, "a", "b" },
		{ "a", NULL, "b" },
		{ "", "ab", NULL },
		{ "ab", "", NULL },
		{ "", "", "" },
		{ NULL, NULL, NULL },
		{ "-", NULL, NULL },
		{ "-;-", NULL, NULL },
		{ "a;", "b", NULL },
		{ "a", ";b", NULL },
	};
	uint8_t all[COUNT(t)][SHA_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct entry x = sample();

		x.project_id = t[i].project;
		x.company_id = t[i].company;
		x.note = t[i].note;
		print(&x, all[i]);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(all[i], all[k], SHA_LEN);
	}
}

static void diff(void **state)
{
	const struct entry base = sample();
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		struct entry x = base;

		if (edits[i].diff == NULL)
			continue;
		edits[i].apply(&x);
		buf_reset(&b);
		entry_diff(&base, &x, &b);
		assert_string_equal(buf_text(&b), edits[i].diff);
		buf_reset(&b);
		entry_diff(&x, &base, &b);
		assert_int_equal(b.n == 0, edits[i].diff[0] == '\0');
		buf_reset(&b);
		entry_diff(&x, &x, &b);
		assert_int_equal(b.n, 0);
	}
	buf_free(&b);
}

/* A difference is told exactly when the fingerprints differ, also where an absent value resembles a present one. */
static void diff_agrees(void **state)
{
	struct entry v[] = { sample(), sample(), sample(), sample(), sample() };
	struct buf b = BUF_INIT;

	(void)state;
	v[1].has_secs = 0;
	v[1].secs = 0;
	v[2].secs = -1;
	v[3].secs = 0;
	v[4].has_secs = 0;
	v[4].secs = 99;
	for (size_t i = 0; i < COUNT(v); i++)
		for (size_t k = 0; k < COUNT(v); k++) {
			uint8_t a[SHA_LEN], c[SHA_LEN];

			print(&v[i], a);
			print(&v[k], c);
			buf_reset(&b);
			entry_diff(&v[i], &v[k], &b);
			if ((memcmp(a, c, SHA_LEN) == 0) != (b.n == 0))
				fail_msg("%zu and %zu: '%s'", i, k, buf_text(&b));
		}
	buf_free(&b);
}

static void text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_true(a == b);
	else
		assert_string_equal(a, b);
}

static void entry_equal(const struct entry *a, const struct entry *b)
{
	assert_string_equal(a->id, b->id);
	assert_true(a->shape == b->shape && a->billable == b->billable && a->billed == b->billed && a->external == b->external &&
	    a->has_secs == b->has_secs);
	assert_int_equal(a->date, b->date);
	if (a->has_secs)
		assert_int_equal(a->secs, b->secs);
	assert_int_equal(a->break_secs, b->break_secs);
	text_equal(a->start_time, b->start_time);
	text_equal(a->company_id, b->company_id);
	text_equal(a->company_name, b->company_name);
	text_equal(a->project_id, b->project_id);
	text_equal(a->project_name, b->project_name);
	text_equal(a->task_id, b->task_id);
	text_equal(a->task_name, b->task_name);
	text_equal(a->user_id, b->user_id);
	text_equal(a->user_name, b->user_name);
	text_equal(a->work_id, b->work_id);
	text_equal(a->work_name, b->work_name);
	text_equal(a->note, b->note);
	text_equal(a->updated_on, b->updated_on);
	text_equal(a->updated_by, b->updated_by);
	text_equal(a->res_ver, b->res_ver);
}

/* Writes, reads, compares, writes again. */
static void there_and_back(const struct entry *x)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct pool *pool = pool_new();
	struct entry y = { .date = 7 };
	uint8_t fa[SHA_LEN], fb[SHA_LEN];
	struct err e = ERR_INIT;

	entry_write(x, &a);
	assert_true(buf_ok(&a));
	if (entry_read(a.p, a.n, pool, &y, &e) < 0)
		fail_msg("%s in %s", e.msg, a.p);
	entry_equal(x, &y);
	assert_int_equal(y.local_ok, x->local_ok);
	assert_int_equal(y.task_private, x->task_private);
	print(x, fa);
	print(&y, fb);
	assert_memory_equal(fa, fb, SHA_LEN);
	entry_write(&y, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

static void round_trip(void **state)
{
	static const char *const odd[] = {
		"a",
		" ",
		"  both ends  ",
		"\"quoted\"",
		"back\\slash",
		"\\u0041",
		"\\",
		"a\nb\r\nc\td",
		"\x01\x02\x1f\x7f",
		"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f",
		"\xe2\x82\xac",
		"\xf0\x9f\x92\xb0 emoji",
		"\xe2\x80\xa8line separator",
		"\xef\xbb\xbf"
		"bom",
		"\xe2\x80\xae"
		"bidi",
		"e\xcc\x88",
		"null",
		"true",
		"{}",
		"[1]",
		"</script>",
		"=1+1",
		"'",
		"a;b,c",
		"%s%n",
		"\xef\xbf\xbf",
		"\xed\x9f\xbf",
		"0",
	};
	struct entry none = { .id = ID, .date = DATE_NONE }, x;
	char *large = malloc(300001);

	(void)state;
	x = sample();
	there_and_back(&x);
	there_and_back(&none);
	for (size_t i = 0; i < COUNT(edits); i++) {
		x = sample();
		edits[i].apply(&x);
		there_and_back(&x);
	}
	for (size_t i = 0; i < COUNT(odd); i++) {
		x = sample();
		x.note = x.project_name = x.task_name = x.user_name = x.work_name = x.company_name = odd[i];
		there_and_back(&x);
		x = none;
		x.note = odd[i];
		there_and_back(&x);
	}
	assert_non_null(large);
	memset(large, '"', 300000);
	large[300000] = '\0';
	x = sample();
	x.note = large;
	there_and_back(&x);
	free(large);
	for (int shape = ENTRY_COMPLETE; shape <= ENTRY_OPEN_END; shape++) {
		x = sample();
		x.shape = (uint8_t)shape;
		x.secs = shape % 2 ? INT64_MIN : INT64_MAX;
		x.break_secs = -(x.secs / 2);
		x.date = day(shape % 2 ? "1900-01-01" : "9999-12-31");
		there_and_back(&x);
	}
}

/* Names stand thousands of times in a run: they are kept once, notes are not. */
static void read_interns(void **state)
{
	struct entry x = sample(), a, b;
	struct pool *pool = pool_new();
	struct buf t = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	entry_write(&x, &t);
	assert_int_equal(entry_read(t.p, t.n, pool, &a, &e) | entry_read(t.p, t.n, pool, &b, &e), 0);
	assert_ptr_equal(a.project_name, b.project_name);
	assert_ptr_equal(a.user_id, b.user_id);
	assert_ptr_not_equal(a.note, b.note);
	buf_free(&t);
	pool_free(pool);
}

static void read_bad(void **state)
{
	static const char *const t[] = {
		"",
		"{",
		"null",
		"[]",
		"\"" ID "\"",
		"{}",
		"{\"id\":null}",
		"{\"id\":1}",
		"{\"id\":\"" ID "0\"}",
		"{\"id\":\"" ID "\"} x",
		"{\"id\":\"" ID "\",\"id\":\"" ID "\"}",
		"{\"id\":\"" ID "\",\"startDateLocal\":\"2026-02-29\"}",
		"{\"id\":\"" ID "\",\"startDateLocal\":\"2026-10-05T00:00:00Z\"}",
		"{\"id\":\"" ID "\",\"startDateLocal\":\"\"}",
		"{\"id\":\"" ID "\",\"note\":\"\xff\"}",
	};
	struct pool *pool = pool_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct entry x = { .id = "kept" };
		struct err e = ERR_INIT;

		if (entry_read(t[i], strlen(t[i]), pool, &x, &e) != -1)
			fail_msg("accepted: %s", t[i]);
		assert_int_equal(e.code, ERR_DATA);
		assert_string_equal(x.id, "kept");
	}
	pool_free(pool);
}

static void plausible(void **state)
{
	static const struct {
		const char *local;
		int32_t local_sec;
		const char *utc;
		int32_t utc_sec;
		int want;
	} t[] = {
		{ "2026-10-05", 36000, "2026-10-05", 28800, 1 }, /* UTC+2 */
		{ "2026-10-05", 36000, "2026-10-05", 36000, 1 },
		{ "2026-10-05", 36000, "2026-10-05", 36001, 0 },
		{ "2026-10-05", 36000, "2026-10-05", 35999, 0 },
		{ "2026-10-05", 0, "2026-10-04", 79200, 1 },
		{ "2026-10-04", 79200, "2026-10-05", 0, 1 },
		{ "2026-10-05", 50400, "2026-10-05", 0, 1 },
		{ "2026-10-05", 51300, "2026-10-05", 0, 0 }, /* UTC+14 is the most */
		{ "2026-10-05", 0, "2026-10-05", 43200, 1 },
		{ "2026-10-05", 0, "2026-10-05", 44100, 0 }, /* UTC-12 is the least */
		{ "2026-10-05", 20700, "2026-10-05", 0, 1 }, /* Nepal, UTC+5:45 */
		{ "2026-10-05", 20760, "2026-10-05", 0, 0 },
		{ "2026-10-06", 36000, "2026-10-05", 28800, 0 },
		{ "2026-10-05", 36000, "2025-10-05", 36000, 0 },
		{ NULL, 36000, "2020-01-01", 1, 1 },
		{ "2026-10-05", 36000, NULL, 1, 1 },
		{ "2026-10-05", -1, "2020-01-01", 1, 1 },
		{ "2026-10-05", 36000, "2020-01-01", -1, 1 },
		{ NULL, -1, NULL, -1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if ((entry_local_plausible(day(t[i].local), t[i].local_sec, day(t[i].utc), t[i].utc_sec) != 0) != t[i].want)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprint),
		cmocka_unit_test(fingerprint_form),
		cmocka_unit_test(fingerprint_borders),
		cmocka_unit_test(diff),
		cmocka_unit_test(diff_agrees),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(read_interns),
		cmocka_unit_test(read_bad),
		cmocka_unit_test(plausible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
