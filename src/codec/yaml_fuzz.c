/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read, written and read again is there, and still of the same type. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 24);
	struct yaml_options options = { .as_opa = size > 0 && (data[0] & 1) != 0 };
	struct buf out;
	value_t v, again;

	buf_init(&out, 1 << 24);
	if (yaml_read(arena, str_make((const char *)data, size), &options, NULL, &v) == ERR_OK &&
	    yaml_write(&out, v) == ERR_OK) {
		must(yaml_read(arena, buf_str(&out), NULL, NULL, &again) == ERR_OK ||
		    arena_failed(arena));
		must(arena_failed(arena) || v.tag == again.tag || value_is_number(v));
	}
	buf_fini(&out);
	arena_free(&arena);
	return 0;
}
