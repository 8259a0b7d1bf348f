/* facts. */
#include "test_billing_common.h"

#include "billing/facts.h"

static struct invoice_tax taxes[] = { { "AE", 0, 4000, 0 }, { "S", 1900, 78750, 14963 } };

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
		.cancels = "RE-2026-00041",
		.taxes = taxes,
		.ntaxes = 2,
		.net_minor = 82750,
		.tax_minor = 14963,
		.gross_minor = 97713,
		.secs = INT64_C(1) << 40,
		.billed_secs = (INT64_C(1) << 40) + 1,
		.entries = 77,
		.seller = { "S name", "S street", "S zip", "S city", "DE", "S vat", "S number", "S contact", "S phone", "S email", "S iban",
		    "S bic", "S endpoint", "EM" },
		.buyer = { "B name", "B street", "B zip", "B city", "AT", "B vat", "B number", "B contact", "B phone", "B email", "B iban",
		    "B bic", "B endpoint", "0204" },
	};

	period_make(day("2026-10-01"), day("2026-11-01"), &v.period);
	return v;
}

static struct invoice_line line(void)
{
	return (struct invoice_line){ .pos = 3,
		.description = "Relaunch: Design \\ \"x\"",
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
	assert_int_equal(NPARTY, 14);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invoice_round_trip),
		cmocka_unit_test(invoice_null_members),
		cmocka_unit_test(line_round_trip),
		cmocka_unit_test(invoice_bad),
		cmocka_unit_test(line_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
