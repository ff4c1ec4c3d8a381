/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/message.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the message; what is read lies within what was given. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 20);
	str_t bytes = str_make((const char *)data + 1, size - 1);
	struct message m = { 0 };
	err_t err = ERR_OK;

	if (size > 0 && arena != NULL) {
		if (data[0] % 4 == 0)
			err = message_read_authorize(arena, bytes, &m);
		else if (data[0] % 4 == 1)
			err = message_read_evaluate(arena, bytes, &m);
		else
			err = message_read_validate(arena, bytes, data[0] % 2 == 0, &m);
		must(err != ERR_OK || m.token.len + m.rule.len + m.input_json.len <= size);
	}
	arena_free(&arena);
	return 0;
}
