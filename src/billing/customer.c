#include "billing/customer.h"

#include <stdlib.h>
#include <string.h>

static int compare_id(const void *key, const void *element)
{
	return strcmp(key, ((const struct customer *)element)->company_id);
}

const struct customer *customer_find(const struct customer_table *t, const char *company_id)
{
	if (t->n == 0 || company_id == NULL)
		return NULL;
	return bsearch(company_id, t->v, t->n, sizeof *t->v, compare_id);
}

static int word_index(const char *s, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	return -1;
}

static const char *const group_names[] = { "project", "project_task", "project_user", "project_type_of_work", "entry" };
static const char *const per_names[] = { "customer", "project" };
static const char *const quantity_names[] = { "hours", "minutes", "lump_sum" };

int customer_group_parse(const char *s, enum customer_group *out)
{
	int i = word_index(s, group_names, 5);

	if (i >= 0)
		*out = (enum customer_group)i;
	return i < 0 ? -1 : 0;
}

const char *customer_group_name(enum customer_group g)
{
	return group_names[g];
}

int customer_per_parse(const char *s, enum customer_per *out)
{
	int i = word_index(s, per_names, 2);

	if (i >= 0)
		*out = (enum customer_per)i;
	return i < 0 ? -1 : 0;
}

int customer_quantity_parse(const char *s, enum customer_quantity *out)
{
	int i = word_index(s, quantity_names, 3);

	if (i >= 0)
		*out = (enum customer_quantity)i;
	return i < 0 ? -1 : 0;
}

const char *customer_quantity_name(enum customer_quantity q)
{
	return quantity_names[q];
}

int customer_tax_category_ok(const char *s)
{
	static const char *const ok[] = { "S", "AE", "E", "O", "G" };

	return word_index(s, ok, 5) >= 0;
}
