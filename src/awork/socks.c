#include "awork/socks.h"

#include <errno.h>

static int find(const struct socks *s, curl_socket_t fd)
{
	for (int i = 0; i < s->n; i++)
		if (s->v[i].fd == fd)
			return i;
	return -1;
}

/* curl says what it waits for. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *own)
{
	struct socks *s = ctx;
	int i = find(s, fd);

	(void)easy;
	(void)own;
	if (what == CURL_POLL_REMOVE) {
		if (i >= 0)
			s->v[i] = s->v[--s->n];
		return 0;
	}
	if (i < 0) {
		if (s->n == SOCKS_MAX)
			return -1;
		i = s->n++;
	}
	s->v[i] = (struct pollfd){ .fd = fd, .events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0)) };
	return 0;
}

int socks_open(struct socks *s, CURLM *multi)
{
	s->multi = multi;
	return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK && curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, (void *)s) == CURLM_OK ? 0 : -1;
}

/* How long curl is content to wait; -1: for ever. */
static long patience(const struct socks *s)
{
	long ms = -1;

	return curl_multi_timeout(s->multi, &ms) == CURLM_OK ? ms : 0;
}

static int act(struct socks *s, curl_socket_t fd, int what, struct err *e)
{
	int running;
	CURLMcode rc = curl_multi_socket_action(s->multi, fd, what, &running);

	if (rc == CURLM_OK)
		return 1;
	return rc == CURLM_OUT_OF_MEMORY ? err_nomem(e) : err_set(e, ERR_SOFTWARE, "curl cannot go on: %s", curl_multi_strerror(rc));
}

static int look(struct socks *s, nfds_t n, int ms, struct err *e)
{
	if (poll(s->v, n, ms) >= 0)
		return 0;
	for (nfds_t i = 0; i < n; i++)
		s->v[i].revents = 0;
	return errno == EINTR ? 0 : err_sys(e, ERR_OS, "waiting for the network");
}

static int what_of(short revents)
{
	return (revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) | (revents & POLLOUT ? CURL_CSELECT_OUT : 0) | (revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
}

int socks_move(struct socks *s, struct err *e)
{
	int moved = 0;

	if (patience(s) == 0 && (moved = act(s, CURL_SOCKET_TIMEOUT, 0, e)) < 0)
		return -1;
	if (s->n == 0)
		return moved;
	if (look(s, (nfds_t)s->n, 0, e) < 0)
		return -1;
	for (int k = 0; k < s->n; k++) {
		int i = (s->at + k) % s->n;

		if (s->v[i].revents == 0)
			continue;
		s->at = i;
		return act(s, s->v[i].fd, what_of(s->v[i].revents), e);
	}
	return moved;
}

void socks_next(struct socks *s)
{
	s->at++;
}

int socks_wait(struct socks *s, int fd, int ms, struct err *e)
{
	long most = patience(s);
	nfds_t n = (nfds_t)s->n;

	if (most >= 0 && (ms < 0 || most < ms))
		ms = (int)most;
	if (fd >= 0)
		s->v[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return look(s, n, ms, e);
}
