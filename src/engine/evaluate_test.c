/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and decisions: what denies, what gives reasons, and that nothing is allocated. */
#include "engine/evaluate.h"

#include <stdlib.h>
#include <tap.h>

#include "engine/policy.h"

enum { ARENA_LIMIT = 64 << 20 };

static const char policy_text[] =
    "package authz\n"
    "import rego.v1\n"
    "default allow := false\n"
    "allow if input.user == \"ann\"\n"
    "deny contains \"not ann\" if input.user != \"ann\"\n"
    "deny contains {\"msg\": \"an object\"} if input.user == \"eve\"\n"
    "deny_reasons := [\"first\", \"second\"] if input.user == \"bob\"\n"
    "deny_message := \"a message\" if input.user == \"cid\"\n"
    "deny_reason := \"a reason\" if input.user == \"dan\"\n"
    "undefined if 1 == 2\n"
    "truth := \"true\"\n"
    "one := 1\n"
    "object := {\"allow\": true}\n"
    "list := [true]\n"
    "null_value := null\n"
    "conflict := x if some x in [1, 2]\n"
    "long if count([x | some x in numbers.range(1, 100000); x > 1]) > 0\n"
    "f(x) := true if x == 1\n"
    "broken_reason contains x if some x in [1]\n";

static const char odd_text[] =
    "package authz[\"x-y\"].z\n"
    "import rego.v1\n"
    "allow if input.user == \"ann\"\n"
    "ok[\"a b\"] := true\n";

/* ---- malloc, counted (the linker's --wrap) ---- */

static size_t allocations;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);

void *
__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	allocations++;
	return __real_realloc(old, size);
}

/* ---- decisions ---- */

static struct snapshot *
make_snapshot(void)
{
	const struct snapshot_module modules[] = {
		{ STR("authz.rego"), str_of(policy_text), REGO_V1 },
		{ STR("odd.rego"), str_of(odd_text), REGO_V1 },
	};
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct snapshot *s = NULL;
	struct diag diag;

	diag_init(&diag, arena, 10);
	ok(snapshot_make_from(modules, COUNT(modules), STR("{\"base\": true}"), &diag, &s) == ERR_OK,
	    "a snapshot %.*s", STR_FMT(diag_first_message(&diag)));
	arena_free(&arena);
	return s;
}

static const struct {
	const char *rule, *input;
	bool allow;
	err_t err;
} decisions[] = {
	{ "data.authz.allow", "{\"user\":\"ann\"}", true, ERR_OK },
	{ "authz.allow", "{\"user\":\"ann\"}", true, ERR_OK },
	{ "data.authz[\"x-y\"].z.allow", "{\"user\":\"ann\"}", true, ERR_OK },
	{ "data.authz[\"x-y\"].z.allow", "{\"user\":\"bob\"}", false, ERR_OK },
	{ "data.authz[\"x-y\"].z.ok[\"a b\"]", "{}", true, ERR_OK },
	{ "data.authz.allow", "{\"user\":\"bob\"}", false, ERR_OK },
	{ "data.authz.allow", "{}", false, ERR_OK },
	{ "data.authz.allow", "", false, ERR_OK },
	{ "data.authz.allow", "null", false, ERR_OK },
	{ "data.authz.undefined", "{}", false, ERR_OK },
	{ "data.authz.truth", "{}", false, ERR_OK },
	{ "data.authz.one", "{}", false, ERR_OK },
	{ "data.authz.object", "{}", false, ERR_OK },
	{ "data.authz.list", "{}", false, ERR_OK },
	{ "data.authz.null_value", "{}", false, ERR_OK },
	{ "data.authz.conflict", "{}", false, ERR_EVAL },
	{ "data.authz", "{\"user\":\"ann\"}", false, ERR_EVAL },
	{ "data.authz.nope", "{}", false, ERR_NOT_FOUND },
	{ "data.authz.allow.more", "{}", false, ERR_NOT_FOUND },
	{ "data.authz.f", "{}", false, ERR_NOT_FOUND },
	{ "data.base", "{}", false, ERR_NOT_FOUND },
	{ "data", "{}", false, ERR_NOT_FOUND },
	{ "data.", "{}", false, ERR_NOT_FOUND },
	{ "", "{}", false, ERR_NOT_FOUND },
	{ "data.authz.allow", "{\"user\":", false, ERR_SYNTAX },
	{ "data.authz.allow", "{\"user\":\"ann\"} x", false, ERR_SYNTAX },
	{ "data.authz.allow", "\xff", false, ERR_SYNTAX },
};

static void
try_decisions(struct evaluator *v, const struct snapshot *s, struct arena *arena)
{
	for (size_t i = 0; i < COUNT(decisions); i++) {
		struct question q = { .rule = str_of(decisions[i].rule),
			.input_json = str_of(decisions[i].input) };
		struct decision d = { .allow = true };

		arena_reset(arena);
		evaluate(v, s, &q, arena, &d);
		if (!ok(d.allow == decisions[i].allow && d.err == decisions[i].err, "%s of %s",
		        decisions[i].rule, decisions[i].input))
			tap_note("allow %d, %s", d.allow, err_text(d.err));
		ok((d.err == ERR_OK) == (d.message.len == 0), "a message if and only if it failed");
		ok(d.err == ERR_OK || !value_is_defined(d.result), "a failure has no result");
	}
}

static void
try_places(struct evaluator *v, const struct snapshot *s, struct arena *arena)
{
	struct question q = { .rule = STR("data.authz.allow"), .input_json = STR("{\"a\": 1,\n  x}") };
	struct decision d;

	arena_reset(arena);
	evaluate(v, s, &q, arena, &d);
	ok(!d.allow && d.err == ERR_SYNTAX && d.input_place.row == 2 && d.input_place.col == 3,
	    "malformed input has row %u and column %u", d.input_place.row, d.input_place.col);
	q = (struct question){ .rule = STR("data.authz.conflict"), .input_json = STR("{}") };
	evaluate(v, s, &q, arena, &d);
	ok(d.error.code != NULL && strcmp(d.error.code, "eval_conflict_error") == 0 && d.error.row == 16 &&
	        str_eq(d.error.file, STR("authz.rego")), "a conflict names its line, %u", d.error.row);
}

static void
try_budgets(struct evaluator *v, const struct snapshot *s)
{
	static const struct {
		const char *what;
		struct rego_budget budget;
	} budgets[] = {
		{ "instructions", { .instructions = 1000 } },
		{ "bytes", { .bytes = 100000 } },
		{ "deadline", { .deadline_ns = 1 } },
	};

	for (size_t i = 0; i < COUNT(budgets); i++) {
		struct arena *arena = arena_new(ARENA_LIMIT);
		struct question q = { .rule = STR("data.authz.long"), .input_json = STR("{}") };
		struct decision d;

		evaluate(v, s, &q, arena, &d);
		ok(d.allow, "allowed without a budget");
		arena_reset(arena);
		q.budget = budgets[i].budget;
		evaluate(v, s, &q, arena, &d);
		ok(!d.allow && (d.err == ERR_LIMIT || d.err == ERR_DEADLINE || d.err == ERR_EVAL) &&
		        d.message.len > 0, "the end of %s denies", budgets[i].what);
		arena_reset(arena);
		q = (struct question){ .rule = STR("data.authz.allow"),
			.input_json = STR("{\"user\":\"ann\"}") };
		evaluate(v, s, &q, arena, &d);
		ok(d.allow, "and the next question is answered");
		arena_free(&arena);
	}
}

/* ---- reasons ---- */

static const struct {
	const char *user, *reasons;
} reasons[] = {
	{ "ann", "[]" },
	{ "zoe", "[\"not ann\"]" },
	{ "bob", "[\"not ann\", \"first\", \"second\"]" },
	{ "cid", "[\"not ann\", \"a message\"]" },
	{ "dan", "[\"not ann\", \"a reason\"]" },
	{ "eve", "[\"not ann\", \"{\\\"msg\\\": \\\"an object\\\"}\"]" },
};

static void
try_reasons(struct evaluator *v, const struct snapshot *s, struct arena *arena)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct question q = { .rule = STR("data.authz.allow"), .with_reasons = true };
		struct decision d;
		struct buf text;

		arena_reset(arena);
		q.input_json = arena_printf(arena, "{\"user\":\"%s\"}", reasons[i].user);
		evaluate(v, s, &q, arena, &d);
		buf_init(&text, 1 << 16);
		value_print(&text, d.reasons);
		if (!ok(str_eq(buf_str(&text), str_of(reasons[i].reasons)), "reasons for %s", reasons[i].user))
			tap_note("%.*s", STR_FMT(buf_str(&text)));
		buf_fini(&text);
		q.with_reasons = false;
		evaluate(v, s, &q, arena, &d);
		ok(d.reasons.count == 0, "none unless asked for");
	}
}

static void
try_allocations(struct evaluator *v, const struct snapshot *s, struct arena *arena)
{
	static const char *const rules[] = { "data.authz.allow", "data.authz.long", "data.authz.conflict",
		"data.authz.nope" };
	size_t before = 0;

	for (size_t round = 0; round < 20; round++) {
		if (round == 4)
			before = allocations;
		for (size_t i = 0; i < COUNT(rules); i++) {
			struct question q = { .rule = str_of(rules[i]), .with_reasons = true,
				.input_json = STR("{\"user\":\"bob\"}") };
			struct decision d;

			arena_reset(arena);
			evaluate(v, s, &q, arena, &d);
		}
	}
	ok(allocations > 0, "malloc is counted");
	ok(allocations == before, "%zu allocations once warm", allocations - before);
}

int
main(void)
{
	struct snapshot *s = make_snapshot();
	struct evaluator *v = evaluator_new(&policy_host);
	struct arena *arena = arena_new(ARENA_LIMIT);

	try_decisions(v, s, arena);
	try_places(v, s, arena);
	try_budgets(v, s);
	try_reasons(v, s, arena);
	try_allocations(v, s, arena);
	arena_free(&arena);
	evaluator_free(&v);
	snapshot_free(&s);
	return tap_done();
}
