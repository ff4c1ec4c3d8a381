/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/parser_internal.h"

/* ---- heads ---- */

static str_t
head_text(struct parser *p, const struct ast_head *head)
{
	return rego_ast_text(p->scratch, head->ref);
}

/* A reference of one variable, for a head that is just a name. */
static struct ast_term *
ref_of_var(struct parser *p, struct ast_term *var)
{
	struct ast_terms items = { 0 };

	parser_push(p, &items, var);
	return parser_make_items(p, AST_REF, var->loc, items);
}

/* Name, reference and arguments from what stands before the value. */
static bool
take_head_term(struct parser *p, struct ast_term *term, struct ast_head *head)
{
	struct ast_term *ref = term;

	if (term->kind == AST_CALL) {
		ref = term->items.at[0];
		if (ref->kind == AST_REF && ref->items.at[0]->kind != AST_VAR) {
			str_t text = rego_ast_text(p->scratch, ref);

			parser_unexpected(p, "rule head ref %.*s invalid", STR_FMT(text));
			return false;
		}
		head->is_function = true;
		for (size_t i = 1; i < term->items.count; i++)
			parser_push(p, &head->args, term->items.at[i]);
	}
	if (ref->kind == AST_VAR)
		ref = ref_of_var(p, ref);
	if (ref == NULL || ref->kind != AST_REF || ref->items.at[0]->kind != AST_VAR)
		return false;
	head->ref = ref;
	if (ref->items.count == 1)
		head->name = ref->items.at[0]->var.name;
	return true;
}

static void
parse_contains(struct parser *p, struct ast_head *head)
{
	str_t name = head_text(p, head);

	if (head->is_function)
		parser_unexpected(p, "the contains keyword can only be used with multi-value rule "
		    "definitions (e.g., %.*s contains <VALUE> { ... })", STR_FMT(name));
	parser_scan(p);
	head->contains = true;
	head->key = parser_infix(p);
	if (head->key == NULL)
		parser_unexpected(p, "expected rule key term (e.g., %.*s contains <VALUE> { ... })",
		    STR_FMT(name));
}

static void
parse_value(struct parser *p, struct ast_head *head, bool is_default)
{
	str_t name = head_text(p, head);

	head->assign = p->s.word.kind == LEX_ASSIGN;
	parser_scan(p);
	head->value = parser_infix(p);
	if (head->value != NULL)
		return;
	if (!head->assign)
		parser_unexpected(p, "expected rule value term (e.g., %.*s[<nil>] = <VALUE> { ... })",
		    STR_FMT(name));
	else if (head->args.count > 0)
		parser_unexpected(p,
		    "expected function value term (e.g., %.*s(...) := <VALUE> { ... })", STR_FMT(name));
	else if (is_default)
		parser_unexpected(p, "expected default rule value term (e.g., default %.*s := <VALUE>)",
		    STR_FMT(name));
	else
		parser_unexpected(p, "expected rule value term (e.g., %.*s := <VALUE> { ... })",
		    STR_FMT(name));
}

static struct ast_term *
make_true(struct parser *p, struct ast_loc loc)
{
	return parser_make_const(p, loc, value_bool(true));
}

static bool
parse_head(struct parser *p, bool is_default, struct ast_head *head)
{
	struct ast_term *term = parser_var(p);

	head->loc = p->s.loc;
	term = term != NULL ? parser_finish_head(p, term) : NULL;
	if (term == NULL) {
		parser_unexpected(p, "expected rule head name");
		return false;
	}
	if (!take_head_term(p, term, head))
		return false;
	if (p->s.word.kind == LEX_CONTAINS)
		parse_contains(p, head);
	else if (p->s.word.kind == LEX_UNIFY || p->s.word.kind == LEX_ASSIGN)
		parse_value(p, head, is_default);
	head->loc = parser_extend(p, head->loc);
	if (!head->contains && head->value == NULL &&
	    (head->ref->items.count != 2 || head->args.count > 0)) {
		head->generated_value = true;
		head->value = make_true(p, head->loc);
	}
	return true;
}

/* ---- default ---- */

static bool check_default_term(struct parser *, const struct ast_term *, struct ast_loc);

static bool
check_default_items(struct parser *p, const struct ast_terms *items, struct ast_loc loc)
{
	bool fine = true;

	for (size_t i = 0; i < items->count; i++)
		fine &= check_default_term(p, items->at[i], loc);
	return fine;
}

/* A default's value is a constant, or a comprehension, which is closed in itself. */
static bool
check_default_term(struct parser *p, const struct ast_term *t, struct ast_loc loc)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_VAR:
	case AST_REF:
	case AST_CALL:
		parser_error(p, loc, "illegal default rule (value cannot contain %s)",
		    rego_ast_kind_name(t));
		return false;
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_TEMPLATE:
		return check_default_items(p, &t->items, loc);
	case AST_CONST:
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return true;
	}
	return true;
}

static bool
check_default_args(struct parser *p, const struct ast_terms *args, struct ast_loc loc)
{
	bool fine = true;

	for (size_t i = 0; i < args->count; i++) {
		const struct ast_term *arg = args->at[i];

		if (arg->kind != AST_VAR) {
			parser_error(p, loc, "illegal default rule (arguments cannot contain %s)",
			    rego_ast_kind_name(arg));
			fine = false;
			continue;
		}
		for (size_t k = 0; k < i; k++) {
			if (args->at[k]->kind != AST_VAR || args->at[k]->var.name != arg->var.name)
				continue;
			parser_error(p, loc, "illegal default rule (arguments cannot be repeated %.*s)",
			    STR_FMT(rego_name_str(arg->var.name)));
			fine = false;
			break;
		}
	}
	return fine;
}

static bool
finish_default(struct parser *p, struct ast_rule *rule)
{
	if (rule->head.value == NULL) {
		parser_error(p, rule->loc, "illegal default rule (must have a value)");
		return false;
	}
	if (!check_default_term(p, rule->head.value, rule->loc) ||
	    !check_default_args(p, &rule->head.args, rule->loc))
		return false;
	rule->is_default = true;
	rule->generated_body = true;
	rule->body = parser_true_body(p, rule->loc);
	rule->loc = parser_extend(p, rule->loc);
	return true;
}

/* ---- what p[x] means ---- */

/* p[x] if ...: a rule of one value per x; p[x] without `if`: v0's partial set or object. */
static void
settle_brackets(struct parser *p, struct ast_head *head, bool has_if)
{
	struct ast_terms *ref = &head->ref->items;

	if (head->contains || ref->count != 2)
		return;
	if (has_if) {
		struct ast_term *last = ref->at[1];

		if (head->args.count == 0 && (!parser_is_ground(last) || last->kind == AST_REF))
			head->key = last;
		if (head->value == NULL) {
			head->generated_value = true;
			head->value = make_true(p, head->loc);
		} else {
			head->name = ref->at[0]->var.name;
		}
		return;
	}
	if (head->args.count > 0)
		return;
	head->name = ref->at[0]->var.name;
	head->key = ref->at[1];
	if (head->value == NULL)
		head->ref = ref_of_var(p, ref->at[0]);
}

/* ---- bodies and else ---- */

static bool
parse_braced_body(struct parser *p, struct ast_body *body)
{
	parser_scan(p);
	if (!parser_body(p, LEX_RBRACE, body))
		return false;
	parser_scan(p);
	return true;
}

/* Behind `if`: one literal, or a body in braces; a set alone is taken for a body. */
static bool
parse_if_body(struct parser *p, struct ast_body *body)
{
	struct parser_state saved;
	struct ast_expr *e;
	bool brace;

	parser_scan(p);
	saved = p->s;
	brace = p->s.word.kind == LEX_LBRACE;
	e = parser_literal(p);
	if (e != NULL &&
	    !(brace && e->kind == AST_EXPR_TERM && e->terms.at[0]->kind == AST_SET)) {
		*body = parser_body_of(p, e);
		return true;
	}
	if (!brace)
		return false;
	p->s = saved;
	return parse_braced_body(p, body);
}

/* Value and body of one `else`, at the word; false: an error. */
static bool
parse_else_clause(struct parser *p, const struct ast_head *head, struct ast_rule *rule)
{
	struct ast_body *written;
	struct ast_expr *e;

	rule->loc = p->s.loc;
	rule->head = parser_copy_head(p, head, NULL);
	rule->head.generated_value = false;
	rule->head.has_if = false;
	rule->head.loc = p->s.loc;
	parser_scan(p);
	switch (p->s.word.kind) {
	case LEX_LBRACE:
	case LEX_IF:
		rule->head.generated_value = true;
		rule->head.value = make_true(p, rule->head.loc);
		break;
	case LEX_ASSIGN:
	case LEX_UNIFY:
		rule->head.assign = p->s.word.kind == LEX_ASSIGN;
		parser_scan(p);
		rule->head.value = parser_infix(p);
		if (rule->head.value == NULL)
			return false;
		rule->head.loc = parser_extend(p, rule->head.loc);
		break;
	default:
		parser_unexpected(p, "expected else value term or rule body");
		return false;
	}
	if (p->s.word.kind != LEX_IF && p->s.word.kind != LEX_LBRACE) {
		rule->body = parser_true_body(p, rule->loc);
		rule->generated_body = true;
		return true;
	}
	if (p->s.word.kind == LEX_IF) {
		rule->head.has_if = true;
		parser_scan(p);
	}
	if (p->s.word.kind == LEX_LBRACE)
		return parse_braced_body(p, &rule->body);
	if (p->s.word.kind == LEX_EOF) {
		parser_unexpected(p, "rule body expected");
		return false;
	}
	e = parser_literal(p);
	if (e == NULL)
		return false;
	/* Here OPA gives everything the place of the `else`. */
	written = ARENA_NEW(p->arena, struct ast_body);
	if (written == NULL)
		return false;
	*written = parser_body_of(p, e);
	rule->written = written;
	rule->body = parser_copy_body(p, written, &rule->loc);
	return true;
}

/* At `else`: it and those that follow it. */
static bool
parse_else_chain(struct parser *p, struct ast_rule *rule)
{
	const struct ast_head *head = &rule->head;
	unsigned chain = 0;
	bool done = true;

	while (done && p->s.word.kind == LEX_ELSE) {
		struct ast_rule *next = ARENA_NEW(p->arena, struct ast_rule);

		done = next != NULL && parser_enter(p, PARSER_CHAIN_WEIGHT);
		if (!done)
			break;
		chain += PARSER_CHAIN_WEIGHT;
		done = parse_else_clause(p, head, next);
		next->loc = parser_extend(p, next->loc);
		rule->else_rule = next;
		rule = next;
		if (next->generated_body) /* nothing can follow `else = 1` */
			break;
	}
	parser_leave(p, chain);
	return done;
}

static bool
parse_else(struct parser *p, struct ast_rule *rule)
{
	const struct ast_term *ref = rule->head.ref;

	/* `else.x` begins another rule. */
	if (p->s.word.kind != LEX_ELSE || parser_take_ref_keyword(p))
		return true;
	if (ref->items.count > 1 && !parser_is_ground(ref)) {
		parser_error(p, p->s.loc, "else keyword cannot be used on rules with variables in head");
		return false;
	}
	if (rule->head.key != NULL) {
		parser_error(p, p->s.loc, "else keyword cannot be used on multi-value rules");
		return false;
	}
	return parse_else_chain(p, rule);
}

/* p { ... } { ... }: each further body is a rule of its own, with the same head. */
static bool
parse_more_bodies(struct parser *p, const struct ast_rule *first, struct ast_rules *ret)
{
	while (p->s.word.kind == LEX_LBRACE) {
		struct ast_rule *next = ARENA_NEW(p->arena, struct ast_rule);

		if (next == NULL)
			return false;
		if (first->else_rule != NULL) {
			parser_error(p, p->s.loc, "expected else keyword");
			return false;
		}
		next->loc = p->s.loc;
		if (!parse_braced_body(p, &next->body))
			return false;
		next->loc = parser_extend(p, next->loc);
		next->head = parser_copy_head(p, &first->head, &next->loc);
		if (!VEC_PUSH(p->arena, ret, next))
			return false;
	}
	return true;
}

/* ---- rules ---- */

/* Behind the head; false without an error: it was no rule, but maybe a plain expression. */
static bool
parse_rule_body(struct parser *p, struct ast_rule *rule)
{
	rule->head.has_if = p->s.word.kind == LEX_IF;
	settle_brackets(p, &rule->head, rule->head.has_if);
	if (rule->head.has_if)
		return parse_if_body(p, &rule->body);
	if (p->s.word.kind == LEX_LBRACE)
		return parse_braced_body(p, &rule->body);
	if (!rule->head.contains)
		return false;
	rule->generated_body = true;
	rule->body = parser_true_body(p, rule->loc);
	rule->loc = rule->head.loc;
	return true;
}

bool
parser_rules(struct parser *p, struct ast_rules *ret)
{
	struct ast_rule *rule = ARENA_NEW(p->arena, struct ast_rule);
	bool is_default;

	if (rule == NULL)
		return false;
	rule->loc = p->s.loc;
	(void)parser_take_ref_keyword(p);
	is_default = p->s.word.kind == LEX_DEFAULT;
	if (is_default) {
		parser_scan(p);
		(void)parser_take_ref_keyword(p);
	}
	if (p->s.word.kind != LEX_NAME || !parse_head(p, is_default, &rule->head))
		return false;
	if (is_default)
		return finish_default(p, rule) && VEC_PUSH(p->arena, ret, rule);
	if (!parse_rule_body(p, rule))
		return false;
	if (rule->generated_body)
		return VEC_PUSH(p->arena, ret, rule);
	if (!parse_else(p, rule))
		return false;
	rule->loc = parser_extend(p, rule->loc);
	return VEC_PUSH(p->arena, ret, rule) && parse_more_bodies(p, rule, ret);
}
