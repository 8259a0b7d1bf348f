#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jout.h"
#include "base/text.h"

static enum log_level shown = LOG_NOTE;
static int as_json;
static int for_journal;
static const char *secret;
static char run[16];

static const struct { const char *word; int priority; } levels[] = {
	[LOG_ERROR] = { "error", 3 },
	[LOG_WARN] = { "warning", 4 },
	[LOG_NOTE] = { "note", 6 },
	[LOG_DEBUG] = { "debug", 7 },
};

/* The variable is inherited by whom stderr was turned elsewhere, too: it counts when it names the file that stderr is. */
static int stderr_is_journal(void)
{
	const char *named = getenv("JOURNAL_STREAM");
	char own[48];
	struct stat st;

	if (named == NULL || fstat(STDERR_FILENO, &st) != 0)
		return 0;
	snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(named, own) == 0;
}

void log_setup(enum log_level level, int json)
{
	shown = level;
	as_json = json;
	for_journal = stderr_is_journal();
}

void log_secret(const char *s)
{
	secret = s;
}

void log_run(const char *id)
{
	snprintf(run, sizeof run, "%s", id == NULL ? "" : id);
}

enum log_level log_level_now(void)
{
	return shown;
}

/* The one place that keeps the token out of the log. Works on the plain text, before JSON or cleaning could change its bytes. */
static void mask(struct buf *out, const char *s)
{
	const char *hit;

	while (secret != NULL && *secret != '\0' && (hit = strstr(s, secret)) != NULL) {
		buf_add(out, s, (size_t)(hit - s));
		buf_str(out, "[secret]");
		s = hit + strlen(secret);
	}
	buf_str(out, s);
}

static void line_json(struct buf *out, const char *when, const char *level, const char *event, const char *text)
{
	struct jout j;

	jout_init(&j, out, 0);
	jout_object(&j, NULL);
	jout_text(&j, "time", when);
	jout_text(&j, "level", level);
	if (run[0] != '\0')
		jout_text(&j, "run", run);
	jout_text(&j, "event", event);
	jout_text(&j, "message", text);
	jout_end_object(&j);
}

/* A line break in the text would make a second line that looks like ours; text_clean() makes it a blank. */
static void line_plain(struct buf *out, const char *when, const char *level, const char *event, const char *text)
{
	buf_fmt(out, "%s %s ", when, level);
	if (run[0] != '\0')
		buf_fmt(out, "%s ", run);
	text_clean(out, event, 0);
	buf_ch(out, ' ');
	text_clean(out, text, 0);
}

/* One write for one line, so that lines of two processes do not mix. A log that cannot be written has nowhere to say so. */
static void emit(struct buf *line)
{
	static const char lost[] = "log line lost: out of memory\n";

	buf_ch(line, '\n');
	if (buf_ok(line))
		(void)file_write_all(STDERR_FILENO, line->p, line->n, NULL);
	else
		(void)file_write_all(STDERR_FILENO, lost, sizeof lost - 1, NULL);
}

static void line_complaint(struct buf *out, const char *text)
{
	buf_str(out, "psabill: ");
	text_clean(out, text, 0);
}

/* event NULL: a complaint. */
static void write_line(enum log_level level, const char *event, const char *raw)
{
	struct buf line = BUF_INIT, name = BUF_INIT, text = BUF_INIT;
	char when[32];

	mask(&name, event == NULL ? "end" : event);
	mask(&text, raw != NULL ? raw : "(message lost: out of memory)");
	clock_fmt_utc(when, clock_wall_utc());
	if (for_journal)
		buf_fmt(&line, "<%d>", levels[level].priority);
	if (as_json)
		line_json(&line, when, levels[level].word, buf_text(&name), buf_text(&text));
	else if (event == NULL)
		line_complaint(&line, buf_text(&text));
	else
		line_plain(&line, when, levels[level].word, buf_text(&name), buf_text(&text));
	if (!buf_ok(&name) || !buf_ok(&text))
		line.failed = 1;
	emit(&line);
	buf_free(&line);
	buf_free(&name);
	buf_free(&text);
}

void log_write(enum log_level level, const char *event, const char *fmt, ...)
{
	char *raw = NULL;
	va_list ap;

	if (level < LOG_ERROR || level > LOG_DEBUG || level > shown)
		return;
	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		raw = NULL;
	va_end(ap);
	write_line(level, event, raw);
	free(raw);
}

void log_complaint(const char *sentence)
{
	write_line(LOG_ERROR, NULL, sentence);
}
