/* The staging folder of a run, and its publication by one rename. */
#ifndef OUTPUT_STAGE_H
#define OUTPUT_STAGE_H

#include <stdint.h>
#include "base/err.h"
#include "base/sha.h"

struct stage;

/* out/PERIOD/.stage-RUN/ (0700): made new, with the empty folders invoices/ and datev/. draft: out/draft/PERIOD/ instead of out/PERIOD/RUN/ is the target
 * and is replaced on publication. ERR_CANTCREAT when out is missing, a link or read-only, or the target exists; ERR_CONFIG when out or the period folder
 * belongs to others, is writable by others without sticky bit, or lies on another file system; ERR_IO. */
struct stage *stage_new(const char *out_dir, const char *period, const char *run, int draft, struct err *e);
/* The stage or the published folder of an earlier process, for going on. *published: 0 only the stage exists, 1 the target exists; NULL and no error when neither. */
struct stage *stage_find(const char *out_dir, const char *period, const char *run, int *published, struct err *e);
/* Absolute or relative path of the folder that writers write to (the stage, or the target once published); borrowed. rel below it: "invoices/X.csv". */
const char *stage_dir(const struct stage *st);
/* The path where the folder is or will be published; borrowed. */
const char *stage_target(const struct stage *st);
/* Removes invoices/ and datev/ when empty, fsyncs every file and folder of the stage and hashes every file but run.json, by name. */
int stage_seal(struct stage *st, int (*each)(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e), void *ctx, struct err *e);
/* Hashes what is there now, like stage_seal() without fsync. */
int stage_each(struct stage *st, int (*each)(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e), void *ctx, struct err *e);
/* renameat2(RENAME_NOREPLACE), fsync of the period folder; idempotent. */
int stage_publish(struct stage *st, struct err *e);
/* Removes a stage that is not published; and the period folder when that is empty. */
int stage_drop(struct stage *st, struct err *e);
/* Documents 0440, folders 0550, run.json stays replaceable by stage_put(): called once when the run closes. Nothing happens to a draft. */
int stage_freeze(struct stage *st, struct err *e);
/* Durable replacement (mode 0600) of a file beside the documents (run.json), also in a frozen folder; and of a file in out (latest.json). */
int stage_put(struct stage *st, const char *name, const void *p, size_t n, struct err *e);
int stage_put_out(struct stage *st, const char *name, const void *p, size_t n, struct err *e);
void stage_free(struct stage *st);

#endif
