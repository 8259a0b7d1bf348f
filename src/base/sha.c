/* The functions that OpenSSL 3 calls old: they need no memory and cannot fail, and an entry's few hundred bytes are done before its newer ones have found theirs. */
#define OPENSSL_API_COMPAT 0x10100000L

#include "base/sha.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sha {
	SHA256_CTX ctx;
};

struct sha *sha_new(void)
{
	struct sha *s = malloc(sizeof *s);

	if (s != NULL)
		SHA256_Init(&s->ctx);
	return s;
}

void sha_add(struct sha *s, const void *p, size_t n)
{
	SHA256_Update(&s->ctx, p, n);
}

void sha_end(struct sha *s, uint8_t out[SHA_LEN])
{
	SHA256_Final(out, &s->ctx);
	SHA256_Init(&s->ctx);
}

void sha_free(struct sha *s)
{
	free(s);
}

void sha_of(const void *p, size_t n, uint8_t out[SHA_LEN])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, p, n);
	SHA256_Final(out, &ctx);
}

int sha_of_fd(int fd, uint8_t out[SHA_LEN], int64_t *size, struct err *e)
{
	uint8_t block[65536];
	int64_t total = 0;
	SHA256_CTX ctx;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "seek");
	SHA256_Init(&ctx);
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_IO, "read");
		if (n == 0)
			break;
		SHA256_Update(&ctx, block, (size_t)n);
		total += n;
	}
	SHA256_Final(out, &ctx);
	*size = total;
	return 0;
}

char *sha_hex(char out[SHA_HEX], const uint8_t in[SHA_LEN])
{
	static const char digit[] = "0123456789abcdef";

	for (int i = 0; i < SHA_LEN; i++) {
		out[2 * i] = digit[in[i] >> 4];
		out[2 * i + 1] = digit[in[i] & 15];
	}
	out[SHA_HEX - 1] = '\0';
	return out;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int sha_unhex(const char *hex, uint8_t out[SHA_LEN])
{
	uint8_t d[SHA_LEN];

	if (hex == NULL || strlen(hex) != SHA_HEX - 1)
		return -1;
	for (int i = 0; i < SHA_LEN; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		d[i] = (uint8_t)(hi << 4 | lo);
	}
	memcpy(out, d, SHA_LEN);
	return 0;
}
