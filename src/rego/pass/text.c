/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/pass/text.h"

#include "rego/pass/walk.h"

enum { TEXT_LIMIT = 64 << 10 };

static void write_term(struct compiler *, struct buf *, const struct ast_term *);

static bool
is_identifier(str_t s)
{
	for (size_t i = 0; i < s.len; i++) {
		char ch = s.data[i];
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';

		if (!letter && (i == 0 || ch < '0' || ch > '9'))
			return false;
	}
	return s.len > 0;
}

static void
write_var(struct compiler *c, struct buf *b, rego_name_t name)
{
	rego_name_t source = compiler_source(c, name);
	const struct ast_term *term = name_map_find(&c->captured, name);

	if (term != NULL) {
		write_term(c, b, term);
		return;
	}
	buf_add_str(b, name_is_wildcard(source) ? STR("_") : name_str(source));
}

static void
write_terms(struct compiler *c, struct buf *b, const struct ast_terms *terms, size_t from)
{
	for (size_t i = from; i < terms->count; i++) {
		if (i > from)
			buf_add_text(b, ", ");
		write_term(c, b, terms->at[i]);
	}
}

static void
write_ref(struct compiler *c, struct buf *b, const struct ast_terms *parts)
{
	write_term(c, b, parts->at[0]);
	for (size_t i = 1; i < parts->count; i++) {
		const struct ast_term *part = parts->at[i];

		if (part->kind == AST_CONST && value_is_string(part->constant) &&
		    is_identifier(value_str(part->constant))) {
			buf_add_char(b, '.');
			buf_add_str(b, value_str(part->constant));
			continue;
		}
		buf_add_char(b, '[');
		write_term(c, b, part);
		buf_add_char(b, ']');
	}
}

static void
write_call(struct compiler *c, struct buf *b, const struct ast_terms *call)
{
	write_term(c, b, call->at[0]);
	buf_add_char(b, '(');
	write_terms(c, b, call, 1);
	buf_add_char(b, ')');
}

static void
write_object(struct compiler *c, struct buf *b, const struct ast_terms *items)
{
	buf_add_char(b, '{');
	for (size_t i = 0; i + 1 < items->count; i += 2) {
		if (i > 0)
			buf_add_text(b, ", ");
		write_term(c, b, items->at[i]);
		buf_add_text(b, ": ");
		write_term(c, b, items->at[i + 1]);
	}
	buf_add_char(b, '}');
}

/* The text as written: good enough for what messages rarely show. */
static void
write_source(struct compiler *c, struct buf *b, struct ast_loc loc)
{
	str_t text = c->unit->files.at[loc.file].text;

	if (loc.offset <= text.len && loc.len <= text.len - loc.offset)
		buf_add_str(b, str_sub(text, loc.offset, loc.len));
}

static void
write_term(struct compiler *c, struct buf *b, const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST:
		value_print(b, t->constant);
		break;
	case AST_VAR:
		write_var(c, b, t->var.name);
		break;
	case AST_REF:
		write_ref(c, b, &t->items);
		break;
	case AST_ARRAY:
		buf_add_char(b, '[');
		write_terms(c, b, &t->items, 0);
		buf_add_char(b, ']');
		break;
	case AST_SET:
		buf_add_text(b, t->items.count == 0 ? "set(" : "{");
		write_terms(c, b, &t->items, 0);
		buf_add_text(b, t->items.count == 0 ? ")" : "}");
		break;
	case AST_OBJECT:
		write_object(c, b, &t->items);
		break;
	case AST_CALL:
		if (ref_is_builtin(t->items.at[0], "internal.template_string"))
			write_source(c, b, t->loc);
		else
			write_call(c, b, &t->items);
		break;
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
	case AST_TEMPLATE:
		write_source(c, b, t->loc);
		break;
	}
}

static str_t
take(struct compiler *c, struct buf *b)
{
	str_t text = arena_str(c->arena, buf_str(b));

	buf_fini(b);
	if (text.data == NULL && arena_failed(c->arena))
		compiler_give_up(c);
	return text;
}

str_t
term_text(struct compiler *c, const struct ast_term *t)
{
	struct buf b;

	buf_init(&b, TEXT_LIMIT);
	write_term(c, &b, t);
	return take(c, &b);
}

str_t
call_text(struct compiler *c, const struct ast_terms *call)
{
	struct buf b;

	buf_init(&b, TEXT_LIMIT);
	write_call(c, &b, call);
	return take(c, &b);
}

str_t
import_text(struct compiler *c, const struct ast_import *import)
{
	struct buf b;

	buf_init(&b, TEXT_LIMIT);
	buf_add_text(&b, "import ");
	write_term(c, &b, import->path);
	if (import->alias != NULL) {
		buf_add_text(&b, " as ");
		buf_add_str(&b, name_str(import->alias));
	}
	return take(c, &b);
}

str_t
rule_path_text(struct compiler *c, const struct ast_rule *rule)
{
	const struct ast_term *head = rule->head.ref;
	struct ast_term *path = copy_term(c, rule->module->package);

	for (size_t i = 0; i < head->items.count; i++) {
		struct ast_term *part = head->items.at[i];

		if (i == 0)
			part = make_const(c, intern_add(c->unit->intern, name_str(part->var.name)),
			    part->loc);
		PUSH(c, &path->items, part);
	}
	return term_text(c, path);
}

str_t
package_text(struct compiler *c, const struct ast_module *m)
{
	struct ast_term *path = copy_term(c, m->package);
	struct buf b;

	buf_init(&b, TEXT_LIMIT);
	buf_add_text(&b, "package ");
	/* Without `data`: its place is taken by the first name. */
	if (path->items.count > 1) {
		path->items.at++;
		path->items.count--;
		*path->items.at[0] = *make_var(c,
		    compiler_name(c, value_str(path->items.at[0]->constant)), path->loc);
		write_term(c, &b, path);
	}
	return take(c, &b);
}

str_t
loc_text(struct compiler *c, struct ast_loc loc)
{
	str_t file = c->unit->files.at[loc.file].name;

	return arena_printf(c->arena, "%.*s:%u", STR_FMT(file), loc.row);
}
