/* Reading back a workbook that was just written: the only place that knows minizip. */
#ifndef OUTPUT_UNXLSX_H
#define OUTPUT_UNXLSX_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* True to its checksums and complete: every part inflates, every part of XML ends with '>', sheet i (in xl/worksheets/) ends with </worksheet> and has rows[i] rows, there are n
 * sheets, and the parts agree with each other (xlsxpackage.h). libxlsxwriter 1.1.4 reports success when its temporary folder was full and a sheet is cut. -1: ERR_IO, ERR_OS. */
int unxlsx_check(const char *path, const int64_t *rows, size_t n, struct err *e);

#endif
