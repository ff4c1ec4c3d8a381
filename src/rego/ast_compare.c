/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_compare.h"

str_t
rego_name_str(rego_name_t name)
{
	return name == NULL ? STR_NONE : str_make(name->bytes, name->len);
}

static int
rank(const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST: return 0; /* value_compare() knows the rest */
	case AST_VAR: return 1;
	case AST_REF: return 2;
	case AST_ARRAY: return 3;
	case AST_OBJECT: return 4;
	case AST_SET: return 5;
	case AST_ARRAY_COMP: return 6;
	case AST_OBJECT_COMP: return 7;
	case AST_SET_COMP: return 8;
	case AST_CALL: return 9;
	case AST_TEMPLATE: return 10;
	}
	return 11;
}

static int
compare_numbers(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_items(const struct ast_terms *a, const struct ast_terms *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = rego_ast_compare(a->at[i], b->at[i]);

		if (order != 0)
			return order;
	}
	return compare_numbers(a->count, b->count);
}

static int
compare_withs(const struct ast_withs *a, const struct ast_withs *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = rego_ast_compare(a->at[i].target, b->at[i].target);

		if (order == 0)
			order = rego_ast_compare(a->at[i].value, b->at[i].value);
		if (order != 0)
			return order;
	}
	return compare_numbers(a->count, b->count);
}

static int
compare_templates(const struct ast_term *a, const struct ast_term *b)
{
	int order = compare_items(&a->items, &b->items);

	for (size_t i = 0; order == 0 && i < a->items.count; i++) {
		static const struct ast_withs none;

		order = compare_withs(a->withs != NULL ? &a->withs[i] : &none,
		    b->withs != NULL ? &b->withs[i] : &none);
	}
	return order != 0 ? order : a->multiline - b->multiline;
}

static int
compare_comprehensions(const struct ast_term *a, const struct ast_term *b)
{
	int order = rego_ast_compare(a->comp.key, b->comp.key);

	if (order == 0)
		order = rego_ast_compare(a->comp.value, b->comp.value);
	if (order == 0)
		order = rego_ast_compare_body(&a->comp.body, &b->comp.body);
	return order;
}

int
rego_ast_compare(const struct ast_term *a, const struct ast_term *b)
{
	int order;

	if (a == b)
		return 0;
	if (a == NULL || b == NULL)
		return a == NULL ? -1 : 1;
	order = rank(a) - rank(b);
	if (order != 0)
		return order < 0 ? -1 : 1;
	switch ((enum ast_term_kind)a->kind) {
	case AST_CONST:
		return value_compare(a->constant, b->constant);
	case AST_VAR:
		return a->var.name == b->var.name
		    ? 0
		    : str_cmp(rego_name_str(a->var.name), rego_name_str(b->var.name));
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return compare_comprehensions(a, b);
	case AST_TEMPLATE:
		return compare_templates(a, b);
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
		return compare_items(&a->items, &b->items);
	}
	return 0;
}

static int
expr_rank(const struct ast_expr *e)
{
	return e->kind == AST_EXPR_SOME ? -1 : e->kind;
}

int
rego_ast_compare_expr(const struct ast_expr *a, const struct ast_expr *b)
{
	int order = compare_numbers((size_t)(expr_rank(a) + 1), (size_t)(expr_rank(b) + 1));

	if (order == 0)
		order = compare_numbers(a->index, b->index);
	if (order == 0)
		order = a->negated - b->negated;
	if (order == 0)
		order = compare_items(&a->terms, &b->terms);
	if (order == 0 && a->kind == AST_EXPR_EVERY) {
		order = rego_ast_compare(a->every->key, b->every->key);
		if (order == 0)
			order = rego_ast_compare(a->every->value, b->every->value);
		if (order == 0)
			order = rego_ast_compare(a->every->domain, b->every->domain);
		if (order == 0)
			order = rego_ast_compare_body(&a->every->body, &b->every->body);
	}
	if (order == 0 && a->kind >= AST_EXPR_NOT) {
		order = rego_ast_compare_body(&a->logic->left, &b->logic->left);
		if (order == 0)
			order = rego_ast_compare_body(&a->logic->right, &b->logic->right);
	}
	return order != 0 ? order : compare_withs(&a->withs, &b->withs);
}

int
rego_ast_compare_body(const struct ast_body *a, const struct ast_body *b)
{
	for (size_t i = 0; i < a->exprs.count && i < b->exprs.count; i++) {
		int order = rego_ast_compare_expr(a->exprs.at[i], b->exprs.at[i]);

		if (order != 0)
			return order;
	}
	return compare_numbers(a->exprs.count, b->exprs.count);
}
