/* The log on stderr: RFC 3339 UTC, level, event, key=value pairs, or one JSON object a line. Never notes, personal names, header values or the token. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_QUIET = -1, LOG_ERROR = 0, LOG_WARN = 1, LOG_NOTE = 2, LOG_DEBUG = 3 };

/* What is at or below `level` is written. json: one object a line. When stderr is the journal (JOURNAL_STREAM, systemd.exec(5)), lines get the <N> prefix of
 * sd-daemon(3). */
void log_setup(enum log_level level, int json);
/* A text that must never appear (the token); borrowed until log_secret(NULL). Lines that contain it show [secret] instead. */
void log_secret(const char *s);
/* event: short fixed word(s); fmt: the sentence. */
void log_write(enum log_level level, const char *event, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The run that lines are about, "" or NULL: none. Copied. */
void log_run(const char *id);
/* What the program ends with: "psabill: SENTENCE", or an object of the log; whatever the level. */
void log_complaint(const char *sentence);
enum log_level log_level_now(void);

#endif
