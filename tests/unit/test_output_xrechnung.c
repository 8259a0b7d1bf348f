/* XRechnung documents and the XML writer below them. With XRECHNUNG_KEEP=FOLDER the documents stay there, for the official rules to check. */
#include "test_output_xrechnung.h"
#include "test_output_source.h"

#include <fcntl.h>
#include <libxml/xmlmemory.h>
#include <libxml/xmlreader.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/text.h"
#include "output/xmlout.h"
#include "output/xrechnung.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define XLSX "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static char dir[256];
static struct pool *pool;

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(path_of(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* A file with bytes of every value. */
static void put_bytes(const char *name, size_t n)
{
	uint8_t *p = malloc(n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)((i * 2654435761u) >> 13);
	put_file(name, p, n);
	free(p);
}

static int setup(void **state)
{
	const char *keep = getenv("XRECHNUNG_KEEP");

	(void)state;
	if (keep != NULL)
		snprintf(dir, sizeof dir, "%s", keep);
	else
		made_folder(dir);
	pool = pool_new();
	put_bytes("sheet.bin", 200000);
	put_file("list.csv", "number,net\r\n1,2.00\r\n", 20);
	put_file("empty.csv", "", 0);
	return pool == NULL;
}

static int teardown(void **state)
{
	(void)state;
	pool_free(pool);
	return getenv("XRECHNUNG_KEEP") != NULL ? 0 : made_folder_gone(dir);
}

static void leitweg(struct invoice *v)
{
	v->buyer_reference = v->buyer.endpoint = "04011000-12345-03";
	v->buyer.endpoint_scheme = "0204";
	v->buyer.contact = NULL;
	v->order_reference = "4500012345";
	v->contract_reference = "RV-77";
	v->project_name = "Relaunch";
}

static void no_vat_id(struct invoice *v)
{
	v->seller.vat_id = NULL;
}

static void no_tax_number(struct invoice *v)
{
	v->seller.tax_number = v->seller.register_id = v->seller.legal_info = v->seller.bic = NULL;
	v->buyer.contact = v->buyer.phone = NULL;
}

static void greek(struct invoice *v)
{
	v->buyer.country = "GR";
	v->buyer.vat_id = "EL123456789";
	v->seller.endpoint = "DE136695976";
	v->seller.endpoint_scheme = "9930";
}

/* 5000 characters, some of them of four bytes. */
static const char *long_text(void)
{
	static char s[20001];
	size_t n = 0;

	for (int i = 0; i < 5000; i++)
		n += (size_t)snprintf(s + n, sizeof s - n, "%s", i % 7 == 0 ? "\xf0\x9f\x98\x80" : i % 5 == 0 ? "ü" : i % 11 == 0 ? " " : "&");
	return s;
}

static void hostile(struct invoice *v)
{
	v->note = "#XYZ#begins like a code\r\n#SKONTO#TAGE=1#PROZENT=99.00#\r\n]]>\x01\x1f\xef\xbf\xbe&amp;<b>";
	v->buyer.name = "../=cmd|\"ä'\x02\x7f\xef\xbf\xbf\xef\xb7\x90 \xe2\x80\xae<!--";
	v->buyer.street = "\x1b[31mStraße\t1 ";
	v->buyer.contact = "\xc2\xa0\xe2\x80\x8b";
	v->order_reference = " \xc2\xa0 ";
	v->contract_reference = "\x01\x02";
	v->project_name = "\xef\xbb\xbf";
	v->lines[0].description = "\x01 \xc2\xa0\xef\xbf\xbe";
	v->lines[0].note = "#\n\t#SKONTO#\n ";
	v->lines[1].description = long_text();
	v->seller.legal_info = "\xff\xfe broken";
	v->customer_number = "#1 & 2";
}

static void bare(struct invoice *v)
{
	no_tax_number(v);
	v->seller.endpoint = v->seller.endpoint_scheme = "";
	v->customer_number = NULL;
	v->buyer_reference = "PO 1";
	v->company_name = v->note = NULL;
	v->lines[0].description = NULL;
}

static void noted(struct invoice *v)
{
	v->note = "Erste Zeile\nZweite Zeile mit #Raute# und #1";
	v->lines[0].note = "Zeit gerundet auf 15 Minuten.";
	v->project_name = "Website Relaunch";
}

static void draft(struct invoice *v)
{
	v->draft = 1;
	v->number = "ENTWURF-1";
}

static void no_reason(struct invoice *v)
{
	v->reason = "\n";
	v->allowances[0].reason = "\xc2\xa0";
}

/* One of everything that the official rules know. */
static const struct sample samples[] = {
	{ .name = "hours", .lines = "h 22800 950000 1900 1" },
	{ .name = "minutes", .lines = "m 22800 950000 1900 1" },
	{ .name = "lump", .lines = "l 0 15000000 1900 1" },
	{ .name = "rest", .lines = "m 18660 1250000 1900 1;h 18660 1250000 1900 2;l 0 1 1900 3" },
	{ .name = "prices", .lines = "h 3600 871234 1900 1;m 3660 871200 1900 1;h 36 1 1900 1;m 60 9999999 1900 1;h 7200 0 1900 5" },
	{ .name = "s7", .lines = "h 22800 950000 700 1" },
	{ .name = "two_rates", .lines = "h 27900 950000 1900 1;h 24552 950375 700 1" },
	{ .name = "three_rates", .lines = "h 27900 950000 1900 1;h 24552 950375 700 1;h 100 950375 1070 1" },
	{ .name = "discount", .lines = "h 27900 950000 1900 1", .discount_e2 = 1000 },
	{ .name = "discount_rates", .lines = "h 27900 950000 1900 1;m 24552 950375 700 1;l 0 333333 1900 1", .discount_e2 = 1000 },
	{ .name = "discount_twice", .lines = "h 27900 950000 1900 1;m 24552 950375 700 1", .discount_e2 = 333, .discount2_e2 = 1 },
	{ .name = "discount_whole", .lines = "h 27900 950000 1900 1", .discount_e2 = 10000 },
	{ .name = "skonto", .lines = "h 22800 950000 1900 1", .skonto_days = 7, .skonto_e2 = 200 },
	{ .name = "skonto_en", .lines = "h 22800 950000 1900 1", .language = "en", .skonto_days = 10, .skonto_e2 = 250, .discount_e2 = 250 },
	{ .name = "ae", .lines = "h 22800 950000 0 1", .category = "AE" },
	{ .name = "ae_en", .lines = "m 22800 950000 0 1", .category = "AE", .language = "en", .discount_e2 = 500 },
	{ .name = "ae_greek", .lines = "h 22800 950000 0 1", .category = "AE", .tweak = greek },
	{ .name = "e", .lines = "h 22800 950000 0 1", .category = "E" },
	{ .name = "e_no_vat_id", .lines = "h 22800 950000 0 1", .category = "E", .tweak = no_vat_id, .discount_e2 = 1500 },
	{ .name = "o", .lines = "h 22800 950000 0 1", .category = "O" },
	{ .name = "o_discount", .lines = "h 22800 950000 0 1;m 60 950000 0 2", .category = "O", .discount_e2 = 1500, .language = "en" },
	{ .name = "g", .lines = "h 22800 950000 0 1", .category = "G" },
	{ .name = "g_discount", .lines = "h 22800 950000 0 1", .category = "G", .language = "en", .discount_e2 = 125 },
	{ .name = "s_no_vat_id", .lines = "h 22800 950000 1900 1", .tweak = no_vat_id },
	{ .name = "s_no_tax_number", .lines = "h 22800 950000 1900 1", .tweak = no_tax_number },
	{ .name = "leitweg", .lines = "h 22800 950000 1900 1", .tweak = leitweg },
	{ .name = "late", .lines = "h 22800 950000 1900 -40;h 3600 950000 1900 1;m 100 950000 1900 0" },
	{ .name = "hostile", .lines = "h 22800 950000 1900 1;m 3600 950000 1900 1", .tweak = hostile, .skonto_days = 3, .skonto_e2 = 1 },
	{ .name = "hostile_cancel", .lines = "h 22800 950000 1900 1;m 3600 950000 1900 1", .tweak = hostile, .cancel = 1, .language = "fr" },
	{ .name = "bare", .lines = "h 22800 950000 1900 1", .tweak = bare },
	{ .name = "noted", .lines = "h 22800 950000 1900 1", .tweak = noted },
	{ .name = "draft", .lines = "h 22800 950000 1900 1", .tweak = draft, .language = "en" },
	{ .name = "yen", .lines = "h 22800 95000000 1900 1;m 18660 12500000 1900 1;m 18661 12505050 700 1;h 3600 95001234 1900 1", .currency = "JPY" },
	{ .name = "yen_discount", .lines = "m 18660 95000000 1900 1;m 18660 12500000 700 1", .currency = "JPY", .discount_e2 = 333 },
	{ .name = "yen_cancel", .lines = "h 22801 95000001 1900 1;m 18660 12500000 700 1;m 18665 12505050 1900 1",
	    .currency = "JPY", .discount_e2 = 333, .cancel = 1 },
	{ .name = "dollar", .lines = "h 22800 950000 0 1", .category = "O", .currency = "USD", .language = "en" },
	{ .name = "franc", .lines = "m 22800 950000 0 1", .category = "AE", .currency = "CHF" },
	{ .name = "cancel_hours", .lines = "h 22800 950000 1900 1", .cancel = 1 },
	{ .name = "cancel_minutes", .lines = "m 22800 950000 1900 1;m 3660 871234 1900 1", .cancel = 1, .language = "en" },
	{ .name = "cancel_lump", .lines = "l 0 15000000 1900 1", .cancel = 1 },
	{ .name = "cancel_discount", .lines = "h 27900 950000 1900 1;m 24552 950375 700 1",
	    .discount_e2 = 1000, .cancel = 1, .skonto_days = 7, .skonto_e2 = 200 },
	{ .name = "cancel_twice", .lines = "h 27900 950000 1900 1;m 24552 950375 700 1",
	    .discount_e2 = 333, .discount2_e2 = 1, .cancel = 1, .tweak = no_reason },
	{ .name = "cancel_ae", .lines = "h 22800 950000 0 1", .category = "AE", .cancel = 1, .discount_e2 = 250 },
	{ .name = "cancel_e", .lines = "h 22800 950000 0 1", .category = "E", .cancel = 1, .tweak = no_vat_id },
	{ .name = "cancel_o", .lines = "h 22800 950000 0 1", .category = "O", .cancel = 1, .discount_e2 = 250 },
	{ .name = "cancel_g", .lines = "h 22800 950000 0 1", .category = "G", .cancel = 1 },
	{ .name = "cancel_leitweg", .lines = "h 22800 950000 1900 1", .tweak = leitweg, .cancel = 1 },
	{ .name = "large", .lines = "m 6000000 9999999 1900 1;h 360000000 950000 1900 1" },
	{ .name = "nothing", .lines = "h 0 950000 1900 1" },
};

/* Writes the sample NAME to NAME.xml; -1 as xrechnung_write(). */
static int write_sample(const struct sample *s, struct err *e)
{
	char name[64];
	struct invoice v;

	sample_make(s, &v, pool);
	snprintf(name, sizeof name, "%s.xml", s->name);
	return xrechnung_write(&v, NULL, 0, path_of(name), e);
}

static const struct sample *sample_of(const char *name)
{
	for (size_t i = 0; i < COUNT(samples); i++)
		if (strcmp(samples[i].name, name) == 0)
			return &samples[i];
	fail_msg("no sample %s", name);
	return NULL;
}

/* The text of a document, written anew; owned by caller. */
static char *text_of(const char *name)
{
	const struct sample *s = sample_of(name);
	struct err e = ERR_INIT;
	char file[64];
	size_t n;

	snprintf(file, sizeof file, "%s.xml", name);
	unlink(path_of(file));
	if (write_sample(s, &e) < 0)
		fail_msg("%s", e.msg);
	return made_read(path_of(file), &n);
}

/* R008, checked for what the writer promises about every element. */
static int not_blank(void *ctx, const char *at, const char *text, struct err *e)
{
	(void)ctx;
	return text_is_blank(text) ? err_set(e, ERR_SOFTWARE, "%s is blank", at) : 0;
}

static void every_sample_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct err e = ERR_INIT;
		char name[64];
		size_t n;
		char *text;

		snprintf(name, sizeof name, "%s.xml", samples[i].name);
		if (write_sample(&samples[i], &e) < 0 || xmlout_read(path_of(name), not_blank, NULL, &e) < 0)
			fail_msg("%s: %s", samples[i].name, e.msg);
		text = made_read(path_of(name), &n);
		assert_true(text_is_utf8(text, n));
		assert_null(strchr(text, '\r'));
		assert_int_equal(text[n - 1], '\n');
		free(text);
	}
}

/* The source tree, from where the test runs. */
static const char *golden_of(const char *name)
{
	static const char *const places[] = { "tests/golden", "../tests/golden", "../../tests/golden", "../../../tests/golden" };
	static char path[128];

	for (size_t i = 0; i < COUNT(places); i++) {
		snprintf(path, sizeof path, "%s/%s", places[i], name);
		if (access(path, R_OK) == 0)
			return path;
	}
	fail_msg("tests/golden/%s is not there", name);
	return NULL;
}

static void everything(struct invoice *v)
{
	leitweg(v);
	noted(v);
}

static void as_the_golden_file(void **state)
{
	static const struct sample s = { .name = "golden", .lines = "h 27900 950000 1900 -1;m 24552 950375 700 1;l 0 1500000 1900 1", .discount_e2 = 1000,
		.skonto_days = 7, .skonto_e2 = 200, .tweak = everything };
	char *path = strdup(path_of("list.csv")), *is, *should;
	const struct xrechnung_attachment list = { path, "Zeitnachweis.csv", "text/csv", "Zeitnachweis" };
	struct err e = ERR_INIT;
	struct invoice v;
	size_t n, m;

	(void)state;
	sample_make(&s, &v, pool);
	if (xrechnung_write(&v, &list, 1, path_of("golden.xml"), &e) < 0)
		fail_msg("%s", e.msg);
	is = made_read(path_of("golden.xml"), &n);
	should = made_read(golden_of("xrechnung.xml"), &m);
	assert_string_equal(is, should);
	free(is);
	free(should);
	free(path);
}

static void says(void **state)
{
	static const struct { const char *sample, *has, *has_not; } t[] = {
		{ "minutes", "<cbc:InvoicedQuantity unitCode=\"MIN\">380</cbc:InvoicedQuantity>\n    <cbc:LineExtensionAmount currencyID=\"EUR\">601.67<", NULL },
		{ "minutes", "<cbc:PriceAmount currencyID=\"EUR\">95.00</cbc:PriceAmount>\n      <cbc:BaseQuantity unitCode=\"MIN\">60</cbc:BaseQuantity>", NULL },
		{ "hours", "<cbc:InvoicedQuantity unitCode=\"HUR\">6.33<", "BaseQuantity" },
		{ "lump", "<cbc:InvoicedQuantity unitCode=\"LS\">1<", "BaseQuantity" },
		{ "cancel_lump", "<cbc:InvoicedQuantity unitCode=\"LS\">-1<", "<cbc:PriceAmount currencyID=\"EUR\">-" },
		{ "cancel_lump", "<cbc:InvoiceTypeCode>384<", "PaymentTerms" },
		{ "cancel_lump", "<cbc:DueDate>2026-11-21<", NULL },
		{ "cancel_lump", "<cbc:Note>Storno der Rechnung RE-2026-00042 vom 02.11.2026. Falscher Stundensatz.<", NULL },
		{ "cancel_minutes", "<cbc:Note>Cancellation of invoice RE-2026-00042 of 2026-11-02. Falscher Stundensatz.<", NULL },
		{ "cancel_discount", "<cbc:Amount currencyID=\"EUR\">-73.63<", "SKONTO" },
		{ "cancel_discount", "<cbc:BaseAmount currencyID=\"EUR\">-736.25<", NULL },
		{ "cancel_discount", "<cbc:AllowanceTotalAmount currencyID=\"EUR\">-", NULL },
		{ "cancel_twice", "<cbc:AllowanceChargeReason>Rabatt<", NULL },
		{ "prices", "<cbc:PriceAmount currencyID=\"EUR\">87.1234<", NULL },
		{ "prices", "<cbc:PriceAmount currencyID=\"EUR\">87.12<", NULL },
		{ "yen", "<cbc:PriceAmount currencyID=\"JPY\">9500<", "58<" },
		{ "yen", "<cbc:PaymentMeansCode>30<", "JPY\">60135.00" },
		/* 311 minutes at 1250.00 are 6479.17. */
		{ "yen", "<cbc:ChargeIndicator>false</cbc:ChargeIndicator>\n      <cbc:AllowanceChargeReason>Rundung auf die kleinste Einheit der Währung<"
		  "/cbc:AllowanceChargeReason>\n      <cbc:Amount currencyID=\"JPY\">0.17<", NULL },
		{ "yen_discount", "<cbc:AllowanceChargeReason>Rahmenvertrag 2026 (3,33 %)<", "MultiplierFactorNumeric" },
		{ "discount", "<cbc:MultiplierFactorNumeric>10</cbc:MultiplierFactorNumeric>\n    <cbc:Amount currencyID=\"EUR\">73.63<", NULL },
		{ "skonto", "<cbc:Note>Zahlbar bis 16.11.2026. Bei Zahlung bis 09.11.2026 gewähren wir 2 % Skonto.\n#SKONTO#TAGE=7#PROZENT=2.00#\n</cbc:Note>", NULL },
		{ "skonto_en", "<cbc:Note>Payable by 2026-11-16. For payment by 2026-11-12, a cash discount of 2.5 % is granted.\n#SKONTO#TAGE=10#PROZENT=2.50#\n<",
		  NULL },
		{ "hours", "<cbc:Note>Zahlbar bis 16.11.2026.</cbc:Note>", "SKONTO" },
		{ "hours", "<cbc:EndpointID schemeID=\"EM\">eingang@mueller.example<", NULL },
		{ "hours", "<cbc:ID>DE02120300000000202051</cbc:ID>\n      <cbc:Name>Nordlicht Studio GmbH<", "AllowanceTotalAmount" },
		{ "hours", "<cbc:RegistrationName>Müller &amp; Söhne &quot;Küchen&quot; &lt;Köln&gt; GmbH<", "ProjectReference" },
		{ "hours", "<cbc:BuyerReference>K-1042<", "OrderReference" },
		{ "leitweg", "<cbc:BuyerReference>04011000-12345-03<", NULL },
		{ "leitweg", "<cbc:EndpointID schemeID=\"0204\">04011000-12345-03<", NULL },
		{ "leitweg", "<cac:ProjectReference>\n    <cbc:ID>Relaunch<", NULL },
		{ "ae", "<cbc:TaxExemptionReasonCode>VATEX-EU-AE</cbc:TaxExemptionReasonCode>\n        <cbc:TaxExemptionReason>Steuerschuldnerschaft des "
		  "Leistungsempfängers<", NULL },
		{ "ae", "<cbc:CompanyID>ATU12345678<", NULL },
		{ "ae_en", "Reverse charge: VAT is owed by the recipient", NULL },
		{ "e_no_vat_id", "<cbc:CompanyID>48/123/45678</cbc:CompanyID>\n        <cac:TaxScheme>\n          <cbc:ID>FC<", "DE136695976" },
		{ "e_no_vat_id", "<cbc:TaxExemptionReason>Steuerbefreiung für Kleinunternehmer (§ 19 UStG)<", "TaxExemptionReasonCode" },
		{ "o", "VATEX-EU-O", "DE136695976" },
		{ "o_discount", "<cbc:ID>FC<", "ATU" },
		{ "g", "VATEX-EU-G", NULL },
		{ "late", "<cbc:StartDate>2026-08-21<", NULL },
		{ "noted", "<cbc:Note>Erste Zeile\nZweite Zeile mit #Raute# und #1<", NULL },
		{ "noted", "<cbc:Note>Zeit gerundet auf 15 Minuten.<", NULL },
		{ "draft", "<cbc:Note>DRAFT, not an invoice. Please do not pay.<", NULL },
		{ "hostile", "<cbc:Note># XYZ#begins like a code\n#SKONTO#TAGE=1#PROZENT=99.00#\n]]&gt;   &amp;amp;&lt;b&gt;</cbc:Note>", "\x01" },
		{ "hostile", "<cbc:Name>Position 1<", "ContractDocumentReference" },
		{ "hostile", "<cbc:RegistrationName>../=cmd|&quot;ä'      &lt;!--<", "\xef\xbf\xbe" },
		{ "hostile", "<cbc:StreetName>[31mStraße 1</cbc:StreetName>", "Öztürk" },
		{ "bare", "<cbc:BuyerReference>PO 1<", "PartyIdentification" },
		{ "large", "<cbc:InvoicedQuantity unitCode=\"HUR\">100000.00<", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char *text = text_of(t[i].sample);

		if (strstr(text, t[i].has) == NULL)
			fail_msg("row %zu: %s does not say '%s':\n%s", i, t[i].sample, t[i].has, text);
		if (t[i].has_not != NULL && strstr(text, t[i].has_not) != NULL)
			fail_msg("row %zu: %s says '%s'", i, t[i].sample, t[i].has_not);
		free(text);
	}
}

/* Category O: Percent in the group only. */
static void percent_of_category_o(void **state)
{
	char *text = text_of("o_discount"), *p = text;
	int n = 0;

	(void)state;
	for (; (p = strstr(p, "<cbc:Percent>")) != NULL; p++)
		n++;
	assert_int_equal(n, 1);
	free(text);
}

struct decoded { size_t n, lines; int bad; };

static void decode(struct decoded *d, const char *text, const uint8_t *want, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = 0;
	int k = 0;

	for (const char *p = text; *p != '\0'; p++) {
		const char *at;

		if (*p == '\n')
			d->lines++;
		if (*p == '\n' || *p == '=')
			continue;
		at = strchr(digits, *p);
		d->bad |= at == NULL;
		if (at == NULL)
			return;
		group = group << 6 | (uint32_t)(at - digits);
		k++;
		if (k % 4 == 1)
			continue;
		/* The upper bits that are whole now. */
		d->bad |= d->n >= size || want[d->n] != (uint8_t)(group >> (k % 4 == 2 ? 4 : k % 4 == 3 ? 2 : 0));
		d->n++;
	}
}

struct attached { const uint8_t *want; size_t size, seen; };

static int look_attached(void *ctx, const char *at, const char *text, struct err *e)
{
	struct attached *a = ctx;
	struct decoded d = { 0, 1, 0 };

	if (strcmp(at, "Invoice/cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject") != 0)
		return 0;
	decode(&d, text, a->want, a->size);
	a->seen++;
	if (d.bad || d.n != a->size || d.lines != (a->size + 53) / 54)
		return err_set(e, ERR_SOFTWARE, "%zu bytes, %zu lines", d.n, d.lines);
	return 0;
}

/* Around the borders of lines (54 bytes) and pieces (55,296). The largest makes a text longer than the 10,000,000 characters that libxml2
 * takes by default. */
static void attachments_come_back(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 53, 54, 55, 56, 108, 55295, 55296, 55297, 55350, 110592, 8000000 };
	struct invoice v;

	(void)state;
	sample_make(sample_of("hours"), &v, pool);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char source[512];
		struct xrechnung_attachment a = { source, "sheet.xlsx", XLSX, "Zeitnachweis" };
		struct err e = ERR_INIT;
		struct attached got = { 0 };
		char *want;

		put_bytes("piece.bin", sizes[i]);
		snprintf(source, sizeof source, "%s", path_of("piece.bin"));
		want = made_read(source, &got.size);
		got.want = (const uint8_t *)want;
		unlink(path_of("attached.xml"));
		if (xrechnung_write(&v, &a, 1, path_of("attached.xml"), &e) < 0 || xmlout_read(path_of("attached.xml"), look_attached, &got, &e) < 0)
			fail_msg("%zu: %s", sizes[i], e.msg);
		assert_int_equal(got.seen, 1);
		free(want);
	}
}

static void names_of_attachments(void **state)
{
	static const struct { const char *name, *file, *want; } t[] = {
		{ "Zeitnachweis.csv", "list.csv", "Zeitnachweis.csv" }, { "zeitnachweis.CSV", "list.csv", "zeitnachweis-2.CSV" },
		{ "ZEITNACHWEIS.csv", "list.csv", "ZEITNACHWEIS-3.csv" }, { "../../etc/passwd", "list.csv", "_..-..-etc-passwd" },
		{ "C:\\x?.csv", "list.csv", "C--x-.csv" }, { "-rf", "list.csv", "_-rf" }, { " \x01\xc2\xa0", "list.csv", "attachment-7" },
		{ NULL, "list.csv", "attachment-8" }, { "\xe2\x80\xae" "gnp.exe \"&<", "list.csv", "gnp.exe -&amp;-" }, { "noname", "list.csv", "noname" },
		{ "noname", "list.csv", "noname-2" }, { "empty.csv", "empty.csv", NULL },
	};
	struct xrechnung_attachment a[COUNT(t)];
	char list[512], empty[512], *text;
	struct err e = ERR_INIT;
	struct invoice v;
	size_t n;

	(void)state;
	snprintf(list, sizeof list, "%s", path_of("list.csv"));
	snprintf(empty, sizeof empty, "%s", path_of("empty.csv"));
	sample_make(sample_of("hours"), &v, pool);
	for (size_t i = 0; i < COUNT(t); i++)
		a[i] = (struct xrechnung_attachment){ t[i].file[0] == 'l' ? list : empty, t[i].name, "text/csv", i % 2 == 0 ? "Zeitnachweis" : NULL };
	if (xrechnung_write(&v, a, COUNT(t), path_of("names.xml"), &e) < 0)
		fail_msg("%s", e.msg);
	text = made_read(path_of("names.xml"), &n);
	for (size_t i = 0; i < COUNT(t); i++) {
		char want[128];

		snprintf(want, sizeof want, "filename=\"%s\">", t[i].want != NULL ? t[i].want : "empty.csv");
		if ((strstr(text, want) != NULL) != (t[i].want != NULL))
			fail_msg("row %zu: %s\n%s", i, want, text);
	}
	assert_null(strstr(text, "empty.csv"));
	free(text);
}

static void refused_attachments(void **state)
{
	char gone[512], list[512];
	const struct { struct xrechnung_attachment a; enum err_code code; } t[] = {
		{ { gone, "x.csv", "text/csv", NULL }, ERR_NOINPUT }, { { dir, "x.csv", "text/csv", NULL }, ERR_IO },
		{ { list, "x.html", "text/html", NULL }, ERR_SOFTWARE }, { { list, "x", NULL, NULL }, ERR_SOFTWARE },
	};
	struct invoice v;

	(void)state;
	snprintf(gone, sizeof gone, "%s/gone.csv", dir);
	snprintf(list, sizeof list, "%s", path_of("list.csv"));
	sample_make(sample_of("hours"), &v, pool);
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(xrechnung_write(&v, &t[i].a, 1, path_of("refused.xml"), &e), -1);
		assert_int_equal(e.code, t[i].code);
		assert_int_not_equal(access(path_of("refused.xml"), F_OK), 0);
	}
}

/* What complete_customer() demands, and what no document may say. */
static void lacking(void **state)
{
	static const struct { size_t at; const char *value, *says; } t[] = {
		{ offsetof(struct invoice, number), NULL, "number" }, { offsetof(struct invoice, number), "\xc2\xa0", "number" },
		{ offsetof(struct invoice, number), "RE \x01""1", "read back number" },
		{ offsetof(struct invoice, number), "RE\t1", "read back number" },
		{ offsetof(struct invoice, seller.iban), NULL, "iban (BT-84)" }, { offsetof(struct invoice, seller.phone), "12", "phone (BT-42: " },
		{ offsetof(struct invoice, seller.iban), "DE03120300000000202051", "iban (BT-84: " },
		{ offsetof(struct invoice, seller.email), "nobody", "email (BT-43: " }, { offsetof(struct invoice, seller.street), "\xc2\xa0", "street (BT-35)" },
		{ offsetof(struct invoice, buyer.name), "\x01", "legal_name (BT-44)" }, { offsetof(struct invoice, buyer.street), NULL, "street (BT-50)" },
		{ offsetof(struct invoice, buyer.email), NULL, "endpoint (BT-49)" }, { offsetof(struct invoice, customer_number), NULL, "buyer_reference (BT-10)" },
		{ offsetof(struct invoice, buyer.country), "XX", "country (BT-55: " }, { offsetof(struct invoice, buyer_reference), "04011000-12345-99", "BT-10" },
		{ offsetof(struct invoice, currency), "KWD", "does not balance" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;
		struct invoice v;

		sample_make(sample_of("hours"), &v, pool);
		*(const char **)(void *)((char *)&v + t[i].at) = t[i].value;
		assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("lacking.xml"), &e), -1);
		if (e.code != ERR_SOFTWARE || strstr(e.msg, t[i].says) == NULL)
			fail_msg("row %zu: %d %s", i, e.code, e.msg);
		assert_int_not_equal(access(path_of("lacking.xml"), F_OK), 0);
	}
}

static void off_by_a_cent(struct invoice *v) { v->tax_minor++, v->gross_minor++; }
static void off_line(struct invoice *v) { v->lines[0].net_minor++; }
static void off_rate(struct invoice *v)
{
	v->lines[0].tax_pct_e2 = v->taxes[0].pct_e2 = 0;
	v->taxes[0].tax_minor = v->tax_minor = 0;
	v->gross_minor = v->net_minor;
}
static void off_o(struct invoice *v) { strcpy(v->taxes[1].category, "O"); strcpy(v->lines[1].tax_category, "O"); }
static void off_category(struct invoice *v) { strcpy(v->taxes[0].category, "Z"); strcpy(v->lines[0].tax_category, "Z"); }
static void off_cancels(struct invoice *v) { v->cancels = " "; }
static void off_cancels_date(struct invoice *v) { v->cancels_date = DATE_NONE; }
static void off_lines(struct invoice *v)
{
	v->nlines = v->ntaxes = 0;
	v->secs = v->billed_secs = v->lines_minor = v->net_minor = v->tax_minor = v->gross_minor = 0;
	v->entries = 0;
}

static void contradictions(void **state)
{
	static const struct { const char *sample; void (*spoil)(struct invoice *v); const char *says; } t[] = {
		{ "hours", off_by_a_cent, "VAT" }, { "hours", off_line, "net amount" }, { "hours", off_rate, "tax_rate (BT-119" },
		{ "two_rates", off_o, "BR-O-11" }, { "hours", off_category, "tax category Z" }, { "cancel_hours", off_cancels, "BT-25" },
		{ "cancel_hours", off_cancels_date, "BT-26" }, { "hours", off_lines, "lines" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = ERR_INIT;
		struct invoice v;

		sample_make(sample_of(t[i].sample), &v, pool);
		t[i].spoil(&v);
		assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("spoilt.xml"), &e), -1);
		if (e.code != ERR_SOFTWARE || strstr(e.msg, t[i].says) == NULL)
			fail_msg("row %zu: %d %s", i, e.code, e.msg);
		assert_int_not_equal(access(path_of("spoilt.xml"), F_OK), 0);
	}
}

static void same_bytes_twice(void **state)
{
	char *a = text_of("discount_twice"), *b;
	char *locale = setenv("LC_ALL", "de_DE.UTF-8", 1) == 0 ? getenv("LC_ALL") : NULL;

	(void)state;
	assert_non_null(locale);
	b = text_of("discount_twice");
	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void existing_files_and_links_stay(void **state)
{
	struct err e = ERR_INIT;
	struct invoice v;
	char *text;
	size_t n;

	(void)state;
	sample_make(sample_of("hours"), &v, pool);
	put_file("mine.xml", "mine", 4);
	assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("mine.xml"), &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	text = made_read(path_of("mine.xml"), &n);
	assert_string_equal(text, "mine");
	free(text);
	err_clear(&e);
	assert_int_equal(symlink("/dev/null", path_of("link.xml")), 0);
	assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("link.xml"), &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
	err_clear(&e);
	assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("no/such/folder.xml"), &e), -1);
	assert_int_equal(e.code, ERR_CANTCREAT);
}

/* Runs f with stderr going to a file; the bytes that arrived there. */
static long stderr_of(void (*f)(void *ctx), void *ctx)
{
	int saved = dup(STDERR_FILENO), fd = open(path_of("stderr"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	long n;

	assert_true(saved >= 0 && fd >= 0);
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	f(ctx);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	n = (long)lseek(fd, 0, SEEK_END);
	close(saved);
	close(fd);
	return n;
}

static void full_at(void *ctx)
{
	const struct invoice *v = ctx;
	const struct xrechnung_attachment a = { strdup(path_of("sheet.bin")), "sheet.xlsx", XLSX, NULL };
	static const rlim_t at[] = { 0, 1, 100, 3999, 4000, 4096, 20000, 100000, 269000 };
	struct rlimit old;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (size_t i = 0; i < COUNT(at); i++) {
		struct rlimit small = { at[i], old.rlim_max };
		struct err e = ERR_INIT;
		int rc;

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		rc = xrechnung_write(v, &a, 1, path_of("full.xml"), &e);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, ERR_IO);
		assert_int_not_equal(access(path_of("full.xml"), F_OK), 0);
	}
	free((char *)(uintptr_t)a.path);
}

/* Wherever the disk ends, also in the last bytes that only a flush writes; and libxml2 keeps silent. */
static void a_full_disk_is_an_error(void **state)
{
	struct invoice v;
	struct rlimit old, small;
	struct err e = ERR_INIT;
	char *text;
	size_t n;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	sample_make(sample_of("hours"), &v, pool);
	assert_int_equal(stderr_of(full_at, &v), 0);
	text = text_of("hours");
	n = strlen(text);
	free(text);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ n - 1, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("full.xml"), &e), -1);
	small.rlim_cur = n;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(e.code, ERR_IO);
	err_clear(&e);
	assert_int_equal(xrechnung_write(&v, NULL, 0, path_of("full.xml"), &e), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

/* The library's functions must be as they were, and quiet in between. */
static int complaints;

static void count_complaint(void *ctx, const char *fmt, ...)
{
	(void)ctx, (void)fmt;
	complaints++;
}

static void the_librarys_errors_are_given_back(void **state)
{
	struct err e = ERR_INIT;
	char *text;

	(void)state;
	xmlSetGenericErrorFunc(&e, count_complaint);
	text = text_of("hours");
	free(text);
	put_file("broken.xml", "<a><b></a>", 10);
	assert_int_equal(xmlout_read(path_of("broken.xml"), not_blank, NULL, &e), -1);
	assert_int_equal(complaints, 0);
	assert_true(xmlGenericError == count_complaint && xmlGenericErrorContext == &e && xmlStructuredError == NULL);
	xmlSetGenericErrorFunc(NULL, NULL);
}

static int count_leaf(void *ctx, const char *at, const char *text, struct err *e)
{
	struct buf *b = ctx;

	(void)e;
	buf_fmt(b, "%s=%s;", at, text);
	return 0;
}

static void reading(void **state)
{
	static const struct { const char *xml, *want; enum err_code code; } t[] = {
		{ "<a/>", "a=;", ERR_OK }, { "<a>1</a>", "a=1;", ERR_OK }, { "<a><b>1</b><b/>x<c> 2<!-- n --> <![CDATA[<]]></c></a>", "a/b=1;a/b=;a/c= 2 <;", ERR_OK },
		{ "<a>&amp;&#228;\r\n</a>", "a=&ä\n;", ERR_OK }, { "", "", ERR_SOFTWARE }, { "<a>", "", ERR_SOFTWARE }, { "<a></b>", "", ERR_SOFTWARE },
		{ "<a/>x", "a=;", ERR_SOFTWARE }, { "<a>\x01</a>", "", ERR_SOFTWARE }, { "<a>\xff</a>", "", ERR_SOFTWARE },
		{ "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "", ERR_SOFTWARE }, { "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "", ERR_SOFTWARE },
		{ "<a>&e;</a>", "", ERR_SOFTWARE }, { "<a b=\"1\" b=\"2\"/>", "", ERR_SOFTWARE }, { "<x:a/>", "", ERR_SOFTWARE },
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct buf b = BUF_INIT;
		int rc;

		err_clear(&e);
		put_file("read.xml", t[i].xml, strlen(t[i].xml));
		rc = xmlout_read(path_of("read.xml"), count_leaf, &b, &e);
		if (rc != (t[i].code == ERR_OK ? 0 : -1) || e.code != t[i].code || (rc == 0 && strcmp(buf_text(&b), t[i].want) != 0))
			fail_msg("row %zu: %d %s '%s'", i, rc, e.msg, buf_text(&b));
		buf_free(&b);
	}
	err_clear(&e);
	assert_int_equal(xmlout_read(path_of("gone.xml"), count_leaf, NULL, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	err_clear(&e);
	put_file("read.xml", "<a> </a>", 8);
	assert_int_equal(xmlout_read(path_of("read.xml"), not_blank, NULL, &e), -1);
	assert_string_equal(e.msg, "a is blank");
}

static void writer(void **state)
{
	static const struct xmlout_attr attrs[] = { { "a", " \"<&>'\x01\n\xef\xbf\xbe " }, { "b", NULL }, { NULL, NULL } };
	struct err e = ERR_INIT;
	struct xmlout *x = xmlout_new(path_of("writer.xml"), "r", attrs, &e);
	char *text;
	size_t n;

	(void)state;
	assert_non_null(x);
	xmlout_open(x, "gone");
	xmlout_open(x, "gone");
	xmlout_text(x, "t", " \xc2\xa0\xe2\x80\x8b\x01");
	xmlout_text(x, "t", NULL);
	xmlout_close(x);
	xmlout_close(x);
	xmlout_open(x, "g");
	xmlout_lines(x, "l", " a\r\nb\t\n");
	xmlout_text(x, "t", " a\nb ]]> \xf0\x9f\x98\x80\xff ");
	xmlout_amount(x, "m", -5, "EUR");
	xmlout_amount(x, "m", INT64_MIN, "JPY");
	xmlout_close(x);
	xmlout_with(x, "w", attrs, "1");
	assert_int_equal(xmlout_end(x, &e), 0);
	text = made_read(path_of("writer.xml"), &n);
	assert_string_equal(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r a=\"&quot;&lt;&amp;&gt;'\" b=\"\">\n  <g>\n    <l> a\nb\t\n</l>\n"
	                          "    <t>a b ]]&gt; \xf0\x9f\x98\x80\xef\xbf\xbd</t>\n    <m currencyID=\"EUR\">-0.05</m>\n"
	                          "    <m currencyID=\"JPY\">-9223372036854775808</m>\n  </g>\n  <w a=\"&quot;&lt;&amp;&gt;'\" b=\"\">1</w>\n</r>\n");
	free(text);
}

static void misuse(void **state)
{
	struct err e = ERR_INIT;
	struct xmlout *x = xmlout_new(path_of("misuse.xml"), "r", NULL, &e);

	(void)state;
	xmlout_open(x, "g");
	assert_int_equal(xmlout_end(x, &e), -1);
	assert_int_equal(e.code, ERR_SOFTWARE);
	assert_int_not_equal(access(path_of("misuse.xml"), F_OK), 0);
	err_clear(&e);
	x = xmlout_new(path_of("misuse.xml"), "r", NULL, &e);
	xmlout_close(x);
	xmlout_text(x, "t", "never");
	assert_int_equal(xmlout_end(x, &e), -1);
	err_clear(&e);
	x = xmlout_new(path_of("misuse.xml"), "r", NULL, &e);
	for (int i = 0; i < 12; i++)
		xmlout_open(x, "deep");
	xmlout_text(x, "t", "never");
	for (int i = 0; i < 12; i++)
		xmlout_close(x);
	assert_int_equal(xmlout_end(x, &e), -1);
	assert_int_equal(xmlout_end(NULL, &e), -1);
}

/* libxml2's memory: every block is known, and the k-th request finds none. */
#define BLOCKS 65536
static void *blocks[BLOCKS];
static size_t nblocks;
static long requests, fail_at;

static void *note_block(void *p)
{
	assert_true(nblocks < BLOCKS);
	blocks[nblocks++] = p;
	return p;
}

static void forget_block(void *p)
{
	for (size_t i = nblocks; i-- > 0;)
		if (blocks[i] == p) {
			blocks[i] = blocks[--nblocks];
			return;
		}
}

static int fails(void)
{
	return ++requests == fail_at;
}

static void *short_malloc(size_t n)
{
	return fails() ? NULL : note_block(malloc(n));
}

static void short_free(void *p)
{
	forget_block(p);
	free(p);
}

static void *short_realloc(void *p, size_t n)
{
	void *q;

	if (fails())
		return NULL;
	forget_block(p);
	q = realloc(p, n);
	return q != NULL ? note_block(q) : NULL;
}

static char *short_strdup(const char *s)
{
	return fails() ? NULL : note_block(strdup(s));
}

static void short_of_memory(void *ctx)
{
	const struct invoice *v = ctx;
	char *want = text_of("hours");
	long failed = 0;

	/* Not one document may come out that differs, whatever is missing. */
	for (fail_at = 1;; fail_at++) {
		struct err e = ERR_INIT;
		size_t before = nblocks, n;
		char *is;
		int rc;

		unlink(path_of("short.xml"));
		requests = 0;
		rc = xrechnung_write(v, NULL, 0, path_of("short.xml"), &e);
		if (rc == 0) {
			is = made_read(path_of("short.xml"), &n);
			assert_string_equal(is, want);
			free(is);
		} else {
			failed++;
			assert_true(e.code == ERR_OS || e.code == ERR_SOFTWARE);
			assert_int_not_equal(access(path_of("short.xml"), F_OK), 0);
		}
		/* What libxml2 itself loses on the way (an element that finds no place in its list). */
		while (nblocks > before)
			free(blocks[--nblocks]);
		if (requests < fail_at)
			break;
	}
	assert_true(failed > 100);
	free(want);
}

static void memory_may_run_out_anywhere(void **state)
{
	struct invoice v;

	(void)state;
	sample_make(sample_of("hours"), &v, pool);
	assert_int_equal(xmlMemSetup(short_free, short_malloc, short_realloc, short_strdup), 0);
	assert_int_equal(stderr_of(short_of_memory, &v), 0);
	assert_int_equal(xmlMemSetup(free, malloc, realloc, strdup), 0);
}

static void many_lines(void **state)
{
	struct invoice v;
	struct err e = ERR_INIT;
	struct buf words = BUF_INIT;
	struct sample s = { .name = "many" };

	(void)state;
	for (int i = 0; i < 2000; i++)
		buf_fmt(&words, "%sm %d %d %d %d", i > 0 ? ";" : "", 60 * (i * 7919 % 100000 + 1), 950000 + i % 100, i % 3 == 0 ? 700 : 1900, i % 31 + 1);
	s.lines = buf_text(&words);
	s.discount_e2 = 777;
	sample_make(&s, &v, pool);
	if (xrechnung_write(&v, NULL, 0, path_of("many.xml"), &e) < 0)
		fail_msg("%s", e.msg);
	buf_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_written),
		cmocka_unit_test(as_the_golden_file),
		cmocka_unit_test(says),
		cmocka_unit_test(percent_of_category_o),
		cmocka_unit_test(attachments_come_back),
		cmocka_unit_test(names_of_attachments),
		cmocka_unit_test(refused_attachments),
		cmocka_unit_test(lacking),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(same_bytes_twice),
		cmocka_unit_test(existing_files_and_links_stay),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(the_librarys_errors_are_given_back),
		cmocka_unit_test(reading),
		cmocka_unit_test(writer),
		cmocka_unit_test(misuse),
		cmocka_unit_test(memory_may_run_out_anywhere),
		cmocka_unit_test(many_lines),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
