/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "rego/builtin/time_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A layout, a newline, a value; what was read is written and read again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t input = str_make((const char *)data, size), layout, value;
	size_t line = str_find_char(input, '\n', 0);
	struct layout_time t = { .offset = { 0, "UTC" } };
	struct buf problem, text;
	int64_t seconds;

	layout = layout_named(str_sub(input, 0, line));
	value = line < size ? str_skip(input, line + 1) : STR("");
	buf_init(&problem, 512);
	buf_init(&text, 1 << 16);
	if (layout_read(layout, value, &seconds, &t.nanosecond, &problem)) {
		t.civil = time_civil_of(seconds);
		must(time_seconds_of(&t.civil) == seconds);
		layout_write(&text, layout, &t);
	}
	buf_fini(&text);
	buf_fini(&problem);
	return 0;
}
