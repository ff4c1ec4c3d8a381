/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/eval_print.h"

#include "base/utf8.h"
#include "codec/json.h"

enum { WIDEST_CELL = 80 };

/* ---- parts of a solution ---- */

static value_t
expressions_of(value_t solution)
{
	return value_object_get_text(solution, "$expressions");
}

/* The variables that somebody wrote. */
static value_t
bindings_of(struct cli *cli, value_t solution)
{
	struct object_builder bindings;

	object_builder_init(&bindings, cli->arena, solution.count);
	for (uint32_t i = 0; i < solution.count; i++) {
		const struct value_entry e = value_object_entry(solution.object, i);

		if (value_str(e.key).data[0] != '$')
			(void)object_builder_add(&bindings, e.key, e.value);
	}
	return object_builder_freeze(&bindings, OBJECT_LAST_WINS, NULL);
}

static str_t
text_of(const struct eval_answer *a, size_t expression)
{
	const struct ast_loc *loc;

	if (expression >= a->written->exprs.count)
		return a->query;
	loc = &a->written->exprs.at[expression]->loc;
	return (size_t)loc->offset + loc->len <= a->query.len && loc->len > 0
	    ? str_sub(a->query, loc->offset, loc->len)
	    : a->query;
}

/* ---- json ---- */

static value_t
expression_object(struct cli *cli, value_t value, const struct eval_answer *a, size_t expression)
{
	struct ast_loc loc = { .row = 1, .col = 1 };
	struct object_builder b, location;

	if (expression < a->written->exprs.count)
		loc = a->written->exprs.at[expression]->loc;
	object_builder_init(&b, cli->arena, 3);
	object_builder_init(&location, cli->arena, 2);
	(void)object_builder_add_text(&location, "row", value_int(loc.row));
	(void)object_builder_add_text(&location, "col", value_int(loc.col));
	(void)object_builder_add_text(&b, "value", value);
	(void)object_builder_add_text(&b, "text", value_string(cli->arena, text_of(a, expression)));
	(void)object_builder_add_text(&b, "location", object_builder_freeze(&location, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

/* One solution as `opa eval` shows it: its expressions, and its bindings if there are any. */
static value_t
solution_object(struct cli *cli, value_t solution, const struct eval_answer *a)
{
	struct object_builder b;
	value_t values = expressions_of(solution), bindings = bindings_of(cli, solution);
	value_t *expressions = ARENA_ARRAY(cli->arena, value_t, values.count);

	object_builder_init(&b, cli->arena, 2);
	for (uint32_t i = 0; expressions != NULL && i < values.count; i++)
		expressions[i] = expression_object(cli, values.items[i], a, i);
	(void)object_builder_add_text(&b, "expressions", value_array_of(expressions, values.count));
	if (bindings.count > 0)
		(void)object_builder_add_text(&b, "bindings", bindings);
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

static void
print_json(struct cli *cli, const struct eval_answer *a)
{
	struct object_builder all;
	value_t *items = ARENA_ARRAY(cli->arena, value_t, a->solutions.count);

	object_builder_init(&all, cli->arena, 1);
	for (uint32_t i = 0; items != NULL && i < a->solutions.count; i++)
		items[i] = solution_object(cli, a->solutions.items[i], a);
	if (a->solutions.count > 0)
		(void)object_builder_add_text(&all, "result", value_array_of(items, a->solutions.count));
	cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
}

static void
print_discard(struct cli *cli, const struct eval_answer *a)
{
	struct object_builder all;

	object_builder_init(&all, cli->arena, 1);
	if (a->solutions.count > 0)
		(void)object_builder_add_text(&all, "result", value_string(cli->arena, STR("discarded")));
	cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
}

static void
print_values(struct cli *cli, const struct eval_answer *a)
{
	for (uint32_t i = 0; i < a->solutions.count; i++)
		cli_print_json(cli, expressions_of(a->solutions.items[i]));
}

static void
print_bindings(struct cli *cli, const struct eval_answer *a)
{
	for (uint32_t i = 0; i < a->solutions.count; i++)
		cli_print_json(cli, bindings_of(cli, a->solutions.items[i]));
}

/* ---- for people and scripts ---- */

static bool
is_boolean(value_t v)
{
	return v.tag == VALUE_TRUE || v.tag == VALUE_FALSE;
}

static void
print_raw(struct cli *cli, const struct eval_answer *a)
{
	for (uint32_t i = 0; i < a->solutions.count; i++) {
		value_t values = expressions_of(a->solutions.items[i]);

		for (uint32_t k = 0; k < values.count; k++) {
			if (values.items[k].tag == VALUE_STRING)
				buf_add_str(&cli->out, value_str(values.items[k]));
			else
				json_write(&cli->out, values.items[k]);
			buf_add_char(&cli->out, '\n');
		}
	}
}

struct table {
	VEC(str_t) cells; /* row by row, the head first */
	size_t columns;
};

static str_t
cell_of(struct cli *cli, value_t v)
{
	struct buf text;
	str_t ret;

	buf_init(&text, cli->out.limit);
	json_write(&text, v);
	ret = buf_str(&text);
	if (utf8_count(ret) > WIDEST_CELL) {
		size_t end = 0, points = 0;

		for (; end < ret.len; end++) { /* to where a code point too many begins */
			points += ((unsigned char)ret.data[end] & 0xc0) != 0x80;
			if (points > WIDEST_CELL)
				break;
		}
		ret = arena_printf(cli->arena, "%.*s...", STR_FMT(str_cut(ret, end)));
	} else {
		ret = arena_str(cli->arena, ret);
	}
	buf_fini(&text);
	return ret;
}

/* A column for each variable, then one for each expression that is more than true. */
static void
fill_table(struct cli *cli, const struct eval_answer *a, struct table *t)
{
	value_t first = a->solutions.items[0], names = bindings_of(cli, first), values = expressions_of(first);

	for (uint32_t i = 0; i < names.count; i++)
		VEC_PUSH(cli->arena, &t->cells, value_str(names.object->keys[i]));
	for (uint32_t k = 0; k < values.count; k++) {
		if (!is_boolean(values.items[k]))
			VEC_PUSH(cli->arena, &t->cells, text_of(a, k));
	}
	t->columns = t->cells.count;
	for (uint32_t i = 0; i < a->solutions.count; i++) {
		value_t solution = a->solutions.items[i], at = expressions_of(solution);

		for (uint32_t k = 0; k < names.count; k++)
			VEC_PUSH(cli->arena, &t->cells,
			    cell_of(cli, value_object_get(solution, names.object->keys[k])));
		for (uint32_t k = 0; k < values.count && k < at.count; k++) {
			if (!is_boolean(values.items[k]))
				VEC_PUSH(cli->arena, &t->cells, cell_of(cli, at.items[k]));
		}
	}
}

static void
fill(struct buf *out, char with, size_t count)
{
	while (count-- > 0)
		buf_add_char(out, with);
}

static void
print_rule(struct buf *out, const size_t *widths, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		buf_add_char(out, '+');
		fill(out, '-', widths[c] + 2);
	}
	buf_add_text(out, "+\n");
}

static void
print_table(struct cli *cli, const struct table *t)
{
	size_t *widths = ARENA_ARRAY(cli->arena, size_t, t->columns);

	if (widths == NULL || t->columns == 0)
		return;
	for (size_t i = 0; i < t->cells.count; i++) {
		size_t width = utf8_count(t->cells.at[i]);

		if (width > widths[i % t->columns])
			widths[i % t->columns] = width;
	}
	print_rule(&cli->out, widths, t->columns);
	for (size_t i = 0; i < t->cells.count; i++) {
		size_t room = widths[i % t->columns] - utf8_count(t->cells.at[i]);
		size_t before = i < t->columns ? room / 2 : 0; /* heads stand in the middle */

		buf_add_text(&cli->out, "| ");
		fill(&cli->out, ' ', before);
		buf_add_str(&cli->out, t->cells.at[i]);
		fill(&cli->out, ' ', room - before + 1);
		if (i % t->columns == t->columns - 1)
			buf_add_text(&cli->out, "|\n");
		if (i == t->columns - 1)
			print_rule(&cli->out, widths, t->columns);
	}
	print_rule(&cli->out, widths, t->columns);
}

static bool
is_one_value(struct cli *cli, const struct eval_answer *a)
{
	value_t values = expressions_of(a->solutions.items[0]);
	bool all_boolean = true;

	if (a->solutions.count > 1 || bindings_of(cli, a->solutions.items[0]).count > 0)
		return false;
	for (uint32_t i = 0; i < values.count; i++)
		all_boolean = all_boolean && is_boolean(values.items[i]);
	return values.count == 1 || (values.count > 0 && all_boolean);
}

static void
print_pretty(struct cli *cli, const struct eval_answer *a)
{
	struct table table = { 0 };

	if (a->solutions.count == 0) {
		buf_add_text(&cli->out, "undefined\n");
	} else if (is_one_value(cli, a)) {
		cli_print_json(cli, expressions_of(a->solutions.items[0]).items[0]);
	} else {
		fill_table(cli, a, &table);
		print_table(cli, &table);
	}
}

eval_print_fn *
eval_print_find(const char *format)
{
	static const struct {
		const char *name;
		eval_print_fn *print;
	} formats[] = {
		{ "json", print_json }, { "pretty", print_pretty }, { "raw", print_raw },
		{ "values", print_values }, { "bindings", print_bindings }, { "discard", print_discard },
	};

	for (size_t i = 0; i < COUNT(formats); i++) {
		if (strcmp(format, formats[i].name) == 0)
			return formats[i].print;
	}
	return NULL;
}
