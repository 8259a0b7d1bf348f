#include "output/unxlsx.h"

#include <minizip/unzip.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "output/xlsxpackage.h"
#include "output/xlsxscan.h"

#define BLOCK 65536
#define NAME_MAX_BYTES 256

static int is_xml(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && (strcmp(dot, ".xml") == 0 || strcmp(dot, ".rels") == 0);
}

static int read_part(unzFile zip, char name[NAME_MAX_BYTES], struct xlsxscan *scan, struct xlsxpackage *package, struct err *e)
{
	struct buf text = BUF_INIT;
	const char *wrong = NULL;
	char block[BLOCK];
	int n, whole, xml;

	if (unzGetCurrentFileInfo64(zip, NULL, name, NAME_MAX_BYTES, NULL, 0, NULL, 0) != UNZ_OK || unzOpenCurrentFile(zip) != UNZ_OK)
		return err_set(e, ERR_IO, "read back: damaged package");
	whole = xlsxpackage_wants(name);
	xml = is_xml(name);
	while ((n = unzReadCurrentFile(zip, block, sizeof block)) > 0) {
		if (xml)
			xlsxscan_add(scan, block, (size_t)n);
		if (whole)
			buf_add(&text, block, (size_t)n);
	}
	package->parts.failed |= text.failed;
	xlsxpackage_add(package, name, whole ? buf_text(&text) : NULL);
	buf_free(&text);
	if (xml)
		wrong = xlsxscan_end(scan);
	if (n < 0) {
		unzCloseCurrentFile(zip);
		return err_set(e, ERR_IO, "read back: %s does not inflate", name);
	}
	if (unzCloseCurrentFile(zip) != UNZ_OK)
		return err_set(e, ERR_IO, "read back: %s has a wrong checksum", name);
	return wrong == NULL ? 0 : err_set(e, ERR_IO, "read back: %s: %s", name, wrong);
}

static int check_sheet(const char *name, const struct xlsxscan *scan, const struct unxlsx_sheet *sheets, size_t n, size_t *seen, struct err *e)
{
	const struct unxlsx_sheet *s;
	unsigned k;
	int used = 0;

	if (sscanf(name, "xl/worksheets/sheet%u.xml%n", &k, &used) != 1 || used == 0 || name[used] != '\0')
		return 0;
	if (k == 0 || k > n)
		return err_set(e, ERR_IO, "read back: unexpected %s", name);
	s = &sheets[k - 1];
	if (scan->rows != s->rows)
		return err_set(e, ERR_IO, "read back: %s has %lld rows, %lld were written", name, (long long)scan->rows, (long long)s->rows);
	if (scan->text_bytes != s->text_bytes)
		return err_set(e, ERR_IO, "read back: %s has %lld bytes of text, %lld were written", name, (long long)scan->text_bytes, (long long)s->text_bytes);
	if (scan->panes != s->panes)
		return err_set(e, ERR_IO, "read back: %s lost a part of its frozen panes", name);
	(*seen)++;
	return 0;
}

int unxlsx_check(const char *path, const struct unxlsx_sheet *sheets, size_t n, struct err *e)
{
	struct xlsxpackage package = { .parts = BUF_INIT };
	unzFile zip = unzOpen64(path);
	size_t seen = 0;
	int at, rc = 0;

	if (zip == NULL)
		return err_set(e, ERR_IO, "read back: no package");
	for (at = unzGoToFirstFile(zip); at == UNZ_OK && rc == 0; at = unzGoToNextFile(zip)) {
		struct xlsxscan scan = { .rows = 0 };
		char name[NAME_MAX_BYTES];

		rc = read_part(zip, name, &scan, &package, e);
		if (rc == 0)
			rc = check_sheet(name, &scan, sheets, n, &seen, e);
	}
	unzClose(zip);
	if (rc == 0 && at != UNZ_END_OF_LIST_OF_FILE)
		rc = err_set(e, ERR_IO, "read back: damaged package");
	if (rc == 0 && seen != n)
		rc = err_set(e, ERR_IO, "read back: %zu sheets, %zu were written", seen, n);
	if (rc == 0)
		rc = xlsxpackage_check(&package, e);
	xlsxpackage_free(&package);
	return rc;
}
