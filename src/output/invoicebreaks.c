#include "output/invoicebreaks.h"

#include <stdlib.h>

#include "base/buf.h"

void invoicebreaks_height(struct invoicebreaks *b, int row, int points)
{
	if (b->failed || buf_grow(&b->row, &b->cap, (size_t)row + 1, sizeof *b->row) < 0) {
		b->failed = 1;
		return;
	}
	while (b->n <= (size_t)row)
		b->row[b->n++] = (struct invoicebreaks_row){ .height = INVOICEBREAKS_STANDARD };
	b->row[row].height = (short)points;
}

void invoicebreaks_tie(struct invoicebreaks *b, int first, int last, enum invoicebreaks_tie tie)
{
	for (int i = first + 1; i <= last && (size_t)i < b->n; i++)
		if (b->row[i].tie < tie)
			b->row[i].tie = (unsigned char)tie;
}

/* The walk over the rows, group by group. */
struct walk {
	const struct invoicebreaks *b;
	int room, repeat;
	int used;  /* points on the current page */
	int *rows; /* that begin a page */
	size_t n, cap;
	int failed;
};

/* Rows first..end-1, all of whose ties but that of the first are at least so tight. */
static size_t group_end(const struct walk *w, size_t first, size_t end, enum invoicebreaks_tie tie)
{
	size_t i = first + 1;

	while (i < end && w->b->row[i].tie >= (unsigned char)tie)
		i++;
	return i;
}

static int height_of(const struct walk *w, size_t first, size_t end)
{
	int sum = 0;

	for (size_t i = first; i < end; i++)
		sum += w->b->row[i].height;
	return sum;
}

/* What a new page that begins with this row carries before it. */
static int head_of(const struct walk *w, size_t row)
{
	return w->repeat >= 0 && row > (size_t)w->repeat ? w->b->row[w->repeat].height : 0;
}

static void begin_page(struct walk *w, size_t row)
{
	if (buf_grow(&w->rows, &w->cap, w->n + 1, sizeof *w->rows) < 0) {
		w->failed = 1;
		return;
	}
	w->rows[w->n++] = (int)row;
	w->used = head_of(w, row);
}

static void place(struct walk *w, size_t first, size_t end, enum invoicebreaks_tie tie)
{
	while (first < end && !w->failed) {
		size_t to = group_end(w, first, end, tie);
		int height = height_of(w, first, to);

		if (w->used + height <= w->room) {
			w->used += height;
		} else if (head_of(w, first) + height <= w->room || to == first + 1) {
			if (first > 0)
				begin_page(w, first);
			w->used += height;
		} else {
			place(w, first, to, tie + 1);
		}
		first = to;
	}
}

int invoicebreaks_find(const struct invoicebreaks *b, int room, int repeat, int **rows, size_t *n)
{
	struct walk w = { .b = b, .room = room, .repeat = repeat };

	if (!b->failed)
		place(&w, 0, b->n, INVOICEBREAKS_LOOSE);
	if (b->failed || w.failed) {
		free(w.rows);
		return -1;
	}
	*rows = w.rows;
	*n = w.n;
	return 0;
}

void invoicebreaks_free(struct invoicebreaks *b)
{
	free(b->row);
	*b = (struct invoicebreaks){ 0 };
}
