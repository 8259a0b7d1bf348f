#include "awork/redact.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/sha.h"

#define UUID_LEN 36
#define SALT_LEN 16
#define NAME_MAX_KEPT 40 /* bytes of a member's name; longer ones are text */

struct redact { uint8_t salt[SALT_LEN]; };

struct redact *redact_new(struct err *e)
{
	struct redact *r = calloc(1, sizeof *r);

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (getrandom(r->salt, SALT_LEN, 0) == SALT_LEN)
		return r;
	err_sys(e, ERR_OS, "no random numbers");
	free(r);
	return NULL;
}

void redact_free(struct redact *r)
{
	free(r);
}

/* 64 hexadecimal digits that stand for a text. */
static void digest(const struct redact *r, const char *text, size_t n, char hex[SHA_HEX])
{
	uint8_t inner[SHA_LEN], both[SALT_LEN + SHA_LEN], out[SHA_LEN];

	sha_of(text, n, inner);
	memcpy(both, r->salt, SALT_LEN);
	memcpy(both + SALT_LEN, inner, SHA_LEN);
	sha_of(both, sizeof both, out);
	sha_hex(hex, out);
}

static int is_uuid(const char *p, size_t n)
{
	if (n < UUID_LEN)
		return 0;
	for (int i = 0; i < UUID_LEN; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? p[i] != '-' : !isxdigit((unsigned char)p[i]))
			return 0;
	return 1;
}

/* One id in any case is one other id. */
static void add_uuid(const struct redact *r, const char *p, struct buf *out)
{
	char low[UUID_LEN], hex[SHA_HEX];

	for (int i = 0; i < UUID_LEN; i++)
		low[i] = (char)tolower((unsigned char)p[i]);
	digest(r, low, UUID_LEN, hex);
	buf_fmt(out, "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
}

void redact_path(struct redact *r, const char *path, struct buf *out)
{
	size_t left = strlen(path);

	while (left > 0) {
		size_t k = is_uuid(path, left) ? UUID_LEN : 1;

		if (k == UUID_LEN)
			add_uuid(r, path, out);
		else
			buf_ch(out, *path);
		path += k;
		left -= k;
	}
}

/* ---- a body: the tokens of JSON one by one, whatever order they come in ---- */

struct key { const char *p; size_t n; };

static int key_is(const struct key *k, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strlen(*names) == k->n && strncasecmp(k->p, *names, k->n) == 0)
			return 1;
	return 0;
}

static int key_has(const struct key *k, const char *const *parts)
{
	for (; *parts != NULL; parts++) {
		size_t n = strlen(*parts);

		for (size_t i = 0; i + n <= k->n; i++)
			if (strncasecmp(k->p + i, *parts, n) == 0)
				return 1;
	}
	return 0;
}

/* Words of awork's own that decide what psabill does. */
static int is_word(const struct key *k, const char *p, size_t n)
{
	static const char *const names[] = { "type", "subType", "baseType", "status", "timeTrackingStatus", "currency", "timezone", "timeZone", "code", NULL };

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && strchr("-_/+", p[i]) == NULL)
			return 0;
	return n > 0 && n <= 40 && key_is(k, names);
}

/* 2026-10-01, 2026-10-01T08:00:00Z, 08:00:00: digits and the marks of ISO 8601, in a member that speaks of time. */
static int is_time(const struct key *k, const char *p, size_t n)
{
	static const char *const parts[] = { "date", "time", NULL };
	int named = key_has(k, parts) || (k->n > 2 && (strncmp(k->p + k->n - 2, "On", 2) == 0 || strncmp(k->p + k->n - 2, "At", 2) == 0));

	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)p[i]) && strchr("-+:.TZ", p[i]) == NULL)
			return 0;
	return named && n >= 4 && n <= 35;
}

static void add_text(const struct redact *r, const struct key *k, const char *p, size_t n, struct buf *out)
{
	char hex[SHA_HEX];

	if (n == 0)
		return;
	if (n == UUID_LEN && is_uuid(p, n)) {
		add_uuid(r, p, out);
	} else if (is_word(k, p, n) || is_time(k, p, n)) {
		buf_add(out, p, n);
	} else {
		digest(r, p, n, hex);
		buf_fmt(out, memchr(p, '@', n) != NULL ? "x%.10s@example.invalid" : "x%.10s", hex);
	}
}

/* Numbers that name somebody keep their length and their first digit's being none. */
static void add_number(const struct redact *r, const struct key *k, const char *p, size_t n, struct buf *out)
{
	static const char *const parts[] = { "phone", "zip", "postal", "postcode", "vat", "tax", "iban", "bic", "account", "mobile", "fax", NULL };
	char hex[SHA_HEX];

	if (!key_has(k, parts)) {
		buf_add(out, p, n);
		return;
	}
	digest(r, p, n, hex);
	for (size_t i = 0; i < n; i++) {
		unsigned v = (unsigned char)hex[i % 64];

		buf_ch(out, !isdigit((unsigned char)p[i]) ? p[i] : (char)('1' + v % 9));
	}
}

/* Behind the quote: up to the closing one, or to the end. */
static size_t string_end(const char *text, size_t n, size_t i)
{
	while (i < n && text[i] != '"')
		i += text[i] == '\\' && i + 1 < n ? 2 : 1;
	return i < n ? i : n;
}

static int is_key(const char *text, size_t n, size_t i)
{
	while (i < n && strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0')
		i++;
	return i < n && text[i] == ':';
}

/* A name as in awork's schema; anything else may be what a person typed. */
static int is_name(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && strchr("_$.@", p[i]) == NULL)
			return 0;
	return n <= NAME_MAX_KEPT;
}

/* A string at i (its quote); *key is the member that it is the value of, or becomes the next one's name. Returns where it ends. */
static size_t take_string(const struct redact *r, const char *text, size_t n, size_t i, struct key *key, struct buf *out)
{
	size_t from = i + 1, to = string_end(text, n, from);
	static const struct key none = { "", 0 };

	buf_ch(out, '"');
	if (is_key(text, n, to + 1)) {
		*key = (struct key){ text + from, to - from };
		if (is_name(text + from, to - from))
			buf_add(out, text + from, to - from);
		else
			add_text(r, &none, text + from, to - from, out);
	} else {
		add_text(r, key, text + from, to - from, out);
	}
	if (to < n)
		buf_ch(out, '"');
	return to < n ? to + 1 : n;
}

/* The length of true, false or null at p, or 0. */
static size_t literal(const char *p, size_t n)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++)
		if (strlen(words[i]) <= n && memcmp(p, words[i], strlen(words[i])) == 0)
			return strlen(words[i]);
	return 0;
}

/* A list, an object or a text; a number alone, or a page of HTML, is no answer that bills. */
static int is_json(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] != '\0' && strchr(" \t\r\n", text[i]) != NULL)
		i++;
	return i < n && text[i] != '\0' && strchr("{[\"", text[i]) != NULL;
}

void redact_body(struct redact *r, const char *text, size_t n, struct buf *out)
{
	const int numbers = is_json(text, n);
	struct key key = { "", 0 };
	size_t i = 0, k;

	while (i < n) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"') {
			i = take_string(r, text, n, i, &key, out);
		} else if (numbers && (isdigit(c) || c == '-')) {
			for (k = 1; i + k < n && text[i + k] != '\0' && strchr("0123456789.eE+-", text[i + k]) != NULL; k++)
				;
			add_number(r, &key, text + i, k, out);
			i += k;
		} else if ((k = literal(text + i, n - i)) > 0) {
			buf_add(out, text + i, k);
			i += k;
		} else {
			buf_ch(out, c != '\0' && strchr("{}[]:, \t\r\n", c) != NULL ? (char)c : '?');
			i++;
		}
	}
}
