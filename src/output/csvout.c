#include "output/csvout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/csvfile.h"
#include "base/file.h"
#include "base/text.h"

#define BLOCK ((size_t)256 * 1024)

/* One file being written: rows gather in `text` and leave it in large blocks. */
struct table {
	const struct source *src;
	const char *path;
	int fd;
	struct buf text, cell;
	struct csvfile_out out;
	int64_t rows, bytes;
};

static int flush(struct table *t, struct err *e)
{
	if (!buf_ok(&t->text) || !buf_ok(&t->cell))
		return err_nomem(e);
	if (file_write_all(t->fd, buf_text(&t->text), t->text.n, e) < 0)
		return -1;
	t->bytes += (int64_t)t->text.n;
	buf_reset(&t->text);
	return 0;
}

static int end_row(struct table *t, struct err *e)
{
	csvfile_end(&t->out);
	t->rows++;
	return t->text.n >= BLOCK || !buf_ok(&t->text) ? flush(t, e) : 0;
}

/* Text that people typed somewhere. Blanks at both ends go, so that nothing hides in front of the guard. */
static void text(struct table *t, const char *s)
{
	buf_reset(&t->cell);
	text_clean(&t->cell, s != NULL ? s : "", 1);
	csvfile_text(&t->out, t->cell.p != NULL ? text_trim(t->cell.p) : "");
}

static void bare(struct table *t, const char *s)
{
	csvfile_bare(&t->out, s);
}

static void whole(struct table *t, int64_t v)
{
	char s[NUM_MAX];

	num_fmt(s, v, 0);
	bare(t, s);
}

static void day(struct table *t, date_t d)
{
	char s[16];

	bare(t, date_fmt(s, d));
}

static void money(struct table *t, int64_t minor, const char *currency)
{
	char s[NUM_MAX];

	money_fmt(s, minor, currency);
	bare(t, s);
}

static void rate(struct table *t, int64_t price_e4)
{
	char s[NUM_MAX];

	num_fmt_short(s, price_e4, MONEY_RATE_SCALE, 2);
	bare(t, s);
}

static int head(struct table *t, const char *const *names, struct err *e)
{
	for (; *names != NULL; names++)
		bare(t, *names);
	return end_row(t, e);
}

static int put_entry(void *arg, const struct invoice_entry *x, struct err *e)
{
	struct table *t = arg;

	bare(t, x->invoice);
	whole(t, x->pos);
	bare(t, x->entry.id);
	day(t, x->entry.date);
	text(t, x->entry.company_name);
	text(t, x->entry.project_name);
	text(t, x->entry.task_name);
	text(t, x->entry.user_name);
	text(t, x->entry.work_name);
	text(t, x->entry.note);
	whole(t, x->entry.secs);
	whole(t, x->billed_secs);
	rate(t, x->price_e4);
	bare(t, x->currency);
	whole(t, x->late != 0);
	return end_row(t, e);
}

static int put_lines(void *arg, const struct invoice *v, struct err *e)
{
	struct table *t = arg;

	for (size_t i = 0; i < v->nlines; i++) {
		const struct invoice_line *l = &v->lines[i];
		char s[NUM_MAX];

		bare(t, v->number);
		whole(t, l->pos);
		text(t, l->description);
		text(t, l->project_name);
		invoice_quantity_fmt(s, l->unit, l->quantity);
		bare(t, s);
		bare(t, l->unit == QUANTITY_HOURS ? "HUR" : "MIN"); /* UN/ECE Recommendation 20 */
		rate(t, l->price_e4);
		money(t, l->net_minor, v->currency);
		bare(t, v->currency);
		whole(t, l->secs);
		bare(t, l->tax_category);
		num_fmt_short(s, l->tax_pct_e2, MONEY_PCT_SCALE, 0);
		bare(t, s);
		if (end_row(t, e) < 0)
			return -1;
	}
	return 0;
}

static int put_invoice(void *arg, const struct invoice *v, struct err *e)
{
	struct table *t = arg;

	bare(t, v->number);
	whole(t, v->type);
	day(t, v->date);
	day(t, v->due);
	bare(t, v->company_id);
	text(t, v->customer_number);
	text(t, v->buyer.name);
	day(t, v->from);
	day(t, v->to);
	money(t, v->net_minor, v->currency);
	money(t, v->tax_minor, v->currency);
	money(t, v->gross_minor, v->currency);
	bare(t, v->currency);
	whole(t, v->entries);
	whole(t, v->secs);
	bare(t, v->cancels);
	return end_row(t, e);
}

static int put_held(void *arg, const struct source_held *h, struct err *e)
{
	struct table *t = arg;

	bare(t, h->entry.id);
	bare(t, h->reason);
	day(t, h->entry.date);
	text(t, h->entry.company_name);
	text(t, h->entry.project_name);
	text(t, h->entry.task_name);
	text(t, h->entry.user_name);
	if (h->entry.has_secs)
		whole(t, h->entry.secs);
	else
		bare(t, "");
	text(t, h->entry.note);
	return end_row(t, e);
}

/* Counts the rows of what stands on the disk: line ends outside quotes. */
static int count_rows(int fd, int64_t *rows, int64_t *bytes, struct err *e)
{
	char block[65536];
	int quoted = 0;

	*rows = *bytes = 0;
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "read back");
		if (n == 0)
			return 0;
		*bytes += n;
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] == '"')
				quoted = !quoted;
			else if (block[i] == '\n' && !quoted)
				(*rows)++;
		}
	}
}

static int read_back(const struct table *t, struct err *e)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t rows, bytes;
	int rc;

	if (fd < 0)
		return err_sys(e, ERR_IO, "read back");
	rc = count_rows(fd, &rows, &bytes, e);
	close(fd);
	if (rc == 0 && (rows != t->rows || bytes != t->bytes))
		return err_set(e, ERR_IO, "read back %lld rows and %lld bytes, wrote %lld and %lld", (long long)rows, (long long)bytes,
		               (long long)t->rows, (long long)t->bytes);
	return rc;
}

static int open_new(struct table *t, struct err *e)
{
	t->fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return t->fd >= 0 ? 0 : err_sys(e, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "create");
}

typedef int fill_cb(struct table *t, const void *what, struct err *e);

static int write_table(const struct source *src, const char *path, const char *const *names, fill_cb *fill, const void *what, struct err *e)
{
	struct table t = { .src = src, .path = path, .fd = -1, .text = BUF_INIT, .cell = BUF_INIT };
	int rc = -1;

	t.out = (struct csvfile_out){ .b = &t.text, .sep = ',', .guard = 1 };
	if (open_new(&t, e) < 0)
		goto out;
	rc = head(&t, names, e) < 0 || fill(&t, what, e) < 0 || flush(&t, e) < 0 ? -1 : 0;
	/* close() tells of delayed write errors on NFS and with quotas. */
	if (close(t.fd) < 0 && errno != EINTR && rc == 0)
		rc = err_sys(e, ERR_IO, "close");
	if (rc == 0)
		rc = read_back(&t, e);
	if (rc < 0)
		unlink(path);
out:
	buf_free(&t.text);
	buf_free(&t.cell);
	return rc < 0 ? err_ctx(e, "%s", path) : 0;
}

static const char *const entry_names[] = { "invoice_number", "line", "entry_id", "date", "company", "project", "task", "user", "type_of_work",
	"note", "seconds", "billed_seconds", "rate", "currency", "late", NULL };
static const char *const line_names[] = { "invoice_number", "line", "description", "project", "quantity", "unit", "rate", "net", "currency",
	"seconds", "tax_category", "tax_rate", NULL };
static const char *const invoice_names[] = { "invoice_number", "type", "date", "due_date", "company_id", "customer_number", "legal_name",
	"period_from", "period_to", "net", "tax", "gross", "currency", "entries", "seconds", "cancels", NULL };
static const char *const held_names[] = { "entry_id", "reason", "date", "company", "project", "task", "user", "seconds", "note", NULL };

static int fill_entries(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->entries(t->src->ctx, NULL, put_entry, t, e);
}

static int fill_lines(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->invoices(t->src->ctx, put_lines, t, e);
}

static int fill_invoices(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->invoices(t->src->ctx, put_invoice, t, e);
}

static int fill_held(struct table *t, const void *what, struct err *e)
{
	(void)what;
	return t->src->held(t->src->ctx, put_held, t, e);
}

static int fill_invoice(struct table *t, const void *what, struct err *e)
{
	return put_lines(t, what, e);
}

int csvout_entries(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, entry_names, fill_entries, NULL, e);
}

int csvout_lines(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, line_names, fill_lines, NULL, e);
}

int csvout_invoices(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, invoice_names, fill_invoices, NULL, e);
}

int csvout_held(const struct source *src, const char *path, struct err *e)
{
	return write_table(src, path, held_names, fill_held, NULL, e);
}

int csvout_invoice(const struct source *src, const struct invoice *v, const char *path, struct err *e)
{
	return write_table(src, path, line_names, fill_invoice, v, e);
}
