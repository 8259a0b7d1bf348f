/* Preloaded into psabill by the sweeps. Time passes at once: a pause only moves the clocks, and so does waiting for an answer that is not there after a moment. By environment:
 * SWEEP_KILL         the stop at a step is a SIGKILL instead of an exit
 * SWEEP_PAUSE_AT=k   at the k-th step the process makes the file SWEEP_PAUSE_FILE and goes on when that is gone
 * SWEEP_JUMP_SENDS=s after s calls of send() an hour has passed by the clock that counts sleep
 * SWEEP_JUMP_STEP=k  and so it has after the k-th step
 * SWEEP_SENDS=FILE   writes a byte for each step: the number of calls of send() before it
 * SWEEP_WALL=s       the clock on the wall is s seconds off
 * SWEEP_FSTYPE=hex   every file system is of this type */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static long sends, steps;

ssize_t send(int fd, const void *data, size_t n, int flags)
{
	sends++;
	return sendto(fd, data, n, flags, NULL, 0);
}

#define MOMENT 20 /* milliseconds in which a server on this machine answers */

static long long skew_ms;

int nanosleep(const struct timespec *want, struct timespec *left)
{
	(void)left;
	skew_ms += want->tv_sec * 1000LL + want->tv_nsec / 1000000;
	return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *want, struct timespec *left)
{
	(void)clock;
	return flags == 0 ? nanosleep(want, left) : 0;
}

int poll(struct pollfd *p, nfds_t n, int timeout)
{
	int rc = (int)syscall(SYS_poll, p, n, timeout > MOMENT ? MOMENT : timeout);

	if (rc == 0 && timeout > MOMENT)
		skew_ms += timeout - MOMENT;
	return rc;
}

/* What poll() is called with _FORTIFY_SOURCE. */
int __poll_chk(struct pollfd *p, nfds_t n, int timeout, size_t size);

int __poll_chk(struct pollfd *p, nfds_t n, int timeout, size_t size)
{
	(void)size;
	return poll(p, n, timeout);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	const char *after = clock == CLOCK_BOOTTIME ? getenv("SWEEP_JUMP_SENDS") : NULL, *step = clock == CLOCK_BOOTTIME ? getenv("SWEEP_JUMP_STEP") : NULL;
	const char *off = clock == CLOCK_REALTIME ? getenv("SWEEP_WALL") : NULL;
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	if (clock == CLOCK_BOOTTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW) {
		t->tv_sec += skew_ms / 1000;
		t->tv_nsec += skew_ms % 1000 * 1000000;
		t->tv_sec += t->tv_nsec / 1000000000;
		t->tv_nsec %= 1000000000;
	}
	if ((after != NULL && sends >= strtol(after, NULL, 10)) || (step != NULL && steps >= strtol(step, NULL, 10)))
		t->tv_sec += 3600;
	if (off != NULL)
		t->tv_sec += strtol(off, NULL, 10);
	return rc;
}

void _exit(int status)
{
	if (status == 100 && getenv("SWEEP_KILL") != NULL)
		kill(getpid(), SIGKILL);
	for (;;)
		syscall(SYS_exit_group, status);
}

static void pause_here(void)
{
	const char *file = getenv("SWEEP_PAUSE_FILE");
	struct timespec t = { 0, 2000000 };
	int fd = file == NULL ? -1 : open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	close(fd);
	while (access(file, F_OK) == 0)
		syscall(SYS_nanosleep, &t, NULL);
}

int fstatfs(int fd, struct statfs *fs)
{
	const char *type = getenv("SWEEP_FSTYPE");
	int rc = (int)syscall(SYS_fstatfs, fd, fs);

	if (type != NULL)
		fs->f_type = (__fsword_t)strtoul(type, NULL, 16);
	return rc;
}

static void note_sends(void)
{
	const char *file = getenv("SWEEP_SENDS");
	unsigned char n = (unsigned char)sends;
	int fd = file == NULL ? -1 : open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, &n, 1) < 0)
		abort();
	if (fd >= 0)
		close(fd);
}

/* A stop point asks for its number each time: that is where steps are counted. */
char *getenv(const char *name)
{
	static char *(*next)(const char *);

	if (next == NULL)
		next = (char *(*)(const char *))(void *)dlsym(RTLD_NEXT, "getenv");
	if (strcmp(name, "PSABILL_STOP_AT") == 0) {
		const char *at = next("SWEEP_PAUSE_AT");

		note_sends();
		if (++steps == (at != NULL ? strtol(at, NULL, 10) : 0))
			pause_here();
	}
	return next(name);
}
