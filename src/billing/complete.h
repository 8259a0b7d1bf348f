/* What an invoice must name before it may have a number: UStG sections 14 (4) and 14a, EN 16931, XRechnung 3.0, DATEV. */
#ifndef BILLING_COMPLETE_H
#define BILLING_COMPLETE_H

#include "billing/booking.h"
#include "billing/customer.h"

struct complete_rules {
	const struct party *seller;
	const struct booking_rules *booking; /* NULL: no DATEV file is wanted */
};

/* Appends what keeps this customer from being invoiced, with the BT number and the column of customers.csv or the key of psabill.conf to
 * fill in, and what is wrong with a value that is there: "street (BT-50), [seller] iban (BT-84: wrong check digits)". A text that would
 * show nothing is missing. Nothing when complete. Always required: legal_name, street, zip, city, country, and for AE a vat_id. With
 * FORMAT_XRECHNUNG also what XRechnung 3.0 demands, valid check digits of a Leitweg-ID, an amount with at most two decimals (BR-DEC: no
 * KWD), and for O and E the ids that these categories need or exclude. With booking rules a debtor account that fits, and a revenue account
 * for the category and rate. */
void complete_customer(const struct customer *c, const struct complete_rules *r, struct buf *out);

/* The same for the seller alone, by the formats that are wanted (enum customer_format): one sentence per finding, "[seller] phone is empty
 * (BT-42)", "[seller] iban (BT-84): wrong check digits or length". What only some tax categories need is left to complete_customer(). */
void complete_seller(const struct party *seller, unsigned formats, void (*each)(void *ctx, const char *sentence), void *ctx);

/* Electronic address of a party (BT-34, BT-49) with its scheme: the endpoint (scheme EM when none is named), or else the e-mail address
 * with EM. Borrowed from *p; 0 when there is neither. */
int complete_endpoint(const struct party *p, const char **address, const char **scheme);

#endif
