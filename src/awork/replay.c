#include "awork/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "base/pool.h"

#define LINE_MAX_BYTES ((size_t)160 * 1024 * 1024)  /* the largest body, escaped */
#define ANSWERS_MAX 100000
#define CHUNK ((size_t)64 * 1024)
/* JSON of lists shrinks to a fifth or a twentieth; a bomb to a thousandth. */
#define RATIO_MAX 200
#define FREE_BYTES ((int64_t)64 * 1024 * 1024)

/* asked: of the first answer to a question: how often that was asked. */
struct answer { const char *get; int64_t at; size_t len, asked; int line; };

struct replay {
	const char *path;
	struct pool *pool;
	struct answer *v;    /* once all is read: by question, then as in the dump */
	size_t n, cap;
	int fd;              /* the lines, without compression */
	int64_t size, bytes;
	int line;            /* while reading: of the dump */
	int begun, ended;
	int64_t recorded_utc;
};

/* One line, taken apart; texts still escaped. */
struct record { const char *get, *type, *body; size_t nget, ntype, nbody; int hex; int64_t status, whole, page, page_size, items, total; };

/* ---- a line ---- */

static int word(const char **p, const char *w)
{
	size_t n = strlen(w);

	if (strncmp(*p, w, n) != 0)
		return -1;
	*p += n;
	return 0;
}

static int number(const char **p, const char *name, int64_t *out)
{
	char text[24] = "";
	size_t n;

	if (word(p, name) < 0)
		return -1;
	n = strspn(*p, "-0123456789");
	if (n == 0 || n >= sizeof text)
		return -1;
	memcpy(text, *p, n);
	*p += n;
	return num_parse_int(text, -2, INT64_MAX, out);
}

/* Up to the closing quote; only escapes that dump.c writes, and those of other writers of JSON that mean one byte. */
static int string(const char **p, const char **text, size_t *n)
{
	const char *s = *p;

	for (*text = s; *s != '"'; s++) {
		if ((unsigned char)*s < 0x20)
			return -1;
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u' ? strncmp(s + 1, "00", 2) != 0 || strspn(s + 3, "0123456789abcdefABCDEF") < 2 : *s == '\0' || strchr("\"\\/bfnrt", *s) == NULL)
			return -1;
		s += *s == 'u' ? 4 : 0;
	}
	*n = (size_t)(s - *text);
	*p = s + 1;
	return 0;
}

static int split(const char *p, struct record *r)
{
	if (word(&p, "{\"get\":\"") < 0 || string(&p, &r->get, &r->nget) < 0 || number(&p, ",\"status\":", &r->status) < 0 || number(&p, ",\"whole\":", &r->whole) < 0 ||
	    number(&p, ",\"page\":", &r->page) < 0 || number(&p, ",\"page_size\":", &r->page_size) < 0 || number(&p, ",\"items\":", &r->items) < 0 ||
	    number(&p, ",\"total\":", &r->total) < 0 || word(&p, ",\"type\":\"") < 0 || string(&p, &r->type, &r->ntype) < 0)
		return -1;
	r->hex = word(&p, ",\"hex\":\"") == 0;
	if ((!r->hex && word(&p, ",\"body\":\"") < 0) || string(&p, &r->body, &r->nbody) < 0 || strcmp(p, "}") != 0)
		return -1;
	return r->status < 100 || r->status > 599 || (r->hex && (r->nbody % 2 != 0 || strspn(r->body, "0123456789abcdef") != r->nbody)) ? -1 : 0;
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static void unescape(const char *s, size_t n, struct buf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

	for (size_t i = 0; i < n;) {
		size_t run = strcspn(s + i, "\\\"");
		const char *known;

		buf_add(out, s + i, run);
		i += run;
		if (i >= n)
			break;
		if (s[i + 1] == 'u') {
			buf_ch(out, (char)(digit(s[i + 4]) * 16 + digit(s[i + 5])));
			i += 6;
			continue;
		}
		known = strchr(from, s[i + 1]);
		buf_ch(out, known != NULL ? to[known - from] : s[i + 1]);
		i += 2;
	}
}

static void unhex(const char *s, size_t n, struct buf *out)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		buf_ch(out, (char)(digit(s[i]) * 16 + digit(s[i + 1])));
}

/* ---- reading the file ---- */

static int damaged(const struct replay *p, const char *what, struct err *e)
{
	return err_set(e, ERR_DATA, "dump %s, line %d: %s; it cannot be used, make or fetch it once more", p->path, p->line, what);
}

static int keep(struct replay *p, const struct record *r, size_t len, struct err *e)
{
	struct buf get = BUF_INIT;

	if (p->n == ANSWERS_MAX)
		return damaged(p, "more answers than a run can ask for", e);
	unescape(r->get, r->nget, &get);
	if (!buf_ok(&get) || buf_grow(&p->v, &p->cap, p->n + 1, sizeof *p->v) < 0) {
		buf_free(&get);
		return err_nomem(e);
	}
	/* The bytes of a line go to the temporary file before the line is taken. */
	p->v[p->n] = (struct answer){ .get = pool_intern(p->pool, buf_text(&get)), .at = p->size - (int64_t)len - 1, .len = len, .line = p->line };
	buf_free(&get);
	return p->v[p->n++].get == NULL ? err_nomem(e) : 0;
}

static int take_line(struct replay *p, const char *s, size_t n, struct err *e)
{
	struct record r;
	const char *at = s;
	int64_t a, b;

	if (memchr(s, '\0', n) != NULL)
		return damaged(p, "a byte that no dump has", e);
	if (p->ended)
		return damaged(p, "there is more behind its end", e);
	if (!p->begun) {
		if (word(&at, "{\"psabill_dump\":") < 0)
			return damaged(p, "this is no dump of psabill", e);
		at = s;
		if (number(&at, "{\"psabill_dump\":", &a) < 0 || a != 1)
			return damaged(p, "a dump of another version of psabill", e);
		if (number(&at, ",\"at\":", &p->recorded_utc) < 0 || number(&at, ",\"redacted\":", &b) < 0 || strcmp(at, "}") != 0)
			return damaged(p, "damaged", e);
		p->begun = 1;
		return 0;
	}
	if (strncmp(s, "{\"end\":", 7) == 0) {
		if (number(&at, "{\"end\":", &a) < 0 || number(&at, ",\"exit\":", &b) < 0 || strcmp(at, "}") != 0)
			return damaged(p, "damaged", e);
		if (a != (int64_t)p->n)
			return damaged(p, "lines are missing before it", e);
		p->ended = 1;
		return 0;
	}
	return split(s, &r) < 0 ? damaged(p, "damaged", e) : keep(p, &r, n, e);
}

/* The lines that end in a piece; what is left of it begins the next one. */
static int take_piece(struct replay *p, const char *s, size_t n, struct buf *line, struct err *e)
{
	while (n > 0) {
		const char *end = memchr(s, '\n', n);
		size_t k = end == NULL ? n : (size_t)(end + 1 - s);

		buf_add(line, s, end == NULL ? k : k - 1);
		if (!buf_ok(line))
			return err_nomem(e);
		if (line->n > LINE_MAX_BYTES)
			return damaged(p, "longer than any answer can be", e);
		if (file_write_all(p->fd, s, k, e) < 0)
			return err_ctx(e, "temporary file for the dump");
		p->size += (int64_t)k;
		s += k;
		n -= k;
		if (end == NULL)
			break;
		if (take_line(p, buf_text(line), line->n, e) < 0)
			return -1;
		p->line++;
		buf_reset(line);
	}
	return 0;
}

static int read_all(struct replay *p, gzFile gz, int64_t packed, struct err *e)
{
	struct buf line = BUF_INIT;
	char *piece = malloc(CHUNK);
	int n = 0, number = Z_OK, rc = piece == NULL ? err_nomem(e) : 0;

	while (rc == 0 && (n = gzread(gz, piece, (unsigned)CHUNK)) > 0) {
		if (gzdirect(gz))
			rc = damaged(p, "this is no dump of psabill (no gzip file)", e);
		else if (p->size + n > FREE_BYTES + packed * RATIO_MAX)
			rc = damaged(p, "it grows to more than 200 times its compressed size", e);
		else
			rc = take_piece(p, piece, (size_t)n, &line, e);
	}
	if (rc == 0)
		(void)gzerror(gz, &number);
	if (rc == 0 && (n < 0 || number != Z_OK))
		rc = damaged(p, number == Z_BUF_ERROR ? "the file is cut off" : "the compressed data are damaged", e);
	if (rc == 0 && (!p->ended || line.n > 0))
		rc = damaged(p, p->begun || line.n > 0 ? "the file is cut off" : "the file is empty", e);
	buf_free(&line);
	free(piece);
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;
	int c = strcmp(x->get, y->get);

	return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

static int make_temp(struct replay *p, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *name = file_join(dir != NULL && dir[0] == '/' ? dir : "/tmp", "psabill-dump-XXXXXX");

	if (name == NULL)
		return err_nomem(e);
	p->fd = mkostemp(name, O_CLOEXEC);
	if (p->fd >= 0)
		(void)unlink(name);
	else
		err_sys(e, ERR_IO, "temporary file %s", name);
	free(name);
	return p->fd < 0 ? -1 : 0;
}

struct replay *replay_open(const char *path, struct err *e)
{
	struct replay *p = calloc(1, sizeof *p);
	struct stat st;
	gzFile gz = NULL;
	int fd = -1, rc = -1;

	if (p == NULL || (p->pool = pool_new()) == NULL || (p->path = pool_dup(p->pool, path)) == NULL) {
		err_nomem(e);
		goto out;
	}
	p->fd = -1;
	p->line = 1;
	/* A pipe that nobody writes into would be waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(e, ERR_NOINPUT, "dump %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_NOINPUT, "dump %s is no file", path);
		goto out;
	}
	gz = gzdopen(fd, "rb");
	if (gz == NULL) {
		err_nomem(e);
		goto out;
	}
	fd = -1;
	if (make_temp(p, e) == 0)
		rc = read_all(p, gz, st.st_size, e);
	if (rc == 0 && p->n > 0)
		qsort(p->v, p->n, sizeof *p->v, compare);
out:
	if (gz != NULL)
		(void)gzclose_r(gz);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		return p;
	replay_free(p);
	return NULL;
}

void replay_free(struct replay *p)
{
	if (p == NULL)
		return;
	if (p->fd >= 0 && p->path != NULL)
		close(p->fd);
	pool_free(p->pool);
	free(p->v);
	free(p);
}

int64_t replay_bytes(const struct replay *p)
{
	return p->bytes;
}

/* ---- answering ---- */

/* Where the answers to a question begin; p->n: there is none. */
static size_t place_of(const struct replay *p, const char *get)
{
	size_t from = 0, to = p->n;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (strcmp(p->v[at].get, get) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from < p->n && strcmp(p->v[from].get, get) == 0 ? from : p->n;
}

static struct answer *find(struct replay *p, const char *get)
{
	size_t first = place_of(p, get), from = first;

	if (first == p->n)
		return NULL;
	/* Texts of one question are one text. */
	for (size_t k = p->v[first].asked++; k > 0 && from + 1 < p->n && p->v[from + 1].get == p->v[first].get; k--)
		from++;
	return &p->v[from];
}

static int read_line(struct replay *p, const struct answer *a, char *line, struct err *e)
{
	for (size_t got = 0; got < a->len;) {
		ssize_t n = pread(p->fd, line + got, a->len - got, (off_t)(a->at + (int64_t)got));

		if (n <= 0 && errno != EINTR)
			return err_set(e, ERR_IO, "the temporary file of dump %s cannot be read back", p->path);
		got += n > 0 ? (size_t)n : 0;
	}
	line[a->len] = '\0';
	return 0;
}

static int hand_over(struct replay *p, const struct http_request *r, const struct record *x, const struct answer *from, struct err *e)
{
	struct buf body = BUF_INIT, type = BUF_INIT;
	struct http_answer a = { .status = (long)x->status, .aw_page = x->page, .aw_page_size = x->page_size, .aw_items = x->items, .aw_total = x->total, .trace_id = "" };
	int rc = -1, piecewise = r->piece != NULL && x->status == 200;

	(x->hex ? unhex : unescape)(x->body, x->nbody, &body);
	unescape(x->type, x->ntype, &type);
	if (!buf_ok(&body) || !buf_ok(&type)) {
		err_nomem(e);
		goto out;
	}
	p->bytes += (int64_t)body.n;
	if (piecewise && body.n > 0 && r->piece(r->ctx, body.p, body.n, e) < 0)
		goto out;
	if (!x->whole) {
		err_set(e, ERR_DATA, "dump %s, line %d: the run that made it stopped in the middle of this answer to GET %.200s", p->path, from->line, from->get);
		goto out;
	}
	a.content_type = buf_text(&type);
	a.body = piecewise ? "" : buf_text(&body);
	a.body_len = piecewise ? 0 : body.n;
	rc = r->done(r->ctx, &a, e);
	if (rc < 0)
		err_set(e, ERR_SOFTWARE, "GET %s: refused without a reason", r->path);
out:
	buf_free(&body);
	buf_free(&type);
	return rc;
}

static void question(const struct http_request *r, struct buf *get)
{
	buf_fmt(get, "%s%s%s", r->path, r->query != NULL ? "?" : "", r->query != NULL ? r->query : "");
}

int replay_answers(void *replay, const struct http_request *r)
{
	const struct replay *p = replay;
	struct buf get = BUF_INIT;
	int there;

	question(r, &get);
	there = buf_ok(&get) && place_of(p, get.p) < p->n;
	buf_free(&get);
	return there;
}

int replay_serve(struct replay *p, const struct http_request *r, struct err *e)
{
	struct buf get = BUF_INIT;
	struct answer *a;
	struct record x;
	char *line = NULL, day[32];
	int rc = -1;

	if (strcmp(r->method, "GET") != 0)
		return err_set(e, ERR_SOFTWARE, "%s %s in a run from a dump", r->method, r->path);
	question(r, &get);
	a = buf_ok(&get) ? find(p, get.p) : NULL;
	if (a == NULL) {
		if (buf_ok(&get))
			err_set(e, ERR_DATA, "dump %s has no answer to GET %.300s: it was made with other options, settings or another ledger, or on another day (it is of %s; "
			    "SOURCE_DATE_EPOCH=%lld sets that clock)", p->path, get.p, clock_fmt_utc(day, p->recorded_utc), (long long)p->recorded_utc);
		else
			err_nomem(e);
		goto out;
	}
	line = malloc(a->len + 1);
	if (line == NULL)
		err_nomem(e);
	else if (read_line(p, a, line, e) == 0)
		rc = split(line, &x) < 0 ? err_set(e, ERR_IO, "the temporary file of dump %s changed", p->path) : hand_over(p, r, &x, a, e);
out:
	free(line);
	buf_free(&get);
	return rc;
}
