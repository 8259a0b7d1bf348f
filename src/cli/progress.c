#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

static struct {
	int on, open, colour;
	const char *name;
	int64_t done, total, began_ms, drawn_ms, began_cpu_us;
	const char *aside;
	int64_t aside_us;
} now;

void progress_setup(int on)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

	now.on = on && isatty(STDERR_FILENO);
	now.colour = (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

/* To the descriptor, in one go: the stream is another one while workbooks are written (xlsx.c). */
static void draw(int last)
{
	int64_t ms = clock_boot_ms() - now.began_ms, rate = ms > 0 ? now.done * 1000 / ms : 0;
	struct buf b = BUF_INIT;

	buf_fmt(&b, "\r%s%-9s%s", now.colour ? "\033[1m" : "", now.name, now.colour ? "\033[0m" : "");
	if (now.total > 0)
		buf_fmt(&b, " %9lld of %lld", (long long)now.done, (long long)now.total);
	else if (now.done > 0)
		buf_fmt(&b, " %9lld", (long long)now.done);
	if (now.done > 0 && ms > 500)
		buf_fmt(&b, "  %lld/s", (long long)rate);
	if (last)
		buf_fmt(&b, "  %lld.%01lld s\033[K\n", (long long)ms / 1000, (long long)ms % 1000 / 100);
	else if (now.total > now.done && rate > 0)
		buf_fmt(&b, "  %lld s left\033[K", (long long)((now.total - now.done) / rate));
	else
		buf_str(&b, "\033[K");
	if (buf_ok(&b))
		(void)file_write_all(STDERR_FILENO, b.p, b.n, NULL);
	buf_free(&b);
	now.drawn_ms = clock_boot_ms();
}

void progress_stage(const char *name, int64_t total)
{
	progress_end();
	now.name = name;
	now.done = 0;
	now.total = total;
	now.began_ms = clock_boot_ms();
	now.began_cpu_us = clock_cpu_us();
	now.open = 1;
	if (now.on)
		draw(0);
}

void progress_set(int64_t done, int64_t total)
{
	if (!now.open)
		return;
	now.done = done;
	if (total > 0)
		now.total = total;
	if (now.on && clock_boot_ms() - now.drawn_ms >= 100)
		draw(0);
}

void progress_end(void)
{
	if (now.open && now.on)
		draw(1);
	if (now.open)
		log_write(LOG_DEBUG, "stage", "%s: %lld ms, %lld us of processor time", now.name, (long long)(clock_boot_ms() - now.began_ms),
		    (long long)(clock_cpu_us() - now.began_cpu_us - now.aside_us));
	if (now.open && now.aside_us > 0)
		log_write(LOG_DEBUG, "stage", "%s: %lld us of processor time beside %s", now.aside, (long long)now.aside_us, now.name);
	now.open = 0;
	now.aside_us = 0;
}

void progress_aside(const char *name, int64_t cpu_us)
{
	now.aside = name;
	now.aside_us += now.open ? cpu_us : 0;
}
