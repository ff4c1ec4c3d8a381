/* SPDX-License-Identifier: Apache-2.0 */
/* json.match_schema and json.verify_schema. */
#include "codec/json.h"
#include "rego/builtin/json_internal.h"
#include "rego/builtin/schema.h"
#include "rego/builtin/util.h"
#include "rego/cache.h"

/* Larger schemas are compiled anew each time: the worker's cache counts things, not bytes. */
enum { LARGEST_KEPT = 256 * 1024 };

static const char text_family, value_family;

struct use {
	struct schema *schema;
	bool owned; /* not in the cache */
};

static bool
work(void *call, size_t bytes)
{
	return rego_work(call, bytes);
}

static void
free_schema(void *schema)
{
	struct schema *s = schema;

	schema_free(&s);
}

/*
 * The operand as JSON.  FAILED: *ret_problem says why.  Go's json.Valid knows no duplicate
 * keys and the last one wins, as here.
 */
static enum rego_outcome
read_operand(struct rego_call *call, value_t operand, value_t *ret, str_t *ret_problem)
{
	err_t e;

	if (operand.tag == VALUE_ARRAY || operand.tag == VALUE_OBJECT)
		return rego_to_json(call, operand, ret) ? REGO_DEFINED : REGO_HALT;
	if (!value_is_string(operand)) {
		*ret_problem = STR("wrong type, expected string or object");
		return REGO_FAILED;
	}
	if (!rego_charge(call, operand.count))
		return REGO_HALT;
	e = json_read(call->arena, value_str(operand), NULL, NULL, ret);
	if (e == ERR_MEMORY || arena_failed(call->arena))
		return REGO_HALT;
	*ret_problem = STR("invalid JSON string");
	return e == ERR_OK ? REGO_DEFINED : REGO_FAILED;
}

static enum rego_outcome
compile(struct rego_call *call, value_t document, struct schema **ret, str_t *ret_problem)
{
	const struct schema_host host = { work, call };

	switch (schema_make(call->arena, &host, document, true, ret, ret_problem)) {
	case SCHEMA_GOOD:
		return REGO_DEFINED;
	case SCHEMA_BAD:
		return REGO_FAILED;
	default:
		arena_fail(call->arena);
		return REGO_HALT;
	}
}

static enum rego_outcome
read_and_compile(struct rego_call *call, value_t operand, struct schema **ret, str_t *ret_problem)
{
	value_t document;
	enum rego_outcome outcome = read_operand(call, operand, &document, ret_problem);

	return outcome == REGO_DEFINED ? compile(call, document, ret, ret_problem) : outcome;
}

/* Finds or compiles.  A key that is empty is not kept. */
static enum rego_outcome
acquire_by(struct rego_call *call, const char *family, str_t key, value_t operand, struct use *ret,
    str_t *ret_problem)
{
	struct rego_cache *cache = rego_call_cache(call);
	enum rego_outcome outcome;

	*ret = (struct use){ 0 };
	if (!rego_work(call, key.len))
		return REGO_HALT;
	if (key.len > 0)
		ret->schema = rego_cache_find(cache, family, key);
	if (ret->schema != NULL)
		return REGO_DEFINED;
	outcome = read_and_compile(call, operand, &ret->schema, ret_problem);
	if (outcome != REGO_DEFINED)
		return outcome;
	ret->owned = key.len == 0 || arena_used(ret->schema->arena) > LARGEST_KEPT ||
	    !rego_cache_add(cache, family, key, ret->schema, free_schema);
	return REGO_DEFINED;
}

/* A schema is known by its text, or by its value's. */
static enum rego_outcome
acquire(struct rego_call *call, value_t operand, struct use *ret, str_t *ret_problem)
{
	enum rego_outcome outcome;
	struct buf text;

	if (value_is_string(operand))
		return acquire_by(call, &text_family, value_str(operand), operand, ret, ret_problem);
	outcome = read_operand(call, operand, &operand, ret_problem); /* this pays for the walk */
	if (outcome != REGO_DEFINED)
		return outcome;
	buf_init(&text, LARGEST_KEPT);
	value_print(&text, operand);
	outcome = acquire_by(call, &value_family, buf_failed(&text) ? STR("") : buf_str(&text), operand,
	    ret, ret_problem);
	buf_fini(&text);
	return outcome;
}

static bool
add_fault(struct rego_call *call, const struct schema_fault *fault, value_t *ret)
{
	struct arena *arena = call->arena;
	str_t field = schema_fault_field(arena, fault);
	str_t message = schema_fault_message(arena, fault, field);
	struct object_builder b;

	if (arena_failed(arena) || !rego_charge(call, 256 + 2 * (field.len + message.len)))
		return false;
	object_builder_init(&b, arena, 4);
	(void)object_builder_add_text(&b, "desc", value_string(arena, message));
	(void)object_builder_add_text(&b, "error",
	    value_string(arena, arena_printf(arena, "%.*s: %.*s", STR_FMT(field), STR_FMT(message))));
	(void)object_builder_add_text(&b, "field", value_string(arena, field));
	(void)object_builder_add_text(&b, "type", value_text(arena, schema_fault_type(fault)));
	*ret = object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
	return value_is_defined(*ret);
}

static enum rego_outcome
give_faults(struct rego_call *call, const struct schema_fault *faults, value_t *ret)
{
	size_t count = 0;
	value_t pair[2], *list;

	for (const struct schema_fault *f = faults; f != NULL; f = f->next)
		count++;
	if (!rego_charge(call, count * sizeof(*list)))
		return REGO_HALT;
	list = ARENA_ARRAY(call->arena, value_t, count);
	for (size_t i = 0; list != NULL && i < count; i++, faults = faults->next) {
		if (!add_fault(call, faults, &list[i]))
			return REGO_HALT;
	}
	if (list == NULL)
		return REGO_HALT;
	pair[0] = value_bool(count == 0);
	pair[1] = count > 0 ? value_array_of(list, count) : value_empty_array();
	return rego_give(value_array(call->arena, pair, 2), ret);
}

static enum rego_outcome
match_schema(struct rego_call *call, value_t *ret)
{
	const struct schema_host host = { work, call };
	enum schema_outcome validated;
	enum rego_outcome outcome;
	struct schema_fault *faults = NULL;
	value_t document;
	str_t problem = STR("");
	struct use use;

	outcome = read_operand(call, call->arg[0], &document, &problem);
	if (outcome == REGO_DEFINED)
		outcome = acquire(call, call->arg[1], &use, &problem);
	if (outcome == REGO_FAILED)
		return rego_fail(call, "%.*s", STR_FMT(problem));
	if (outcome != REGO_DEFINED)
		return outcome;
	validated = schema_validate(call->arena, &host, use.schema, document, &faults, &problem);
	if (validated == SCHEMA_GOOD)
		outcome = give_faults(call, faults, ret); /* their texts may stand in the schema */
	else if (validated == SCHEMA_BAD)
		outcome = rego_fail(call, "%.*s", STR_FMT(problem));
	else
		outcome = REGO_HALT;
	if (use.owned)
		schema_free(&use.schema);
	return outcome;
}

static enum rego_outcome
verify_schema(struct rego_call *call, value_t *ret)
{
	struct schema *schema = NULL;
	str_t problem = STR("");
	enum rego_outcome outcome = read_and_compile(call, call->arg[0], &schema, &problem);
	value_t pair[2] = { value_bool(outcome == REGO_DEFINED), value_null() };

	if (outcome == REGO_HALT)
		return outcome;
	schema_free(&schema);
	if (outcome == REGO_FAILED) {
		pair[1] = value_string(call->arena,
		    arena_printf(call->arena, "jsonschema: %.*s", STR_FMT(problem)));
		if (!value_is_defined(pair[1]))
			return REGO_HALT;
	}
	return rego_give(value_array(call->arena, pair, 2), ret);
}

const struct rego_builtin rego_builtins_schema[] = {
	{ "json.match_schema",
	    "document: (string|object[any: any]), schema: (string|object[any: any]) -> "
	    "array<boolean, array[object<desc: string, error: string, field: string, type: string>]>",
	    match_schema,
	    "Whether `document` matches the JSON schema `schema`, and where it does not.",
	    REGO_LENIENT },
	{ "json.verify_schema", "schema: (string|object[any: any]) -> array<boolean, (null|string)>",
	    verify_schema, "Whether `schema` is a JSON schema, and why it is not.", REGO_LENIENT },
	{ 0 },
};
