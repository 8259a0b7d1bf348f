/* Reading back a workbook that was just written: the only place that knows minizip. */
#ifndef OUTPUT_UNXLSX_H
#define OUTPUT_UNXLSX_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* What was written into a sheet: rows that hold something, elements of frozen panes, bytes of its texts. */
struct unxlsx_sheet { int64_t rows, panes, text_bytes; };

/* True to its checksums and complete: every part inflates, every part of XML is whole (xlsxscan.h), sheet i (in xl/worksheets/) has what sheets[i] says, there are n sheets, and
 * the parts agree with each other (xlsxpackage.h). libxlsxwriter 1.1.4 reports success when its temporary folder was full or a write failed, and a part is cut or has a
 * hole. -1: ERR_IO, ERR_OS. */
int unxlsx_check(const char *path, const struct unxlsx_sheet *sheets, size_t n, struct err *e);

#endif
