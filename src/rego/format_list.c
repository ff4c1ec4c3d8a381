/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in brackets.  Items keep the lines they share.  When that is one, so
 * do the brackets, but those of a collection whose items had a line to themselves.
 */
#include "base/sort.h"
#include "rego/format_internal.h"

struct item {
	const struct ast_term *key, *value; /* no value: not of an object */
};

struct items {
	struct item *at;
	size_t count;
	enum format_place place;
};

static uint32_t
item_start(const struct item *i)
{
	return i->key->loc.offset;
}

static uint32_t
item_end(const struct item *i)
{
	uint32_t key = format_end(i->key->loc),
		 value = i->value != NULL ? format_end(i->value->loc) : 0;

	return key > value ? key : value;
}

static void
write_item(struct format *f, const struct items *items, size_t i)
{
	format_term(f, items->at[i].key, items->place);
	if (items->at[i].value == NULL)
		return;
	format_chars(f, ": ");
	format_term(f, items->at[i].value, items->place);
}

static bool
begins_line(const struct format *f, const struct items *items, size_t i, uint32_t open)
{
	uint32_t before = i > 0 ? item_start(&items->at[i - 1]) : open;

	return format_row(f, item_start(&items->at[i])) > format_row(f, before);
}

static bool
needs_lines(const struct format *f, const struct items *items, uint32_t open)
{
	if (f->adrift)
		return false;
	for (size_t i = items->place == FORMAT_ELEMENT ? 0 : 1; i < items->count; i++)
		if (begins_line(f, items, i, open))
			return true;
	return false;
}

static void
write_lines(struct format *f, const struct items *items, uint32_t open, uint32_t close)
{
	f->indent++;
	format_break(f, open, item_start(&items->at[0]), FORMAT_TIGHT);
	for (size_t i = 0; i < items->count && !f->stuck; i++) {
		write_item(f, items, i);
		format_chars(f, ",");
		if (i + 1 == items->count)
			break;
		if (begins_line(f, items, i + 1, open))
			format_break(f, item_end(&items->at[i]), item_start(&items->at[i + 1]),
			    FORMAT_TIGHT);
		else
			format_chars(f, " ");
	}
	format_break(f, item_end(&items->at[items->count - 1]), close, FORMAT_TIGHT);
	f->indent--;
}

static void
write_items(struct format *f, const struct items *items, uint32_t open, uint32_t close)
{
	if (close == 0) /* not known: behind the last item and its comma */
		close = format_skip(
		    f, items->count > 0 ? item_end(&items->at[items->count - 1]) : open, ',');
	if (needs_lines(f, items, open)) {
		write_lines(f, items, open, close);
		return;
	}
	for (size_t i = 0; i < items->count && !f->stuck; i++) {
		if (i > 0)
			format_chars(f, ", ");
		write_item(f, items, i);
	}
	if (items->place == FORMAT_ELEMENT)
		format_close(f, close);
	else
		format_join(f, close);
}

/* The parser keeps sets and objects in the order of their values. */
static int
compare_starts(const void *left, const void *right, void *context)
{
	uint32_t a = item_start(left), b = item_start(right);

	(void)context;
	return a < b ? -1 : a > b;
}

static struct items
make_items(struct format *f, const struct ast_terms *terms, size_t from, size_t step,
    enum format_place place)
{
	struct items items = { .place = place, .count = (terms->count - from) / step };
	struct item *scratch = NULL;

	items.at = ARENA_ARRAY(f->arena, struct item, items.count);
	if (items.count > SORT_SMALL)
		scratch = ARENA_ARRAY(f->arena, struct item, items.count);
	if (arena_failed(f->arena)) {
		items.count = 0;
		return items;
	}
	for (size_t i = 0; i < items.count; i++) {
		items.at[i].key = terms->at[from + i * step];
		items.at[i].value = step == 2 ? terms->at[from + i * step + 1] : NULL;
	}
	sort_stable(items.at, items.count, sizeof(*items.at), scratch, compare_starts, NULL);
	return items;
}

void
format_list(struct format *f, const struct ast_terms *terms, size_t from, uint32_t open,
    uint32_t close, const char *bracket)
{
	struct arena_mark mark = arena_mark(f->arena);
	struct items items = make_items(f, terms, from, 1, FORMAT_ARGUMENT);

	write_items(f, &items, open, close);
	arena_release(f->arena, mark);
	format_chars(f, bracket);
}

/* Of the bracket, behind parentheses around it. */
static uint32_t
open_of(const struct format *f, const struct ast_term *t)
{
	return t->parens ? format_skip(f, t->loc.offset, '(') : t->loc.offset;
}

static uint32_t
close_of(const struct ast_term *t)
{
	return t->parens || t->loc.len == 0 ? 0 : format_end(t->loc) - 1;
}

void
format_collection(struct format *f, const struct ast_term *t)
{
	bool array = t->kind == AST_ARRAY;
	struct arena_mark mark = arena_mark(f->arena);
	struct items items;

	if (t->kind == AST_SET && t->items.count == 0) {
		format_chars(f, "set(");
		format_join(f, format_end(t->loc));
		format_chars(f, ")");
		return;
	}
	items = make_items(f, &t->items, 0, t->kind == AST_OBJECT ? 2 : 1, FORMAT_ELEMENT);
	format_chars(f, array ? "[" : "{");
	write_items(f, &items, open_of(f, t), close_of(t));
	arena_release(f->arena, mark);
	format_chars(f, array ? "]" : "}");
}

/* ---- comprehensions ---- */

static bool
body_has_lines(const struct format *f, const struct ast_body *body, uint32_t open)
{
	uint32_t row = format_row(f, open);

	for (size_t i = 0; i < body->exprs.count && !f->adrift; i++)
		if (format_row(f, body->exprs.at[i]->loc.offset) > row)
			return true;
	return false;
}

void
format_comprehension(struct format *f, const struct ast_term *t)
{
	const struct ast_body *body = &t->comp.body;
	uint32_t open = open_of(f, t), close = close_of(t),
		 start = body->exprs.at[0]->loc.offset;
	bool array = t->kind == AST_ARRAY_COMP;

	if (close == 0)
		close = format_skip(f, format_body_end(body), '\0');
	format_chars(f, array ? "[" : "{");
	if (t->kind == AST_OBJECT_COMP) {
		format_term(f, t->comp.key, FORMAT_ELEMENT);
		format_chars(f, ": ");
	}
	format_term(f, t->comp.value, FORMAT_TERM);
	format_chars(f, " |");
	if (body_has_lines(f, body, open)) {
		f->indent++;
		format_break(f, format_end(t->comp.value->loc), start, FORMAT_TIGHT);
		format_literals(f, body, false);
		format_break(f, format_body_end(body), close, FORMAT_TIGHT);
		f->indent--;
	} else {
		for (size_t i = 0; i < body->exprs.count && !f->stuck; i++) {
			format_chars(f, i == 0 ? " " : "; ");
			format_literal(f, body->exprs.at[i], false);
		}
		format_close(f, close);
	}
	format_chars(f, array ? "]" : "}");
}
