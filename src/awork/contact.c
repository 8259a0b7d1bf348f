#include "awork/contact.h"

#include <string.h>

#include "base/text.h"

struct picking {
	const jdoc_val *list;
	struct pool *pool;
	struct buf problem;
};

static void problem(struct picking *p, const char *text)
{
	if (p->problem.n > 0)
		buf_str(&p->problem, "; ");
	buf_str(&p->problem, text);
}

static int is(const jdoc_val *v, const char *member, const char *text)
{
	const char *have = jdoc_get_text(v, member);

	return have != NULL && strcasecmp(have, text) == 0;
}

/* A member without blanks at both ends; NULL when nothing is left. */
static const char *member(struct picking *p, const jdoc_val *v, const char *name)
{
	char *s = pool_dup(p->pool, jdoc_get_text(v, name));

	if (s == NULL)
		return NULL;
	s = text_trim(s);
	return s[0] != '\0' ? s : NULL;
}

/* The one of a type for invoices: subType invoice, else central. Two of a kind are a problem, not a choice. */
static const jdoc_val *for_invoice(struct picking *p, const char *type, const char *two)
{
	static const char *const order[] = { "invoice", "central" };

	for (int k = 0; k < 2; k++) {
		const jdoc_val *found = NULL;

		for (size_t i = 0; i < jdoc_len(p->list); i++) {
			const jdoc_val *v = jdoc_at(p->list, i);

			if (!is(v, "type", type) || !is(v, "subType", order[k]))
				continue;
			if (found != NULL) {
				problem(p, two);
				return NULL;
			}
			found = v;
		}
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* Letters and digits of a label, in lower case: "USt-IdNr." is "ustidnr". */
static void plain(char out[40], const char *label)
{
	size_t n = 0;

	for (; *label != '\0' && n < 39; label++) {
		char c = *label;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	out[n] = '\0';
}

static int is_labelled(const jdoc_val *v, const char *const *labels)
{
	const char *label = jdoc_get_text(v, "label");
	char have[40];

	if (label == NULL || !is(v, "type", "custom"))
		return 0;
	plain(have, label);
	for (; *labels != NULL; labels++)
		if (strcmp(have, *labels) == 0)
			return 1;
	return 0;
}

static const char *labelled(struct picking *p, const char *const *labels, const char *two)
{
	const char *found = NULL;

	for (size_t i = 0; i < jdoc_len(p->list); i++) {
		const jdoc_val *v = jdoc_at(p->list, i);
		const char *value = is_labelled(v, labels) ? member(p, v, "value") : NULL;

		if (value == NULL)
			continue;
		if (found != NULL && strcmp(found, value) != 0) {
			problem(p, two);
			return NULL;
		}
		found = value;
	}
	return found;
}

/* ISO 3166 alpha-2 in capitals. awork checks nothing here. */
static const char *country(struct picking *p, const jdoc_val *v)
{
	const char *s = member(p, v, "country");
	char code[3] = "";

	for (int i = 0; s != NULL && i < 2; i++)
		if ((s[i] | 32) >= 'a' && (s[i] | 32) <= 'z')
			code[i] = (char)(s[i] & ~32);
		else
			break;
	if (s != NULL && code[0] != '\0' && code[1] != '\0' && s[2] == '\0')
		return pool_dup(p->pool, code);
	problem(p, s == NULL ? "address without country" : "country is no two-letter code");
	return NULL;
}

static void address(struct picking *p, struct master_contact *out)
{
	size_t before = p->problem.n;
	const jdoc_val *v = for_invoice(p, "address", "more than one address of the same kind");

	if (v == NULL) {
		if (p->problem.n == before)
			problem(p, "no address of kind invoice or central");
		return;
	}
	out->street = member(p, v, "addressLine1");
	out->street2 = member(p, v, "addressLine2");
	out->zip = member(p, v, "zipCode");
	out->city = member(p, v, "city");
	if (out->zip == NULL)
		problem(p, "address without post code");
	if (out->city == NULL)
		problem(p, "address without city");
	out->country = country(p, v);
}

int contact_pick(const jdoc_val *list, struct pool *pool, struct master_contact *out, struct err *e)
{
	static const char *const vat[] = { "vat", "vatid", "vatno", "vatnumber", "vatin", "ustid", "ustidnr", "ustidnummer", "ustidentnummer",
		"umsatzsteuerid", "umsatzsteueridnr", "uid", "uidnummer", NULL };
	static const char *const customer[] = { "customernumber", "customerno", "customerid", "kundennummer", "kundennr", "kdnr", NULL };
	struct picking p = { list, pool, BUF_INIT };
	const jdoc_val *mail;
	int ok;

	memset(out, 0, sizeof *out);
	address(&p, out);
	mail = for_invoice(&p, "email", "more than one e-mail address of the same kind");
	out->email = mail != NULL ? member(&p, mail, "value") : NULL;
	out->vat_id = labelled(&p, vat, "more than one VAT id");
	out->customer_number = labelled(&p, customer, "more than one customer number");
	out->problem = p.problem.n > 0 ? pool_dup(pool, buf_text(&p.problem)) : NULL;
	ok = buf_ok(&p.problem) && !pool_failed(pool);
	buf_free(&p.problem);
	return ok ? 0 : err_nomem(e);
}
