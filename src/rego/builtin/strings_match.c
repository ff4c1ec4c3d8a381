/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether any of many strings begins (ends) with any of many others.  Strings that
 * share a prefix stand together when sorted, right at the prefix itself; so each
 * prefix costs one binary search.
 */
#include "base/sort.h"
#include "rego/builtin/strings_internal.h"

enum { FEW = 64 }; /* pairs: below that, all of them are compared */

struct affix {
	bool at_end;
};

static char
char_at(str_t s, size_t i, bool from_end)
{
	return from_end ? s.data[s.len - 1 - i] : s.data[i];
}

/* By bytes from the end that counts, then by length. */
static int
compare_affix(const void *left, const void *right, void *context)
{
	const str_t *a = left, *b = right;
	const struct affix *affix = context;
	size_t shorter = a->len < b->len ? a->len : b->len;

	for (size_t i = 0; i < shorter; i++) {
		int order = (unsigned char)char_at(*a, i, affix->at_end) -
		    (unsigned char)char_at(*b, i, affix->at_end);

		if (order != 0)
			return order;
	}
	return a->len == b->len ? 0 : a->len < b->len ? -1 : 1;
}

static bool
has_affix(str_t s, str_t part, const struct affix *affix)
{
	return affix->at_end ? str_has_suffix(s, part) : str_has_prefix(s, part);
}

static bool
find_among(const str_t *sorted, size_t count, str_t part, struct affix *affix)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_affix(&sorted[middle], &part, affix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && has_affix(sorted[low], part, affix);
}

/* The strings of an operand that is one, or a collection of them. */
static str_t *
list_strings(struct rego_call *call, value_t v, size_t *ret_count)
{
	size_t count = value_is_string(v) ? 1 : v.count;
	str_t *list = ARENA_ARRAY(call->arena, str_t, count);

	for (size_t i = 0; list != NULL && i < count; i++)
		list[i] = value_str(value_is_string(v) ? v : rego_items(v)[i]);
	*ret_count = count;
	return list;
}

static enum rego_outcome
match_any(struct rego_call *call, struct affix affix, value_t *ret)
{
	size_t count, part_count;
	str_t *strings, *parts, *scratch;
	bool found = false;

	for (unsigned operand = 1; operand <= 2; operand++) {
		if (!value_is_string(call->arg[operand - 1]) && !rego_operand_strings(call, operand))
			return REGO_FAILED;
	}
	strings = list_strings(call, call->arg[0], &count);
	parts = list_strings(call, call->arg[1], &part_count);
	if (strings == NULL || parts == NULL || !rego_charge(call, (count + part_count) * sizeof(str_t)))
		return REGO_HALT;
	if (count <= FEW && part_count <= FEW / (count + 1)) {
		for (size_t i = 0; i < count * part_count && !found; i++)
			found = has_affix(strings[i / part_count], parts[i % part_count], &affix);
	} else {
		scratch = ARENA_ARRAY(call->arena, str_t, count);
		if (scratch == NULL)
			return REGO_HALT;
		sort_stable(strings, count, sizeof(*strings), scratch, compare_affix, &affix);
		for (size_t i = 0; i < part_count && !found; i++)
			found = find_among(strings, count, parts[i], &affix);
	}
	*ret = value_bool(found);
	return REGO_DEFINED;
}

enum rego_outcome
rego_strings_any_prefix_match(struct rego_call *call, value_t *ret)
{
	return match_any(call, (struct affix){ .at_end = false }, ret);
}

enum rego_outcome
rego_strings_any_suffix_match(struct rego_call *call, value_t *ret)
{
	return match_any(call, (struct affix){ .at_end = true }, ret);
}
