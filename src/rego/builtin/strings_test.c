/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/str.h"
#include "rego/builtin/builtin_test.h"

static const struct builtin_case cases[] = {
	{ "concat", "[\",\", []]", "\"\"" },
	{ "concat", "[\",\", [\"a\"]]", "\"a\"" },
	{ "concat", "[\", \", [\"a\", \"\", \"b\"]]", "\"a, , b\"" },
	{ "concat", "[\"\", {\"set\": [\"b\", \"a\"]}]", "\"ab\"" },
	{ "concat", "[\",\", [\"a\", 1]]",
	    "eval_type_error: concat: operand 2 must be array of strings but got array containing "
	    "number" },
	{ "concat", "[\",\", {\"set\": [null]}]",
	    "eval_type_error: concat: operand 2 must be set of strings but got set containing null" },
	{ "concat", "[\",\", 1]",
	    "eval_type_error: concat: operand 2 must be one of {set, array} but got number" },
	{ "contains", "[\"abc\", \"\"]", "true" },
	{ "contains", "[\"\", \"\"]", "true" },
	{ "contains", "[\"abc\", \"bc\"]", "true" },
	{ "contains", "[\"abc\", \"cb\"]", "false" },
	{ "startswith", "[\"abc\", \"ab\"]", "true" },
	{ "startswith", "[\"a\", \"ab\"]", "false" },
	{ "endswith", "[\"abc\", \"bc\"]", "true" },
	{ "endswith", "[\"abc\", \"ab\"]", "false" },
	{ "indexof", "[\"abcabc\", \"c\"]", "2" },
	{ "indexof", "[\"\u00e9\u00e9x\", \"x\"]", "2" },
	{ "indexof", "[\"abc\", \"z\"]", "-1" },
	{ "indexof", "[\"abc\", \"\"]", "eval_builtin_error: indexof: empty search character" },
	{ "indexof_n", "[\"aaa\", \"aa\"]", "[0, 1]" },
	{ "indexof_n", "[\"\u00e9a\u00e9a\", \"a\"]", "[1, 3]" },
	{ "indexof_n", "[\"abc\", \"z\"]", "[]" },
	{ "indexof_n", "[\"abc\", \"\"]", "eval_builtin_error: indexof_n: empty search character" },
	{ "lower", "[\"aBC\"]", "\"abc\"" },
	{ "lower", "[\"\u0130\u03a3\u00c4\"]", "\"i\u03c3\u00e4\"" },
	{ "upper", "[\"abC1\"]", "\"ABC1\"" },
	{ "upper", "[\"\u01c6\u00df\u0131\u00ff\u1f80\u0250\"]", "\"\u01c4\u00dfI\u0178\u1f88\u2c6f\"" },
	{ "upper", "[\"\u4e2d\"]", "\"\u4e2d\"" },
	{ "replace", "[\"aaa\", \"a\", \"b\"]", "\"bbb\"" },
	{ "replace", "[\"aXbXc\", \"X\", \"\"]", "\"abc\"" },
	{ "replace", "[\"foo...bar\", \"..\", \",,\"]", "\"foo,,.bar\"" },
	{ "replace", "[\"a\u00e9\", \"\", \"-\"]", "\"-a-\\xc3-\\xa9-\"" },
	{ "replace", "[\"\", \"\", \"-\"]", "\"-\"" },
	{ "strings.replace_n", "[{\"a\": \"1\", \"ab\": \"2\", \"c\": \"\"}, \"abcab\"]", "\"1b1b\"" },
	{ "strings.replace_n", "[{\"\": \"-\", \"a\": \"x\"}, \"ab\"]", "\"-x-b-\"" },
	{ "strings.replace_n", "[{}, \"ab\"]", "\"ab\"" },
	{ "strings.replace_n", "[{\"a\": 1}, \"ab\"]",
	    "eval_type_error: strings.replace_n: operand 1 non-string value found in pattern object" },
	{ "split", "[\"a.b..c\", \".\"]", "[\"a\", \"b\", \"\", \"c\"]" },
	{ "split", "[\"\", \",\"]", "[\"\"]" },
	{ "split", "[\",\", \",\"]", "[\"\", \"\"]" },
	{ "split", "[\"a\u00e9b\", \"\"]", "[\"a\", \"\u00e9\", \"b\"]" },
	{ "split", "[\"\", \"\"]", "[]" },
	{ "split", "[\"a::b\", \"::\"]", "[\"a\", \"b\"]" },
	{ "strings.split_n", "[\"a.b.c\", \".\", 2]", "[\"a\", \"b\"]" },
	{ "strings.split_n", "[\"a.b.c\", \".\", -2]", "[\"b\", \"c\"]" },
	{ "strings.split_n", "[\"a.b.c\", \".\", 0]", "[]" },
	{ "strings.split_n", "[\"a.b.c\", \".\", -9223372036854775808]", "[\"a\", \"b\", \"c\"]" },
	{ "strings.split_n", "[\"a\", \".\", 1.5]",
	    "eval_type_error: strings.split_n: operand 3 must be integer number but got "
	    "floating-point number" },
	{ "substring", "[\"abcdef\", 1, 2]", "\"bc\"" },
	{ "substring", "[\"abcdef\", 1.0, -1]", "\"bcdef\"" },
	{ "substring", "[\"abc\", 3, 1]", "\"\"" },
	{ "substring", "[\"abc\", 9223372036854775807, 9223372036854775807]", "\"\"" },
	{ "substring", "[\"\u00e5\u00e4\u00f6\", 1, 1]", "\"\u00e4\"" },
	{ "substring", "[\"a\u00e4b\", 0, 100]", "\"a\u00e4b\"" },
	{ "substring", "[\"abc\", -1, 1]", "eval_builtin_error: substring: negative offset" },
	{ "trim", "[\"..a.b..\", \".\"]", "\"a.b\"" },
	{ "trim", "[\"\u00e9a\u00e9\", \"\u00e9\"]", "\"a\"" },
	{ "trim", "[\"aaa\", \"a\"]", "\"\"" },
	{ "trim", "[\"abc\", \"\"]", "\"abc\"" },
	{ "trim_left", "[\"aab\", \"a\"]", "\"b\"" },
	{ "trim_right", "[\"baa\", \"a\"]", "\"b\"" },
	{ "trim_prefix", "[\"aab\", \"a\"]", "\"ab\"" },
	{ "trim_prefix", "[\"aab\", \"b\"]", "\"aab\"" },
	{ "trim_suffix", "[\"baa\", \"a\"]", "\"ba\"" },
	{ "trim_suffix", "[\"baa\", \"baa\"]", "\"\"" },
	{ "trim_space", "[\" \\t\u00a0a b\\n\u3000\"]", "\"a b\"" },
	{ "strings.reverse", "[\"a\u00e9\U0001f600\"]", "\"\U0001f600\u00e9a\"" },
	{ "strings.count", "[\"aaa\", \"aa\"]", "1" },
	{ "strings.count", "[\"\", \"\"]", "1" },
	{ "strings.count", "[\"\u00e9a\", \"\"]", "3" },
	{ "strings.any_prefix_match", "[\"abc\", \"ab\"]", "true" },
	{ "strings.any_prefix_match", "[[\"abc\", \"x\"], {\"set\": [\"y\", \"x\"]}]", "true" },
	{ "strings.any_prefix_match", "[[], [\"\"]]", "false" },
	{ "strings.any_prefix_match", "[[\"ab\"], [\"abc\"]]", "false" },
	{ "strings.any_suffix_match", "[[\"abc\", \"x\"], [\"bc\"]]", "true" },
	{ "strings.any_suffix_match", "[[\"abc\"], [\"ab\"]]", "false" },
	{ "strings.any_suffix_match", "[[\"abc\"], [1]]",
	    "eval_type_error: strings.any_suffix_match: operand 2 must be array of strings but got "
	    "array containing number" },
	{ "internal.template_string", "[[\"a \", {\"set\": [1]}, {\"set\": []}, {\"set\": [\"b\"]}]]",
	    "\"a 1<undefined>b\"" },
};

/* So many that they are sorted: n strings "s<i>", one of which has the affix. */
static void
test_many(const char *name, const char *format, const char *part, const char *want)
{
	static char operands[32768];
	size_t len = 0;
	struct builtin_case row = { name, operands, want };

	len += (size_t)snprintf(operands, sizeof(operands), "[[\"\"");
	for (int i = 0; i < 300; i++)
		len += (size_t)snprintf(operands + len, sizeof(operands) - len, format, i);
	(void)snprintf(operands + len, sizeof(operands) - len, "], [\"%s\", \"none\"]]", part);
	builtin_test(&row, 1);
}

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	test_many("strings.any_prefix_match", ", \"s%d-\"", "s299-", "true");
	test_many("strings.any_prefix_match", ", \"s%d-\"", "s300", "false");
	test_many("strings.any_suffix_match", ", \"-%ds\"", "-299s", "true");
	test_many("strings.any_suffix_match", ", \"-%ds\"", "-300s", "false");
	return tap_done();
}
