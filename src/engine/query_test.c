/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/query.h"

#include "base/clock.h"
#include "codec/json.h"
#include "engine/policy.h"
#include "tap.h"

static const struct {
	const char *query, *input;
	err_t want;
	const char *result; /* the solutions, or the code of the first finding or of the error */
} cases[] = {
	{ "data.a.p", NULL, ERR_OK, "[{}]" },
	{ "x := data.a.p + 1", NULL, ERR_OK, "[{\"x\":2}]" },
	{ "x = data.a.nothing", NULL, ERR_OK, "[]" },
	{ "data.list[i] = x; x > 1", NULL, ERR_OK, "[{\"i\":1,\"x\":2},{\"i\":2,\"x\":3}]" },
	{ "x = input.n; data.names[x] = y", "{\"n\": \"one\"}", ERR_OK, "[{\"x\":\"one\",\"y\":1}]" },
	{ "input.n", NULL, ERR_OK, "[]" },
	{ "x := ", NULL, ERR_POLICY, "rego_parse_error" },
	{ "x := y", NULL, ERR_POLICY, "rego_unsafe_var_error" },
	{ "data.a.clash", NULL, ERR_EVAL, "eval_conflict_error" },
	{ "count(numbers.range(1, 100000000)) > 0", NULL, ERR_LIMIT, NULL },
};

static void
try_one(const struct snapshot *s, size_t i, struct arena *arena)
{
	struct query q = { .text = str_of(cases[i].query),
		.host = &policy_host,
		.budget = { .instructions = 1000000, .bytes = 64 << 20 } };
	struct decision d;
	struct diag diag;
	struct buf text;

	buf_init(&text, 1 << 16);
	diag_init(&diag, arena, 4);
	if (cases[i].input != NULL)
		ok(json_read(arena, str_of(cases[i].input), NULL, NULL, &q.input) == ERR_OK, "its input");
	query_ask(s, &q, arena, &diag, &d);
	if (d.err == ERR_OK)
		json_write(&text, d.result);
	else if (diag.first != NULL)
		buf_add_str(&text, diag.first->code);
	else if (d.error.code != NULL)
		buf_add_text(&text, d.error.code);
	if (!ok((d.err == cases[i].want || (cases[i].result == NULL && d.err != ERR_OK)) &&
	            (cases[i].result == NULL || str_eq(buf_str(&text), str_of(cases[i].result))) &&
	            d.allow == (d.err == ERR_OK && d.result.count > 0),
	        "%s", cases[i].query))
		tap_note("%s: %.*s", err_text(d.err), STR_FMT(buf_str(&text)));
	buf_fini(&text);
}

int
main(void)
{
	const struct snapshot_module module = { STR("a.rego"),
		STR("package a\np := 1\nclash := 1 if true\nclash := 2 if true\n"), REGO_V1 };
	struct arena *arena = arena_new((size_t)1 << 30);
	struct snapshot *s = NULL;
	struct diag diag;

	diag_init(&diag, arena, 10);
	ok(snapshot_make_from(&module, 1, STR("{\"list\": [1, 2, 3], \"names\": {\"one\": 1}}"), &diag, &s) == ERR_OK,
	    "a snapshot");
	/* Twice: a query leaves nothing behind. */
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; s != NULL && i < COUNT(cases); i++)
			try_one(s, i, arena);
	}
	snapshot_free(&s);
	arena_free(&arena);
	return tap_done();
}
