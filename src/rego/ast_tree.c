/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_tree.h"

#include "rego/ast_compare.h"
#include "rego/ast_print.h"

static void
line(struct buf *out, unsigned depth, const char *text)
{
	for (unsigned i = 0; i < depth; i++)
		buf_add_char(out, ' ');
	buf_add_text(out, text);
	buf_add_char(out, '\n');
}

static void
name_line(struct buf *out, unsigned depth,
    rego_name_t name) /* NULL: an empty line, still indented */
{
	for (unsigned i = 0; i < depth; i++)
		buf_add_char(out, ' ');
	if (name != NULL)
		buf_add_str(out, rego_name_str(name));
	buf_add_char(out, '\n');
}

static void print_term(struct buf *, unsigned depth, const struct ast_term *);
static void print_body(struct buf *, unsigned depth, const struct ast_body *);

static void
print_terms(struct buf *out, unsigned depth, const struct ast_terms *terms)
{
	for (size_t i = 0; i < terms->count; i++)
		print_term(out, depth, terms->at[i]);
}

static void
print_term(struct buf *out, unsigned depth, const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		for (unsigned i = 0; i < depth; i++)
			buf_add_char(out, ' ');
		rego_ast_print_term(out, t);
		buf_add_char(out, '\n');
		return;
	case AST_VAR:
		name_line(out, depth, t->var.name);
		return;
	case AST_TEMPLATE: /* OPA does not go into its parts */
		line(out, depth, rego_ast_kind_name(t));
		return;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		line(out, depth, rego_ast_kind_name(t));
		if (t->comp.key != NULL)
			print_term(out, depth + 1, t->comp.key);
		print_term(out, depth + 1, t->comp.value);
		print_body(out, depth + 1, &t->comp.body);
		return;
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_OBJECT:
	case AST_CALL:
		line(out, depth, rego_ast_kind_name(t));
		print_terms(out, depth + 1, &t->items);
		return;
	}
}

static void
print_every(struct buf *out, unsigned depth, const struct ast_every *e)
{
	line(out, depth, "every");
	if (e->key != NULL)
		print_term(out, depth + 1, e->key);
	print_term(out, depth + 1, e->value);
	print_term(out, depth + 1, e->domain);
	print_body(out, depth + 1, &e->body);
}

static void
print_logic(struct buf *out, unsigned depth, const struct ast_expr *e)
{
	line(out, depth,
	    e->kind == AST_EXPR_NOT   ? "not"
	    : e->kind == AST_EXPR_AND ? "and"
				      : "or");
	print_body(out, depth + 1, &e->logic->left);
	if (e->kind != AST_EXPR_NOT)
		print_body(out, depth + 1, &e->logic->right);
}

static void
print_expr(struct buf *out, unsigned depth, const struct ast_expr *e)
{
	for (unsigned i = 0; i < depth; i++)
		buf_add_char(out, ' ');
	buf_printf(out, "expr %sindex=%u\n", e->negated ? "negated " : "", e->index);
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
	case AST_EXPR_CALL:
		print_terms(out, depth + 1, &e->terms);
		break;
	case AST_EXPR_SOME:
		line(out, depth + 1, "somedecl");
		print_terms(out, depth + 2, &e->terms);
		break;
	case AST_EXPR_EVERY:
		print_every(out, depth + 1, e->every);
		break;
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		print_logic(out, depth + 1, e);
		break;
	}
	for (size_t i = 0; i < e->withs.count; i++) {
		line(out, depth + 1, "with");
		print_term(out, depth + 2, e->withs.at[i].target);
		print_term(out, depth + 2, e->withs.at[i].value);
	}
}

static void
print_body(struct buf *out, unsigned depth, const struct ast_body *body)
{
	line(out, depth, "body");
	for (size_t i = 0; i < body->exprs.count; i++)
		print_expr(out, depth + 1, body->exprs.at[i]);
}

/* An else branch stands inside the rule before it. */
static void
print_rule(struct buf *out, unsigned depth, const struct ast_rule *rule)
{
	for (; rule != NULL; rule = rule->else_rule, depth++) {
		line(out, depth, "rule");
		line(out, depth + 1, "head");
		print_term(out, depth + 2, rule->head.ref);
		if (rule->head.args.count > 0) {
			line(out, depth + 2, "args");
			print_terms(out, depth + 3, &rule->head.args);
		}
		if (rule->head.value != NULL)
			print_term(out, depth + 2, rule->head.value);
		print_body(out, depth + 1, &rule->body);
	}
}

void
rego_ast_print_tree(struct buf *out, const struct ast_module *m, bool comments)
{
	line(out, 0, "module");
	line(out, 1, "package");
	print_term(out, 2, m->package);
	for (size_t i = 0; i < m->imports.count; i++) {
		line(out, 1, "import");
		print_term(out, 2, m->imports.at[i].path);
		name_line(out, 2, m->imports.at[i].alias);
	}
	for (size_t i = 0; i < m->rules.count; i++)
		print_rule(out, 1, m->rules.at[i]);
	for (size_t i = 0; i < m->annotations.count; i++)
		line(out, 1, "annotations");
	for (size_t i = 0; comments && i < m->comments.count; i++)
		line(out, 1, "comment");
}
