/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rego.metadata.chain() and rego.metadata.rule() become variables that hold what they
 * say of the rule they stand in: __local0__ = [...] is put in front of its body.
 */
#include "rego/metadata_set.h"
#include "rego/pass/walk.h"

enum { CHAIN, RULE, CALL_COUNT };

static const char *const names[CALL_COUNT] = {
	[CHAIN] = "rego.metadata.chain",
	[RULE] = "rego.metadata.rule",
};

struct calls {
	const struct ast_expr *first[CALL_COUNT];
	rego_name_t var[CALL_COUNT];
};

static bool
note_call(struct walker *w, struct ast_expr *e)
{
	struct calls *calls = w->context;

	for (size_t i = 0; i < CALL_COUNT; i++)
		if (calls->first[i] == NULL && expr_is_call_of(e, names[i]))
			calls->first[i] = e;
	return true;
}

static struct ast_term *
term_of(struct compiler *c, value_t v, struct ast_loc loc)
{
	struct ast_term *t;

	if (!value_is_collection(v))
		return make_const(c, v, loc);
	t = make_term(c, v.tag == VALUE_OBJECT ? AST_OBJECT : AST_ARRAY, loc);
	for (uint32_t i = 0; i < v.count; i++) {
		value_t key, item;

		value_entry_at(v, i, &key, &item);
		if (v.tag == VALUE_OBJECT)
			PUSH(c, &t->items, make_const(c, key, loc));
		PUSH(c, &t->items, term_of(c, item, loc));
	}
	return t;
}

static void
add_capture(
    struct compiler *c, struct ast_body *out, struct calls *calls, size_t which, value_t v)
{
	struct ast_expr *capture;

	if (!value_is_defined(v))
		compiler_give_up(c);
	capture = make_capture(c, term_of(c, v, calls->first[which]->loc));
	calls->var[which] = captured(capture)->var.name;
	body_add(c, out, capture);
}

/* With an output it becomes `output = var`, else `var`. */
static bool
replace_call(struct walker *w, struct ast_expr *e)
{
	struct compiler *c = w->compiler;
	const struct calls *calls = w->context;

	for (size_t i = 0; i < CALL_COUNT; i++) {
		struct ast_term *var, *output;

		if (calls->first[i] == NULL || !expr_is_call_of(e, names[i]))
			continue;
		var = make_var(c, calls->var[i], e->loc);
		output = e->terms.count > 1 ? e->terms.at[1] : NULL;
		e->terms.count = e->withs.count = 0;
		e->generated = true;
		e->negated = false; /* so it is in OPA: `not rego.metadata.rule()` holds */
		if (output == NULL) {
			e->kind = AST_EXPR_TERM;
			PUSH(c, &e->terms, var);
			return false;
		}
		PUSH(c, &e->terms, make_operator(c, "eq", e->loc));
		PUSH(c, &e->terms, output);
		PUSH(c, &e->terms, var);
		return false;
	}
	return true;
}

static void
rewrite_rule(struct compiler *c, struct ast_rule *r)
{
	struct calls calls = { 0 };
	struct walker note = { .on_expr = note_call, .compiler = c, .context = &calls };
	struct walker replace = { .on_expr = replace_call, .compiler = c, .context = &calls };
	struct ast_body out = { .loc = r->body.loc };

	walk_rule(&note, r);
	if (calls.first[CHAIN] != NULL)
		add_capture(
		    c, &out, &calls, CHAIN, rego_metadata_chain(c->arena, c->metadata, r));
	if (calls.first[RULE] != NULL)
		add_capture(c, &out, &calls, RULE, rego_metadata_rule(c->arena, r));
	if (out.exprs.count == 0)
		return;
	walk_rule(&replace, r);
	for (size_t i = 0; i < r->body.exprs.count; i++)
		body_add(c, &out, r->body.exprs.at[i]);
	r->body = out;
}

void
pass_metadata_calls(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++)
		rewrite_rule(c, c->rules.at[i]);
}
