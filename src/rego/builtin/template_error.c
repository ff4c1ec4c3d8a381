/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/template.h"

static void print_pipe(struct buf *, const struct template_pipe *);

void
template_print_operand(struct buf *b, const struct template_operand *o)
{
	if (o->kind == TEMPLATE_GROUP) {
		buf_add_char(b, '(');
		print_pipe(b, o->group);
		buf_add_char(b, ')');
	}
	buf_add_str(b, o->text);
}

static void
print_command(struct buf *b, const struct template_command *c)
{
	for (const struct template_operand *o = c->operands; o != NULL; o = o->next) {
		if (o != c->operands)
			buf_add_char(b, ' ');
		template_print_operand(b, o);
	}
}

static void
print_pipe(struct buf *b, const struct template_pipe *p)
{
	for (int i = 0; i < p->variable_count; i++)
		buf_printf(b, "%s$%.*s", i > 0 ? ", " : "", STR_FMT(p->variables[i]));
	if (p->variable_count > 0)
		buf_add_text(b, p->assigns ? " = " : " := ");
	for (const struct template_command *c = p->commands; c != NULL; c = c->next) {
		if (c != p->commands)
			buf_add_text(b, " | ");
		print_command(b, c);
	}
}

static void
print_call(struct buf *b, const struct template_node *n)
{
	buf_add_text(b, "{{template ");
	rego_quote(b, n->text);
	if (n->pipe != NULL) {
		buf_add_char(b, ' ');
		print_pipe(b, n->pipe);
	}
	buf_add_text(b, "}}");
}

static const char *
find_place(struct template_place place)
{
	if (place.operand != NULL)
		return place.operand->at;
	if (place.command != NULL)
		return place.command->at;
	return place.pipe != NULL ? place.pipe->at : place.node->at;
}

void
template_explain(struct buf *problem, const struct template *t, str_t name,
    struct template_place place, str_t message)
{
	const char *at = find_place(place), *line = t->text.data;
	unsigned row = 1;

	for (const char *c = t->text.data; c < at; c++) {
		if (*c == '\n') {
			row++;
			line = c + 1;
		}
	}
	buf_printf(problem, "template: template:%u:%u: executing ", row, (unsigned)(at - line));
	rego_quote(problem, name);
	buf_add_text(problem, " at <");
	if (place.operand != NULL)
		template_print_operand(problem, place.operand);
	else if (place.command != NULL)
		print_command(problem, place.command);
	else if (place.pipe != NULL)
		print_pipe(problem, place.pipe);
	else
		print_call(problem, place.node);
	buf_add_text(problem, ">: ");
	buf_add_str(problem, message);
}
