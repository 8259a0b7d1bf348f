/* Cell styles as formats of the workbook, each once. */
#ifndef OUTPUT_XLSXSTYLE_H
#define OUTPUT_XLSXSTYLE_H

#include "output/xlsxbook.h"

/* NULL style: plain. NULL after a failure, which is kept. */
lxw_format *xlsxstyle_format(struct xlsx *x, const struct xlsx_style *style);

#endif
