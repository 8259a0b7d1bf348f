#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static int set_va(struct err *e, enum err_code code, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

/* A message longer than the room is cut; snprintf always terminates it. */
static int set_va(struct err *e, enum err_code code, const char *fmt, va_list ap)
{
	if (e == NULL || e->code != ERR_OK)
		return -1;
	/* A failure recorded as ERR_OK would read as success further up. */
	e->code = code == ERR_OK ? ERR_SOFTWARE : code;
	if (vsnprintf(e->msg, sizeof e->msg, fmt, ap) < 0)
		e->msg[0] = '\0';
	return -1;
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_va(e, code, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, enum err_code code, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	if (e == NULL || e->code != ERR_OK)
		return -1;
	if (saved == ENOMEM || saved == EMFILE || saved == ENFILE)
		code = ERR_OS;
	va_start(ap, fmt);
	set_va(e, code, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof e->msg - n, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

int err_nomem(struct err *e)
{
	return err_set(e, ERR_OS, "out of memory");
}

int err_ctx(struct err *e, const char *fmt, ...)
{
	char ctx[512];
	size_t nctx, nmsg, room;
	va_list ap;

	if (e == NULL || e->code == ERR_OK)
		return -1;
	va_start(ap, fmt);
	if (vsnprintf(ctx, sizeof ctx - 2, fmt, ap) < 0)
		ctx[0] = '\0';
	va_end(ap);
	nctx = strlen(ctx);
	memcpy(ctx + nctx, ": ", 2);
	nctx += 2;
	nmsg = strlen(e->msg);
	room = sizeof e->msg - 1 - nctx;
	if (nmsg > room)
		nmsg = room;
	memmove(e->msg + nctx, e->msg, nmsg);
	memcpy(e->msg, ctx, nctx);
	e->msg[nctx + nmsg] = '\0';
	return -1;
}

void err_clear(struct err *e)
{
	if (e == NULL)
		return;
	e->code = ERR_OK;
	e->msg[0] = '\0';
}

/* The place of a status in the order of err_worse(). The four on top never meet in one process: each ends it before work begins. */
static int rank(enum err_code c)
{
	switch (c) {
	case ERR_OK: return 0;
	case ERR_ATTENTION: return 1;
	case ERR_UNAVAILABLE: return 2;
	case ERR_TEMPFAIL: return 3;
	case ERR_OS: return 4;
	case ERR_IO: return 5;
	case ERR_NOPERM: return 6;
	case ERR_PROTOCOL: return 7;
	case ERR_DATA: return 8;
	case ERR_SOFTWARE: return 9;
	case ERR_NOINPUT: return 10;
	case ERR_CANTCREAT: return 11;
	case ERR_CONFIG: return 12;
	case ERR_USAGE: return 13;
	}
	return 9;
}

enum err_code err_worse(enum err_code a, enum err_code b)
{
	return rank(a) >= rank(b) ? a : b;
}

void diag_add(struct diag *d, const char *file, int line, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	if (file != NULL && line > 0)
		buf_fmt(&b, "%s:%d: %s", file, line, text);
	else if (file != NULL)
		buf_fmt(&b, "%s: %s", file, text);
	else
		buf_str(&b, text);
	if (!buf_ok(&b) || b.p == NULL || buf_grow(&d->line, &d->cap, d->n + 1, sizeof *d->line) < 0) {
		d->lost++;
		buf_free(&b);
		return;
	}
	d->line[d->n++] = b.p;
}

int diag_empty(const struct diag *d)
{
	return d->n == 0 && d->lost == 0;
}

void diag_free(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->line[i]);
	free(d->line);
	memset(d, 0, sizeof *d);
}
