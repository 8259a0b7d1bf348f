/* A template from the inside, and its reading; for the template files only. */
#ifndef OUTPUT_TEMPLATEREAD_H
#define OUTPUT_TEMPLATEREAD_H

#include "base/pool.h"
#include "output/template.h"

#define TEMPLATEREAD_COUNTRIES_MAX 260

struct template {
	struct pool *pool;
	int of; /* TEMPLATEKEYS_INVOICE or TEMPLATEKEYS_SUMMARY */
	const char *text[TEMPLATE_KEYS];
	char date_format[64];
	struct template_column *field; /* of every field in templatekeys_fields */
	struct template_column columns[TEMPLATE_TABLES][TEMPLATE_COLUMNS_MAX];
	size_t ncolumns[TEMPLATE_TABLES];
	struct { char code[3]; const char *name; } country[TEMPLATEREAD_COUNTRIES_MAX];
	size_t ncountries;
	struct template_picture logo; /* p: owned */
};

/* Fills t, of which pool and of are set. 0, or -1: *d or *e says why. */
int templateread_fill(struct template *t, const char *file, const char *text, size_t n, struct diag *d, struct err *e);

#endif
