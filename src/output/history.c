#include "output/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

/* "R" and at least four digits. */
static int run_number(const char *name, int64_t *seq)
{
	return name[0] == 'R' && strlen(name) >= 5 && num_parse_int(name + 1, 1, INT64_MAX, seq) == 0;
}

static DIR *open_folder(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && d == NULL)
		close(fd);
	return d;
}

/* 0, or -1 with errno. */
static int look_into(DIR *period, const char *name, int64_t *seq, char folder[64])
{
	const struct dirent *x;
	int64_t n;

	while ((errno = 0, x = readdir(period)) != NULL)
		if (run_number(x->d_name, &n) && n > *seq) {
			*seq = n;
			snprintf(folder, 64, "%.40s/%.20s", name, x->d_name);
		}
	return errno == 0 ? 0 : -1;
}

/* One entry of out. Periods begin with a digit; what else lies there is not ours (a file system's lost+found, drafts). */
static int look_at(DIR *out, const char *name, int64_t *seq, char folder[64])
{
	DIR *period;
	int rc;

	if (name[0] < '0' || name[0] > '9')
		return 0;
	period = open_folder(dirfd(out), name);
	if (period == NULL)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	rc = look_into(period, name, seq, folder);
	closedir(period);
	return rc;
}

int history_highest(const char *out_dir, int64_t *seq, char folder[64], struct err *e)
{
	DIR *out = opendir(out_dir);
	const struct dirent *x;
	int rc = 0;

	*seq = 0;
	folder[0] = '\0';
	if (out == NULL)
		return errno == ENOENT ? 0 : err_sys(e, ERR_CANTCREAT, "output folder %s", out_dir);
	while (rc == 0 && (errno = 0, x = readdir(out)) != NULL)
		if (look_at(out, x->d_name, seq, folder) < 0)
			rc = err_sys(e, ERR_CANTCREAT, "%s/%s", out_dir, x->d_name);
	if (rc == 0 && errno != 0)
		rc = err_sys(e, ERR_IO, "output folder %s", out_dir);
	closedir(out);
	return rc;
}
