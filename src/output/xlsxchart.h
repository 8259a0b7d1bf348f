/* Bar charts of a workbook. */
#ifndef OUTPUT_XLSXCHART_H
#define OUTPUT_XLSXCHART_H

#include "output/xlsx.h"

/* One bar per row first..last of `of`: names in column `names`, values in column `values`. */
struct xlsxchart {
	const struct xlsx_sheet *of;
	int first, last, names, values;
	const char *title, *axis_format;
	int color, width, height; /* pixels */
};

/* Placed on s with its upper left corner in that cell. */
void xlsxchart_put(struct xlsx_sheet *s, int row, int col, const struct xlsxchart *b);

#endif
