#include "cli/setup.h"

#include <string.h>

#include "base/jdoc.h"
#include "base/jout.h"

void setup_of_config(const struct config *c, struct setup *out)
{
	*out = (struct setup){ .language = c->language, .attach = c->attach, .datev = c->datev, .booking = c->booking, .nprofiles = c->nprofiles };
	memcpy(out->profiles, c->profiles, sizeof out->profiles);
}

static void write_booking(struct jout *j, const struct booking_rules *b)
{
	jout_object(j, "datev");
	jout_int(j, "consultant", b->consultant);
	jout_int(j, "client", b->client);
	jout_int(j, "fiscal_month", b->fiscal_month);
	jout_int(j, "account_length", b->account_length);
	jout_opt(j, "chart", b->chart);
	jout_bool(j, "lock", b->lock);
	jout_array(j, "accounts");
	for (size_t i = 0; i < b->naccounts; i++) {
		jout_object(j, NULL);
		jout_text(j, "category", b->accounts[i].category);
		jout_int(j, "pct_e2", b->accounts[i].pct_e2);
		jout_text(j, "account", b->accounts[i].account);
		jout_opt(j, "bu_key", b->accounts[i].bu_key);
		jout_end_object(j);
	}
	jout_end_array(j);
	jout_end_object(j);
}

void setup_write(const struct setup *s, struct buf *out)
{
	struct jout j;

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	jout_text(&j, "language", s->language);
	jout_int(&j, "attach", s->attach);
	if (s->datev)
		write_booking(&j, &s->booking);
	jout_array(&j, "profiles");
	for (size_t i = 0; i < s->nprofiles; i++)
		jout_text(&j, NULL, s->profiles[i]);
	jout_end_array(&j);
	jout_end_object(&j);
}

static int read_accounts(const jdoc_val *list, struct pool *pool, struct booking_rules *b)
{
	if (!jdoc_is_array(list) || jdoc_len(list) > BOOKING_ACCOUNTS_MAX)
		return -1;
	b->naccounts = jdoc_len(list);
	for (size_t i = 0; i < b->naccounts; i++) {
		const jdoc_val *v = jdoc_at(list, i);
		const char *category = jdoc_get_text(v, "category");
		struct booking_account *a = &b->accounts[i];

		a->account = pool_dup(pool, jdoc_get_text(v, "account"));
		a->bu_key = pool_dup(pool, jdoc_get_text(v, "bu_key"));
		if (category == NULL || strlen(category) >= sizeof a->category || a->account == NULL || !jdoc_int(jdoc_get(v, "pct_e2"), &a->pct_e2))
			return -1;
		memcpy(a->category, category, strlen(category) + 1);
	}
	return 0;
}

static int read_booking(const jdoc_val *v, struct pool *pool, struct booking_rules *b)
{
	if (!jdoc_int(jdoc_get(v, "consultant"), &b->consultant) || !jdoc_int(jdoc_get(v, "client"), &b->client) ||
	    !jdoc_int(jdoc_get(v, "fiscal_month"), &b->fiscal_month) || !jdoc_int(jdoc_get(v, "account_length"), &b->account_length) ||
	    !jdoc_bool(jdoc_get(v, "lock"), &b->lock))
		return -1;
	b->chart = pool_dup(pool, jdoc_get_text(v, "chart"));
	return read_accounts(jdoc_get(v, "accounts"), pool, b);
}

static int read_all(const jdoc_val *v, struct pool *pool, struct setup *s)
{
	const jdoc_val *datev = jdoc_get(v, "datev"), *profiles = jdoc_get(v, "profiles");
	int64_t attach;

	s->language = pool_dup(pool, jdoc_get_text(v, "language"));
	if (s->language == NULL || !jdoc_int(jdoc_get(v, "attach"), &attach) || !jdoc_is_array(profiles) || jdoc_len(profiles) > CONFIG_PROFILES_MAX)
		return -1;
	s->attach = (unsigned)attach;
	s->datev = datev != NULL;
	if (s->datev && read_booking(datev, pool, &s->booking) < 0)
		return -1;
	s->nprofiles = jdoc_len(profiles);
	for (size_t i = 0; i < s->nprofiles; i++) {
		s->profiles[i] = pool_dup(pool, jdoc_text(jdoc_at(profiles, i)));
		if (s->profiles[i] == NULL)
			return -1;
	}
	return 0;
}

int setup_read(const char *json, size_t n, struct pool *pool, struct setup *out, struct err *e)
{
	struct jdoc *d = jdoc_parse(json, n, e);
	struct setup s = { .nprofiles = 0 };
	int rc = -1;

	if (d == NULL)
		return err_ctx(e, "settings of a run in the ledger");
	if (read_all(jdoc_root(d), pool, &s) < 0)
		err_set(e, pool_failed(pool) ? ERR_OS : ERR_DATA, "settings of a run in the ledger: a member is missing or of the wrong kind");
	else
		rc = 0;
	jdoc_free(d);
	if (rc == 0)
		*out = s;
	return rc;
}
