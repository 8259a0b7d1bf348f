/* gzip for bodies. zlib's fastest level would take three quarters of the server's time on long lists, on a machine that it shares
   with the program under test; entries repeat whole objects, and copying those is nearly all that is worth looking for. */
#ifndef SANDBOX_GZIP_H
#define SANDBOX_GZIP_H

#include "buf.h"

/* Appends a complete gzip member to out. n below 2 GiB. */
void gzip_pack(struct buf *out, const char *p, size_t n);

#endif
