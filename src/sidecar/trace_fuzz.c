/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/trace.h"

#include <stdint.h>

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both ids or none, and only digits of the field itself. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str_t text = str_make((const char *)data, size);
	struct trace t = trace_of(text);

	must((t.id.len == 32 && t.span.len == 16) || (t.id.len == 0 && t.span.len == 0));
	must(t.id.len == 0 || (t.id.data == text.data + 3 && t.span.data == text.data + 36));
	for (size_t i = 0; i < t.id.len; i++)
		must((t.id.data[i] >= '0' && t.id.data[i] <= '9') || (t.id.data[i] >= 'a' && t.id.data[i] <= 'f'));
	return 0;
}
