#include "ledger/snap_row.h"

#include <string.h>

#include "ledger/names.h"

/* "12 5 3801 7 3 7": numbers of a few digits, a blank between two. */
static int read_names(const char *text, int64_t names[SNAP_NAMES], struct err *e)
{
	const char *p = text;

	for (int i = 0; i < SNAP_NAMES; i++) {
		const char *from = i == 0 ? p : *p == ' ' ? ++p : p;
		int64_t n = 0;

		while (*p >= '0' && *p <= '9' && p - from < 18)
			n = n * 10 + (*p++ - '0');
		if (p == from || (i > 0 && from[-1] != ' '))
			return err_set(e, ERR_DATA, "ledger: '%.60s' does not name what a snapshot needs", text);
		names[i] = n;
	}
	return *p == '\0' ? 0 : err_set(e, ERR_DATA, "ledger: '%.60s' does not name what a snapshot needs", text);
}

int snap_row_get(struct store *s, sqlite3_stmt *st, int col, struct snap_row_bare *out, struct err *e)
{
	const char *names = (const char *)sqlite3_column_text(st, col + 5);

	*out = (struct snap_row_bare){ .raw = sqlite3_column_blob(st, col), .whole = names == NULL };
	if (out->raw == NULL)
		return 0;
	out->nraw = (uint32_t)sqlite3_column_bytes(st, col);
	if (out->whole)
		return 1;
	out->has_secs = sqlite3_column_type(st, col + 1) != SQLITE_NULL;
	out->secs = sqlite3_column_int64(st, col + 1);
	if (db_copy_date(s, st, col + 2, &out->date, e) < 0)
		return -1;
	out->updated_on = (const char *)sqlite3_column_text(st, col + 3);
	out->nupdated_on = (uint32_t)sqlite3_column_bytes(st, col + 3);
	out->res_ver = (const char *)sqlite3_column_text(st, col + 4);
	out->nres_ver = (uint32_t)sqlite3_column_bytes(st, col + 4);
	return names != NULL && read_names(names, out->names, e) < 0 ? -1 : 1;
}

void snap_row_pack(const struct snap_row_bare *x, struct buf *out)
{
	struct snap_row_bare v;

	memset(&v, 0, sizeof v); /* its padding goes to a file, too */
	v.nraw = x->nraw;
	v.nupdated_on = x->updated_on != NULL ? x->nupdated_on : 0;
	v.nres_ver = x->res_ver != NULL ? x->nres_ver : 0;
	v.date = x->date;
	v.secs = x->secs;
	memcpy(v.names, x->names, sizeof v.names);
	v.whole = x->whole;
	v.has_secs = x->has_secs;
	buf_add(out, &v, sizeof v);
	buf_add(out, x->raw, v.nraw);
	buf_add(out, x->updated_on, v.nupdated_on);
	buf_add(out, x->res_ver, v.nres_ver);
}

void snap_row_unpack(const void *at, struct snap_row_bare *out)
{
	memcpy(out, at, sizeof *out);
	out->raw = (const char *)at + sizeof *out;
	out->updated_on = out->raw + out->nraw;
	out->res_ver = out->updated_on + out->nupdated_on;
}

int snap_row_entry(struct store *s, const struct snap_row_bare *x, struct pool *pool, struct entry *out, struct err *e)
{
	const char *none;

	if (entry_read(x->raw, x->nraw, pool, out, e) < 0)
		return -1;
	if (x->whole)
		return 0;
	out->has_secs = x->has_secs;
	out->secs = x->secs;
	out->date = x->date;
	out->updated_on = x->nupdated_on > 0 ? pool_dupn(pool, x->updated_on, x->nupdated_on) : NULL;
	out->res_ver = x->nres_ver > 0 ? pool_dupn(pool, x->res_ver, x->nres_ver) : NULL;
	if (names_get(s, x->names[SNAP_COMPANY], pool, &out->company_id, &out->company_name, e) < 0 ||
	    names_get(s, x->names[SNAP_PROJECT], pool, &out->project_id, &out->project_name, e) < 0 ||
	    names_get(s, x->names[SNAP_TASK], pool, &out->task_id, &out->task_name, e) < 0 ||
	    names_get(s, x->names[SNAP_USER], pool, &out->user_id, &out->user_name, e) < 0 ||
	    names_get(s, x->names[SNAP_WORK], pool, &out->work_id, &out->work_name, e) < 0 ||
	    names_get(s, x->names[SNAP_UPDATED_BY], pool, &out->updated_by, &none, e) < 0)
		return -1;
	return pool_failed(pool) ? err_nomem(e) : 0;
}

int snap_row_put(struct store *s, const struct entry *x, struct buf *raw, char names[SNAP_NAMES_TEXT], struct err *e)
{
	int64_t number[SNAP_NAMES];
	char *o = names;

	struct entry own = { .shape = x->shape, .billable = x->billable, .billed = x->billed, .external = x->external, .task_private = x->task_private,
		.local_ok = x->local_ok, .date = DATE_NONE, .break_secs = x->break_secs, .start_time = x->start_time, .note = x->note };

	memcpy(own.id, x->id, sizeof own.id);
	entry_write(&own, raw);
	if (!buf_ok(raw))
		return err_nomem(e);
	if (names_put(s, x->company_id, x->company_name, &number[SNAP_COMPANY], e) < 0 || names_put(s, x->project_id, x->project_name, &number[SNAP_PROJECT], e) < 0 ||
	    names_put(s, x->task_id, x->task_name, &number[SNAP_TASK], e) < 0 || names_put(s, x->user_id, x->user_name, &number[SNAP_USER], e) < 0 ||
	    names_put(s, x->work_id, x->work_name, &number[SNAP_WORK], e) < 0 || names_put(s, x->updated_by, NULL, &number[SNAP_UPDATED_BY], e) < 0)
		return -1;
	for (int i = 0; i < SNAP_NAMES; i++) {
		o += num_fmt(o, number[i], 0);
		*o++ = i + 1 < SNAP_NAMES ? ' ' : '\0';
	}
	return 0;
}
