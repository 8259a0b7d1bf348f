#include "ledger/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

const char *place_network(unsigned long f_type)
{
	/* linux/magic.h, and the kernel sources of those that are not in there */
	static const struct { unsigned long type; const char *name; } net[] = {
		{ 0x6969, "NFS" }, { 0x517b, "SMB" }, { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB2" }, { 0x65735546, "FUSE" },
		{ 0x5346414f, "AFS" }, { 0x6b414653, "AFS" }, { 0x73757245, "Coda" },
	};

	for (size_t i = 0; i < sizeof net / sizeof *net; i++)
		if ((f_type & 0xffffffff) == net[i].type)
			return net[i].name;
	return NULL;
}

static int split(struct place *p, const char *path, char *real, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char *dir;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, ERR_CONFIG, "'%s' is no path of a ledger file", path);
	dir = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		return err_nomem(e);
	if (realpath(dir, real) == NULL) {
		int missing = errno == ENOENT;

		if (!missing)
			err_sys(e, ERR_CONFIG, "folder of the ledger %s", dir);
		free(dir);
		return missing ? 0 : -1;
	}
	free(dir);
	if (asprintf(&p->path, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) < 0) {
		p->path = NULL;
		return err_nomem(e);
	}
	p->name = strrchr(p->path, '/') + 1;
	return 0;
}

int place_open(struct place *p, const char *path, struct err *e)
{
	char real[4096 + 1]; /* PATH_MAX */
	struct statfs fs;
	const char *net;

	*p = (struct place){ .dirfd = -1 };
	if (split(p, path, real, e) < 0)
		return -1;
	if (p->path == NULL)
		return 0;
	p->dirfd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dirfd < 0)
		return err_sys(e, ERR_CONFIG, "folder of the ledger %s", real);
	if (fstatfs(p->dirfd, &fs) < 0)
		return err_sys(e, ERR_IO, "file system of %s", real);
	net = place_network((unsigned long)fs.f_type);
	if (net != NULL)
		return err_set(e, ERR_CONFIG, "the ledger %s lies on %s: locks and syncs cannot be relied on there; use a local disk", p->path, net);
	return 0;
}

void place_close(struct place *p)
{
	if (p->dirfd >= 0)
		close(p->dirfd);
	free(p->path);
	*p = (struct place){ .dirfd = -1 };
}

int place_look(struct place *p, struct err *e)
{
	struct stat st;

	p->exists = 0;
	if (p->dirfd < 0)
		return 0;
	if (fstatat(p->dirfd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, ERR_IO, "ledger %s", p->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "the ledger %s is %s, no regular file", p->path, S_ISLNK(st.st_mode) ? "a link" : "something else");
	if (st.st_uid != geteuid())
		return err_set(e, ERR_CONFIG, "the ledger %s belongs to user id %u, not to you (%u)", p->path, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_CONFIG, "others can access the ledger %s (mode %04o): chmod 600", p->path, (unsigned)(st.st_mode & 07777));
	p->exists = 1;
	return 0;
}

/* The descriptor is closed before SQLite opens the file: a close would drop the POSIX locks that SQLite holds (sqlite.org/howtocorrupt). */
int place_create(struct place *p, struct err *e)
{
	int fd = openat(p->dirfd, p->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return err_sys(e, ERR_CANTCREAT, "cannot create the ledger %s", p->path);
	if (fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		rc = err_sys(e, ERR_IO, "ledger %s", p->path);
	if (close(fd) < 0 && rc == 0)
		rc = err_sys(e, ERR_IO, "ledger %s", p->path);
	if (rc == 0 && fsync(p->dirfd) < 0)
		rc = err_sys(e, ERR_IO, "folder of the ledger %s", p->path);
	if (rc == 0)
		p->exists = 1;
	return rc;
}
