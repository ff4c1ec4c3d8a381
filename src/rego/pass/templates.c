/* SPDX-License-Identifier: Apache-2.0 */
/*
 * $"a {x} {x.y}" becomes
 * internal.template_string(["a ", {x}, " ", {__local0__ | __local0__ = x.y}]):
 * the set is empty where x.y is undefined.  A template binds nothing: an unbound variable
 * in a larger part is an error here, one that is the whole part is left to the safety pass.
 */
#include "rego/builtin.h"
#include "rego/compile.h"
#include "rego/pass/hint.h"
#include "rego/pass/outputs.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

enum { LARGEST_TEXT = 1 << 28 };

static struct var_set rewrite_body(struct compiler *, struct ast_body *, const struct var_set *bound);
static void rewrite_exprs(struct compiler *, struct ast_body *, const struct var_set *bound);
static void rewrite_term(struct compiler *, struct ast_term *, const struct var_set *bound);

/* OPA forgets where a call in a template stands; what is wrong with it has no place. */
static struct ast_loc
part_place(const struct ast_term *part)
{
	return part->kind == AST_CALL ? (struct ast_loc){ 0 } : part->loc;
}

static bool
is_relation(struct compiler *c, const struct ast_term *part)
{
	uint32_t id = part->kind == AST_CALL ? compiler_builtin(c, part->items.at[0])
	                                     : (uint32_t)REGO_BUILTIN_NONE;

	return id != REGO_BUILTIN_NONE && (rego_builtin_at(id)->flags & REGO_RELATION) != 0;
}

/* False: the part cannot stand in a template, and that is reported. */
static bool
check_part(struct compiler *c, const struct ast_term *part, const struct var_set *bound)
{
	struct var_set vars = { 0 };

	if (is_relation(c, part)) {
		hint_place(c,
		    compiler_error(c, COMPILE_ERROR, part_place(part),
			"illegal call to relation built-in '%s' that may cause multiple "
			"outputs",
			rego_builtin_at(compiler_builtin(c, part->items.at[0]))->name),
		    part->loc);
		return false;
	}
	if (part->kind == AST_VAR)
		return true;
	vars_of_term(c, &vars, part, SKIP_FOR_SAFETY);
	vars = var_set_minus(c, &vars, bound);
	var_set_sort(&vars);
	for (size_t i = 0; i < vars.count; i++) {
		rego_name_t name = compiler_source(c, vars.at[i]);

		struct diag_finding *found = compiler_error(c, COMPILE_ERROR, part_place(part),
		    "var %.*s is undeclared",
		    STR_FMT(name_is_wildcard(name) ? STR("_") : name_str(name)));

		if (part->kind == AST_CALL)
			hint_place(c, found, part->loc);
	}
	return vars.count == 0;
}

/* {part}, or {x | x = part} where the part may be undefined */
static struct ast_term *
wrap_part(struct compiler *c, struct ast_term *part, const struct ast_withs *withs,
    struct ast_loc loc)
{
	struct ast_term *set =
	    make_term(c, part->kind == AST_VAR ? AST_SET : AST_SET_COMP, part->loc);
	struct ast_expr *capture;

	if (part->kind == AST_VAR) {
		PUSH(c, &set->items, part);
		return set;
	}
	part->generated = part->kind == AST_CALL; /* as a mark: see void_calls */
	set->comp.value = make_local(c, part->loc);
	capture = make_equal(c, make_var(c, set->comp.value->var.name, part->loc), part, loc);
	if (withs != NULL)
		capture->withs = *withs;
	set->comp.body.loc = part->loc;
	body_add(c, &set->comp.body, capture);
	return set;
}

/* The constants from *i on as one text; *i moves to the last of them. */
static struct ast_term *
join_constants(struct compiler *c, const struct ast_terms *parts, size_t *i)
{
	struct ast_loc loc = parts->at[*i]->loc;
	struct buf text;
	value_t joined = VALUE_NONE;

	buf_init(&text, LARGEST_TEXT);
	for (;; (*i)++) {
		value_t part = parts->at[*i]->constant;

		if (value_is_string(part))
			buf_add_str(&text, value_str(part));
		else
			value_print(&text, part);
		if (*i + 1 == parts->count || parts->at[*i + 1]->kind != AST_CONST)
			break;
	}
	if (!buf_failed(&text))
		joined = intern_add(c->unit->intern, buf_str(&text));
	else
		arena_fail(c->unit->arena);
	buf_fini(&text);
	return make_const(c, joined, loc);
}

static void
rewrite_template(struct compiler *c, struct ast_term *t, const struct var_set *bound)
{
	struct ast_term *parts = make_term(c, AST_ARRAY, t->loc);
	struct ast_term *call = make_term(c, AST_CALL, t->loc);
	bool good = true;

	for (size_t i = 0; i < t->items.count; i++) {
		struct ast_term *part = t->items.at[i];

		if (part->kind != AST_CONST) {
			good = check_part(c, part, bound) && good;
			part = wrap_part(c, part, t->withs == NULL ? NULL : &t->withs[i], t->loc);
		} else {
			part = join_constants(c, &t->items, &i);
		}
		PUSH(c, &parts->items, part);
	}
	if (!good)
		return;
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

/* OPA looks at closures from outside again, and so tells the errors in them twice. */
static void
rewrite_comp(struct compiler *c, struct ast_term *t, const struct var_set *bound)
{
	uint32_t before = c->error_count;
	struct var_set inside = rewrite_body(c, &t->comp.body, bound);

	rewrite_term(c, t->comp.key, &inside);
	rewrite_term(c, t->comp.value, &inside);
	if (c->error_count == before)
		return;
	rewrite_term(c, t->comp.key, bound);
	rewrite_term(c, t->comp.value, bound);
	rewrite_exprs(c, &t->comp.body, bound);
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
	if (term_is_comp(t))
		rewrite_comp(c, t, bound);
	else if (t->kind != AST_TEMPLATE)
		rewrite_terms(c, &t->items, bound);
}

static void
rewrite_every(struct compiler *c, struct ast_every *every, const struct var_set *bound)
{
	struct var_set inside = var_set_within(bound);
	uint32_t before;

	rewrite_term(c, every->domain, bound);
	vars_of_term(c, &inside, every->key, 0);
	vars_of_term(c, &inside, every->value, 0);
	before = c->error_count;
	(void)rewrite_body(c, &every->body, &inside);
	if (c->error_count > before)
		rewrite_exprs(c, &every->body, bound);
}

static void
rewrite_expr(struct compiler *c, struct ast_expr *e, const struct var_set *bound)
{
	for (size_t i = 0; i < e->withs.count; i++) {
		rewrite_term(c, e->withs.at[i].target, bound);
		rewrite_term(c, e->withs.at[i].value, bound);
	}
	if (e->kind == AST_EXPR_EVERY) {
		rewrite_every(c, e->every, bound);
	} else if (e->logic != NULL) {
		(void)rewrite_body(c, &e->logic->left, bound);
		(void)rewrite_body(c, &e->logic->right, bound);
	} else {
		rewrite_terms(c, &e->terms, bound);
	}
}

static void
rewrite_exprs(struct compiler *c, struct ast_body *b, const struct var_set *bound)
{
	for (size_t i = 0; i < b->exprs.count && !compiler_is_full(c); i++)
		rewrite_expr(c, b->exprs.at[i], bound);
}

/* Answers what is bound within the body, a set within `bound`. */
static struct var_set
rewrite_body(struct compiler *c, struct ast_body *b, const struct var_set *bound)
{
	struct var_set inside = outputs_of_exprs(c, b->exprs.at, b->exprs.count, bound);

	inside.around = bound;
	rewrite_exprs(c, b, &inside);
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
