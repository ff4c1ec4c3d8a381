/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two globs have a text in common.  A glob is a row of tokens: a code point,
 * a dot, or a set; each may repeat (* or +).  Walking both at once, only the pair of
 * places matters: a table of them, filled row by row.
 */
#include "base/utf8.h"
#include "base/vec.h"
#include "rego/builtin/regex_internal.h"

struct range {
	uint32_t first, last;
};

struct token {
	const struct range *ranges; /* it takes a code point in any of them */
	uint32_t count;
	bool starred;
};

VEC_TYPE(token_vec, struct token);
VEC_TYPE(range_vec, struct range);

struct reader {
	struct rego_call *call;
	str_t text;
	size_t at;
	int64_t place; /* in code points, behind what was read; for messages */
	bool escaped; /* the code point just read stood behind a backslash */
};

static enum rego_outcome
refuse(const struct reader *r, const char *what)
{
	return rego_fail(r->call, "input:%.*s, pos:%lld, %s: the input provided is invalid",
	    STR_FMT(r->text), (long long)r->place, what);
}

static enum rego_outcome
read_rune(struct reader *r, uint32_t *ret)
{
	size_t width;

	r->escaped = r->text.data[r->at] == '\\';
	if (r->escaped) {
		if (r->at + 1 == r->text.len)
			return refuse(r, "input ends with a \\ (escape) character");
		r->at++;
		r->place++;
	}
	*ret = utf8_decode(str_skip(r->text, r->at), &width);
	r->at += width;
	r->place++;
	return REGO_DEFINED;
}

static enum rego_outcome
push_range(struct reader *r, struct range_vec *ranges, uint32_t first, uint32_t last)
{
	struct range range = { first, last };

	return VEC_PUSH(r->call->arena, ranges, range) ? REGO_DEFINED : REGO_HALT;
}

/* What follows a - in a set. */
static enum rego_outcome
read_range_end(struct reader *r, struct range_vec *ranges, uint32_t first)
{
	uint32_t last;
	enum rego_outcome outcome;

	if (r->at >= r->text.len)
		return refuse(r, "range character '-' must be followed by a Unicode character");
	outcome = read_rune(r, &last);
	if (outcome != REGO_DEFINED)
		return outcome;
	if (!r->escaped && (last == ']' || last == '-'))
		return refuse(r, "range character '-' cannot be followed by a special symbol");
	if (last < first)
		return refuse(r, "range is out of order");
	return push_range(r, ranges, first, last);
}

static enum rego_outcome
read_set(struct reader *r, struct range_vec *ranges)
{
	enum rego_outcome outcome = REGO_DEFINED;
	uint32_t rune, before = 0;
	bool has_before = false;

	while (outcome == REGO_DEFINED) {
		if (r->at >= r->text.len)
			return refuse(r, "found [ without matching ]");
		outcome = read_rune(r, &rune);
		if (outcome != REGO_DEFINED || (!r->escaped && rune == ']'))
			break;
		if (!r->escaped && rune == '-') {
			if (!has_before)
				return refuse(r,
				    "range character '-' must be preceded by a Unicode character");
			outcome = read_range_end(r, ranges, before);
			has_before = false;
			continue;
		}
		outcome = push_range(r, ranges, rune, rune);
		before = rune;
		has_before = true;
	}
	return outcome;
}

static enum rego_outcome
read_token(struct reader *r, struct token *ret)
{
	struct range_vec ranges = { 0 };
	enum rego_outcome outcome;
	uint32_t rune;

	outcome = read_rune(r, &rune);
	if (outcome != REGO_DEFINED)
		return outcome;
	if (r->escaped)
		outcome = push_range(r, &ranges, rune, rune);
	else if (rune == '[')
		outcome = read_set(r, &ranges);
	else if (rune == ']')
		return refuse(r, "set-close ']' with no preceding '['");
	else if (rune == '+' || rune == '*')
		return refuse(r, rune == '+' ? "flag '+' must be preceded by a non-flag"
		                             : "flag '*' must be preceded by a non-flag");
	else if (rune == '.')
		outcome = push_range(r, &ranges, 0, UTF8_LAST);
	else
		outcome = push_range(r, &ranges, rune, rune);
	*ret = (struct token){ .ranges = ranges.at, .count = (uint32_t)ranges.count };
	return outcome;
}

/* x+ becomes x x*. */
static enum rego_outcome
read_glob(struct rego_call *call, str_t text, struct token_vec *tokens)
{
	struct reader r = { .call = call, .text = text };
	enum rego_outcome outcome;

	while (r.at < text.len) {
		struct token token;
		char flag;

		outcome = rego_charge(call, 2 * sizeof(token)) ? read_token(&r, &token) : REGO_HALT;
		if (outcome != REGO_DEFINED)
			return outcome;
		flag = r.at < text.len ? text.data[r.at] : '\0';
		if (flag == '+' || flag == '*') {
			r.at++;
			r.place++;
			if (flag == '+' && !VEC_PUSH(call->arena, tokens, token))
				return REGO_HALT;
			token.starred = true;
		}
		if (!VEC_PUSH(call->arena, tokens, token))
			return REGO_HALT;
	}
	return REGO_DEFINED;
}

static bool
overlap(const struct token *a, const struct token *b)
{
	for (uint32_t i = 0; i < a->count; i++) {
		for (uint32_t j = 0; j < b->count; j++) {
			if (a->ranges[i].first <= b->ranges[j].last &&
			    b->ranges[j].first <= a->ranges[i].last)
				return true;
		}
	}
	return false;
}

/* `here` and `below` are rows of the table: the places that both globs can be at. */
static enum rego_outcome
fill_row(struct rego_call *call, const struct token *left, const struct token_vec *right,
    bool *here, bool *below)
{
	for (size_t j = 0; j <= right->count; j++) {
		const struct token *token = j < right->count ? &right->at[j] : NULL;

		if (!here[j])
			continue;
		if (left != NULL && left->starred)
			below[j] = true;
		if (token == NULL)
			continue;
		if (token->starred)
			here[j + 1] = true;
		if (left == NULL)
			continue;
		if (!rego_work(call, 16 + (size_t)left->count * token->count))
			return REGO_HALT;
		if (!overlap(left, token))
			continue;
		if (left->starred)
			here[token->starred ? j : j + 1] = true;
		else
			below[token->starred ? j : j + 1] = true;
	}
	return REGO_DEFINED;
}

static enum rego_outcome
intersect(struct rego_call *call, const struct token_vec *a, const struct token_vec *b, value_t *ret)
{
	bool *here = ARENA_ARRAY(call->arena, bool, b->count + 1);
	bool *below = ARENA_ARRAY(call->arena, bool, b->count + 1);

	if (here == NULL || below == NULL)
		return REGO_HALT;
	here[0] = true;
	for (size_t i = 0; i <= a->count; i++) {
		bool *done = here;

		if (!rego_charge(call, b->count + 1) ||
		    fill_row(call, i < a->count ? &a->at[i] : NULL, b, here, below) != REGO_DEFINED)
			return REGO_HALT;
		if (i == a->count)
			break;
		here = below;
		below = done;
		memset(below, 0, b->count + 1);
	}
	*ret = value_bool(here[b->count]);
	return REGO_DEFINED;
}

enum rego_outcome
rego_regex_globs_match(struct rego_call *call, value_t *ret)
{
	struct token_vec globs[2] = { { 0 } };

	for (int i = 0; i < 2; i++) {
		enum rego_outcome outcome = read_glob(call, value_str(call->arg[i]), &globs[i]);

		if (outcome != REGO_DEFINED)
			return outcome;
	}
	return intersect(call, &globs[0], &globs[1], ret);
}
