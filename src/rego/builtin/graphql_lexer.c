/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/graphql_lexer.h"

#include "base/utf8.h"

void
graphql_lexer_init(struct graphql_lexer *l, struct graphql *g, str_t text, bool built_in)
{
	*l = (struct graphql_lexer){ .g = g, .text = text, .line = 1, .built_in = built_in };
}

const char *
graphql_token_kind_name(enum graphql_token_kind kind)
{
	static const char *const names[] = { "<Invalid>", "<EOF>", "!", "$", "&", "(", ")",
		"...", ":", "=", "@", "[", "]", "{", "}", "|", "Name", "Int", "Float",
		"String", "BlockString", "Comment" };

	return names[kind];
}

/* ---- looking and taking ---- */

static int
byte_at(const struct graphql_lexer *l, size_t at) /* -1: behind the end */
{
	return at < l->text.len ? (unsigned char)l->text.data[at] : -1;
}

static bool
stands(const struct graphql_lexer *l, size_t at, str_t what)
{
	return at <= l->text.len && str_has_prefix(str_skip(l->text, at), what);
}

static void
take(struct graphql_lexer *l, int count) /* of ASCII */
{
	l->end += (size_t)count;
	l->end_runes += count;
}

static uint32_t
take_rune(struct graphql_lexer *l)
{
	size_t width;
	uint32_t rune = utf8_decode(str_skip(l->text, l->end), &width);

	l->end += width;
	l->end_runes++;
	return rune;
}

static void
begin_line(struct graphql_lexer *l)
{
	l->line++;
	l->line_start_runes = l->end_runes;
}

/* ---- tokens ---- */

static struct graphql_token
make(const struct graphql_lexer *l, enum graphql_token_kind kind, str_t value)
{
	return (struct graphql_token){ .kind = kind,
		.value = value,
		.pos = { l->line, l->start_runes - l->line_start_runes + 1, l->built_in } };
}

static struct graphql_token
make_text(const struct graphql_lexer *l, enum graphql_token_kind kind)
{
	return make(l, kind, str_sub(l->text, l->start, l->end - l->start));
}

static struct graphql_token
invalid(const struct graphql_lexer *l, str_t problem)
{
	return (struct graphql_token){ .kind = GRAPHQL_T_INVALID,
		.value = STR(""),
		.pos = { l->line, l->end_runes - l->line_start_runes + 1, l->built_in },
		.problem = problem };
}

/* A byte, as Go makes text of one: the code point of that number. */
static str_t
byte_text(char out[4], int byte)
{
	return str_make(out, utf8_encode(out, (uint32_t)byte));
}

static void
skip_blanks(struct graphql_lexer *l)
{
	for (;; take(l, 1)) {
		switch (byte_at(l, l->end)) {
		case '\t':
		case ' ':
		case ',':
			break;
		case '\n':
			take(l, 1);
			begin_line(l);
			take(l, -1);
			break;
		case '\r':
			take(l, 1);
			begin_line(l);
			take(l, byte_at(l, l->end) == '\n' ? 0 : -1);
			break;
		case 0xEF: /* a byte order mark */
			if (!stands(l, l->end, STR("\xEF\xBB\xBF")))
				return;
			l->end += 2;
			break;
		default:
			return;
		}
	}
}

static struct graphql_token
read_comment(struct graphql_lexer *l)
{
	while (l->end < l->text.len && (byte_at(l, l->end) >= ' ' || byte_at(l,
	    l->end) == '\t'))
		(void)take_rune(l);
	return make_text(l, GRAPHQL_T_COMMENT);
}

static bool
is_name_byte(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_';
}

static struct graphql_token
read_name(struct graphql_lexer *l)
{
	while (is_name_byte(byte_at(l, l->end)))
		take(l, 1);
	return make_text(l, GRAPHQL_T_NAME);
}

/* ---- numbers ---- */

static int
take_digits(struct graphql_lexer *l)
{
	int count = 0;

	for (; byte_at(l, l->end) >= '0' && byte_at(l, l->end) <= '9'; count++)
		take(l, 1);
	return count;
}

static bool
take_one_of(struct graphql_lexer *l, int a, int b)
{
	int c = byte_at(l, l->end);

	if (c != a && c != b)
		return false;
	take(l, 1);
	return true;
}

static struct graphql_token
invalid_number(struct graphql_lexer *l, const char *what)
{
	char bytes[4];
	int next = byte_at(l, l->end);

	if (next < 0)
		return invalid(
		    l, arena_printf(l->g->arena, "Invalid number, %s: <EOF>.", what));
	return invalid(l, arena_printf(l->g->arena, "Invalid number, %s: \"%.*s\".", what,
			      STR_FMT(byte_text(bytes, next))));
}

static struct graphql_token
read_number(struct graphql_lexer *l)
{
	static const char no_digit[] = "expected digit but got";
	enum graphql_token_kind kind = GRAPHQL_T_INT;

	take(l, -1);
	(void)take_one_of(l, '-', '-');
	if (take_one_of(l, '0', '0')) {
		int more = take_digits(l);

		take(l, -more);
		if (more > 0)
			return invalid_number(l, "unexpected digit after 0");
	} else if (take_digits(l) == 0) {
		return invalid_number(l, no_digit);
	}
	if (take_one_of(l, '.', '.')) {
		kind = GRAPHQL_T_FLOAT;
		if (take_digits(l) == 0)
			return invalid_number(l, no_digit);
	}
	if (take_one_of(l, 'e', 'E')) {
		kind = GRAPHQL_T_FLOAT;
		(void)take_one_of(l, '-', '+');
		if (take_digits(l) == 0)
			return invalid_number(l, no_digit);
	}
	return make_text(l, kind);
}

/* ---- strings ---- */

static struct graphql_token
invalid_byte(struct graphql_lexer *l, int byte)
{
	return invalid(l,
	    arena_printf(l->g->arena, "Invalid character within String: \"\\u%04d\".", byte));
}

static struct graphql_token
invalid_escape(struct graphql_lexer *l, str_t escape)
{
	take(l, 1);
	return invalid(l, arena_printf(l->g->arena,
			      "Invalid character escape sequence: \\%.*s.", STR_FMT(escape)));
}

/* Four digits of a \u escape; false: they are none. */
static bool
read_hex(str_t digits, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < digits.len; i++) {
		int c = digits.data[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return false;
		*ret = *ret << 4 | (uint32_t)digit;
	}
	return true;
}

/* At a backslash.  False: *ret is the invalid token. */
static bool
read_escape(struct graphql_lexer *l, struct buf *text, struct graphql_token *ret)
{
	static const char letters[] = "\"/\\bfnrt", bytes[] = "\"/\\\b\f\n\r\t";
	int c = byte_at(l, l->end + 1);
	const char *letter = c > 0 ? strchr(letters, c) : NULL;
	str_t rest = str_skip(l->text, l->end);
	char encoded[4];
	uint32_t rune;

	if (c < 0) {
		take(l, 1);
		*ret = invalid(l, STR("Invalid character escape sequence."));
		return false;
	}
	if (c == 'u') {
		/* One more byte must follow, as there is a quote to come. */
		if (rest.len <= 6) {
			*ret = invalid_escape(l, str_skip(rest, 1));
			return false;
		}
		if (!read_hex(str_sub(rest, 2, 4), &rune)) {
			*ret = invalid_escape(l, str_sub(rest, 1, 5));
			return false;
		}
		utf8_add(text, rune);
		take(l, 6);
		return true;
	}
	if (letter == NULL) {
		*ret = invalid_escape(l, byte_text(encoded, c));
		return false;
	}
	buf_add_char(text, bytes[letter - letters]);
	take(l, 2);
	return true;
}

/* The opening quote is taken. */
static struct graphql_token
read_string_into(struct graphql_lexer *l, struct buf *text)
{
	struct graphql_token problem;

	l->start++;
	l->start_runes++;
	for (int c; (c = byte_at(l, l->end)) >= 0 && c != '\n' && c != '\r';) {
		if (c < ' ' && c != '\t')
			return invalid_byte(l, c);
		if (c == '"') {
			struct graphql_token token =
			    make(l, GRAPHQL_T_STRING, arena_str(l->g->arena, buf_str(text)));

			take(l, 1);
			return token;
		}
		if (c != '\\')
			utf8_add(text, take_rune(l));
		else if (!read_escape(l, text, &problem))
			return problem;
	}
	return invalid(l, STR("Unterminated string."));
}

/* ---- block strings ---- */

enum { ALL_BLANK = INT32_MAX };

static size_t
indent_of(str_t line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] != ' ' && line.data[i] != '\t')
			return i;
	}
	return ALL_BLANK;
}

static str_t
line_at(str_t text, size_t from)
{
	return str_sub(text, from, str_find_char(text, '\n', from) - from);
}

/* Without the indent that all lines have, and blank lines at both ends. */
static str_t
strip_block(struct graphql_lexer *l, str_t raw)
{
	size_t common = ALL_BLANK, begin = SIZE_MAX, end = 0;
	struct buf out;
	str_t result;

	for (size_t at = 0; at <= raw.len; at += line_at(raw, at).len + 1) {
		str_t line = line_at(raw, at);
		size_t indent = indent_of(line);

		if (indent == ALL_BLANK)
			continue;
		common = indent < common ? indent : common;
		begin = begin == SIZE_MAX ? at : begin;
		end = at + line.len;
	}
	if (begin == SIZE_MAX)
		return STR("");
	buf_init(&out, raw.len + 1);
	for (size_t at = begin; at <= end; at += line_at(raw, at).len + 1) {
		str_t line = line_at(raw, at);

		if (at > begin)
			buf_add_char(&out, '\n');
		/* The first line of all keeps its indent. */
		if (at > 0)
			line = str_skip(line, line.len < common ? line.len : common);
		buf_add_str(&out, line);
	}
	result = arena_str(l->g->arena, buf_str(&out));
	buf_fini(&out);
	return result;
}

/* The first quote of three is taken. */
static struct graphql_token
read_block_into(struct graphql_lexer *l, struct buf *text)
{
	l->start += 3;
	l->start_runes += 3;
	take(l, 2);
	for (int c; (c = byte_at(l, l->end)) >= 0;) {
		if (stands(l, l->end, STR("\"\"\""))) {
			struct graphql_token token =
			    make(l, GRAPHQL_T_BLOCK_STRING, strip_block(l, buf_str(text)));

			take(l, 3);
			return token;
		}
		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return invalid_byte(l, c);
		if (stands(l, l->end, STR("\\\"\"\""))) {
			buf_add_text(text, "\"\"\"");
			take(l, 4);
			continue;
		}
		if (c == '\r' && byte_at(l, l->end + 1) == '\n')
			take(l, 1);
		if (c != '\r' && c != '\n') {
			utf8_add(text, take_rune(l));
			continue;
		}
		buf_add_char(text, '\n');
		take(l, 1);
		begin_line(l);
	}
	return invalid(l, STR("Unterminated string."));
}

static struct graphql_token
read_quoted(struct graphql_lexer *l)
{
	struct graphql_token token;
	struct buf text;

	/* A byte that is no UTF-8 becomes three. */
	buf_init(&text, (l->text.len - l->start) * 3 + 1);
	token = stands(l, l->start, STR("\"\"\"")) ? read_block_into(l, &text)
						   : read_string_into(l, &text);
	if (buf_failed(&text))
		arena_fail(l->g->arena);
	buf_fini(&text);
	return token;
}

/* ---- all ---- */

static struct graphql_token
invalid_start(struct graphql_lexer *l, int c)
{
	char bytes[4];

	take(l, -1);
	if (c < ' ')
		return invalid(l, arena_printf(l->g->arena,
				      "Cannot contain the invalid character \"\\u%04d\"", c));
	if (c == '\'')
		return invalid(l, STR("Unexpected single quote character ('), "
				      "did you mean to use a double quote (\")?"));
	return invalid(
	    l, arena_printf(l->g->arena, "Cannot parse the unexpected character \"%.*s\".",
		   STR_FMT(byte_text(bytes, c))));
}

struct graphql_token
graphql_lexer_next(struct graphql_lexer *l)
{
	static const char punctuation[] = "!$&():=@[]{}|";
	static const enum graphql_token_kind kinds[] = { GRAPHQL_T_BANG, GRAPHQL_T_DOLLAR,
		GRAPHQL_T_AMP, GRAPHQL_T_PAREN_L, GRAPHQL_T_PAREN_R, GRAPHQL_T_COLON,
		GRAPHQL_T_EQUALS, GRAPHQL_T_AT, GRAPHQL_T_BRACKET_L, GRAPHQL_T_BRACKET_R,
		GRAPHQL_T_BRACE_L, GRAPHQL_T_BRACE_R, GRAPHQL_T_PIPE };
	const char *mark;
	int c;

	skip_blanks(l);
	l->start = l->end;
	l->start_runes = l->end_runes;
	c = byte_at(l, l->end);
	if (c < 0)
		return make(l, GRAPHQL_T_EOF, STR(""));
	take(l, 1);
	mark = c > 0 ? strchr(punctuation, c) : NULL;
	if (mark != NULL)
		return make(l, kinds[mark - punctuation], STR(""));
	if (c == '.' && stands(l, l->start, STR("..."))) {
		take(l, 2);
		return make(l, GRAPHQL_T_SPREAD, STR(""));
	}
	if (c == '#')
		return read_comment(l);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(l);
	if (is_name_byte(c))
		return read_name(l);
	return c == '"' ? read_quoted(l) : invalid_start(l, c);
}
