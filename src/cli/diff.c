/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff.h"

#include "base/vec.h"

enum { CONTEXT = 3, LARGEST_TABLE = 1 << 24, MEMORY = 1 << 29 };

VEC_TYPE(lines, str_t);

struct diff {
	struct arena *arena;
	struct lines a, b;
	size_t head, tail; /* lines that both begin and end with */
	uint32_t *table;   /* longest common subsequence of what is left; NULL: too large */
	struct buf *out;
};

struct edit {
	char kind;   /* ' ', '-' or '+' */
	size_t a, b; /* the lines before it */
};

VEC_TYPE(edits, struct edit);

static bool
split(struct arena *arena, str_t text, struct lines *ret)
{
	while (text.len > 0) {
		size_t end = str_find_char(text, '\n', 0);

		if (!VEC_PUSH(arena, ret, str_sub(text, 0, end < text.len ? end + 1 : end)))
			return false;
		text = str_skip(text, end < text.len ? end + 1 : end);
	}
	return true;
}

static uint32_t *
cell(struct diff *d, size_t i, size_t k)
{
	return &d->table[i * (d->b.count - d->head - d->tail + 1) + k];
}

/* table[i][k]: how many lines what follows i and k has in common. */
static void
fill_table(struct diff *d)
{
	size_t rows = d->a.count - d->head - d->tail, columns = d->b.count - d->head - d->tail;

	if ((rows + 1) > LARGEST_TABLE / (columns + 1))
		return;
	d->table = ARENA_ARRAY(d->arena, uint32_t, (rows + 1) * (columns + 1));
	if (d->table == NULL)
		return;
	for (size_t i = rows; i-- > 0;) {
		for (size_t k = columns; k-- > 0;) {
			uint32_t down = *cell(d, i + 1, k), right = *cell(d, i, k + 1);

			if (str_eq(d->a.at[d->head + i], d->b.at[d->head + k]))
				*cell(d, i, k) = *cell(d, i + 1, k + 1) + 1;
			else
				*cell(d, i, k) = down > right ? down : right;
		}
	}
}

static char
next_edit(struct diff *d, size_t a, size_t b)
{
	size_t a_end = d->a.count - d->tail, b_end = d->b.count - d->tail;

	if (a < d->head || a >= a_end || b >= b_end)
		return a < d->head || (a >= a_end && b >= b_end) ? ' ' : a < a_end ? '-' : '+';
	if (d->table == NULL)
		return '-';
	if (str_eq(d->a.at[a], d->b.at[b]))
		return ' ';
	a -= d->head;
	b -= d->head;
	return *cell(d, a + 1, b) >= *cell(d, a, b + 1) ? '-' : '+';
}

static bool
list_edits(struct diff *d, struct edits *ret)
{
	size_t a = 0, b = 0;

	while (a < d->a.count || b < d->b.count) {
		struct edit e = { next_edit(d, a, b), a, b };

		if (!VEC_PUSH(d->arena, ret, e))
			return false;
		a += e.kind != '+';
		b += e.kind != '-';
	}
	return true;
}

static void
write_line(struct diff *d, const struct edit *e)
{
	str_t line = e->kind == '+' ? d->b.at[e->b] : d->a.at[e->a];

	buf_add_char(d->out, e->kind);
	buf_add_str(d->out, line);
	if (!str_has_suffix(line, STR("\n")))
		buf_add_text(d->out, "\n\\ No newline at end of file\n");
}

/* Changes closer than two contexts stand in one hunk. */
static void
write_hunk(struct diff *d, const struct edits *edits, size_t *i)
{
	size_t from = *i > CONTEXT ? *i - CONTEXT : 0, to = *i, quiet = 0, removed = 0,
	       added = 0;

	while (to < edits->count && quiet <= 2 * (size_t)CONTEXT) {
		quiet = edits->at[to].kind == ' ' ? quiet + 1 : 0;
		to++;
	}
	to -= quiet > CONTEXT ? quiet - CONTEXT : 0;
	for (size_t k = from; k < to; k++) {
		removed += edits->at[k].kind != '+';
		added += edits->at[k].kind != '-';
	}
	buf_printf(d->out, "@@ -%zu,%zu +%zu,%zu @@\n", edits->at[from].a + (removed > 0),
	    removed, edits->at[from].b + (added > 0), added);
	for (size_t k = from; k < to; k++)
		write_line(d, &edits->at[k]);
	*i = to;
}

static void
trim_common(struct diff *d)
{
	size_t least = d->a.count < d->b.count ? d->a.count : d->b.count;

	while (d->head < least && str_eq(d->a.at[d->head], d->b.at[d->head]))
		d->head++;
	while (d->tail < least - d->head &&
	       str_eq(d->a.at[d->a.count - 1 - d->tail], d->b.at[d->b.count - 1 - d->tail]))
		d->tail++;
}

err_t
cli_diff(const char *name, str_t before, str_t after, struct buf *out)
{
	struct diff d = { .arena = arena_new(MEMORY), .out = out };
	struct edits edits = { 0 };
	bool done;

	if (d.arena == NULL)
		return ERR_MEMORY;
	done = split(d.arena, before, &d.a) && split(d.arena, after, &d.b);
	if (done) {
		trim_common(&d);
		fill_table(&d);
		done = list_edits(&d, &edits);
	}
	if (done) {
		buf_printf(out, "--- %s\n+++ %s\n", name, name);
		for (size_t i = 0; i < edits.count; i++) {
			if (edits.at[i].kind != ' ') {
				write_hunk(&d, &edits, &i);
				i--;
			}
		}
	}
	arena_free(&d.arena);
	return done ? ERR_OK : ERR_LIMIT;
}
