/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/trace.h"

enum { VERSION_LEN = 2, ID_LEN = 32, SPAN_LEN = 16, FLAGS_LEN = 2, WHOLE_LEN = 55 };

static bool
is_hex(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

static bool
is_zeros(str_t s)
{
	size_t i = 0;

	while (i < s.len && s.data[i] == '0')
		i++;
	return i == s.len;
}

struct trace
trace_of(str_t text)
{
	const struct trace nothing = { STR_NONE, STR_NONE };
	str_t version, id, span, flags;

	if (text.len < WHOLE_LEN || text.data[2] != '-' || text.data[35] != '-' || text.data[52] != '-')
		return nothing;
	version = str_sub(text, 0, VERSION_LEN);
	id = str_sub(text, 3, ID_LEN);
	span = str_sub(text, 36, SPAN_LEN);
	flags = str_sub(text, 53, FLAGS_LEN);
	if (!is_hex(version) || !is_hex(id) || !is_hex(span) || !is_hex(flags) || is_zeros(id) || is_zeros(span) ||
	    str_eq(version, STR("ff")))
		return nothing;
	if (text.len > WHOLE_LEN && (is_zeros(version) || text.data[WHOLE_LEN] != '-'))
		return nothing;
	return (struct trace){ id, span };
}
