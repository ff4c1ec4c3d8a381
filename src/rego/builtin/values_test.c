/* SPDX-License-Identifier: Apache-2.0 */
/* The small families: semver, units, uuid, graph, debug. */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

static const struct builtin_case cases[] = {
	{ "semver.compare", "[\"1.0.0\", \"2.0.0\"]", "-1" },
	{ "semver.compare", "[\"v1.10.0\", \"1.9.9\"]", "1" },
	{ "semver.compare", "[\"1.0.0+a\", \"1.0.0+b\"]", "0" },
	{ "semver.compare", "[\"1.0.0-alpha\", \"1.0.0\"]", "-1" },
	{ "semver.compare", "[\"1.0.0-alpha.1\", \"1.0.0-alpha\"]", "1" },
	{ "semver.compare", "[\"1.0.0-alpha.2\", \"1.0.0-alpha.10\"]", "-1" },
	{ "semver.compare", "[\"1.0.0-1\", \"1.0.0-alpha\"]", "-1" },
	{ "semver.compare", "[\"1.0.0-beta\", \"1.0.0-alpha\"]", "1" },
	{ "semver.compare", "[\"1.0.0-01\", \"1.0.0-1\"]", "0" },
	{ "semver.compare", "[\"1\", \"1.0.0\"]",
	    "eval_builtin_error: semver.compare: operand 1: string \"1\" is not a valid SemVer" },
	{ "semver.is_valid", "[\"1.0.0-a.b+c\"]", "true" },
	{ "semver.is_valid", "[\"1.0.0-a..b\"]", "false" },
	{ "semver.is_valid", "[\"1.0\"]", "false" },
	{ "semver.is_valid", "[\"1.0.0.0\"]", "false" },
	{ "semver.is_valid", "[\"1..0\"]", "false" },
	{ "semver.is_valid", "[\"1.0.99999999999999999999\"]", "false" },
	{ "semver.is_valid", "[1]", "false" },

	{ "units.parse", "[\"10Mi\"]", "10485760" },
	{ "units.parse", "[\"100m\"]", "0.1000000000" },
	{ "units.parse", "[\"1000m\"]", "1.0000000000" },
	{ "units.parse", "[\"0m\"]", "0" },
	{ "units.parse", "[\"123456789123m\"]", "123456789.1230000026" },
	{ "units.parse", "[\"-3.5E2m\"]", "-0.3500000000" },
	{ "units.parse", "[\"\\\"1.1Ki\\\"\"]", "1126.4000000000" },
	{ "units.parse", "[\"0.00000000005\"]", "0.0000000001" },
	{ "units.parse", "[\"1e-2\"]", "0.0100000000" },
	{ "units.parse", "[\"5E\"]", "5000000000000000000" },
	{ "units.parse", "[\"12345678901234567890123K\"]", "12345678901234567890123000" },
	{ "units.parse", "[\"\"]", "eval_builtin_error: units.parse: units.parse: no amount provided" },
	{ "units.parse", "[\"1 K\"]",
	    "eval_builtin_error: units.parse: units.parse: spaces not allowed in resource strings" },
	{ "units.parse", "[\"1.2.3\"]",
	    "eval_builtin_error: units.parse: units.parse: could not parse amount to a number" },
	{ "units.parse", "[\"1-2\"]",
	    "eval_builtin_error: units.parse: units.parse: could not parse amount to a number" },
	{ "units.parse", "[\"1x\"]", "eval_builtin_error: units.parse: units.parse: unit x not recognized" },
	{ "units.parse", "[\"1e1000000K\"]", "eval_builtin_error: units.parse: units.parse: exponent too large" },
	{ "units.parse_bytes", "[\"10KB\"]", "10000" },
	{ "units.parse_bytes", "[\"10kib\"]", "10240" },
	{ "units.parse_bytes", "[\"1.1KiB\"]", "1126" },
	{ "units.parse_bytes", "[\".5\"]", "0" },
	{ "units.parse_bytes", "[\"010M\"]", "10000000" },
	{ "units.parse_bytes", "[\"1e-2KB\"]", "10" },
	{ "units.parse_bytes", "[\"kb\"]",
	    "eval_builtin_error: units.parse_bytes: units.parse_bytes: no byte amount provided" },
	{ "units.parse_bytes", "[\"1b\"]",
	    "eval_builtin_error: units.parse_bytes: units.parse_bytes: byte unit b not recognized" },

	{ "uuid.rfc4122", "[\"k\"]", "\"00112233-4455-4677-8899-aabbccddeeff\"" },
	{ "uuid.parse", "[\"{00000000-0000-4000-8000-000000000000}\"]",
	    "{\"variant\": \"RFC4122\", \"version\": 4}" },
	{ "uuid.parse", "[\"URN:UUID:000003e8-48b9-21ee-b200-325096b39f47\"]",
	    "{\"clocksequence\": 12800, \"domain\": \"Person\", \"id\": 1000, \"macvariables\": "
	    "\"local:unicast\", \"nodeid\": \"32-50-96-b3-9f-47\", \"time\": 1693566990121469600, "
	    "\"variant\": \"RFC4122\", \"version\": 2}" },
	{ "uuid.parse", "[\"6bea8ef2d3d33cd1c4e09bab06a52ece\"]",
	    "{\"variant\": \"Microsoft\", \"version\": 3}" },
	{ "uuid.parse", "[\"6bea8ef2-d3d33cd1-84e0-9bab-06a52ece\"]", "undefined" },
	{ "uuid.parse", "[\"6bea8ef2d3d33cd184e09bab06a52ecg\"]", "undefined" },
	{ "uuid.parse", "[\"\"]", "undefined" },

	{ "walk", "[1]", "[[[], 1]]" },
	{ "walk", "[{\"a\": [1, {\"set\": [2]}]}]",
	    "[[[], {\"a\": [1, {2}]}], [[\"a\"], [1, {2}]], [[\"a\", 0], 1], [[\"a\", 1], {2}], "
	    "[[\"a\", 1, 2], 2]]" },
	{ "graph.reachable", "[{\"a\": [\"b\"], \"b\": {\"set\": [\"c\", \"a\"]}, \"c\": null}, [\"a\"]]",
	    "{\"a\", \"b\", \"c\"}" },
	{ "graph.reachable", "[{\"a\": [\"x\"]}, {\"set\": [\"a\", \"q\"]}]", "{\"a\"}" },
	{ "graph.reachable_paths", "[{\"a\": [\"b\", \"c\"], \"b\": [\"c\"], \"c\": []}, [\"a\"]]",
	    "{[\"a\", \"b\", \"c\"], [\"a\", \"c\"]}" },
	{ "graph.reachable_paths", "[{\"a\": [\"b\"], \"b\": [\"a\", \"gone\"]}, [\"a\", \"gone\"]]",
	    "{[\"a\", \"b\"]}" },
	{ "graph.reachable_paths", "[{\"a\": [\"a\"]}, [\"a\"]]", "{[\"a\"]}" },

	{ "trace", "[\"x\"]", "true" },
	{ "opa.runtime", "[]", "{}" },
};

static const struct {
	const char *operands, *want;
} print_cases[] = {
	{ "[[{\"set\": [\"a\"]}, {\"set\": []}, {\"set\": [[1, \"x\"]]}]]", "a <undefined> [1, \"x\"]" },
	{ "[[{\"set\": [1, 2]}, {\"set\": [3, 4]}]]", "2 4" }, /* the last of four lines */
	{ "[[]]", "" },
};

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	for (size_t i = 0; i < COUNT(print_cases); i++) {
		struct builtin_case row = { "internal.print", print_cases[i].operands, "true" };

		builtin_test(&row, 1);
		ok(strcmp(builtin_test_printed(), print_cases[i].want) == 0, "prints %s",
		    print_cases[i].want);
	}
	return tap_done();
}
