/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: the language of Go's text/template, for strings.render_template.
 *
 *   template_parse.c     text to tree; everything lives in the call's arena
 *   template_run.c       tree and data to text
 *   template_function.c  eq, len, printf and the other functions
 *   template_error.c     where something went wrong, as Go says it
 *
 * What is left out of Go's: methods and functions of the host (there are none),
 * complex numbers and character arithmetic.
 */
#ifndef REGO_BUILTIN_TEMPLATE_H
#define REGO_BUILTIN_TEMPLATE_H

#include "rego/builtin/util.h"

/*
 * What an expression yields.  A number of the data is what Go calls a json.Number: a
 * kind of string.  Numbers that the template itself makes are VALUE_INT or reals.
 */
struct template_value {
	value_t value; /* VALUE_NONE: nil */
	bool is_text; /* a number of the data */
	bool boxed; /* out of a collection: its static type is interface {} */
};

struct template_pipe;

enum template_operand_kind {
	TEMPLATE_DOT, /* . and .a.b */
	TEMPLATE_VARIABLE, /* $x.a.b */
	TEMPLATE_FUNCTION, /* name */
	TEMPLATE_LITERAL,
	TEMPLATE_GROUP, /* (pipe).a.b */
};

struct template_operand {
	struct template_operand *next;
	enum template_operand_kind kind;
	str_t name; /* VARIABLE, FUNCTION */
	value_t literal; /* VALUE_NONE: nil */
	struct template_pipe *group;
	str_t fields; /* a.b: names with dots between; empty: none */
	str_t text; /* as it is written; of a group only the fields */
	const char *at; /* where errors place it */
};

struct template_command {
	struct template_command *next;
	struct template_operand *operands;
	const char *at;
};

struct template_pipe {
	struct template_command *commands;
	str_t variables[2]; /* $i, $x := ... */
	int variable_count;
	bool assigns; /* = and not := */
	const char *at;
};

enum template_node_kind {
	TEMPLATE_TEXT,
	TEMPLATE_ACTION,
	TEMPLATE_IF,
	TEMPLATE_RANGE,
	TEMPLATE_WITH,
	TEMPLATE_CALL,
	TEMPLATE_BREAK,
	TEMPLATE_CONTINUE,
};

struct template_node {
	struct template_node *next;
	enum template_node_kind kind;
	str_t text; /* TEXT; CALL: the template's name */
	struct template_pipe *pipe; /* may be NULL for CALL */
	const char *at; /* CALL */
	struct template_node *body, *otherwise;
};

struct template_definition {
	struct template_definition *next;
	str_t name;
	struct template_node *body;
};

struct template {
	str_t text;
	struct template_node *body;
	struct template_definition *definitions;
};

/* False: *problem says why (Go's message), or the arena refused. */
bool template_parse(struct arena *, str_t text, struct template *ret, struct buf *problem);

/* What was looked at last: errors name it. */
struct template_place {
	const struct template_operand *operand;
	const struct template_command *command; /* if there is no operand */
	const struct template_pipe *pipe; /* if there is no command */
	const struct template_node *node; /* if there is nothing else */
};

/* template: template:1:2: executing "name" at <.a>: message */
void template_explain(struct buf *problem, const struct template *, str_t name,
    struct template_place, str_t message);
void template_print_operand(struct buf *, const struct template_operand *);

enum { TEMPLATE_MOST_ARGUMENTS = 16 };

struct template_call { /* of a function */
	struct rego_call *call;
	struct buf *problem;
	const struct template_value *arguments;
	int count;
};

bool template_is_true(struct template_value);
void template_print(struct buf *, struct template_value, bool inside); /* as fmt.Print */

/* False: the problem is told, or the budget is spent. */
bool template_call_function(struct template_call *, str_t name, struct template_value *ret);
bool template_has_function(str_t name);
/* How many arguments it takes: at least *ret_least; exactly that many if not `more`. */
void template_function_arity(str_t name, int *ret_least, bool *ret_more);
const char *template_type_name(struct template_value); /* Go's */

#endif
