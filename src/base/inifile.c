#include "base/inifile.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/text.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define LINE_MAX_BYTES 4000
#define SECTION_MAX 49 /* inih cuts a longer name without a word */

/* inih reports the first error only, cuts long lines into two and hands out no line numbers. So the reader below looks at every
 * line first, gives inih nothing it would misread, and notes which lines must lead to a call of the handler. */
struct reader {
	const char *path;
	const char *p, *end;
	int line;
	int awaits;        /* the line handed out last is a key and was not seen by the handler yet */
	inifile_section_cb *start; /* NULL: sections of one name are one section */
	inifile_cb *cb;
	void *ctx;
	struct diag *d;
	struct pool *pool; /* for `seen` */
	const char **seen; /* interned "section\nkey" */
	size_t nseen, cap;
	int nomem;
};

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\v' || *p == '\f'))
		p++;
	return p;
}

/* "[name]" alone on its line: inih ignores what follows the bracket. */
static const char *section_fault(const char *p, const char *end)
{
	const char *close = memchr(p, ']', (size_t)(end - p));

	if (close == NULL)
		return "']' is missing";
	if (close == p + 1)
		return "the section has no name";
	if (close - p - 1 > SECTION_MAX)
		return "the section's name is too long";
	if (skip_blanks(close + 1, end) != end)
		return "text after ']'";
	return NULL;
}

/* What is wrong with the line, or NULL; *key is set when the handler must be called for it. */
static const char *line_fault(const char *p, const char *end, int *key)
{
	const char *sep;

	*key = 0;
	if (memchr(p, '\0', (size_t)(end - p)) != NULL)
		return "NUL byte";
	if (end - p > LINE_MAX_BYTES)
		return "line longer than 4000 bytes";
	if (!text_is_utf8(p, (size_t)(end - p)))
		return "not UTF-8";
	p = skip_blanks(p, end);
	if (p == end || *p == ';' || *p == '#')
		return NULL;
	if (*p == '[')
		return section_fault(p, end);
	if (*p == '=')
		return "no name before '='";
	sep = memchr(p, '=', (size_t)(end - p));
	if (sep == NULL)
		return "neither [section], key = value nor comment";
	/* inih would take the colon for the separator. */
	if (memchr(p, ':', (size_t)(sep - p)) != NULL)
		return "':' in a key";
	*key = 1;
	return NULL;
}

static void check_awaited(struct reader *r)
{
	if (r->awaits)
		diag_add(r->d, r->path, r->line, "syntax error");
	r->awaits = 0;
}

/* Tells of a new section; one that could not be read has no name, so that its keys are not taken for those of the section before. */
static void start_section(struct reader *r, const char *end, int faulty)
{
	const char *p = skip_blanks(r->p, end), *close;
	char name[SECTION_MAX + 1];

	if (r->start == NULL || p == end || *p != '[')
		return;
	r->nseen = 0;
	if (!faulty) {
		close = memchr(p, ']', (size_t)(end - p));
		memcpy(name, p + 1, (size_t)(close - p) - 1);
		name[close - p - 1] = '\0';
	}
	r->start(r->ctx, faulty ? NULL : name, r->line);
}

/* fgets() for inih. A faulty line reaches it as an empty one. */
static char *next_line(char *out, int size, void *stream)
{
	struct reader *r = stream;
	const char *end, *fault;
	size_t n;

	check_awaited(r);
	if (r->p == r->end)
		return NULL;
	end = memchr(r->p, '\n', (size_t)(r->end - r->p));
	if (end == NULL)
		end = r->end;
	r->line++;
	fault = line_fault(r->p, end, &r->awaits);
	n = (size_t)(end - r->p);
	if (fault == NULL && n + 2 > (size_t)size)
		fault = "line too long";
	if (fault != NULL) {
		diag_add(r->d, r->path, r->line, "%s", fault);
		r->awaits = 0;
		n = 0;
	}
	start_section(r, end, fault != NULL);
	memcpy(out, r->p, n);
	out[n] = '\n';
	out[n + 1] = '\0';
	r->p = end < r->end ? end + 1 : end;
	return out;
}

/* True when the key is new in its section. */
static int remember(struct reader *r, const char *section, const char *key)
{
	const char *id = pool_intern(r->pool, pool_fmt(r->pool, "%s\n%s", section, key));

	if (id == NULL || buf_grow(&r->seen, &r->cap, r->nseen + 1, sizeof *r->seen) < 0) {
		r->nomem = 1;
		return 0;
	}
	for (size_t i = 0; i < r->nseen; i++)
		if (r->seen[i] == id)
			return 0;
	r->seen[r->nseen++] = id;
	return 1;
}

static int handler(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	r->awaits = 0;
	if (remember(r, section, name))
		r->cb(r->ctx, section, name, value, r->line);
	else if (!r->nomem)
		diag_add(r->d, r->path, r->line, "'%s' stands twice in [%s]", name, section);
	return 1;
}

/* Debian builds inih with its options as variables, for all users of the library in one process. On the heap, without
 * realloc, ini_initial_alloc is what limits a line; ini_max_line is set alike for builds that use the other one. */
static void set_options(void)
{
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_allow_bom = false;
	ini_stop_on_first_error = false;
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_initial_alloc = LINE_MAX_BYTES + 8;
	ini_max_line = LINE_MAX_BYTES + 8;
}

static int parse(struct reader *r, struct err *e)
{
	int rc;

	set_options();
	rc = ini_parse_stream(next_line, r, handler, r);
	if (rc == -2 || r->nomem)
		return err_nomem(e);
	/* Every cause known to the reader was reported with its line; this one is not among them. */
	if (rc != 0 && diag_empty(r->d))
		diag_add(r->d, r->path, rc > 0 ? rc : 0, "syntax error");
	return 0;
}

int inifile_parse(const char *path, const char *text, size_t n, inifile_cb *cb, void *ctx, struct diag *d, struct err *e)
{
	return inifile_parse_list(path, text, n, NULL, cb, ctx, d, e);
}

int inifile_parse_list(const char *path, const char *text, size_t n, inifile_section_cb *start, inifile_cb *cb, void *ctx, struct diag *d,
                       struct err *e)
{
	struct reader r = { .path = path, .p = text, .end = text + n, .start = start, .cb = cb, .ctx = ctx, .d = d, .pool = pool_new() };
	int rc;

	if (r.pool == NULL)
		return err_nomem(e);
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	rc = parse(&r, e);
	free(r.seen);
	pool_free(r.pool);
	return rc;
}

int inifile_read(const char *path, inifile_cb *cb, void *ctx, struct diag *d, struct err *e)
{
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	int rc = -1;

	if (file_read(path, FILE_MAX, &b, &why) == 0) {
		rc = inifile_parse(path, buf_text(&b), b.n, cb, ctx, d, e);
	} else if (why.code == ERR_DATA) {
		diag_add(d, path, 0, "larger than 1 MiB");
		rc = 0;
	} else {
		err_set(e, why.code, "%s", why.msg);
	}
	buf_free(&b);
	return rc;
}
