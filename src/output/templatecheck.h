/* What may stand in a template, kind by kind. */
#ifndef OUTPUT_TEMPLATECHECK_H
#define OUTPUT_TEMPLATECHECK_H

#include "output/templatekeys.h"

/* What is wrong with the value, as a sentence; NULL when nothing is. */
const char *templatecheck_value(enum templatekeys_kind kind, const char *s);

#endif
