/* HTML files: one self-contained page, written in one pass. Whatever text is given stays text; nothing else gets into the file. */
#ifndef OUTPUT_HTMLOUT_H
#define OUTPUT_HTMLOUT_H

#include "base/err.h"

struct htmlout;

/* An attribute; a list of them ends with { NULL, NULL }. One without a value (NULL) is left out. */
struct htmlout_attr { const char *name, *value; };
#define HTMLOUT_ATTRS(...) ((const struct htmlout_attr[]){ __VA_ARGS__, { NULL, NULL } })

/* css and js are the program's own, never anybody's input: they stand in the page as they are, known to its content security policy by their hashes. */
struct htmlout_head { const char *lang, *title, *css, *js; };

/* Creates the file (mode 0600; an existing one and a link are ERR_CANTCREAT) and opens the body. The policy lets nothing run but js, nothing style but css, and nothing
 * load. NULL on error. path and head are borrowed until htmlout_end(). */
struct htmlout *htmlout_new(const char *path, const struct htmlout_head *head, struct err *e);

/* Everything between htmlout_new() and htmlout_end() does nothing once something failed: the first error is kept for htmlout_end(). Names are letters, digits and hyphens, and
 * borrowed until the element is closed; script, style and whatever would run or load something (on…, style, src; href but to a place in this page or a file beside it) is
 * ERR_SOFTWARE, as is an element that is closed and was not opened. attrs may be NULL. */
void htmlout_open(struct htmlout *h, const char *name, const struct htmlout_attr *attrs);
void htmlout_close(struct htmlout *h);
/* An element without content and without an end ("br"); in SVG, which takes it for one that is closed. */
void htmlout_void(struct htmlout *h, const char *name, const struct htmlout_attr *attrs);
/* Text as text_clean() leaves it, escaped. NULL is none. */
void htmlout_text(struct htmlout *h, const char *s);
/* An element with text. */
void htmlout_element(struct htmlout *h, const char *name, const struct htmlout_attr *attrs, const char *text);
/* A line end, for people who read the source. */
void htmlout_line(struct htmlout *h);

/* For a caller that found no memory for a text, or no sense in a figure. */
void htmlout_fail(struct htmlout *h, const struct err *why);

/* Closes what is open and the file, reads it back, frees h. rc: what the caller's writing came to. -1 with the first error; then the file is gone. NULL is allowed and
 * gives -1. Not yet fsynced. */
int htmlout_end(struct htmlout *h, int rc, struct err *e);

#endif
