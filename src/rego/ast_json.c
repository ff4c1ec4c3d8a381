/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_json.h"

#include "codec/base64.h"
#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/metadata.h"

/* Building goes on after the arena refused; value_string() and the like then give VALUE_NONE. */

struct object {
	struct object_builder builder;
	bool failed;
};

static void
open_object(struct object *o, struct arena *arena)
{
	object_builder_init(&o->builder, arena, 8);
	o->failed = false;
}

static void
put(struct object *o, const char *key, value_t value)
{
	if (!value_is_defined(value) || !object_builder_add_text(&o->builder, key, value))
		o->failed = true;
}

static void
put_flag(struct object *o, const char *key, bool flag) /* told only when set */
{
	if (flag)
		put(o, key, value_bool(true));
}

static value_t
close_object(struct object *o)
{
	return o->failed ? VALUE_NONE
	                 : object_builder_freeze(&o->builder, OBJECT_LAST_WINS, NULL);
}

typedef value_t item_fn(struct arena *, const void *items, size_t i);

static value_t
make_array(struct arena *arena, const void *items, size_t count, item_fn *item)
{
	value_t *array = ARENA_ARRAY(arena, value_t, count);

	if (array == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < count; i++) {
		array[i] = item(arena, items, i);
		if (!value_is_defined(array[i]))
			return VALUE_NONE;
	}
	return value_array_of(array, count);
}

/* ---- terms ---- */

static value_t
term_item(struct arena *arena, const void *items, size_t i)
{
	return rego_ast_term_value(arena, ((const struct ast_terms *)items)->at[i]);
}

static value_t
terms_value(struct arena *arena, const struct ast_terms *terms)
{
	return make_array(arena, terms, terms->count, term_item);
}

static value_t
pair_item(struct arena *arena, const void *items, size_t i)
{
	const struct ast_terms *terms = items;
	struct ast_terms pair = { .at = terms->at + 2 * i, .count = 2 };

	return terms_value(arena, &pair);
}

static value_t
comprehension_value(struct arena *arena, const struct ast_term *t)
{
	struct object o;

	open_object(&o, arena);
	if (t->kind == AST_OBJECT_COMP) {
		put(&o, "key", rego_ast_term_value(arena, t->comp.key));
		put(&o, "value", rego_ast_term_value(arena, t->comp.value));
	} else {
		put(&o, "term", rego_ast_term_value(arena, t->comp.value));
	}
	put(&o, "body", rego_ast_body_value(arena, &t->comp.body));
	return close_object(&o);
}

static value_t
with_item(struct arena *arena, const void *items, size_t i)
{
	const struct ast_with *with = &((const struct ast_withs *)items)->at[i];
	struct object o;

	open_object(&o, arena);
	put(&o, "target", rego_ast_term_value(arena, with->target));
	put(&o, "value", rego_ast_term_value(arena, with->value));
	return close_object(&o);
}

static void
put_withs(struct object *o, struct arena *arena, const struct ast_withs *withs)
{
	if (withs->count > 0)
		put(o, "with", make_array(arena, withs, withs->count, with_item));
}

/* Constants stand as terms, all else as expressions. */
static value_t
part_item(struct arena *arena, const void *template, size_t i)
{
	const struct ast_term *t = template, *part = t->items.at[i];
	struct object o;

	if (part->kind == AST_CONST && !part->commented)
		return rego_ast_term_value(arena, part);
	open_object(&o, arena);
	put(&o, "index", value_int(0));
	put(&o, "terms", part->kind == AST_CALL ? terms_value(arena, &part->items)
	                                        : rego_ast_term_value(arena, part));
	if (t->withs != NULL)
		put_withs(&o, arena, &t->withs[i]);
	return close_object(&o);
}

static value_t
template_value(struct arena *arena, const struct ast_term *t)
{
	struct object o;

	open_object(&o, arena);
	put(&o, "parts", t->items.count == 0 ? value_null()
	                                     : make_array(arena, t, t->items.count, part_item));
	put(&o, "multi_line", value_bool(t->multiline));
	return close_object(&o);
}

static value_t
inner_value(struct arena *arena, const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST: /* null is an empty struct in OPA */
		return t->constant.tag == VALUE_NULL ? value_empty_object() : t->constant;
	case AST_VAR:
		return value_string(arena, rego_name_str(t->var.name));
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_CALL:
		return terms_value(arena, &t->items);
	case AST_OBJECT:
		return make_array(arena, &t->items, t->items.count / 2, pair_item);
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return comprehension_value(arena, t);
	case AST_TEMPLATE:
		return template_value(arena, t);
	}
	return VALUE_NONE;
}

value_t
rego_ast_term_value(struct arena *arena, const struct ast_term *t)
{
	struct object o;

	open_object(&o, arena);
	put(&o, "type", value_text(arena, rego_ast_kind_name(t)));
	put(&o, "value", inner_value(arena, t));
	return close_object(&o);
}

/* ---- expressions ---- */

static value_t
every_value(struct arena *arena, const struct ast_every *e)
{
	struct object o;

	open_object(&o, arena);
	put(&o, "key", e->key == NULL ? value_null() : rego_ast_term_value(arena, e->key));
	put(&o, "value", rego_ast_term_value(arena, e->value));
	put(&o, "domain", rego_ast_term_value(arena, e->domain));
	put(&o, "body", rego_ast_body_value(arena, &e->body));
	return close_object(&o);
}

static value_t
logic_value(struct arena *arena, const struct ast_expr *e)
{
	const struct ast_logic *l = e->logic;
	struct object o;

	open_object(&o, arena);
	if (e->kind == AST_EXPR_NOT) {
		put(&o, "type", value_text(arena, "not"));
		put(&o, "body", rego_ast_body_value(arena, &l->left));
		put(&o, "explicit_body", value_bool(l->explicit_left));
		return close_object(&o);
	}
	put(&o, "type", value_text(arena, e->kind == AST_EXPR_AND ? "and" : "or"));
	put(&o, "lhs", rego_ast_body_value(arena, &l->left));
	put(&o, "rhs", rego_ast_body_value(arena, &l->right));
	put_flag(&o, "explicit_lhs", l->explicit_left);
	put_flag(&o, "explicit_rhs", l->explicit_right);
	return close_object(&o);
}

static value_t
some_value(struct arena *arena, const struct ast_terms *terms)
{
	struct object o;

	open_object(&o, arena);
	put(&o, "symbols", terms_value(arena, terms));
	return close_object(&o);
}

static value_t
expr_terms_value(struct arena *arena, const struct ast_expr *e)
{
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
		return rego_ast_term_value(arena, e->terms.at[0]);
	case AST_EXPR_CALL:
		return terms_value(arena, &e->terms);
	case AST_EXPR_SOME:
		return some_value(arena, &e->terms);
	case AST_EXPR_EVERY:
		return every_value(arena, e->every);
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		return logic_value(arena, e);
	}
	return VALUE_NONE;
}

static value_t
expr_item(struct arena *arena, const void *exprs, size_t i)
{
	const struct ast_expr *e = ((const struct ast_exprs *)exprs)->at[i];
	struct object o;

	open_object(&o, arena);
	put(&o, "index", value_int(e->index));
	put(&o, "terms", expr_terms_value(arena, e));
	put_withs(&o, arena, &e->withs);
	put_flag(&o, "generated", e->generated);
	put_flag(&o, "negated", e->negated);
	return close_object(&o);
}

value_t
rego_ast_body_value(struct arena *arena, const struct ast_body *body)
{
	return make_array(arena, &body->exprs, body->exprs.count, expr_item);
}

/* ---- modules ---- */

static value_t
head_value(struct arena *arena, const struct ast_head *head)
{
	struct object o;

	open_object(&o, arena);
	if (head->name != NULL)
		put(&o, "name", value_string(arena, rego_name_str(head->name)));
	if (head->args.count > 0)
		put(&o, "args", terms_value(arena, &head->args));
	if (head->key != NULL)
		put(&o, "key", rego_ast_term_value(arena, head->key));
	if (head->value != NULL)
		put(&o, "value", rego_ast_term_value(arena, head->value));
	put_flag(&o, "assign", head->assign);
	put(&o, "ref", terms_value(arena, &head->ref->items));
	return close_object(&o);
}

static value_t
annotation_item(struct arena *arena, const void *annotations, size_t i)
{
	return rego_metadata_json(arena, ((const struct ast_annotation_list *)annotations)->at[i]);
}

static void
put_annotations(struct object *o, struct arena *arena, const struct ast_annotation_list *list)
{
	if (list->count > 0)
		put(o, "annotations", make_array(arena, list, list->count, annotation_item));
}

/* From the last `else` outwards, so that a long chain is no recursion. */
static value_t
rule_value(struct arena *arena, const struct ast_rule *rule)
{
	value_t inner = VALUE_NONE;
	size_t count = 0;
	const struct ast_rule **chain;

	for (const struct ast_rule *r = rule; r != NULL; r = r->else_rule)
		count++;
	chain = ARENA_ARRAY(arena, const struct ast_rule *, count);
	if (chain == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < count; i++, rule = rule->else_rule)
		chain[i] = rule;
	for (size_t i = count; i-- > 0;) {
		struct object o;

		open_object(&o, arena);
		put(&o, "head", head_value(arena, &chain[i]->head));
		put(&o, "body", rego_ast_body_value(arena, &chain[i]->body));
		put_flag(&o, "default", chain[i]->is_default);
		if (i + 1 < count)
			put(&o, "else", inner);
		put_annotations(&o, arena, &chain[i]->annotations);
		inner = close_object(&o);
	}
	return inner;
}

static value_t
rule_item(struct arena *arena, const void *rules, size_t i)
{
	return rule_value(arena, ((const struct ast_rules *)rules)->at[i]);
}

static value_t
import_item(struct arena *arena, const void *module, size_t i)
{
	const struct ast_import *import = &((const struct ast_module *)module)->imports.at[i];
	struct object o;

	open_object(&o, arena);
	put(&o, "path", rego_ast_term_value(arena, import->path));
	if (import->alias != NULL)
		put(&o, "alias", value_string(arena, rego_name_str(import->alias)));
	return close_object(&o);
}

struct comments {
	const struct ast_module *module;
	str_t file;
};

/* Go writes bytes as base64. */
static value_t
base64_value(struct arena *arena, str_t bytes)
{
	struct buf text;
	value_t value = VALUE_NONE;

	buf_init(&text, bytes.len / 3 * 4 + 4);
	base64_write(&text, bytes);
	if (!buf_failed(&text))
		value = value_string(arena, buf_str(&text));
	buf_fini(&text);
	return value;
}

static value_t
comment_item(struct arena *arena, const void *comments, size_t i)
{
	const struct comments *c = comments;
	const struct ast_comment *comment = &c->module->comments.at[i];
	struct object o, loc;

	open_object(&loc, arena);
	put(&loc, "file", value_string(arena, c->file));
	put(&loc, "row", value_int(comment->loc.row));
	put(&loc, "col", value_int(comment->loc.col));
	open_object(&o, arena);
	put(&o, "Text", base64_value(arena, comment->text));
	put(&o, "Location", close_object(&loc));
	return close_object(&o);
}

value_t
rego_ast_module_value(struct arena *arena, const struct ast_module *m, str_t file)
{
	struct comments comments = { m, file };
	struct object o, package;

	open_object(&package, arena);
	put(&package, "path", terms_value(arena, &m->package->items));
	open_object(&o, arena);
	put(&o, "package", close_object(&package));
	if (m->imports.count > 0)
		put(&o, "imports", make_array(arena, m, m->imports.count, import_item));
	put_annotations(&o, arena, &m->annotations);
	if (m->rules.count > 0)
		put(&o, "rules", make_array(arena, &m->rules, m->rules.count, rule_item));
	if (m->comments.count > 0)
		put(&o, "comments", make_array(arena, &comments, m->comments.count, comment_item));
	return close_object(&o);
}
