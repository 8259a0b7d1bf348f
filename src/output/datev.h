/* DATEV booking files (EXTF 700, Buchungsstapel 13): one booking per document, VAT group and cost centre. */
#ifndef OUTPUT_DATEV_H
#define OUTPUT_DATEV_H

#include "billing/booking.h"
#include "output/source.h"

struct datev_counts {
	int64_t files, bookings;
	int64_t skipped;         /* documents in another currency than EUR: they need an exchange rate and are booked by hand */
};

/* Writes DIR/EXTF_Buchungsstapel_PERIOD_RUN.csv, a further _2, _3 after 99,000 bookings (those of one document stay together); no file when
 * there is no booking. All documents of a run have one date, so one fiscal year. The creation time of the header is the invoice date at
 * midnight: no clock reaches a document. Read back: rows, sum. On disk when it returns, not yet fsynced; after a failure no file is left.
 * ERR_CONFIG names the document and field that DATEV cannot carry: debtor account, cost centre, VAT id for reverse charge, amount. A
 * customer's name loses the characters that Windows-1252 cannot show; when no letter is left, the customer number takes its place. */
int datev_write(const struct source *src, const struct booking_rules *r, const char *run, const char *dir, struct datev_counts *out,
                struct err *e);

#endif
