/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/lexer.h"

#include "base/utf8.h"
#include "codec/hex.h"

enum { BYTE_ORDER_MARK = 0xFEFF };

static const struct word {
	const char *text;
	unsigned when; /* keywords only */
	bool keyword;
} words[LEX_COUNT] = {
#define LEXEME(name, text) [LEX_##name] = { text, 0, false },
#define KEYWORD(name, text, when) [LEX_##name] = { text, when, true },
#include "rego/lexeme.def"
#undef KEYWORD
#undef LEXEME
};

const char *
rego_lexeme_text(enum lexeme_kind kind)
{
	return words[kind].text;
}

bool
rego_lexeme_is_keyword(enum lexeme_kind kind)
{
	return words[kind].keyword;
}

enum lexeme_kind
rego_lexeme_keyword(str_t name, unsigned on)
{
	for (unsigned i = LEX_PACKAGE; i < LEX_COUNT; i++)
		if ((words[i].when == 0 || (words[i].when & on) != 0) &&
		    str_eq(name, str_of(words[i].text)))
			return (enum lexeme_kind)i;
	return LEX_NAME;
}

unsigned
rego_word_find(str_t name)
{
	for (unsigned i = LEX_PACKAGE; i < LEX_COUNT; i++)
		if (str_eq(name, str_of(words[i].text)))
			return words[i].when;
	return 0;
}

static void
find_fault(struct lexer *x, const char *what)
{
	if (x->finding_count < LEXER_FINDINGS)
		x->findings[x->finding_count++] = what;
}

static void
advance(struct lexer *x)
{
	x->at = x->next;
	if (x->at >= x->text.len) {
		x->rune = -1;
		return;
	}
	x->rune = (unsigned char)x->text.data[x->at];
	x->next = x->at + 1;
	if (x->rune == 0) {
		find_fault(x, "illegal null character");
	} else if (x->rune >= 0x80) {
		size_t width;

		x->rune = (int32_t)utf8_decode(str_skip(x->text, x->at), &width);
		x->next = x->at + (uint32_t)width;
		if (x->rune == UTF8_BAD && width == 1)
			find_fault(x, "illegal utf-8 character");
		else if (x->rune == BYTE_ORDER_MARK && x->at > 0)
			find_fault(x, "illegal byte-order mark");
	}
	if (x->rune == '\n') {
		x->row++;
		x->col = 0;
	} else {
		x->col++;
	}
}

void
rego_lexer_init(struct lexer *x, str_t text, unsigned on)
{
	*x = (struct lexer){ .text = text, .row = 1, .words = on };
	advance(x);
	if (x->rune == BYTE_ORDER_MARK)
		advance(x);
}

static bool
is_letter(int32_t rune)
{
	return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') || rune == '_';
}

static bool
is_digit(int32_t rune)
{
	return rune >= '0' && rune <= '9';
}

static void
skip_name(struct lexer *x)
{
	while (is_letter(x->rune) || is_digit(x->rune))
		advance(x);
}

static bool
skip_digits(struct lexer *x)
{
	bool found = is_digit(x->rune);

	while (is_digit(x->rune))
		advance(x);
	return found;
}

static void
scan_number(struct lexer *x)
{
	skip_digits(x);
	if (x->rune == '.') {
		advance(x);
		if (!skip_digits(x))
			find_fault(x, "expected fraction");
	}
	if (x->rune == 'e' || x->rune == 'E') {
		advance(x);
		if (x->rune == '+' || x->rune == '-')
			advance(x);
		if (!skip_digits(x))
			find_fault(x, "expected exponent");
	}
	/* 0a2b is one malformed number, not a number and a name. */
	if (is_letter(x->rune)) {
		find_fault(x, "illegal number format");
		skip_name(x);
	}
}

/* Behind a backslash.  The digits of \uXXXX are judged when the string is read. */
static void
scan_escape(struct lexer *x, bool template)
{
	switch (x->rune) {
	case '{':
		if (!template)
			break;
		[[fallthrough]];
	case '\\': case '"': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
		advance(x);
		return;
	case 'u':
		for (int i = 0; i < 4; i++)
			advance(x);
		return;
	}
	find_fault(x, "illegal escape sequence");
}

/* From behind the opening quote (or the } of an expression) to the closing one (or a {). */
static enum lexeme_kind
scan_string(struct lexer *x, bool template)
{
	for (;;) {
		int32_t rune = x->rune;

		if (rune == '\n' || rune < 0) {
			find_fault(x, "non-terminated string");
			return LEX_ILLEGAL;
		}
		advance(x);
		if (rune == '"')
			return template ? LEX_TEMPLATE_END : LEX_STRING;
		if (rune == '{' && template)
			return LEX_TEMPLATE_PART;
		if (rune == '\\')
			scan_escape(x, template);
	}
}

static enum lexeme_kind
scan_raw_string(struct lexer *x, bool template)
{
	for (;;) {
		int32_t rune = x->rune;

		if (rune < 0) {
			find_fault(x, "non-terminated string");
			return LEX_ILLEGAL;
		}
		advance(x);
		if (rune == '`')
			return template ? LEX_RAW_TEMPLATE_END : LEX_RAW_STRING;
		if (rune == '{' && template)
			return LEX_RAW_TEMPLATE_PART;
		if (rune == '\\' && template && x->rune == '{')
			advance(x);
	}
}

static enum lexeme_kind
scan_dollar(struct lexer *x)
{
	bool raw = x->rune == '`';

	if (!raw && x->rune != '"') {
		find_fault(x, "illegal $ character");
		return LEX_ILLEGAL;
	}
	advance(x);
	return raw ? scan_raw_string(x, true) : scan_string(x, true);
}

/* `with` if an equals sign follows, else `without`. */
static enum lexeme_kind
scan_equals(struct lexer *x, enum lexeme_kind with, enum lexeme_kind without)
{
	if (x->rune != '=')
		return without;
	advance(x);
	return with;
}

static enum lexeme_kind
scan_sign(struct lexer *x, int32_t rune)
{
	switch (rune) {
	case -1: return LEX_EOF;
	case '#':
		while (x->rune != '\n' && x->rune >= 0)
			advance(x);
		return LEX_COMMENT;
	case '"': return scan_string(x, false);
	case '`': return scan_raw_string(x, false);
	case '$': return scan_dollar(x);
	case '[': return LEX_LBRACK;
	case ']': return LEX_RBRACK;
	case '{': return LEX_LBRACE;
	case '}': return LEX_RBRACE;
	case '(': return LEX_LPAREN;
	case ')': return LEX_RPAREN;
	case ',': return LEX_COMMA;
	case ';': return LEX_SEMICOLON;
	case '.': return LEX_DOT;
	case '+': return LEX_ADD;
	case '-': return LEX_SUB;
	case '*': return LEX_MUL;
	case '/': return LEX_DIV;
	case '%': return LEX_REM;
	case '&': return LEX_AND;
	case '|': return LEX_OR;
	case ':': return scan_equals(x, LEX_ASSIGN, LEX_COLON);
	case '=': return scan_equals(x, LEX_EQUAL, LEX_UNIFY);
	case '>': return scan_equals(x, LEX_GTE, LEX_GT);
	case '<': return scan_equals(x, LEX_LTE, LEX_LT);
	case '!':
		if (x->rune != '=')
			find_fault(x, "illegal ! character");
		return scan_equals(x, LEX_NEQ, LEX_ILLEGAL);
	}
	return LEX_ILLEGAL;
}

static void
begin(const struct lexer *x, struct lexeme *ret)
{
	*ret = (struct lexeme){ .row = x->row, .col = x->col, .offset = x->at, .end = x->at };
}

void
rego_lexer_next(struct lexer *x, struct lexeme *ret)
{
	int32_t rune = x->rune;

	begin(x, ret);
	if (is_letter(rune)) {
		skip_name(x);
		ret->kind = rego_lexeme_keyword(
		    str_sub(x->text, ret->offset, x->at - ret->offset), x->words);
	} else if (is_digit(rune)) {
		scan_number(x);
		ret->kind = LEX_NUMBER;
	} else {
		advance(x);
		ret->kind = rune == ' ' || rune == '\t' || rune == '\n' || rune == '\r'
		    ? LEX_WHITESPACE
		    : scan_sign(x, rune);
	}
	ret->end = x->at;
}

void
rego_lexer_next_template(struct lexer *x, bool raw, struct lexeme *ret)
{
	begin(x, ret);
	ret->kind = raw ? scan_raw_string(x, true) : scan_string(x, true);
	ret->end = x->at;
}

/* ---- escapes ---- */

/* The four digits behind \u at `at`; -1 if they are not four hex digits. */
static int32_t
read_unit(str_t s, size_t at)
{
	int32_t unit = 0;

	if (s.len - at < 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		int digit = hex_digit(s.data[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* \uXXXX at `*at` (the first digit), with its second half if it is a surrogate. */
static bool
read_rune(str_t s, size_t *at, uint32_t *ret)
{
	int32_t high = read_unit(s, *at), low;

	if (high < 0)
		return false;
	*at += 4;
	*ret = (uint32_t)high;
	if (high < 0xD800 || high > 0xDFFF)
		return true;
	*ret = 0xFFFD;
	if (high < 0xDC00 && s.len - *at >= 6 && s.data[*at] == '\\' && s.data[*at + 1] == 'u') {
		low = read_unit(s, *at + 2);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			*at += 6;
			*ret = 0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
		}
	}
	return true;
}

static char
plain_escape(char c)
{
	switch (c) {
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	}
	return c;
}

static bool
has_control(str_t s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] < 0x20)
			return true;
	return false;
}

bool
rego_lexeme_unescape(struct arena *arena, str_t inner, bool template, str_t *ret)
{
	char *out;
	size_t len = 0;
	bool json = false; /* some escape of JSON's, which then forbids bare controls */

	if (memchr(inner.data, '\\', inner.len) == NULL) {
		*ret = inner;
		return true;
	}
	out = arena_alloc_raw(arena, inner.len + 1, 1);
	if (out == NULL)
		return false;
	for (size_t i = 0; i < inner.len;) {
		uint32_t rune;

		if (inner.data[i] != '\\') {
			out[len++] = inner.data[i++];
		} else if (++i == inner.len) {
			return false;
		} else if (inner.data[i] == '{' && template) {
			out[len++] = inner.data[i++];
		} else if (inner.data[i] != 'u') {
			json = true;
			out[len++] = plain_escape(inner.data[i++]);
		} else {
			json = true;
			i++;
			if (!read_rune(inner, &i, &rune))
				return false;
			len += utf8_encode(out + len, rune);
		}
	}
	*ret = str_make(out, len);
	return !json || !has_control(inner);
}

bool
rego_lexeme_unescape_raw(struct arena *arena, str_t inner, str_t *ret)
{
	char *out;
	size_t len = 0;

	if (memchr(inner.data, '\\', inner.len) == NULL) {
		*ret = inner;
		return true;
	}
	out = arena_alloc_raw(arena, inner.len + 1, 1);
	if (out == NULL)
		return false;
	for (size_t i = 0; i < inner.len; i++)
		if (inner.data[i] != '\\' || i + 1 == inner.len || inner.data[i + 1] != '{')
			out[len++] = inner.data[i];
	*ret = str_make(out, len);
	return true;
}
