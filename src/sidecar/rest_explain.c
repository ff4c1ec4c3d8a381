/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/rest_explain.h"

#define EXPLAIN_BYTES ((size_t)4 << 20)

struct rest_explain {
	struct arena *arena;
	struct rego_tracer tracer;
	enum explain_mode mode;
	bool pretty;
	struct buf line;
	value_t way[EXPLAIN_DEPTH]; /* rules entered and not yet told */
	value_t events[EXPLAIN_EVENTS + 1];
	uint32_t count;
};

static const char *const ops[] = { "Enter", "Exit", "Eval", "Fail", "Redo" };

/* ---- one event ---- */

/* Cut between characters, and at the end of its first line. */
static str_t
shorten(str_t text)
{
	text = str_sub(text, 0, str_find_char(text, '\n', 0));
	if (text.len <= EXPLAIN_TEXT)
		return text;
	text.len = EXPLAIN_TEXT;
	while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80)
		text.len--;
	return text;
}

static str_t
print(struct rest_explain *e, value_t v)
{
	buf_clear(&e->line);
	value_print(&e->line, v);
	return arena_str(e->arena, shorten(buf_str(&e->line)));
}

static bool
is_rule(const struct rego_trace_event *event)
{
	return event->event == REGO_EVENT_ENTER || event->event == REGO_EVENT_EXIT;
}

/* What asks for the document is in no file. */
static bool
is_query(const struct rego_trace_event *event)
{
	return event->row == 0;
}

/* "authz.rego:7      | Fail input.x == 1  x = 2" */
static value_t
make_line(struct rest_explain *e, const struct rego_trace_event *event)
{
	str_t text = is_query(event) ? STR("query") :
				       arena_printf(e->arena, "%.*s:%u", STR_FMT(event->file), event->row);
	uint32_t depth = event->depth < EXPLAIN_DEPTH ? event->depth : EXPLAIN_DEPTH;

	text = arena_printf(e->arena, "%-24.*s %.*s%s %.*s", STR_FMT(text), (int)(2 * depth),
	    "| | | | | | | | | | | | | | | | | | | | | | | | | | | | | | | | "
	    "| | | | | | | | | | | | | | | | | | | | | | | | | | | | | | | | ",
	    ops[event->event], STR_FMT(is_rule(event) ? event->rule : shorten(event->text)));
	if (event->event == REGO_EVENT_EXIT)
		text = arena_printf(e->arena, "%.*s = %.*s", STR_FMT(text), STR_FMT(print(e, event->result)));
	for (uint32_t i = 0; !is_rule(event) && i < event->local_count; i++)
		text = arena_printf(e->arena, "%.*s  %.*s = %.*s", STR_FMT(text), STR_FMT(event->locals[i].name),
		    STR_FMT(print(e, event->locals[i].value)));
	return value_string(e->arena, text);
}

static value_t
make_locals(struct rest_explain *e, const struct rego_trace_event *event)
{
	struct object_builder o;

	object_builder_init(&o, e->arena, event->local_count);
	for (uint32_t i = 0; i < event->local_count; i++)
		(void)object_builder_add(&o, value_string(e->arena, event->locals[i].name),
		    value_string(e->arena, print(e, event->locals[i].value)));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static value_t
make_place(struct rest_explain *e, const struct rego_trace_event *event)
{
	struct object_builder o;

	object_builder_init(&o, e->arena, 3);
	(void)object_builder_add_text(&o, "file", value_string(e->arena, event->file));
	(void)object_builder_add_text(&o, "row", value_int(event->row));
	(void)object_builder_add_text(&o, "col", value_int(event->col));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

static value_t
make_event(struct rest_explain *e, const struct rego_trace_event *event)
{
	struct object_builder o;

	if (e->pretty)
		return make_line(e, event);
	object_builder_init(&o, e->arena, 7);
	(void)object_builder_add_text(&o, "op", value_text(e->arena, ops[event->event]));
	(void)object_builder_add_text(&o, "type",
	    value_text(e->arena, is_query(event) ? "query" : is_rule(event) ? "rule" : "expr"));
	(void)object_builder_add_text(&o, "depth", value_int(event->depth));
	(void)object_builder_add_text(&o, "text",
	    value_string(e->arena, is_rule(event) ? event->rule : shorten(event->text)));
	if (!is_query(event))
		(void)object_builder_add_text(&o, "location", make_place(e, event));
	(void)object_builder_add_text(&o, "locals", make_locals(e, event));
	if (event->event == REGO_EVENT_EXIT)
		(void)object_builder_add_text(&o, "result", value_string(e->arena, print(e, event->result)));
	return object_builder_freeze(&o, OBJECT_LAST_WINS, NULL);
}

/* ---- all of them ---- */

static void
add(struct rest_explain *e, value_t event)
{
	if (e->count < EXPLAIN_EVENTS && value_is_defined(event))
		e->events[e->count++] = event;
}

static void
on_event(void *context, const struct rego_trace_event *event)
{
	struct rest_explain *e = context;

	if (e->mode == EXPLAIN_NOTES || e->count > EXPLAIN_EVENTS)
		return;
	if (e->count == EXPLAIN_EVENTS) {
		e->events[e->count++] = value_text(e->arena, "there were more events than are shown");
		return;
	}
	if (e->mode != EXPLAIN_FAILS) {
		add(e, make_event(e, event));
		return;
	}
	if (event->event == REGO_EVENT_ENTER && event->depth < EXPLAIN_DEPTH)
		e->way[event->depth] = make_event(e, event);
	if (event->event == REGO_EVENT_EXIT && event->depth < EXPLAIN_DEPTH)
		e->way[event->depth] = VALUE_NONE;
	if (event->event != REGO_EVENT_FAIL)
		return;
	for (uint32_t i = 0; i <= event->depth && i < EXPLAIN_DEPTH; i++) {
		add(e, e->way[i]);
		e->way[i] = VALUE_NONE;
	}
	add(e, make_event(e, event));
}

enum explain_mode
explain_mode_read(str_t name)
{
	static const char *const modes[] = { "off", "notes", "fails", "full", "debug" };

	for (size_t i = 0; i < COUNT(modes); i++) {
		if (str_eq(name, str_of(modes[i])))
			return (enum explain_mode)i;
	}
	return EXPLAIN_OFF;
}

struct rest_explain *
rest_explain_new(enum explain_mode mode, bool pretty)
{
	struct arena *arena = arena_new(EXPLAIN_BYTES);
	struct rest_explain *e = arena != NULL ? ARENA_NEW(arena, struct rest_explain) : NULL;

	if (e == NULL) {
		arena_free(&arena);
		return NULL;
	}
	e->arena = arena;
	e->mode = mode;
	e->pretty = pretty;
	e->tracer = (struct rego_tracer){ e, on_event };
	for (size_t i = 0; i < COUNT(e->way); i++)
		e->way[i] = VALUE_NONE;
	buf_init(&e->line, EXPLAIN_BYTES);
	return e;
}

void
rest_explain_free(struct rest_explain **explain)
{
	struct rest_explain *e = *explain;
	struct arena *arena = e != NULL ? e->arena : NULL;

	if (e == NULL)
		return;
	buf_fini(&e->line);
	arena_free(&arena);
	*explain = NULL;
}

const struct rego_tracer *
rest_explain_tracer(const struct rest_explain *e)
{
	return &e->tracer;
}

value_t
rest_explain_value(const struct rest_explain *e)
{
	return value_array_of(e->events, e->count);
}
