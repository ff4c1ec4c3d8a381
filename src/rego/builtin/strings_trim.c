/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken off the ends of a string. */
#include "base/utf8.h"
#include "rego/builtin/strings_internal.h"

enum { LEFT = 1, RIGHT = 2 };

/* Which code points go. */
struct cutset {
	struct rego_call *call;
	str_t runes; /* data NULL: Unicode's white space */
	bool spent; /* the budget; nothing more is cut */
};

static bool
is_space(uint32_t rune)
{
	switch (rune) {
	case '\t':
	case '\n':
	case '\v':
	case '\f':
	case '\r':
	case ' ':
	case 0x85:
	case 0xA0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202F:
	case 0x205F:
	case 0x3000:
		return true;
	default:
		return rune >= 0x2000 && rune <= 0x200A;
	}
}

static bool
is_cut(struct cutset *cut, str_t rune)
{
	size_t width;

	if (cut->runes.data == NULL)
		return is_space(utf8_decode(rune, &width));
	if (!rego_charge(cut->call, cut->runes.len)) {
		cut->spent = true;
		return false;
	}
	for (size_t i = 0; i < cut->runes.len; i += width) {
		(void)utf8_decode(str_skip(cut->runes, i), &width);
		if (str_eq(str_sub(cut->runes, i, width), rune))
			return true;
	}
	return false;
}

static str_t
first_rune(str_t s)
{
	size_t width;

	(void)utf8_decode(s, &width);
	return str_sub(s, 0, width);
}

static str_t
last_rune(str_t s)
{
	for (size_t back = 2; back <= 4 && back <= s.len; back++) {
		str_t tail = str_skip(s, s.len - back);

		if (first_rune(tail).len == back)
			return tail;
	}
	return str_skip(s, s.len - 1);
}

static enum rego_outcome
trim_ends(struct rego_call *call, struct cutset cut, int ends, value_t *ret)
{
	str_t s = value_str(call->arg[0]);
	size_t before = s.len;

	while ((ends & LEFT) != 0 && s.len > 0 && is_cut(&cut, first_rune(s)))
		s = str_skip(s, first_rune(s).len);
	while ((ends & RIGHT) != 0 && s.len > 0 && is_cut(&cut, last_rune(s)))
		s.len -= last_rune(s).len;
	if (cut.spent)
		return REGO_HALT;
	if (s.len == before) {
		*ret = call->arg[0];
		return REGO_DEFINED;
	}
	return rego_give_str(call, s, ret);
}

static enum rego_outcome
trim_runes(struct rego_call *call, int ends, value_t *ret)
{
	struct cutset cut = { call, value_str(call->arg[1]), false };

	return trim_ends(call, cut, ends, ret);
}

enum rego_outcome
rego_strings_trim(struct rego_call *call, value_t *ret)
{
	return trim_runes(call, LEFT | RIGHT, ret);
}

enum rego_outcome
rego_strings_trim_left(struct rego_call *call, value_t *ret)
{
	return trim_runes(call, LEFT, ret);
}

enum rego_outcome
rego_strings_trim_right(struct rego_call *call, value_t *ret)
{
	return trim_runes(call, RIGHT, ret);
}

enum rego_outcome
rego_strings_trim_space(struct rego_call *call, value_t *ret)
{
	struct cutset spaces = { call, STR_NONE, false };

	return trim_ends(call, spaces, LEFT | RIGHT, ret);
}

enum rego_outcome
rego_strings_trim_prefix(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), prefix = value_str(call->arg[1]);

	*ret = call->arg[0];
	if (prefix.len == 0 || !str_has_prefix(s, prefix))
		return REGO_DEFINED;
	return rego_give_str(call, str_skip(s, prefix.len), ret);
}

enum rego_outcome
rego_strings_trim_suffix(struct rego_call *call, value_t *ret)
{
	str_t s = value_str(call->arg[0]), suffix = value_str(call->arg[1]);

	*ret = call->arg[0];
	if (suffix.len == 0 || !str_has_suffix(s, suffix))
		return REGO_DEFINED;
	return rego_give_str(call, str_sub(s, 0, s.len - suffix.len), ret);
}
