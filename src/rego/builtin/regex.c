/* SPDX-License-Identifier: Apache-2.0 */
/* regex: regular expressions in RE2's syntax, with the results of Go's regexp package. */
#include "base/utf8.h"
#include "base/vec.h"
#include "rego/builtin/regex_internal.h"
#include "rego/cache.h"

enum { COMPILE_WORK = 64 * 1024, COMPILE_WORK_PER_BYTE = 512 };
enum { COST_PER_BYTE = 16 };
enum { LARGEST_COST = 64 << 20 }; /* of one search, when time is limited: see regex_worst_cost() */

/* ---- compiled expressions ---- */

static const char plain_family, template_family;

struct regex_use {
	struct regex *regex;
	bool owned; /* not in the cache */
};

static void
free_regex(void *regex)
{
	regex_free(regex);
}

static void
release(struct regex_use *use)
{
	if (use->owned)
		regex_free(use->regex);
}

/* Finds or compiles.  DEFINED, or the call's failure. */
static enum rego_outcome
acquire(struct rego_call *call, const char *family, str_t key, str_t pattern,
    struct regex_use *ret)
{
	struct rego_cache *cache = rego_call_cache(call);
	size_t work = COMPILE_WORK + pattern.len * COMPILE_WORK_PER_BYTE;
	char error[REGEX_ERROR_LEN];

	*ret = (struct regex_use){ .regex = rego_cache_find(cache, family, key) };
	if (ret->regex != NULL)
		return REGO_DEFINED;
	if (!rego_work(call, work))
		return REGO_HALT;
	ret->regex = regex_new(pattern.data, pattern.len, error);
	if (ret->regex == NULL)
		return rego_fail(call, "%s", error);
	ret->owned = !rego_cache_add(cache, family, key, ret->regex, free_regex);
	return REGO_DEFINED;
}

static enum rego_outcome
acquire_plain(struct rego_call *call, str_t pattern, struct regex_use *ret)
{
	return acquire(call, &plain_family, pattern, pattern, ret);
}

/* ---- matching ---- */

/*
 * A search cannot be interrupted.  Where time counts, one that could take far longer
 * than an evaluation has is not begun.
 */
static bool
can_afford(struct rego_call *call, const struct regex *regex, size_t len, int count)
{
	if (!rego_is_bounded(call) || regex_worst_cost(regex, len, count) <= LARGEST_COST)
		return true;
	(void)rego_halt(call, "the text of %zu bytes is too long for so large an expression", len);
	return false;
}

static enum rego_outcome
is_match(struct rego_call *call, struct regex_use *use, str_t text, value_t *ret)
{
	if (!can_afford(call, use->regex, text.len, 0))
		return REGO_HALT;
	*ret = value_bool(regex_find(use->regex, text.data, text.len, 0, NULL, 0));
	/* Afterwards: what took long is noticed here, not in the next rule. */
	return rego_work(call, regex_worst_cost(use->regex, text.len, 0) / COST_PER_BYTE) ? REGO_DEFINED
	                                                                                  : REGO_HALT;
}

static enum rego_outcome
match(struct rego_call *call, value_t *ret)
{
	struct regex_use use;
	enum rego_outcome outcome = acquire_plain(call, value_str(call->arg[0]), &use);

	if (outcome != REGO_DEFINED)
		return outcome;
	outcome = is_match(call, &use, value_str(call->arg[1]), ret);
	release(&use);
	return outcome;
}

static enum rego_outcome
is_valid(struct rego_call *call, value_t *ret)
{
	struct regex_use use;
	enum rego_outcome outcome;

	*ret = value_bool(false);
	if (!value_is_string(call->arg[0]))
		return REGO_DEFINED;
	outcome = acquire_plain(call, value_str(call->arg[0]), &use);
	if (outcome == REGO_HALT)
		return outcome;
	*ret = value_bool(outcome == REGO_DEFINED);
	if (outcome == REGO_DEFINED)
		release(&use);
	return REGO_DEFINED;
}

/* Goes through all matches as Go does: none that is empty right behind another one. */
struct matches {
	struct rego_call *call;
	const struct regex *regex;
	str_t text;
	size_t from;
	long last_end;
	struct regex_span *spans; /* `count` of them */
	int count;
	bool halted;
};

static bool
start_matches(struct matches *m, struct rego_call *call, const struct regex *regex, str_t text,
    int count)
{
	*m = (struct matches){ .call = call, .regex = regex, .text = text, .last_end = -1,
		.count = count, .spans = ARENA_ARRAY(call->arena, struct regex_span, (size_t)count) };
	m->halted = m->spans == NULL;
	return !m->halted;
}

static size_t
rune_width(str_t s, size_t at)
{
	size_t width = 1;

	if (at < s.len)
		(void)utf8_decode(str_skip(s, at), &width);
	return width;
}

static bool
next_match(struct matches *m)
{
	while (!m->halted && m->from <= m->text.len) {
		bool accepted = true;

		/* One search may read all the rest, though it seldom does. */
		if (!rego_work(m->call, 64 + (m->text.len - m->from) / 16) ||
		    !can_afford(m->call, m->regex, m->text.len - m->from, m->count)) {
			m->halted = true;
			return false;
		}
		if (!regex_find(m->regex, m->text.data, m->text.len, m->from, m->spans, m->count))
			return false;
		if ((size_t)m->spans[0].end == m->from) {
			accepted = m->spans[0].at != m->last_end;
			m->from += rune_width(m->text, m->from);
		} else {
			m->from = (size_t)m->spans[0].end;
		}
		m->last_end = m->spans[0].end;
		if (accepted)
			return true;
	}
	return false;
}

static value_t
span_value(struct matches *m, int group)
{
	struct regex_span span = m->spans[group];

	if (span.at < 0)
		return value_string(m->call->arena, STR(""));
	return value_string(m->call->arena,
	    str_sub(m->text, (size_t)span.at, (size_t)(span.end - span.at)));
}

static value_t
groups_value(struct matches *m)
{
	value_t *groups = ARENA_ARRAY(m->call->arena, value_t, (size_t)m->count);

	for (int i = 0; groups != NULL && i < m->count; i++)
		groups[i] = span_value(m, i);
	return groups == NULL ? VALUE_NONE : value_array_of(groups, (size_t)m->count);
}

static enum rego_outcome
find_all(struct rego_call *call, bool with_groups, value_t *ret)
{
	VEC(value_t) found = { 0 };
	struct regex_use use;
	struct matches m;
	enum rego_outcome outcome;
	int64_t limit;

	if (!rego_operand_int(call, 3, &limit))
		return REGO_FAILED;
	outcome = acquire_plain(call, value_str(call->arg[0]), &use);
	if (outcome != REGO_DEFINED)
		return outcome;
	(void)start_matches(&m, call, use.regex, value_str(call->arg[1]),
	    1 + (with_groups ? regex_group_count(use.regex) : 0));
	while ((limit < 0 || found.count < (uint64_t)limit) && next_match(&m)) {
		if (!VEC_PUSH(call->arena, &found, with_groups ? groups_value(&m) : span_value(&m, 0)))
			break;
	}
	release(&use);
	if (m.halted || arena_failed(call->arena))
		return REGO_HALT;
	*ret = found.count > 0 ? value_array_of(found.at, found.count) : value_empty_array();
	return REGO_DEFINED;
}

static enum rego_outcome
find_n(struct rego_call *call, value_t *ret)
{
	return find_all(call, false, ret);
}

static enum rego_outcome
find_all_string_submatch_n(struct rego_call *call, value_t *ret)
{
	return find_all(call, true, ret);
}

static enum rego_outcome
split(struct rego_call *call, value_t *ret)
{
	str_t pattern = value_str(call->arg[0]), text = value_str(call->arg[1]);
	VEC(value_t) parts = { 0 };
	size_t begin = 0, end = 0;
	struct regex_use use;
	struct matches m;
	enum rego_outcome outcome = acquire_plain(call, pattern, &use);
	bool fits = true;

	if (outcome != REGO_DEFINED)
		return outcome;
	(void)start_matches(&m, call, use.regex, text, 1);
	while (fits && (text.len > 0 || pattern.len == 0) && next_match(&m)) {
		end = (size_t)m.spans[0].at;
		if (m.spans[0].end != 0)
			fits = VEC_PUSH(call->arena, &parts,
			    value_string(call->arena, str_sub(text, begin, end - begin)));
		begin = (size_t)m.spans[0].end;
	}
	if (end != text.len || (text.len == 0 && pattern.len > 0))
		fits = fits && VEC_PUSH(call->arena, &parts, value_string(call->arena, str_skip(text, begin)));
	release(&use);
	if (m.halted || !fits || arena_failed(call->arena))
		return REGO_HALT;
	*ret = parts.count > 0 ? value_array_of(parts.at, parts.count) : value_empty_array();
	return REGO_DEFINED;
}

/* ---- replace ---- */

/* A letter, a digit or _, of any script; though the names of groups are ASCII. */
static bool
is_name_rune(str_t rune)
{
	char c = rune.data[0];

	if ((unsigned char)c >= 0x80)
		return regex_is_word(rune.data, rune.len);
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The group that `name` means: a number without leading zeros, or a name; -1: none. */
static int
find_group(const struct regex *regex, str_t name)
{
	int number = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] < '0' || name.data[i] > '9' || number > REGEX_MOST_GROUPS ||
		    (i > 0 && name.data[0] == '0'))
			return regex_group_named(regex, name.data, name.len);
		number = number * 10 + (name.data[i] - '0');
	}
	return number;
}

/* A reference behind a $: its length, 0 if there is none. */
static size_t
read_reference(str_t s, str_t *ret_name)
{
	size_t open = s.len > 0 && s.data[0] == '{' ? 1 : 0, end = open;

	for (size_t width; end < s.len; end += width) {
		width = rune_width(s, end);
		if (!is_name_rune(str_sub(s, end, width)))
			break;
	}
	*ret_name = str_sub(s, open, end - open);
	if (end == open || (open == 1 && (end == s.len || s.data[end] != '}')))
		return 0;
	return end + open;
}

/* $1, $name, ${name}, $$ */
static void
expand(struct buf *out, const struct matches *m, str_t replacement)
{
	for (size_t i = 0; i < replacement.len;) {
		size_t dollar = str_find_char(replacement, '$', i), len;
		str_t name;
		int group;

		buf_add(out, replacement.data + i, dollar - i);
		if (dollar == replacement.len)
			break;
		i = dollar + 1;
		len = read_reference(str_skip(replacement, i), &name);
		if (len == 0) {
			buf_add_char(out, '$');
			i += i < replacement.len && replacement.data[i] == '$';
			continue;
		}
		i += len;
		group = find_group(m->regex, name);
		if (group >= 0 && group < m->count && m->spans[group].at >= 0)
			buf_add(out, m->text.data + m->spans[group].at,
			    (size_t)(m->spans[group].end - m->spans[group].at));
	}
}

static enum rego_outcome
replace(struct rego_call *call, value_t *ret)
{
	str_t text = value_str(call->arg[0]), replacement = value_str(call->arg[2]);
	struct regex_use use;
	struct matches m;
	enum rego_outcome outcome = acquire_plain(call, value_str(call->arg[1]), &use);
	size_t copied = 0;
	struct buf out;

	if (outcome != REGO_DEFINED)
		return outcome;
	rego_text_init(call, &out);
	(void)start_matches(&m, call, use.regex, text, 1 + regex_group_count(use.regex));
	while (!buf_failed(&out) && next_match(&m)) {
		buf_add(&out, text.data + copied, (size_t)m.spans[0].at - copied);
		expand(&out, &m, replacement);
		copied = (size_t)m.spans[0].end;
	}
	buf_add_str(&out, str_skip(text, copied));
	release(&use);
	out.failed = out.failed || m.halted;
	return rego_give_text(call, &out, ret);
}

/* ---- templates: urn:<[a-z]+>:x ---- */

static void
add_quoted(struct buf *out, str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (strchr("\\.+*?()|[]{}^$", s.data[i]) != NULL && s.data[i] != '\0')
			buf_add_char(out, '\\');
		buf_add_char(out, s.data[i]);
	}
}

/* False: the delimiters are not balanced. */
static bool
translate_template(struct buf *out, str_t s, char open, char close)
{
	size_t begin = 0;
	int level = 0;

	buf_add_char(out, '^');
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == open) {
			if (level++ == 0) {
				add_quoted(out, str_sub(s, begin, i - begin));
				begin = i + 1;
			}
		} else if (s.data[i] == close) {
			if (level-- == 0)
				return false;
			if (level == 0) {
				buf_add_char(out, '(');
				buf_add(out, s.data + begin, i - begin);
				buf_add_char(out, ')');
				begin = i + 1;
			}
		}
	}
	add_quoted(out, str_skip(s, begin));
	buf_add_char(out, '$');
	return level == 0;
}

static enum rego_outcome
template_match(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), open = value_str(call->arg[2]),
	      close = value_str(call->arg[3]);
	struct regex_use use;
	enum rego_outcome outcome;
	struct buf pattern;

	if (open.len != 1)
		return rego_fail(call,
		    "start delimiter has to be exactly one character long but is %zu long", open.len);
	if (close.len != 1)
		return rego_fail(call,
		    "end delimiter has to be exactly one character long but is %zu long", open.len);
	rego_text_init(call, &pattern);
	if (!translate_template(&pattern, s, open.data[0], close.data[0])) {
		struct buf quoted;

		buf_init(&quoted, REGEX_ERROR_LEN);
		value_print(&quoted, call->arg[0]);
		outcome = rego_fail(call, "unbalanced braces in %.*s", STR_FMT(buf_str(&quoted)));
		buf_fini(&quoted);
	} else if (buf_failed(&pattern)) {
		arena_fail(call->arena);
		outcome = REGO_HALT;
	} else {
		outcome = acquire(call, &template_family, buf_str(&pattern), buf_str(&pattern), &use);
		if (outcome == REGO_DEFINED) {
			outcome = is_match(call, &use, value_str(call->arg[1]), ret);
			release(&use);
		}
	}
	buf_fini(&pattern);
	return outcome;
}

const struct rego_builtin rego_builtins_regex[] = {
	{ "regex.find_all_string_submatch_n",
	    "pattern: string, value: string, number: number -> array[array[string]]",
	    find_all_string_submatch_n,
	    "The first `number` matches in `value`, each with its groups; all if negative." },
	{ "regex.find_n", "pattern: string, value: string, number: number -> array[string]", find_n,
	    "The first `number` matches in `value`; all if negative." },
	{ "regex.globs_match", "glob1: string, glob2: string -> boolean", rego_regex_globs_match,
	    "Whether some text matches both globs, which know `.`, `[a-z]`, `+`, `*` and `\\`." },
	{ "regex.is_valid", "pattern: string -> boolean", is_valid,
	    "Whether `pattern` is a regular expression.", REGO_LENIENT },
	{ "regex.match", "pattern: string, value: string -> boolean", match,
	    "Whether `pattern` matches somewhere in `value`." },
	{ "re_match", "pattern: string, value: string -> boolean", match,
	    "The old name of regex.match.", REGO_DEPRECATED },
	{ "regex.replace", "s: string, pattern: string, value: string -> string", replace,
	    "`s` with each match replaced by `value`, where $1 and ${name} stand for groups." },
	{ "regex.split", "pattern: string, value: string -> array[string]", split,
	    "The parts of `value` between matches." },
	{ "regex.template_match",
	    "template: string, value: string, delimiter_start: string, delimiter_end: string -> boolean",
	    template_match,
	    "Whether `value` matches `template`, whose expressions stand between delimiters." },
	{ 0 },
};
