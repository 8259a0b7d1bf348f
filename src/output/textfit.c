#include "output/textfit.h"

#include <limits.h>
#include <stdint.h>

#include "base/text.h"

#define WIDE 1000 /* CJK and other full-width characters */
#define LATIN 560 /* letters with accents, most of them */
#define LATIN_CAPITAL 662
#define OTHER 600
#define HEIGHT_MAX 409 /* points, Excel */

/* Advance widths of Calibri (and of Carlito, which LibreOffice puts in its place) in 1/1000 of the size, from ' ' to '~'. */
static const short ascii[] = {
	226, 326, 401, 498, 507, 715, 682, 221, 303, 303, 498, 498, 250, 306, 252, 386, 507, 507, 507, 507, 507, 507, 507, 507, 507, 507, 268, 268, 498,
	498, 498, 463, 894, 579, 544, 533, 615, 488, 459, 631, 623, 252, 319, 520, 420, 855, 646, 662, 517, 673, 543, 459, 487, 642, 567, 890, 519, 487,
	468, 307, 386, 307, 498, 498, 291, 479, 525, 423, 525, 498, 305, 471, 525, 229, 239, 455, 229, 799, 525, 527, 525, 525, 349, 391, 335, 525, 452,
	715, 433, 453, 395, 314, 460, 314, 498
};

static int width_of(uint32_t c)
{
	if (c >= 0xc0 && c < 0x180)
		return c < 0xdf && c != 0xc6 ? LATIN_CAPITAL : c == 0xe6 || c == 0xc6 || c == 0x152 || c == 0x153 ? WIDE : LATIN;
	return c >= 0x1100 ? (c >= 0x2000 && c < 0x2e80 ? OTHER : WIDE) : OTHER;
}

static int room_of(int chars, int size)
{
	/* A column of n characters is 7n + 5 pixels wide, 5 of them margin; a point is 4/3 pixel. Bold text and rounding take some of it. */
	return (int)((int64_t)chars * 7 * 1000 * 3 / (4 * (size > 0 ? size : 10)) * 96 / 100);
}

/* True for ASCII that is surely one line. */
static int is_one_line(const char *s, int room)
{
	int used = 0;

	for (; *s >= ' ' && *s <= '~' && used <= room; s++)
		used += ascii[*s - ' '];
	return *s == '\0' && used <= room;
}

/* Goes through s line by line, *lines of them, and stops where one more than max would begin. Returns the bytes before. */
static size_t walk(const char *s, int chars, int size, int max, int *lines)
{
	const int room = room_of(chars, size);
	const char *p = s, *begin = s; /* of the word */
	int used = 0, word = 0, len;

	for (*lines = 1; *p != '\0'; p += len) {
		uint32_t c = text_next(p, &len);
		int w = c >= ' ' && c <= '~' ? ascii[c - ' '] : width_of(c);

		if (c == '\n') {
			if (*lines == max)
				return (size_t)(p + 1 - s);
			++*lines;
			used = word = 0;
			begin = p + 1;
			continue;
		}
		if (c == ' ') {
			used += w;
			word = 0;
			begin = p + 1;
			continue;
		}
		/* A word that no longer fits moves down whole; one that is longer than a line is broken. */
		if (used + w > room) {
			int whole = word + w <= room;

			if (*lines == max)
				return (size_t)((whole ? begin : p) - s);
			++*lines;
			used = whole ? word : 0;
			word = used;
			begin = whole ? begin : p;
		}
		used += w;
		word += w;
		if (c == '-') {
			word = 0;
			begin = p + 1;
		}
	}
	return (size_t)(p - s);
}

int textfit_lines(const char *s, int chars, int size)
{
	int lines;

	if (is_one_line(s, room_of(chars, size)))
		return 1;
	walk(s, chars, size, INT_MAX, &lines);
	return lines;
}

size_t textfit_prefix(const char *s, int chars, int size, int lines)
{
	int used;

	return walk(s, chars, size, lines, &used);
}

int textfit_height(int lines, int size)
{
	int points = lines * (((size > 0 ? size : 10) * 128 + 99) / 100) + 2;

	return points < HEIGHT_MAX ? points : HEIGHT_MAX;
}
