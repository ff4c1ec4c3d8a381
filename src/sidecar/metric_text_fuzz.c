/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/metric_text.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As an Accept field; and as a label's value, which stays on its line and inside its quotes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct metric_row row = { "m_total", METRIC_COUNTER, "l", "Help." };
	str_t text = str_make((const char *)data, size);
	struct metric_text t = { .open = metric_text_wants_open(text), .service = text, .row = &row };
	size_t lines = 0, quotes = 0;
	struct buf out;

	buf_init(&out, 16 * size + 4096);
	t.out = &out;
	metric_text_count(&t, &METRIC_LABEL("l", text), 1, 1);
	for (size_t i = 0; i < out.len; i++) {
		lines += out.data[i] == '\n';
		if (out.data[i] == '\\')
			i++;
		else
			quotes += out.data[i] == '"';
	}
	must(!buf_failed(&out) && lines == 1 && quotes == 4);
	buf_fini(&out);
	return 0;
}
