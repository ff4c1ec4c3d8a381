/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations as values. */
#include "rego/ast_json.h"
#include "rego/ast_print.h"
#include "rego/metadata.h"

struct out {
	struct arena *arena;
	struct object_builder builder;
};

static void
begin(struct out *o, struct arena *arena)
{
	o->arena = arena;
	object_builder_init(&o->builder, arena, 8);
}

static void
put(struct out *o, const char *key, value_t value) /* unless it is not there */
{
	if (value_is_defined(value))
		(void)object_builder_add_text(&o->builder, key, value);
}

static void
put_text(struct out *o, const char *key, str_t text)
{
	if (text.len > 0)
		put(o, key, value_string(o->arena, text));
}

static value_t
end(struct out *o)
{
	if (arena_failed(o->arena))
		return VALUE_NONE;
	return object_builder_freeze(&o->builder, OBJECT_LAST_WINS, NULL);
}

/* ---- references ---- */

static value_t
ref_json(struct arena *arena, const struct ast_term *ref)
{
	value_t *items;

	if (ref == NULL)
		return VALUE_NONE;
	items = ARENA_ARRAY(arena, value_t, ref->items.count);
	if (items == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < ref->items.count; i++)
		items[i] = rego_ast_term_value(arena, ref->items.at[i]);
	return value_array_of(items, ref->items.count);
}

/* Names and constants: ["input", "foo"]. */
static value_t
ref_array(struct arena *arena, const struct ast_term *ref)
{
	value_t *items;

	if (ref == NULL)
		return VALUE_NONE;
	items = ARENA_ARRAY(arena, value_t, ref->items.count);
	if (items == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];

		items[i] = part->kind == AST_CONST
			       ? part->constant
			       : value_string(arena, rego_ast_text(arena, part));
	}
	return value_array_of(items, ref->items.count);
}

typedef value_t ref_fn(struct arena *, const struct ast_term *);

static value_t
schemas_value(struct arena *arena, const struct ast_annotations *a, ref_fn *ref_value)
{
	value_t *items = ARENA_ARRAY(arena, value_t, a->schemas.count);

	if (items == NULL || a->schemas.count == 0)
		return VALUE_NONE;
	for (size_t i = 0; i < a->schemas.count; i++) {
		struct out o;

		begin(&o, arena);
		put(&o, "path", ref_value(arena, a->schemas.at[i].path));
		put(&o, "schema", ref_value(arena, a->schemas.at[i].schema));
		put(&o, "definition", a->schemas.at[i].definition);
		items[i] = end(&o);
	}
	return value_array_of(items, a->schemas.count);
}

static value_t
compile_value(struct arena *arena, const struct ast_annotations *a)
{
	struct out o;
	value_t *items = ARENA_ARRAY(arena, value_t, a->unknowns.count);

	if (items == NULL || !a->has_compile)
		return VALUE_NONE;
	for (size_t i = 0; i < a->unknowns.count; i++)
		items[i] = a->unknowns.at[i] == NULL ? value_null()
						     : ref_json(arena, a->unknowns.at[i]);
	begin(&o, arena);
	if (a->unknowns.count > 0)
		put(&o, "unknowns", value_array_of(items, a->unknowns.count));
	put(&o, "mask_rule", ref_json(arena, a->mask_rule));
	return end(&o);
}

/* ---- the whole ---- */

static void
put_common(struct out *o, const struct ast_annotations *a)
{
	put_text(o, "scope", a->scope_text);
	put_text(o, "title", a->title);
	put_text(o, "description", a->description);
	if (a->entrypoint)
		put(o, "entrypoint", value_bool(true));
	put(o, "organizations", a->organizations);
	put(o, "related_resources", a->related_resources);
	put(o, "custom", a->custom);
	put(o, "labels", a->labels);
}

value_t
rego_metadata_json(struct arena *arena, const struct ast_annotations *a)
{
	struct out o;

	begin(&o, arena);
	put_common(&o, a);
	put(&o, "authors", a->authors);
	put(&o, "schemas", schemas_value(arena, a, ref_json));
	put(&o, "compile", compile_value(arena, a));
	return end(&o);
}

/* An author without a name has none here, where JSON has an empty one. */
static value_t
authors_value(struct arena *arena, value_t authors)
{
	value_t *items = ARENA_ARRAY(arena, value_t, authors.count);

	if (items == NULL || !value_is_defined(authors))
		return VALUE_NONE;
	for (uint32_t i = 0; i < authors.count; i++) {
		value_t name = value_object_get_text(authors.items[i], "name");
		value_t email = value_object_get_text(authors.items[i], "email");
		struct out o;

		begin(&o, arena);
		put_text(&o, "name", value_str(name));
		put(&o, "email", email);
		items[i] = end(&o);
	}
	return value_array_of(items, authors.count);
}

value_t
rego_metadata_object(struct arena *arena, const struct ast_annotations *a)
{
	struct out o;

	begin(&o, arena);
	put_common(&o, a);
	put(&o, "authors", authors_value(arena, a->authors));
	put(&o, "schemas", schemas_value(arena, a, ref_array));
	return end(&o);
}
