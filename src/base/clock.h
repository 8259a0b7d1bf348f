/* Time: what documents show (can be fixed by SOURCE_DATE_EPOCH), what logs show, and what deadlines use. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include "base/date.h"
#include "base/err.h"

/* Reads SOURCE_DATE_EPOCH once (reproducible-builds.org specification). Not a number: ERR_CONFIG. */
int clock_init(struct err *e);
/* Seconds since the epoch for everything that documents show. */
int64_t clock_document_utc(void);
/* Seconds since the epoch of the wall clock, for logs and HTTP dates. */
int64_t clock_wall_utc(void);
/* Milliseconds on CLOCK_BOOTTIME: for deadlines; unaffected by clock changes, counts suspension. */
int64_t clock_boot_ms(void);
/* Processor time of this process, all threads, in microseconds. */
int64_t clock_cpu_us(void);
/* That of the calling thread. */
int64_t clock_thread_us(void);
/* Sleeps, returns early (-1) when a signal arrives. */
int clock_sleep_ms(int64_t ms);
/* True when the time zone database knows the IANA name. */
int clock_zone_exists(const char *zone);
/* The local date in `zone` at a UTC instant. -1: unknown zone. Not thread-safe (sets TZ). */
int clock_local_date(const char *zone, int64_t utc, date_t *out);
/* "YYYY-MM-DDTHH:MM:SSZ". Returns out. */
char *clock_fmt_utc(char out[32], int64_t utc);

#endif
