/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "rego/builtin/template.h"
#include "value/number.h"

enum { DEEPEST = 100, LONGEST_DETAIL = 100 };

struct parser {
	struct arena *arena;
	struct buf *problem;
	str_t text; /* not read yet: plain text, then {{ */
	str_t action; /* inside of the action at hand */
	struct template *template;
	int depth, ranges;
};

static bool
refuse(struct parser *p, const char *what, str_t detail)
{
	if (p->problem->len == 0)
		buf_printf(p->problem, "template: template: %s%.*s", what,
		    (int)(detail.len < LONGEST_DETAIL ? detail.len : LONGEST_DETAIL), detail.data);
	return false;
}

#define MAKE(p, type) ((type *)arena_alloc((p)->arena, sizeof(type), _Alignof(type)))

/* ---- lexing inside an action ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static void
skip_blanks(struct parser *p)
{
	while (p->action.len > 0 && is_blank(p->action.data[0]))
		p->action = str_skip(p->action, 1);
}

static char
peek(const struct parser *p)
{
	return p->action.len > 0 ? p->action.data[0] : '\0';
}

static bool
take(struct parser *p, str_t what)
{
	if (!str_has_prefix(p->action, what))
		return false;
	p->action = str_skip(p->action, what.len);
	return true;
}

static str_t
take_word(struct parser *p)
{
	size_t len = 0;
	str_t word;

	while (len < p->action.len && is_word(p->action.data[len]))
		len++;
	word = str_sub(p->action, 0, len);
	p->action = str_skip(p->action, len);
	return word;
}

/* .a.b right behind what was read. */
static bool
take_fields(struct parser *p, str_t *ret)
{
	const char *begin = p->action.data;

	while (p->action.len > 1 && p->action.data[0] == '.' && is_word(p->action.data[1])) {
		p->action = str_skip(p->action, 1);
		(void)take_word(p);
	}
	*ret = STR("");
	if (p->action.data > begin + 1)
		*ret = str_make(begin + 1, (size_t)(p->action.data - begin) - 1);
	if (peek(p) == '.')
		return refuse(p, "unexpected . after term", STR(""));
	return true;
}

/* ---- literals ---- */

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
	                            : -1;
}

/* The code point of an escape; `s` stands behind the backslash.  Bytes read; 0: none. */
static size_t
read_escape(str_t s, uint32_t *ret)
{
	static const char letters[] = "abfnrtv\\'\"", codes[] = "\a\b\f\n\r\t\v\\'\"";
	const char *letter = s.len > 0 && s.data[0] != '\0' ? strchr(letters, s.data[0]) : NULL;
	size_t digits = s.len == 0 ? 0 : s.data[0] == 'x' ? 2 : s.data[0] == 'u' ? 4 : s.data[0] == 'U' ? 8 : 0;

	if (letter != NULL) {
		*ret = (unsigned char)codes[letter - letters];
		return 1;
	}
	*ret = 0;
	for (size_t i = 1; i <= digits; i++) {
		int digit = i < s.len ? hex_digit(s.data[i]) : -1;

		if (digit < 0)
			return 0;
		*ret = *ret << 4 | (uint32_t)digit;
	}
	return digits > 0 && *ret <= UTF8_LAST ? digits + 1 : 0;
}

static bool
parse_string(struct parser *p, value_t *ret)
{
	struct buf text;
	size_t i = 1, used;
	char bytes[4];
	uint32_t rune;

	buf_init(&text, p->action.len);
	for (; i < p->action.len && p->action.data[i] != '"' && p->action.data[i] != '\n'; i++) {
		if (p->action.data[i] != '\\') {
			buf_add_char(&text, p->action.data[i]);
			continue;
		}
		used = read_escape(str_skip(p->action, i + 1), &rune);
		if (used == 0)
			break;
		buf_add(&text, bytes, utf8_encode(bytes, rune));
		i += used;
	}
	if (i < p->action.len && p->action.data[i] == '"') {
		*ret = value_string(p->arena, buf_str(&text));
		p->action = str_skip(p->action, i + 1);
		buf_fini(&text);
		return true;
	}
	buf_fini(&text);
	return refuse(p, "unterminated quoted string", STR(""));
}

static bool
parse_raw_string(struct parser *p, value_t *ret)
{
	size_t end = str_find_char(p->action, '`', 1);

	if (end == p->action.len)
		return refuse(p, "unterminated raw quoted string", STR(""));
	*ret = value_string(p->arena, str_sub(p->action, 1, end - 1));
	p->action = str_skip(p->action, end + 1);
	return true;
}

static bool
parse_number(struct parser *p, value_t *ret)
{
	str_t rest = p->action, text;
	size_t len = peek(p) == '+' || peek(p) == '-' ? 1 : 0;

	while (len < rest.len && (is_word(rest.data[len]) || rest.data[len] == '.' ||
	    ((rest.data[len] == '+' || rest.data[len] == '-') && (rest.data[len - 1] | 0x20) == 'e')))
		len++;
	text = str_sub(rest, 0, len);
	*ret = number_parse(p->arena, text.data[0] == '+' ? str_skip(text, 1) : text);
	if (!value_is_defined(*ret))
		return refuse(p, "bad number syntax: ", text);
	p->action = str_skip(rest, len);
	return true;
}

/* ---- expressions ---- */

static struct template_pipe *parse_pipe(struct parser *, bool inside);

static bool
parse_word_operand(struct parser *p, struct template_operand *o)
{
	o->name = take_word(p);
	o->kind = TEMPLATE_LITERAL;
	if (str_eq(o->name, STR("true")) || str_eq(o->name, STR("false")))
		o->literal = value_bool(o->name.len == 4);
	else if (str_eq(o->name, STR("nil")))
		o->literal = VALUE_NONE;
	else if (template_has_function(o->name))
		o->kind = TEMPLATE_FUNCTION;
	else
		return refuse(p, "function not defined: ", o->name);
	return true;
}

static bool
parse_operand(struct parser *p, struct template_operand *o)
{
	char c = peek(p);

	o->fields = STR("");
	if (c == '.' && !(p->action.len > 1 && p->action.data[1] >= '0' && p->action.data[1] <= '9')) {
		o->kind = TEMPLATE_DOT;
		if (p->action.len > 1 && is_word(p->action.data[1]))
			return take_fields(p, &o->fields);
		p->action = str_skip(p->action, 1);
		return true;
	}
	if (c == '$') {
		o->kind = TEMPLATE_VARIABLE;
		p->action = str_skip(p->action, 1);
		o->name = take_word(p);
		return take_fields(p, &o->fields);
	}
	if (c == '(') {
		o->kind = TEMPLATE_GROUP;
		p->action = str_skip(p->action, 1);
		o->group = parse_pipe(p, true);
		return o->group != NULL && take_fields(p, &o->fields);
	}
	o->kind = TEMPLATE_LITERAL;
	if (c == '"')
		return parse_string(p, &o->literal);
	if (c == '`')
		return parse_raw_string(p, &o->literal);
	if ((c >= '0' && c <= '9') || c == '-' || c == '+')
		return parse_number(p, &o->literal);
	if (is_word(c))
		return parse_word_operand(p, o);
	return refuse(p, "unexpected character in command: ", str_sub(p->action, 0, p->action.len > 0));
}

/* Operands up to a | or the end. */
static struct template_command *
parse_command(struct parser *p)
{
	struct template_command *command = MAKE(p, struct template_command);
	struct template_operand **tail;
	int count = 0;

	if (command == NULL)
		return NULL;
	tail = &command->operands;
	for (skip_blanks(p); p->action.len > 0 && peek(p) != '|' && peek(p) != ')'; skip_blanks(p)) {
		struct template_operand *o = MAKE(p, struct template_operand);

		if (o == NULL || !parse_operand(p, o))
			return NULL;
		if (++count > TEMPLATE_MOST_ARGUMENTS) {
			(void)refuse(p, "too many operands", STR(""));
			return NULL;
		}
		if (p->action.len > 0 && !is_blank(peek(p)) && peek(p) != '|' && peek(p) != ')') {
			(void)refuse(p, "unexpected ", str_sub(p->action, 0, 1));
			return NULL;
		}
		*tail = o;
		tail = &o->next;
	}
	if (command->operands == NULL) {
		(void)refuse(p, "missing value for command", STR(""));
		return NULL;
	}
	return command;
}

/* $x := and $i, $x := ; without := or = behind it the variable is an operand. */
static void
parse_declaration(struct parser *p, struct template_pipe *pipe)
{
	str_t before = p->action;

	while (pipe->variable_count < 2 && peek(p) == '$') {
		p->action = str_skip(p->action, 1);
		pipe->variables[pipe->variable_count++] = take_word(p);
		skip_blanks(p);
		if (pipe->variable_count == 1 && take(p, STR(","))) {
			skip_blanks(p);
			continue;
		}
		break;
	}
	if (pipe->variable_count > 0 && take(p, STR(":=")))
		return;
	pipe->assigns = pipe->variable_count > 0 && take(p, STR("="));
	if (pipe->assigns)
		return;
	pipe->variable_count = 0;
	p->action = before;
}

static struct template_pipe *
parse_pipe(struct parser *p, bool inside)
{
	struct template_pipe *pipe = MAKE(p, struct template_pipe);
	struct template_command **tail;

	if (pipe == NULL || p->depth >= DEEPEST) {
		(void)refuse(p, "nested too deeply", STR(""));
		return NULL;
	}
	p->depth++;
	tail = &pipe->commands;
	skip_blanks(p);
	parse_declaration(p, pipe);
	do {
		*tail = parse_command(p);
		if (*tail == NULL)
			return NULL;
		tail = &(*tail)->next;
	} while (take(p, STR("|")));
	p->depth--;
	if (inside && !take(p, STR(")"))) {
		(void)refuse(p, "unclosed left paren", STR(""));
		return NULL;
	}
	if (!inside && p->action.len > 0) {
		(void)refuse(p, "unexpected right paren", STR(""));
		return NULL;
	}
	return pipe;
}

/* ---- actions ---- */

enum stop { STOP_EOF, STOP_END, STOP_ELSE, STOP_FAILED };

static enum stop parse_list(struct parser *, struct template_node **ret);

/* Text up to {{, then the action between the braces. */
static bool
next_action(struct parser *p, str_t *ret_text, bool *ret_found)
{
	size_t open = str_find(p->text, STR("{{"), 0), close;
	bool trim_left, trim_right;
	str_t rest;

	*ret_text = str_sub(p->text, 0, open);
	*ret_found = open < p->text.len;
	if (!*ret_found) {
		p->text = STR("");
		return true;
	}
	rest = str_skip(p->text, open + 2);
	trim_left = rest.len > 1 && rest.data[0] == '-' && is_blank(rest.data[1]);
	if (trim_left) {
		while (ret_text->len > 0 && is_blank(ret_text->data[ret_text->len - 1]))
			ret_text->len--;
		rest = str_skip(rest, 2);
	}
	if (str_has_prefix(rest, STR("/*"))) {
		size_t end = str_find(rest, STR("*/"), 2);

		if (end == rest.len)
			return refuse(p, "unclosed comment", STR(""));
		close = str_find(rest, STR("}}"), end);
	} else {
		bool quoted = false, raw = false;

		for (close = 0; close < rest.len; close++) {
			char c = rest.data[close];

			if (quoted && c == '\\')
				close++;
			else if (c == '"' && !raw)
				quoted = !quoted;
			else if (c == '`' && !quoted)
				raw = !raw;
			else if (!quoted && !raw && str_has_prefix(str_skip(rest, close), STR("}}")))
				break;
		}
	}
	if (close >= rest.len)
		return refuse(p, "unclosed action", STR(""));
	p->action = str_sub(rest, 0, close);
	p->text = str_skip(rest, close + 2);
	trim_right = close > 1 && rest.data[close - 1] == '-' && is_blank(rest.data[close - 2]);
	if (trim_right) {
		p->action.len -= 2;
		while (p->text.len > 0 && is_blank(p->text.data[0]))
			p->text = str_skip(p->text, 1);
	}
	p->action = str_trim_space(p->action);
	return true;
}

/* The word at the front of the action, if it is this one. */
static bool
take_keyword(struct parser *p, const char *word)
{
	str_t keyword = str_of(word);

	if (!str_has_prefix(p->action, keyword) ||
	    (p->action.len > keyword.len && is_word(p->action.data[keyword.len])))
		return false;
	p->action = str_skip(p->action, keyword.len);
	skip_blanks(p);
	return true;
}

/* Body, then else or end; `else if` (`else with`) is an if inside the else. */
static bool
parse_branch(struct parser *p, struct template_node *node, const char *word)
{
	enum stop stop;

	node->pipe = parse_pipe(p, false);
	if (node->pipe == NULL || ++p->depth > DEEPEST)
		return refuse(p, "nested too deeply", STR(""));
	stop = parse_list(p, &node->body);
	if (stop == STOP_ELSE && take_keyword(p, word)) {
		node->otherwise = MAKE(p, struct template_node);
		if (node->otherwise == NULL)
			return false;
		node->otherwise->kind = node->kind;
		if (!parse_branch(p, node->otherwise, word))
			return false;
		stop = STOP_END;
	} else if (stop == STOP_ELSE) {
		stop = parse_list(p, &node->otherwise);
	}
	p->depth--;
	return stop == STOP_END || (stop != STOP_FAILED && refuse(p, "unexpected EOF", STR("")));
}

static bool
parse_name(struct parser *p, str_t *ret)
{
	value_t name = VALUE_NONE;
	bool found = peek(p) == '"' ? parse_string(p, &name)
	                            : peek(p) == '`' && parse_raw_string(p, &name);

	if (!found || !value_is_string(name))
		return refuse(p, "a template needs a quoted name", STR(""));
	*ret = value_str(name);
	skip_blanks(p);
	return true;
}

static bool
parse_definition(struct parser *p, str_t name)
{
	struct template_definition *d = MAKE(p, struct template_definition);

	if (d == NULL || ++p->depth > DEEPEST)
		return refuse(p, "nested too deeply", STR(""));
	d->name = name;
	if (parse_list(p, &d->body) != STOP_END)
		return refuse(p, "unexpected end in definition of ", name);
	p->depth--;
	d->next = p->template->definitions;
	p->template->definitions = d;
	return true;
}

static bool
parse_loop_exit(struct parser *p, struct template_node *node, enum template_node_kind kind)
{
	node->kind = kind;
	if (p->ranges == 0)
		return refuse(p, "break or continue outside of range", STR(""));
	return p->action.len == 0 || refuse(p, "unexpected ", p->action);
}

/* One action but else and end.  *node stays of kind TEXT if nothing is to be run. */
static bool
parse_action(struct parser *p, struct template_node *node)
{
	if (take_keyword(p, "if")) {
		node->kind = TEMPLATE_IF;
		return parse_branch(p, node, "if");
	}
	if (take_keyword(p, "with")) {
		node->kind = TEMPLATE_WITH;
		return parse_branch(p, node, "with");
	}
	if (take_keyword(p, "range")) {
		node->kind = TEMPLATE_RANGE;
		p->ranges++;
		if (!parse_branch(p, node, "range"))
			return false;
		p->ranges--;
		return true;
	}
	if (take_keyword(p, "break"))
		return parse_loop_exit(p, node, TEMPLATE_BREAK);
	if (take_keyword(p, "continue"))
		return parse_loop_exit(p, node, TEMPLATE_CONTINUE);
	if (take_keyword(p, "define"))
		return parse_name(p, &node->text) && parse_definition(p, node->text) &&
		    (node->text = STR(""), true);
	if (take_keyword(p, "template") || str_has_prefix(p->action, STR("block "))) {
		bool block = take_keyword(p, "block");

		node->kind = TEMPLATE_CALL;
		if (!parse_name(p, &node->text))
			return false;
		if (p->action.len > 0 && (node->pipe = parse_pipe(p, false)) == NULL)
			return false;
		return !block || parse_definition(p, node->text);
	}
	node->kind = TEMPLATE_ACTION;
	node->pipe = parse_pipe(p, false);
	return node->pipe != NULL;
}

static struct template_node *
add_node(struct parser *p, struct template_node ***tail)
{
	struct template_node *node = MAKE(p, struct template_node);

	if (node == NULL)
		return NULL;
	node->text = STR("");
	**tail = node;
	*tail = &node->next;
	return node;
}

static enum stop
parse_list(struct parser *p, struct template_node **ret)
{
	struct template_node **tail = ret, *node;
	bool found;
	str_t text;

	for (;;) {
		if (!next_action(p, &text, &found))
			return STOP_FAILED;
		if (text.len > 0) {
			node = add_node(p, &tail);
			if (node == NULL)
				return STOP_FAILED;
			node->text = text;
		}
		if (!found)
			return STOP_EOF;
		if (str_has_prefix(p->action, STR("/*")))
			continue;
		if (take_keyword(p, "end"))
			return p->action.len == 0 ? STOP_END : STOP_FAILED;
		if (take_keyword(p, "else"))
			return STOP_ELSE;
		node = add_node(p, &tail);
		if (node == NULL || !parse_action(p, node))
			return STOP_FAILED;
	}
}

bool
template_parse(struct arena *arena, str_t text, struct template *ret, struct buf *problem)
{
	struct parser p = { .arena = arena, .problem = problem, .text = text, .template = ret };
	enum stop stop;

	*ret = (struct template){ 0 };
	stop = parse_list(&p, &ret->body);
	if (stop == STOP_EOF)
		return !arena_failed(arena);
	return refuse(&p, stop == STOP_FAILED ? "malformed action" : "unexpected {{end}} or {{else}}",
	    STR(""));
}
