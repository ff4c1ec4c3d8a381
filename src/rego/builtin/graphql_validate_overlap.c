/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OverlappingFieldsCanBeMerged: fields that answer under one name must be the same
 * field with the same arguments, unless their objects can never be the same, and
 * then at least of like types (the specification's 5.3.2).
 *
 * Every set of selections is compared with itself once, each set with the fragments
 * spread in it, and fragments that are spread together with each other.  What has
 * been compared is remembered, by set and by fragment, so that the work grows with
 * the square of the query at most; it is charged as it is done.
 */
#include "rego/builtin/graphql_validate.h"

/* ---- what has been compared ---- */

struct graphql_pairs {
	struct pair {
		const void *a, *b; /* a NULL: free */
		bool exclusive;    /* only as objects that cannot be the same */
	} * slots;
	size_t mask, count;
};

static struct pair *
find_pair(const struct graphql_pairs *pairs, const void *a, const void *b)
{
	uintptr_t keys[2] = { (uintptr_t)a, (uintptr_t)b };
	size_t at = value_hash_bytes(keys, sizeof(keys)) & pairs->mask;

	while (
	    pairs->slots[at].a != NULL && (pairs->slots[at].a != a || pairs->slots[at].b != b))
		at = (at + 1) & pairs->mask;
	return &pairs->slots[at];
}

static bool
grow_pairs(struct graphql *g, struct graphql_pairs *pairs)
{
	struct graphql_pairs larger = { NULL, pairs->slots != NULL ? pairs->mask * 2 + 1 : 63,
		pairs->count };

	if (graphql_work(g, larger.mask / 4))
		larger.slots = ARENA_ARRAY(g->arena, struct pair, larger.mask + 1);
	if (larger.slots == NULL) {
		g->halted = true;
		return false;
	}
	for (size_t i = 0; pairs->slots != NULL && i <= pairs->mask; i++) {
		if (pairs->slots[i].a != NULL)
			*find_pair(&larger, pairs->slots[i].a, pairs->slots[i].b) =
			    pairs->slots[i];
	}
	*pairs = larger;
	return true;
}

/* Remembers the pair; false: it was compared before, no less strictly, or halted. */
static bool
first_time(struct graphql_check *c, const void *a, const void *b, bool exclusive)
{
	struct graphql_pairs *pairs = c->compared;
	struct pair *pair;

	if (pairs == NULL)
		pairs = c->compared = GRAPHQL_NEW(c->g, struct graphql_pairs);
	if (pairs == NULL || !graphql_work(c->g, 1) ||
	    ((pairs->slots == NULL || pairs->count > pairs->mask / 2) &&
		!grow_pairs(c->g, pairs)))
		return false;
	pair = find_pair(pairs, a, b);
	if (pair->a != NULL && (exclusive || !pair->exclusive))
		return false;
	pairs->count += pair->a == NULL;
	*pair = (struct pair){ a, b, exclusive };
	return true;
}

/* ---- sets of fields ---- */

struct answer { /* fields that answer under one name */
	str_t name;
	struct graphql_list fields;
};

struct graphql_collected {
	struct graphql_list answers; /* in the order of their first fields */
	struct graphql_index by_name;
	struct graphql_list spreads;
};

static str_t
answer_name(const struct graphql_selection *field)
{
	return field->alias.len > 0 ? field->alias : field->name;
}

/* Fields and spreads, also of fragments that stand there themselves, in order. */
static bool
flatten(struct graphql_check *c, const struct graphql_selections *selections,
    struct graphql_list *fields, struct graphql_list *spreads)
{
	bool fine = true;

	if (!graphql_enter(c->g))
		return false;
	for (size_t i = 0; fine && i < selections->list.count; i++) {
		struct graphql_selection *selection = selections->list.at[i];

		fine = graphql_work(c->g, 1);
		if (fine && selection->kind == GRAPHQL_INLINE)
			fine = flatten(c, &selection->selections, fields, spreads);
		else if (fine)
			fine = graphql_push(c->g,
			    selection->kind == GRAPHQL_FIELD ? fields : spreads, selection);
	}
	graphql_leave(c->g);
	return fine;
}

/* NULL: halted. */
static struct graphql_collected *
collect(struct graphql_check *c, struct graphql_selections *selections)
{
	struct graphql_collected *set = selections->collected;
	struct graphql_list fields = { 0 };

	if (set != NULL)
		return set;
	set = GRAPHQL_NEW(c->g, struct graphql_collected);
	if (set == NULL || !flatten(c, selections, &fields, &set->spreads) ||
	    !graphql_index_init(c->g, &set->by_name, fields.count))
		return NULL;
	for (size_t i = 0; i < fields.count; i++) {
		str_t name = answer_name(fields.at[i]);
		struct answer *answer = graphql_index_find(&set->by_name, name);

		if (answer == NULL) {
			answer = GRAPHQL_NEW(c->g, struct answer);
			if (answer == NULL || !graphql_push(c->g, &set->answers, answer))
				return NULL;
			answer->name = name;
			graphql_index_put(&set->by_name, name, answer);
		}
		if (!graphql_push(c->g, &answer->fields, fields.at[i]))
			return NULL;
	}
	selections->collected = set;
	return set;
}

/* ---- conflicts ---- */

struct conflict {
	str_t name;                /* under which they answer */
	str_t why;                 /* empty: because of those inside */
	struct graphql_list inner; /* conflict */
	struct graphql_pos pos;
};

static struct conflict *
make_conflict(struct graphql_check *c, const struct graphql_selection *a,
    const struct graphql_selection *b, str_t why)
{
	struct conflict *conflict = GRAPHQL_NEW(c->g, struct conflict);

	if (conflict == NULL)
		return NULL;
	conflict->name = answer_name(a);
	conflict->why = why;
	conflict->pos = b->pos;
	return conflict;
}

static void
print_conflict(struct graphql_check *c, struct buf *b, const struct conflict *conflict)
{
	if (!graphql_work(c->g, 4) || !graphql_enter(c->g))
		return;
	buf_add_str(b, conflict->why);
	for (size_t i = 0; i < conflict->inner.count; i++) {
		const struct conflict *inner = conflict->inner.at[i];

		buf_printf(b, "%ssubfields \"%.*s\" conflict because ", i > 0 ? " and " : "",
		    STR_FMT(inner->name));
		print_conflict(c, b, inner);
	}
	graphql_leave(c->g);
}

static void
report(struct graphql_check *c, const struct graphql_list *conflicts)
{
	for (size_t i = 0; i < conflicts->count && !c->g->halted; i++) {
		const struct conflict *conflict = conflicts->at[i];
		struct buf *b = graphql_error_begin(c, conflict->pos);

		buf_printf(b, "Fields \"%.*s\" conflict because ", STR_FMT(conflict->name));
		print_conflict(c, b, conflict);
		buf_add_text(b,
		    ". Use different aliases on the fields to fetch both if this was "
		    "intentional.");
		graphql_error_end(c);
	}
}

/* ---- two fields ---- */

static bool
same_arguments(struct graphql_check *c, const struct graphql_list *a,
    const struct graphql_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count && graphql_work(c->g, 1 + b->count / 8); i++) {
		const struct graphql_argument *wanted = a->at[i];
		bool found = false;

		for (size_t k = 0; k < b->count && !found; k++) {
			const struct graphql_argument *other = b->at[k];

			/* The library does not look inside lists and objects. */
			found = str_eq(wanted->name, other->name) &&
				wanted->value->kind == other->value->kind &&
				str_eq(wanted->value->raw, other->value->raw);
		}
		if (!found)
			return false;
	}
	return true;
}

static bool
types_conflict(struct graphql_check *c, const struct graphql_type *a,
    const struct graphql_type *b)
{
	const struct graphql_definition *left, *right;

	for (; a->elem != NULL && b->elem != NULL; a = a->elem)
		b = b->elem;
	if (a->elem != NULL || b->elem != NULL || a->non_null != b->non_null)
		return true;
	left = graphql_find_type(c->schema, a->named);
	right = graphql_find_type(c->schema, b->named);
	return left != NULL && right != NULL && (left->bits & GRAPHQL_LEAF) != 0 &&
	       (right->bits & GRAPHQL_LEAF) != 0 && left != right;
}

static void find_inner_conflicts(struct graphql_check *, bool exclusive,
    struct graphql_selections *, struct graphql_selections *, struct graphql_list *ret);

/* Are they of objects of which none is the other? */
static bool
are_exclusive(const struct graphql_selection *a, const struct graphql_selection *b)
{
	return !str_eq(a->parent->name, b->parent->name) &&
	       a->parent->bits == GRAPHQL_OBJECT && b->parent->bits == GRAPHQL_OBJECT &&
	       a->definition != NULL && b->definition != NULL;
}

/* NULL: none. */
static struct conflict *
find_conflict(struct graphql_check *c, bool exclusive, struct graphql_selection *a,
    struct graphql_selection *b)
{
	struct graphql *g = c->g;
	struct graphql_list inner = { 0 };
	struct conflict *conflict;

	if (a->parent == NULL || b->parent == NULL)
		return NULL;
	exclusive = exclusive || are_exclusive(a, b);
	if (!exclusive && !str_eq(a->name, b->name))
		return make_conflict(c, a, b,
		    arena_printf(g->arena, "\"%.*s\" and \"%.*s\" are different fields",
			STR_FMT(a->name), STR_FMT(b->name)));
	if (!exclusive && !same_arguments(c, &a->arguments, &b->arguments))
		return make_conflict(c, a, b, STR("they have differing arguments"));
	if (a->definition != NULL && b->definition != NULL &&
	    types_conflict(c, a->definition->type, b->definition->type))
		return make_conflict(c, a, b,
		    arena_printf(g->arena,
			"they return conflicting types \"%.*s\" and \"%.*s\"",
			STR_FMT(graphql_type_text(c, a->definition->type)),
			STR_FMT(graphql_type_text(c, b->definition->type))));
	if (!graphql_enter(g))
		return NULL;
	find_inner_conflicts(c, exclusive, &a->selections, &b->selections, &inner);
	graphql_leave(g);
	if (inner.count == 0)
		return NULL;
	conflict = make_conflict(c, a, b, STR(""));
	if (conflict != NULL)
		conflict->inner = inner;
	return conflict;
}

/* ---- sets and fragments ---- */

static void
compare_fields(struct graphql_check *c, bool exclusive, struct graphql_selection *a,
    struct graphql_selection *b, struct graphql_list *ret)
{
	struct conflict *conflict =
	    graphql_work(c->g, 1) ? find_conflict(c, exclusive, a, b) : NULL;

	if (conflict != NULL)
		(void)graphql_push(c->g, ret, conflict);
}

static void
compare_within(struct graphql_check *c, const struct graphql_collected *set,
    struct graphql_list *ret)
{
	for (size_t i = 0; i < set->answers.count; i++) {
		const struct graphql_list *fields =
		    &((struct answer *)set->answers.at[i])->fields;

		for (size_t j = 0; j < fields->count; j++) {
			for (size_t k = j + 1; k < fields->count && !c->g->halted; k++)
				compare_fields(c, false, fields->at[j], fields->at[k], ret);
		}
	}
}

static void
compare_sets(struct graphql_check *c, bool exclusive, const struct graphql_collected *a,
    const struct graphql_collected *b, struct graphql_list *ret)
{
	for (size_t i = 0; i < a->answers.count && graphql_work(c->g, 1); i++) {
		const struct answer *left = a->answers.at[i];
		const struct answer *right = graphql_index_find(&b->by_name, left->name);

		for (size_t j = 0; right != NULL && j < left->fields.count; j++) {
			for (size_t k = 0; k < right->fields.count && !c->g->halted; k++)
				compare_fields(c, exclusive, left->fields.at[j],
				    right->fields.at[k], ret);
		}
	}
}

static void
compare_with_fragment(struct graphql_check *c, bool exclusive,
    const struct graphql_collected *set, const struct graphql_selection *spread,
    struct graphql_list *ret)
{
	struct graphql_fragment *named = graphql_find_fragment(c, spread->name);
	const struct graphql_collected *other;

	if (named == NULL || !first_time(c, set, named, exclusive) || spread->fragment == NULL)
		return;
	other = collect(c, &spread->fragment->selections);
	if (other == NULL || other == set || !graphql_enter(c->g))
		return;
	compare_sets(c, exclusive, set, other, ret);
	for (size_t i = 0; i < other->spreads.count && !c->g->halted; i++)
		compare_with_fragment(c, exclusive, set, other->spreads.at[i], ret);
	graphql_leave(c->g);
}

static void
compare_fragments(struct graphql_check *c, bool exclusive, const struct graphql_selection *a,
    const struct graphql_selection *b, struct graphql_list *ret)
{
	struct graphql_fragment *left = graphql_find_fragment(c, a->name);
	struct graphql_fragment *right = graphql_find_fragment(c, b->name);
	const struct graphql_collected *left_set, *right_set;

	if (left == NULL || right == NULL || left == right ||
	    !first_time(c, left, right, exclusive))
		return;
	(void)first_time(c, right, left, exclusive);
	if (a->fragment == NULL || b->fragment == NULL)
		return;
	left_set = collect(c, &a->fragment->selections);
	right_set = collect(c, &b->fragment->selections);
	if (left_set == NULL || right_set == NULL || !graphql_enter(c->g))
		return;
	compare_sets(c, exclusive, left_set, right_set, ret);
	for (size_t i = 0; i < right_set->spreads.count && !c->g->halted; i++)
		compare_fragments(c, exclusive, a, right_set->spreads.at[i], ret);
	for (size_t i = 0; i < left_set->spreads.count && !c->g->halted; i++)
		compare_fragments(c, exclusive, left_set->spreads.at[i], b, ret);
	graphql_leave(c->g);
}

static void
find_inner_conflicts(struct graphql_check *c, bool exclusive, struct graphql_selections *a,
    struct graphql_selections *b, struct graphql_list *ret)
{
	const struct graphql_collected *left = collect(c, a), *right = collect(c, b);

	if (left == NULL || right == NULL)
		return;
	compare_sets(c, exclusive, left, right, ret);
	for (size_t i = 0; i < right->spreads.count && !c->g->halted; i++)
		compare_with_fragment(c, exclusive, left, right->spreads.at[i], ret);
	for (size_t i = 0; i < left->spreads.count && !c->g->halted; i++)
		compare_with_fragment(c, exclusive, right, left->spreads.at[i], ret);
	for (size_t i = 0; i < left->spreads.count; i++) {
		for (size_t k = 0; k < right->spreads.count && !c->g->halted; k++)
			compare_fragments(c, exclusive, left->spreads.at[i],
			    right->spreads.at[k], ret);
	}
}

static void
check_set(struct graphql_check *c, struct graphql_selections *selections)
{
	const struct graphql_collected *set = collect(c, selections);
	struct graphql_list conflicts = { 0 };

	if (set == NULL)
		return;
	compare_within(c, set, &conflicts);
	for (size_t i = 0; i < set->spreads.count && !c->g->halted; i++) {
		compare_with_fragment(c, false, set, set->spreads.at[i], &conflicts);
		for (size_t k = i + 1; k < set->spreads.count && !c->g->halted; k++)
			compare_fragments(c, false, set->spreads.at[i], set->spreads.at[k],
			    &conflicts);
	}
	report(c, &conflicts);
}

/* ---- the rule ---- */

static void
check_operation(struct graphql_check *c, struct graphql_operation *operation)
{
	check_set(c, &operation->selections);
}

/* Those of fragments are met where operations spread them. */
static void
check_field(struct graphql_check *c, struct graphql_selection *field)
{
	if (c->operation != NULL)
		check_set(c, &field->selections);
}

static void
check_inline(struct graphql_check *c, struct graphql_selection *fragment)
{
	check_set(c, &fragment->selections);
}

static void
check_fragment(struct graphql_check *c, struct graphql_fragment *fragment)
{
	check_set(c, &fragment->selections);
}

const struct graphql_rule graphql_overlapping_fields_can_be_merged = {
	.name = "OverlappingFieldsCanBeMerged",
	.operation = check_operation,
	.field = check_field,
	.inline_fragment = check_inline,
	.fragment = check_fragment,
};
