/* Pictures for letterheads: what is one, and how large. */
#ifndef OUTPUT_TEMPLATELOGO_H
#define OUTPUT_TEMPLATELOGO_H

#include <stddef.h>
#include "base/err.h"

#define TEMPLATELOGO_BYTES_MAX ((size_t)1024 * 1024)
#define TEMPLATELOGO_PIXELS_MAX 4000

/* Width and height in pixels of a PNG or JPEG picture of at most 1 MiB and 4,000 x 4,000 pixels, complete as far as its parts tell.
 * ERR_CONFIG says what is wrong. */
int templatelogo_measure(const void *p, size_t n, int *width, int *height, struct err *e);

#endif
