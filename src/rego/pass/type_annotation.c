/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas in metadata.  Those of a rule are the ones of its packages from the outside
 * in, of its document, and its own; each overrides what the ones before say of the
 * same path.
 */
#include "rego/metadata_set.h"
#include "rego/pass/text.h"
#include "rego/pass/type_schema.h"

/* An object with a value of type `t` at the path; nothing is known of other keys but `key`, `rest`. */
static type_t
wrap(struct checker *k, const struct ast_terms *path, size_t from, type_t t, type_t key, type_t rest)
{
	for (size_t i = path->count; i-- > from;) {
		struct type_property *one = NEW(k->compiler, struct type_property);

		*one = (struct type_property){ path->at[i]->constant, t };
		t = type_object(k->compiler, one, 1, key, rest);
	}
	return t;
}

/* `t`, but with `over` at the path. */
static type_t
override(struct checker *k, type_t t, const struct ast_terms *path, size_t from, type_t over)
{
	struct compiler *c = k->compiler;
	struct type_property *list;
	value_t key = path->at[from]->constant;
	uint32_t at = 0, count;

	if (t == NULL || t->kind != TYPE_OBJECT)
		return wrap(k, path, from, over, &type_any, &type_any);
	while (at < t->count && !value_equal(t->properties[at].key, key))
		at++;
	count = at < t->count ? t->count : t->count + 1;
	list = compiler_alloc(c, count, sizeof(*list));
	for (uint32_t i = 0; i < t->count; i++)
		list[i] = t->properties[i];
	if (at == t->count)
		over = wrap(k, path, from + 1, over, t->key, t->rest);
	else if (from + 1 < path->count)
		over = override(k, t->properties[at].value, path, from + 1, over);
	list[at] = (struct type_property){ key, over };
	return type_object(c, list, count, t->key, t->rest);
}

/* Each schema is read once. */
static type_t
read_once(struct checker *k, const void *owner, value_t document, str_t *ret_problem)
{
	rego_name_t key = (rego_name_t)(uintptr_t)owner; /* the map is by address */
	type_t type = name_map_find(&k->schemas, key);

	if (type != NULL)
		return type;
	type = type_of_schema(k->compiler, document, ret_problem);
	if (type != NULL)
		name_map_put(k->compiler, &k->schemas, key, (void *)(uintptr_t)type);
	return type;
}

/* NULL: none, or it was refused. */
static type_t
annotated_type(struct checker *k, const struct ast_rule *r, const struct metadata_schema *m)
{
	struct arena *a = k->compiler->arena;
	const struct rego_schema *given = NULL;
	str_t problem = STR("");
	type_t type;

	if (m->schema != NULL) {
		if (k->compiler->unit->schemas.count == 0)
			return NULL; /* without any, names of schemas are not looked at */
		given = find_schema(k->compiler->unit, &m->schema->items, 1);
		if (given == NULL) {
			str_t name = term_text(k->compiler, m->schema);

			check_refuse(k, r->loc, arena_printf(a, "undefined schema: %.*s", STR_FMT(name)),
			    false);
			return NULL;
		}
	}
	type = given != NULL ? read_once(k, given, given->document, &problem)
			     : read_once(k, m, m->definition, &problem);
	if (type == NULL)
		check_refuse(k, r->loc, problem, false);
	return type;
}

static void
apply(struct checker *k, const struct ast_rule *r, const struct metadata_schema *m)
{
	const struct ast_terms *path = &m->path->items;
	bool is_input = path->at[0]->var.name == k->compiler->input;
	type_t *slot = is_input ? &k->env.input : &k->env.data;
	type_t type = annotated_type(k, r, m), around = *slot;

	if (type == NULL)
		return;
	if (path->count == 1) {
		*slot = type;
		return;
	}
	if (around == NULL && !is_input && k->env.rules->present[k->compiler->unit->root->id])
		around = env_extent(&k->env, k->compiler->unit->root);
	*slot = override(k, around, path, 1, type);
}

void
check_enter_rule(struct checker *k, struct ast_rule *r)
{
	struct metadata_blocks blocks = { 0 };

	k->env.input = k->compiler->unit->input_type;
	k->env.data = NULL;
	if (k->compiler->metadata == NULL)
		return;
	if (!rego_metadata_blocks(k->compiler->arena, k->compiler->metadata, r, &blocks))
		compiler_give_up(k->compiler);
	for (size_t i = 0; i < blocks.count; i++) {
		for (size_t s = 0; s < blocks.at[i]->schemas.count; s++)
			apply(k, r, &blocks.at[i]->schemas.at[s]);
	}
}
