/* Templates: labels, columns, widths, number formats and blocks of the XLSX documents, as INI files that people edit; and plain defaults when a key is left out. */
#ifndef OUTPUT_TEMPLATE_H
#define OUTPUT_TEMPLATE_H

#include <stddef.h>
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"

struct template;

/* Reads a template from text; name ("invoice.de.ini") decides which keys there are, file stands in messages. Unknown sections, keys, columns and bad
 * values go to *d with file:line, all in one go. NULL: *d or *e says why. */
struct template *template_parse(const char *name, const char *file, const char *text, size_t n, struct diag *d, struct err *e);
/* The file name of the logo beside the template, or NULL; its bytes (PNG or JPEG) are copied. ERR_CONFIG when they are no such picture. */
const char *template_logo(const struct template *t);
int template_set_logo(struct template *t, const void *p, size_t n, struct err *e);
/* The picture, NULL when there is none; borrowed until template_free(). */
struct template_picture { const void *p; size_t n; int width, height; /* pixels */ };
const struct template_picture *template_picture(const struct template *t);

/* Reads DIR/NAME ("invoice.de.ini", "summary.de.ini"). Unknown sections, keys, columns and bad values go to *d with file:line. NULL: *e (missing: ERR_NOINPUT) or *d says why. */
struct template *template_read(const char *dir, const char *name, struct diag *d, struct err *e);
void template_free(struct template *t);

/* The keys of all templates; templatekeys.c has their names, defaults and meaning. */
enum template_key {
	/* [format] */
	TEMPLATE_DATE, TEMPLATE_MONTHS, TEMPLATE_DECIMAL, TEMPLATE_THOUSANDS, TEMPLATE_MONEY, TEMPLATE_PRICE, TEMPLATE_HOURS, TEMPLATE_MINUTES,
	TEMPLATE_DURATION, TEMPLATE_DURATION_SECONDS, TEMPLATE_PERCENT,
	/* [document] */
	TEMPLATE_TITLE, TEMPLATE_TITLE_CANCELLATION, TEMPLATE_DRAFT, TEMPLATE_DRAFT_NOTE, TEMPLATE_SHEET, TEMPLATE_TIMESHEET, TEMPLATE_PAGE,
	TEMPLATE_ACCENT, TEMPLATE_LOGO, TEMPLATE_LOGO_WIDTH,
	/* [footer] */
	TEMPLATE_FOOTER_LEFT, TEMPLATE_FOOTER_CENTER, TEMPLATE_FOOTER_RIGHT,
	/* [blocks] */
	TEMPLATE_SHOW_LETTERHEAD, TEMPLATE_SHOW_SENDER, TEMPLATE_SHOW_CONTACT, TEMPLATE_SHOW_INTRO, TEMPLATE_SHOW_BANK, TEMPLATE_SHOW_TAX_IDS,
	TEMPLATE_SHOW_TIMESHEET, TEMPLATE_SHOW_REFERENCES, TEMPLATE_SHOW_NOTE, TEMPLATE_SHOW_LINE_NOTES, TEMPLATE_SHOW_LATE_HEADING, TEMPLATE_SHOW_PAYMENT,
	TEMPLATE_SHOW_CANCEL_REASON,
	/* [labels] of an invoice */
	TEMPLATE_NUMBER, TEMPLATE_INVOICE_DATE, TEMPLATE_DUE, TEMPLATE_CUSTOMER_NUMBER, TEMPLATE_BUYER_REFERENCE, TEMPLATE_SERVICE_PERIOD, TEMPLATE_PROJECT,
	TEMPLATE_NUMBER_CANCELLATION, TEMPLATE_DATE_CANCELLATION, TEMPLATE_CANCELS, TEMPLATE_CANCELS_DATE, TEMPLATE_ORDER_REFERENCE,
	TEMPLATE_CONTRACT_REFERENCE, TEMPLATE_BUYER_VAT_ID, TEMPLATE_UNIT_HOURS, TEMPLATE_UNIT_MINUTES, TEMPLATE_UNIT_LUMP, TEMPLATE_PRICE_FEES,
	TEMPLATE_SUBTOTAL, TEMPLATE_ALLOWANCE, TEMPLATE_NET, TEMPLATE_TAX, TEMPLATE_TAX_NONE, TEMPLATE_GROSS, TEMPLATE_GROSS_CANCELLATION,
	TEMPLATE_ACCOUNT_HOLDER, TEMPLATE_IBAN, TEMPLATE_BIC, TEMPLATE_REFERENCE, TEMPLATE_CONTACT, TEMPLATE_PHONE, TEMPLATE_EMAIL, TEMPLATE_VAT_ID,
	TEMPLATE_TAX_NUMBER, TEMPLATE_LATE, TEMPLATE_TIMESHEET_TITLE, TEMPLATE_TIMESHEET_TOTAL, TEMPLATE_NO_NAME,
	/* [texts] of an invoice */
	TEMPLATE_INTRO, TEMPLATE_INTRO_DAY, TEMPLATE_PAYMENT, TEMPLATE_PAYMENT_DISCOUNT, TEMPLATE_CLOSING, TEMPLATE_CANCELLATION_NOTE, TEMPLATE_CANCEL_REASON, TEMPLATE_LATE_HEADING,
	TEMPLATE_TAX_AE, TEMPLATE_TAX_E, TEMPLATE_TAX_O, TEMPLATE_TAX_G,
	/* [sheets] of a summary */
	TEMPLATE_OVERVIEW, TEMPLATE_INVOICES, TEMPLATE_COMPANIES, TEMPLATE_PROJECTS, TEMPLATE_USERS, TEMPLATE_WORK, TEMPLATE_HELD, TEMPLATE_CHECKS,
	/* [labels] of a summary */
	TEMPLATE_COMPANY, TEMPLATE_PROJECT_NAME, TEMPLATE_USER, TEMPLATE_WORK_NAME, TEMPLATE_REASON, TEMPLATE_PERIOD, TEMPLATE_DOCUMENTS, TEMPLATE_ENTRIES,
	TEMPLATE_TRACKED, TEMPLATE_BILLED, TEMPLATE_ROUNDING, TEMPLATE_LATE_ENTRIES, TEMPLATE_CURRENCY, TEMPLATE_CATEGORY, TEMPLATE_RATE, TEMPLATE_BASE,
	TEMPLATE_TAX_AMOUNT, TEMPLATE_NET_AMOUNT, TEMPLATE_GROSS_AMOUNT, TEMPLATE_FEES, TEMPLATE_DISCOUNTS, TEMPLATE_TOTAL, TEMPLATE_CHECK, TEMPLATE_DIFFERENCE,
	TEMPLATE_CHECK_NOTE, TEMPLATE_CHART_HOURS, TEMPLATE_CHART_NET, TEMPLATE_OTHERS,
	TEMPLATE_KEYS
};

/* The tables whose columns a template arranges. */
enum template_table { TEMPLATE_LINES, TEMPLATE_ENTRY_ROWS, TEMPLATE_GROUPS, TEMPLATE_TABLES };
enum template_field {
	TEMPLATE_F_POSITION, TEMPLATE_F_DESCRIPTION, TEMPLATE_F_PROJECT, TEMPLATE_F_SERVICE, TEMPLATE_F_QUANTITY, TEMPLATE_F_UNIT, TEMPLATE_F_PRICE,
	TEMPLATE_F_NET, TEMPLATE_F_TAX_RATE, TEMPLATE_F_DATE, TEMPLATE_F_TASK, TEMPLATE_F_USER, TEMPLATE_F_WORK, TEMPLATE_F_NOTE, TEMPLATE_F_DURATION,
	TEMPLATE_F_BILLED, TEMPLATE_F_ID, TEMPLATE_F_NAME, TEMPLATE_F_COMPANY, TEMPLATE_F_ENTRIES, TEMPLATE_F_SHARE,
	TEMPLATE_F_FEES, TEMPLATE_F_DISCOUNTS
};

#define TEMPLATE_COLUMNS_MAX 12

struct template_column {
	enum template_field field;
	int order, width;
	const char *heading;
	const char *format; /* number format of its own, or NULL */
};

/* The value, never NULL; borrowed until template_free(). */
const char *template_text(const struct template *t, enum template_key k);
/* A yes/no key. */
int template_on(const struct template *t, enum template_key k);
/* A whole number. */
int template_number(const struct template *t, enum template_key k);
/* A colour as 0xRRGGBB. */
int template_color(const struct template *t, enum template_key k);
/* The columns of a table in their order; borrowed until template_free(). */
const struct template_column *template_columns(const struct template *t, enum template_table table, size_t *n);
/* A field of a table, also one that is not shown (order 0); borrowed. */
const struct template_column *template_field(const struct template *t, enum template_table table, enum template_field f);
/* The name of a country by its code, the code itself when the template has none. */
const char *template_country(const struct template *t, const char *code);
/* The number format of dates ("dd.mm.yyyy"); borrowed. */
const char *template_date_format(const struct template *t);

/* A money or price format with the currency's decimals in place of ".00". Returns out. */
char *template_money_format(char out[64], const char *format, int decimals);
/* Appends a day, or v units of 10^-scale with at least min_decimals decimals, as the template's language writes them. */
void template_date(const struct template *t, struct buf *out, date_t d);
void template_dec(const struct template *t, struct buf *out, int64_t v, int scale, int min_decimals);
/* Appends a text with its {names} replaced; names that are not in v stay empty. */
struct template_value { const char *name, *value; };
void template_fill(const struct template *t, struct buf *out, enum template_key k, const struct template_value *v, size_t n);
/* The same part by part, parts being what " · " and line breaks divide: a part all of whose {names} stay empty is left out together with
 * its divider. */
void template_fill_parts(const struct template *t, struct buf *out, enum template_key k, const struct template_value *v, size_t n);

#endif
