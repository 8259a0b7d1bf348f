#include "output/csvfields.h"

#include <stdio.h>
#include <string.h>

#include "output/csvout.h"

#define HOURS_DECIMALS 2

enum object { OF_INVOICE, OF_LINE, OF_BILLED, OF_ENTRY };

typedef void special_cb(const struct csvfields_row *row, struct csvfields_value *out);

/* A member of what a row stands for, or a special case that is computed. */
struct csvfields_field {
	const char *name;
	unsigned rows;
	enum csvfields_kind kind;
	enum object object;
	size_t offset, size;
	int array; /* the text stands in the member itself */
	special_cb *special;
};

/* A held entry may have no duration: then its time is empty, not 0. */
static void get_seconds(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->empty = !row->entry->has_secs;
	out->n = row->entry->secs;
}

static void get_period(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->text = row->src->period.label;
}

static void get_reason(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->text = row->reason;
}

static void get_position(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->empty = row->line->pos == 0;
	out->n = row->line->pos;
}

static void get_line_type(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->text = row->line->pos == 0 ? "discount" : row->line->unit == QUANTITY_LUMP ? "fee" : row->line->correction_secs != 0 ? "correction" : "time";
}

static void get_quantity(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->n = row->line->quantity;
	out->scale = out->min_decimals = row->line->unit == QUANTITY_HOURS ? 2 : 0;
}

static void get_unit(const struct csvfields_row *row, struct csvfields_value *out)
{
	out->text = invoice_unit_code(row->line->unit);
}

static void get_tax(const struct csvfields_row *row, struct csvfields_value *out)
{
	char pct[NUM_MAX];

	num_fmt_short(pct, row->line->tax_pct_e2, MONEY_PCT_SCALE, 0);
	snprintf(out->own, sizeof out->own, "%s %.24s", row->line->tax_category, pct);
	out->text = out->own;
}

/* A program that multiplies for itself arrives at our amount with decimal hours only. Of everything else it gets one piece for the
 * amount. */
static void get_target_quantity(const struct csvfields_row *row, struct csvfields_value *out)
{
	if (row->line->unit == QUANTITY_HOURS)
		get_quantity(row, out);
	else
		out->n = 1;
}

static void get_target_rate(const struct csvfields_row *row, struct csvfields_value *out)
{
	if (row->line->unit == QUANTITY_HOURS) {
		out->n = row->line->price_e4;
		return;
	}
	out->n = row->line->net_minor;
	out->scale = out->min_decimals = money_decimals(row->invoice->currency);
}

#define MEMBER(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define INVOICE(member) OF_INVOICE, MEMBER(invoice, member), 0, NULL
#define LINE(member) OF_LINE, MEMBER(invoice_line, member), 0, NULL
#define BILLED(member) OF_BILLED, MEMBER(invoice_entry, member), 0, NULL
#define ENTRY(member) OF_ENTRY, MEMBER(entry, member), 0, NULL
#define ARRAY(object, type, member) object, MEMBER(type, member), 1, NULL
#define SPECIAL(get) OF_INVOICE, 0, 0, 0, get

#define ALL CSVFIELDS_ALL
#define LINES CSVFIELDS_LINES
#define INVOICES CSVFIELDS_INVOICES
#define DOCUMENTS (LINES | INVOICES)
#define ENTRIES CSVFIELDS_ENTRIES
#define HELD CSVFIELDS_HELD
#define TIMES (ENTRIES | HELD)

#define TEXT CSVFIELDS_TEXT
#define CODE CSVFIELDS_CODE
#define WHOLE CSVFIELDS_WHOLE
#define MONEY CSVFIELDS_MONEY
#define PRICE CSVFIELDS_PRICE
#define PERCENT CSVFIELDS_PERCENT
#define QUANTITY CSVFIELDS_QUANTITY
#define HOURS CSVFIELDS_HOURS
#define DATE CSVFIELDS_DATE

static const struct csvfields_field fields[] = {
	{ "period", ALL, CODE, SPECIAL(get_period) },

	/* the document */
	{ "invoice_number", DOCUMENTS, CODE, INVOICE(number) },
	{ "type", DOCUMENTS, WHOLE, INVOICE(type) },
	{ "date", DOCUMENTS, DATE, INVOICE(date) },
	{ "due_date", DOCUMENTS, DATE, INVOICE(due) },
	{ "period_from", DOCUMENTS, DATE, INVOICE(from) },
	{ "period_to", DOCUMENTS, DATE, INVOICE(to) },
	{ "currency", DOCUMENTS, CODE, INVOICE(currency) },
	{ "language", DOCUMENTS, TEXT, INVOICE(language) },
	{ "due_days", DOCUMENTS, WHOLE, INVOICE(due_days) },
	{ "discount_days", DOCUMENTS, WHOLE, INVOICE(discount_days) },
	{ "discount_percent", DOCUMENTS, PERCENT, INVOICE(discount_pct_e2) },
	{ "cancels", DOCUMENTS, CODE, INVOICE(cancels) },
	{ "cancels_date", DOCUMENTS, DATE, INVOICE(cancels_date) },
	{ "cancel_reason", DOCUMENTS, TEXT, INVOICE(reason) },
	{ "invoice_note", DOCUMENTS, TEXT, INVOICE(note) },
	{ "invoice_project", DOCUMENTS, TEXT, INVOICE(project_name) },
	{ "invoice_entries", DOCUMENTS, WHOLE, INVOICE(entries) },
	{ "invoice_seconds", DOCUMENTS, WHOLE, INVOICE(secs) },
	{ "invoice_billed_seconds", DOCUMENTS, WHOLE, INVOICE(billed_secs) },
	{ "lines_total", DOCUMENTS, MONEY, INVOICE(lines_minor) },
	{ "discount_total", DOCUMENTS, MONEY, INVOICE(allowance_minor) },
	{ "invoice_net", DOCUMENTS, MONEY, INVOICE(net_minor) },
	{ "invoice_tax", DOCUMENTS, MONEY, INVOICE(tax_minor) },
	{ "invoice_gross", DOCUMENTS, MONEY, INVOICE(gross_minor) },
	{ "net", INVOICES, MONEY, INVOICE(net_minor) },
	{ "tax", INVOICES, MONEY, INVOICE(tax_minor) },
	{ "gross", INVOICES, MONEY, INVOICE(gross_minor) },
	{ "entries", INVOICES, WHOLE, INVOICE(entries) },
	{ "seconds", INVOICES, WHOLE, INVOICE(secs) },
	{ "billed_seconds", INVOICES, WHOLE, INVOICE(billed_secs) },
	{ "hours", INVOICES, HOURS, INVOICE(secs) },
	{ "billed_hours", INVOICES, HOURS, INVOICE(billed_secs) },

	/* its customer */
	{ "company_id", DOCUMENTS, CODE, INVOICE(company_id) },
	{ "company", DOCUMENTS, TEXT, INVOICE(company_name) },
	{ "customer_number", DOCUMENTS, TEXT, INVOICE(customer_number) },
	{ "debtor_account", DOCUMENTS, TEXT, INVOICE(debtor_account) },
	{ "buyer_reference", DOCUMENTS, TEXT, INVOICE(buyer_reference) },
	{ "order_reference", DOCUMENTS, TEXT, INVOICE(order_reference) },
	{ "contract_reference", DOCUMENTS, TEXT, INVOICE(contract_reference) },
	{ "legal_name", DOCUMENTS, TEXT, INVOICE(buyer.name) },
	{ "street", DOCUMENTS, TEXT, INVOICE(buyer.street) },
	{ "zip", DOCUMENTS, TEXT, INVOICE(buyer.zip) },
	{ "city", DOCUMENTS, TEXT, INVOICE(buyer.city) },
	{ "country", DOCUMENTS, TEXT, INVOICE(buyer.country) },
	{ "vat_id", DOCUMENTS, TEXT, INVOICE(buyer.vat_id) },
	{ "contact", DOCUMENTS, TEXT, INVOICE(buyer.contact) },
	{ "phone", DOCUMENTS, TEXT, INVOICE(buyer.phone) },
	{ "email", DOCUMENTS, TEXT, INVOICE(buyer.email) },

	/* the one who bills */
	{ "seller_name", DOCUMENTS, TEXT, INVOICE(seller.name) },
	{ "seller_street", DOCUMENTS, TEXT, INVOICE(seller.street) },
	{ "seller_zip", DOCUMENTS, TEXT, INVOICE(seller.zip) },
	{ "seller_city", DOCUMENTS, TEXT, INVOICE(seller.city) },
	{ "seller_country", DOCUMENTS, TEXT, INVOICE(seller.country) },
	{ "seller_vat_id", DOCUMENTS, TEXT, INVOICE(seller.vat_id) },
	{ "seller_tax_number", DOCUMENTS, TEXT, INVOICE(seller.tax_number) },
	{ "seller_contact", DOCUMENTS, TEXT, INVOICE(seller.contact) },
	{ "seller_phone", DOCUMENTS, TEXT, INVOICE(seller.phone) },
	{ "seller_email", DOCUMENTS, TEXT, INVOICE(seller.email) },
	{ "seller_iban", DOCUMENTS, TEXT, INVOICE(seller.iban) },
	{ "seller_bic", DOCUMENTS, TEXT, INVOICE(seller.bic) },

	/* a line */
	{ "line", LINES, WHOLE, SPECIAL(get_position) },
	{ "line_type", LINES, CODE, SPECIAL(get_line_type) },
	{ "description", LINES, TEXT, LINE(description) },
	{ "line_note", LINES, TEXT, LINE(note) },
	{ "project", LINES, TEXT, LINE(project_name) },
	{ "project_id", LINES, CODE, LINE(project_id) },
	{ "cost_centre", LINES, TEXT, LINE(cost_centre) },
	{ "service_from", LINES, DATE, LINE(from) },
	{ "service_to", LINES, DATE, LINE(to) },
	{ "late", LINES, WHOLE, LINE(late) },
	{ "quantity", LINES, QUANTITY, SPECIAL(get_quantity) },
	{ "unit", LINES, CODE, SPECIAL(get_unit) },
	{ "rate", LINES, PRICE, LINE(price_e4) },
	{ "net", LINES, MONEY, LINE(net_minor) },
	{ "target_quantity", LINES, QUANTITY, SPECIAL(get_target_quantity) },
	{ "target_rate", LINES, PRICE, SPECIAL(get_target_rate) },
	{ "tax", LINES, CODE, SPECIAL(get_tax) },
	{ "tax_category", LINES, CODE, ARRAY(OF_LINE, invoice_line, tax_category) },
	{ "tax_rate", LINES, PERCENT, LINE(tax_pct_e2) },
	{ "entries", LINES, WHOLE, LINE(entries) },
	{ "seconds", LINES, WHOLE, LINE(secs) },
	{ "billed_seconds", LINES, WHOLE, LINE(billed_secs) },
	{ "hours", LINES, HOURS, LINE(secs) },
	{ "billed_hours", LINES, HOURS, LINE(billed_secs) },

	/* a time entry */
	{ "entry_id", TIMES, CODE, ARRAY(OF_ENTRY, entry, id) },
	{ "date", TIMES, DATE, ENTRY(date) },
	{ "start_time", TIMES, TEXT, ENTRY(start_time) },
	{ "company", TIMES, TEXT, ENTRY(company_name) },
	{ "company_id", TIMES, CODE, ENTRY(company_id) },
	{ "project", TIMES, TEXT, ENTRY(project_name) },
	{ "project_id", TIMES, CODE, ENTRY(project_id) },
	{ "task", TIMES, TEXT, ENTRY(task_name) },
	{ "task_id", TIMES, CODE, ENTRY(task_id) },
	{ "user", TIMES, TEXT, ENTRY(user_name) },
	{ "user_id", TIMES, CODE, ENTRY(user_id) },
	{ "type_of_work", TIMES, TEXT, ENTRY(work_name) },
	{ "type_of_work_id", TIMES, CODE, ENTRY(work_id) },
	{ "note", TIMES, TEXT, ENTRY(note) },
	{ "seconds", TIMES, WHOLE, SPECIAL(get_seconds) },
	{ "hours", TIMES, HOURS, SPECIAL(get_seconds) },
	{ "break_seconds", TIMES, WHOLE, ENTRY(break_secs) },
	{ "invoice_number", ENTRIES, CODE, BILLED(invoice) },
	{ "line", ENTRIES, WHOLE, BILLED(pos) },
	{ "billed_seconds", ENTRIES, WHOLE, BILLED(billed_secs) },
	{ "billed_hours", ENTRIES, HOURS, BILLED(billed_secs) },
	{ "rate", ENTRIES, PRICE, BILLED(price_e4) },
	{ "currency", ENTRIES, CODE, BILLED(currency) },
	{ "late", ENTRIES, WHOLE, BILLED(late) },
	{ "reason", HELD, CODE, SPECIAL(get_reason) },
};

#define COUNT (sizeof fields / sizeof *fields)

static int is_called(const struct csvfields_field *f, const char *name, size_t n)
{
	return strlen(f->name) == n && memcmp(f->name, name, n) == 0;
}

const struct csvfields_field *csvfields_find(const char *name, size_t n, unsigned rows)
{
	for (size_t i = 0; i < COUNT; i++)
		if ((fields[i].rows & rows) != 0 && is_called(&fields[i], name, n))
			return &fields[i];
	return NULL;
}

unsigned csvfields_rows_with(const char *name, size_t n)
{
	unsigned rows = 0;

	for (size_t i = 0; i < COUNT; i++)
		rows |= is_called(&fields[i], name, n) ? fields[i].rows : 0;
	return rows;
}

const char *csvfields_rows_name(unsigned rows)
{
	switch (rows) {
	case LINES:
		return "lines";
	case INVOICES:
		return "invoices";
	case ENTRIES:
		return "entries";
	case HELD:
		return "held";
	default:
		return "";
	}
}

enum csvfields_kind csvfields_kind_of(const struct csvfields_field *f)
{
	return f->kind;
}

const char *csvfields_name(size_t i)
{
	return i < COUNT ? fields[i].name : NULL;
}

static const void *member(const struct csvfields_field *f, const struct csvfields_row *row)
{
	const void *object = f->object == OF_INVOICE ? (const void *)row->invoice : f->object == OF_LINE ? (const void *)row->line :
	                     f->object == OF_BILLED ? (const void *)row->billed : (const void *)row->entry;

	return (const char *)object + f->offset;
}

static int64_t read_whole(const void *p, size_t size)
{
	int64_t wide;
	int32_t narrow;

	if (size == sizeof wide) {
		memcpy(&wide, p, sizeof wide);
		return wide;
	}
	memcpy(&narrow, p, sizeof narrow);
	return narrow;
}

static void read_member(const struct csvfields_field *f, const struct csvfields_row *row, struct csvfields_value *out)
{
	const void *p = member(f, row);

	if (f->array)
		out->text = p;
	else if (f->kind == TEXT || f->kind == CODE)
		memcpy(&out->text, p, sizeof out->text);
	else if (f->kind == DATE)
		memcpy(&out->date, p, sizeof out->date);
	else
		out->n = read_whole(p, f->size);
}

/* The scale in which a kind of number is kept. */
static void prepare(const struct csvfields_field *f, const struct csvfields_row *row, struct csvfields_value *out)
{
	*out = (struct csvfields_value){ .kind = f->kind, .date = DATE_NONE };
	if (f->kind == MONEY)
		out->scale = out->min_decimals = money_decimals(row->invoice->currency);
	else if (f->kind == PRICE) {
		out->scale = MONEY_RATE_SCALE;
		out->min_decimals = 2;
	} else if (f->kind == PERCENT) {
		out->scale = MONEY_PCT_SCALE;
	}
}

static void to_hours(struct csvfields_value *out, int decimals, int *overflow)
{
	__int128 n = out->n;

	for (int i = 0; i < decimals; i++)
		n *= 10;
	out->n = num_div_round(n, 3600, overflow);
	out->scale = out->min_decimals = decimals;
}

int csvfields_get(const struct csvfields_field *f, const struct csvfields_row *row, int decimals, struct csvfields_value *out,
                  struct err *e)
{
	int overflow = 0;

	prepare(f, row, out);
	if (f->special != NULL)
		f->special(row, out);
	else
		read_member(f, row, out);
	if (f->kind == HOURS)
		to_hours(out, decimals >= 0 ? decimals : HOURS_DECIMALS, &overflow);
	if (overflow || out->scale < 0)
		return err_set(e, ERR_SOFTWARE, "the field %s %s", f->name, overflow ? "overflows" : "has an unknown currency");
	if (decimals > out->min_decimals)
		out->min_decimals = decimals;
	if (f->kind == TEXT || f->kind == CODE)
		out->empty = out->text == NULL || *out->text == '\0';
	else if (f->kind == DATE)
		out->empty = out->date == DATE_NONE;
	return 0;
}
