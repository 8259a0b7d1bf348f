#include "billing/identifier.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

/* Blanks that come along when a number is copied from a letter or a web page. */
static int is_gap(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0xa0 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f;
}

char *identifier_compact(char out[IDENTIFIER_MAX], const char *s)
{
	size_t n = 0;
	int len;

	for (; s != NULL && *s != '\0'; s += len) {
		if (is_gap(text_next(s, &len)))
			continue;
		if (n + (size_t)len >= IDENTIFIER_MAX) {
			n = 0;
			break;
		}
		for (int i = 0; i < len; i++)
			out[n++] = upper(s[i]);
	}
	out[n] = '\0';
	return out;
}

/* The remainder so far, carried on over n characters: digits as they are, letters as 10 to 35; hyphens count nothing. */
static int mod97(int rest, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = upper(s[i]);

		if (is_digit(c))
			rest = (rest * 10 + (c - '0')) % 97;
		else if (is_upper(c))
			rest = (rest * 100 + (c - 'A' + 10)) % 97;
	}
	return rest;
}

static size_t span_alnum(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]) || is_upper(upper(s[n])))
		n++;
	return n;
}

int identifier_iban_ok(const char *s)
{
	char t[IDENTIFIER_MAX];
	size_t n = strlen(identifier_compact(t, s));

	if (n < 15 || n > 34 || span_alnum(t) != n || !is_upper(t[0]) || !is_upper(t[1]) || !is_digit(t[2]) || !is_digit(t[3]))
		return 0;
	return mod97(mod97(0, t + 4, n - 4), t, 4) == 1;
}

/* The coarse part: a state's number (01 to 16) or 99 for the federation, then district, region, municipality. */
static size_t span_coarse(const char *s)
{
	size_t n = strspn(s, "0123456789");
	int state;

	if (n != 2 && n != 3 && n != 5 && n != 8 && n != 9 && n != 12)
		return 0;
	state = (s[0] - '0') * 10 + (s[1] - '0');
	return (state >= 1 && state <= 16) || state == 99 ? n : 0;
}

int identifier_leitweg_shape(const char *s)
{
	size_t n;

	if (s == NULL || (n = span_coarse(s)) == 0 || s[n] != '-')
		return 0;
	s += n + 1;
	n = span_alnum(s);
	if (s[n] == '-') {
		if (n < 1 || n > 30)
			return 0;
		s += n + 1;
	}
	return is_digit(s[0]) && is_digit(s[1]) && s[2] == '\0';
}

int identifier_leitweg_ok(const char *s)
{
	return identifier_leitweg_shape(s) && mod97(0, s, strlen(s)) == 1;
}

int identifier_vat_shape(const char *s)
{
	char t[IDENTIFIER_MAX];
	size_t n = strlen(identifier_compact(t, s));

	if (n < 4 || n > 15 || !is_upper(t[0]) || !is_upper(t[1]))
		return 0;
	if (strncmp(t, "DE", 2) == 0)
		return n == 11 && strspn(t + 2, "0123456789") == 9;
	return strspn(t + 2, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+*") == n - 2;
}

int identifier_vat_digits_ok(const char *s)
{
	char t[IDENTIFIER_MAX];
	int p = 10;

	identifier_compact(t, s);
	if (strncmp(t, "DE", 2) != 0)
		return t[0] != '\0';
	if (!identifier_vat_shape(t))
		return 0;
	for (int i = 2; i < 10; i++) {
		int m = (t[i] - '0' + p) % 10;

		p = 2 * (m == 0 ? 10 : m) % 11;
	}
	return (11 - p) % 10 == t[10] - '0';
}

/* BR-CL-14 of CEN 1.3.15 and 1.3.16, two characters each. */
static const char countries[] =
	"1AADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZ"
	"ECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZ"
	"LALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARE"
	"RORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXIYEYTZAZMZW";

static int country_known(const char *two)
{
	for (const char *p = countries; *p != '\0'; p += 2)
		if (memcmp(p, two, 2) == 0)
			return 1;
	return 0;
}

int identifier_country_ok(const char *s)
{
	return s != NULL && strlen(s) == 2 && country_known(s);
}

int identifier_vat_prefix_ok(const char *s)
{
	char t[IDENTIFIER_MAX];

	if (strlen(identifier_compact(t, s)) < 2)
		return 0;
	/* Greek VAT ids begin with EL (directive 2006/112/EC, article 215). */
	return memcmp(t, "EL", 2) == 0 || (memcmp(t, "GR", 2) != 0 && country_known(t));
}

/* BR-CL-25, between blanks. */
static const char schemes[] =
	" 0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190 0191 0192 0193"
	" 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216 0217 0218 0219 0220 0221 0225"
	" 0230 0235 0240 0244 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935"
	" 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959 AN AQ AS AU EM ";

int identifier_scheme_ok(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;
	const char *at;

	if ((n != 2 && n != 4) || span_alnum(s) != n)
		return 0;
	at = strstr(schemes, s);
	return at != NULL && at[-1] == ' ' && at[n] == ' ';
}

/* What a document shows of it is what stands there: no blanks, nothing that text_clean() would replace. */
static int is_verbatim(const char *s)
{
	struct buf b = BUF_INIT;
	int same;

	text_clean(&b, s, 0);
	same = buf_ok(&b) && strcmp(buf_text(&b), s) == 0 && strchr(s, ' ') == NULL;
	buf_free(&b);
	return same;
}

int identifier_email_ok(const char *s)
{
	const char *at = s != NULL ? strchr(s, '@') : NULL;
	size_t n;

	if (at == NULL || at == s || strchr(at + 1, '@') != NULL || !is_verbatim(s))
		return 0;
	at++;
	n = strlen(at);
	return n > 0 && strchr(at, '.') != NULL && at[0] != '.' && at[n - 1] != '.' && strstr(at, "..") == NULL;
}
