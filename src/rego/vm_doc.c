/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/vm_internal.h"

/* The document at a node of the rule tree: rules below it, and base data at the same path. */
struct doc {
	const struct rego_tree *node;
	value_t base;
};

static const struct doc *
doc_of(value_t v)
{
	return v.internal;
}

static bool
make(struct rego_eval *e, const struct rego_tree *node, value_t base, value_t *ret)
{
	struct doc *d = ARENA_NEW(e->arena, struct doc);

	if (d == NULL)
		return vm_spend(e);
	*d = (struct doc){ node, base };
	*ret = (value_t){ .tag = TAG_DOC, .internal = d };
	return true;
}

static value_t
base_of(const struct rego_eval *e, const struct rego_tree *node)
{
	if (node->parent == NULL)
		return e->context->data;
	return value_get(base_of(e, node->parent), node->key);
}

bool
vm_doc_make(struct rego_eval *e, uint32_t node, value_t *ret)
{
	const struct rego_tree *tree = e->program->nodes.at[node];

	return make(e, tree, base_of(e, tree), ret);
}

static const struct rego_tree *
find_child(const struct rego_tree *node, value_t key)
{
	uint32_t low = 0, high = node->child_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = value_compare(key, node->children[middle]->key);

		if (order == 0)
			return node->children[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool
rules_value(struct rego_eval *e, const struct rego_tree *node, value_t *top, value_t *ret)
{
	uint32_t func = node->whole != REGO_FUNC_NONE ? node->whole : node->func;

	*ret = VALUE_NONE;
	return func == REGO_FUNC_NONE || vm_rule(e, func, top, ret);
}

static value_t
merge(struct rego_eval *e, value_t under, value_t over)
{
	if (!value_is_defined(over))
		return under;
	if (!value_is_defined(under))
		return over;
	return value_object_merge(e->arena, under, over);
}

/* The rules of `node`, or else the first below it, and what is around them give different
 * values. */
static bool
conflict(struct rego_eval *e, const struct rego_tree *node)
{
	struct rego_error *error = e->error;

	while (node->loc.row == 0 && node->child_count > 0)
		node = node->children[0];
	(void)vm_halt(e, ERR_EVAL, "eval_conflict_error", "object keys must be unique");
	error->row = node->loc.row;
	error->col = node->loc.col;
	if (node->loc.file < e->program->files.count)
		error->file = e->program->files.at[node->loc.file].name;
	return false;
}

/* Partial rules of which none held are an empty document, but contribute to none. */
static bool
says_nothing(const struct rego_tree *node, value_t v)
{
	return (node->is_partial || node->func == REGO_FUNC_NONE) && value_is_collection(v) &&
	    v.count == 0;
}

/* What two sets of rules say of one path: objects and sets are united. */
static value_t
join(struct rego_eval *e, value_t a, value_t b)
{
	struct object_builder object;
	struct set_builder set;

	if (a.tag == VALUE_SET && b.tag == VALUE_SET) {
		set_builder_init(&set, e->arena, (size_t)a.count + b.count);
		for (uint32_t i = 0; i < a.count; i++)
			(void)set_builder_add(&set, a.set->items[i]);
		for (uint32_t i = 0; i < b.count; i++)
			(void)set_builder_add(&set, b.set->items[i]);
		return set_builder_freeze(&set);
	}
	if (a.tag != VALUE_OBJECT || b.tag != VALUE_OBJECT)
		return merge(e, a, b);
	object_builder_init(&object, e->arena, (size_t)a.count + b.count);
	for (uint32_t i = 0; i < a.count; i++)
		(void)object_builder_add(&object, a.object->keys[i], a.object->values[i]);
	for (uint32_t i = 0; i < b.count; i++) {
		const struct value_entry entry = value_object_entry(b.object, i);

		(void)object_builder_add(&object, entry.key,
		    join(e, value_object_get(a, entry.key), entry.value));
	}
	return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
}

static bool
value_of(struct rego_eval *e, const struct rego_tree *node, value_t base, value_t *top, value_t *ret)
{
	value_t whole = base.tag == VALUE_OBJECT ? base : VALUE_NONE, own;
	struct object_builder children;

	if (!rules_value(e, node, top, &own))
		return false;
	if (node->child_count == 0 || node->whole != REGO_FUNC_NONE) {
		if (node->func == REGO_FUNC_NONE) /* a package without rules */
			own = value_empty_object();
		/* Where base data has the very place of a complete rule, it is the base that shows. */
		*ret = own.tag == VALUE_OBJECT && (node->is_partial || node->func == REGO_FUNC_NONE)
		    ? merge(e, whole, own)
		    : value_is_defined(base) ? base
					     : own;
		return true;
	}
	if (++e->doc_depth > DOC_DEPTH)
		return vm_halt(e, ERR_LIMIT, "eval_cancel_error", "the documents that %.*s reads nest too deep",
		    STR_FMT(vm_running_rule(e)));
	object_builder_init(&children, e->arena, node->child_count);
	for (uint32_t i = 0; i < node->child_count; i++) {
		const struct rego_tree *child = node->children[i];
		value_t v;

		if (child->is_functions)
			continue;
		if (!value_of(e, child, value_get(base, child->key), top, &v))
			return false;
		if (value_is_defined(v))
			(void)object_builder_add(&children, child->key, v);
	}
	e->doc_depth--;
	whole = merge(e, whole, own);
	*ret = merge(e, whole, object_builder_freeze(&children, OBJECT_LAST_WINS, NULL));
	return !arena_failed(e->arena) || vm_spend(e);
}

bool
vm_doc_value(struct rego_eval *e, value_t v, value_t *top, value_t *ret)
{
	const struct doc *d = doc_of(v);
	value_t *memo;

	*ret = v;
	if (v.tag != TAG_DOC)
		return true;
	memo = &e->context->memo[d->node->memo];
	if (value_is_defined(*memo)) {
		*ret = *memo;
		return true;
	}
	if (!value_of(e, d->node, d->base, top, ret))
		return false;
	if ((e->program->unit->without & REGO_WITHOUT_MEMO) == 0)
		e->context->memo[d->node->memo] = *ret;
	return true;
}

bool
vm_doc_get(struct rego_eval *e, value_t v, value_t key, value_t *top, value_t *ret)
{
	const struct doc *d = doc_of(v);
	const struct rego_tree *child = find_child(d->node, key);
	value_t base = value_get(d->base, key), own, of_child;

	/* Only the partial rules here: those of other children need not be had for this one. */
	own = VALUE_NONE;
	if (d->node->func != REGO_FUNC_NONE && !vm_rule(e, d->node->func, top, &own))
		return false;
	own = value_get(own, key);
	if (child == NULL || child->is_functions) {
		*ret = value_is_defined(own) ? merge(e, base, own) : base;
		return true;
	}
	if (child->child_count > 0 && !value_is_defined(own))
		return make(e, child, base, ret);
	/* Rules of this node and of the child speak of one key: all of them decide together. */
	if (value_is_defined(own) && d->node->whole != REGO_FUNC_NONE) {
		if (!vm_rule(e, d->node->whole, top, &own))
			return false;
		*ret = merge(e, base, value_get(own, key));
		return !arena_failed(e->arena) || vm_spend(e);
	}
	if (!value_of(e, child, base, top, &of_child))
		return false;
	if (value_is_defined(own) && says_nothing(child, of_child))
		of_child = VALUE_NONE;
	if (d->node->is_flat && value_is_defined(own) && value_is_defined(of_child) &&
	    !value_equal(own, of_child))
		return conflict(e, child);
	*ret = join(e, own, of_child);
	return !arena_failed(e->arena) || vm_spend(e);
}

bool
vm_doc_keys(struct rego_eval *e, value_t v, value_t *top, value_t *ret)
{
	const struct doc *d = doc_of(v);
	struct set_builder keys;
	value_t own = VALUE_NONE, set;

	if (d->node->func != REGO_FUNC_NONE && !vm_rule(e, d->node->func, top, &own))
		return false;
	set_builder_init(&keys, e->arena, d->node->child_count);
	for (uint32_t i = 0; i < d->node->child_count; i++) {
		if (!d->node->children[i]->is_functions)
			(void)set_builder_add(&keys, d->node->children[i]->key);
	}
	for (uint32_t i = 0; d->base.tag == VALUE_OBJECT && i < d->base.count; i++)
		(void)set_builder_add(&keys, d->base.object->keys[i]);
	for (uint32_t i = 0; value_is_collection(own) && i < own.count; i++) {
		value_t key, value;

		value_entry_at(own, i, &key, &value);
		(void)set_builder_add(&keys, key);
	}
	set = set_builder_freeze(&keys);
	if (!value_is_defined(set))
		return vm_spend(e);
	*ret = value_array_of(set.set->items, set.count);
	return true;
}
