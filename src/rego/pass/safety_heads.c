/* SPDX-License-Identifier: Apache-2.0 */
/* Every variable of a head must occur in the body or among the arguments. */
#include "rego/pass/hint.h"
#include "rego/pass/safety.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

static bool
is_future_keyword(str_t name)
{
	static const char *const keywords[] = { "in", "every", "contains", "if", "and", "or", "not" };

	for (size_t i = 0; i < COUNT(keywords); i++) {
		if (str_eq(name, str_of(keywords[i])))
			return true;
	}
	return false;
}

static bool
is_other_on_line(struct compiler *c, const struct ast_rule *other, const struct ast_rule *rule, str_t name)
{
	return other->loc.row == rule->loc.row && !str_eq(term_text(c, other->head.ref), name);
}

/* The rule's name, if another rule of the module begins on its line: those stand beside it. */
static str_t
rule_on_shared_line(struct compiler *c, const struct ast_rule *rule)
{
	const struct ast_rules *rules;
	uint32_t row = rule->loc.row;
	str_t name;

	if (c->query != NULL)
		return STR_NONE;
	rules = &rule->module->rules;
	name = term_text(c, rule->head.ref);
	for (size_t i = rule->index; i-- > 0 && rules->at[i]->loc.row >= row;) {
		if (is_other_on_line(c, rules->at[i], rule, name))
			return name;
	}
	for (size_t i = rule->index; i < rules->count && rules->at[i]->loc.row <= row; i++) {
		if (is_other_on_line(c, rules->at[i], rule, name))
			return name;
	}
	return STR_NONE;
}

void
report_unsafe(struct compiler *c, const struct ast_rule *rule, rego_name_t name, struct ast_loc loc)
{
	str_t text = name_is_wildcard(name) ? STR("_") : name_str(name);
	str_t where = rule_on_shared_line(c, rule);

	if (is_future_keyword(text))
		compiler_error(c, UNSAFE_ERROR, loc,
		    "var %.*s is unsafe (hint: `import future.keywords.%.*s` to import a future keyword)",
		    STR_FMT(text), STR_FMT(text));
	else
		hint_var(c,
		    compiler_error(c, UNSAFE_ERROR, loc, "var %.*s is unsafe%s%.*s",
			STR_FMT(text), where.len > 0 ? " in rule " : "", STR_FMT(where)),
		    rule, name, loc);
}

struct head_scan {
	struct ast_rule *rule;
	struct var_set bound;
};

static bool
check_var(struct walker *w, struct ast_term *t)
{
	struct head_scan *scan = w->context;
	rego_name_t source;

	if (t->kind != AST_VAR || var_set_has(&scan->bound, t->var.name))
		return true;
	var_set_add(w->compiler, &scan->bound, t->var.name); /* reported once */
	source = compiler_source(w->compiler, t->var.name);
	if (!name_is_generated(source))
		report_unsafe(w->compiler, scan->rule, source, t->loc);
	return true;
}

void
pass_safety_heads(struct compiler *c)
{
	for (size_t i = 0; i < c->rules.count; i++) {
		struct ast_rule *r = c->rules.at[i];
		struct head_scan scan = { .rule = r };
		struct walker w = { .on_term = check_var, .compiler = c, .context = &scan };

		vars_of_body(c, &scan.bound, &r->body, SKIP_FOR_SAFETY);
		vars_of_args(c, &scan.bound, &r->head);
		for (size_t k = 0; k < head_part_count(&r->head); k++)
			walk_term(&w, *head_part(&r->head, k));
	}
}
