/* facts. */
#include "test_billing_common.h"

#include "billing/facts.h"

static struct invoice_tax taxes[] = { { "AE", 0, 4000, 0 }, { "S", 1900, 78750, 14963 } };

static struct invoice_allowance allowances[] = { { "Nachlass 5 %", 78750, 500, 3938, "S", 1900 }, { "x", 4000, 250, 100, "AE", 0 } };

static struct invoice sample(void)
{
	struct invoice v = {
		.number = "RE-2026-00042",
		.series = "RE-2026-{SEQ:5}",
		.n = 42,
		.type = INVOICE_COMMERCIAL,
		.draft = 1,
		.date = day("2026-11-03"),
		.due = day("2026-11-17"),
		.from = day("2026-09-28"),
		.to = day("2026-10-31"),
		.company_id = "22222222-0000-4000-8000-000000000002",
		.company_name = "Acme \"GmbH\" \xc3\xa4\n",
		.customer_number = "K-1",
		.buyer_reference = "04011000-1234512345-06",
		.debtor_account = "10001",
		.project_id = "11111111-0000-4000-8000-000000000001",
		.project_name = "Relaunch",
		.currency = "EUR",
		.language = "de",
		.due_days = 14,
		.rounding = { ROUNDING_UP, ROUNDING_LINE, 900 },
		.group_by = GROUP_PROJECT_WORK,
		.template = "acme",
		.order_reference = "PO-7",
		.contract_reference = "V-3",
		.note = "Danke\n\xc3\xa4",
		.formats = FORMAT_CSV | FORMAT_XRECHNUNG,
		.discount_days = 7,
		.discount_pct_e2 = 200,
		.cancels = "RE-2026-00041",
		.cancels_date = day("2026-11-02"),
		.reason = "wrong address",
		.allowances = allowances,
		.nallowances = 2,
		.lines_minor = 86788,
		.allowance_minor = 4038,
		.taxes = taxes,
		.ntaxes = 2,
		.net_minor = 82750,
		.tax_minor = 14963,
		.gross_minor = 97713,
		.secs = INT64_C(1) << 40,
		.billed_secs = (INT64_C(1) << 40) + 1,
		.entries = 77,
		.seller = { "S name", "S street", "S zip", "S city", "DE", "S vat", "S number", "S contact", "S phone", "S email", "S iban",
		    "S bic", "S endpoint", "EM", "HRB 1", "Amtsgericht" },
		.buyer = { "B name", "B street", "B zip", "B city", "AT", "B vat", "B number", "B contact", "B phone", "B email", "B iban",
		    "B bic", "B endpoint", "0204", "B register", "B info" },
	};

	period_make(day("2026-10-01"), day("2026-11-01"), &v.period);
	return v;
}

static struct invoice_line line(void)
{
	return (struct invoice_line){ .pos = 3,
		.description = "Relaunch: Design \\ \"x\"",
		.note = "tracked 6:20 h",
		.cost_centre = "KST_1",
		.fee = "22222222-0000-4000-8000-000000000002 x 2026-10",
		.correction = "33333333-0000-4000-8000-000000000003",
		.correction_secs = -1800,
		.project_id = "11111111-0000-4000-8000-000000000001",
		.project_name = "Relaunch",
		.late = 1,
		.from = day("2026-09-28"),
		.to = day("2026-09-30"),
		.secs = 22800,
		.billed_secs = 23400,
		.unit = QUANTITY_MINUTES,
		.quantity = 390,
		.price_e4 = 950000,
		.net_minor = 61750,
		.tax_category = "AE",
		.tax_pct_e2 = 1950,
		.entries = 5 };
}

static void text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_true(a == b);
	else
		assert_string_equal(a, b);
}

/* The texts of an invoice and of its parties: all may be NULL. */
static const size_t texts[] = {
	offsetof(struct invoice, number),
	offsetof(struct invoice, series),
	offsetof(struct invoice, company_id),
	offsetof(struct invoice, company_name),
	offsetof(struct invoice, customer_number),
	offsetof(struct invoice, buyer_reference),
	offsetof(struct invoice, debtor_account),
	offsetof(struct invoice, project_id),
	offsetof(struct invoice, project_name),
	offsetof(struct invoice, currency),
	offsetof(struct invoice, language),
	offsetof(struct invoice, cancels),
	offsetof(struct invoice, order_reference),
	offsetof(struct invoice, contract_reference),
	offsetof(struct invoice, note),
	offsetof(struct invoice, reason),
};
#define NPARTY (sizeof(struct party) / sizeof(char *))

static const char **text_at(struct invoice *v, size_t i)
{
	if (i < COUNT(texts))
		return (const char **)(void *)((char *)v + texts[i]);
	i -= COUNT(texts);
	return (const char **)(void *)(i < NPARTY ? &v->seller : &v->buyer) + i % NPARTY;
}
#define NTEXTS (COUNT(texts) + 2 * NPARTY)

static void invoice_equal(struct invoice *a, struct invoice *b)
{
	for (size_t i = 0; i < NTEXTS; i++)
		text_equal(*text_at(a, i), *text_at(b, i));
	assert_true(a->n == b->n && a->type == b->type && a->draft == b->draft && a->date == b->date && a->due == b->due &&
	    a->from == b->from && a->to == b->to);
	assert_true(a->period.from == b->period.from && a->period.to == b->period.to);
	assert_string_equal(a->period.label, b->period.label);
	assert_true(a->due_days == b->due_days && a->group_by == b->group_by && a->rounding.mode == b->rounding.mode &&
	    a->rounding.scope == b->rounding.scope && a->rounding.step_sec == b->rounding.step_sec);
	assert_true(a->net_minor == b->net_minor && a->tax_minor == b->tax_minor && a->gross_minor == b->gross_minor &&
	    a->secs == b->secs && a->billed_secs == b->billed_secs && a->entries == b->entries);
	text_equal(a->template, b->template);
	assert_true(a->formats == b->formats && a->discount_days == b->discount_days && a->discount_pct_e2 == b->discount_pct_e2 &&
	    a->lines_minor == b->lines_minor && a->allowance_minor == b->allowance_minor);
	assert_int_equal(b->cancels_date, a->cancels == NULL ? DATE_NONE : a->cancels_date);
	assert_int_equal(a->nallowances, b->nallowances);
	for (size_t i = 0; i < a->nallowances; i++) {
		const struct invoice_allowance *x = &a->allowances[i], *y = &b->allowances[i];

		text_equal(x->reason, y->reason);
		assert_string_equal(x->tax_category, y->tax_category);
		assert_true(x->base_minor == y->base_minor && x->percent_e2 == y->percent_e2 && x->amount_minor == y->amount_minor &&
		    x->tax_pct_e2 == y->tax_pct_e2);
	}
	assert_int_equal(a->ntaxes, b->ntaxes);
	for (size_t i = 0; i < a->ntaxes; i++) {
		assert_string_equal(a->taxes[i].category, b->taxes[i].category);
		assert_true(a->taxes[i].pct_e2 == b->taxes[i].pct_e2 && a->taxes[i].base_minor == b->taxes[i].base_minor &&
		    a->taxes[i].tax_minor == b->taxes[i].tax_minor);
	}
	assert_true(b->nlines == 0 && b->lines == NULL);
}

static void there_and_back(struct invoice *v)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct pool *pool = pool_new();
	struct invoice w;
	struct err e = ERR_INIT;

	memset(&w, 0x55, sizeof w);
	facts_write_invoice(v, &a);
	assert_true(buf_ok(&a));
	if (facts_read_invoice(a.p, a.n, pool, &w, &e) < 0)
		fail_msg("%s", e.msg);
	invoice_equal(v, &w);
	facts_write_invoice(&w, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

static void invoice_round_trip(void **state)
{
	struct invoice v = sample();

	(void)state;
	there_and_back(&v);
	v.draft = 0;
	v.type = INVOICE_CANCELLATION;
	v.net_minor = INT64_MIN;
	v.secs = -1;
	v.n = INT64_MAX;
	there_and_back(&v);
	v.ntaxes = 0;
	there_and_back(&v);
	for (int g = GROUP_PROJECT; g <= GROUP_ENTRY; g++)
		for (int m = ROUNDING_NONE; m <= ROUNDING_DOWN; m++)
			for (int s = ROUNDING_ENTRY; s <= ROUNDING_LINE; s++) {
				v = sample();
				v.group_by = (enum customer_group)g;
				v.rounding = (struct rounding){ (enum rounding_mode)m, (enum rounding_scope)s, 60 * (g + 1) };
				there_and_back(&v);
			}
}

static void invoice_null_members(void **state)
{
	struct invoice v = sample();

	(void)state;
	assert_int_equal(NPARTY, 16);
	for (size_t i = 0; i < NTEXTS; i++) {
		v = sample();
		*text_at(&v, i) = NULL;
		there_and_back(&v);
	}
	for (size_t i = 0; i < NTEXTS; i++)
		*text_at(&v, i) = NULL;
	there_and_back(&v);
}

static void line_there_and_back(const struct invoice_line *l)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct pool *pool = pool_new();
	struct invoice_line m;
	struct err e = ERR_INIT;

	memset(&m, 0x55, sizeof m);
	facts_write_line(l, &a);
	if (facts_read_line(a.p, a.n, pool, &m, &e) < 0)
		fail_msg("%s", e.msg);
	text_equal(l->description, m.description);
	text_equal(l->note, m.note);
	text_equal(l->cost_centre, m.cost_centre);
	text_equal(l->fee, m.fee);
	text_equal(l->correction, m.correction);
	assert_true(l->correction_secs == m.correction_secs);
	text_equal(l->project_id, m.project_id);
	text_equal(l->project_name, m.project_name);
	assert_string_equal(l->tax_category, m.tax_category);
	assert_true(l->pos == m.pos && l->late == m.late && l->from == m.from && l->to == m.to && l->secs == m.secs &&
	    l->billed_secs == m.billed_secs);
	assert_true(l->unit == m.unit && l->quantity == m.quantity && l->price_e4 == m.price_e4 && l->net_minor == m.net_minor &&
	    l->tax_pct_e2 == m.tax_pct_e2);
	assert_int_equal(l->entries, m.entries);
	facts_write_line(&m, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

static void line_round_trip(void **state)
{
	struct invoice_line l = line();

	(void)state;
	line_there_and_back(&l);
	l.late = 0;
	l.unit = QUANTITY_HOURS;
	l.quantity = l.net_minor = l.secs = l.billed_secs = INT64_MIN;
	l.price_e4 = INT64_MAX;
	line_there_and_back(&l);
	l.project_id = l.project_name = NULL;
	line_there_and_back(&l);
	l.description = NULL;
	line_there_and_back(&l);
	l.description = "";
	line_there_and_back(&l);
}

/* The text with a member renamed, so that it is missing. */
static void without(struct buf *out, const char *json, const char *key)
{
	char quoted[40];
	const char *at;

	snprintf(quoted, sizeof quoted, "\"%s\":", key);
	at = strstr(json, quoted);
	assert_non_null(at);
	buf_reset(out);
	buf_add(out, json, (size_t)(at - json));
	buf_str(out, "\"_");
	buf_str(out, at + 1);
}

static void with(struct buf *out, const char *json, const char *old, const char *new)
{
	const char *at = strstr(json, old);

	assert_non_null(at);
	buf_reset(out);
	buf_add(out, json, (size_t)(at - json));
	buf_str(out, new);
	buf_str(out, at + strlen(old));
}

static void refuse_invoice(struct buf *b, struct pool *pool, const char *says)
{
	struct invoice v = { .entries = 4711 };
	struct err e = ERR_INIT;

	if (facts_read_invoice(b->p, b->n, pool, &v, &e) != -1)
		fail_msg("accepted without %s", says);
	assert_int_equal(e.code, ERR_DATA);
	assert_non_null(strstr(e.msg, says));
	assert_int_equal(v.entries, 4711);
}

static void invoice_bad(void **state)
{
	static const char *const required[] = {
		"n",
		"type",
		"draft",
		"date",
		"due",
		"from",
		"to",
		"period_from",
		"period_to",
		"due_days",
		"round_mode",
		"round_scope",
		"round_sec",
		"group_by",
		"seller",
		"buyer",
		"taxes",
		"net_minor",
		"tax_minor",
		"gross_minor",
		"secs",
		"billed_secs",
		"entries",
		"category",
		"pct_e2",
		"base_minor",
	};
	static const struct {
		const char *old, *new, *says;
	} edits[] = {
		{ "\"n\":42", "\"n\":42.0", "n" },
		{ "\"n\":42", "\"n\":\"42\"", "n" },
		{ "\"draft\":true", "\"draft\":1", "draft" },
		{ "2026-11-03", "2026-11-31", "date" },
		{ "\"up\"", "\"UP\"", "round_mode" },
		{ "\"line\"", "\"day\"", "round_mode" },
		{ "\"project_type_of_work\"", "\"user\"", "round_mode" },
		{ "\"seller\":{", "\"seller\":[],\"x\":{", "seller" },
		{ "\"AE\"", "\"AES\"", "category" },
		{ "\"taxes\":[", "\"taxes\":{},\"x\":[", "taxes" },
		{ "\"tax_minor\":14963}", "\"tax_minor\":null}", "tax_minor" },
	};
	static const char *const broken[] = { "", "{", "[]", "null", "{}", "{\"n\":1,\"n\":1}" };
	struct invoice v = sample();
	struct pool *pool = pool_new();
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	facts_write_invoice(&v, &a);
	for (size_t i = 0; i < COUNT(required); i++) {
		without(&b, a.p, required[i]);
		refuse_invoice(&b, pool, required[i]);
	}
	for (size_t i = 0; i < COUNT(edits); i++) {
		with(&b, a.p, edits[i].old, edits[i].new);
		refuse_invoice(&b, pool, edits[i].says);
	}
	for (size_t i = 0; i < COUNT(broken); i++) {
		buf_reset(&b);
		buf_str(&b, broken[i]);
		refuse_invoice(&b, pool, "");
	}
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

static void line_bad(void **state)
{
	static const char *const required[] = {
		"pos",
		"late",
		"from",
		"to",
		"secs",
		"billed_secs",
		"unit",
		"quantity",
		"price_e4",
		"net_minor",
		"tax_category",
		"tax_pct_e2",
		"entries",
	};
	struct invoice_line l = line(), out = { .pos = 4711 };
	struct pool *pool = pool_new();
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	facts_write_line(&l, &a);
	for (size_t i = 0; i < COUNT(required); i++) {
		without(&b, a.p, required[i]);
		err_clear(&e);
		assert_int_equal(facts_read_line(b.p, b.n, pool, &out, &e), -1);
		assert_int_equal(e.code, ERR_DATA);
		assert_non_null(strstr(e.msg, required[i]));
	}
	with(&b, a.p, "\"minutes\"", "\"days\"");
	assert_int_equal(facts_read_line(b.p, b.n, pool, &out, &e), -1);
	assert_int_equal(facts_read_line("{", 1, pool, &out, &e), -1);
	assert_int_equal(out.pos, 4711);
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

/* What version 1 of the ledger wrote: no allowances, references, formats, cash discount, sums of lines, day of the cancelled document. */
static void older_documents(void **state)
{
	static const char *const newer[] = { "template", "order_reference", "contract_reference", "note", "cancels_date", "formats", "discount_days", "discount_pct_e2",
		"allowances", "lines_minor", "allowance_minor", "register_id", "legal_info" };
	struct invoice v = sample(), w;
	struct invoice_line l = line(), m;
	struct pool *pool = pool_new();
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	facts_write_invoice(&v, &a);
	for (size_t i = 0; i < COUNT(newer); i++) {
		without(&b, buf_text(&a), newer[i]);
		if (strcmp(newer[i], "register_id") == 0 || strcmp(newer[i], "legal_info") == 0) {
			buf_reset(&a);
			buf_str(&a, buf_text(&b));
			without(&b, buf_text(&a), newer[i]); /* of both parties */
		}
		buf_reset(&a);
		buf_str(&a, buf_text(&b));
	}
	if (facts_read_invoice(a.p, a.n, pool, &w, &e) < 0)
		fail_msg("%s", e.msg);
	assert_string_equal(w.template, "de"); /* the language named it then */
	assert_true(w.order_reference == NULL && w.contract_reference == NULL && w.note == NULL && w.nallowances == 0 && w.allowances == NULL);
	assert_true(w.formats == (FORMAT_XLSX | FORMAT_CSV) && w.discount_days == 0 && w.discount_pct_e2 == 0 && w.allowance_minor == 0);
	assert_int_equal(w.lines_minor, v.net_minor);
	assert_int_equal(w.cancels_date, DATE_NONE);
	assert_true(w.seller.register_id == NULL && w.buyer.legal_info == NULL && w.seller.bic != NULL);
	assert_true(w.net_minor == v.net_minor && w.entries == v.entries && w.ntaxes == 2);
	buf_reset(&b);
	facts_write_line(&l, &b);
	without(&a, buf_text(&b), "fee");
	without(&b, buf_text(&a), "cost_centre");
	assert_int_equal(facts_read_line(buf_text(&b), b.n, pool, &m, &e), 0);
	assert_true(m.fee == NULL && m.cost_centre == NULL && m.pos == 3);
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

/* Newer members may be missing, but not wrong. */
static void newer_members_bad(void **state)
{
	static const struct { const char *old, *new, *says; } edits[] = {
		{ "\"allowances\":[", "\"allowances\":{},\"x\":[", "allowances" },
		{ "\"amount_minor\":3938", "\"amount_minor\":39.38", "amount_minor" },
		{ "\"amount_minor\":3938", "\"x\":3938", "amount_minor" },
		{ "\"base_minor\":78750,\"percent", "\"base_minor\":null,\"percent", "base_minor" },
		{ "\"percent_e2\":500", "\"percent_e2\":\"5\"", "percent_e2" },
		{ "\"tax_category\":\"S\"", "\"tax_category\":\"SSS\"", "tax_category" },
		{ "\"tax_category\":\"S\"", "\"tax_category\":1", "tax_category" },
		{ "\"tax_pct_e2\":1900", "\"tax_pct\":1900", "tax_pct_e2" },
		{ "\"formats\":6", "\"formats\":\"6\"", "formats" },
		{ "\"discount_days\":7", "\"discount_days\":true", "discount_days" },
		{ "\"lines_minor\":86788", "\"lines_minor\":867.88", "lines_minor" },
		{ "\"allowance_minor\":4038", "\"allowance_minor\":[]", "allowance_minor" },
		{ "\"cancels_date\":\"2026-11-02\"", "\"cancels_date\":\"2026-11-31\"", "cancels_date" },
	};
	struct invoice v = sample();
	struct pool *pool = pool_new();
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	facts_write_invoice(&v, &a);
	for (size_t i = 0; i < COUNT(edits); i++) {
		with(&b, a.p, edits[i].old, edits[i].new);
		refuse_invoice(&b, pool, edits[i].says);
	}
	buf_free(&a);
	buf_free(&b);
	pool_free(pool);
}

/* A copy stands when the original is gone, and bad originals give none. */
static void copy(void **state)
{
	struct pool *from = pool_new(), *to = pool_new(), *third = pool_new();
	struct invoice v = sample(), w, x = { .entries = 4711 };
	struct invoice_line lines[3] = { line(), line(), line() };
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++)
		lines[i].pos = i + 1;
	lines[1].fee = lines[1].note = lines[1].cost_centre = NULL;
	v.lines = lines;
	v.nlines = 3;
	assert_int_equal(facts_copy(&v, from, &w, &e), 0);
	assert_int_equal(facts_copy(&w, to, &x, &e), 0);
	pool_free(from); /* ASan watches what the copy still reads */
	assert_true(x.nlines == 3 && x.lines[2].pos == 3 && x.lines[1].fee == NULL);
	facts_write_invoice(&v, &a);
	facts_write_invoice(&x, &b);
	assert_string_equal(buf_text(&a), buf_text(&b));
	for (int i = 0; i < 3; i++) {
		buf_reset(&a);
		buf_reset(&b);
		facts_write_line(&lines[i], &a);
		facts_write_line(&x.lines[i], &b);
		assert_string_equal(buf_text(&a), buf_text(&b));
	}
	v.nlines = 0;
	v.lines = NULL;
	assert_int_equal(facts_copy(&v, third, &w, &e), 0);
	assert_int_equal(w.nlines, 0);
	x.entries = 4711;
	lines[2].from = DATE_NONE;
	v.lines = lines;
	v.nlines = 3;
	assert_int_equal(facts_copy(&v, third, &x, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(x.entries, 4711);
	buf_free(&a);
	buf_free(&b);
	pool_free(to);
	pool_free(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invoice_round_trip),
		cmocka_unit_test(invoice_null_members),
		cmocka_unit_test(line_round_trip),
		cmocka_unit_test(invoice_bad),
		cmocka_unit_test(line_bad),
		cmocka_unit_test(older_documents),
		cmocka_unit_test(newer_members_bad),
		cmocka_unit_test(copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
