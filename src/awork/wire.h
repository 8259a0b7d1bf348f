/* Transfers to one host: wire.c and socks.c are all that knows curl. It does one try of a request; http.c decides about further ones.
 * A slot is set up, read and released by the caller's thread; in between, from wire_send() until wire_next() gives it back, it belongs to the thread that moves the wire, which may be
 * another one (pump.h). Functions marked M are for that thread alone. */
#ifndef AWORK_WIRE_H
#define AWORK_WIRE_H

#include "awork/answer.h"
#include "awork/http.h"

struct wire;

enum wire_end {
	WIRE_NONE,     /* no transfer has ended */
	WIRE_WHOLE,    /* an answer, of whatever status */
	WIRE_BROKEN,   /* no whole answer */
	WIRE_HOPELESS  /* no further try will mend it: certificate, size, set-up, refused by `piece` */
};

/* One transfer at a time. */
struct wire_slot {
	struct wire_slot *next;       /* for who moves it */
	enum wire_end end;
	void *owner;                  /* the caller's; NULL: idle */
	const struct http_request *r; /* borrowed while the transfer runs */
	struct answer_head head;
	struct buf body;              /* what no `piece` took; the token is blotted out when the transfer ends */
	struct err fail;              /* WIRE_HOPELESS: why */
	const char *broken;           /* WIRE_BROKEN: what happened */
	int sent;                     /* WIRE_BROKEN: the request may have reached the other side */
};

/* ERR_CONFIG for base_url and token. */
struct wire *wire_open(const struct http_config *c, struct err *e);
const char *wire_host(const struct wire *w);
/* An idle slot or NULL. */
struct wire_slot *wire_idle(struct wire *w);
/* Sets a transfer up for `owner`, which is not NULL. */
int wire_begin(struct wire *w, struct wire_slot *s, const struct http_request *r, void *owner, struct err *e);
/* M: it goes out. -1: s->fail says why, and the slot is as one that has ended. */
int wire_send(struct wire *w, struct wire_slot *s);
/* M: transfers that were sent and have not ended. */
int wire_busy(const struct wire *w);
/* M: moves one of those that can be moved; `piece` is called from here. 1: there was one, 0, -1. Then wire_next() gives the transfers that have ended, one a call; the slot is the
 * caller's until wire_release(). */
int wire_move(struct wire *w, struct err *e);
enum wire_end wire_next(struct wire *w, struct wire_slot **s, struct err *e);
/* M: waits for the network, or until fd (-1: none) can be read, at most so long (-1: for ever). */
int wire_wait(struct wire *w, int fd, int ms, struct err *e);
void wire_release(struct wire_slot *s);
/* Ends all transfers, while no other thread moves them; `forget` gets each owner. */
void wire_abort(struct wire *w, void (*forget)(void *owner));
/* Of bodies, of the slots released so far. */
int64_t wire_bytes(const struct wire *w);
void wire_close(struct wire *w);
/* curl_version(). */
const char *wire_version(void);

#endif
