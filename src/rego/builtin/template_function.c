/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that Go's templates have from birth. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "rego/builtin/format_internal.h"
#include "rego/builtin/template.h"
#include "value/number.h"
#include "value/work.h"

typedef bool function(struct template_call *, struct template_value *ret);

static bool refuse(struct template_call *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
refuse(struct template_call *c, const char *format, ...)
{
	enum { LONGEST = 256 };
	char text[LONGEST];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (c->problem->len == 0)
		buf_add_text(c->problem, text);
	return false;
}

static bool
give(struct template_value *ret, value_t value)
{
	*ret = (struct template_value){ .value = value };
	return value_is_defined(value);
}

bool
template_is_true(struct template_value v)
{
	switch (v.value.tag) {
	case VALUE_TRUE:
		return true;
	case VALUE_INT:
	case VALUE_NUMBER:
		return v.is_text || number_compare(v.value, value_int(0)) != 0;
	case VALUE_STRING:
	case VALUE_ARRAY:
	case VALUE_OBJECT:
	case VALUE_SET:
		return v.value.count > 0;
	default:
		return false;
	}
}

void
template_print(struct buf *b, struct template_value v, bool inside)
{
	const struct value_object *o;

	if (value_is_collection(v.value) && !value_work_take(v.value.count)) {
		b->failed = true;
		return;
	}
	switch (v.value.tag) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		buf_add_text(b, inside ? "<nil>" : "<no value>");
		break;
	case VALUE_STRING:
		buf_add_str(b, value_str(v.value));
		break;
	case VALUE_OBJECT:
		buf_add_text(b, "map[");
		o = v.value.object;
		for (uint32_t i = 0; i < v.value.count && !buf_failed(b); i++) {
			buf_add_text(b, i > 0 ? " " : "");
			template_print(b, (struct template_value){ o->keys[i], true }, true);
			buf_add_char(b, ':');
			template_print(b, (struct template_value){ o->values[i], true }, true);
		}
		buf_add_char(b, ']');
		break;
	case VALUE_ARRAY:
	case VALUE_SET:
		buf_add_char(b, '[');
		for (uint32_t i = 0; i < v.value.count && !buf_failed(b); i++) {
			buf_add_text(b, i > 0 ? " " : "");
			template_print(b, (struct template_value){ rego_items(v.value)[i], true }, true);
		}
		buf_add_char(b, ']');
		break;
	default:
		value_print(b, v.value);
	}
}

const char *
template_type_name(struct template_value v)
{
	switch (v.value.tag) {
	case VALUE_TRUE:
	case VALUE_FALSE:
		return "bool";
	case VALUE_INT:
		return v.is_text ? "json.Number" : "int";
	case VALUE_NUMBER:
		return v.is_text ? "json.Number" : "float64";
	case VALUE_STRING:
		return "string";
	case VALUE_OBJECT:
		return "map[string]interface {}";
	case VALUE_ARRAY:
	case VALUE_SET:
		return "[]interface {}";
	default:
		return "nil";
	}
}

static bool
text_of(struct template_call *c, struct template_value v, value_t *ret)
{
	struct buf text;

	rego_text_init(c->call, &text);
	template_print(&text, v, true);
	return rego_give_text(c->call, &text, ret) == REGO_DEFINED;
}

/* ---- logic and comparison ---- */

/* The first that decides, or the last. */
static bool
choose(struct template_call *c, bool decides, struct template_value *ret)
{
	for (int i = 0; i < c->count; i++) {
		*ret = c->arguments[i];
		if (template_is_true(*ret) == decides)
			break;
	}
	return true;
}

static bool
and_of(struct template_call *c, struct template_value *ret)
{
	return choose(c, false, ret);
}

static bool
or_of(struct template_call *c, struct template_value *ret)
{
	return choose(c, true, ret);
}

static bool
not_of(struct template_call *c, struct template_value *ret)
{
	return give(ret, value_bool(!template_is_true(c->arguments[0])));
}

enum basic { BASIC_NIL, BASIC_BOOL, BASIC_INT, BASIC_FLOAT, BASIC_TEXT, BASIC_NONE };

static enum basic
basic_kind(struct template_value v)
{
	switch (v.value.tag) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		return BASIC_NIL;
	case VALUE_TRUE:
	case VALUE_FALSE:
		return BASIC_BOOL;
	case VALUE_INT:
		return v.is_text ? BASIC_TEXT : BASIC_INT;
	case VALUE_NUMBER:
		return v.is_text ? BASIC_TEXT : BASIC_FLOAT;
	case VALUE_STRING:
		return BASIC_TEXT;
	default:
		return BASIC_NONE;
	}
}

/* Collections of one type are blamed on the second one, which Go looks at last. */
static bool
refuse_kinds(struct template_call *c, struct template_value a, struct template_value b)
{
	value_t text[2];

	if (!text_of(c, a, &text[0]) || !text_of(c, b, &text[1]))
		return false;
	if (strcmp(template_type_name(a), template_type_name(b)) == 0)
		return refuse(c, "non-comparable type %.*s: %s", STR_FMT(value_str(text[1])),
		    template_type_name(b));
	return refuse(c, "non-comparable types %.*s: %s, %s: %.*s", STR_FMT(value_str(text[0])),
	    template_type_name(a), template_type_name(b), STR_FMT(value_str(text[1])));
}

/* False: the two cannot be compared. */
static bool
compare(struct template_call *c, struct template_value a, struct template_value b, int *ret)
{
	enum basic kind = basic_kind(a), other = basic_kind(b);
	value_t text[2];

	*ret = kind != other;
	if (kind == BASIC_NIL || other == BASIC_NIL)
		return true;
	if (kind != other)
		return refuse(c, "incompatible types for comparison");
	if (kind == BASIC_NONE)
		return refuse_kinds(c, a, b);
	if (kind == BASIC_TEXT) {
		if (!text_of(c, a, &text[0]) || !text_of(c, b, &text[1]))
			return false;
		*ret = str_cmp(value_str(text[0]), value_str(text[1]));
	} else {
		*ret = value_compare(a.value, b.value);
	}
	return true;
}

static bool
eq(struct template_call *c, struct template_value *ret)
{
	int order = 1;

	if (c->count < 2)
		return refuse(c, "missing argument for comparison");
	for (int i = 1; i < c->count && order != 0; i++) {
		if (!compare(c, c->arguments[0], c->arguments[i], &order))
			return false;
	}
	return give(ret, value_bool(order == 0));
}

/* What `order` two arguments have; only numbers and texts come before each other. */
static bool
order_of(struct template_call *c, bool equality, int *ret)
{
	enum basic kind;

	kind = basic_kind(c->arguments[0]);
	if (!equality && kind != BASIC_INT && kind != BASIC_FLOAT && kind != BASIC_TEXT)
		return refuse(c, "invalid type for comparison");
	return compare(c, c->arguments[0], c->arguments[1], ret);
}

static bool
ne(struct template_call *c, struct template_value *ret)
{
	int order;

	return order_of(c, true, &order) && give(ret, value_bool(order != 0));
}

static bool
lt(struct template_call *c, struct template_value *ret)
{
	int order;

	return order_of(c, false, &order) && give(ret, value_bool(order < 0));
}

static bool
le(struct template_call *c, struct template_value *ret)
{
	int order;

	return order_of(c, false, &order) && give(ret, value_bool(order <= 0));
}

static bool
gt(struct template_call *c, struct template_value *ret)
{
	int order;

	return order_of(c, false, &order) && give(ret, value_bool(order > 0));
}

static bool
ge(struct template_call *c, struct template_value *ret)
{
	int order;

	return order_of(c, false, &order) && give(ret, value_bool(order >= 0));
}

/* ---- collections ---- */

static bool
len(struct template_call *c, struct template_value *ret)
{
	value_t v = c->arguments[0].value, text;

	if (value_is_number(v) && c->arguments[0].is_text) {
		if (!text_of(c, c->arguments[0], &text))
			return false;
		v = text;
	}
	if (basic_kind(c->arguments[0]) == BASIC_NIL)
		return refuse(c, "len of nil pointer");
	if (!value_is_string(v) && !value_is_collection(v))
		return refuse(c, "len of type %s", template_type_name(c->arguments[0]));
	return give(ret, value_int(v.count));
}

/* An index up to `most`. */
static bool
is_index(struct template_call *c, int argument, uint32_t most, uint32_t *ret)
{
	struct template_value v = c->arguments[argument];

	if (basic_kind(v) == BASIC_NIL)
		return refuse(c, "cannot index slice/array with nil");
	if (v.value.tag != VALUE_INT || v.is_text)
		return refuse(c, "cannot index slice/array with type %s", template_type_name(v));
	if (v.value.integer < 0 || v.value.integer > most)
		return refuse(c, "index out of range: %lld", (long long)v.value.integer);
	*ret = (uint32_t)v.value.integer;
	return true;
}

static bool
index_once(struct template_call *c, int argument, struct template_value *item)
{
	struct template_value key = c->arguments[argument];
	value_t v = item->value;
	uint32_t at;

	if (basic_kind(*item) == BASIC_NIL)
		return refuse(c, "index of nil pointer");
	if (v.tag == VALUE_OBJECT) {
		if (basic_kind(key) == BASIC_NIL)
			return refuse(c, "value is nil; should be of type string");
		if (!value_is_string(key.value))
			return refuse(c, "value has type %s; should be string", template_type_name(key));
		*item = (struct template_value){ value_object_get(v, key.value), true, true };
		return true;
	}
	if (!value_is_string(v) && v.tag != VALUE_ARRAY && v.tag != VALUE_SET)
		return refuse(c, "can't index item of type %s", template_type_name(*item));
	if (!is_index(c, argument, v.count, &at))
		return false;
	if (at == v.count)
		return refuse(c, "reflect: %s index out of range", value_is_string(v) ? "string" : "slice");
	if (value_is_string(v))
		*item = (struct template_value){ .value = value_int((unsigned char)v.string->bytes[at]) };
	else
		*item = (struct template_value){ rego_items(v)[at], true, true };
	return true;
}

static bool
index_of(struct template_call *c, struct template_value *ret)
{
	*ret = c->arguments[0];
	for (int i = 1; i < c->count; i++) {
		if (!index_once(c, i, ret))
			return false;
	}
	return true;
}

static bool
slice(struct template_call *c, struct template_value *ret)
{
	uint32_t bounds[2] = { 0, 0 };
	value_t v = c->arguments[0].value;

	if (c->count > 4)
		return refuse(c, "too many slice indexes: %d", c->count - 1);
	if (value_is_string(v) && c->count == 4)
		return refuse(c, "cannot 3-index slice a string");
	if (!value_is_string(v) && v.tag != VALUE_ARRAY)
		return refuse(c, "can't slice item of type %s", template_type_name(c->arguments[0]));
	bounds[1] = v.count;
	for (int i = 1; i < c->count && i < 3; i++) {
		if (!is_index(c, i, v.count, &bounds[i - 1]))
			return false;
	}
	if (bounds[0] > bounds[1])
		return refuse(c, "invalid slice index: %u > %u", bounds[0], bounds[1]);
	if (value_is_string(v))
		return give(ret, value_string(c->call->arena,
		    str_sub(value_str(v), bounds[0], bounds[1] - bounds[0])));
	return give(ret, value_array_of(v.items + bounds[0], bounds[1] - bounds[0]));
}

/* Nothing in the data can be called. */
static bool
call_value(struct template_call *c, struct template_value *ret)
{
	(void)ret;
	if (basic_kind(c->arguments[0]) == BASIC_NIL)
		return refuse(c, "call of nil");
	return refuse(c, "non-function of type %s", template_type_name(c->arguments[0]));
}

/* ---- text ---- */

/* As fmt.Sprint: a blank between two that are both no text; fmt.Sprintln: always. */
static bool
print_all(struct template_call *c, bool line, struct template_value *ret)
{
	struct buf text;

	rego_text_init(c->call, &text);
	for (int i = 0; i < c->count; i++) {
		bool texts = i > 0 && (basic_kind(c->arguments[i]) == BASIC_TEXT ||
			basic_kind(c->arguments[i - 1]) == BASIC_TEXT);

		if (i > 0 && (line || !texts))
			buf_add_char(&text, ' ');
		template_print(&text, c->arguments[i], true);
	}
	if (line)
		buf_add_char(&text, '\n');
	ret->is_text = false;
	return rego_give_text(c->call, &text, &ret->value) == REGO_DEFINED;
}

static bool
print(struct template_call *c, struct template_value *ret)
{
	return print_all(c, false, ret);
}

static bool
println(struct template_call *c, struct template_value *ret)
{
	return print_all(c, true, ret);
}

static bool
printf_of(struct template_call *c, struct template_value *ret)
{
	value_t operands[TEMPLATE_MOST_ARGUMENTS];
	struct buf text;

	if (!value_is_string(c->arguments[0].value))
		return refuse(c, "wrong type for value; expected string; got %s",
		    template_type_name(c->arguments[0]));
	for (int i = 1; i < c->count; i++) {
		struct template_value v = c->arguments[i];

		operands[i - 1] = v.value;
		if (basic_kind(v) != BASIC_INT && basic_kind(v) != BASIC_FLOAT && !text_of(c, v, &operands[i - 1]))
			return false;
	}
	rego_text_init(c->call, &text);
	format_write(c->call, &text, value_str(c->arguments[0].value), operands,
	    (uint32_t)(c->count - 1));
	ret->is_text = false;
	return rego_give_text(c->call, &text, &ret->value) == REGO_DEFINED;
}

static void
escape_html(struct buf *b, unsigned char c)
{
	switch (c) {
	case '\0':
		buf_add_text(b, "\xEF\xBF\xBD");
		break;
	case '"':
		buf_add_text(b, "&#34;");
		break;
	case '\'':
		buf_add_text(b, "&#39;");
		break;
	case '&':
		buf_add_text(b, "&amp;");
		break;
	case '<':
		buf_add_text(b, "&lt;");
		break;
	case '>':
		buf_add_text(b, "&gt;");
		break;
	default:
		buf_add_char(b, (char)c);
	}
}

static void
escape_js(struct buf *b, unsigned char c)
{
	if (c == '\\' || c == '\'' || c == '"')
		buf_printf(b, "\\%c", c);
	else if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '=')
		buf_printf(b, "\\u%04X", c);
	else
		buf_add_char(b, (char)c);
}

static void
escape_query(struct buf *b, unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_' || c == '.' || c == '~')
		buf_add_char(b, (char)c);
	else if (c == ' ')
		buf_add_char(b, '+');
	else
		buf_printf(b, "%%%02X", c);
}

static bool
escape(struct template_call *c, void (*add)(struct buf *, unsigned char), struct template_value *ret)
{
	struct template_value all;
	struct buf text;
	str_t s;

	if (!print(c, &all))
		return false;
	s = value_str(all.value);
	rego_text_init(c->call, &text);
	for (size_t i = 0; i < s.len && !buf_failed(&text); i++)
		add(&text, (unsigned char)s.data[i]);
	ret->is_text = false;
	return rego_give_text(c->call, &text, &ret->value) == REGO_DEFINED;
}

static bool
html(struct template_call *c, struct template_value *ret)
{
	return escape(c, escape_html, ret);
}

static bool
js(struct template_call *c, struct template_value *ret)
{
	return escape(c, escape_js, ret);
}

static bool
urlquery(struct template_call *c, struct template_value *ret)
{
	return escape(c, escape_query, ret);
}

/* ---- the table ---- */

static const struct row {
	const char *name;
	function *call;
	int least; /* arguments; -1 - n: n or more */
} functions[] = {
	{ "and", and_of, ~1 }, { "call", call_value, ~1 }, { "eq", eq, ~1 }, { "ge", ge, 2 },
	{ "gt", gt, 2 }, { "html", html, ~0 }, { "index", index_of, ~1 }, { "js", js, ~0 },
	{ "le", le, 2 }, { "len", len, 1 }, { "lt", lt, 2 }, { "ne", ne, 2 },
	{ "not", not_of, 1 }, { "or", or_of, ~1 }, { "print", print, ~0 },
	{ "printf", printf_of, ~1 }, { "println", println, ~0 }, { "slice", slice, ~1 },
	{ "urlquery", urlquery, ~0 },
};

static const struct row *
find_function(str_t name)
{
	for (size_t i = 0; i < COUNT(functions); i++) {
		if (str_eq(name, str_of(functions[i].name)))
			return &functions[i];
	}
	return NULL;
}

bool
template_has_function(str_t name)
{
	return find_function(name) != NULL;
}

void
template_function_arity(str_t name, int *ret_least, bool *ret_more)
{
	int least = find_function(name)->least;

	*ret_more = least < 0;
	*ret_least = least < 0 ? ~least : least;
}

bool
template_call_function(struct template_call *c, str_t name, struct template_value *ret)
{
	*ret = (struct template_value){ .value = VALUE_NONE };
	return find_function(name)->call(c, ret);
}
