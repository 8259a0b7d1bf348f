/* The form of DATEV's booking batch: 125 columns of format version 13, their names, and which are quoted. */
#ifndef OUTPUT_DATEVFIELDS_H
#define OUTPUT_DATEVFIELDS_H

#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define DATEVFIELDS_COLUMNS 125
#define DATEVFIELDS_HEADER 31

/* The columns that psabill fills, counted from 1 as DATEV does. */
enum datevfields_column {
	DATEVFIELDS_AMOUNT = 1, DATEVFIELDS_SIDE = 2, DATEVFIELDS_CURRENCY = 3, DATEVFIELDS_ACCOUNT = 7, DATEVFIELDS_CONTRA = 8,
	DATEVFIELDS_BU_KEY = 9, DATEVFIELDS_DATE = 10, DATEVFIELDS_NUMBER = 11, DATEVFIELDS_TEXT = 14, DATEVFIELDS_COST_CENTRE = 37,
	DATEVFIELDS_VAT_ID = 40, DATEVFIELDS_LOCK = 114, DATEVFIELDS_DUE = 117
};

/* Appends line 2: the names, in Windows-1252. */
void datevfields_names(struct buf *out);

/* Appends one booking. value[1..125] in Windows-1252, NULL: empty; text columns are quoted, the others bare, as they are. */
void datevfields_row(struct buf *out, const char *const value[DATEVFIELDS_COLUMNS + 1]);

/* What stands in a file: bytes, bookings, and the sum of the amounts (S minus H, 1/100). ERR_IO when it cannot be read or is no booking
 * batch: lines without CR LF, a wrong number of fields, an amount or side that is none. */
struct datevfields_sum { int64_t bytes, bookings, sum_minor; };
int datevfields_read(const char *path, struct datevfields_sum *out, struct err *e);

#endif
