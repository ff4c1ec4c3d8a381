/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"
#include "rego/builtin/strings_internal.h"
#include "rego/builtin/template.h"

enum { DEEPEST_CALL = 100, LONGEST_PROBLEM = 300, LONGEST_DETAIL = 100 };

struct variable {
	str_t name;
	struct template_value value;
};

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

struct runner {
	struct rego_call *call;
	const struct template *template;
	VEC(struct variable) variables; /* the innermost last; $ is the first */
	struct buf out;
	struct buf *problem;
	int depth;
};

static bool
refuse(struct runner *r, const char *what, str_t detail)
{
	if (r->problem->len == 0)
		buf_printf(r->problem, "%s%.*s", what,
		    (int)(detail.len < LONGEST_DETAIL ? detail.len : LONGEST_DETAIL), detail.data);
	return false;
}

static struct template_value
data_value(value_t v)
{
	return (struct template_value){ v, value_is_number(v) };
}

/* ---- expressions ---- */

static bool run_pipe(struct runner *, const struct template_pipe *, struct template_value dot,
    struct template_value *ret);

static bool
push_variable(struct runner *r, str_t name, struct template_value value)
{
	struct variable v = { name, value };

	return VEC_PUSH(r->call->arena, &r->variables, v);
}

static struct variable *
find_variable(struct runner *r, str_t name)
{
	for (size_t i = r->variables.count; i-- > 0;) {
		if (str_eq(r->variables.at[i].name, name))
			return &r->variables.at[i];
	}
	(void)refuse(r, "undefined variable: $", name);
	return NULL;
}

/* a.b.c inside *v */
static bool
take_fields(struct runner *r, str_t fields, struct template_value *v)
{
	while (fields.len > 0) {
		size_t dot = str_find_char(fields, '.', 0);
		str_t name = str_sub(fields, 0, dot);

		if (v->value.tag == VALUE_UNDEFINED || v->value.tag == VALUE_NULL)
			return refuse(r, "nil data; no entry for key ", name);
		if (v->value.tag != VALUE_OBJECT)
			return refuse(r, "can't evaluate field ", name);
		*v = data_value(value_object_get_str(v->value, name));
		if (!value_is_defined(v->value))
			return refuse(r, "map has no entry for key ", name);
		fields = dot < fields.len ? str_skip(fields, dot + 1) : STR("");
	}
	return true;
}

static bool
run_operand(struct runner *r, const struct template_operand *o, struct template_value dot,
    struct template_value *ret)
{
	struct template_call call = { .call = r->call, .problem = r->problem };
	struct variable *v;

	switch (o->kind) {
	case TEMPLATE_DOT:
		*ret = dot;
		break;
	case TEMPLATE_VARIABLE:
		v = find_variable(r, o->name);
		if (v == NULL)
			return false;
		*ret = v->value;
		break;
	case TEMPLATE_FUNCTION:
		return template_call_function(&call, o->name, ret);
	case TEMPLATE_LITERAL:
		*ret = (struct template_value){ o->literal, false };
		return true;
	case TEMPLATE_GROUP:
		if (!run_pipe(r, o->group, dot, ret))
			return false;
		break;
	}
	return take_fields(r, o->fields, ret);
}

/* and, or: what is not needed to decide is not evaluated. */
static bool
decides(str_t name, struct template_value v)
{
	return (str_eq(name, STR("and")) && !template_is_true(v)) ||
	    (str_eq(name, STR("or")) && template_is_true(v));
}

/* `piped` is the last argument of a function; NULL: the command is the first one. */
static bool
run_command(struct runner *r, const struct template_command *c, struct template_value dot,
    const struct template_value *piped, struct template_value *ret)
{
	struct template_value arguments[TEMPLATE_MOST_ARGUMENTS + 1];
	struct template_call call = { .call = r->call, .problem = r->problem, .arguments = arguments };
	const struct template_operand *first = c->operands;

	if (!rego_charge(r->call, 64))
		return false;
	if (first->kind != TEMPLATE_FUNCTION) {
		if (first->next != NULL || piped != NULL)
			return refuse(r, "can't give argument to non-function", STR(""));
		return run_operand(r, first, dot, ret);
	}
	for (const struct template_operand *o = first->next; o != NULL; o = o->next) {
		if (!run_operand(r, o, dot, &arguments[call.count++]))
			return false;
		if (decides(first->name, arguments[call.count - 1])) {
			*ret = arguments[call.count - 1];
			return true;
		}
	}
	if (piped != NULL)
		arguments[call.count++] = *piped;
	return template_call_function(&call, first->name, ret);
}

/* Without the variables: range gives them their values itself. */
static bool
run_commands(struct runner *r, const struct template_pipe *p, struct template_value dot,
    struct template_value *ret)
{
	struct template_value piped;

	for (const struct template_command *c = p->commands; c != NULL; c = c->next) {
		if (!run_command(r, c, dot, c == p->commands ? NULL : &piped, ret))
			return false;
		piped = *ret;
	}
	return true;
}

static bool
set_variable(struct runner *r, const struct template_pipe *p, int i, struct template_value value)
{
	struct variable *v;

	if (!p->assigns)
		return push_variable(r, p->variables[i], value);
	v = find_variable(r, p->variables[i]);
	if (v == NULL)
		return false;
	v->value = value;
	return true;
}

static bool
run_pipe(struct runner *r, const struct template_pipe *p, struct template_value dot,
    struct template_value *ret)
{
	return run_commands(r, p, dot, ret) &&
	    (p->variable_count == 0 || set_variable(r, p, 0, *ret));
}

/* ---- nodes ---- */

static enum flow run_list(struct runner *, const struct template_node *, struct template_value dot);

static enum flow
run_branch(struct runner *r, const struct template_node *n, struct template_value dot)
{
	size_t mark = r->variables.count;
	struct template_value v;
	enum flow flow = FLOW_FAILED;

	if (run_pipe(r, n->pipe, dot, &v)) {
		if (template_is_true(v))
			flow = run_list(r, n->body, n->kind == TEMPLATE_WITH ? v : dot);
		else
			flow = run_list(r, n->otherwise, dot);
	}
	r->variables.count = mark;
	return flow;
}

static enum flow
run_round(struct runner *r, const struct template_node *n, struct template_value key,
    struct template_value value)
{
	const struct template_pipe *p = n->pipe;
	size_t mark = r->variables.count;
	enum flow flow = FLOW_FAILED;
	bool fine = true;

	if (p->variable_count == 2)
		fine = set_variable(r, p, 0, key) && set_variable(r, p, 1, value);
	else if (p->variable_count == 1)
		fine = set_variable(r, p, 0, value);
	if (fine && rego_charge(r->call, 64))
		flow = run_list(r, n->body, value);
	r->variables.count = mark;
	return flow == FLOW_CONTINUE ? FLOW_ON : flow;
}

static enum flow
run_range(struct runner *r, const struct template_node *n, struct template_value dot)
{
	struct template_value v, key;
	enum flow flow = FLOW_ON;
	uint32_t count;
	value_t item, name;

	if (!run_commands(r, n->pipe, dot, &v))
		return FLOW_FAILED;
	count = value_is_collection(v.value) ? v.value.count : 0;
	if (v.value.tag == VALUE_INT && !v.is_text) {
		for (int64_t i = 0; i < v.value.integer && flow == FLOW_ON; i++) {
			key = (struct template_value){ value_int(i), false };
			flow = run_round(r, n, key, key);
		}
		count = v.value.integer > 0;
	} else if (!value_is_collection(v.value) && value_is_defined(v.value) &&
	    v.value.tag != VALUE_NULL) {
		(void)refuse(r, "range can't iterate over that", STR(""));
		return FLOW_FAILED;
	} else {
		for (uint32_t i = 0; i < count && flow == FLOW_ON; i++) {
			value_entry_at(v.value, i, &name, &item);
			key = v.value.tag == VALUE_OBJECT
			    ? data_value(name)
			    : (struct template_value){ value_int(i), false };
			flow = run_round(r, n, key, data_value(item));
		}
	}
	if (count == 0)
		return run_list(r, n->otherwise, dot);
	return flow == FLOW_BREAK ? FLOW_ON : flow;
}

static enum flow
run_template(struct runner *r, const struct template_node *n, struct template_value dot)
{
	const struct template_definition *d = r->template->definitions;
	size_t mark = r->variables.count;
	struct template_value argument = { VALUE_NONE, false };
	enum flow flow;

	while (d != NULL && !str_eq(d->name, n->text))
		d = d->next;
	if (d == NULL) {
		(void)refuse(r, "template not defined: ", n->text);
		return FLOW_FAILED;
	}
	if (r->depth == DEEPEST_CALL) {
		(void)refuse(r, "exceeded maximum template depth", STR(""));
		return FLOW_FAILED;
	}
	if ((n->pipe != NULL && !run_pipe(r, n->pipe, dot, &argument)) ||
	    !push_variable(r, STR(""), argument))
		return FLOW_FAILED;
	r->depth++;
	flow = run_list(r, d->body, argument);
	r->depth--;
	r->variables.count = mark;
	return flow;
}

static enum flow
run_node(struct runner *r, const struct template_node *n, struct template_value dot)
{
	struct template_value v;

	switch (n->kind) {
	case TEMPLATE_TEXT:
		buf_add_str(&r->out, n->text);
		break;
	case TEMPLATE_ACTION:
		if (!run_pipe(r, n->pipe, dot, &v))
			return FLOW_FAILED;
		if (n->pipe->variable_count == 0)
			template_print(&r->out, v, false);
		break;
	case TEMPLATE_IF:
	case TEMPLATE_WITH:
		return run_branch(r, n, dot);
	case TEMPLATE_RANGE:
		return run_range(r, n, dot);
	case TEMPLATE_CALL:
		return run_template(r, n, dot);
	case TEMPLATE_BREAK:
		return FLOW_BREAK;
	case TEMPLATE_CONTINUE:
		return FLOW_CONTINUE;
	}
	return FLOW_ON;
}

static enum flow
run_list(struct runner *r, const struct template_node *n, struct template_value dot)
{
	enum flow flow = FLOW_ON;

	for (; n != NULL && flow == FLOW_ON; n = n->next) {
		if (!rego_charge(r->call, 64) || buf_failed(&r->out))
			return FLOW_FAILED;
		flow = run_node(r, n, dot);
	}
	return flow;
}

enum rego_outcome
rego_strings_render_template(struct rego_call *call, value_t *ret)
{
	struct template_value data = { call->arg[1], false };
	struct template template;
	struct buf problem;
	struct runner r = { .call = call, .template = &template, .problem = &problem };
	enum rego_outcome outcome = REGO_HALT;
	bool fine;

	buf_init(&problem, LONGEST_PROBLEM);
	rego_text_init(call, &r.out);
	fine = rego_work(call, 16 * (size_t)call->arg[0].count) &&
	    template_parse(call->arena, value_str(call->arg[0]), &template, &problem) &&
	    push_variable(&r, STR(""), data) && run_list(&r, template.body, data) != FLOW_FAILED;
	if (fine) {
		outcome = rego_give_text(call, &r.out, ret);
	} else {
		if (problem.len > 0)
			outcome = rego_fail(call, "%.*s", STR_FMT(buf_str(&problem)));
		else if (buf_failed(&r.out))
			arena_fail(call->arena);
		buf_fini(&r.out);
	}
	buf_fini(&problem);
	return outcome;
}
