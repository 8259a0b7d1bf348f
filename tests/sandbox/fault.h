/* Faults by script. A script is a JSON array of rules; a rule says which requests it meets and what happens to them.

   Which requests:
     "method"       GET, POST, ...; absent: any
     "path"         exact path below /api/v1, without query        "path_prefix"  its beginning
     "query_has"    part of the decoded query                      "body_has"     part of the request body
     "from", "to"   1-based count of the requests this rule met; default all. "n": k is from = to = k

   The answer instead of the real one (nothing is applied, unless "apply" is true):
     "status", "body" (text, or JSON that is written out), "headers" {name: value or [values]}, "content_type"
     "apply"        serve the request as well; without "body" the real body is kept
   Time:
     "delay_ms"     before the request is served                   "delay_after_ms"  after it was, before the answer
   The world moves:
     "edit"         edits as for /_sandbox/edit, before serving     "edit_after"   after serving
   The connection:
     "close"        closed without an answer, request not applied   "apply_close"  applied, then closed
     "reset"        with these and with cuts: RST instead of FIN    "raw"          this text on the socket, then closed
     "cut": N       the body ends after N bytes, Content-Length says more
     "cut_chunked": N           chunked, broken off after N bytes
     "cut_close_delimited": N   no length, Connection: close, ends cleanly after N bytes; negative N: counted from the end
     "drip": [bytes, ms]        so many bytes at a time             "endless"      body goes on for ever
     "gzip_bomb": N  N bytes of white space behind the JSON, compressed    "no_gzip"
   Lists:
     "drop_rows": N  "total_delta": N  "duplicate_row": true | "changed"  "ignore_filter"  "ignore_page"  "page_size": N
     "shuffle_ties"  equal sort keys in random order
     "raw_entry" {"id", "json"} or an array of them: this text instead of the entry
     "patch_entry" {"id", "members": {name: raw JSON text, or null to leave it out}} or an array; id may be "*" or "#3"
     both also in GET /timeentries/{id}
   Any answer:
     "omit_headers" [names]  "set_headers" {name: value or [values]}  "header_flood": N bytes  "truncate_json": true or N bytes
   Batches:
     "bucket" {id, "#2" (position in the request) or "*": OUTCOME}, "bucket_all": OUTCOME
        ok notFound unauthorized badRequest  none none_applied  both both_applied  twice
        (only ok, none_applied, both_applied and twice change the entry)
     "lie"          ok for every id, nothing applied                "foreign_ok" [ids]  ids in ok that were not sent
     "null_buckets" true | "empty"   "omit_buckets" true | "empty"   "null_ids"   "ids_as_string"
     "refuse_ids" [ids]  400 for a request with one of them         "max_ids": N  413 above
     "stale_reads": N    after this write the next N entry lists show isBilled as before it */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include "http.h"

/* Replaces the script; counting starts again. Returns false with a reason and keeps the old one. */
bool fault_set(const json_t *rules, char *why, size_t why_size);
bool fault_load(const char *path);
void fault_clear(void);

/* The actions of all rules that meet the request, merged; NULL when none does. Owned by the caller. The numbers of the
   rules are appended to rules, separated by commas. */
json_t *fault_plan(const struct request *r, const char *api_path, struct buf *rules);

/* These accept a NULL plan. */
const json_t *fault_get(const json_t *plan, const char *name);
int64_t fault_int(const json_t *plan, const char *name, int64_t fallback);
bool fault_flag(const json_t *plan, const char *name);

/* The plan answers by itself and the request is not to be served. */
bool fault_replaces(const json_t *plan);
/* raw_entry and patch_entry on the row that starts at from and ends the buffer. nth counts from 1. */
void fault_patch_row(const json_t *plan, struct buf *b, size_t from, const struct uuid *id, size_t nth);
/* What happens to the answer once it is there. */
void fault_finish(const json_t *plan, struct answer *a);

#endif
