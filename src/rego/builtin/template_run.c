/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "base/vec.h"
#include "rego/builtin/strings_internal.h"
#include "rego/builtin/template.h"

enum { DEEPEST_CALL = 100, LONGEST_PROBLEM = 1024, LONGEST_MESSAGE = 512 };

struct variable {
	str_t name;
	struct template_value value;
};

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

struct runner {
	struct rego_call *call;
	const struct template *template;
	str_t name; /* of the template that runs */
	VEC(struct variable) variables; /* the innermost last; $ is the first */
	struct buf out;
	struct buf *problem;
	struct template_place place;
	int depth;
};

static bool refuse(struct runner *, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
refuse(struct runner *r, const char *format, ...)
{
	struct buf message;
	va_list args;
	char text[LONGEST_MESSAGE];
	int len;

	if (r->problem->len > 0)
		return false;
	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_init(&message, LONGEST_MESSAGE);
	buf_add(&message, text, len < LONGEST_MESSAGE ? (size_t)len : sizeof(text) - 1);
	template_explain(r->problem, r->template, r->name, r->place, buf_str(&message));
	buf_fini(&message);
	return false;
}

static void
look_at(struct runner *r, const struct template_operand *o)
{
	r->place = (struct template_place){ .operand = o };
}

static struct template_value
data_value(value_t v)
{
	return (struct template_value){ v, value_is_number(v), true };
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
	(void)refuse(r, "undefined variable: $%.*s", STR_FMT(name));
	return NULL;
}

static bool
is_nil(struct template_value v)
{
	return v.value.tag == VALUE_UNDEFINED || v.value.tag == VALUE_NULL;
}

/* a.b.c inside *v; arguments behind the last one are wrong, for there are no methods. */
static bool
take_fields(struct runner *r, str_t fields, bool has_arguments, struct template_value *v)
{
	while (fields.len > 0) {
		size_t dot = str_find_char(fields, '.', 0);
		str_t name = str_sub(fields, 0, dot);

		if (is_nil(*v) && v->boxed)
			return refuse(r, "nil pointer evaluating interface {}.%.*s", STR_FMT(name));
		if (is_nil(*v))
			return refuse(r, "nil data; no entry for key \"%.*s\"", STR_FMT(name));
		if (v->value.tag != VALUE_OBJECT)
			return refuse(r, "can't evaluate field %.*s in type %s", STR_FMT(name),
			    v->boxed ? "interface {}" : template_type_name(*v));
		if (has_arguments && dot == fields.len)
			return refuse(r, "%.*s is not a method but has arguments", STR_FMT(name));
		*v = data_value(value_object_get_str(v->value, name));
		if (!value_is_defined(v->value))
			return refuse(r, "map has no entry for key \"%.*s\"", STR_FMT(name));
		fields = dot < fields.len ? str_skip(fields, dot + 1) : STR("");
	}
	return true;
}

/* "error calling f: why", blamed on the whole command. */
static bool
call_function(struct runner *r, struct template_call *call, const struct template_command *c,
    struct template_value *ret)
{
	str_t name = c->operands->name;
	struct buf problem;
	bool fine;

	buf_init(&problem, LONGEST_MESSAGE);
	call->problem = &problem;
	fine = template_call_function(call, name, ret);
	ret->boxed = false;
	if (!fine && problem.len > 0) {
		r->place = (struct template_place){ .command = c };
		(void)refuse(r, "error calling %.*s: %.*s", STR_FMT(name), STR_FMT(buf_str(&problem)));
	}
	buf_fini(&problem);
	return fine;
}

static bool
check_arity(struct runner *r, const struct template_command *c, bool piped)
{
	str_t name = c->operands->name;
	int least, given = 0;
	bool more;

	for (const struct template_operand *o = c->operands->next; o != NULL; o = o->next)
		given++;
	template_function_arity(name, &least, &more);
	if (more && given + piped < least)
		return refuse(r, "wrong number of args for %.*s: want at least %d got %d", STR_FMT(name),
		    least, given);
	if (!more && given + piped != least)
		return refuse(r, "wrong number of args for %.*s: want %d got %d", STR_FMT(name), least,
		    given + piped);
	return true;
}

static bool
run_operand(struct runner *r, const struct template_operand *o, struct template_value dot,
    bool has_arguments, struct template_value *ret)
{
	struct template_operand self = *o;
	struct template_command alone = { .operands = &self, .at = o->at };
	struct template_call call = { .call = r->call };
	struct variable *v;

	look_at(r, o);
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
		self.next = NULL;
		return check_arity(r, &alone, false) && call_function(r, &call, &alone, ret);
	case TEMPLATE_LITERAL:
		*ret = (struct template_value){ .value = o->literal };
		return true;
	case TEMPLATE_GROUP:
		if (!run_pipe(r, o->group, dot, ret))
			return false;
		break;
	}
	return take_fields(r, o->fields, has_arguments, ret);
}

/* and, or: what is not needed to decide is not evaluated. */
static bool
decides(str_t name, struct template_value v)
{
	return (str_eq(name, STR("and")) && !template_is_true(v)) ||
	    (str_eq(name, STR("or")) && template_is_true(v));
}

/* A command that is no function takes no arguments. */
static bool
run_plain(struct runner *r, const struct template_operand *o, struct template_value dot,
    bool has_arguments, struct template_value *ret)
{
	bool method = o->fields.len > 0; /* could have been one */
	struct buf text;

	if (has_arguments && !method) {
		if (o->kind != TEMPLATE_GROUP)
			look_at(r, o);
		buf_init(&text, LONGEST_MESSAGE);
		template_print_operand(&text, o);
		(void)refuse(r, "can't give argument to non-function %.*s", STR_FMT(buf_str(&text)));
		buf_fini(&text);
		return false;
	}
	if (o->kind == TEMPLATE_LITERAL && !value_is_defined(o->literal)) {
		look_at(r, o);
		return refuse(r, "nil is not a command");
	}
	return run_operand(r, o, dot, has_arguments, ret);
}

/* `piped` is the last argument of a function; NULL: the command is the first one. */
static bool
run_command(struct runner *r, const struct template_command *c, struct template_value dot,
    const struct template_value *piped, struct template_value *ret)
{
	struct template_value arguments[TEMPLATE_MOST_ARGUMENTS + 1];
	struct template_call call = { .call = r->call, .arguments = arguments };
	const struct template_operand *first = c->operands;

	if (!rego_charge(r->call, 64))
		return false;
	if (first->kind != TEMPLATE_FUNCTION)
		return run_plain(r, first, dot, first->next != NULL || piped != NULL, ret);
	look_at(r, first);
	if (!check_arity(r, c, piped != NULL))
		return false;
	for (const struct template_operand *o = first->next; o != NULL; o = o->next) {
		if (!run_operand(r, o, dot, false, &arguments[call.count++]))
			return false;
		if (decides(first->name, arguments[call.count - 1])) {
			*ret = arguments[call.count - 1];
			return true;
		}
	}
	if (piped != NULL)
		arguments[call.count++] = *piped;
	return call_function(r, &call, c, ret);
}

/* Without the variables: range gives them their values itself. */
static bool
run_commands(struct runner *r, const struct template_pipe *p, struct template_value dot,
    struct template_value *ret)
{
	struct template_value piped;

	r->place = (struct template_place){ .pipe = p };
	for (const struct template_command *c = p->commands; c != NULL; c = c->next) {
		if (!run_command(r, c, dot, c == p->commands ? NULL : &piped, ret))
			return false;
		ret->boxed = false;
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
refuse_range(struct runner *r, struct template_value v)
{
	struct buf text;

	buf_init(&text, LONGEST_MESSAGE);
	template_print(&text, v, true);
	(void)refuse(r, "range can't iterate over %.*s", STR_FMT(buf_str(&text)));
	buf_fini(&text);
	return FLOW_FAILED;
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
			key = (struct template_value){ .value = value_int(i) };
			flow = run_round(r, n, key, key);
		}
		count = v.value.integer > 0;
	} else if (!value_is_collection(v.value) && value_is_defined(v.value) &&
	    v.value.tag != VALUE_NULL) {
		return refuse_range(r, v);
	} else {
		for (uint32_t i = 0; i < count && flow == FLOW_ON; i++) {
			value_entry_at(v.value, i, &name, &item);
			key = v.value.tag == VALUE_OBJECT
			    ? data_value(name)
			    : (struct template_value){ .value = value_int(i) };
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
	struct template_value argument = { .value = VALUE_NONE };
	str_t caller = r->name;
	enum flow flow;

	while (d != NULL && !str_eq(d->name, n->text))
		d = d->next;
	r->place = (struct template_place){ .node = n };
	if (d == NULL) {
		(void)refuse(r, "template \"%.*s\" not defined", STR_FMT(n->text));
		return FLOW_FAILED;
	}
	if (r->depth == DEEPEST_CALL) {
		(void)refuse(r, "exceeded maximum template depth (%d)", DEEPEST_CALL);
		return FLOW_FAILED;
	}
	if ((n->pipe != NULL && !run_pipe(r, n->pipe, dot, &argument)) ||
	    !push_variable(r, STR(""), argument))
		return FLOW_FAILED;
	r->depth++;
	r->name = n->text;
	flow = run_list(r, d->body, argument);
	r->name = caller;
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
	struct template_value data = { .value = call->arg[1] };
	struct template template;
	struct buf problem;
	struct runner r = { .call = call, .template = &template, .name = STR("template"),
		.problem = &problem };
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
