#include "base/jdoc.h"

#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jdoc_span.h"

struct jdoc {
	json_t *root;
};

/* What the pass before jansson knows. Offsets stay those of the input: every replacement has the length of what it replaces. */
struct pass {
	const char *p;
	size_t n;
	char *copy; /* made at the first replacement, NULL when there was none */
	size_t text; /* decoded bytes of the string at hand */
};

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return v;
}

static int replace(struct pass *s, size_t at, struct err *e)
{
	if (s->copy == NULL) {
		s->copy = malloc(s->n);
		if (s->copy == NULL)
			return err_nomem(e);
		memcpy(s->copy, s->p, s->n);
	}
	memcpy(s->copy + at, "\\ufffd", 6);
	return 0;
}

/* A \u escape at `at`; sets *used to the bytes to go on by. A malformed one is left for jansson to refuse. */
static int unicode_escape(struct pass *s, size_t at, size_t *used, struct err *e)
{
	int v = s->n - at >= 6 ? hex4(s->p + at + 2) : -1;

	if (v < 0) {
		*used = 2;
		return 0;
	}
	*used = 6;
	if (v >= 0xd800 && v < 0xdc00 && s->n - at >= 12 && s->p[at + 6] == '\\' && s->p[at + 7] == 'u') {
		int low = hex4(s->p + at + 8);

		if (low >= 0xdc00 && low < 0xe000) {
			*used = 12;
			s->text += 4;
			return 0;
		}
	}
	if (v == 0 || (v >= 0xd800 && v < 0xe000)) {
		s->text += 3;
		return replace(s, at, e);
	}
	s->text += v < 0x80 ? 1 : v < 0x800 ? 2 : 3;
	return 0;
}

/* A string whose quote stands before *at; sets *at behind the closing quote. */
static int pass_string(struct pass *s, size_t *at, struct err *e)
{
	size_t i = *at;

	s->text = 0;
	while (i < s->n) {
		size_t to = jdoc_span(s->p, i, s->n);

		s->text += to - i;
		if (s->text > JDOC_TEXT_MAX)
			return err_set(e, ERR_DATA, "JSON at byte %zu: text longer than %d bytes", to, JDOC_TEXT_MAX);
		i = to;
		if (i == s->n)
			break;
		if (s->p[i] == '"') {
			i++;
			break;
		}
		if (i + 1 < s->n && s->p[i + 1] == 'u') {
			size_t used;

			if (unicode_escape(s, i, &used, e) < 0)
				return -1;
			i += used;
		} else {
			i += 2;
			s->text++;
		}
	}
	*at = i < s->n ? i : s->n;
	return 0;
}

/* Depth, long texts, and the escapes that jansson refuses. All else that is wrong is left to jansson. */
static int pass_document(struct pass *s, size_t i, struct err *e)
{
	int depth = 0;

	while (i < s->n) {
		switch (s->p[i++]) {
		case '"':
			if (pass_string(s, &i, e) < 0)
				return -1;
			break;
		case '[':
		case '{':
			if (++depth > JDOC_DEPTH)
				return err_set(e, ERR_DATA, "JSON at byte %zu: more than %d levels", i - 1, JDOC_DEPTH);
			break;
		case ']':
		case '}':
			depth--;
			break;
		}
	}
	return 0;
}

/* jansson reports some failed allocations as errors of syntax, and others not at all: its lexer drops the characters that it has no room for. This remembers that there was one. */
static _Thread_local int starved;

static void *remember_malloc(size_t n)
{
	void *p = malloc(n);

	starved |= p == NULL;
	return p;
}

static void set_up(void)
{
	json_set_alloc_funcs(remember_malloc, free);
}

static int refuse(const json_error_t *je, size_t skipped, struct err *e)
{
	char text[sizeof je->text];
	char *near;

	if (starved || json_error_code(je) == json_error_out_of_memory)
		return err_nomem(e);
	memcpy(text, je->text, sizeof text);
	text[sizeof text - 1] = '\0';
	/* What stands near an error may be a note or a name; only a key may go into messages and logs. */
	near = strstr(text, " near '");
	if (near != NULL && json_error_code(je) != json_error_duplicate_key)
		*near = '\0';
	return err_set(e, ERR_DATA, "JSON at byte %zu: %s", skipped + (size_t)(je->position > 0 ? je->position : 0), text);
}

struct jdoc *jdoc_parse(const char *p, size_t n, struct err *e)
{
	struct pass s = { .p = p, .n = n };
	size_t skip = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct jdoc *d = NULL;
	json_error_t je;
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pass_document(&s, skip, e) < 0)
		goto out;
	d = calloc(1, sizeof *d);
	if (d == NULL) {
		err_nomem(e);
		goto out;
	}
	pthread_once(&once, set_up);
	starved = 0;
	/* jansson takes a NULL buffer for a wrong call instead of for an empty text. */
	d->root = json_loadb(n > skip ? (s.copy != NULL ? s.copy : p) + skip : "", n - skip, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (d->root == NULL || starved) {
		refuse(&je, skip, e);
		jdoc_free(d);
		d = NULL;
	}
out:
	free(s.copy);
	return d;
}

void jdoc_free(struct jdoc *d)
{
	if (d == NULL)
		return;
	json_decref(d->root);
	free(d);
}

const jdoc_val *jdoc_root(const struct jdoc *d)
{
	return d->root;
}

const jdoc_val *jdoc_get(const jdoc_val *v, const char *key)
{
	const json_t *m = json_object_get(v, key);

	return json_is_null(m) ? NULL : m;
}

int jdoc_is_object(const jdoc_val *v)
{
	return json_is_object((const json_t *)v);
}

int jdoc_is_array(const jdoc_val *v)
{
	return json_is_array((const json_t *)v);
}

size_t jdoc_len(const jdoc_val *array)
{
	return json_array_size(array);
}

const jdoc_val *jdoc_at(const jdoc_val *array, size_t i)
{
	return json_array_get(array, i);
}

const char *jdoc_text(const jdoc_val *v)
{
	return json_string_value(v);
}

int jdoc_int(const jdoc_val *v, int64_t *out)
{
	_Static_assert(sizeof(json_int_t) == sizeof(int64_t), "jansson built without long long");

	if (!json_is_integer((const json_t *)v))
		return 0;
	*out = json_integer_value(v);
	return 1;
}

int jdoc_bool(const jdoc_val *v, int *out)
{
	if (!json_is_boolean((const json_t *)v))
		return 0;
	*out = json_is_true((const json_t *)v);
	return 1;
}

const char *jdoc_kind(const jdoc_val *v)
{
	if (v == NULL)
		return "absent";
	switch (json_typeof((const json_t *)v)) {
	case JSON_OBJECT: return "object";
	case JSON_ARRAY: return "array";
	case JSON_STRING: return "string";
	case JSON_INTEGER: return "integer";
	case JSON_REAL: return "real";
	case JSON_TRUE: return "true";
	case JSON_FALSE: return "false";
	case JSON_NULL: return "null";
	}
	return "absent";
}

const char *jdoc_get_text(const jdoc_val *v, const char *key)
{
	return jdoc_text(jdoc_get(v, key));
}

/* jansson's iterator takes the object without const, though it only reads; it walks in the order of insertion (2.8 and later). */
void jdoc_each(const jdoc_val *object, void (*f)(void *ctx, const char *key, const jdoc_val *v), void *ctx)
{
	json_t *o;

	if (!jdoc_is_object(object))
		return;
	memcpy(&o, &object, sizeof o);
	for (void *it = json_object_iter(o); it != NULL; it = json_object_iter_next(o, it))
		f(ctx, json_object_iter_key(it), json_object_iter_value(it));
}
