/* The writer of pages: text stays text, nothing runs or loads, the policy fits what stands in the page; charts and words. */
#include "test_output_source.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "billing/reconcile.h"
#include "billing/select.h"
#include "output/htmlchart.h"
#include "output/htmlout.h"
#include "output/htmlwords.h"

static char folder[256];
static const struct htmlout_head head = { "de", "A \"title\" <b>", "p{color:red}\n", "var a=1;\n" };

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static int setup(void **state)
{
	(void)state;
	made_folder(folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return made_folder_gone(folder);
}

static struct htmlout *begin(const char *name)
{
	struct err e = ERR_INIT;
	struct htmlout *h = htmlout_new(path_of(name), &head, &e);

	if (h == NULL)
		fail_msg("%s", e.msg);
	return h;
}

/* What stands between <body> and the script; owned by caller. */
static char *body_of(struct htmlout *h, const char *name)
{
	struct err e = ERR_INIT;
	size_t n;
	char *text, *from, *to;

	if (htmlout_end(h, 0, &e) < 0)
		fail_msg("%s", e.msg);
	text = made_read(path_of(name), &n);
	unlink(path_of(name));
	from = strstr(text, "<body>\n");
	to = strstr(text, "<script>");
	assert_non_null(from);
	assert_non_null(to);
	from += 7;
	*to = '\0';
	memmove(text, from, strlen(from) + 1);
	return text;
}

static void is_body(struct htmlout *h, const char *name, const char *wanted)
{
	char *text = body_of(h, name);

	assert_string_equal(text, wanted);
	free(text);
}

static void hostile_text_is_text(void **state)
{
	struct htmlout *h = begin("hostile.html");

	(void)state;
	htmlout_element(h, "p", HTMLOUT_ATTRS({ "title", "\" onclick='x'" }, { "class", NULL }), "../=cmd|\"\xc3\xa4'<script>alert(1)</script>&amp;");
	htmlout_text(h, NULL);
	htmlout_element(h, "b", NULL, "a\x01" "b\x7f" "c\xff" "d\xe2\x80\xae" "e\nf");
	htmlout_void(h, "br", NULL);
	is_body(h, "hostile.html", "<p title=\"&quot; onclick=&#39;x&#39;\">../=cmd|&quot;\xc3\xa4&#39;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;</p>"
	        "<b>a b c\xef\xbf\xbd" "d e f</b><br/>");
}

static void long_text_passes_blocks(void **state)
{
	struct htmlout *h = begin("long.html");
	char *text, *big = malloc(200001);
	size_t n = 0;

	(void)state;
	assert_non_null(big);
	memset(big, '<', 200000);
	big[200000] = '\0';
	htmlout_element(h, "p", NULL, big);
	text = body_of(h, "long.html");
	for (const char *s = text; (s = strstr(s, "&lt;")) != NULL; s += 4)
		n++;
	assert_int_equal(n, 200000);
	assert_int_equal(strlen(text), 7 + 4 * 200000);
	free(text);
	free(big);
}

/* Each is refused, and leaves no file. */
static void what_runs_or_loads_is_refused(void **state)
{
	static const struct { const char *element, *name, *value; } table[] = {
		{ "script", "id", "x" }, { "STYLE", "id", "x" }, { "a b", "id", "x" }, { "", "id", "x" }, { "p>", "id", "x" }, { "p", "onclick", "x" }, { "p", "OnLoad", "x" },
		{ "p", "style", "x" }, { "img", "src", "x" }, { "p", "a=b", "x" }, { "a", "href", "javascript:x" }, { "a", "href", "//host/x" }, { "a", "href", "../x" },
		{ "a", "href", "http://x" }, { "a", "href", "/etc/passwd" }, { "a", "href", "a/../../b" }, { "a", "href", "x?y" }, { "a", "HREF", "data:x" },
		{ "form", "action", "x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct htmlout *h = begin("refused.html");
		struct err e = ERR_INIT;

		htmlout_element(h, table[i].element, HTMLOUT_ATTRS({ table[i].name, table[i].value }), "x");
		htmlout_text(h, "goes on");
		assert_int_equal(htmlout_end(h, 0, &e), -1);
		assert_int_equal(e.code, ERR_SOFTWARE);
		assert_int_not_equal(access(path_of("refused.html"), F_OK), 0);
	}
}

static void near_places_are_linked(void **state)
{
	struct htmlout *h = begin("near.html");

	(void)state;
	htmlout_element(h, "a", HTMLOUT_ATTRS({ "href", "#held" }), "a");
	htmlout_element(h, "a", HTMLOUT_ATTRS({ "href", "invoices/RE-2026..1_x.xlsx" }), "b");
	is_body(h, "near.html", "<a href=\"#held\">a</a><a href=\"invoices/RE-2026..1_x.xlsx\">b</a>");
}

static void elements_are_closed(void **state)
{
	struct err e = ERR_INIT;
	struct htmlout *h = begin("open.html");

	(void)state;
	htmlout_open(h, "p", NULL);
	assert_int_equal(htmlout_end(h, 0, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	h = begin("open.html");
	htmlout_close(h);
	assert_int_equal(htmlout_end(h, 0, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	h = begin("open.html");
	for (int i = 0; i < 30; i++)
		htmlout_open(h, "p", NULL);
	assert_int_equal(htmlout_end(h, 0, &e), -1);
	assert_int_equal(htmlout_end(NULL, 0, &e), -1);
}

/* printf 'p{color:red}\n' | openssl dgst -sha256 -binary | base64 */
static void the_policy_names_the_hashes(void **state)
{
	struct err e = ERR_INIT;
	struct htmlout *h = begin("policy.html");
	size_t n;
	char *text;

	(void)state;
	assert_int_equal(htmlout_end(h, 0, &e), 0);
	text = made_read(path_of("policy.html"), &n);
	assert_non_null(strstr(text, "default-src &#39;none&#39;; style-src &#39;sha256-IRiifYtMqt5ga9xwciISArWMn7oOzi4olaUVL5ocDZk=&#39;; script-src &#39;sha256-rkKbux4fOc+HKr/YgR8J2XI/MUwq68yxtRS4wCsqaio=&#39;; base-uri"));
	assert_non_null(strstr(text, "<style>p{color:red}\n</style>"));
	assert_non_null(strstr(text, "<script>var a=1;\n</script>"));
	assert_non_null(strstr(text, "<title>A &quot;title&quot; &lt;b&gt;</title>"));
	assert_non_null(strstr(text, "<html lang=\"de\">"));
	free(text);
	unlink(path_of("policy.html"));
}

static void own_text_does_not_end_itself(void **state)
{
	static const struct htmlout_head bad[] = { { "de", "x", "a{}</style>", "" }, { "de", "x", "", "x='</script>'" }, { "de", "x", "", "<!-- " } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct err e = ERR_INIT;
		struct htmlout *h = htmlout_new(path_of("own.html"), &bad[i], &e);

		assert_non_null(h);
		assert_int_equal(htmlout_end(h, 0, &e), -1);
		assert_int_equal(e.code, ERR_SOFTWARE);
	}
}

static void existing_files_and_links_stay(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(symlink("/dev/null", path_of("link.html")), 0);
	assert_null(htmlout_new(path_of("link.html"), &head, &e));
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(access(path_of("link.html"), F_OK), 0);
}

static void a_full_disk_is_an_error(void **state)
{
	struct rlimit old, small = { 100000, 100000 };
	struct err e = ERR_INIT;
	struct htmlout *h;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	h = begin("full.html");
	for (int i = 0; i < 20000; i++)
		htmlout_element(h, "p", NULL, "a text");
	assert_int_equal(htmlout_end(h, 0, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(e.code, ERR_IO);
	assert_int_not_equal(access(path_of("full.html"), F_OK), 0);
}

/* What does not stand on the disk as it was written is noticed. */
static void what_is_written_is_read_back(void **state)
{
	struct err e = ERR_INIT;
	struct htmlout *h = begin("altered.html");
	int fd;

	(void)state;
	for (int i = 0; i < 20000; i++)
		htmlout_element(h, "p", NULL, "a text");
	fd = open(path_of("altered.html"), O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 5000), 1);
	close(fd);
	assert_int_equal(htmlout_end(h, 0, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "read back"));
	assert_int_not_equal(access(path_of("altered.html"), F_OK), 0);
}

static void a_caller_that_failed_leaves_no_file(void **state)
{
	struct err e = ERR_INIT;
	struct htmlout *h = begin("failed.html");

	(void)state;
	err_set(&e, ERR_DATA, "broke");
	htmlout_open(h, "p", NULL);
	assert_int_equal(htmlout_end(h, -1, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_not_equal(access(path_of("failed.html"), F_OK), 0);
}

static void steps_of_an_axis(void **state)
{
	static const struct { int64_t top, step; } table[] = {
		{ 1, 1 }, { 4, 1 }, { 5, 2 }, { 9, 2 }, { 10, 5 }, { 24, 5 }, { 25, 10 }, { 49, 10 }, { 50, 20 }, { 801, 200 }, { 1000000, 500000 }, { INT64_MAX, 2000000000000000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_int_equal(htmlchart_step(table[i].top), table[i].step);
}

static void bars_are_parts_of_the_longest(void **state)
{
	static const struct htmlchart_bar bars[] = { { "<A>", "3 h", { 3, 0 } }, { "B", "1 h", { 1, 1 } }, { "C", "0 h", { 0, -5 } } };
	struct htmlout *h = begin("bars.html");
	char *text;

	(void)state;
	htmlchart_bars(h, &(struct htmlchart){ .id = "x", .title = "T", .desc = "D", .bars = bars, .n = 3 });
	text = body_of(h, "bars.html");
	assert_non_null(strstr(text, "role=\"img\" aria-labelledby=\"x-title x-desc\" width=\"100%\" height=\"120\"><title id=\"x-title\">T</title><desc id=\"x-desc\">D</desc>"));
	assert_non_null(strstr(text, "&lt;A&gt;"));
	assert_non_null(strstr(text, "class=\"s0\" x=\"0%\" y=\"22\" width=\"100%\""));
	assert_non_null(strstr(text, "class=\"s0\" x=\"0%\" y=\"62\" width=\"33.33%\""));
	assert_non_null(strstr(text, "class=\"s1\" x=\"33.33%\" y=\"62\" width=\"33.33%\""));
	assert_null(strstr(text, "y=\"102\" width=\"0"));
	free(text);
}

static void columns_of_anything(void **state)
{
	static const int64_t values[] = { 0, 1, 3600, 3601, -1, INT64_MAX };
	struct htmlchart_bar bars[60];
	char *text;

	(void)state;
	for (size_t n = 0; n <= 60; n += 12)
		for (size_t k = 0; k < 6; k++) {
			struct htmlout *h = begin("columns.html");

			for (size_t i = 0; i < n; i++)
				bars[i] = (struct htmlchart_bar){ "44", "1 h", { values[(i + k) % 6], values[(i * k) % 6] } };
			htmlchart_columns(h, &(struct htmlchart){ .id = "x", .title = "T", .desc = "D", .bars = bars, .n = n, .unit = 3600 });
			text = body_of(h, "columns.html");
			assert_null(strstr(text, "=\"-"));
			free(text);
		}
}

/* A long name is cut where it fits; a wide character counts twice. */
static void labels_fit(void **state)
{
	static const struct htmlchart_bar bars[] = {
		{ "123456789012345678901234567890", "", { 1, 0 } }, { "1234567890123456789012345678901", "", { 1, 0 } },
		{ "日本語日本語日本語日本語日本語日本語", "", { 1, 0 } }, { NULL, "", { 1, 0 } },
	};
	struct htmlout *h = begin("labels.html");
	char *text;

	(void)state;
	htmlchart_bars(h, &(struct htmlchart){ .id = "x", .title = "T", .desc = "D", .bars = bars, .n = 4 });
	text = body_of(h, "labels.html");
	assert_non_null(strstr(text, ">123456789012345678901234567890<"));
	assert_non_null(strstr(text, ">12345678901234567890123456789…<"));
	assert_non_null(strstr(text, ">日本語日本語日本語日本語日本…<"));
	free(text);
}

/* Every reason has words and advice, every class of the reconciliation its words, in both languages; no word is missing. */
static void all_has_words(void **state)
{
	static const char *const held[] = { HELD_RUNNING, HELD_NO_DURATION, HELD_OPEN_END, HELD_NO_DATE, HELD_DATE_UNCLEAR, HELD_EXTERNAL, HELD_NO_PROJECT, HELD_NO_COMPANY,
		HELD_NO_CUSTOMER, HELD_CUSTOMER_INCOMPLETE, HELD_ON_HOLD, HELD_EXCLUDED, HELD_RETAINER, HELD_LATE, HELD_NO_RATE, HELD_RATE_TIE, HELD_CURRENCY, HELD_ON_INVOICE };

	(void)state;
	for (int german = 0; german < 2; german++) {
		for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
			assert_true(*htmlwords_advice(german, held[i]) != '\0');
			assert_string_not_equal(htmlwords_advice(german, held[i]), held[i]);
			assert_true(german == 0 || strcmp(htmlwords_reason(german, held[i]), held[i]) != 0);
		}
		for (int k = 0; k < HTMLWORDS_KEYS; k++)
			assert_non_null(htmlwords_text(german, (enum htmlwords_key)k));
		for (int k = 0; k < RECONCILE_CLASSES; k++)
			assert_true(german == 0 || strcmp(htmlwords_class(german, reconcile_name((enum reconcile_class)k)), reconcile_name((enum reconcile_class)k)) != 0);
	}
	assert_string_equal(htmlwords_reason(1, "new_reason"), "new_reason");
	assert_true(htmlwords_german("de") && !htmlwords_german("en") && !htmlwords_german(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_text),
		cmocka_unit_test(long_text_passes_blocks),
		cmocka_unit_test(what_runs_or_loads_is_refused),
		cmocka_unit_test(near_places_are_linked),
		cmocka_unit_test(elements_are_closed),
		cmocka_unit_test(the_policy_names_the_hashes),
		cmocka_unit_test(own_text_does_not_end_itself),
		cmocka_unit_test(existing_files_and_links_stay),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_caller_that_failed_leaves_no_file),
		cmocka_unit_test(steps_of_an_axis),
		cmocka_unit_test(bars_are_parts_of_the_longest),
		cmocka_unit_test(columns_of_anything),
		cmocka_unit_test(labels_fit),
		cmocka_unit_test(all_has_words),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
