#include "output/textfit.h"

#include <stdint.h>

#include "base/text.h"

#define WIDE 1000 /* CJK and other full-width characters */
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
	if (c >= ' ' && c <= '~')
		return ascii[c - ' '];
	return c >= 0x1100 ? (c >= 0x2000 && c < 0x2e80 ? OTHER : WIDE) : OTHER;
}

int textfit_lines(const char *s, int chars, int size)
{
	/* A column of n characters is 7n + 5 pixels wide, 5 of them margin; a point is 4/3 pixel. Bold text and rounding take some of it. */
	int room = (int)((int64_t)chars * 7 * 1000 * 3 / (4 * (size > 0 ? size : 10)) * 96 / 100);
	int lines = 1, used = 0, word = 0, len;

	for (; *s != '\0'; s += len) {
		uint32_t c = text_next(s, &len);
		int w = width_of(c);

		if (c == '\n') {
			lines++;
			used = word = 0;
			continue;
		}
		if (c == ' ') {
			used += w;
			word = 0;
			continue;
		}
		/* A word that no longer fits moves down whole; one that is longer than a line is broken. */
		if (used + w > room) {
			lines++;
			used = word + w <= room ? word : 0;
			word = used;
		}
		used += w;
		word += w;
		if (c == '-')
			word = 0;
	}
	return lines;
}

int textfit_height(int lines, int size)
{
	int points = lines * (((size > 0 ? size : 10) * 128 + 99) / 100) + 2;

	return points < HEIGHT_MAX ? points : HEIGHT_MAX;
}
