/* Many claims that change their state together: neighbours in one statement. */
#ifndef LEDGER_MOVE_H
#define LEDGER_MOVE_H

#include "ledger/claim.h"

/* Neighbouring claims that go the same way and wait for the next that does not. Zero-initialize. */
struct move { int64_t first, n; enum claim_state from, to; };

/* Moves the claim of a row from the state that it is known to have, along an edge of claim_move() that does not release it; inside the caller's transaction. What is given in the order of rows takes
 * the fewest statements. It is done at the latest when move_end() returns; ERR_SOFTWARE then or before when a claim was in another state: the caller rolls back. */
int move_claim(struct store *s, struct move *m, int64_t id, enum claim_state from, enum claim_state to, struct err *e);
int move_end(struct store *s, struct move *m, struct err *e);

#endif
