/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

static const struct format_row collections[] = {
	{ "[]", NULL },
	{ "{}", NULL },
	{ "set()", NULL },
	{ "[ 1,2, ]", "[1, 2]" },
	{ "{2, 1}", NULL },
	{ "{1, 1}", "{1}" },
	{ "{\"b\":1,\"a\":2}", "{\"b\": 1, \"a\": 2}" },
	{ "{\"a\": 1, \"a\": 2}", "{\"a\": 2}" },
	{ "[\n1\n]", "[\n\t1,\n]" },
	{ "[\n1, 2]", "[\n\t1, 2,\n]" },
	{ "[1,\n2]", "[\n\t1,\n\t2,\n]" },
	{ "[1, 2\n]", "[1, 2]" },
	{ "{\"a\":\n1}", "{\"a\": 1}" },
	{ "{\"a\": [{\n\"b\": 1}]}", "{\"a\": [{\n\t\"b\": 1,\n}]}" },
	{ "[[1,\n2], [3]]", "[\n\t[\n\t\t1,\n\t\t2,\n\t],\n\t[3],\n]" },
	{ "{(\na|b\n)}", "{(a | b)}" },
	{ "[a|b]", "[a | b]" },
	{ "[or(a, b)]", "[(a | b)]" },
	{ "{\"k\": or(a, b)}", "{\"k\": (a | b)}" },
	{ "{or(a, b): 1}", "{(a | b): 1}" },
	{ "{(1, 2 in x)}", NULL },
	{ "{1, 2 in x}", NULL },
	{ "{a+b, c}", "{a + b, c}" },
	{ "([1,\n2])", "[\n\t1,\n\t2,\n]" },
};

static const struct format_row comprehensions[] = {
	{ "[y|y=z[_]]", "[y | y = z[_]]" },
	{ "{y|y=z[_];y>1}", "{y | y = z[_]; y > 1}" },
	{ "{k:v|v=z[k]}", "{k: v | v = z[k]}" },
	{ "[y |\ny = z[_]]", "[y |\n\ty = z[_]\n]" },
	{ "[y | y = z[_]\ny > 1\n]", "[y |\n\ty = z[_]\n\ty > 1\n]" },
	{ "{\nk: v | v = z[k]}", "{k: v |\n\tv = z[k]\n}" },
	{ "[y |\n\ty = z[_]\n\n\ty > 1\n]", NULL },
	{ "[(a | b) | c]", NULL },
	{ "[(a + b) | c]", NULL },
	{ "{k: (a + b) | c}", NULL },
	{ "{a + b: v | c}", NULL },
	{ "{(a | b): v | c}", NULL },
	{ "[y | a|b]", "[y | a | b]" },
	{ "[(y, z in w) | c]", NULL },
	{ "([y | c])[0]", "[y | c][0]" },
};

static const struct format_row comments[] = {
	{ "[1, # one\n2, # two\n]", "[\n\t1, # one\n\t2, # two\n]" },
	{ "[ # open\n1]", "[ # open\n\t1,\n]" },
	{ "[\n# above\n1\n# below\n]", "[\n\t# above\n\t1,\n\t# below\n]" },
	{ "{\"a\": # key\n1}", "{\"a\": 1} # key" },
	{ "{\"a\": # key\n1} # end", "{\"a\": # key\n1} # end" },
	{ "{\n# nothing\n}", "{\n# nothing\n}" },
	{ "[1 # in\n]", "[1 # in\n]" },
	{ "f([1], # one\n2)", "f(\n\t[1], # one\n\t2,\n)" },
	{ "f([1] # one\n)", "f([1]) # one" },
	{ "[y | # why\ny = 1]", "[y | # why\n\ty = 1\n]" },
	{ "[y |\ny = 1\n# end\n]", "[y |\n\ty = 1\n\t# end\n]" },
	{ "[1,\n# a\n\n\n# b\n2]", "[\n\t1,\n\t# a\n\n\t# b\n\t2,\n]" },
};

int
main(void)
{
	FORMAT_ROWS("collection", FORMAT_TERM, REGO_V1, collections);
	FORMAT_ROWS("comprehension", FORMAT_TERM, REGO_V1, comprehensions);
	FORMAT_ROWS("comment", FORMAT_TERM, REGO_V1, comments);
	return tap_done();
}
