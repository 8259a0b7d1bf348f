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

static void look_into(DIR *period, const char *name, int64_t *seq, char folder[64])
{
	const struct dirent *x;
	int64_t n;

	while ((x = readdir(period)) != NULL)
		if (run_number(x->d_name, &n) && n > *seq) {
			*seq = n;
			snprintf(folder, 64, "%.40s/%.20s", name, x->d_name);
		}
}

int history_highest(const char *out_dir, int64_t *seq, char folder[64], struct err *e)
{
	DIR *out = opendir(out_dir), *period;
	const struct dirent *x;

	*seq = 0;
	folder[0] = '\0';
	if (out == NULL)
		return errno == ENOENT ? 0 : err_sys(e, ERR_CANTCREAT, "output folder %s", out_dir);
	while ((errno = 0, x = readdir(out)) != NULL) {
		if (x->d_name[0] == '.')
			continue;
		period = open_folder(dirfd(out), x->d_name);
		if (period == NULL && errno != ENOTDIR && errno != ELOOP) {
			err_sys(e, ERR_CANTCREAT, "%s/%s", out_dir, x->d_name);
			closedir(out);
			return -1;
		}
		if (period == NULL)
			continue;
		look_into(period, x->d_name, seq, folder);
		closedir(period);
	}
	if (errno != 0) {
		err_sys(e, ERR_IO, "output folder %s", out_dir);
		closedir(out);
		return -1;
	}
	closedir(out);
	return 0;
}
