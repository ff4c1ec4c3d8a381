/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that mean a rule of the package or an import become references from
 * `data` or `input`, unless a variable declared around them has the name.
 */
#include "rego/pass/scope.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

struct global {
	rego_name_t name;
	const struct ast_term *path; /* what the name stands for */
	bool used;
};

struct resolver {
	struct compiler *compiler;
	struct name_map globals;
	VEC(struct var_set) ignored; /* declared around the current place */
};

static void resolve_body(struct resolver *, struct ast_body *);

static struct global *
find_global(const struct resolver *r, const struct ast_term *var)
{
	for (size_t i = r->ignored.count; i-- > 0;) {
		if (var_set_has(&r->ignored.at[i], var->var.name))
			return NULL;
	}
	return name_map_find(&r->globals, var->var.name);
}

/* The reference that a global's name stands for, at `loc`. */
static struct ast_term *
make_path(struct resolver *r, struct global *g, struct ast_loc loc)
{
	struct ast_term *ref = copy_term(r->compiler, g->path);

	g->used = true;
	ref->loc = loc;
	for (size_t i = 0; i < ref->items.count; i++)
		ref->items.at[i]->loc = loc;
	return ref;
}

static void resolve_term(struct resolver *, struct ast_term *);

static void
resolve_terms(struct resolver *r, struct ast_terms *terms)
{
	for (size_t i = 0; i < terms->count; i++)
		resolve_term(r, terms->at[i]);
}

static rego_name_t
first_name(const struct ast_term *t)
{
	if (t->kind == AST_REF)
		t = t->items.at[0];
	return t->kind == AST_VAR ? t->var.name : NULL;
}

static void
resolve_ref(struct resolver *r, struct ast_term *ref)
{
	struct ast_term *head = ref->items.at[0];
	struct global *g = head->kind == AST_VAR ? find_global(r, head) : NULL;
	struct ast_loc loc = head->loc;

	for (size_t i = 1; i < ref->items.count; i++) {
		struct ast_term *part = ref->items.at[i];
		rego_name_t name = first_name(part);

		resolve_term(r, part);
		/* In x[x], OPA takes both for where the last one stands. */
		if (g != NULL && name == head->var.name && part->kind == AST_REF)
			loc = part->items.at[0]->loc;
	}
	if (g != NULL) {
		struct ast_term *path = make_path(r, g, loc);

		for (size_t i = 1; i < ref->items.count; i++)
			PUSH(r->compiler, &path->items, ref->items.at[i]);
		ref->items = path->items;
	} else if (head->kind != AST_VAR) {
		resolve_term(r, head);
	}
}

static void
resolve_withs(struct resolver *r, struct ast_withs *withs)
{
	for (size_t i = 0; i < withs->count; i++) {
		resolve_term(r, withs->at[i].target);
		resolve_term(r, withs->at[i].value);
	}
}

/* ---- terms and bodies ---- */

static void
resolve_comp(struct resolver *r, struct ast_term *t)
{
	PUSH(r->compiler, &r->ignored, declared_vars(r->compiler, &t->comp.body));
	if (t->comp.key != NULL)
		resolve_term(r, t->comp.key);
	resolve_term(r, t->comp.value);
	resolve_body(r, &t->comp.body);
	r->ignored.count--;
}

static void
resolve_term(struct resolver *r, struct ast_term *t)
{
	struct global *g;

	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		break;
	case AST_VAR:
		g = find_global(r, t);
		if (g != NULL)
			*t = *make_path(r, g, t->loc);
		break;
	case AST_REF:
		resolve_ref(r, t);
		break;
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
		resolve_terms(r, &t->items);
		break;
	case AST_TEMPLATE:
		resolve_terms(r, &t->items);
		for (size_t i = 0; t->withs != NULL && i < t->items.count; i++)
			resolve_withs(r, &t->withs[i]);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		resolve_comp(r, t);
		break;
	}
}

static void
resolve_scope(struct resolver *r, struct ast_body *b)
{
	PUSH(r->compiler, &r->ignored, declared_vars(r->compiler, b));
	resolve_body(r, b);
	r->ignored.count--;
}

static void
resolve_every(struct resolver *r, struct ast_every *every)
{
	struct var_set locals = { 0 };

	if (every->key != NULL)
		vars_of_term(r->compiler, &locals, every->key, 0);
	vars_of_term(r->compiler, &locals, every->value, 0);
	PUSH(r->compiler, &r->ignored, locals);
	resolve_term(r, every->domain);
	resolve_body(r, &every->body);
	r->ignored.count--;
}

static void
resolve_expr(struct resolver *r, struct ast_expr *e)
{
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
	case AST_EXPR_CALL:
		resolve_terms(r, &e->terms);
		break;
	case AST_EXPR_SOME:
		if (e->terms.at[0]->kind == AST_CALL)
			resolve_term(r, e->terms.at[0]);
		break;
	case AST_EXPR_EVERY:
		resolve_every(r, e->every);
		break;
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		resolve_scope(r, &e->logic->left);
		resolve_scope(r, &e->logic->right);
		break;
	}
	resolve_withs(r, &e->withs);
}

static void
resolve_body(struct resolver *r, struct ast_body *b)
{
	for (size_t i = 0; i < b->exprs.count; i++)
		resolve_expr(r, b->exprs.at[i]);
}

/* ---- rules ---- */

struct arg_scan {
	struct var_set vars;
	const struct ast_term *root; /* an argument called `input` or `data` */
};

/* Variables that a pattern binds: not in keys of objects, not in what is no pattern. */
static void
scan_arg(struct compiler *c, struct arg_scan *scan, const struct ast_term *t)
{
	if (t->kind == AST_VAR)
		var_set_add(c, &scan->vars, t->var.name);
	if (term_is_root(c, t) && scan->root == NULL)
		scan->root = t;
	if (t->kind != AST_ARRAY && t->kind != AST_OBJECT && t->kind != AST_REF)
		return;
	for (size_t i = 0; i < t->items.count; i++) {
		if (t->kind != AST_OBJECT || i % 2 == 1)
			scan_arg(c, scan, t->items.at[i]);
	}
}

static void
resolve_rule(struct resolver *r, struct ast_rule *rule)
{
	struct compiler *c = r->compiler;
	struct arg_scan scan = { 0 };

	for (size_t i = 0; i < rule->head.args.count; i++)
		scan_arg(c, &scan, rule->head.args.at[i]);
	if (scan.root != NULL) {
		compiler_error(c, COMPILE_ERROR, rule->loc,
		    "args must not shadow %.*s (use a different variable name)",
		    STR_FMT(name_str(scan.root->items.at[0]->var.name)));
		return;
	}
	r->ignored.count = 0;
	PUSH(c, &r->ignored, scan.vars);
	PUSH(c, &r->ignored, declared_vars(c, &rule->body));
	for (size_t i = rule->head.args.count; i < head_part_count(&rule->head); i++) {
		struct ast_term *part = *head_part(&rule->head, i);

		if (part != NULL)
			resolve_term(r, part);
	}
	resolve_body(r, &rule->body);
}

/* ---- globals ---- */

static void
add_global(struct resolver *r, rego_name_t name, const struct ast_term *path)
{
	struct global *g = NEW(r->compiler, struct global);

	g->name = name;
	g->path = path;
	name_map_put(r->compiler, &r->globals, name, g);
}

static bool
same_package(const struct ast_module *a, const struct ast_module *b)
{
	const struct ast_terms *x = &a->package->items, *y = &b->package->items;

	if (x->count != y->count)
		return false;
	for (size_t i = x->count; i-- > 1;) {
		if (!value_equal(x->at[i]->constant, y->at[i]->constant))
			return false;
	}
	return true;
}

static void
add_rules(struct resolver *r, const struct ast_module *package, const struct ast_module *m)
{
	struct compiler *c = r->compiler;

	for (size_t i = 0; i < m->rules.count; i++) {
		const struct ast_term *head = m->rules.at[i]->head.ref->items.at[0];
		struct ast_term *path;

		if (name_map_find(&r->globals, head->var.name) != NULL)
			continue;
		path = copy_term(c, package->package);
		PUSH(c, &path->items,
		    make_const(c, intern_add(c->unit->intern, name_str(head->var.name)), head->loc));
		add_global(r, head->var.name, path);
	}
}

static void
report_unused(struct resolver *r, const struct ast_module *m)
{
	struct compiler *c = r->compiler;

	for (size_t i = 0; i < m->imports.count; i++) {
		const struct ast_import *import = &m->imports.at[i];
		struct global *g = name_map_find(&r->globals, import_name(c, import));

		if (import_is_feature(import) || g == NULL || g->used)
			continue;
		compiler_error(c, COMPILE_ERROR, import->loc, "%.*s unused",
		    STR_FMT(import_text(c, import)));
	}
}

static void
resolve_module(struct compiler *c, struct ast_module *m)
{
	struct resolver r = { .compiler = c };

	if (m->package != NULL) {
		for (size_t i = 0; i < c->unit->modules.count; i++) {
			if (same_package(m, c->unit->modules.at[i]))
				add_rules(&r, m, c->unit->modules.at[i]);
		}
	}
	for (size_t i = 0; i < m->imports.count; i++) {
		if (!import_is_feature(&m->imports.at[i]))
			add_global(&r, import_name(c, &m->imports.at[i]), m->imports.at[i].path);
	}
	for (size_t i = 0; i < m->rules.count; i++) {
		for (struct ast_rule *rule = m->rules.at[i]; rule != NULL; rule = rule->else_rule)
			resolve_rule(&r, rule);
	}
	if (c->unit->strict && c->query == NULL)
		report_unused(&r, m);
}

void
pass_resolve_refs(struct compiler *c)
{
	for (size_t i = 0; i < c->modules.count; i++)
		resolve_module(c, c->modules.at[i]);
}
