/* Customers: awork companies with billing data. The table of customers.csv with the defaults of the configuration filled in. */
#ifndef BILLING_CUSTOMER_H
#define BILLING_CUSTOMER_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "billing/rounding.h"

enum customer_group { GROUP_PROJECT, GROUP_PROJECT_TASK, GROUP_PROJECT_USER, GROUP_PROJECT_WORK, GROUP_ENTRY };
enum customer_per { PER_CUSTOMER, PER_PROJECT };
/* Units of a line (UN/ECE Recommendation 20): HUR, MIN with a price base of 60, and LS for a fixed fee. */
enum customer_quantity { QUANTITY_HOURS, QUANTITY_MINUTES, QUANTITY_LUMP };

/* Documents that a customer gets; bits. */
enum customer_format { FORMAT_XLSX = 1, FORMAT_CSV = 2, FORMAT_XRECHNUNG = 4 };

/* A party as printed on documents. Texts borrowed from the pool of the table; NULL when empty. */
struct party {
	const char *name, *street, *zip, *city, *country; /* country: ISO 3166-1 alpha-2 */
	const char *vat_id, *tax_number, *contact, *phone, *email;
	const char *iban, *bic;
	const char *endpoint, *endpoint_scheme;
	const char *register_id;  /* BT-30, legal registration: "HRB 12345" */
	const char *legal_info;   /* BT-33: court, managing directors */
};

struct customer {
	int line;                /* of customers.csv */
	const char *company_id;  /* awork, lower-case UUID */
	const char *company_name;
	const char *number;      /* customer number */
	struct party party;      /* legal name and address */
	const char *buyer_reference;     /* BT-10; the customer number stands in for it */
	const char *order_reference;     /* BT-13 */
	const char *contract_reference;  /* BT-12 */
	const char *note;                /* BT-22, printed on every invoice */
	const char *debtor_account;
	const char *hold;        /* text: all its entries are held; NULL: billed */
	const char *currency;    /* ISO 4217 */
	const char *language;    /* "de", "en": of the words on documents */
	const char *template;    /* invoice.TEMPLATE.ini */
	const char *number_format; /* of its invoices' series */
	unsigned formats;        /* enum customer_format */
	int64_t discount_days, discount_pct_e2; /* cash discount (Skonto); 0 days: none */
	char tax_category[3];    /* UNCL 5305: S AE E O G */
	int64_t tax_pct_e2;
	int due_days;
	struct rounding rounding;
	enum customer_group group_by;
};

struct customer_table {
	struct customer *v; /* sorted by company_id */
	size_t n;
};

/* The customer of a company id, or NULL. */
const struct customer *customer_find(const struct customer_table *t, const char *company_id);

int customer_group_parse(const char *s, enum customer_group *out);
const char *customer_group_name(enum customer_group g);
int customer_per_parse(const char *s, enum customer_per *out);
/* hours, minutes, lump_sum. */
int customer_quantity_parse(const char *s, enum customer_quantity *out);
const char *customer_quantity_name(enum customer_quantity q);
/* True for S, AE, E, O, G. */
int customer_tax_category_ok(const char *s);

#endif
