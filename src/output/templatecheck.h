/* What may stand in a template, kind by kind. */
#ifndef OUTPUT_TEMPLATECHECK_H
#define OUTPUT_TEMPLATECHECK_H

#include "output/templatekeys.h"

/* What is wrong with the value, as a sentence; NULL when nothing is. */
const char *templatecheck_value(enum templatekeys_kind kind, const char *s);

/* Characters that a footer's part takes of the 255 which a page of a workbook can show, before names are replaced. */
#define TEMPLATECHECK_FOOTER_MAX 255
size_t templatecheck_footer_units(const char *s);

#endif
