/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two modules mean the same. */
#include "rego/ast_compare.h"
#include "rego/format_internal.h"

static bool same_term(const struct ast_term *, const struct ast_term *);
static bool same_body(const struct ast_body *, const struct ast_body *);

static bool
same_terms(const struct ast_terms *a, const struct ast_terms *b, size_t from)
{
	if (a->count != b->count)
		return false;
	for (size_t i = from; i < a->count; i++)
		if (!same_term(a->at[i], b->at[i]))
			return false;
	return true;
}

static bool
same_withs(const struct ast_withs *a, const struct ast_withs *b)
{
	if ((a != NULL ? a->count : 0) != (b != NULL ? b->count : 0))
		return false;
	for (size_t i = 0; a != NULL && i < a->count; i++)
		if (!same_term(a->at[i].target, b->at[i].target) ||
		    !same_term(a->at[i].value, b->at[i].value))
			return false;
	return true;
}

/* ---- template strings ---- */

static bool
is_text(const struct ast_term *part)
{
	return part->kind == AST_CONST;
}

static void
add_text(struct buf *b, const struct ast_term *part)
{
	if (value_is_string(part->constant))
		buf_add_str(b, value_str(part->constant));
	else
		value_print(b, part->constant);
}

/* The text of the constants from *i on, which moves behind them. */
static void
take_text(const struct ast_terms *parts, size_t *i, struct buf *text)
{
	buf_clear(text);
	while (*i < parts->count && is_text(parts->at[*i]))
		add_text(text, parts->at[(*i)++]);
}

static bool
same_template(const struct ast_term *a, const struct ast_term *b)
{
	size_t i = 0, k = 0;
	struct buf left, right;
	bool same = a->multiline == b->multiline;

	buf_init(&left, SIZE_MAX);
	buf_init(&right, SIZE_MAX);
	while (same) {
		take_text(&a->items, &i, &left);
		take_text(&b->items, &k, &right);
		same = str_eq(buf_str(&left), buf_str(&right)) && !buf_failed(&left) &&
		       !buf_failed(&right) && (i < a->items.count) == (k < b->items.count);
		if (!same || i == a->items.count)
			break;
		same = same_term(a->items.at[i], b->items.at[k]) &&
		       same_withs(a->withs != NULL ? &a->withs[i] : NULL,
			   b->withs != NULL ? &b->withs[k] : NULL);
		i++;
		k++;
	}
	buf_fini(&left);
	buf_fini(&right);
	return same;
}

/* ---- terms ---- */

static bool
same_constant(value_t a, value_t b)
{
	struct buf left, right;
	bool same;

	if (value_is_string(a) || value_is_string(b))
		return value_is_string(a) && value_is_string(b) &&
		       str_eq(value_str(a), value_str(b));
	buf_init(&left, SIZE_MAX);
	buf_init(&right, SIZE_MAX);
	value_print(&left, a); /* numbers keep their spelling */
	value_print(&right, b);
	same = !buf_failed(&left) && !buf_failed(&right) &&
	       str_eq(buf_str(&left), buf_str(&right));
	buf_fini(&left);
	buf_fini(&right);
	return same;
}

static bool
is_wildcard(const struct ast_term *t)
{
	return t->var.name->bytes[0] == '$';
}

static bool
same_var(const struct ast_term *a, const struct ast_term *b)
{
	if (is_wildcard(a) || is_wildcard(b))
		return is_wildcard(a) && is_wildcard(b);
	return str_eq(rego_name_str(a->var.name), rego_name_str(b->var.name));
}

static bool
same_optional(const struct ast_term *a, const struct ast_term *b)
{
	return a == NULL || b == NULL ? a == b : same_term(a, b);
}

static bool
same_term(const struct ast_term *a, const struct ast_term *b)
{
	if (a->kind != b->kind)
		return false;
	switch ((enum ast_term_kind)a->kind) {
	case AST_CONST:
		return same_constant(a->constant, b->constant);
	case AST_VAR:
		return same_var(a, b);
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
		return same_terms(&a->items, &b->items, 0);
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return same_optional(a->comp.key, b->comp.key) &&
		       same_term(a->comp.value, b->comp.value) &&
		       same_body(&a->comp.body, &b->comp.body);
	case AST_TEMPLATE:
		return same_template(a, b);
	}
	return false;
}

/* ---- literals ---- */

/* plus(x, y, z) is z = x + y. */
static bool
same_result(const struct ast_terms *call, const struct ast_terms *equation)
{
	static const struct format plain;
	const struct ast_term *right;
	struct ast_terms head = *call;

	if (call->count != 4 || equation->count != 3 || equation->at[2]->kind != AST_CALL)
		return false;
	right = equation->at[2];
	head.count--;
	return format_operator_of(&plain, &head) != NULL &&
	       same_term(call->at[3], equation->at[1]) && same_terms(&head, &right->items, 0);
}

static bool
same_logic(const struct ast_logic *a, const struct ast_logic *b)
{
	return a->explicit_left == b->explicit_left &&
	       a->explicit_right == b->explicit_right && same_body(&a->left, &b->left) &&
	       same_body(&a->right, &b->right);
}

static bool
same_every(const struct ast_every *a, const struct ast_every *b)
{
	return same_optional(a->key, b->key) && same_term(a->value, b->value) &&
	       same_term(a->domain, b->domain) && same_body(&a->body, &b->body);
}

static bool
same_expr(const struct ast_expr *a, const struct ast_expr *b)
{
	if (a->kind != b->kind || a->negated != b->negated ||
	    !same_withs(&a->withs, &b->withs))
		return false;
	switch ((enum ast_expr_kind)a->kind) {
	case AST_EXPR_TERM:
	case AST_EXPR_SOME:
		return same_terms(&a->terms, &b->terms, 0);
	case AST_EXPR_CALL:
		return same_terms(&a->terms, &b->terms, 0) ||
		       same_result(&a->terms, &b->terms) || same_result(&b->terms, &a->terms);
	case AST_EXPR_EVERY:
		return same_every(a->every, b->every);
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		return same_logic(a->logic, b->logic);
	}
	return false;
}

static bool
same_body(const struct ast_body *a, const struct ast_body *b)
{
	if (a->exprs.count != b->exprs.count)
		return false;
	for (size_t i = 0; i < a->exprs.count; i++)
		if (!same_expr(a->exprs.at[i], b->exprs.at[i]))
			return false;
	return true;
}

/* ---- rules ---- */

/* With a value, the key is the reference's last part or says nothing more. */
static bool
same_head(const struct ast_head *a, const struct ast_head *b)
{
	bool member = a->value == NULL;

	if (!same_term(a->ref, b->ref) || a->args.count != b->args.count ||
	    !same_optional(a->value, b->value))
		return false;
	if (member && !same_optional(a->key, b->key))
		return false;
	return same_terms(&a->args, &b->args, 0);
}

static bool
same_rule(const struct ast_rule *a, const struct ast_rule *b)
{
	for (; a != NULL && b != NULL; a = a->else_rule, b = b->else_rule)
		if (a->is_default != b->is_default || !same_head(&a->head, &b->head) ||
		    !same_body(&a->body, &b->body))
			return false;
	return a == b;
}

static bool
has_import(const struct ast_module *m, const struct ast_import *import)
{
	for (size_t i = 0; i < m->imports.count; i++) {
		const struct ast_import *other = &m->imports.at[i];

		if (same_term(import->path, other->path) &&
		    str_eq(rego_name_str(import->alias), rego_name_str(other->alias)))
			return true;
	}
	return false;
}

/* Those of rego and future only change how a text is read. */
static bool
same_imports(const struct ast_module *a, const struct ast_module *b)
{
	for (size_t i = 0; i < a->imports.count; i++) {
		str_t root = rego_name_str(a->imports.at[i].path->items.at[0]->var.name);

		if (!str_eq(root, STR("rego")) && !str_eq(root, STR("future")) &&
		    !has_import(b, &a->imports.at[i]))
			return false;
	}
	return true;
}

/* Of all comments in whatever order: imports take theirs along. */
static uint64_t
hash_comments(const struct ast_module *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->comments.count; i++) {
		str_t text = format_comment_text(&m->comments.at[i]);
		uint64_t hash = 14695981039346656037U; /* FNV-1a */

		for (size_t k = 0; k < text.len; k++)
			hash = (hash ^ (unsigned char)text.data[k]) * 1099511628211U;
		sum += hash;
	}
	return sum;
}

bool
rego_format_same(const struct ast_module *a, const struct ast_module *b)
{
	if (!same_term(a->package, b->package) || a->rules.count != b->rules.count ||
	    !same_imports(a, b) || !same_imports(b, a) ||
	    hash_comments(a) != hash_comments(b))
		return false;
	for (size_t i = 0; i < a->rules.count; i++)
		if (!same_rule(a->rules.at[i], b->rules.at[i]))
			return false;
	return true;
}
