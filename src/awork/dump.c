#include "awork/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "awork/redact.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jout.h"
#include "base/text.h"

/* A request on its way: what it was, and its answer so far. */
struct tee {
	struct tee *next, *before;
	struct dump *d;
	struct http_request r; /* the caller's callbacks; its texts are copied below */
	char *get;             /* path and query */
	struct buf body;
};

struct dump {
	char *path, *folder, *temp;
	char *token, *escaped; /* as it is, and with \/ as some JSON writers have it; NULL */
	gzFile gz;
	int fd;                /* the same file, to sync it */
	struct redact *redact;
	struct tee *tees;
	long long answers;
	struct err fail;       /* the first failure: nothing more is written */
	pthread_mutex_t lock;  /* over record(): a list that its reader refuses is recorded by who reads it, another thread maybe */
};

static char *blotted_form(const char *token)
{
	char *s = malloc(strlen(token) * 2 + 1), *p = s;

	for (; s != NULL && *token != '\0'; token++) {
		if (*token == '/')
			*p++ = '\\';
		*p++ = *token;
	}
	if (s != NULL)
		*p = '\0';
	return s;
}

static int split_path(struct dump *d, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
	struct buf temp = BUF_INIT;

	d->path = strdup(path);
	d->folder = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	buf_fmt(&temp, "%.*s.%s.tmp", (int)(name - path), path, name);
	d->temp = buf_ok(&temp) ? temp.p : NULL;
	if (d->path == NULL || d->folder == NULL || d->temp == NULL) {
		buf_free(&temp);
		d->temp = NULL;
		return err_nomem(e);
	}
	if (*name == '\0')
		return err_set(e, ERR_CANTCREAT, "dump %s: that is a folder", path);
	if (access(path, F_OK) == 0)
		return err_set(e, ERR_CANTCREAT, "dump %s is there already and is not overwritten: remove it, or give another name", path);
	return 0;
}

static int create(struct dump *d, struct err *e)
{
	int second;

	if (unlink(d->temp) < 0 && errno != ENOENT)
		return err_sys(e, ERR_CANTCREAT, "dump %s", d->temp);
	d->fd = open(d->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->fd < 0)
		return err_sys(e, ERR_CANTCREAT, "dump %s", d->path);
	second = fcntl(d->fd, F_DUPFD_CLOEXEC, 3);
	d->gz = second < 0 ? NULL : gzdopen(second, "wb6");
	if (d->gz != NULL)
		return 0;
	if (second >= 0)
		close(second);
	return err_nomem(e);
}

/* Writes one line; a failure is kept. */
static void put(struct dump *d, const struct buf *b)
{
	int number;

	if (d->fail.code != ERR_OK)
		return;
	if (!buf_ok(b)) {
		err_nomem(&d->fail);
		return;
	}
	errno = 0;
	if (gzwrite(d->gz, b->p, (unsigned)b->n) != (int)b->n) {
		const char *why = gzerror(d->gz, &number);

		err_set(&d->fail, ERR_IO, "dump %s: %s", d->path, number == Z_ERRNO && errno != 0 ? strerror(errno) : why);
	}
}

struct dump *dump_open(const char *path, const char *token, int redact, struct err *e)
{
	struct dump *d = calloc(1, sizeof *d);
	struct buf b = BUF_INIT;

	if (d == NULL) {
		err_nomem(e);
		return NULL;
	}
	d->fd = -1;
	d->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	if (token != NULL && token[0] != '\0' && ((d->token = strdup(token)) == NULL || (d->escaped = blotted_form(token)) == NULL)) {
		err_nomem(e);
		goto bad;
	}
	if ((redact && (d->redact = redact_new(e)) == NULL) || split_path(d, path, e) < 0 || create(d, e) < 0)
		goto bad;
	buf_fmt(&b, "{\"psabill_dump\":1,\"at\":%lld,\"redacted\":%d}\n", (long long)clock_document_utc(), redact);
	put(d, &b);
	buf_free(&b);
	return d;
bad:
	dump_free(d);
	return NULL;
}

static void blot(char *text, size_t n, const char *needle)
{
	size_t k = needle == NULL ? 0 : strlen(needle);
	char *at;

	while (k > 0 && text != NULL && (at = memmem(text, n, needle, k)) != NULL)
		memset(at, '*', k);
}

/* Whether a JSON string can hold it as it is. */
static int is_text(const char *p, size_t n)
{
	return memchr(p, '\0', n) == NULL && text_is_utf8(p, n);
}

static void put_body(struct jout *j, const struct buf *text)
{
	struct buf hex = BUF_INIT;

	if (is_text(buf_text(text), text->n)) {
		jout_text(j, "body", buf_text(text));
		return;
	}
	for (size_t i = 0; i < text->n; i++)
		buf_fmt(&hex, "%02x", (unsigned char)text->p[i]);
	jout_text(j, "hex", buf_text(&hex));
	j->b->failed |= !buf_ok(&hex);
	buf_free(&hex);
}

/* One answer a line. a: NULL for a list that its reader refused in the middle. */
static void record(struct tee *t, const struct http_answer *a, const char *body, size_t n)
{
	struct dump *d = t->d;
	struct buf line = BUF_INIT, get = BUF_INIT, text = BUF_INIT;
	struct jout j;

	pthread_mutex_lock(&d->lock);
	buf_add(&text, body, n);
	if (buf_ok(&text)) {
		blot(text.p, text.n, d->token);
		blot(text.p, text.n, d->escaped);
	}
	if (d->redact != NULL) {
		struct buf clean = BUF_INIT;

		redact_path(d->redact, t->get, &get);
		redact_body(d->redact, text.p, text.n, &clean);
		buf_free(&text);
		text = clean;
	} else {
		buf_str(&get, t->get);
	}
	jout_init(&j, &line, 0);
	jout_object(&j, NULL);
	jout_text(&j, "get", buf_text(&get));
	jout_int(&j, "status", a == NULL ? 200 : a->status);
	jout_int(&j, "whole", a != NULL);
	jout_int(&j, "page", a == NULL ? -1 : a->aw_page);
	jout_int(&j, "page_size", a == NULL ? -1 : a->aw_page_size);
	jout_int(&j, "items", a == NULL ? -1 : a->aw_items);
	jout_int(&j, "total", a == NULL ? -1 : a->aw_total);
	jout_text(&j, "type", a != NULL && is_text(a->content_type, strlen(a->content_type)) ? a->content_type : "");
	put_body(&j, &text);
	jout_end_object(&j);
	buf_ch(&line, '\n');
	line.failed |= !buf_ok(&get) || !buf_ok(&text);
	put(d, &line);
	d->answers++;
	pthread_mutex_unlock(&d->lock);
	buf_free(&line);
	buf_free(&get);
	buf_free(&text);
}

static void forget(struct tee *t)
{
	struct dump *d = t->d;

	*(t->before != NULL ? &t->before->next : &d->tees) = t->next;
	if (t->next != NULL)
		t->next->before = t->before;
	buf_free(&t->body);
	free(t->get);
	free(t);
}

static int on_piece(void *ctx, const char *p, size_t n, struct err *e)
{
	struct tee *t = ctx;

	buf_add(&t->body, p, n);
	if (t->r.piece(t->r.ctx, p, n, e) == 0)
		return 0;
	record(t, NULL, buf_text(&t->body), t->body.n);
	return -1;
}

static void on_restart(void *ctx)
{
	struct tee *t = ctx;

	buf_reset(&t->body);
	if (t->r.restart != NULL)
		t->r.restart(t->r.ctx);
}

static int on_done(void *ctx, const struct http_answer *a, struct err *e)
{
	struct tee *t = ctx;
	struct http_request r = t->r;

	if (a->broken == NULL) {
		if (t->r.piece != NULL && a->status == 200)
			record(t, a, buf_text(&t->body), t->body.n);
		else
			record(t, a, a->body, a->body_len);
	}
	forget(t);
	return r.done(r.ctx, a, e);
}

int dump_tee(struct dump *d, const struct http_request *r, struct http_request *out, struct err *e)
{
	struct buf get = BUF_INIT;
	struct tee *t;

	*out = *r;
	if (strcmp(r->method, "GET") != 0)
		return 0;
	t = calloc(1, sizeof *t);
	buf_fmt(&get, "%s%s%s", r->path, r->query != NULL ? "?" : "", r->query != NULL ? r->query : "");
	if (t == NULL || !buf_ok(&get)) {
		buf_free(&get);
		free(t);
		return err_nomem(e);
	}
	*t = (struct tee){ .d = d, .r = *r, .get = get.p };
	t->next = d->tees;
	if (d->tees != NULL)
		d->tees->before = t;
	d->tees = t;
	out->piece = r->piece != NULL ? on_piece : NULL;
	out->restart = on_restart;
	out->done = on_done;
	out->ctx = t;
	return 0;
}

/* Closes the compressed stream; its end may be what does not fit onto the disk. */
static void close_stream(struct dump *d)
{
	int rc;

	if (d->gz == NULL)
		return;
	errno = 0;
	rc = gzclose_w(d->gz);
	d->gz = NULL;
	if (rc != Z_OK)
		err_set(&d->fail, ERR_IO, "dump %s: %s", d->path, errno != 0 ? strerror(errno) : "the compressed stream cannot be ended");
}

static int move(struct dump *d, struct err *e)
{
	int dir, rc;

	if (fsync(d->fd) < 0)
		return err_sys(e, ERR_IO, "dump %s: fsync", d->path);
	rc = close(d->fd);
	d->fd = -1;
	if (rc < 0 && errno != EINTR)
		return err_sys(e, ERR_IO, "dump %s: close", d->path);
	if (rename(d->temp, d->path) < 0)
		return err_sys(e, ERR_CANTCREAT, "dump %s", d->path);
	free(d->temp);
	d->temp = NULL;
	dir = file_open_dir(d->folder, e);
	rc = dir < 0 ? -1 : file_sync_dir(dir, e);
	if (dir >= 0)
		close(dir);
	return rc;
}

int dump_finish(struct dump *d, int status, struct err *e)
{
	struct buf b = BUF_INIT;

	buf_fmt(&b, "{\"end\":%lld,\"exit\":%d}\n", d->answers, status);
	put(d, &b);
	buf_free(&b);
	close_stream(d);
	if (d->fail.code != ERR_OK)
		return err_set(e, d->fail.code, "%s", d->fail.msg);
	return move(d, e);
}

void dump_free(struct dump *d)
{
	if (d == NULL)
		return;
	while (d->tees != NULL)
		forget(d->tees);
	close_stream(d);
	if (d->fd >= 0) {
		close(d->fd);
		(void)unlink(d->temp);
	}
	pthread_mutex_destroy(&d->lock);
	redact_free(d->redact);
	if (d->token != NULL)
		explicit_bzero(d->token, strlen(d->token));
	if (d->escaped != NULL)
		explicit_bzero(d->escaped, strlen(d->escaped));
	free(d->token);
	free(d->escaped);
	free(d->path);
	free(d->folder);
	free(d->temp);
	free(d);
}
