/* SPDX-License-Identifier: Apache-2.0 */
/* strings: looking into strings, joining and cutting them.  Places are code points. */
#include "base/utf8.h"
#include "base/vec.h"
#include "base/vec.h"
#include "rego/builtin/strings_internal.h"

/* ---- concat ---- */

static enum rego_outcome
concat(struct rego_call *call, value_t *ret)
{
	str_t separator = value_str(call->arg[0]);
	uint32_t count = call->arg[1].count;
	const value_t *items = rego_items(call->arg[1]);
	size_t len = 0;
	char *bytes, *out;

	if (!rego_operand_strings(call, 2))
		return REGO_FAILED;
	if (count == 1) {
		*ret = items[0];
		return REGO_DEFINED;
	}
	for (uint32_t i = 0; i < count; i++)
		len += items[i].count + (i > 0 ? separator.len : 0);
	if (!rego_charge(call, len) || (bytes = value_string_begin(call->arena, len)) == NULL)
		return REGO_HALT;
	out = bytes;
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0 && separator.len > 0) {
			memcpy(out, separator.data, separator.len);
			out += separator.len;
		}
		memcpy(out, items[i].string->bytes, items[i].count);
		out += items[i].count;
	}
	*ret = value_string_done(bytes, len);
	return REGO_DEFINED;
}

/* ---- finding ---- */

static bool
has_part(str_t s, str_t part)
{
	return part.len == 0 || str_find(s, part, 0) < s.len;
}

static enum rego_outcome
contains(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(has_part(value_str(call->arg[0]), value_str(call->arg[1])));
	return REGO_DEFINED;
}

static enum rego_outcome
startswith(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(str_has_prefix(value_str(call->arg[0]), value_str(call->arg[1])));
	return REGO_DEFINED;
}

static enum rego_outcome
endswith(struct rego_call *call, value_t *ret)
{
	*ret = value_bool(str_has_suffix(value_str(call->arg[0]), value_str(call->arg[1])));
	return REGO_DEFINED;
}

static enum rego_outcome
indexof(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), part = value_str(call->arg[1]);
	size_t at;

	if (part.len == 0)
		return rego_fail(call, "empty search character");
	at = str_find(s, part, 0);
	*ret = value_int(at < s.len ? (int64_t)utf8_count(str_sub(s, 0, at)) : -1);
	return REGO_DEFINED;
}

/* Every place, overlapping ones too. */
static enum rego_outcome
indexof_n(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), part = value_str(call->arg[1]);
	VEC(value_t) places = { 0 };
	size_t from = 0, index = 0;

	if (part.len == 0)
		return rego_fail(call, "empty search character");
	for (size_t at = str_find(s, part, 0); at < s.len; at = str_find(s, part, at + 1)) {
		index += utf8_count(str_sub(s, from, at - from));
		from = at;
		if (!rego_charge(call, part.len + sizeof(value_t)) ||
		    !VEC_PUSH(call->arena, &places, value_int((int64_t)index)))
			return REGO_HALT;
	}
	*ret = places.count > 0 ? value_array_of(places.at, places.count) : value_empty_array();
	return REGO_DEFINED;
}

static enum rego_outcome
count_part(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), part = value_str(call->arg[1]);
	int64_t count = 0;

	if (part.len == 0) {
		*ret = value_int((int64_t)utf8_count(s) + 1);
		return REGO_DEFINED;
	}
	for (size_t at = str_find(s, part, 0); at < s.len; at = str_find(s, part, at + part.len))
		count++;
	*ret = value_int(count);
	return REGO_DEFINED;
}

/* ---- cutting ---- */

/* `s` without its first `count` code points, or what there is. */
static str_t
skip_runes(str_t s, uint64_t count)
{
	size_t ascii = utf8_ascii_prefix(s), width;

	if (count <= ascii)
		return str_skip(s, (size_t)count);
	s = str_skip(s, ascii);
	for (count -= ascii; count > 0 && s.len > 0; count--) {
		(void)utf8_decode(s, &width);
		s = str_skip(s, width);
	}
	return s;
}

static enum rego_outcome
substring(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), rest;
	int64_t offset, len;

	if (!rego_operand_int(call, 2, &offset) || !rego_operand_int(call, 3, &len))
		return REGO_FAILED;
	if (offset < 0)
		return rego_fail(call, "negative offset");
	s = skip_runes(s, (uint64_t)offset);
	if (len >= 0) {
		rest = skip_runes(s, (uint64_t)len);
		s.len -= rest.len;
	}
	if (s.len == call->arg[0].count) {
		*ret = call->arg[0];
		return REGO_DEFINED;
	}
	return rego_give_str(call, s, ret);
}

static enum rego_outcome
reverse(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]);
	char *bytes;
	size_t width;

	if (!rego_charge(call, s.len) || (bytes = value_string_begin(call->arena, s.len)) == NULL)
		return REGO_HALT;
	for (size_t i = 0; i < s.len; i += width) {
		(void)utf8_decode(str_skip(s, i), &width);
		memcpy(bytes + s.len - i - width, s.data + i, width);
	}
	*ret = value_string_done(bytes, s.len);
	return REGO_DEFINED;
}

/* ---- templates of the compiler ---- */

/* A part is a string, or a set with the value of an expression; none: undefined. */
static enum rego_outcome
template_string(struct rego_call *call, value_t *ret)
{
	struct buf out;

	rego_text_init(call, &out);
	for (uint32_t i = 0; i < call->arg[0].count; i++) {
		value_t part = call->arg[0].items[i];

		if (part.tag != VALUE_SET)
			rego_print_bare(&out, part);
		else if (part.count == 0)
			buf_add_str(&out, STR("<undefined>"));
		else
			rego_print_bare(&out, part.set->items[part.count - 1]);
	}
	return rego_give_text(call, &out, ret);
}

#define COLLECTION "(string|set[string]|array[string])"

const struct rego_builtin rego_builtins_strings[] = {
	{ "concat", "delimiter: string, collection: (set[string]|array[string]) -> string", concat,
	    "The strings of `collection`, joined by `delimiter`." },
	{ "contains", "haystack: string, needle: string -> boolean", contains,
	    "Whether `needle` stands in `haystack`." },
	{ "endswith", "search: string, base: string -> boolean", endswith,
	    "Whether `search` ends with `base`." },
	{ "indexof", "haystack: string, needle: string -> number", indexof,
	    "The place of the first `needle` in `haystack`, in code points from 0; -1 if there is "
	    "none." },
	{ "indexof_n", "haystack: string, needle: string -> array[number]", indexof_n,
	    "The places of every `needle` in `haystack`." },
	{ "lower", "x: string -> string", rego_strings_lower, "`x` in lower case." },
	{ "upper", "x: string -> string", rego_strings_upper, "`x` in upper case." },
	{ "replace", "x: string, old: string, new: string -> string", rego_strings_replace,
	    "`x` with `new` in the place of each `old`." },
	{ "split", "x: string, delimiter: string -> array[string]", rego_strings_split,
	    "The parts of `x` between delimiters." },
	{ "startswith", "search: string, base: string -> boolean", startswith,
	    "Whether `search` begins with `base`." },
	{ "strings.any_prefix_match", "search: " COLLECTION ", base: " COLLECTION " -> boolean",
	    rego_strings_any_prefix_match,
	    "Whether any of the strings in `search` begins with any in `base`." },
	{ "strings.any_suffix_match", "search: " COLLECTION ", base: " COLLECTION " -> boolean",
	    rego_strings_any_suffix_match,
	    "Whether any of the strings in `search` ends with any in `base`." },
	{ "strings.count", "search: string, substring: string -> number", count_part,
	    "How often `substring` stands in `search`, without overlaps." },
	{ "strings.render_template", "value: string, vars: object[string: any] -> string",
	    rego_strings_render_template,
	    "The Go text template `value`, filled from `vars`." },
	{ "strings.replace_n", "patterns: object[string: string], value: string -> string",
	    rego_strings_replace_n,
	    "`value` with the keys of `patterns` replaced by their values, in one pass." },
	{ "strings.reverse", "x: string -> string", reverse, "The code points of `x` backwards." },
	{ "strings.split_n", "x: string, delimiter: string, n: number -> array[string]",
	    rego_strings_split_n,
	    "The first `n` parts of `x` between delimiters; the last ones if `n` is negative." },
	{ "substring", "value: string, offset: number, length: number -> string", substring,
	    "`length` code points of `value` from `offset`; all the rest if `length` is negative." },
	{ "trim", "value: string, cutset: string -> string", rego_strings_trim,
	    "`value` without the code points of `cutset` at both ends." },
	{ "trim_left", "value: string, cutset: string -> string", rego_strings_trim_left,
	    "`value` without the code points of `cutset` at its front." },
	{ "trim_right", "value: string, cutset: string -> string", rego_strings_trim_right,
	    "`value` without the code points of `cutset` at its end." },
	{ "trim_prefix", "value: string, prefix: string -> string", rego_strings_trim_prefix,
	    "`value` without `prefix`, or `value` if it does not begin with it." },
	{ "trim_suffix", "value: string, suffix: string -> string", rego_strings_trim_suffix,
	    "`value` without `suffix`, or `value` if it does not end with it." },
	{ "trim_space", "value: string -> string", rego_strings_trim_space,
	    "`value` without white space at both ends." },
	{ "internal.template_string", "parts: array[any] -> string", template_string,
	    "The text of a template string.", REGO_OPERATOR },
	{ 0 },
};
