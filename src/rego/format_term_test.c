/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

static const struct format_row constants[] = {
	{ "null", NULL },
	{ "true", NULL },
	{ "1", NULL },
	{ "-1", NULL },
	{ "1e2", NULL },
	{ "1.50", NULL },
	{ "1E+2", NULL },
	{ "123456789012345678901234567890", NULL },
	{ ".5", "0.5" },
	{ "\"a\\tb\"", NULL },
	{ "\"\\u0041\\u0000\"", NULL },
	{ "\"\\/\"", NULL },
	{ "`a\\b`", NULL },
	{ "`two\n  lines`", NULL },
	{ "(\"a\")", "\"a\"" },
	{ "_x1", NULL },
};

static const struct format_row references[] = {
	{ "input.a.b", NULL },
	{ "input[\"a\"].b", "input.a.b" },
	{ "input[`a`]", "input.a" },
	{ "input[\"a-b\"]", NULL },
	{ "input[`a b`]", NULL },
	{ "input[\"\"]", NULL },
	{ "input[\"if\"]", NULL },
	{ "input.if.in", NULL },
	{ "input[ 0 ][i]", "input[0][i]" },
	{ "input[a.b][_]", NULL },
	{ "input[a+1]", "input[a + 1]" },
	{ "input[a | b]", NULL },
	{ "input[[1,2]]", "input[[1, 2]]" },
	{ "{\"a\": 1}.a", NULL },
	{ "[1,2][0]", "[1, 2][0]" },
	{ "(a|b)[0]", "(a | b)[0]" },
	{ "f(1)[0].x", NULL },
	{ "input[\"and\"]", "input.and" },
	{ "input[x # c\n].y", "input[x # c\n].y" },
};

static const struct format_row calls[] = {
	{ "f()", NULL },
	{ "f( 1,2 )", "f(1, 2)" },
	{ "a.b.c(x)", NULL },
	{ "a[\"b\"].c(x)", "a.b.c(x)" },
	{ "f(1,)", "f(1)" },
	{ "f(\n1\n)", "f(1)" },
	{ "f(\n1, 2\n)", "f(1, 2)" },
	{ "f(1,\n2)", "f(\n\t1,\n\t2,\n)" },
	{ "f(1, 2,\n3)", "f(\n\t1, 2,\n\t3,\n)" },
	{ "f(g(1,\n2))", "f(g(\n\t1,\n\t2,\n))" },
	{ "f((1, 2 in xs))", NULL },
	{ "f(1, 2 in xs)", NULL },
	{ "f(a|b)", "f(a | b)" },
	{ "f(eq(a, b))", NULL },
	{ "f(or(a, b, c))", NULL },
};

static const struct format_row templates[] = {
	{ "$\"\"", NULL },
	{ "$``", NULL },
	{ "$\"a {x} b\"", NULL },
	{ "$\"{ x }{y}\"", "$\"{x}{y}\"" },
	{ "$\"\\{x}\"", NULL },
	{ "$\"\\n{x}\\u0007\"", NULL },
	{ "$`{x}\n`", NULL },
	{ "$\"{1} {`b`} {\"c\"} {null} {1.0}\"", "$\"1 b c null 1.0\"" },
	{ "$`{\"`\"}`", NULL },
	{ "$\"{\"{\"}\"", "$\"\\{\"" },
	{ "$\"{[1,2]}\"", "$\"{[1, 2]}\"" },
	{ "$\"{[1,\n2]}\"", "$\"{[\n\t\t1,\n\t\t2,\n\t]}\"" },
	{ "$\"{f(x)}\"", NULL },
	{ "$\"{a+b}\"", "$\"{a + b}\"" },
	{ "$\"{x # c\n}\"", NULL },
	{ "$\"{x with input as 1}\"", NULL },
};

int
main(void)
{
	FORMAT_ROWS("constant", FORMAT_TERM, REGO_V1, constants);
	FORMAT_ROWS("reference", FORMAT_TERM, REGO_V1, references);
	FORMAT_ROWS("call", FORMAT_TERM, REGO_V1, calls);
	FORMAT_ROWS("template", FORMAT_TERM, REGO_V1, templates);
	return tap_done();
}
