#include "output/xlsxchart.h"

#include "output/xlsxbook.h"

/* In a bar chart the library's y_axis holds the names. Excel puts the first of them at the bottom; reversed, the largest bar is on top. */
static void style_chart(lxw_chart *c, const struct xlsxchart *b)
{
	lxw_chart_font small = { .size = 7 }, large = { .size = 12, .bold = LXW_TRUE };
	lxw_chart_line faint = { .color = 0xd9d9d9, .width = 0.75f };

	chart_title_set_name(c, b->title);
	chart_title_set_name_font(c, &large);
	chart_legend_set_position(c, LXW_CHART_LEGEND_NONE);
	chart_axis_set_min(c->x_axis, 0); /* bars that begin elsewhere lie about proportions */
	chart_axis_set_reverse(c->y_axis);
	chart_axis_set_interval_unit(c->y_axis, 1);
	chart_axis_set_crossing_max(c->y_axis); /* keeps the numbers below, not above */
	chart_axis_set_num_font(c->x_axis, &small);
	chart_axis_set_num_font(c->y_axis, &small);
	chart_axis_major_gridlines_set_visible(c->x_axis, LXW_TRUE);
	chart_axis_major_gridlines_set_visible(c->y_axis, LXW_FALSE);
	chart_axis_major_gridlines_set_line(c->x_axis, &faint);
	if (b->axis_format != NULL)
		chart_axis_set_num_format(c->x_axis, b->axis_format);
}

void xlsxchart_put(struct xlsx_sheet *s, int row, int col, const struct xlsxchart *b)
{
	lxw_chart_options at = { .x_scale = (double)b->width / 480, .y_scale = (double)b->height / 288 }; /* the library's default size */
	lxw_chart_fill fill = { .color = (lxw_color_t)b->color };
	lxw_chart_series *series;
	lxw_chart *c;

	if (s == NULL || b->of == NULL || s->x->e.code != ERR_OK)
		return;
	c = workbook_add_chart(s->x->wb, LXW_CHART_BAR);
	series = c != NULL ? chart_add_series(c, NULL, NULL) : NULL;
	if (series == NULL) {
		err_nomem(&s->x->e);
		return;
	}
	chart_series_set_categories(series, b->of->name, (lxw_row_t)b->first, (lxw_col_t)b->names, (lxw_row_t)b->last, (lxw_col_t)b->names);
	chart_series_set_values(series, b->of->name, (lxw_row_t)b->first, (lxw_col_t)b->values, (lxw_row_t)b->last, (lxw_col_t)b->values);
	chart_series_set_fill(series, &fill);
	style_chart(c, b);
	chart_set_series_gap(c, 60);
	xlsx_fail(s->x, worksheet_insert_chart_opt(s->ws, (lxw_row_t)row, (lxw_col_t)col, c, &at), "chart");
}
