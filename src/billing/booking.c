#include "billing/booking.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ACCOUNT_MAX 9 /* digits of an account, DATEV columns 7 and 8 */
#define BU_MAX 4

static const char digits[] = "0123456789";

static const char *nomem(void)
{
	return "out of memory";
}

static const char *or_nomem(const char *s)
{
	return s != NULL ? s : nomem();
}

static int is_number(const char *s, size_t max)
{
	size_t n = strlen(s);

	return n >= 1 && n <= max && strspn(s, digits) == n;
}

/* Cuts "CATEGORY RATE: ACCOUNT/BU" at its marks. NULL, or what is wrong. */
static const char *cut(char *item, char **tax, char **account, char **bu, struct pool *pool)
{
	char *colon = strchr(item, ':'), *slash;

	if (*item == '\0')
		return "an entry is empty; use a form such as \"S 19: 8400, AE: 8336\"";
	if (colon == NULL)
		return or_nomem(pool_fmt(pool, "'%.60s' names no account; use a form such as \"S 19: 8400\"", item));
	*colon = '\0';
	slash = strchr(colon + 1, '/');
	if (slash != NULL)
		*slash = '\0';
	*tax = text_trim(item);
	*account = text_trim(colon + 1);
	*bu = slash != NULL ? text_trim(slash + 1) : NULL;
	return NULL;
}

/* "S 19", "S 7.5" or "AE". */
static const char *parse_tax(char *s, struct booking_account *out, struct pool *pool)
{
	size_t n = strcspn(s, " \t");
	char *rate = text_trim(s + n);
	int standard;

	if (n >= sizeof out->category)
		return or_nomem(pool_fmt(pool, "'%.60s': the VAT category is S, AE, E, O or G", s));
	memcpy(out->category, s, n);
	out->category[n] = '\0';
	if (!customer_tax_category_ok(out->category))
		return or_nomem(pool_fmt(pool, "'%.60s': the VAT category is S, AE, E, O or G", s));
	standard = strcmp(out->category, "S") == 0;
	if (!standard && *rate != '\0')
		return or_nomem(pool_fmt(pool, "'%.60s': only category S has a rate", s));
	if (standard && *rate == '\0')
		return "category S needs a rate, such as \"S 19: 8400\"";
	out->pct_e2 = 0;
	if (standard && (num_parse(rate, MONEY_PCT_SCALE, &out->pct_e2) < 0 || out->pct_e2 <= 0 || out->pct_e2 > 10000))
		return or_nomem(pool_fmt(pool, "'%.60s': the rate is a number above 0 and up to 100 with at most two decimals", s));
	return NULL;
}

static const char *parse_item(char *item, struct pool *pool, struct booking_account *out)
{
	char *tax, *account, *bu;
	const char *wrong = cut(item, &tax, &account, &bu, pool);

	if (wrong == NULL)
		wrong = parse_tax(tax, out, pool);
	if (wrong != NULL)
		return wrong;
	if (!is_number(account, ACCOUNT_MAX) || strspn(account, "0") == strlen(account))
		return or_nomem(pool_fmt(pool, "'%.60s': the account of %s has 1 to %d digits, not all of them 0", account, tax, ACCOUNT_MAX));
	if (bu != NULL && (!is_number(bu, BU_MAX) || strspn(bu, "0") == strlen(bu)))
		return or_nomem(pool_fmt(pool, "'%.60s': the BU key of %s has 1 to %d digits, not all of them 0", bu, tax, BU_MAX));
	out->account = account;
	out->bu_key = bu;
	return NULL;
}

const char *booking_parse_accounts(const char *s, struct pool *pool, struct booking_rules *out)
{
	struct booking_rules r = { .naccounts = 0 };
	char *rest = pool_dup(pool, s != NULL ? s : ""), *item;

	if (rest == NULL)
		return nomem();
	while ((item = strsep(&rest, ",")) != NULL) {
		struct booking_account *a = &r.accounts[r.naccounts];
		const char *wrong;

		if (r.naccounts == BOOKING_ACCOUNTS_MAX)
			return or_nomem(pool_fmt(pool, "more than %d accounts", BOOKING_ACCOUNTS_MAX));
		wrong = parse_item(text_trim(item), pool, a);
		if (wrong != NULL)
			return wrong;
		if (booking_account(&r, a->category, a->pct_e2) != NULL)
			return or_nomem(pool_fmt(pool, "'%s' has two accounts", text_trim(item)));
		r.naccounts++;
	}
	memcpy(out->accounts, r.accounts, sizeof out->accounts);
	out->naccounts = r.naccounts;
	return NULL;
}

const struct booking_account *booking_account(const struct booking_rules *r, const char *category, int64_t pct_e2)
{
	for (size_t i = 0; i < r->naccounts; i++)
		if (r->accounts[i].pct_e2 == pct_e2 && strcmp(r->accounts[i].category, category) == 0)
			return &r->accounts[i];
	return NULL;
}

int booking_cost_centre_ok(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ ");

	return s[n] == '\0' && n >= 1 && n <= 36 && s[0] != ' ' && s[n - 1] != ' ';
}

date_t booking_fiscal_year(const struct booking_rules *r, date_t d)
{
	struct date_ymd x = date_to_ymd(d);

	return date_from_ymd(x.month >= r->fiscal_month ? x.year : x.year - 1, (int)r->fiscal_month, 1);
}

/* The lines of a VAT group that share a cost centre. */
struct share {
	const char *cost_centre;
	int64_t net_minor, amount_minor;
};

static const char *label(const struct invoice *v)
{
	return v->number != NULL ? v->number : "(unnumbered)";
}

/* Without a cost centre first. */
static int compare_share(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->cost_centre == NULL || y->cost_centre == NULL)
		return (x->cost_centre != NULL) - (y->cost_centre != NULL);
	return strcmp(x->cost_centre, y->cost_centre);
}

/* The group's lines summed by cost centre; one share of nothing when it has no lines. *lines counts them. */
static int gather(const struct invoice *v, const struct invoice_tax *t, struct share *s, size_t *n, size_t *lines)
{
	size_t k = 0, last = 0;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];

		if (l->tax_pct_e2 != t->pct_e2 || strcmp(l->tax_category, t->category) != 0)
			continue;
		s[k].cost_centre = l->cost_centre != NULL && *l->cost_centre != '\0' ? l->cost_centre : NULL;
		s[k++].net_minor = l->net_minor;
	}
	*lines += k;
	if (k == 0)
		s[k++] = (struct share){ .cost_centre = NULL };
	qsort(s, k, sizeof *s, compare_share);
	for (size_t i = 1; i < k; i++) {
		if (compare_share(&s[last], &s[i]) != 0)
			s[++last] = s[i];
		else if (num_add(&s[last].net_minor, s[i].net_minor) < 0)
			return -1;
	}
	*n = last + 1;
	return 0;
}

static __int128 size_of(__int128 v)
{
	return v < 0 ? -v : v;
}

/* Sets the amounts. -1 on overflow. */
static int share_out(struct share *s, size_t n, int64_t gross)
{
	__int128 sum = 0, rest = gross;
	size_t largest = 0;
	int64_t own;
	int overflow = 0;

	for (size_t i = 0; i < n; i++) {
		sum += s[i].net_minor;
		s[i].amount_minor = 0;
		if (size_of(s[i].net_minor) > size_of(s[largest].net_minor))
			largest = i;
	}
	if (sum == 0) {
		s[0].amount_minor = gross;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		__int128 part = (__int128)gross * s[i].net_minor;

		s[i].amount_minor = num_div_round(sum < 0 ? -part : part, size_of(sum), &overflow);
		rest -= s[i].amount_minor;
	}
	own = s[largest].amount_minor;
	if (overflow || rest > INT64_MAX || rest < INT64_MIN || num_add(&s[largest].amount_minor, (int64_t)rest) < 0)
		return -1;
	/* A few cents over many cost centres: rounding took more than the largest share has, which then would change sides. */
	if ((own > 0 && s[largest].amount_minor < 0) || (own < 0 && s[largest].amount_minor > 0)) {
		for (size_t i = 0; i < n; i++)
			s[i].amount_minor = 0;
		s[largest].amount_minor = gross;
	}
	return 0;
}

static int no_account(const struct invoice *v, const struct invoice_tax *t, struct err *e)
{
	char rate[NUM_MAX];

	num_fmt_short(rate, t->pct_e2, MONEY_PCT_SCALE, 0);
	return err_set(e, ERR_CONFIG, "%s: no revenue account for VAT category %s with %s %%", label(v), t->category, rate);
}

/* Appends the bookings of one group. */
static int book_group(const struct booking_rules *r, const struct invoice *v, const struct invoice_tax *t, struct share *s,
                      struct booking *out, size_t *n, size_t *lines, struct err *e)
{
	const struct booking_account *account = booking_account(r, t->category, t->pct_e2);
	int64_t gross = t->base_minor;
	size_t shares;

	if (num_add(&gross, t->tax_minor) < 0 || gather(v, t, s, &shares, lines) < 0 || share_out(s, shares, gross) < 0)
		return err_set(e, ERR_SOFTWARE, "%s: the amounts to book overflow", label(v));
	if (account == NULL && gross != 0)
		return no_account(v, t, e);
	for (size_t i = 0; i < shares; i++) {
		struct booking *b = &out[*n];

		if (s[i].amount_minor == 0)
			continue;
		if (s[i].amount_minor == INT64_MIN)
			return err_set(e, ERR_SOFTWARE, "%s: the amounts to book overflow", label(v));
		*b = (struct booking){ .account = account, .cost_centre = s[i].cost_centre, .tax_pct_e2 = t->pct_e2 };
		memcpy(b->tax_category, t->category, sizeof b->tax_category);
		b->credit = s[i].amount_minor < 0;
		b->amount_minor = b->credit ? -s[i].amount_minor : s[i].amount_minor;
		(*n)++;
	}
	return 0;
}

/* What is booked is what the document says, and every line went into a group. */
static int check_sum(const struct invoice *v, const struct booking *b, size_t n, size_t lines, struct err *e)
{
	__int128 sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += b[i].credit ? -b[i].amount_minor : b[i].amount_minor;
	if (sum != v->gross_minor)
		return err_set(e, ERR_SOFTWARE, "%s: the bookings add up to %lld, the document to %lld", label(v), (long long)sum,
		               (long long)v->gross_minor);
	if (lines != v->nlines)
		return err_set(e, ERR_SOFTWARE, "%s: %zu of %zu lines belong to a VAT group", label(v), lines, v->nlines);
	return 0;
}

int booking_of_invoice(const struct booking_rules *r, const struct invoice *v, struct pool *pool, struct booking **out, size_t *n,
                       struct err *e)
{
	struct booking *b = pool_alloc(pool, (v->nlines + v->ntaxes) * sizeof *b);
	struct share *s = pool_alloc(pool, (v->nlines + 1) * sizeof *s);
	size_t count = 0, lines = 0;

	if (b == NULL || s == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < v->ntaxes; i++)
		if (book_group(r, v, &v->taxes[i], s, b, &count, &lines, e) < 0)
			return -1;
	if (check_sum(v, b, count, lines, e) < 0)
		return -1;
	*out = b;
	*n = count;
	return 0;
}
