/* SPDX-License-Identifier: Apache-2.0 */
/* package and import, and the statements of a text made into a module. */
#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/builtin.h"
#include "rego/metadata.h"
#include "rego/parser_internal.h"

/* Behind `package` or `import`; false: it begins a reference, or an error. */
static bool
begin_statement(struct parser *p, struct parser_statement *ret)
{
	ret->loc = p->s.loc;
	parser_scan_space(p);
	if (p->s.word.kind == LEX_DOT || p->s.word.kind == LEX_LBRACK)
		return false;
	if (p->s.word.kind == LEX_WHITESPACE)
		parser_scan(p);
	if (p->s.word.kind == LEX_NAME)
		return true;
	if (!parser_is_ref_keyword(p, p->s.word.kind)) {
		parser_unexpected(p, "%s", "");
		return false;
	}
	p->s.word.kind = LEX_NAME;
	return true;
}

static bool
is_string(const struct ast_term *t)
{
	return t->kind == AST_CONST && value_is_string(t->constant);
}

/* The part of a path that is no string; NULL: all behind the head are. */
static const struct ast_term *
find_other_part(const struct ast_term *ref)
{
	for (size_t i = 1; i < ref->items.count; i++)
		if (!is_string(ref->items.at[i]))
			return ref->items.at[i];
	return NULL;
}

static bool
check_path_strings(struct parser *p, const struct ast_term *ref)
{
	const struct ast_term *other = find_other_part(ref);

	if (other == NULL)
		return true;
	parser_error(p, other->loc, "unexpected %s token: expecting string",
	    rego_ast_kind_name(other));
	return false;
}

bool
parser_package(struct parser *p, struct parser_statement *ret)
{
	struct ast_terms path = { 0 };
	struct ast_term *term, *head;

	ret->kind = STATEMENT_PACKAGE;
	if (!begin_statement(p, ret))
		return false;
	term = parser_term(p);
	if (term == NULL) {
		if (p->s.error_count == 0)
			parser_error(p, p->s.loc, "expected path");
		return false;
	}
	if (term->kind != AST_VAR && term->kind != AST_REF) {
		parser_unexpected(p, "%s", "");
		return false;
	}
	head = term->kind == AST_VAR ? term : term->items.at[0];
	if (head->kind != AST_VAR) {
		parser_error(p, head->loc, "unexpected %s token: expecting var",
		    rego_ast_kind_name(head));
		return false;
	}
	if (term->kind == AST_REF && !check_path_strings(p, term))
		return false;
	parser_push(p, &path, parser_make_var(p, head->loc, STR("data")));
	parser_push(p, &path, parser_make_string(p, head->loc, rego_name_str(head->var.name)));
	for (size_t i = 1; term->kind == AST_REF && i < term->items.count; i++)
		parser_push(p, &path, term->items.at[i]);
	ret->package = parser_make_items(p, AST_REF, term->loc, path);
	return ret->package != NULL;
}

/* ---- import ---- */

/* Keywords are names in the path, so that they can be imported twice. */
static struct ast_term *
parse_import_path(struct parser *p)
{
	unsigned words = p->s.lexer.words;
	struct parser_cached *cache = p->cache;
	struct ast_terms items = { 0 };
	struct ast_term *term;

	p->s.lexer.words = 0;
	p->cache = NULL;
	term = parser_term(p);
	p->cache = cache;
	p->s.lexer.words = words;
	if (term != NULL && term->kind == AST_VAR) {
		parser_push(p, &items, term);
		return parser_make_items(p, AST_REF, term->loc, items);
	}
	if (term != NULL && term->kind == AST_REF) {
		if (!check_path_strings(p, term))
			return NULL;
		return term;
	}
	parser_error(p, p->s.loc, "expected path");
	return NULL;
}

static bool
check_import_root(struct parser *p, const struct ast_term *path)
{
	static const char *const roots[] = { "data", "input", "future", "rego" };
	const struct ast_term *root = path->items.at[0];

	for (size_t i = 0; i < COUNT(roots); i++)
		if (root->kind == AST_VAR &&
		    str_eq(rego_name_str(root->var.name), str_of(roots[i])))
			return true;
	parser_hint(p, "if this is unexpected, try updating OPA");
	parser_error(p, path->loc,
	    "unexpected import path, must begin with one of: {data, future, input, rego}, got: %.*s",
	    STR_FMT(rego_ast_text(p->scratch, root)));
	return false;
}

/* A path's last part names the import, so it must not be a keyword (except below future). */
static void
check_import_name(struct parser *p, const struct ast_term *path)
{
	const struct ast_terms *items = &path->items;
	const struct ast_term *last = items->at[items->count - 1];
	str_t root = rego_name_str(items->at[0]->var.name);
	str_t name = items->count == 1 ? root : value_str(last->constant);

	if ((items->count > 1 && str_eq(root, STR("future"))) || !parser_name_is_keyword(p, name))
		return;
	parser_hint(p, "import a different path or use an alias");
	parser_error(p, last->loc, "unexpected import path, must not end with a keyword, got: %.*s",
	    STR_FMT(name));
}

bool
parser_import(struct parser *p, struct parser_statement *ret)
{
	struct ast_term *alias;

	ret->kind = STATEMENT_IMPORT;
	if (!begin_statement(p, ret))
		return false;
	ret->import.loc = ret->loc;
	ret->import.path = parse_import_path(p);
	if (ret->import.path == NULL || !check_import_root(p, ret->import.path))
		return false;
	if (p->s.word.kind != LEX_AS) {
		check_import_name(p, ret->import.path);
		return true;
	}
	parser_scan(p);
	alias = p->s.word.kind == LEX_NAME ? parser_term(p) : NULL;
	if (alias == NULL || alias->kind != AST_VAR) {
		parser_unexpected(p, "expected var");
		return false;
	}
	ret->import.alias = alias->var.name;
	return true;
}

/* ---- rules from plain expressions ---- */

static struct ast_rule *
make_rule(struct parser *p, struct ast_loc loc, struct ast_term *ref, struct ast_term *value)
{
	struct ast_rule *rule = ARENA_NEW(p->arena, struct ast_rule);
	struct ast_terms items = { 0 };

	if (rule == NULL)
		return NULL;
	if (ref->kind == AST_VAR) {
		parser_push(p, &items, ref);
		ref = parser_make_items(p, AST_REF, ref->loc, items);
		if (ref == NULL)
			return NULL;
	}
	rule->loc = rule->head.loc = loc;
	rule->head.ref = ref;
	rule->head.value = value;
	if (ref->items.count == 1)
		rule->head.name = ref->items.at[0]->var.name;
	rule->generated_body = true;
	rule->body = parser_true_body(p, value != NULL ? value->loc : loc);
	return rule;
}

static str_t
bad_head(struct parser *p, const struct ast_term *ref)
{
	return arena_printf(p->scratch, "invalid rule head: %.*s",
	    STR_FMT(rego_ast_text(p->scratch, ref)));
}

/* `p.q.r` and `p[x]`: true at this place, or v0's partial set. */
static struct ast_rule *
rule_from_ref(struct parser *p, struct ast_term *ref, str_t *ret_why)
{
	struct ast_rule *rule;
	bool dotted = ref->items.count > 2;

	if (ref->items.count == 1) {
		*ret_why = STR("refs cannot be used for rule head");
		return NULL;
	}
	if (ref->items.at[0]->kind != AST_VAR) {
		*ret_why = bad_head(p, ref);
		return NULL;
	}
	rule = make_rule(p, ref->loc, dotted ? ref : ref->items.at[0],
	    dotted ? parser_make_const(p, ref->loc, value_bool(true)) : NULL);
	if (rule == NULL)
		return NULL;
	if (dotted)
		rule->head.generated_value = true;
	else
		rule->head.key = ref->items.at[1];
	return rule;
}

/* `f(x)` as a statement, or the left side of `f(x) = y`. */
static struct ast_rule *
rule_from_call(struct parser *p, const struct ast_terms *call, struct ast_loc loc,
    struct ast_term *value)
{
	struct ast_rule *rule = make_rule(p, loc, call->at[0], value);

	if (rule == NULL)
		return NULL;
	rule->head.is_function = true;
	for (size_t i = 1; i < call->count; i++)
		parser_push(p, &rule->head.args, call->at[i]);
	return rule;
}

/* left = right, left := right */
static struct ast_rule *
rule_from_equation(struct parser *p, const struct ast_expr *e, bool assign, str_t *ret_why)
{
	struct ast_term *left, *ref;
	struct ast_rule *rule;

	if (e->terms.count < 3) {
		*ret_why = STR("assignment requires two operands");
		return NULL;
	}
	left = e->terms.at[1];
	ref = left->kind == AST_CALL ? left->items.at[0] : left;
	if (left->kind == AST_CALL && ref->kind == AST_REF && ref->items.at[0]->kind == AST_VAR) {
		rule = rule_from_call(p, &left->items, e->loc, e->terms.at[2]);
	} else if (left->kind == AST_REF && ref->items.at[0]->kind != AST_VAR) {
		*ret_why = bad_head(p, ref);
		return NULL;
	} else if (left->kind == AST_VAR || left->kind == AST_REF) {
		rule = make_rule(p, e->loc, left, e->terms.at[2]);
	} else {
		*ret_why = arena_printf(p->scratch, "%s cannot be used for rule name",
		    rego_ast_kind_name(left));
		return NULL;
	}
	if (rule == NULL)
		return NULL;
	rule->head.assign = assign;
	if (left->kind == AST_REF && left->items.count == 2) { /* p[x] = y, as in v0 */
		rule->head.name = left->items.at[0]->var.name;
		rule->head.key = left->items.at[1];
	}
	return rule;
}

static struct ast_rule *
rule_from_call_expr(struct parser *p, const struct ast_expr *e, str_t *ret_why)
{
	const struct ast_term *op = e->terms.at[0];
	str_t name = rego_ast_text(p->scratch, op);

	if (str_eq(name, STR("eq")) || str_eq(name, STR("assign")))
		return rule_from_equation(p, e, str_eq(name, STR("assign")), ret_why);
	if (rego_builtin_find(name) != REGO_BUILTIN_NONE) {
		*ret_why = STR("rule name conflicts with built-in function");
		return NULL;
	}
	if (e->terms.count <= 1) {
		*ret_why = STR("rule argument list must take at least one argument");
		return NULL;
	}
	if (op->kind != AST_REF || op->items.at[0]->kind != AST_VAR) {
		*ret_why = bad_head(p, op);
		return NULL;
	}
	return rule_from_call(p, &e->terms, op->loc,
	    parser_make_const(p, op->loc, value_bool(true)));
}

struct ast_rule *
parser_rule_from_body(struct parser *p, const struct ast_body *body, str_t *ret_why)
{
	const struct ast_expr *e = body->exprs.at[0];

	if (body->exprs.count != 1)
		*ret_why = STR("multiple expressions cannot be used for rule head");
	else if (e->withs.count > 0)
		*ret_why = STR("expressions using with keyword cannot be used for rule head");
	else if (e->negated)
		*ret_why = STR("negated expressions cannot be used for rule head");
	else if (e->kind == AST_EXPR_SOME)
		*ret_why = STR("'some' declarations cannot be used for rule head");
	else if (e->kind == AST_EXPR_CALL)
		return rule_from_call_expr(p, e, ret_why);
	else if (e->kind != AST_EXPR_TERM)
		*ret_why = STR("expression cannot be used for rule head");
	else if (e->terms.at[0]->kind == AST_REF)
		return rule_from_ref(p, e->terms.at[0], ret_why);
	else
		*ret_why = arena_printf(p->scratch, "%s cannot be used for rule name",
		    rego_ast_kind_name(e->terms.at[0]));
	return NULL;
}

/* ---- v1's demands ---- */

static void
hint_last(struct parser *p, str_t hint)
{
	if (p->s.errors != NULL)
		p->s.errors->hint = hint;
}

static void
check_v1(struct parser *p, const struct ast_rule *rule)
{
	const struct ast_head *head = &rule->head;
	const char *what = head->args.count > 0 ? "function" : "rule";
	str_t name = rego_name_str(head->name), text = rego_ast_text(p->scratch, head->ref);

	if (head->ref->items.count < 2 &&
	    rego_lexeme_keyword(name, REGO_WORDS_V1 | REGO_WORD_NOT) != LEX_NAME)
		parser_error(p, rule->loc, "%.*s keyword cannot be used for rule name", STR_FMT(name));
	if (rule->generated_body && head->generated_value && !rule->is_default) {
		parser_error(p, rule->loc, "%s must have value assignment and/or body declaration", what);
		hint_last(p, arena_printf(p->scratch, "write `%.*s := true`", STR_FMT(text)));
	}
	if (!rule->generated_body && !head->has_if) {
		parser_error(p, rule->loc, "`if` keyword is required before %s body", what);
		hint_last(p, STR("put `if` before the `{` of the body"));
	}
	if (head->value == NULL && !head->contains) {
		parser_error(p, rule->loc, "`contains` keyword is required for partial set rules");
		if (head->key != NULL)
			hint_last(p, arena_printf(p->scratch, "write `%.*s contains %.*s`", STR_FMT(text),
			    STR_FMT(rego_ast_text(p->scratch, head->key))));
	}
}

/* ---- the module ---- */

static void
add_rule(struct parser *p, struct ast_module *m, struct ast_rule *rule)
{
	rule->index = (uint32_t)m->rules.count;
	for (struct ast_rule *r = rule; r != NULL; r = r->else_rule)
		r->module = m;
	if (!VEC_PUSH(p->arena, &m->rules, rule))
		p->stopped = true;
}

static void
add_body(struct parser *p, struct ast_module *m, const struct parser_statement *s)
{
	str_t why = STR_NONE;
	struct ast_rule *rule = parser_rule_from_body(p, &s->body, &why);
	const struct ast_expr *e = s->body.exprs.at[0];

	if (rule != NULL) {
		add_rule(p, m, rule);
		return;
	}
	parser_error(p, e->loc, "%.*s", STR_FMT(why));
	if (m->version == REGO_V0 && e->kind == AST_EXPR_TERM && e->terms.at[0]->kind == AST_VAR)
		hint_last(p, STR("`import rego.v1` for the keywords if, contains, in and every"));
}

static void
add_import(struct parser *p, struct ast_module *m, const struct ast_import *import)
{
	const struct ast_terms *path = &import->path->items;

	if (!VEC_PUSH(p->arena, &m->imports, *import))
		p->stopped = true;
	if (path->count == 2 && str_eq(rego_name_str(path->at[0]->var.name), STR("rego")) &&
	    (str_eq(value_str(path->at[1]->constant), STR("v1")) ||
		str_eq(value_str(path->at[1]->constant), STR("v2")))) {
		m->version = REGO_V1;
		m->imports_rego_v1 = true;
	}
}

static void
add_statement(struct parser *p, struct ast_module *m, const struct parser_statement *s)
{
	switch (s->kind) {
	case STATEMENT_PACKAGE:
		parser_error(p, s->loc, "unexpected package");
		break;
	case STATEMENT_IMPORT:
		add_import(p, m, &s->import);
		break;
	case STATEMENT_RULE:
		add_rule(p, m, s->rule);
		break;
	case STATEMENT_BODY:
		add_body(p, m, s);
		break;
	}
}

err_t
parser_assemble(struct parser *p, struct parser_statements *list, struct ast_module **ret)
{
	struct ast_module *m = ARENA_NEW(p->arena, struct ast_module);

	if (m == NULL)
		return ERR_LIMIT;
	m->file = p->file;
	m->version = p->options.version;
	p->assembling = true;
	if (list->count == 0) {
		struct ast_loc nowhere = { .file = p->file };
		bool empty = p->annotations.count == 0;

		parser_error(p, empty ? nowhere : p->annotations.at[0]->loc, "%s",
		    empty ? "empty module" : "package expected");
		return ERR_OK;
	}
	if (list->at[0].kind != STATEMENT_PACKAGE)
		parser_error(p, list->at[0].loc, "package expected");
	m->package = list->at[0].package;
	m->package_loc = list->at[0].loc;
	for (size_t i = 1; i < list->count; i++)
		add_statement(p, m, &list->at[i]);
	if (m->version == REGO_V1)
		for (size_t i = 0; i < m->rules.count; i++)
			for (const struct ast_rule *r = m->rules.at[i]; r != NULL; r = r->else_rule)
				check_v1(p, r);
	m->comments.at = parser_comments(p, p->arena, &m->comments.count);
	m->comments.capacity = m->comments.count;
	if (p->s.error_count == 0)
		parser_attach_metadata(p, m);
	*ret = m;
	return ERR_OK;
}
