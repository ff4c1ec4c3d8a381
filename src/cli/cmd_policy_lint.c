/* SPDX-License-Identifier: Apache-2.0 */
/* core policy lint: every error of the compiler, and places that deserve a second look. */
#include "cli/load.h"
#include "rego/builtin.h"

const struct cli_spec cmd_lint_options[] = {
	{ "--strict", NULL, NULL, "warnings count as errors" },
	{ "--capabilities", NULL, "NAME|FILE", "what policies may use: air-gapped, connected or a file (air-gapped)" },
	{ "--v0-compatible", NULL, NULL, "policies are Rego v0" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out: import future.keywords.and, .or, rego.v2" },
	{ 0 },
};

struct linter {
	struct cli *cli;
	struct policy *policy;
	const struct ast_module *module;
	bool network; /* the capabilities grant it */
};

static struct diag_place
place_of(const struct linter *l, const struct ast_loc *loc)
{
	const struct rego_file *file = &l->policy->unit.files.at[loc->file];

	return (struct diag_place){ .file = file->name, .source = file->text, .row = loc->row, .col = loc->col,
		.width = loc->len };
}

static str_t
name_of(rego_name_t name)
{
	return name != NULL ? str_make(name->bytes, name->len) : STR("");
}

/* ---- names ---- */

static bool
is_rule_name(const struct ast_module *m, rego_name_t name)
{
	for (size_t i = 0; i < m->rules.count; i++) {
		const struct ast_term *head = m->rules.at[i]->head.ref->items.at[0];

		if (head->kind == AST_VAR && head->var.name == name)
			return true;
	}
	return false;
}

static void
check_name(struct linter *l, const struct ast_term *var)
{
	struct diag_finding *f;

	if (var->kind != AST_VAR || var->generated || !is_rule_name(l->module, var->var.name))
		return;
	f = diag_add(&l->cli->diag, DIAG_WARNING, "lint_shadowed", place_of(l, &var->loc),
	    "variable %.*s has the name of a rule of this package", STR_FMT(name_of(var->var.name)));
	diag_hint(&l->cli->diag, f, "give the variable another name, or the rule is out of reach here");
}

/* ---- terms: calls that need a network ---- */

static void lint_body(struct linter *l, const struct ast_body *body);

static void
check_operator(struct linter *l, const struct ast_term *operator)
{
	struct buf name;
	uint32_t id;

	buf_init(&name, 256);
	for (size_t i = 0; operator->kind == AST_REF && i < operator->items.count; i++) {
		const struct ast_term *part = operator->items.at[i];

		if (i > 0)
			buf_add_char(&name, '.');
		if (part->kind == AST_VAR)
			buf_add_str(&name, name_of(part->var.name));
		else if (part->kind == AST_CONST && part->constant.tag == VALUE_STRING)
			buf_add_str(&name, value_str(part->constant));
	}
	id = rego_builtin_find(buf_str(&name));
	if (id != REGO_BUILTIN_NONE && !l->network && (rego_builtin_at(id)->flags & REGO_NETWORK) != 0)
		diag_hint(&l->cli->diag,
		    diag_add(&l->cli->diag, DIAG_ERROR, "lint_network", place_of(l, &operator->loc),
			"%.*s needs the network, which an air-gapped sidecar does not have",
			STR_FMT(buf_str(&name))),
		    "put what it fetches into the bundle's data");
	buf_fini(&name);
}

static void
lint_term(struct linter *l, const struct ast_term *t)
{
	if (t == NULL)
		return;
	switch (t->kind) {
	case AST_CALL:
		check_operator(l, t->items.at[0]);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		lint_term(l, t->comp.key);
		lint_term(l, t->comp.value);
		lint_body(l, &t->comp.body);
		return;
	case AST_CONST:
	case AST_VAR:
		return;
	default:
		break;
	}
	for (size_t i = 0; i < t->items.count; i++)
		lint_term(l, t->items.at[i]);
}

/* ---- literals ---- */

static bool
is_operator(const struct ast_term *t, const char *name)
{
	return t->kind == AST_REF && t->items.count == 1 && t->items.at[0]->kind == AST_VAR &&
	    str_eq(name_of(t->items.at[0]->var.name), str_of(name));
}

static bool
is_constant(const struct ast_expr *e, enum value_tag tag)
{
	return e->kind == AST_EXPR_TERM && !e->negated && e->terms.count > 0 &&
	    e->terms.at[0]->kind == AST_CONST && e->terms.at[0]->constant.tag == tag;
}

static void
lint_expr(struct linter *l, const struct ast_expr *e)
{
	if (is_constant(e, VALUE_FALSE))
		diag_add(&l->cli->diag, DIAG_WARNING, "lint_unreachable", place_of(l, &e->loc),
		    "false never holds, so this body never succeeds");
	if (e->kind == AST_EXPR_CALL) {
		check_operator(l, e->terms.at[0]);
		if (is_operator(e->terms.at[0], "assign"))
			check_name(l, e->terms.at[1]);
	}
	if (e->kind == AST_EXPR_SOME) {
		for (size_t i = 0; i < e->terms.count; i++)
			check_name(l, e->terms.at[i]);
	}
	for (size_t i = e->kind == AST_EXPR_CALL ? 1 : 0; i < e->terms.count; i++)
		lint_term(l, e->terms.at[i]);
	if (e->kind == AST_EXPR_EVERY) {
		lint_term(l, e->every->domain);
		lint_body(l, &e->every->body);
	}
	if (e->kind == AST_EXPR_NOT || e->kind == AST_EXPR_AND || e->kind == AST_EXPR_OR) {
		lint_body(l, &e->logic->left);
		lint_body(l, &e->logic->right);
	}
}

static void
lint_body(struct linter *l, const struct ast_body *body)
{
	for (size_t i = 0; i < body->exprs.count; i++)
		lint_expr(l, body->exprs.at[i]);
}

/* ---- rules ---- */

static bool
always_holds(const struct ast_rule *r)
{
	return r->generated_body || r->body.exprs.count == 0 ||
	    (r->body.exprs.count == 1 && is_constant(r->body.exprs.at[0], VALUE_TRUE));
}

static void
lint_rule(struct linter *l, const struct ast_rule *rule)
{
	for (const struct ast_rule *r = rule; r != NULL; r = r->else_rule) {
		lint_term(l, r->head.key);
		lint_term(l, r->head.value);
		lint_body(l, &r->body);
		for (size_t i = 0; i < r->head.args.count; i++)
			check_name(l, r->head.args.at[i]);
		if (r->else_rule != NULL && always_holds(r) && !r->head.is_function)
			diag_add(&l->cli->diag, DIAG_WARNING, "lint_unreachable", place_of(l, &r->else_rule->loc),
			    "this else is never tried: the body before it always succeeds");
	}
}

static bool
has_default(const struct linter *l, rego_name_t name)
{
	for (size_t i = 0; i < l->policy->unit.modules.count; i++) {
		const struct ast_module *m = l->policy->unit.modules.at[i];

		for (size_t k = 0; k < m->rules.count; k++) {
			if (m->rules.at[k]->is_default && m->rules.at[k]->head.name == name)
				return true;
		}
	}
	return false;
}

static void
check_default(struct linter *l)
{
	for (size_t i = 0; i < l->module->rules.count; i++) {
		const struct ast_rule *r = l->module->rules.at[i];

		if (!str_eq(name_of(r->head.name), STR("allow")) || r->head.is_function || r->head.contains ||
		    has_default(l, r->head.name))
			continue;
		diag_hint(&l->cli->diag,
		    diag_add(&l->cli->diag, DIAG_WARNING, "lint_no_default", place_of(l, &r->loc),
			"allow has no default: it is undefined, not false, when no rule holds"),
		    "default allow := false");
		return;
	}
}

static void
lint_module(struct linter *l)
{
	for (size_t i = 0; i < l->module->rules.count; i++)
		lint_rule(l, l->module->rules.at[i]);
	check_default(l);
}

/* ---- the command ---- */

static err_t
load(struct cli *cli, bool strict, struct policy **ret)
{
	enum rego_version version = cli_has(cli, "--v0-compatible") ? REGO_V0 : REGO_V1;

	TRY(load_new(cli, ret));
	TRY(load_capabilities(cli, NULL, &(*ret)->unit.capabilities));
	(*ret)->unit.strict = strict;
	(*ret)->unit.check_data_conflicts = true;
	(*ret)->unit.warn = true;
	(*ret)->unit.error_limit = UINT32_MAX;
	return load_path(cli, *ret, cli->rest[0], version);
}

/*
 * The compiler stops behind the first stage that finds something, and strictness
 * finds unused names early: so it runs once without and once with it.
 */
static err_t
compile_strictly(struct cli *cli)
{
	struct policy *p = NULL;
	err_t e = load(cli, true, &p);

	if (e == ERR_OK)
		e = policy_compile(p);
	cli_keep(cli, p);
	return e;
}

static bool
is_same_finding(const struct diag_finding *a, const struct diag_finding *b)
{
	return a->place.row == b->place.row && a->place.col == b->place.col &&
	    str_eq(a->place.file, b->place.file) && str_eq(a->message, b->message);
}

static void
drop_repeated(struct diag *d)
{
	for (struct diag_finding *f = d->first; f != NULL; f = f->next) {
		for (struct diag_finding **at = &f->next; *at != NULL;) {
			if (!is_same_finding(f, *at)) {
				at = &(*at)->next;
				continue;
			}
			d->error_count -= (*at)->level == DIAG_ERROR;
			d->warning_count -= (*at)->level == DIAG_WARNING;
			*at = (*at)->next;
		}
	}
}

err_t
cmd_policy_lint(struct cli *cli)
{
	struct linter l = { .cli = cli };
	err_t e = load(cli, false, &l.policy), strict = ERR_OK;

	/* The air-gapped profile is lint's own finding, which says where it is and what to do. */
	if (l.policy != NULL && l.policy->unit.capabilities != NULL) {
		l.network = l.policy->unit.capabilities->network;
		if (!l.network)
			l.policy->unit.capabilities = NULL;
	}
	for (size_t i = 0; l.policy != NULL && i < l.policy->unit.modules.count; i++) {
		l.module = l.policy->unit.modules.at[i];
		lint_module(&l);
	}
	if (e == ERR_OK) { /* what does not parse does not compile either */
		e = policy_compile(l.policy);
		strict = compile_strictly(cli);
	}
	drop_repeated(&cli->diag);
	diag_sort(&cli->diag);
	e = e != ERR_OK ? e : strict;
	if (e == ERR_OK && (cli->diag.error_count > 0 || (cli_has(cli, "--strict") && cli->diag.warning_count > 0)))
		e = ERR_POLICY;
	if (cli->json)
		cli_print_findings(cli);
	else if (e == ERR_OK)
		buf_printf(&cli->out, "%zu modules, %zu warnings\n", l.policy->unit.modules.count,
		    cli->diag.warning_count);
	cli_keep(cli, l.policy);
	return e;
}
