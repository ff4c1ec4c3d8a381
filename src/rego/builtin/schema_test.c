/* SPDX-License-Identifier: Apache-2.0 */
/* Where gojsonschema leaves the order of faults to chance, members go in the order of names. */
#include "rego/builtin/schema.h"

#include "base/must.h"
#include "codec/json.h"
#include "rego/builtin/builtin_test.h"
#include "tap.h"

enum { MEMORY = 32 << 20, MOST_WORK = 64 << 20 };

static size_t work_left;

static bool
work(void *context, size_t bytes)
{
	(void)context;
	if (bytes > work_left)
		return false;
	work_left -= bytes;
	return true;
}

static const struct schema_host host = { .work = work };

static value_t
read(struct arena *arena, const char *text)
{
	value_t v;

	must(json_read(arena, str_of(text), NULL, NULL, &v) == ERR_OK);
	return v;
}

/* ---- documents ---- */

/* The faults: type, field, message; empty: it matches. */
static const struct {
	const char *document, *schema, *faults;
} documents[] = {
	/* truth */
	{ "1", "true", "" },
	{ "1", "false", "false (Root): False always fails validation" },
	/* type */
	{ "1",
	    "{\"type\": \"null\"}",
	    "invalid_type (Root): Invalid type. Expected: null, given: integer" },
	{ "1",
	    "{\"type\": \"object\"}",
	    "invalid_type (Root): Invalid type. Expected: object, given: integer" },
	{ "1.5",
	    "{\"type\": \"null\"}",
	    "invalid_type (Root): Invalid type. Expected: null, given: number" },
	{ "1.5",
	    "{\"type\": \"object\"}",
	    "invalid_type (Root): Invalid type. Expected: object, given: number" },
	{ "\"a\"",
	    "{\"type\": \"null\"}",
	    "invalid_type (Root): Invalid type. Expected: null, given: string" },
	{ "\"a\"",
	    "{\"type\": \"object\"}",
	    "invalid_type (Root): Invalid type. Expected: object, given: string" },
	{ "null", "{\"type\": \"null\"}", "" },
	{ "null",
	    "{\"type\": \"object\"}",
	    "invalid_type (Root): Invalid type. Expected: object, given: null" },
	{ "true",
	    "{\"type\": \"null\"}",
	    "invalid_type (Root): Invalid type. Expected: null, given: boolean" },
	{ "true",
	    "{\"type\": \"object\"}",
	    "invalid_type (Root): Invalid type. Expected: object, given: boolean" },
	{ "[]",
	    "{\"type\": \"null\"}",
	    "invalid_type (Root): Invalid type. Expected: null, given: array" },
	{ "[]",
	    "{\"type\": \"object\"}",
	    "invalid_type (Root): Invalid type. Expected: object, given: array" },
	{ "{}",
	    "{\"type\": \"null\"}",
	    "invalid_type (Root): Invalid type. Expected: null, given: object" },
	{ "{}", "{\"type\": \"object\"}", "" },
	{ "1", "{\"type\": \"number\"}", "" },
	{ "1.0", "{\"type\": \"integer\"}", "" },
	{ "1.5",
	    "{\"type\": \"integer\"}",
	    "invalid_type (Root): Invalid type. Expected: integer, given: number" },
	{ "1",
	    "{\"type\": [\"string\", \"null\"]}",
	    "invalid_type (Root): Invalid type. Expected: [string,null], given: integer" },
	/* numbers */
	{ "7", "{\"multipleOf\": 2}", "multiple_of (Root): Must be a multiple of 2" },
	{ "6", "{\"multipleOf\": 1.5}", "" },
	{ "1.1", "{\"multipleOf\": 0.01}", "" },
	{ "0.0075", "{\"multipleOf\": 0.0001}", "" },
	{ "0.00751",
	    "{\"multipleOf\": 0.0001}",
	    "multiple_of (Root): Must be a multiple of 0.0001" },
	{ "1e+30", "{\"multipleOf\": 7}", "multiple_of (Root): Must be a multiple of 7" },
	{ "0", "{\"multipleOf\": 3}", "" },
	{ "-6", "{\"multipleOf\": 3}", "" },
	{ "5", "{\"maximum\": 4}", "number_lte (Root): Must be less than or equal to 4" },
	{ "4", "{\"maximum\": 4.0}", "" },
	{ "2000000",
	    "{\"maximum\": 1000000}",
	    "number_lte (Root): Must be less than or equal to 1e+06" },
	{ "2000000",
	    "{\"maximum\": 1234567}",
	    "number_lte (Root): Must be less than or equal to 1.234567e+06" },
	{ "1",
	    "{\"maximum\": 1e-05}",
	    "number_lte (Root): Must be less than or equal to 1e-05" },
	{ "1",
	    "{\"maximum\": 0.00012}",
	    "number_lte (Root): Must be less than or equal to 0.00012" },
	{ "1",
	    "{\"maximum\": -12.5}",
	    "number_lte (Root): Must be less than or equal to -12.5" },
	{ "1", "{\"maximum\": 0}", "number_lte (Root): Must be less than or equal to 0" },
	{ "999999",
	    "{\"maximum\": 100000}",
	    "number_lte (Root): Must be less than or equal to 100000" },
	{ "3", "{\"minimum\": 4}", "number_gte (Root): Must be greater than or equal to 4" },
	{ "0.1",
	    "{\"minimum\":0.1000000000000000000000001}",
	    "number_gte (Root): Must be greater than or equal to 0.1000000000000000000000"
	    "001" },
	{ "0.3", "{\"minimum\":0.3}", "" },
	{ "1", "{\"maximum\":1e0}", "" },
	{ "4", "{\"exclusiveMaximum\": 4}", "number_lt (Root): Must be less than 4" },
	{ "4", "{\"exclusiveMinimum\": 4}", "number_gt (Root): Must be greater than 4" },
	{ "4",
	    "{\"maximum\": 4, \"exclusiveMaximum\": true}",
	    "number_lt (Root): Must be less than 4" },
	{ "4",
	    "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"minimum\": 4, "
	    "\"exclusiveMinimum\": true}",
	    "number_gt (Root): Must be greater than 4" },
	{ "4", "{\"minimum\": 4, \"exclusiveMinimum\": false}", "" },
	{ "5",
	    "{\"maximum\": 5, \"exclusiveMaximum\": 4}",
	    "number_lt (Root): Must be less than 4" },
	{ "\"a\"", "{\"maximum\": 1, \"multipleOf\": 2}", "" },
	/* strings */
	{ "\"ab\"",
	    "{\"minLength\": 3}",
	    "string_gte (Root): String length must be greater than or equal to 3" },
	{ "\"abcd\"",
	    "{\"maxLength\": 3}",
	    "string_lte (Root): String length must be less than or equal to 3" },
	{ "\"éé\"", "{\"maxLength\": 2, \"minLength\": 2}", "" },
	{ "12345", "{\"maxLength\": 2}", "" },
	{ "\"Alice1\"",
	    "{\"pattern\": \"^[a-z]+$\"}",
	    "pattern (Root): Does not match pattern '^[a-z]+$'" },
	{ "\"xaby\"", "{\"pattern\": \"ab\"}", "" },
	{ "1", "{\"pattern\": \"^a\"}", "" },
	/* arrays */
	{ "[1, \"a\"]",
	    "{\"items\": {\"type\": \"integer\"}}",
	    "invalid_type 1: Invalid type. Expected: integer, given: string" },
	{ "[1, \"a\", 2]",
	    "{\"items\": [{\"type\": \"integer\"}, {\"type\": \"integer\"}]}",
	    "invalid_type 1: Invalid type. Expected: integer, given: string" },
	{ "[1, 2]",
	    "{\"items\": [{}], \"additionalItems\": false}",
	    "array_no_additional_items (Root): No additional items allowed on array" },
	{ "[1, 2]",
	    "{\"items\": [{}], \"additionalItems\": {\"type\": \"null\"}}",
	    "invalid_type 1: Invalid type. Expected: null, given: integer" },
	{ "[1, 2]", "{\"items\": {}, \"additionalItems\": false}", "" },
	{ "[1]", "{\"items\": [], \"additionalItems\": false}", "" },
	{ "[1]", "{\"items\": false}", "false 0: False always fails validation" },
	{ "[1]",
	    "{\"minItems\": 2}",
	    "array_min_items (Root): Array must have at least 2 items" },
	{ "[1, 2, 3]",
	    "{\"maxItems\": 2}",
	    "array_max_items (Root): Array must have at most 2 items" },
	{ "[1, 2, 1.0, 1]",
	    "{\"uniqueItems\": true}",
	    "unique (Root): array items[0,2] must be unique; unique (Root): array items[2"
	    ",3] must be unique" },
	{ "[{\"a\": 1, \"b\": [2]}, {\"b\": [2], \"a\": 1}]",
	    "{\"uniqueItems\": true}",
	    "unique (Root): array items[0,1] must be unique" },
	{ "[1, true, \"1\", null]", "{\"uniqueItems\": true}", "" },
	{ "[1, 1]", "{\"uniqueItems\": false}", "" },
	{ "[9007199254740992, 9007199254740993]",
	    "{\"uniqueItems\": true}",
	    "unique (Root): array items[0,1] must be unique" },
	{ "[1, 2]",
	    "{\"contains\": {\"type\": \"string\"}}",
	    "contains (Root): At least one of the items must match; invalid_type 0: Inval"
	    "id type. Expected: string, given: integer" },
	{ "[]",
	    "{\"contains\": {}}",
	    "contains (Root): At least one of the items must match" },
	{ "[1, \"a\"]", "{\"contains\": {\"type\": \"string\"}}", "" },
	{ "[1]",
	    "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"contains\": {\""
	    "type\": \"string\"}}",
	    "" },
	/* objects */
	{ "{\"a\": 1}",
	    "{\"required\": [\"a\", \"b\", \"c\"]}",
	    "required (Root): b is required; required (Root): c is required" },
	{ "{\"a\": {}}",
	    "{\"properties\": {\"a\": {\"required\": [\"b\"]}}}",
	    "required a: b is required" },
	{ "{\"a\": {\"b\": [\"x\"]}}",
	    "{\"properties\": {\"a\": {\"properties\": {\"b\": {\"items\": {\"type\": \"n"
	    "ull\"}}}}}}",
	    "invalid_type a.b.0: Invalid type. Expected: null, given: string" },
	{ "{\"a\": 1}",
	    "{\"minProperties\": 2}",
	    "array_min_properties (Root): Must have at least 2 properties" },
	{ "{\"a\": 1, \"b\": 2}",
	    "{\"maxProperties\": 1}",
	    "array_max_properties (Root): Must have at most 1 properties" },
	{ "{\"a\": 1, \"b\": 2, \"c\": 3}",
	    "{\"properties\": {\"a\": {}}, \"patternProperties\": {\"^b\": {}}, \"additio"
	    "nalProperties\": false}",
	    "additional_property_not_allowed (Root): Additional property c is not allowed" },
	{ "{\"a\": 1}",
	    "{\"additionalProperties\": {\"type\": \"null\"}}",
	    "invalid_type a: Invalid type. Expected: null, given: integer" },
	{ "{\"a\": 1}", "{\"additionalProperties\": true}", "" },
	{ "{\"foo\": 1, \"bar\": 2}",
	    "{\"patternProperties\": {\"^f\": {\"type\": \"string\"}, \"o$\": {\"type\": "
	    "\"null\"}}}",
	    "invalid_type foo: Invalid type. Expected: string, given: integer; invalid_ty"
	    "pe foo: Invalid type. Expected: null, given: integer" },
	{ "{\"foo\": 1, \"x\": 2}",
	    "{\"propertyNames\": {\"maxLength\": 2}}",
	    "invalid_property_name (Root): Property name of \"foo\" does not match; strin"
	    "g_lte (Root): String length must be less than or equal to 2" },
	{ "{\"foo\": 1}",
	    "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"propertyNames\""
	    ": {\"maxLength\": 2}}",
	    "" },
	{ "{\"a\": 1}",
	    "{\"dependencies\": {\"a\": [\"b\", \"c\"]}}",
	    "missing_dependency (Root): Has a dependency on b; missing_dependency (Root):"
	    " Has a dependency on c" },
	{ "{\"a\": 1}",
	    "{\"dependencies\": {\"a\": {\"required\": [\"z\"]}}}",
	    "required (Root): z is required" },
	{ "{\"b\": 1}", "{\"dependencies\": {\"a\": [\"c\"]}}", "" },
	{ "{\"a\": 1}",
	    "{\"dependencies\": {\"a\": false}}",
	    "false (Root): False always fails validation" },
	{ "[1]", "{\"dependencies\": {\"a\": [\"c\"]}}", "" },
	/* any value */
	{ "\"c\"",
	    "{\"enum\": [\"a\", \"b\"]}",
	    "enum (Root): (Root) must be one of the following: \"a\", \"b\"" },
	{ "{\"x\": \"<\"}",
	    "{\"properties\": {\"x\": {\"enum\": [1, null, {\"b\": 1, \"a\": \">\"}]}}}",
	    "enum x: x must be one of the following: 1, null, {\"a\":\"\\u003e\",\"b\":1}" },
	{ "\"a\"",
	    "{\"enum\": []}",
	    "enum (Root): (Root) must be one of the following: (none)" },
	{ "1.0", "{\"enum\":[1]}", "" },
	{ "1e2", "{\"enum\":[100]}", "" },
	{ "3",
	    "{\"enum\":[1e21, 1e-7, 1.5, 123456789012345678901, -0.000001]}",
	    "enum (Root): (Root) must be one of the following: 1e+21, 1e-7, 1.5, 12345678"
	    "9012345680000, -0.000001" },
	{ "1", "{\"const\": 2}", "const (Root): (Root) does not match: 2" },
	{ "{\"a\": {\"x\": [1.5]}}",
	    "{\"properties\": {\"a\": {\"const\": {\"x\": [1.5]}}}}",
	    "" },
	{ "null", "{\"const\": null}", "" },
	{ "0", "{\"const\": false}", "const (Root): (Root) does not match: false" },
	{ "1",
	    "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"const\": 2}",
	    "" },
	/* combinations */
	{ "1",
	    "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"integer\", \"minimum\": 2}"
	    "]}",
	    "number_any_of (Root): Must validate at least one schema (anyOf); number_gte "
	    "(Root): Must be greater than or equal to 2" },
	{ "1", "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"integer\"}]}", "" },
	{ "1", "{\"anyOf\": []}", "" },
	{ "1",
	    "{\"oneOf\": [{\"type\": \"integer\"}, {\"minimum\": 0}]}",
	    "number_one_of (Root): Must validate one and only one schema (oneOf)" },
	{ "\"a\"",
	    "{\"oneOf\": [{\"type\": \"integer\"}, {\"type\": \"null\"}]}",
	    "number_one_of (Root): Must validate one and only one schema (oneOf); invalid"
	    "_type (Root): Invalid type. Expected: integer, given: string" },
	{ "1", "{\"oneOf\": [{\"type\": \"integer\"}, {\"type\": \"null\"}]}", "" },
	{ "1",
	    "{\"allOf\": [{\"minimum\": 2}, {\"maximum\": 0}, {}]}",
	    "number_gte (Root): Must be greater than or equal to 2; number_lte (Root): Mu"
	    "st be less than or equal to 0; number_all_of (Root): Must validate all the s"
	    "chemas (allOf)" },
	{ "1",
	    "{\"not\": {\"type\": \"integer\"}}",
	    "number_not (Root): Must not validate the schema (not)" },
	{ "1", "{\"not\": {\"type\": \"string\"}}", "" },
	{ "1", "{\"not\": false}", "" },
	{ "{\"a\": 1}",
	    "{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}, \"else"
	    "\": {\"required\": [\"c\"]}}",
	    "condition_then (Root): Must validate \"then\" as \"if\" was valid; required "
	    "(Root): b is required" },
	{ "{}",
	    "{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}, \"else"
	    "\": {\"required\": [\"c\"]}}",
	    "condition_else (Root): Must validate \"else\" as \"if\" was not valid; requi"
	    "red (Root): c is required" },
	{ "{}", "{\"if\": false, \"then\": false}", "" },
	{ "{}",
	    "{\"$schema\": \"http://json-schema.org/draft-06/schema#\", \"if\": true, \"t"
	    "hen\": false}",
	    "" },
	{ "{}", "{\"then\": false}", "" },
	/* references */
	{ "{\"a\": {\"a\": {\"a\": 1}}}",
	    "{\"properties\": {\"a\": {\"$ref\": \"#\"}}, \"type\": \"object\"}",
	    "invalid_type a.a.a: Invalid type. Expected: object, given: integer" },
	{ "1",
	    "{\"definitions\": {\"s\": {\"type\": \"string\"}}, \"$ref\": \"#/definitions"
	    "/s\"}",
	    "invalid_type (Root): Invalid type. Expected: string, given: integer" },
	{ "1",
	    "{\"definitions\": {\"a b/~\": {\"type\": \"string\"}}, \"$ref\": \"#/definit"
	    "ions/a%20b~1~0\"}",
	    "invalid_type (Root): Invalid type. Expected: string, given: integer" },
	{ "1",
	    "{\"definitions\": {\"s\": {\"$id\": \"#here\", \"type\": \"string\"}}, \"$re"
	    "f\": \"#here\"}",
	    "invalid_type (Root): Invalid type. Expected: string, given: integer" },
	{ "1",
	    "{\"$id\": \"http://x/root.json\", \"definitions\": {\"s\": {\"$id\": \"sub/i"
	    "tem.json\", \"type\": \"string\"}}, \"allOf\": [{\"$ref\": \"sub/item.json\""
	    "}]}",
	    "invalid_type (Root): Invalid type. Expected: string, given: integer; number_"
	    "all_of (Root): Must validate all the schemas (allOf)" },
	{ "1",
	    "{\"$id\": \"http://x/a/b.json\", \"definitions\": {\"s\": {\"$id\": \"../c.j"
	    "son\", \"definitions\": {\"t\": {\"type\": \"string\"}}}}, \"anyOf\": [{\"$r"
	    "ef\": \"http://x/c.json#/definitions/t\"}]}",
	    "number_any_of (Root): Must validate at least one schema (anyOf); invalid_typ"
	    "e (Root): Invalid type. Expected: string, given: integer" },
	{ "1",
	    "{\"items\": [{\"type\": \"string\"}], \"$ref\": \"#/items/0\"}",
	    "invalid_type (Root): Invalid type. Expected: string, given: integer" },
	{ "{\"minItems\": -1}",
	    "{\"$ref\": \"http://json-schema.org/draft-04/schema#\"}",
	    "number_gte minItems: Must be greater than or equal to 0; number_all_of minIt"
	    "ems: Must validate all the schemas (allOf)" },
	{ "{\"maxLength\": 1, \"properties\": {\"a\": {\"type\": \"string\"}}}",
	    "{\"$ref\": \"http://json-schema.org/draft-06/schema#\"}",
	    "" },
	{ "-1",
	    "{\"$ref\": \"http://json-schema.org/draft-07/schema#/definitions/nonNegative"
	    "Integer\"}",
	    "number_gte (Root): Must be greater than or equal to 0" },
	{ "{\"$ref\": {\"$ref\": \"hello\"}, \"const\": {\"$ref\": \"hello\"}}",
	    "{\"$id\": \"http://h/s.json\", \"properties\": {\"$id\": {\"$id\": \"http://h/f.json\"}, "
	    "\"$ref\": {\"const\": {\"$ref\": \"hello\"}}, \"const\": {\"$ref\": \"#/definitions/$ref\"}}, "
	    "\"definitions\": {\"$ref\": {\"const\": {\"$ref\": \"hello\"}}}, "
	    "\"dependencies\": {\"$ref\": [\"const\"], \"const\": [\"$ref\"]}}",
	    "" },
	{ "{}",
	    "{\"definitions\": {\"A\": {\"$id\": \"#foo\"}, \"B\": {\"$id\": \"http://h/o.json\", "
	    "\"definitions\": {\"X\": {\"$id\": \"#bar\", \"allOf\": [false]}}}, "
	    "\"C\": {\"$id\": \"#frag\", \"$ref\": \"http://h/o.json#bar\"}}, \"$ref\": \"#frag\"}",
	    "false (Root): False always fails validation; number_all_of (Root): Must validate all the "
	    "schemas (allOf)" },
	{ "{\"a\": 1}",
	    "{\"type\": \"object\", \"properties\": {\"a\": {\"$id\": \"#named\", \"allOf\": "
	    "[{\"$ref\": \"#\"}]}}}",
	    "invalid_type a: Invalid type. Expected: object, given: integer; number_all_of a: Must "
	    "validate all the schemas (allOf)" },
	{ "{\"const\": 1, \"$ref\": 1}",
	    "{\"properties\": {\"$ref\": {\"type\": \"integer\"}}}",
	    "" },
	{ "{\"$ref\": \"x\"}", "{\"enum\": [{\"$ref\": \"x\"}]}", "" },
	/* formats */
	{ "1", "{\"format\": \"date\"}", "" },
	{ "\"x\"", "{\"format\": \"date\"}", "format (Root): Does not match format 'date'" },
};

static void
describe(struct arena *arena, struct buf *got, const struct schema_fault *fault)
{
	for (; fault != NULL; fault = fault->next) {
		str_t field = schema_fault_field(arena, fault);
		str_t message = schema_fault_message(arena, fault, field);

		buf_printf(got, "%s%s %.*s: %.*s", got->len > 0 ? "; " : "", schema_fault_type(fault),
		    STR_FMT(field), STR_FMT(message));
	}
}

static void
test_documents(struct arena *arena, struct buf *got)
{
	for (size_t i = 0; i < COUNT(documents); i++) {
		struct schema *schema = NULL;
		struct schema_fault *faults = NULL;
		str_t problem = STR("stopped");

		arena_reset(arena);
		buf_clear(got);
		work_left = MOST_WORK;
		if (schema_make(arena, &host, read(arena, documents[i].schema), true, &schema,
			&problem) != SCHEMA_GOOD ||
		    schema_validate(arena, &host, schema, read(arena, documents[i].document), &faults,
			&problem) != SCHEMA_GOOD)
			buf_add_str(got, problem);
		describe(arena, got, faults);
		if (!ok(str_eq(buf_str(got), str_of(documents[i].faults)), "%.40s by %.60s",
			documents[i].document, documents[i].schema))
			tap_note("got %.*s", STR_FMT(buf_str(got)));
		schema_free(&schema);
	}
}

/* ---- schemas ---- */

static const struct {
	const char *schema, *problem; /* "": it is one */
} schemas[] = {
	/* the whole */
	{ "{}", "" },
	{ "[\"a\"]", "schema is invalid" },
	{ "1", "schema is invalid" },
	{ "true", "" },
	{ "false", "" },
	{ "null", "schema is invalid" },
	/* type */
	{ "{\"type\": \"x\"}",
	    "has a primitive type that is NOT VALID -- given: /x/ Expected valid values a"
	    "re:[array boolean integer number null object string]" },
	{ "{\"type\": [\"string\", \"string\"]}", "string type is duplicated" },
	{ "{\"type\": 1}", "Invalid type. Expected: string/Array Of Strings, given: type" },
	{ "{\"type\": [1]}", "Invalid type. Expected: string/Array Of Strings, given: type" },
	{ "{\"type\": []}", "" },
	/* numbers */
	{ "{\"multipleOf\": \"a\"}", "Invalid type. Expected: Number, given: multipleOf" },
	{ "{\"multipleOf\": 0}", "multipleOf must be strictly greater than 0" },
	{ "{\"multipleOf\": -1}", "multipleOf must be strictly greater than 0" },
	{ "{\"minimum\": \"a\"}", "minimum must be of a Number" },
	{ "{\"maximum\": null}", "maximum must be of a Number" },
	{ "{\"exclusiveMinimum\": true}", "exclusiveMinimum cannot be used without minimum" },
	{ "{\"exclusiveMaximum\": false}", "exclusiveMaximum cannot be used without maximum" },
	{ "{\"exclusiveMaximum\": \"a\"}",
	    "Invalid type. Expected: boolean/number, given: exclusiveMaximum" },
	{ "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"exclusiveMinimu"
	    "m\": 1}",
	    "Invalid type. Expected: boolean, given: exclusiveMinimum" },
	{ "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"exclusiveMinimu"
	    "m\": true, \"minimum\": 1}",
	    "Invalid type. Expected: number, given: exclusiveMinimum" },
	{ "{\"$schema\": \"http://json-schema.org/draft-06/schema#\", \"exclusiveMaximu"
	    "m\": \"a\"}",
	    "Invalid type. Expected: number, given: exclusiveMaximum" },
	/* strings */
	{ "{\"pattern\": \"(?!a)\"}", "pattern must be a valid regex" },
	{ "{\"pattern\": 1}", "Invalid type. Expected: string, given: pattern" },
	{ "{\"format\": 1}", "Invalid type. Expected: string, given: format" },
	{ "{\"title\": 1}", "Invalid type. Expected: string, given: title" },
	{ "{\"description\": []}", "Invalid type. Expected: string, given: description" },
	{ "{\"minLength\": \"a\"}", "minLength must be of an integer" },
	{ "{\"minLength\":1.0}", "minLength must be of an integer" },
	{ "{\"maxLength\": -1}", "maxLength must be greater than or equal to 0" },
	{ "{\"minLength\": 3, \"maxLength\": 2}",
	    "minLength cannot be greater than maxLength" },
	/* arrays */
	{ "{\"items\": 1}",
	    "Invalid type. Expected: Valid Schema/Array Of Schemas, given: items" },
	{ "{\"items\": [1]}",
	    "Invalid type. Expected: Valid Schema/Array Of Schemas, given: items" },
	{ "{\"additionalItems\": 1}",
	    "Invalid type. Expected: boolean/Valid Schema, given: additionalItems" },
	{ "{\"minItems\": -1}", "minItems must be greater than or equal to 0" },
	{ "{\"maxItems\": \"1\"}", "maxItems must be of an integer" },
	{ "{\"minItems\": 3, \"maxItems\": 2}", "" },
	{ "{\"uniqueItems\": 1}", "uniqueItems must be of a boolean" },
	{ "{\"contains\": 1}", "Expected: Valid Schema, given: Invalid JSON" },
	{ "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"items\": true}",
	    "Expected: Valid Schema, given: Invalid JSON" },
	/* objects */
	{ "{\"properties\": 1}", "Properties must be of type object" },
	{ "{\"properties\": {\"a\": 1}}", "Expected: Valid Schema, given: Invalid JSON" },
	{ "{\"additionalProperties\": \"a\"}",
	    "Invalid type. Expected: boolean/Valid Schema, given: additionalProperties" },
	{ "{\"patternProperties\": []}",
	    "Invalid type. Expected: Valid Schema, given: patternProperties" },
	{ "{\"patternProperties\": {\"(\": {}}}", "Invalid regex pattern '('" },
	{ "{\"propertyNames\": 1}",
	    "Invalid type. Expected: Valid Schema, given: patternProperties" },
	{ "{\"dependencies\": 1}", "dependencies must be of type object" },
	{ "{\"dependencies\": {\"a\": 1}}",
	    "Dependency must be of type Schema Or Array Of Strings" },
	{ "{\"dependencies\": {\"a\": [1]}}",
	    "Dependency must be of type Schema Or Array Of Strings" },
	{ "{\"required\": \"a\"}", "required must be of an array" },
	{ "{\"required\": [1]}", "Invalid type. Expected: string, given: required" },
	{ "{\"required\": [\"a\", \"a\"]}", "required items must be unique" },
	{ "{\"minProperties\": 2, \"maxProperties\": 1}",
	    "minProperties cannot be greater than maxProperties" },
	{ "{\"maxProperties\": -2}", "maxProperties must be greater than or equal to 0" },
	{ "{\"minProperties\": \"a\"}", "minProperties must be of an integer" },
	/* any value */
	{ "{\"enum\": 1}", "enum must be of an array" },
	{ "{\"enum\": [1, 1.0]}", "enum items must be unique" },
	/* combinations */
	{ "{\"anyOf\": {}}", "anyOf must be of an array" },
	{ "{\"anyOf\": [1]}", "Expected: Valid Schema, given: Invalid JSON" },
	{ "{\"oneOf\": {}}", "oneOf must be of an array" },
	{ "{\"oneOf\": [1]}", "Expected: Valid Schema, given: Invalid JSON" },
	{ "{\"allOf\": {}}", "allOf must be of an array" },
	{ "{\"allOf\": [1]}", "Expected: Valid Schema, given: Invalid JSON" },
	{ "{\"not\": 1}", "not must be of an object" },
	{ "{\"if\": 1}", "if must be of an object" },
	{ "{\"then\": 1}", "then must be of an object" },
	{ "{\"else\": 1}", "else must be of an object" },
	{ "{\"definitions\": 1}",
	    "Invalid type. Expected: Array Of Schemas, given: definitions" },
	{ "{\"definitions\": {\"a\": 1}}",
	    "Invalid type. Expected: Array Of Schemas, given: definitions" },
	{ "{\"definitions\": {\"a\": {\"type\": \"x\"}}}",
	    "has a primitive type that is NOT VALID -- given: /x/ Expected valid values a"
	    "re:[array boolean integer number null object string]" },
	/* references */
	{ "{\"$ref\": 1}", "Invalid type. Expected: string, given: $ref" },
	{ "{\"$ref\": \"#/a\"}", "Object has no key 'a'" },
	{ "{\"items\": [{}], \"allOf\": [{\"$ref\": \"#/items/1\"}]}",
	    "Out of bound array[0,1] index '1'" },
	{ "{\"items\": [{}], \"allOf\": [{\"$ref\": \"#/items/x\"}]}",
	    "Invalid array index 'x'" },
	{ "{\"title\": \"t\", \"allOf\": [{\"$ref\": \"#/title/x\"}]}",
	    "Invalid token reference 'x'" },
	{ "{\"title\": \"t\", \"allOf\": [{\"$ref\": \"#/title\"}]}",
	    "Valid Schema must be of type object" },
	{ "{\"$ref\": \"other.json\"}", "Reference /other.json must be canonical" },
	{ "{\"$ref\": \"http://example.com/s.json#/a\"}",
	    "remote reference loading disabled: http://example.com/s.json#/a" },
	{ "{\"$ref\": \"file:///etc/passwd\"}",
	    "file reference loading disabled: file:///etc/passwd" },
	{ "{\"$ref\": \"http://a b/\"}",
	    "parse \"http://a b/\": invalid character \" \" in host name" },
	{ "{\"$id\": \"%zz\"}", "parse \"%zz\": invalid URL escape \"%zz\"" },
	{ "{\"$id\": 1}", "Invalid type. Expected: string, given: $id" },
	{ "{\"id\": 1}", "Invalid type. Expected: string, given: id" },
	{ "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"id\": 1}", "" },
	{ "{\"$schema\": 1}", "$schema must be of type string" },
	{ "{\"$schema\": \"http://example.com/other\"}", "" },
	{ "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"properties\": {"
	    "\"a\": true}}",
	    "Expected: Valid Schema, given: Invalid JSON" },
};

static void
test_schemas(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(schemas); i++) {
		struct schema *schema = NULL;
		str_t problem = STR("");

		arena_reset(arena);
		work_left = MOST_WORK;
		(void)schema_make(arena, &host, read(arena, schemas[i].schema), true, &schema, &problem);
		if (!ok(str_eq(problem, str_of(schemas[i].problem)) && (schema != NULL) == (problem.len == 0),
			"schema %.70s", schemas[i].schema))
			tap_note("got %.*s", STR_FMT(problem));
		schema_free(&schema);
	}
}

/* ---- bounds ---- */

static void
test_bounds(struct arena *arena, struct buf *text)
{
	struct schema *schema = NULL;
	struct schema_fault *faults = NULL;
	str_t problem = STR("");
	value_t v;

	/* Each definition looks at the next one twice. */
	buf_clear(text);
	buf_add_text(text, "{\"$ref\": \"#/definitions/d0\", \"definitions\": {");
	for (int i = 0; i < 40; i++)
		buf_printf(text, "\"d%d\": {\"allOf\": [{\"$ref\": \"#/definitions/d%d\"}, "
			"{\"$ref\": \"#/definitions/d%d\"}]}, ", i, i + 1, i + 1);
	buf_add_text(text, "\"d40\": {}}}");
	arena_reset(arena);
	work_left = MOST_WORK;
	must(json_read(arena, buf_str(text), NULL, NULL, &v) == ERR_OK);
	ok(schema_make(arena, &host, v, true, &schema, &problem) == SCHEMA_GOOD &&
		schema_validate(arena, &host, schema, v, &faults, &problem) == SCHEMA_STOPPED,
	    "a schema that explodes is stopped");
	schema_free(&schema);

	for (v = value_empty_object(); text->len > 0 && problem.len == 0 && !arena_failed(arena);) {
		for (int i = 0; i < 100; i++)
			v = value_object_with(arena, value_empty_object(), value_text(arena, "not"), v);
		work_left = MOST_WORK;
		if (schema_make(arena, &host, v, true, &schema, &problem) == SCHEMA_GOOD)
			schema_free(&schema);
	}
	ok(str_eq(problem, STR("the schema nests deeper than 1500 levels")), "a deep schema is refused");

	work_left = 100;
	ok(schema_make(arena, &host, read(arena, schemas[0].schema), true, &schema, &problem) ==
		SCHEMA_STOPPED,
	    "no work, no schema");
}

/* ---- the built-ins ---- */

static const struct builtin_case calls[] = {
	{ "json.verify_schema", "[{}]", "[true, null]" },
	{ "json.verify_schema", "[\"{}\"]", "[true, null]" },
	{ "json.verify_schema", "[\"{\"]", "[false, \"jsonschema: invalid JSON string\"]" },
	{ "json.verify_schema", "[{\"type\": 1}]",
	    "[false, \"jsonschema: Invalid type. Expected: string/Array Of Strings, given: type\"]" },
	{ "json.verify_schema", "[1]",
	    "[false, \"jsonschema: wrong type, expected string or object\"]" },
	{ "json.match_schema", "[{}, {}]", "[true, []]" },
	{ "json.match_schema", "[\"1\", \"true\"]", "[true, []]" },
	{ "json.match_schema", "[[1], {\"type\": \"array\"}]", "[true, []]" },
	{ "json.match_schema", "[{\"a\": {\"set\": [1]}}, {\"properties\": {\"a\": {\"type\": \"array\"}}}]",
	    "[true, []]" },
	{ "json.match_schema", "[{\"a\": 1}, {\"properties\": {\"a\": {\"type\": \"null\"}}}]",
	    "[false, [{\"desc\": \"Invalid type. Expected: null, given: integer\", "
	    "\"error\": \"a: Invalid type. Expected: null, given: integer\", \"field\": \"a\", "
	    "\"type\": \"invalid_type\"}]]" },
	{ "json.match_schema", "[1, {}]",
	    "eval_builtin_error: json.match_schema: wrong type, expected string or object" },
	{ "json.match_schema", "[\"{\", {}]",
	    "eval_builtin_error: json.match_schema: invalid JSON string" },
	{ "json.match_schema", "[{}, \"{\"]",
	    "eval_builtin_error: json.match_schema: invalid JSON string" },
	{ "json.match_schema", "[{}, {\"pattern\": \"(\"}]",
	    "eval_builtin_error: json.match_schema: pattern must be a valid regex" },
	{ "json.match_schema", "[{}, {\"$ref\": \"#\"}]",
	    "eval_builtin_error: json.match_schema: the schema or its references nest deeper than 3000 "
	    "levels" },
	{ "json.match_schema", "[{}, {\"allOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}]",
	    "eval_builtin_error: json.match_schema: the schema or its references nest deeper than 3000 "
	    "levels" },
};

int
main(void)
{
	struct arena *arena = arena_new(MEMORY);
	struct buf text;

	must(arena != NULL);
	buf_init(&text, 1 << 16);
	test_documents(arena, &text);
	test_schemas(arena);
	test_bounds(arena, &text);
	builtin_test(calls, COUNT(calls));
	buf_fini(&text);
	arena_free(&arena);
	return tap_done();
}
