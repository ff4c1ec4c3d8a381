/* SPDX-License-Identifier: Apache-2.0 */
/* What v1 refuses of v0, beyond what formatting mends: names of rules, deprecated built-ins.
 */
#include "rego/ast_compare.h"
#include "rego/builtin.h"
#include "rego/format_internal.h"
#include "rego/pass/walk.h"

struct check {
	struct rego_unit *unit;
	const struct ast_module *module;
	bool failed;
};

static void
complain(struct check *c, const char *code, struct ast_loc loc, const char *what, str_t name)
{
	const struct rego_file *file = &c->unit->files.at[loc.file];
	struct diag_place place = { .file = file->name,
		.source = file->text,
		.row = loc.row,
		.col = loc.col,
		.width = loc.len };

	(void)diag_add(c->unit->diag, DIAG_ERROR, code, place, "%s%.*s%s", what, STR_FMT(name),
	    what[0] == '\0' ? " keyword cannot be used for rule name" : "");
	c->failed = true;
}

/* ---- names of rules ---- */

static void
check_name(struct check *c, const struct ast_rule *rule)
{
	const struct ast_terms *ref = &rule->head.ref->items;
	str_t name = rego_name_str(ref->at[0]->var.name);

	if (ref->count == 1 &&
	    rego_lexeme_keyword(name, REGO_WORDS_V1 | REGO_WORD_NOT) != LEX_NAME)
		complain(c, "rego_parse_error", rule->loc, "", name);
}

/* ---- deprecated built-ins ---- */

/* The text of a reference made of names, in the arena; else empty. */
static str_t
name_of(struct check *c, const struct ast_term *ref)
{
	str_t name = STR_NONE;

	if (ref->kind != AST_REF || ref->items.at[0]->kind != AST_VAR)
		return STR_NONE;
	name = rego_name_str(ref->items.at[0]->var.name);
	for (size_t i = 1; i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];

		if (part->kind != AST_CONST || !value_is_string(part->constant))
			return STR_NONE;
		name = arena_printf(c->unit->arena, "%.*s.%.*s", STR_FMT(name),
		    STR_FMT(value_str(part->constant)));
	}
	return name;
}

static bool
is_defined_here(const struct check *c, str_t name)
{
	for (size_t i = 0; i < c->module->rules.count; i++) {
		const struct ast_terms *ref = &c->module->rules.at[i]->head.ref->items;

		if (ref->count == 1 && str_eq(rego_name_str(ref->at[0]->var.name), name))
			return true;
	}
	return false;
}

static void
check_call(struct check *c, const struct ast_term *operator, struct ast_loc loc)
{
	str_t name = name_of(c, operator);
	uint32_t id = name.len > 0 ? rego_builtin_find(name) : (uint32_t)REGO_BUILTIN_NONE;

	if (id == REGO_BUILTIN_NONE || (rego_builtin_at(id)->flags & REGO_DEPRECATED) == 0 ||
	    is_defined_here(c, name))
		return;
	complain(c, "rego_type_error", loc,
	    "deprecated built-in function calls in expression: ", name);
}

static bool
on_expr(struct walker *w, struct ast_expr *e)
{
	if (e->kind == AST_EXPR_CALL)
		check_call(w->context, e->terms.at[0], e->loc);
	return true;
}

static bool
on_term(struct walker *w, struct ast_term *t)
{
	if (t->kind == AST_CALL)
		check_call(w->context, t->items.at[0], t->loc);
	return true;
}

err_t
rego_format_check_v1(struct rego_unit *unit, const struct ast_module *m)
{
	struct check c = { .unit = unit, .module = m };
	struct walker w = { .on_expr = on_expr, .on_term = on_term, .context = &c };

	for (size_t i = 0; i < m->rules.count; i++) {
		check_name(&c, m->rules.at[i]);
		for (struct ast_rule *r = m->rules.at[i]; r != NULL; r = r->else_rule)
			walk_rule(&w, r);
	}
	return c.failed ? ERR_POLICY : ERR_OK;
}
