/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rego/builtin.h"
#include "rego/parser.h"
#include "rego/pass/hint.h"
#include "rego/pass/walk.h"

enum {
	DEFAULT_ERROR_LIMIT = 10,
	MESSAGE_LIMIT = 8 << 10,
	BUILTIN_NAME_LIMIT = 128,
};

static const struct {
	const char *name;
	void (*run)(struct compiler *);
	unsigned flags;
} passes[] = {
#define PASS(id, opa_name, when) { opa_name, pass_##id, when },
#include "rego/pass/pass.def"
#undef PASS
};

/* ---- memory ---- */

_Noreturn void
compiler_give_up(struct compiler *c)
{
	longjmp(c->out_of_memory, 1);
}

void *
compiler_alloc(struct compiler *c, size_t count, size_t size)
{
	void *memory = arena_alloc_array(c->arena, count, size);

	if (memory == NULL)
		compiler_give_up(c);
	return memory;
}

/* ---- names ---- */

rego_name_t
compiler_name(struct compiler *c, str_t text)
{
	value_t name = intern_add(c->unit->intern, text);

	if (!value_is_defined(name))
		compiler_give_up(c);
	return name.string;
}

rego_name_t
compiler_local(struct compiler *c)
{
	for (;;) {
		char text[32];
		int len = snprintf(text, sizeof(text), "%s%u__", c->local_prefix,
		    c->unit->local_count++);
		rego_name_t name = compiler_name(c, str_make(text, (size_t)len));

		if (!var_set_has(&c->taken, name))
			return name;
	}
}

rego_name_t
compiler_source(const struct compiler *c, rego_name_t name)
{
	rego_name_t source = name_map_find(&c->rewritten, name);

	return source == NULL ? name : source;
}

/* ---- errors ---- */

static struct diag_place
place_of(const struct compiler *c, struct ast_loc loc)
{
	const struct rego_file *file =
	    loc.file < c->unit->files.count ? &c->unit->files.at[loc.file] : NULL;

	if (file == NULL || loc.row == 0)
		return (struct diag_place){ 0 };
	return (struct diag_place){ file->name, file->text, loc.row, loc.col, loc.len };
}

static uint32_t
error_limit(const struct compiler *c)
{
	return c->unit->error_limit == 0 ? DEFAULT_ERROR_LIMIT : c->unit->error_limit;
}

bool
compiler_is_full(const struct compiler *c)
{
	return c->error_count >= error_limit(c);
}

struct diag_finding *
compiler_error(struct compiler *c, const char *code, struct ast_loc loc, const char *format, ...)
{
	struct diag_finding *finding;
	char message[MESSAGE_LIMIT];
	va_list args;
	str_t hint;

	if (compiler_is_full(c))
		return NULL;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	finding = diag_add(c->unit->diag, DIAG_ERROR, code, place_of(c, loc), "%s", message);
	hint = hint_for_message(str_of(message));
	if (hint.len > 0)
		diag_hint(c->unit->diag, finding, "%.*s", STR_FMT(hint));
	if (++c->error_count == error_limit(c))
		diag_say(c->unit->diag, COMPILE_ERROR, "error limit reached");
	return finding;
}

void
compiler_warn(struct compiler *c, const char *code, struct ast_loc loc, str_t meant,
    const char *format, ...)
{
	char message[MESSAGE_LIMIT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diag_hint(c->unit->diag,
	    diag_add(c->unit->diag, DIAG_WARNING, code, place_of(c, loc), "%s", message),
	    "did you mean `%.*s`?", STR_FMT(meant));
}

/* ---- what is called ---- */

uint32_t
compiler_builtin(const struct compiler *c, const struct ast_term *ref)
{
	char name[BUILTIN_NAME_LIMIT];
	size_t len = 0;
	uint32_t id;

	if (ref->kind != AST_REF)
		return REGO_BUILTIN_NONE;
	for (size_t i = 0; i < ref->items.count; i++) {
		const struct ast_term *part = ref->items.at[i];
		str_t text;

		if (i == 0 && part->kind == AST_VAR)
			text = name_str(part->var.name);
		else if (i > 0 && part->kind == AST_CONST && value_is_string(part->constant))
			text = value_str(part->constant);
		else
			return REGO_BUILTIN_NONE;
		if (text.len + 1 > sizeof(name) - len)
			return REGO_BUILTIN_NONE;
		if (i > 0)
			name[len++] = '.';
		for (size_t k = 0; k < text.len; k++)
			name[len++] = text.data[k];
	}
	id = rego_builtin_find(str_make(name, len));
	return id != REGO_BUILTIN_NONE && rego_capabilities_grant(c->unit->capabilities, id)
	    ? id
	    : REGO_BUILTIN_NONE;
}

bool
compiler_allows(const struct compiler *c, uint32_t builtin)
{
	const struct rego_capabilities *may = c->unit->capabilities;

	return may == NULL || may->network || (rego_builtin_at(builtin)->flags & REGO_NETWORK) == 0;
}

int
compiler_arity(const struct compiler *c, const struct ast_term *ref)
{
	uint32_t id = compiler_builtin(c, ref);
	const struct rego_node *node;

	if (id != REGO_BUILTIN_NONE) {
		uint32_t arity = rego_builtin_arity(id);

		return arity == UINT32_MAX ? ARITY_ANY : (int)arity;
	}
	if (ref->kind != AST_REF || c->unit->root == NULL)
		return ARITY_UNKNOWN;
	node = compiler_find_node(c, ref);
	if (node == NULL || node->rules.count == 0)
		return ARITY_UNKNOWN;
	return (int)node->rules.at[0]->head.args.count;
}

/* ---- driving ---- */

static bool
collect_taken(struct walker *w, struct ast_term *t)
{
	if (t->kind == AST_VAR && name_is_generated(t->var.name))
		var_set_add(w->compiler, &w->compiler->taken, t->var.name);
	return true;
}

static void
add_rules(struct compiler *c, struct ast_module *m)
{
	struct walker w = { .on_term = collect_taken, .compiler = c };

	for (size_t i = 0; i < m->rules.count; i++) {
		for (struct ast_rule *r = m->rules.at[i]; r != NULL; r = r->else_rule) {
			r->module = m;
			r->serial = (uint32_t)c->rules.count;
			PUSH(c, &c->rules, r);
			walk_rule(&w, r);
		}
	}
}

static void
begin(struct compiler *c, struct rego_unit *unit, const char *local_prefix)
{
	c->unit = unit;
	c->arena = unit->arena;
	c->local_prefix = local_prefix;
	c->data = compiler_name(c, STR("data"));
	c->input = compiler_name(c, STR("input"));
	var_set_add(c, &c->reserved, c->data);
	var_set_add(c, &c->reserved, c->input);
}

static void
run_passes(struct compiler *c, unsigned flags)
{
	for (size_t i = 0; i < COUNT(passes) && c->error_count == 0; i++) {
		if ((passes[i].flags & flags) == 0)
			continue;
		passes[i].run(c);
		if (flags == PASS_MODULES)
			c->unit->stage = (uint8_t)(i + 1);
	}
}

static void
sort_modules(struct compiler *c)
{
	/* By file name; few enough, and nearly sorted, for insertion. */
	for (size_t i = 1; i < c->modules.count; i++) {
		struct ast_module *m = c->modules.at[i];
		str_t name = c->unit->files.at[m->file].name;
		size_t k = i;

		while (k > 0 &&
		    str_cmp(c->unit->files.at[c->modules.at[k - 1]->file].name, name) > 0) {
			c->modules.at[k] = c->modules.at[k - 1];
			k--;
		}
		c->modules.at[k] = m;
	}
}

static void
compile_modules(struct compiler *c)
{
	for (size_t i = 0; i < c->unit->modules.count; i++)
		PUSH(c, &c->modules, c->unit->modules.at[i]);
	sort_modules(c);
	for (size_t i = 0; i < c->modules.count; i++)
		add_rules(c, c->modules.at[i]);
	run_passes(c, PASS_MODULES);
}

err_t
rego_compile(struct rego_unit *unit)
{
	struct compiler *c = ARENA_NEW(unit->arena, struct compiler);

	if (c == NULL || setjmp(c->out_of_memory) != 0)
		return ERR_MEMORY;
	begin(c, unit, "__local");
	compile_modules(c);
	return c->error_count == 0 ? ERR_OK : ERR_POLICY;
}

/* ---- queries ---- */

/* The import as written in a module: a reference from its text. */
static err_t
add_import(struct compiler *c, struct ast_module *m, str_t text)
{
	struct ast_import import = { 0 };

	if (str_has_prefix(text, STR("import ")))
		text = str_trim_space(str_skip(text, STR("import ").len));
	size_t as = str_find(text, STR(" as "), 0);

	if (as < text.len)
		import.alias = compiler_name(c, str_trim_space(str_skip(text, as + STR(" as ").len)));
	TRY(rego_parse_term(c->unit, str_trim_space(str_sub(text, 0, as)), &import.path));
	PUSH(c, &m->imports, import);
	return ERR_OK;
}

static err_t
begin_query(struct compiler *c, str_t text, enum rego_version version, const str_t *imports,
    size_t import_count, str_t package)
{
	struct ast_module *m = NEW(c, struct ast_module);
	struct ast_rule *r = NEW(c, struct ast_rule);

	m->version = version;
	if (package.len > 0) {
		TRY(rego_parse_term(c->unit, package, &m->package));
	}
	for (size_t i = 0; i < import_count; i++)
		TRY(add_import(c, m, imports[i]));
	TRY(rego_parse_body(c->unit, STR("query"), text, version, &r->body));
	r->loc = r->body.loc;
	PUSH(c, &m->rules, r);
	PUSH(c, &c->modules, m);
	add_rules(c, m);
	if (r->body.exprs.count == 0)
		compiler_error(c, COMPILE_ERROR, r->loc, "empty query cannot be compiled");
	return ERR_OK;
}

/* The variables that the query's own text shows, by their names in it. */
static void
list_vars(struct compiler *c, struct rego_query *q)
{
	struct var_set vars = { 0 }, listed = { 0 };

	vars_of_body(c, &vars, &q->body, SKIP_FOR_SAFETY);
	for (size_t i = 0; i < vars.count; i++) {
		struct rego_query_var var = { compiler_source(c, vars.at[i]), vars.at[i] };

		if (var_set_has(&c->reserved, var.name) || name_is_generated(var.source) ||
		    name_is_wildcard(var.source) || var_set_has(&listed, var.source))
			continue;
		var_set_add(c, &listed, var.source);
		PUSH(c, &q->vars, var);
	}
}

/* In the order of evaluation, as OPA reports them. */
static void
list_values(struct compiler *c, struct rego_query *q)
{
	for (size_t i = 0; i < q->body.exprs.count; i++) {
		const struct ast_expr *e = q->body.exprs.at[i];
		struct ast_term *var = NULL;

		for (size_t k = 0; k < c->values.count; k++) {
			if (c->values.at[k].expr == e)
				var = c->values.at[k].var;
		}
		if (!e->generated)
			PUSH(c, &q->terms, var);
	}
}

err_t
rego_compile_query(struct rego_unit *unit, str_t text, enum rego_version version,
    const str_t *imports, size_t import_count, str_t package, struct rego_query *ret)
{
	struct compiler *c = ARENA_NEW(unit->arena, struct compiler);

	if (c == NULL || setjmp(c->out_of_memory) != 0)
		return ERR_MEMORY;
	*ret = (struct rego_query){ 0 };
	begin(c, unit, "__localq");
	c->query = ret;
	TRY(begin_query(c, text, version, imports, import_count, package));
	run_passes(c, PASS_QUERY);
	if (c->error_count > 0)
		return ERR_POLICY;
	ret->body = c->rules.at[0]->body;
	list_vars(c, ret);
	list_values(c, ret);
	return ERR_OK;
}
