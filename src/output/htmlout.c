#include "output/htmlout.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sha.h"
#include "base/text.h"

#define BLOCK ((size_t)64 * 1024)
#define DEPTH 24
#define BASE64_SHA 45 /* of 32 bytes, with its NUL */

struct htmlout {
	const char *path;
	const struct htmlout_head *head;
	int fd;
	struct buf text, clean;  /* waits for the disk; the text at hand */
	struct sha *sha;         /* of what was written */
	int64_t bytes;
	const char *open[DEPTH]; /* elements */
	size_t n;
	struct err err;          /* the first one */
};

static int good(const struct htmlout *h)
{
	return h->err.code == ERR_OK;
}

void htmlout_fail(struct htmlout *h, const struct err *why)
{
	if (good(h))
		err_set(&h->err, why->code, "%s", why->msg);
}

static void flush(struct htmlout *h)
{
	if (good(h) && (!buf_ok(&h->text) || !buf_ok(&h->clean)))
		err_nomem(&h->err);
	if (good(h) && file_write_all(h->fd, buf_text(&h->text), h->text.n, &h->err) == 0) {
		sha_add(h->sha, buf_text(&h->text), h->text.n);
		h->bytes += (int64_t)h->text.n;
	}
	buf_reset(&h->text);
}

static void put(struct htmlout *h, const char *s)
{
	buf_str(&h->text, s);
	if (h->text.n >= BLOCK)
		flush(h);
}

/* For text and for values in double quotes alike. */
static void put_escaped(struct htmlout *h, const char *s)
{
	size_t plain;

	buf_reset(&h->clean);
	text_clean(&h->clean, s, 0);
	if (good(h) && !buf_ok(&h->clean))
		err_nomem(&h->err);
	for (s = buf_text(&h->clean); good(h) && *s != '\0'; s += plain) {
		plain = strcspn(s, "&<>\"'");
		buf_add(&h->text, s, plain);
		if (s[plain] == '\0')
			break;
		put(h, s[plain] == '&' ? "&amp;" : s[plain] == '<' ? "&lt;" : s[plain] == '>' ? "&gt;" : s[plain] == '"' ? "&quot;" : "&#39;");
		plain++;
	}
}

static int is_name(const char *s)
{
	if (!isalpha((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)*s) || *s == '-')
		s++;
	return *s == '\0';
}

/* A place in this page, or a file beside it: nothing with a scheme, a host or a way up. */
static int is_near(const char *href)
{
	return *href == '#' || (isalnum((unsigned char)*href) && strpbrk(href, ":\\%?#&") == NULL && strstr(href, "../") == NULL && strstr(href, "//") == NULL);
}

static int is_allowed(const struct htmlout_attr *a)
{
	static const char *const never[] = { "style", "src", "srcset", "srcdoc", "action", "formaction", "data", "ping", "background", "poster" };

	if (!is_name(a->name) || strncasecmp(a->name, "on", 2) == 0)
		return 0;
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strcasecmp(a->name, never[i]) == 0)
			return 0;
	return strcasecmp(a->name, "href") != 0 || is_near(a->value);
}

static void put_tag(struct htmlout *h, const char *name, const struct htmlout_attr *attrs, const char *end)
{
	if (good(h) && (!is_name(name) || strcasecmp(name, "script") == 0 || strcasecmp(name, "style") == 0))
		err_set(&h->err, ERR_SOFTWARE, "'%.20s' is no element to write", name);
	if (!good(h))
		return;
	put(h, "<");
	put(h, name);
	for (; good(h) && attrs != NULL && attrs->name != NULL; attrs++) {
		if (attrs->value == NULL)
			continue;
		if (!is_allowed(attrs)) {
			err_set(&h->err, ERR_SOFTWARE, "%s: '%.20s' with '%.60s' is no attribute to write", name, attrs->name, attrs->value);
			return;
		}
		put(h, " ");
		put(h, attrs->name);
		put(h, "=\"");
		put_escaped(h, attrs->value);
		put(h, "\"");
	}
	put(h, end);
}

void htmlout_open(struct htmlout *h, const char *name, const struct htmlout_attr *attrs)
{
	if (good(h) && h->n == DEPTH)
		err_set(&h->err, ERR_SOFTWARE, "more than %d elements within each other", DEPTH);
	put_tag(h, name, attrs, ">");
	if (good(h))
		h->open[h->n++] = name;
}

void htmlout_close(struct htmlout *h)
{
	if (good(h) && h->n == 0)
		err_set(&h->err, ERR_SOFTWARE, "an element is closed that was not opened");
	if (!good(h))
		return;
	put(h, "</");
	put(h, h->open[--h->n]);
	put(h, ">");
}

void htmlout_void(struct htmlout *h, const char *name, const struct htmlout_attr *attrs)
{
	put_tag(h, name, attrs, "/>");
}

void htmlout_text(struct htmlout *h, const char *s)
{
	if (s != NULL)
		put_escaped(h, s);
}

void htmlout_element(struct htmlout *h, const char *name, const struct htmlout_attr *attrs, const char *text)
{
	htmlout_open(h, name, attrs);
	htmlout_text(h, text);
	htmlout_close(h);
}

void htmlout_line(struct htmlout *h)
{
	if (good(h))
		put(h, "\n");
}

static void base64_sha(const char *s, char out[BASE64_SHA])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t sha[SHA_LEN + 1] = { 0 };

	sha_of(s, strlen(s), sha);
	for (size_t i = 0; i < SHA_LEN; i += 3, out += 4) {
		uint32_t v = (uint32_t)sha[i] << 16 | (uint32_t)sha[i + 1] << 8 | (i + 2 < sizeof sha ? sha[i + 2] : 0u);

		for (int k = 0; k < 4; k++)
			out[k] = digits[v >> (18 - 6 * k) & 63];
	}
	/* 32 bytes are ten threes and two bytes. */
	out[-1] = '=';
	out[0] = '\0';
}

/* The program's own text, inside of an element that nothing is escaped in: it must not end it. */
static void put_own(struct htmlout *h, const char *name, const char *s)
{
	if (good(h) && (strstr(s, "</") != NULL || strstr(s, "<!--") != NULL))
		err_set(&h->err, ERR_SOFTWARE, "the %s of a page would end itself", name);
	if (!good(h))
		return;
	put(h, "<");
	put(h, name);
	put(h, ">");
	put(h, s);
	put(h, "</");
	put(h, name);
	put(h, ">\n");
}

static void put_head(struct htmlout *h)
{
	const struct htmlout_head *x = h->head;
	char css[BASE64_SHA], js[BASE64_SHA];
	struct buf policy = BUF_INIT;

	base64_sha(x->css, css);
	base64_sha(x->js, js);
	buf_fmt(&policy, "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'", css, js);
	if (!buf_ok(&policy))
		err_nomem(&h->err);
	put(h, "<!DOCTYPE html>\n");
	put_tag(h, "html", HTMLOUT_ATTRS({ "lang", x->lang }), ">\n<head>\n<meta charset=\"utf-8\"/>\n");
	put_tag(h, "meta", HTMLOUT_ATTRS({ "http-equiv", "Content-Security-Policy" }, { "content", buf_text(&policy) }), "/>\n");
	put_tag(h, "meta", HTMLOUT_ATTRS({ "name", "viewport" }, { "content", "width=device-width, initial-scale=1" }), "/>\n");
	put_tag(h, "meta", HTMLOUT_ATTRS({ "name", "color-scheme" }, { "content", "light dark" }), "/>\n");
	put_tag(h, "meta", HTMLOUT_ATTRS({ "name", "referrer" }, { "content", "no-referrer" }), "/>\n");
	put_tag(h, "meta", HTMLOUT_ATTRS({ "name", "robots" }, { "content", "noindex" }), "/>\n<title>");
	put_escaped(h, x->title);
	put(h, "</title>\n");
	put_own(h, "style", x->css);
	put(h, "</head>\n<body>\n");
	buf_free(&policy);
}

struct htmlout *htmlout_new(const char *path, const struct htmlout_head *head, struct err *e)
{
	struct htmlout *h = calloc(1, sizeof *h);

	if (h == NULL || (h->sha = sha_new()) == NULL) {
		free(h);
		err_nomem(e);
		return NULL;
	}
	h->path = path;
	h->head = head;
	h->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (h->fd < 0) {
		err_sys(e, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "%s: create", path);
		sha_free(h->sha);
		free(h);
		return NULL;
	}
	put_head(h);
	return h;
}

/* What stands on the disk is what was written. */
static void read_back(struct htmlout *h)
{
	int fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;
	uint8_t wrote[SHA_LEN], read[SHA_LEN];
	int64_t size = 0;

	sha_end(h->sha, wrote);
	if (fd < 0) {
		err_sys(&h->err, ERR_IO, "read back");
		return;
	}
	rc = sha_of_fd(fd, read, &size, &h->err);
	close(fd);
	if (rc == 0 && (size != h->bytes || memcmp(wrote, read, SHA_LEN) != 0))
		err_set(&h->err, ERR_IO, "read back %lld other bytes than the %lld that were written", (long long)size, (long long)h->bytes);
}

int htmlout_end(struct htmlout *h, int rc, struct err *e)
{
	if (h == NULL)
		return -1;
	if (good(h) && h->n > 0)
		err_set(&h->err, ERR_SOFTWARE, "element %s is not closed", h->open[h->n - 1]);
	put_own(h, "script", h->head->js);
	put(h, "</body>\n</html>\n");
	flush(h);
	/* close() tells of delayed write errors on NFS and with quotas. */
	if (close(h->fd) < 0 && errno != EINTR && good(h))
		err_sys(&h->err, ERR_IO, "close");
	if (good(h) && rc == 0)
		read_back(h);
	if (!good(h) && rc == 0)
		rc = err_set(e, h->err.code, "%s: %s", h->path, h->err.msg);
	if (rc < 0)
		unlink(h->path);
	sha_free(h->sha);
	buf_free(&h->text);
	buf_free(&h->clean);
	free(h);
	return rc < 0 ? -1 : 0;
}
