/* Inside xrechnung.c only: the groups of an XRechnung document, each written in the order of the UBL schema. */
#ifndef OUTPUT_XRECHNUNGPARTS_H
#define OUTPUT_XRECHNUNGPARTS_H

#include "billing/invoice.h"
#include "output/xmlout.h"

/* BT-22: the customer's note, the reason of a cancellation, the mark of a draft. */
void xrechnungparts_notes(struct xmlout *x, const struct invoice *v);
/* BG-14. */
void xrechnungparts_period(struct xmlout *x, date_t from, date_t to);
/* BG-4, BG-7. */
void xrechnungparts_parties(struct xmlout *x, const struct invoice *v);
/* BG-16, BT-20. */
void xrechnungparts_payment(struct xmlout *x, const struct invoice *v);
/* BG-20, BG-22, BG-23. */
void xrechnungparts_allowances(struct xmlout *x, const struct invoice *v);
void xrechnungparts_taxes(struct xmlout *x, const struct invoice *v);
void xrechnungparts_totals(struct xmlout *x, const struct invoice *v);
/* BG-25. */
void xrechnungparts_line(struct xmlout *x, const struct invoice *v, const struct invoice_line *l);

#endif
