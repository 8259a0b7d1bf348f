#include "base/text.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static int is_cont(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* One code point within n bytes (RFC 3629): its length, or 0 when malformed. */
static int decode(const unsigned char *s, size_t n, uint32_t *cp)
{
	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] < 0xe0 && n >= 2 && is_cont(s[1])) {
		*cp = (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
		return 2;
	}
	if (s[0] >= 0xe0 && s[0] < 0xf0 && n >= 3 && is_cont(s[1]) && is_cont(s[2])) {
		*cp = (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
		return *cp < 0x800 || (*cp >= 0xd800 && *cp < 0xe000) ? 0 : 3;
	}
	if (s[0] >= 0xf0 && s[0] < 0xf5 && n >= 4 && is_cont(s[1]) && is_cont(s[2]) && is_cont(s[3])) {
		*cp = (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
		return *cp < 0x10000 || *cp > 0x10ffff ? 0 : 4;
	}
	return 0;
}

int text_is_utf8(const char *s, size_t n)
{
	size_t i = 0;
	uint32_t cp;

	while (i < n) {
		int len = decode((const unsigned char *)s + i, n - i, &cp);

		if (len == 0)
			return 0;
		i += (size_t)len;
	}
	return 1;
}

size_t text_plain(const char *s, size_t n)
{
	size_t i = 0;

#ifdef __SSE2__
	/* Signed: what is not ASCII is below the blank. */
	for (; n - i >= 16; i += 16) {
		__m128i c = _mm_loadu_si128((const void *)(s + i));
		int plain = _mm_movemask_epi8(_mm_andnot_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f)), _mm_cmpgt_epi8(c, _mm_set1_epi8(0x1f))));

		if (plain != 0xffff)
			return i + (size_t)__builtin_ctz(~(unsigned)plain);
	}
#endif
	while (i < n && s[i] >= ' ' && s[i] < 0x7f)
		i++;
	return i;
}

uint32_t text_next(const char *s, int *len)
{
	uint32_t cp = 0xfffd;
	int n;

	if (s[0] > 0) {
		*len = 1;
		return (unsigned char)s[0];
	}
	/* strnlen: a malformed text must not lead past its end. */
	n = decode((const unsigned char *)s, strnlen(s, 4), &cp);
	*len = n > 0 ? n : 1;
	return n > 0 ? cp : 0xfffd;
}

/* What has no place on a document: it is invisible, moves other text, or ends a line. */
static int is_unwanted(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

void text_clean(struct buf *out, const char *s, int keep_lines)
{
	const char *end = s + strlen(s), *from = s;

	while ((s += text_plain(s, (size_t)(end - s))) < end) {
		const char *at = s;
		uint32_t c = 0;
		int len = decode((const unsigned char *)s, (size_t)(end - s), &c);
		const char *sub;

		s += len > 0 ? len : 1;
		if (len > 0 && !is_unwanted(c))
			continue;
		if (len == 0)
			sub = "\xef\xbf\xbd";
		else if (keep_lines && (c == '\n' || c == '\r'))
			sub = "\n";
		else
			sub = keep_lines && c == '\t' ? "\t" : " ";
		buf_add(out, from, (size_t)(at - from));
		buf_str(out, sub);
		if (c == '\r' && *s == '\n')
			s++;
		from = s;
	}
	buf_add(out, from, (size_t)(end - from));
}

/* White space outside ASCII, and characters that have no shape (Unicode White_Space and Default_Ignorable_Code_Point). Sorted. */
static const struct { uint32_t from, to; } shapeless[] = {
	{ 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x202f, 0x202f }, { 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
	{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
};

static int has_shape(uint32_t c)
{
	if (is_unwanted(c))
		return 0;
	for (size_t i = 0; i < sizeof shapeless / sizeof *shapeless && c >= shapeless[i].from; i++)
		if (c <= shapeless[i].to)
			return 0;
	return 1;
}

int text_is_blank(const char *s)
{
	int len;

	if (s == NULL)
		return 1;
	for (; *s != '\0'; s += len)
		if (has_shape(text_next(s, &len)))
			return 0;
	return 1;
}

/* Latin letters outside ASCII and how German file names write them. Sorted. */
static const struct latin { uint16_t from, to; const char *ascii; } latin[] = {
	{ 0xc0, 0xc3, "a" }, { 0xc4, 0xc4, "ae" }, { 0xc5, 0xc5, "a" }, { 0xc6, 0xc6, "ae" }, { 0xc7, 0xc7, "c" }, { 0xc8, 0xcb, "e" },
	{ 0xcc, 0xcf, "i" }, { 0xd0, 0xd0, "d" }, { 0xd1, 0xd1, "n" }, { 0xd2, 0xd5, "o" }, { 0xd6, 0xd6, "oe" }, { 0xd8, 0xd8, "o" },
	{ 0xd9, 0xdb, "u" }, { 0xdc, 0xdc, "ue" }, { 0xdd, 0xdd, "y" }, { 0xde, 0xde, "th" }, { 0xdf, 0xdf, "ss" }, { 0xe0, 0xe3, "a" },
	{ 0xe4, 0xe4, "ae" }, { 0xe5, 0xe5, "a" }, { 0xe6, 0xe6, "ae" }, { 0xe7, 0xe7, "c" }, { 0xe8, 0xeb, "e" }, { 0xec, 0xef, "i" },
	{ 0xf0, 0xf0, "d" }, { 0xf1, 0xf1, "n" }, { 0xf2, 0xf5, "o" }, { 0xf6, 0xf6, "oe" }, { 0xf8, 0xf8, "o" }, { 0xf9, 0xfb, "u" },
	{ 0xfc, 0xfc, "ue" }, { 0xfd, 0xfd, "y" }, { 0xfe, 0xfe, "th" }, { 0xff, 0xff, "y" }, { 0x100, 0x105, "a" }, { 0x106, 0x10d, "c" },
	{ 0x10e, 0x111, "d" }, { 0x112, 0x11b, "e" }, { 0x11c, 0x123, "g" }, { 0x124, 0x127, "h" }, { 0x128, 0x131, "i" },
	{ 0x132, 0x133, "ij" }, { 0x134, 0x135, "j" }, { 0x136, 0x138, "k" }, { 0x139, 0x142, "l" }, { 0x143, 0x14b, "n" },
	{ 0x14c, 0x151, "o" }, { 0x152, 0x153, "oe" }, { 0x154, 0x159, "r" }, { 0x15a, 0x161, "s" }, { 0x162, 0x167, "t" },
	{ 0x168, 0x173, "u" }, { 0x174, 0x175, "w" }, { 0x176, 0x178, "y" }, { 0x179, 0x17e, "z" }, { 0x17f, 0x17f, "s" },
	{ 0x218, 0x219, "s" }, { 0x21a, 0x21b, "t" }, { 0x1e9e, 0x1e9e, "ss" },
};

/* The ASCII form of c in one[], "" when it is no letter or digit, NULL when c only marks the letter before it. */
static const char *ascii_of(uint32_t c, char last, char one[2])
{
	if (c < 0x80) {
		one[0] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		one[1] = '\0';
		return (one[0] >= 'a' && one[0] <= 'z') || (one[0] >= '0' && one[0] <= '9') ? one : "";
	}
	/* Decomposed umlauts, as macOS writes them, get the same file name as composed ones. */
	if (c == 0x308 && (last == 'a' || last == 'o' || last == 'u'))
		return "e";
	if (c >= 0x300 && c < 0x370)
		return NULL;
	for (size_t i = 0; i < sizeof latin / sizeof *latin; i++)
		if (c >= latin[i].from && c <= latin[i].to)
			return latin[i].ascii;
	return "";
}

char *text_slug(char out[41], const char *s)
{
	size_t n = 0;
	int gap = 0;

	while (*s != '\0') {
		char one[2];
		int len;
		uint32_t c = text_next(s, &len);
		const char *t = ascii_of(c, n > 0 && !gap ? out[n - 1] : '\0', one);
		size_t k = t != NULL ? strlen(t) : 0;

		s += len;
		if (t == NULL)
			continue;
		if (k == 0) {
			gap = n > 0;
			continue;
		}
		if (n + (size_t)gap + k > 40)
			break;
		if (gap)
			out[n++] = '-';
		gap = 0;
		memcpy(out + n, t, k);
		n += k;
	}
	if (n == 0)
		out[n++] = 'x';
	out[n] = '\0';
	return out;
}

#ifdef __SSE2__
/* 16 characters in lower case at out; whether they are hexadecimal digits but for hyphens where `hyphens` has a bit. */
static int hex16(char *out, const char *s, int hyphens)
{
	const __m128i one = _mm_set1_epi8(1);
	__m128i c = _mm_loadu_si128((const void *)s), low = _mm_or_si128(c, _mm_set1_epi8(0x20));
	__m128i letter = _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(low, _mm_set1_epi8('f' + 1)));
	__m128i digit = _mm_and_si128(_mm_cmpgt_epi8(c, _mm_sub_epi8(_mm_set1_epi8('0'), one)), _mm_cmplt_epi8(c, _mm_add_epi8(_mm_set1_epi8('9'), one)));
	int minus = _mm_movemask_epi8(_mm_cmpeq_epi8(c, _mm_set1_epi8('-')));

	_mm_storeu_si128((void *)out, _mm_or_si128(_mm_and_si128(letter, low), _mm_andnot_si128(letter, c)));
	return minus == hyphens && (_mm_movemask_epi8(_mm_or_si128(letter, digit)) | minus) == 0xffff;
}

/* The 36 characters of a UUID, in lower case; 0, or -1 when they are none. */
static int lower_uuid(char out[37], const char *s)
{
	return hex16(out, s, 1 << 8 | 1 << 13) && hex16(out + 16, s + 16, 1 << 2 | 1 << 7) && hex16(out + 20, s + 20, 1 << 3) ? 0 : -1;
}
#else
static int lower_uuid(char out[37], const char *s)
{
	for (int i = 0; i < 36; i++) {
		char c = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] + 32) : s[i];

		if (i == 8 || i == 13 || i == 18 || i == 23 ? c != '-' : (c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return -1;
		out[i] = c;
	}
	return 0;
}
#endif

int text_is_uuid(const char *s)
{
	char out[37];

	return s != NULL && strlen(s) == 36 && lower_uuid(out, s) == 0;
}

int text_uuidn(char out[37], const char *s, size_t n)
{
	char low[37];

	if (n != 36 || lower_uuid(low, s) < 0)
		return -1;
	low[36] = '\0';
	memcpy(out, low, sizeof low);
	return 0;
}

int text_uuid(char out[37], const char *s)
{
	return s != NULL ? text_uuidn(out, s, strlen(s)) : -1;
}

#ifdef __SSE2__
/* 8 bytes of 16 digits; whether all are hexadecimal ones in lower case. */
static int pack16(uint8_t *out, const char *s)
{
	const __m128i c = _mm_loadu_si128((const void *)s);
	const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(c, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(c, _mm_set1_epi8('f' + 1)));
	const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(c, _mm_set1_epi8('0' - 1)), _mm_cmplt_epi8(c, _mm_set1_epi8('9' + 1)));
	const __m128i v = _mm_add_epi8(_mm_and_si128(c, _mm_set1_epi8(15)), _mm_and_si128(letter, _mm_set1_epi8(9)));
	const __m128i pairs = _mm_and_si128(_mm_or_si128(_mm_slli_epi16(v, 4), _mm_srli_epi16(v, 8)), _mm_set1_epi16(255));

	_mm_storel_epi64((void *)out, _mm_packus_epi16(pairs, pairs));
	return _mm_movemask_epi8(_mm_or_si128(letter, digit)) == 0xffff;
}

static int pack(uint8_t out[16], const char digits[32])
{
	return pack16(out, digits) & pack16(out + 8, digits + 16);
}
#else
static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int pack(uint8_t out[16], const char digits[32])
{
	for (int i = 0; i < 16; i++) {
		const int high = hex_value(digits[2 * i]), low = hex_value(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 1;
}
#endif

int text_uuid_pack(uint8_t out[16], const char *s)
{
	char digits[32];
	uint8_t v[16];

	if (strnlen(s, 37) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-')
		return -1;
	memcpy(digits, s, 8);
	memcpy(digits + 8, s + 9, 4);
	memcpy(digits + 12, s + 14, 4);
	memcpy(digits + 16, s + 19, 4);
	memcpy(digits + 20, s + 24, 12);
	if (!pack(v, digits))
		return -1;
	memcpy(out, v, sizeof v);
	return 0;
}

char *text_uuid_unpack(char out[37], const uint8_t in[16])
{
	static const char digits[] = "0123456789abcdef";
	char *at = out;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[in[i] >> 4];
		*at++ = digits[in[i] & 15];
	}
	*at = '\0';
	return out;
}

static int is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *text_trim(char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	n = strlen(s);
	while (n > 0 && is_blank(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

size_t text_len(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += !is_cont((unsigned char)*s);
	return n;
}

size_t text_prefix(const char *s, size_t n)
{
	size_t i = 0;

	for (; s[i] != '\0'; i++)
		if (!is_cont((unsigned char)s[i]) && n-- == 0)
			break;
	return i;
}
