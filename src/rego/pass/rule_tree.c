/* SPDX-License-Identifier: Apache-2.0 */
/* Makes unit->root: every package and the ground part of every rule's path. */
#include "rego/pass/walk.h"

static struct rego_node *
make_node(struct compiler *c, struct rego_node *parent, value_t key)
{
	struct rego_node *node = NEW(c, struct rego_node);

	node->parent = parent;
	node->key = key;
	return node;
}

/* Where `key` is among the children, or would be. */
static size_t
child_place(const struct rego_node *node, value_t key, bool *ret_found)
{
	size_t low = 0, high = node->children.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = value_compare(key, node->children.at[middle]->key);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_found = false;
	return low;
}

struct rego_node *
compiler_child(const struct rego_node *node, value_t key)
{
	bool found;
	size_t i = child_place(node, key, &found);

	return found ? node->children.at[i] : NULL;
}

static struct rego_node *
take_child(struct compiler *c, struct rego_node *node, value_t key)
{
	bool found;
	size_t i = child_place(node, key, &found);
	struct rego_node *child;

	if (found)
		return node->children.at[i];
	child = make_node(c, node, key);
	PUSH(c, &node->children, child);
	for (size_t k = node->children.count - 1; k > i; k--)
		node->children.at[k] = node->children.at[k - 1];
	node->children.at[i] = child;
	return child;
}

static void
add_rule(struct compiler *c, struct rego_node *package, struct ast_rule *rule)
{
	const struct ast_terms *path = &rule->head.ref->items;
	value_t name = intern_add(c->unit->intern, name_str(path->at[0]->var.name));
	struct rego_node *node = take_child(c, package, name);

	for (size_t i = 1; i < path->count && path->at[i]->kind == AST_CONST; i++)
		node = take_child(c, node, path->at[i]->constant);
	PUSH(c, &node->rules, rule);
}

static uint32_t
number_nodes(struct rego_node *node, uint32_t next)
{
	node->id = next++;
	for (size_t i = 0; i < node->children.count; i++)
		next = number_nodes(node->children.at[i], next);
	return next;
}

void
pass_rule_tree(struct compiler *c)
{
	struct rego_node *root = make_node(c, NULL, VALUE_NONE);

	for (size_t m = 0; m < c->modules.count; m++) {
		const struct ast_terms *path = &c->modules.at[m]->package->items;
		struct rego_node *node = root;

		for (size_t i = 1; i < path->count; i++)
			node = take_child(c, node, path->at[i]->constant);
		for (size_t i = 0; i < c->modules.at[m]->rules.count; i++)
			add_rule(c, node, c->modules.at[m]->rules.at[i]);
	}
	(void)number_nodes(root, 0);
	c->unit->root = root;
}

struct rego_node *
compiler_find_node(const struct compiler *c, const struct ast_term *ref)
{
	struct rego_node *node = c->unit->root;

	if (!ref_head_is(ref, c->data))
		return NULL;
	for (size_t i = 1; node != NULL && i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];

		node = part->kind == AST_CONST ? compiler_child(node, part->constant) : NULL;
	}
	return node;
}
