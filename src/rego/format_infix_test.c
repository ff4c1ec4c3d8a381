/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/format_testing.h"

static const struct format_row terms[] = {
	{ "a+b", "a + b" },
	{ "a+b+c", "(a + b) + c" },
	{ "a+b*c", "a + (b * c)" },
	{ "a-(b-c)", "a - (b - c)" },
	{ "a%2==0", "(a % 2) == 0" },
	{ "plus(a, b)", "a + b" },
	{ "(a + b)", "a + b" },
	{ "-a", NULL },
	{ "1 - -a", "1 - (-a)" },
	{ "0 - a", NULL },
	{ "a in b", NULL },
	{ "a & b | c", "(a & b) | c" },
	{ "minus(0, a)", "0 - a" },
};

static const struct format_row literals[] = {
	{ "a==b", "a == b" },
	{ "a=b", "a = b" },
	{ "a:=b", "a := b" },
	{ "a != b", NULL },
	{ "a<b", "a < b" },
	{ "a >= b", NULL },
	{ "x = a+b", "x = a + b" },
	{ "x := a+b+c", "x := (a + b) + c" },
	{ "plus(a, b)", "a + b" },
	{ "plus(a, b, c)", "c = a + b" },
	{ "equal(a, b, c)", "c = a == b" },
	{ "eq(a, b)", "a = b" },
	{ "plus(a)", NULL },
	{ "count(a, b)", NULL },
	{ "(a == b) == c", "a == b == c" },
	{ "a == (b == c)", NULL },
	{ "a-(b-c)", "a - (b - c)" },
	{ "1 < (2 < 3)", NULL },
	{ "a == b | c", NULL },
	{ "x\n\t(a == b) | c", NULL },
	{ "(a in b) == true", NULL },
	{ "a in b == true", "a in (b == true)" },
	{ "a, b in c", NULL },
	{ "a, (b in c) in d", NULL },
	{ "x := (a, b in c)", NULL },
	{ "x := a in b", NULL },
	{ "internal.member_2(a, b)", "a in b" },
	{ "or(a, b)", "(a | b)" },
	{ "or(a, b) == c", "(a | b) == c" },
	{ "x\n\ta|b == c", "x\n\ta | b == c" },
	{ "not a|b", "not a | b" },
	{ "-a == b", NULL },
};

/* Where `in` is no keyword. */
static const struct format_row old[] = {
	{ "p { internal.member_2(a, b) }", "p {\n\tinternal.member_2(a, b)\n}" },
	{ "p { a|b }", "p {\n\ta | b\n}" },
};

int
main(void)
{
	FORMAT_ROWS("term", FORMAT_TERM, REGO_V1, terms);
	FORMAT_ROWS("literal", FORMAT_LITERAL, REGO_V1, literals);
	FORMAT_ROWS("v0", FORMAT_MODULE, REGO_V0, old);
	return tap_done();
}
