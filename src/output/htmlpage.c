#include "output/htmlpage.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "billing/money.h"
#include "output/htmlassets.h"

int htmlpage_begin(struct htmlpage *p, const char *path, const char *title, const char *language, const struct template *t, struct err *e)
{
	*p = (struct htmlpage){ .t = t, .german = htmlwords_german(language), .b = BUF_INIT };
	p->head = (struct htmlout_head){ p->german ? "de" : "en", title, htmlassets_css, htmlassets_js };
	p->h = htmlout_new(path, &p->head, e);
	if (p->h == NULL)
		return -1;
	/* The words that the script needs. */
	htmlout_element(p->h, "a", HTMLOUT_ATTRS({ "class", "skip" }, { "href", "#main" }, { "id", "words" }, { "data-filter", htmlpage_word(p, HTMLWORDS_FILTER) },
	    { "data-sort", htmlpage_word(p, HTMLWORDS_SORT) }, { "data-shown", htmlpage_word(p, HTMLWORDS_ROWS_SHOWN) }), htmlpage_word(p, HTMLWORDS_SKIP));
	htmlout_line(p->h);
	return 0;
}

int htmlpage_end(struct htmlpage *p, int rc, struct err *e)
{
	struct err nomem = ERR_INIT;

	if (!buf_ok(&p->b)) {
		err_nomem(&nomem);
		htmlout_fail(p->h, &nomem);
	}
	buf_free(&p->b);
	return htmlout_end(p->h, rc, e);
}

const char *htmlpage_word(const struct htmlpage *p, enum htmlwords_key k)
{
	return htmlwords_text(p->german, k);
}

/* The buffer for the next figure; a lack of memory is not forgotten. */
static struct buf *fresh(struct htmlpage *p)
{
	struct err nomem = ERR_INIT;

	if (!buf_ok(&p->b)) {
		err_nomem(&nomem);
		htmlout_fail(p->h, &nomem);
	}
	buf_reset(&p->b);
	return &p->b;
}

/* v units of 10^-scale, as German or English writes them. */
static void put_dec(struct htmlpage *p, int64_t v, int scale, int min_decimals)
{
	char s[NUM_MAX];
	size_t whole;

	num_fmt_short(s, v, scale, min_decimals);
	whole = strcspn(s, ".");
	for (size_t i = 0; s[i] != '\0'; i++) {
		size_t left = whole - i;

		buf_ch(&p->b, s[i] != '.' ? s[i] : p->german ? ',' : '.');
		if (i < whole && left > 1 && left % 3 == 1 && s[i] != '-')
			buf_ch(&p->b, p->german ? '.' : ',');
	}
}

const char *htmlpage_count(struct htmlpage *p, int64_t n)
{
	fresh(p);
	put_dec(p, n, 0, 0);
	return buf_text(&p->b);
}

static void put_hours(struct htmlpage *p, int64_t secs)
{
	int overflow = 0; /* a hundredth of an hour is less than a second */

	put_dec(p, num_div_round((__int128)secs * 100, 3600, &overflow), 2, 2);
}

const char *htmlpage_hours(struct htmlpage *p, int64_t secs)
{
	fresh(p);
	put_hours(p, secs);
	return buf_text(&p->b);
}

static void put_plus(struct htmlpage *p, int64_t v)
{
	fresh(p);
	if (v > 0)
		buf_ch(&p->b, '+');
}

const char *htmlpage_change(struct htmlpage *p, int64_t secs)
{
	put_plus(p, secs);
	put_hours(p, secs);
	return buf_text(&p->b);
}

static void put_money(struct htmlpage *p, int64_t minor, const char *currency)
{
	int decimals = money_decimals(currency);

	put_dec(p, minor, decimals < 0 ? 2 : decimals, decimals < 0 ? 2 : decimals);
}

const char *htmlpage_money(struct htmlpage *p, int64_t minor, const char *currency)
{
	fresh(p);
	put_money(p, minor, currency);
	return buf_text(&p->b);
}

const char *htmlpage_signed(struct htmlpage *p, int64_t minor, const char *currency)
{
	put_plus(p, minor);
	put_money(p, minor, currency);
	return buf_text(&p->b);
}

const char *htmlpage_rate(struct htmlpage *p, int64_t price_e4)
{
	fresh(p);
	put_dec(p, price_e4, MONEY_RATE_SCALE, 2);
	return buf_text(&p->b);
}

const char *htmlpage_percent(struct htmlpage *p, int64_t pct_e2)
{
	fresh(p);
	put_dec(p, pct_e2, MONEY_PCT_SCALE, 0);
	buf_str(&p->b, " %");
	return buf_text(&p->b);
}

const char *htmlpage_day(struct htmlpage *p, date_t d)
{
	struct date_ymd x = date_to_ymd(d);

	fresh(p);
	if (p->t != NULL)
		template_date(p->t, &p->b, d);
	else if (d != DATE_NONE)
		buf_fmt(&p->b, p->german ? "%3$02d.%2$02d.%1$04d" : "%04d-%02d-%02d", x.year, x.month, x.day);
	return buf_text(&p->b);
}

const char *htmlpage_instant(struct htmlpage *p, int64_t utc)
{
	char iso[32];
	date_t day = DATE_NONE;

	clock_fmt_utc(iso, utc);
	date_parse_prefix(iso, &day);
	htmlpage_day(p, day);
	buf_fmt(&p->b, " %.5s UTC", iso + 11);
	return buf_text(&p->b);
}

const char *htmlpage_share(struct htmlpage *p, int64_t part, int64_t whole)
{
	int overflow = 0;
	int64_t v;

	fresh(p);
	if (whole == 0)
		return "";
	v = num_div_round((whole < 0 ? -(__int128)part : (__int128)part) * 1000, whole < 0 ? -(__int128)whole : (__int128)whole, &overflow);
	if (overflow)
		return "";
	put_dec(p, v, 1, 1);
	buf_str(&p->b, " %");
	return buf_text(&p->b);
}

const char *htmlpage_sentence(struct htmlpage *p, enum htmlwords_key k, const struct htmlpage_fill *f)
{
	const struct { const char *name, *value; } of[] = { { "{n}", f->n }, { "{m}", f->m }, { "{file}", f->file }, { "{period}", f->period } };
	const char *s = htmlpage_word(p, k);
	struct buf out = BUF_INIT;

	while (*s != '\0') {
		size_t i = 0;

		while (i < 4 && strncmp(s, of[i].name, strlen(of[i].name)) != 0)
			i++;
		if (i < 4) {
			buf_str(&out, of[i].value != NULL ? of[i].value : "");
			s += strlen(of[i].name);
		} else {
			buf_ch(&out, *s++);
		}
	}
	/* The values may stand in the page's own buffer. */
	buf_str(fresh(p), buf_text(&out));
	p->b.failed |= !buf_ok(&out);
	buf_free(&out);
	return buf_text(&p->b);
}

void htmlpage_section(struct htmlpage *p, const char *id, enum htmlwords_key heading)
{
	htmlout_open(p->h, "section", HTMLOUT_ATTRS({ "id", id }));
	htmlout_element(p->h, "h2", NULL, htmlpage_word(p, heading));
	htmlout_line(p->h);
}

void htmlpage_close(struct htmlpage *p)
{
	htmlout_close(p->h);
	htmlout_line(p->h);
}

void htmlpage_put(struct htmlpage *p, const char *name, const char *class, enum htmlwords_key k)
{
	htmlout_element(p->h, name, HTMLOUT_ATTRS({ "class", class }), htmlpage_word(p, k));
	htmlout_line(p->h);
}

void htmlpage_foot(struct htmlpage *p, const char *const *files, size_t n)
{
	htmlout_open(p->h, "footer", NULL);
	htmlout_open(p->h, "p", NULL);
	htmlout_text(p->h, htmlpage_word(p, HTMLWORDS_BESIDE));
	for (size_t i = 0; i < n; i++) {
		htmlout_text(p->h, i > 0 ? ", " : " ");
		htmlout_element(p->h, "a", HTMLOUT_ATTRS({ "href", files[i] }), files[i]);
	}
	htmlpage_close(p);
	htmlpage_put(p, "p", NULL, HTMLWORDS_FOOT);
	htmlpage_close(p);
}

void htmlpage_fact(struct htmlpage *p, enum htmlwords_key k, const char *text)
{
	htmlout_open(p->h, "div", NULL);
	htmlout_element(p->h, "dt", NULL, htmlpage_word(p, k));
	htmlout_element(p->h, "dd", NULL, text);
	htmlpage_close(p);
}

void htmlpage_table(struct htmlpage *p, const char *key, enum htmlwords_key caption, const struct htmlpage_column *col, size_t n)
{
	/* It scrolls by itself, also by keyboard, so that the page need not. */
	htmlout_open(p->h, "div", HTMLOUT_ATTRS({ "class", "scroll" }, { "tabindex", "0" }, { "role", "region" }, { "aria-label", htmlpage_word(p, caption) }));
	htmlout_open(p->h, "table", HTMLOUT_ATTRS({ "data-key", key }));
	htmlout_element(p->h, "caption", NULL, htmlpage_word(p, caption));
	htmlout_open(p->h, "thead", NULL);
	htmlout_open(p->h, "tr", NULL);
	for (size_t i = 0; i < n; i++)
		htmlout_element(p->h, "th", HTMLOUT_ATTRS({ "scope", "col" }, { "class", col[i].number ? "n" : NULL }), htmlpage_word(p, col[i].heading));
	htmlout_close(p->h);
	htmlout_close(p->h);
	htmlout_line(p->h);
	htmlout_open(p->h, "tbody", NULL);
	htmlout_line(p->h);
}

void htmlpage_table_sums(struct htmlpage *p)
{
	htmlout_close(p->h);
	htmlout_open(p->h, "tfoot", NULL);
	htmlout_line(p->h);
}

void htmlpage_table_end(struct htmlpage *p)
{
	htmlout_close(p->h);
	htmlout_close(p->h);
	htmlpage_close(p);
}

void htmlpage_row(struct htmlpage *p)
{
	htmlout_open(p->h, "tr", NULL);
}

void htmlpage_row_end(struct htmlpage *p)
{
	htmlpage_close(p);
}

static const char *or_dash(const char *s)
{
	return text_is_blank(s) ? "–" : s;
}

void htmlpage_head_cell(struct htmlpage *p, const char *text)
{
	htmlout_element(p->h, "th", HTMLOUT_ATTRS({ "scope", "row" }), or_dash(text));
}

void htmlpage_text_cell(struct htmlpage *p, const char *text)
{
	htmlout_element(p->h, "td", NULL, or_dash(text));
}

void htmlpage_code_cell(struct htmlpage *p, const char *text)
{
	htmlout_element(p->h, "td", HTMLOUT_ATTRS({ "class", "c" }), or_dash(text));
}

void htmlpage_figure_cell(struct htmlpage *p, int64_t v, const char *text)
{
	char whole[NUM_MAX];

	num_fmt(whole, v, 0);
	htmlout_element(p->h, "td", HTMLOUT_ATTRS({ "class", "n" }, { "data-v", whole }), text);
}

void htmlpage_day_cell(struct htmlpage *p, date_t d)
{
	char iso[16];

	htmlout_element(p->h, "td", HTMLOUT_ATTRS({ "data-day", date_fmt(iso, d) }), d == DATE_NONE ? "–" : htmlpage_day(p, d));
}

void htmlpage_more(struct htmlpage *p, int64_t shown, int64_t all, const char *file)
{
	char n[NUM_MAX], m[NUM_MAX];

	if (shown >= all)
		return;
	num_fmt(n, shown, 0);
	num_fmt(m, all, 0);
	htmlout_element(p->h, "p", HTMLOUT_ATTRS({ "class", "more" }), htmlpage_sentence(p, HTMLWORDS_MORE, &(struct htmlpage_fill){ .n = n, .m = m, .file = file }));
	htmlout_line(p->h);
}
