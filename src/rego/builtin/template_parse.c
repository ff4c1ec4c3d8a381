/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/template_internal.h"

enum { DEEPEST = 100, LONGEST_PROBLEM = 256 };

/* unexpected "x" in command */
static bool
refuse_token(struct template_parser *p, str_t token, const char *context)
{
	struct buf quoted;

	buf_init(&quoted, LONGEST_PROBLEM);
	rego_quote(&quoted, str_sub(token, 0, token.len < 10 ? token.len : 10));
	(void)template_refuse(p, "unexpected %.*s%s in %s", STR_FMT(buf_str(&quoted)),
	    token.len > 10 ? "..." : "", context);
	buf_fini(&quoted);
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
skip_blanks(struct template_parser *p)
{
	while (p->action.len > 0 && is_blank(p->action.data[0]))
		p->action = str_skip(p->action, 1);
}

static char
peek(const struct template_parser *p)
{
	return p->action.len > 0 ? p->action.data[0] : '\0';
}

static bool
take(struct template_parser *p, str_t what)
{
	if (!str_has_prefix(p->action, what))
		return false;
	p->action = str_skip(p->action, what.len);
	return true;
}

/* What may stand right behind a word, a field or a variable. */
static bool
ends_word(struct template_parser *p)
{
	char c = p->action.len > 0 ? p->action.data[0] : ' ';

	if (is_blank(c) || strchr(".,|:()", c) != NULL)
		return true;
	return template_refuse(p, "bad character U+%04X '%c'", (unsigned char)c, c);
}

static str_t
take_word(struct template_parser *p)
{
	size_t len = 0;
	str_t word;

	while (len < p->action.len && is_word(p->action.data[len]))
		len++;
	word = str_sub(p->action, 0, len);
	p->action = str_skip(p->action, len);
	return word;
}

/* .a.b right behind what was read.  Errors place a chain at its first field, .a.b at the second. */
static bool
take_fields(struct template_parser *p, struct template_operand *o)
{
	const char *begin = p->action.data;
	int count = 0;

	while (p->action.len > 1 && p->action.data[0] == '.' && is_word(p->action.data[1])) {
		if (count++ == (o->kind == TEMPLATE_DOT))
			o->at = p->action.data;
		p->action = str_skip(p->action, 1);
		(void)take_word(p);
	}
	if (count > 0) {
		o->fields = str_make(begin + 1, (size_t)(p->action.data - begin) - 1);
		if (!ends_word(p))
			return false;
	}
	if (peek(p) == '.')
		return refuse_token(p, STR("."), "operand");
	return true;
}

/* ---- expressions ---- */

static struct template_pipe *parse_pipe(struct template_parser *, bool inside, const char *context);

static bool
parse_word_operand(struct template_parser *p, struct template_operand *o)
{
	o->name = take_word(p);
	if (!ends_word(p))
		return false;
	if (str_eq(o->name, STR("true")) || str_eq(o->name, STR("false")))
		o->literal = value_bool(o->name.len == 4);
	else if (str_eq(o->name, STR("nil")))
		o->literal = VALUE_NONE;
	else if (template_has_function(o->name))
		o->kind = TEMPLATE_FUNCTION;
	else
		return template_refuse(p, "function \"%.*s\" not defined", STR_FMT(o->name));
	return true;
}

static bool
parse_variable(struct template_parser *p, struct template_operand *o)
{
	bool known;

	p->action = str_skip(p->action, 1);
	o->name = take_word(p);
	known = o->name.len == 0;
	for (size_t i = 0; i < p->variables.count && !known; i++)
		known = str_eq(p->variables.at[i], o->name);
	if (!known)
		return template_refuse(p, "undefined variable \"$%.*s\"", STR_FMT(o->name));
	return take_fields(p, o);
}

static bool
parse_literal(struct template_parser *p, struct template_operand *o, const char *context)
{
	char c = peek(p);

	if (c == '"')
		return template_read_string(p, &o->literal);
	if (c == '`')
		return template_read_raw_string(p, &o->literal);
	if (c == '\'')
		return template_read_character(p, &o->literal);
	if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.')
		return template_read_number(p, &o->literal);
	if (is_word(c))
		return parse_word_operand(p, o);
	return refuse_token(p, str_sub(p->action, 0, 1), context);
}

/* Sets all of *o but its text. */
static bool
parse_operand(struct template_parser *p, struct template_operand *o, const char *context)
{
	char c = peek(p);

	o->fields = STR("");
	o->at = p->action.data;
	if (c == '.' && !(p->action.len > 1 && p->action.data[1] >= '0' && p->action.data[1] <= '9')) {
		o->kind = TEMPLATE_DOT;
		if (p->action.len > 1 && is_word(p->action.data[1]))
			return take_fields(p, o);
		p->action = str_skip(p->action, 1);
		if (peek(p) == '.')
			return template_refuse(p, "unexpected . after term \".\"");
		return p->action.len == 0 || ends_word(p);
	}
	if (c == '$') {
		o->kind = TEMPLATE_VARIABLE;
		return parse_variable(p, o);
	}
	if (c == '(') {
		o->kind = TEMPLATE_GROUP;
		p->action = str_skip(p->action, 1);
		o->group = parse_pipe(p, true, "parenthesized pipeline");
		if (o->group == NULL)
			return false;
		o->at = o->group->at;
		return take_fields(p, o);
	}
	o->kind = TEMPLATE_LITERAL;
	return parse_literal(p, o, context);
}

/* Operands up to a | or the end; none: NULL. */
static struct template_command *
parse_command(struct template_parser *p, const char *context)
{
	struct template_command *command = MAKE(p, struct template_command);
	struct template_operand **tail;
	int count = 0;

	if (command == NULL)
		return NULL;
	tail = &command->operands;
	skip_blanks(p);
	command->at = p->action.data;
	for (; p->action.len > 0 && peek(p) != '|' && peek(p) != ')'; skip_blanks(p)) {
		struct template_operand *o = MAKE(p, struct template_operand);
		const char *begin = p->action.data;

		if (o == NULL || !parse_operand(p, o, context))
			return NULL;
		o->text = str_make(begin, (size_t)(p->action.data - begin));
		if (o->kind == TEMPLATE_GROUP) /* the group prints itself */
			o->text = str_make(o->fields.data - (o->fields.len > 0), o->fields.len + (o->fields.len > 0));
		if (++count > TEMPLATE_MOST_ARGUMENTS) {
			(void)template_refuse(p, "too many operands");
			return NULL;
		}
		if (p->action.len > 0 && !is_blank(peek(p)) && peek(p) != '|' && peek(p) != ')') {
			(void)refuse_token(p, str_sub(p->action, 0, 1), "operand");
			return NULL;
		}
		*tail = o;
		tail = &o->next;
		context = "command";
	}
	return command->operands != NULL ? command : NULL;
}

/* $x := and $i, $x := ; without := or = behind it the variable is an operand. */
static void
parse_declaration(struct template_parser *p, struct template_pipe *pipe)
{
	str_t before = p->action;
	bool declares;

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
	declares = pipe->variable_count > 0 && take(p, STR(":="));
	pipe->assigns = !declares && pipe->variable_count > 0 && take(p, STR("="));
	if (!declares && !pipe->assigns) {
		pipe->variable_count = 0;
		p->action = before;
	}
}

/* Its variables are known to what follows. */
static bool
declare(struct template_parser *p, const struct template_pipe *pipe)
{
	for (int i = 0; i < pipe->variable_count && !pipe->assigns; i++) {
		if (!VEC_PUSH(p->arena, &p->variables, pipe->variables[i]))
			return false;
	}
	return true;
}

static bool
is_executable(const struct template_command *c)
{
	return c->operands->kind != TEMPLATE_LITERAL &&
	    (c->operands->kind != TEMPLATE_DOT || c->operands->fields.len > 0);
}

static bool
parse_commands(struct template_parser *p, struct template_pipe *pipe, const char *context)
{
	struct template_command **tail = &pipe->commands;
	int stage = 0;

	do {
		*tail = parse_command(p, context);
		if (*tail == NULL)
			return stage == 0 ? template_refuse(p, "missing value for %s", context)
			                  : template_refuse(p, "empty command");
		if (++stage > 1 && !is_executable(*tail))
			return template_refuse(p, "non executable command in pipeline stage %d", stage);
		tail = &(*tail)->next;
	} while (take(p, STR("|")));
	return true;
}

static struct template_pipe *
parse_pipe(struct template_parser *p, bool inside, const char *context)
{
	struct template_pipe *pipe = MAKE(p, struct template_pipe);

	if (pipe == NULL || p->depth >= DEEPEST) {
		(void)template_refuse(p, "nested too deeply");
		return NULL;
	}
	p->depth++;
	skip_blanks(p);
	pipe->at = p->action.data;
	parse_declaration(p, pipe);
	if (!parse_commands(p, pipe, context) || !declare(p, pipe))
		return NULL;
	p->depth--;
	if (inside && !take(p, STR(")"))) {
		(void)template_refuse(p, "unclosed left paren");
		return NULL;
	}
	if (!inside && p->action.len > 0) {
		(void)refuse_token(p, STR(")"), context);
		return NULL;
	}
	return pipe;
}

/* ---- actions ---- */

enum stop { STOP_EOF, STOP_END, STOP_ELSE, STOP_FAILED };

static enum stop parse_list(struct template_parser *, struct template_node **ret);

/* Text up to {{, then the action between the braces. */
static bool
next_action(struct template_parser *p, str_t *ret_text, bool *ret_found)
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
			return template_refuse(p, "unclosed comment");
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
		return template_refuse(p, "unclosed action");
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
take_keyword(struct template_parser *p, const char *word)
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
parse_branch(struct template_parser *p, struct template_node *node, const char *word)
{
	size_t mark = p->variables.count;
	enum stop stop;

	node->pipe = parse_pipe(p, false, word);
	if (node->pipe == NULL || ++p->depth > DEEPEST)
		return template_refuse(p, "nested too deeply");
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
	p->variables.count = mark;
	return stop == STOP_END || (stop != STOP_FAILED && template_refuse(p, "unexpected EOF"));
}

static bool
parse_name(struct template_parser *p, const char *context, str_t *ret)
{
	value_t name = VALUE_NONE;
	bool found = peek(p) == '"' ? template_read_string(p, &name)
	                            : peek(p) == '`' && template_read_raw_string(p, &name);

	if (!found || !value_is_string(name))
		return refuse_token(p, p->action, context);
	*ret = value_str(name);
	skip_blanks(p);
	return true;
}

static bool
parse_definition(struct template_parser *p, str_t name, const char *context)
{
	struct template_definition *d = MAKE(p, struct template_definition);
	size_t mark = p->variables.count;
	enum stop stop;

	if (d == NULL || ++p->depth > DEEPEST)
		return template_refuse(p, "nested too deeply");
	d->name = name;
	stop = parse_list(p, &d->body);
	if (stop != STOP_END)
		return stop == STOP_EOF ? template_refuse(p, "unexpected EOF")
		                        : template_refuse(p, "unexpected {{else}} in %s", context);
	p->variables.count = mark;
	p->depth--;
	d->next = p->template->definitions;
	p->template->definitions = d;
	return true;
}

static bool
parse_loop_exit(struct template_parser *p, struct template_node *node, enum template_node_kind kind)
{
	const char *word = kind == TEMPLATE_BREAK ? "break" : "continue";

	node->kind = kind;
	if (p->ranges == 0)
		return template_refuse(p, "{{%s}} outside {{range}}", word);
	return p->action.len == 0 || refuse_token(p, p->action, word);
}

/* One action but else and end.  *node stays of kind TEXT if nothing is to be run. */
static bool
parse_action(struct template_parser *p, struct template_node *node)
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
		return parse_name(p, "define clause", &node->text) &&
		    parse_definition(p, node->text, "define clause") && (node->text = STR(""), true);
	if (take_keyword(p, "template") || str_has_prefix(p->action, STR("block "))) {
		bool block = take_keyword(p, "block");

		const char *context = block ? "block clause" : "template clause";

		node->kind = TEMPLATE_CALL;
		node->at = p->action.data;
		if (!parse_name(p, context, &node->text))
			return false;
		if (p->action.len > 0 && (node->pipe = parse_pipe(p, false, context)) == NULL)
			return false;
		return !block || parse_definition(p, node->text, context);
	}
	node->kind = TEMPLATE_ACTION;
	node->pipe = parse_pipe(p, false, "command");
	return node->pipe != NULL;
}

static struct template_node *
add_node(struct template_parser *p, struct template_node ***tail)
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
parse_list(struct template_parser *p, struct template_node **ret)
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
	struct template_parser p = { .arena = arena, .problem = problem, .text = text, .template = ret };
	enum stop stop;

	*ret = (struct template){ .text = text };
	stop = parse_list(&p, &ret->body);
	if (stop == STOP_EOF)
		return !arena_failed(arena);
	return template_refuse(&p, "%s", stop == STOP_FAILED ? "malformed action"
	        : stop == STOP_END                  ? "unexpected {{end}}"
	                                            : "unexpected {{else}}");
}
