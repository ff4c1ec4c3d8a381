/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/metadata_set.h"

#include <stdlib.h>

#include "rego/ast_compare.h"
#include "rego/ast_print.h"

/* ---- paths ---- */

/* By parts, then by length; the first `a_count` of `a` only. */
static int
compare_paths(const struct ast_terms *a, size_t a_count, const struct ast_terms *b)
{
	for (size_t i = 0; i < a_count && i < b->count; i++) {
		int order = rego_ast_compare(a->at[i], b->at[i]);

		if (order != 0)
			return order;
	}
	return a_count == b->count ? 0 : a_count < b->count ? -1 : 1;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct metadata_entry *x = a, *y = b;
	int order = compare_paths(&x->path, x->path.count, &y->path);

	return order != 0 ? order : x->order < y->order ? -1 : x->order > y->order;
}

static struct ast_annotations *
find(const struct metadata_entries *entries, const struct ast_terms *path, size_t length)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_paths(path, length, &entries->at[middle].path) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == entries->count || compare_paths(path, length, &entries->at[low].path) != 0)
		return NULL;
	return entries->at[low].annotations;
}

/* ---- making ---- */

static str_t
place_text(struct rego_unit *unit, struct ast_loc loc)
{
	str_t name = unit->files.at[loc.file].name;

	if (name.len == 0)
		return arena_printf(unit->arena, "%u:%u", loc.row, loc.col);
	return arena_printf(unit->arena, "%.*s:%u", STR_FMT(name), loc.row);
}

/* Sorts; of those with one path the first stays, the others are faults. */
static bool
sort(struct rego_unit *unit, struct metadata_entries *entries, struct metadata_faults *faults)
{
	size_t kept = 0;

	if (entries->count > 0)
		qsort(entries->at, entries->count, sizeof(*entries->at), compare_entries);
	for (size_t i = 0; i < entries->count; i++) {
		struct metadata_entry *e = &entries->at[i], *first;
		struct metadata_fault fault = { e->annotations->loc };
		str_t place;

		first = kept > 0 ? &entries->at[kept - 1] : NULL;
		if (first == NULL ||
		    compare_paths(&e->path, e->path.count, &first->path) != 0) {
			entries->at[kept++] = *e;
			continue;
		}
		place = place_text(unit, first->annotations->loc);
		fault.message = arena_printf(unit->arena, "%.*s annotation redeclared: %.*s",
		    STR_FMT(e->annotations->scope_text), STR_FMT(place));
		if (!VEC_PUSH(unit->arena, faults, fault))
			return false;
	}
	entries->count = kept;
	return true;
}

static bool
is_by_path(const struct ast_annotations *a)
{
	return a->scope == METADATA_DOCUMENT || a->scope == METADATA_SUBPACKAGES;
}

static bool
add(struct rego_unit *unit, struct metadata_set *set, struct ast_annotations *a, size_t order)
{
	struct metadata_entry e = { .annotations = a, .order = order };

	if (a->scope != METADATA_PACKAGE && !is_by_path(a))
		return true;
	if (!rego_metadata_path(unit->arena, a->module, a->rule, &e.path))
		return false;
	if (is_by_path(a))
		set->by_path.at[set->by_path.count++] = e;
	else
		set->by_package.at[set->by_package.count++] = e;
	return true;
}

bool
rego_metadata_set_make(struct rego_unit *unit, struct ast_module *const *modules, size_t count,
    struct metadata_set *ret, struct metadata_faults *faults)
{
	struct metadata_set set = { 0 };
	size_t blocks = 0, order = 0;

	for (size_t i = 0; i < count; i++)
		blocks += modules[i]->annotations.count;
	set.by_path.at = ARENA_ARRAY(unit->arena, struct metadata_entry, blocks);
	set.by_package.at = ARENA_ARRAY(unit->arena, struct metadata_entry, blocks);
	if (set.by_path.at == NULL || set.by_package.at == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < modules[i]->annotations.count; k++)
			if (!add(unit, &set, modules[i]->annotations.at[k], order++))
				return false;
	if (!sort(unit, &set.by_path, faults) || !sort(unit, &set.by_package, faults))
		return false;
	*ret = set;
	return true;
}

/* ---- chains ---- */

struct chain {
	struct arena *arena;
	VEC(value_t) links;
	bool failed;
};

static value_t
path_value(struct arena *arena, const struct ast_terms *path)
{
	value_t *items = ARENA_ARRAY(arena, value_t, path->count);

	if (items == NULL)
		return VALUE_NONE;
	for (size_t i = 1; i < path->count; i++) /* without data */
		items[i - 1] = path->at[i]->kind == AST_CONST
				   ? path->at[i]->constant
				   : value_string(arena, rego_ast_text(arena, path->at[i]));
	return value_array_of(items, path->count - 1);
}

static void
add_link(struct chain *c, const struct ast_terms *path, const struct ast_annotations *a)
{
	struct object_builder link;
	value_t made;

	object_builder_init(&link, c->arena, 2);
	(void)object_builder_add_text(&link, "path", path_value(c->arena, path));
	if (a != NULL)
		(void)object_builder_add_text(
		    &link, "annotations", rego_metadata_object(c->arena, a));
	made = object_builder_freeze(&link, OBJECT_LAST_WINS, NULL);
	c->failed |= !value_is_defined(made) || !VEC_PUSH(c->arena, &c->links, made);
}

/* A link for a block that stands on a rule or a package. */
static void
add_block(struct chain *c, const struct ast_annotations *a)
{
	struct ast_terms path = { 0 };

	c->failed |= !rego_metadata_path(c->arena, a->module, a->rule, &path);
	if (!c->failed)
		add_link(c, &path, a);
}

static bool
is_own(const struct ast_annotations *a, const struct ast_rule *rule)
{
	return a->scope == METADATA_RULE && a->rule == rule;
}

value_t
rego_metadata_chain(
    struct arena *arena, const struct metadata_set *set, const struct ast_rule *rule)
{
	struct chain c = { .arena = arena };
	const struct ast_annotation_list *blocks = &rule->module->annotations;
	struct ast_terms path = { 0 }, package = { 0 };
	const struct ast_annotations *found;

	if (!rego_metadata_path(arena, rule->module, rule, &path) ||
	    !rego_metadata_path(arena, rule->module, NULL, &package))
		return VALUE_NONE;
	for (size_t i = blocks->count; i-- > 0;)
		if (is_own(blocks->at[i], rule))
			add_block(&c, blocks->at[i]);
	if (c.links.count == 0)
		add_link(&c, &path, NULL);
	found = find(&set->by_path, &path, path.count);
	if (found != NULL)
		add_block(&c, found);
	found = find(&set->by_package, &package, package.count);
	if (found != NULL)
		add_block(&c, found);
	for (size_t length = package.count; length > 0; length--) {
		found = find(&set->by_path, &package, length);
		if (found != NULL)
			add_block(&c, found);
	}
	return c.failed || arena_failed(arena) ? VALUE_NONE
					       : value_array_of(c.links.at, c.links.count);
}

value_t
rego_metadata_rule(struct arena *arena, const struct ast_rule *rule)
{
	const struct ast_annotation_list *blocks = &rule->module->annotations;

	for (size_t i = blocks->count; i-- > 0;)
		if (is_own(blocks->at[i], rule))
			return rego_metadata_object(arena, blocks->at[i]);
	return value_empty_object();
}

/* ---- lists ---- */

static int
compare_refs(const void *a, const void *b)
{
	const struct metadata_ref *x = a, *y = b;
	struct ast_loc k = x->annotations->loc, l = y->annotations->loc;
	int order = compare_paths(&x->path, x->path.count, &y->path);

	if (order != 0)
		return order;
	if (k.file != l.file)
		return k.file < l.file ? -1 : 1;
	return k.offset < l.offset ? -1 : k.offset > l.offset;
}

bool
rego_metadata_list(struct rego_unit *unit, struct metadata_refs *ret)
{
	for (size_t i = 0; i < unit->modules.count; i++) {
		const struct ast_annotation_list *blocks = &unit->modules.at[i]->annotations;

		for (size_t k = 0; k < blocks->count; k++) {
			struct metadata_ref ref = { .annotations = blocks->at[k] };

			if (!rego_metadata_path(unit->arena, unit->modules.at[i],
				blocks->at[k]->rule, &ref.path) ||
			    !VEC_PUSH(unit->arena, ret, ref))
				return false;
		}
	}
	if (ret->count > 0)
		qsort(ret->at, ret->count, sizeof(*ret->at), compare_refs);
	return true;
}

static str_t
slashed_path(struct arena *arena, const struct ast_terms *path)
{
	struct buf out;
	str_t text;

	buf_init(&out, 1 << 16);
	for (size_t i = 1; i < path->count; i++) {
		const struct ast_term *part = path->at[i];

		if (i > 1)
			buf_add_char(&out, '/');
		if (part->kind == AST_CONST && value_is_string(part->constant))
			buf_add_str(&out, value_str(part->constant));
		else
			buf_add_str(&out, rego_ast_text(arena, part));
	}
	text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

bool
rego_metadata_entrypoints(struct rego_unit *unit, struct metadata_paths *ret)
{
	struct metadata_refs refs = { 0 };
	str_t last = STR_NONE;

	if (!rego_metadata_list(unit, &refs))
		return false;
	for (size_t i = 0; i < refs.count; i++) {
		str_t text;

		if (!refs.at[i].annotations->entrypoint)
			continue;
		text = slashed_path(unit->arena, &refs.at[i].path);
		if (last.data != NULL && str_eq(text, last))
			continue;
		if (!VEC_PUSH(unit->arena, ret, text))
			return false;
		last = text;
	}
	return true;
}

/* ---- by weight ---- */

static bool
push_if(struct arena *arena, struct metadata_blocks *blocks, const struct ast_annotations *a,
    enum metadata_scope scope)
{
	return a == NULL || a->scope != scope || VEC_PUSH(arena, blocks, a);
}

bool
rego_metadata_blocks(struct arena *arena, const struct metadata_set *set,
    const struct ast_rule *rule, struct metadata_blocks *ret)
{
	const struct ast_annotation_list *own = &rule->module->annotations;
	struct ast_terms path = { 0 }, package = { 0 };
	bool fine;

	if (set->by_path.count == 0 && set->by_package.count == 0 && own->count == 0)
		return true;
	fine = rego_metadata_path(arena, rule->module, rule, &path) &&
	    rego_metadata_path(arena, rule->module, NULL, &package);
	for (size_t length = 1; fine && length <= package.count; length++)
		fine = push_if(arena, ret, find(&set->by_path, &package, length),
		    METADATA_SUBPACKAGES);
	fine = fine &&
	    push_if(arena, ret, find(&set->by_package, &package, package.count), METADATA_PACKAGE) &&
	    push_if(arena, ret, find(&set->by_path, &path, path.count), METADATA_DOCUMENT);
	for (size_t i = 0; fine && i < own->count; i++) {
		if (is_own(own->at[i], rule))
			fine = VEC_PUSH(arena, ret, own->at[i]);
	}
	return fine;
}
