/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/graphql_ast.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/vec.h"

enum { CHARGED_AT_ONCE = 1024, LARGEST_WORK = 1 << 30, UNIT = 64, LONGEST_PROBLEM = 1 << 16 };

/* ---- the work ---- */

void
graphql_init(struct graphql *g, struct arena *arena, struct rego_call *call)
{
	*g = (struct graphql){ .arena = arena, .call = call, .left = UINT64_MAX };
	buf_init(&g->problem, LONGEST_PROBLEM);
}

void
graphql_fini(struct graphql *g)
{
	buf_fini(&g->problem);
}

bool
graphql_settle(struct graphql *g)
{
	size_t owed = g->owed;

	g->owed = 0;
	if (g->call != NULL && !rego_work(g->call, owed * UNIT))
		g->halted = true;
	return !g->halted;
}

bool
graphql_work(struct graphql *g, size_t units)
{
	if (units > g->left || units > LARGEST_WORK || arena_failed(g->arena))
		g->halted = true;
	if (g->halted)
		return false;
	g->left -= units;
	g->owed += (uint32_t)units;
	return g->owed < CHARGED_AT_ONCE || graphql_settle(g);
}

bool
graphql_enter(struct graphql *g)
{
	static const struct graphql_pos nowhere;

	if (g->depth >= GRAPHQL_DEEPEST)
		return graphql_refuse(g, nowhere, "the document is nested too deeply");
	g->depth++;
	return true;
}

void
graphql_leave(struct graphql *g)
{
	g->depth--;
}

void *
graphql_new(struct graphql *g, size_t size)
{
	void *made =
	    graphql_work(g, 1) ? arena_alloc(g->arena, size, _Alignof(max_align_t)) : NULL;

	if (made == NULL)
		g->halted = true;
	return made;
}

bool
graphql_refuse(struct graphql *g, struct graphql_pos pos, const char *format, ...)
{
	va_list args;
	int len;

	if (g->refused)
		return false;
	g->refused = true;
	if (pos.line == 0)
		pos = (struct graphql_pos){ -1, -1, pos.built_in };
	buf_printf(&g->problem, "%s:%d:%d: ", pos.built_in ? "prelude.graphql" : "input",
	    pos.line, pos.column);
	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0 && buf_reserve(&g->problem, (size_t)len + 1)) {
		va_start(args, format);
		(void)vsnprintf(g->problem.data + g->problem.len, (size_t)len + 1, format,
		    args);
		va_end(args);
		g->problem.len += (size_t)len;
	}
	return false;
}

void
graphql_quote(struct graphql *g, struct buf *b, str_t s)
{
	value_t text = value_string(g->arena, s);

	if (value_is_defined(text))
		value_print(b, text);
	else
		g->halted = true;
}

/* ---- lists ---- */

bool
graphql_push(struct graphql *g, struct graphql_list *list, void *item)
{
	if (!VEC_PUSH(g->arena, list, item))
		g->halted = true;
	return !g->halted;
}

bool
graphql_push_name(struct graphql *g, struct graphql_names *names, str_t name)
{
	if (!VEC_PUSH(g->arena, names, name))
		g->halted = true;
	return !g->halted;
}

bool
graphql_push_all(struct graphql *g, struct graphql_list *list, const struct graphql_list *more)
{
	for (size_t i = 0; i < more->count; i++) {
		if (!graphql_work(g, 1) || !graphql_push(g, list, more->at[i]))
			return false;
	}
	return true;
}

/* ---- types ---- */

str_t
graphql_type_name(const struct graphql_type *type)
{
	while (type != NULL && type->named.len == 0)
		type = type->elem;
	return type != NULL ? type->named : STR("");
}

void
graphql_type_print(struct buf *b, const struct graphql_type *type)
{
	if (type == NULL)
		return;
	if (type->named.len > 0) {
		buf_add_str(b, type->named);
	} else {
		buf_add_char(b, '[');
		graphql_type_print(b, type->elem);
		buf_add_char(b, ']');
	}
	if (type->non_null)
		buf_add_char(b, '!');
}

bool
graphql_type_fits(const struct graphql_type *actual, const struct graphql_type *wanted)
{
	if (!str_eq(actual->named, wanted->named))
		return false;
	if (actual->elem != NULL &&
	    (wanted->elem == NULL || !graphql_type_fits(actual->elem, wanted->elem)))
		return false;
	return !wanted->non_null || actual->non_null;
}

/* ---- looking ---- */

struct graphql_field *
graphql_find_field(struct graphql *g, const struct graphql_list *fields, str_t name)
{
	struct graphql_field *found = NULL;
	size_t i = 0;

	for (; i < fields->count && found == NULL; i++) {
		struct graphql_field *field = fields->at[i];

		if (str_eq(field->name, name))
			found = field;
	}
	return graphql_work(g, 1 + i / 8) ? found : NULL;
}

struct graphql_argument *
graphql_find_argument(struct graphql *g, const struct graphql_list *arguments, str_t name)
{
	struct graphql_argument *found = NULL;
	size_t i = 0;

	for (; i < arguments->count && found == NULL; i++) {
		struct graphql_argument *argument = arguments->at[i];

		if (str_eq(argument->name, name))
			found = argument;
	}
	return graphql_work(g, 1 + i / 8) ? found : NULL;
}
