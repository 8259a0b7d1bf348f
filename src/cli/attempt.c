#include "cli/attempt.h"

int attempt_digest(const char *const *ids, size_t n, uint8_t out[SHA_LEN], struct err *e)
{
	struct sha *sha = sha_new();

	if (sha == NULL)
		return err_nomem(e);
	for (size_t k = 0; k < n; k++)
		sha_add(sha, ids[k], 36);
	sha_end(sha, out);
	sha_free(sha);
	return 0;
}

const char *attempt_state(enum batch_answer a)
{
	static const char *const names[] = { "answered", "lost", "again", "too_large", "refused", "absent" };

	return names[a];
}

int attempt_alarm(struct run *r, const char *run, const struct batch_report *report, struct err *e)
{
	if (report->foreign == 0 && report->doubled == 0)
		return 0;
	r->protocol_alarms += report->foreign;
	return chain_append(r->app->store, run, "protocol", "{\"answer\":\"ids that were not sent, or ids in two buckets\"}", e);
}
