#include "output/outfolder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct outfolder {
	int parent_fd;
	char *name, *stage_name, *stage_path, *target_path;
	int published;
};

/* Every folder above that exists: none may be a run's. */
static int check_above(char *path, struct err *e)
{
	char *real, *slash;
	int rc = 0;

	while ((real = realpath(path, NULL)) == NULL) {
		slash = strrchr(path, '/');
		if (slash == NULL || slash == path)
			return 0;
		*slash = '\0';
	}
	while (rc == 0 && *real != '\0') {
		char *report = file_join(real, "run.json");

		if (report == NULL)
			rc = err_nomem(e);
		else if (access(report, F_OK) == 0)
			rc = err_set(e, ERR_CANTCREAT, "%s is the folder of a run: nothing is added to it", real);
		free(report);
		slash = strrchr(real, '/');
		*slash = '\0';
	}
	free(real);
	return rc;
}

/* What is replaced must be ours. */
static int check_target(const struct outfolder *f, const char *const *files, size_t n, struct err *e)
{
	int fd = openat(f->parent_fd, f->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *x;
	DIR *d;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, ERR_CANTCREAT, "%s", f->target_path);
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return err_sys(e, ERR_CANTCREAT, "%s", f->target_path);
	}
	while (rc == 0 && (errno = 0, x = readdir(d)) != NULL) {
		size_t i = 0;

		while (i < n && strcmp(files[i], x->d_name) != 0)
			i++;
		if (i == n && strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
			rc = err_set(e, ERR_CANTCREAT, "%s holds %.60s, and would be replaced as a whole: choose another folder", f->target_path, x->d_name);
	}
	if (rc == 0 && errno != 0)
		rc = err_sys(e, ERR_IO, "%s", f->target_path);
	closedir(d);
	return rc;
}

static int begin(struct outfolder *f, const char *parent, const char *const *files, size_t n, struct err *e)
{
	char *above = strdup(f->target_path);
	int rc = above == NULL ? err_nomem(e) : check_above(above, e), fd;

	free(above);
	if (rc < 0 || file_make_dirs(parent, 0750, e) < 0)
		return -1;
	f->parent_fd = file_open_dir(parent, e);
	if (f->parent_fd < 0 || check_target(f, files, n, e) < 0 || file_remove_tree_at(f->parent_fd, f->stage_name, e) < 0)
		return -1;
	fd = file_make_dir_at(f->parent_fd, f->stage_name, 0700, e);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

struct outfolder *outfolder_new(const char *path, const char *const *files, size_t n, struct err *e)
{
	struct outfolder *f = calloc(1, sizeof *f);
	char *copy = strdup(path), *slash = NULL;
	size_t len = strlen(path);
	const char *parent = ".";
	int rc = -1;

	if (f == NULL || copy == NULL) {
		err_nomem(e);
		goto out;
	}
	f->parent_fd = -1;
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	slash = strrchr(copy, '/');
	f->name = strdup(slash != NULL ? slash + 1 : copy);
	f->target_path = strdup(copy);
	if (slash != NULL)
		*slash = '\0';
	if (slash != NULL)
		parent = slash == copy ? "/" : copy;
	if (f->name == NULL || asprintf(&f->stage_name, ".stage-%s", f->name) < 0)
		f->stage_name = NULL;
	f->stage_path = f->stage_name == NULL ? NULL : file_join(parent, f->stage_name);
	if (f->stage_path == NULL || f->target_path == NULL)
		err_nomem(e);
	else if (f->name[0] == '\0' || strcmp(f->name, ".") == 0 || strcmp(f->name, "..") == 0)
		err_set(e, ERR_CANTCREAT, "%s: name a folder of its own", path);
	else
		rc = begin(f, parent, files, n, e);
out:
	free(copy);
	if (rc == 0)
		return f;
	outfolder_free(f);
	return NULL;
}

const char *outfolder_dir(const struct outfolder *f)
{
	return f->published ? f->target_path : f->stage_path;
}

struct syncing { int fd; };

static int sync_file(void *ctx, const char *rel, struct err *e)
{
	const struct syncing *s = ctx;
	int fd = openat(s->fd, rel, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(e, ERR_IO, "%s", rel);
	rc = fsync(fd) < 0 ? err_sys(e, ERR_IO, "%s: fsync", rel) : 0;
	close(fd);
	return rc;
}

static int sync_stage(const struct outfolder *f, struct err *e)
{
	struct syncing s = { file_open_dir_at(f->parent_fd, f->stage_name, e) };
	int rc;

	if (s.fd < 0)
		return -1;
	rc = file_walk_at(s.fd, sync_file, &s, e) < 0 || file_sync_dir(s.fd, e) < 0 ? -1 : 0;
	close(s.fd);
	return rc;
}

/* In one step where the file system can exchange names; else what was there goes first. */
static int put_in_place(struct outfolder *f, struct err *e)
{
	if (renameat2(f->parent_fd, f->stage_name, f->parent_fd, f->name, RENAME_EXCHANGE) == 0)
		return file_remove_tree_at(f->parent_fd, f->stage_name, e);
	if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
		return err_sys(e, ERR_CANTCREAT, "replace %s", f->target_path);
	if (errno != ENOENT && file_remove_tree_at(f->parent_fd, f->name, e) < 0)
		return -1;
	return renameat(f->parent_fd, f->stage_name, f->parent_fd, f->name) < 0 ? err_sys(e, ERR_CANTCREAT, "publish %s", f->target_path) : 0;
}

int outfolder_publish(struct outfolder *f, struct err *e)
{
	if (sync_stage(f, e) < 0 || put_in_place(f, e) < 0)
		return -1;
	f->published = 1;
	return file_sync_dir(f->parent_fd, e);
}

void outfolder_free(struct outfolder *f)
{
	struct err ignored = ERR_INIT;

	if (f == NULL)
		return;
	if (f->parent_fd >= 0 && !f->published)
		file_remove_tree_at(f->parent_fd, f->stage_name, &ignored);
	if (f->parent_fd >= 0)
		close(f->parent_fd);
	free(f->name);
	free(f->stage_name);
	free(f->stage_path);
	free(f->target_path);
	free(f);
}
