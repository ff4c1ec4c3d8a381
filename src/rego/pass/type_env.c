/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/type_env.h"

#include "rego/builtin.h"
#include "rego/pass/graph.h"
#include "rego/pass/walk.h"

static uint32_t
count_nodes(const struct rego_node *node)
{
	uint32_t count = 1;

	for (size_t i = 0; i < node->children.count; i++)
		count += count_nodes(node->children.at[i]);
	return count;
}

struct rule_types *
rule_types_make(struct compiler *c)
{
	struct rule_types *types = NEW(c, struct rule_types);

	types->node_count = count_nodes(c->unit->root);
	types->rule_count = (uint32_t)c->rules.count;
	types->of = compiler_alloc(c, types->node_count, sizeof(*types->of));
	types->present = compiler_alloc(c, types->node_count, sizeof(*types->present));
	types->builtins = compiler_alloc(c, rego_builtin_count(), sizeof(*types->builtins));
	types->node_of_rule = compiler_alloc(c, types->rule_count, sizeof(*types->node_of_rule));
	types->users = compiler_alloc(c, types->rule_count, sizeof(*types->users));
	for (uint32_t i = 0; i < types->rule_count; i++) {
		const struct graph_node *node = &c->graph->nodes[i];

		for (size_t k = 0; k < node->uses.count; k++)
			PUSH(c, &types->users[node->uses.at[k]], i);
	}
	return types;
}

enum node_effect
env_effect(const struct type_env *env, const struct rego_node *node)
{
	return env->effects == NULL ? EFFECT_NONE : (enum node_effect)env->effects[node->id];
}

type_t
env_effect_type(const struct type_env *env, const struct rego_node *node)
{
	for (size_t i = env->targets.count; i-- > 0;) {
		if (env->targets.at[i].node == node)
			return env->targets.at[i].type;
	}
	return &type_any;
}

/* ---- rules ---- */

type_t
env_extent(struct type_env *env, const struct rego_node *node)
{
	struct type_property *list;
	uint32_t count = 0;

	if (env_effect(env, node) != EFFECT_NONE)
		return env_effect_type(env, node);
	if (env->rules->of[node->id] != NULL)
		return env->rules->of[node->id];
	list = compiler_alloc(env->compiler, node->children.count, sizeof(*list));
	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];

		if (!env->rules->present[child->id] || value_is_collection(child->key))
			continue;
		list[count++] = (struct type_property){ child->key, env_extent(env, child) };
	}
	return type_object(env->compiler, list, count, &type_string, &type_any);
}

/* `object`, with a value of type `t` at the path of node keys between `from` and `to`. */
static type_t
insert_below(struct type_env *env, type_t object, const struct rego_node *from,
    const struct rego_node *to, type_t t)
{
	struct compiler *c = env->compiler;
	const struct rego_node *step = to;
	type_t key;

	while (step->parent != from)
		step = step->parent;
	if (step != to)
		t = insert_below(env, type_object(c, NULL, 0, NULL, NULL), step, to, t);
	key = type_of_value(c, step->key);
	return type_object(c, object->properties, object->count, type_or(c, object->key, key),
	    type_or(c, object->rest, t));
}

static void
insert_leaves(struct type_env *env, struct rego_node *top, const struct rego_node *node)
{
	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];
		type_t t = env->rules->of[child->id];

		if (t == NULL)
			insert_leaves(env, top, child);
		else
			env->rules->of[top->id] =
			    insert_below(env, env->rules->of[top->id], top, child, t);
	}
}

void
env_add_rule(struct type_env *env, struct rego_node *node, type_t t)
{
	type_t *slot = &env->rules->of[node->id];

	for (struct rego_node *up = node; up != NULL; up = up->parent) {
		type_t outer = up == node ? NULL : env->rules->of[up->id];

		env->rules->present[up->id] = true;
		if (outer != NULL && outer->kind == TYPE_OBJECT)
			env->rules->of[up->id] = insert_below(env, outer, up, node, t);
	}
	*slot = type_merge(env->compiler, *slot, t);
	if (t != NULL && t->kind == TYPE_OBJECT && *slot != NULL && (*slot)->kind == TYPE_OBJECT)
		insert_leaves(env, node, node);
}

/* ---- variables ---- */

void
env_push(struct type_env *env)
{
	struct type_scope *scope = NEW(env->compiler, struct type_scope);

	scope->next = env->scope;
	env->scope = scope;
}

void
env_pop(struct type_env *env)
{
	env->scope = env->scope->next;
}

type_t
env_var(const struct type_env *env, rego_name_t name)
{
	for (const struct type_scope *s = env->scope; s != NULL; s = s->next) {
		type_t t = name_map_find(&s->vars, name);

		if (t != NULL)
			return t;
	}
	return NULL;
}

void
env_set_var(struct type_env *env, rego_name_t name, type_t t)
{
	name_map_put(env->compiler, &env->scope->vars, name, (void *)(uintptr_t)t);
}

/* The map is by address, whatever stands there. */
type_t
env_comp(const struct type_env *env, const struct ast_term *comp)
{
	return name_map_find(&env->comps, (rego_name_t)(uintptr_t)comp);
}

void
env_set_comp(struct type_env *env, const struct ast_term *comp, type_t t)
{
	name_map_put(env->compiler, &env->comps, (rego_name_t)(uintptr_t)comp, (void *)(uintptr_t)t);
}

/* ---- constants ---- */

static value_t
constant_object(struct compiler *c, const struct ast_term *t)
{
	struct object_builder b;

	object_builder_init(&b, c->arena, t->items.count / 2);
	for (size_t i = 0; i < t->items.count; i += 2) {
		value_t key = constant_of(c, t->items.at[i]);
		value_t value = constant_of(c, t->items.at[i + 1]);

		if (!value_is_defined(key) || !value_is_defined(value))
			return VALUE_NONE;
		(void)object_builder_add(&b, key, value);
	}
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

value_t
constant_of(struct compiler *c, const struct ast_term *t)
{
	struct set_builder b;
	value_t *items;

	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		return t->constant;
	case AST_ARRAY:
		items = compiler_alloc(c, t->items.count, sizeof(*items));
		for (size_t i = 0; i < t->items.count; i++) {
			items[i] = constant_of(c, t->items.at[i]);
			if (!value_is_defined(items[i]))
				return VALUE_NONE;
		}
		return value_array_of(items, t->items.count);
	case AST_SET:
		set_builder_init(&b, c->arena, t->items.count);
		for (size_t i = 0; i < t->items.count; i++) {
			value_t item = constant_of(c, t->items.at[i]);

			if (!value_is_defined(item))
				return VALUE_NONE;
			(void)set_builder_add(&b, item);
		}
		return set_builder_freeze(&b);
	case AST_OBJECT:
		return constant_object(c, t);
	default:
		return VALUE_NONE;
	}
}

/* ---- terms ---- */

static type_t
select_path(struct type_env *env, type_t t, const struct ast_terms *parts, size_t from)
{
	for (size_t i = from; t != NULL && i < parts->count; i++) {
		const struct ast_term *part = parts->at[i];

		t = part->kind == AST_CONST ? type_select(env->compiler, t, part->constant)
		                            : type_values(env->compiler, t);
	}
	return t;
}

static type_t
data_ref(struct type_env *env, const struct ast_terms *parts)
{
	const struct rego_node *node = env->compiler->unit->root;

	for (size_t i = 1; i < parts->count; i++) {
		const struct ast_term *part = parts->at[i];
		type_t here = env->rules->of[node->id];
		const struct rego_node *child;

		if (part->kind != AST_CONST)
			return select_path(env, env_extent(env, node), parts, i);
		child = compiler_child(node, part->constant);
		if (child != NULL && !env->rules->present[child->id])
			child = NULL;
		if (child == NULL)
			return here != NULL ? select_path(env, here, parts, i) : &type_any;
		if (env_effect(env, child) >= EFFECT_ANY)
			return select_path(env, env_effect_type(env, child), parts, i + 1);
		node = child;
	}
	return env_extent(env, node);
}

type_t
env_ref(struct type_env *env, const struct ast_term *ref)
{
	const struct ast_term *head = ref->items.at[0];
	uint32_t id;
	type_t t;

	if (head->kind != AST_VAR)
		return select_path(env, env_term(env, head), &ref->items, 1);
	t = env_var(env, head->var.name);
	if (t != NULL)
		return select_path(env, t, &ref->items, 1);
	if (head->var.name == env->compiler->input)
		return env->input == NULL ? &type_any : select_path(env, env->input, &ref->items, 1);
	if (head->var.name == env->compiler->data && env->data != NULL)
		return select_path(env, env->data, &ref->items, 1);
	if (head->var.name == env->compiler->data)
		return env->compiler->unit->root == NULL ? &type_any : data_ref(env, &ref->items);
	id = compiler_builtin(env->compiler, ref);
	if (id == REGO_BUILTIN_NONE)
		return NULL;
	if (env->rules->builtins[id] == NULL)
		env->rules->builtins[id] =
		    type_of_signature(env->compiler, rego_builtin_at(id)->signature);
	return env->rules->builtins[id];
}

static type_t
object_term(struct type_env *env, const struct ast_terms *items)
{
	struct compiler *c = env->compiler;
	struct type_property *list = compiler_alloc(c, items->count / 2, sizeof(*list));
	type_t key = NULL, rest = NULL;
	uint32_t count = 0;

	for (size_t i = 0; i + 1 < items->count; i += 2) {
		value_t constant = constant_of(c, items->at[i]);
		type_t value = env_term(env, items->at[i + 1]);

		if (value_is_defined(constant)) {
			list[count++] = (struct type_property){ constant, value };
		} else {
			key = env_term(env, items->at[i]);
			rest = value;
		}
	}
	if (items->count == 0)
		key = rest = &type_any;
	return type_object(c, list, count, key, rest);
}

static type_t
set_term(struct type_env *env, const struct ast_terms *items)
{
	type_t of = NULL;

	for (size_t i = 0; i < items->count; i++)
		of = type_or(env->compiler, of, env_term(env, items->at[i]));
	return type_set(env->compiler, of == NULL ? &type_any : of);
}

type_t
env_term(struct type_env *env, const struct ast_term *t)
{
	type_t *items;

	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		return type_of_value(env->compiler, t->constant);
	case AST_VAR:
		return env_var(env, t->var.name);
	case AST_REF:
		return env_ref(env, t);
	case AST_ARRAY:
		items = compiler_alloc(env->compiler, t->items.count, sizeof(*items));
		for (size_t i = 0; i < t->items.count; i++)
			items[i] = env_term(env, t->items.at[i]);
		return type_array(env->compiler, items, (uint32_t)t->items.count,
		    t->items.count == 0 ? &type_any : NULL);
	case AST_SET:
		return set_term(env, &t->items);
	case AST_OBJECT:
		return object_term(env, &t->items);
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return env_comp(env, t);
	case AST_CALL:
	case AST_TEMPLATE:
		break;
	}
	return NULL;
}
