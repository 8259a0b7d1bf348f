/* Preloaded: the k-th allocation fails (OOM_AT=k), with OOM_LASTING all after it, too. OOM_LIST=FILE writes "number hash" of every first call of a distinct way
 * through the program, as far as return addresses tell. OOM_TRACE: the way that led to the failure, on standard error. Should the program die of it, the way that led to that. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH 14
#define SLOTS (1u << 20)

void oom_begin(void);

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void *(*next_aligned)(size_t, size_t);
static long at, count;
static int lasting, trace, list = -1, ready;
static __thread int inside;
static uint64_t *seen;
static char early[65536]; /* dlsym() allocates before there is an allocator */
static size_t used;

static void *from_early(size_t n)
{
	void *p = early + used;

	used += (n + 15) & ~(size_t)15;
	if (used > sizeof early)
		abort();
	return p;
}

static void put(long number, uint64_t hash)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%ld %016llx\n", number, (unsigned long long)hash);

	if (write(list, line, (size_t)n) < 0)
		abort();
}

static void note(void)
{
	void *frame[DEPTH];
	int n = backtrace(frame, DEPTH);
	uint64_t hash = 14695981039346656037u;

	for (int i = 2; i < n; i++)
		hash = (hash ^ (uint64_t)(uintptr_t)frame[i]) * 1099511628211u;
	for (size_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
		if (seen[i] == hash)
			return;
		if (seen[i] == 0) {
			seen[i] = hash;
			put(count, hash);
			return;
		}
	}
}

/* Where it died: after the line "died". The signal comes again with its default action. */
static void died(int number)
{
	void *frame[40];

	(void)number;
	inside++;
	(void)!write(2, "died\n", 5);
	backtrace_symbols_fd(frame, backtrace(frame, 40), 2);
	inside--;
}

/* At the start of the program, and of each fork of a program that is loaded already. */
__attribute__((constructor)) void oom_begin(void)
{
	const char *s;
	void *frame[2];

	inside++;
	count = 0;
	s = getenv("OOM_AT");
	at = s == NULL ? 0 : strtol(s, NULL, 10);
	lasting = getenv("OOM_LASTING") != NULL;
	trace = getenv("OOM_TRACE") != NULL;
	if (at != 0) {
		const struct sigaction a = { .sa_handler = died, .sa_flags = (int)SA_RESETHAND };

		(void)backtrace(frame, 2);
		sigaction(SIGSEGV, &a, NULL);
		sigaction(SIGABRT, &a, NULL);
	}
	s = getenv("OOM_LIST");
	if (s != NULL) {
		list = open(s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		seen = calloc(SLOTS, sizeof *seen);
		(void)backtrace(frame, 2); /* loads its library now */
	}
	ready = 1;
	inside--;
}

static int fails(void)
{
	if (!ready || inside)
		return 0;
	inside++;
	count++;
	if (list >= 0)
		note();
	inside--;
	if (at == 0 || (lasting ? count < at : count != at))
		return 0;
	if (count == at && trace) {
		void *frame[40];

		inside++;
		backtrace_symbols_fd(frame, backtrace(frame, 40), 2);
		inside--;
	}
	errno = ENOMEM;
	return 1;
}

static void find(void)
{
	static int finding;

	if (finding)
		return;
	finding = 1;
	next_calloc = (void *(*)(size_t, size_t))(void *)dlsym(RTLD_NEXT, "calloc");
	next_realloc = (void *(*)(void *, size_t))(void *)dlsym(RTLD_NEXT, "realloc");
	next_aligned = (void *(*)(size_t, size_t))(void *)dlsym(RTLD_NEXT, "aligned_alloc");
	next_malloc = (void *(*)(size_t))(void *)dlsym(RTLD_NEXT, "malloc");
}

void *malloc(size_t n)
{
	if (next_malloc == NULL)
		find();
	return next_malloc == NULL ? from_early(n) : fails() ? NULL : next_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	if (next_malloc == NULL)
		find();
	return next_malloc == NULL ? from_early(n * size) : fails() ? NULL : next_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	if ((char *)p >= early && (char *)p < early + sizeof early) {
		void *q = malloc(n);

		return q == NULL ? NULL : memcpy(q, p, n);
	}
	return fails() ? NULL : next_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return fails() ? NULL : next_aligned(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
	void *p = fails() ? NULL : next_aligned(alignment, n);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

void free(void *p)
{
	static void (*next)(void *);

	if ((char *)p >= early && (char *)p < early + sizeof early)
		return;
	if (next == NULL)
		next = (void (*)(void *))(void *)dlsym(RTLD_NEXT, "free");
	next(p);
}
