#include "output/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define REPORT "run.json" /* changes until the run closes, so it is never hashed and never frozen */
#define FOLDER_MODE 0750  /* of period folders; the umask may take more away */

/* parent is out/PERIOD, or out/draft for a draft. */
struct stage {
	int out_fd, parent_fd, fd; /* fd: the stage itself, the same folder once published */
	char *parent_name;         /* below out */
	char *stage_name, *target_name; /* below the parent */
	char *stage_path, *target_path;
	int draft, published;
};

typedef int each_cb(void *ctx, const char *name, const uint8_t sha[SHA_LEN], int64_t size, struct err *e);

/* Where documents appear must be under the control of who issues them: others could swap a folder between two steps otherwise. */
static int check_folder(int fd, const char *name, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_CANTCREAT, "%s", name);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_CONFIG, "%s: belongs to user %u, neither to you nor to root", name, st.st_uid);
	if ((st.st_mode & 0022) != 0 && (st.st_mode & S_ISVTX) == 0)
		return err_set(e, ERR_CONFIG, "%s: mode %04o lets others write to it; use 0750", name, st.st_mode & 07777);
	return 0;
}

/* A mounted folder in between would make the one rename of a publication impossible. */
static int check_device(int fd, int other, const char *name, struct err *e)
{
	struct stat a, b;

	if (fstat(fd, &a) < 0 || fstat(other, &b) < 0)
		return err_sys(e, ERR_CANTCREAT, "%s", name);
	return a.st_dev == b.st_dev ? 0 : err_set(e, ERR_CONFIG, "%s: lies on another file system than its parent", name);
}

/* out may be reached through links, but must not be one itself: "out/" would follow it, hence the copy without slashes. */
static int open_out(const char *out_dir, struct err *e)
{
	char *path = strdup(out_dir);
	size_t n;
	int fd;

	if (path == NULL)
		return err_nomem(e);
	n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		err_set(e, ERR_CANTCREAT, "%s: not a folder of its own (a file or a link)", path);
	else if (fd < 0)
		err_sys(e, ERR_CANTCREAT, "%s", path);
	free(path);
	if (fd >= 0 && check_folder(fd, out_dir, e) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* One name of the caller's becomes a path below out. */
static int check_part(const char *s, struct err *e)
{
	if (*s == '\0' || *s == '.' || strchr(s, '/') != NULL || strlen(s) > 64)
		return err_set(e, ERR_SOFTWARE, "not a folder name: '%s'", s);
	return 0;
}

static struct stage *make(const char *out_dir, const char *period, const char *run, int draft, struct err *e)
{
	struct stage *st;
	int bad;

	if (check_part(period, e) < 0 || check_part(run, e) < 0)
		return NULL;
	st = calloc(1, sizeof *st);
	if (st == NULL) {
		err_nomem(e);
		return NULL;
	}
	st->out_fd = st->parent_fd = st->fd = -1;
	st->draft = draft;
	st->parent_name = strdup(draft ? "draft" : period);
	st->target_name = strdup(draft ? period : run);
	bad = asprintf(&st->stage_name, ".stage-%s", run) < 0;
	if (bad)
		st->stage_name = NULL;
	if (!bad && st->parent_name != NULL && st->target_name != NULL) {
		char *parent = file_join(out_dir, st->parent_name);

		st->stage_path = parent != NULL ? file_join(parent, st->stage_name) : NULL;
		st->target_path = parent != NULL ? file_join(parent, st->target_name) : NULL;
		free(parent);
	}
	if (st->stage_path == NULL || st->target_path == NULL) {
		err_nomem(e);
		stage_free(st);
		return NULL;
	}
	st->out_fd = open_out(out_dir, e);
	if (st->out_fd < 0) {
		stage_free(st);
		return NULL;
	}
	return st;
}

void stage_free(struct stage *st)
{
	if (st == NULL)
		return;
	if (st->fd >= 0)
		close(st->fd);
	if (st->parent_fd >= 0)
		close(st->parent_fd);
	if (st->out_fd >= 0)
		close(st->out_fd);
	free(st->parent_name);
	free(st->stage_name);
	free(st->target_name);
	free(st->stage_path);
	free(st->target_path);
	free(st);
}

const char *stage_dir(const struct stage *st)
{
	return st->published ? st->target_path : st->stage_path;
}

const char *stage_target(const struct stage *st)
{
	return st->target_path;
}

/* 1: there, 0: not there. */
static int exists_at(int at, const char *name, struct err *e)
{
	struct stat s;

	if (fstatat(at, name, &s, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(e, ERR_IO, "%s", name);
}

/* What an aborted run left is removed, but only when it is a folder: anything else was put there by somebody else. */
static int clear_stage(struct stage *st, struct err *e)
{
	struct stat s;

	if (fstatat(st->parent_fd, st->stage_name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, ERR_IO, "%s", st->stage_path);
	if (!S_ISDIR(s.st_mode) || s.st_uid != geteuid())
		return err_set(e, ERR_CANTCREAT, "%s: exists and is not a folder of yours", st->stage_path);
	return file_remove_tree_at(st->parent_fd, st->stage_name, e);
}

/* The folders that documents go to; those that stay empty vanish in stage_seal(). */
static const char *const folders[] = { "invoices", "datev" };

static int make_folders(struct stage *st, struct err *e)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (mkdirat(st->fd, folders[i], 0700) < 0)
			return err_sys(e, errno == ENOSPC || errno == EDQUOT || errno == EIO ? ERR_IO : ERR_CANTCREAT, "%s/%s", st->stage_path, folders[i]);
	return 0;
}

static int open_parent(struct stage *st, struct err *e)
{
	if (check_folder(st->parent_fd, st->parent_name, e) < 0 || check_device(st->parent_fd, st->out_fd, st->parent_name, e) < 0)
		return -1;
	return 0;
}

static int create(struct stage *st, struct err *e)
{
	int there;

	st->parent_fd = file_make_dir_at(st->out_fd, st->parent_name, FOLDER_MODE, e);
	if (st->parent_fd < 0 || open_parent(st, e) < 0)
		return -1;
	there = st->draft ? 0 : exists_at(st->parent_fd, st->target_name, e);
	if (there != 0)
		return there < 0 ? -1 : err_set(e, ERR_CANTCREAT, "%s: exists already", st->target_path);
	if (clear_stage(st, e) < 0)
		return -1;
	st->fd = file_make_dir_at(st->parent_fd, st->stage_name, 0700, e);
	if (st->fd < 0)
		return -1;
	/* The umask cannot take away what the owner needs. */
	if (fchmod(st->fd, 0700) < 0)
		return err_sys(e, ERR_CANTCREAT, "%s", st->stage_path);
	return make_folders(st, e);
}

struct stage *stage_new(const char *out_dir, const char *period, const char *run, int draft, struct err *e)
{
	struct stage *st = make(out_dir, period, run, draft, e);

	if (st == NULL)
		return NULL;
	if (create(st, e) < 0) {
		err_ctx(e, "%s", out_dir);
		stage_free(st);
		return NULL;
	}
	return st;
}

/* 1: found, 0: neither stage nor target. */
static int find(struct stage *st, struct err *e)
{
	int there = exists_at(st->out_fd, st->parent_name, e), staged;

	if (there <= 0)
		return there;
	st->parent_fd = file_open_dir_at(st->out_fd, st->parent_name, e);
	if (st->parent_fd < 0 || open_parent(st, e) < 0)
		return -1;
	there = exists_at(st->parent_fd, st->target_name, e);
	staged = exists_at(st->parent_fd, st->stage_name, e);
	if (there < 0 || staged < 0)
		return -1;
	/* Both: without RENAME_NOREPLACE an empty target was made for the rename that did not come. A full one is what counts, its stage a leftover. */
	if (there && staged && unlinkat(st->parent_fd, st->target_name, AT_REMOVEDIR) == 0)
		there = 0;
	else if (there && staged && file_remove_tree_at(st->parent_fd, st->stage_name, e) < 0)
		return -1;
	st->published = there;
	if (!there)
		there = staged;
	if (there <= 0)
		return there;
	st->fd = file_open_dir_at(st->parent_fd, st->published ? st->target_name : st->stage_name, e);
	return st->fd >= 0 ? 1 : -1;
}

struct stage *stage_find(const char *out_dir, const char *period, const char *run, int *published, struct err *e)
{
	struct stage *st = make(out_dir, period, run, 0, e);
	int found;

	if (st == NULL)
		return NULL;
	found = find(st, e);
	if (found <= 0) {
		if (found < 0)
			err_ctx(e, "%s", out_dir);
		stage_free(st);
		return NULL;
	}
	*published = st->published;
	return st;
}

/* Opens a path below fd part by part, following no link. */
static int open_below(int fd, const char *rel, int flags, struct err *e)
{
	const char *slash = strchr(rel, '/');
	int dir, file;
	char part[256];

	if (slash == NULL) {
		file = openat(fd, rel, flags | O_NOFOLLOW | O_CLOEXEC);
		return file >= 0 ? file : err_sys(e, ERR_IO, "%s", rel);
	}
	if ((size_t)(slash - rel) >= sizeof part)
		return err_set(e, ERR_IO, "%s: name too long", rel);
	memcpy(part, rel, (size_t)(slash - rel));
	part[slash - rel] = '\0';
	dir = file_open_dir_at(fd, part, e);
	if (dir < 0)
		return -1;
	file = open_below(dir, slash + 1, flags, e);
	close(dir);
	return file;
}

struct walk {
	struct stage *st;
	each_cb *each;
	void *ctx;
	int sync, mode; /* mode: chmod instead of hashing */
	char last[512]; /* folder synced (or changed) last; files come sorted */
};

/* Folders above rel that the file before did not have. */
static int visit_folders(struct walk *w, const char *rel, struct err *e)
{
	for (const char *s = strchr(rel, '/'); s != NULL; s = strchr(s + 1, '/')) {
		size_t n = (size_t)(s - rel);
		char dir[512];
		int fd, rc;

		if (n >= sizeof dir)
			return err_set(e, ERR_IO, "%s: name too long", rel);
		if (strncmp(w->last, rel, n) == 0 && (w->last[n] == '\0' || w->last[n] == '/'))
			continue;
		memcpy(dir, rel, n);
		dir[n] = '\0';
		fd = open_below(w->st->fd, dir, O_RDONLY | O_DIRECTORY, e);
		if (fd < 0)
			return -1;
		rc = w->mode ? (fchmod(fd, 0550) < 0 ? err_sys(e, ERR_IO, "%s", dir) : 0) : file_sync_dir(fd, e);
		close(fd);
		if (rc < 0)
			return -1;
		memcpy(w->last, dir, n + 1);
	}
	return 0;
}

static int visit_file(struct walk *w, const char *rel, struct err *e)
{
	int report = strcmp(rel, REPORT) == 0;
	int fd = open_below(w->st->fd, rel, O_RDONLY, e);
	uint8_t sha[SHA_LEN];
	int64_t size = 0;
	int rc = 0;

	if (fd < 0)
		return -1;
	if (w->sync && fsync(fd) < 0)
		rc = err_sys(e, ERR_IO, "%s: fsync", rel);
	if (rc == 0 && w->mode && !report && fchmod(fd, 0440) < 0)
		rc = err_sys(e, ERR_IO, "%s: chmod", rel);
	if (rc == 0 && w->each != NULL && !report)
		rc = sha_of_fd(fd, sha, &size, e);
	close(fd);
	if (rc == 0 && (w->sync || w->mode))
		rc = visit_folders(w, rel, e);
	if (rc == 0 && w->each != NULL && !report)
		rc = w->each(w->ctx, rel, sha, size, e);
	return rc;
}

/* A temporary file of a workbook ("tmp." and random letters, by libxlsxwriter) whose removal failed then must not be issued with the documents. */
static int visit(void *ctx, const char *rel, struct err *e)
{
	struct walk *w = ctx;

	if (!w->sync || strncmp(rel, "tmp.", 4) != 0)
		return visit_file(w, rel, e);
	return unlinkat(w->st->fd, rel, 0) < 0 ? err_sys(e, ERR_IO, "%s: a temporary file that cannot be removed", rel) : 0;
}

int stage_seal(struct stage *st, each_cb *each, void *ctx, struct err *e)
{
	struct walk w = { .st = st, .each = each, .ctx = ctx, .sync = 1 };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (unlinkat(st->fd, folders[i], AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
			return err_sys(e, ERR_IO, "%s/%s", stage_dir(st), folders[i]);
	if (file_walk_at(st->fd, visit, &w, e) < 0 || file_sync_dir(st->fd, e) < 0)
		return err_ctx(e, "%s", stage_dir(st));
	return 0;
}

int stage_each(struct stage *st, each_cb *each, void *ctx, struct err *e)
{
	struct walk w = { .st = st, .each = each, .ctx = ctx };

	return file_walk_at(st->fd, visit, &w, e) < 0 ? err_ctx(e, "%s", stage_dir(st)) : 0;
}

/* File systems without RENAME_NOREPLACE: rename() itself replaces an empty folder only, so one that was just made is safe to replace. */
static int rename_over_new(struct stage *st)
{
	if (mkdirat(st->parent_fd, st->target_name, 0700) < 0)
		return -1;
	return renameat(st->parent_fd, st->stage_name, st->parent_fd, st->target_name);
}

/* True when the target is the very folder that we hold open: an earlier call renamed it. */
static int is_target(const struct stage *st)
{
	struct stat a, b;

	return fstat(st->fd, &a) == 0 && fstatat(st->parent_fd, st->target_name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

int stage_publish(struct stage *st, struct err *e)
{
	int rc;

	if (!st->published && !is_target(st)) {
		if (st->draft && file_remove_tree_at(st->parent_fd, st->target_name, e) < 0)
			return err_ctx(e, "%s", st->target_path);
		rc = renameat2(st->parent_fd, st->stage_name, st->parent_fd, st->target_name, RENAME_NOREPLACE);
		if (rc < 0 && (errno == EINVAL || errno == ENOSYS))
			rc = rename_over_new(st);
		if (rc < 0)
			return err_sys(e, errno == EIO || errno == ENOSPC || errno == EDQUOT ? ERR_IO : ERR_CANTCREAT, "publish %s", st->target_path);
	}
	/* Before the sync: should that fail, the folder is visible all the same, and the next call has only the sync left to do. */
	st->published = 1;
	return file_sync_dir(st->parent_fd, e) < 0 ? err_ctx(e, "%s", st->target_path) : 0;
}

int stage_drop(struct stage *st, struct err *e)
{
	if (st->published || is_target(st))
		return err_set(e, ERR_SOFTWARE, "%s is published and stays", st->target_path);
	if (file_remove_tree_at(st->parent_fd, st->stage_name, e) < 0 || file_sync_dir(st->parent_fd, e) < 0)
		return err_ctx(e, "%s", st->stage_path);
	if (unlinkat(st->out_fd, st->parent_name, AT_REMOVEDIR) < 0) {
		if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
			return err_sys(e, ERR_IO, "remove %s", st->parent_name);
		return 0;
	}
	return file_sync_dir(st->out_fd, e);
}

int stage_freeze(struct stage *st, struct err *e)
{
	struct walk w = { .st = st, .mode = 1 };

	/* The next dry run removes a draft, which an ordinary user cannot do to a frozen folder. */
	if (st->draft)
		return 0;
	if (file_walk_at(st->fd, visit, &w, e) < 0)
		return err_ctx(e, "%s", stage_dir(st));
	return fchmod(st->fd, 0550) < 0 ? err_sys(e, ERR_IO, "%s: chmod", stage_dir(st)) : 0;
}

int stage_put(struct stage *st, const char *name, const void *p, size_t n, struct err *e)
{
	struct stat s;
	int frozen, rc;

	if (fstat(st->fd, &s) < 0)
		return err_sys(e, ERR_IO, "%s", stage_dir(st));
	/* A frozen folder takes no new file from an ordinary user, and a replacement is one until it is renamed. */
	frozen = (s.st_mode & 0200) == 0;
	if (frozen && fchmod(st->fd, 0700) < 0)
		return err_sys(e, ERR_IO, "%s: chmod", stage_dir(st));
	rc = file_replace_at(st->fd, name, p, n, 0600, e);
	if (frozen && fchmod(st->fd, s.st_mode & 07777) < 0 && rc == 0)
		rc = err_sys(e, ERR_IO, "%s: chmod", stage_dir(st));
	return rc < 0 ? err_ctx(e, "%s", stage_dir(st)) : 0;
}

int stage_put_out(struct stage *st, const char *name, const void *p, size_t n, struct err *e)
{
	return file_replace_at(st->out_fd, name, p, n, 0600, e);
}
