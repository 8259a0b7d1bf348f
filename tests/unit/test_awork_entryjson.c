/* One time entry: what is read, what is refused and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "awork/entryjson.h"
#include "base/buf.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ID "2a408383-ae39-ed11-ae83-38563d6848fe"
#define P "83343fb9-ca87-eb11-a607-00155d314496"
#define Q "93343fb9-ca87-eb11-a607-00155d314496"
#define C "c3d39444-e455-eb41-a647-00153d312142"
#define FLAGS "\"id\":\"" ID "\",\"isBillable\":true,\"isBilled\":false"

static struct pool *pool;

static int read_text(const char *json, struct entry *x, struct err *e)
{
	int rc = entryjson_read(json, strlen(json), 0, pool, x, NULL, e);
	uint8_t a[SHA_LEN], b[SHA_LEN];
	struct entry lean;

	if (rc < 0)
		return rc;
	/* What is compared is the same without all the rest. */
	assert_int_equal(entryjson_read(json, strlen(json), 1, pool, &lean, NULL, e), 0);
	assert_int_equal(entry_fingerprint(x, a), 0);
	assert_int_equal(entry_fingerprint(&lean, b), 0);
	assert_memory_equal(a, b, SHA_LEN);
	assert_int_equal(x->billed, lean.billed);
	assert_true(x->updated_by == NULL ? lean.updated_by == NULL : strcmp(x->updated_by, lean.updated_by) == 0);
	assert_true(lean.company_name == NULL && lean.user_name == NULL && lean.updated_on == NULL && lean.res_ver == NULL);
	return 0;
}

static void full(void **state)
{
	struct err e = ERR_INIT;
	struct entry x;

	(void)state;
	assert_int_equal(read_text("{\"id\":\"2A408383-AE39-ED11-AE83-38563D6848FE\",\"isBillable\":true,\"isBilled\":true,\"isExternal\":null,\"unknown\":[1,{}],"
	    "\"startDateLocal\":\"2022-09-21T00:00:00\",\"startTimeLocal\":\"14:46:55.5302155\",\"endDateLocal\":\"0001-01-01T00:00:00\","
	    "\"endTimeLocal\":\"15:04:57.0970847\",\"startDateUtc\":\"2022-09-21T00:00:00Z\",\"startTimeUtc\":\"12:46:55.5302155\",\"duration\":1082,"
	    "\"breakDuration\":60,\"note\":\"a\\u0000b\",\"resourceVersion\":637993625322118356,\"updatedOn\":\"2022-09-21T13:08:51.878Z\","
	    "\"updatedBy\":\"83477D16-a455-eb11-a607-00155d31310d\",\"createdBy\":7,"
	    "\"user\":{\"id\":\"" P "\",\"firstName\":\" John \",\"lastName\":\"Doe  \",\"teams\":[{\"id\":\"f31e8754-3455-e911-n607-0g155d31310d\"}]},"
	    "\"typeOfWork\":{\"id\":\"" Q "\",\"name\":\"Projektarbeit\"},"
	    "\"task\":{\"id\":\"" Q "\",\"name\":\"T\",\"baseType\":\"projecttask\",\"project\":{\"id\":\"" P "\",\"company\":{\"id\":\"" C "\",\"name\":\"Other\"}}},"
	    "\"projectId\":\"" P "\",\"project\":{\"id\":\"" P "\",\"name\":\" Test  \",\"company\":{\"id\":\"" C "\",\"name\":\"Acme\"}}}", &x, &e), 0);
	assert_string_equal(x.id, ID);
	assert_int_equal(x.shape, ENTRY_COMPLETE);
	assert_true(x.billable && x.billed && !x.external && !x.task_private && x.has_secs && x.local_ok);
	assert_int_equal(x.date, date_from_ymd(2022, 9, 21));
	assert_int_equal(x.secs, 1082);
	assert_int_equal(x.break_secs, 60);
	assert_string_equal(x.start_time, "14:46:55.5302155");
	assert_string_equal(x.project_id, P);
	assert_string_equal(x.project_name, "Test");
	assert_string_equal(x.company_id, C);
	assert_string_equal(x.company_name, "Acme");
	assert_string_equal(x.user_name, "John Doe");
	assert_string_equal(x.work_name, "Projektarbeit");
	assert_string_equal(x.note, "a\xef\xbf\xbd" "b");
	assert_string_equal(x.res_ver, "637993625322118356");
	assert_string_equal(x.updated_by, "83477d16-a455-eb11-a607-00155d31310d");
}

static void sparse(void **state)
{
	struct err e = ERR_INIT;
	struct entry x;

	(void)state;
	assert_int_equal(read_text("{" FLAGS "}", &x, &e), 0);
	assert_true(x.date == DATE_NONE && !x.has_secs && x.local_ok && x.shape == ENTRY_DURATION_ONLY);
	assert_null(x.user_id);
	assert_null(x.user_name);
	assert_null(x.company_id);
	assert_null(x.note);
	assert_null(x.res_ver);
	/* Explicit nulls are the same; a private task; names of blanks are none; a negative duration is held later. */
	assert_int_equal(read_text("{" FLAGS ",\"userId\":null,\"user\":null,\"project\":null,\"duration\":-1,\"note\":\"\",\"updatedBy\":\"nobody\",\"resourceVersion\":1.5,"
	    "\"task\":{\"baseType\":\"private\",\"name\":\"  \"}}", &x, &e), 0);
	assert_true(x.task_private && x.has_secs && x.secs == -1);
	assert_null(x.task_name);
	assert_null(x.note);
	assert_null(x.updated_by);
	assert_null(x.res_ver);
}

/* The project may stand in the task alone; the company of another project is not taken. */
static void projects(void **state)
{
	struct err e = ERR_INIT;
	struct entry x;

	(void)state;
	assert_int_equal(read_text("{" FLAGS ",\"task\":{\"projectId\":\"" P "\",\"project\":{\"id\":\"" P "\",\"name\":\"N\",\"company\":{\"id\":\"" C "\",\"name\":\"A\"}}}}", &x, &e), 0);
	assert_string_equal(x.project_id, P);
	assert_string_equal(x.project_name, "N");
	assert_string_equal(x.company_id, C);
	assert_int_equal(read_text("{" FLAGS ",\"project\":{\"id\":\"" P "\"},\"task\":{\"project\":{\"id\":\"" P "\",\"company\":{\"id\":\"" C "\"}}}}", &x, &e), 0);
	assert_string_equal(x.company_id, C);
	assert_int_equal(read_text("{" FLAGS ",\"projectId\":\"" P "\",\"task\":{\"project\":{\"id\":\"" Q "\",\"company\":{\"id\":\"" C "\"}}}}", &x, &e), 0);
	assert_string_equal(x.project_id, P);
	assert_null(x.company_id);
	assert_int_equal(read_text("{" FLAGS ",\"project\":{\"id\":\"" P "\",\"isExternal\":true}}", &x, &e), 0);
	assert_true(x.external);
}

static void shapes(void **state)
{
	static const struct { const char *members; int shape; } rows[] = {
		{ "\"startTimeLocal\":\"09:00:00\",\"endTimeLocal\":\"10:00:00\",\"duration\":3600", ENTRY_COMPLETE },
		{ "\"startTimeUtc\":\"09:00:00\",\"endTimeUtc\":\"10:00:00\"", ENTRY_COMPLETE },
		{ "\"duration\":4800", ENTRY_DURATION_ONLY },
		{ "\"startTimeLocal\":\"09:13:13.0254002\",\"duration\":0", ENTRY_RUNNING },
		{ "\"startTimeLocal\":\"09:13:13\"", ENTRY_RUNNING },
		{ "\"startTimeLocal\":\"09:13:13\",\"duration\":100", ENTRY_OPEN_END },
		{ "\"startTimeLocal\":\"09:13:13\",\"duration\":-100", ENTRY_OPEN_END },
		{ "\"endTimeLocal\":\"09:13:13\",\"duration\":100", ENTRY_OPEN_END },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct buf b = BUF_INIT;
		struct entry x;

		buf_fmt(&b, "{%s,%s}", FLAGS, rows[i].members);
		assert_int_equal(read_text(buf_text(&b), &x, &e), 0);
		assert_int_equal(x.shape, rows[i].shape);
		buf_free(&b);
	}
}

static void implausible(void **state)
{
	struct err e = ERR_INIT;
	struct entry x;

	(void)state;
	assert_int_equal(read_text("{" FLAGS ",\"startDateLocal\":\"2023-06-01T00:00:00\",\"startTimeLocal\":\"00:00:00\",\"startDateUtc\":\"2023-06-01T00:00:00Z\","
	    "\"startTimeUtc\":\"12:07:00\"}", &x, &e), 0);
	assert_false(x.local_ok);
}

static void refused(void **state)
{
	static const struct { const char *json, *words; } rows[] = {
		{ "[]", "expected an object" },
		{ "{", "JSON" },
		{ "{\"isBillable\":true,\"isBilled\":false}", "without usable id: absent" },
		{ "{\"id\":\"x\",\"isBillable\":true,\"isBilled\":false}", "without usable id" },
		{ "{\"id\":5,\"isBillable\":true,\"isBilled\":false}", "without usable id: integer" },
		{ "{\"id\":\"" ID "\",\"isBillable\":true}", ID ": isBilled is absent" },
		{ "{\"id\":\"" ID "\",\"isBilled\":true}", ID ": isBillable is absent" },
		{ "{\"id\":\"" ID "\",\"isBillable\":null,\"isBilled\":true}", ID ": isBillable is absent" },
		{ "{\"id\":\"" ID "\",\"isBillable\":1,\"isBilled\":true}", ID ": isBillable is integer" },
		{ "{" FLAGS ",\"isExternal\":\"no\"}", "isExternal is string" },
		{ "{" FLAGS ",\"duration\":8635.5}", ID ": duration is real" },
		{ "{" FLAGS ",\"duration\":8635.0}", "duration is real" },
		{ "{" FLAGS ",\"duration\":\"8635\"}", "duration is string" },
		{ "{" FLAGS ",\"duration\":2147483648}", "duration 2147483648 is outside" },
		{ "{" FLAGS ",\"duration\":9223372036854775808}", "" },
		{ "{" FLAGS ",\"breakDuration\":1.5}", "breakDuration is real" },
		{ "{" FLAGS ",\"startDateLocal\":\"2026-02-30T00:00:00\"}", "startDateLocal is no date" },
		{ "{" FLAGS ",\"startDateLocal\":20260101}", "startDateLocal is integer" },
		{ "{" FLAGS ",\"startTimeLocal\":\"24:00:00\"}", "startTimeLocal is no time" },
		{ "{" FLAGS ",\"startTimeLocal\":\"9:00:00\"}", "startTimeLocal is no time" },
		{ "{" FLAGS ",\"startTimeLocal\":\"09:00:00.\"}", "startTimeLocal is no time" },
		{ "{" FLAGS ",\"startTimeLocal\":\"09:00:00.12345678\"}", "startTimeLocal is no time" },
		{ "{" FLAGS ",\"endTimeUtc\":\"soon\"}", "endTimeUtc is no time" },
		{ "{" FLAGS ",\"project\":\"P\"}", "project is string, expected an object" },
		{ "{" FLAGS ",\"project\":{\"company\":[]}}", "company is array" },
		{ "{" FLAGS ",\"user\":true}", "user is true" },
		{ "{" FLAGS ",\"projectId\":\"xyz\"}", "projectId is no UUID" },
		{ "{" FLAGS ",\"userId\":7}", "userId is integer" },
		{ "{" FLAGS ",\"projectId\":\"" P "\",\"project\":{\"id\":\"" Q "\"}}", "projectId" },
		{ "{" FLAGS ",\"note\":{}}", "note is object" },
		{ "{" FLAGS ",\"note\":\"\xff\"}", "JSON" },
		{ "{" FLAGS ",\"isBilled\":true}", "" },
		{ "{" FLAGS "} x", "JSON" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = ERR_INIT;
		struct entry x;

		if (read_text(rows[i].json, &x, &e) == 0 || e.code != ERR_DATA || strstr(e.msg, rows[i].words) == NULL)
			fail_msg("%s: %d %s", rows[i].json, (int)e.code, e.msg);
	}
}

static int make_pool(void **state)
{
	(void)state;
	pool = pool_new();
	return pool == NULL;
}

static int free_pool(void **state)
{
	(void)state;
	pool_free(pool);
	return 0;
}

static void creation(void **state)
{
	static const struct { const char *json, *want; } rows_of[] = {
		{ "\"2022-09-21T13:08:51.878Z\"", "2022-09-21T13:08:51" }, { "\"2022-09-21T13:08:51Z\"", "2022-09-21T13:08:51" }, { "\"2022-09-21T13:08:51.Z\"", "2022-09-21T13:08:51" },
		{ "\"2022-09-21T13:08:51\"", "" }, { "\"2022-09-21T13:08:51+02:00\"", "" }, { "\"2022-09-21T13:08:5Z\"", "" }, { "\"2022-09-21 13:08:51Z\"", "" },
		{ "\"2022-09-21T13:08:51.8x8Z\"", "" }, { "7", "" }, { "null", "" }, { "\"\"", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows_of); i++) {
		struct buf json = BUF_INIT;
		struct err e = ERR_INIT;
		struct entry x;
		char created[20];

		buf_fmt(&json, "{" FLAGS ",\"createdOn\":%s}", rows_of[i].json);
		assert_int_equal(entryjson_read(json.p, json.n, 0, pool, &x, created, &e), 0);
		assert_string_equal(created, rows_of[i].want);
		buf_free(&json);
	}
}

/* ---- entries by chance: the scanner, which knows the entries before, and jansson make the same of each ---- */

static uint64_t state_of_chance = 88172645463325252u;

static uint32_t chance(uint32_t below)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return (uint32_t)(state_of_chance >> 32) % below;
}

static const char *const uuids[] = { "\"" P "\"", "\"" Q "\"", "\"" C "\"", "\"2A408383-AE39-ED11-AE83-38563D6848FE\"" };
static const char *const odd[] = { "null", "{}", "[]", "[{\"id\":\"" P "\"}]", "7", "-1", "1.5", "true", "\"\"", "\"\\u0041\\ud800\"", "\"private\"", "2147483648", "\"0\"", "{\"id\":7}", "\"" ID "\"" };

static void put(struct buf *b, const char *key, const char *value)
{
	if (chance(12) == 0)
		return;
	buf_fmt(b, "%s\"%s\":%s", b->p[b->n - 1] == '{' ? "" : ",", key, chance(60) == 0 ? odd[chance(COUNT(odd))] : value);
}

static void put_company(struct buf *b)
{
	static const char *const one[] = { "{\"hasImage\":false,\"name\":\"A \\u00c4\",\"id\":\"" C "\"}", "{\"id\":\"" C "\",\"companyId\":\"" C "\",\"name\":\"B\"}", "{\"name\":\"\"}" };

	put(b, "company", one[chance(COUNT(one))]);
}

static void put_project(struct buf *b)
{
	if (chance(8) == 0)
		return;
	buf_str(b, ",\"project\":{");
	put(b, "tags", "[{\"id\":1,\"name\":\"x\"}]");
	put(b, "isExternal", chance(5) == 0 ? "true" : "false");
	put_company(b);
	put(b, "name", chance(2) == 0 ? "\" Test  \"" : "\"LÃ¤uft\"");
	put(b, "id", uuids[chance(9) == 0]);
	buf_ch(b, '}');
}

static void put_entry(struct buf *b)
{
	static const char *const names_of[] = { "\"Elif\"", "\"\"", "\" \"", "\"PÃ¶st\\n\"", "\"\\\"Q\\\"\"" };

	buf_str(b, "{");
	put(b, "id", "\"" ID "\"");
	put(b, "createdOn", "\"2026-09-30T23:45:00Z\"");
	put(b, "updatedBy", uuids[chance(COUNT(uuids))]);
	put(b, "updatedOn", "\"2026-09-30T23:45:00.1Z\"");
	put(b, "isBillable", chance(2) == 0 ? "true" : "false");
	put(b, "isBilled", chance(2) == 0 ? "true" : "false");
	buf_fmt(b, "%s\"user\":{", b->p[b->n - 1] == '{' ? "" : ",");
	put(b, "firstName", names_of[chance(COUNT(names_of))]);
	put(b, "lastName", names_of[chance(COUNT(names_of))]);
	put(b, "id", uuids[0]);
	put(b, "isExternal", chance(9) == 0 ? "true" : "false");
	buf_str(b, "},\"task\":{");
	put(b, "baseType", chance(3) == 0 ? "\"private\"" : "\"projecttask\"");
	put(b, "name", names_of[chance(COUNT(names_of))]);
	put(b, "id", uuids[1]);
	if (chance(2) == 0) {
		buf_str(b, ",\"x\":1");
		put_project(b);
	}
	put(b, "projectId", uuids[0]);
	buf_str(b, "}");
	put_project(b);
	put(b, "typeOfWork", "{\"name\":\"Work\",\"id\":\"" Q "\"}");
	put(b, "resourceVersion", "639264087001849198");
	put(b, "startDateUtc", "\"2026-09-30T00:00:00Z\"");
	put(b, "startTimeUtc", "\"22:30:00\"");
	put(b, "startDateLocal", "\"2026-10-01T00:00:00\"");
	put(b, "startTimeLocal", "\"00:30:00.25\"");
	put(b, "endTimeUtc", "\"23:45:00\"");
	put(b, "endTimeLocal", "\"01:45:00\"");
	put(b, "duration", "4500");
	put(b, "breakDuration", "60");
	put(b, "typeOfWorkId", uuids[1]);
	put(b, "userId", uuids[0]);
	put(b, "taskId", uuids[1]);
	put(b, "projectId", uuids[0]);
	put(b, "note", chance(2) == 0 ? "\"a \\\"note\\\" â¬\"" : "\"plain\"");
	put(b, "isExternal", chance(9) == 0 ? "true" : "false");
	buf_ch(b, '}');
	if (chance(3) == 0)
		b->p[chance((uint32_t)b->n)] = "\"\\{}[]:,0xÃ"[chance(11)];
	assert_true(buf_ok(b));
}

static void same_text(const char *a, const char *b)
{
	assert_true(a == b || (a != NULL && b != NULL));
	if (a != NULL)
		assert_string_equal(a, b);
}

static void same_entry(const struct entry *a, const struct entry *b)
{
	uint8_t x[SHA_LEN], y[SHA_LEN];
	struct buf m = BUF_INIT, n = BUF_INIT;

	entry_write(a, &m);
	entry_write(b, &n);
	assert_string_equal(buf_text(&m), buf_text(&n));
	assert_int_equal(entry_fingerprint(a, x), 0);
	assert_int_equal(entry_fingerprint(b, y), 0);
	assert_memory_equal(x, y, SHA_LEN);
	assert_true(a->has_secs == b->has_secs && a->break_secs == b->break_secs);
	same_text(a->company_id, b->company_id);
	same_text(a->note, b->note);
	buf_free(&m);
	buf_free(&n);
}

static void by_chance(void **state)
{
	struct jtape *fast = entryjson_tape(), *slow = entryjson_tape();
	struct buf b = BUF_INIT;
	int good = 0, refused_here = 0, left = 0;

	(void)state;
	assert_true(fast != NULL && slow != NULL);
	for (int i = 0; i < 20000; i++) {
		struct err e = ERR_INIT, f = ERR_INIT;
		char created[20], made[20];
		int lean = chance(4) == 0;
		struct entry x, y;

		buf_reset(&b);
		put_entry(&b);
		if (i % 1000 == 0)
			pool_reset(pool);
		if (jtape_slow(slow, b.p, b.n, &e) < 0) {
			assert_int_equal(jtape_scan(fast, b.p, b.n), -1);
			continue;
		}
		if (jtape_scan(fast, b.p, b.n) < 0) {
			left++;
			continue;
		}
		if (entryjson_take(slow, lean, pool, &x, created, &e) < 0) {
			assert_int_equal(entryjson_take(fast, lean, pool, &y, made, &f), -1);
			assert_string_equal(e.msg, f.msg);
			refused_here++;
			continue;
		}
		assert_int_equal(entryjson_take(fast, lean, pool, &y, made, &f), 0);
		same_entry(&x, &y);
		assert_string_equal(created, made);
		good++;
	}
	assert_true(good > 2000 && refused_here > 2000 && left > 0);
	buf_free(&b);
	jtape_free(fast);
	jtape_free(slow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creation), cmocka_unit_test(full), cmocka_unit_test(sparse), cmocka_unit_test(projects), cmocka_unit_test(shapes), cmocka_unit_test(implausible),
		cmocka_unit_test(refused), cmocka_unit_test(by_chance),
	};

	return cmocka_run_group_tests(tests, make_pool, free_pool);
}
