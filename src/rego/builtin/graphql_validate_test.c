/* SPDX-License-Identifier: Apache-2.0 */
/* Queries held against a schema: each rule, what it says, and where. */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

#define PETS                                                                                  \
	"interface Being { name(surname: Boolean): String } interface Pet implements Being "  \
	"{ "                                                                                  \
	"name(surname: Boolean): String } type Dog implements Being & Pet { name(surname: "   \
	"Boolean): String nickname: String barks: Boolean barkVolume: Int doesKnow(cmd: "     \
	"Cmd): "                                                                              \
	"Boolean isHouse(at: Boolean = true): Boolean } type Cat implements Being & Pet { "   \
	"name(surname: Boolean): String nickname: String meows: Boolean meowVolume: Int "     \
	"fur: "                                                                               \
	"Fur } union CatOrDog = Cat | Dog  enum Cmd { SIT HEEL DOWN } enum Fur { BROWN "      \
	"BLACK } "                                                                            \
	"type Human { name: String pets: [Pet] relatives: [Human] } input Complex { "         \
	"required: "                                                                          \
	"Boolean! nonNull: Boolean! = false intField: Int stringField: String list: "         \
	"[String] } "                                                                         \
	"input One @oneOf { a: String b: Int } scalar Any type Args { req(a: Int!, b: Int! "  \
	"= "                                                                                  \
	"0): String complex(c: Complex): String any(a: Any): String one(o: One): String "     \
	"ints(l: [Int!]): String fl(f: Float id: ID s: String b: Boolean e: Cmd): String "    \
	"nn(x: "                                                                              \
	"Int!): String df(x: Int! = 1): String } type Query { human(id: ID): Human dog: Dog " \
	"cat: Cat pet: Pet catOrDog: CatOrDog args: Args } type Subscription { a: String b: " \
	"String } directive @onField on FIELD directive @rep repeatable on FIELD "

#define ASK(query) "[\"" query "\", \"" PETS "\"]"
#define WRONG(why, where)                                                                     \
	"eval_builtin_error: graphql.parse: " why " in GraphQL string at location " where

static const struct builtin_case rules[] = {
	{ "graphql.parse", ASK("{ dog { nme } }"),
	    WRONG("Cannot query field \"nme\" on type \"Dog\". Did you mean \"name\"?\n",
		"1:9") },
	{ "graphql.parse", ASK("{ pet { barkVolume } }"),
	    WRONG("Cannot query field \"barkVolume\" on type \"Pet\". Did you mean to use an "
		  "inline fragment on \"Dog\"?\n",
		"1:9") },
	{ "graphql.parse", ASK("{ pet { nickname } }"),
	    WRONG("Cannot query field \"nickname\" on type \"Pet\". Did you mean to use an "
		  "inline fragment on \"Cat\" or \"Dog\"?\n",
		"1:9") },
	{ "graphql.parse", ASK("{ catOrDog { name } }"),
	    WRONG("Cannot query field \"name\" on type \"CatOrDog\". Did you mean to use an "
		  "inline fragment on \"Being\", \"Pet\", \"Cat\", or \"Dog\"?\n",
		"1:14") },
	{ "graphql.parse", ASK("{ dog }"),
	    WRONG("Field \"dog\" of type \"Dog\" must have a selection of subfields. Did you "
		  "mean \"dog { ... }\"?\n",
		"1:3") },
	{ "graphql.parse", ASK("{ dog { name { x } } }"),
	    WRONG(
		"Cannot query field \"x\" on type \"String\".\ninput:1:9: Field \"name\" must "
		"not have a selection since type \"String\" has no subfields",
		"1:16") },
	{ "graphql.parse", ASK("{ dog { name(sur: true) } }"),
	    WRONG("Unknown argument \"sur\" on field \"Dog.name\"", "1:9") },
	{ "graphql.parse", ASK("{ dog { doesKnow(cmd: \\\"SIT\\\") } }"),
	    WRONG(
		"Enum \"Cmd\" cannot represent non-enum value: \"SIT\". Did you mean the enum "
		"value \"SIT\"?\n",
		"1:24") },
	{ "graphql.parse", ASK("{ dog { doesKnow(cmd: SITT) } }"),
	    WRONG("Value \"SITT\" does not exist in \"Cmd\" enum. Did you mean the enum value "
		  "\"SIT\"?\n",
		"1:23") },
	{ "graphql.parse", ASK("{ dog { doesKnow(cmd: 2) } }"),
	    WRONG("Enum \"Cmd\" cannot represent non-enum value: 2", "1:23") },
	{ "graphql.parse", ASK("{ args { req } }"),
	    WRONG("Field \"req\" argument \"a\" of type \"Int!\" is required, but it was not "
		  "provided",
		"1:10") },
	{ "graphql.parse", ASK("{ args { req(a: \\\"x\\\") } }"),
	    WRONG("Int cannot represent non-integer value: \"x\"\n", "1:18") },
	{ "graphql.parse", ASK("{ args { req(a: 1, a: 2) } }"),
	    WRONG("There can be only one argument named \"a\"", "1:20") },
	{ "graphql.parse", ASK("{ args { complex(c: {intField: 4}) } }"),
	    WRONG("Field \"Complex.required\" of required type \"Boolean!\" was not provided",
		"1:21") },
	{ "graphql.parse", ASK("{ args { complex(c: {required: true, inField: 4}) } }"),
	    WRONG("Field \"inField\" is not defined by type \"Complex\". Did you mean "
		  "\"intField\"?\n",
		"1:38") },
	{ "graphql.parse",
	    ASK("{ args { complex(c: {required: true, intField: 99999999999999999999}) } }"),
	    WRONG(
		"Int cannot represent non 32-bit signed integer value: "
		"99999999999999999999\ninput:1:21: Expected value of type \"Complex\", found "
		"{required:true,intField:99999999999999999999}",
		"1:48") },
	{ "graphql.is_valid",
	    ASK("{ args { complex(c: {required: true, intField: 3000000000}) } }"), "true" },
	{ "graphql.parse", ASK("{ args { complex(c: {required: true, required: false}) } }"),
	    WRONG("There can be only one input field named \"required\"", "1:38") },
	{ "graphql.parse", ASK("{ args { complex(c: {required: null}) } }"),
	    WRONG("Expected value of type \"Boolean!\", found null", "1:32") },
	{ "graphql.parse", ASK("{ args { complex(c: [1]) } }"),
	    WRONG("Expected value of type \"Complex\", found [1]", "1:21") },
	{ "graphql.is_valid", ASK("{ args { any(a: {x: [1, \\\"a\\\"]}) } }"), "true" },
	{ "graphql.parse", ASK("{ args { one(o: {a: \\\"x\\\", b: 1}) } }"),
	    WRONG("OneOf Input Object \"One\" must specify exactly one key", "1:17") },
	{ "graphql.parse", ASK("{ args { one(o: {a: null}) } }"),
	    WRONG("Field \"One.a\" must be non-null", "1:21") },
	{ "graphql.parse", ASK("query ($x: String) { args { one(o: {a: $x}) } }"),
	    WRONG("Variable \"$x\" is of type \"String\" but must be non-nullable to be used "
		  "for "
		  "OneOf Input Object \"One\"",
		"1:8") },
	{ "graphql.parse", ASK("{ args { ints(l: [1, null]) } }"),
	    WRONG("Expected value of type \"Int!\", found null", "1:22") },
	{ "graphql.is_valid", ASK("{ args { ints(l: 1) } }"), "true" },
	{ "graphql.parse", ASK("{ args { fl(f: 1e999) } }"),
	    WRONG("Float cannot represent non numeric value: 1e999\n", "1:16") },
	{ "graphql.parse", ASK("{ args { fl(s: tru) } }"),
	    WRONG("String cannot represent a non string value: tru\n", "1:16") },
	{ "graphql.parse", ASK("query Q($a: Int) { args { req } }"),
	    WRONG("Field \"req\" argument \"a\" of type \"Int!\" is required, but it was not "
		  "provided.\ninput:1:9: Variable \"$a\" is never used in operation \"Q\"",
		"1:27") },
	{ "graphql.parse", ASK("query ($a: Foo) { args { fl(f: $a) } }"),
	    WRONG("Unknown type \"Foo\".\ninput:1:32: Variable \"$a\" of type \"Foo\" used in "
		  "position expecting type \"Float\"",
		"1:8") },
	{ "graphql.parse", ASK("query ($a: Dog) { args { fl(f: $a) } }"),
	    WRONG("Variable \"$a\" of type \"Dog\" used in position expecting type "
		  "\"Float\".\ninput:1:8: Variable \"$a\" cannot be non-input type \"Dog\"",
		"1:32") },
	{ "graphql.parse", ASK("query ($a: Int, $a: Int) { args { fl(f: $a) } }"),
	    WRONG("Variable \"$a\" of type \"Int\" used in position expecting type "
		  "\"Float\".\ninput:1:17: Variable \"$a\" is never used.\ninput:1:17: There "
		  "can "
		  "be only one variable named \"$a\"",
		"1:41") },
	{ "graphql.parse", ASK("query ($a: String) { args { fl(f: $a) } }"),
	    WRONG(
		"Variable \"$a\" of type \"String\" used in position expecting type \"Float\"",
		"1:35") },
	{ "graphql.parse", ASK("query ($a: Int) { args { nn(x: $a) } }"),
	    WRONG("Variable \"$a\" of type \"Int\" used in position expecting type \"Int!\"",
		"1:32") },
	{ "graphql.is_valid", ASK("query ($a: Int = 3) { args { nn(x: $a) } }"), "true" },
	{ "graphql.is_valid", ASK("query ($a: Int) { args { df(x: $a) } }"), "true" },
	{ "graphql.parse", ASK("query N { args { nn(x: $b) } }"),
	    WRONG("Variable \"$b\" is not defined by operation \"N\"", "1:24") },
	{ "graphql.parse", ASK("{ args { nn(x: $b) } }"),
	    WRONG("Variable \"$b\" is not defined", "1:16") },
	{ "graphql.parse", ASK("{ ...F }"), WRONG("Unknown fragment \"F\"", "1:6") },
	{ "graphql.parse", ASK("fragment F on Dog { name } { dog { name } }"),
	    WRONG("Fragment \"F\" is never used", "1:1") },
	{ "graphql.parse", ASK("{ dog { ...F } } fragment F on Dog { name ...F }"),
	    WRONG("Cannot spread fragment \"F\" within itself", "1:46") },
	{ "graphql.parse",
	    ASK("{ dog { ...F } } fragment F on Dog { name ...G } fragment G on Dog { ...F }"),
	    WRONG("Cannot spread fragment \"F\" within itself via \"G\"", "1:73") },
	{ "graphql.parse", ASK("{ dog { ...F } } fragment F on Cat { name }"),
	    WRONG(
		"Fragment \"F\" cannot be spread here as objects of type \"Dog\" can never be "
		"of type \"Cat\"",
		"1:12") },
	{ "graphql.parse", ASK("{ dog { ... on Cat { name } } }"),
	    WRONG("Fragment cannot be spread here as objects of type \"Dog\" can never be of "
		  "type \"Cat\"",
		"1:13") },
	{ "graphql.parse", ASK("{ dog { ... on String { name } } }"),
	    WRONG(
		"Cannot query field \"name\" on type \"String\".\ninput:1:13: Fragment cannot "
		"condition on non composite type \"String\"",
		"1:25") },
	{ "graphql.parse", ASK("{ dog { ...F } } fragment F on Cmd { name }"),
	    WRONG(
		"Cannot query field \"name\" on type \"Cmd\".\ninput:1:38: Cannot query field "
		"\"name\" on type \"Cmd\".\ninput:1:18: Fragment \"F\" cannot condition on "
		"non "
		"composite type \"Cmd\"",
		"1:38") },
	{ "graphql.parse", ASK("{ dog { ...F } } fragment F on Dgo { name }"),
	    WRONG("Unknown type \"Dgo\". Did you mean \"Dog\"?\n", "1:18") },
	{ "graphql.parse", ASK("{ dog { ... on Nope { name } } }"),
	    WRONG("Unknown type \"Nope\"", "1:13") },
	{ "graphql.parse",
	    ASK("{ dog { ...F } } fragment F on Dog { name } fragment F on Dog { name }"),
	    WRONG("There can be only one fragment named \"F\"", "1:45") },
	{ "graphql.parse", ASK("{ dog { name } } { cat { name } }"),
	    WRONG("This anonymous operation must be the only defined operation.\ninput:1:18: "
		  "This anonymous operation must be the only defined operation.\ninput:1:18: "
		  "There can be only one operation named \"\"",
		"1:1") },
	{ "graphql.parse", ASK("query A { dog { name } } query A { cat { name } }"),
	    WRONG("There can be only one operation named \"A\"", "1:26") },
	{ "graphql.parse", ASK("mutation { x }"),
	    WRONG("Schema does not support operation type \"mutation\"\n", "1:1") },
	{ "graphql.parse", ASK("subscription { a b }"),
	    WRONG("Anonymous Subscription must select only one top level field", "1:18") },
	{ "graphql.parse", ASK("subscription S { a __typename }"),
	    WRONG("Subscription \"S\" must select only one top level field.\ninput:1:20: "
		  "Subscription \"S\" must not select an introspection top level field",
		"1:20") },
	{ "graphql.parse", ASK("{ dog { name: nickname name } }"),
	    WRONG("Fields \"name\" conflict because \"nickname\" and \"name\" are different "
		  "fields. Use different aliases on the fields to fetch both if this was "
		  "intentional",
		"1:24") },
	{ "graphql.parse", ASK("{ dog { name(surname: true) name } }"),
	    WRONG("Fields \"name\" conflict because they have differing arguments. Use "
		  "different "
		  "aliases on the fields to fetch both if this was intentional",
		"1:29") },
	{ "graphql.parse",
	    ASK("{ catOrDog { ... on Dog { v: barkVolume } ... on Cat { v: fur } } }"),
	    WRONG("Fields \"v\" conflict because they return conflicting types \"Int\" and "
		  "\"Fur\". Use different aliases on the fields to fetch both if this was "
		  "intentional",
		"1:56") },
	{ "graphql.is_valid",
	    ASK("{ catOrDog { ... on Dog { v: barkVolume } ... on Cat { v: meowVolume } } }"),
	    "true" },
	{ "graphql.parse",
	    ASK("{ human { x: relatives { n: name } x: relatives { n: pets { name } } } }"),
	    WRONG(
		"Fields \"x\" conflict because subfields \"n\" conflict because \"name\" and "
		"\"pets\" are different fields. Use different aliases on the fields to fetch "
		"both if this was intentional",
		"1:36") },
	{ "graphql.parse",
	    ASK("{ dog { ...A ...B } } fragment A on Dog { x: name } fragment B on Dog { x: "
		"nickname }"),
	    WRONG("Fields \"x\" conflict because \"name\" and \"nickname\" are different "
		  "fields. "
		  "Use different aliases on the fields to fetch both if this was intentional",
		"1:73") },
	{ "graphql.parse", ASK("{ dog @onField @onField { name } }"),
	    WRONG(
		"The directive \"@onField\" can only be used once at this location", "1:17") },
	{ "graphql.parse", ASK("{ dog @rep @rep { name } }"),
	    WRONG("The directive \"@rep\" can only be used once at this location", "1:13") },
	{ "graphql.parse", ASK("{ dog { name @include } }"),
	    WRONG(
		"Directive \"@include\" argument \"if\" of type \"Boolean!\" is required, but "
		"it was not provided",
		"1:15") },
	{ "graphql.parse", ASK("{ dog { name @include(if: 1) } }"),
	    WRONG("Boolean cannot represent a non boolean value: 1\n", "1:27") },
	{ "graphql.parse", ASK("{ dog { name @nope } }"),
	    WRONG("Unknown directive \"@nope\"", "1:15") },
	{ "graphql.parse", ASK("query @onField { dog { name } }"),
	    WRONG("Directive \"@onField\" may not be used on QUERY", "1:8") },
	{ "graphql.parse",
	    ASK("{ __schema { types { fields { type { fields { type { fields { name } } } } } "
		"} } }"),
	    WRONG("Maximum introspection depth exceeded\n", "1:3") },
	{ "graphql.is_valid", ASK("{ __type(name: \\\"x\\\") { name } __typename }"), "true" },
	{ "graphql.is_valid",
	    ASK("{ dog { ... @include(if: true) { name } ... { nickname } } }"), "true" },
	{ "graphql.parse", ASK("query ($x: Int @nope) { args { fl(f: $x) } }"),
	    WRONG("Unknown directive \"@nope\".\ninput:1:38: Variable \"$x\" of type \"Int\" "
		  "used in position expecting type \"Float\"",
		"1:17") },
	{ "graphql.parse", ASK("query ($x: Boolean! = 3) { dog { name @include(if: $x) } }"),
	    WRONG("Boolean cannot represent a non boolean value: 3\n", "1:23") },
};

int
main(void)
{
	builtin_test(rules, COUNT(rules));
	return tap_done();
}
