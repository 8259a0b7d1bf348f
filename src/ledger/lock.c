#include "ledger/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define POLL_MS 100
#define READERS_MS 2000 /* readers are short; a writer gives them this long */

static int open_file(const struct place *p, const char *name, int exclusive, int *fd, struct err *e)
{
	/* O_NONBLOCK: a fifo in this place must not hang the program before it is refused. */
	int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (exclusive ? O_RDWR | O_CREAT : O_RDONLY);
	struct stat st;

	*fd = openat(p->dirfd, name, flags, 0600);
	if (*fd < 0 && errno == ENOENT && !exclusive)
		return 0;
	if (*fd < 0 && errno == ELOOP)
		return err_set(e, ERR_CONFIG, "the lock file %s.lock is a link", p->path);
	if (*fd < 0)
		return err_sys(e, ERR_CANTCREAT, "lock file %s.lock", p->path);
	if (fstat(*fd, &st) < 0)
		return err_sys(e, ERR_IO, "lock file %s.lock", p->path);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_set(e, ERR_CONFIG, "the lock file %s.lock is no regular file of yours", p->path);
	if (exclusive && (st.st_mode & 0777) != 0600 && fchmod(*fd, 0600) < 0)
		return err_sys(e, ERR_IO, "lock file %s.lock", p->path);
	return 0;
}

/* 1 locked, 0 busy, -1. */
static int try_lock(int fd, int exclusive, struct err *e)
{
	struct flock l = { .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &l) == 0)
		return 1;
	if (errno == EAGAIN || errno == EACCES || errno == EINTR)
		return 0;
	return err_sys(e, ERR_IO, "lock of the ledger");
}

/* What the holder wrote: one printable line, or "" when it cannot be read. */
static void holder(int fd, char out[128])
{
	ssize_t n = pread(fd, out, 127, 0);
	size_t len = 0;

	if (n > 0)
		while (len < (size_t)n && (unsigned char)out[len] >= 0x20 && (unsigned char)out[len] < 0x7f)
			len++;
	out[len] = '\0';
}

/* Whether those in the way only read. */
static int only_readers(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type == F_RDLCK;
}

static int wait_for(const struct place *p, int fd, int exclusive, int64_t until, struct err *e)
{
	int64_t readers_until = clock_boot_ms() + READERS_MS;
	char who[128];

	for (;;) {
		int rc = try_lock(fd, exclusive, e);
		int64_t now = clock_boot_ms(), left = until - now;

		if (rc == 0 && exclusive && left < readers_until - now && only_readers(fd))
			left = readers_until - now;

		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (left <= 0)
			break;
		if (clock_sleep_ms(left < POLL_MS ? left : POLL_MS) < 0)
			return err_set(e, ERR_TEMPFAIL, "interrupted while waiting for the ledger %s", p->path);
	}
	holder(fd, who);
	return err_set(e, ERR_TEMPFAIL, "the ledger %s is in use%s%s%s", p->path, who[0] != '\0' ? " (" : "", who, who[0] != '\0' ? ")" : "");
}

static int sign(const struct place *p, int fd, struct err *e)
{
	char host[65] = "", text[128];
	int n;

	if (gethostname(host, sizeof host - 1) < 0)
		host[0] = '\0';
	n = snprintf(text, sizeof text, "pid %ld on %s\n", (long)getpid(), host);
	if (n < 0 || ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "lock file %s.lock", p->path);
	return file_write_all(fd, text, (size_t)n, e) < 0 ? err_ctx(e, "lock file %s.lock", p->path) : 0;
}

/* 1 when the name still leads to the locked file: somebody may have removed it between open and lock. */
static int same_file(const struct place *p, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(p->dirfd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int lock_take(const struct place *p, int exclusive, int64_t wait_ms, int *fd, struct err *e)
{
	int64_t until = clock_boot_ms() + (wait_ms > 0 ? wait_ms : 0);
	char *name;
	int got = -1, rc = -1;

	if (asprintf(&name, "%s.lock", p->name) < 0)
		return err_nomem(e);
	for (int tries = 0; tries < 100; tries++) {
		if (open_file(p, name, exclusive, &got, e) < 0 || (got >= 0 && wait_for(p, got, exclusive, until, e) < 0))
			goto out;
		if (got < 0 || same_file(p, name, got)) {
			rc = 0;
			break;
		}
		close(got);
		got = -1;
	}
	if (rc < 0)
		err_set(e, ERR_TEMPFAIL, "the lock file %s.lock keeps being replaced", p->path);
	else if (exclusive)
		rc = sign(p, got, e);
out:
	free(name);
	if (rc < 0)
		lock_drop(got);
	else
		*fd = got;
	return rc;
}

void lock_drop(int fd)
{
	if (fd >= 0)
		close(fd);
}
