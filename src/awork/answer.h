/* What an answer says beside its body: header lines, and awork's own words about an error. No curl here. */
#ifndef AWORK_ANSWER_H
#define AWORK_ANSWER_H

#include "awork/http.h"
#include "base/buf.h"

/* Collected line by line; reset by every status line, so that an interim answer (100, 103) leaves nothing behind. */
struct answer_head {
	long status;
	int64_t page, page_size, items, total; /* aw-*: -1 absent, -2 no number or given twice */
	char trace_id[80], content_type[80], retry_after[64], reset[32], limit[24], left[24], location[256];
	int trace_rank; /* which of the known headers trace_id came from, higher is better */
	size_t bytes;   /* of all lines, interim answers and trailers included */
};

void answer_reset(struct answer_head *h);
/* Takes one line with its CR LF. Names in any case; unknown ones are passed over. */
void answer_line(struct answer_head *h, const char *p, size_t n);

/* Appends what the body of an error says: "code: description", else its text; cleaned, at most 200 characters. Nothing for an
 * empty body. */
void answer_explain(const char *body, size_t n, struct buf *out);
/* True when the body is awork's error object with this code. */
int answer_has_code(const struct http_answer *a, const char *code);
/* ERR_PROTOCOL for a status that `what` ("GET /timeentries") cannot do anything with. Always -1. */
int answer_unexpected(const struct http_answer *a, const char *what, struct err *e);

#endif
