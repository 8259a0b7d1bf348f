/* Which of a company's contact infos belong on an invoice. Pure. */
#ifndef AWORK_CONTACT_H
#define AWORK_CONTACT_H

#include "awork/master.h"
#include "base/jdoc.h"

/* `list` is the array of GET /companies/{id}/contactinfo. Texts go to the pool, trimmed; NULL where there is nothing. */
int contact_pick(const jdoc_val *list, struct pool *pool, struct master_contact *out, struct err *e);

#endif
