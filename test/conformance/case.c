/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	POLICY_BYTES = 1 << 30,
	ERRORS_KEPT = 1000,
	INSTRUCTIONS = 100000000,
};

/* ---- running ---- */

static err_t
load(struct policy *p, const struct conform_case *c)
{
	err_t first = ERR_OK;

	if (value_is_defined(c->data))
		policy_add_data(p, value_copy(p->arena, p->unit.intern, c->data));
	for (size_t i = 0; i < c->modules.count; i++) {
		const struct rego_file *m = &c->modules.at[i];
		err_t e = policy_add_module(p, m->name, m->text, c->version);

		if (first == ERR_OK)
			first = e;
	}
	return first != ERR_OK ? first : policy_compile(p);
}

struct printed {
	struct arena *arena;
	struct conform_outcome *outcome;
};

static void
keep_print(void *context, str_t line, str_t file, uint32_t row)
{
	struct printed *printed = context;

	(void)file;
	(void)row;
	(void)VEC_PUSH(
	    printed->arena, &printed->outcome->prints, value_string(printed->arena, line));
}

static err_t
evaluate(struct policy *p, const struct conform_case *c, value_t input, struct arena *arena,
    struct conform_outcome *ret)
{
	struct printed printed = { arena, ret };
	struct rego_host host = policy_host;
	struct policy_query q = {
		.text = c->query, .version = c->version, .with_terms = c->with_terms
	};
	struct rego_request request = { .program = p->program,
		.input = input,
		.arena = arena,
		.host = &host,
		.strict_builtin_errors = c->strict_builtin_errors,
		.budget = { .instructions = INSTRUCTIONS } };
	struct rego_error *error = ARENA_NEW(arena, struct rego_error);
	struct rego_eval *eval;
	err_t e;

	host.context = &printed;
	host.print = keep_print;
	TRY(policy_query(p, &q, &request.entry));
	eval = rego_eval_new();
	e = eval == NULL ? ERR_MEMORY : rego_run(eval, &request, &ret->results, error);
	if (e != ERR_OK && error->code != NULL) {
		struct conform_error found = { str_of(error->code),
			arena_str(arena, str_of(error->message)), arena_str(arena, error->file),
			error->row, error->col };

		(void)VEC_PUSH(arena, &ret->errors, found);
	}
	rego_eval_free(&eval);
	return e;
}

/* The value of a Rego term, for input_term. */
static value_t
term_value(struct arena *arena, str_t term)
{
	struct conform_case c = { .query = arena_printf(arena, "x = %.*s", STR_FMT(term)),
		.version = REGO_V1,
		.data = VALUE_NONE };
	struct conform_outcome o = { .results = VALUE_NONE };
	struct policy *p = NULL;
	struct diag diag;
	value_t v = VALUE_NONE;

	diag_init(&diag, arena, 4);
	if (policy_new(1 << 26, &diag, &p) == ERR_OK && policy_compile(p) == ERR_OK &&
	    evaluate(p, &c, VALUE_NONE, arena, &o) == ERR_OK && o.results.tag == VALUE_ARRAY &&
	    o.results.count == 1)
		v = value_copy(arena, NULL, conform_get(o.results.items[0], "x"));
	policy_free(&p);
	return v;
}

unsigned case_without;

void
case_run(const struct conform_case *c, struct arena *arena, struct conform_outcome *ret)
{
	value_t input = c->input_term.len > 0 ? term_value(arena, c->input_term) : c->input;
	struct policy *p = NULL;
	struct diag diag;
	err_t e;

	*ret = (struct conform_outcome){ .results = VALUE_NONE };
	diag_init(&diag, arena, ERRORS_KEPT);
	e = policy_new(POLICY_BYTES, &diag, &p);
	if (e == ERR_OK) {
		p->unit.strict = c->strict;
		p->unit.without = case_without;
		p->unit.keep_prints = c->keep_prints;
		p->unit.experimental = c->experimental;
		p->unit.annotations = !c->no_annotations;
		p->unit.error_limit = ERRORS_KEPT;
		e = load(p, c);
	}
	if (e == ERR_OK && c->query.len > 0)
		e = evaluate(p, c, input, arena, ret);
	diag_keep(&diag);
	conform_note_diag(arena, &diag, &ret->errors);
	if (e != ERR_OK && ret->errors.count == 0) {
		struct conform_error found = { str_of(err_name(e)), str_of(err_name(e)),
			STR_NONE, 0, 0 };

		(void)VEC_PUSH(arena, &ret->errors, found);
	}
	ret->results = value_is_defined(ret->results) ? value_copy(arena, NULL, ret->results)
						      : VALUE_NONE;
	policy_free(&p);
}

/* ---- judging ---- */

/* N of "$_term_0_N", which is how OPA calls the value of the query's expression N. */
static bool
is_term_name(value_t key, uint32_t *ret_index)
{
	str_t prefix = STR("$_term_0_"), name = value_str(key);

	if (!str_has_prefix(name, prefix) || name.len == prefix.len ||
	    name.len > prefix.len + 4)
		return false;
	*ret_index = 0;
	for (size_t i = prefix.len; i < name.len; i++)
		*ret_index = *ret_index * 10 + (uint32_t)(name.data[i] - '0');
	return true;
}

/*
 * One solution, reduced to what OPA's names: the bindings, and of the values of expressions
 * those that it shows.  Other names that begin with $ are wildcards: OPA's own affair.
 */
static value_t
reduce(struct arena *arena, value_t solution, value_t like, bool is_ours)
{
	value_t values = conform_get(solution, "$expressions");
	struct object_builder b;
	uint32_t index;

	object_builder_init(&b, arena, 8);
	for (uint32_t i = 0; i < solution.count; i++) {
		value_t key = solution.object->keys[i];
		bool is_term = is_term_name(key, &index);

		if (is_term || value_str(key).data[0] != '$')
			(void)object_builder_add(&b, key, solution.object->values[i]);
	}
	for (uint32_t i = 0; is_ours && like.tag == VALUE_OBJECT && i < like.count; i++) {
		value_t key = like.object->keys[i];

		if (is_term_name(key, &index) && index < values.count)
			(void)object_builder_add(&b, key, values.items[index]);
	}
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

static value_t
reduce_all(struct arena *arena, value_t solutions, value_t like, bool is_ours)
{
	value_t *items = ARENA_ARRAY(arena, value_t, solutions.count + 1);
	value_t first = like.tag == VALUE_ARRAY && like.count > 0 ? like.items[0] : VALUE_NONE;

	for (uint32_t i = 0; i < solutions.count; i++)
		items[i] = solutions.items[i].tag == VALUE_OBJECT
			       ? reduce(arena, solutions.items[i], first, is_ours)
			       : solutions.items[i];
	return value_array_of(items, solutions.count);
}

/* Every binding as Rego text. */
static value_t
as_terms(struct arena *arena, value_t solutions)
{
	value_t *items = ARENA_ARRAY(arena, value_t, solutions.count + 1);
	struct buf text;

	buf_init(&text, 1 << 28);
	for (uint32_t i = 0; i < solutions.count; i++) {
		value_t s = solutions.items[i];
		struct object_builder b;

		object_builder_init(&b, arena, s.count);
		for (uint32_t k = 0; k < s.count; k++) {
			buf_clear(&text);
			value_print(&text, s.object->values[k]);
			(void)object_builder_add(
			    &b, s.object->keys[k], value_string(arena, buf_str(&text)));
		}
		items[i] = object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
	}
	buf_fini(&text);
	return value_array_of(items, solutions.count);
}

static const char *
judge_results(
    const struct conform_case *c, const struct conform_outcome *o, struct arena *arena)
{
	value_t want = c->results, have = o->results, terms = c->result_terms;

	if (!value_is_defined(want))
		return NULL;
	if (have.tag != VALUE_ARRAY || want.tag != VALUE_ARRAY)
		return "no result";
	if (c->with_terms) {
		have = reduce_all(arena, have, want, true);
		want = reduce_all(arena, want, want, false);
	}
	/* Numbers of `result` went through a double: the terms, where there are any, say more.
	 */
	if (value_is_defined(terms)) {
		want = reduce_all(arena, terms, terms, false);
		have = as_terms(arena, have);
	}
	return conform_same_results(want, have, c->sort_arrays, arena)
		   ? NULL
		   : "another result was wanted";
}

const char *
case_judge(const struct conform_case *c, const struct conform_outcome *o, struct arena *arena)
{
	const char *why = conform_judge_errors(&c->errors, &o->errors, c->exhaustive, arena);

	if (why == NULL && c->errors.count == 0)
		why = judge_results(c, o, arena);
	if (why == NULL && value_is_defined(c->prints) &&
	    !value_equal(c->prints, value_array_of(o->prints.at, (uint32_t)o->prints.count)))
		why = "another print was wanted";
	return why;
}

void
case_explain(const struct conform_case *c, const struct conform_outcome *o, struct buf *out)
{
	conform_explain_errors(&c->errors, &o->errors, out);
	if (o->errors.count == 0 && value_is_defined(o->results)) {
		buf_add_text(out, "     got  ");
		value_print(out, o->results);
		buf_add_char(out, '\n');
	}
	if (value_is_defined(c->results)) {
		buf_add_text(out, "     want ");
		value_print(out, c->results);
		buf_add_char(out, '\n');
	}
}
