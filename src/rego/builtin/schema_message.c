/* SPDX-License-Identifier: Apache-2.0 */
/* What faults say.  In a message $t is the fault's text, $g what was given, $f the field. */
#include "rego/builtin/schema_internal.h"

enum { LONGEST_MESSAGE = SCHEMA_MEMORY };

static const struct {
	const char *type, *message;
} faults[SCHEMA_FAULT_KINDS] = {
	[SCHEMA_FAULT_FALSE] = { "false", "False always fails validation" },
	[SCHEMA_FAULT_REQUIRED] = { "required", "$t is required" },
	[SCHEMA_FAULT_TYPE] = { "invalid_type", "Invalid type. Expected: $t, given: $g" },
	[SCHEMA_FAULT_ANY_OF] = { "number_any_of", "Must validate at least one schema (anyOf)" },
	[SCHEMA_FAULT_ONE_OF] = { "number_one_of", "Must validate one and only one schema (oneOf)" },
	[SCHEMA_FAULT_ALL_OF] = { "number_all_of", "Must validate all the schemas (allOf)" },
	[SCHEMA_FAULT_NOT] = { "number_not", "Must not validate the schema (not)" },
	[SCHEMA_FAULT_DEPENDENCY] = { "missing_dependency", "Has a dependency on $t" },
	[SCHEMA_FAULT_CONST] = { "const", "$f does not match: $t" },
	[SCHEMA_FAULT_ENUM] = { "enum", "$f must be one of the following: $t" },
	[SCHEMA_FAULT_ADDITIONAL_ITEMS] = { "array_no_additional_items",
	    "No additional items allowed on array" },
	[SCHEMA_FAULT_MIN_ITEMS] = { "array_min_items", "Array must have at least $t items" },
	[SCHEMA_FAULT_MAX_ITEMS] = { "array_max_items", "Array must have at most $t items" },
	[SCHEMA_FAULT_UNIQUE] = { "unique", "array items[$t] must be unique" },
	[SCHEMA_FAULT_CONTAINS] = { "contains", "At least one of the items must match" },
	[SCHEMA_FAULT_MIN_PROPERTIES] = { "array_min_properties", "Must have at least $t properties" },
	[SCHEMA_FAULT_MAX_PROPERTIES] = { "array_max_properties", "Must have at most $t properties" },
	[SCHEMA_FAULT_ADDITIONAL_PROPERTY] = { "additional_property_not_allowed",
	    "Additional property $t is not allowed" },
	[SCHEMA_FAULT_PROPERTY_NAME] = { "invalid_property_name",
	    "Property name of \"$t\" does not match" },
	[SCHEMA_FAULT_MIN_LENGTH] = { "string_gte",
	    "String length must be greater than or equal to $t" },
	[SCHEMA_FAULT_MAX_LENGTH] = { "string_lte", "String length must be less than or equal to $t" },
	[SCHEMA_FAULT_PATTERN] = { "pattern", "Does not match pattern '$t'" },
	[SCHEMA_FAULT_FORMAT] = { "format", "Does not match format '$t'" },
	[SCHEMA_FAULT_MULTIPLE_OF] = { "multiple_of", "Must be a multiple of $t" },
	[SCHEMA_FAULT_MINIMUM] = { "number_gte", "Must be greater than or equal to $t" },
	[SCHEMA_FAULT_EXCLUSIVE_MINIMUM] = { "number_gt", "Must be greater than $t" },
	[SCHEMA_FAULT_MAXIMUM] = { "number_lte", "Must be less than or equal to $t" },
	[SCHEMA_FAULT_EXCLUSIVE_MAXIMUM] = { "number_lt", "Must be less than $t" },
	[SCHEMA_FAULT_THEN] = { "condition_then", "Must validate \"then\" as \"if\" was valid" },
	[SCHEMA_FAULT_ELSE] = { "condition_else", "Must validate \"else\" as \"if\" was not valid" },
};

const char *
schema_fault_type(const struct schema_fault *fault)
{
	return faults[fault->kind].type;
}

static str_t
keep(struct arena *arena, struct buf *b)
{
	str_t kept = STR_NONE;

	if (buf_failed(b))
		arena_fail(arena);
	else
		kept = arena_str(arena, buf_str(b));
	buf_fini(b);
	return kept;
}

str_t
schema_fault_field(struct arena *arena, const struct schema_fault *fault)
{
	const struct schema_path **steps;
	size_t depth = 0;
	struct buf out;

	for (const struct schema_path *p = fault->path; p->outer != NULL; p = p->outer)
		depth++;
	if (depth == 0)
		return STR("(Root)");
	steps = ARENA_ARRAY(arena, const struct schema_path *, depth);
	if (steps == NULL)
		return STR_NONE;
	for (const struct schema_path *p = fault->path; p->outer != NULL; p = p->outer)
		steps[--depth] = p;
	buf_init(&out, LONGEST_MESSAGE);
	for (const struct schema_path **step = steps;; step++) {
		if ((*step)->is_index)
			buf_add_int(&out, (*step)->index);
		else
			buf_add_str(&out, (*step)->name);
		if (*step == fault->path)
			break;
		buf_add_char(&out, '.');
	}
	return keep(arena, &out);
}

str_t
schema_fault_message(struct arena *arena, const struct schema_fault *fault, str_t field)
{
	str_t message = str_of(faults[fault->kind].message);
	struct buf out;

	buf_init(&out, LONGEST_MESSAGE);
	while (message.len > 0) {
		size_t dollar = str_find_char(message, '$', 0);

		buf_add(&out, message.data, dollar);
		if (dollar == message.len)
			break;
		switch (message.data[dollar + 1]) {
		case 't':
			buf_add_str(&out, fault->text);
			break;
		case 'g':
			buf_add_str(&out, fault->given);
			break;
		default:
			buf_add_str(&out, field);
			break;
		}
		message = str_skip(message, dollar + 2);
	}
	return keep(arena, &out);
}
