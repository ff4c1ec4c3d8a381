/* SPDX-License-Identifier: Apache-2.0 */
#include "generate_internal.h"

static void say(struct generator *g, enum gen_type type, int depth);
static void say_test(struct generator *g, int depth);

/* ---- names of rules ---- */

/* A rule before this one, of the type: its name, and its arguments. */
static bool
say_rule(struct generator *g, enum gen_type type, bool functions, int depth)
{
	uint32_t count = (uint32_t)g->infos.count, start = gen_pick(g, count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (start + i) % count;
		const struct gen_info *info = &g->infos.at[at];

		if (info->type != type || (info->kind == GEN_FUNCTION) != functions)
			continue;
		if (info->package == g->package && gen_chance(g, 80))
			buf_printf(&g->out, "r%u", at);
		else
			buf_printf(&g->out, "data.%s.r%u", gen_packages[info->package], at);
		for (int k = 0; k < info->params; k++) {
			gen_say(g, k == 0 ? "(" : ", ");
			say(g, info->param[k], depth - 1);
		}
		gen_say(g, info->params > 0 ? ")" : "");
		return true;
	}
	return false;
}

/* ---- leaves ---- */

static void
say_constant(struct generator *g, enum gen_type type)
{
	static const char *const anything[] = { "1", "\"a\"", "null", "false", "true",
		"[1, 2]", "{\"a\": 1}", "{1, 2}", "[]", "{}", "{\"a\": {\"b\": [1]}}", "1.0" };

	switch (type) {
	case GEN_NUMBER:
		buf_printf(&g->out, "%u", gen_pick(g, 4));
		break;
	case GEN_TEXT:
		buf_printf(&g->out, "\"%c\"", "abck"[gen_pick(g, 4)]);
		break;
	case GEN_ARRAY:
		buf_printf(&g->out, "[%u, %u]", gen_pick(g, 4), gen_pick(g, 4));
		break;
	case GEN_SET:
		buf_printf(
		    &g->out, "{%u, %u, %u}", gen_pick(g, 4), gen_pick(g, 4), gen_pick(g, 4));
		break;
	case GEN_OBJECT:
		buf_printf(&g->out, "{\"%c\": %u, \"z\": %u}", "abck"[gen_pick(g, 4)],
		    gen_pick(g, 4), gen_pick(g, 4));
		break;
	default:
		gen_say(g, anything[gen_pick(g, COUNT(anything))]);
	}
}

/* Where input and data have something of the type, mostly. */
static void
say_path(struct generator *g, enum gen_type type)
{
	static const char *const anywhere[] = { "any", "any.a", "any.b.a", "deep", "deep.a.b",
		"deep.a.b[1].a", "missing", "o[\"c\"]", "xs[1]", "kind", "any[1][0]",
		"deep[\"a\"][\"b\"]" };

	gen_say(g, gen_chance(g, 65) ? "input." : "data.b.");
	switch (type) {
	case GEN_NUMBER:
		buf_printf(&g->out, "n%u", gen_pick(g, 4));
		break;
	case GEN_TEXT:
		buf_printf(&g->out, "s%u", gen_pick(g, 4));
		break;
	case GEN_ARRAY:
		gen_say(g, "xs");
		break;
	case GEN_OBJECT:
		gen_say(g, "o");
		break;
	default:
		gen_say(g, anywhere[gen_pick(g, COUNT(anywhere))]);
	}
}

static void
say_leaf(struct generator *g, enum gen_type type)
{
	uint32_t way = gen_pick(g, 10);

	if (way < 4 && gen_say_var(g, type))
		return;
	if (way < 6 && say_rule(g, type, false, 0))
		return;
	if (way < 8 && type != GEN_SET)
		say_path(g, type);
	else
		say_constant(g, type);
}

/* ---- comprehensions ---- */

static void
say_comprehension(struct generator *g, enum gen_type type, int depth)
{
	uint32_t scope = g->scope_count;
	uint64_t defines = g->defines;
	size_t begin = g->out.len;
	str_t body;

	gen_say_literal(g, depth - 1);
	if (gen_chance(g, 50)) {
		gen_say(g, "; ");
		gen_say_literal(g, depth - 1);
	}
	body = arena_str(g->arena, str_skip(buf_str(&g->out), begin));
	g->out.len = begin;
	gen_say(g, type == GEN_ARRAY ? "[" : "{");
	if (type == GEN_OBJECT) {
		say_leaf(g, GEN_TEXT);
		gen_say(g, ": ");
	}
	say_leaf(g, GEN_NUMBER);
	buf_printf(&g->out, " | %.*s%s", STR_FMT(body), type == GEN_ARRAY ? "]" : "}");
	gen_leave(g, scope, defines);
}

/* ---- expressions ---- */

static void
say_two(struct generator *g, const char *before, enum gen_type a, const char *between,
    enum gen_type b, const char *after, int depth)
{
	gen_say(g, before);
	say(g, a, depth - 1);
	gen_say(g, between);
	if (b != GEN_TYPES)
		say(g, b, depth - 1);
	gen_say(g, after);
}

static enum gen_type
pick_collection(struct generator *g)
{
	return (enum gen_type)(GEN_ARRAY + gen_pick(g, 3));
}

static void
say_number(struct generator *g, int depth)
{
	switch (gen_pick(g, 8)) {
	case 0:
		say_two(g, "count(", pick_collection(g), ")", GEN_TYPES, "", depth);
		return;
	case 1:
		say_two(g, "sum(", gen_chance(g, 50) ? GEN_ARRAY : GEN_SET, ")", GEN_TYPES, "",
		    depth);
		return;
	case 2:
		say_two(g, "max(", gen_chance(g, 50) ? GEN_ARRAY : GEN_SET, ")", GEN_TYPES, "",
		    depth);
		return;
	case 3:
		say_two(g, "(", GEN_NUMBER, gen_chance(g, 50) ? " * " : " - ", GEN_NUMBER, ")",
		    depth);
		return;
	case 4:
		say_two(g, "object.get(", GEN_OBJECT, ", ", GEN_TEXT, ", 9)", depth);
		return;
	default:
		say_two(g, "(", GEN_NUMBER, " + ", GEN_NUMBER, ")", depth);
	}
}

static void
say_text(struct generator *g, int depth)
{
	switch (gen_pick(g, 5)) {
	case 0:
		gen_say(g, "$\"<{");
		say_leaf(g, (enum gen_type)gen_pick(g, GEN_TYPES - 1));
		gen_say(g, "}>\"");
		return;
	case 1:
		say_two(g, "upper(", GEN_TEXT, ")", GEN_TYPES, "", depth);
		return;
	case 2:
		say_two(g, "sprintf" /* of Rego */ "(\"%v-%v\", [", GEN_NUMBER, ", ", GEN_ANY, "])", depth);
		return;
	case 3:
		say_two(g, "format_int(", GEN_NUMBER, ", 10)", GEN_TYPES, "", depth);
		return;
	default:
		say_two(g, "concat(\"\", [", GEN_TEXT, ", ", GEN_TEXT, "])", depth);
	}
}

static void
say_collection(struct generator *g, enum gen_type type, int depth)
{
	uint32_t way = gen_pick(g, 10);

	if (way < 6)
		say_comprehension(g, type, depth);
	else if (type == GEN_ARRAY && way == 6)
		say_two(g, "sort(", gen_chance(g, 50) ? GEN_ARRAY : GEN_SET, ")", GEN_TYPES,
		    "", depth);
	else if (type == GEN_ARRAY && way == 7)
		say_two(g, "array.concat(", GEN_ARRAY, ", ", GEN_ARRAY, ")", depth);
	else if (type == GEN_ARRAY)
		say_two(g, "[", GEN_NUMBER, ", ", GEN_NUMBER, "]", depth);
	else if (type == GEN_SET && way == 6)
		say_two(g, "{", GEN_NUMBER, ", ", GEN_NUMBER, "}", depth);
	else if (type == GEN_SET)
		say_two(g, "(", GEN_SET,
		    way == 7   ? " | "
		    : way == 8 ? " & "
			       : " - ",
		    GEN_SET, ")", depth);
	else if (way == 6)
		say_two(g, "object.union(", GEN_OBJECT, ", ", GEN_OBJECT, ")", depth);
	else if (way == 7)
		say_two(g, "object.remove(", GEN_OBJECT, ", [", GEN_TEXT, "])", depth);
	else
		say_two(g, "{\"a\": ", GEN_NUMBER, ", \"k\": ", GEN_NUMBER, "}", depth);
}

static void
say(struct generator *g, enum gen_type type, int depth)
{
	if (depth <= 0 || gen_chance(g, 45)) {
		say_leaf(g, type);
		return;
	}
	if (gen_chance(g, 20) && say_rule(g, type, true, depth))
		return;
	switch (type) {
	case GEN_NUMBER:
		say_number(g, depth);
		return;
	case GEN_TEXT:
		say_text(g, depth);
		return;
	case GEN_ARRAY:
	case GEN_SET:
	case GEN_OBJECT:
		say_collection(g, type, depth);
		return;
	default:
		if (gen_chance(g, 30))
			say_two(g, "[", GEN_ANY, ", ", GEN_TEXT, "]", depth);
		else if (gen_chance(g, 30))
			say_two(g, "{\"a\": ", GEN_ANY, ", \"b\": ", GEN_NUMBER, "}", depth);
		else
			say(g, (enum gen_type)gen_pick(g, GEN_TYPES - 1), depth - 1);
	}
}

void
gen_say_value(struct generator *g, enum gen_type type)
{
	say(g, type, gen_chance(g, 50) ? 0 : 1);
}

/* ---- literals ---- */

static void
say_comparison(struct generator *g, int depth)
{
	static const char *const operators[] = { " == ", " != ", " < ", " <= ", " > ",
		" >= ", " == ", " == " };
	enum gen_type type = (enum gen_type)gen_pick(g, GEN_TYPES);

	if (type == GEN_ANY) { /* one side at least is of no known type */
		say_path(g, GEN_ANY);
		gen_say(g, operators[gen_pick(g, COUNT(operators))]);
		say(g, GEN_ANY, depth - 1);
		return;
	}
	say_two(g, "", type, operators[gen_pick(g, COUNT(operators))], type, "", depth);
}

static void
say_every(struct generator *g, int depth)
{
	uint32_t scope = g->scope_count;
	uint64_t defines = g->defines;
	enum gen_type type = pick_collection(g);
	size_t begin = g->out.len;
	str_t domain;
	int value, key = -1;

	say(g, type, depth - 1);
	domain = arena_str(g->arena, str_skip(buf_str(&g->out), begin));
	g->out.len = begin;
	if (type != GEN_SET && gen_chance(g, 40))
		key = gen_bind(g, type == GEN_OBJECT ? GEN_TEXT : GEN_NUMBER);
	value = gen_bind(g, type == GEN_OBJECT && gen_chance(g, 0) ? GEN_ANY : GEN_NUMBER);
	if (key >= 0)
		buf_printf(&g->out, "every v%d, v%d in %.*s { v%d == v%d; ", key, value,
		    STR_FMT(domain), key, key);
	else
		buf_printf(&g->out, "every v%d in %.*s { ", value, STR_FMT(domain));
	buf_printf(&g->out, "v%d != 5; ", value);
	say_test(g, depth - 1);
	gen_say(g, " }");
	gen_leave(g, scope, defines);
}

static void
say_modified(struct generator *g, int depth)
{
	static const char *const built_ins[] = { " with count as 3", " with upper as \"U\"",
		" with sum as 1", " with concat as \"a\"", " with max as 2",
		" with plus as 2", " with neq as true", " with lt as false" };

	say_test(g, depth - 1);
	for (uint32_t i = 0; i < 2 && (i == 0 || gen_chance(g, 25)); i++) {
		uint32_t way = gen_pick(g, 6), at = gen_pick(g, (uint32_t)g->infos.count);
		const struct gen_info *info = g->infos.count > 0 ? &g->infos.at[at] : NULL;

		if (info != NULL && way < 2 && info->kind <= GEN_FUNCTION) {
			buf_printf(
			    &g->out, " with data.%s.r%u as ", gen_packages[info->package], at);
			say_constant(g, info->type);
		} else if (way < 3) {
			gen_say(g, built_ins[gen_pick(g, COUNT(built_ins))]);
		} else if (way < 4) {
			buf_printf(&g->out, " with data.b.n%u as ", gen_pick(g, 3));
			say_leaf(g, GEN_NUMBER);
		} else {
			static const char *const places[] = { "n0", "n1", "kind", "o", "any",
				"xs", "o.a", "deep.a" };

			buf_printf(
			    &g->out, " with input.%s as ", places[gen_pick(g, COUNT(places))]);
			say_leaf(g, (enum gen_type)gen_pick(g, GEN_TYPES));
		}
	}
}

/* A literal that makes no variable. */
static void
say_test(struct generator *g, int depth)
{
	switch (depth <= 0 ? 0 : gen_pick(g, 9)) {
	case 1:
		gen_say(g, "not ");
		say_comparison(g, depth - 1);
		break;
	case 2:
		gen_say(g, "not ");
		say_path(g, GEN_ANY);
		break;
	case 3:
		say_two(g, "", GEN_NUMBER, " in ", pick_collection(g), "", depth);
		break;
	case 4:
		say_every(g, depth);
		break;
	case 5:
		say_two(g, "startswith(", GEN_TEXT, ", ", GEN_TEXT, ")", depth);
		break;
	case 6:
		say(g, GEN_ANY, depth - 1);
		break;
	default:
		say_comparison(g, depth);
	}
}

/* Made last, so that its own expression cannot name it. */
static void
say_binding(struct generator *g, const char *before, enum gen_type type, const char *operator,
    enum gen_type of, int depth)
{
	size_t begin = g->out.len;
	str_t text;

	say(g, of, depth - 1);
	text = arena_str(g->arena, str_skip(buf_str(&g->out), begin));
	g->out.len = begin;
	buf_printf(&g->out, "%sv%d%s%.*s", before, gen_bind(g, type), operator, STR_FMT(text));
}

static void
say_scan(struct generator *g, int depth)
{
	static const char *const places[] = { "input.xs", "data.b.xs", "input.o", "data.b.o",
		"input.deep.a.b" };
	static const char *const wholes[] = { "data.t", "data.u", "data.u.v", "data.b" };
	enum gen_type type = pick_collection(g);
	int key, value;

	switch (gen_pick(g, 6)) {
	case 0:
		key = gen_bind(g, GEN_ANY);
		value = gen_bind(g, GEN_ANY);
		buf_printf(&g->out, "some v%d; v%d := %s[v%d]", key, value,
		    places[gen_pick(g, COUNT(places))], key);
		return;
	case 1:
		key = gen_bind(g, GEN_ANY);
		value = gen_bind(g, GEN_ANY);
		buf_printf(&g->out, "walk(%s, [v%d, v%d])", places[gen_pick(g, COUNT(places))],
		    key, value);
		return;
	case 2:
		if (g->package > 0) {
			key = gen_bind(g, GEN_TEXT);
			value = gen_bind(g, GEN_ANY);
			buf_printf(&g->out, "some v%d, v%d in %s", key, value,
			    wholes[g->package == 1 ? gen_pick(g, 2) * 3 : gen_pick(g, 4)]);
			return;
		}
		/* fall through */
	default:
		say_binding(g, "some ", GEN_NUMBER, " in ", type, depth);
	}
}

void
gen_say_literal(struct generator *g, int depth)
{
	enum gen_type type = (enum gen_type)gen_pick(g, GEN_TYPES);

	switch (gen_pick(g, 12)) {
	case 0:
	case 1:
		say_binding(g, "", type, " := ", type, depth);
		break;
	case 2:
		say_binding(g, "", type, " = ", type, depth);
		break;
	case 3:
	case 4:
	case 5:
		say_scan(g, depth);
		break;
	case 6:
		gen_say(g, "[");
		buf_printf(&g->out, "v%d, ", gen_bind(g, GEN_ANY));
		buf_printf(&g->out, "v%d] = ", gen_bind(g, GEN_ANY));
		say_path(g, gen_chance(g, 50) ? GEN_ANY : GEN_ARRAY);
		break;
	case 7:
	case 8:
		if (depth > 1) {
			say_modified(g, depth);
			break;
		}
		/* fall through */
	default:
		say_test(g, depth);
	}
}
