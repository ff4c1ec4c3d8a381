/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks what `with` replaces, and moves replacement values that need evaluating
 * in front of the expression.  A reference to a function stays as it is.
 */
#include "rego/builtin.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

#define PREFIX "with keyword replacing built-in function: "

/* A built-in's name alone is read as a variable: makes it a reference. */
static uint32_t
find_builtin(struct compiler *c, struct ast_term *t)
{
	if (t->kind == AST_VAR) {
		struct ast_term *ref = make_operator(c, "x", t->loc);
		uint32_t id;

		*ref->items.at[0] = *t;
		id = compiler_builtin(c, ref);
		if (id != REGO_BUILTIN_NONE)
			*t = *ref;
		return id;
	}
	return t->kind == AST_REF ? compiler_builtin(c, t) : (uint32_t)REGO_BUILTIN_NONE;
}

static bool
is_function_node(const struct rego_node *node)
{
	for (size_t i = 0; node != NULL && i < node->rules.count; i++) {
		if (node->rules.at[i]->head.args.count > 0)
			return true;
	}
	return false;
}

static bool
is_function_value(struct compiler *c, struct ast_term *value)
{
	if (value->kind == AST_REF && compiler_find_node(c, value) != NULL)
		return true;
	return find_builtin(c, value) != REGO_BUILTIN_NONE;
}

static bool
check_builtin_target(struct compiler *c, uint32_t id, struct ast_loc loc)
{
	const struct rego_builtin *b = rego_builtin_at(id);
	str_t name = str_of(b->name);

	if (str_eq(name, STR("eq")) || str_has_prefix(name, STR("rego.metadata.")))
		compiler_error(c, COMPILE_ERROR, loc, PREFIX "replacement of \"%s\" invalid", b->name);
	else if (str_has_prefix(name, STR("internal.")))
		compiler_error(c, COMPILE_ERROR, loc,
		    PREFIX "replacement of internal function \"%s\" invalid", b->name);
	else if (!compiler_allows(c, id))
		compiler_error(c, COMPILE_ERROR, loc, PREFIX "target must not be unsafe: \"%s\"",
		    b->name);
	else if ((b->flags & REGO_RELATION) != 0)
		compiler_error(c, COMPILE_ERROR, loc, PREFIX "target must not be a relation");
	else if (rego_builtin_is_void(id))
		compiler_error(c, COMPILE_ERROR, loc, PREFIX "target must not be a void function");
	else
		return true;
	return false;
}

enum value_use { VALUE_KEEP, VALUE_EVALUATE, VALUE_ERROR };

static enum value_use
check_data_target(struct compiler *c, struct ast_term *target, struct ast_term *value)
{
	const struct rego_node *node = c->unit->root;
	const struct ast_terms *parts = &target->items;

	for (size_t i = 1; i + 1 < parts->count; i++) {
		const struct rego_node *child = parts->at[i]->kind != AST_CONST ? NULL
		                                : compiler_child(node, parts->at[i]->constant);

		if (child == NULL)
			break;
		if (child->rules.count > 0) {
			compiler_error(c, COMPILE_ERROR, target->loc,
			    "with keyword cannot partially replace virtual document(s)");
			return VALUE_ERROR;
		}
		node = child;
	}
	if (is_function_node(compiler_find_node(c, target)) && is_function_value(c, value))
		return VALUE_KEEP;
	if (value->kind == AST_REF && is_function_node(compiler_find_node(c, value)))
		return VALUE_KEEP;
	return term_needs_eval(value) ? VALUE_EVALUATE : VALUE_KEEP;
}

static enum value_use
check_with(struct compiler *c, struct ast_with *w)
{
	uint32_t id = find_builtin(c, w->target), value = find_builtin(c, w->value);

	if (value != REGO_BUILTIN_NONE && !compiler_allows(c, value)) {
		compiler_error(c, COMPILE_ERROR, w->value->loc,
		    PREFIX "target must not be unsafe: \"%s\"", rego_builtin_at(value)->name);
		return VALUE_ERROR;
	}
	if (ref_head_is(w->target, c->data))
		return check_data_target(c, w->target, w->value);
	if (ref_head_is(w->target, c->input))
		return term_needs_eval(w->value) ? VALUE_EVALUATE : VALUE_KEEP;
	if (id == REGO_BUILTIN_NONE) {
		compiler_error(c, TYPE_ERROR, w->target->loc,
		    "with keyword target must reference existing input, data, or a function");
		return VALUE_ERROR;
	}
	if (!check_builtin_target(c, id, w->target->loc))
		return VALUE_ERROR;
	if ((rego_builtin_at(id)->flags & REGO_OPERATOR) != 0)
		c->unit->replaces_operators = true;
	if (is_function_value(c, w->value))
		return VALUE_KEEP;
	return term_needs_eval(w->value) ? VALUE_EVALUATE : VALUE_KEEP;
}

static bool
rewrite_body(struct walker *walker, struct ast_body *b)
{
	struct compiler *c = walker->compiler;
	struct ast_body out = { .loc = b->loc };

	for (size_t i = 0; i < b->exprs.count; i++) {
		struct ast_expr *e = b->exprs.at[i];

		for (size_t k = 0; k < e->withs.count; k++) {
			struct ast_with *w = &e->withs.at[k];
			struct ast_expr *capture;
			enum value_use use = check_with(c, w);

			if (use == VALUE_ERROR)
				return true;
			if (use == VALUE_KEEP)
				continue;
			capture = make_capture(c, w->value);
			w->value = make_var(c, captured(capture)->var.name, capture->loc);
			body_add(c, &out, capture);
		}
		body_add(c, &out, e);
	}
	*b = out;
	return true;
}

void
pass_withs(struct compiler *c)
{
	struct walker w = { .on_body = rewrite_body, .compiler = c };

	for (size_t i = 0; i < c->rules.count; i++)
		walk_rule(&w, c->rules.at[i]);
}
