/* From an answer to bytes on the connection: compression, and the ways an answer can be damaged on the way. */
#ifndef SANDBOX_SEND_H
#define SANDBOX_SEND_H

#include "http.h"

#include <microhttpd.h>

/* Takes what the answer owns. */
enum MHD_Result send_answer(struct MHD_Connection *c, const struct request *r, struct answer *a);

#endif
