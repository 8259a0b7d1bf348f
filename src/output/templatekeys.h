/* Names, kinds and defaults of what a template may say; for templateread.c. */
#ifndef OUTPUT_TEMPLATEKEYS_H
#define OUTPUT_TEMPLATEKEYS_H

#include "output/template.h"

enum { TEMPLATEKEYS_INVOICE = 1, TEMPLATEKEYS_SUMMARY = 2, TEMPLATEKEYS_BOTH = 3 };

enum templatekeys_kind { KIND_TEXT, KIND_FORMAT, KIND_SWITCH, KIND_COLOR, KIND_SHEET, KIND_DATE, KIND_MONTHS, KIND_SIGN, KIND_PICTURE,
	KIND_MM, KIND_FOOTER };

struct templatekeys_key {
	int of; /* TEMPLATEKEYS_INVOICE, TEMPLATEKEYS_SUMMARY or both */
	const char *section, *key;
	enum templatekeys_kind kind;
	const char *standard;
	const char *places; /* names allowed in braces, blank-separated; NULL: none */
};

struct templatekeys_field {
	int of;
	enum template_table table;
	const char *section; /* "line description" */
	enum template_field field;
	int order, width;    /* order 0: not shown */
	const char *heading;
	int formatted;       /* has a number format */
};

extern const struct templatekeys_key templatekeys_all[TEMPLATE_KEYS];
extern const struct templatekeys_field templatekeys_fields[];
extern const size_t templatekeys_nfields;

#endif
