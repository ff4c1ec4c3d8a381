/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/builtin_test.h"

#include <stdio.h>

#include "base/must.h"
#include "codec/json.h"
#include "rego/vm_internal.h"

enum { NOW_NS = 1700000000123456789, MOST_STEPS = 10000000, LONGEST_TEXT = 1 << 16 };

static char printed[256];

static int64_t
tell_time(void *context)
{
	(void)context;
	return NOW_NS;
}

static void
count_bytes(void *context, void *bytes, size_t len)
{
	(void)context;
	for (size_t i = 0; i < len; i++)
		((unsigned char *)bytes)[i] = (unsigned char)(i * 17);
}

static void
keep_line(void *context, str_t line, str_t file, uint32_t row)
{
	(void)context;
	(void)file;
	(void)row;
	(void)snprintf(printed, sizeof(printed), "%.*s", STR_FMT(line));
}

static const struct rego_host host = { .now_ns = tell_time, .random = count_bytes,
	.print = keep_line };

/* {"set": [...]} as a set, also inside. */
static value_t
with_sets(struct arena *arena, value_t v)
{
	value_t listed = value_object_get_text(v, "set");

	if (v.tag == VALUE_OBJECT && v.count == 1 && listed.tag == VALUE_ARRAY) {
		struct set_builder set;

		set_builder_init(&set, arena, listed.count);
		for (uint32_t i = 0; i < listed.count; i++)
			must(set_builder_add(&set, with_sets(arena, listed.items[i])));
		return set_builder_freeze(&set);
	}
	if (v.tag == VALUE_ARRAY) {
		value_t *items = ARENA_ARRAY(arena, value_t, v.count);

		for (uint32_t i = 0; i < v.count; i++)
			items[i] = with_sets(arena, v.items[i]);
		return value_array_of(items, v.count);
	}
	if (v.tag == VALUE_OBJECT) {
		struct object_builder object;

		object_builder_init(&object, arena, v.count);
		for (uint32_t i = 0; i < v.count; i++)
			must(object_builder_add(&object, v.object->keys[i],
			    with_sets(arena, v.object->values[i])));
		return object_builder_freeze(&object, OBJECT_LAST_WINS, NULL);
	}
	return v;
}

static void
describe(struct buf *got, const struct rego_eval *e, enum rego_outcome outcome, value_t result)
{
	switch (outcome) {
	case REGO_DEFINED:
		value_print(got, result);
		break;
	case REGO_UNDEFINED:
		buf_add_text(got, "undefined");
		break;
	case REGO_FAILED:
		buf_printf(got, "%s: %s", e->builtin_error.code, e->builtin_error.message);
		break;
	case REGO_HALT:
		buf_add_text(got, "halt");
		break;
	}
}

static void
run(const struct builtin_case *row, struct buf *got)
{
	struct arena *operands = arena_new(64 << 20), *results = arena_new(BUILTIN_TEST_MEMORY);
	struct rego_eval *e = rego_eval_new();
	struct rego_request request = { .arena = results, .host = &host };
	struct rego_error error = { 0 };
	uint32_t id = rego_builtin_find(str_of(row->name));
	value_t list = VALUE_NONE, result = VALUE_NONE;

	must(operands != NULL && results != NULL && e != NULL);
	must(json_read(operands, str_of(row->operands), NULL, NULL, &list) == ERR_OK);
	list = with_sets(operands, list);
	e->request = &request;
	e->arena = results;
	e->error = &error;
	e->work_left = MOST_STEPS;
	printed[0] = '\0';
	if (id == REGO_BUILTIN_NONE) {
		buf_add_text(got, "no such built-in");
	} else {
		struct rego_call call = { .arg = list.items, .arg_count = list.count,
			.arena = results, .host = &host, .eval = e };
		enum rego_outcome outcome = rego_builtin_call(id, &call, &result);

		describe(got, e, outcome, result);
	}
	rego_eval_free(&e);
	arena_free(&results);
	arena_free(&operands);
}

void
builtin_test(const struct builtin_case *rows, size_t count)
{
	struct buf got;

	buf_init(&got, LONGEST_TEXT);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&got);
		run(&rows[i], &got);
		if (!ok(str_eq(buf_str(&got), str_of(rows[i].want)), "%s(%.60s)", rows[i].name,
			rows[i].operands))
			tap_note("got %.*s, want %s", STR_FMT(buf_str(&got)), rows[i].want);
	}
	buf_fini(&got);
}

const char *
builtin_test_printed(void)
{
	return printed;
}
