#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"

#define SECRET_MAX 4096
#define DEPTH_MAX 64 /* folders within folders that the program ever walks; each holds a descriptor */

static int open_at(int at, const char *name, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(at, name, flags | O_CLOEXEC | O_NOCTTY, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* What a failure to create or write means: the disk itself, or a place that cannot be used. */
static enum err_code create_code(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EIO:
		return ERR_IO;
	}
	return ERR_CANTCREAT;
}

/* What a failure to open for reading means. */
static enum err_code read_code(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case EPERM:
	case ELOOP:
	case ENAMETOOLONG:
		return ERR_NOINPUT;
	}
	return ERR_IO;
}

/* One name below a folder: a separator or ".." would leave it. */
static int check_name(const char *name, struct err *e)
{
	if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, ERR_SOFTWARE, "not a file name: '%s'", name);
	return 0;
}

/* Reads to the end of the file or to max + 1 bytes. */
static int read_fd(int fd, size_t max, struct buf *b, const char *path, struct err *e)
{
	char block[65536];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "%s", path);
		if (n == 0)
			break;
		total += (size_t)n;
		if (total > max)
			return err_set(e, ERR_DATA, "%s: larger than %zu bytes", path, max);
		buf_add(b, block, (size_t)n);
	}
	return buf_ok(b) ? 0 : err_nomem(e);
}

int file_read(const char *path, size_t max, struct buf *b, struct err *e)
{
	int fd = open_at(AT_FDCWD, path, O_RDONLY, 0);
	int rc;

	if (fd < 0)
		return err_sys(e, read_code(errno), "%s", path);
	rc = read_fd(fd, max, b, path, e);
	close(fd);
	return rc;
}

/* systemd hands credentials over as root's or the service's files with mode 0400 or 0440 (systemd.exec(5), LoadCredential=). */
static int is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n = dir != NULL ? strlen(dir) : 0;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return n > 1 && dir[0] == '/' && strncmp(path, dir, n) == 0 && path[n] == '/' && strstr(path + n, "/..") == NULL;
}

static int check_secret(int fd, const char *path, struct err *e)
{
	mode_t waived = is_credential(path) ? 0040 : 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s: not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_CONFIG, "%s: belongs to user %u, neither to you nor to root", path, st.st_uid);
	if ((st.st_mode & 0077 & ~waived) != 0)
		return err_set(e, ERR_CONFIG, "%s: mode %04o lets others read it; chmod 600 %s", path, st.st_mode & 07777, path);
	if (st.st_size > SECRET_MAX)
		return err_set(e, ERR_CONFIG, "%s: longer than %d bytes", path, SECRET_MAX);
	return 0;
}

/* Reads the text in one go and appends it once, so that no copies of it are left in memory that grew. */
static int read_secret(int fd, const char *path, struct buf *b, struct err *e)
{
	char text[SECRET_MAX + 1];
	size_t n = 0;
	int rc = -1;

	for (;;) {
		ssize_t k = read(fd, text + n, sizeof text - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			err_sys(e, ERR_CONFIG, "%s", path);
			goto out;
		}
		n += (size_t)k;
		if (k == 0 || n == sizeof text)
			break;
	}
	if (n == sizeof text) {
		err_set(e, ERR_CONFIG, "%s: longer than %d bytes", path, SECRET_MAX);
		goto out;
	}
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	if (n == 0) {
		err_set(e, ERR_CONFIG, "%s: empty", path);
		goto out;
	}
	if (memchr(text, '\0', n) != NULL) {
		err_set(e, ERR_CONFIG, "%s: NUL byte", path);
		goto out;
	}
	buf_add(b, text, n);
	rc = buf_ok(b) ? 0 : err_nomem(e);
out:
	explicit_bzero(text, sizeof text);
	return rc;
}

int file_read_secret(const char *path, struct buf *b, struct err *e)
{
	/* O_NONBLOCK: opening a fifo must not wait for a writer; it is refused by fstat() right after. */
	int fd = open_at(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	int rc;

	if (fd < 0 && errno == ELOOP)
		return err_set(e, ERR_CONFIG, "%s: is a symbolic link", path);
	if (fd < 0)
		return err_sys(e, errno == ENOENT || errno == ENOTDIR ? ERR_NOINPUT : ERR_CONFIG, "%s", path);
	rc = check_secret(fd, path, e);
	if (rc == 0)
		rc = read_secret(fd, path, b, e);
	close(fd);
	return rc;
}

int file_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = write(fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(e, ERR_IO, "write");
		if (k == 0)
			return err_set(e, ERR_IO, "write: no progress");
		at += k;
		n -= (size_t)k;
	}
	return 0;
}

/* A new file with these bytes, on the disk when 0 is returned; nothing is left behind otherwise.
 * A failed fsync() is never repeated: the kernel marks the pages clean, so that a second one would succeed without the data. */
static int write_new_at(int at, const char *name, const void *p, size_t n, mode_t mode, struct err *e)
{
	int fd = open_at(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);

	if (fd < 0)
		return err_sys(e, create_code(errno), "%s", name);
	if (file_write_all(fd, p, n, e) < 0) {
		err_ctx(e, "%s", name);
		goto fail;
	}
	if (fsync(fd) < 0) {
		err_sys(e, ERR_IO, "%s: fsync", name);
		goto fail;
	}
	/* Linux closes the descriptor whatever close() returns; an error still means that data was lost (NFS, quotas). */
	if (close(fd) < 0 && errno != EINTR) {
		err_sys(e, ERR_IO, "%s: close", name);
		fd = -1;
		goto fail;
	}
	return 0;
fail:
	if (fd >= 0)
		close(fd);
	unlinkat(at, name, 0);
	return -1;
}

int file_replace_at(int at, const char *name, const void *p, size_t n, mode_t mode, struct err *e)
{
	char temp[300];
	int len;

	if (check_name(name, e) < 0)
		return -1;
	/* One name for all processes: what a killed one left is found and removed by the next. Where two could meet, a lock keeps them apart. */
	len = snprintf(temp, sizeof temp, ".%s.tmp", name);
	if (len < 0 || (size_t)len >= sizeof temp)
		return err_set(e, ERR_CANTCREAT, "%s: name too long", name);
	if (unlinkat(at, temp, 0) < 0 && errno != ENOENT)
		return err_sys(e, create_code(errno), "%s", temp);
	if (write_new_at(at, temp, p, n, mode, e) < 0)
		return -1;
	if (renameat(at, temp, at, name) < 0) {
		err_sys(e, create_code(errno), "%s", name);
		unlinkat(at, temp, 0);
		return -1;
	}
	return file_sync_dir(at, e);
}

int file_create(const char *path, const void *p, size_t n, mode_t mode, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char *dir = NULL;
	int fd = -1, rc = -1;

	if (check_name(name, e) < 0)
		return -1;
	dir = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		return err_nomem(e);
	fd = file_open_dir(dir, e);
	if (fd < 0)
		goto out;
	if (write_new_at(fd, name, p, n, mode, e) < 0) {
		err_ctx(e, "%s", dir);
		goto out;
	}
	rc = file_sync_dir(fd, e);
out:
	if (fd >= 0)
		close(fd);
	free(dir);
	return rc;
}

int file_open_dir(const char *path, struct err *e)
{
	int fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);

	return fd >= 0 ? fd : err_sys(e, ERR_CANTCREAT, "%s", path);
}

int file_open_dir_at(int at, const char *name, struct err *e)
{
	int fd;

	if (check_name(name, e) < 0)
		return -1;
	fd = open_at(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	return fd >= 0 ? fd : err_sys(e, ERR_CANTCREAT, "%s", name);
}

/* A folder that is only passed through may be closed for reading, hence O_PATH; to fsync it, it is opened once more. */
static int sync_path_dir(int at, struct err *e)
{
	int fd = open_at(at, ".", O_RDONLY | O_DIRECTORY, 0);
	int rc;

	if (fd < 0)
		return err_sys(e, ERR_CANTCREAT, "open the parent folder");
	rc = file_sync_dir(fd, e);
	close(fd);
	return rc;
}

/* Makes one part of the path if needed and steps into it. Links are followed: the path is the operator's own. */
static int step_into(int *fd, const char *part, mode_t mode, struct err *e)
{
	int next;

	if (mkdirat(*fd, part, mode) == 0) {
		if (sync_path_dir(*fd, e) < 0)
			return -1;
	} else if (errno != EEXIST) {
		/* A folder that exists on a read-only file system may give EROFS or EACCES instead; opening it decides. */
		int saved = errno;
		struct stat st;

		if (fstatat(*fd, part, &st, 0) < 0) {
			errno = saved;
			return err_sys(e, create_code(saved), "%s", part);
		}
	}
	next = open_at(*fd, part, O_PATH | O_DIRECTORY, 0);
	if (next < 0)
		return err_sys(e, ERR_CANTCREAT, "%s", part);
	close(*fd);
	*fd = next;
	return 0;
}

int file_make_dirs(const char *path, mode_t mode, struct err *e)
{
	char *copy = strdup(path), *rest = copy, *part;
	int fd, rc = -1;

	if (copy == NULL)
		return err_nomem(e);
	fd = open_at(AT_FDCWD, *path == '/' ? "/" : ".", O_PATH | O_DIRECTORY, 0);
	if (fd < 0) {
		err_sys(e, ERR_CANTCREAT, "%s", path);
		goto out;
	}
	while ((part = strsep(&rest, "/")) != NULL) {
		if (*part == '\0' || strcmp(part, ".") == 0)
			continue;
		if (step_into(&fd, part, mode, e) < 0) {
			err_ctx(e, "%s", path);
			goto out;
		}
	}
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

int file_make_dir_at(int at, const char *name, mode_t mode, struct err *e)
{
	if (check_name(name, e) < 0)
		return -1;
	if (mkdirat(at, name, mode) < 0) {
		if (errno != EEXIST)
			return err_sys(e, create_code(errno), "%s", name);
	} else if (file_sync_dir(at, e) < 0) {
		return -1;
	}
	return file_open_dir_at(at, name, e);
}

int file_sync_dir(int at, struct err *e)
{
	/* EINVAL: a file system that does not know fsync() of folders (some FUSE and CIFS mounts) makes entries durable itself or not at all. */
	if (fsync(at) < 0 && errno != EINVAL)
		return err_sys(e, ERR_IO, "fsync of the folder");
	return 0;
}

/* Opens for listing with an offset of its own; a dup() would share the caller's. */
static DIR *list_at(int at, const char *name, struct err *e)
{
	int fd = open_at(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		err_sys(e, ERR_IO, "%s", name);
		if (fd >= 0)
			close(fd);
	}
	return dir;
}

/* The next entry; NULL at the end with *rc 0, or on failure with *rc -1. */
static const char *next_entry(DIR *dir, int *rc, struct err *e)
{
	struct dirent *d;

	*rc = 0;
	do {
		errno = 0;
		d = readdir(dir);
	} while (d != NULL && (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0));
	if (d == NULL && errno != 0)
		*rc = err_sys(e, ERR_IO, "read a folder");
	return d != NULL ? d->d_name : NULL;
}

static int remove_at(int at, const char *name, int depth, struct err *e);

static int empty_dir(int at, const char *name, int depth, struct err *e)
{
	DIR *dir = list_at(at, name, e);
	const char *entry;
	int rc;

	if (dir == NULL)
		return -1;
	/* POSIX leaves open whether readdir() shows entries removed meanwhile; missing is fine, so it does not matter. */
	while ((entry = next_entry(dir, &rc, e)) != NULL) {
		rc = remove_at(dirfd(dir), entry, depth + 1, e);
		if (rc < 0)
			break;
	}
	closedir(dir);
	return rc;
}

static int remove_at(int at, const char *name, int depth, struct err *e)
{
	struct stat st;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_IO, "%s: too many folders within folders", name);
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, ERR_IO, "%s", name);
	if (S_ISDIR(st.st_mode) && empty_dir(at, name, depth, e) < 0)
		return err_ctx(e, "%s", name);
	if (unlinkat(at, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
		return err_sys(e, ERR_IO, "remove %s", name);
	return 0;
}

int file_remove_tree_at(int at, const char *name, struct err *e)
{
	if (check_name(name, e) < 0)
		return -1;
	return remove_at(at, name, 0, e);
}

/* The paths of a tree: all are collected before the first call, since only then they can be sorted as whole paths. */
struct walk {
	struct pool *pool;
	const char **path;
	size_t n, cap;
};

static int collect(struct walk *w, int at, const char *name, const char *prefix, int depth, struct err *e)
{
	DIR *dir = list_at(at, name, e);
	const char *entry;
	int rc = -1;

	if (dir == NULL)
		return -1;
	while ((entry = next_entry(dir, &rc, e)) != NULL) {
		const char *rel = pool_fmt(w->pool, "%s%s%s", prefix, *prefix != '\0' ? "/" : "", entry);
		struct stat st;

		rc = -1;
		if (rel == NULL || buf_grow(&w->path, &w->cap, w->n + 1, sizeof *w->path) < 0) {
			err_nomem(e);
			break;
		}
		if (fstatat(dirfd(dir), entry, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			err_sys(e, ERR_IO, "%s", rel);
			break;
		}
		if (S_ISREG(st.st_mode)) {
			w->path[w->n++] = rel;
		} else if (S_ISDIR(st.st_mode)) {
			if (depth == DEPTH_MAX) {
				err_set(e, ERR_IO, "%s: too many folders within folders", rel);
				break;
			}
			if (collect(w, dirfd(dir), entry, rel, depth + 1, e) < 0)
				break;
		}
	}
	closedir(dir);
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int file_walk_at(int at, int (*f)(void *ctx, const char *rel, struct err *e), void *ctx, struct err *e)
{
	struct walk w = { .pool = pool_new() };
	int rc;

	if (w.pool == NULL)
		return err_nomem(e);
	rc = collect(&w, at, ".", "", 0, e);
	if (rc == 0 && w.n > 0)
		qsort(w.path, w.n, sizeof *w.path, by_bytes);
	for (size_t i = 0; rc == 0 && i < w.n; i++)
		rc = f(ctx, w.path[i], e) < 0 ? -1 : 0;
	free(w.path);
	pool_free(w.pool);
	return rc;
}

char *file_join(const char *dir, const char *name)
{
	struct buf b = BUF_INIT;

	if (dir != NULL && *dir != '\0' && *name != '/') {
		buf_str(&b, dir);
		if (dir[strlen(dir) - 1] != '/')
			buf_ch(&b, '/');
	}
	buf_str(&b, name);
	if (!buf_ok(&b))
		buf_free(&b);
	return b.p;
}
