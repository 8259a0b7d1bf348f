/* What a summary counts: sums per company, project, user and type of work. Memory is per distinct name, never per entry (but for some late and held ones). */
#ifndef OUTPUT_SUMMARYDATA_H
#define OUTPUT_SUMMARYDATA_H

#include "base/pool.h"
#include "output/summaryweeks.h"
#include "output/taker.h"

#define SUMMARYDATA_CURRENCIES_MAX 16
#define SUMMARYDATA_LATE_MAX 500
#define SUMMARYDATA_HELD_MAX 2000

enum summarydata_kind { BY_COMPANY, BY_PROJECT, BY_USER, BY_WORK, SUMMARYDATA_KINDS };

/* What a group stands for: entries of one name, or what no entry carries. */
enum summarydata_what { OF_ENTRIES, OF_FEES, OF_DISCOUNTS };

struct summarydata_group {
	enum summarydata_what what;
	const char *key, *name, *company; /* name and company may be NULL */
	int64_t entries, secs, billed;
	int64_t net[SUMMARYDATA_CURRENCIES_MAX]; /* minor units, by currency */
	int64_t fees[SUMMARYDATA_CURRENCIES_MAX], discounts[SUMMARYDATA_CURRENCIES_MAX]; /* of a company: parts of net; discounts are negative */
};

struct summarydata_set {
	struct summarydata_group *v; /* by net in the main currency, then hours, then name; fees and discounts last */
	size_t n, cap;
	uint32_t *slot; /* hash table of indices + 1 */
	size_t nslot, last; /* last: the one looked for before */
};

struct summarydata_currency {
	const char *code;
	int decimals;
	int64_t invoices, net, tax, gross;
	int64_t fees, discounts; /* of net; discounts are negative */
};

struct summarydata_tax {
	int currency;
	char category[3];
	int64_t pct_e2, base, tax;
};

struct summarydata_reason {
	const char *name;
	int64_t entries, secs;
};

/* A late entry on a document; project and user may be NULL. */
struct summarydata_late {
	date_t date;
	const char *company, *project, *user, *invoice;
	int64_t secs, billed;
};

/* A held entry; the names and the note may be NULL. */
struct summarydata_held {
	const char *reason, *id;
	date_t date;
	const char *company, *project, *task, *user, *note;
	int has_secs;
	int64_t secs;
};

struct summarydata {
	struct pool *pool;
	struct summarydata_currency currency[SUMMARYDATA_CURRENCIES_MAX];
	int ncurrencies, main; /* main: the one of most invoices */
	struct summarydata_set set[SUMMARYDATA_KINDS];
	struct summarydata_tax *tax; /* by currency, category, rate */
	size_t ntax, tax_cap;
	struct summarydata_reason *held;
	size_t nheld, held_cap;
	struct summarydata_late *late_v; /* the first ones, in the order of the documents */
	size_t nlate, late_cap;
	struct summarydata_held *held_v; /* the first ones, by reason, date, id */
	size_t nheld_v, held_v_cap;
	struct summaryweeks weeks;
	int64_t invoices, entries, late, secs, billed, held_entries, held_secs;
};

/* Makes a taker that counts into *d, which is whole once the taker is closed. A line's net amount is shared among its entries by their billed seconds, exactly; fixed fees count for their project
 * and else, like discounts, in groups of their own (per company among the projects): every set adds up to the invoices to the cent.
 * The walk ends with ERR_SOFTWARE when entries and lines disagree; ERR_OS. *d is always to be freed. */
int summarydata_take(struct taker *out, struct summarydata *d, const struct period *period, struct err *e);
void summarydata_free(struct summarydata *d);

#endif
