/* SPDX-License-Identifier: Apache-2.0 */
/*
 * differential: random policies, evaluated with and without each optimisation.
 *
 *   differential [--seed N] [--programs N] [--seconds N]
 *
 * The answers (a value, undefined, or an error's code) of every rule, every package
 * and the whole of data, for several inputs, must be the same; so must those of the
 * same policy said in another way.  A difference is made smaller, by leaving out
 * rules, clauses and literals while it stays, and printed.
 *
 *   excused   who looks at fewer expressions meets fewer errors: where that is what
 *             the optimisation does, an error against a value is counted, not blamed
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tap.h>

#include "base/clock.h"
#include "codec/json.h"
#include "engine/policy.h"
#include "generate.h"

enum { MEMORY = 64 << 20, STEPS = 200000, MOST_ANSWERS = 256, TEXT_LIMIT = 1 << 20 };

struct way { /* of getting the answers */
	const char *name;
	unsigned without;
	enum gen_way written;
	bool plain_input; /* its strings are not interned */
	bool may_err;     /* and where the other does not, or the reverse */
};

static const struct way base = { .name = "plain" };
static const struct way ways[] = {
	{ "without index", REGO_WITHOUT_INDEX, .may_err = true },
	{ "without early-exit", REGO_WITHOUT_EARLY_EXIT, .may_err = true },
	{ "without folding", REGO_WITHOUT_FOLDING },
	{ "without hoisting", REGO_WITHOUT_HOISTING, .may_err = true },
	{ "without paths", REGO_WITHOUT_PATHS },
	{ "without tests", REGO_WITHOUT_TESTS },
	{ "without with", REGO_WITHOUT_WITH },
	{ "without memo", REGO_WITHOUT_MEMO },
	{ "without all", REGO_WITHOUT_ALL, .may_err = true },
	{ "input not interned", .plain_input = true },
	{ "literals shuffled", .written = GEN_SHUFFLED, .may_err = true },
	{ "tests in comprehensions", .written = GEN_WRAPPED, .may_err = true },
};

static struct {
	struct rego_eval *machine;
	struct arena *request;
	uint64_t programs, refused, broken, answers, values, errors, excused, over_budget;
} run;

/* What came out, as text: "undefined", "! code", or a value.  NULL: over the budget. */
struct answers {
	const char *at[MOST_ANSWERS];
	size_t count;
};

static const char *
text_of(struct arena *arena, err_t e, const struct rego_error *error, value_t v)
{
	struct buf text;
	const char *made;

	if (e == ERR_LIMIT || e == ERR_DEADLINE || e == ERR_MEMORY)
		return NULL;
	if (e != ERR_OK)
		return arena_printf(arena, "! %s", error->code).data;
	if (!value_is_defined(v))
		return "undefined";
	buf_init(&text, TEXT_LIMIT);
	value_print(&text, v);
	made = buf_failed(&text) ? NULL : arena_copy(arena, text.data, text.len);
	buf_fini(&text);
	return made;
}

static void
ask(struct policy *p, const struct gen_policy *policy, const struct way *way, uint32_t entry,
    struct arena *arena, struct answers *ret)
{
	for (int i = 0; i < GEN_INPUTS && ret->count < MOST_ANSWERS; i++) {
		struct json_options options = { .find =
						    way->plain_input ? NULL : p->unit.intern };
		struct rego_request request = { .program = p->program,
			.entry = entry,
			.arena = run.request,
			.host = &policy_host,
			.budget = { .instructions = STEPS } };
		struct rego_error error = { 0 };
		value_t v = VALUE_NONE;
		err_t e;

		arena_reset(run.request);
		e = json_read(run.request, policy->inputs[i], &options, NULL, &request.input);
		if (e == ERR_OK)
			e = rego_run(run.machine, &request, &v, &error);
		ret->at[ret->count++] = text_of(arena, e, &error, v);
	}
}

/* False: it does not compile. */
static bool
answer(const struct gen_policy *policy, const struct way *way, struct arena *arena,
    struct answers *ret, bool complain)
{
	struct diag diag;
	struct policy *p = NULL;
	uint32_t entry;
	bool fine;

	*ret = (struct answers){ .count = 0 };
	diag_init(&diag, arena, 3);
	fine = policy_new(MEMORY, &diag, &p) == ERR_OK &&
	       policy_add_data_json(p, STR("data.json"), policy->data) == ERR_OK;
	for (int i = 0; i < GEN_PACKAGES && fine; i++) {
		struct buf text;

		buf_init(&text, TEXT_LIMIT);
		gen_write(policy, i, way->written, &text);
		if (text.len > 0)
			fine = policy_add_module(p,
				   arena_printf(arena, "%s.rego", gen_packages[i]),
				   arena_str(p->arena, buf_str(&text)), REGO_V1) == ERR_OK;
		buf_fini(&text);
	}
	if (fine) {
		p->unit.without = way->without;
		fine = policy_compile(p) == ERR_OK;
	}
	if (!fine && diag.first != NULL &&
	    (str_eq(diag.first->code, STR("internal")) || str_find(diag.first->message, STR("internal"), 0) == 0)) {
		run.broken++;
		complain = true;
	}
	if (!fine && complain && diag.first != NULL)
		tap_note("seed %llu does not compile: %.*s:%u: %.*s",
		    (unsigned long long)policy->seed, STR_FMT(diag.first->place.file),
		    diag.first->place.row, STR_FMT(diag.first->message));
	for (size_t i = 0; fine && i < policy->rules.count; i++) {
		const struct gen_rule *rule = &policy->rules.at[i];

		if (!rule->dropped && !rule->is_function &&
		    policy_entry(p, rule->path, &entry) == ERR_OK)
			ask(p, policy, way, entry, arena, ret);
	}
	if (fine && policy_entry(p, STR("data.t"), &entry) == ERR_OK)
		ask(p, policy, way, entry, arena, ret);
	if (fine && policy_entry(p, STR("data"), &entry) == ERR_OK)
		ask(p, policy, way, entry, arena, ret);
	policy_free(&p);
	return fine;
}

/* False: not the same.  Said in another way a policy may not compile: types are found in
 * order. */
static bool
answer_too(const struct gen_policy *policy, const struct way *way, struct arena *arena,
    const struct answers *a, struct answers *b)
{
	if (answer(policy, way, arena, b, way->written == GEN_PLAIN))
		return true;
	if (way->written != GEN_PLAIN)
		*b = *a;
	return way->written != GEN_PLAIN;
}

/* The first answer that differs; MOST_ANSWERS: none does. */
static size_t
compare(const struct answers *a, const struct answers *b, const struct way *way, bool count)
{
	for (size_t i = 0; i < a->count; i++) {
		const char *x = a->at[i], *y = b->at[i];

		if (x == NULL || y == NULL) {
			run.over_budget += count;
		} else if (strcmp(x, y) != 0) {
			if (!way->may_err || (x[0] == '!') == (y[0] == '!'))
				return i;
			run.excused += count;
		}
	}
	return a->count == b->count ? MOST_ANSWERS : a->count;
}

static bool
differs(const struct gen_policy *policy, const struct way *way)
{
	struct arena *arena = arena_new(MEMORY);
	struct answers a, b;
	bool yes;

	yes = answer(policy, &base, arena, &a, false) &&
	      (!answer_too(policy, way, arena, &a, &b) ||
		  compare(&a, &b, way, false) < MOST_ANSWERS);
	arena_free(&arena);
	return yes;
}

/* ---- a smaller one ---- */

static bool
try_without(struct gen_policy *policy, const struct way *way, bool *dropped)
{
	if (*dropped)
		return false;
	*dropped = true;
	if (differs(policy, way))
		return true;
	*dropped = false;
	return false;
}

static void
shrink(struct gen_policy *policy, const struct way *way)
{
	bool smaller = true;

	while (smaller) {
		smaller = false;
		for (size_t r = policy->rules.count; r-- > 0;) {
			struct gen_rule *rule = &policy->rules.at[r];

			if (try_without(policy, way, &rule->dropped))
				smaller = true;
			for (size_t c = rule->clauses.count; !rule->dropped && c-- > 0;) {
				struct gen_clause *clause = &rule->clauses.at[c];

				if (try_without(policy, way, &clause->dropped))
					smaller = true;
				for (size_t l = clause->body.count;
				     !clause->dropped && l-- > 0;)
					smaller |= try_without(
					    policy, way, &clause->body.at[l].dropped);
			}
		}
	}
}

static void
print_lines(const char *title, str_t text)
{
	tap_note("%s:", title);
	for (size_t at = 0; at < text.len;) {
		size_t end = str_find_char(text, '\n', at);

		tap_note("  %.*s", (int)(end - at), text.data + at);
		at = end + 1;
	}
}

static void
print_modules(const struct gen_policy *policy, enum gen_way way)
{
	for (int i = 0; i < GEN_PACKAGES; i++) {
		struct buf text;

		buf_init(&text, TEXT_LIMIT);
		gen_write(policy, i, way, &text);
		if (text.len > 0)
			print_lines(gen_packages[i], buf_str(&text));
		buf_fini(&text);
	}
}

static void
print_difference(struct gen_policy *policy, const struct way *way)
{
	struct arena *arena = arena_new(MEMORY);
	struct answers a, b;
	size_t at;

	tap_note("seed %llu, %s", (unsigned long long)policy->seed, way->name);
	print_modules(policy, way->written);
	(void)answer(policy, &base, arena, &a, true);
	if (answer(policy, way, arena, &b, true) &&
	    (at = compare(&a, &b, way, false)) < a.count) {
		print_lines("data", policy->data);
		print_lines("input", policy->inputs[at % GEN_INPUTS]);
		print_lines("plain", str_of(a.at[at]));
		print_lines(way->name, str_of(b.at[at]));
	}
	arena_free(&arena);
}

/* ---- all of them ---- */

static bool
try_program(uint64_t seed)
{
	struct arena *arena = arena_new(MEMORY);
	struct gen_policy policy;
	struct answers a, b;
	bool same = true;

	gen_make(arena, seed, &policy);
	run.programs++;
	if (getenv("PRINT") != NULL)
		print_modules(&policy, GEN_PLAIN);
	if (!answer(&policy, &base, arena, &a, getenv("VERBOSE") != NULL)) {
		run.refused++;
		arena_free(&arena);
		return true;
	}
	run.answers += a.count;
	for (size_t i = 0; i < a.count; i++) {
		run.errors += a.at[i] != NULL && a.at[i][0] == '!';
		run.values +=
		    a.at[i] != NULL && a.at[i][0] != '!' && strcmp(a.at[i], "undefined") != 0;
	}
	for (size_t i = 0; i < COUNT(ways) && same; i++) {
		same = answer_too(&policy, &ways[i], arena, &a, &b) &&
		       compare(&a, &b, &ways[i], true) == MOST_ANSWERS;
		if (!same) {
			shrink(&policy, &ways[i]);
			print_difference(&policy, &ways[i]);
		}
	}
	arena_free(&arena);
	return same;
}

static uint64_t
argument(int argc, char **argv, const char *name, uint64_t otherwise)
{
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 10);
	}
	return otherwise;
}

int
main(int argc, char **argv)
{
	uint64_t seed = argument(argc, argv, "--seed", 1),
		 programs = argument(argc, argv, "--programs", 150);
	int64_t seconds = (int64_t)argument(argc, argv, "--seconds", 0);
	int64_t until = clock_steady_ns(&clock_system) + seconds * CLOCK_NS_PER_MS * 1000;
	uint64_t different = 0;

	run.machine = rego_eval_new();
	run.request = arena_new(MEMORY);
	for (uint64_t i = 0;
	     seconds > 0 ? clock_steady_ns(&clock_system) < until : i < programs; i++) {
		if (!try_program(seed + i) && ++different == 5)
			break;
	}
	tap_note("%llu programs, %llu do not compile; %llu answers: %llu values, %llu errors; "
		 "%llu excused, %llu over the budget",
	    (unsigned long long)run.programs, (unsigned long long)run.refused,
	    (unsigned long long)run.answers, (unsigned long long)run.values,
	    (unsigned long long)run.errors, (unsigned long long)run.excused,
	    (unsigned long long)run.over_budget);
	ok(different == 0, "every way gives the same answers");
	ok(run.broken == 0, "the planner and the verifier agree");
	ok(run.refused * 4 < run.programs, "most programs compile");
	ok(run.values * 5 > run.answers, "many answers are values");
	rego_eval_free(&run.machine);
	arena_free(&run.request);
	return tap_done();
}
