/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the signature of a built-in (builtin.h):
 *
 *   signature = [operand {"," operand}] "->" (type | "void")
 *   operand   = [name ":"] ["..."] type
 *   type      = "(" type {"|" type} ")" | "any" | "null" | "boolean" | "number" | "string"
 *             | "array" ["[" type "]"] | "array" "<" type {"," type} ">"
 *             | "set" ["[" type "]"]
 *             | "object" ["<" [key ":" type {","}] [rest] ">"] [rest]
 *   rest      = "[" type ":" type "]"
 */
#include "base/must.h"
#include "rego/pass/type.h"

enum { MOST_PARTS = 64 };

struct reader {
	struct compiler *compiler;
	str_t left;
};

static type_t read_type(struct reader *);

static void
skip_space(struct reader *r)
{
	while (r->left.len > 0 && r->left.data[0] == ' ')
		r->left = str_skip(r->left, 1);
}

static bool
take(struct reader *r, str_t token)
{
	skip_space(r);
	if (!str_has_prefix(r->left, token))
		return false;
	r->left = str_skip(r->left, token.len);
	return true;
}

static str_t
take_word(struct reader *r)
{
	size_t len = 0;
	str_t word;

	skip_space(r);
	for (; len < r->left.len; len++) {
		char ch = r->left.data[len];
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' ||
		    (ch >= '0' && ch <= '9');

		if (!letter)
			break;
	}
	word = str_sub(r->left, 0, len);
	r->left = str_skip(r->left, len);
	return word;
}

static type_t
read_array(struct reader *r)
{
	type_t *items;
	uint32_t count = 0;

	if (take(r, STR("["))) {
		type_t of = read_type(r);

		must(take(r, STR("]")));
		return type_array(r->compiler, NULL, 0, of);
	}
	if (!take(r, STR("<")))
		return type_array(r->compiler, NULL, 0, &type_any);
	items = compiler_alloc(r->compiler, MOST_PARTS, sizeof(*items));
	do {
		must(count < MOST_PARTS);
		items[count++] = read_type(r);
	} while (take(r, STR(",")));
	must(take(r, STR(">")));
	return type_array(r->compiler, items, count, NULL);
}

static type_t
read_object(struct reader *r)
{
	struct type_property *list = compiler_alloc(r->compiler, MOST_PARTS, sizeof(*list));
	uint32_t count = 0;
	type_t key = NULL, rest = NULL;
	bool bracket = take(r, STR("<"));

	while (bracket && !take(r, STR(">"))) {
		if (take(r, STR("["))) {
			key = read_type(r);
			must(take(r, STR(":")));
			rest = read_type(r);
			must(take(r, STR("]")));
		} else {
			must(count < MOST_PARTS);
			list[count].key = intern_add(r->compiler->unit->intern, take_word(r));
			must(take(r, STR(":")));
			list[count++].value = read_type(r);
		}
		(void)take(r, STR(","));
	}
	if (take(r, STR("["))) {
		key = read_type(r);
		must(take(r, STR(":")));
		rest = read_type(r);
		must(take(r, STR("]")));
	}
	if (count == 0 && rest == NULL)
		key = rest = &type_any;
	return type_object(r->compiler, list, count, key, rest);
}

static type_t
read_union(struct reader *r)
{
	type_t t = NULL;

	do
		t = type_or(r->compiler, t, read_type(r));
	while (take(r, STR("|")));
	must(take(r, STR(")")));
	return t;
}

static type_t
read_type(struct reader *r)
{
	static const struct {
		const char *name;
		const struct type *type;
	} simple[] = { { "any", &type_any }, { "null", &type_null }, { "boolean", &type_boolean },
		{ "number", &type_number }, { "string", &type_string } };
	str_t word;

	if (take(r, STR("(")))
		return read_union(r);
	word = take_word(r);
	for (size_t i = 0; i < COUNT(simple); i++) {
		if (str_eq(word, str_of(simple[i].name)))
			return simple[i].type;
	}
	if (str_eq(word, STR("array")))
		return read_array(r);
	if (str_eq(word, STR("object")))
		return read_object(r);
	must(str_eq(word, STR("set")));
	if (take(r, STR("["))) {
		type_t of = read_type(r);

		must(take(r, STR("]")));
		return type_set(r->compiler, of);
	}
	return type_set(r->compiler, &type_any);
}

/* Skips a name before a colon that is not inside a type. */
static void
skip_name(struct reader *r)
{
	struct reader ahead = *r;

	if (take_word(&ahead).len > 0 && take(&ahead, STR(":")))
		*r = ahead;
}

type_t
type_of_signature(struct compiler *c, const char *signature)
{
	struct reader r = { c, str_of(signature) };
	struct type *t = NEW(c, struct type);

	t->kind = TYPE_FUNCTION;
	t->items = compiler_alloc(c, MOST_PARTS, sizeof(*t->items));
	while (!take(&r, STR("->"))) {
		skip_name(&r);
		if (take(&r, STR("...")))
			t->variadic = true;
		must(t->count < MOST_PARTS);
		t->items[t->count++] = read_type(&r);
		(void)take(&r, STR(","));
	}
	skip_name(&r);
	t->result = take(&r, STR("void")) ? NULL : read_type(&r);
	return t;
}
