/* Corrections: billed time that changed afterwards, as proposals that wait for the next invoice of their customer. One is open per claim. */
#ifndef LEDGER_CORRECTION_H
#define LEDGER_CORRECTION_H

#include "billing/invoice.h"
#include "ledger/store.h"

struct correction {
	char entry[37];
	char invoice[32];          /* and line, that are corrected */
	int pos;
	const char *company, *currency;
	date_t date;               /* of the entry as billed */
	int64_t delta_secs;        /* as tracked: now minus billed and corrected */
	int64_t billed_secs;       /* to be billed */
	struct invoice_line line;  /* the corrected one */
};

/* Proposes a correction of an entry's live claim inside the caller's transaction, in place of the one that is open; with an event. v->line is the
 * corrected line. No live claim on v->invoice and v->pos: ERR_SOFTWARE. */
int correction_propose(struct store *s, const struct correction *v, struct err *e);
/* Takes the open correction of an entry back, inside the caller's transaction; with an event. 1 when there was one, 0, -1. */
int correction_withdraw(struct store *s, const char *entry, struct err *e);
/* 1 when exactly this correction is open already, 0, -1. */
int correction_is_open(struct store *s, const struct correction *v, struct err *e);
/* Open ones whose document is issued and not being cancelled, by company, document, line, entry. Borrowed during the call. */
int correction_each_open(struct store *s, int (*each)(void *ctx, const struct correction *v, struct err *e), void *ctx, struct err *e);

#endif
