#include "base/cp1252.h"

#include <string.h>

#include "base/text.h"

/* 0x80 to 0x9f (WHATWG index windows-1252, without the five bytes that Microsoft's table leaves undefined). */
static const uint16_t high[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

/* Latin letters, 32 to a row, and what to write for each; a blank where Windows-1252 has it, it needs two letters, or has no base. */
static const struct row { uint32_t from; const char *to; } rows[] = {
	{ 0x0100, "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGg" }, { 0x0120, "GgGgHhHhIiIiIiIiIi  JjKkkLlLlLl " },
	{ 0x0140, " LlNnNnNn NnOoOoOo  RrRrRrSsSsSs" }, { 0x0160, "  TtTtTtUuUuUuUuUuUuWwYy ZzZz  s" },
	{ 0x0180, "bBBb  OCcDDDd EEEF G  IIKkl  NnO" }, { 0x01a0, "Oo  PpR    tTtTUuUVYyZzZ        " },
	{ 0x01c0, "             AaIiOoUuÜüÜüÜüÜüeÄä" }, { 0x01e0, "AaÆæGgGgKkOoOoŽžj   Gg  NnÅåÆæØø" },
	{ 0x0200, "AaAaEeEeIiIiOoOoRrRrUuUuSsTt  Hh" }, { 0x0220, "Nd  ZzAaEeÖöÕõOoOoYylntj  ACcLTs" },
	{ 0x0240, "z  BU EeJjQqRrYy   bo ddee e    " }, { 0x0260, "ggG   h iiIlll   mnnNo      rrr " },
	{ 0x0280, "R s     tuuv   Yzzz      B  Hj L" },
	{ 0x1e00, "AaBbBbBbÇçDdDdDdDdDdÈèÉéEeEeEeFf" }, { 0x1e20, "GgHhHhHhHhHhIiÏïKkKkKkLlLlLlLlMm" },
	{ 0x1e40, "MmMmNnNnNnNnÕõÕõÒòÓóPpPpRrRrRrRr" }, { 0x1e60, "SsSsSsŠšSsTtTtTtTtUuUuUuÚúÜüVvVv" },
	{ 0x1e80, "WwWwWwWwWwXxXxYyZzZzZzhtwyasss  " }, { 0x1ea0, "AaAaÂâÂâÂâÂâÂâÁáÀàAaÃãAaEeEeEeÊê" },
	{ 0x1ec0, "ÊêÊêÊêÊêIiIiOoOoÔôÔôÔôÔôÔôÓóÒòOo" }, { 0x1ee0, "ÕõOoUuUuÚúÙùUuUuUuYyYyYyYy  VvYy" },
};

/* Everything else that has a plain form. */
static const struct piece { uint32_t c; const char *to; } pieces[] = {
	{ 0x0132, "IJ" }, { 0x0133, "ij" }, { 0x013f, "L·" }, { 0x0140, "l·" }, { 0x0149, "'n" }, { 0x0195, "hv" },
	{ 0x01c4, "DŽ" }, { 0x01c5, "Dž" }, { 0x01c6, "dž" }, { 0x01c7, "LJ" }, { 0x01c8, "Lj" }, { 0x01c9, "lj" },
	{ 0x01ca, "NJ" }, { 0x01cb, "Nj" }, { 0x01cc, "nj" }, { 0x01f1, "DZ" }, { 0x01f2, "Dz" }, { 0x01f3, "dz" },
	{ 0x01f6, "Hv" }, { 0x0222, "Ou" }, { 0x0223, "ou" }, { 0x0238, "db" }, { 0x0239, "qp" }, { 0x02b9, "'" },
	{ 0x02ba, "\"" }, { 0x02bb, "‘" }, { 0x02bc, "’" }, { 0x02bd, "‘" }, { 0x02be, "’" }, { 0x02bf, "‘" }, { 0x02c8, "'" },
	{ 0x02c9, "¯" }, { 0x02ca, "´" }, { 0x02cb, "`" }, { 0x1e9e, "SS" }, { 0x1efa, "LL" }, { 0x1efb, "ll" }, { 0x2010, "-" },
	{ 0x2011, "-" }, { 0x2012, "–" }, { 0x2015, "—" }, { 0x201b, "‘" }, { 0x201f, "“" }, { 0x2023, "•" }, { 0x2024, "." },
	{ 0x2025, ".." }, { 0x2027, "·" }, { 0x202f, "\u00a0" }, { 0x2031, "0/000" }, { 0x2032, "'" }, { 0x2033, "\"" },
	{ 0x2034, "'''" }, { 0x2043, "-" }, { 0x2044, "/" }, { 0x205f, " " }, { 0x2070, "0" }, { 0x2071, "i" }, { 0x207f, "n" },
	{ 0x2100, "a/c" }, { 0x2103, "°C" }, { 0x2105, "c/o" }, { 0x2109, "°F" }, { 0x2113, "l" }, { 0x2116, "No" },
	{ 0x2117, "(P)" }, { 0x2120, "SM" }, { 0x2121, "TEL" }, { 0x212a, "K" }, { 0x212b, "Å" }, { 0x213b, "FAX" },
	{ 0x2150, "1/7" }, { 0x2153, "1/3" }, { 0x2154, "2/3" }, { 0x215b, "1/8" }, { 0x215c, "3/8" }, { 0x215d, "5/8" },
	{ 0x215e, "7/8" }, { 0x2190, "<-" }, { 0x2192, "->" }, { 0x2212, "-" }, { 0x2215, "/" }, { 0x2217, "*" }, { 0x2219, "·" },
	{ 0x223c, "~" }, { 0x2264, "<=" }, { 0x2265, ">=" }, { 0x22c5, "·" }, { 0x25cf, "•" }, { 0x25e6, "•" }, { 0x3000, " " },
	{ 0x301d, "\"" }, { 0x301e, "\"" }, { 0x301f, "\"" }, { 0xfb00, "ff" }, { 0xfb01, "fi" }, { 0xfb02, "fl" },
	{ 0xfb03, "ffi" }, { 0xfb04, "ffl" }, { 0xfb05, "st" }, { 0xfb06, "st" },
};

/* Letters that exist with a mark, at the same position in both texts: names in the decomposed form of macOS keep their umlauts. */
static const struct mark { uint32_t c; const char *base, *with; } marks[] = {
	{ 0x300, "AEIOUaeiou", "ÀÈÌÒÙàèìòù" }, { 0x301, "AEIOUYaeiouy", "ÁÉÍÓÚÝáéíóúý" }, { 0x302, "AEIOUaeiou", "ÂÊÎÔÛâêîôû" },
	{ 0x303, "ANOano", "ÃÑÕãñõ" }, { 0x308, "AEIOUYaeiouy", "ÄËÏÖÜŸäëïöüÿ" }, { 0x30a, "Aa", "Åå" }, { 0x30c, "SZsz", "ŠŽšž" },
	{ 0x327, "Cc", "Çç" },
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The byte of a character that Windows-1252 has, or -1. Control characters are no text. */
static int exact(uint32_t c)
{
	if ((c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c <= 0xff))
		return (int)c;
	for (size_t i = 0; c > 0xff && i < COUNT(high); i++)
		if (high[i] == c)
			return (int)(0x80 + i);
	return -1;
}

/* The i-th character of a text that is long enough. */
static uint32_t at(const char *s, size_t i)
{
	int len;

	return text_next(s + text_prefix(s, i), &len);
}

/* The byte of the base letter, or -1. */
static int base_letter(uint32_t c)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (c >= rows[i].from && c < rows[i].from + 32) {
			uint32_t t = at(rows[i].to, c - rows[i].from);

			return t != ' ' ? exact(t) : -1;
		}
	return -1;
}

/* Blocks in which the plain form follows from the code point. */
static int regular(uint32_t c)
{
	if (c >= 0x2000 && c <= 0x200a)
		return ' ';
	if (c >= 0x2074 && c <= 0x2079)
		return (int)(c - 0x2070 + '0');
	if (c >= 0x2080 && c <= 0x2089)
		return (int)(c - 0x2080 + '0');
	if (c >= 0xff01 && c <= 0xff5e) /* full-width ASCII */
		return (int)(c - 0xff01 + '!');
	return -1;
}

static int is_mark(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff) ||
	       (c >= 0xfe20 && c <= 0xfe2f);
}

static int is_invisible(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200d) || c == 0x2060 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

static int is_letter(unsigned char b)
{
	if (b < 0x80)
		return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
	return (b >= 0xc0 && b != 0xd7 && b != 0xf7) || (b < 0xa0 && memchr("\x83\x8a\x8c\x8e\x9a\x9c\x9e\x9f", b, 8) != NULL);
}

static void join_mark(char *last, uint32_t c)
{
	for (size_t i = 0; i < COUNT(marks); i++) {
		const char *p = marks[i].c == c ? strchr(marks[i].base, *last) : NULL;

		if (p != NULL)
			*last = (char)exact(at(marks[i].with, (size_t)(p - marks[i].base)));
	}
}

static int add_piece(struct buf *out, uint32_t c)
{
	for (size_t i = 0; i < COUNT(pieces); i++) {
		int len;

		if (pieces[i].c != c)
			continue;
		for (const char *s = pieces[i].to; *s != '\0'; s += len)
			buf_ch(out, (char)exact(text_next(s, &len)));
		return 0;
	}
	return -1;
}

/* Appends one character; *letter tells whether a letter was the last one, so that marks of what was left out do not join it. */
static int add_one(struct buf *out, uint32_t c, int *letter)
{
	int b;

	if (is_invisible(c))
		return 0;
	if (is_mark(c)) {
		if (*letter)
			join_mark(out->p + out->n - 1, c);
		return *letter ? 0 : -1;
	}
	*letter = 0;
	if ((b = exact(c)) >= 0 || (b = base_letter(c)) >= 0 || (b = regular(c)) >= 0)
		buf_ch(out, (char)b);
	else if (add_piece(out, c) < 0)
		return -1;
	*letter = buf_ok(out) && is_letter((unsigned char)out->p[out->n - 1]);
	return 0;
}

int cp1252_add(struct buf *out, const char *s, struct err *e)
{
	size_t start = out->n;
	int letter = 0, len;

	for (; *s != '\0'; s += len) {
		uint32_t c = text_next(s, &len);

		if (add_one(out, c, &letter) == 0)
			continue;
		out->n = start;
		if (out->p != NULL)
			out->p[start] = '\0';
		return err_set(e, ERR_CONFIG, "U+%04X is not in Windows-1252", (unsigned)c);
	}
	return 0;
}

size_t cp1252_add_known(struct buf *out, const char *s)
{
	size_t lost = 0;
	int letter = 0, len;

	for (; *s != '\0'; s += len)
		lost += add_one(out, text_next(s, &len), &letter) < 0;
	return lost;
}
