#include "cli/batchsize.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"

#define META "batch_size" /* ids per POST that awork took after it had refused more */
#define SURE 100          /* ids per POST that awork is known to take */

int batchsize_start(struct store *s, int64_t most, struct batchsize *out, struct err *e)
{
	char *text = store_meta(s, META, e);
	int64_t known = 0;

	if (text == NULL && e->code != ERR_OK)
		return -1;
	if (text != NULL && num_parse_int(text, 1, most, &known) < 0)
		known = 0;
	free(text);
	*out = (struct batchsize){ .chunk = (size_t)(known > 0 ? known : most), .proven = SURE, .known = (size_t)known, .most = (size_t)most };
	return 0;
}

static int remember(struct batchsize *b, struct store *s, size_t n, struct err *e)
{
	char text[24];

	snprintf(text, sizeof text, "%zu", n);
	b->known = 0;
	return store_set_meta(s, META, text, e);
}

int batchsize_learn(struct batchsize *b, struct store *s, size_t n, enum batch_answer answer, struct err *e)
{
	if (answer == BATCH_TOO_LARGE && n > 1 && b->chunk > n / 2) {
		b->chunk = n / 2;
		return remember(b, s, b->chunk, e);
	}
	if (answer != BATCH_ANSWERED || n < b->chunk)
		return 0;
	b->proven = n;
	return b->known > 0 && n == b->known && n < b->most ? remember(b, s, n * 2 < b->most ? n * 2 : b->most, e) : 0;
}
