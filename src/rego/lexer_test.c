/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "rego/lexer.h"
#include "tap.h"

enum { TEXT_LIMIT = 4096 };

/* Lexemes as kind@row:col, findings in angle brackets behind theirs. */
static const struct {
	const char *text, *want;
} lexeme_cases[] = {
	{ "", "eof@1:0" },
	{ "a", "identifier@1:1 eof@1:1" },
	{ "a\n", "identifier@1:1 whitespace@2:0 eof@2:0" },
	{ "\tx", "whitespace@1:1 identifier@1:2 eof@1:2" },
	{ "\xEF\xBB\xBFx", "identifier@1:2 eof@1:2" },
	{ "x\xEF\xBB\xBF", "identifier@1:1<illegal byte-order mark> illegal@1:2 eof@1:2" },
	{ ":= : = == != < <= > >=", "assign@1:1 :@1:4 eq@1:6 equal@1:8 neq@1:11 lt@1:14 lte@1:16 "
	                            "gt@1:19 gte@1:21 eof@1:22" },
	{ "[]{}(),;.", "[@1:1 ]@1:2 {@1:3 }@1:4 (@1:5 )@1:6 ,@1:7 ;@1:8 .@1:9 eof@1:9" },
	{ "+-*/%&|", "plus@1:1 minus@1:2 mul@1:3 div@1:4 rem@1:5 and@1:6 or@1:7 eof@1:7" },
	{ "if in every contains", "if@1:1 in@1:4 every@1:7 contains@1:13 eof@1:20" },
	{ "and or not", "identifier@1:1 identifier@1:5 identifier@1:8 eof@1:10" },
	{ "iffy _x x1", "identifier@1:1 identifier@1:6 identifier@1:9 eof@1:10" },
	{ "# c\r\nx", "comment@1:1 whitespace@2:0 identifier@2:1 eof@2:1" },
	{ "12.5e-3", "number@1:1 eof@1:7" },
	{ "1.", "number@1:1<expected fraction> eof@1:2" },
	{ "1e", "number@1:1<expected exponent> eof@1:2" },
	{ "0a2b", "number@1:1<illegal number format> eof@1:4" },
	{ "\"a\\n\\u0041\"", "string@1:1 eof@1:11" },
	{ "\"\\x\"", "string@1:1<illegal escape sequence> eof@1:4" },
	{ "\"a\n", "illegal@1:1<non-terminated string> whitespace@2:0 eof@2:0" },
	{ "`a\nb`", "string@1:1 eof@2:2" },
	{ "`a", "illegal@1:1<non-terminated string> eof@1:2" },
	{ "!x", "illegal@1:1<illegal ! character> identifier@1:2 eof@1:2" },
	{ "$x", "illegal@1:1<illegal $ character> identifier@1:2 eof@1:2" },
	{ "@", "illegal@1:1 eof@1:1" },
	{ "\"\xC3\xA9\" x", "string@1:1 identifier@1:5 eof@1:5" },
	{ "\"\xC3\"", "string@1:1<illegal utf-8 character> eof@1:3" },
	{ "$\"a{x", "template-string-part@1:1 identifier@1:5 eof@1:5" },
	{ "$\"a\\{\"", "template-string-end@1:1 eof@1:6" },
	{ "$`a\\{\n`", "raw-template-string-end@1:1 eof@2:1" },
};

static void
describe(struct lexer *x, const struct lexeme *l, struct buf *out)
{
	if (l->kind == LEX_WHITESPACE && x->text.data[l->offset] == ' ')
		return;
	buf_printf(out, "%s%s@%u:%u", out->len > 0 ? " " : "", rego_lexeme_text(l->kind), l->row,
	    l->col);
	for (unsigned i = 0; i < x->finding_count; i++)
		buf_printf(out, "<%s>", x->findings[i]);
	x->finding_count = 0;
}

static void
test_lexemes(void)
{
	for (size_t i = 0; i < COUNT(lexeme_cases); i++) {
		struct lexer x;
		struct lexeme l;
		struct buf out;

		buf_init(&out, TEXT_LIMIT);
		rego_lexer_init(&x, str_of(lexeme_cases[i].text), REGO_WORDS_V1);
		do {
			rego_lexer_next(&x, &l);
			describe(&x, &l, &out);
		} while (l.kind != LEX_EOF);
		ok(str_eq(buf_str(&out), str_of(lexeme_cases[i].want)), "lexemes %zu: %.*s", i,
		    STR_FMT(buf_str(&out)));
		buf_fini(&out);
	}
}

static const struct {
	const char *inner, *want; /* NULL: not legal */
	bool template;
} escape_cases[] = {
	{ "plain", "plain", false },
	{ "tab\there", "tab\there", false },
	{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", false },
	{ "\\u00e9", "\xC3\xA9", false },
	{ "\\uD834\\uDD1E", "\xF0\x9D\x84\x9E", false },
	{ "\\uD834x", "\xEF\xBF\xBDx", false },
	{ "\\uD834\\u0041", "\xEF\xBF\xBD" "A", false },
	{ "\\uDD1E", "\xEF\xBF\xBD", false },
	{ "\\u12", NULL, false },
	{ "\\u12zz", NULL, false },
	{ "tab\t\\n", NULL, false }, /* JSON forbids bare controls; found out only with an escape */
	{ "a\\{b", "a{b", true },
	{ "\\\\{", "\\{", true },
};

static void
test_escapes(void)
{
	struct arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT(escape_cases); i++) {
		str_t got = STR_NONE;
		const char *want = escape_cases[i].want;
		bool done = rego_lexeme_unescape(arena, str_of(escape_cases[i].inner),
		    escape_cases[i].template, &got);

		ok(done == (want != NULL) && (!done || str_eq(got, str_of(want))), "escapes %zu", i);
	}
	arena_free(&arena);
}

int
main(void)
{
	test_lexemes();
	test_escapes();
	return tap_done();
}
