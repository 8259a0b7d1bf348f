/* A sheet on paper: margins, scale, page breaks, texts at the edges, the logo. */
#ifndef OUTPUT_XLSXPAGE_H
#define OUTPUT_XLSXPAGE_H

#include "output/xlsx.h"

struct xlsxpage {
	int landscape;
	int last_row, last_col; /* what is printed, from the first cell */
	int repeat;             /* row that is printed on every page; -1: none */
	int scale;              /* per cent; 0: one page wide, whatever that takes */
	int footer_lines;       /* the margin below grows with them */
};

/* A4, as many pages high as needed. */
void xlsxpage_setup(struct xlsx_sheet *s, const struct xlsxpage *p);

/* The scale at which columns of these widths (in characters) fit the page, at most 100. */
int xlsxpage_scale(int landscape, const int *width, int n);
/* The same, with room for a program whose printed columns are wider than their pixels say: Excel computes them anew from the printer's
 * digits, up to a tenth more. */
int xlsxpage_scale_safe(int landscape, const int *width, int n);
/* Points of rows that fit on a page at that scale; some are left in reserve, since programs round row heights. */
int xlsxpage_room(int landscape, int footer_lines, int scale);

/* New pages begin above these rows (ascending, none is 0). With more than 1,023 (Excel) the others are left to the program that prints. */
void xlsxpage_breaks(struct xlsx_sheet *s, const int *row, size_t n);

void xlsxpage_no_grid(struct xlsx_sheet *s);

/* Texts at the edge of every page; NULL or "" leaves a part out; {page} and {pages} become numbers. Excel's limit is 255 characters for all
 * three: the longest is cut until they fit. Returns 1 when something was cut. */
int xlsxpage_footer(struct xlsx_sheet *s, const char *left, const char *center, const char *right);
void xlsxpage_header(struct xlsx_sheet *s, const char *center);

/* A PNG or JPEG picture, one per sheet, its right edge `right` pixels from the sheet's left one, its top at row, width x height pixels. The
 * rows it covers must be 15 points high: the library has forgotten other heights when it works out where the picture ends. */
struct xlsxpage_picture {
	const void *p;
	size_t n;
	int pixels_x, pixels_y;   /* of the picture itself */
	int right, width, height;
	const char *description;
};
#define XLSXPAGE_PICTURE_ROW 15 /* points; 20 pixels */
void xlsxpage_picture(struct xlsx_sheet *s, int row, const struct xlsxpage_picture *p);

/* Pixels of a column of so many characters. */
int xlsxpage_pixels(int chars);

#endif
