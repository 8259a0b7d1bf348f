/* render NUMBER: the files of an issued document again, from the ledger alone, compared with what was issued. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/source.h"
#include "output/safename.h"

static const char *const extensions[] = { "xlsx", "csv", "xml" };
#define NEXTENSIONS (sizeof extensions / sizeof *extensions)

struct rendering {
	struct run r;
	const struct inputs *in;
	const char *dir;
	int dirfd, found;
	size_t files, different;
	char name[NEXTENSIONS][SAFENAME_MAX]; /* of the document's files; "" once met in the ledger */
};

static int on_document(void *ctx, const struct invoice *v, const struct query_invoice *q, struct err *e)
{
	static const unsigned bits[NEXTENSIONS] = { FORMAT_XLSX, FORMAT_CSV, FORMAT_XRECHNUNG };
	struct rendering *x = ctx;

	x->found = 1;
	if (strcmp(q->state, "RESERVED") == 0)
		return err_set(e, ERR_USAGE, "%s is planned, but not issued; psabill run settles it first", v->number);
	for (size_t i = 0; i < NEXTENSIONS; i++) {
		if ((v->formats & bits[i]) == 0)
			continue;
		safename_invoice(x->name[i], SAFENAME_MAX, v->number, v->buyer.name, extensions[i]);
		if (faccessat(x->dirfd, x->name[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return err_set(e, ERR_CANTCREAT, "%s is in %s already; nothing is overwritten", x->name[i], x->dir);
	}
	return 0;
}

static int write_document(struct rendering *x, const char *number, struct err *e)
{
	struct source src;
	struct taker t;

	source_of_run(&x->r, &src);
	return documents_take(&t, &src, x->in, x->dir, 1, NULL, NULL, e) < 0 ? -1 : taker_walk(&src, number, &t, 1, e);
}

static int compare(struct rendering *x, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	int fd = openat(x->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc;
	uint8_t is[SHA_LEN];
	int64_t bytes = 0;

	if (fd < 0)
		return err_sys(e, ERR_IO, "%s cannot be read back", name);
	rc = sha_of_fd(fd, is, &bytes, e);
	close(fd);
	if (rc < 0)
		return -1;
	x->files++;
	if (bytes == size && memcmp(is, sha, SHA_LEN) == 0) {
		if (!x->r.app->opt.quiet)
			printf("%s/%s  identical\n", x->dir, name);
		return 0;
	}
	x->different++;
	printf("%s/%s  DIFFERS from what was issued\n", x->dir, name);
	return 0;
}

static int on_file(void *ctx, const char *path, const uint8_t sha[SHA_LEN], int64_t size, struct err *e)
{
	struct rendering *x = ctx;

	if (strncmp(path, "invoices/", 9) != 0)
		return 0;
	for (size_t i = 0; i < NEXTENSIONS; i++)
		if (x->name[i][0] != '\0' && strcmp(path + 9, x->name[i]) == 0) {
			if (compare(x, x->name[i], sha, size, e) < 0)
				return -1;
			x->name[i][0] = '\0';
		}
	return 0;
}

static int render(struct rendering *x, const char *number, struct err *e)
{
	struct store *s = x->r.app->store;
	struct query_run q;
	char run[16];
	int found = query_run_of(s, number, run, e);

	if (found <= 0)
		return found < 0 ? -1 : err_set(e, ERR_USAGE, "'%.40s' is no invoice in %s; see psabill list", number, x->r.app->cfg.ledger);
	if (query_run(s, run, &q, e) < 0)
		return -1;
	x->r.row = q.run;
	x->r.inputs = inputs_of_run(s, run, e);
	if (x->r.inputs == NULL)
		return e->code != ERR_OK ? -1 : err_set(e, ERR_DATA, "%s was issued by a version that did not keep its templates; the issued files are its only copy", number);
	x->in = x->r.inputs;
	if (query_invoices(s, NULL, number, on_document, x, e) < 0 || write_document(x, number, e) < 0 || query_files(s, run, on_file, x, e) < 0)
		return -1;
	for (size_t i = 0; i < NEXTENSIONS; i++)
		if (x->name[i][0] != '\0')
			return err_set(e, ERR_DATA, "%s is not among the issued files of %s", x->name[i], run);
	if (x->different > 0)
		return err_set(e, ERR_DATA, "%zu of %zu files differ from what was issued; was it issued by another version of psabill or its libraries?", x->different, x->files);
	return 0;
}

enum err_code cmd_render(struct app *a, struct err *e)
{
	struct rendering x = { .r = { .app = a }, .dir = a->opt.output == NULL ? "." : a->opt.output };

	if (app_load(a, 0, e) < 0 || app_open_store(a, STORE_READ, e) < 0)
		return e->code;
	x.dirfd = file_open_dir(x.dir, e);
	if (x.dirfd >= 0) {
		render(&x, a->opt.arg[0], e);
		close(x.dirfd);
	}
	inputs_free(x.r.inputs);
	return e->code;
}
