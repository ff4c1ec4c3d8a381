/* SPDX-License-Identifier: Apache-2.0 */
/* What the schemas of the drafts themselves demand of a schema. */
#include "rego/builtin/schema_internal.h"

enum { LONGEST_META = 8192 };

/* Members of "properties", with the drafts that have them. */
struct member {
	enum schema_draft first, last;
	const char *name, *schema;
};

#define SAME "{\"$ref\":\"#\"}"
#define HERE(name) "{\"$ref\":\"#/definitions/" name "\"}"
#define STRING "{\"type\":\"string\"}"
#define NUMBER "{\"type\":\"number\"}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define MANY "{\"type\":\"object\",\"additionalProperties\":" SAME "}"
#define COUNT_SCHEMA "{\"type\":\"integer\",\"minimum\":0}"
#define REFERENCE "{\"type\":\"string\",\"format\":\"uri-reference\"}"

static const struct member members[] = {
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "id", STRING },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "$schema", STRING },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "$id", REFERENCE },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "$schema", "{\"type\":\"string\",\"format\":\"uri\"}" },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "$ref", REFERENCE },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "$comment", STRING },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "title", STRING },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "description", STRING },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "readOnly", BOOLEAN },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "examples", "{\"type\":\"array\"}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "multipleOf",
	    "{\"type\":\"number\",\"minimum\":0,\"exclusiveMinimum\":true}" },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "multipleOf", "{\"type\":\"number\",\"exclusiveMinimum\":0}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "maximum", NUMBER },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "minimum", NUMBER },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "exclusiveMaximum", BOOLEAN },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "exclusiveMinimum", BOOLEAN },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "exclusiveMaximum", NUMBER },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "exclusiveMinimum", NUMBER },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "maxLength", HERE("nonNegativeInteger") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "minLength", HERE("nonNegativeIntegerDefault0") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "pattern", "{\"type\":\"string\",\"format\":\"regex\"}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "additionalItems", "{\"anyOf\":[" BOOLEAN "," SAME "]}" },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "additionalItems", SAME },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "items", "{\"anyOf\":[" SAME "," HERE("schemaArray") "]}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "maxItems", HERE("nonNegativeInteger") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "minItems", HERE("nonNegativeIntegerDefault0") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "uniqueItems", BOOLEAN },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "contains", SAME },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "maxProperties", HERE("nonNegativeInteger") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "minProperties", HERE("nonNegativeIntegerDefault0") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "required", HERE("stringArray") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_4, "additionalProperties",
	    "{\"anyOf\":[" BOOLEAN "," SAME "]}" },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "additionalProperties", SAME },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "definitions", MANY },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "properties", MANY },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_6, "patternProperties", MANY },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "patternProperties",
	    "{\"type\":\"object\",\"additionalProperties\":" SAME
	    ",\"propertyNames\":{\"format\":\"regex\"}}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "dependencies",
	    "{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":[" SAME "," HERE("stringArray")
	    "]}}" },
	{ SCHEMA_DRAFT_6, SCHEMA_DRAFT_7, "propertyNames", SAME },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "enum",
	    "{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "type",
	    "{\"anyOf\":[" HERE("simpleTypes") ",{\"type\":\"array\",\"items\":" HERE("simpleTypes")
	    ",\"minItems\":1,\"uniqueItems\":true}]}" },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "format", STRING },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "contentMediaType", STRING },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "contentEncoding", STRING },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "if", SAME },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "then", SAME },
	{ SCHEMA_DRAFT_7, SCHEMA_DRAFT_7, "else", SAME },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "allOf", HERE("schemaArray") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "anyOf", HERE("schemaArray") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "oneOf", HERE("schemaArray") },
	{ SCHEMA_DRAFT_4, SCHEMA_DRAFT_7, "not", SAME },
};

static const struct {
	enum schema_draft draft;
	const char *address;
} drafts[] = {
	{ SCHEMA_DRAFT_4, "http://json-schema.org/draft-04/schema" },
	{ SCHEMA_DRAFT_6, "http://json-schema.org/draft-06/schema" },
	{ SCHEMA_DRAFT_7, "http://json-schema.org/draft-07/schema" },
};

enum schema_draft
schema_meta_draft(str_t address)
{
	for (size_t i = 0; i < COUNT(drafts); i++) {
		if (str_eq(address, str_of(drafts[i].address)))
			return drafts[i].draft;
	}
	return SCHEMA_DRAFT_NONE;
}

static void
add_definitions(struct buf *b, bool is_old)
{
	buf_add_text(b, "\"definitions\":{"
		"\"schemaArray\":{\"type\":\"array\",\"minItems\":1,\"items\":" SAME "},"
		"\"nonNegativeInteger\":" COUNT_SCHEMA ","
		"\"nonNegativeIntegerDefault0\":{\"allOf\":[" COUNT_SCHEMA ",{\"default\":0}]},");
	if (is_old) /* where they were misnamed */
		buf_add_text(b, "\"positiveInteger\":" COUNT_SCHEMA ","
			"\"positiveIntegerDefault0\":" HERE("nonNegativeIntegerDefault0") ",");
	buf_add_text(b,
		"\"simpleTypes\":{\"enum\":[");
	for (size_t i = 0; i < SCHEMA_TYPES; i++)
		buf_printf(b, "%s\"%s\"", i > 0 ? "," : "", schema_type_names[i]);
	buf_printf(b, "]},\"stringArray\":{\"type\":\"array\",\"items\":" STRING ",%s"
		"\"uniqueItems\":true}},", is_old ? "\"minItems\":1," : "");
}

str_t
schema_meta_text(struct arena *arena, str_t address)
{
	enum schema_draft draft = schema_meta_draft(address);
	bool is_old = draft == SCHEMA_DRAFT_4, first = true;
	struct buf b;
	str_t text;

	if (draft == SCHEMA_DRAFT_NONE)
		return STR_NONE;
	buf_init(&b, LONGEST_META);
	buf_printf(&b, "{\"%s\":\"%.*s#\",\"$schema\":\"%.*s#\",", is_old ? "id" : "$id",
	    STR_FMT(address), STR_FMT(address));
	add_definitions(&b, is_old);
	buf_add_text(&b, is_old ? "\"type\":\"object\"," : "\"type\":[\"object\",\"boolean\"],");
	if (is_old)
		buf_add_text(&b, "\"dependencies\":{\"exclusiveMaximum\":[\"maximum\"],"
			"\"exclusiveMinimum\":[\"minimum\"]},");
	buf_add_text(&b, "\"properties\":{");
	for (size_t i = 0; i < COUNT(members); i++) {
		if (members[i].first > draft || members[i].last < draft)
			continue;
		buf_printf(&b, "%s\"%s\":%s", first ? "" : ",", members[i].name, members[i].schema);
		first = false;
	}
	buf_add_text(&b, "}}");
	text = buf_failed(&b) ? STR_NONE : arena_str(arena, buf_str(&b));
	buf_fini(&b);
	return text;
}
