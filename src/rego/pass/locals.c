/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/locals.h"

#include "rego/pass/scope.h"
#include "rego/pass/text.h"
#include "rego/pass/walk.h"

void
locals_push(struct locals *l)
{
	PUSH(l->compiler, &l->scopes, (struct local_scope){ 0 });
}

void
locals_pop(struct locals *l)
{
	l->scopes.count--;
}

struct local_scope *
locals_scope(const struct locals *l)
{
	return &l->scopes.at[l->scopes.count - 1];
}

struct local *
locals_find(const struct locals *l, rego_name_t name)
{
	for (size_t i = l->scopes.count; i-- > 0;) {
		struct local *found = name_map_find(&l->scopes.at[i].by_name, name);

		if (found != NULL)
			return found;
	}
	return NULL;
}

enum local_origin
locals_origin(const struct locals *l, rego_name_t name)
{
	const struct local *found = name_map_find(&locals_scope(l)->by_name, name);

	return found == NULL ? LOCAL_NEW : found->origin;
}

void
locals_add(struct locals *l, rego_name_t written, rego_name_t name, enum local_origin origin)
{
	struct local *local = NEW(l->compiler, struct local);
	struct local_scope *scope = locals_scope(l);

	*local = (struct local){ written, name, origin, 1 };
	name_map_put(l->compiler, &scope->by_name, written, local);
	PUSH(l->compiler, &scope->all, local);
	if (written != name)
		name_map_put(l->compiler, &l->compiler->rewritten, name,
		    (void *)(uintptr_t)compiler_source(l->compiler, written));
}

rego_name_t
locals_declare(struct locals *l, rego_name_t written, enum local_origin origin, struct ast_loc loc)
{
	static const char *const complaint[] = { [LOCAL_SEEN] = "var %.*s referenced above",
		[LOCAL_ASSIGNED] = "var %.*s assigned above",
		[LOCAL_DECLARED] = "var %.*s declared above", [LOCAL_ARG] = "arg %.*s redeclared" };
	const char *format = complaint[locals_origin(l, written)];
	rego_name_t name;

	if (format != NULL) {
		l->error_count++;
		/* The formats are the four above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		compiler_error(l->compiler, COMPILE_ERROR, loc, format, STR_FMT(name_str(written)));
#pragma GCC diagnostic pop
		return NULL;
	}
	name = compiler_local(l->compiler);
	locals_add(l, written, name, origin);
	return name;
}

/* ---- unused variables ---- */

static void
report(struct locals *l, const struct local *local, struct ast_loc loc)
{
	l->error_count++;
	compiler_error(l->compiler, COMPILE_ERROR, loc, "%s var %.*s unused",
	    local->origin == LOCAL_ASSIGNED ? "assigned" : "declared",
	    STR_FMT(name_str(local->written)));
}

/* Names used outside the body (in a head or the term of a comprehension), renamed. */
static struct var_set
rename_used(struct locals *l, const struct var_set *used)
{
	struct var_set renamed = { 0 };

	for (size_t i = 0; i < used->count; i++) {
		struct local *local = locals_find(l, used->at[i]);

		var_set_add(l->compiler, &renamed, local == NULL ? used->at[i] : local->name);
	}
	return renamed;
}

static void
check_assigned(struct locals *l, const struct ast_body *body, const struct var_set *used)
{
	struct local_scope *scope = locals_scope(l);

	for (size_t i = 0; i < scope->all.count; i++) {
		const struct local *local = scope->all.at[i];
		struct ast_loc loc;

		if (local->origin != LOCAL_ASSIGNED || local->uses > 1 ||
		    name_is_wildcard(local->written) || var_set_has(used, local->name))
			continue;
		loc = body->exprs.at[0]->loc;
		for (size_t k = 0; k < body->exprs.count; k++) {
			struct var_set vars = { 0 };

			vars_of_expr(l->compiler, &vars, body->exprs.at[k], 0);
			if (var_set_has(&vars, local->name)) {
				loc = body->exprs.at[k]->loc;
				break;
			}
		}
		report(l, local, loc);
	}
}

static void
check_declared(struct locals *l, const struct ast_body *before, const struct var_set *used)
{
	struct local_scope *scope = locals_scope(l);

	for (size_t i = 0; i < scope->all.count; i++) {
		const struct local *local = scope->all.at[i];
		struct ast_loc loc;

		if (local->origin != LOCAL_DECLARED || name_is_generated(local->written) ||
		    var_set_has(used, local->name))
			continue;
		loc = before->exprs.at[0]->loc;
		for (size_t k = 0; k < before->exprs.count; k++) {
			struct var_set vars = declared_vars_of_expr(l->compiler, before->exprs.at[k]);

			if (var_set_has(&vars, local->written)) {
				loc = before->exprs.at[k]->loc;
				break;
			}
		}
		report(l, local, loc);
	}
}

void
locals_check_unused(struct locals *l, const struct ast_body *before, const struct ast_body *after,
    const struct var_set *used_outside)
{
	struct var_set used = rename_used(l, used_outside);

	if (l->error_count > 0 || before->exprs.count == 0)
		return;
	if (l->compiler->unit->strict)
		check_assigned(l, before, &used);
	if (l->error_count > 0)
		return;
	vars_of_body(l->compiler, &used, after, 0);
	check_declared(l, before, &used);
}
