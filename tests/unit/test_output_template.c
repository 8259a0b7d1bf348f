#include "test_output_picture.h"
#include "test_output_source.h"

#include "output/template.h"
#include "output/templatekeys.h"

#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG_TEXT FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY

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

static struct template *read_text(const char *name, const char *text, struct diag *d)
{
	struct err e = ERR_INIT;
	struct template *t;
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	t = template_read(dir, name, d, &e);
	assert_int_equal(e.code, ERR_OK);
	return t;
}

/* The test runs in the source tree or below it. */
static const char *templates_dir(void)
{
	static const char *const places[] = { "templates", "../templates", "../../templates", "../../../templates" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

static void defaults_are_whole(void **state)
{
	struct diag d = { 0 };
	struct template *t = read_text("invoice.x.ini", "", &d);
	const struct template_column *c;
	size_t n;

	(void)state;
	assert_non_null(t);
	for (int k = 0; k < TEMPLATE_KEYS; k++)
		assert_non_null(template_text(t, (enum template_key)k));
	assert_string_equal(template_text(t, TEMPLATE_TITLE), "Invoice");
	assert_true(template_on(t, TEMPLATE_SHOW_BANK));
	assert_int_equal(template_color(t, TEMPLATE_ACCENT), 0x1f4e79);
	c = template_columns(t, TEMPLATE_LINES, &n);
	assert_int_equal(n, 6);
	assert_int_equal(c[1].field, TEMPLATE_F_DESCRIPTION);
	template_free(t);
}

static void columns_in_their_order(void **state)
{
	struct diag d = { 0 };
	struct template *t = read_text("invoice.x.ini", "[line price]\norder = 0\n[line service]\norder = 9\nwidth = 30\nheading = When\n[line net]\norder=10\nformat = 0.000\n", &d);
	const struct template_column *c;
	size_t n;

	(void)state;
	assert_non_null(t);
	c = template_columns(t, TEMPLATE_LINES, &n);
	assert_int_equal(n, 6);
	assert_int_equal(c[4].field, TEMPLATE_F_SERVICE);
	assert_string_equal(c[4].heading, "When");
	assert_int_equal(c[4].width, 30);
	assert_string_equal(c[5].format, "0.000");
	template_free(t);
}

static void every_fault_with_its_line(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "[labels]\nnumbre = x\n", ":2: unknown: numbre in [labels]" },
		{ "[lables]\nnumber = x\n", ":2: unknown: number in [lables]" },
		{ "[line colour]\norder = 1\n", ":2: unknown: order in [line colour]" },
		{ "[line unit]\nformat = 0\n", ":2: unknown: format in [line unit]" },
		{ "[line unit]\norder = x\n", ":2: order = x: must be a whole number" },
		{ "[line unit]\norder = 1\n", "have the same order" },
		{ "[line net]\norder = 0\n", "cannot be left out" },
		{ "[line net]\norder = 1\n[line position]\norder = 6\n", "cannot be the first" },
		{ "[blocks]\nbank = maybe\n", ":2: bank = maybe: must be yes or no" },
		{ "[document]\naccent = red\n", ":2: accent = red: a colour has" },
		{ "[document]\nsheet = a/b\n", ":2: sheet = a/b: a sheet's name cannot" },
		{ "[document]\nsheet = Same\ntimesheet = same\n", "both sheets have the same name" },
		{ "[format]\ndate = DD.XX\n", ":2: date = DD.XX: a date is made of" },
		{ "[format]\ndate = DD.MM\n", ":2: date = DD.MM: a date needs" },
		{ "[format]\nmoney = \"x\n", "quotes or brackets do not match" },
		{ "[format]\nmonths = a b c\n", "must be twelve words" },
		{ "[texts]\npayment = pay {amount}\n", ":2: unknown {amount}; allowed here: number date" },
		{ "[texts]\npayment = pay {due\n", ":2: '{' without '}'" },
		{ "[countries]\naut = x\n", ":2: aut: not a country code" },
		{ "[document]\nlogo = ../secret.png\n", ":2: logo = ../secret.png: must be the name of a file" },
		{ "[document]\nlogo = .hidden.png\n", ":2: logo = .hidden.png: must be the name of a file" },
		{ "[document]\nlogo = logo.svg\n", ":2: logo = logo.svg: must end in .png" },
		{ "[document]\nlogo_width_mm = 9\n", ":2: logo_width_mm = 9: must be a whole number from 10 to 80" },
		{ "[document]\nlogo_width_mm = 81\n", ":2: logo_width_mm = 81: must be" },
		{ "[footer]\nleft = {customer}\n", ":2: unknown {customer}; allowed here: seller" },
		{ "[blocks]\nlate_heading = 1\n", ":2: late_heading = 1: must be yes or no" },
		{ "[texts]\npayment = {discount_rate}\n", ":2: unknown {discount_rate}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diag d = { 0 };
		struct template *t = read_text("invoice.bad.ini", cases[i].text, &d);

		if (t != NULL || d.n == 0 || strstr(d.line[0], cases[i].want) == NULL)
			fail_msg("%s gives %s", cases[i].text, d.n > 0 ? d.line[0] : "nothing");
		diag_free(&d);
	}
}

static void all_faults_at_once(void **state)
{
	struct diag d = { 0 };

	(void)state;
	assert_null(read_text("invoice.bad.ini", "[labels]\na = 1\nb = 2\n[x]\nc = 3\n", &d));
	assert_int_equal(d.n, 3);
	diag_free(&d);
}

static void missing_file_and_odd_name(void **state)
{
	struct diag d = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_null(template_read(dir, "invoice.none.ini", &d, &e));
	assert_int_equal(e.code, ERR_NOINPUT);
	err_clear(&e);
	assert_null(template_read(dir, "letter.ini", &d, &e));
	assert_int_equal(e.code, ERR_CONFIG);
}

static struct template *parse(const char *text, struct diag *d)
{
	struct err e = ERR_INIT;
	struct template *t = template_parse("invoice.x.ini", "beside/invoice.x.ini", text, strlen(text), d, &e);

	assert_int_equal(e.code, ERR_OK);
	return t;
}

/* 255 characters with the codes of all parts; names count when they are filled in. */
static void a_footer_has_255_characters(void **state)
{
	static const struct { int left, right; const char *tail; int ok; } cases[] = {
		{ 250, 0, "", 1 }, { 251, 0, "", 0 }, { 240, 5, "", 1 }, { 240, 6, "", 0 }, { 245, 0, "{legal_info}{page}&x", 1 }, { 245, 0, "{legal_info}{page}&xy", 0 },
		{ 248, 0, "{seller}&", 1 }, { 249, 0, "{seller}&", 0 }, { 249, 0, "{pages}", 0 }, { 250, 0, "{legal_info}{seller}", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diag d = { 0 };
		char text[1024];
		int n = snprintf(text, sizeof text, "[footer]\nleft = %.*s%s%s\n", cases[i].left, LONG_TEXT, cases[i].tail, cases[i].right > 0 ? "" : "\n");
		struct template *t;

		if (cases[i].right > 0)
			snprintf(text + n, sizeof text - (size_t)n, "right = %.*s\n", cases[i].right, LONG_TEXT);
		t = parse(text, &d);
		if ((t != NULL) != cases[i].ok)
			fail_msg("case %zu: %s", i, d.n > 0 ? d.line[0] : "taken");
		if (!cases[i].ok && strstr(d.line[0], cases[i].right > 0 ? "invoice.x.ini:3: right: the footer is longer" : "invoice.x.ini:2: left: the footer is") == NULL)
			fail_msg("case %zu: %s", i, d.line[0]);
		template_free(t);
		diag_free(&d);
	}
}

static void parts_without_content_are_left_out(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "{seller} · USt-IdNr. {vat_id} · Steuernummer {tax_number} · {number}", "S · Steuernummer T · N" },
		{ "{vat_id} · {seller}", "S" }, { "{seller} · {vat_id}", "S" }, { "{vat_id}", "" }, { "{seller}\\n{vat_id}\\n{number}", "S\nN" },
		{ "{seller}\\n{vat_id} · {number}", "S\nN" }, { "{seller} · {vat_id}\\n{number}", "S\nN" }, { "always · {vat_id}", "always" },
		{ "{vat_id} {number}", " N" },
	};
	static const struct template_value values[] = { { "seller", "S" }, { "vat_id", "" }, { "tax_number", "T" }, { "number", "N" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diag d = { 0 };
		struct buf b = BUF_INIT;
		struct template *t;
		char text[256];

		snprintf(text, sizeof text, "[footer]\ncenter = %s\n", cases[i].text);
		t = parse(text, &d);
		assert_non_null(t);
		template_fill_parts(t, &b, TEMPLATE_FOOTER_CENTER, values, 4);
		assert_string_equal(buf_text(&b), cases[i].want);
		buf_free(&b);
		template_free(t);
	}
}

static void a_template_without_a_footer_gets_one(void **state)
{
	struct diag d = { 0 };
	struct template *t = parse("[labels]\nvat_id = Ust\n[document]\npage = {page}/{pages}\n", &d);

	(void)state;
	assert_non_null(t);
	assert_string_equal(template_text(t, TEMPLATE_FOOTER_LEFT), "{seller} · Ust {vat_id} · Tax number {tax_number} · {number}");
	assert_string_equal(template_text(t, TEMPLATE_FOOTER_RIGHT), "{page}/{pages}");
	template_free(t);
}

/* Breaks a whole picture in one place at a time. */
static void logos_are_looked_at(void **state)
{
	static const struct { const char *what; size_t at; unsigned char is; size_t cut; const char *want; } cases[] = {
		{ "whole", 0, 0x89, 0, NULL }, { "magic", 0, 'x', 0, "neither PNG nor JPEG" }, { "empty", 0, 0x89, 1000, "neither PNG nor JPEG" },
		{ "cut", 0, 0x89, 1, "is cut" }, { "no width", 19, 0, 0, "has 0 x 3 pixels" }, { "wide", 18, 0xff, 0, "pixels, allowed are" },
		{ "no head", 12, 'X', 0, "no PNG picture" }, { "long chunk", 33, 0xff, 0, "is cut" }, { "no data", 37, 'X', 0, "has no content" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned char p[sizeof made_png];
		struct diag d = { 0 };
		struct template *t = parse("[document]\nlogo = a.png\n", &d);
		size_t n = cases[i].cut < sizeof p ? sizeof p - cases[i].cut : 0;
		struct err e = ERR_INIT;
		int rc;

		assert_non_null(t);
		assert_string_equal(template_logo(t), "a.png");
		memcpy(p, made_png, sizeof p);
		p[cases[i].at] = cases[i].is;
		rc = template_set_logo(t, p, n, &e);
		if ((rc == 0) != (cases[i].want == NULL) || (rc < 0 && (e.code != ERR_CONFIG || strstr(e.msg, cases[i].want) == NULL)))
			fail_msg("%s: %d %s", cases[i].what, rc, e.msg);
		assert_int_equal(template_picture(t) != NULL, rc == 0);
		template_free(t);
	}
}

static void jpegs_are_measured(void **state)
{
	static const unsigned char jpeg[] = { 0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 1, 0, 72, 0, 72, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 32, 0, 64, 1, 1,
		0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x55, 0xff, 0xd9 };
	static const struct { size_t at; unsigned char is; size_t cut; int ok; } cases[] = {
		{ 0, 0xff, 0, 1 }, { 0, 0xff, 1, 0 }, { 0, 0xff, 20, 0 }, { 5, 13, 0, 0 }, { 20, 0, 0, 0 }, { 21, 0xc4, 0, 0 }, { 28, 0, 0, 0 }, { 23, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned char p[sizeof jpeg];
		struct diag d = { 0 };
		struct template *t = parse("", &d);
		struct err e = ERR_INIT;

		assert_non_null(t);
		assert_null(template_logo(t));
		memcpy(p, jpeg, sizeof p);
		p[cases[i].at] = cases[i].is;
		if ((template_set_logo(t, p, sizeof p - cases[i].cut, &e) == 0) != cases[i].ok)
			fail_msg("case %zu: %s", i, e.msg);
		if (cases[i].ok)
			assert_true(template_picture(t)->width == 64 && template_picture(t)->height == 32);
		template_free(t);
	}
}

static void a_large_logo_is_refused(void **state)
{
	struct diag d = { 0 };
	struct template *t = parse("", &d);
	unsigned char *p = calloc(1, 1024 * 1024 + 1);
	struct err e = ERR_INIT;

	(void)state;
	assert_non_null(p);
	memcpy(p, made_png, sizeof made_png);
	assert_int_equal(template_set_logo(t, p, 1024 * 1024 + 1, &e), -1);
	assert_non_null(strstr(e.msg, "1 MiB"));
	free(p);
	template_free(t);
}

static void numbers_and_dates_in_words(void **state)
{
	struct diag d = { 0 };
	struct template *t = read_text("invoice.x.ini", "[format]\ndate = DD. MMM YYYY\nmonths = a b c d e f g h i Okt. k l\ndecimal = ,\nthousands = blank\n"
	                               "[texts]\npayment = {gross} bis {due}\\nDanke\n[countries]\nAT = Österreich\n", &d);
	struct buf b = BUF_INIT;
	char format[64];

	(void)state;
	assert_non_null(t);
	template_date(t, &b, date_from_ymd(2026, 10, 5));
	assert_string_equal(buf_text(&b), "05. Okt. 2026");
	assert_string_equal(template_date_format(t), "dd. mmm yyyy");
	buf_reset(&b);
	template_dec(t, &b, -123456789, 2, 2);
	assert_string_equal(buf_text(&b), "-1 234 567,89");
	buf_reset(&b);
	template_fill(t, &b, TEMPLATE_PAYMENT, (struct template_value[]){ { "gross", "1,00" }, { "due", "morgen" } }, 2);
	assert_string_equal(buf_text(&b), "1,00 bis morgen\nDanke");
	assert_string_equal(template_country(t, "AT"), "Österreich");
	assert_string_equal(template_country(t, "BR"), "BR");
	assert_string_equal(template_money_format(format, "#,##0.00", 0), "#,##0");
	assert_string_equal(template_money_format(format, "#,##0.00 \"x\"", 3), "#,##0.000 \"x\"");
	buf_free(&b);
	template_free(t);
}

static void shipped_templates_are_valid(void **state)
{
	static const char *const names[] = { "invoice.de.ini", "invoice.en.ini", "summary.de.ini", "summary.en.ini" };
	const char *from = templates_dir();

	(void)state;
	if (from == NULL)
		skip();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct diag d = { 0 };
		struct err e = ERR_INIT;
		struct template *t = template_read(from, names[i], &d, &e);

		if (t == NULL)
			fail_msg("%s: %s", names[i], d.n > 0 ? d.line[0] : e.msg);
		template_free(t);
	}
}

/* Who looks for a key finds it in the shipped files. */
static void shipped_templates_show_every_key(void **state)
{
	static const char *const names[] = { "invoice.en.ini", "summary.en.ini" };
	const char *from = templates_dir();

	(void)state;
	if (from == NULL)
		skip();
	for (size_t i = 0; i < 2; i++) {
		char path[512], *text;
		size_t n;

		snprintf(path, sizeof path, "%s/%s", from, names[i]);
		text = made_read(path, &n);
		for (int k = 0; k < TEMPLATE_KEYS; k++) {
			const struct templatekeys_key *key = &templatekeys_all[k];
			char line[256];

			snprintf(line, sizeof line, "\n%s =", key->key);
			if ((key->of & (i == 0 ? TEMPLATEKEYS_INVOICE : TEMPLATEKEYS_SUMMARY)) != 0 && strstr(text, line) == NULL)
				fail_msg("%s lacks %s", names[i], key->key);
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_whole),
		cmocka_unit_test(columns_in_their_order),
		cmocka_unit_test(every_fault_with_its_line),
		cmocka_unit_test(all_faults_at_once),
		cmocka_unit_test(missing_file_and_odd_name),
		cmocka_unit_test(a_footer_has_255_characters),
		cmocka_unit_test(parts_without_content_are_left_out),
		cmocka_unit_test(a_template_without_a_footer_gets_one),
		cmocka_unit_test(logos_are_looked_at),
		cmocka_unit_test(jpegs_are_measured),
		cmocka_unit_test(a_large_logo_is_refused),
		cmocka_unit_test(numbers_and_dates_in_words),
		cmocka_unit_test(shipped_templates_are_valid),
		cmocka_unit_test(shipped_templates_show_every_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
