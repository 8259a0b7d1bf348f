/* sorter, spool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/sorter.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char root[] = "/tmp/psabill-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(root);
}

/* Also proves that no file has a name, while a sorter lives and afterwards. */
static int names_in_root(void)
{
	DIR *d = opendir(root);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *x; (x = readdir(d)) != NULL;)
		n += x->d_name[0] != '.';
	closedir(d);
	return n;
}

static uint64_t seed = 88172645463325252u;

static size_t dice(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % n);
}

struct model { uint8_t key[40]; size_t nkey, n; uint32_t at; };

static int compare_model(const void *pa, const void *pb)
{
	const struct model *a = pa, *b = pb;
	int c = memcmp(a->key, b->key, a->nkey < b->nkey ? a->nkey : b->nkey);

	if (c == 0)
		c = (a->nkey > b->nkey) - (a->nkey < b->nkey);
	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

/* The payload tells which record it is, over its whole length. */
static void fill_payload(uint8_t *out, const struct model *m)
{
	for (size_t i = 0; i < m->n; i++)
		out[i] = (uint8_t)(m->at * 31 + i);
	memcpy(out, &m->at, m->n < sizeof m->at ? m->n : sizeof m->at);
}

static void check_order(struct sorter *s, const struct model *v, size_t n, uint8_t *scratch)
{
	struct sorter_record r;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sorter_next(s, &r, &e), 1);
		assert_int_equal(r.nkey, v[i].nkey);
		assert_int_equal(r.n, v[i].n);
		assert_int_equal((uintptr_t)r.payload % 8, 0);
		assert_int_equal(memcmp(r.key, v[i].key, r.nkey), 0);
		fill_payload(scratch, &v[i]);
		assert_int_equal(memcmp(r.payload, scratch, r.n), 0);
	}
	assert_int_equal(sorter_next(s, &r, &e), 0);
	assert_int_equal(sorter_next(s, &r, &e), 0);
	assert_int_equal(e.code, ERR_OK);
}

/* n records with keys of min_key to max_key bytes out of few letters, so that many are equal or begin one another, and payloads of up to max_n. */
static void one_sort(size_t n, size_t limit, size_t min_key, size_t max_key, size_t letters, size_t max_n)
{
	struct model *v = calloc(n + 1, sizeof *v);
	uint8_t *payload = malloc(max_n + 8);
	struct sorter *s = sorter_new(root, limit, NULL);

	assert_non_null(v);
	assert_non_null(payload);
	assert_non_null(s);
	for (size_t i = 0; i < n; i++) {
		v[i] = (struct model){ .nkey = min_key + dice(max_key - min_key + 1), .n = dice(max_n + 1), .at = (uint32_t)i };
		for (size_t k = 0; k < v[i].nkey; k++)
			v[i].key[k] = (uint8_t)(dice(letters) * 255 / letters);
		fill_payload(payload, &v[i]);
		assert_int_equal(sorter_add(s, v[i].key, v[i].nkey, payload, v[i].n, NULL), 0);
	}
	qsort(v, n, sizeof *v, compare_model);
	assert_int_equal(sorter_count(s), n);
	assert_int_equal(sorter_sort(s, NULL), 0);
	check_order(s, v, n, payload);
	/* Over again, and from the middle. */
	for (size_t i = 0; i < 2; i++) {
		struct sorter_record r;

		assert_int_equal(sorter_sort(s, NULL), 0);
		for (size_t k = 0; i == 0 && k < n / 2; k++)
			assert_int_equal(sorter_next(s, &r, NULL), 1);
		if (i == 1)
			check_order(s, v, n, payload);
	}
	assert_int_equal(names_in_root(), 0);
	sorter_free(s);
	free(payload);
	free(v);
}

static void sorts(void **state)
{
	static const struct { size_t n, limit, max_key, letters, max_n; } t[] = {
		{ 0, 4096, 8, 2, 10 },          /* nothing */
		{ 0, 0, 8, 2, 10 },
		{ 1, 4096, 8, 2, 10 },          /* one record, with and without a buffer for it */
		{ 1, 0, 8, 2, 10 },
		{ 1000, 1 << 20, 40, 256, 300 },/* all in memory */
		{ 1000, 1 << 20, 3, 2, 0 },     /* most keys equal, no payloads */
		{ 1000, 1 << 20, 0, 2, 20 },    /* no keys: as they came */
		{ 1000, 4096, 0, 2, 20 },
		{ 1000, 4096, 40, 256, 300 },   /* many runs, several passes */
		{ 1000, 4096, 12, 2, 300 },
		{ 1000, 200, 12, 3, 300 },      /* most records are larger than the buffer */
		{ 300, 0, 12, 3, 300 },         /* each is a run of its own */
		{ 50, 100000, 40, 4, 300000 },  /* some are */
		{ 5000, 40000, 20, 5, 60 },
		{ 5000, 1 << 20, 36, 1, 8 },    /* all keys equal, if they are as long */
		{ 5000, 1 << 20, 4, 2, 8 },     /* large groups of equal keys */
		{ 20000, 1 << 20, 24, 2, 8 },   /* told apart by their last bytes */
		{ 20000, 1 << 20, 9, 2, 8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (size_t all_as_long = 0; all_as_long < 2; all_as_long++)
			one_sort(t[i].n, t[i].limit, all_as_long ? t[i].max_key : 0, t[i].max_key, t[i].letters, t[i].max_n);
}

static void sorts_any_size(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		for (size_t max_key = dice(41), least = 0; least <= max_key; least += max_key + (max_key == 0))
			one_sort(dice(i % 7 == 0 ? 4000 : 400), dice(i % 3 == 0 ? 100000 : 3000), least, max_key, 1 + dice(256), dice(i % 10 == 0 ? 20000 : 200));
}

static void memory_alone(void **state)
{
	struct sorter *s = sorter_new("/nonexistent/folder", 4096, NULL);
	struct sorter_record r;
	struct err e = ERR_INIT;
	char big[5000] = { 0 };

	(void)state;
	assert_non_null(s);
	for (int i = 9; i >= 0; i--)
		assert_int_equal(sorter_add(s, &(char){ (char)i }, 1, "x", 2, &e), 0);
	assert_int_equal(sorter_sort(s, &e), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(sorter_next(s, &r, &e), 1);
		assert_int_equal(*(const char *)r.key, i);
	}
	sorter_free(s);
	/* The disk is needed: its folder is missing. */
	s = sorter_new("/nonexistent/folder", 4096, NULL);
	assert_int_equal(sorter_add(s, "a", 1, "x", 2, &e), 0);
	assert_int_equal(sorter_add(s, "b", 1, big, sizeof big, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "/nonexistent/folder/"));
	sorter_free(s);
	sorter_free(NULL);
}

/* Met with the first byte or with a later one, while records are added or when the rest is written. */
static void disk_full(void **state)
{
	static const rlim_t room[] = { 0, 4096, 200000, 415000 };

	(void)state;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	for (size_t i = 0; i < COUNT(room); i++) {
		struct sorter *s = sorter_new(root, 4096, NULL);
		struct rlimit old, small;
		struct err e = ERR_INIT;
		uint8_t key[8];
		int rc = 0;

		assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
		small = old;
		small.rlim_cur = room[i];
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		for (int k = 0; rc == 0 && k < 4000; k++) {
			char payload[84] = { 0 };

			sorter_key_int(key, -k);
			rc = sorter_add(s, key, sizeof key, payload, sizeof payload, &e);
		}
		if (rc == 0)
			rc = sorter_sort(s, &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, ERR_IO);
		sorter_free(s);
	}
	assert_int_equal(names_in_root(), 0);
}

static void misuse(void **state)
{
	struct sorter *s = sorter_new(root, 4096, NULL);
	struct sorter_record r;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(sorter_next(s, &r, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	err_clear(&e);
	assert_int_equal(sorter_sort(s, &e), 0);
	assert_int_equal(sorter_add(s, "a", 1, NULL, 0, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	sorter_free(s);
}

static void int_keys(void **state)
{
	static const int64_t v[] = { INT64_MIN, -300, -256, -1, 0, 1, 255, 256, 70000, INT64_MAX };
	uint8_t a[8], b[8];

	(void)state;
	for (size_t i = 1; i < COUNT(v); i++) {
		sorter_key_int(a, v[i - 1]);
		sorter_key_int(b, v[i]);
		assert_true(memcmp(a, b, 8) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts), cmocka_unit_test(sorts_any_size), cmocka_unit_test(memory_alone), cmocka_unit_test(disk_full), cmocka_unit_test(misuse),
		cmocka_unit_test(int_keys),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
