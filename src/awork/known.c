#include "awork/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct entry_key *known_key(const struct known *k, size_t item)
{
	return (const struct entry_key *)(const void *)(k->items + item * k->stride);
}

size_t known_at(const struct known *k, size_t i)
{
	return k->order != NULL ? k->order[i] : i;
}

static size_t slot_of(const struct known *k, const uint8_t id[16])
{
	uint64_t a, b;

	memcpy(&a, id, 8);
	memcpy(&b, id + 8, 8);
	a = (a ^ b * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	return (size_t)(a >> 32) & (k->slots - 1);
}

int known_find(const struct known *k, const char *id, size_t *item)
{
	uint8_t packed[16];

	if (text_uuid_pack(packed, id) < 0)
		return 0;
	for (size_t at = slot_of(k, packed); k->slot[at] != 0; at = (at + 1) & (k->slots - 1))
		if (memcmp(known_key(k, k->slot[at] - 1)->id, packed, sizeof packed) == 0) {
			*item = k->slot[at] - 1;
			return 1;
		}
	return 0;
}

static int compare_date(date_t a, date_t b)
{
	if ((a == DATE_NONE) != (b == DATE_NONE))
		return a == DATE_NONE ? 1 : -1;
	return a < b ? -1 : a > b;
}

/* Equal ones by id, so that equal input asks equal questions. */
static int by_date(const void *a, const void *b)
{
	const struct entry_key *x = *(const struct entry_key *const *)a, *y = *(const struct entry_key *const *)b;
	int c = compare_date(x->date, y->date);

	return c != 0 ? c : memcmp(x->id, y->id, sizeof x->id);
}

static int sort(struct known *k)
{
	const struct entry_key **at = calloc(k->n, sizeof *at);

	k->order = calloc(k->n, sizeof *k->order);
	if (at == NULL || k->order == NULL) {
		free(at);
		return -1;
	}
	for (size_t i = 0; i < k->n; i++)
		at[i] = known_key(k, i);
	qsort(at, k->n, sizeof *at, by_date);
	for (size_t i = 0; i < k->n; i++)
		k->order[i] = (uint32_t)((size_t)((const char *)at[i] - k->items) / k->stride);
	free(at);
	return 0;
}

int known_init(struct known *k, const struct entry_key *items, size_t stride, size_t n, struct err *e)
{
	int ordered = 1;

	*k = (struct known){ .items = (const char *)items, .stride = stride, .n = n };
	if (n > UINT32_MAX / 4)
		return err_nomem(e);
	for (k->slots = 16; k->slots < n + n / 2; k->slots *= 2)
		;
	k->slot = calloc(k->slots, sizeof *k->slot);
	if (k->slot == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		size_t at;

		for (at = slot_of(k, known_key(k, i)->id); k->slot[at] != 0; at = (at + 1) & (k->slots - 1))
			;
		k->slot[at] = (uint32_t)i + 1;
		ordered &= i == 0 || compare_date(known_key(k, i - 1)->date, known_key(k, i)->date) <= 0;
	}
	return ordered || sort(k) == 0 ? 0 : err_nomem(e);
}

void known_free(struct known *k)
{
	free(k->slot);
	free(k->order);
	*k = (struct known){ .n = 0 };
}
