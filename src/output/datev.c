#include "output/datev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cp1252.h"
#include "base/file.h"
#include "base/text.h"
#include "output/datevfields.h"

#define BOOKINGS_MAX 99000 /* per file; DATEV takes 99,999, some say two less */
#define TEXT_MAX 60        /* column 14 */
#define AMOUNT_MAX 999999999999 /* ten digits before the comma */
#define BLOCK ((size_t)256 * 1024)

/* One call. A file is opened by its first booking. */
struct batch {
	const struct source *src;
	const struct booking_rules *r;
	const char *run, *dir;
	date_t from, to;        /* Datum von, bis: the month of the invoice date */
	struct pool *pool;      /* of one document */
	struct buf rows, text, cell;
	int fd;                 /* of file number n.files, or -1 */
	char *path;
	int64_t bookings, bytes, sum_minor; /* of this file */
	struct datev_counts n;
};

/* What all bookings of a document share. */
struct document {
	const struct invoice *v;
	char day[NUM_MAX], due[NUM_MAX], vat_id[24];
	const char *text;
};

static int check_rules(const struct booking_rules *r, struct err *e)
{
	if (r->consultant < 1001 || r->consultant > 9999999)
		return err_set(e, ERR_CONFIG, "DATEV: the consultant's number is 1001 to 9999999, not %lld", (long long)r->consultant);
	if (r->client < 1 || r->client > 99999)
		return err_set(e, ERR_CONFIG, "DATEV: the client's number is 1 to 99999, not %lld", (long long)r->client);
	if (r->fiscal_month < 1 || r->fiscal_month > 12)
		return err_set(e, ERR_CONFIG, "DATEV: the fiscal year begins in month 1 to 12, not %lld", (long long)r->fiscal_month);
	if (r->account_length < 4 || r->account_length > 8)
		return err_set(e, ERR_CONFIG, "DATEV: general ledger accounts have 4 to 8 digits, not %lld", (long long)r->account_length);
	if (r->chart != NULL && strcmp(r->chart, "03") != 0 && strcmp(r->chart, "04") != 0)
		return err_set(e, ERR_CONFIG, "DATEV: the chart of accounts is 03 or 04, not '%.60s'", r->chart);
	/* A shorter number would be another account: 8400 among those of six digits is 008400. */
	for (size_t i = 0; i < r->naccounts; i++)
		if (strlen(r->accounts[i].account) != (size_t)r->account_length)
			return err_set(e, ERR_CONFIG, "DATEV: revenue account %s of %s does not have %lld digits", r->accounts[i].account,
			               r->accounts[i].category, (long long)r->account_length);
	return 0;
}

static int refuse(const struct invoice *v, const char *field, const char *value, const char *rule, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s: %s '%.60s' %s", v->number, field, value != NULL ? value : "", rule);
}

/* A field that must arrive as it is: into t->cell. */
static int exact(struct batch *t, const struct invoice *v, const char *field, const char *value, struct err *e)
{
	struct err why = ERR_INIT;

	buf_reset(&t->cell);
	if (cp1252_add(&t->cell, value != NULL ? value : "", &why) < 0)
		return err_set(e, ERR_CONFIG, "%s: %s: %s", v->number, field, why.msg);
	return buf_ok(&t->cell) ? 0 : err_nomem(e);
}

static int is_blank(unsigned char c)
{
	return c == ' ' || c == 0xa0;
}

/* Appends a name for people, without blanks at its ends. Returns whether it says anything: it arrived whole, or a letter or digit of it. */
static int add_name(struct batch *t, const char *name)
{
	size_t start = t->text.n, lost, at = start, words = 0;

	buf_reuse(&t->cell);
	text_clean(&t->cell, name != NULL ? name : "", 0);
	lost = cp1252_add_known(&t->text, buf_text(&t->cell));
	if (!buf_ok(&t->text))
		return 1;
	while (t->text.n > start && is_blank((unsigned char)t->text.p[t->text.n - 1]))
		t->text.n--;
	while (at < t->text.n && is_blank((unsigned char)t->text.p[at]))
		at++;
	memmove(t->text.p + start, t->text.p + at, t->text.n - at);
	t->text.n -= at - start;
	for (size_t i = start; i < t->text.n; i++) {
		unsigned char c = (unsigned char)t->text.p[i];

		words += (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0xc0;
	}
	return words > 0 || (lost == 0 && t->text.n > start);
}

/* Column 14: number, what is cancelled, customer. A name in another script leaves the customer number. */
static int make_text(struct batch *t, struct document *d, struct err *e)
{
	const struct invoice *v = d->v;
	size_t start;

	buf_reset(&t->text);
	buf_str(&t->text, v->number);
	if (v->type == INVOICE_CANCELLATION)
		buf_fmt(&t->text, " Storno %s", v->cancels != NULL ? v->cancels : "");
	buf_ch(&t->text, ' ');
	start = t->text.n;
	if (!add_name(t, v->buyer.name) && buf_ok(&t->text)) {
		t->text.n = start;
		add_name(t, v->customer_number);
	}
	if (!buf_ok(&t->text) || !buf_ok(&t->cell))
		return err_nomem(e);
	if (t->text.n > TEXT_MAX)
		t->text.n = TEXT_MAX;
	while (t->text.n > 0 && is_blank((unsigned char)t->text.p[t->text.n - 1]))
		t->text.n--;
	t->text.p[t->text.n] = '\0';
	d->text = t->text.p;
	return 0;
}

/* Countries of column 40: the other members of the VAT area, Greece as EL, Northern Ireland as XI. */
static int is_eu_prefix(const char *id)
{
	static const char prefixes[] = "ATBEBGCYCZDKEEELESFIFRHRHUIEITLTLULVMTNLPLPTROSESISKXI";

	for (const char *p = prefixes; *p != '\0'; p += 2)
		if (strncmp(p, id, 2) == 0)
			return 1;
	return 0;
}

/* Column 40 for reverse charge; empty for an id that is none of another EU country's. */
static int make_vat_id(struct batch *t, struct document *d, struct err *e)
{
	static const char rule[] = "is no VAT id (BT-48): two letters and up to 13 letters or digits; reverse charge needs it";
	char id[sizeof d->vat_id];
	size_t n = 0;

	if (exact(t, d->v, "the customer's VAT id", d->v->buyer.vat_id, e) < 0)
		return -1;
	for (const char *s = buf_text(&t->cell); *s != '\0'; s++) {
		if (is_blank((unsigned char)*s))
			continue;
		if (n == 15)
			return refuse(d->v, "the customer's VAT id", d->v->buyer.vat_id, rule, e);
		id[n++] = (char)(*s >= 'a' && *s <= 'z' ? *s - 32 : *s);
	}
	id[n] = '\0';
	if (n < 3 || strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < 2 || strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+*") != n)
		return refuse(d->v, "the customer's VAT id", d->v->buyer.vat_id, rule, e);
	if (strncmp(id, "GR", 2) == 0)
		memcpy(id, "EL", 2);
	if (is_eu_prefix(id))
		memcpy(d->vat_id, id, n + 1);
	return 0;
}

static int check_account(struct batch *t, const struct invoice *v, struct err *e)
{
	char rule[64];
	const char *s = v->debtor_account != NULL ? v->debtor_account : "";
	size_t n = strlen(s);

	if (exact(t, v, "debtor_account", s, e) < 0)
		return -1;
	if (n == (size_t)t->r->account_length + 1 && strspn(s, "0123456789") == n && strspn(s, "0") < n)
		return 0;
	snprintf(rule, sizeof rule, "does not have %lld digits", (long long)t->r->account_length + 1);
	return refuse(v, "debtor_account", s, rule, e);
}

static int check_number(const struct invoice *v, struct err *e)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/";
	size_t n = strspn(v->number, alphabet);

	if (n >= 1 && n <= 36 && v->number[n] == '\0')
		return 0;
	return err_set(e, ERR_CONFIG, "'%.60s': a document number for DATEV has 1 to 36 letters, digits, '-' and '/'", v->number);
}

static int check_bookings(struct batch *t, const struct invoice *v, const struct booking *b, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (b[i].amount_minor > AMOUNT_MAX)
			return err_set(e, ERR_CONFIG, "%s: an amount of more than ten digits cannot be booked", v->number);
		if (b[i].cost_centre != NULL && exact(t, v, "cost_centre", b[i].cost_centre, e) < 0)
			return -1;
		if (b[i].cost_centre != NULL && !booking_cost_centre_ok(b[i].cost_centre))
			return refuse(v, "cost_centre", b[i].cost_centre, "is not 1 to 36 letters A-Z a-z, digits, '_' and blanks", e);
	}
	return 0;
}

static int is_reverse_charge(const struct booking *b)
{
	return strcmp(b->tax_category, "AE") == 0;
}

static int make_document(struct batch *t, struct document *d, const struct booking *b, size_t n, struct err *e)
{
	const struct invoice *v = d->v;
	struct date_ymd x = date_to_ymd(v->date);
	int reverse_charge = 0;

	/* The year of a booking comes from the header, and a date outside of its month would be booked without a message. */
	if (v->date < t->from || v->date > t->to)
		return err_set(e, ERR_SOFTWARE, "%s: its date is not in the month of the run's invoice date", v->number);
	if (check_number(v, e) < 0 || check_account(t, v, e) < 0 || check_bookings(t, v, b, n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		reverse_charge |= is_reverse_charge(&b[i]);
	snprintf(d->day, sizeof d->day, "%02d%02d", x.day, x.month);
	if (v->due != DATE_NONE) {
		x = date_to_ymd(v->due);
		snprintf(d->due, sizeof d->due, "%02d%02d%04d", x.day, x.month, x.year);
	}
	if (reverse_charge && make_vat_id(t, d, e) < 0)
		return -1;
	return make_text(t, d, e);
}

static void add_header(struct batch *t)
{
	const struct booking_rules *r = t->r;
	struct date_ymd d = date_to_ymd(t->src->date), last = date_to_ymd(t->to), year = date_to_ymd(booking_fiscal_year(r, t->src->date));

	buf_fmt(&t->rows, "\"EXTF\";700;21;\"Buchungsstapel\";13;%04d%02d%02d000000000;;\"RE\";\"psabill\";\"\";", d.year, d.month, d.day);
	buf_fmt(&t->rows, "%lld;%lld;%04d%02d%02d;%lld;", (long long)r->consultant, (long long)r->client, year.year, year.month, year.day,
	        (long long)r->account_length);
	buf_fmt(&t->rows, "%04d%02d01;%04d%02d%02d;", d.year, d.month, last.year, last.month, last.day);
	buf_fmt(&t->rows, "\"Rechnungsausgang %02d/%04d\";\"\";1;0;%d;", d.month, d.year, r->lock != 0);
	buf_fmt(&t->rows, "\"EUR\";;\"\";;;\"%s\";;;\"\";\"\"\r\n", r->chart != NULL ? r->chart : "");
	datevfields_names(&t->rows);
}

static int flush(struct batch *t, struct err *e)
{
	if (!buf_ok(&t->rows))
		return err_nomem(e);
	if (file_write_all(t->fd, buf_text(&t->rows), t->rows.n, e) < 0)
		return err_ctx(e, "%s", t->path);
	t->bytes += (int64_t)t->rows.n;
	buf_reset(&t->rows);
	return 0;
}

/* The path of file k, owned by caller. */
static char *path_of(const struct batch *t, int64_t k)
{
	char *path = NULL, more[NUM_MAX + 1] = "";

	if (k > 1)
		snprintf(more, sizeof more, "_%lld", (long long)k);
	if (asprintf(&path, "%s/EXTF_Buchungsstapel_%s_%s%s.csv", t->dir, t->src->period.label, t->run, more) < 0)
		return NULL;
	return path;
}

static int read_back(const struct batch *t, struct err *e)
{
	struct datevfields_sum sum;

	if (datevfields_read(t->path, &sum, e) < 0)
		return err_ctx(e, "%s", t->path);
	if (sum.bytes == t->bytes && sum.bookings == t->bookings && sum.sum_minor == t->sum_minor)
		return 0;
	return err_set(e, ERR_IO, "%s: read back %lld bookings, sum %lld, in %lld bytes; wrote %lld, sum %lld, in %lld", t->path,
	               (long long)sum.bookings, (long long)sum.sum_minor, (long long)sum.bytes, (long long)t->bookings, (long long)t->sum_minor,
	               (long long)t->bytes);
}

/* Ends the file that is open, if any. */
static int end_file(struct batch *t, struct err *e)
{
	int rc, fd = t->fd;

	if (fd < 0)
		return 0;
	rc = flush(t, e);
	t->fd = -1;
	/* close() tells of delayed write errors on NFS and with quotas. */
	if (close(fd) < 0 && errno != EINTR && rc == 0)
		rc = err_sys(e, ERR_IO, "%s: close", t->path);
	return rc < 0 ? -1 : read_back(t, e);
}

static int next_file(struct batch *t, struct err *e)
{
	if (end_file(t, e) < 0)
		return -1;
	free(t->path);
	t->path = path_of(t, t->n.files + 1);
	if (t->path == NULL)
		return err_nomem(e);
	t->fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return err_sys(e, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "%s: create", t->path);
	t->n.files++;
	t->bookings = t->bytes = t->sum_minor = 0;
	add_header(t);
	return 0;
}

static int put_booking(struct batch *t, const struct document *d, const struct booking *b, struct err *e)
{
	const char *value[DATEVFIELDS_COLUMNS + 1] = { NULL };
	char amount[NUM_MAX];

	num_fmt(amount, b->amount_minor, 2);
	*strchr(amount, '.') = ',';
	value[DATEVFIELDS_AMOUNT] = amount;
	value[DATEVFIELDS_SIDE] = b->credit ? "H" : "S";
	value[DATEVFIELDS_CURRENCY] = "EUR";
	value[DATEVFIELDS_ACCOUNT] = d->v->debtor_account;
	value[DATEVFIELDS_CONTRA] = b->account->account;
	value[DATEVFIELDS_BU_KEY] = b->account->bu_key;
	value[DATEVFIELDS_DATE] = d->day;
	value[DATEVFIELDS_NUMBER] = d->v->number;
	value[DATEVFIELDS_TEXT] = d->text;
	value[DATEVFIELDS_COST_CENTRE] = b->cost_centre;
	value[DATEVFIELDS_VAT_ID] = is_reverse_charge(b) ? d->vat_id : NULL;
	value[DATEVFIELDS_LOCK] = t->r->lock ? "1" : "0";
	value[DATEVFIELDS_DUE] = d->due;
	datevfields_row(&t->rows, value);
	t->bookings++;
	t->n.bookings++;
	if (num_add(&t->sum_minor, b->credit ? -b->amount_minor : b->amount_minor) < 0)
		return err_set(e, ERR_SOFTWARE, "the sum of the bookings overflows");
	return t->rows.n >= BLOCK || !buf_ok(&t->rows) ? flush(t, e) : 0;
}

/* A document stays in one file, unless it alone is larger. */
static int put_document(void *arg, const struct invoice *v, struct err *e)
{
	struct batch *t = arg;
	struct document d = { .v = v };
	struct booking *b;
	size_t n;

	if (strcmp(v->currency, "EUR") != 0) {
		t->n.skipped++;
		return 0;
	}
	pool_reset(t->pool);
	if (booking_of_invoice(t->r, v, t->pool, &b, &n, e) < 0)
		return -1;
	if (n > 0 && make_document(t, &d, b, n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int full = t->bookings == BOOKINGS_MAX || (i == 0 && t->bookings > 0 && t->bookings + (int64_t)n > BOOKINGS_MAX);

		if ((t->fd < 0 || full) && next_file(t, e) < 0)
			return -1;
		if (put_booking(t, &d, &b[i], e) < 0)
			return -1;
	}
	return 0;
}

/* No part of a batch is left behind: it would look like a whole one. */
static void remove_files(const struct batch *t)
{
	for (int64_t k = t->n.files; k >= 1; k--) {
		char *path = path_of(t, k);

		if (path != NULL)
			unlink(path);
		free(path);
	}
}

int datev_write(const struct source *src, const struct booking_rules *r, const char *run, const char *dir, struct datev_counts *out,
                struct err *e)
{
	struct batch t = { .src = src, .r = r, .run = run, .dir = dir, .rows = BUF_INIT, .text = BUF_INIT, .cell = BUF_INIT, .fd = -1 };
	int rc = -1;

	if (check_rules(r, e) < 0)
		return -1;
	t.from = date_month_start(src->date, 0);
	t.to = date_month_start(src->date, 1) - 1;
	t.pool = pool_new();
	if (t.pool == NULL) {
		err_nomem(e);
		goto out;
	}
	rc = src->invoices(src->ctx, put_document, &t, e);
	if (rc == 0)
		rc = end_file(&t, e);
	if (t.fd >= 0)
		close(t.fd);
	if (rc < 0)
		remove_files(&t);
	else
		*out = t.n;
out:
	pool_free(t.pool);
	buf_free(&t.rows);
	buf_free(&t.text);
	buf_free(&t.cell);
	free(t.path);
	return rc < 0 ? -1 : 0;
}
