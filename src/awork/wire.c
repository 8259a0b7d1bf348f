#include "awork/wire.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "awork/origin.h"
#include "awork/socks.h"

#define HEADER_MAX ((size_t)64 * 1024)
#define BODY_KEEP ((size_t)256 * 1024) /* a buffer above this is given back after the answer */

/* An easy handle, which is kept for its connection and its buffers. */
struct transfer {
	struct wire_slot s; /* first: a slot is its transfer */
	struct wire *w;
	CURL *easy;
	size_t got;         /* decoded bytes */
	char text[CURL_ERROR_SIZE];
};

struct wire {
	struct http_config c; /* texts in it are not ours; only the token is used after wire_open() */
	struct origin to;
	CURLM *multi;
	struct socks socks;
	struct curl_slist *get_headers, *post_headers;
	struct transfer slot[32];
	int slots;
	int busy;             /* in the multi handle */
	int64_t bytes;
};

/* b64token of RFC 6750 section 2.1: nothing in it can end the header. */
static int token_ok(const char *t)
{
	size_t n = strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

	return n > 0 && t[n + strspn(t + n, "=")] == '\0';
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *s = ctx;

	n *= size;
	if (s->s.head.bytes + n > HEADER_MAX) {
		err_set(&s->s.fail, ERR_PROTOCOL, "%s %s: headers larger than %zu bytes", s->s.r->method, s->s.r->path, HEADER_MAX);
		return 0;
	}
	answer_line(&s->s.head, p, n);
	return n;
}

/* CURLOPT_MAXFILESIZE counts what the header promises, or (before 8.20) compressed bytes: the decoded ones are counted here. */
static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *s = ctx;
	const struct http_request *r = s->s.r;

	n *= size;
	s->got += n;
	if (s->got > s->w->c.max_body) {
		err_set(&s->s.fail, ERR_PROTOCOL, "%s %s: answer larger than %zu bytes", r->method, r->path, s->w->c.max_body);
		return 0;
	}
	if (r->piece != NULL && s->s.head.status == 200) {
		if (r->piece(r->ctx, p, n, &s->s.fail) == 0)
			return n;
		err_set(&s->s.fail, ERR_SOFTWARE, "%s %s: refused without a reason", r->method, r->path);
		return 0;
	}
	buf_add(&s->s.body, p, n);
	if (buf_ok(&s->s.body))
		return n;
	err_nomem(&s->s.fail);
	return 0;
}

#define SET(option, value) do { if (rc == CURLE_OK) rc = curl_easy_setopt(c, option, value); } while (0)

/* Where the request may go and how the other side proves who it is. There is no switch that weakens any of it. */
static CURLcode secure(const struct wire *w, CURL *c)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, w->to.plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (w->c.ca_file != NULL && w->c.ca_file[0] != '\0') {
		SET(CURLOPT_CAINFO, w->c.ca_file);
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_PROXY_CAINFO, w->c.ca_file);
	}
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	/* "" switches off what the environment says. */
	SET(CURLOPT_PROXY, w->c.proxy != NULL ? w->c.proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
	SET(CURLOPT_XOAUTH2_BEARER, w->c.token);
	return rc;
}

static CURLcode set_up(struct wire *w, struct transfer *s)
{
	CURL *c = s->easy;
	long slow = (long)(w->c.total_ms / 2000);
	CURLcode rc = secure(w, c);

	SET(CURLOPT_PRIVATE, (void *)s);
	SET(CURLOPT_ERRORBUFFER, s->text);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, w->to.plain ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_PIPEWAIT, 1L);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_BUFFERSIZE, 128L * 1024);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)w->c.connect_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)w->c.total_ms);
	SET(CURLOPT_LOW_SPEED_LIMIT, 100L);
	SET(CURLOPT_LOW_SPEED_TIME, slow < 1 ? 1L : slow > 60 ? 60L : slow);
	if (w->c.user_agent != NULL)
		SET(CURLOPT_USERAGENT, w->c.user_agent);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, (void *)s);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, (void *)s);
	return rc;
}

/* A POST goes over a new connection: on a reused one that the server closes without an answer curl would send it once more by itself. */
static CURLcode set_request(const struct wire *w, CURL *c, const struct http_request *r, const char *url)
{
	int post = strcmp(r->method, "POST") == 0;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, url);
	if (post) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(r->body));
		SET(CURLOPT_POSTFIELDS, r->body);
	} else {
		SET(CURLOPT_POSTFIELDS, NULL);
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_HTTPHEADER, post ? w->post_headers : w->get_headers);
	SET(CURLOPT_FRESH_CONNECT, post ? 1L : 0L);
	return rc;
}

#undef SET

static struct curl_slist *headers(const char *const *lines)
{
	struct curl_slist *l = NULL, *more;

	for (; *lines != NULL; lines++) {
		more = curl_slist_append(l, *lines);
		if (more == NULL) {
			curl_slist_free_all(l);
			return NULL;
		}
		l = more;
	}
	return l;
}

static int make_handles(struct wire *w, struct err *e)
{
	static const char *const get[] = { "Accept: application/json", NULL };
	static const char *const post[] = { "Accept: application/json", "Content-Type: application/json", "Expect:", NULL };

	w->multi = curl_multi_init();
	w->get_headers = headers(get);
	w->post_headers = headers(post);
	if (w->multi == NULL || w->get_headers == NULL || w->post_headers == NULL)
		return err_nomem(e);
	if (curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX) != CURLM_OK ||
	    curl_multi_setopt(w->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)w->slots) != CURLM_OK ||
	    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)w->slots) != CURLM_OK || socks_open(&w->socks, w->multi) < 0)
		return err_set(e, ERR_SOFTWARE, "curl refuses a setting of its multi handle");
	for (int i = 0; i < w->slots; i++) {
		struct transfer *s = &w->slot[i];
		CURLcode rc;

		s->w = w;
		s->easy = curl_easy_init();
		if (s->easy == NULL)
			return err_nomem(e);
		rc = set_up(w, s);
		if (rc != CURLE_OK)
			return err_set(e, rc == CURLE_OUT_OF_MEMORY ? ERR_OS : ERR_CONFIG, "curl refuses a setting: %s", curl_easy_strerror(rc));
	}
	return 0;
}

struct wire *wire_open(const struct http_config *c, struct err *e)
{
	struct wire *w = calloc(1, sizeof *w);

	if (w == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(w);
		err_nomem(e);
		return NULL;
	}
	w->c = *c;
	w->slots = c->connections < 1 ? 1 : c->connections > 32 ? 32 : c->connections;
	if (c->token == NULL || !token_ok(c->token))
		err_set(e, ERR_CONFIG, "the awork token is empty or holds characters that no token has");
	else if (origin_read(c->base_url, &w->to, e) == 0 && make_handles(w, e) == 0)
		return w;
	wire_close(w);
	return NULL;
}

const char *wire_host(const struct wire *w)
{
	return w->to.host;
}

struct wire_slot *wire_idle(struct wire *w)
{
	for (int i = 0; i < w->slots; i++)
		if (w->slot[i].s.owner == NULL)
			return &w->slot[i].s;
	return NULL;
}

int wire_busy(const struct wire *w)
{
	return w->busy;
}

int64_t wire_bytes(const struct wire *w)
{
	return w->bytes;
}

int wire_begin(struct wire *w, struct wire_slot *s, const struct http_request *r, void *owner, struct err *e)
{
	struct transfer *t = (struct transfer *)s;
	struct buf url = BUF_INIT;
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	answer_reset(&s->head);
	buf_reset(&s->body);
	err_clear(&s->fail);
	s->r = r;
	t->got = 0;
	t->text[0] = '\0';
	buf_fmt(&url, "%s%s%s%s", w->to.base, r->path, r->query != NULL ? "?" : "", r->query != NULL ? r->query : "");
	if (buf_ok(&url))
		rc = set_request(w, t->easy, r, url.p);
	buf_free(&url);
	if (rc != CURLE_OK)
		return err_set(e, rc == CURLE_OUT_OF_MEMORY ? ERR_OS : ERR_SOFTWARE, "%s %s: %s", r->method, r->path, curl_easy_strerror(rc));
	s->owner = owner;
	return 0;
}

int wire_send(struct wire *w, struct wire_slot *s)
{
	if (curl_multi_add_handle(w->multi, ((struct transfer *)s)->easy) != CURLM_OK)
		return err_nomem(&s->fail);
	w->busy++;
	return 0;
}

int wire_move(struct wire *w, struct err *e)
{
	return socks_move(&w->socks, e);
}

int wire_wait(struct wire *w, int fd, int ms, struct err *e)
{
	return socks_wait(&w->socks, fd, ms, e);
}

/* Failures that no second try mends: the other side cannot be trusted, or the local set-up is wrong. */
static int tls_trouble(CURLcode rc)
{
	return rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_ISSUER_ERROR || rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH ||
	       rc == CURLE_SSL_INVALIDCERTSTATUS || rc == CURLE_SSL_CERTPROBLEM || rc == CURLE_SSL_CIPHER;
}

/* The request cannot have reached awork. A time-out counts as long as the connection was not ready. */
static int never_sent(CURL *c, CURLcode rc)
{
	curl_off_t ready = 0;

	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return 1;
	case CURLE_OPERATION_TIMEDOUT:
		return curl_easy_getinfo(c, CURLINFO_PRETRANSFER_TIME_T, &ready) == CURLE_OK && ready == 0;
	default:
		return tls_trouble(rc);
	}
}

static const char *curl_says(const struct transfer *t, CURLcode rc)
{
	return t->text[0] != '\0' ? t->text : curl_easy_strerror(rc);
}

/* Fills s.fail when no further try can help. */
static int is_hopeless(struct transfer *t, CURLcode rc)
{
	const struct http_request *r = t->s.r;

	if (rc == CURLE_OUT_OF_MEMORY)
		err_nomem(&t->s.fail);
	else if (rc == CURLE_SSL_CACERT_BADFILE)
		err_set(&t->s.fail, ERR_CONFIG, "awork.ca_file cannot be used: %s", curl_says(t, rc));
	else if (tls_trouble(rc))
		err_set(&t->s.fail, ERR_UNAVAILABLE, "%s does not prove that it is awork (no token was sent): %s", t->w->to.host, curl_says(t, rc));
	else if (rc == CURLE_URL_MALFORMAT || rc == CURLE_BAD_FUNCTION_ARGUMENT)
		err_set(&t->s.fail, ERR_SOFTWARE, "%s %s: %s", r->method, r->path, curl_says(t, rc));
	return t->s.fail.code != ERR_OK;
}

/* An error body may quote what was sent; the token must not go on from here. */
static void redact(char *text, size_t n, const char *token)
{
	size_t k = strlen(token);
	char *at;

	while (text != NULL && (at = memmem(text, n, token, k)) != NULL)
		memset(at, '*', k);
}

static enum wire_end judge(struct transfer *t, CURLcode rc)
{
	struct wire_slot *s = &t->s;
	const char *token = t->w->c.token;

	if (s->head.status >= 300)
		redact(s->body.p, s->body.n, token);
	redact(s->head.location, strlen(s->head.location), token);
	redact(s->head.trace_id, strlen(s->head.trace_id), token);
	s->broken = NULL;
	s->sent = 1;
	if (rc == CURLE_OK && s->head.status >= 200)
		return WIRE_WHOLE;
	if (rc != CURLE_OK && is_hopeless(t, rc))
		return WIRE_HOPELESS;
	s->broken = rc != CURLE_OK ? curl_says(t, rc) : "no final answer";
	s->sent = rc == CURLE_OK || !never_sent(t->easy, rc);
	return WIRE_BROKEN;
}

enum wire_end wire_next(struct wire *w, struct wire_slot **s, struct err *e)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(w->multi, &left)) != NULL) {
		CURLcode rc = m->data.result;
		CURL *easy = m->easy_handle;
		char *mine = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &mine) != CURLE_OK || mine == NULL ||
		    curl_multi_remove_handle(w->multi, easy) != CURLM_OK) {
			err_set(e, ERR_SOFTWARE, "curl lost a transfer");
			return WIRE_NONE;
		}
		w->busy--;
		socks_next(&w->socks);
		*s = (struct wire_slot *)(void *)mine;
		return judge((struct transfer *)(void *)mine, rc);
	}
	return WIRE_NONE;
}

void wire_release(struct wire_slot *s)
{
	struct transfer *t = (struct transfer *)s;

	t->w->bytes += (int64_t)t->got;
	t->got = 0;
	s->owner = NULL;
	s->r = NULL;
	if (s->body.cap > BODY_KEEP)
		buf_free(&s->body);
}

void wire_abort(struct wire *w, void (*forget)(void *owner))
{
	for (int i = 0; i < w->slots; i++) {
		struct transfer *t = &w->slot[i];

		if (t->s.owner == NULL)
			continue;
		/* Nothing to be done about a failure here: the handle is closed with the rest. */
		(void)curl_multi_remove_handle(w->multi, t->easy);
		forget(t->s.owner);
		wire_release(&t->s);
	}
	w->busy = 0;
}

void wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < w->slots; i++) {
		curl_easy_cleanup(w->slot[i].easy);
		buf_free(&w->slot[i].s.body);
	}
	if (w->multi != NULL)
		(void)curl_multi_cleanup(w->multi);
	curl_slist_free_all(w->get_headers);
	curl_slist_free_all(w->post_headers);
	origin_free(&w->to);
	free(w);
	curl_global_cleanup();
}

const char *wire_version(void)
{
	return curl_version();
}
