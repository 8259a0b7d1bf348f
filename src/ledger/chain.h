/* The hash chain of events: append-only, each hash covers the one before.
 * hash = SHA-256(prev | seq | run | kind | body): prev is the hash before, 32 zero bytes for the first event; seq, from 1 without gaps,
 * has 8 bytes, big-endian; each text is its length in 8 bytes, big-endian, and its bytes; without a run the length is 2^64 - 1 and no bytes follow. */
#ifndef LEDGER_CHAIN_H
#define LEDGER_CHAIN_H

#include "base/sha.h"
#include "ledger/store.h"

/* meta key: seconds since the epoch by the wall clock at the last event. Not part of the chain: what is hashed must not depend on a clock. */
#define CHAIN_TIME "event_utc"

/* Appends an event inside the caller's transaction. run may be NULL; body is canonical JSON. */
int chain_append(struct store *s, const char *run, const char *kind, const char *body, struct err *e);
/* Walks the whole chain: ERR_DATA names the first event that does not fit. Events cut off at the end leave a sound chain: compare head
 * with what is recorded elsewhere. *n gets the number of events, head the last hash (zeros when empty). */
int chain_verify(struct store *s, int64_t *n, uint8_t head[SHA_LEN], struct err *e);
/* The last event's seq and hash; 0 and zeros when there is none. */
int chain_head(struct store *s, int64_t *seq, uint8_t hash[SHA_LEN], struct err *e);
/* The stored hash of one event: 1 found, 0 not, -1. */
int chain_hash_at(struct store *s, int64_t seq, uint8_t hash[SHA_LEN], struct err *e);

#endif
