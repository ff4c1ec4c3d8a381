/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluate: what one decision costs in the process, and what reading JSON costs.
 *
 *   evaluate DIR      DIR as bench/workloads.py writes it
 *
 * A decision is timed from the input's text to the answer, as the daemon does it:
 * request arena reset, input read, default rule evaluated.  Machines are noisy, so
 * processor time is counted, not the clock's, every case gets a slice of each round,
 * and the median round counts; ratios of one run can be trusted, figures of
 * different days cannot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/file.h"
#include "codec/json.h"
#include "engine/evaluate.h"
#include "engine/policy.h"

enum { CASES_MAX = 64, ROUNDS = 41, SLICE_NS = 2000000, FILE_MAX_BYTES = 1 << 28 };

struct timed {
	char name[96];
	const struct snapshot *snapshot;
	str_t rule, input; /* empty rule: only read the JSON */
	bool want;
	int64_t ns[ROUNDS]; /* per decision */
};

static struct timed cases[CASES_MAX];
static size_t case_count;

static _Noreturn void
give_up(const char *what, str_t more)
{
	(void)fprintf(stderr, "evaluate: %s: %.*s\n", what, (int)more.len, more.data);
	exit(1);
}

static str_t
read_text(struct arena *arena, const char *dir, str_t folder, const char *file)
{
	char path[512];
	struct buf text;
	struct diag diag;
	str_t copy;

	(void)snprintf(path, sizeof(path), "%s/%.*s/%s", dir, (int)folder.len, folder.data, file);
	buf_init(&text, FILE_MAX_BYTES);
	diag_init(&diag, arena, 1);
	if (file_read(&file_kernel, path, FILE_ANY, &text, &diag) != ERR_OK)
		give_up(path, diag_first_message(&diag));
	copy = arena_str(arena, buf_str(&text));
	buf_fini(&text);
	return copy;
}

/* ---- one case ---- */

static bool
decide(struct evaluator *evaluator, struct arena *arena, const struct timed *t)
{
	struct question question = { .rule = t->rule, .input_json = t->input };
	struct decision decision;
	value_t document;

	arena_reset(arena);
	if (t->rule.len == 0)
		return json_read(arena, t->input, NULL, NULL, &document) == ERR_OK;
	evaluate(evaluator, t->snapshot, &question, arena, &decision);
	if (decision.err != ERR_OK)
		give_up(t->name, decision.message);
	return decision.allow;
}

static int64_t
processor_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Repeats for a slice of time; at least once. */
static int64_t
time_slice(struct evaluator *evaluator, struct arena *arena, const struct timed *t)
{
	int64_t begin = processor_ns(), spent;
	int64_t runs = 0, batch = 1;

	do {
		for (int64_t i = 0; i < batch; i++) {
			if (decide(evaluator, arena, t) != t->want)
				give_up(t->name, STR("not the answer that was expected"));
		}
		runs += batch;
		batch = batch < 64 ? batch * 2 : batch;
		spent = processor_ns() - begin;
	} while (spent < SLICE_NS);
	return spent / runs;
}

static int
compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* ---- the cases ---- */

static struct timed *
add_case(str_t name, const char *kind, str_t rule, str_t input, bool want)
{
	struct timed *t = &cases[case_count++];

	if (case_count > CASES_MAX)
		give_up("too many cases", name);
	(void)snprintf(t->name, sizeof(t->name), "%.*s %s", (int)name.len, name.data, kind);
	t->rule = rule;
	t->input = input;
	t->want = want;
	return t;
}

static void
add_workload(struct arena *arena, const char *dir, str_t folder, str_t rule)
{
	struct snapshot_module module = { STR("policy.rego"), read_text(arena, dir, folder, "policy.rego"),
		REGO_V1 };
	str_t data = read_text(arena, dir, folder, "data.json");
	struct snapshot *snapshot;
	struct diag diag;

	diag_init(&diag, arena, 1);
	if (snapshot_make_from(&module, 1, data, &diag, &snapshot) != ERR_OK)
		give_up("the policy does not compile", diag_first_message(&diag));
	add_case(folder, "allow", rule, read_text(arena, dir, folder, "input_allow.json"), true)->snapshot = snapshot;
	add_case(folder, "deny", rule, read_text(arena, dir, folder, "input_deny.json"), false)->snapshot = snapshot;
}

/* A document of the size of a big data file, and one of the size of a request. */
static void
add_documents(struct arena *arena)
{
	struct buf text;

	buf_init(&text, FILE_MAX_BYTES);
	buf_add_char(&text, '[');
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "%s{\"user\":\"user%d\",\"resource\":\"res%d\",\"action\":\"read\",\"weight\":%d}",
		    i > 0 ? "," : "", i % 977, i % 7919, i % 100);
	buf_add_char(&text, ']');
	(void)add_case(STR("json large"), "", STR(""), arena_str(arena, buf_str(&text)), true);
	buf_clear(&text);
	buf_add_text(&text, "{\"tenant_id\":\"acme\",\"subject\":\"alice\",\"action\":\"read\",\"resource\":\"orders/17\",");
	buf_add_text(&text, "\"context\":{\"roles\":[\"viewer\",\"editor\"],\"scopes\":[\"orders:read\",\"orders:write\"]},");
	buf_add_text(&text, "\"claims\":{\"iss\":\"https://idp.example.org/\",\"aud\":\"orders\",\"exp\":1795435200,");
	buf_add_text(&text, "\"email\":\"alice@example.org\",\"groups\":[\"sales\",\"emea\"]}}");
	(void)add_case(STR("json request"), "", STR(""), arena_str(arena, buf_str(&text)), true);
	buf_fini(&text);
}

static void
add_workloads(struct arena *arena, const char *dir)
{
	str_t text = read_text(arena, dir, STR("."), "queries.json");
	value_t queries, name, rule;

	if (json_read(arena, text, NULL, NULL, &queries) != ERR_OK || queries.tag != VALUE_OBJECT)
		give_up(dir, STR("queries.json is no object"));
	for (uint32_t i = 0; i < queries.count; i++) {
		value_entry_at(queries, i, &name, &rule);
		add_workload(arena, dir, value_str(name), value_str(rule));
	}
}

static void
report(struct timed *t)
{
	int64_t median;

	qsort(t->ns, ROUNDS, sizeof(t->ns[0]), compare_ns);
	median = t->ns[ROUNDS / 2];
	printf("%-20s %12.3f us %12.3f us", t->name, (double)median / 1e3, (double)t->ns[0] / 1e3);
	if (t->rule.len == 0)
		printf(" %8.0f MB/s of %zu bytes", (double)t->input.len * 1e3 / (double)median, t->input.len);
	printf("\n");
}

int
main(int argc, char **argv)
{
	struct arena *all = arena_new((size_t)1 << 30), *request = arena_new((size_t)1 << 29);
	struct evaluator *evaluator = evaluator_new(&policy_host);

	if (argc != 2 || all == NULL || request == NULL || evaluator == NULL) {
		(void)fprintf(stderr, "usage: evaluate DIR\n");
		return 64;
	}
	add_workloads(all, argv[1]);
	add_documents(all);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < case_count; i++)
			cases[i].ns[round] = time_slice(evaluator, request, &cases[i]);
	}
	printf("%-20s %15s %15s\n", "one decision", "median", "least");
	for (size_t i = 0; i < case_count; i++)
		report(&cases[i]);
	return 0;
}
