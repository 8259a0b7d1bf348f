#include "output/unxlsx.h"

#include <minizip/unzip.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "output/xlsxpackage.h"

#define BLOCK 65536
#define END_TAG "</worksheet>"

/* One part of the package as it streams by. */
struct part {
	char name[256];
	int64_t rows;
	char tail[32]; /* its last bytes */
	size_t ntail;
};

/* Counts "<row " and keeps the end. `carry` bytes of the block before stand in front, so that nothing hides on a border. */
static void look(struct part *p, const char *block, size_t n)
{
	char joined[sizeof p->tail + 8];
	size_t k = n < sizeof p->tail ? n : sizeof p->tail;
	const char *at = block, *end = block + n;

	/* The border: up to 4 bytes from either side can form "<row ". */
	if (p->ntail > 0) {
		size_t left = p->ntail < 4 ? p->ntail : 4, right = n < 4 ? n : 4;

		memcpy(joined, p->tail + p->ntail - left, left);
		memcpy(joined + left, block, right);
		if (memmem(joined, left + right, "<row ", 5) != NULL)
			p->rows++;
	}
	while ((at = memmem(at, (size_t)(end - at), "<row ", 5)) != NULL) {
		p->rows++;
		at += 5;
	}
	if (k < sizeof p->tail) {
		size_t keep = sizeof p->tail - k < p->ntail ? sizeof p->tail - k : p->ntail;

		memmove(p->tail, p->tail + p->ntail - keep, keep);
		memcpy(p->tail + keep, block, k);
		p->ntail = keep + k;
	} else {
		memcpy(p->tail, end - k, k);
		p->ntail = k;
	}
}

static int ends_with(const struct part *p, const char *s)
{
	size_t n = strlen(s);

	return p->ntail >= n && memcmp(p->tail + p->ntail - n, s, n) == 0;
}

static int is_xml(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && (strcmp(dot, ".xml") == 0 || strcmp(dot, ".rels") == 0);
}

static int read_part(unzFile zip, struct part *p, struct xlsxpackage *package, struct err *e)
{
	struct buf text = BUF_INIT;
	char block[BLOCK];
	int n, whole;

	if (unzGetCurrentFileInfo64(zip, NULL, p->name, sizeof p->name, NULL, 0, NULL, 0) != UNZ_OK || unzOpenCurrentFile(zip) != UNZ_OK)
		return err_set(e, ERR_IO, "read back: damaged package");
	whole = xlsxpackage_wants(p->name);
	while ((n = unzReadCurrentFile(zip, block, sizeof block)) > 0) {
		look(p, block, (size_t)n);
		if (whole)
			buf_add(&text, block, (size_t)n);
	}
	package->parts.failed |= text.failed;
	xlsxpackage_add(package, p->name, whole ? buf_text(&text) : NULL);
	buf_free(&text);
	if (n < 0) {
		unzCloseCurrentFile(zip);
		return err_set(e, ERR_IO, "read back: %s does not inflate", p->name);
	}
	if (unzCloseCurrentFile(zip) != UNZ_OK)
		return err_set(e, ERR_IO, "read back: %s has a wrong checksum", p->name);
	/* The library ends some parts with a line feed. */
	while (p->ntail > 0 && p->tail[p->ntail - 1] == '\n')
		p->ntail--;
	return !is_xml(p->name) || ends_with(p, ">") ? 0 : err_set(e, ERR_IO, "read back: %s is cut", p->name);
}

static int check_sheet(const struct part *p, const int64_t *rows, size_t n, size_t *seen, struct err *e)
{
	unsigned k;
	int used = 0;

	if (sscanf(p->name, "xl/worksheets/sheet%u.xml%n", &k, &used) != 1 || used == 0 || p->name[used] != '\0')
		return 0;
	if (k == 0 || k > n)
		return err_set(e, ERR_IO, "read back: unexpected %s", p->name);
	if (!ends_with(p, END_TAG))
		return err_set(e, ERR_IO, "read back: %s is cut", p->name);
	if (p->rows != rows[k - 1])
		return err_set(e, ERR_IO, "read back: %s has %lld rows, %lld were written", p->name, (long long)p->rows, (long long)rows[k - 1]);
	(*seen)++;
	return 0;
}

int unxlsx_check(const char *path, const int64_t *rows, size_t n, struct err *e)
{
	struct xlsxpackage package = { .parts = BUF_INIT };
	unzFile zip = unzOpen64(path);
	size_t seen = 0;
	int at, rc = 0;

	if (zip == NULL)
		return err_set(e, ERR_IO, "read back: no package");
	for (at = unzGoToFirstFile(zip); at == UNZ_OK && rc == 0; at = unzGoToNextFile(zip)) {
		struct part p = { .rows = 0 };

		rc = read_part(zip, &p, &package, e);
		if (rc == 0)
			rc = check_sheet(&p, rows, n, &seen, e);
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
