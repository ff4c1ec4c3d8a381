/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_print.h"

#include "rego/ast_compare.h"
#include "rego/lexer.h"

enum { TEXT_LIMIT = 1 << 20 }; /* of one printed term, for messages */

const char *
rego_ast_kind_name(const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST: return value_type_name(t->constant);
	case AST_VAR: return "var";
	case AST_REF: return "ref";
	case AST_ARRAY: return "array";
	case AST_SET: return "set";
	case AST_OBJECT: return "object";
	case AST_CALL: return "call";
	case AST_ARRAY_COMP: return "arraycomprehension";
	case AST_SET_COMP: return "setcomprehension";
	case AST_OBJECT_COMP: return "objectcomprehension";
	case AST_TEMPLATE: return "templatestring";
	}
	return "term";
}

static void
print_items(struct buf *b, const char *open, const struct ast_terms *items, size_t from,
    const char *close)
{
	buf_add_text(b, open);
	for (size_t i = from; i < items->count; i++) {
		if (i > from)
			buf_add_text(b, ", ");
		rego_ast_print_term(b, items->at[i]);
	}
	buf_add_text(b, close);
}

static void
print_object(struct buf *b, const struct ast_terms *items)
{
	buf_add_char(b, '{');
	for (size_t i = 0; i + 1 < items->count; i += 2) {
		if (i > 0)
			buf_add_text(b, ", ");
		rego_ast_print_term(b, items->at[i]);
		buf_add_text(b, ": ");
		rego_ast_print_term(b, items->at[i + 1]);
	}
	buf_add_char(b, '}');
}

static void
print_comprehension(struct buf *b, const struct ast_term *t)
{
	bool array = t->kind == AST_ARRAY_COMP;

	buf_add_char(b, array ? '[' : '{');
	if (t->kind == AST_OBJECT_COMP) {
		rego_ast_print_term(b, t->comp.key);
		buf_add_text(b, ": ");
	}
	rego_ast_print_term(b, t->comp.value);
	buf_add_text(b, " | ");
	rego_ast_print_body(b, &t->comp.body);
	buf_add_char(b, array ? ']' : '}');
}

/* Can `text` follow a dot? */
static bool
is_plain_name(str_t text)
{
	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return rego_lexeme_keyword(text, REGO_WORDS_V1 | REGO_WORD_NOT) == LEX_NAME;
}

void
rego_ast_print_ref(struct buf *b, struct ast_term *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct ast_term *t = parts[i];

		if (i == 0) {
			rego_ast_print_term(b, t);
		} else if (t->kind == AST_CONST && value_is_string(t->constant) &&
		    is_plain_name(value_str(t->constant))) {
			buf_add_char(b, '.');
			buf_add_str(b, value_str(t->constant));
		} else {
			buf_add_char(b, '[');
			rego_ast_print_term(b, t);
			buf_add_char(b, ']');
		}
	}
}

/* ---- template strings ---- */

static void
print_template_text(struct buf *b, str_t text, bool raw)
{
	static const char *const plain = "\"\\\b\f\n\r\t", *const named = "\"\\bfnrt";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		const char *at = c == '\0' ? NULL : strchr(plain, c);

		if (c == '{')
			buf_add_text(b, "\\{");
		else if (raw || (at == NULL && (unsigned char)c >= 0x20))
			buf_add_char(b, c);
		else if (at != NULL)
			buf_printf(b, "\\%c", named[at - plain]);
		else
			buf_printf(b, "\\u%04x", (unsigned)c);
	}
}

static void
print_withs(struct buf *b, const struct ast_withs *withs)
{
	for (size_t i = 0; i < withs->count; i++) {
		buf_add_text(b, " with ");
		rego_ast_print_term(b, withs->at[i].target);
		buf_add_text(b, " as ");
		rego_ast_print_term(b, withs->at[i].value);
	}
}

static void
print_template(struct buf *b, const struct ast_term *t)
{
	const char *quote = t->multiline ? "`" : "\"";

	buf_printf(b, "$%s", quote);
	for (size_t i = 0; i < t->items.count; i++) {
		const struct ast_term *part = t->items.at[i];

		if (part->kind == AST_CONST && value_is_string(part->constant)) {
			print_template_text(b, value_str(part->constant), t->multiline);
			continue;
		}
		buf_add_char(b, '{');
		rego_ast_print_term(b, part);
		if (t->withs != NULL)
			print_withs(b, &t->withs[i]);
		buf_add_char(b, '}');
	}
	buf_add_text(b, quote);
}

void
rego_ast_print_term(struct buf *b, const struct ast_term *t)
{
	if (t == NULL) {
		buf_add_text(b, "<nil>");
		return;
	}
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		value_print(b, t->constant);
		break;
	case AST_VAR:
		buf_add_str(b, t->var.name->bytes[0] == '$' ? STR("_") : rego_name_str(t->var.name));
		break;
	case AST_REF:
		rego_ast_print_ref(b, t->items.at, t->items.count);
		break;
	case AST_ARRAY:
		print_items(b, "[", &t->items, 0, "]");
		break;
	case AST_SET:
		if (t->items.count == 0)
			buf_add_text(b, "set()");
		else
			print_items(b, "{", &t->items, 0, "}");
		break;
	case AST_OBJECT:
		print_object(b, &t->items);
		break;
	case AST_CALL:
		rego_ast_print_term(b, t->items.at[0]);
		print_items(b, "(", &t->items, 1, ")");
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		print_comprehension(b, t);
		break;
	case AST_TEMPLATE:
		print_template(b, t);
		break;
	}
}

/* ---- expressions ---- */

static void
print_call_expr(struct buf *b, const struct ast_terms *terms)
{
	const struct ast_term *op = terms->at[0];

	if (terms->count == 3 && op->kind == AST_REF && op->items.count == 1 &&
	    op->items.at[0]->kind == AST_VAR &&
	    str_eq(rego_name_str(op->items.at[0]->var.name), STR("eq"))) {
		rego_ast_print_term(b, terms->at[1]);
		buf_add_text(b, " = ");
		rego_ast_print_term(b, terms->at[2]);
		return;
	}
	rego_ast_print_term(b, op);
	print_items(b, "(", terms, 1, ")");
}

/* `x in xs`, from the call of internal.member_2 or _3. */
static void
print_membership(struct buf *b, const struct ast_term *call)
{
	size_t last = call->items.count - 1;

	for (size_t i = 1; i < last; i++) {
		if (i > 1)
			buf_add_text(b, ", ");
		rego_ast_print_term(b, call->items.at[i]);
	}
	buf_add_text(b, " in ");
	rego_ast_print_term(b, call->items.at[last]);
}

static void
print_some(struct buf *b, const struct ast_terms *terms)
{
	buf_add_text(b, "some ");
	if (terms->count == 1 && terms->at[0]->kind == AST_CALL)
		print_membership(b, terms->at[0]);
	else
		print_items(b, "", terms, 0, "");
}

static void
print_every(struct buf *b, const struct ast_every *e)
{
	buf_add_text(b, "every ");
	if (e->key != NULL) {
		rego_ast_print_term(b, e->key);
		buf_add_text(b, ", ");
	}
	rego_ast_print_term(b, e->value);
	buf_add_text(b, " in ");
	rego_ast_print_term(b, e->domain);
	buf_add_text(b, " { ");
	rego_ast_print_body(b, &e->body);
	buf_add_text(b, " }");
}

static void
print_operand(struct buf *b, const struct ast_body *body, bool explicit)
{
	if (explicit || body->exprs.count > 1) {
		buf_add_text(b, "{ ");
		rego_ast_print_body(b, body);
		buf_add_text(b, " }");
	} else {
		rego_ast_print_body(b, body);
	}
}

static void
print_logic(struct buf *b, const struct ast_expr *e)
{
	const struct ast_logic *l = e->logic;

	if (e->kind == AST_EXPR_NOT) {
		buf_add_text(b, "not ");
		print_operand(b, &l->left, l->explicit_left);
		return;
	}
	print_operand(b, &l->left, l->explicit_left);
	buf_add_text(b, e->kind == AST_EXPR_AND ? " and " : " or ");
	print_operand(b, &l->right, l->explicit_right);
}

void
rego_ast_print_expr(struct buf *b, const struct ast_expr *e)
{
	if (e->negated)
		buf_add_text(b, "not ");
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
		rego_ast_print_term(b, e->terms.at[0]);
		break;
	case AST_EXPR_CALL:
		print_call_expr(b, &e->terms);
		break;
	case AST_EXPR_SOME:
		print_some(b, &e->terms);
		break;
	case AST_EXPR_EVERY:
		print_every(b, e->every);
		break;
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		print_logic(b, e);
		break;
	}
	print_withs(b, &e->withs);
}

void
rego_ast_print_body(struct buf *b, const struct ast_body *body)
{
	for (size_t i = 0; i < body->exprs.count; i++) {
		if (i > 0)
			buf_add_text(b, "; ");
		rego_ast_print_expr(b, body->exprs.at[i]);
	}
}

/* ---- rules ---- */

void
rego_ast_print_head(struct buf *b, const struct ast_head *head, enum rego_version version)
{
	bool added = false;

	rego_ast_print_term(b, head->ref);
	if (head->args.count > 0) {
		print_items(b, "(", &head->args, 0, ")");
	} else if (head->ref->items.count == 1 && head->key != NULL) {
		added = version != REGO_V0;
		buf_add_text(b, added ? " contains " : "[");
		rego_ast_print_term(b, head->key);
		buf_add_text(b, added ? "" : "]");
	}
	if (head->value != NULL) {
		buf_add_text(b, head->assign ? " := " : " = ");
		rego_ast_print_term(b, head->value);
	} else if (!added && head->name == NULL && head->key != NULL) {
		buf_add_text(b, " contains ");
		rego_ast_print_term(b, head->key);
	}
}

static void
print_rule_body(struct buf *b, const struct ast_rule *rule, enum rego_version version)
{
	buf_add_text(b, version == REGO_V0 ? " { " : " if { ");
	rego_ast_print_body(b, &rule->body);
	buf_add_text(b, " }");
}

void
rego_ast_print_rule(struct buf *b, const struct ast_rule *rule, enum rego_version version)
{
	if (rule->is_default)
		buf_add_text(b, "default ");
	rego_ast_print_head(b, &rule->head, version);
	if (!rule->is_default)
		print_rule_body(b, rule, version);
	for (rule = rule->else_rule; rule != NULL; rule = rule->else_rule) {
		buf_add_text(b, " else");
		if (rule->head.value != NULL) {
			buf_add_text(b, " = ");
			rego_ast_print_term(b, rule->head.value);
		}
		print_rule_body(b, rule, version);
	}
}

void
rego_ast_print_import(struct buf *b, const struct ast_import *import)
{
	buf_add_text(b, "import ");
	rego_ast_print_term(b, import->path);
	if (import->alias != NULL) {
		buf_add_text(b, " as ");
		buf_add_str(b, rego_name_str(import->alias));
	}
}

str_t
rego_ast_text(struct arena *arena, const struct ast_term *t)
{
	struct buf b;
	str_t text;

	buf_init(&b, TEXT_LIMIT);
	rego_ast_print_term(&b, t);
	text = arena_str(arena, buf_str(&b));
	buf_fini(&b);
	return text;
}
