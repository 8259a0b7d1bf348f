/* The nearest of several names, for "did you mean". */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

/* A search: start it with a name, offer names, then look at `best`. */
struct near_search {
	const char *name; /* borrowed */
	const char *best; /* the nearest name offered, at most two edits away and whatever its case; NULL: none, or the name itself was offered */
	size_t edits;
};
void near_start(struct near_search *s, const char *name);
void near_offer(struct near_search *s, const char *candidate);

#endif
