/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scores tell which of several schemas that fail comes nearest: one up for each step
 * that was taken, two down for each fault.
 */
#include "rego/builtin/schema_internal.h"

enum { STEP_WORK = 128, MOST_HOPS = 10000 };

bool
schema_run_work(struct schema_run *run, size_t bytes)
{
	if (!run->stopped)
		run->stopped = !run->host->work(run->host->context, bytes) || arena_failed(run->arena);
	return !run->stopped && !run->circular;
}

void
schema_add_fault(struct schema_run *run, struct schema_result *result, enum schema_fault_kind kind,
    const struct schema_path *path, str_t text)
{
	struct schema_fault *fault;

	if (!schema_run_work(run, sizeof(*fault)))
		return;
	fault = ARENA_NEW(run->arena, struct schema_fault);
	if (fault == NULL)
		return;
	fault->kind = kind;
	fault->path = path;
	fault->text = text;
	if (result->last != NULL)
		result->last->next = fault;
	else
		result->first = fault;
	result->last = fault;
	result->score -= 2;
}

/* Takes the faults over. */
void
schema_merge(struct schema_result *result, const struct schema_result *from)
{
	result->score += from->score;
	if (from->first == NULL)
		return;
	if (result->last != NULL)
		result->last->next = from->first;
	else
		result->first = from->first;
	result->last = from->last;
}

static const struct schema_path *
make_path(struct schema_run *run, struct schema_path step)
{
	struct schema_path *path = ARENA_NEW(run->arena, struct schema_path);

	if (path == NULL)
		return step.outer; /* the arena has failed: nothing will be told */
	*path = step;
	return path;
}

const struct schema_path *
schema_path_name(struct schema_run *run, const struct schema_path *outer, str_t name)
{
	return make_path(run, (struct schema_path){ .outer = outer, .name = name });
}

const struct schema_path *
schema_path_index(struct schema_run *run, const struct schema_path *outer, uint32_t index)
{
	return make_path(run, (struct schema_path){ .outer = outer, .index = index, .is_index = true });
}

/* ---- several schemas for one value ---- */

static struct schema_result
try(struct schema_run *run, const struct schema_node *node, value_t v, const struct schema_path *path)
{
	struct schema_result result = { 0 };

	schema_check(run, node, v, path, &result);
	return result;
}

static bool
is_nearer(const struct schema_result *result, const struct schema_result *best, bool has_best)
{
	return !has_best || result->score > best->score;
}

static void
check_any_of(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	struct schema_result best = { 0 };
	bool has_best = false;

	for (size_t i = 0; i < node->any_of.count; i++) {
		struct schema_result one = try(run, node->any_of.at[i], v, path);

		if (one.first == NULL)
			return;
		if (is_nearer(&one, &best, has_best))
			best = one;
		has_best = true;
	}
	if (!has_best)
		return;
	schema_add_fault(run, result, SCHEMA_FAULT_ANY_OF, path, STR(""));
	schema_merge(result, &best);
}

static void
check_one_of(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	struct schema_result best = { 0 };
	bool has_best = false;
	size_t matches = 0;

	for (size_t i = 0; i < node->one_of.count; i++) {
		struct schema_result one = try(run, node->one_of.at[i], v, path);

		if (one.first == NULL) {
			matches++;
		} else if (matches == 0 && is_nearer(&one, &best, has_best)) {
			best = one;
			has_best = true;
		}
	}
	if (node->one_of.count == 0 || matches == 1)
		return;
	schema_add_fault(run, result, SCHEMA_FAULT_ONE_OF, path, STR(""));
	if (matches == 0)
		schema_merge(result, &best);
}

static void
check_all_of(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	size_t matches = 0;

	for (size_t i = 0; i < node->all_of.count; i++) {
		struct schema_result one = try(run, node->all_of.at[i], v, path);

		matches += one.first == NULL;
		schema_merge(result, &one);
	}
	if (matches < node->all_of.count)
		schema_add_fault(run, result, SCHEMA_FAULT_ALL_OF, path, STR(""));
}

static const struct schema_dependency *
find_dependency(const struct schema_node *node, str_t property)
{
	for (size_t i = 0; i < node->dependencies.count; i++) {
		if (str_eq(node->dependencies.at[i].property, property))
			return &node->dependencies.at[i];
	}
	return NULL;
}

static void
check_dependencies(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	if (node->dependencies.count == 0 || v.tag != VALUE_OBJECT)
		return;
	for (uint32_t i = 0; i < v.count; i++) {
		const struct schema_dependency *d;

		if (!schema_run_work(run, node->dependencies.count * sizeof(*d)))
			return;
		d = find_dependency(node, value_str(v.object->keys[i]));
		if (d == NULL)
			continue;
		if (d->node != NULL)
			schema_check(run, d->node, v, path, result);
		for (size_t n = 0; n < d->needs.count; n++) {
			if (!value_is_defined(value_object_get_str(v, d->needs.at[n])))
				schema_add_fault(run, result, SCHEMA_FAULT_DEPENDENCY, path,
				    d->needs.at[n]);
		}
	}
}

static void
check_condition(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	const struct schema_node *branch;
	struct schema_result one;
	bool holds;

	if (node->when == NULL)
		return;
	holds = try(run, node->when, v, path).first == NULL;
	branch = holds ? node->then : node->otherwise;
	if (branch == NULL)
		return;
	one = try(run, branch, v, path);
	if (one.first == NULL)
		return;
	schema_add_fault(run, result, holds ? SCHEMA_FAULT_THEN : SCHEMA_FAULT_ELSE, path, STR(""));
	schema_merge(result, &one);
}

static void
check_combined(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	check_any_of(run, node, v, path, result);
	check_one_of(run, node, v, path, result);
	check_all_of(run, node, v, path, result);
	if (node->not != NULL && try(run, node->not, v, path).first == NULL)
		schema_add_fault(run, result, SCHEMA_FAULT_NOT, path, STR(""));
	check_dependencies(run, node, v, path, result);
	check_condition(run, node, v, path, result);
	result->score++;
}

/* ---- one schema ---- */

static bool
allows(const struct schema_node *node, enum schema_type type)
{
	for (uint8_t i = 0; i < node->type_count; i++) {
		if (node->types[i] == type)
			return true;
	}
	return node->type_count == 0;
}

static enum schema_type
type_of(value_t v)
{
	switch (v.tag) {
	case VALUE_NULL:
		return SCHEMA_NULL;
	case VALUE_TRUE:
	case VALUE_FALSE:
		return SCHEMA_BOOLEAN;
	case VALUE_STRING:
		return SCHEMA_STRING;
	case VALUE_ARRAY:
		return SCHEMA_ARRAY;
	case VALUE_OBJECT:
		return SCHEMA_OBJECT;
	default:
		return number_is_integer(v) ? SCHEMA_INTEGER : SCHEMA_NUMBER;
	}
}

static str_t
list_types(struct arena *arena, const struct schema_node *node)
{
	char text[128];
	struct buf b = { .data = text, .capacity = sizeof(text), .limit = sizeof(text) };

	buf_add_text(&b, node->type_count > 1 ? "[" : "");
	for (uint8_t i = 0; i < node->type_count; i++) {
		buf_add_text(&b, i > 0 ? "," : "");
		buf_add_text(&b, schema_type_names[node->types[i]]);
	}
	buf_add_text(&b, node->type_count > 1 ? "]" : "");
	return arena_str(arena, buf_str(&b));
}

static bool
check_type(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	enum schema_type type = type_of(v);

	if (allows(node, type) || (type == SCHEMA_INTEGER && allows(node, SCHEMA_NUMBER)))
		return true;
	schema_add_fault(run, result, SCHEMA_FAULT_TYPE, path, list_types(run->arena, node));
	if (result->last != NULL)
		result->last->given = str_of(schema_type_names[type]);
	return false;
}

static void
check_node(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	if (node->is_bool) {
		if (!node->passes)
			schema_add_fault(run, result, SCHEMA_FAULT_FALSE, path, STR(""));
		return;
	}
	if (!check_type(run, node, v, path, result))
		return;
	check_combined(run, node, v, path, result);
	if (value_is_number(v))
		schema_check_number(run, node, v, path, result);
	else if (v.tag == VALUE_ARRAY)
		schema_check_array(run, node, v, path, result);
	else if (v.tag == VALUE_OBJECT)
		schema_check_object(run, node, v, path, result);
	schema_check_common(run, node, v, path, result);
	if (v.tag == VALUE_STRING)
		schema_check_string(run, node, v, path, result);
	for (size_t i = 0; v.tag == VALUE_OBJECT && i < node->properties.count; i++) {
		str_t name = node->properties.at[i]->property;
		value_t member = value_object_get_str(v, name);

		if (value_is_defined(member))
			schema_check(run, node->properties.at[i], member,
			    schema_path_name(run, path, name), result);
	}
	result->score++;
}

void
schema_check(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	if (!schema_run_work(run, STEP_WORK))
		return;
	for (unsigned hops = 0; node->ref != NULL && !node->is_bool; node = node->ref) {
		if (hops++ == MOST_HOPS) {
			run->circular = true;
			return;
		}
	}
	if (run->depth == SCHEMA_DEPTH * 2) {
		run->circular = true;
		return;
	}
	run->depth++;
	check_node(run, node, v, path, result);
	run->depth--;
}

enum schema_outcome
schema_validate(struct arena *arena, const struct schema_host *host, const struct schema *schema,
    value_t document, struct schema_fault **ret_faults, str_t *ret_problem)
{
	static const struct schema_path whole = { 0 };
	struct schema_run run = { .arena = arena, .host = host };
	struct schema_result result = { 0 };

	schema_check(&run, schema->root, document, &whole, &result);
	if (run.stopped || arena_failed(arena))
		return SCHEMA_STOPPED;
	if (run.circular) {
		*ret_problem = arena_printf(arena, "the schema or its references nest deeper than %d levels",
		    SCHEMA_DEPTH * 2);
		return SCHEMA_BAD;
	}
	*ret_faults = result.first;
	return SCHEMA_GOOD;
}
