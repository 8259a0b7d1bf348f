#include "output/xlsxstyle.h"

#include <string.h>

static uint8_t border_of(enum xlsx_border b)
{
	static const uint8_t of[] = { LXW_BORDER_NONE, LXW_BORDER_THIN, LXW_BORDER_MEDIUM, LXW_BORDER_DOUBLE };

	return of[b];
}

static void apply(lxw_format *f, const struct xlsx_style *s)
{
	static const uint8_t align[] = { LXW_ALIGN_NONE, LXW_ALIGN_LEFT, LXW_ALIGN_CENTER, LXW_ALIGN_RIGHT };

	format_set_font_size(f, s->size > 0 ? s->size : 10);
	if (s->bold)
		format_set_bold(f);
	if (s->italic)
		format_set_italic(f);
	if (s->wrap)
		format_set_text_wrap(f);
	if (s->align != XLSX_GENERAL)
		format_set_align(f, align[s->align]);
	format_set_align(f, s->middle ? LXW_ALIGN_VERTICAL_CENTER : LXW_ALIGN_VERTICAL_TOP);
	if (s->indent > 0)
		format_set_indent(f, (uint8_t)s->indent);
	if (s->color != 0)
		format_set_font_color(f, (lxw_color_t)s->color);
	if (s->fill != 0)
		format_set_bg_color(f, (lxw_color_t)s->fill);
	if (s->top != XLSX_NONE)
		format_set_top(f, border_of(s->top));
	if (s->bottom != XLSX_NONE)
		format_set_bottom(f, border_of(s->bottom));
	if (s->line != 0) {
		format_set_top_color(f, (lxw_color_t)s->line);
		format_set_bottom_color(f, (lxw_color_t)s->line);
	}
	if (s->num != NULL)
		format_set_num_format(f, s->num);
}

static int same(const struct xlsx_style *a, const struct xlsx_style *b)
{
	return a->size == b->size && a->bold == b->bold && a->italic == b->italic && a->wrap == b->wrap && a->middle == b->middle &&
	       a->indent == b->indent && a->align == b->align && a->top == b->top && a->bottom == b->bottom && a->color == b->color && a->fill == b->fill &&
	       a->line == b->line && strcmp(a->num != NULL ? a->num : "", b->num != NULL ? b->num : "") == 0;
}

static lxw_format *add(struct xlsx *x, const struct xlsx_style *want)
{
	size_t k = x->nstyle;
	lxw_format *f;

	if (k == XLSXBOOK_STYLES_MAX || (want->num != NULL && strlen(want->num) >= XLSXBOOK_FORMAT_MAX)) {
		err_set(&x->e, ERR_SOFTWARE, "more than %d cell styles, or a number format of more than %d bytes", XLSXBOOK_STYLES_MAX,
		        XLSXBOOK_FORMAT_MAX - 1);
		return NULL;
	}
	f = workbook_add_format(x->wb);
	if (f == NULL) {
		err_nomem(&x->e);
		return NULL;
	}
	x->style[k].look = *want;
	if (want->num != NULL)
		x->style[k].look.num = strcpy(x->style[k].num, want->num);
	apply(f, &x->style[k].look);
	x->style[k].format = f;
	x->nstyle++;
	return f;
}

lxw_format *xlsxstyle_format(struct xlsx *x, const struct xlsx_style *style)
{
	static const struct xlsx_style plain;
	const struct xlsx_style *want = style != NULL ? style : &plain;
	size_t k = x->style_at;

	/* From the one found last: columns look alike, and the rows one like the other. */
	for (size_t i = 0; i < x->nstyle; i++, k = k + 1 < x->nstyle ? k + 1 : 0)
		if (same(&x->style[k].look, want)) {
			x->style_at = k;
			return x->style[k].format;
		}
	return add(x, want);
}
