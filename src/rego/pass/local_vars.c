/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives every declared variable (by :=, some, every, or as a function's argument)
 * a name of its own, and takes the declarations away:
 *
 *   x := 1; some y in xs; x > y   =>   __local0__ = 1; __local1__ = xs[__local2__]; ...
 */
#include "rego/pass/locals.h"
#include "rego/pass/outputs.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static void rewrite_body(struct locals *, struct ast_body *, const struct var_set *used);
static void rewrite_terms(struct locals *, struct ast_terms *);

static void
rename_var(struct ast_term *t, rego_name_t name, rego_name_t written)
{
	struct ast_loc loc = t->loc;

	*t = (struct ast_term){ .kind = AST_VAR, .loc = loc };
	t->var.name = name;
	t->var.source = written;
}

static void
rewrite_var(struct locals *l, struct ast_term *t)
{
	rego_name_t name = t->var.name;
	struct local *local = locals_find(l, name);

	if (local != NULL) {
		local->uses++;
		if (local->name != name)
			rename_var(t, local->name, name);
	} else {
		locals_add(l, name, name, LOCAL_SEEN);
	}
}

/* `input` or `data` alone, which a variable may have been called in v0. */
static void
rewrite_root(struct locals *l, struct ast_term *t)
{
	rego_name_t name = t->items.at[0]->var.name;
	struct local *local = locals_find(l, name);

	if (local != NULL && local->origin != LOCAL_SEEN)
		rename_var(t, local->name, name);
}

static void
check_operator(struct locals *l, const struct ast_term *call)
{
	struct var_set vars = { 0 };

	vars_of_term(l->compiler, &vars, call->items.at[0], 0);
	for (size_t i = 0; i < vars.count; i++) {
		struct local *local = locals_find(l, vars.at[i]);

		if (local != NULL && local->name != vars.at[i]) {
			l->error_count++;
			compiler_error(l->compiler, COMPILE_ERROR, call->loc,
			    "called function %.*s shadowed",
			    STR_FMT(term_text(l->compiler, call->items.at[0])));
			return;
		}
	}
}

static void
rewrite_term(struct locals *l, struct ast_term *t);

static void
rewrite_comp(struct locals *l, struct ast_term *t)
{
	struct var_set used = { 0 };

	if (t->comp.key != NULL)
		vars_of_term(l->compiler, &used, t->comp.key, 0);
	vars_of_term(l->compiler, &used, t->comp.value, 0);
	locals_push(l);
	rewrite_body(l, &t->comp.body, &used);
	if (t->comp.key != NULL)
		rewrite_term(l, t->comp.key);
	rewrite_term(l, t->comp.value);
	locals_pop(l);
}

/* The root of a target is never a variable, even where one has its name. */
static void
rewrite_withs(struct locals *l, struct ast_withs *withs)
{
	for (size_t i = 0; i < withs->count; i++) {
		struct ast_term *target = withs->at[i].target;

		if (ref_head_is(target, l->compiler->input) || ref_head_is(target, l->compiler->data)) {
			for (size_t k = 1; k < target->items.count; k++)
				rewrite_term(l, target->items.at[k]);
		} else {
			rewrite_term(l, target);
		}
		rewrite_term(l, withs->at[i].value);
	}
}

static void
rewrite_term(struct locals *l, struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		break;
	case AST_VAR:
		rewrite_var(l, t);
		break;
	case AST_REF:
		if (term_is_root(l->compiler, t))
			rewrite_root(l, t);
		else
			rewrite_terms(l, &t->items);
		break;
	case AST_CALL:
		check_operator(l, t);
		rewrite_terms(l, &t->items);
		break;
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
		rewrite_terms(l, &t->items);
		break;
	case AST_TEMPLATE:
		rewrite_terms(l, &t->items);
		for (size_t i = 0; t->withs != NULL && i < t->items.count; i++)
			rewrite_withs(l, &t->withs[i]);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		rewrite_comp(l, t);
		break;
	}
}

static void
rewrite_terms(struct locals *l, struct ast_terms *terms)
{
	for (size_t i = 0; i < terms->count; i++)
		rewrite_term(l, terms->at[i]);
}

/* ---- declarations ---- */

/* The left side of :=. */
static void
declare_pattern(struct locals *l, struct ast_term *t)
{
	rego_name_t written, name;

	if (t->kind == AST_VAR || term_is_root(l->compiler, t)) {
		written = t->kind == AST_VAR ? t->var.name : t->items.at[0]->var.name;
		name = locals_declare(l, written, LOCAL_ASSIGNED, t->loc);
		if (name != NULL)
			rename_var(t, name, written);
	} else if (t->kind == AST_ARRAY || t->kind == AST_OBJECT) {
		size_t step = t->kind == AST_OBJECT ? 2 : 1;

		for (size_t i = step - 1; i < t->items.count; i += step)
			declare_pattern(l, t->items.at[i]);
	} else {
		l->error_count++;
		compiler_error(l->compiler, COMPILE_ERROR, t->loc, "cannot assign to %s",
		    term_kind_name(t));
	}
}

static struct ast_expr *
rewrite_assignment(struct locals *l, struct ast_expr *e)
{
	uint32_t errors = l->error_count;

	if (e->negated) {
		l->error_count++;
		compiler_error(l->compiler, COMPILE_ERROR, e->loc,
		    "cannot assign vars inside negated expression");
		return e;
	}
	/* The right side first: it cannot see what the left declares. */
	rewrite_term(l, e->terms.at[2]);
	for (size_t i = 0; i < e->withs.count; i++)
		rewrite_term(l, e->withs.at[i].value);
	declare_pattern(l, e->terms.at[1]);
	if (errors == l->error_count) {
		e->terms.at[0] = make_operator(l->compiler, "eq", e->terms.at[0]->loc);
		e->assigned = true;
	}
	return e;
}

/* `some k, v in xs` is `v = xs[k]`. */
static struct ast_expr *
make_some_in(struct locals *l, const struct ast_expr *e, const struct ast_term *call)
{
	struct compiler *c = l->compiler;
	struct ast_terms *args = &copy_term(c, call)->items;
	bool has_key = args->count == 4;
	struct ast_term *key = has_key ? args->at[1] : make_local(c, call->loc);
	struct ast_term *value = args->at[args->count - 2];
	struct ast_term *container = args->at[args->count - 1];
	struct ast_term *ref = container;
	struct ast_expr *copy;
	struct var_set inside = { 0 }, outputs;

	vars_of_term(c, &inside, container, 0);
	if (container->kind != AST_REF) {
		ref = make_term(c, AST_REF, container->loc);
		PUSH(c, &ref->items, container);
	}
	PUSH(c, &ref->items, key);
	copy = make_equal(c, value, ref, e->loc);
	copy->negated = e->negated;
	copy->withs = e->withs;
	outputs = outputs_of_expr(c, copy, &inside);
	var_set_sort(&outputs);
	for (size_t i = 0; i < outputs.count; i++) {
		if (locals_declare(l, outputs.at[i], LOCAL_DECLARED, e->loc) == NULL)
			return NULL;
	}
	rewrite_terms(l, &copy->terms);
	rewrite_withs(l, &copy->withs);
	return copy;
}

static struct ast_expr *
rewrite_some(struct locals *l, struct ast_expr *e)
{
	for (size_t i = 0; i < e->terms.count; i++) {
		const struct ast_term *t = e->terms.at[i];

		if (t->kind == AST_CALL)
			return make_some_in(l, e, t);
		if (t->kind == AST_VAR &&
		    locals_declare(l, t->var.name, LOCAL_DECLARED, e->loc) == NULL)
			return NULL;
	}
	return NULL;
}

static bool
declare_every_var(struct locals *l, struct ast_term *var, struct ast_loc loc)
{
	rego_name_t written = var->var.name;
	rego_name_t name;

	if (name_is_wildcard(written))
		return true;
	name = locals_declare(l, written, LOCAL_DECLARED, loc);
	if (name != NULL)
		rename_var(var, name, written);
	return name != NULL;
}

/* In OPA, a template in the domain sees the variables of `every`, where none outside has the
 * name. */
static bool
rewrite_template_again(struct walker *w, struct ast_term *t)
{
	if (t->kind != AST_TEMPLATE)
		return !term_is_comp(t);
	rewrite_term(w->context, t);
	return false;
}

static struct ast_expr *
rewrite_every(struct locals *l, struct ast_expr *e)
{
	struct ast_every *every = e->every;
	struct walker templates = {
		.on_term = rewrite_template_again, .compiler = l->compiler, .context = l
	};
	struct var_set used = { 0 };
	bool declared;

	rewrite_term(l, every->domain);
	locals_push(l);
	declared = every->key == NULL || declare_every_var(l, every->key, e->loc);
	if (every->key == NULL)
		every->key = make_local(l->compiler, e->loc);
	declared = declared && declare_every_var(l, every->value, e->loc);
	if (declared) {
		walk_term(&templates, every->domain);
		rewrite_body(l, &every->body, &used);
		rewrite_withs(l, &e->withs);
	}
	locals_pop(l);
	return declared ? e : NULL;
}

static void
rewrite_inner_body(struct locals *l, struct ast_body *b)
{
	struct var_set used = { 0 };

	if (b->exprs.count == 0)
		return;
	locals_push(l);
	rewrite_body(l, b, &used);
	locals_pop(l);
}

static struct ast_expr *
rewrite_expr(struct locals *l, struct ast_expr *e)
{
	if (expr_is_assignment(e))
		return rewrite_assignment(l, e);
	if (e->kind == AST_EXPR_SOME)
		return rewrite_some(l, e);
	if (e->kind == AST_EXPR_EVERY)
		return rewrite_every(l, e);
	if (e->kind == AST_EXPR_NOT && !expr_is_closure(e)) {
		for (size_t i = 0; i < e->logic->left.exprs.count; i++)
			(void)rewrite_expr(l, e->logic->left.exprs.at[i]);
	} else if (e->logic != NULL) {
		rewrite_inner_body(l, &e->logic->left);
		rewrite_inner_body(l, &e->logic->right);
	} else {
		rewrite_terms(l, &e->terms);
	}
	rewrite_withs(l, &e->withs);
	return e;
}

static void
rewrite_body(struct locals *l, struct ast_body *b, const struct var_set *used)
{
	struct compiler *c = l->compiler;
	struct ast_body before = *b, after = { .loc = b->loc };

	for (size_t i = 0; i < before.exprs.count; i++) {
		struct ast_expr *e = rewrite_expr(l, before.exprs.at[i]);

		if (e != NULL)
			body_add(c, &after, e);
	}
	/* Only declarations: what is left holds. */
	if (after.exprs.count == 0 && before.exprs.count > 0) {
		struct ast_expr *e = make_expr(c, AST_EXPR_TERM, before.exprs.at[0]->loc);

		PUSH(c, &e->terms, make_const(c, value_bool(true), e->loc));
		body_add(c, &after, e);
	}
	locals_check_unused(l, &before, &after, used);
	*b = after;
}

/* ---- heads ---- */

static bool
rewrite_head_comp(struct walker *w, struct ast_term *t)
{
	struct locals *l = w->context;

	if (!term_is_comp(t) && t->kind != AST_TEMPLATE)
		return true;
	/* Such a closure is a scope of its own: it does not see the body's variables yet. */
	struct locals fresh = { .compiler = l->compiler };

	locals_push(&fresh);
	rewrite_term(&fresh, t);
	l->error_count += fresh.error_count;
	return false;
}

static bool
rename_declared(struct walker *w, struct ast_term *t)
{
	const struct local_scope *scope = w->context;

	if (t->kind == AST_VAR || term_is_root(w->compiler, t)) {
		rego_name_t name = t->kind == AST_VAR ? t->var.name : t->items.at[0]->var.name;
		struct local *local = name_map_find(&scope->by_name, name);

		if (local == NULL || local->name == name)
			return true;
		rename_var(t, local->name, name);
	}
	return true;
}

static void
rewrite_arg(struct locals *l, struct ast_term *t)
{
	size_t step = 1;

	switch ((enum ast_term_kind)t->kind) {
	case AST_VAR: {
		rego_name_t written = t->var.name;
		struct local *local = locals_find(l, written);

		if (local == NULL)
			locals_add(l, written, compiler_local(l->compiler), LOCAL_ARG);
		else
			local->uses++;
		rename_var(t, locals_find(l, written)->name, written);
		break;
	}
	case AST_CALL:
		compiler_error(l->compiler, COMPILE_ERROR, t->loc, "rule arguments cannot contain calls");
		break;
	case AST_OBJECT:
		step = 2;
		__attribute__((fallthrough));
	case AST_REF:
	case AST_ARRAY:
		for (size_t i = step - 1; i < t->items.count; i += step)
			rewrite_arg(l, t->items.at[i]);
		break;
	case AST_CONST:
	case AST_SET:
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
	case AST_TEMPLATE:
		break;
	}
}

/* Variables of the head besides the arguments. */
static struct var_set
head_vars(struct compiler *c, struct ast_head *h)
{
	struct var_set used = { 0 };

	for (size_t i = h->args.count; i < head_part_count(h); i++) {
		if (*head_part(h, i) != NULL)
			vars_of_term(c, &used, *head_part(h, i), 0);
	}
	return used;
}

static struct local_scope
copy_scope(struct compiler *c, const struct local_scope *scope)
{
	struct local_scope copy = { 0 };

	for (size_t i = 0; i < scope->all.count; i++) {
		struct local *local = NEW(c, struct local);

		*local = *scope->all.at[i];
		name_map_put(c, &copy.by_name, local->written, local);
		PUSH(c, &copy.all, local);
	}
	return copy;
}

/* One branch of a rule; counts in `args` the uses of the arguments. */
static void
rewrite_branch(struct compiler *c, struct ast_rule *rule, struct local_scope *args)
{
	struct locals l = { .compiler = c };
	struct walker comps = { .on_term = rewrite_head_comp, .compiler = c, .context = &l };
	struct walker renames = { .on_term = rename_declared, .compiler = c };
	struct var_set used;

	PUSH(c, &l.scopes, copy_scope(c, args));
	walk_head(&comps, &rule->head);
	l.error_count = 0;
	used = head_vars(c, &rule->head);
	rewrite_body(&l, &rule->body, &used);
	renames.context = locals_scope(&l);
	for (size_t i = 0; i < head_part_count(&rule->head); i++)
		walk_term(&renames, *head_part(&rule->head, i));
	for (size_t i = 0; i < args->all.count; i++) {
		struct local *arg = args->all.at[i];
		struct local *after = name_map_find(&locals_scope(&l)->by_name, arg->written);
		struct var_set value = { 0 };

		if (rule->head.value != NULL)
			vars_of_term(c, &value, rule->head.value, 0);
		if (after->uses > arg->uses || var_set_has(&value, arg->name))
			arg->uses++;
	}
}

static void
rewrite_rule(struct compiler *c, struct ast_rule *rule)
{
	struct locals args = { .compiler = c };

	locals_push(&args);
	for (size_t i = 0; i < rule->head.args.count; i++)
		rewrite_arg(&args, rule->head.args.at[i]);
	for (struct ast_rule *r = rule; r != NULL; r = r->else_rule)
		rewrite_branch(c, r, locals_scope(&args));
	if (!c->unit->strict)
		return;
	for (size_t i = 0; i < locals_scope(&args)->all.count; i++) {
		const struct local *arg = locals_scope(&args)->all.at[i];

		if (arg->uses == 1 && !name_is_wildcard(arg->written))
			compiler_error(c, COMPILE_ERROR, rule->head.loc,
			    "unused argument %.*s. (hint: use _ (wildcard variable) instead)",
			    STR_FMT(name_str(arg->written)));
	}
}

void
pass_local_vars(struct compiler *c)
{
	for (size_t m = 0; m < c->modules.count; m++) {
		for (size_t i = 0; i < c->modules.at[m]->rules.count; i++)
			rewrite_rule(c, c->modules.at[m]->rules.at[i]);
	}
}
