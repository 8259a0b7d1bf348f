/* report.html of a made-up run: its figures, its bounds, its refusal to be written when sums differ; what it is counted from. */
#include "test_output_source.h"

#include "output/htmlpage.h"
#include "output/runpage.h"
#include "output/summarylines.h"

static char folder[256];
static struct template *de;

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static int setup(void **state)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	made_folder(folder);
	de = template_read("templates", "summary.de.ini", &d, &e);
	return de == NULL || !diag_empty(&d) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	template_free(de);
	return made_folder_gone(folder);
}

/* A page's input whose sums fit the made-up run. */
struct fixture {
	struct made m;
	struct source src;
	struct summarydata d;
	struct summarylines lines;
	struct report report;
	struct runpage page;
	struct conserve_customer customers[64];
	char ids[64][40], currencies[64][4];
};

static int on_invoice(void *arg, const struct invoice *v, struct err *e)
{
	struct fixture *f = arg;
	struct conserve_customer *c = &f->customers[f->report.ncustomers];
	size_t i = f->report.ncustomers++;

	(void)e;
	assert_true(i < 64);
	snprintf(f->ids[i], sizeof f->ids[i], "%s", v->company_id);
	snprintf(f->currencies[i], sizeof f->currencies[i], "%s", v->currency);
	*c = (struct conserve_customer){ .company_id = f->ids[i], .currency = f->currencies[i], .documents = 1, .entries = v->entries, .secs = v->secs,
		.billed_secs = v->billed_secs, .lines_minor = v->net_minor, .value_minor = v->net_minor - 3, .net_minor = v->net_minor, .tax_minor = v->tax_minor,
		.gross_minor = v->gross_minor };
	return 0;
}

static void begin(struct fixture *f, struct made m)
{
	struct err e = ERR_INIT;

	memset(f, 0, sizeof *f);
	f->m = m;
	f->src = made_source(&f->m);
	if (made_summary(&f->d, &f->src, &e) < 0 || made_lines(&f->lines, &f->src, &e) < 0)
		fail_msg("%s", e.msg);
	f->report = (struct report){ .customers = f->customers, .entries_fetched = f->d.entries + f->d.held_entries, .entries_billed = f->d.entries,
		.entries_held = f->d.held_entries, .secs_fetched = f->d.secs + f->d.held_secs, .secs_billed = f->d.secs, .secs_held = f->d.held_secs };
	assert_int_equal(f->src.invoices(f->src.ctx, on_invoice, f, &e), 0);
	f->page = (struct runpage){ .tool = "psabill 9.9", .language = "de", .made_utc = 1793606400, .lines = &f->lines, .report = &f->report };
}

/* The page; owned by caller. */
static char *written(struct fixture *f)
{
	struct err e = ERR_INIT;
	size_t n;
	char *text;

	if (runpage_write(&f->page, &f->src, &f->d, de, path_of("report.html"), &e) < 0)
		fail_msg("%s", e.msg);
	text = made_read(path_of("report.html"), &n);
	unlink(path_of("report.html"));
	return text;
}

static void has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in the page", part);
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static void a_page_says_what_the_run_came_to(void **state)
{
	struct fixture f;
	char *text, *again, part[128];

	(void)state;
	begin(&f, (struct made){ .invoices = 3, .lines = 2, .entries = 4, .held = 5 });
	text = written(&f);
	has(text, "<dd>02.11.2026 08:00 UTC</dd>");
	has(text, "<dd>psabill 9.9</dd>");
	has(text, "data-state=\"issued\"");
	has(text, "Nordlicht Studio GmbH");
	snprintf(part, sizeof part, "data-key=\"net\" data-v=\"%lld\"", (long long)f.d.currency[0].net);
	has(text, part);
	has(text, "M\xc3\xbcller &amp; S\xc3\xb6hne 2 GmbH");
	has(text, "data-reason=\"running\"");
	has(text, "kein Stundensatz");
	has(text, "Das Ledger kennt keinen");
	again = written(&f);
	assert_string_equal(text, again);
	free(text);
	free(again);
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

static void hostile_names_stay_text(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	begin(&f, (struct made){ .invoices = 2, .lines = 2, .entries = 1, .held = 3, .nasty = 1, .draft = 1 });
	text = written(&f);
	has(text, "data-state=\"draft\"");
	has(text, "../../x  evil &amp; &lt;co&gt; &quot;quoted&quot;, =1+1");
	has(text, "=cmd|&#39; /C calc&#39;!A0");
	assert_int_equal(count(text, "<script"), 1);
	assert_int_equal(count(text, "\xe2\x80\xae"), 0);
	free(text);
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

static void a_month_without_anything(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	begin(&f, (struct made){ .draft = 1 });
	text = written(&f);
	has(text, "Nichts abzurechnen");
	has(text, "Nichts f\xc3\xa4llt auf");
	assert_null(strstr(text, "data-key=\"customers\""));
	free(text);
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

static void several_currencies(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	begin(&f, (struct made){ .invoices = 4, .lines = 1, .entries = 2, .second_currency = "JPY" });
	text = written(&f);
	has(text, "data-currency=\"EUR\"");
	has(text, "data-currency=\"JPY\"");
	free(text);
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

/* Many held entries: the page stays small and says where the rest is. */
static void tables_have_bounds(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	begin(&f, (struct made){ .held = 2 * HTMLPAGE_ROWS + 7 });
	text = written(&f);
	assert_int_equal(count(text, "data-id="), HTMLPAGE_ROWS);
	has(text, "2000 von 4007 stehen hier. Alle: held.csv");
	free(text);
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

static void the_past_is_paired(void **state)
{
	static const struct runpage_past past[] = {
		{ "00000000-aaaa-4000-8000-000000000000", NULL, "EUR", 1000000000, 500 }, { "00000009-gone", "Weg GmbH", "EUR", 12345, 0 },
	};
	struct fixture f;
	char *text, part[160];

	(void)state;
	begin(&f, (struct made){ .invoices = 2, .lines = 1, .entries = 2 });
	f.page.before = "2026-09";
	f.page.past = past;
	f.page.npast = 2;
	text = written(&f);
	has(text, "Weg GmbH");
	has(text, "data-v=\"-12345\">-123,45");
	has(text, "-100,0 %");
	has(text, ">neu<");
	snprintf(part, sizeof part, "data-v=\"%lld\"", (long long)(f.customers[0].net_minor + 500 - 1000000000));
	has(text, part);
	/* The greatest difference stands first. */
	assert_true(strstr(text, part) < strstr(text, "Weg GmbH"));
	free(text);
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

static void refuses(struct fixture *f, const char *words)
{
	struct err e = ERR_INIT;

	assert_int_equal(runpage_write(&f->page, &f->src, &f->d, de, path_of("report.html"), &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	has(e.msg, words);
	assert_int_not_equal(access(path_of("report.html"), F_OK), 0);
}

/* Each sum that the page shows is off by one in its turn. */
static void sums_that_differ_are_refused(void **state)
{
	struct fixture f;
	const struct { int64_t *sum; const char *words; } table[] = {
		{ &f.report.entries_fetched, "entries read" }, { &f.report.secs_fetched, "seconds read" }, { &f.report.entries_billed, "billed entries" },
		{ &f.report.entries_late, "late entries" }, { &f.customers[1].net_minor, "lines and net" }, { &f.customers[0].gross_minor, "net, VAT and gross" },
		{ &f.d.weeks.v[1].secs, "seconds of weeks" }, { &f.d.weeks.undated.held, "held seconds" }, { &f.d.currency[0].tax, "VAT of customers" },
		{ &f.d.currency[0].net, "net of customers" }, { &f.d.currency[0].gross, "gross of customers" },
	};

	(void)state;
	begin(&f, (struct made){ .invoices = 3, .lines = 2, .entries = 2, .held = 2 });
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		++*table[i].sum;
		refuses(&f, table[i].words);
		--*table[i].sum;
	}
	/* A customer whose own sums fit, and not those of all. */
	f.customers[0].lines_minor++;
	f.customers[0].net_minor++;
	f.customers[0].gross_minor++;
	refuses(&f, "net of customers");
	f.customers[0].lines_minor--;
	f.customers[0].net_minor--;
	f.customers[0].gross_minor--;
	f.report.ncustomers--;
	refuses(&f, "net of customers");
	f.report.ncustomers++;
	f.customers[0].currency = "CHF";
	refuses(&f, "no document in CHF");
	summarydata_free(&f.d);
	summarylines_free(&f.lines);
}

static void equal_rows_are_one(void **state)
{
	struct made m = { .invoices = 40, .lines = 60, .entries = 1 };
	struct source src = made_source(&m);
	struct summarylines s;
	struct err e = ERR_INIT;
	int64_t net = 0, secs = 0, entries = 0;

	(void)state;
	assert_int_equal(made_lines(&s, &src, &e), 0);
	/* Lines repeat their projects every 20, their prices every 5. */
	assert_int_equal(s.n, 40 * 20);
	assert_true(s.cap < 40 * 60);
	for (size_t i = 0; i < s.n; i++) {
		net += s.v[i].net_minor;
		secs += s.v[i].secs;
		entries += s.v[i].entries;
		assert_int_equal(s.v[i].entries, 3);
	}
	assert_int_equal(entries, 40 * 60);
	for (int i = 0; i < 40; i++) {
		struct invoice v;

		made_invoice(&m, &v, i);
		net -= v.net_minor;
		secs -= v.secs;
		made_invoice_free(&v);
	}
	assert_int_equal(net, 0);
	assert_int_equal(secs, 0);
	assert_string_equal(s.seller, "Nordlicht Studio GmbH");
	assert_string_equal(s.first, "RE-2026-00001");
	assert_string_equal(s.last, "RE-2026-00040");
	summarylines_free(&s);
}

static void weeks_of_a_period(void **state)
{
	static const struct { const char *label; enum summaryweeks_unit unit; size_t n; } table[] = {
		{ "2026-10", SUMMARYWEEKS_WEEK, 5 }, { "2027-02", SUMMARYWEEKS_WEEK, 4 }, { "2026-Q4", SUMMARYWEEKS_WEEK, 14 }, { "2026-10-07..2026-10-07", SUMMARYWEEKS_WEEK, 1 },
		{ "2028-01-01..2028-12-31", SUMMARYWEEKS_WEEK, 53 }, { "2026-01-01..2027-01-31", SUMMARYWEEKS_MONTH, 13 }, { "2020-01-15..2026-02-01", SUMMARYWEEKS_YEAR, 7 },
		{ "1900-01-01..2026-01-01", SUMMARYWEEKS_YEAR, SUMMARYWEEKS_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct summaryweeks w;
		struct period p;
		struct err e = ERR_INIT;

		assert_int_equal(period_parse(table[i].label, 20000, &p, &e), 0);
		summaryweeks_init(&w, &p);
		assert_int_equal(w.unit, table[i].unit);
		assert_int_equal(w.n, table[i].n);
		assert_int_equal(w.v[0].from, p.from);
		assert_int_equal(w.v[w.n - 1].to, p.to);
		for (size_t k = 1; k < w.n; k++)
			assert_int_equal(w.v[k].from, w.v[k - 1].to);
		/* A second of each day, and one on either side. */
		for (date_t d = p.from - 1; d <= p.to; d++)
			assert_int_equal(summaryweeks_add(&w, d, 1, 2), 0);
		assert_int_equal(summaryweeks_add(&w, DATE_NONE, 7, 0), 0);
		assert_int_equal(w.earlier.secs, 1);
		assert_int_equal(w.undated.secs, 7);
		for (size_t k = 0; k < w.n; k++) {
			assert_int_equal(w.v[k].secs, w.v[k].to - w.v[k].from + (k == w.n - 1));
			assert_int_equal(w.v[k].held, 2 * w.v[k].secs);
		}
		assert_int_equal(summaryweeks_add(&w, p.from, INT64_MAX, 0), -1);
	}
}

static void numbers_of_weeks(void **state)
{
	static const struct { int year, month, day, week; } table[] = {
		{ 2026, 10, 1, 40 }, { 2026, 1, 1, 1 }, { 2027, 1, 1, 53 }, { 2024, 12, 30, 1 }, { 2023, 1, 1, 52 }, { 1969, 12, 29, 1 }, { 1960, 1, 3, 53 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_int_equal(summaryweeks_number(date_from_ymd(table[i].year, table[i].month, table[i].day)), table[i].week);
}

/* Figures as German and English write them. */
static void figures(void **state)
{
	static const struct { int64_t v; const char *de, *en; } money[] = {
		{ 0, "0,00", "0.00" }, { 5, "0,05", "0.05" }, { 12345678, "123.456,78", "123,456.78" }, { -100000, "-1.000,00", "-1,000.00" }, { 99999, "999,99", "999.99" },
	};
	struct err e = ERR_INIT;

	(void)state;
	for (int german = 0; german < 2; german++) {
		struct htmlpage p;

		assert_int_equal(htmlpage_begin(&p, path_of("figures.html"), "x", german ? "de" : "en", de, &e), 0);
		for (size_t i = 0; i < sizeof money / sizeof *money; i++)
			assert_string_equal(htmlpage_money(&p, money[i].v, "EUR"), german ? money[i].de : money[i].en);
		assert_string_equal(htmlpage_hours(&p, 4500), german ? "1,25" : "1.25");
		assert_string_equal(htmlpage_change(&p, 36), german ? "+0,01" : "+0.01");
		assert_string_equal(htmlpage_share(&p, -1, 3), german ? "-33,3 %" : "-33.3 %");
		assert_string_equal(htmlpage_share(&p, 1, -4), german ? "-25,0 %" : "-25.0 %");
		assert_string_equal(htmlpage_share(&p, 1, 0), "");
		assert_string_equal(htmlpage_rate(&p, 955000), german ? "95,50" : "95.50");
		assert_string_equal(htmlpage_signed(&p, 1, "JPY"), "+1");
		assert_int_equal(htmlpage_end(&p, 0, &e), 0);
		unlink(path_of("figures.html"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_says_what_the_run_came_to),
		cmocka_unit_test(hostile_names_stay_text),
		cmocka_unit_test(a_month_without_anything),
		cmocka_unit_test(several_currencies),
		cmocka_unit_test(tables_have_bounds),
		cmocka_unit_test(the_past_is_paired),
		cmocka_unit_test(sums_that_differ_are_refused),
		cmocka_unit_test(equal_rows_are_one),
		cmocka_unit_test(weeks_of_a_period),
		cmocka_unit_test(numbers_of_weeks),
		cmocka_unit_test(figures),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
