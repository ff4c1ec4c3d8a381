/* SPDX-License-Identifier: Apache-2.0 */
/* The family graphql: texts and their trees, schemas and what is wrong with them. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

#define ONE(text) "[\"" text "\"]"
#define SCHEMA(text) "[\"{a}\", \"" text "\"]"
#define WRONG(why, where)                                                                     \
	"eval_builtin_error: graphql.parse: " why " in GraphQL string at location " where
#define UNFIT(where, why)                                                                     \
	"eval_builtin_error: graphql.parse: Error in gqlparser SchemaDocument to Schema "     \
	"conversion: input:" where ": " why

/* ---- schemas ---- */

static const struct builtin_case schemas[] = {
	{ "graphql.parse", SCHEMA("type A { a: Int } type A { a: Int }"),
	    UNFIT("1:24", "Cannot redeclare type A.") },
	{ "graphql.parse",
	    SCHEMA("extend scalar A @specifiedBy(url: \\\"x\\\") type A { a: Int }"),
	    UNFIT("1:15",
		"Cannot extend type A because the base type is a OBJECT, not SCALAR.") },
	{ "graphql.parse", SCHEMA("scalar A @specifiedBy"),
	    UNFIT("1:11", "Argument url for directive specifiedBy cannot be null.") },
	{ "graphql.parse", SCHEMA("scalar A @specifiedBy(uri: \\\"x\\\", url: \\\"y\\\")"),
	    UNFIT("1:23", "Undefined argument uri for directive specifiedBy.") },
	{ "graphql.parse", SCHEMA("scalar A @include(if: true)"),
	    UNFIT("1:11", "Directive include is not applicable on SCALAR.") },
	{ "graphql.parse", SCHEMA("scalar A @nope"),
	    UNFIT("1:11", "Undefined directive nope.") },
	{ "graphql.parse", SCHEMA("schema { query: Q } schema { query: Q } type Q { a: Int }"),
	    UNFIT("1:28", "Cannot have multiple schema entry points, consider schema "
			  "extensions instead.") },
	{ "graphql.parse", SCHEMA("schema { query: Q }"),
	    UNFIT("1:10", "Schema root query refers to a type Q that does not exist.") },
	{ "graphql.parse", SCHEMA("extend schema { mutation: M }"),
	    UNFIT("1:17", "Schema root mutation refers to a type M that does not exist.") },
	{ "graphql.parse", SCHEMA("directive @a(x: Int @a) on FIELD"),
	    UNFIT("1:22", "Directive a cannot refer to itself.") },
	{ "graphql.parse", SCHEMA("directive @a on FIELD directive @a on FIELD"),
	    UNFIT("1:34", "Cannot redeclare directive a.") },
	{ "graphql.schema_is_valid", ONE("directive @skip on FIELD type Query { a: Int }"),
	    "true" },
	{ "graphql.parse", SCHEMA("directive @__a on FIELD"),
	    UNFIT("1:12",
		"Name \"__a\" must not begin with \"__\", which is reserved by GraphQL "
		"introspection.") },
	{ "graphql.parse", SCHEMA("directive @a(__x: Int) on FIELD"),
	    UNFIT("1:14",
		"Name \"__x\" must not begin with \"__\", which is reserved by GraphQL "
		"introspection.") },
	{ "graphql.parse", SCHEMA("directive @a(x: Query) on FIELD type Query { a: Int }"),
	    UNFIT("1:14",
		"cannot use Query as argument x because OBJECT is not a valid input type") },
	{ "graphql.parse", SCHEMA("type __A { a: Int }"),
	    UNFIT("1:6",
		"Name \"__A\" must not begin with \"__\", which is reserved by GraphQL "
		"introspection.") },
	{ "graphql.parse", SCHEMA("type A { __a: Int }"),
	    UNFIT("1:10",
		"Name \"__a\" must not begin with \"__\", which is reserved by GraphQL "
		"introspection.") },
	{ "graphql.parse", SCHEMA("type A { a(__b: Int): Int }"),
	    UNFIT("1:12",
		"Name \"__b\" must not begin with \"__\", which is reserved by GraphQL "
		"introspection.") },
	{ "graphql.parse", SCHEMA("type A { a: B }"), UNFIT("1:13", "Undefined type B.") },
	{ "graphql.parse", SCHEMA("type A { a(b: A): Int }"),
	    UNFIT("1:12",
		"cannot use A as argument b because OBJECT is not a valid input type") },
	{ "graphql.parse", SCHEMA("type A implements B { a: Int }"),
	    UNFIT("1:6", "Undefined type \"B\".") },
	{ "graphql.parse", SCHEMA("type A implements B { a: Int } scalar B"),
	    UNFIT("1:6", "\"B\" is a non interface type SCALAR.") },
	{ "graphql.parse", SCHEMA("interface I { a: Int } type A implements I { b: Int }"),
	    UNFIT("1:29", "For A to implement I it must have a field called a.") },
	{ "graphql.parse", SCHEMA("interface I { a: Int! } type A implements I { a: Int }"),
	    UNFIT("1:47", "For A to implement I the field a must have type Int!.") },
	{ "graphql.schema_is_valid",
	    ONE("interface I { a: [I] } type A implements I { a: [A!]! } type Query { a: A }"),
	    "true" },
	{ "graphql.parse",
	    SCHEMA("interface I { a(x: Int): Int } type A implements I { a: Int }"),
	    UNFIT("1:54",
		"For A to implement I the field a must have the same arguments but it is "
		"missing x.") },
	{ "graphql.parse",
	    SCHEMA("interface I { a(x: Int): Int } type A implements I { a(x: String): Int }"),
	    UNFIT("1:56",
		"For A to implement I the field a must have the same arguments but x has the "
		"wrong type.") },
	{ "graphql.parse",
	    SCHEMA("interface I { a: Int } type A implements I { a(x: Int!): Int }"),
	    UNFIT("1:48", "For A to implement I any additional arguments on a must be "
			  "optional or have a "
			  "default value but x is required.") },
	{ "graphql.parse",
	    SCHEMA(
		"interface I { a: Int } interface J implements I { a: Int } type A implements "
		"J { a: Int }"),
	    UNFIT("1:65", "Type A must implement I because it is implemented by J.") },
	{ "graphql.parse",
	    SCHEMA("interface I implements J { a: Int } interface J implements I { a: Int }"),
	    UNFIT("1:11",
		"Type I cannot implement J because it would create a circular reference.") },
	{ "graphql.parse", SCHEMA("union U = A"), UNFIT("1:7", "Undefined type \"A\".") },
	{ "graphql.parse", SCHEMA("union U = I interface I { a: Int }"),
	    UNFIT("1:7", "UNION type \"I\" must be OBJECT.") },
	{ "graphql.parse", SCHEMA("enum E @a directive @a on ENUM"),
	    UNFIT("1:6", "ENUM E: must define one or more unique enum values.") },
	{ "graphql.parse", SCHEMA("enum E { true }"),
	    UNFIT("1:6", "ENUM E: non-enum value true.") },
	{ "graphql.parse", SCHEMA("enum E { A @nope }"),
	    UNFIT("1:13", "Undefined directive nope.") },
	{ "graphql.parse", SCHEMA("input I @oneOf"),
	    UNFIT("1:7", "INPUT_OBJECT I: must define one or more input fields.") },
	{ "graphql.parse", SCHEMA("input I { a: A } type A { a: Int }"),
	    UNFIT("1:11", "OBJECT a: field must be one of SCALAR, ENUM, INPUT_OBJECT.") },
	{ "graphql.parse", SCHEMA("type A { a: I } input I { a: Int }"),
	    UNFIT("1:10",
		"OBJECT A: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.") },
	{ "graphql.parse", SCHEMA("type A { a: Int a: Int }"),
	    UNFIT("1:17", "Field A.a can only be defined once.") },
	{ "graphql.schema_is_valid",
	    ONE("extend type __Schema { x: Int } type Query { a: Int }"), "true" },
	{ "graphql.parse", SCHEMA("type Query { a: Int } extend type Query implements Foo"),
	    UNFIT("1:6", "Undefined type \"Foo\".") },
	{ "graphql.schema_is_valid",
	    ONE("type Query { a: Int @deprecated } enum E { A @deprecated(reason: \\\"x\\\") "
		"B "
		"}"),
	    "true" },
	{ "graphql.schema_is_valid",
	    ONE("\\\"a\\\" type Query { \\\"b\\\" a(\\\"c\\\" x: Int = 1 @deprecated): Int }"),
	    "true" },
	{ "graphql.schema_is_valid",
	    ONE("schema @a { query: Query } directive @a on SCHEMA type Query { a: Int }"),
	    "true" },
	{ "graphql.parse",
	    SCHEMA("schema @include(if: true) { query: Query } type Query { a: Int }"),
	    UNFIT("1:9", "Directive include is not applicable on SCHEMA.") },
	{ "graphql.parse", SCHEMA("type Query { a(): Int }"),
	    WRONG("expected at least one definition, found )", "1:16") },
	{ "graphql.parse", SCHEMA("type Query { a: Int"),
	    WRONG("Expected Name, found <EOF>", "1:20") },
	{ "graphql.parse", SCHEMA("type Query { a: [Int }"),
	    WRONG("Expected ], found }", "1:22") },
	{ "graphql.parse", SCHEMA("type Query a"), WRONG("Unexpected Name \"a\"", "1:12") },
	{ "graphql.parse", SCHEMA("\\\"x\\\" \\\"y\\\" type A { a: Int }"),
	    WRONG("Unexpected String \"y\"", "1:6") },
	{ "graphql.parse", SCHEMA("type \\\"A\\\""),
	    WRONG("Expected Name, found String", "1:7") },
	{ "graphql.parse", SCHEMA("schema { \\\""), WRONG("Unterminated string.", "1:11") },
	{ "graphql.parse", SCHEMA("schema { ?"),
	    WRONG("Cannot parse the unexpected character \"?\".", "1:10") },
	{ "graphql.parse", SCHEMA("schema { 'x'"),
	    WRONG("Unexpected single quote character ('), did you mean to use a double quote "
		  "(\")?",
		"1:10") },
	{ "graphql.parse", SCHEMA("schema { 01"),
	    WRONG("Invalid number, unexpected digit after 0: \"1\".", "1:11") },
	{ "graphql.parse", SCHEMA("schema { 1.x"),
	    WRONG("Invalid number, expected digit but got: \"x\".", "1:12") },
	{ "graphql.parse", SCHEMA("schema { \\\"\\\\\\\\q\\\""),
	    WRONG("Unexpected String \"\\\\q\"", "1:11") },
	{ "graphql.parse", SCHEMA("schema { \\\"\\\\\\\\u12G4 \\\""),
	    WRONG("Unexpected String \"\\\\u12G4 \"", "1:11") },
	{ "graphql.parse", SCHEMA("schema { \\\"abc"), WRONG("Unterminated string.", "1:14") },
	{ "graphql.parse", SCHEMA("schema { é"),
	    WRONG("Cannot parse the unexpected character \"Ã\".", "1:10") },
	{ "graphql.parse", SCHEMA("schema { ."),
	    WRONG("Cannot parse the unexpected character \".\".", "1:10") },
	{ "graphql.parse", SCHEMA("extend \\\"x\\\""),
	    WRONG("Unexpected String \"x\"", "1:9") },
	{ "graphql.parse", SCHEMA("\\\"x\\\" # c"), WRONG("Unexpected <EOF>", "1:8") },
	{ "graphql.schema_is_valid", ONE("extend type A { a: Int }"), "true" },
	{ "graphql.parse", SCHEMA("extend foo"), WRONG("Unexpected Name \"foo\"", "1:8") },
	{ "graphql.parse", SCHEMA("foo"), WRONG("Unexpected Name \"foo\"", "1:1") },
	{ "graphql.parse", SCHEMA("directive @a on"),
	    WRONG("Expected Name, found <EOF>", "1:16") },
	{ "graphql.parse", SCHEMA("directive a on FIELD"),
	    WRONG("Expected @, found Name", "1:11") },
	{ "graphql.parse", SCHEMA("directive @a FIELD"),
	    WRONG("Expected \"on\", found Name \"FIELD\"", "1:14") },
	{ "graphql.schema_is_valid",
	    ONE("directive @a on | FIELD | QUERY type Query { a: Int }"), "true" },
	{ "graphql.parse", SCHEMA("interface I { a: Int } extend interface I implements J"),
	    WRONG("Unexpected Name \"implements\"", "1:43") },
	{ "graphql.parse", SCHEMA("input I { a: Int = $x }"), WRONG("Unexpected $", "1:20") },
	{ "graphql.parse", SCHEMA("extend input I @a(x: $y)"),
	    UNFIT("1:14", "INPUT_OBJECT I: must define one or more input fields.") },
	{ "graphql.parse", SCHEMA("union U ="), WRONG("Expected Name, found <EOF>", "1:10") },
	{ "graphql.parse", SCHEMA("type A implements"),
	    WRONG("Expected Name, found <EOF>", "1:18") },
	{ "graphql.parse", SCHEMA("type A implements & B & C @a { a: Int }"),
	    UNFIT("1:6", "Undefined type \"B\".") },
};

/* ---- trees ---- */

#define FLAT "\"ExpectedTypeHasDefault\": false"
#define SHORT(selections)                                                                     \
	"{\"Operations\": [{\"Name\": \"\", \"Operation\": \"query\", \"SelectionSet\": "     \
	"[" selections "]}]}"

static const struct builtin_case trees[] = {
	{ "graphql.parse_query", ONE(""), "{}" },
	{ "graphql.parse_query", ONE("\\ufeff ,{a}"),
	    SHORT("{\"Alias\": \"a\", \"Name\": \"a\"}") },
	{ "graphql.parse_query", ONE("{a: b(x: -1.5e3)}"),
	    SHORT("{\"Alias\": \"a\", \"Arguments\": [{\"Name\": \"x\", \"Value\": {" FLAT
		  ", \"Kind\": 2, \"Raw\": \"-1.5e3\"}}], \"Name\": \"b\"}") },
	{ "graphql.parse_query", ONE("{b(x: \\\"\\\\u00e9\\\\n\\\\\\\"\\\")}"),
	    SHORT("{\"Alias\": \"b\", \"Arguments\": [{\"Name\": \"x\", \"Value\": {" FLAT
		  ", \"Kind\": 3, \"Raw\": \"\xC3\xA9\\n\\\"\"}}], \"Name\": \"b\"}") },
	{ "graphql.parse_query", ONE("{b(x: \\\"\\\"\\\"\\n  a\\n    b\\n\\n\\\"\\\"\\\")}"),
	    SHORT("{\"Alias\": \"b\", \"Arguments\": [{\"Name\": \"x\", \"Value\": {" FLAT
		  ", \"Kind\": 4, \"Raw\": \"a\\n  b\"}}], \"Name\": \"b\"}") },

	/* A comment belongs to what comes next; before a short query it is lost. */
	{ "graphql.parse_query", ONE("# a\\n{ # b\\n # c\\n d }"),
	    SHORT("{\"Alias\": \"d\", \"Comment\": {\"List\": [{\"Value\": \"# b\"}, "
		  "{\"Value\": \"# c\"}]}, "
		  "\"Name\": \"d\"}") },
	{ "graphql.parse_query", ONE("# a\\nquery Q { ...F # b\\n }"),
	    "{\"Operations\": [{\"Comment\": {\"List\": [{\"Value\": \"# a\"}]}, \"Name\": "
	    "\"Q\", "
	    "\"Operation\": \"query\", \"SelectionSet\": [{\"Name\": \"F\"}]}]}" },
	{ "graphql.parse_schema", ONE("# a\\nscalar A # b"),
	    "{\"Comment\": {\"List\": [{\"Value\": \"# b\"}]}, \"Definitions\": "
	    "[{\"AfterDescriptionComment\": {\"List\": [{\"Value\": \"# a\"}]}, \"BuiltIn\": "
	    "false, "
	    "\"Description\": \"\", \"Kind\": \"SCALAR\", \"Name\": \"A\"}]}" },
	{ "graphql.parse_schema",
	    ONE("directive @a(b: [Int!] = [1]) repeatable on FIELD | QUERY"),
	    "{\"Directives\": [{\"Arguments\": [{\"DefaultValue\": {\"Children\": [{\"Name\": "
	    "\"\", "
	    "\"Value\": {" FLAT ", \"Kind\": 1, \"Raw\": \"1\"}}], " FLAT
	    ", \"Kind\": 8, \"Raw\": \"\"}, \"Description\": \"\", \"Name\": \"b\", \"Type\": "
	    "{\"Elem\": {\"NamedType\": \"Int\", \"NonNull\": true}, \"NamedType\": \"\", "
	    "\"NonNull\": "
	    "false}}], \"Description\": \"\", \"IsRepeatable\": true, \"Locations\": "
	    "[\"FIELD\", "
	    "\"QUERY\"], \"Name\": \"a\"}]}" },

	/* A block string stands in the line where it ends, before its columns begin. */
	{ "graphql.parse_schema", ONE("\\\"\\\"\\\"ab\\ncd\\\"\\\"\\\" extend scalar A"),
	    "eval_builtin_error: graphql.parse_schema: GraphQL parse error: input:2:-2: "
	    "Unexpected "
	    "BlockString \"ab\\ncd\"" },
};

/* ---- trees as operands ---- */

#define UNREAD(why) "eval_builtin_error: graphql.parse: json: cannot unmarshal " why
#define FIELD_A "{\"Name\": \"a\"}"
#define TREE_OF(selection) "{\"Operations\": [{\"SelectionSet\": [" selection "]}]}"
#define SMALL "\"type Query { a: Int b(x: Int): Query }\""

static const struct builtin_case objects[] = {
	{ "graphql.is_valid", "[" TREE_OF(FIELD_A) ", " SMALL "]", "true" },
	{ "graphql.is_valid",
	    "[{\"operations\": [{\"SelectionSet\": [" FIELD_A "]}]}, " SMALL "]", "true" },
	{ "graphql.is_valid", "[" TREE_OF("{\"Name\": \"c\"}") ", " SMALL "]", "false" },
	{ "graphql.is_valid", "[" TREE_OF("\"x\", 1, " FIELD_A) ", " SMALL "]", "true" },
	{ "graphql.is_valid",
	    "[" TREE_OF(FIELD_A) ", {\"Definitions\": [{\"Kind\": \"OBJECT\", \"Name\": "
				 "\"Query\", \"Fields\": [{\"Name\": \"a\", \"Type\": "
				 "{\"NamedType\": \"Int\"}}]}]}]",
	    "true" },

	/* There are no places in trees. */
	{ "graphql.parse", "[" TREE_OF("{\"Name\": \"c\"}") ", " SMALL "]",
	    "eval_builtin_error: graphql.parse: GraphQL parse error: input: Cannot query "
	    "field \"c\" on "
	    "type \"Query\". Did you mean \"a\" or \"b\"?\n" },
	{ "graphql.parse",
	    "[\"{a}\", {\"Definitions\": [{\"Kind\": \"OBJECT\", \"Name\": \"Query\"}]}]",
	    "eval_builtin_error: graphql.parse: Error in gqlparser SchemaDocument to Schema "
	    "conversion: "
	    "input:-1:-1: OBJECT Query: must define one or more fields." },

	/* What was a fragment is read as a field. */
	{ "graphql.parse",
	    "[" TREE_OF("{\"TypeCondition\": \"Query\", \"SelectionSet\": [" FIELD_A
			"]}") ", " SMALL "]",
	    "eval_builtin_error: graphql.parse: GraphQL parse error: input: Cannot query "
	    "field \"\" on "
	    "type \"Query\". Did you mean \"a\" or \"b\"?\n" },

	{ "graphql.parse", "[{\"Operations\": 3}, \"\"]",
	    UNREAD("number into Go struct field QueryDocument.Operations of type "
		   "ast.OperationList") },
	{ "graphql.parse", "[{\"Operations\": [\"x\"]}, \"\"]",
	    UNREAD("string into Go struct field QueryDocument.Operations of type "
		   "map[string]json.RawMessage") },
	{ "graphql.parse", "[{\"Operations\": [{\"Name\": true}]}, \"\"]",
	    UNREAD("bool into Go struct field QueryDocument.Operations of type string") },
	{ "graphql.parse",
	    "[{\"Operations\": [{\"VariableDefinitions\": [{\"Variable\": 1.5}]}]}, \"\"]",
	    UNREAD("number into Go struct field QueryDocument.Operations.Variable of type "
		   "string") },
	{ "graphql.parse", "[\"\", {\"Definitions\": [{\"Interfaces\": [[]]}]}]",
	    UNREAD("array into Go struct field Definition.Definitions.Interfaces of type "
		   "string") },
	{ "graphql.parse",
	    "[\"\", {\"Directives\": [{\"Arguments\": [{\"DefaultValue\": {\"Kind\": "
	    "1.0}}]}]}]",
	    UNREAD("number 1.0 into Go struct field "
		   "Value.Directives.Arguments.DefaultValue.Kind of type "
		   "ast.ValueKind") },
	{ "graphql.parse",
	    "[\"\", {\"Directives\": [{\"Arguments\": [{\"DefaultValue\": {\"Kind\": "
	    "10}}]}]}]",
	    "eval_builtin_error: graphql.parse: no such kind of value" },
	{ "graphql.parse", "[{\"Operations\": [null]}, \"\"]",
	    "eval_builtin_error: graphql.parse: null is no node" },
	{ "graphql.parse", "[\"\", {\"Definitions\": [{\"Fields\": [{\"Name\": \"a\"}]}]}]",
	    "eval_builtin_error: graphql.parse: a node without its type or value" },

	/* Operands of other types. */
	{ "graphql.parse", "[1, \"\"]",
	    "eval_type_error: graphql.parse: operand 0 must be one of {string, object} but "
	    "got number" },
	{ "graphql.parse", "[\"\", []]",
	    "eval_type_error: graphql.parse: operand 1 must be one of {string, object} but "
	    "got array" },
	{ "graphql.is_valid", "[\"\", 1]", "false" },
	{ "graphql.schema_is_valid", "[null]", "false" },
	{ "graphql.parse_and_verify", "[[], \"\"]", "[false, {}, {}]" },
	{ "graphql.parse_and_verify", "[\"{a}\", \"scalar A\"]", "[false, {}, {}]" },
	{ "graphql.parse_and_verify", "[\"\", \"\"]", "[true, {}, {}]" },
	{ "graphql.parse_query", "[{}]",
	    "eval_type_error: graphql.parse_query: operand 1 must be string but got object" },
};

/* ---- what would not end ---- */

enum { TOO_DEEP = 1200, FAN_OUT = 60, BOMB_SIZE = 1 << 14 };

static const char too_deep[] = "eval_builtin_error: graphql.parse_query: GraphQL parse error: "
			       "input:-1:-1: the document is nested too deeply";

static void
repeat(char *text, const char *what, int times)
{
	size_t len = strlen(text);

	for (int i = 0; i < times; i++)
		len += (size_t)snprintf(text + len, BOMB_SIZE - len, "%s", what);
	must(len < BOMB_SIZE);
}

static void
test_depth(const char *before, const char *open, const char *close)
{
	static char text[BOMB_SIZE];
	struct builtin_case row = { "graphql.parse_query", text, too_deep };

	(void)snprintf(text, sizeof(text), "[\"%s", before);
	repeat(text, open, TOO_DEEP);
	repeat(text, close, TOO_DEEP);
	repeat(text, "\"]", 1);
	builtin_test(&row, 1);
}

/* Each fragment spreads the next twice: 2^60 ways through `root`. */
static void
test_fan_out(const char *root, const char *type, const char *leaf, const char *want)
{
	static char text[BOMB_SIZE];
	struct builtin_case row = { "graphql.is_valid", text, want };
	char one[128];

	(void)snprintf(text, sizeof(text), "[\"{ %s }", root);
	for (int i = 0; i < FAN_OUT; i++) {
		(void)snprintf(one, sizeof(one), " fragment f%d on %s { x: %s ...f%d ...f%d }",
		    i, type, leaf, i + 1, i + 1);
		repeat(text, one, 1);
	}
	(void)snprintf(
	    one, sizeof(one), " fragment f%d on %s { %s }\", %s]", FAN_OUT, type, leaf, SMALL);
	repeat(text, one, 1);
	builtin_test(&row, 1);
}

int
main(void)
{
	builtin_test(schemas, COUNT(schemas));
	builtin_test(trees, COUNT(trees));
	builtin_test(objects, COUNT(objects));
	test_depth("", "{a", "}");
	test_depth("{a(x:", "[", "]");
	test_depth("query($x:", "[", "]");
	test_fan_out("...f0", "Query", "a", "true");
	test_fan_out("__schema { types { ...f0 } }", "__Type", "name", "halt");
	return tap_done();
}
