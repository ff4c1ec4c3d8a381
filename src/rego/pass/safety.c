/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders every body so that each expression finds its inputs bound: again and
 * again, the first expressions that have all they need, in the order written.
 * What is left then has unsafe variables.  An expression that lacked something
 * is tried again only after one of its variables was bound.
 */
#include "rego/pass/safety.h"

#include <stdlib.h>
#include <string.h>

#include "rego/pass/outputs.h"
#include "rego/pass/walk.h"

struct pending {
	struct ast_expr *expr;
	struct var_set vars; /* not bound outside the body */
	bool placed, waits;
};

struct waiter { /* an expression to be tried again when a variable is bound */
	size_t expr;
	struct waiter *next;
};

struct body_order {
	struct compiler *compiler;
	struct pending *list;
	size_t count;
	const struct var_set *body_vars, *globals;
	struct var_set bound;
	size_t told; /* of bound: the waiters of those have been told */
	struct name_map waiters;
	char *due; /* by expression: 1, it is worth a try */
};

/* Unsafe variables found in a rule, in closures too. */
struct finding {
	struct ast_loc loc;
	rego_name_t var;
};

struct orderer {
	struct compiler *compiler;
	VEC(struct finding) findings;
};

struct closure_order {
	struct orderer *orderer;
	struct var_set bound;
	struct ast_expr *current;
};

static bool order_body(struct orderer *, struct ast_body *, const struct var_set *bound);

static void
add_finding(struct orderer *o, struct ast_loc loc, rego_name_t var)
{
	struct finding f = { loc, var };

	PUSH(o->compiler, &o->findings, f);
}

/* ---- closures ---- */

static bool
add_comp_vars(struct walker *w, struct ast_term *t)
{
	if (!term_is_comp(t))
		return true;
	vars_of_term(w->compiler, w->context, t, 0);
	return false;
}

static bool
add_closure_vars(struct walker *w, struct ast_expr *e)
{
	if (e->kind == AST_EXPR_EVERY)
		vars_of_body(w->compiler, w->context, &e->every->body, 0);
	else if (e->logic != NULL)
		vars_of_expr(w->compiler, w->context, e, 0);
	else
		return true;
	return false;
}

static struct var_set
closure_vars(struct compiler *c, struct ast_expr *e)
{
	struct var_set vars = { 0 };
	struct walker w = { .on_term = add_comp_vars, .on_expr = add_closure_vars, .compiler = c,
		.context = &vars };

	walk_expr(&w, e);
	return vars;
}

static bool
order_comp(struct walker *w, struct ast_term *t)
{
	struct closure_order *at = w->context;
	struct var_set inside = var_set_within(&at->bound), term = { 0 };

	if (!term_is_comp(t))
		return true;
	vars_of_body(w->compiler, &inside, &t->comp.body, SKIP_FOR_SAFETY);
	if (t->comp.key != NULL)
		vars_of_term(w->compiler, &term, t->comp.key, 0);
	vars_of_term(w->compiler, &term, t->comp.value, 0);
	for (size_t i = 0; i < term.count; i++) {
		if (!var_set_has(&inside, term.at[i]))
			add_finding(at->orderer, at->current->loc, term.at[i]);
	}
	(void)order_body(at->orderer, &t->comp.body, &at->bound);
	return false;
}

static bool
order_closure(struct walker *w, struct ast_expr *e)
{
	struct closure_order *at = w->context;

	if (e->kind == AST_EXPR_EVERY) {
		vars_of_term(w->compiler, &at->bound, e->every->key, 0);
		vars_of_term(w->compiler, &at->bound, e->every->value, 0);
		(void)order_body(at->orderer, &e->every->body, &at->bound);
		return false;
	}
	if (e->logic != NULL) {
		(void)order_body(at->orderer, &e->logic->left, &at->bound);
		(void)order_body(at->orderer, &e->logic->right, &at->bound);
		return false;
	}
	return true;
}

static void
order_closures(struct orderer *o, struct ast_body *b, const struct var_set *bound)
{
	struct closure_order at = { .orderer = o, .bound = var_set_within(bound) };
	struct walker w = { .on_term = order_comp, .on_expr = order_closure,
		.compiler = o->compiler, .context = &at };

	for (size_t i = 0; i < b->exprs.count; i++) {
		if (i > 0)
			vars_of_expr(o->compiler, &at.bound, b->exprs.at[i - 1], SKIP_FOR_SAFETY);
		at.current = b->exprs.at[i];
		walk_expr(&w, at.current);
	}
}

/* ---- one body ---- */

/* What the expression still needs; nothing: its outputs are bound from here on. */
static struct var_set
find_unsafe(struct body_order *b, const struct pending *p)
{
	struct compiler *c = b->compiler;
	struct var_set out = outputs_of_expr(c, p->expr, &b->bound);
	struct var_set inside = closure_vars(c, p->expr), closed = { 0 }, left = { 0 };
	const struct var_set *const needed[] = { &p->vars, &closed };

	for (size_t i = 0; i < inside.count; i++) {
		if (var_set_has(b->body_vars, inside.at[i]) && !var_set_has(b->globals, inside.at[i]))
			var_set_add(c, &closed, inside.at[i]);
	}
	/* x = [y | y = x]: what it binds is what it needs. */
	if (closed.count > 0 && var_set_equal(&closed, &out))
		return closed;
	for (size_t n = 0; n < COUNT(needed); n++) {
		for (size_t i = 0; i < needed[n]->count; i++) {
			if (!var_set_has(&out, needed[n]->at[i]) && !var_set_has(&b->bound, needed[n]->at[i]))
				var_set_add(c, &left, needed[n]->at[i]);
		}
	}
	if (left.count == 0)
		var_set_add_all(c, &b->bound, &out);
	return left;
}

/* The memory of a try that fails is given back: there may be many. */
static bool
place(struct body_order *b, struct pending *p)
{
	struct arena_mark mark = arena_mark(b->compiler->arena);

	if (find_unsafe(b, p).count == 0)
		return true;
	arena_release(b->compiler->arena, mark);
	return false;
}

static void
wait_for_vars(struct body_order *b, struct pending *p)
{
	struct var_set vars = { 0 };

	if (p->waits)
		return;
	p->waits = true;
	vars_of_expr(b->compiler, &vars, p->expr, 0);
	for (size_t i = 0; i < vars.count; i++) {
		struct waiter *w;

		if (var_set_has(&b->bound, vars.at[i]))
			continue;
		w = compiler_alloc(b->compiler, 1, sizeof(*w));
		*w = (struct waiter){ (size_t)(p - b->list), name_map_find(&b->waiters, vars.at[i]) };
		name_map_put(b->compiler, &b->waiters, vars.at[i], w);
	}
}

static void
tell_waiters(struct body_order *b)
{
	for (; b->told < b->bound.count; b->told++) {
		const struct waiter *w = name_map_find(&b->waiters, b->bound.at[b->told]);

		for (; w != NULL; w = w->next)
			b->due[w->expr] = !b->list[w->expr].placed;
	}
}

static struct body_order
begin(struct compiler *c, const struct ast_body *body, const struct var_set *body_vars,
    const struct var_set *globals)
{
	struct body_order b = { .compiler = c, .count = body->exprs.count, .body_vars = body_vars,
		.globals = globals, .bound = var_set_within(globals) };

	b.list = compiler_alloc(c, b.count, sizeof(*b.list));
	b.due = compiler_alloc(c, b.count, 1);
	memset(b.due, 1, b.count);
	for (size_t i = 0; i < b.count; i++) {
		struct var_set vars = { 0 };

		b.list[i].expr = body->exprs.at[i];
		vars_of_expr(c, &vars, b.list[i].expr, SKIP_FOR_SAFETY);
		b.list[i].vars = var_set_minus(c, &vars, globals);
	}
	return b;
}

static void
add_unsafe(struct orderer *o, struct body_order *b, struct pending *p)
{
	struct var_set unsafe = find_unsafe(b, p);

	for (size_t i = 0; i < unsafe.count; i++)
		add_finding(o, p->expr->loc, unsafe.at[i]);
}

static bool
expr_is_call(const struct ast_expr *e)
{
	return e->kind == AST_EXPR_CALL && !expr_is_equality(e);
}

/* A call that has its operands but for what is in sets: its result is not unsafe for that. */
static void
give_up_call(struct orderer *o, struct body_order *b, struct pending *p)
{
	struct var_set out = outputs_of_expr(b->compiler, p->expr, &b->bound);

	add_unsafe(o, b, p);
	var_set_add_all(b->compiler, &b->bound, &out);
	p->placed = true;
}

static size_t
next_due(const struct body_order *b, size_t from)
{
	const char *at = from < b->count ? memchr(b->due + from, 1, b->count - from) : NULL;

	return at != NULL ? (size_t)(at - b->due) : b->count;
}

/* Again and again the first that can be placed, until none can. */
static void
place_all(struct body_order *b, struct ast_body *ordered)
{
	tell_waiters(b);
	for (size_t i = next_due(b, 0); i < b->count; i = next_due(b, 0)) {
		for (; i < b->count; i = next_due(b, i + 1)) {
			struct pending *p = &b->list[i];

			b->due[i] = 0;
			if (p->placed)
				continue;
			if (place(b, p)) {
				p->placed = true;
				body_add(b->compiler, ordered, p->expr);
				tell_waiters(b);
			} else {
				wait_for_vars(b, p);
			}
		}
	}
}

/* False: something in it is unsafe, and recorded; the body stays as it was. */
static bool
order_body(struct orderer *o, struct ast_body *body, const struct var_set *globals)
{
	struct compiler *c = o->compiler;
	struct ast_body ordered = { .loc = body->loc };
	struct var_set body_vars = { 0 };
	struct body_order b = begin(c, body, &body_vars, globals);
	size_t before = o->findings.count;

	vars_of_body(c, &body_vars, body, SKIP_FOR_SAFETY);
	place_all(&b, &ordered);
	for (size_t i = 0; i < b.count; i++) {
		if (!b.list[i].placed && expr_is_call(b.list[i].expr) &&
		    outputs_of_expr(c, b.list[i].expr, &b.bound).count > 0)
			give_up_call(o, &b, &b.list[i]);
	}
	place_all(&b, &ordered);
	for (size_t i = 0; i < b.count; i++) {
		if (!b.list[i].placed)
			add_unsafe(o, &b, &b.list[i]);
	}
	order_closures(o, &ordered, globals);
	if (o->findings.count > before)
		return false;
	*body = ordered;
	return true;
}

/* ---- reporting ---- */

static int
compare_places(const struct ast_loc *a, const struct ast_loc *b)
{
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return a->col == b->col ? 0 : a->col < b->col ? -1 : 1;
}

static int
compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = compare_places(&x->loc, &y->loc);

	return order != 0 ? order : str_cmp(name_str(x->var), name_str(y->var));
}

/* Each variable once, at its first place. */
static void
report_findings(struct orderer *o, const struct ast_rule *rule)
{
	struct compiler *c = o->compiler;
	struct var_set seen = { 0 };
	bool named = false;

	qsort(o->findings.at, o->findings.count, sizeof(*o->findings.at), compare_findings);
	for (size_t i = 0; i < o->findings.count; i++) {
		rego_name_t var = o->findings.at[i].var;
		rego_name_t source = compiler_source(c, var);

		if (var_set_has(&seen, var) || name_is_generated(source))
			continue;
		var_set_add(c, &seen, var);
		named = true;
		report_unsafe(c, rule, source, o->findings.at[i].loc);
	}
	for (size_t i = 0; !named && i < o->findings.count; i++) {
		if (var_set_has(&seen, o->findings.at[i].var))
			continue;
		var_set_add(c, &seen, o->findings.at[i].var);
		compiler_error(c, UNSAFE_ERROR, o->findings.at[i].loc, "expression is unsafe");
	}
}

void
pass_safety(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		struct ast_rule *r = c->rules.at[i];
		struct orderer o = { .compiler = c };
		struct var_set bound = var_set_within(&c->reserved);

		vars_of_args(c, &bound, &r->head);
		if (!order_body(&o, &r->body, &bound))
			report_findings(&o, r);
	}
}
