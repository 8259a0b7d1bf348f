#include "base/near.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 39
#define FAR 3 /* edits that make another word of it */

static int lower(char c)
{
	return tolower((unsigned char)c);
}

/* Levenshtein's distance, by one row, whatever the case of letters; names that are long count as far. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], n = strlen(b), diagonal, above;

	if (n >= LONGEST || strlen(a) >= LONGEST)
		return 99;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));

			above = row[j];
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	return row[n];
}

void near_start(struct near_search *s, const char *name)
{
	*s = (struct near_search){ .name = name, .edits = FAR };
}

void near_offer(struct near_search *s, const char *candidate)
{
	size_t edits = s->name[0] == '\0' ? FAR : distance(s->name, candidate);

	const int same = strcmp(s->name, candidate) == 0;

	/* Of two letters two edits leave nothing to go by. */
	if (same || (edits < s->edits && edits < strlen(s->name))) {
		s->edits = edits;
		s->best = same ? NULL : candidate;
	}
}
