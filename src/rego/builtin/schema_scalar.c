/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords about numbers and strings, and those about any value. */
#include "base/utf8.h"
#include "rego/builtin/schema_internal.h"

enum { DECIMAL_WORK = 4096 };

/* ---- numbers ---- */

static void
refuse_number(struct schema_run *run, struct schema_result *result, enum schema_fault_kind kind,
    const struct schema_path *path, value_t bound)
{
	schema_add_fault(run, result, kind, path, schema_number_text(run->arena, bound));
}

void
schema_check_number(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	const struct {
		enum schema_fault_kind kind;
		value_t bound;
		int side; /* on which the number may not be */
		bool exclusive;
	} bounds[] = {
		{ SCHEMA_FAULT_MAXIMUM, node->maximum, 1, false },
		{ SCHEMA_FAULT_EXCLUSIVE_MAXIMUM, node->exclusive_maximum, 1, true },
		{ SCHEMA_FAULT_MINIMUM, node->minimum, -1, false },
		{ SCHEMA_FAULT_EXCLUSIVE_MINIMUM, node->exclusive_minimum, -1, true },
	};

	if (value_is_defined(node->multiple_of) && schema_run_work(run, DECIMAL_WORK) &&
	    !schema_number_is_multiple(run->arena, v, node->multiple_of))
		refuse_number(run, result, SCHEMA_FAULT_MULTIPLE_OF, path, node->multiple_of);
	for (size_t i = 0; i < COUNT(bounds); i++) {
		int order;

		if (!value_is_defined(bounds[i].bound))
			continue;
		if (!schema_run_work(run, DECIMAL_WORK))
			return;
		order = schema_number_compare(run->arena, v, bounds[i].bound);
		if (order == bounds[i].side || (order == 0 && bounds[i].exclusive))
			refuse_number(run, result, bounds[i].kind, path, bounds[i].bound);
	}
	result->score++;
}

/* ---- strings ---- */

void
schema_check_string(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	str_t text = value_str(v);
	int64_t length = 0;

	if (!schema_run_work(run, text.len))
		return;
	if (node->min_length >= 0 || node->max_length >= 0)
		length = (int64_t)utf8_count(text);
	if (node->min_length >= 0 && length < node->min_length)
		schema_add_fault(run, result, SCHEMA_FAULT_MIN_LENGTH, path,
		    arena_printf(run->arena, "%lld", (long long)node->min_length));
	if (node->max_length >= 0 && length > node->max_length)
		schema_add_fault(run, result, SCHEMA_FAULT_MAX_LENGTH, path,
		    arena_printf(run->arena, "%lld", (long long)node->max_length));
	if (node->pattern != NULL && !regex_find(node->pattern, text.data, text.len, 0, NULL, 0))
		schema_add_fault(run, result, SCHEMA_FAULT_PATTERN, path, node->pattern_source);
	result->score++;
}

/* ---- any value ---- */

static bool
is_listed(struct schema_run *run, const struct schema_strings *list, str_t text)
{
	if (!schema_run_work(run, list->count * sizeof(text)))
		return true;
	for (size_t i = 0; i < list->count; i++) {
		if (str_eq(list->at[i], text))
			return true;
	}
	return false;
}

static str_t
join(struct schema_run *run, const struct schema_strings *list)
{
	struct buf b;
	str_t joined;

	buf_init(&b, SCHEMA_MEMORY);
	for (size_t i = 0; i < list->count; i++) {
		buf_add_text(&b, i > 0 ? ", " : "");
		buf_add_str(&b, list->at[i]);
	}
	joined = schema_run_work(run, b.len) ? arena_str(run->arena, buf_str(&b)) : STR("");
	buf_fini(&b);
	return joined;
}

static void
check_literal(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	struct arena_mark mark = arena_mark(run->arena);
	str_t text = schema_text_make(run->arena, v);
	bool constant, listed;

	if (!schema_run_work(run, text.len))
		return;
	constant = !node->has_constant || str_eq(text, node->constant);
	listed = !node->has_enumeration || is_listed(run, &node->enumeration, text);
	arena_release(run->arena, mark);
	if (!constant)
		schema_add_fault(run, result, SCHEMA_FAULT_CONST, path, node->constant);
	if (!listed)
		schema_add_fault(run, result, SCHEMA_FAULT_ENUM, path,
		    node->enumeration.count > 0 ? join(run, &node->enumeration) : STR("(none)"));
}

void
schema_check_common(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	if (node->has_constant || node->has_enumeration)
		check_literal(run, node, v, path, result);
	if (node->format.len > 0 && v.tag == VALUE_STRING &&
	    !schema_format_matches(run, node->format, value_str(v)))
		schema_add_fault(run, result, SCHEMA_FAULT_FORMAT, path, node->format);
	result->score++;
}
