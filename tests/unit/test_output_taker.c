/* One walk, told to many. */
#include "test_output_source.h"

/* What was told, in a few letters per call: who, what. */
struct told {
	char name;
	char *all;          /* shared */
	char fails_at;      /* the call that fails: b, x, e, h, c */
	int rc;             /* that close was called with */
	int closed;
};

static int note(struct told *t, char what, struct err *e)
{
	size_t n = strlen(t->all);

	t->all[n] = t->name;
	t->all[n + 1] = what;
	t->all[n + 2] = ' ';
	t->all[n + 3] = '\0';
	return t->fails_at == what ? err_set(e, ERR_DATA, "%c broke", what) : 0;
}

static int on_begin(void *me, const struct source_document *d, struct err *e)
{
	assert_int_equal(d->v->nlines, 1);
	return note(me, 'b', e);
}

static int on_entry(void *me, const struct invoice_entry *x, struct err *e)
{
	assert_non_null(x->invoice);
	return note(me, 'x', e);
}

static int on_end(void *me, const struct invoice *v, struct err *e)
{
	assert_non_null(v->number);
	return note(me, 'e', e);
}

static int on_held(void *me, const struct source_held *h, struct err *e)
{
	assert_non_null(h->reason);
	return note(me, 'h', e);
}

static int on_close(void *me, int rc, struct err *e)
{
	struct told *t = me;

	t->rc = rc;
	t->closed++;
	return rc < 0 ? err_set(e, ERR_SOFTWARE, "nobody hears this") : note(t, 'c', e);
}

static void make(struct taker out[3], struct told t[3], char all[256])
{
	memset(t, 0, 3 * sizeof *t);
	all[0] = '\0';
	for (int i = 0; i < 3; i++) {
		t[i].name = (char)('0' + i);
		t[i].all = all;
		out[i] = (struct taker){ .me = &t[i], .begin = on_begin, .entry = i == 1 ? NULL : on_entry, .end = i == 2 ? NULL : on_end, .held = i == 1 ? on_held : NULL, .close = on_close };
		snprintf(out[i].name, sizeof out[i].name, "%s", i == 0 ? "" : i == 1 ? "one" : "two");
	}
}

static void all_are_told_in_turn(void **state)
{
	struct made m = { .invoices = 2, .lines = 1, .entries = 2, .held = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	struct taker list[3];
	struct told t[3];
	char all[256];

	(void)state;
	make(list, t, all);
	assert_int_equal(taker_walk(&s, NULL, list, 3, &e), 0);
	assert_string_equal(all, "0b 1b 2b 0x 2x 0x 2x 0e 1e 0b 1b 2b 0x 2x 0x 2x 0e 1e 1h 0c 1c 2c ");
	make(list, t, all);
	list[1].held = NULL;
	s.held = NULL; /* nobody wants them: they are not read */
	assert_int_equal(taker_walk(&s, "RE-2026-00002", list, 3, &e), 0);
	assert_string_equal(all, "0b 1b 2b 0x 2x 0x 2x 0e 1e 0c 1c 2c ");
}

/* Whoever fails ends the walk; its name stands before what it says, and all are closed once, with what it came to. */
static void the_first_failure_counts(void **state)
{
	static const struct { int who; char at; const char *says; int rc[3]; } row[] = {
		{ 0, 'b', "b broke", { -1, -1, -1 } }, { 1, 'b', "one: b broke", { -1, -1, -1 } }, { 2, 'x', "two: x broke", { -1, -1, -1 } }, { 1, 'e', "one: e broke", { -1, -1, -1 } },
		{ 1, 'h', "one: h broke", { -1, -1, -1 } }, { 0, 'c', "c broke", { 0, -1, -1 } }, { 1, 'c', "one: c broke", { 0, 0, -1 } }, { 2, 'c', "two: c broke", { 0, 0, 0 } },
	};
	struct made m = { .invoices = 2, .lines = 1, .entries = 1, .held = 1 };
	struct source s = made_source(&m);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct err e = ERR_INIT;
		struct taker list[3];
		struct told t[3];
		char all[256];

		make(list, t, all);
		t[row[i].who].fails_at = row[i].at;
		assert_int_equal(taker_walk(&s, NULL, list, 3, &e), -1);
		assert_int_equal(e.code, ERR_DATA);
		assert_string_equal(e.msg, row[i].says);
		for (int k = 0; k < 3; k++)
			assert_true(t[k].closed == 1 && t[k].rc == row[i].rc[k]);
	}
}

static int breaks(void *ctx, const char *number, const struct source_visitor *visitor, void *arg, struct err *e)
{
	(void)ctx, (void)number, (void)visitor, (void)arg;
	return err_set(e, ERR_IO, "the ledger broke");
}

static void the_source_fails(void **state)
{
	struct made m = { .invoices = 1 };
	struct source s = made_source(&m);
	struct err e = ERR_INIT;
	struct taker list[3];
	struct told t[3];
	char all[256];

	(void)state;
	make(list, t, all);
	s.documents = breaks;
	assert_int_equal(taker_walk(&s, NULL, list, 3, &e), -1);
	assert_string_equal(e.msg, "the ledger broke");
	assert_true(t[0].rc == -1 && t[1].rc == -1 && t[2].rc == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_are_told_in_turn), cmocka_unit_test(the_first_failure_counts), cmocka_unit_test(the_source_fails) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
