/* Ledger against awork, entry by entry: what became of billed time, and what that means in seconds and money. Pure. */
#ifndef BILLING_RECONCILE_H
#define BILLING_RECONCILE_H

#include "billing/invoice.h"

/* Words of the report; scripts rely on them. */
enum reconcile_class {
	RECONCILE_AGREED,     /* billed in awork as on the document */
	RECONCILE_NOTED,      /* a second off at the same times, which is awork's rounding */
	RECONCILE_ELSEWHERE,  /* billed in awork and on no live document: information */
	RECONCILE_HELD,       /* unbilled because the settings keep it from being billed: information */
	RECONCILE_CHANGED,    /* edited after it was billed */
	RECONCILE_REOPENED,   /* billed before, unbilled by a person */
	RECONCILE_UNMARKED,   /* on a live document, awork refused to mark it */
	RECONCILE_PENDING,    /* on a live document, still to be marked (or, of a void, unmarked) by the next run */
	RECONCILE_GONE,       /* deleted in awork */
	RECONCILE_FOREIGN,    /* billed by somebody else before we marked it: perhaps billed twice */
	RECONCILE_FORGOTTEN,  /* billable, unbilled, before the cutoff, on no document */
	RECONCILE_BOOKS_OPEN, /* in the books, not paid: information */
	RECONCILE_BOOKS_MISSING, RECONCILE_BOOKS_EXTRA, RECONCILE_BOOKS_TWICE, RECONCILE_BOOKS_AMOUNT, RECONCILE_BOOKS_CURRENCY,
	RECONCILE_FILE,       /* an issued file is damaged or missing */
	RECONCILE_LEDGER,     /* the ledger contradicts itself */
	RECONCILE_CLASSES
};
const char *reconcile_name(enum reconcile_class c);
/* True for what a person has to look at; information and agreement are none. */
int reconcile_is_difference(enum reconcile_class c);
/* True when files or ledger cannot be trusted. */
int reconcile_is_damage(enum reconcile_class c);

/* How far marking a claim had come, as the ledger says. */
enum reconcile_mark {
	RECONCILE_NEVER_SENT, RECONCILE_SENT, /* not proven */
	RECONCILE_REFUSED,
	RECONCILE_DONE,                       /* was seen billed, or settled otherwise */
	RECONCILE_BY_OTHERS
};

struct reconcile_claim {
	enum reconcile_mark mark;
	int voiding;            /* the document is being cancelled */
	int64_t secs;           /* as tracked when it was billed, and what corrections added */
};

struct reconcile_verdict {
	enum reconcile_class class;
	int64_t now_secs;       /* billable time now */
	int64_t delta_secs;     /* now minus billed */
	int moved;              /* to another company: a correction cannot mend that */
};

/* was: the entry as claimed, NULL when its snapshot was purged. now: NULL when it is deleted. same: both have the same fingerprint. Appends to
 * *what what differs, old -> new, in words; "" when nothing does. */
void reconcile_classify(const struct reconcile_claim *c, const struct entry *was, const struct entry *now, int same, struct reconcile_verdict *out,
    struct buf *what);

/* What a document's line says about price and rounding. */
struct reconcile_line {
	enum customer_quantity unit;
	int64_t price_e4;
	int decimals;           /* of the currency */
	struct rounding rounding;
	int64_t secs;           /* as tracked and corrected; moved by reconcile_billed_delta() */
};

/* Seconds to be billed in addition (or taken back) when an entry that was billed with was_billed seconds has now_secs, delta_secs more than before:
 * rounded as the line was. With rounding by line the entries of a line share its steps, so equal calls in equal order give equal results. */
int64_t reconcile_billed_delta(struct reconcile_line *l, int64_t was_billed, int64_t now_secs, int64_t delta_secs);
/* The net amount of so many billed seconds at the line's price, as a line would print it. */
int64_t reconcile_value(const struct reconcile_line *l, int64_t billed_secs, int *overflow);

/* One row of the report. Texts are borrowed, NULL when there is none. */
struct reconcile_finding {
	enum reconcile_class class;
	const char *entry;      /* id */
	const char *invoice;
	int pos;                /* line; 0: none */
	date_t date;
	const char *company, *project, *user;
	const char *state;      /* of the claim */
	const char *change;     /* old -> new, or the finding as a sentence */
	const char *reason;     /* why it would be held */
	int64_t secs;           /* changed and gone: now minus billed; else the time at stake */
	int has_money;
	int64_t minor;          /* of secs, net; of the books: theirs minus ours, gross */
	const char *currency;
	int proposed;           /* a correction waits for the next invoice */
};

/* By class, invoice, line, date, entry, sentence. */
int reconcile_compare(const struct reconcile_finding *a, const struct reconcile_finding *b);

/* What the findings of one class and currency come to. */
struct reconcile_sum {
	enum reconcile_class class;
	char currency[4];       /* "" without money */
	int64_t n, secs, minor;
};

/* A document beside its row in the books. */
struct reconcile_book {
	enum reconcile_class class; /* AGREED, BOOKS_OPEN, or what is off */
	const char *number, *company, *currency;
	date_t date;
	int64_t ours_minor;
	int has_theirs;
	int64_t theirs_minor;       /* rounded to the currency's decimals */
	const char *their_currency; /* NULL: not told */
	int paid;                   /* 1 paid, 0 open, -1 not told */
};

struct reconcile_report {
	struct period period;
	struct reconcile_finding *v; /* differences and information, sorted */
	size_t n, cap;
	struct reconcile_sum *sums;  /* by class, currency */
	size_t nsums, cap_sums;
	const char *books;           /* file that was compared, or NULL */
	struct reconcile_book *book; /* by number */
	size_t nbook, cap_book;
	int64_t remarked, proposed, withdrawn;
	int64_t open_corrections;    /* wait for the next invoice */
	const char *unfinished;      /* run that was interrupted, or NULL */
};

/* Adds to a sum, made when new. ERR_OS, ERR_SOFTWARE on overflow. */
int reconcile_count(struct reconcile_report *r, enum reconcile_class class, const char *currency, int64_t n, int64_t secs, int64_t minor, struct err *e);
/* Sorts the findings and counts them. */
int reconcile_close(struct reconcile_report *r, struct err *e);
int64_t reconcile_differences(const struct reconcile_report *r);

#endif
