/* A thread that moves the wire: network, inflating and `piece` go on while the caller deals with what has come. It is there from the first request with a `piece` until pump_rest();
 * without one, and where no thread can be had, the caller's thread moves the wire, in pump_move() and pump_wait().
 * An answer keeps its slot until the caller has released it: never more are read ahead than there are slots. */
#ifndef AWORK_PUMP_H
#define AWORK_PUMP_H

#include "awork/wire.h"

struct pump;

/* As wire_open(). */
struct pump *pump_open(const struct http_config *c, struct err *e);
/* An idle slot or NULL. */
struct wire_slot *pump_idle(struct pump *p);
/* Transfers that were begun and not taken. */
int pump_busy(const struct pump *p);
/* Begins a transfer for `owner`, which is not NULL. */
int pump_begin(struct pump *p, struct wire_slot *s, const struct http_request *r, void *owner, struct err *e);
/* Without a thread: moves one transfer. 1: there was one to move, 0, -1. */
int pump_move(struct pump *p, struct err *e);
/* 1 and a transfer that has ended, in the order in which they do, the caller's until wire_release(); 0: none; -1. */
int pump_next(struct pump *p, struct wire_slot **s, struct err *e);
/* Waits until one has ended, at most so long; a signal may end it early. */
int pump_wait(struct pump *p, int ms, struct err *e);
/* No thread any longer; for when nothing is busy. */
void pump_rest(struct pump *p);
/* The same for when something is: ends all transfers; `forget` gets each owner. */
void pump_abort(struct pump *p, void (*forget)(void *owner));
/* As wire_host() and wire_bytes(). */
const char *pump_host(const struct pump *p);
int64_t pump_bytes(const struct pump *p);
/* Processor time of the thread, in all. */
int64_t pump_cpu_us(const struct pump *p);
void pump_close(struct pump *p);

#endif
