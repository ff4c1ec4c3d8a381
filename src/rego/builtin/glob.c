/* SPDX-License-Identifier: Apache-2.0 */
/* glob: patterns with * and friends, as github.com/gobwas/glob reads them. */
#include "base/utf8.h"
#include "rego/builtin/glob_pattern.h"
#include "rego/builtin/util.h"
#include "rego/cache.h"

enum { MOST_DELIMITERS = 64 };

static const char family;

static void
free_pattern(void *pattern)
{
	struct glob_pattern *p = pattern;

	glob_pattern_free(&p);
}

static enum rego_outcome
refuse_element(struct rego_call *call, const char *kind, value_t got)
{
	return rego_fail_operand(call, 2, "must be array of %ss but got array containing %s", kind,
	    value_type_name(got));
}

/* The operand's runes; null: none; an empty array: a dot. */
static enum rego_outcome
read_delimiters(struct rego_call *call, uint32_t *delimiters, size_t *ret_count)
{
	value_t list = call->arg[1];

	*ret_count = 0;
	if (list.tag == VALUE_NULL)
		return REGO_DEFINED;
	if (list.tag != VALUE_ARRAY)
		return rego_fail_type(call, 2, "one of {array, null}", list);
	if (list.count > MOST_DELIMITERS)
		return rego_fail_operand(call, 2, "must have at most %d elements", MOST_DELIMITERS);
	for (uint32_t i = 0; i < list.count; i++) {
		value_t item = list.items[i];
		size_t width = 0;

		if (!value_is_string(item))
			return refuse_element(call, "string", item);
		if (item.count > 0)
			delimiters[i] = utf8_decode(value_str(item), &width);
		if (item.count == 0 || width != item.count)
			return refuse_element(call, "rune", item);
	}
	*ret_count = list.count;
	if (list.count == 0)
		delimiters[(*ret_count)++] = '.';
	return REGO_DEFINED;
}

/* Pattern, a zero byte, delimiters: what a compiled pattern is found by. */
static str_t
make_key(struct rego_call *call, str_t pattern, const uint32_t *delimiters, size_t count)
{
	size_t len = pattern.len + 1 + count * sizeof(*delimiters);
	char *key = arena_alloc_raw(call->arena, len, 1);

	if (key == NULL)
		return STR_NONE;
	memcpy(key, pattern.data, pattern.len);
	key[pattern.len] = '\0';
	memcpy(key + pattern.len + 1, delimiters, count * sizeof(*delimiters));
	return str_make(key, len);
}

static enum rego_outcome
match(struct rego_call *call, value_t *ret)
{
	str_t pattern = value_str(call->arg[0]), text = value_str(call->arg[2]), key;
	struct rego_cache *cache = rego_call_cache(call);
	uint32_t delimiters[MOST_DELIMITERS + 1];
	struct glob_pattern *compiled;
	char problem[GLOB_PROBLEM_LEN];
	bool cached = true;
	size_t count;
	enum rego_outcome outcome;

	for (unsigned i = 0; i < 3; i += 2) {
		if (!value_is_string(call->arg[i]))
			return rego_fail_type(call, i + 1, "string", call->arg[i]);
	}
	outcome = read_delimiters(call, delimiters, &count);
	if (outcome != REGO_DEFINED)
		return outcome;
	if (!rego_charge(call, pattern.len + text.len))
		return REGO_HALT;
	key = make_key(call, pattern, delimiters, count);
	if (key.data == NULL)
		return REGO_HALT;
	compiled = rego_cache_find(cache, &family, key);
	if (compiled == NULL) {
		compiled = glob_pattern_new(pattern, delimiters, count, problem);
		if (compiled == NULL)
			return rego_fail(call, "%s", problem);
		cached = rego_cache_add(cache, &family, key, compiled, free_pattern);
	}
	if (rego_work(call, glob_pattern_cost(compiled, text)))
		*ret = value_bool(glob_pattern_match(compiled, text));
	else
		outcome = REGO_HALT;
	if (!cached)
		glob_pattern_free(&compiled);
	return outcome;
}

static enum rego_outcome
quote_meta(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]);
	struct buf out;

	rego_text_init(call, &out);
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] != '\0' && strchr("*?\\[]{}", s.data[i]) != NULL)
			buf_add_char(&out, '\\');
		buf_add_char(&out, s.data[i]);
	}
	return rego_give_text(call, &out, ret);
}

const struct rego_builtin rego_builtins_glob[] = {
	{ "glob.match", "pattern: string, delimiters: (null|array[string]), match: string -> boolean",
	    match,
	    "Whether the glob `pattern` matches all of `match`; * stops at the delimiters, which are "
	    "[\".\"] if empty, none if null.",
	    REGO_LENIENT },
	{ "glob.quote_meta", "pattern: string -> string", quote_meta,
	    "`pattern` with every special character escaped." },
	{ 0 },
};
