#include "test_output_source.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/csvfile.h"
#include "output/csvout.h"
#include "output/csvtable.h"

static char dir[256];

static int setup(void **state)
{
	(void)state;
	made_folder(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return made_folder_gone(dir);
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void headings_are_stable(void **state)
{
	static const struct { int (*open)(struct taker *, const char *, struct err *); const char *head; } files[] = {
		{ csvout_entries, "invoice_number,line,entry_id,date,company,project,task,user,type_of_work,note,seconds,billed_seconds,rate,currency,late\r\n" },
		{ csvout_lines, "invoice_number,line,description,project,quantity,unit,rate,net,currency,seconds,tax_category,tax_rate\r\n" },
		{ csvout_invoices, "invoice_number,type,date,due_date,company_id,customer_number,legal_name,period_from,period_to,net,tax,gross,currency,"
		                   "entries,seconds,cancels\r\n" },
		{ csvout_held, "entry_id,reason,date,company,project,task,user,seconds,note\r\n" },
	};
	struct made m = { .invoices = 0 };
	struct source s = made_source(&m);

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct err e = ERR_INIT;
		char name[16], *text;
		size_t n;

		snprintf(name, sizeof name, "%zu.csv", i);
		assert_int_equal(made_file(files[i].open, &s, path_of(name), &e), 0);
		text = made_read(path_of(name), &n);
		assert_string_equal(text, files[i].head);
		free(text);
	}
}

static void rows_as_documented(void **state)
{
	struct made m = { .invoices = 1, .lines = 2, .entries = 2, .price_e4 = 871250 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	char *text;
	size_t n;

	(void)state;
	assert_int_equal(made_file(csvout_invoices, &s, path_of("invoices.csv"), &e), 0);
	text = made_read(path_of("invoices.csv"), &n);
	assert_non_null(strstr(text, "\r\nRE-2026-00001,380,2026-11-02,2026-11-16,00000000-aaaa-4000-8000-000000000000,\"K-1000\",\"Müller & Söhne 1 GmbH\",2026-10-01,2026-10-05,"));
	assert_non_null(strstr(text, ",EUR,4,"));
	free(text);
	assert_int_equal(made_file(csvout_lines, &s, path_of("lines.csv"), &e), 0);
	text = made_read(path_of("lines.csv"), &n);
	assert_non_null(strstr(text, "RE-2026-00001,1,\"Website Relaunch 1\",\"Website Relaunch 1\","));
	assert_non_null(strstr(text, ",HUR,87.125,"));
	assert_non_null(strstr(text, ",HUR,107.50,"));
	assert_non_null(strstr(text, ",S,19\r\n"));
	free(text);
	assert_int_equal(made_file(csvout_entries, &s, path_of("entries.csv"), &e), 0);
	text = made_read(path_of("entries.csv"), &n);
	assert_non_null(strstr(text, "\r\nRE-2026-00001,1,00000000-0000-4000-8000-000000000000,2026-10-01,\"Müller & Söhne 1 GmbH\",\"Website Relaunch 1\",\"Aufgabe 1\","
	                             "\"Jörg Müller\",\"Entwicklung\",\"Umsetzung\","));
	assert_non_null(strstr(text, ",87.125,EUR,0\r\n"));
	free(text);
}

struct seen { int rows; char first_note[256]; };

static int see(void *ctx, const struct csvfile_row *row, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	if (s->rows++ == 1)
		snprintf(s->first_note, sizeof s->first_note, "%s", row->text[9]);
	return 0;
}

static void nasty_text_is_neutral(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 3, .nasty = 1, .held = 4 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	struct diag d = { 0 };
	struct seen seen = { 0 };
	char *text;
	size_t n;

	(void)state;
	assert_int_equal(made_file(csvout_entries, &s, path_of("nasty.csv"), &e), 0);
	text = made_read(path_of("nasty.csv"), &n);
	assert_non_null(strstr(text, ",\"'=cmd|' /C calc'!A0\","));
	assert_non_null(strstr(text, ",\"'=HYPERLINK(\"\"http://x\"\")\nzweite"));
	assert_null(strchr(text, '\x01'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	free(text);
	assert_int_equal(csvfile_read(path_of("nasty.csv"), see, &seen, &d, &e), 0);
	assert_true(diag_empty(&d));
	assert_int_equal(seen.rows, 4);
	assert_string_equal(seen.first_note, "=HYPERLINK(\"http://x\")\nzweite \"Zeile\", mit\tTab   und _x0041_");
	assert_int_equal(made_file(csvout_held, &s, path_of("held.csv"), &e), 0);
	text = made_read(path_of("held.csv"), &n);
	assert_non_null(strstr(text, ",running,"));
	assert_non_null(strstr(text, "\",,\"")); /* no duration */
	free(text);
}

static void minutes_and_yen(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1, .unit = QUANTITY_MINUTES, .currency = "JPY", .category = "AE" };
	struct err e = ERR_INIT;
	struct invoice v;
	char want[64];
	char *text;
	size_t n;

	(void)state;
	made_invoice(&m, &v, 0);
	assert_int_equal(csvout_invoice(&v, path_of("one.csv"), &e), 0);
	text = made_read(path_of("one.csv"), &n);
	snprintf(want, sizeof want, ",%lld,MIN,95.00,%lld,JPY,", (long long)v.lines[0].quantity, (long long)v.lines[0].net_minor);
	assert_non_null(strstr(text, want));
	assert_non_null(strstr(text, ",AE,0\r\n"));
	free(text);
	made_invoice_free(&v);
}

static void discounts_follow_the_lines(void **state)
{
	static const struct { const char *currency; int64_t amount; const char *want; } t[] = {
		{ "EUR", 12345, ",,\"Rabatt 5 %\",\"\",1,LS,-123.45,-123.45,EUR,0,S,19\r\n" },
		{ "EUR", -12345, ",,\"Rabatt 5 %\",\"\",1,LS,123.45,123.45,EUR,0,S,19\r\n" }, /* of a cancellation */
		{ "JPY", 500, ",,\"Rabatt 5 %\",\"\",1,LS,-500.00,-500,JPY,0,S,19\r\n" },
		{ "KWD", 1234, ",,\"Rabatt 5 %\",\"\",1,LS,-1.234,-1.234,KWD,0,S,19\r\n" },
	};
	struct made m = { .invoices = 1, .lines = 2, .entries = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct invoice_allowance a = { .reason = "Rabatt 5 %", .amount_minor = t[i].amount, .tax_category = "S", .tax_pct_e2 = 1900 };
		struct err e = ERR_INIT;
		struct invoice v;
		char *text;
		size_t n;

		made_invoice(&m, &v, 0);
		v.currency = t[i].currency;
		v.allowances = &a;
		v.nallowances = 1;
		unlink(path_of("off.csv"));
		assert_int_equal(csvout_invoice(&v, path_of("off.csv"), &e), 0);
		text = made_read(path_of("off.csv"), &n);
		assert_true(n > strlen(t[i].want));
		assert_string_equal(text + n - strlen(t[i].want), t[i].want);
		assert_non_null(strstr(text, "\r\nRE-2026-00001,2,"));
		free(text);
		made_invoice_free(&v);
	}
}

static void fees_have_their_unit(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .unit = QUANTITY_LUMP, .price_e4 = 4900000 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	char *text;
	size_t n;

	(void)state;
	assert_int_equal(made_file(csvout_lines, &s, path_of("fee.csv"), &e), 0);
	text = made_read(path_of("fee.csv"), &n);
	assert_non_null(strstr(text, ",1,LS,490.00,490.00,EUR,0,S,19\r\n"));
	free(text);
}

static void timesheet_is_its_part_of_entries(void **state)
{
	struct made m = { .invoices = 3, .lines = 2, .entries = 3, .nasty = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	char *all, *sum = calloc(1, 1 << 16), *part, *rows;
	size_t n, rest;

	(void)state;
	assert_int_equal(made_file(csvout_entries, &s, path_of("all.csv"), &e), 0);
	all = made_read(path_of("all.csv"), &n);
	rest = (size_t)(strstr(all, "\r\n") - all) + 2;
	for (int i = 0; i < 3; i++) {
		struct taker t = { .name = "" };
		struct invoice v;
		char name[32];

		made_invoice(&m, &v, i);
		snprintf(name, sizeof name, "part%d.csv", i);
		assert_int_equal(csvout_entries(&t, path_of(name), &e), 0);
		assert_int_equal(taker_walk(&s, v.number, &t, 1, &e), 0);
		part = made_read(path_of(name), &n);
		assert_int_equal(strncmp(part, all, rest), 0);
		rows = part + rest;
		assert_int_equal(strncmp(rows, v.number, strlen(v.number)), 0);
		strcat(sum, rows);
		free(part);
		made_invoice_free(&v);
	}
	assert_string_equal(sum, all + rest);
	free(sum);
	free(all);
}

/* Line ends inside and outside of quotes, at every distance: the file that was written is read back as so many rows. */
static void rows_are_counted_wherever_quotes_stand(void **state)
{
	struct csvtable t;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(csvtable_open(&t, path_of("quotes.csv"), &e), 0);
	for (int n = 0; n < 40; n++)
		for (int at = 0; at <= n; at++) {
			char text[64];

			memset(text, 'x', sizeof text);
			text[n] = '\0';
			text[at] = n == at ? '\0' : '\n';
			csvtable_text(&t, text);
			text[at] = n == at ? '\0' : '"';
			csvtable_text(&t, text);
			csvfile_bare(&t.out, n % 2 == 0 ? "1" : "");
			assert_int_equal(csvtable_end_row(&t, &e), 0);
		}
	assert_int_equal(csvtable_close(&t, 0, &e), 0);
	assert_string_equal(e.msg, "");
}

static void existing_files_and_links_stay(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(symlink("/dev/null", path_of("link.csv")), 0);
	assert_int_equal(made_file(csvout_lines, &s, path_of("link.csv"), &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	assert_int_equal(access(path_of("link.csv"), F_OK), 0);
}

static void a_full_disk_is_an_error(void **state)
{
	struct made m = { .invoices = 1, .lines = 20, .entries = 200 };
	struct source s = made_source(&m);
	struct rlimit old, small = { 100000, 100000 };
	struct err e = ERR_INIT;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(made_file(csvout_entries, &s, path_of("full.csv"), &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(e.code, ERR_IO);
	assert_int_not_equal(access(path_of("full.csv"), F_OK), 0);
}

static int stop_at(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	(void)ctx, (void)number, (void)visitor, (void)arg;
	return err_set(e, ERR_DATA, "ledger broke");
}

static void errors_of_the_source_pass_through(void **state)
{
	struct made m = { .invoices = 1, .lines = 1, .entries = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;

	(void)state;
	s.documents = stop_at;
	assert_int_equal(made_file(csvout_entries, &s, path_of("broke.csv"), &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_not_equal(access(path_of("broke.csv"), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headings_are_stable),
		cmocka_unit_test(rows_as_documented),
		cmocka_unit_test(nasty_text_is_neutral),
		cmocka_unit_test(minutes_and_yen),
		cmocka_unit_test(discounts_follow_the_lines),
		cmocka_unit_test(fees_have_their_unit),
		cmocka_unit_test(timesheet_is_its_part_of_entries),
		cmocka_unit_test(rows_are_counted_wherever_quotes_stand),
		cmocka_unit_test(existing_files_and_links_stay),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(errors_of_the_source_pass_through),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
