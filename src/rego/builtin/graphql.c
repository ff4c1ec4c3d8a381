/* SPDX-License-Identifier: Apache-2.0 */
/* graphql: queries and schemas of GraphQL, parsed, and held against each other. */
#include "rego/builtin/graphql_validate.h"

/* ---- problems ---- */

/* The number at `at`, up to a colon; false: there is none. */
static bool
take_number(str_t s, size_t *at, str_t *ret)
{
	size_t from = *at, end = from;

	while (end < s.len && s.data[end] >= '0' && s.data[end] <= '9')
		end++;
	if (end == from || end == s.len || s.data[end] != ':')
		return false;
	*ret = str_sub(s, from, end - from);
	*at = end + 1;
	return true;
}

/* A problem of the form "input:1:2: what" as OPA words it. */
static enum rego_outcome
fail_at(struct rego_call *call, str_t problem)
{
	size_t at = str_find_char(problem, ':', 0) + 1;
	str_t line, column, what;

	if (at > problem.len || !take_number(problem, &at, &line) ||
	    !take_number(problem, &at, &column))
		return rego_fail(call, "GraphQL parse error: %.*s", STR_FMT(problem));
	while (at < problem.len && problem.data[at] == ' ')
		at++;
	what = str_skip(problem, at);
	if (str_has_suffix(what, STR(".\n")))
		what.len -= 2;
	return rego_fail(call, "%.*s in GraphQL string at location %.*s:%.*s", STR_FMT(what),
	    STR_FMT(line), STR_FMT(column));
}

/* ---- operands ---- */

enum stage { /* how far it came: what the problem is about decides its words */
	STAGE_TEXT,
	STAGE_OBJECT,
	STAGE_TYPE,
	STAGE_SCHEMA,
	STAGE_QUERY,
};

struct work {
	struct graphql g;
	struct rego_call *call;
	enum stage stage;
	unsigned operand; /* STAGE_TYPE */
	struct graphql_query query;
	struct graphql_document document;
	struct graphql_schema schema;
};

static bool
read_query(struct work *w, unsigned operand)
{
	value_t v = w->call->arg[operand];

	w->operand = operand;
	if (value_is_string(v)) {
		w->stage = STAGE_TEXT;
		return graphql_parse_query(&w->g, value_str(v), &w->query);
	}
	w->stage = v.tag == VALUE_OBJECT ? STAGE_OBJECT : STAGE_TYPE;
	return v.tag == VALUE_OBJECT && graphql_read_query(&w->g, v, &w->query);
}

static bool
read_schema(struct work *w, unsigned operand)
{
	value_t v = w->call->arg[operand];

	w->operand = operand;
	if (value_is_string(v)) {
		w->stage = STAGE_TEXT;
		return graphql_parse_schema(&w->g, value_str(v), false, &w->document);
	}
	w->stage = v.tag == VALUE_OBJECT ? STAGE_OBJECT : STAGE_TYPE;
	return v.tag == VALUE_OBJECT && graphql_read_schema(&w->g, v, &w->document);
}

static bool
make_schema(struct work *w)
{
	w->stage = STAGE_SCHEMA;
	return graphql_schema_make(&w->g, &w->document, &w->schema);
}

static bool
validate(struct work *w)
{
	w->stage = STAGE_QUERY;
	return graphql_validate(&w->g, &w->schema, &w->query);
}

static enum rego_outcome
fail(struct work *w)
{
	str_t problem = buf_str(&w->g.problem);

	switch (w->stage) {
	case STAGE_TYPE: /* counted from 0: so does OPA here */
		return rego_fail_type(
		    w->call, w->operand, "one of {string, object}", w->call->arg[w->operand]);
	case STAGE_OBJECT:
		return rego_fail(w->call, "%.*s", STR_FMT(problem));
	case STAGE_SCHEMA:
		return rego_fail(w->call,
		    "Error in gqlparser SchemaDocument to Schema conversion: %.*s",
		    STR_FMT(problem));
	case STAGE_TEXT:
	case STAGE_QUERY:
		break;
	}
	return fail_at(w->call, problem);
}

/* Ends the work.  What could not be made, though nothing is wrong, halts. */
static enum rego_outcome
give(struct work *w, bool fine, value_t made, value_t *ret)
{
	enum rego_outcome outcome = REGO_HALT;

	if (graphql_settle(&w->g)) {
		if (fine && value_is_defined(made))
			outcome = rego_give(made, ret);
		else if (w->g.refused || w->stage == STAGE_TYPE)
			outcome = fail(w);
	}
	graphql_fini(&w->g);
	return outcome;
}

/* ---- the built-ins ---- */

static enum rego_outcome
parse_query(struct rego_call *call, value_t *ret)
{
	struct work w = { .call = call };
	value_t made = VALUE_NONE;
	bool fine;

	graphql_init(&w.g, call->arena, call);
	fine = read_query(&w, 0);
	if (fine)
		made = graphql_write_query(&w.g, &w.query);
	return give(&w, fine, made, ret);
}

static enum rego_outcome
parse_schema(struct rego_call *call, value_t *ret)
{
	struct work w = { .call = call };
	value_t made = VALUE_NONE;
	bool fine;

	graphql_init(&w.g, call->arena, call);
	fine = read_schema(&w, 0);
	if (fine)
		made = graphql_write_schema(&w.g, &w.document);
	return give(&w, fine, made, ret);
}

/* Both trees, as they are before validation fills them in; false: something is wrong. */
static bool
verify(struct work *w, value_t *ret_query, value_t *ret_schema)
{
	if (!read_query(w, 0) || !read_schema(w, 1))
		return false;
	*ret_query = graphql_write_query(&w->g, &w->query);
	*ret_schema = graphql_write_schema(&w->g, &w->document);
	return value_is_defined(*ret_query) && value_is_defined(*ret_schema) &&
	       make_schema(w) && validate(w);
}

static enum rego_outcome
parse(struct rego_call *call, value_t *ret)
{
	struct work w = { .call = call };
	value_t trees[2] = { VALUE_NONE, VALUE_NONE };
	bool fine;

	graphql_init(&w.g, call->arena, call);
	fine = verify(&w, &trees[0], &trees[1]);
	return give(&w, fine, fine ? value_array(call->arena, trees,
	    COUNT(trees)) : VALUE_NONE, ret);
}

static enum rego_outcome
parse_and_verify(struct rego_call *call, value_t *ret)
{
	struct work w = { .call = call };
	value_t result[3] = { value_bool(true), VALUE_NONE, VALUE_NONE };

	graphql_init(&w.g, call->arena, call);
	if (!verify(&w, &result[1], &result[2])) {
		result[0] = value_bool(false);
		result[1] = result[2] = value_empty_object();
	}
	return give(&w, true, value_array(call->arena, result, COUNT(result)), ret);
}

/* Nothing but the answer stays in the arena. */
static enum rego_outcome
give_bool(struct work *w, struct arena_mark mark, bool answer, value_t *ret)
{
	enum rego_outcome outcome = give(w, true, value_bool(answer), ret);

	if (outcome == REGO_DEFINED)
		arena_release(w->call->arena, mark);
	return outcome;
}

static enum rego_outcome
is_valid(struct rego_call *call, value_t *ret)
{
	struct arena_mark mark = arena_mark(call->arena);
	struct work w = { .call = call };
	bool answer;

	graphql_init(&w.g, call->arena, call);
	answer = read_query(&w, 0) && read_schema(&w, 1) && make_schema(&w) && validate(&w);
	return give_bool(&w, mark, answer, ret);
}

static enum rego_outcome
schema_is_valid(struct rego_call *call, value_t *ret)
{
	struct arena_mark mark = arena_mark(call->arena);
	struct work w = { .call = call };
	bool answer;

	graphql_init(&w.g, call->arena, call);
	answer = read_schema(&w, 0) && make_schema(&w);
	return give_bool(&w, mark, answer, ret);
}

#define TREE "(string|object[any: any])"

const struct rego_builtin rego_builtins_graphql[] = {
	{ "graphql.is_valid", "query: " TREE ", schema: " TREE " -> boolean", is_valid,
	    "Whether the GraphQL `query` may be asked of the `schema`; each is text or a "
	    "tree.",
	    REGO_LENIENT },
	{ "graphql.parse",
	    "query: " TREE ", schema: " TREE " -> array<object[any: any], object[any: any]>",
	    parse,
	    "The trees of the GraphQL `query` and `schema`, if the query may be asked of the "
	    "schema.",
	    REGO_LENIENT },
	{ "graphql.parse_and_verify",
	    "query: " TREE ", schema: " TREE
	    " -> array<boolean, object[any: any], object[any: any]>",
	    parse_and_verify,
	    "Whether the GraphQL `query` may be asked of the `schema`, and the trees of both.",
	    REGO_LENIENT },
	{ "graphql.parse_query", "query: string -> object[any: any]", parse_query,
	    "The tree of the GraphQL `query`." },
	{ "graphql.parse_schema", "schema: string -> object[any: any]", parse_schema,
	    "The tree of the GraphQL `schema`." },
	{ "graphql.schema_is_valid", "schema: " TREE " -> boolean", schema_is_valid,
	    "Whether `schema` is a GraphQL schema; it is text or a tree.", REGO_LENIENT },
	{ 0 },
};
