/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords about arrays and objects. */
#include "rego/builtin/schema_internal.h"

static str_t
count_text(struct schema_run *run, int64_t count)
{
	return arena_printf(run->arena, "%lld", (long long)count);
}

static void
check_counts(struct schema_run *run, int64_t count, int64_t least, int64_t most,
    enum schema_fault_kind too_few, const struct schema_path *path, struct schema_result *result)
{
	if (least >= 0 && count < least)
		schema_add_fault(run, result, too_few, path, count_text(run, least));
	if (most >= 0 && count > most) /* the kinds stand side by side */
		schema_add_fault(run, result, too_few + 1, path, count_text(run, most));
}

/* ---- arrays ---- */

static void
check_item(struct schema_run *run, const struct schema_node *node, value_t v, uint32_t i,
    const struct schema_path *path, struct schema_result *result)
{
	struct schema_result one = { 0 };

	schema_check(run, node, v.items[i], schema_path_index(run, path, i), &one);
	schema_merge(result, &one);
}

static void
check_items(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	size_t known = node->items.count;
	const struct schema_node *more =
	    node->additional_items.rest == SCHEMA_REST_NODE ? node->additional_items.node : NULL;

	if (known == 0)
		return;
	for (uint32_t i = 0; i < v.count; i++) {
		const struct schema_node *item = node->items_are_alike ? node->items.at[0]
		    : i < known					       ? node->items.at[i]
								       : more;

		if (item == NULL)
			break;
		check_item(run, item, v, i, path, result);
	}
	if (!node->items_are_alike && known < v.count &&
	    node->additional_items.rest == SCHEMA_REST_REFUSED)
		schema_add_fault(run, result, SCHEMA_FAULT_ADDITIONAL_ITEMS, path, STR(""));
}

struct item_text {
	str_t text;
	uint32_t last; /* where it stood last */
};

/* Items are the same if their texts are. */
static void
check_unique(struct schema_run *run, value_t v, const struct schema_path *path,
    struct schema_result *result)
{
	size_t capacity = 4;
	struct item_text *table;

	while (capacity < (size_t)v.count * 2)
		capacity *= 2;
	if (!schema_run_work(run, capacity * sizeof(*table)))
		return;
	table = ARENA_ARRAY(run->arena, struct item_text, capacity);
	for (uint32_t i = 0; table != NULL && i < v.count; i++) {
		str_t text = schema_text_make(run->arena, v.items[i]);
		size_t at = value_hash_bytes(text.data, text.len) & (capacity - 1);

		if (!schema_run_work(run, text.len))
			return;
		while (table[at].text.data != NULL && !str_eq(table[at].text, text))
			at = (at + 1) & (capacity - 1);
		if (table[at].text.data != NULL)
			schema_add_fault(run, result, SCHEMA_FAULT_UNIQUE, path,
			    arena_printf(run->arena, "%u,%u", table[at].last, i));
		table[at] = (struct item_text){ text, i };
	}
}

static void
check_contains(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	struct schema_result best = { 0 };

	for (uint32_t i = 0; i < v.count; i++) {
		struct schema_result one = { 0 };

		schema_check(run, node, v.items[i], schema_path_index(run, path, i), &one);
		if (one.first == NULL)
			return;
		if (i == 0 || one.score > best.score)
			best = one;
	}
	schema_add_fault(run, result, SCHEMA_FAULT_CONTAINS, path, STR(""));
	schema_merge(result, &best);
}

void
schema_check_array(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	check_items(run, node, v, path, result);
	check_counts(run, v.count, node->min_items, node->max_items, SCHEMA_FAULT_MIN_ITEMS, path,
	    result);
	if (node->unique_items)
		check_unique(run, v, path, result);
	if (node->contains != NULL)
		check_contains(run, node->contains, v, path, result);
	result->score++;
}

/* ---- objects ---- */

static bool
has_property(const struct schema_node *node, str_t name)
{
	size_t low = 0, high = node->properties.count;

	while (low < high) { /* they stand in order */
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(node->properties.at[middle]->property, name);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool
check_patterns(struct schema_run *run, const struct schema_node *node, str_t name, value_t member,
    const struct schema_path *path, struct schema_result *result)
{
	bool matched = false;

	for (size_t i = 0; i < node->patterns.count; i++) {
		const struct schema_pattern *p = &node->patterns.at[i];
		struct schema_result one = { 0 };

		if (!schema_run_work(run, 64 + name.len))
			return matched;
		if (!regex_find(p->regex, name.data, name.len, 0, NULL, 0))
			continue;
		matched = true;
		schema_check(run, p->node, member, schema_path_name(run, path, name), &one);
		schema_merge(result, &one);
	}
	result->score += matched;
	return matched;
}

static void
check_member(struct schema_run *run, const struct schema_node *node, str_t name, value_t member,
    const struct schema_path *path, struct schema_result *result)
{
	const struct schema_additional *rest = &node->additional_properties;
	bool known = has_property(node, name);
	struct schema_result one = { 0 };

	known |= check_patterns(run, node, name, member, path, result);
	if (known)
		return;
	if (rest->rest == SCHEMA_REST_REFUSED)
		schema_add_fault(run, result, SCHEMA_FAULT_ADDITIONAL_PROPERTY, path, name);
	if (rest->rest != SCHEMA_REST_NODE)
		return;
	schema_check(run, rest->node, member, schema_path_name(run, path, name), &one);
	schema_merge(result, &one);
}

static void
check_name(struct schema_run *run, const struct schema_node *node, value_t name,
    const struct schema_path *path, struct schema_result *result)
{
	struct schema_result one = { 0 };

	schema_check(run, node, name, path, &one);
	if (one.first == NULL)
		return;
	schema_add_fault(run, result, SCHEMA_FAULT_PROPERTY_NAME, path, value_str(name));
	schema_merge(result, &one);
}

void
schema_check_object(struct schema_run *run, const struct schema_node *node, value_t v,
    const struct schema_path *path, struct schema_result *result)
{
	check_counts(run, v.count, node->min_properties, node->max_properties,
	    SCHEMA_FAULT_MIN_PROPERTIES, path, result);
	for (size_t i = 0; i < node->required.count; i++) {
		if (!schema_run_work(run, 64))
			return;
		if (value_is_defined(value_object_get_str(v, node->required.at[i])))
			result->score++;
		else
			schema_add_fault(run, result, SCHEMA_FAULT_REQUIRED, path, node->required.at[i]);
	}
	for (uint32_t i = 0; i < v.count && schema_run_work(run, 64); i++)
		check_member(run, node, value_str(v.object->keys[i]),
		    v.object->values[i], path, result);
	for (uint32_t i = 0; node->property_names != NULL && i < v.count; i++)
		check_name(run, node->property_names, v.object->keys[i], path, result);
	result->score++;
}
