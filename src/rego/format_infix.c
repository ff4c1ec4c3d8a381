/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators.  As OPA has it, the operands of a term's operator stand in
 * parentheses when they are operators themselves; those of an expression's only
 * when it would be read differently without.
 */
#include "rego/ast_compare.h"
#include "rego/format_internal.h"

enum binding {
	BIND_LITERAL,
	BIND_IN,
	BIND_RELATION,
	BIND_OR,
	BIND_AND,
	BIND_SUM,
	BIND_PRODUCT
};

static const struct format_operator operators[] = {
	{ "eq", "=", BIND_LITERAL },
	{ "assign", ":=", BIND_LITERAL },
	{ "equal", "==", BIND_RELATION },
	{ "neq", "!=", BIND_RELATION },
	{ "lt", "<", BIND_RELATION },
	{ "gt", ">", BIND_RELATION },
	{ "lte", "<=", BIND_RELATION },
	{ "gte", ">=", BIND_RELATION },
	{ "or", "|", BIND_OR },
	{ "and", "&", BIND_AND },
	{ "plus", "+", BIND_SUM },
	{ "minus", "-", BIND_SUM },
	{ "mul", "*", BIND_PRODUCT },
	{ "div", "/", BIND_PRODUCT },
	{ "rem", "%", BIND_PRODUCT },
};
static const struct format_operator member_2 = { "member_2", "in", BIND_IN },
				    member_3 = { "member_3", "in", BIND_IN };

static const struct format_operator *
find_member(const struct format *f, const struct ast_terms *ref, size_t operands)
{
	const struct ast_term *part = ref->at[1];
	str_t name;

	/* Where `in` is no keyword only the call can be written. */
	if ((f->style.keywords & REGO_WORD_IN) == 0 ||
	    !str_eq(rego_name_str(ref->at[0]->var.name), STR("internal")) ||
	    part->kind != AST_CONST || !value_is_string(part->constant))
		return NULL;
	name = value_str(part->constant);
	if (operands == 2 && str_eq(name, STR("member_2")))
		return &member_2;
	return operands == 3 && str_eq(name, STR("member_3")) ? &member_3 : NULL;
}

/* `operands` of the call; one more for the result is for the caller to tell. */
static const struct format_operator *
find_operator(const struct format *f, const struct ast_term *ref, size_t operands)
{
	str_t name;

	if (ref->kind != AST_REF || ref->items.at[0]->kind != AST_VAR)
		return NULL;
	if (ref->items.count == 2)
		return find_member(f, &ref->items, operands);
	if (ref->items.count != 1 || operands != 2)
		return NULL;
	name = rego_name_str(ref->items.at[0]->var.name);
	for (size_t i = 0; i < COUNT(operators); i++)
		if (str_eq(name, str_of(operators[i].name)))
			return &operators[i];
	return NULL;
}

const struct format_operator *
format_operator_of(const struct format *f, const struct ast_terms *call)
{
	const struct format_operator *op = find_operator(f, call->at[0], call->count - 1);

	return op != NULL && op->binding != BIND_LITERAL ? op : NULL;
}

bool
format_is_union(const struct format *f, const struct ast_terms *call)
{
	const struct format_operator *op = format_operator_of(f, call);

	return op != NULL && op->binding == BIND_OR;
}

bool
format_is_key_value_in(const struct format *f, const struct ast_terms *call)
{
	return format_operator_of(f, call) == &member_3;
}

/* -x is the call 0 - x, with its zero where the sign is. */
static bool
is_minus_sign(const struct ast_terms *call)
{
	const struct ast_term *zero = call->at[1];

	return call->at[0]->items.count == 1 && zero->kind == AST_CONST &&
	       zero->constant.tag == VALUE_INT && zero->constant.integer == 0 &&
	       zero->loc.offset == call->at[0]->loc.offset;
}

static void
write_sign(struct format *f, const struct ast_terms *call)
{
	format_chars(f, "-");
	format_term(f, call->at[2], FORMAT_TERM);
}

void
format_infix_term(struct format *f, const struct ast_term *t, const struct format_operator *op)
{
	const struct ast_terms *call = &t->items;
	size_t second = call->count - 1;

	if (op->binding == BIND_SUM && is_minus_sign(call)) {
		write_sign(f, call);
		return;
	}
	format_term(f, call->at[1], FORMAT_TERM);
	if (op == &member_3) {
		format_chars(f, ", ");
		format_term(f, call->at[2], FORMAT_TERM);
	}
	format_chars(f, " ");
	format_chars(f, op->text);
	format_chars(f, " ");
	format_term(f, call->at[second], FORMAT_TERM);
}

/* ---- expressions ---- */

static unsigned
binding_of(const struct format *f, const struct ast_term *t)
{
	const struct format_operator *op =
	    t->kind == AST_CALL ? format_operator_of(f, &t->items) : NULL;

	return op == NULL || (op->binding == BIND_SUM && is_minus_sign(&t->items))
		   ? BIND_PRODUCT + 1
		   : op->binding;
}

/* Would what begins with this term be `term | ...`, the beginning of a comprehension? */
static bool
leads_with_union(const struct format *f, const struct ast_term *t)
{
	return binding_of(f, t) == BIND_OR;
}

static void
write_operand(struct format *f, const struct ast_term *t, unsigned least, bool first)
{
	bool parens = binding_of(f, t) < least || (first && leads_with_union(f, t)) ||
		      (t->kind == AST_CALL && format_is_key_value_in(f, &t->items));

	format_term(f, t, parens ? FORMAT_TERM : FORMAT_VALUE);
}

static void
write_in(struct format *f, const struct ast_terms *terms)
{
	for (size_t i = 1; i + 1 < terms->count; i++) {
		if (i > 1)
			format_chars(f, ", ");
		format_term(f, terms->at[i], FORMAT_TERM);
	}
	format_chars(f, " in ");
	format_term(f, terms->at[terms->count - 1], FORMAT_TERM);
}

static void
write_binary(struct format *f, const struct format_operator *op, const struct ast_terms *terms,
    bool first)
{
	bool literal = op->binding == BIND_LITERAL;
	bool parens = first && op->binding == BIND_OR;

	if (op->binding == BIND_SUM && is_minus_sign(terms)) {
		write_sign(f, terms);
		return;
	}
	if (parens)
		format_chars(f, "(");
	write_operand(f, terms->at[1], op->binding, first && !parens);
	format_chars(f, " ");
	format_chars(f, op->text);
	format_chars(f, " ");
	write_operand(f, terms->at[2], literal ? 0 : op->binding + 1, false);
	if (parens)
		format_chars(f, ")");
}

/* A call with one operand too many says what the result must be: z = x + y. */
static const struct format_operator *
operator_with_result(const struct format *f, const struct ast_terms *terms)
{
	const struct format_operator *op = NULL;

	if (terms->count == 4)
		op = find_operator(f, terms->at[0], 2);
	return op != NULL && op->binding > BIND_IN ? op : NULL;
}

void
format_infix_expr(struct format *f, const struct ast_terms *terms, bool first)
{
	const struct format_operator *op = find_operator(f, terms->at[0], terms->count - 1);

	if (op == &member_2 || op == &member_3) {
		write_in(f, terms);
	} else if (op != NULL) {
		write_binary(f, op, terms, first);
	} else if ((op = operator_with_result(f, terms)) != NULL) {
		write_operand(f, terms->at[3], 0, first);
		format_chars(f, " = ");
		write_binary(f, op, terms, false);
	} else {
		uint32_t open = format_end(terms->at[0]->loc);

		format_term(f, terms->at[0], FORMAT_VALUE);
		format_chars(f, "(");
		format_list(f, terms, 1, open, 0, ")");
	}
}

bool
format_expr_leads_with_brace(const struct format *f, const struct ast_expr *e)
{
	const struct ast_terms *terms = &e->terms;
	const struct format_operator *op;
	const struct ast_term *first;

	if (e->kind == AST_EXPR_TERM)
		return format_leads_with_brace(f, terms->at[0]);
	if (e->kind != AST_EXPR_CALL)
		return false;
	op = find_operator(f, terms->at[0], terms->count - 1);
	if (op == NULL && operator_with_result(f, terms) == NULL)
		return false;
	first = terms->at[op == NULL ? 3 : 1];
	if (op != NULL && binding_of(f, first) < op->binding)
		return false;
	return format_leads_with_brace(f, first);
}
