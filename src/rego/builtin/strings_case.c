/* SPDX-License-Identifier: Apache-2.0 */
/* Upper and lower case, letter by letter as Go maps them: the sharp s stays. */
#include "base/utf8.h"
#include "rego/builtin/strings_internal.h"

struct case_range {
	uint32_t first, last, stride;
	int32_t delta;
};

#include "rego/builtin/unicode_case.inc"

struct case_map {
	char first, last; /* ASCII letters that change, by toggling 0x20 */
	const struct case_range *ranges;
	size_t count;
};

static const struct case_map to_upper = { 'a', 'z', upper_ranges, COUNT(upper_ranges) };
static const struct case_map to_lower = { 'A', 'Z', lower_ranges, COUNT(lower_ranges) };

static uint32_t
map_rune(const struct case_map *m, uint32_t rune)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct case_range *r = &m->ranges[middle];

		if (rune < r->first)
			high = middle;
		else if (rune > r->last)
			low = middle + 1;
		else
			return (rune - r->first) % r->stride == 0 ? (uint32_t)((int32_t)rune + r->delta)
			                                          : rune;
	}
	return rune;
}

static bool
is_mapped_ascii(const struct case_map *m, char c)
{
	return c >= m->first && c <= m->last;
}

/* Bytes of the result; written to `out` unless that is NULL.  *ret_changed: it is not `s`. */
static size_t
map_text(const struct case_map *m, str_t s, char *out, bool *ret_changed)
{
	size_t len = 0, width;

	*ret_changed = false;
	for (size_t i = 0; i < s.len; i += width) {
		uint32_t rune = utf8_decode(str_skip(s, i), &width), mapped;
		char bytes[4];

		if (rune < 0x80)
			mapped = is_mapped_ascii(m, (char)rune) ? rune ^ 0x20 : rune;
		else
			mapped = map_rune(m, rune);
		*ret_changed = *ret_changed || mapped != rune;
		size_t written = utf8_encode(bytes, mapped);

		if (out != NULL)
			memcpy(out + len, bytes, written);
		len += written;
	}
	return len;
}

static void
map_ascii(const struct case_map *m, str_t s, char *out)
{
	for (size_t i = 0; i < s.len; i++)
		out[i] = is_mapped_ascii(m, s.data[i]) ? (char)(s.data[i] ^ 0x20) : s.data[i];
}

static enum rego_outcome
change_case(struct rego_call *call, const struct case_map *m, value_t *ret)
{
	str_t s = value_str(call->arg[0]);
	bool ascii = utf8_ascii_prefix(s) == s.len, changed = true;
	size_t len = ascii ? s.len : map_text(m, s, NULL, &changed);
	char *bytes;

	if (!rego_charge(call, len))
		return REGO_HALT;
	if (!changed) {
		*ret = call->arg[0];
		return REGO_DEFINED;
	}
	bytes = value_string_begin(call->arena, len);
	if (bytes == NULL)
		return REGO_HALT;
	if (ascii)
		map_ascii(m, s, bytes);
	else
		(void)map_text(m, s, bytes, &changed);
	*ret = value_string_done(bytes, len);
	return REGO_DEFINED;
}

enum rego_outcome
rego_strings_lower(struct rego_call *call, value_t *ret)
{
	return change_case(call, &to_lower, ret);
}

enum rego_outcome
rego_strings_upper(struct rego_call *call, value_t *ret)
{
	return change_case(call, &to_upper, ret);
}
