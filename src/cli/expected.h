/* The entries that a run has fetched to bill them, as short as can be and by date: what is read again before they are issued. */
#ifndef CLI_EXPECTED_H
#define CLI_EXPECTED_H

#include "billing/entry.h"
#include "ledger/claim.h"

struct expected;

/* dir: where a temporary file goes when they are many. NULL: ERR_OS. */
struct expected *expected_new(const char *dir, struct err *e);
int expected_add(struct expected *x, const struct entry *entry, const uint8_t fp[SHA_LEN], struct err *e);
int64_t expected_count(const struct expected *x);
/* Begins the reading, or begins it anew; nothing is added any more. */
int expected_start(struct expected *x, struct err *e);
/* As claim_days_next(), of claims that are not made yet: their rows are 0. */
int expected_next(struct expected *x, size_t most, struct claim_brief **v, size_t *n, struct err *e);
void expected_free(struct expected *x);

#endif
