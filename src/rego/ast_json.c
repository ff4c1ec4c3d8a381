/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/ast_json.h"

#include "codec/base64.h"
#include "rego/ast_compare.h"
#include "rego/ast_print.h"
#include "rego/metadata.h"

/* Building goes on after the arena refused; value_string() and the like then give VALUE_NONE.
 */

struct maker {
	struct arena *arena;
	str_t file, text; /* of the module */
	bool locations;
};

struct object {
	struct object_builder builder;
	bool failed;
};

static void
open_object(struct object *o, const struct maker *j)
{
	object_builder_init(&o->builder, j->arena, 8);
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

typedef value_t item_fn(const struct maker *, const void *items, size_t i);

static value_t
make_array(const struct maker *j, const void *items, size_t count, item_fn *item)
{
	value_t *array = ARENA_ARRAY(j->arena, value_t, count);

	if (array == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < count; i++) {
		array[i] = item(j, items, i);
		if (!value_is_defined(array[i]))
			return VALUE_NONE;
	}
	return value_array_of(array, count);
}

/* ---- places ---- */

/* Go writes bytes as base64. */
static value_t
base64_value(const struct maker *j, str_t bytes)
{
	struct buf text;
	value_t value = VALUE_NONE;

	buf_init(&text, bytes.len / 3 * 4 + 4);
	base64_write(&text, bytes);
	if (!buf_failed(&text))
		value = value_string(j->arena, buf_str(&text));
	buf_fini(&text);
	return value;
}

/* `text` is what is told of it where locations are. */
static value_t
place_value(const struct maker *j, struct ast_loc loc, str_t text)
{
	struct object o;

	open_object(&o, j);
	put(&o, "file", value_string(j->arena, j->file));
	put(&o, "row", value_int(loc.row));
	put(&o, "col", value_int(loc.col));
	if (j->locations && text.len > 0)
		put(&o, "text", base64_value(j, text));
	return close_object(&o);
}

static str_t
text_at(const struct maker *j, struct ast_loc loc)
{
	if (loc.offset > j->text.len || loc.len > j->text.len - loc.offset)
		return STR_NONE;
	return str_sub(j->text, loc.offset, loc.len);
}

static void
put_location(struct object *o, const struct maker *j, struct ast_loc loc)
{
	if (j->locations)
		put(o, "location", place_value(j, loc, text_at(j, loc)));
}

static value_t term_value(const struct maker *, const struct ast_term *);
static value_t body_value(const struct maker *, const struct ast_body *);

/* ---- terms ---- */

static value_t
term_item(const struct maker *j, const void *items, size_t i)
{
	return term_value(j, ((const struct ast_terms *)items)->at[i]);
}

static value_t
terms_value(const struct maker *j, const struct ast_terms *terms)
{
	return make_array(j, terms, terms->count, term_item);
}

static value_t
pair_item(const struct maker *j, const void *items, size_t i)
{
	const struct ast_terms *terms = items;
	struct ast_terms pair = { .at = terms->at + 2 * i, .count = 2 };

	return terms_value(j, &pair);
}

static value_t
comprehension_value(const struct maker *j, const struct ast_term *t)
{
	struct object o;

	open_object(&o, j);
	if (t->kind == AST_OBJECT_COMP) {
		put(&o, "key", term_value(j, t->comp.key));
		put(&o, "value", term_value(j, t->comp.value));
	} else {
		put(&o, "term", term_value(j, t->comp.value));
	}
	put(&o, "body", body_value(j, &t->comp.body));
	return close_object(&o);
}

static value_t
with_item(const struct maker *j, const void *items, size_t i)
{
	const struct ast_with *with = &((const struct ast_withs *)items)->at[i];
	struct object o;

	open_object(&o, j);
	put_location(&o, j, with->loc);
	put(&o, "target", term_value(j, with->target));
	put(&o, "value", term_value(j, with->value));
	return close_object(&o);
}

static void
put_withs(struct object *o, const struct maker *j, const struct ast_withs *withs)
{
	if (withs->count > 0)
		put(o, "with", make_array(j, withs, withs->count, with_item));
}

/* Constants stand as terms, all else as expressions. */
static value_t
part_item(const struct maker *j, const void *template, size_t i)
{
	const struct ast_term *t = template, *part = t->items.at[i];
	struct object o;

	if (part->kind == AST_CONST && !part->commented)
		return term_value(j, part);
	open_object(&o, j);
	put_location(&o, j, part->loc);
	put(&o, "index", value_int(0));
	put(&o, "terms",
	    part->kind == AST_CALL ? terms_value(j, &part->items) : term_value(j, part));
	if (t->withs != NULL)
		put_withs(&o, j, &t->withs[i]);
	return close_object(&o);
}

static value_t
template_value(const struct maker *j, const struct ast_term *t)
{
	struct object o;

	open_object(&o, j);
	put(&o, "parts",
	    t->items.count == 0 ? value_null() : make_array(j, t, t->items.count, part_item));
	put(&o, "multi_line", value_bool(t->multiline));
	return close_object(&o);
}

static value_t
inner_value(const struct maker *j, const struct ast_term *t)
{
	switch ((enum ast_term_kind)t->kind) {
	case AST_CONST: /* null is an empty struct in OPA */
		return t->constant.tag == VALUE_NULL ? value_empty_object() : t->constant;
	case AST_VAR:
		return value_string(j->arena, rego_name_str(t->var.name));
	case AST_REF:
	case AST_ARRAY:
	case AST_SET:
	case AST_CALL:
		return terms_value(j, &t->items);
	case AST_OBJECT:
		return make_array(j, &t->items, t->items.count / 2, pair_item);
	case AST_ARRAY_COMP:
	case AST_SET_COMP:
	case AST_OBJECT_COMP:
		return comprehension_value(j, t);
	case AST_TEMPLATE:
		return template_value(j, t);
	}
	return VALUE_NONE;
}

static value_t
term_value(const struct maker *j, const struct ast_term *t)
{
	struct object o;

	open_object(&o, j);
	put_location(&o, j, t->loc);
	put(&o, "type", value_text(j->arena, rego_ast_kind_name(t)));
	put(&o, "value", inner_value(j, t));
	return close_object(&o);
}

/* ---- expressions ---- */

static value_t
every_value(const struct maker *j, const struct ast_every *e, struct ast_loc loc)
{
	struct object o;

	open_object(&o, j);
	put_location(&o, j, loc);
	put(&o, "key", e->key == NULL ? value_null() : term_value(j, e->key));
	put(&o, "value", term_value(j, e->value));
	put(&o, "domain", term_value(j, e->domain));
	put(&o, "body", body_value(j, &e->body));
	return close_object(&o);
}

static value_t
logic_value(const struct maker *j, const struct ast_expr *e)
{
	const struct ast_logic *l = e->logic;
	struct object o;

	open_object(&o, j);
	if (e->kind == AST_EXPR_NOT) {
		put(&o, "type", value_text(j->arena, "not"));
		put(&o, "body", body_value(j, &l->left));
		put(&o, "explicit_body", value_bool(l->explicit_left));
		return close_object(&o);
	}
	put(&o, "type", value_text(j->arena, e->kind == AST_EXPR_AND ? "and" : "or"));
	put(&o, "lhs", body_value(j, &l->left));
	put(&o, "rhs", body_value(j, &l->right));
	put_flag(&o, "explicit_lhs", l->explicit_left);
	put_flag(&o, "explicit_rhs", l->explicit_right);
	return close_object(&o);
}

static value_t
some_value(const struct maker *j, const struct ast_expr *e)
{
	struct object o;

	open_object(&o, j);
	put_location(&o, j, e->loc);
	put(&o, "symbols", terms_value(j, &e->terms));
	return close_object(&o);
}

static value_t
expr_terms_value(const struct maker *j, const struct ast_expr *e)
{
	switch ((enum ast_expr_kind)e->kind) {
	case AST_EXPR_TERM:
		return term_value(j, e->terms.at[0]);
	case AST_EXPR_CALL:
		return terms_value(j, &e->terms);
	case AST_EXPR_SOME:
		return some_value(j, e);
	case AST_EXPR_EVERY:
		return every_value(j, e->every, e->loc);
	case AST_EXPR_NOT:
	case AST_EXPR_AND:
	case AST_EXPR_OR:
		return logic_value(j, e);
	}
	return VALUE_NONE;
}

static value_t
expr_item(const struct maker *j, const void *exprs, size_t i)
{
	const struct ast_expr *e = ((const struct ast_exprs *)exprs)->at[i];
	struct object o;

	open_object(&o, j);
	put_location(&o, j, e->loc);
	put(&o, "index", value_int(e->index));
	put(&o, "terms", expr_terms_value(j, e));
	put_withs(&o, j, &e->withs);
	put_flag(&o, "generated", e->generated);
	put_flag(&o, "negated", e->negated);
	return close_object(&o);
}

static value_t
body_value(const struct maker *j, const struct ast_body *body)
{
	return make_array(j, &body->exprs, body->exprs.count, expr_item);
}

/* ---- modules ---- */

static value_t
head_value(const struct maker *j, const struct ast_head *head)
{
	struct object o;

	open_object(&o, j);
	if (head->name != NULL)
		put(&o, "name", value_string(j->arena, rego_name_str(head->name)));
	if (head->args.count > 0)
		put(&o, "args", terms_value(j, &head->args));
	if (head->key != NULL)
		put(&o, "key", term_value(j, head->key));
	if (head->value != NULL)
		put(&o, "value", term_value(j, head->value));
	put_flag(&o, "assign", head->assign);
	put(&o, "ref", terms_value(j, &head->ref->items));
	put_location(&o, j, head->loc);
	return close_object(&o);
}

static value_t
annotation_item(const struct maker *j, const void *annotations, size_t i)
{
	const struct ast_annotations *a =
	    ((const struct ast_annotation_list *)annotations)->at[i];
	value_t v = rego_metadata_json(j->arena, a), key = value_text(j->arena, "location");

	if (!j->locations || !value_is_defined(v) || !value_is_defined(key))
		return v;
	return value_object_with(j->arena, v, key, place_value(j, a->loc, a->text));
}

static void
put_annotations(
    struct object *o, const struct maker *j, const struct ast_annotation_list *list)
{
	if (list->count > 0)
		put(o, "annotations", make_array(j, list, list->count, annotation_item));
}

/* Of a default rule OPA tells only the keyword. */
static struct ast_loc
rule_place(const struct ast_rule *rule)
{
	struct ast_loc loc = rule->loc;

	if (rule->is_default)
		loc.len = (uint32_t)STR("default").len;
	return loc;
}

/* From the last `else` outwards, so that a long chain is no recursion. */
static value_t
rule_value(const struct maker *j, const struct ast_rule *rule)
{
	value_t inner = VALUE_NONE;
	size_t count = 0;
	const struct ast_rule **chain;

	for (const struct ast_rule *r = rule; r != NULL; r = r->else_rule)
		count++;
	chain = ARENA_ARRAY(j->arena, const struct ast_rule *, count);
	if (chain == NULL)
		return VALUE_NONE;
	for (size_t i = 0; i < count; i++, rule = rule->else_rule)
		chain[i] = rule;
	for (size_t i = count; i-- > 0;) {
		struct object o;

		open_object(&o, j);
		put_location(&o, j, rule_place(chain[i]));
		put(&o, "head", head_value(j, &chain[i]->head));
		put(&o, "body", body_value(j, &chain[i]->body));
		put_flag(&o, "default", chain[i]->is_default);
		if (i + 1 < count)
			put(&o, "else", inner);
		put_annotations(&o, j, &chain[i]->annotations);
		inner = close_object(&o);
	}
	return inner;
}

static value_t
rule_item(const struct maker *j, const void *rules, size_t i)
{
	return rule_value(j, ((const struct ast_rules *)rules)->at[i]);
}

static value_t
import_item(const struct maker *j, const void *module, size_t i)
{
	const struct ast_import *import = &((const struct ast_module *)module)->imports.at[i];
	struct object o;

	open_object(&o, j);
	put_location(&o, j, import->loc);
	put(&o, "path", term_value(j, import->path));
	if (import->alias != NULL)
		put(&o, "alias", value_string(j->arena, rego_name_str(import->alias)));
	return close_object(&o);
}

static value_t
comment_item(const struct maker *j, const void *module, size_t i)
{
	const struct ast_comment *comment =
	    &((const struct ast_module *)module)->comments.at[i];
	struct object o;

	open_object(&o, j);
	put(&o, "Text", base64_value(j, comment->text));
	put(&o, "Location", place_value(j, comment->loc, text_at(j, comment->loc)));
	return close_object(&o);
}

static value_t
module_value(const struct maker *j, const struct ast_module *m, bool comments)
{
	struct object o, package;

	open_object(&package, j);
	put_location(&package, j, m->package_loc);
	put(&package, "path", terms_value(j, &m->package->items));
	open_object(&o, j);
	put(&o, "package", close_object(&package));
	if (m->imports.count > 0)
		put(&o, "imports", make_array(j, m, m->imports.count, import_item));
	put_annotations(&o, j, &m->annotations);
	if (m->rules.count > 0)
		put(&o, "rules", make_array(j, &m->rules, m->rules.count, rule_item));
	if (comments && m->comments.count > 0)
		put(&o, "comments", make_array(j, m, m->comments.count, comment_item));
	return close_object(&o);
}

/* ---- the public calls ---- */

value_t
rego_ast_module_value(struct arena *arena, const struct ast_module *m, str_t file)
{
	return module_value(&(struct maker){ .arena = arena, .file = file }, m, true);
}

value_t
rego_ast_module_json(struct arena *arena, const struct ast_module *m,
    const struct rego_file *file, bool locations, bool comments)
{
	struct maker j = { arena, file->name, file->text, locations };

	return module_value(&j, m, comments);
}

value_t
rego_ast_body_value(struct arena *arena, const struct ast_body *body)
{
	return body_value(&(struct maker){ .arena = arena }, body);
}

value_t
rego_ast_term_value(struct arena *arena, const struct ast_term *t)
{
	return term_value(&(struct maker){ .arena = arena }, t);
}
