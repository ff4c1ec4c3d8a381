/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/vm_internal.h"

/* `v` with `value` at the path: objects on the way are made anew, whatever else gives way. */
static value_t
patch(struct rego_eval *e, value_t v, const value_t *keys, uint32_t count, value_t value)
{
	value_t below;

	if (count == 0)
		return value;
	below = patch(e, v.tag == VALUE_OBJECT ? value_object_get(v, keys[0]) : VALUE_NONE, keys + 1,
	    count - 1, value);
	return value_object_with(e->arena, v.tag == VALUE_OBJECT ? v : value_empty_object(), keys[0], below);
}

static const struct rego_tree *
find_child(const struct rego_tree *node, value_t key)
{
	for (uint32_t i = 0; i < node->child_count; i++) {
		if (value_equal(node->children[i]->key, key))
			return node->children[i];
	}
	return NULL;
}

/* Rules at and below the node give what stands at their place in `value`. */
static void
pin_rules(struct rego_eval *e, struct vm_context *context, const struct rego_tree *node, value_t value)
{
	if (node->func != REGO_FUNC_NONE) {
		value_t *memo = &context->memo[e->program->funcs.at[node->func].memo];

		*memo = value;
		if (!value_is_defined(value))
			memo->flags = MEMO_UNDEFINED;
	}
	for (uint32_t i = 0; i < node->child_count; i++)
		pin_rules(e, context, node->children[i], value_get(value, node->children[i]->key));
}

/* Pins, and remembers it for the contexts inside this one. */
static bool
pin(struct rego_eval *e, struct vm_context *context, const struct rego_tree *node, uint32_t func,
    value_t value)
{
	struct vm_pin *made = ARENA_NEW(e->arena, struct vm_pin);

	if (made == NULL)
		return vm_spend(e);
	*made = (struct vm_pin){ context->pins, node, func, value };
	context->pins = made;
	if (node != NULL)
		pin_rules(e, context, node, value);
	else
		context->memo[e->program->funcs.at[func].memo] = value;
	return true;
}

static void
repin(struct rego_eval *e, struct vm_context *context, const struct vm_pin *pins)
{
	if (pins == NULL)
		return;
	repin(e, context, pins->older);
	if (pins->node != NULL)
		pin_rules(e, context, pins->node, pins->value);
	else
		context->memo[e->program->funcs.at[pins->func].memo] = pins->value;
}

struct late_patch { /* below a partial rule: its own value with a part replaced */
	uint32_t func;
	const value_t *keys;
	uint32_t count;
	value_t value;
};

static bool
patch_rule(struct rego_eval *e, const struct late_patch *late, value_t *top)
{
	value_t own;

	if (!vm_rule(e, late->func, top, &own))
		return false;
	own = patch(e, own, late->keys, late->count, late->value);
	if (!vm_check_depth(e, own))
		return false;
	return value_is_defined(own) ? pin(e, e->context, NULL, late->func, own) : vm_spend(e);
}

static bool
replace_data(struct rego_eval *e, struct vm_context *context, const struct rego_path *path, value_t value,
    value_t *top)
{
	const struct rego_tree *node = e->program->nodes.count > 0 ? e->program->nodes.at[0] : NULL;
	uint32_t depth = 0;

	context->data = patch(e, context->data, path->keys, path->count, value);
	context->data_replaced = true;
	if (!vm_check_depth(e, context->data))
		return false;
	while (node != NULL && depth < path->count && node->func == REGO_FUNC_NONE)
		node = find_child(node, path->keys[depth++]);
	if (node == NULL)
		return true;
	if (depth == path->count)
		return pin(e, context, node, 0, value);
	struct late_patch late = { node->func, path->keys + depth, path->count - depth, value };

	return patch_rule(e, &late, top);
}

static bool
replace(struct rego_eval *e, struct vm_context *context, const struct rego_with *with, value_t value,
    value_t *top)
{
	const struct rego_path *path;
	struct vm_mock *mock;

	switch (with->kind) {
	case WITH_INPUT:
		path = &e->program->paths.at[with->path];
		context->input = patch(e, context->input, path->keys, path->count, value);
		return vm_check_depth(e, context->input) && (value_is_defined(context->input) || vm_spend(e));
	case WITH_DATA:
		return replace_data(e, context, &e->program->paths.at[with->path], value, top);
	default:
		mock = ARENA_NEW(e->arena, struct vm_mock);
		if (mock == NULL)
			return vm_spend(e);
		*mock = (struct vm_mock){ context->mocks, with->kind == WITH_BUILTIN, with->by_function,
			with->replacement_is_builtin, with->target, with->replacement, value };
		context->mocks = mock;
		return true;
	}
}

/* A context inside the current one, with nothing remembered but what is pinned. */
static struct vm_context *
open_context(struct rego_eval *e)
{
	struct vm_context *context = ARENA_NEW(e->arena, struct vm_context);

	if (context == NULL)
		return NULL;
	*context = *e->context;
	context->outer = e->context;
	context->memo = ARENA_ARRAY(e->arena, value_t, e->program->memo_count);
	if (context->memo == NULL)
		return NULL;
	e->slice -= e->program->memo_count / 16;
	repin(e, context, context->pins);
	e->context = context;
	return context;
}

bool
vm_without_mocks(struct rego_eval *e)
{
	struct vm_context *context = open_context(e);

	if (context == NULL)
		return vm_spend(e);
	context->mocks = NULL;
	return true;
}

bool
vm_with_begin(struct rego_eval *e, const struct rego_withs *withs, const value_t *values, value_t *top)
{
	struct vm_context *context = open_context(e);

	if (context == NULL)
		return vm_spend(e);
	for (uint32_t i = 0; i < withs->count; i++) {
		if (!replace(e, context, &withs->at[i], values[i], top))
			return false;
	}
	return true;
}

void
vm_with_end(struct rego_eval *e)
{
	e->context = e->context->outer;
}

const struct vm_mock *
vm_find_mock(const struct vm_context *context, bool of_builtin, uint32_t target)
{
	for (const struct vm_mock *m = context->mocks; m != NULL; m = m->next) {
		if (m->of_builtin == of_builtin && m->target == target)
			return m;
	}
	return NULL;
}
