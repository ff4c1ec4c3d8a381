/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/secret.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/must.h"
#include "crypt/openssl.h"

struct secret {
	char *bytes;
	size_t len, capacity;
};

struct secret *
secret_new_blank(size_t len)
{
	struct secret *s;

	openssl_start();
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->bytes = sodium_malloc(len > 0 ? len : 1);
	if (s->bytes == NULL) {
		free(s);
		return NULL;
	}
	s->len = s->capacity = len;
	return s;
}

struct secret *
secret_new(str_t bytes)
{
	struct secret *s = secret_new_blank(bytes.len);

	if (s != NULL && bytes.len > 0)
		memcpy(s->bytes, bytes.data, bytes.len);
	return s;
}

void
secret_free(struct secret **s)
{
	if (*s == NULL)
		return;
	sodium_free((*s)->bytes);
	free(*s);
	*s = NULL;
}

str_t
secret_str(const struct secret *s)
{
	return str_make(s->bytes, s->len);
}

char *
secret_fill(struct secret *s)
{
	return s->bytes;
}

void
secret_cut(struct secret *s, size_t len)
{
	must(len <= s->len);
	sodium_memzero(s->bytes + len, s->len - len);
	s->len = len;
}

void
secret_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return len == 0 || sodium_memcmp(a, b, len) == 0;
}
