/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "case.h"
#include "codec/json.h"

value_t
conform_get(value_t object, const char *key)
{
	return object.tag == VALUE_OBJECT ? value_object_get_text(object, key) : VALUE_NONE;
}

str_t
conform_text(value_t object, const char *key)
{
	value_t v = conform_get(object, key);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

bool
conform_flag(value_t object, const char *key)
{
	return conform_get(object, key).tag == VALUE_TRUE;
}

uint32_t
conform_number(value_t object, const char *key)
{
	value_t v = conform_get(object, key);

	return v.tag == VALUE_INT ? (uint32_t)v.integer : 0;
}

/* ---- errors ---- */

void
conform_note_diag(struct arena *arena, const struct diag *diag, struct conform_errors *ret)
{
	for (const struct diag_finding *f = diag->first; f != NULL; f = f->next) {
		struct conform_error e = { f->code, f->message, f->place.file, f->place.row,
			f->place.col };

		(void)VEC_PUSH(arena, ret, e);
	}
}

void
conform_read_errors(struct arena *arena, value_t list, struct conform_wants *ret)
{
	for (uint32_t i = 0; list.tag == VALUE_ARRAY && i < list.count; i++) {
		value_t e = list.items[i];
		struct conform_want want = { .code = conform_text(e, "code"),
			.message = conform_text(e, "message"),
			.row = conform_number(e, "row"),
			.col = conform_number(e, "col"),
			.placed = true };

		(void)VEC_PUSH(arena, ret, want);
	}
}

static str_t
first_line(str_t s)
{
	return str_sub(s, 0, str_find_char(s, '\n', 0));
}

/*
 * OPA may begin a message with a dump of the parse tree (`{..} is not ..`); our words for
 * the term are then as good.
 */
static bool
is_same_message(str_t want, str_t have)
{
	return str_eq(first_line(want), first_line(have)) || str_has_prefix(want, STR("{\""));
}

static bool
is_wanted(
    const struct conform_want *want, const struct conform_error *have, struct arena *arena)
{
	if (want->code.len > 0 && !str_eq(want->code, have->code))
		return false;
	if (want->placed && (want->row != have->row || want->col != have->col))
		return false;
	if (want->part) {
		str_t full = arena_printf(arena, "%.*s:%u: %.*s: %.*s", STR_FMT(have->file),
		    have->row, STR_FMT(have->code), STR_FMT(have->message));

		return want->message.len == 0 || str_find(full, want->message, 0) < full.len;
	}
	return is_same_message(want->message, have->message);
}

/* Each error wanted takes one that came; which one does not matter, as equal wants are alike.
 */
const char *
conform_judge_errors(const struct conform_wants *wants, const struct conform_errors *errors,
    bool exhaustive, struct arena *arena)
{
	bool *taken = ARENA_ARRAY(arena, bool, errors->count + 1);

	if (wants->count == 0)
		return errors->count > 0 ? "no error was wanted" : NULL;
	if (errors->count == 0)
		return "an error was wanted";
	for (size_t i = 0; i < wants->count; i++) {
		size_t k = 0;

		while (k < errors->count &&
		       (taken[k] || !is_wanted(&wants->at[i], &errors->at[k], arena)))
			k++;
		if (k == errors->count)
			return "another error was wanted";
		taken[k] = true;
	}
	return exhaustive && errors->count > wants->count ? "fewer errors were wanted" : NULL;
}

void
conform_explain_errors(
    const struct conform_wants *wants, const struct conform_errors *errors, struct buf *out)
{
	for (size_t i = 0; i < wants->count; i++) {
		const struct conform_want *w = &wants->at[i];

		buf_printf(out, "     want %.*s %u:%u %.*s\n", STR_FMT(w->code), w->row,
		    w->col, STR_FMT(w->message));
	}
	for (size_t i = 0; i < errors->count; i++) {
		const struct conform_error *e = &errors->at[i];

		buf_printf(out, "     got  %.*s %u:%u %.*s\n", STR_FMT(e->code), e->row,
		    e->col, STR_FMT(e->message));
	}
}

/* ---- results ---- */

static value_t
as_json(struct arena *arena, value_t v)
{
	struct buf text;
	value_t back = VALUE_NONE;

	buf_init(&text, 1 << 28);
	json_write(&text, v);
	if (json_read(arena, arena_str(arena, buf_str(&text)), NULL, NULL, &back) != ERR_OK)
		back = VALUE_NONE;
	buf_fini(&text);
	return back;
}

static int
compare_for_sort(const void *a, const void *b)
{
	return value_compare(*(const value_t *)a, *(const value_t *)b);
}

static value_t
sort_all_arrays(struct arena *arena, value_t v)
{
	if (v.tag == VALUE_ARRAY) {
		value_t *items = ARENA_ARRAY(arena, value_t, v.count);

		for (uint32_t i = 0; i < v.count; i++)
			items[i] = sort_all_arrays(arena, v.items[i]);
		qsort(items, v.count, sizeof(*items), compare_for_sort);
		return value_array_of(items, v.count);
	}
	if (v.tag == VALUE_OBJECT) {
		struct object_builder b;

		object_builder_init(&b, arena, v.count);
		for (uint32_t i = 0; i < v.count; i++)
			(void)object_builder_add(&b, v.object->keys[i],
			    sort_all_arrays(arena, v.object->values[i]));
		return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
	}
	return v;
}

static value_t
sort_list(struct arena *arena, value_t v)
{
	value_t list = value_array(arena, v.items, v.count);

	qsort((void *)(uintptr_t)list.items, list.count, sizeof(value_t), compare_for_sort);
	return list;
}

bool
conform_same_results(value_t want, value_t have, bool sort_arrays, struct arena *arena)
{
	want = as_json(arena, want);
	have = as_json(arena, have);
	if (want.tag != VALUE_ARRAY || have.tag != VALUE_ARRAY)
		return false;
	if (sort_arrays) {
		want = sort_all_arrays(arena, want);
		have = sort_all_arrays(arena, have);
	}
	return value_equal(sort_list(arena, want), sort_list(arena, have));
}
