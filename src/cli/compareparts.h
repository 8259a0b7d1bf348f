/* Inside of compare*.c only. */
#ifndef CLI_COMPAREPARTS_H
#define CLI_COMPAREPARTS_H

#include "cli/compare.h"

/* What became of a claim that does not simply agree; and what corrections did to it. */
struct compare_outcome {
	int64_t corrected_secs;
	struct reconcile_verdict verdict;
	const char *what, *company, *project, *user;
	int64_t delta_billed, minor; /* of the difference, or of what is at stake */
};

/* There is one for each entry of the period, so it is kept small. */
struct compare_claim {
	uint8_t id[16];              /* of the entry, text_uuid_pack() */
	uint8_t fp[CLAIM_FP];
	int64_t secs, billed_secs;   /* with what corrections added */
	struct compare_outcome *out; /* NULL: it agrees and was never corrected; belongs to compare.outcomes */
	date_t date;
	int pos;
	unsigned document : 24;      /* of compare.documents */
	unsigned state : 4;          /* enum claim_state */
	unsigned voiding : 1, proposed : 1, met : 1;
};

struct compare_document {
	const char *number, *company_id, *company, *currency;
	size_t first, n;             /* of compare.lines */
	int known;                   /* all but the number was read */
};

/* NULL: the entry has no claim among them. */
struct compare_claim *compareparts_find(struct compare *c, const char *entry);
/* The number of its document. */
const char *compareparts_number(const struct compare *c, const struct compare_claim *k);
/* The line of a claim and its document. ERR_DATA when the ledger has none. */
struct reconcile_line *compareparts_line(struct compare *c, const struct compare_claim *k, const struct compare_document **document, struct err *e);
/* Takes claims in as they come; then they are put in order. ERR_DATA, ERR_OS. */
int compareparts_append(struct compare *c, const struct claim_review *v, struct err *e);
void compareparts_order(struct compare *c);
/* Takes one more in, in its place. */
int compareparts_add(struct compare *c, const struct claim_review *v, struct err *e);
int compareparts_add_documents(struct compare *c, struct err *e);
enum reconcile_class compareparts_class(const struct compare_claim *k);
/* Entries as awork shows them, of claims that are loaded or of none. */
int compareread_rows(struct compare *c, const struct entry *v, size_t n, struct err *e);
/* Claims are loaded: goes through what came before. */
int compareahead_loaded(struct compare *c, struct err *e);
/* Drives the rest. */
int compareahead_end(struct compare *c, struct err *e);
/* Before its end: what is on its way is dropped. */
void compareahead_forget(struct compare *c);
/* True when the difference can be put right by a line on the next invoice. */
int compareparts_correctable(const struct compare_claim *k);

#endif
