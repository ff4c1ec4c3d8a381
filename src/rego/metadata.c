/* SPDX-License-Identifier: Apache-2.0 */
/* From comments to blocks, and from blocks to the statements they belong to. */
#include "rego/metadata.h"

#include "rego/ast_compare.h"
#include "rego/metadata_block.h"
#include "rego/parser_internal.h"

/* ---- faults ---- */

static bool
add_fault(
    struct arena *arena, struct metadata_faults *faults, struct ast_loc loc, str_t message)
{
	return message.data != NULL &&
	       VEC_PUSH(arena, faults, ((struct metadata_fault){ loc, message }));
}

/* ---- blocks ---- */

/* As in OPA, whatever begins so: METADATAS too. */
static bool
begins_block(const struct ast_comment *c)
{
	return str_has_prefix(str_trim_space(c->text), STR("METADATA"));
}

/* Comments that follow comment `first` row by row in column 1. */
static size_t
count_rows(const struct ast_comment *comments, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && comments[end].loc.row == comments[end - 1].loc.row + 1 &&
	       comments[end].loc.col == 1)
		end++;
	return end - first;
}

bool
rego_metadata_parse(struct rego_unit *unit, const struct ast_comment *comments, size_t count,
    struct ast_annotation_list *ret, struct metadata_faults *faults)
{
	for (size_t i = 0; i < count; i++) {
		struct ast_annotations *a;
		struct metadata_fault fault = { 0 };
		size_t rows;

		if (!begins_block(&comments[i]))
			continue;
		rows = count_rows(comments, count, i);
		a = rego_metadata_block(unit, &comments[i], rows, &fault);
		if (a != NULL ? !VEC_PUSH(unit->arena, ret, a)
			      : !add_fault(unit->arena, faults, fault.loc, fault.message))
			return false;
		i += rows - 1;
	}
	return !arena_failed(unit->arena);
}

/* ---- targets ---- */

struct statement {
	enum metadata_target target;
	struct ast_loc loc;
	struct ast_rule *rule;
};

static void
choose(struct statement *best, const struct ast_annotations *a, struct statement s)
{
	if (s.loc.row > a->loc.row &&
	    (best->target == METADATA_ON_NOTHING || s.loc.offset < best->loc.offset))
		*best = s;
}

/* The first statement that begins in a row below the block's first. */
static struct statement
find_statement(const struct ast_module *m, const struct ast_annotations *a)
{
	struct statement best = { 0 };
	size_t low = 0, high = m->rules.count;

	choose(&best, a, (struct statement){ METADATA_ON_PACKAGE, m->package_loc, NULL });
	for (size_t i = 0; i < m->imports.count; i++)
		choose(&best, a,
		    (struct statement){ METADATA_ON_IMPORT, m->imports.at[i].loc, NULL });
	while (low < high) { /* rules stand as they were written */
		size_t middle = low + (high - low) / 2;

		if (m->rules.at[middle]->loc.row > a->loc.row)
			high = middle;
		else
			low = middle + 1;
	}
	if (low < m->rules.count)
		choose(&best, a,
		    (struct statement){
			METADATA_ON_RULE, m->rules.at[low]->loc, m->rules.at[low] });
	return best;
}

static const struct {
	const char *name;
	enum metadata_target target;
} scopes[] = {
	[METADATA_RULE] = { "rule", METADATA_ON_RULE },
	[METADATA_DOCUMENT] = { "document", METADATA_ON_RULE },
	[METADATA_PACKAGE] = { "package", METADATA_ON_PACKAGE },
	[METADATA_SUBPACKAGES] = { "subpackages", METADATA_ON_PACKAGE },
};

static const char *const targets[] = {
	[METADATA_ON_NOTHING] = "",
	[METADATA_ON_PACKAGE] = "package",
	[METADATA_ON_IMPORT] = "import",
	[METADATA_ON_RULE] = "rule",
};

static void
set_scope(struct ast_annotations *a)
{
	if (a->scope_text.len == 0 && a->target == METADATA_ON_RULE)
		a->scope_text = a->entrypoint ? STR("document") : STR("rule");
	else if (a->scope_text.len == 0)
		a->scope_text = str_of(targets[a->target]);
	for (size_t i = METADATA_RULE; i < COUNT(scopes); i++)
		if (str_eq(a->scope_text, str_of(scopes[i].name)))
			a->scope = (enum metadata_scope)i;
}

static bool
check_target(
    struct arena *arena, const struct ast_annotations *a, struct metadata_faults *faults)
{
	if (a->scope == METADATA_NO_SCOPE)
		return add_fault(arena, faults, a->loc,
		    arena_printf(arena,
			"invalid annotation scope '%.*s'. Use one of 'rule', "
			"'document', 'package', or 'subpackages'",
			STR_FMT(a->scope_text)));
	if (a->target == scopes[a->scope].target)
		return true;
	return add_fault(arena, faults, a->loc,
	    arena_printf(arena, "annotation scope '%.*s' must be applied to %s%s%s%s",
		STR_FMT(a->scope_text), targets[scopes[a->scope].target],
		a->target == METADATA_ON_NOTHING ? "" : " (have ", targets[a->target],
		a->target == METADATA_ON_NOTHING ? "" : ")"));
}

static bool
check_entrypoint(
    struct arena *arena, const struct ast_annotations *a, struct metadata_faults *faults)
{
	if (!a->entrypoint || a->scope == METADATA_DOCUMENT || a->scope == METADATA_PACKAGE)
		return true;
	return add_fault(arena, faults, a->loc,
	    arena_printf(arena,
		"annotation entrypoint applied to non-document or package scope '%.*s'",
		STR_FMT(a->scope_text)));
}

/* ---- rules ---- */

bool
rego_metadata_path(struct arena *arena, const struct ast_module *m,
    const struct ast_rule *rule, struct ast_terms *ret)
{
	const struct ast_terms *package = &m->package->items;
	bool made = true;

	for (size_t i = 0; i < package->count; i++)
		made = made && VEC_PUSH(arena, ret, package->at[i]);
	if (rule == NULL)
		return made;
	for (size_t i = 0; i < rule->head.ref->items.count; i++) {
		struct ast_term *part = rule->head.ref->items.at[i];

		if (i == 0 && part->kind == AST_VAR) { /* a name, as text */
			struct ast_term *text = ARENA_NEW(arena, struct ast_term);

			if (text == NULL)
				return false;
			*text = (struct ast_term){ .kind = AST_CONST,
				.loc = part->loc,
				.constant =
				    value_string(arena, rego_name_str(part->var.name)) };
			part = text;
		} else if (!parser_is_ground(part)) {
			break;
		}
		made = made && VEC_PUSH(arena, ret, part);
	}
	return made;
}

static bool
same_path(const struct ast_terms *a, const struct ast_terms *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (rego_ast_compare(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

struct candidate {
	struct ast_annotations *annotations;
	struct ast_terms path;
	bool taken;
};

/*
 * OPA's way: documents' blocks go to each rule of the path; a rule's to the rules below it
 * of the same path, and only the last block that a rule gets is not offered to the next.
 */
static bool
give_rule(struct arena *arena, struct ast_module *m, struct ast_rule *rule,
    struct candidate *candidates, size_t count)
{
	struct candidate *last = NULL;
	struct ast_terms path = { 0 };

	if (!rego_metadata_path(arena, m, rule, &path))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct ast_annotations *a = candidates[i].annotations;
		bool wanted = a->scope == METADATA_DOCUMENT ||
			      (a->scope == METADATA_RULE && rule->loc.row > a->loc.row);

		if (!wanted || candidates[i].taken || !same_path(&path, &candidates[i].path))
			continue;
		if (!VEC_PUSH(arena, &rule->annotations, a))
			return false;
		if (a->scope == METADATA_RULE)
			last = &candidates[i];
	}
	if (last != NULL)
		last->taken = true;
	return true;
}

static bool
give_rules(struct arena *arena, struct ast_module *m)
{
	struct candidate *candidates =
	    ARENA_ARRAY(arena, struct candidate, m->annotations.count);
	size_t count = 0;

	if (candidates == NULL)
		return false;
	for (size_t i = 0; i < m->annotations.count; i++) {
		struct ast_annotations *a = m->annotations.at[i];

		if (a->rule == NULL)
			continue;
		candidates[count].annotations = a;
		if (!rego_metadata_path(arena, m, a->rule, &candidates[count++].path))
			return false;
	}
	for (size_t i = 0; count > 0 && i < m->rules.count; i++)
		if (!give_rule(arena, m, m->rules.at[i], candidates, count))
			return false;
	return true;
}

bool
rego_metadata_attach(struct arena *arena, struct ast_module *m, struct metadata_faults *faults)
{
	size_t before = faults->count;

	for (size_t i = 0; i < m->annotations.count; i++) {
		struct ast_annotations *a = m->annotations.at[i];
		struct statement s = find_statement(m, a);

		a->module = m;
		a->target = s.target;
		a->rule = s.rule;
		set_scope(a);
		if (!check_target(arena, a, faults) || !check_entrypoint(arena, a, faults))
			return false;
	}
	return faults->count > before || give_rules(arena, m);
}
