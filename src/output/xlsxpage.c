#include "output/xlsxpage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/xlsxbook.h"
#include "output/xlsxtext.h"

/* A4 and the margins, in 1/100 point. */
#define SHORT_SIDE 59528
#define LONG_SIDE 84189
#define TOP 4320
#define BOTTOM 5760
#define FOOTER_FROM 2160  /* the footer stands this far from the edge and grows upwards */
#define FOOTER_LINE 1050  /* of 8 points */
#define FOOTER_GAP 600
#define LEFT_PORTRAIT 6480
#define RIGHT_PORTRAIT 2880
#define SIDE_LANDSCAPE 3600
#define PIXEL 75          /* 1/96 inch */

#define EDGE_MAX 255      /* Excel */
#define EDGE_SIZE 8
#define HEADER_SIZE 14
#define SCALE_MIN 10      /* Excel */

static int bottom_of(int footer_lines)
{
	int need = FOOTER_FROM + footer_lines * FOOTER_LINE + FOOTER_GAP;

	return need > BOTTOM ? need : BOTTOM;
}

void xlsxpage_setup(struct xlsx_sheet *s, const struct xlsxpage *p)
{
	if (s == NULL)
		return;
	if (p->landscape)
		worksheet_set_landscape(s->ws);
	worksheet_set_margins(s->ws, (p->landscape ? SIDE_LANDSCAPE : LEFT_PORTRAIT) / 7200.0,
	                      (p->landscape ? SIDE_LANDSCAPE : RIGHT_PORTRAIT) / 7200.0, TOP / 7200.0, bottom_of(p->footer_lines) / 7200.0);
	/* Excel overlooks page breaks on a sheet that it may fit to a page. */
	if (p->scale > 0)
		worksheet_set_print_scale(s->ws, (uint16_t)p->scale);
	else
		worksheet_fit_to_pages(s->ws, 1, 0);
	xlsx_fail(s->x, worksheet_print_area(s->ws, 0, 0, (lxw_row_t)p->last_row, (lxw_col_t)p->last_col), "print area");
	if (p->repeat >= 0)
		xlsx_fail(s->x, worksheet_repeat_rows(s->ws, (lxw_row_t)p->repeat, (lxw_row_t)p->repeat), "repeated row");
}

int xlsxpage_pixels(int chars)
{
	return chars * 7 + 5; /* Calibri 11, the workbook's standard font */
}

/* Per cent, with columns that are printed `more` per cent of their pixels wide. */
static int scale_of(int landscape, const int *width, int n, int more)
{
	int64_t room = landscape ? LONG_SIDE - 2 * SIDE_LANDSCAPE : SHORT_SIDE - LEFT_PORTRAIT - RIGHT_PORTRAIT, need = 0, scale;

	for (int i = 0; i < n; i++)
		need += xlsxpage_pixels(width[i]) * PIXEL;
	if (need == 0)
		return 100;
	scale = room * 10000 / (need * more);
	return scale > 100 ? 100 : scale < SCALE_MIN ? SCALE_MIN : (int)scale;
}

int xlsxpage_scale(int landscape, const int *width, int n)
{
	return scale_of(landscape, width, n, 100);
}

int xlsxpage_scale_safe(int landscape, const int *width, int n)
{
	return scale_of(landscape, width, n, 110);
}

int xlsxpage_room(int landscape, int footer_lines, int scale)
{
	int64_t height = (landscape ? SHORT_SIDE : LONG_SIDE) - TOP - bottom_of(footer_lines);

	return (int)(height * 95 / 100 / (scale > 0 ? scale : 100));
}

void xlsxpage_breaks(struct xlsx_sheet *s, const int *row, size_t n)
{
	lxw_row_t *list;

	if (s == NULL || n == 0)
		return;
	n = n < LXW_BREAKS_MAX ? n : LXW_BREAKS_MAX;
	list = calloc(n + 1, sizeof *list);
	if (list == NULL) {
		err_nomem(&s->x->e);
		return;
	}
	for (size_t i = 0; i < n; i++)
		list[i] = (lxw_row_t)row[i];
	xlsx_fail(s->x, worksheet_set_h_pagebreaks(s->ws, list), "page breaks");
	free(list);
}

void xlsxpage_no_grid(struct xlsx_sheet *s)
{
	if (s != NULL)
		worksheet_gridlines(s->ws, LXW_HIDE_ALL_GRIDLINES);
}

/* The code of a part with its size; digits right behind the size would belong to it. */
static void begin_part(struct buf *b, char part, const char *text)
{
	buf_fmt(b, "&%c&%d%s", part, EDGE_SIZE, *text >= '0' && *text <= '9' ? " " : "");
}

#define PART_CODES 5 /* "&L&8 " */

int xlsxpage_footer(struct xlsx_sheet *s, const char *left, const char *center, const char *right)
{
	const char *part[] = { left, center, right };
	struct buf b = BUF_INIT;
	size_t max[3] = { 0 }, room = EDGE_MAX, sum = 0;
	int cut = 0;

	if (s == NULL)
		return 0;
	for (int i = 0; i < 3; i++)
		if (part[i] != NULL && *part[i] != '\0') {
			max[i] = xlsxtext_edge(&b, part[i], EDGE_SIZE, 0);
			sum += max[i];
			room -= PART_CODES;
		}
	for (; sum > room; sum--, cut = 1)
		max[max[0] >= max[1] && max[0] >= max[2] ? 0 : max[1] >= max[2] ? 1 : 2]--;
	for (int i = 0; i < 3; i++)
		if (max[i] > 0) {
			begin_part(&b, "LCR"[i], part[i]);
			xlsxtext_edge(&b, part[i], EDGE_SIZE, max[i]);
		}
	xlsx_fail(s->x, buf_ok(&b) ? worksheet_set_footer(s->ws, buf_text(&b)) : LXW_ERROR_MEMORY_MALLOC_FAILED, "footer");
	buf_free(&b);
	return cut;
}

void xlsxpage_header(struct xlsx_sheet *s, const char *center)
{
	struct buf b = BUF_INIT;

	if (s == NULL)
		return;
	buf_fmt(&b, "&C&\"Calibri,Bold\"&%d ", HEADER_SIZE);
	xlsxtext_edge(&b, center, HEADER_SIZE, 200);
	xlsx_fail(s->x, buf_ok(&b) ? worksheet_set_header(s->ws, buf_text(&b)) : LXW_ERROR_MEMORY_MALLOC_FAILED, "header");
	buf_free(&b);
}

/* The library passes a picture through a temporary file and, when that file is cut, blames the picture; the caller knows that it is one. */
static lxw_error insert_picture(struct xlsx_sheet *s, int row, const struct xlsxpage_picture *p, lxw_image_options *at)
{
	lxw_error rc = worksheet_insert_image_buffer_opt(s->ws, (lxw_row_t)row, 0, p->p, p->n, at);

	return rc == LXW_ERROR_IMAGE_DIMENSIONS ? LXW_ERROR_READING_TMPFILE : rc;
}

void xlsxpage_picture(struct xlsx_sheet *s, int row, const struct xlsxpage_picture *p)
{
	struct buf text = BUF_INIT;
	lxw_image_options at = { .x_offset = p->right - p->width, .x_scale = (double)p->width / p->pixels_x,
		.y_scale = (double)p->height / p->pixels_y, .object_position = LXW_OBJECT_MOVE_DONT_SIZE };
	lxw_error rc;

	if (s == NULL || s->x->e.code != ERR_OK)
		return;
	if (!STAILQ_EMPTY(s->ws->image_props)) {
		err_set(&s->x->e, ERR_SOFTWARE, "sheet '%s': a second picture", s->name);
		return;
	}
	xlsxtext_cell(&text, p->description != NULL ? p->description : "");
	at.description = text.p != NULL ? text.p : (char *)(uintptr_t)"";
	rc = insert_picture(s, row, p, &at);
	xlsx_fail(s->x, buf_ok(&text) ? rc : LXW_ERROR_MEMORY_MALLOC_FAILED, "logo");
	if (rc == LXW_NO_ERROR) {
		lxw_object_properties *kept = STAILQ_FIRST(s->ws->image_props);

		/* Not as it read them: a resolution in the file would change the scale, and behind a JPEG's frame header it loses its way. */
		kept->width = p->pixels_x;
		kept->height = p->pixels_y;
		kept->x_dpi = kept->y_dpi = 96;
	}
	buf_free(&text);
}
