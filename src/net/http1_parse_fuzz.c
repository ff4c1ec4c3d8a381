/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "net/http1_parse.h"

enum { LIMIT = 1000 };

/* Read as it comes in, byte by byte, a body is the same as read at once. */
static void
check_piecewise(const uint8_t *data, size_t size, int want, const struct http1_chunks *whole, const char *body)
{
	char *bytes = malloc(size + 1);
	struct http1_chunks chunks = { 0 };
	int got = 0;

	memcpy(bytes, data, size);
	for (size_t len = 0; len <= size && got == 0; len++)
		got = http1_chunks_read(&chunks, bytes, len, LIMIT);
	must((got == 1) == (want == 1));
	if (got == 1)
		must(chunks.at == whole->at && chunks.len == whole->len && memcmp(bytes, body, chunks.len) == 0);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1);
	struct http1_chunks chunks = { 0 };
	struct http1_head head;
	int status;

	memcpy(bytes, data, size);
	if (http1_head_read(str_make(bytes, size), &head) == 1) {
		must(head.size <= size && head.path.len > 0 && head.path.data[0] == '/');
		data += head.size;
		size -= head.size;
	}
	memcpy(bytes, data, size);
	status = http1_chunks_read(&chunks, bytes, size, LIMIT);
	if (status == 1)
		must(chunks.len <= LIMIT && chunks.at <= size && chunks.len <= chunks.at);
	if (size <= 4096)
		check_piecewise(data, size, status, &chunks, bytes);
	free(bytes);
	return 0;
}
