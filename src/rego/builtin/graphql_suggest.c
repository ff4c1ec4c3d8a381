/* SPDX-License-Identifier: Apache-2.0 */
/* Names like the one that was typed, and values as errors show them. */
#include "base/sort.h"
#include "base/utf8.h"
#include "rego/builtin/graphql_validate.h"

enum { MOST_CHOICES = 5 };

/* ---- distance ---- */

struct runes {
	uint32_t *at;
	size_t count;
};

static struct runes
lower_runes(struct graphql *g, str_t s)
{
	struct runes runes = { ARENA_ARRAY(g->arena, uint32_t, s.len), 0 };
	size_t width;

	if (runes.at == NULL)
		return runes;
	for (; s.len > 0; s = str_skip(s, width)) {
		uint32_t rune = utf8_decode(s, &width);

		runes.at[runes.count++] =
		    rune >= 'A' && rune <= 'Z' ? rune + ('a' - 'A') : rune;
	}
	return runes;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's: insertions, deletions and substitutions. */
static size_t
edits(struct graphql *g, struct runes a, struct runes b)
{
	size_t *row = ARENA_ARRAY(g->arena, size_t, b.count + 1);

	if (row == NULL || a.at == NULL || b.at == NULL)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.count; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.count && graphql_work(g, 1 + b.count / 8); i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.count; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
			    diagonal + (a.at[i - 1] != b.at[j - 1]));
			diagonal = above;
		}
	}
	return row[b.count];
}

/* Another case counts as one edit. */
static size_t
distance(struct graphql *g, str_t a, str_t b)
{
	struct arena_mark mark = arena_mark(g->arena);
	size_t result;

	if (str_eq(a, b))
		return 0;
	if (str_eq_nocase(a, b))
		return 1;
	result = edits(g, lower_runes(g, a), lower_runes(g, b));
	if (!arena_failed(g->arena))
		arena_release(g->arena, mark);
	return result;
}

/* ---- choices ---- */

struct near {
	str_t name;
	size_t distance;
};

static int
compare_near(const void *left, const void *right, void *context)
{
	const struct near *a = left, *b = right;

	(void)context;
	return a->distance < b->distance ? -1 : a->distance > b->distance;
}

struct graphql_names
graphql_near(struct graphql_check *c, str_t typed, const struct graphql_names *options)
{
	struct graphql *g = c->g;
	struct graphql_names result = { 0 };
	struct near *near = ARENA_ARRAY(g->arena, struct near, options->count);
	struct near *scratch = ARENA_ARRAY(g->arena, struct near, options->count);
	size_t most = typed.len * 2 / 5 + 1, count = 0;

	if (near == NULL || scratch == NULL)
		return result;
	for (size_t i = 0; i < options->count && graphql_work(g, 1); i++) {
		str_t name = options->at[i];
		size_t d;

		/* As many bytes more take at least a quarter as many edits. */
		if (name.len > 4 * (typed.len + most) || (d = distance(g, typed, name)) > most)
			continue;
		near[count++] = (struct near){ name, d };
	}
	sort_stable(near, count, sizeof(near[0]), scratch, compare_near, NULL);
	for (size_t i = 0; i < count; i++)
		(void)graphql_push_name(g, &result, near[i].name);
	return result;
}

void
graphql_print_choice(struct buf *b, const struct graphql_names *names)
{
	size_t count = names->count < MOST_CHOICES ? names->count : MOST_CHOICES;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && count == 2)
			buf_add_text(b, " or ");
		else if (i > 0)
			buf_add_text(b, i == count - 1 ? ", or " : ", ");
		buf_printf(b, "\"%.*s\"", STR_FMT(names->at[i]));
	}
}

void
graphql_suggest(struct graphql_check *c, struct buf *b, const char *prefix, str_t typed,
    const struct graphql_names *options)
{
	struct graphql_names near = graphql_near(c, typed, options);

	if (near.count == 0)
		return;
	buf_printf(b, " %s ", prefix);
	graphql_print_choice(b, &near);
	buf_add_char(b, '?');
}

/* ---- values ---- */

static void
print_children(struct graphql_check *c, struct buf *b, const struct graphql_value *value)
{
	bool object = value->kind == GRAPHQL_OBJECT_VALUE;

	buf_add_char(b, object ? '{' : '[');
	for (size_t i = 0; i < value->children.count && graphql_work(c->g, 1); i++) {
		const struct graphql_child *child = value->children.at[i];

		if (i > 0)
			buf_add_char(b, ',');
		if (object)
			buf_printf(b, "%.*s:", STR_FMT(child->name));
		graphql_value_print(c, b, child->value);
	}
	buf_add_char(b, object ? '}' : ']');
}

void
graphql_value_print(struct graphql_check *c, struct buf *b, const struct graphql_value *value)
{
	if (!graphql_work(c->g, 1 + value->raw.len / 64))
		return;
	switch ((enum graphql_value_kind)value->kind) {
	case GRAPHQL_VARIABLE:
		buf_printf(b, "$%.*s", STR_FMT(value->raw));
		break;
	case GRAPHQL_STRING:
	case GRAPHQL_BLOCK:
		graphql_quote(c->g, b, value->raw);
		break;
	case GRAPHQL_LIST:
	case GRAPHQL_OBJECT_VALUE:
		print_children(c, b, value);
		break;
	default:
		buf_add_str(b, value->raw);
		break;
	}
}
