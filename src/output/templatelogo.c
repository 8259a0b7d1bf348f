#include "output/templatelogo.h"

#include <stdint.h>
#include <string.h>

static uint32_t big_endian(const unsigned char *p, int bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Chunks of length, type, data and checksum; the first is IHDR, the last IEND (RFC 2083). */
static const char *measure_png(const unsigned char *p, size_t n, uint32_t *w, uint32_t *h)
{
	size_t at = 8;
	int data = 0;

	while (n - at >= 12) {
		uint32_t length = big_endian(p + at, 4);
		const unsigned char *type = p + at + 4;

		if (length > n - at - 12)
			return "is cut";
		if (at == 8) {
			if (length != 13 || memcmp(type, "IHDR", 4) != 0)
				return "is no PNG picture";
			*w = big_endian(p + at + 8, 4);
			*h = big_endian(p + at + 12, 4);
		}
		data |= memcmp(type, "IDAT", 4) == 0;
		if (memcmp(type, "IEND", 4) == 0)
			return data ? NULL : "has no content";
		at += (size_t)length + 12;
	}
	return "is cut";
}

/* Start of a frame: 0xC0 to 0xCF but for DHT, JPG and DAC (ITU T.81, table B.1). */
static int is_frame(unsigned marker)
{
	return (marker & 0xf0) == 0xc0 && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Segments of marker and length up to the scan. No fill bytes between them: the library that puts the picture into the file would get lost. */
static const char *measure_jpeg(const unsigned char *p, size_t n, uint32_t *w, uint32_t *h)
{
	size_t at = 2;
	int frame = 0;

	while (n - at >= 4) {
		unsigned marker = p[at + 1];
		uint32_t length = big_endian(p + at + 2, 2);

		if (p[at] != 0xff || length < 2)
			return "has an unusual structure; save it as PNG";
		if (length > n - at - 2)
			return "is cut";
		if (marker == 0xda)
			return !frame ? "has no frame" : memmem(p + at, n - at, "\xff\xd9", 2) != NULL ? NULL : "is cut";
		if (marker == 0xe0 && length < 14)
			return "has an unusual structure; save it as PNG";
		if (is_frame(marker)) {
			if (length < 11)
				return "has an unusual structure; save it as PNG";
			*h = big_endian(p + at + 5, 2);
			*w = big_endian(p + at + 7, 2);
			frame = 1;
		}
		at += (size_t)length + 2;
	}
	return "is cut";
}

int templatelogo_measure(const void *p, size_t n, int *width, int *height, struct err *e)
{
	const unsigned char *b = p;
	uint32_t w = 0, h = 0;
	const char *fault;

	if (n > TEMPLATELOGO_BYTES_MAX)
		return err_set(e, ERR_CONFIG, "the picture is larger than 1 MiB");
	if (n >= 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
		fault = measure_png(b, n, &w, &h);
	else if (n >= 4 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff)
		fault = measure_jpeg(b, n, &w, &h);
	else
		fault = "is neither PNG nor JPEG";
	if (fault != NULL)
		return err_set(e, ERR_CONFIG, "the picture %s", fault);
	if (w == 0 || h == 0 || w > TEMPLATELOGO_PIXELS_MAX || h > TEMPLATELOGO_PIXELS_MAX)
		return err_set(e, ERR_CONFIG, "the picture has %lu x %lu pixels, allowed are 1 to %d each way", (unsigned long)w, (unsigned long)h,
		               TEMPLATELOGO_PIXELS_MAX);
	*width = (int)w;
	*height = (int)h;
	return 0;
}
