#include "ledger/copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "ledger/db.h"

/* The backup goes through SQLite: a second descriptor on the ledger's file would drop this process's lock on it when it is closed. */
static int back_up(struct store *s, sqlite3 *to, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
	int rc;

	if (b == NULL)
		return err_set(e, ERR_IO, "copy of the ledger: %s", sqlite3_errmsg(to));
	rc = sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) != SQLITE_OK || rc != SQLITE_DONE)
		return err_set(e, ERR_IO, "copy of the ledger: %s", sqlite3_errstr(rc));
	return 0;
}

static int write_copy(struct store *s, const char *name, struct err *e)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW;
	/* The folder has to be made durable by hand, so the journal may be left out: a torn copy is never renamed. */
	static const char settings[] = "PRAGMA journal_mode=OFF;PRAGMA synchronous=FULL";
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(name, &to, flags, NULL) == SQLITE_OK && sqlite3_exec(to, settings, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;

	if (rc < 0)
		err_set(e, ERR_IO, "copy of the ledger: %s", to == NULL ? "out of memory" : sqlite3_errmsg(to));
	else
		rc = back_up(s, to, e);
	if (sqlite3_close(to) != SQLITE_OK && rc == 0)
		rc = err_set(e, ERR_IO, "copy of the ledger cannot be closed");
	return rc;
}

/* SQLite makes the file with the umask's mode; it holds what the ledger holds. */
static int settle(int dirfd, const char *from, const char *to, struct err *e)
{
	int fd = openat(dirfd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return err_sys(e, ERR_IO, "copy of the ledger");
	if (fchmod(fd, 0600) != 0 || fsync(fd) != 0 || renameat(dirfd, from, dirfd, to) != 0)
		rc = err_sys(e, ERR_IO, "copy of the ledger");
	close(fd);
	return rc < 0 ? -1 : file_sync_dir(dirfd, e);
}

int copy_make(struct store *s, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
	char *dir = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	struct buf full = BUF_INIT, last = BUF_INIT, partial = BUF_INIT;
	int dirfd = -1, rc = -1;

	buf_fmt(&full, "%s.copy.new", path);
	buf_fmt(&partial, "%s.copy.new", name);
	buf_fmt(&last, "%s.copy", name);
	if (dir == NULL || !buf_ok(&full) || !buf_ok(&partial) || !buf_ok(&last)) {
		err_nomem(e);
		goto out;
	}
	dirfd = file_open_dir(dir, e);
	if (dirfd < 0)
		goto out;
	unlinkat(dirfd, buf_text(&partial), 0);
	if (write_copy(s, buf_text(&full), e) == 0)
		rc = settle(dirfd, buf_text(&partial), buf_text(&last), e);
	if (rc < 0)
		unlinkat(dirfd, buf_text(&partial), 0);
out:
	if (dirfd >= 0)
		close(dirfd);
	free(dir);
	buf_free(&full);
	buf_free(&partial);
	buf_free(&last);
	return rc;
}
