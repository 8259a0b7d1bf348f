#include "output/invoiceedge.h"

#include <string.h>

#include "base/text.h"
#include "output/xlsxpage.h"

#define VALUES 15

/* One line: the template alone decides about lines. */
static const char *clean(struct buf *b, const char *s)
{
	text_clean(b, s != NULL ? s : "", 0);
	return buf_text(b);
}

static void fill(struct buf *out, const struct invoice *v, const struct template *t, enum template_key k)
{
	const struct party *s = &v->seller;
	int ids = template_on(t, TEMPLATE_SHOW_TAX_IDS);
	const struct { const char *name, *value; } all[VALUES] = {
		{ "seller", s->name }, { "street", s->street }, { "zip", s->zip }, { "city", s->city }, { "phone", s->phone }, { "email", s->email },
		{ "vat_id", ids ? s->vat_id : NULL }, { "tax_number", ids ? s->tax_number : NULL }, { "register", s->register_id },
		{ "legal_info", s->legal_info }, { "iban", s->iban }, { "bic", s->bic },
		{ "number", v->draft ? template_text(t, TEMPLATE_DRAFT) : v->number },
		{ "page", "{page}" }, { "pages", "{pages}" },
	};
	struct template_value value[VALUES];
	struct buf b[VALUES];

	memset(b, 0, sizeof b);
	for (size_t i = 0; i < VALUES; i++)
		value[i] = (struct template_value){ all[i].name, clean(&b[i], all[i].value) };
	template_fill_parts(t, out, k, value, VALUES);
	for (size_t i = 0; i < VALUES; i++) {
		out->failed |= b[i].failed;
		buf_free(&b[i]);
	}
}

int invoiceedge_make(struct invoiceedge *x, const struct invoice *v, const struct template *t, struct err *e)
{
	*x = (struct invoiceedge){ BUF_INIT, BUF_INIT, BUF_INIT };
	fill(&x->left, v, t, TEMPLATE_FOOTER_LEFT);
	fill(&x->center, v, t, TEMPLATE_FOOTER_CENTER);
	fill(&x->right, v, t, TEMPLATE_FOOTER_RIGHT);
	return buf_ok(&x->left) && buf_ok(&x->center) && buf_ok(&x->right) ? 0 : err_nomem(e);
}

int invoiceedge_lines(const struct invoiceedge *x)
{
	const struct buf *part[] = { &x->left, &x->center, &x->right };
	int most = 1;

	for (size_t i = 0; i < 3; i++) {
		int lines = 1;

		for (const char *s = strchr(buf_text(part[i]), '\n'); s != NULL; s = strchr(s + 1, '\n'))
			lines++;
		most = lines > most ? lines : most;
	}
	return most;
}

int invoiceedge_put(const struct invoiceedge *x, struct xlsx_sheet *s, const struct invoice *v, const struct template *t)
{
	if (v->draft)
		xlsxpage_header(s, template_text(t, TEMPLATE_DRAFT));
	return xlsxpage_footer(s, buf_text(&x->left), buf_text(&x->center), buf_text(&x->right));
}

void invoiceedge_free(struct invoiceedge *x)
{
	buf_free(&x->left);
	buf_free(&x->center);
	buf_free(&x->right);
}
