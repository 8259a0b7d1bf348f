#include "cli/expected.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sorter.h"

/* Records are small, and others sort at the same time. */
#define LIMIT (SORTER_LIMIT / 4)

struct record { uint8_t id[16], fp[CLAIM_FP]; date_t date; };

struct expected {
	struct sorter *sorter;
	struct claim_brief ahead; /* the first one of the next portion */
	int more;                 /* there is one */
};

struct expected *expected_new(const char *dir, struct err *e)
{
	struct expected *x = calloc(1, sizeof *x);

	if (x == NULL) {
		err_nomem(e);
		return NULL;
	}
	x->sorter = sorter_new(dir, LIMIT, e);
	if (x->sorter != NULL)
		return x;
	free(x);
	return NULL;
}

int expected_add(struct expected *x, const struct entry *entry, const uint8_t fp[SHA_LEN], struct err *e)
{
	struct entry_key key;
	uint8_t by[8];
	struct record r;

	if (entry_key_of(&key, entry->id, entry->date, e) < 0)
		return -1;
	memset(&r, 0, sizeof r);
	memcpy(r.id, key.id, sizeof r.id);
	memcpy(r.fp, fp, sizeof r.fp);
	r.date = key.date;
	/* Those without a date at the end. */
	sorter_key_int(by, key.date == DATE_NONE ? INT64_MAX : key.date);
	return sorter_add(x->sorter, by, sizeof by, &r, sizeof r, e);
}

int64_t expected_count(const struct expected *x)
{
	return sorter_count(x->sorter);
}

static int step(struct expected *x, struct err *e)
{
	struct sorter_record r;
	const struct record *of;

	x->more = sorter_next(x->sorter, &r, e);
	if (x->more <= 0)
		return x->more;
	of = r.payload;
	x->ahead = (struct claim_brief){ .key.date = of->date };
	memcpy(x->ahead.key.id, of->id, sizeof of->id);
	memcpy(x->ahead.fp, of->fp, sizeof of->fp);
	return 0;
}

int expected_start(struct expected *x, struct err *e)
{
	return sorter_sort(x->sorter, e) < 0 ? -1 : step(x, e);
}

static int add(struct claim_brief **v, size_t *n, size_t *cap, const struct claim_brief *c, struct err *e)
{
	if (buf_grow(v, cap, *n + 1, sizeof **v) < 0)
		return err_nomem(e);
	(*v)[(*n)++] = *c;
	return 0;
}

/* A portion ends with a day. How many claims the next day has is not known before it is read, so that a portion may have a day more than it should. */
int expected_next(struct expected *x, size_t most, struct claim_brief **v, size_t *n, struct err *e)
{
	size_t cap = 0;

	*v = NULL;
	*n = 0;
	while (x->more > 0) {
		const date_t last = *n > 0 ? (*v)[*n - 1].key.date : x->ahead.key.date;

		if (*n > 0 && x->ahead.key.date != last && (*n >= most || x->ahead.key.date == DATE_NONE))
			break;
		if (add(v, n, &cap, &x->ahead, e) < 0 || step(x, e) < 0) {
			free(*v);
			*v = NULL;
			return -1;
		}
	}
	return x->more < 0 ? -1 : *n > 0;
}

void expected_free(struct expected *x)
{
	if (x == NULL)
		return;
	sorter_free(x->sorter);
	free(x);
}
