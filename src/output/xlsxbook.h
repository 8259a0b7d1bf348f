/* A workbook from the inside, for the xlsx files only. */
#ifndef OUTPUT_XLSXBOOK_H
#define OUTPUT_XLSXBOOK_H

#include <stdio.h>
#include <xlsxwriter.h>

#include "base/buf.h"
#include "output/unxlsx.h"
#include "output/xlsx.h"

#define XLSXBOOK_STYLES_MAX 160
#define XLSXBOOK_SHEETS_MAX 16
#define XLSXBOOK_FORMAT_MAX 64

struct xlsx_sheet {
	struct xlsx *x;
	lxw_worksheet *ws;
	char name[128];
	int row;      /* the one being written, -1 before the first */
	char *stream; /* buffer of the file that rows leave memory for; the library closes that */
	struct unxlsx_sheet written;
};

struct xlsx {
	lxw_workbook *wb;
	char *path;
	struct { struct xlsx_style look; char num[XLSXBOOK_FORMAT_MAX]; lxw_format *format; } style[XLSXBOOK_STYLES_MAX];
	struct xlsx_sheet sheet[XLSXBOOK_SHEETS_MAX];
	size_t nstyle, nsheet, style_at; /* style_at: the one that was wanted last */
	struct buf text;
	struct err e; /* the first failure */
};

/* Keeps what the library says; nothing on LXW_NO_ERROR. */
void xlsx_fail(struct xlsx *x, lxw_error rc, const char *what);
/* Whether a spreadsheet's number holds n / d: up to 15 digits of n, d > 0. */
int xlsx_is_exact(int64_t n, int64_t d);

#endif
