/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

static const struct builtin_case cases[] = {
	{ "regex.match", "[\"^a.c$\", \"abc\"]", "true" },
	{ "regex.match", "[\"(?i)ABC\", \"xabcx\"]", "true" },
	{ "regex.match", "[\"^$\", \"\"]", "true" },
	{ "regex.match", "[\"^.$\", \"\u00e9\"]", "true" },
	{ "regex.match", "[\"(\", \"a\"]",
	    "eval_builtin_error: regex.match: error parsing regexp: missing closing ): `(`" },
	{ "regex.match", "[\"(?=a)\", \"a\"]",
	    "eval_builtin_error: regex.match: error parsing regexp: invalid or unsupported Perl "
	    "syntax: `(?=`" },
	{ "re_match", "[\"a\", \"cab\"]", "true" },
	{ "regex.is_valid", "[\"++\"]", "false" },
	{ "regex.is_valid", "[\"(?<n>a)[(?<]\"]", "true" },
	{ "regex.is_valid", "[1]", "false" },
	{ "regex.find_n", "[\"a.\", \"paranormal\", 2]", "[\"ar\", \"an\"]" },
	{ "regex.find_n", "[\"a*\", \"baaac\", -1]", "[\"\", \"aaa\", \"\"]" },
	{ "regex.find_n", "[\"\", \"\u00e9\", -1]", "[\"\", \"\"]" },
	{ "regex.find_n", "[\"^a\", \"aaa\", -1]", "[\"a\"]" },
	{ "regex.find_n", "[\"a\", \"aaa\", 0]", "[]" },
	{ "regex.find_n", "[\"a\", \"a\", 0.5]",
	    "eval_type_error: regex.find_n: operand 3 must be integer number but got floating-point "
	    "number" },
	{ "regex.find_all_string_submatch_n", "[\"(a)(b)?\", \"ab a\", -1]",
	    "[[\"ab\", \"a\", \"b\"], [\"a\", \"a\", \"\"]]" },
	{ "regex.find_all_string_submatch_n", "[\"a(x*)b\", \"-\", -1]", "[]" },
	{ "regex.split", "[\"[,;]\", \"a,b;c\"]", "[\"a\", \"b\", \"c\"]" },
	{ "regex.split", "[\"a\", \"banana\"]", "[\"b\", \"n\", \"n\", \"\"]" },
	{ "regex.split", "[\"z\", \"abc\"]", "[\"abc\"]" },
	{ "regex.split", "[\"z\", \"\"]", "[\"\"]" },
	{ "regex.split", "[\"\", \"abc\"]", "[\"a\", \"b\", \"c\"]" },
	{ "regex.replace", "[\"foobar\", \"o+\", \"<$0>\"]", "\"f<oo>bar\"" },
	{ "regex.replace", "[\"-ab-axxb-\", \"a(x*)b\", \"${1}W$$\"]", "\"-W$-xxW$-\"" },
	{ "regex.replace", "[\"-ab-axxb-\", \"a(x*)b\", \"$1W\"]", "\"---\"" },
	{ "regex.replace", "[\"ab\", \"(?P<x>a)\", \"[${x}]$9$ $\"]", "\"[a]$ $b\"" },
	{ "regex.replace", "[\"baaac\", \"a*\", \"x\"]", "\"xbxcx\"" },
	{ "regex.replace", "[\"aaa\", \"^a\", \"b\"]", "\"baa\"" },
	{ "regex.template_match", "[\"urn:foo:<.*>\", \"urn:foo:bar:baz\", \"<\", \">\"]", "true" },
	{ "regex.template_match", "[\"urn.foo:{[a-z]{2}}\", \"urn.foo:ab\", \"{\", \"}\"]", "true" },
	{ "regex.template_match", "[\"urn.foo\", \"urnxfoo\", \"{\", \"}\"]", "false" },
	{ "regex.template_match", "[\"a{b\", \"a\", \"{\", \"}\"]",
	    "eval_builtin_error: regex.template_match: unbalanced braces in \"a{b\"" },
	{ "regex.template_match", "[\"a\", \"a\", \"{{\", \"}\"]",
	    "eval_builtin_error: regex.template_match: start delimiter has to be exactly one "
	    "character long but is 2 long" },
	{ "regex.globs_match", "[\"a.a.[0-9]+z\", \".b.b2359825792*594823z\"]", "true" },
	{ "regex.globs_match", "[\"a*b\", \"c*b\"]", "true" },
	{ "regex.globs_match", "[\"a+\", \"b*\"]", "false" },
	{ "regex.globs_match", "[\"[a-c]x\", \"[d-f]x\"]", "false" },
	{ "regex.globs_match", "[\"\", \"a*\"]", "true" },
	{ "regex.globs_match", "[\".*b.*c\", \"a.*c\"]", "true" },
	{ "regex.globs_match", "[\"a\\\\.b\", \"axb\"]", "false" },
	{ "regex.globs_match", "[\"pqrs]\", \"a\"]",
	    "eval_builtin_error: regex.globs_match: input:pqrs], pos:5, set-close ']' with no "
	    "preceding '[': the input provided is invalid" },
	{ "regex.globs_match", "[\"+\", \"a\"]",
	    "eval_builtin_error: regex.globs_match: input:+, pos:1, flag '+' must be preceded by a "
	    "non-flag: the input provided is invalid" },
	{ "regex.globs_match", "[\"[a\", \"a\"]",
	    "eval_builtin_error: regex.globs_match: input:[a, pos:2, found [ without matching ]: the "
	    "input provided is invalid" },
	{ "glob.match", "[\"*.x.com\", [], \"a.b.x.com\"]", "false" },
	{ "glob.match", "[\"*.x.com\", null, \"a.b.x.com\"]", "true" },
	{ "glob.match", "[\"**.x.com\", [\".\"], \"a.b.x.com\"]", "true" },
	{ "glob.match", "[\"{a,b{c,d}}?\", [], \"bdx\"]", "true" },
	{ "glob.match", "[\"{a,}x\", [], \"x\"]", "true" },
	{ "glob.match", "[\"{a,b\", [], \"b\"]", "true" },
	{ "glob.match", "[\"a,}\", [], \"a,}\"]", "true" },
	{ "glob.match", "[\"[!a]\", [], \"b\"]", "true" },
	{ "glob.match", "[\"[a-c]\u00e9\", [], \"b\u00e9\"]", "true" },
	{ "glob.match", "[\"a:*\", [\":\"], \"a:b:c\"]", "false" },
	{ "glob.match", "[\"\\\\*\", [], \"*\"]", "true" },
	{ "glob.match", "[\"\", [], \"\"]", "true" },
	{ "glob.match", "[\"[a\", [], \"a\"]", "eval_builtin_error: glob.match: unexpected end of input" },
	{ "glob.match", "[\"[]\", [], \"a\"]", "eval_builtin_error: glob.match: could not parse range" },
	{ "glob.match", "[\"a\", [\"ab\"], \"a\"]",
	    "eval_type_error: glob.match: operand 2 must be array of runes but got array containing "
	    "string" },
	{ "glob.match", "[\"*a*a*a*a*a*a*a*a*a*b\", null, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]",
	    "false" },
	{ "glob.quote_meta", "[\"*.[a]{b}\\\\?\"]", "\"\\\\*.\\\\[a\\\\]\\\\{b\\\\}\\\\\\\\\\\\?\"" },
};

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	return tap_done();
}
