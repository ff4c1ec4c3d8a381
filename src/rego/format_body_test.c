/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

static const struct format_row literals[] = {
	{ "a;b", "a\n\tb" },
	{ "a\n\n\n\tb", "a\n\n\tb" },
	{ "\n\na\n\n", "a" },
	{ "not  a", "not a" },
	{ "not {1}", NULL },
	{ "some x,y", "some x, y" },
	{ "some x,\ny", "some x,\n\t\ty" },
	{ "some x in xs", NULL },
	{ "some k,v in xs", "some k, v in xs" },
	{ "some x in a|b", "some x in (a | b)" },
	{ "some {\"a\": x} in xs", NULL },
	{ "every x in xs { x }", NULL },
	{ "every x in xs {x;y}", "every x in xs { x; y}" },
	{ "every k,v in xs {\nk}", "every k, v in xs {\n\t\tk\n\t}" },
	{ "every x in [1,\n2] { x }", "every x in [\n\t\t1,\n\t\t2,\n\t] {\n\t\tx\n\t}" },
	{ "f(1)  with input as 2", "f(1) with input as 2" },
	{ "f(1) with input as 2 with data.x as 3", NULL },
	{ "f(1)\nwith input as 2", "f(1)\n\t\twith input as 2" },
	{ "f(1) with input as 2\nwith data.x as 3 with data.y as 4",
	    "f(1) with input as 2\n\t\twith data.x as 3 with data.y as 4" },
	{ "f(1) with input as {\n\"a\": 1}\nwith data.x as [1,\n2]",
	    "f(1) with input as {\n\t\t\"a\": 1,\n\t}\n\t\twith data.x as "
	    "[\n\t\t\t1,\n\t\t\t2,\n\t\t]" },
	{ "f(\n1,\n2) with input as 3", "f(\n\t\t1,\n\t\t2,\n\t) with input as 3" },
	{ "x := `a\nb`", NULL },
	{ "if.x == y", NULL },
};

static const struct format_row comments[] = {
	{ "a # one\n\tb # two", NULL },
	{ "# above\na", "# above\n\ta" },
	{ "a\n# between\nb", "a\n\t# between\n\tb" },
	{ "a\n\n# between\n\nb", "a\n\n\t# between\n\n\tb" },
	{ "a\n# below", "a\n\t# below" },
	{ "a = # odd\nb", "a = b # odd" },
	{ "a =\n# odd\nb", "a =\n# odd\nb" },
	{ "a = # one\nb # two", "a = # one\nb # two" },
	{ "f(1, # one\n2) # two", "f(\n\t\t1, # one\n\t\t2,\n\t) # two" },
	{ "every x in xs { # open\nx # in\n# end\n} # close",
	    "every x in xs { # open\n\t\tx # in\n\t\t# end\n\t} # close" },
	{ "every x in xs { x # in\n}", "every x in xs {\n\t\tx # in\n\t}" },
	{ "some x, # x\ny # y", "some x, # x\n\t\ty # y" },
	{ "f(1) # one\nwith input as 2 # two", "f(1) # one\n\t\twith input as 2 # two" },
	{ "f(1) with input as {\n\"a\": 1, # in\n}\nwith data.x as 2",
	    "f(1) with input as {\n\t\t\"a\": 1, # in\n\t}\n\t\twith data.x as 2" },
	{ "a # trailing \t", "a # trailing" },
	{ "#\n\ta", NULL },
	{ "x := [y | y = {\"a\": # b\n1} # c\n]", "x := [y | y = {\"a\": # b\n1} # c\n]" },
};

int
main(void)
{
	FORMAT_ROWS("literal", FORMAT_LITERAL, REGO_V1, literals);
	FORMAT_ROWS("comment", FORMAT_LITERAL, REGO_V1, comments);
	return tap_done();
}
