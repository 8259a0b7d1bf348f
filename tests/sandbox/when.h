/* Dates and times. Instants and times of day are counted in ticks of 100 ns, the resolution of the original. */
#ifndef SANDBOX_WHEN_H
#define SANDBOX_WHEN_H

#include "buf.h"

#define WHEN_SECOND INT64_C(10000000)
#define WHEN_DAY (INT64_C(86400) * WHEN_SECOND)
#define WHEN_NONE INT64_MIN
/* What a resourceVersion counts from: 0001-01-01 instead of 1970-01-01. */
#define WHEN_DOTNET_EPOCH INT64_C(621355968000000000)

int64_t when_days(int y, int m, int d);
void when_civil(int64_t days, int *y, int *m, int *d);

/* Each returns the first character after what it read, or NULL. */
const char *when_read_date(const char *s, int64_t *days);
const char *when_read_tod(const char *s, int64_t *ticks, int *digits);
/* Date, or date and time with optional seconds, fraction, Z or +hh:mm. */
const char *when_read_stamp(const char *s, int64_t *ticks, int *digits);

void when_put_date(struct buf *b, int64_t days);
void when_put_tod(struct buf *b, int64_t ticks, int digits);
void when_put_stamp(struct buf *b, int64_t ticks, int digits);
/* Drops what the given number of fractional digits cannot show. */
int64_t when_trim(int64_t ticks, int digits);

/* Minutes east of UTC at noon of a local day, for workspaces that leave the offset out. Knows Europe and America/New_York. */
int when_zone_offset(const char *zone, int64_t days);

#endif
