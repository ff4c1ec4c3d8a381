/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody may have meant: by the message, the text at its place, and the text before
 * that.  The messages are OPA's; OPA has no such advice.
 */
#include "rego/parser_internal.h"

/*
 * The first row that fits is taken.  `at`: the text at the place begins so; `before`: the
 * text before it, without blanks, ends so.  A pattern that begins or ends with a letter
 * stands for a whole word.  NULL: anything.
 */
struct mend {
	const char *message; /* begins so */
	const char *at, *before;
	const char *hint;
};

#define ANOTHER_CONDITION                                                                     \
	"conditions that must all hold stand on lines of their own, or with `;` between them"
#define ALTERNATIVE "for either of two conditions write two rules of the same name"
#define NO_CHANGE "a variable gets its value once: give the new value a new name"
#define ITERATE                                                                               \
	"Rego has no loops: `some x in xs` tries every element, `every x in xs { ... }` "     \
	"asks of all"
#define NO_RETURN "a function's value stands in its head: `f(x) := value if { ... }`"
#define DECLARE "`x := 1` declares x; no keyword is needed"
#define MEMBER "whether xs has x is asked by `x in xs`, for strings by `contains(text, part)`"
#define NO_TERNARY "for a choice write two rules, or a rule with `else := value if { ... }`"
#define COMPREHENSION                                                                         \
	"a comprehension is `[x | some x in xs; condition]`: the value, a bar, the body"

static const struct mend mends[] = {
	/* operators of other languages */
	{ "unexpected and token", "&", "&", ANOTHER_CONDITION },
	{ "unexpected and token", NULL, NULL,
	    "`&` is the intersection of two sets; " ANOTHER_CONDITION },
	{ "unexpected or token", "|", "|", ALTERNATIVE },
	{ "illegal ! character", NULL, NULL, "negation is `not x`; unequal is `!=`" },
	{ "unexpected eq token", "=", "+", NO_CHANGE },
	{ "unexpected eq token", "=", "-", NO_CHANGE },
	{ "unexpected eq token", "=", "*", NO_CHANGE },
	{ "unexpected eq token", "=", "==", "equality is `==`, two signs" },
	{ "unexpected eq token", "=", "!=", "inequality is `!=`, two signs" },
	{ "unexpected eq token", "=", ":", "assignment is `:=`, without a blank" },
	{ "unexpected eq token: expected as keyword", NULL, NULL,
	    "a replacement is `with target as value`" },
	{ "unexpected assign token: expected as keyword", NULL, NULL,
	    "a replacement is `with target as value`" },
	{ "unexpected eq token: non-terminated set", NULL, NULL,
	    "the pairs of an object have a colon: `{\"key\": value}`" },
	{ "unexpected assign token: non-terminated set", NULL, NULL,
	    "the pairs of an object have a colon: `{\"key\": value}`" },
	{ "unexpected gt token", ">", "<", "unequal is `!=`" },
	{ "unexpected gt token", ">", "=", "at least is `>=`; Rego has no `=>`" },
	{ "unexpected lt token", "<", "=", "at most is `<=`" },
	{ "unexpected gt token", ">", "-", "Rego has no `->`" },
	{ "unexpected div token", "/", NULL, "a comment begins with `#`" },
	{ "unexpected mul token", "*", "*", "Rego has no power; multiply" },
	{ "unexpected : token", ":", "?", NO_TERNARY },
	{ "unexpected : token: expected [", NULL, NULL,
	    "Rego has no slices: array.slice(xs, from, to), substring(s, from, count)" },
	{ "unexpected : token", ":", NULL, "assignment is `:=`, without a blank" },
	{ "illegal token", "?", NULL, NO_TERNARY },
	{ "unexpected ; token", NULL, NULL,
	    "statements of a module end with their line, without `;`" },
	/* quotes and escapes */
	{ "illegal token", "'", NULL,
	    "a string stands in \"...\", or in `...` where backslashes stand for themselves" },
	{ "illegal string literal", NULL, NULL,
	    "beside escapes, a tab in a string is written \\t; \\u has four hexadecimal "
	    "digits" },
	{ "illegal token", "\xE2\x80\x9C", NULL,
	    "a string stands in plain \"...\"; these quotes are typographic" },
	{ "illegal token", "\xE2\x80\x98", NULL,
	    "a string stands in plain \"...\"; these quotes are typographic" },
	{ "illegal $ character", "$'", NULL, "a template stands in $\"...\"" },
	{ "illegal $ character", NULL, NULL,
	    "names have no `$`; a template is $\"... {value} ...\"" },
	{ "illegal token", "@", NULL, "a name with `@` stands in brackets: input[\"@id\"]" },
	{ "illegal token", "\\", NULL, "a line needs no `\\` to go on" },
	{ "illegal token", "~", NULL, "a pattern is matched by regex.match(pattern, text)" },
	{ "illegal token", "^", NULL, "exclusive or is bits.xor(a, b); Rego has no power" },
	{ "illegal escape sequence", "$", NULL,
	    "in a template `{` is written `\\{`; `}` stands for itself" },
	{ "illegal escape sequence", NULL, NULL,
	    "in `...` a backslash stands for itself, as regular expressions like it" },
	{ "non-terminated string", "`", NULL, "a string that begins with ` ends with `" },
	{ "non-terminated string", NULL, NULL,
	    "a string in \"...\" ends on its line; one in `...` may go on" },
	{ "expected } to end template", NULL, NULL,
	    "each `{` of a template needs its `}`; a brace as such is `\\{`" },
	/* numbers */
	{ "illegal number format", "0x", NULL, "numbers are decimal" },
	{ "illegal number format", NULL, NULL,
	    "a number is like 12, -1.5 or 1e6: no letters, no `_` within" },
	{ "expected fraction", NULL, NULL, "a digit must follow the point: 1.0" },
	{ "expected exponent", NULL, NULL, "a digit must follow the e: 1e6" },
	{ "unexpected number token: expected number without leading zero", NULL, NULL,
	    "drop the leading zero" },
	{ "unexpected ( token: expected number", NULL, "-",
	    "a minus takes no parentheses: 0 - (1 + 2)" },
	/* words of other languages */
	{ "`if` keyword is required", "elif", NULL,
	    "a further case is `else := value if { ... }`" },
	{ "`if` keyword is required", "elsif", NULL,
	    "a further case is `else := value if { ... }`" },
	{ "`contains` keyword is required", "input", NULL,
	    "an operator, a comma or a `(` is missing before `input`" },
	{ "`contains` keyword is required", "data", NULL,
	    "an operator, a comma or a `(` is missing before `data`" },
	{ "unexpected identifier token", NULL, "for", ITERATE },
	{ "unexpected identifier token", NULL, "foreach", ITERATE },
	{ "unexpected identifier token", NULL, "while", ITERATE },
	{ "unexpected identifier token", NULL, "return", NO_RETURN },
	{ "unexpected identifier token", NULL, "let", DECLARE },
	{ "unexpected identifier token", NULL, "var", DECLARE },
	{ "unexpected identifier token", NULL, "const", DECLARE },
	{ "unexpected identifier token", "for", NULL, COMPREHENSION },
	{ "var cannot be used for rule name", "and", NULL, ANOTHER_CONDITION },
	{ "var cannot be used for rule name", "or", NULL, ALTERNATIVE },
	{ "var cannot be used for rule name", "is", NULL, "equality is `==`" },
	{ "var cannot be used for rule name", "contains", NULL, MEMBER },
	{ "var cannot be used for rule name", "matches", NULL,
	    "a pattern is matched by regex.match(pattern, text)" },
	{ "var cannot be used for rule name", "function", NULL,
	    "a function needs no keyword: `f(x) := value if { ... }`" },
	{ "var cannot be used for rule name", "func", NULL,
	    "a function needs no keyword: `f(x) := value if { ... }`" },
	{ "var cannot be used for rule name", "def", NULL,
	    "a function needs no keyword: `f(x) := value if { ... }`" },
	{ "var cannot be used for rule name", "rule", NULL,
	    "a rule needs no keyword: `name := value if { ... }`" },
	{ "var cannot be used for rule name", "from", NULL,
	    "an import is `import data.lib`, its other name behind `as`" },
	{ "string cannot be used for rule name", "\"", "f",
	    "a template is $\"... {value} ...\"" },
	{ "unexpected in keyword", "in", "not", "`x not in xs` is `not x in xs`" },
	/* rules */
	{ "unexpected if keyword: expected var", NULL, "as",
	    "choose an alias that is no keyword" },
	{ "unexpected in keyword: expected var", NULL, "as",
	    "choose an alias that is no keyword" },
	{ "unexpected if keyword", "if", "{", "a condition needs no `if` within a body" },
	{ "unexpected if keyword: expected \\n", NULL, NULL,
	    "a condition needs no `if` within a body" },
	{ "unexpected if keyword", "if", NULL,
	    "`if` stands once in a rule, between its head and its body: `name := value if { "
	    "... }`" },
	{ "unexpected assign token", ":=", "}",
	    "the value stands before the body: `else := value if { ... }`" },
	{ "unexpected assign token: expected \\n or ; or }", NULL, NULL,
	    "`some x` only declares; `some x in xs` draws x from xs, and `x := y` assigns "
	    "without `some`" },
	{ "unexpected assign token", NULL, "package",
	    "`package` is a keyword: choose another name" },
	{ "unexpected assign token", NULL, "import",
	    "`import` is a keyword: choose another name" },
	{ "unexpected default keyword", NULL, NULL,
	    "`default name := value` is a statement of the module; as a name it is taken" },
	{ "unexpected else keyword", NULL, NULL,
	    "`else` follows the body of a rule; as a name it is taken" },
	{ "unexpected some keyword", NULL, "every",
	    "`every` declares its variables by itself" },
	{ "unexpected some keyword", NULL, "not", "ask `not f(x)` of a rule, or use `every`" },
	{ "unexpected in keyword: expected var", NULL, ",",
	    "a variable is missing between `,` and `in`" },
	{ "unexpected in keyword", NULL, NULL,
	    "`in` stands between a variable or value and a collection" },
	{ "unexpected identifier token: expected `x[, y] in xs", NULL, NULL,
	    "write `every x in xs { ... }`" },
	{ "unexpected } token: missing body", NULL, NULL,
	    "write `every x in xs { ... }`, with the conditions in the braces" },
	{ "unexpected } token: expected \\n", NULL, NULL, "an operand is missing" },
	{ "unexpected } token", "}", ">", "an operand is missing before the `}`" },
	{ "unexpected } token", "}", "<", "an operand is missing before the `}`" },
	{ "unexpected } token", "}", "=", "an operand is missing before the `}`" },
	{ "unexpected } token", "}", "+", "an operand is missing before the `}`" },
	{ "unexpected } token", NULL, NULL, "there are more `}` than `{`" },
	{ "unexpected ) token", NULL, NULL,
	    "there are more `)` than `(`, or an operand is missing" },
	{ "unexpected ] token", NULL, NULL,
	    "there are more `]` than `[`, or an operand is missing" },
	{ "unexpected , token", NULL, NULL, ANOTHER_CONDITION },
	{ "found empty body", NULL, "set{", "the empty set is set()" },
	{ "found empty body", NULL, NULL, "a body that always holds is `{ true }`" },
	{ "rule name conflicts with built-in function", "-", NULL,
	    "`-` subtracts: names have `_` instead" },
	{ "rule name conflicts", NULL, NULL,
	    "a rule of this name cannot stand as a bare call: choose another name" },
	{ "var cannot be used", NULL, NULL,
	    "a rule needs a value or a body: `name := value` or `name if { ... }`" },
	{ "expressions using with", NULL, NULL,
	    "`with` belongs into a body: `name := value if { ... with ... }`" },
	{ "illegal default rule (value", NULL, NULL,
	    "a default is a constant; compute it in a rule instead" },
	{ "illegal default rule (must", NULL, NULL, "write `default name := value`" },
	{ "else keyword cannot", NULL, NULL,
	    "only rules with one value and a constant name can have `else`" },
	/* package and import */
	{ "package expected", NULL, NULL, "a module begins with its package: `package a.b`" },
	{ "unexpected string token", "\"", "package",
	    "a package has a name without quotes: `package a.b`" },
	{ "unexpected string token", "\"", "import",
	    "an import is a path without quotes: `import data.a.b`" },
	{ "invalid import `rego.", NULL, NULL,
	    "v1 needs no import; modules for both versions have `import rego.v1`" },
	{ "unexpected keyword, must be one of", NULL, NULL,
	    "leave the import out, or take one of these" },
	{ "unexpected import path", NULL, NULL,
	    "policies and data stand below `data`, the request is `input`" },
	{ "unexpected import alias", NULL, NULL, "choose an alias that is no keyword" },
	/* brackets */
	{ "unexpected eof", NULL, NULL,
	    "the text ends too early: look for a bracket that is not closed" },
	{ "unexpected identifier token: expected \",\" or \"]\"", NULL, "[",
	    "a value is missing" },
	{ "unexpected string token: non-terminated object", NULL, NULL,
	    "pairs of an object have commas between them" },
	{ "unexpected identifier token: non-terminated object", NULL, NULL,
	    "pairs of an object have commas between them" },
	{ "unexpected comma token: expected number", NULL, NULL, "a number is missing" },
};

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool
fits_at(str_t text, const char *pattern)
{
	str_t p = str_of(pattern);

	return pattern == NULL ||
	       (str_has_prefix(text, p) &&
		   (!is_word_char(p.data[p.len - 1]) || p.data[0] == '0' ||
		       text.len == p.len || !is_word_char(text.data[p.len])));
}

static bool
fits_before(str_t text, const char *pattern)
{
	str_t p = str_of(pattern);

	return pattern == NULL || (str_has_suffix(text, p) &&
				      (!is_word_char(p.data[0]) || text.len == p.len ||
					  !is_word_char(text.data[text.len - p.len - 1])));
}

/* `expected "," or "]"`, and how far from the place a line began: on a later line it is not
 * closed. */
static str_t
mend_list(struct arena *arena, str_t text, size_t offset, str_t message)
{
	str_t expected = STR("token: expected \",\" or \"");
	size_t at = str_find(message, expected, 0), back = offset;

	if (at == message.len)
		return STR_NONE;
	while (back > 0 && (text.data[back - 1] == ' ' || text.data[back - 1] == '\t'))
		back--;
	if (back > 0 && text.data[back - 1] == '\n')
		return arena_printf(arena,
		    "the line before lacks a comma, or the list its `%c`",
		    message.data[at + expected.len]);
	return arena_printf(arena, "elements have commas between them%s",
	    message.data[at + expected.len] == ']'
		? "; in a comprehension a `|` follows the value"
		: "");
}

str_t
parser_mend(struct arena *arena, str_t text, size_t offset, str_t message)
{
	size_t place = offset < text.len ? offset : text.len, end = place;
	str_t at = str_skip(text, place);

	while (end > 0 && (text.data[end - 1] == ' ' || text.data[end - 1] == '\t'))
		end--;
	for (size_t i = 0; i < COUNT(mends); i++) {
		const struct mend *m = &mends[i];

		if (str_has_prefix(message, str_of(m->message)) && fits_at(at, m->at) &&
		    fits_before(str_sub(text, 0, end), m->before))
			return str_of(m->hint);
	}
	return mend_list(arena, text, place, message);
}
