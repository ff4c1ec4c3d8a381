/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting at a delimiter, and putting other text in the place of some. */
#include "base/utf8.h"
#include "rego/builtin/strings_internal.h"

/* ---- split ---- */

/* Takes the next part off `*rest`; an empty delimiter takes one code point. */
static str_t
next_part(str_t *rest, str_t delimiter)
{
	str_t part = *rest;
	size_t skipped;

	if (delimiter.len == 0) {
		(void)utf8_decode(*rest, &part.len);
		skipped = part.len;
	} else {
		part.len = str_find(*rest, delimiter, 0);
		skipped = part.len + delimiter.len;
	}
	*rest = part.len < rest->len ? str_skip(*rest, skipped) : STR_NONE;
	return part;
}

static size_t
count_parts(str_t s, str_t delimiter)
{
	size_t count = 1;

	if (delimiter.len == 0)
		return utf8_count(s);
	for (size_t at = str_find(s, delimiter, 0); at < s.len;
	     at = str_find(s, delimiter, at + delimiter.len))
		count++;
	return count;
}

/* The parts from number `from` to before number `to`. */
static enum rego_outcome
give_parts(struct rego_call *call, size_t from, size_t to, value_t *ret)
{
	str_t rest = value_str(call->arg[0]), delimiter = value_str(call->arg[1]);
	value_t *parts;

	if (from >= to) {
		*ret = value_empty_array();
		return REGO_DEFINED;
	}
	if (!rego_charge(call, rest.len + to * (sizeof(*parts) + sizeof(struct value_string))))
		return REGO_HALT;
	parts = ARENA_ARRAY(call->arena, value_t, to - from);
	for (size_t i = 0; parts != NULL && i < to; i++) {
		str_t part = next_part(&rest, delimiter);

		if (i >= from)
			parts[i - from] = value_string(call->arena, part);
	}
	if (arena_failed(call->arena))
		return REGO_HALT;
	*ret = value_array_of(parts, to - from);
	return REGO_DEFINED;
}

enum rego_outcome
rego_strings_split(struct rego_call *call, value_t *ret)
{
	size_t count = count_parts(value_str(call->arg[0]), value_str(call->arg[1]));

	return give_parts(call, 0, count, ret);
}

enum rego_outcome
rego_strings_split_n(struct rego_call *call, value_t *ret)
{
	size_t count = count_parts(value_str(call->arg[0]), value_str(call->arg[1]));
	uint64_t wanted;
	int64_t n;

	if (!rego_operand_int(call, 3, &n))
		return REGO_FAILED;
	wanted = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	if (wanted > count)
		wanted = count;
	return n < 0 ? give_parts(call, count - wanted, count, ret) : give_parts(call, 0, wanted, ret);
}

/* ---- replace ---- */

struct pair {
	str_t old, new;
	uint32_t next; /* pair with the same first byte; 0: none */
};

/*
 * At each place the first pair wins whose old text stands there.  An empty old text
 * stands before and behind every byte, once: Go's strings.Replacer knows no code points.
 */
struct replacer {
	struct pair *pairs; /* from 1 */
	uint32_t count;
	uint32_t first[256]; /* by first byte; 0: none */
	uint32_t empty; /* the pair with no old text; 0: none */
};

static void
index_pairs(struct replacer *r)
{
	for (uint32_t i = r->count; i > 0; i--) {
		struct pair *p = &r->pairs[i];

		if (p->old.len == 0) {
			r->empty = i;
			continue;
		}
		p->next = r->first[(unsigned char)p->old.data[0]];
		r->first[(unsigned char)p->old.data[0]] = i;
	}
}

static const struct pair *
find_pair(struct rego_call *call, const struct replacer *r, str_t rest, bool skip_empty)
{
	if (r->empty != 0 && !skip_empty)
		return &r->pairs[r->empty];
	if (rest.len == 0)
		return NULL;
	for (uint32_t i = r->first[(unsigned char)rest.data[0]]; i != 0; i = r->pairs[i].next) {
		if (!rego_charge(call, 64))
			return NULL;
		if (str_has_prefix(rest, r->pairs[i].old))
			return &r->pairs[i];
	}
	return NULL;
}

static enum rego_outcome
replace_all(struct rego_call *call, struct replacer *r, str_t s, value_t *ret)
{
	bool after_empty = false;
	struct buf out;

	index_pairs(r);
	rego_text_init(call, &out);
	while (!buf_failed(&out)) {
		const struct pair *p = find_pair(call, r, s, after_empty);

		after_empty = p != NULL && p->old.len == 0;
		if (p != NULL) {
			buf_add_str(&out, p->new);
			s = p->old.len > 0 ? str_skip(s, p->old.len) : s;
			continue;
		}
		if (s.len == 0)
			break;
		buf_add_char(&out, s.data[0]);
		s = str_skip(s, 1);
	}
	return rego_give_text(call, &out, ret);
}

static size_t
find_old(str_t s, str_t old, size_t from)
{
	return old.len == 1 ? str_find_char(s, old.data[0], from) : str_find(s, old, from);
}

/* One pair with an old text: counted first, so made at its final size. */
static enum rego_outcome
replace_one(struct rego_call *call, str_t s, const struct pair *p, value_t *ret)
{
	size_t count = 0, len, from = 0;
	char *bytes, *out;

	if (!rego_work(call, s.len))
		return REGO_HALT;
	for (size_t at = find_old(s, p->old, 0); at < s.len; at = find_old(s, p->old, at + p->old.len))
		count++;
	*ret = call->arg[0];
	if (count == 0)
		return REGO_DEFINED;
	if (__builtin_mul_overflow(count, p->new.len, &len) ||
	    __builtin_add_overflow(len, s.len - count * p->old.len, &len) || !rego_charge(call, len))
		return REGO_HALT;
	bytes = out = value_string_begin(call->arena, len);
	if (bytes == NULL)
		return REGO_HALT;
	while (count-- > 0) {
		size_t at = find_old(s, p->old, from);

		memcpy(out, s.data + from, at - from);
		out += at - from;
		if (p->new.len > 0)
			memcpy(out, p->new.data, p->new.len);
		out += p->new.len;
		from = at + p->old.len;
	}
	memcpy(out, s.data + from, s.len - from);
	*ret = value_string_done(bytes, len);
	return REGO_DEFINED;
}

enum rego_outcome
rego_strings_replace(struct rego_call *call, value_t *ret)
{
	struct pair pairs[2] = { { .old = STR_NONE },
		{ .old = value_str(call->arg[1]), .new = value_str(call->arg[2]) } };
	struct replacer r = { .pairs = pairs, .count = 1 };

	if (pairs[1].old.len > 0)
		return replace_one(call, value_str(call->arg[0]), &pairs[1], ret);
	return replace_all(call, &r, value_str(call->arg[0]), ret);
}

enum rego_outcome
rego_strings_replace_n(struct rego_call *call, value_t *ret)
{
	const struct value_object *patterns = call->arg[0].object;
	struct replacer r = { .count = call->arg[0].count };

	if (!rego_charge(call, sizeof(struct pair) * r.count))
		return REGO_HALT;
	r.pairs = ARENA_ARRAY(call->arena, struct pair, (size_t)r.count + 1);
	if (r.pairs == NULL)
		return REGO_HALT;
	for (uint32_t i = 0; i < r.count; i++) {
		const struct value_entry e = value_object_entry(patterns, i);

		if (!value_is_string(e.key))
			return rego_fail_operand(call, 1, "non-string key found in pattern object");
		if (!value_is_string(e.value))
			return rego_fail_operand(call, 1, "non-string value found in pattern object");
		r.pairs[i + 1] = (struct pair){ .old = value_str(e.key), .new = value_str(e.value) };
	}
	return replace_all(call, &r, value_str(call->arg[1]), ret);
}
