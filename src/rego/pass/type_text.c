/* SPDX-License-Identifier: Apache-2.0 */
/* Types as OPA writes them: array<number, string>, object<a: number>[string: any]. */
#include "rego/pass/type.h"

enum {
	TEXT_LIMIT = 4096,
	MOST_SHOWN = 16, /* of properties and alternatives */
};

static void
write_list(struct buf *b, const type_t *items, uint32_t count)
{
	for (uint32_t i = 0; i < count && i < MOST_SHOWN; i++) {
		if (i > 0)
			buf_add_text(b, ", ");
		type_write(b, items[i]);
	}
	if (count > MOST_SHOWN)
		buf_add_text(b, ", ...");
}

static void
write_object(struct buf *b, type_t t)
{
	buf_add_text(b, "object");
	if (t->count > 0) {
		buf_add_char(b, '<');
		for (uint32_t i = 0; i < t->count && i < MOST_SHOWN; i++) {
			if (i > 0)
				buf_add_text(b, ", ");
			if (value_is_string(t->properties[i].key))
				buf_add_str(b, value_str(t->properties[i].key));
			else
				value_print(b, t->properties[i].key);
			buf_add_text(b, ": ");
			type_write(b, t->properties[i].value);
		}
		buf_add_text(b, t->count > MOST_SHOWN ? ", ...>" : ">");
	}
	if (t->key == NULL)
		return;
	buf_add_char(b, '[');
	type_write(b, t->key);
	buf_add_text(b, ": ");
	type_write(b, t->rest);
	buf_add_char(b, ']');
}

void
type_write(struct buf *b, type_t t)
{
	static const char *const names[] = { [TYPE_NULL] = "null", [TYPE_BOOLEAN] = "boolean",
		[TYPE_NUMBER] = "number", [TYPE_STRING] = "string", [TYPE_ARRAY] = "array",
		[TYPE_SET] = "set", [TYPE_ANY] = "any", [TYPE_FUNCTION] = "" };

	if (t == NULL) {
		buf_add_text(b, "???");
		return;
	}
	if (t->kind == TYPE_OBJECT) {
		write_object(b, t);
		return;
	}
	buf_add_text(b, names[t->kind]);
	if (t->count > 0) {
		buf_add_char(b, t->kind == TYPE_FUNCTION ? '(' : '<');
		write_list(b, t->items, t->count);
		buf_add_char(b, t->kind == TYPE_FUNCTION ? ')' : '>');
	}
	if (t->kind == TYPE_ARRAY && t->rest == NULL)
		return;
	if (t->kind == TYPE_ARRAY || t->kind == TYPE_SET) {
		buf_add_char(b, '[');
		type_write(b, t->rest);
		buf_add_char(b, ']');
	}
}

str_t
type_text(struct compiler *c, type_t t)
{
	return type_list_text(c, &t, 1);
}

str_t
type_list_text(struct compiler *c, const type_t *types, size_t count)
{
	struct buf b;
	str_t text;

	buf_init(&b, TEXT_LIMIT);
	write_list(&b, types, (uint32_t)count);
	text = buf_failed(&b) ? STR("...") : arena_str(c->arena, buf_str(&b));
	buf_fini(&b);
	return text;
}
