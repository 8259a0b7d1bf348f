/* One CSV file being written: rows gather in memory and leave it in large blocks; what stands on the disk is read back. */
#ifndef OUTPUT_CSVTABLE_H
#define OUTPUT_CSVTABLE_H

#include "base/csvfile.h"

struct csvtable {
	const char *path;       /* borrowed until csvtable_close() */
	int fd;
	struct buf text, cell;
	struct csvfile_out out; /* into text: separator ',', guarded; to be changed before the first cell */
	int64_t rows, bytes;
};

/* Creates the file (an existing one and a link are ERR_CANTCREAT) with mode 0600. csvtable_close() follows in any case; *t stays where it
 * is until then. */
int csvtable_open(struct csvtable *t, const char *path, struct err *e);

/* Text that people typed somewhere: cleaned (text_clean()), blanks at both ends removed so that nothing hides before the guard.
 * NULL is empty. */
void csvtable_text(struct csvtable *t, const char *s);

/* Ends a row. ERR_IO. */
int csvtable_end_row(struct csvtable *t, struct err *e);

/* Writes the rest, closes, counts rows and bytes of what was written; not yet fsynced. rc is what the caller's writing came to; a file
 * that is not whole is removed. Returns 0, or -1 with the path before the message. */
int csvtable_close(struct csvtable *t, int rc, struct err *e);

#endif
