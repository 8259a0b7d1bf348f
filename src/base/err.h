/* Errors: one status and one sentence, filled where the failure is seen, given context on the way up. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/* Exit statuses; sysexits(3) where they fit. The worst one of a process wins, see err_worse(). */
enum err_code {
	ERR_OK = 0,
	ERR_ATTENTION = 3,    /* done, but something needs a person */
	ERR_USAGE = 64,       /* bad option or argument */
	ERR_DATA = 65,        /* awork's data, ledger or published files contradict each other */
	ERR_NOINPUT = 66,     /* an input file is missing */
	ERR_UNAVAILABLE = 69, /* awork is not reachable, nothing was issued */
	ERR_SOFTWARE = 70,    /* an invariant broke */
	ERR_OS = 71,          /* memory, descriptors */
	ERR_CANTCREAT = 73,   /* output location */
	ERR_IO = 74,          /* disk */
	ERR_TEMPFAIL = 75,    /* locked, source unstable, or stopped after documents were issued: run again */
	ERR_PROTOCOL = 76,    /* awork answered against its contract */
	ERR_NOPERM = 77,      /* 401, 403 */
	ERR_CONFIG = 78       /* configuration */
};

struct err {
	enum err_code code;
	char msg[1536];
};

/* Start value. */
#define ERR_INIT { ERR_OK, "" }

/* Records code and a printf-style sentence. The first error wins: a filled *e stays as it is. NULL e is allowed.
 * Always returns -1, so that callers can write `return err_set(...)`. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set() with ": strerror(errno)" appended. ENOMEM, EMFILE and ENFILE become ERR_OS whatever `code` says. */
int err_sys(struct err *e, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set() with ERR_OS and "out of memory". */
int err_nomem(struct err *e);

/* Puts "CONTEXT: " before the message of a filled *e. Always returns -1. */
int err_ctx(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Empties *e for another try. */
void err_clear(struct err *e);

/* The worse of two statuses: 70 > 65 > 76 > 77 > 74, 71 > 75 > 69 > 3 > 0; 64, 66, 73, 78 stand above all others. */
enum err_code err_worse(enum err_code a, enum err_code b);

/* Many errors of one input, reported in one go. Zero-initialize. */
struct diag {
	char **line; /* owned, "FILE:LINE: sentence" */
	size_t n, cap;
	int lost; /* entries that memory could not hold; still counted as errors */
};

/* Adds "file:line: sentence" (without line when it is 0). */
void diag_add(struct diag *d, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* True when nothing was added. */
int diag_empty(const struct diag *d);

void diag_free(struct diag *d);

#endif
