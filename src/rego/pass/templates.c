/* SPDX-License-Identifier: Apache-2.0 */
/*
 * $"a {x}" becomes internal.template_string(["a ", {__local0__ | __local0__ = x}]):
 * the set is empty where x is undefined.  A template binds nothing: a variable that
 * a reference in it would bind is an error here, any other unbound one is left to
 * the safety pass.
 */
#include "rego/builtin.h"
#include "rego/compile.h"
#include "rego/pass/outputs.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static struct var_set rewrite_body(struct compiler *, struct ast_body *, const struct var_set *bound);
static void rewrite_term(struct compiler *, struct ast_term *, const struct var_set *bound);

static void
check_part(struct compiler *c, const struct ast_term *part, const struct var_set *bound)
{
	struct ast_expr alone = { .kind = AST_EXPR_TERM };
	struct var_set vars;

	PUSH(c, &alone.terms, (struct ast_term *)(uintptr_t)part);
	vars = outputs_of_expr(c, &alone, bound);
	var_set_sort(&vars);
	for (size_t i = 0; i < vars.count; i++) {
		rego_name_t name = compiler_source(c, vars.at[i]);

		compiler_error(c, COMPILE_ERROR, part->loc, "var %.*s is undeclared",
		    STR_FMT(name_is_wildcard(name) ? STR("_") : name_str(name)));
	}
}

static bool
is_relation(struct compiler *c, const struct ast_term *part)
{
	uint32_t id = part->kind == AST_CALL ? compiler_builtin(c, part->items.at[0])
	                                     : (uint32_t)REGO_BUILTIN_NONE;

	if (id == REGO_BUILTIN_NONE || (rego_builtin_at(id)->flags & REGO_RELATION) == 0)
		return false;
	compiler_error(c, COMPILE_ERROR, part->loc,
	    "illegal call to relation built-in '%s' that may cause multiple outputs",
	    rego_builtin_at(id)->name);
	return true;
}

/* {x | x = part} */
static struct ast_term *
wrap_part(struct compiler *c, struct ast_term *part, const struct ast_withs *withs,
    struct ast_loc loc)
{
	struct ast_term *set = make_term(c, AST_SET_COMP, part->loc);
	struct ast_expr *capture;

	set->comp.value = make_local(c, part->loc);
	capture = make_equal(c, make_var(c, set->comp.value->var.name, part->loc), part, loc);
	if (withs != NULL)
		capture->withs = *withs;
	set->comp.body.loc = part->loc;
	body_add(c, &set->comp.body, capture);
	return set;
}

static void
rewrite_template(struct compiler *c, struct ast_term *t, const struct var_set *bound)
{
	struct ast_term *parts = make_term(c, AST_ARRAY, t->loc);
	struct ast_term *call = make_term(c, AST_CALL, t->loc);

	for (size_t i = 0; i < t->items.count; i++) {
		struct ast_term *part = t->items.at[i];

		if (part->kind != AST_CONST) {
			if (is_relation(c, part))
				continue;
			check_part(c, part, bound);
			part = wrap_part(c, part, t->withs == NULL ? NULL : &t->withs[i], t->loc);
		}
		PUSH(c, &parts->items, part);
	}
	if (t->items.count == 0)
		PUSH(c, &parts->items, make_const(c, intern_add_text(c->unit->intern, ""), t->loc));
	PUSH(c, &call->items, make_operator(c, "internal.template_string", t->loc));
	PUSH(c, &call->items, parts);
	*t = *call;
}

static void
rewrite_terms(struct compiler *c, struct ast_terms *terms, const struct var_set *bound)
{
	for (size_t i = 0; i < terms->count; i++)
		rewrite_term(c, terms->at[i], bound);
}

static void
rewrite_term(struct compiler *c, struct ast_term *t, const struct var_set *bound)
{
	if (t == NULL || t->kind == AST_CONST || t->kind == AST_VAR)
		return;
	if (t->kind == AST_TEMPLATE && rego_capabilities_lack(c->unit->capabilities, REGO_FEATURE_TEMPLATES))
		compiler_error(c, PARSE_ERROR, t->loc,
		    "template strings are not supported by current capabilities");
	if (t->kind == AST_TEMPLATE)
		rewrite_template(c, t, bound);
	if (term_is_comp(t)) {
		struct var_set inside = rewrite_body(c, &t->comp.body, bound);

		rewrite_term(c, t->comp.key, &inside);
		rewrite_term(c, t->comp.value, &inside);
	} else {
		rewrite_terms(c, &t->items, bound);
	}
}

static void
rewrite_expr(struct compiler *c, struct ast_expr *e, const struct var_set *bound)
{
	for (size_t i = 0; i < e->withs.count; i++) {
		rewrite_term(c, e->withs.at[i].target, bound);
		rewrite_term(c, e->withs.at[i].value, bound);
	}
	if (e->kind == AST_EXPR_EVERY) {
		struct var_set inside = var_set_within(bound);

		rewrite_term(c, e->every->domain, bound);
		vars_of_term(c, &inside, e->every->key, 0);
		vars_of_term(c, &inside, e->every->value, 0);
		(void)rewrite_body(c, &e->every->body, &inside);
	} else if (e->logic != NULL) {
		(void)rewrite_body(c, &e->logic->left, bound);
		(void)rewrite_body(c, &e->logic->right, bound);
	} else {
		rewrite_terms(c, &e->terms, bound);
	}
}

/* Answers what is bound within the body, a set within `bound`. */
static struct var_set
rewrite_body(struct compiler *c, struct ast_body *b, const struct var_set *bound)
{
	struct var_set inside = outputs_of_exprs(c, b->exprs.at, b->exprs.count, bound);

	inside.around = bound;
	for (size_t i = 0; i < b->exprs.count; i++)
		rewrite_expr(c, b->exprs.at[i], &inside);
	return inside;
}

void
pass_templates(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		struct ast_rule *r = c->rules.at[i];
		struct var_set args = var_set_within(&c->reserved), bound;

		vars_of_args(c, &args, &r->head);
		bound = rewrite_body(c, &r->body, &args);
		for (size_t k = 0; k < head_part_count(&r->head); k++)
			rewrite_term(c, *head_part(&r->head, k), &bound);
	}
}
