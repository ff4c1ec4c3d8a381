/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of operations and of directives. */
#include "rego/builtin/graphql_validate.h"

/* ---- KnownRootType ---- */

static void
known_root_type(struct graphql_check *c, struct graphql_operation *operation)
{
	str_t kind = operation->operation;
	const struct graphql_definition *root = NULL;

	if (kind.len == 0 || str_eq(kind, STR("query")))
		root = c->schema->query;
	else if (str_eq(kind, STR("mutation")))
		root = c->schema->mutation;
	else if (str_eq(kind, STR("subscription")))
		root = c->schema->subscription;
	if (root == NULL)
		graphql_error(c, operation->pos,
		    "Schema does not support operation type \"%.*s\"", STR_FMT(kind));
}

const struct graphql_rule graphql_known_root_type = { .name = "KnownRootType",
	.operation = known_root_type };

/* ---- LoneAnonymousOperation ---- */

static void
lone_anonymous_operation(struct graphql_check *c, struct graphql_operation *operation)
{
	if (operation->name.len == 0 && c->query->operations.count > 1)
		graphql_error(c, operation->pos,
		    "This anonymous operation must be the only defined operation.");
}

const struct graphql_rule graphql_lone_anonymous_operation = {
	.name = "LoneAnonymousOperation", .operation = lone_anonymous_operation
};

/* ---- UniqueOperationNames ---- */

static void
unique_operation_name(struct graphql_check *c, struct graphql_operation *operation)
{
	const struct graphql_list *all = &c->query->operations;
	size_t i = 0;

	for (; i < all->count && all->at[i] != operation; i++) {
		if (!str_eq(((struct graphql_operation *)all->at[i])->name, operation->name))
			continue;
		graphql_error(c, operation->pos,
		    "There can be only one operation named \"%.*s\".",
		    STR_FMT(operation->name));
		break;
	}
	(void)graphql_work(c->g, 1 + i / 8);
}

const struct graphql_rule graphql_unique_operation_names = { .name = "UniqueOperationNames",
	.operation = unique_operation_name };

/* ---- SingleFieldSubscriptions ---- */

/* Fields at the top, also of fragments, each name once; an unknown fragment ends its set. */
static void
collect_top_fields(struct graphql_check *c, const struct graphql_selections *selections,
    struct graphql_list *ret)
{
	if (!graphql_enter(c->g))
		return;
	for (size_t i = 0; i < selections->list.count && graphql_work(c->g, 1); i++) {
		struct graphql_selection *selection = selections->list.at[i];
		struct graphql_fragment *fragment = selection->fragment;

		if (selection->kind == GRAPHQL_FIELD) {
			(void)graphql_push(c->g, ret, selection);
		} else if (selection->kind == GRAPHQL_INLINE) {
			collect_top_fields(c, &selection->selections, ret);
		} else if (fragment == NULL) {
			break;
		} else if (fragment->top_level != c->walk) {
			fragment->top_level = c->walk;
			collect_top_fields(c, &fragment->selections, ret);
		}
	}
	graphql_leave(c->g);
}

static bool
named_before(struct graphql_check *c, const struct graphql_list *fields, size_t at)
{
	const struct graphql_selection *field = fields->at[at];

	if (!graphql_work(c->g, 1 + at / 8))
		return false;
	for (size_t i = 0; i < at; i++) {
		if (str_eq(((struct graphql_selection *)fields->at[i])->name, field->name))
			return true;
	}
	return false;
}

static void
single_field_subscription(struct graphql_check *c, struct graphql_operation *operation)
{
	struct graphql_list all = { 0 }, fields = { 0 };
	str_t name = STR("Anonymous Subscription");
	struct buf text;

	if (c->schema->subscription == NULL ||
	    !str_eq(operation->operation, STR("subscription")))
		return;
	collect_top_fields(c, &operation->selections, &all);
	for (size_t i = 0; i < all.count && !c->g->halted; i++) {
		if (!named_before(c, &all, i))
			(void)graphql_push(c->g, &fields, all.at[i]);
	}
	buf_init(&text, c->g->arena->limit);
	if (operation->name.len > 0) {
		buf_add_text(&text, "Subscription ");
		graphql_quote(c->g, &text, operation->name);
		name = buf_str(&text);
	}
	if (fields.count > 1)
		graphql_error(c, ((struct graphql_selection *)fields.at[1])->pos,
		    "%.*s must select only one top level field.", STR_FMT(name));
	for (size_t i = 0; i < fields.count; i++) {
		const struct graphql_selection *field = fields.at[i];

		if (str_has_prefix(field->name, STR("__")))
			graphql_error(c, field->pos,
			    "%.*s must not select an introspection top level field.",
			    STR_FMT(name));
	}
	buf_fini(&text);
}

const struct graphql_rule graphql_single_field_subscriptions = {
	.name = "SingleFieldSubscriptions",
	.operation = single_field_subscription,
};

/* ---- KnownDirectives ---- */

static void
known_directive(struct graphql_check *c, struct graphql_directive *directive)
{
	const struct graphql_directive_definition *d = directive->definition;

	if (d == NULL) {
		graphql_error(c, directive->pos, "Unknown directive \"@%.*s\".",
		    STR_FMT(directive->name));
		return;
	}
	for (size_t i = 0; i < d->locations.count; i++) {
		if (str_eq(d->locations.at[i], directive->location))
			return;
	}
	/* In a fragment it is met again. */
	if (!directive->misplaced)
		graphql_error(c, directive->pos,
		    "Directive \"@%.*s\" may not be used on %.*s.", STR_FMT(directive->name),
		    STR_FMT(directive->location));
	directive->misplaced = true;
}

const struct graphql_rule graphql_known_directives = { .name = "KnownDirectives",
	.directive = known_directive };

/* ---- UniqueDirectivesPerLocation ---- */

/* The library knows a directive that may be repeated by its name only. */
static void
unique_directives(struct graphql_check *c, const struct graphql_list *directives)
{
	for (size_t i = 1; i < directives->count && graphql_work(c->g, 1 + i / 8); i++) {
		const struct graphql_directive *directive = directives->at[i];

		if (str_eq(directive->name, STR("repeatable")))
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct graphql_directive *before = directives->at[k];

			if (!str_eq(before->name, directive->name))
				continue;
			graphql_error(c, directive->pos,
			    "The directive \"@%.*s\" can only be used once at this location.",
			    STR_FMT(directive->name));
			break;
		}
	}
}

const struct graphql_rule graphql_unique_directives_per_location = {
	.name = "UniqueDirectivesPerLocation",
	.directives = unique_directives,
};
