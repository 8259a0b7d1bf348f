/* The sockets of curl's multi handle, one moved at a time: curl_multi_perform() would read from all that have something before it lets anybody see the first answer that is whole. */
#ifndef AWORK_SOCKS_H
#define AWORK_SOCKS_H

#include <curl/curl.h>
#include <poll.h>

#include "base/err.h"

#define SOCKS_MAX 128 /* two or three for each of 32 transfers, while addresses are looked up and tried */

/* Zero-initialize. */
struct socks {
	CURLM *multi;
	struct pollfd v[SOCKS_MAX + 1]; /* the last one is the caller's */
	int n;
	int at; /* whose turn it is */
};

/* *s must stay where it is as long as the handle. -1: curl refuses. */
int socks_open(struct socks *s, CURLM *multi);
/* Moves what has waited long enough, and one socket that is ready. 1: something was moved, 0: there was nothing, -1. */
int socks_move(struct socks *s, struct err *e);
/* The transfer that was moved has ended: another socket's turn. Until then its own comes first, so that answers are whole one after the other. */
void socks_next(struct socks *s);
/* Waits until socks_move() has something to do or fd (-1: none) can be read, at most ms (-1: for ever). */
int socks_wait(struct socks *s, int fd, int ms, struct err *e);

#endif
