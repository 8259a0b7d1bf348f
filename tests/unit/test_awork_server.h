/* A scripted HTTP server on loopback, one thread a connection: the handler says what to answer. For the tests of src/awork. */
#ifndef TEST_AWORK_SERVER_H
#define TEST_AWORK_SERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

struct server;

/* Writes the whole answer, status line included. Returns 0 to keep the connection, 1 to close it afterwards. Called under a lock. */
typedef int server_handler(struct server *s, const char *method, const char *target, const char *body, struct buf *out);

struct server {
	server_handler *handle;
	void *ctx;
	int fd, port;
	int requests, posts;  /* under the lock */
	char url[64];
	char last[4096];      /* head of the latest request */
	pthread_mutex_t lock;
	pthread_cond_t gone;  /* a peer has ended */
	int peers[64], npeers; /* their connections, under the lock */
	pthread_t thread;
};

struct server_peer { struct server *s; int fd; };

/* A plain answer with a length. */
static inline void server_answer(struct buf *out, int status, const char *headers, const char *body)
{
	buf_fmt(out, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, strlen(body), body);
}

static inline int server_send(int fd, const struct buf *b)
{
	for (size_t at = 0; at < b->n;) {
		ssize_t k = send(fd, b->p + at, b->n - at, MSG_NOSIGNAL);

		if (k <= 0)
			return -1;
		at += (size_t)k;
	}
	return 0;
}

/* Reads until `want` bytes are there, or the end of the head when want is 0. */
static inline int server_fill(int fd, struct buf *in, size_t want)
{
	char piece[8192];

	while (want > 0 ? in->n < want : in->n == 0 || strstr(in->p, "\r\n\r\n") == NULL) {
		ssize_t k = recv(fd, piece, sizeof piece, 0);

		if (k <= 0)
			return -1;
		buf_add(in, piece, (size_t)k);
	}
	return 0;
}

static inline int server_one(struct server *s, int fd)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	char method[16], target[8192];
	const char *length;
	size_t head, body = 0;
	int end = 1;

	if (server_fill(fd, &in, 0) < 0 || sscanf(in.p, "%15s %8191s", method, target) != 2)
		goto out;
	head = (size_t)(strstr(in.p, "\r\n\r\n") - in.p) + 4;
	length = strcasestr(in.p, "\r\nContent-Length:");
	if (length != NULL && length < in.p + head)
		body = (size_t)strtoul(length + 17, NULL, 10);
	if (server_fill(fd, &in, head + body) < 0)
		goto out;
	pthread_mutex_lock(&s->lock);
	s->requests++;
	s->posts += strcmp(method, "POST") == 0;
	snprintf(s->last, sizeof s->last, "%.*s", (int)head, in.p);
	end = s->handle(s, method, target, in.p + head, &out);
	pthread_mutex_unlock(&s->lock);
	if (server_send(fd, &out) < 0)
		end = 1;
out:
	buf_free(&in);
	buf_free(&out);
	return end;
}

static inline void *server_peer_main(void *p)
{
	struct server_peer peer = *(struct server_peer *)p;

	free(p);
	while (!server_one(peer.s, peer.fd))
		;
	pthread_mutex_lock(&peer.s->lock);
	for (int i = 0; i < peer.s->npeers; i++)
		if (peer.s->peers[i] == peer.fd) {
			peer.s->peers[i] = peer.s->peers[--peer.s->npeers];
			break;
		}
	close(peer.fd);
	pthread_cond_signal(&peer.s->gone);
	pthread_mutex_unlock(&peer.s->lock);
	return NULL;
}

static inline void *server_main(void *p)
{
	struct server *s = p;

	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		struct server_peer *peer;
		pthread_t t;

		if (fd < 0)
			return NULL;
		peer = malloc(sizeof *peer);
		if (peer == NULL)
			abort();
		*peer = (struct server_peer){ s, fd };
		pthread_mutex_lock(&s->lock);
		if (s->npeers == (int)(sizeof s->peers / sizeof *s->peers) || pthread_create(&t, NULL, server_peer_main, peer) != 0)
			abort();
		s->peers[s->npeers++] = fd;
		pthread_mutex_unlock(&s->lock);
		pthread_detach(t);
	}
}

static inline void server_start(struct server *s, server_handler *handle, void *ctx)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	memset(s, 0, sizeof *s);
	s->handle = handle;
	s->ctx = ctx;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->gone, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(s->fd, 64) < 0 || getsockname(s->fd, (struct sockaddr *)&a, &n) < 0)
		abort();
	s->port = ntohs(a.sin_port);
	snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/api", s->port);
	if (pthread_create(&s->thread, NULL, server_main, s) != 0)
		abort();
}

/* Ends only after the last peer: each looks at the server, which often is on the stack of a test. */
static inline void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->npeers; i++)
		shutdown(s->peers[i], SHUT_RDWR);
	while (s->npeers > 0)
		pthread_cond_wait(&s->gone, &s->lock);
	pthread_mutex_unlock(&s->lock);
	pthread_cond_destroy(&s->gone);
	pthread_mutex_destroy(&s->lock);
}

#endif
