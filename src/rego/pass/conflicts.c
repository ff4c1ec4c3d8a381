/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that cannot stand together: of different kinds or arities under one name,
 * below a complete rule, under a package's path, or where there is base data.
 */
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

struct census {
	bool single, multi, complete, partial, arities_differ, ground;
	uint32_t defaults;
};

static struct census
count_rules(const struct rego_node *node)
{
	struct census found = { 0 };

	for (size_t i = 0; i < node->rules.count; i++) {
		const struct ast_rule *r = node->rules.at[i];
		bool ground = ref_is_ground(r->head.ref);

		*(r->head.value != NULL ? &found.single : &found.multi) = true;
		*(r->head.value != NULL && ground ? &found.complete : &found.partial) = true;
		found.ground = found.ground || ground;
		found.defaults += r->is_default;
		if (r->head.args.count != node->rules.at[0]->head.args.count)
			found.arities_differ = true;
	}
	return found;
}

static bool
has_rules(const struct rego_node *node)
{
	if (node->rules.count > 0)
		return true;
	for (size_t i = 0; i < node->children.count; i++) {
		if (has_rules(node->children.at[i]))
			return true;
	}
	return false;
}

/* The first rule at each path nearest below. */
static void
list_below(struct compiler *c, struct ast_rules *list, const struct rego_node *node)
{
	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];

		if (child->rules.count > 0)
			PUSH(c, list, child->rules.at[0]);
		else
			list_below(c, list, child);
	}
}

static void
report_below(struct compiler *c, const struct rego_node *node, str_t name)
{
	enum { MOST_LISTED = 20 };
	struct ast_rules below = { 0 };
	str_t list = STR_NONE;

	list_below(c, &below, node);
	for (size_t i = 0; i < below.count && i < MOST_LISTED; i++)
		list = arena_printf(c->arena, "%.*s\n  rule %.*s at %.*s", STR_FMT(list),
		    STR_FMT(rule_path_text(c, below.at[i])), STR_FMT(loc_text(c, below.at[i]->loc)));
	compiler_error(c, TYPE_ERROR, node->rules.at[0]->loc, "rule %.*s conflicts with:%.*s",
	    STR_FMT(name), STR_FMT(list));
}

static void
report_defaults(struct compiler *c, const struct rego_node *node, str_t name)
{
	str_t places = STR_NONE;
	const struct ast_rule *first = NULL;

	for (size_t i = 0; i < node->rules.count; i++) {
		const struct ast_rule *r = node->rules.at[i];

		if (!r->is_default)
			continue;
		places = arena_printf(c->arena, "%.*s%s%.*s", STR_FMT(places), first != NULL ? ", " : "",
		    STR_FMT(loc_text(c, r->loc)));
		first = first == NULL ? r : first;
	}
	compiler_error(c, TYPE_ERROR, first->module->package_loc,
	    "multiple default rules %.*s found at %.*s", STR_FMT(name), STR_FMT(places));
}

static void
check_node(struct compiler *c, const struct rego_node *node)
{
	if (node->rules.count > 0) {
		struct census found = count_rules(node);
		str_t name = rule_path_text(c, node->rules.at[node->rules.count - 1]);
		bool below = false;

		for (size_t i = 0; found.ground && i < node->children.count; i++)
			below = below || has_rules(node->children.at[i]);
		if (below)
			report_below(c, node, name);
		else if ((found.single && found.multi) || found.arities_differ ||
		    (found.complete && found.partial))
			compiler_error(c, TYPE_ERROR, node->rules.at[0]->loc,
			    "conflicting rules %.*s found", STR_FMT(name));
		else if (found.defaults > 1)
			report_defaults(c, node, name);
	}
	for (size_t i = 0; i < node->children.count; i++)
		check_node(c, node->children.at[i]);
}

/* ---- base data ---- */

static void
check_data(struct compiler *c, const struct rego_node *node, value_t data, str_t path)
{
	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];
		value_t below;
		str_t child_path;

		if (!value_is_string(child->key))
			continue;
		below = value_object_get(data, child->key);
		if (!value_is_defined(below))
			continue;
		child_path = arena_printf(c->arena, "%.*s%s%.*s", STR_FMT(path), path.len > 0 ? "/" : "",
		    STR_FMT(value_str(child->key)));
		if (child->rules.count > 0)
			compiler_error(c, COMPILE_ERROR, child->rules.at[0]->loc,
			    "conflicting rule for data path %.*s found", STR_FMT(child_path));
		check_data(c, child, below, child_path);
	}
}

/* ---- packages ---- */

static struct rego_node *
package_node(struct compiler *c, const struct ast_module *m)
{
	return compiler_find_node(c, m->package);
}

/* The node of the rule's path, if its whole path is ground. */
static struct rego_node *
rule_node(struct compiler *c, const struct ast_rule *r)
{
	const struct ast_terms *path = &r->head.ref->items;
	struct rego_node *node = package_node(c, r->module);

	for (size_t i = 0; node != NULL && i < path->count; i++) {
		value_t key = i == 0 ? intern_add(c->unit->intern, name_str(path->at[0]->var.name))
		                     : path->at[i]->constant;

		node = compiler_child(node, key);
	}
	return node;
}

static void
check_packages(struct compiler *c, const struct ast_rule *r, struct ast_module *const *by_node)
{
	struct ast_module *other;

	if (!ref_is_ground(r->head.ref))
		return;
	other = by_node[rule_node(c, r)->id];
	if (other != NULL)
		compiler_error(c, TYPE_ERROR, r->module->package_loc,
		    "%.*s conflicts with rule %.*s defined at %.*s", STR_FMT(package_text(c, other)),
		    STR_FMT(term_text(c, r->head.ref)), STR_FMT(loc_text(c, r->loc)));
}

static uint32_t
last_id(const struct rego_node *node)
{
	while (node->children.count > 0)
		node = node->children.at[node->children.count - 1];
	return node->id;
}

void
pass_conflicts(struct compiler *c)
{
	struct ast_module **by_node =
	    compiler_alloc(c, (size_t)last_id(c->unit->root) + 1, sizeof(*by_node));

	check_node(c, c->unit->root);
	if (c->unit->check_data_conflicts && value_is_defined(c->unit->data))
		check_data(c, c->unit->root, c->unit->data, STR_NONE);
	for (size_t i = 0; i < c->modules.count; i++)
		by_node[package_node(c, c->modules.at[i])->id] = c->modules.at[i];
	for (size_t i = 0; i < c->modules.count; i++) {
		for (size_t k = 0; k < c->modules.at[i]->rules.count; k++)
			check_packages(c, c->modules.at[i]->rules.at[k], by_node);
	}
}
