/* SPDX-License-Identifier: Apache-2.0 */
#include "redact/redact.h"

#include <stdlib.h>

#include "codec/json.h"
#include "regex/regex.h"

enum { TEXT_MAX = 64 << 20, CARD_DIGITS_MIN = 13 };

enum shape_flag { SHAPE_CARD = 1 };

static const struct {
	const char *name;
	unsigned flags;
	const char *pattern;
} shapes[] = {
#define NAME(text)
#define SHAPE(name, flags, pattern) { name, flags, pattern },
#include "redact/pattern.def"
#undef NAME
#undef SHAPE
};

static const char *const names[] = {
#define NAME(text) text,
#define SHAPE(name, flags, pattern)
#include "redact/pattern.def"
#undef NAME
#undef SHAPE
};

struct redactor {
	struct regex *shape[COUNT(shapes)];
	struct buf text[2]; /* what is searched, and what that gave */
};

/* ---- life ---- */

struct redactor *
redactor_new(void)
{
	struct redactor *r = calloc(1, sizeof(*r));
	char error[REGEX_ERROR_LEN];

	if (r == NULL)
		return NULL;
	buf_init(&r->text[0], TEXT_MAX);
	buf_init(&r->text[1], TEXT_MAX);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		r->shape[i] = regex_new(shapes[i].pattern, strlen(shapes[i].pattern), error);
		if (r->shape[i] == NULL) {
			redactor_free(&r);
			return NULL;
		}
	}
	return r;
}

void
redactor_free(struct redactor **redactor)
{
	struct redactor *r = *redactor;

	if (r == NULL)
		return;
	for (size_t i = 0; i < COUNT(shapes); i++)
		regex_free(r->shape[i]);
	buf_fini(&r->text[0]);
	buf_fini(&r->text[1]);
	free(r);
	*redactor = NULL;
}

err_t
redact_extra_init(struct redact_extra *x, const str_t *extra_names, size_t name_count,
    const str_t *patterns, size_t pattern_count, str_t *ret_which)
{
	char error[REGEX_ERROR_LEN];

	*x = (struct redact_extra){ .names = extra_names, .name_count = name_count };
	if (name_count > REDACT_EXTRA_MAX || pattern_count > REDACT_EXTRA_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < pattern_count; i++) {
		*ret_which = patterns[i];
		if (patterns[i].len > REDACT_PATTERN_MAX)
			return ERR_LIMIT;
		x->shapes[i] = regex_new(patterns[i].data, patterns[i].len, error);
		if (x->shapes[i] == NULL)
			return ERR_SYNTAX;
		x->shape_count++;
	}
	return ERR_OK;
}

void
redact_extra_fini(struct redact_extra *x)
{
	for (size_t i = 0; i < x->shape_count; i++)
		regex_free(x->shapes[i]);
	x->shape_count = 0;
}

/* ---- texts ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ISO/IEC 7812-1 annex B: from the right, each second digit doubled; the sum ends in 0. */
static bool
is_card(str_t text)
{
	unsigned sum = 0, place = 0;

	for (size_t i = text.len; i > 0; i--) {
		unsigned digit = (unsigned)(text.data[i - 1] - '0');

		if (digit > 9)
			continue;
		if (place++ % 2 == 1)
			digit = digit < 5 ? digit * 2 : digit * 2 - 9;
		sum += digit;
	}
	return place >= CARD_DIGITS_MIN && sum % 10 == 0;
}

static size_t
group_end(str_t text, size_t from)
{
	while (from < text.len && is_digit(text.data[from]))
		from++;
	return from;
}

/*
 * Digits in groups may be more than a card: a year behind it, a number before it.  Narrows
 * the span to the longest run of whole groups that is one; false: there is none that begins here.
 */
static bool
narrow_to_card(str_t text, struct regex_span *span)
{
	size_t best = 0, at = (size_t)span->at;

	for (size_t end = at; end < (size_t)span->end; end++) {
		end = group_end(text, end);
		if (is_card(str_sub(text, at, end - at)))
			best = end;
	}
	span->end = (long)best;
	return best > 0;
}

/* Whether anything was replaced; `out` is the text after it. */
static bool
replace(const struct regex *shape, unsigned flags, str_t text, struct buf *out)
{
	struct regex_span found;
	size_t done = 0, from = 0;

	while (from <= text.len && regex_find(shape, text.data, text.len, from, &found, 1)) {
		size_t at = (size_t)found.at, end = (size_t)found.end;

		if ((flags & SHAPE_CARD) && !narrow_to_card(text, &found)) {
			from = group_end(text, at);
			continue;
		}
		if (end == at) {
			from = end + 1;
			continue;
		}
		end = (size_t)found.end;
		if (done == 0 && out->len == 0)
			(void)buf_reserve(out, text.len);
		buf_add_str(out, str_sub(text, done, at - done));
		buf_add_text(out, REDACT_MARK);
		done = from = end;
	}
	if (done > 0)
		buf_add_str(out, str_skip(text, done));
	return done > 0;
}

static bool
try_shape(struct redactor *r, const struct regex *shape, unsigned flags, str_t *text, unsigned *turn)
{
	struct buf *out = &r->text[*turn % 2];
	bool replaced;

	buf_clear(out);
	replaced = replace(shape, flags, *text, out);

	if (regex_take_failure())
		return false;
	if (!replaced)
		return true;
	*text = buf_str(out);
	++*turn;
	return !buf_failed(out);
}

/* *text is what remains of it, borrowed from the redactor if anything was replaced. */
static err_t
search(struct redactor *r, const struct redact_extra *x, str_t *text, bool *ret_found)
{
	unsigned turn = 0;

	for (size_t i = 0; i < COUNT(shapes); i++) {
		if (!try_shape(r, r->shape[i], shapes[i].flags, text, &turn))
			return ERR_LIMIT;
	}
	for (size_t i = 0; x != NULL && i < x->shape_count; i++) {
		if (!try_shape(r, x->shapes[i], 0, text, &turn))
			return ERR_LIMIT;
	}
	*ret_found = turn > 0;
	return ERR_OK;
}

err_t
redact_text(struct redactor *r, const struct redact_extra *x, str_t text, struct buf *out)
{
	bool found;

	TRY(search(r, x, &text, &found));
	buf_add_str(out, text);
	return buf_failed(out) ? ERR_LIMIT : ERR_OK;
}

/* ---- documents ---- */

static bool
is_telling(const struct redact_extra *x, str_t name)
{
	size_t dot = name.len;
	str_t last;

	while (dot > 0 && name.data[dot - 1] != '.')
		dot--;
	last = str_skip(name, dot);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (str_eq_nocase(last, str_of(names[i])))
			return true;
	}
	for (size_t i = 0; x != NULL && i < x->name_count; i++) {
		if (str_eq_nocase(last, x->names[i]) || str_eq_nocase(name, x->names[i]))
			return true;
	}
	return false;
}

static err_t
redact_scalar(struct redactor *r, const struct redact_extra *x, struct arena *arena, value_t v, value_t *ret)
{
	bool found = false;
	str_t text = STR_NONE;

	if (value_is_string(v)) {
		text = value_str(v);
	} else if (value_is_number(v)) {
		struct buf digits;

		buf_init(&digits, TEXT_MAX);
		json_write(&digits, v);
		text = buf_failed(&digits) ? STR_NONE : arena_str(arena, buf_str(&digits));
		buf_fini(&digits);
		if (text.data == NULL)
			return ERR_LIMIT;
	}
	if (text.len > 0)
		TRY(search(r, x, &text, &found));
	*ret = found ? value_text(arena, REDACT_MARK) : v;
	return ERR_OK;
}

static err_t
redact_array(struct redactor *r, const struct redact_extra *x, struct arena *arena, value_t v, value_t *ret)
{
	value_t *items = ARENA_ARRAY(arena, value_t, v.count);

	if (items == NULL)
		return ERR_LIMIT;
	for (uint32_t i = 0; i < v.count; i++)
		TRY(redact_document(r, x, arena, v.items[i], &items[i]));
	*ret = value_array_of(items, v.count);
	return ERR_OK;
}

static err_t
redact_object(struct redactor *r, const struct redact_extra *x, struct arena *arena, value_t v, value_t *ret)
{
	struct object_builder object;

	object_builder_init(&object, arena, v.count);
	for (uint32_t i = 0; i < v.count; i++) {
		const struct value_entry e = value_object_entry(v.object, i);
		value_t value;

		if (value_is_string(e.key) && is_telling(x, value_str(e.key)))
			value = value_text(arena, REDACT_MARK);
		else
			TRY(redact_document(r, x, arena, e.value, &value));
		(void)object_builder_add(&object, e.key, value);
	}
	*ret = object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	return ERR_OK;
}

/* As deep as the document: the JSON reader bounds that. */
err_t
redact_document(struct redactor *r, const struct redact_extra *x, struct arena *arena, value_t v,
    value_t *ret)
{
	if (v.tag == VALUE_ARRAY)
		TRY(redact_array(r, x, arena, v, ret));
	else if (v.tag == VALUE_OBJECT)
		TRY(redact_object(r, x, arena, v, ret));
	else
		TRY(redact_scalar(r, x, arena, v, ret));
	return arena_failed(arena) ? ERR_LIMIT : ERR_OK;
}
