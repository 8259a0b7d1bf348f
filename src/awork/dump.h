/* A dump: what awork answered, so that a dry run can be made again without it. A file of gzip; a first line, one answer a line, a last line:
 *   {"psabill_dump":1,"at":SECONDS,"redacted":0}
 *   {"get":"/timeentries?page=1...","status":200,"whole":1,"page":1,"page_size":1000,"items":7,"total":7,"type":"application/json","body":"[...]"}
 *   {"end":1,"exit":0}
 * A body that is no UTF-8 stands as "hex" in its place. No header is kept but these; the token is blotted out of bodies. */
#ifndef AWORK_DUMP_H
#define AWORK_DUMP_H

#include "awork/http.h"

struct dump;

/* Begins a dump beside its place, under another name and with mode 0600. A file that is there already: ERR_CANTCREAT. token: borrowed, or NULL. */
struct dump *dump_open(const char *path, const char *token, int redact, struct err *e);

/* Makes of a request the one to send in its place: its answer goes into the dump on its way to the caller. Only GET is kept. A dump that cannot be written is
 * remembered and never stops a request. -1: out of memory. */
int dump_tee(struct dump *d, const struct http_request *r, struct http_request *out, struct err *e);

/* The last line, on disk, under its name. status: what the program ends with. ERR_IO, ERR_CANTCREAT: the first thing that went wrong; then there is no file. */
int dump_finish(struct dump *d, int status, struct err *e);
/* A dump that was not finished disappears. NULL is fine. */
void dump_free(struct dump *d);

#endif
