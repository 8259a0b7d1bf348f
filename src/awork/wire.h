/* Transfers to one host: wire.c is the only file that knows curl. It does one try of a request; http.c decides about further ones. */
#ifndef AWORK_WIRE_H
#define AWORK_WIRE_H

#include "awork/answer.h"
#include "awork/http.h"

struct wire;

/* One transfer at a time. */
struct wire_slot {
	void *owner;                  /* the caller's; NULL: idle */
	const struct http_request *r; /* borrowed while the transfer runs */
	struct answer_head head;
	struct buf body;              /* what no `piece` took; the token is blotted out when the transfer ends */
	struct err fail;              /* WIRE_HOPELESS: why */
	const char *broken;           /* WIRE_BROKEN: what happened */
	int sent;                     /* WIRE_BROKEN: the request may have reached the other side */
};

enum wire_end {
	WIRE_NONE,     /* no transfer has ended */
	WIRE_WHOLE,    /* an answer, of whatever status */
	WIRE_BROKEN,   /* no whole answer */
	WIRE_HOPELESS  /* no further try will mend it: certificate, size, set-up, refused by `piece` */
};

/* ERR_CONFIG for base_url and token. */
struct wire *wire_open(const struct http_config *c, struct err *e);
const char *wire_host(const struct wire *w);
/* An idle slot or NULL. */
struct wire_slot *wire_idle(struct wire *w);
int wire_busy(const struct wire *w);
/* Begins a transfer for `owner`, which is not NULL. */
int wire_begin(struct wire *w, struct wire_slot *s, const struct http_request *r, void *owner, struct err *e);
/* Moves what can be moved. Then wire_next() gives the transfers that have ended, one a call; the slot is the caller's until
 * wire_release(). */
int wire_move(struct wire *w, struct err *e);
enum wire_end wire_next(struct wire *w, struct wire_slot **s, struct err *e);
void wire_release(struct wire_slot *s);
/* Waits for the network, at most so long. */
int wire_wait(struct wire *w, int ms, struct err *e);
/* Ends all transfers; `forget` gets each owner. */
void wire_abort(struct wire *w, void (*forget)(void *owner));
int64_t wire_bytes(const struct wire *w);
void wire_close(struct wire *w);
/* curl_version(). */
const char *wire_version(void);

#endif
