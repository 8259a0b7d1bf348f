#include "output/xmlout.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "billing/money.h"

#define DEPTH 8
#define LINE 54                /* bytes that give 72 characters of Base64 */
#define BLOCK (LINE * 1024)

/* libxml2's error functions as they were before. */
struct hush {
	xmlStructuredErrorFunc structured;
	xmlGenericErrorFunc generic;
	void *structured_ctx, *generic_ctx;
};

struct xmlout {
	xmlTextWriterPtr w;
	int fd;
	char *path;                /* owned */
	struct err err;            /* the first error */
	struct hush before;
	struct buf text;
	const char *open[DEPTH];   /* groups; the first `real` of them have their tag */
	size_t n, real;
};

/* libxml2 prints errors on stderr unless told otherwise, and some of its functions report failure in no other way: text that finds no
 * memory is left out with a return value of success. So whatever it says fails the document. */
#if LIBXML_VERSION >= 21200
static void on_error(void *ctx, const xmlError *x)
#else
static void on_error(void *ctx, xmlErrorPtr x)
#endif
{
	const char *says = x != NULL && x->message != NULL ? x->message : "";

	if (x != NULL && x->code == XML_ERR_NO_MEMORY)
		err_nomem(ctx);
	else
		err_set(ctx, ERR_SOFTWARE, "libxml2: %.*s (line %d)", (int)strcspn(says, "\n"), says, x != NULL ? x->line : 0);
}

static void on_generic(void *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Only lists that find no memory complain this way. */
static void on_generic(void *ctx, const char *fmt, ...)
{
	err_set(ctx, ERR_OS, "libxml2: %.*s", (int)strcspn(fmt, "\n"), fmt);
}

static void hush(struct hush *before, struct err *e)
{
	xmlInitParser();
	*before = (struct hush){ xmlStructuredError, xmlGenericError, xmlStructuredErrorContext, xmlGenericErrorContext };
	xmlSetStructuredErrorFunc(e, on_error);
	xmlSetGenericErrorFunc(e, on_generic);
}

static void unhush(const struct hush *before)
{
	xmlResetLastError();
	xmlSetStructuredErrorFunc(before->structured_ctx, before->structured);
	xmlSetGenericErrorFunc(before->generic_ctx, before->generic);
}

/* libxml2's own file output drops the rest of a short write. */
static int on_write(void *ctx, const char *p, int n)
{
	struct xmlout *x = ctx;

	if (x->err.code != ERR_OK || file_write_all(x->fd, p, (size_t)n, &x->err) < 0)
		return -1;
	return n;
}

static int good(const struct xmlout *x)
{
	return x->err.code == ERR_OK;
}

/* Takes note of a negative return value that nobody explained. */
static void ok(struct xmlout *x, int rc)
{
	if (rc < 0)
		err_set(&x->err, ERR_OS, "libxml2 failed without a reason");
}

static const xmlChar *as_xml(const char *s)
{
	return (const xmlChar *)s;
}

static int open_file(struct xmlout *x, const char *path)
{
	x->path = strdup(path);
	if (x->path == NULL)
		return err_nomem(&x->err);
	x->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return x->fd >= 0 ? 0 : err_sys(&x->err, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "create");
}

static int open_writer(struct xmlout *x)
{
	xmlOutputBufferPtr out = xmlOutputBufferCreateIO(on_write, NULL, x, NULL);

	if (out == NULL)
		return err_nomem(&x->err);
	x->w = xmlNewTextWriter(out);
	if (x->w == NULL) {
		xmlOutputBufferClose(out);
		return err_nomem(&x->err);
	}
	ok(x, xmlTextWriterSetIndent(x->w, 1));
	ok(x, xmlTextWriterSetIndentString(x->w, as_xml("  ")));
	ok(x, xmlTextWriterStartDocument(x->w, NULL, "UTF-8", NULL));
	return good(x) ? 0 : -1;
}

static void attributes(struct xmlout *x, const struct xmlout_attr *a)
{
	for (; good(x) && a != NULL && a->name != NULL; a++) {
		buf_reset(&x->text);
		text_clean(&x->text, a->value != NULL ? a->value : "", 0);
		if (!buf_ok(&x->text))
			err_nomem(&x->err);
		else
			ok(x, xmlTextWriterWriteAttribute(x->w, as_xml(a->name), as_xml(x->text.p != NULL ? text_trim(x->text.p) : "")));
	}
}

/* Groups that wait for their first element get their tags. */
static void start(struct xmlout *x, const char *name, const struct xmlout_attr *attrs)
{
	while (good(x) && x->real < x->n)
		ok(x, xmlTextWriterStartElement(x->w, as_xml(x->open[x->real++])));
	if (good(x))
		ok(x, xmlTextWriterStartElement(x->w, as_xml(name)));
	attributes(x, attrs);
}

static void end(struct xmlout *x)
{
	if (good(x))
		ok(x, xmlTextWriterEndElement(x->w));
}

struct xmlout *xmlout_new(const char *path, const char *root, const struct xmlout_attr *attrs, struct err *e)
{
	struct xmlout *x = calloc(1, sizeof *x);

	if (x == NULL) {
		err_nomem(e);
		return NULL;
	}
	x->fd = -1;
	x->err = (struct err)ERR_INIT;
	hush(&x->before, &x->err);
	if (open_file(x, path) == 0 && open_writer(x) == 0)
		start(x, root, attrs);
	if (good(x))
		return x;
	xmlout_end(x, e);
	return NULL;
}

void xmlout_open(struct xmlout *x, const char *name)
{
	if (x->n < DEPTH)
		x->open[x->n] = name;
	else
		err_set(&x->err, ERR_SOFTWARE, "%s is too deep", name);
	x->n++;
}

void xmlout_close(struct xmlout *x)
{
	if (x->n == 0) {
		err_set(&x->err, ERR_SOFTWARE, "nothing is open");
		return;
	}
	if (x->real == x->n) {
		end(x);
		x->real--;
	}
	x->n--;
}

static void element(struct xmlout *x, const char *name, const struct xmlout_attr *attrs, const char *text, int lines)
{
	if (!good(x) || text_is_blank(text))
		return;
	start(x, name, attrs);
	buf_reset(&x->text);
	text_clean(&x->text, text, lines);
	if (!buf_ok(&x->text))
		err_nomem(&x->err);
	if (good(x))
		ok(x, xmlTextWriterWriteString(x->w, as_xml(lines ? x->text.p : text_trim(x->text.p))));
	end(x);
}

void xmlout_text(struct xmlout *x, const char *name, const char *text)
{
	element(x, name, NULL, text, 0);
}

void xmlout_with(struct xmlout *x, const char *name, const struct xmlout_attr *attrs, const char *text)
{
	element(x, name, attrs, text, 0);
}

void xmlout_lines(struct xmlout *x, const char *name, const char *text)
{
	element(x, name, NULL, text, 1);
}

void xmlout_coded(struct xmlout *x, const char *name, const char *attr, const char *value, const char *text)
{
	const struct xmlout_attr attrs[] = { { attr, value }, { NULL, NULL } };

	element(x, name, attrs, text, 0);
}

void xmlout_amount(struct xmlout *x, const char *name, int64_t minor, const char *currency)
{
	char s[NUM_MAX];

	money_fmt(s, minor, currency);
	xmlout_coded(x, name, "currencyID", currency, s);
}

void xmlout_nomem(struct xmlout *x)
{
	err_nomem(&x->err);
}

/* Fills the block unless the file ends: only the last piece may have a length that is no multiple of LINE. */
static ssize_t read_block(int fd, char *p, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t k = read(fd, p + n, size - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		n += (size_t)k;
	}
	return (ssize_t)n;
}

/* Line by line: xmlTextWriterWriteBase64() pads each call, breaks long ones with CR LF, and starts to count anew in the next. */
static void encode(struct xmlout *x, const char *p, size_t n, int first)
{
	for (size_t i = 0; good(x) && i < n; i += LINE) {
		if (i > 0 || !first)
			ok(x, xmlTextWriterWriteRawLen(x->w, as_xml("\n"), 1));
		if (good(x))
			ok(x, xmlTextWriterWriteBase64(x->w, p, (int)i, (int)(n - i < LINE ? n - i : LINE)));
	}
}

void xmlout_file(struct xmlout *x, const char *name, const struct xmlout_attr *attrs, const char *path)
{
	char *block = NULL;
	int fd = -1, first = 1;
	ssize_t n = 0;

	if (!good(x))
		return;
	block = malloc(BLOCK);
	if (block == NULL) {
		err_nomem(&x->err);
		goto out;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_sys(&x->err, errno == ENOENT ? ERR_NOINPUT : ERR_IO, "%s", path);
		goto out;
	}
	while (good(x) && (n = read_block(fd, block, BLOCK)) > 0) {
		if (first)
			start(x, name, attrs);
		encode(x, block, (size_t)n, first);
		first = 0;
	}
	if (n < 0)
		err_sys(&x->err, ERR_IO, "%s", path);
	if (!first)
		end(x);
out:
	if (fd >= 0)
		close(fd);
	free(block);
}

int xmlout_end(struct xmlout *x, struct err *e)
{
	int rc;

	if (x == NULL)
		return -1;
	if (x->n != 0)
		err_set(&x->err, ERR_SOFTWARE, "%s is still open", x->open[0]);
	/* xmlTextWriterEndDocument() hides a failing flush behind the bytes it counts. */
	if (good(x))
		ok(x, xmlTextWriterEndDocument(x->w));
	if (good(x))
		ok(x, xmlTextWriterFlush(x->w));
	/* Freeing flushes what is left of a failed document: on_write() refuses it. */
	if (x->w != NULL)
		xmlFreeTextWriter(x->w);
	/* close() tells of delayed write errors on NFS and with quotas. */
	if (x->fd >= 0 && close(x->fd) < 0 && errno != EINTR && good(x))
		err_sys(&x->err, ERR_IO, "close");
	if (x->fd >= 0 && !good(x))
		unlink(x->path);
	unhush(&x->before);
	rc = good(x) ? 0 : err_set(e, x->err.code, "%s", x->err.msg);
	buf_free(&x->text);
	free(x->path);
	free(x);
	return rc;
}

struct reading {
	xmlTextReaderPtr r;
	struct buf at, text;
	int leaf;                  /* the innermost open element has no child so far */
	int (*each)(void *ctx, const char *at, const char *text, struct err *e);
	void *ctx;
};

static int leave(struct reading *g, struct err *e)
{
	char *slash = strrchr(g->at.p, '/');
	int rc = 0;

	if (!buf_ok(&g->at) || !buf_ok(&g->text))
		return err_nomem(e);
	if (g->leaf)
		rc = g->each(g->ctx, g->at.p, buf_text(&g->text), e);
	g->at.n = slash != NULL ? (size_t)(slash - g->at.p) : 0;
	g->at.p[g->at.n] = '\0';
	g->leaf = 0;
	return rc;
}

static int enter(struct reading *g, struct err *e)
{
	const char *name = (const char *)xmlTextReaderConstName(g->r);
	int empty = xmlTextReaderIsEmptyElement(g->r);

	if (name == NULL || empty < 0)
		return err_nomem(e);
	if (g->at.n > 0)
		buf_ch(&g->at, '/');
	buf_str(&g->at, name);
	if (!buf_ok(&g->at))
		return err_nomem(e);
	buf_reset(&g->text);
	g->leaf = 1;
	return empty ? leave(g, e) : 0;
}

static int node(struct reading *g, struct err *e)
{
	const char *text;

	switch (xmlTextReaderNodeType(g->r)) {
	case XML_READER_TYPE_ELEMENT:
		return enter(g, e);
	case XML_READER_TYPE_END_ELEMENT:
		return leave(g, e);
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
	case XML_READER_TYPE_WHITESPACE:
	case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
		text = (const char *)xmlTextReaderConstValue(g->r);
		if (text == NULL)
			return err_nomem(e);
		if (g->leaf)
			buf_str(&g->text, text);
		return 0;
	case XML_READER_TYPE_DOCUMENT_TYPE:
	case XML_READER_TYPE_ENTITY_REFERENCE:
		return err_set(e, ERR_SOFTWARE, "a document type or an entity");
	default:
		return 0;
	}
}

int xmlout_read(const char *path, int (*each)(void *ctx, const char *at, const char *text, struct err *e), void *ctx, struct err *e)
{
	struct reading g = { .r = NULL, .at = BUF_INIT, .text = BUF_INIT, .each = each, .ctx = ctx };
	struct err complaint = ERR_INIT;
	struct hush before;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), more = -1, rc = -1;

	if (fd < 0)
		return err_sys(e, ERR_IO, "read back %s", path);
	hush(&before, &complaint);
	/* HUGE: an attachment of 7.5 MB is a text longer than what libxml2 takes otherwise. */
	g.r = xmlReaderForFd(fd, NULL, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
	if (g.r == NULL) {
		err_nomem(e);
		goto out;
	}
	do
		more = xmlTextReaderRead(g.r);
	while (more == 1 && node(&g, e) == 0);
	if (more == 0 && complaint.code == ERR_OK)
		rc = 0;
	else if (complaint.code != ERR_OK)
		err_set(e, complaint.code, "read back: %s", complaint.msg);
	else
		err_set(e, ERR_SOFTWARE, "read back: not well-formed");
out:
	xmlFreeTextReader(g.r);
	unhush(&before);
	close(fd);
	buf_free(&g.at);
	buf_free(&g.text);
	return rc;
}
