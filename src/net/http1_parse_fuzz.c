/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "net/http1_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1);
	struct http1_chunks chunks = { 0 };
	struct http1_head head;

	memcpy(bytes, data, size);
	if (http1_head_read(str_make(bytes, size), &head) == 1) {
		must(head.size <= size && head.path.len > 0 && head.path.data[0] == '/');
		data += head.size;
		size -= head.size;
	}
	memcpy(bytes, data, size);
	if (http1_chunks_read(&chunks, bytes, size, 1000) == 1)
		must(chunks.len <= 1000 && chunks.at <= size && chunks.len <= chunks.at);
	free(bytes);
	return 0;
}
