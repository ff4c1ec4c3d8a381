/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

static const struct format_row rows[] = {
	{ "a  and  b", "a and b" },
	{ "(a and b) or c", "a and b or c" },
	{ "a or (b and c)", "a or b and c" },
	{ "a and (b or c)", NULL },
	{ "(a or b) and c", NULL },
	{ "a or (b or c)", NULL },
	{ "a and (b and c)", NULL },
	{ "(a or b) or c", "a or b or c" },
	{ "((a or b))", "a or b" },
	{ "a and {b}", "a and { b }" },
	{ "{a;b} or c", "{ a; b } or c" },
	{ "{a\nb} or c", "{\n\t\ta\n\t\tb\n\t} or c" },
	{ "a and\nb", "a and\n\t\tb" },
	{ "a and\nb and\nc", "a and\n\t\tb and\n\t\tc" },
	{ "a and b or\nc", "a and b or\n\t\tc" },
	{ "a and (b or\nc)", "a and (b or\n\t\tc)" },
	{ "{a} or\n{b\nc}", "{ a } or\n\t\t{\n\t\t\tb\n\t\t\tc\n\t\t}" },
	{ "a and ({b})", NULL },
	{ "({\"a\": 1}) or b", NULL },
	{ "({a} == b) and c", NULL },
	{ "({a}[0]) and b", NULL },
	{ "set() and b", NULL },
	{ "a == b and c", NULL },
	{ "(a with input as 1) and b", NULL },
	{ "a and b with input as 1", NULL },
	{ "(a and b) with input as 1", "a and b with input as 1" },
	{ "not a and b", NULL },
	{ "not (a and b)", NULL },
	{ "not (not a)", NULL },
	{ "not (a)", "not a" },
	{ "not ({a})", NULL },
	{ "not {a}", "not { a }" },
	{ "not {a;b}", "not { a; b }" },
	{ "not {\na}", "not {\n\t\ta\n\t}" },
	{ "not (a with input as 1)", NULL },
	{ "not a with input as 1", NULL },
	{ "not {a with input as 1} with input as 2",
	    "not { a with input as 1 } with input as 2" },
	{ "not {(a|b);c|d}", "not { (a | b); c | d }" },
	{ "(a|b) or c", "(a | b) or c" },
	{ "x := input[\"and\"]", NULL },
	{ "x := input.or", NULL },
	{ "and(a, b, c)", "c = a & b" },
	{ "a and # first\nb", "a and # first\n\t\tb" },
	{ "a and\n# own\nb", "a and\n\t\t# own\n\t\tb" },
	{ "not { # open\na # in\n# end\n} # close",
	    "not { # open\n\t\ta # in\n\t\t# end\n\t} # close" },
	{ "{ # open\na } and b", "{ # open\n\t\ta\n\t} and b" },
};

int
main(void)
{
	FORMAT_ROWS("logic", FORMAT_LOGIC, REGO_V1, rows);
	return tap_done();
}
