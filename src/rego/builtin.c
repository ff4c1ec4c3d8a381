/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "crypt/digest.h"
#include "regex/regex.h"
#include "rego/builtin/util.h"
#include "rego/vm_internal.h"

static const struct rego_builtin *guest; /* rego_builtin_add_family() */
static const struct rego_builtin *const families[] = {
#define FAMILY(name) rego_builtins_##name,
#include "rego/builtin/family.def"
#undef FAMILY
};

enum {
	LARGEST_ARITY = 8,
	TABLE_SIZE = 512,
	ANY_TYPE = 0xff,
	LONG_TEXT = 256, /* bytes */
};

/* Bits of an operand's accepted types, in the order error messages list them. */
static const struct {
	const char *name;
	uint8_t bit;
} type_names[] = { { "any", ANY_TYPE }, { "array", 1 }, { "boolean", 2 }, { "null", 4 },
	{ "number", 8 }, { "object", 16 }, { "set", 32 }, { "string", 64 } };

struct parsed_row {
	const struct rego_builtin *row;
	uint8_t accepts[LARGEST_ARITY];
	uint32_t arity; /* UINT32_MAX: variadic */
	bool is_void;
};

static struct parsed_row rows[TABLE_SIZE]; /* written once, by parse_all() */
static uint16_t by_name[TABLE_SIZE];
static size_t row_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Reads the top level of one type: its names outside any inner brackets. */
static uint8_t
parse_type(str_t type)
{
	uint8_t bits = 0;
	int depth = 0;

	for (size_t i = 0; i < type.len;) {
		char c = type.data[i];

		if (c == '[' || c == '<' || c == ']' || c == '>') {
			depth += c == '[' || c == '<' ? 1 : -1;
			i++;
			continue;
		}
		size_t begin = i;

		while (i < type.len && type.data[i] >= 'a' && type.data[i] <= 'z')
			i++;
		if (i == begin) {
			i++;
			continue;
		}
		for (size_t t = 0; depth == 0 && t < COUNT(type_names); t++) {
			if (str_eq(str_sub(type, begin, i - begin), str_of(type_names[t].name)))
				bits |= type_names[t].bit;
		}
	}
	return bits;
}

/* End of the operand that begins at `from`: the next comma outside brackets. */
static size_t
operand_end(str_t text, size_t from)
{
	int depth = 0;

	for (size_t i = from; i < text.len; i++) {
		char c = text.data[i];

		if (c == '[' || c == '<' || c == '(')
			depth++;
		else if (c == ']' || c == '>' || c == ')')
			depth--;
		else if (c == ',' && depth == 0)
			return i;
	}
	return text.len;
}

static void
parse_row(const struct rego_builtin *row, struct parsed_row *p)
{
	str_t signature = str_of(row->signature);
	size_t arrow = str_find(signature, STR("->"), 0);
	str_t operands = str_trim_space(str_sub(signature, 0, arrow));
	size_t at = 0;

	must(arrow < signature.len);
	p->row = row;
	p->is_void = str_eq(str_trim_space(str_skip(signature, arrow + 2)), STR("void"));
	while (at < operands.len) {
		size_t end = operand_end(operands, at);
		str_t operand = str_sub(operands, at, end - at);
		size_t colon = str_find(operand, STR(": "), 0);

		if (str_find(operand, STR("..."), 0) < operand.len) {
			p->arity = UINT32_MAX;
			return;
		}
		must(p->arity < LARGEST_ARITY);
		must(colon < operand.len);
		p->accepts[p->arity] = parse_type(str_skip(operand, colon + 1));
		must(p->accepts[p->arity] != 0);
		p->arity++;
		at = end + 1;
	}
}

static int
compare_names(const void *a, const void *b)
{
	const char *left = rows[*(const uint16_t *)a].row->name;
	const char *right = rows[*(const uint16_t *)b].row->name;

	return strcmp(left, right);
}

static void
parse_family(const struct rego_builtin *family)
{
	for (const struct rego_builtin *r = family; r != NULL && r->name != NULL; r++) {
		must(row_count < TABLE_SIZE);
		by_name[row_count] = (uint16_t)row_count;
		parse_row(r, &rows[row_count++]);
	}
}

static void
parse_all(void)
{
	for (size_t f = 0; f < COUNT(families); f++)
		parse_family(families[f]);
	parse_family(guest);
	qsort(by_name, row_count, sizeof(by_name[0]), compare_names);
}

void
rego_builtin_add_family(const struct rego_builtin *family)
{
	must(row_count == 0 && guest == NULL);
	guest = family;
}

size_t
rego_builtin_count(void)
{
	(void)pthread_once(&once, parse_all);
	return row_count;
}

const struct rego_builtin *
rego_builtin_at(uint32_t id)
{
	must(id < rego_builtin_count());
	return rows[id].row;
}

uint32_t
rego_builtin_find(str_t name)
{
	size_t low = 0, high = rego_builtin_count();

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(name, str_of(rows[by_name[middle]].row->name));

		if (order == 0)
			return by_name[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return REGO_BUILTIN_NONE;
}

uint32_t
rego_builtin_arity(uint32_t id)
{
	must(id < rego_builtin_count());
	return rows[id].arity;
}

bool
rego_builtin_is_void(uint32_t id)
{
	must(id < rego_builtin_count());
	return rows[id].is_void;
}

static uint8_t
type_bit(value_t v)
{
	static const uint8_t bits[] = { [VALUE_UNDEFINED] = 0, [VALUE_FALSE] = 2, [VALUE_NULL] = 4,
		[VALUE_TRUE] = 2, [VALUE_INT] = 8, [VALUE_NUMBER] = 8, [VALUE_STRING] = 64,
		[VALUE_ARRAY] = 1, [VALUE_OBJECT] = 16, [VALUE_SET] = 32 };

	return bits[v.tag];
}

/* The operand's type as its signature says: "string", or "one of {set, array}" in that order. */
static enum rego_outcome
refuse_operand(struct rego_call *call, unsigned operand, uint8_t accepts)
{
	str_t signature = str_of(call->builtin->signature), text;
	char what[128];
	size_t at = 0, len, end;
	bool several = (accepts & (accepts - 1)) != 0;
	uint8_t listed = 0;

	for (unsigned i = 1; i < operand; i++)
		at = operand_end(signature, at) + 1;
	text = str_sub(signature, at, operand_end(signature, at) - at);
	text = str_skip(text, str_find(text, STR(": "), 0));
	text = str_sub(text, 0, str_find(text, STR("->"), 0));
	len = (size_t)snprintf(what, sizeof(what), "%s", several ? "one of {" : "");
	for (size_t i = 0, depth = 0; i < text.len; i = end) {
		char c = text.data[i];

		end = i + 1;
		depth += c == '[' || c == '<' ? 1 : c == ']' || c == '>' ? (size_t)-1 : 0;
		while (c >= 'a' && c <= 'z' && end < text.len && text.data[end] >= 'a' && text.data[end] <= 'z')
			end++;
		for (size_t t = 1; depth == 0 && t < COUNT(type_names); t++) {
			if ((listed & type_names[t].bit) != 0 ||
			    !str_eq(str_sub(text, i, end - i), str_of(type_names[t].name)))
				continue;
			len += (size_t)snprintf(what + len, sizeof(what) - len, "%s%s", listed != 0 ? ", " : "",
			    type_names[t].name);
			listed |= type_names[t].bit;
		}
	}
	(void)snprintf(what + len, sizeof(what) - len, "%s", several ? "}" : "");
	return rego_fail_type(call, operand, what, call->arg[operand - 1]);
}

enum rego_outcome
rego_builtin_call(uint32_t id, struct rego_call *call, value_t *ret)
{
	const struct parsed_row *p = &rows[id];
	enum rego_outcome outcome;
	size_t texts = 0;

	call->builtin = p->row;
	for (uint32_t i = 0; (p->row->flags & REGO_LENIENT) == 0 && i < p->arity && i < call->arg_count;
	     i++) {
		if ((p->accepts[i] & type_bit(call->arg[i])) == 0)
			return refuse_operand(call, i + 1, p->accepts[i]);
	}
	/* A body reads its texts; what it does beyond that is its own to charge. */
	for (uint32_t i = 0; i < call->arg_count; i++)
		texts += value_is_string(call->arg[i]) ? call->arg[i].count : 0;
	if (texts >= LONG_TEXT && !rego_work(call, texts))
		return REGO_HALT;
	outcome = p->row->call(call, ret);
	if (regex_take_failure() | crypt_take_failure())
		return rego_halt(call, "out of memory");
	return outcome;
}
