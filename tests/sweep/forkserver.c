/* Preloaded into psabill by the tests: one process loads the program and its forty libraries, and each psabill of a test is a fork of it that begins at main(). Loading takes ten
 * times as long as a short command. Descriptor FORKSERVER is a listening socket; each connection is one process: a message with descriptors 0 to 2, the folder, the arguments and
 * the environment goes in, the process id and in the end the status of waitpid() come back. A connection that is closed kills its process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACES 64
#define WORDS 1024
#define MESSAGE 131072

typedef int main_fn(int, char **, char **);

static main_fn *real_main;
static struct { int fd; pid_t pid; } place[PLACES]; /* pid 0: free, or not yet told what to do */
static char message[MESSAGE];

static void die(const char *what)
{
	perror(what);
	_exit(125);
}

/* "folder", "number of arguments", arguments, environment: each ends with a NUL. */
static int begin(size_t n)
{
	static char *word[WORDS];
	static const char *const shims[] = { "oom_begin", "inject_begin" };
	size_t count = 0;
	int args;

	for (char *p = message; p < message + n && count < WORDS - 2; p += strlen(p) + 1)
		word[count++] = p;
	args = atoi(word[1]);
	memmove(word + 3 + args, word + 2 + args, (count - 2 - (size_t)args + 1) * sizeof *word);
	word[2 + args] = NULL;
	environ = word + 3 + args;
	if (chdir(word[0]) < 0)
		die(word[0]);
	for (size_t i = 0; i < sizeof shims / sizeof *shims; i++) {
		void (*f)(void) = (void (*)(void))(void *)dlsym(RTLD_DEFAULT, shims[i]);

		if (f != NULL)
			f();
	}
	return real_main(args, word + 2, environ);
}

static void start(int at, int listening, int signals, const sigset_t *mask)
{
	union { char space[CMSG_SPACE(3 * sizeof(int))]; struct cmsghdr align; } control;
	struct iovec part = { message, sizeof message - 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t n = recvmsg(place[at].fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int fd[3];

	if (c == NULL || c->cmsg_len != CMSG_LEN(sizeof fd)) {
		close(place[at].fd);
		place[at].fd = -1;
		return;
	}
	memcpy(fd, CMSG_DATA(c), sizeof fd);
	place[at].pid = fork();
	if (place[at].pid < 0)
		die("fork");
	if (place[at].pid == 0) {
		for (int i = 0; i < PLACES; i++)
			if (place[i].fd >= 0)
				close(place[i].fd);
		close(listening);
		close(signals);
		for (int i = 0; i < 3; i++)
			if (dup2(fd[i], i) < 0)
				die("dup2");
		for (int i = 0; i < 3; i++)
			close(fd[i]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_SETMASK, mask, NULL);
		exit(begin((size_t)n));
	}
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	(void)!write(place[at].fd, &place[at].pid, sizeof place[at].pid);
}

static void bury(void)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < PLACES; i++)
			if (place[i].fd >= 0 && place[i].pid == pid) {
				(void)!sendto(place[i].fd, &status, sizeof status, MSG_NOSIGNAL, NULL, 0); /* a shim counts calls of send() */
				close(place[i].fd);
				place[i].fd = -1;
				place[i].pid = 0;
			}
}

static void welcome(int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

	for (int i = 0; fd >= 0 && i < PLACES; i++)
		if (place[i].fd < 0 && place[i].pid == 0) {
			place[i].fd = fd;
			return;
		}
	if (fd >= 0)
		close(fd);
}

static int serve(int argc, char **argv, char **env)
{
	const char *number = getenv("FORKSERVER");
	struct pollfd p[PLACES + 2];
	sigset_t child, mask;
	int listening, signals;

	if (number == NULL)
		return real_main(argc, argv, env);
	listening = atoi(number);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &mask);
	signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < PLACES; i++)
		place[i].fd = -1;
	for (;;) {
		struct signalfd_siginfo info;

		p[PLACES] = (struct pollfd){ .fd = listening, .events = POLLIN };
		p[PLACES + 1] = (struct pollfd){ .fd = signals, .events = POLLIN };
		for (int i = 0; i < PLACES; i++)
			p[i] = (struct pollfd){ .fd = place[i].fd, .events = POLLIN };
		if (poll(p, PLACES + 2, -1) < 0)
			die("poll");
		for (int i = 0; i < PLACES; i++)
			if (place[i].fd >= 0 && p[i].revents != 0) {
				if (place[i].pid == 0) {
					start(i, listening, signals, &mask);
					continue;
				}
				kill(place[i].pid, SIGKILL);
				waitpid(place[i].pid, NULL, 0);
				close(place[i].fd);
				place[i].fd = -1;
				place[i].pid = 0;
			}
		while (read(signals, &info, sizeof info) > 0)
			;
		bury();
		if (p[PLACES].revents != 0)
			welcome(listening);
	}
}

int __libc_start_main(main_fn *program, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	int (*next)(main_fn *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
		(int (*)(main_fn *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *))(void *)dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = program;
	return next(serve, argc, argv, init, fini, rtld_fini, stack_end);
}
