/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of literal values. */
#include <math.h>
#include <stdlib.h>

#include "rego/builtin/graphql_validate.h"

/* ---- reading literals as Go does ---- */

static size_t
skip_digits(str_t s, size_t at)
{
	while (at < s.len && s.data[at] >= '0' && s.data[at] <= '9')
		at++;
	return at;
}

static size_t
skip_sign(str_t s, size_t at)
{
	return at < s.len && (s.data[at] == '-' || s.data[at] == '+') ? at + 1 : at;
}

static bool
is_integer(str_t s)
{
	size_t from = skip_sign(s, 0);

	return from < s.len && skip_digits(s, from) == s.len;
}

/* An integer in so many bits?  `s` is one. */
static bool
fits(str_t s, uint64_t most)
{
	size_t at = skip_sign(s, 0);
	bool negative = s.data[0] == '-';
	uint64_t n = 0;

	most += negative;
	for (; at < s.len; at++) {
		uint64_t digit = (uint64_t)(s.data[at] - '0');

		if (n > (most - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	return n <= most;
}

static bool
is_float(struct graphql *g, str_t s)
{
	size_t at = skip_sign(s, 0), digits = skip_digits(s, at) - at;
	const char *text;

	at += digits;
	if (at < s.len && s.data[at] == '.') {
		size_t end = skip_digits(s, at + 1);

		digits += end - at - 1;
		at = end;
	}
	if (digits > 0 && at < s.len && (s.data[at] == 'e' || s.data[at] == 'E')) {
		size_t from = skip_sign(s, at + 1);

		at = skip_digits(s, from);
		digits = at > from ? digits : 0;
	}
	if (digits == 0 || at != s.len)
		return false;
	text = graphql_work(g, 1 + s.len / 8) ? arena_copy(g->arena, s.data, s.len) : NULL;
	return text != NULL && isfinite(strtod(text, NULL));
}

static bool is_readable(struct graphql_check *, const struct graphql_value *);

static bool
are_readable(struct graphql_check *c, const struct graphql_list *children)
{
	for (size_t i = 0; i < children->count; i++) {
		if (!is_readable(c, ((struct graphql_child *)children->at[i])->value))
			return false;
	}
	return true;
}

/* Can the literal be read, and all inside it?  A variable is its default. */
static bool
is_readable(struct graphql_check *c, const struct graphql_value *value)
{
	bool fine = true;

	if (!graphql_work(c->g, 1) || !graphql_enter(c->g))
		return true;
	switch ((enum graphql_value_kind)value->kind) {
	case GRAPHQL_INT:
		fine = is_integer(value->raw) && fits(value->raw, INT64_MAX);
		break;
	case GRAPHQL_FLOAT:
		fine = is_float(c->g, value->raw);
		break;
	case GRAPHQL_VARIABLE:
		if (value->variable != NULL && value->variable->default_value != NULL)
			fine = is_readable(c, value->variable->default_value);
		break;
	case GRAPHQL_LIST:
	case GRAPHQL_OBJECT_VALUE:
		fine = are_readable(c, &value->children);
		break;
	default:
		break;
	}
	graphql_leave(c->g);
	return fine;
}

/* ---- ValuesOfCorrectType ---- */

static bool
is_named(const struct graphql_definition *d, const char *a, const char *b, const char *c)
{
	return str_eq(d->name, str_of(a)) || str_eq(d->name, str_of(b)) ||
	       str_eq(d->name, str_of(c));
}

/* What to say of a value that is not of a built-in type. */
static const char *
scalar_complaint(str_t expected, const struct graphql_value *value)
{
	static const struct {
		const char *types[3];
		const char *complaint;
	} complaints[] = {
		{ { "Int", "Int!" }, "Int cannot represent non-integer value" },
		{ { "String", "String!", "[String]" },
		    "String cannot represent a non string value" },
		{ { "Boolean", "Boolean!" }, "Boolean cannot represent a non boolean value" },
		{ { "Float", "Float!" }, "Float cannot represent non numeric value" },
		{ { "ID", "ID!" }, "ID cannot represent a non-string and non-integer value" },
	};

	for (size_t i = 0; i < COUNT(complaints); i++) {
		for (size_t k = 0; k < COUNT(complaints[i].types); k++) {
			if (!str_eq(expected, str_of(complaints[i].types[k])) ||
			    expected.len == 0)
				continue;
			if (i == 0 && is_integer(value->raw) && !fits(value->raw, INT32_MAX))
				return "Int cannot represent non 32-bit signed integer value";
			return complaints[i].complaint;
		}
	}
	return NULL;
}

static void
unexpected_type(struct graphql_check *c, const struct graphql_value *value)
{
	str_t expected = graphql_type_text(c, value->expected);
	const char *complaint = scalar_complaint(expected, value);
	struct buf *b = graphql_error_begin(c, value->pos);

	if (complaint != NULL)
		buf_printf(b, "%s: ", complaint);
	else if (value->definition->bits == GRAPHQL_ENUM)
		buf_printf(
		    b, "Enum \"%.*s\" cannot represent non-enum value: ", STR_FMT(expected));
	else
		buf_printf(b, "Expected value of type \"%.*s\", found ", STR_FMT(expected));
	graphql_value_print(c, b, value);
	if (complaint == NULL)
		buf_add_char(b, '.');
	graphql_error_end(c);
}

static void
suggest_enum_value(struct graphql_check *c, struct buf *b, const struct graphql_value *value)
{
	const struct graphql_list *values = &value->definition->values;
	struct graphql_names names = { 0 };

	for (size_t i = 0; i < values->count && graphql_work(c->g, 1); i++)
		(void)graphql_push_name(c->g, &names,
		    ((struct graphql_enum_value *)values->at[i])->name);
	graphql_suggest(c, b, "Did you mean the enum value", value->raw, &names);
	graphql_error_end(c);
}

static void
check_string(struct graphql_check *c, const struct graphql_value *value)
{
	struct buf *b;

	if (value->definition->bits != GRAPHQL_ENUM) {
		if (!is_named(value->definition, "String", "ID", "ID"))
			unexpected_type(c, value);
		return;
	}
	b = graphql_error_begin(c, value->pos);
	buf_printf(b, "Enum \"%.*s\" cannot represent non-enum value: ",
	    STR_FMT(graphql_type_text(c, value->expected)));
	graphql_value_print(c, b, value);
	buf_add_char(b, '.');
	suggest_enum_value(c, b, value);
}

static void
check_enum_value(struct graphql_check *c, const struct graphql_value *value)
{
	const struct graphql_list *values = &value->definition->values;
	struct buf *b;

	if (value->definition->bits != GRAPHQL_ENUM) {
		unexpected_type(c, value);
		return;
	}
	for (size_t i = 0; i < values->count && graphql_work(c->g, 1); i++) {
		if (str_eq(((struct graphql_enum_value *)values->at[i])->name, value->raw))
			return;
	}
	b = graphql_error_begin(c, value->pos);
	buf_printf(b, "Value \"%.*s\" does not exist in \"%.*s\" enum.", STR_FMT(value->raw),
	    STR_FMT(graphql_type_text(c, value->expected)));
	suggest_enum_value(c, b, value);
}

static bool
has_child(struct graphql_check *c, const struct graphql_value *value, str_t name)
{
	bool found = false;
	size_t i = 0;

	for (; i < value->children.count && !found; i++)
		found = str_eq(((struct graphql_child *)value->children.at[i])->name, name);
	return graphql_work(c->g, 1 + i / 8) && found;
}

/* Once for each @oneOf of the type. */
static void
check_one_of(struct graphql_check *c, const struct graphql_value *value)
{
	const struct graphql_definition *d = value->definition;

	for (size_t i = 0; i < d->directives.count && graphql_work(c->g, 1); i++) {
		const struct graphql_child *child;

		if (!str_eq(
			((struct graphql_directive *)d->directives.at[i])->name, STR("oneOf")))
			continue;
		if (value->children.count != 1) {
			graphql_error(c, value->pos,
			    "OneOf Input Object \"%.*s\" must specify exactly one key.",
			    STR_FMT(d->name));
			continue;
		}
		child = value->children.at[0];
		if (child->value->kind == GRAPHQL_NULL)
			graphql_error(c, child->value->pos,
			    "Field \"%.*s.%.*s\" must be non-null.", STR_FMT(d->name),
			    STR_FMT(child->name));
	}
}

static void
check_object(struct graphql_check *c, const struct graphql_value *value)
{
	const struct graphql_definition *d = value->definition;
	struct graphql_names names = { 0 };

	for (size_t i = 0; i < d->fields.count && graphql_work(c->g, 1); i++) {
		const struct graphql_field *field = d->fields.at[i];

		(void)graphql_push_name(c->g, &names, field->name);
		if (field->type->non_null && field->default_value == NULL &&
		    !has_child(c, value, field->name))
			graphql_error(c, value->pos,
			    "Field \"%.*s.%.*s\" of required type \"%.*s\" was not provided.",
			    STR_FMT(d->name), STR_FMT(field->name),
			    STR_FMT(graphql_type_text(c, field->type)));
	}
	check_one_of(c, value);
	for (size_t i = 0; i < value->children.count && !c->g->halted; i++) {
		const struct graphql_child *child = value->children.at[i];
		struct buf *b;

		if (graphql_find_field(c->g, &d->fields, child->name) != NULL)
			continue;
		b = graphql_error_begin(c, child->pos);
		buf_printf(b, "Field \"%.*s\" is not defined by type \"%.*s\".",
		    STR_FMT(child->name), STR_FMT(d->name));
		graphql_suggest(c, b, "Did you mean", child->name, &names);
		graphql_error_end(c);
	}
}

static void
values_of_correct_type(struct graphql_check *c, struct graphql_value *value)
{
	const struct graphql_definition *d = value->definition;
	bool fine = true;

	if (d == NULL || value->expected == NULL)
		return;
	if (value->kind == GRAPHQL_NULL && value->expected->non_null)
		graphql_error(c, value->pos, "Expected value of type \"%.*s\", found %.*s.",
		    STR_FMT(graphql_type_text(c, value->expected)), STR_FMT(value->raw));
	/* What a scalar of the schema's own means, nobody knows here. */
	if (d->bits == GRAPHQL_SCALAR && !is_named(d, "Int", "Float", "String") &&
	    !is_named(d, "Boolean", "ID", "ID"))
		return;
	if (!is_readable(c, value))
		unexpected_type(c, value);
	switch ((enum graphql_value_kind)value->kind) {
	case GRAPHQL_LIST:
		fine = value->expected->elem != NULL;
		break;
	case GRAPHQL_INT:
		fine = is_named(d, "Int", "Float", "ID");
		break;
	case GRAPHQL_FLOAT:
		fine = is_named(d, "Float", "Float", "Float");
		break;
	case GRAPHQL_BOOLEAN:
		fine = is_named(d, "Boolean", "Boolean", "Boolean");
		break;
	case GRAPHQL_STRING:
	case GRAPHQL_BLOCK:
		check_string(c, value);
		break;
	case GRAPHQL_ENUM_VALUE:
		check_enum_value(c, value);
		break;
	case GRAPHQL_OBJECT_VALUE:
		check_object(c, value);
		break;
	default:
		break;
	}
	if (!fine)
		unexpected_type(c, value);
}

const struct graphql_rule graphql_values_of_correct_type = { .name = "ValuesOfCorrectType",
	.value = values_of_correct_type };

/* ---- UniqueInputFieldNames ---- */

static void
unique_input_fields(struct graphql_check *c, struct graphql_value *value)
{
	if (value->kind != GRAPHQL_OBJECT_VALUE)
		return;
	for (size_t i = 1; i < value->children.count && graphql_work(c->g, 1 + i / 8); i++) {
		const struct graphql_child *child = value->children.at[i];

		for (size_t k = 0; k < i; k++) {
			if (!str_eq(((struct graphql_child *)value->children.at[k])->name,
				child->name))
				continue;
			graphql_error(c, child->pos,
			    "There can be only one input field named \"%.*s\".",
			    STR_FMT(child->name));
			break;
		}
	}
}

const struct graphql_rule graphql_unique_input_field_names = { .name = "UniqueInputFieldNames",
	.value = unique_input_fields };
