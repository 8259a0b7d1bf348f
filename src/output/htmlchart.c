#include "output/htmlchart.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/text.h"

#define LABEL_MAX 30      /* characters; wide ones count twice. Full names stand in the table */
#define ROW 40            /* pixels per bar */
#define PLOT 160          /* height of the columns */
#define ABOVE 20          /* room for values above them */
#define LEFT 900          /* 1/100 per cent, for the labels of the axis */
#define LABELS 10         /* below the columns */
#define VALUES 7          /* so many columns have their value above them */

static int64_t value(const struct htmlchart_bar *b, int series)
{
	return b->v[series] > 0 ? b->v[series] : 0;
}

static int64_t height_of(const struct htmlchart_bar *b)
{
	int64_t sum = value(b, 0);

	return num_add(&sum, value(b, 1)) < 0 ? INT64_MAX : sum;
}

/* part of whole as 1/100 per cent of a span. 128 bit: the parts are seconds or cents of whole companies. */
static int64_t scaled(int64_t part, int64_t whole, int64_t span)
{
	return whole > 0 ? (int64_t)((__int128)part * span / whole) : 0;
}

static const char *hundredths(char out[NUM_MAX], int64_t v, const char *unit)
{
	int n = num_fmt_short(out, v, 2, 0);

	snprintf(out + n, NUM_MAX - (size_t)n, "%s", unit);
	return out;
}

static const char *pixels(char out[NUM_MAX], int64_t v)
{
	num_fmt(out, v, 0);
	return out;
}

static void open_picture(struct htmlout *h, const struct htmlchart *c, int64_t height)
{
	char px[NUM_MAX], names[80], title[40], desc[40];

	snprintf(title, sizeof title, "%.20s-title", c->id);
	snprintf(desc, sizeof desc, "%.20s-desc", c->id);
	snprintf(names, sizeof names, "%s %s", title, desc);
	htmlout_open(h, "svg", HTMLOUT_ATTRS({ "class", "chart" }, { "role", "img" }, { "aria-labelledby", names }, { "width", "100%" }, { "height", pixels(px, height) }));
	htmlout_element(h, "title", HTMLOUT_ATTRS({ "id", title }), c->title);
	htmlout_element(h, "desc", HTMLOUT_ATTRS({ "id", desc }), c->desc);
	htmlout_line(h);
}

/* A part of s that fits beside a value. */
static void put_label(struct htmlout *h, const char *y, const char *s)
{
	struct buf clean = BUF_INIT, cut = BUF_INIT;
	const char *p, *end;
	size_t width = 0;
	int n;

	text_clean(&clean, s != NULL ? s : "", 0);
	for (p = end = buf_text(&clean); *p != '\0' && width <= LABEL_MAX; p += n) {
		width += text_next(p, &n) >= 0x1100 ? 2 : 1;
		if (width < LABEL_MAX)
			end = p + n;
	}
	if (*p == '\0' && width <= LABEL_MAX)
		end = p;
	buf_add(&cut, buf_text(&clean), (size_t)(end - buf_text(&clean)));
	if (*end != '\0')
		buf_str(&cut, "…");
	if (!buf_ok(&clean) || !buf_ok(&cut)) {
		struct err e = ERR_INIT;

		err_nomem(&e);
		htmlout_fail(h, &e);
	}
	htmlout_element(h, "text", HTMLOUT_ATTRS({ "x", "0" }, { "y", y }), buf_text(&cut));
	buf_free(&clean);
	buf_free(&cut);
}

void htmlchart_bars(struct htmlout *h, const struct htmlchart *c)
{
	static const char *const class[HTMLCHART_SERIES] = { "s0", "s1" };
	char x[NUM_MAX], y[NUM_MAX], width[NUM_MAX];
	int64_t top = 0;

	for (size_t i = 0; i < c->n; i++)
		top = height_of(&c->bars[i]) > top ? height_of(&c->bars[i]) : top;
	open_picture(h, c, (int64_t)c->n * ROW);
	for (size_t i = 0; i < c->n; i++) {
		const struct htmlchart_bar *b = &c->bars[i];
		int64_t from = 0, at = (int64_t)i * ROW;

		put_label(h, pixels(y, at + 15), b->label);
		htmlout_element(h, "text", HTMLOUT_ATTRS({ "x", "100%" }, { "y", pixels(y, at + 15) }, { "class", "value" }), b->value);
		htmlout_void(h, "rect", HTMLOUT_ATTRS({ "class", "track" }, { "x", "0" }, { "y", pixels(y, at + 22) }, { "width", "100%" }, { "height", "9" }));
		for (int s = 0; s < HTMLCHART_SERIES; s++) {
			int64_t w = scaled(value(b, s), top, 10000);

			if (w > 0)
				htmlout_void(h, "rect", HTMLOUT_ATTRS({ "class", class[s] }, { "x", hundredths(x, from, "%") }, { "y", y }, { "width", hundredths(width, w, "%") },
				    { "height", "9" }));
			from += w;
		}
		htmlout_line(h);
	}
	htmlout_close(h);
	htmlout_line(h);
}

int64_t htmlchart_step(int64_t top)
{
	static const int64_t factor[] = { 1, 2, 5 };
	int64_t power = 1;

	for (int i = 0;; i++) {
		if (i == 3) {
			i = 0;
			power *= 10;
		}
		/* The largest top there is ends it at 2 * 10^18. */
		if (top / (factor[i] * power) < 5)
			return factor[i] * power;
	}
}

/* Lines from below to above, each with its figure. top: in units. */
static void put_axis(struct htmlout *h, int64_t top, int64_t step)
{
	char y[NUM_MAX], text[NUM_MAX];

	for (int64_t v = 0;; v += step) {
		int64_t at = ABOVE + PLOT - scaled(v, top, PLOT);

		htmlout_void(h, "line", HTMLOUT_ATTRS({ "class", v == 0 ? "base" : "grid" }, { "x1", "0" }, { "x2", "100%" }, { "y1", pixels(y, at) }, { "y2", y }));
		num_fmt(text, v, 0);
		htmlout_element(h, "text", HTMLOUT_ATTRS({ "class", "tick" }, { "x", "0" }, { "y", pixels(y, at - 4) }), text);
		if (v > top - step)
			break;
	}
	htmlout_line(h);
}

static void put_column(struct htmlout *h, const struct htmlchart *c, size_t i, int64_t top, size_t every)
{
	static const char *const class[HTMLCHART_SERIES] = { "s0", "s1" };
	const int64_t slot = (10000 - LEFT) / (int64_t)c->n, wide = slot * 6 / 10, left = LEFT + (int64_t)i * slot + (slot - wide) / 2;
	const struct htmlchart_bar *b = &c->bars[i];
	char x[NUM_MAX], y[NUM_MAX], width[NUM_MAX], height[NUM_MAX];
	int64_t up = 0;

	for (int s = 0; s < HTMLCHART_SERIES; s++) {
		/* In 1/100 pixels. */
		int64_t tall = scaled(value(b, s), top, PLOT * 100);

		if (tall > 0)
			htmlout_void(h, "rect", HTMLOUT_ATTRS({ "class", class[s] }, { "x", hundredths(x, left, "%") }, { "y", hundredths(y, (ABOVE + PLOT) * 100 - up - tall, "") },
			    { "width", hundredths(width, wide, "%") }, { "height", hundredths(height, tall, "") }));
		up += tall;
	}
	hundredths(x, left + wide / 2, "%");
	if (c->n <= VALUES && up > 0)
		htmlout_element(h, "text", HTMLOUT_ATTRS({ "class", "above" }, { "x", x }, { "y", hundredths(y, (ABOVE + PLOT - 5) * 100 - up, "") }), b->value);
	if (i % every == 0)
		htmlout_element(h, "text", HTMLOUT_ATTRS({ "class", "below" }, { "x", x }, { "y", pixels(y, ABOVE + PLOT + 18) }), b->label);
	htmlout_line(h);
}

void htmlchart_columns(struct htmlout *h, const struct htmlchart *c)
{
	const size_t every = c->n <= LABELS ? 1 : (c->n + LABELS - 1) / LABELS;
	int64_t top = 0, step;

	for (size_t i = 0; i < c->n; i++)
		top = height_of(&c->bars[i]) > top ? height_of(&c->bars[i]) : top;
	/* The axis ends on a line. */
	top = top / c->unit + (top % c->unit != 0);
	step = htmlchart_step(top > 0 ? top : 1);
	top = top <= INT64_MAX / 2 / c->unit ? (top / step + (top % step != 0 || top == 0)) * step : top;
	open_picture(h, c, ABOVE + PLOT + 26);
	put_axis(h, top, step);
	for (size_t i = 0; i < c->n; i++)
		put_column(h, c, i, top <= INT64_MAX / c->unit ? top * c->unit : INT64_MAX, every);
	htmlout_close(h);
	htmlout_line(h);
}
