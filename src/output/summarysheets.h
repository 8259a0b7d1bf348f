/* The sheets of summary.xlsx, each written from what was counted; they remember where their figures stand, for the formulas of others. */
#ifndef OUTPUT_SUMMARYSHEETS_H
#define OUTPUT_SUMMARYSHEETS_H

#include "output/summarydata.h"
#include "output/template.h"
#include "output/xlsx.h"

/* Where a table stands on its sheet; columns are -1 when not there. first > last: no rows. */
struct summarysheets_place {
	struct xlsx_sheet *s;
	int first, last;
	int name, entries, tracked, billed, net; /* net: of the first currency, the others follow */
	int tax, gross, currency;                /* of the invoices' sheet */
};

struct summarysheets {
	const struct source *src;
	const struct template *t;
	const struct summarydata *d;
	int accent;
	char money[SUMMARYDATA_CURRENCIES_MAX][64]; /* number formats; live until the workbook is closed */
	struct xlsx_sheet *overview, *held, *checks;
	struct summarysheets_place invoices, group[SUMMARYDATA_KINDS];
	int vat_first, vat_last; /* rows of the overview's VAT table */
};

void summarysheets_group(struct summarysheets *m, enum summarydata_kind kind);
int summarysheets_invoices(struct summarysheets *m, struct err *e);
void summarysheets_held(struct summarysheets *m);

/* Shared looks. */
struct xlsx_style summarysheets_head(const struct summarysheets *m, enum xlsx_align align);
struct xlsx_style summarysheets_sum(const struct summarysheets *m, const char *num);
/* "SUM(range)" of a column of a place, "0" when it has no rows. Returns out. */
char *summarysheets_total(char out[XLSX_REF_MAX + 8], const struct summarysheets_place *p, int col);
/* "SUMIF(currencies,code,amounts)" over the invoices. Returns out. */
char *summarysheets_of_currency(char out[3 * XLSX_REF_MAX], const struct summarysheets *m, const char *code, int col);

#endif
