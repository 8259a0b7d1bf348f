#include "billing/facts.h"

#include <stddef.h>
#include <string.h>

#include "base/jdoc.h"
#include "base/jout.h"

static void write_date(struct jout *j, const char *key, date_t d)
{
	char text[16];

	jout_opt(j, key, date_fmt(text, d));
}

/* The members of a party, in the order in which they are written. */
#define PARTY_TEXTS 16
struct party_text { const char *key; size_t offset; };
static const struct party_text party_texts[PARTY_TEXTS] = {
	{ "name", offsetof(struct party, name) }, { "street", offsetof(struct party, street) }, { "zip", offsetof(struct party, zip) },
	{ "city", offsetof(struct party, city) }, { "country", offsetof(struct party, country) }, { "vat_id", offsetof(struct party, vat_id) },
	{ "tax_number", offsetof(struct party, tax_number) }, { "contact", offsetof(struct party, contact) },
	{ "phone", offsetof(struct party, phone) }, { "email", offsetof(struct party, email) }, { "iban", offsetof(struct party, iban) },
	{ "bic", offsetof(struct party, bic) }, { "endpoint", offsetof(struct party, endpoint) },
	{ "endpoint_scheme", offsetof(struct party, endpoint_scheme) }, { "register_id", offsetof(struct party, register_id) },
	{ "legal_info", offsetof(struct party, legal_info) },
};

static void write_party(struct jout *j, const char *key, const struct party *p)
{
	jout_object(j, key);
	for (size_t i = 0; i < PARTY_TEXTS; i++)
		jout_opt(j, party_texts[i].key, *(const char *const *)((const char *)p + party_texts[i].offset));
	jout_end_object(j);
}

static void write_allowances(struct jout *j, const struct invoice *v)
{
	jout_array(j, "allowances");
	for (size_t i = 0; i < v->nallowances; i++) {
		const struct invoice_allowance *a = &v->allowances[i];

		jout_object(j, NULL);
		jout_opt(j, "reason", a->reason);
		jout_int(j, "base_minor", a->base_minor);
		jout_int(j, "percent_e2", a->percent_e2);
		jout_int(j, "amount_minor", a->amount_minor);
		jout_text(j, "tax_category", a->tax_category);
		jout_int(j, "tax_pct_e2", a->tax_pct_e2);
		jout_end_object(j);
	}
	jout_end_array(j);
}

static void write_taxes(struct jout *j, const struct invoice *v)
{
	jout_array(j, "taxes");
	for (size_t i = 0; i < v->ntaxes; i++) {
		jout_object(j, NULL);
		jout_text(j, "category", v->taxes[i].category);
		jout_int(j, "pct_e2", v->taxes[i].pct_e2);
		jout_int(j, "base_minor", v->taxes[i].base_minor);
		jout_int(j, "tax_minor", v->taxes[i].tax_minor);
		jout_end_object(j);
	}
	jout_end_array(j);
}

/* Texts of an invoice, in the order in which they are written. */
static const struct party_text invoice_texts[] = {
	{ "number", offsetof(struct invoice, number) }, { "series", offsetof(struct invoice, series) },
	{ "company_id", offsetof(struct invoice, company_id) }, { "company_name", offsetof(struct invoice, company_name) },
	{ "customer_number", offsetof(struct invoice, customer_number) }, { "buyer_reference", offsetof(struct invoice, buyer_reference) },
	{ "debtor_account", offsetof(struct invoice, debtor_account) }, { "project_id", offsetof(struct invoice, project_id) },
	{ "project_name", offsetof(struct invoice, project_name) }, { "currency", offsetof(struct invoice, currency) },
	{ "language", offsetof(struct invoice, language) }, { "template", offsetof(struct invoice, template) },
	{ "order_reference", offsetof(struct invoice, order_reference) }, { "contract_reference", offsetof(struct invoice, contract_reference) },
	{ "note", offsetof(struct invoice, note) }, { "cancels", offsetof(struct invoice, cancels) }, { "reason", offsetof(struct invoice, reason) },
};

void facts_write_invoice(const struct invoice *v, struct buf *out)
{
	struct jout j;

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	for (size_t i = 0; i < sizeof invoice_texts / sizeof *invoice_texts; i++)
		jout_opt(&j, invoice_texts[i].key, *(const char *const *)((const char *)v + invoice_texts[i].offset));
	jout_int(&j, "n", v->n);
	jout_int(&j, "type", v->type);
	jout_bool(&j, "draft", v->draft);
	write_date(&j, "date", v->date);
	write_date(&j, "due", v->due);
	write_date(&j, "from", v->from);
	write_date(&j, "to", v->to);
	write_date(&j, "period_from", v->period.from);
	write_date(&j, "period_to", v->period.to);
	if (v->cancels != NULL)
		write_date(&j, "cancels_date", v->cancels_date);
	jout_int(&j, "formats", v->formats);
	jout_int(&j, "due_days", v->due_days);
	jout_int(&j, "discount_days", v->discount_days);
	jout_int(&j, "discount_pct_e2", v->discount_pct_e2);
	jout_text(&j, "round_mode", rounding_mode_name(v->rounding.mode));
	jout_text(&j, "round_scope", rounding_scope_name(v->rounding.scope));
	jout_int(&j, "round_sec", v->rounding.step_sec);
	jout_text(&j, "group_by", customer_group_name(v->group_by));
	write_party(&j, "seller", &v->seller);
	write_party(&j, "buyer", &v->buyer);
	write_allowances(&j, v);
	write_taxes(&j, v);
	jout_int(&j, "lines_minor", v->lines_minor);
	jout_int(&j, "allowance_minor", v->allowance_minor);
	jout_int(&j, "net_minor", v->net_minor);
	jout_int(&j, "tax_minor", v->tax_minor);
	jout_int(&j, "gross_minor", v->gross_minor);
	jout_int(&j, "secs", v->secs);
	jout_int(&j, "billed_secs", v->billed_secs);
	jout_int(&j, "entries", v->entries);
	jout_end_object(&j);
}

void facts_write_line(const struct invoice_line *l, struct buf *out)
{
	struct jout j;

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	jout_int(&j, "pos", l->pos);
	jout_text(&j, "description", l->description);
	jout_opt(&j, "project_id", l->project_id);
	jout_opt(&j, "project_name", l->project_name);
	jout_opt(&j, "note", l->note);
	jout_opt(&j, "cost_centre", l->cost_centre);
	jout_opt(&j, "fee", l->fee);
	jout_opt(&j, "correction", l->correction);
	if (l->correction_secs != 0)
		jout_int(&j, "correction_secs", l->correction_secs);
	jout_bool(&j, "late", l->late);
	write_date(&j, "from", l->from);
	write_date(&j, "to", l->to);
	jout_int(&j, "secs", l->secs);
	jout_int(&j, "billed_secs", l->billed_secs);
	jout_text(&j, "unit", customer_quantity_name(l->unit));
	jout_int(&j, "quantity", l->quantity);
	jout_int(&j, "price_e4", l->price_e4);
	jout_int(&j, "net_minor", l->net_minor);
	jout_text(&j, "tax_category", l->tax_category);
	jout_int(&j, "tax_pct_e2", l->tax_pct_e2);
	jout_int(&j, "entries", l->entries);
	jout_end_object(&j);
}

/* Reading: `bad` collects the first member that is missing or of the wrong kind. */
struct reading { const jdoc_val *v; struct pool *pool; const char *bad; };

static int64_t get_int(struct reading *r, const char *key)
{
	int64_t n = 0;

	if (!jdoc_int(jdoc_get(r->v, key), &n) && r->bad == NULL)
		r->bad = key;
	return n;
}

/* A member that ledgers of version 1 do not have. */
static int64_t get_newer(struct reading *r, const char *key, int64_t before)
{
	return jdoc_get(r->v, key) == NULL ? before : get_int(r, key);
}

static int get_flag(struct reading *r, const char *key)
{
	int on = 0;

	if (!jdoc_bool(jdoc_get(r->v, key), &on) && r->bad == NULL)
		r->bad = key;
	return on;
}

static date_t get_date(struct reading *r, const char *key)
{
	const char *s = jdoc_get_text(r->v, key);
	date_t d = 0;

	if ((s == NULL || date_parse(s, &d) < 0) && r->bad == NULL)
		r->bad = key;
	return d;
}

static void get_category(struct reading *r, const char *key, char out[3])
{
	const char *s = jdoc_get_text(r->v, key);

	if (s != NULL && strlen(s) < 3)
		memcpy(out, s, strlen(s) + 1);
	else if (r->bad == NULL)
		r->bad = key;
}

static void read_party(struct reading *r, const char *key, struct party *p)
{
	const jdoc_val *v = jdoc_get(r->v, key);

	if (!jdoc_is_object(v) && r->bad == NULL)
		r->bad = key;
	for (size_t i = 0; i < PARTY_TEXTS; i++)
		*(const char **)((char *)p + party_texts[i].offset) = pool_intern(r->pool, jdoc_get_text(v, party_texts[i].key));
}

static void read_allowances(struct reading *r, struct invoice *v)
{
	const jdoc_val *list = jdoc_get(r->v, "allowances");
	struct reading one = { NULL, r->pool, NULL };

	if (list == NULL)
		return;
	if (!jdoc_is_array(list) && r->bad == NULL)
		r->bad = "allowances";
	v->nallowances = jdoc_len(list);
	v->allowances = pool_alloc(r->pool, (v->nallowances + 1) * sizeof *v->allowances);
	for (size_t i = 0; v->allowances != NULL && i < v->nallowances; i++) {
		struct invoice_allowance *a = &v->allowances[i];

		one.v = jdoc_at(list, i);
		a->reason = pool_intern(r->pool, jdoc_get_text(one.v, "reason"));
		a->base_minor = get_int(&one, "base_minor");
		a->percent_e2 = get_int(&one, "percent_e2");
		a->amount_minor = get_int(&one, "amount_minor");
		get_category(&one, "tax_category", a->tax_category);
		a->tax_pct_e2 = get_int(&one, "tax_pct_e2");
	}
	if (r->bad == NULL)
		r->bad = one.bad;
}

static void read_taxes(struct reading *r, struct invoice *v)
{
	const jdoc_val *list = jdoc_get(r->v, "taxes");
	struct reading one = { NULL, r->pool, NULL };

	if (!jdoc_is_array(list) && r->bad == NULL)
		r->bad = "taxes";
	v->ntaxes = jdoc_len(list);
	v->taxes = pool_alloc(r->pool, (v->ntaxes + 1) * sizeof *v->taxes);
	for (size_t i = 0; v->taxes != NULL && i < v->ntaxes; i++) {
		one.v = jdoc_at(list, i);
		get_category(&one, "category", v->taxes[i].category);
		v->taxes[i].pct_e2 = get_int(&one, "pct_e2");
		v->taxes[i].base_minor = get_int(&one, "base_minor");
		v->taxes[i].tax_minor = get_int(&one, "tax_minor");
	}
	if (r->bad == NULL)
		r->bad = one.bad;
}

static void read_rules(struct reading *r, struct invoice *v)
{
	const char *mode = jdoc_get_text(r->v, "round_mode"), *scope = jdoc_get_text(r->v, "round_scope"), *group = jdoc_get_text(r->v, "group_by");

	if ((mode == NULL || rounding_mode_parse(mode, &v->rounding.mode) < 0 || scope == NULL || rounding_scope_parse(scope, &v->rounding.scope) < 0 ||
	    group == NULL || customer_group_parse(group, &v->group_by) < 0) && r->bad == NULL)
		r->bad = "round_mode, round_scope or group_by";
	v->rounding.step_sec = get_int(r, "round_sec");
	period_make(get_date(r, "period_from"), get_date(r, "period_to"), &v->period);
}

static int finish(const struct reading *r, const char *what, struct err *e)
{
	if (r->bad != NULL)
		return err_set(e, ERR_DATA, "%s in the ledger: member %s is missing or of the wrong kind", what, r->bad);
	return pool_failed(r->pool) ? err_nomem(e) : 0;
}

int facts_read_invoice(const char *json, size_t n, struct pool *pool, struct invoice *out, struct err *e)
{
	struct jdoc *d = jdoc_parse(json, n, e);
	struct invoice v = { .nlines = 0 };
	struct reading r = { NULL, pool, NULL };
	int rc;

	if (d == NULL)
		return err_ctx(e, "document in the ledger");
	r.v = jdoc_root(d);
	for (size_t i = 0; i < sizeof invoice_texts / sizeof *invoice_texts; i++)
		*(const char **)((char *)&v + invoice_texts[i].offset) = pool_intern(pool, jdoc_get_text(r.v, invoice_texts[i].key));
	v.n = get_int(&r, "n");
	v.type = (enum invoice_type)get_int(&r, "type");
	v.draft = get_flag(&r, "draft");
	v.date = get_date(&r, "date");
	v.due = get_date(&r, "due");
	v.from = get_date(&r, "from");
	v.to = get_date(&r, "to");
	v.cancels_date = v.cancels == NULL || jdoc_get_text(r.v, "cancels_date") == NULL ? DATE_NONE : get_date(&r, "cancels_date");
	if (v.template == NULL)
		v.template = v.language;
	v.formats = (unsigned)get_newer(&r, "formats", FORMAT_XLSX | FORMAT_CSV);
	v.due_days = (int)get_int(&r, "due_days");
	v.discount_days = get_newer(&r, "discount_days", 0);
	v.discount_pct_e2 = get_newer(&r, "discount_pct_e2", 0);
	read_rules(&r, &v);
	read_party(&r, "seller", &v.seller);
	read_party(&r, "buyer", &v.buyer);
	read_allowances(&r, &v);
	read_taxes(&r, &v);
	v.net_minor = get_int(&r, "net_minor");
	v.tax_minor = get_int(&r, "tax_minor");
	v.gross_minor = get_int(&r, "gross_minor");
	v.lines_minor = get_newer(&r, "lines_minor", v.net_minor);
	v.allowance_minor = get_newer(&r, "allowance_minor", 0);
	v.secs = get_int(&r, "secs");
	v.billed_secs = get_int(&r, "billed_secs");
	v.entries = (int)get_int(&r, "entries");
	rc = finish(&r, "document", e);
	if (rc == 0)
		*out = v;
	jdoc_free(d);
	return rc;
}

int facts_read_line(const char *json, size_t n, struct pool *pool, struct invoice_line *out, struct err *e)
{
	struct jdoc *d = jdoc_parse(json, n, e);
	struct invoice_line l = { .pos = 0 };
	struct reading r = { NULL, pool, NULL };
	const char *unit;
	int rc;

	if (d == NULL)
		return err_ctx(e, "line in the ledger");
	r.v = jdoc_root(d);
	l.pos = (int)get_int(&r, "pos");
	l.description = pool_dup(pool, jdoc_get_text(r.v, "description"));
	l.note = pool_dup(pool, jdoc_get_text(r.v, "note"));
	l.cost_centre = pool_intern(pool, jdoc_get_text(r.v, "cost_centre"));
	l.fee = pool_intern(pool, jdoc_get_text(r.v, "fee"));
	l.correction = pool_dup(pool, jdoc_get_text(r.v, "correction"));
	l.correction_secs = get_newer(&r, "correction_secs", 0);
	l.project_id = pool_intern(pool, jdoc_get_text(r.v, "project_id"));
	l.project_name = pool_intern(pool, jdoc_get_text(r.v, "project_name"));
	l.late = get_flag(&r, "late");
	l.from = get_date(&r, "from");
	l.to = get_date(&r, "to");
	l.secs = get_int(&r, "secs");
	l.billed_secs = get_int(&r, "billed_secs");
	unit = jdoc_get_text(r.v, "unit");
	if ((unit == NULL || customer_quantity_parse(unit, &l.unit) < 0) && r.bad == NULL)
		r.bad = "unit";
	l.quantity = get_int(&r, "quantity");
	l.price_e4 = get_int(&r, "price_e4");
	l.net_minor = get_int(&r, "net_minor");
	get_category(&r, "tax_category", l.tax_category);
	l.tax_pct_e2 = get_int(&r, "tax_pct_e2");
	l.entries = (int)get_int(&r, "entries");
	rc = finish(&r, "line", e);
	if (rc == 0)
		*out = l;
	jdoc_free(d);
	return rc;
}

static int copy_lines(const struct invoice *v, struct pool *pool, struct invoice *out, struct err *e)
{
	struct buf b = BUF_INIT;
	int rc = 0;

	out->lines = pool_alloc(pool, (v->nlines + 1) * sizeof *out->lines);
	out->nlines = v->nlines;
	if (out->lines == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < v->nlines && rc == 0; i++) {
		buf_reset(&b);
		facts_write_line(&v->lines[i], &b);
		rc = buf_ok(&b) ? facts_read_line(b.p, b.n, pool, &out->lines[i], e) : err_nomem(e);
	}
	buf_free(&b);
	return rc;
}

int facts_copy(const struct invoice *v, struct pool *pool, struct invoice *out, struct err *e)
{
	struct buf b = BUF_INIT;
	struct invoice c;
	int rc;

	facts_write_invoice(v, &b);
	rc = buf_ok(&b) ? facts_read_invoice(b.p, b.n, pool, &c, e) : err_nomem(e);
	buf_free(&b);
	if (rc < 0 || copy_lines(v, pool, &c, e) < 0)
		return -1;
	*out = c;
	return 0;
}
