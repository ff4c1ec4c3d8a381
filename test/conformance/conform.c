/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conform: runs conformance cases in the form of OPA's own suite.
 *
 *   conform [--passing FILE] [--update] [--quiet] [--without OPTIMISATION,..] DIR|FILE...
 *
 * Every .yaml or .json file below the arguments holds `cases`; a path with a part
 * "v0" is Rego v0.  Prints each failing case with its reason, then
 * `N passed, N failed`.  With --passing, cases listed in FILE must pass (that alone
 * decides the exit status); --update writes the list anew, never shorter.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "engine/policy.h"

static struct {
	size_t passed, failed, lost;
	bool quiet;
	unsigned without;
	FILE *update;
	str_t passing; /* lines */
	struct rego_eval *eval;
} run;

static value_t
get(value_t object, const char *key)
{
	return value_object_get_text(object, key);
}

static bool
is_true(value_t v)
{
	return v.tag == VALUE_TRUE;
}

/* ---- comparing ---- */

/* Through JSON, as OPA's suite does: sets become arrays, keys strings. */
static value_t
as_json(struct arena *arena, value_t v)
{
	struct buf text;
	value_t back = VALUE_NONE;

	buf_init(&text, 1 << 28);
	json_write(&text, v);
	if (json_read(arena, arena_str(arena, buf_str(&text)), NULL, NULL, &back) != ERR_OK)
		back = VALUE_NONE;
	buf_fini(&text);
	return back;
}

static int
compare_for_sort(const void *a, const void *b)
{
	return value_compare(*(const value_t *)a, *(const value_t *)b);
}

static value_t
sort_arrays(struct arena *arena, value_t v)
{
	if (v.tag == VALUE_ARRAY) {
		value_t *items = ARENA_ARRAY(arena, value_t, v.count);

		for (uint32_t i = 0; i < v.count; i++)
			items[i] = sort_arrays(arena, v.items[i]);
		qsort(items, v.count, sizeof(*items), compare_for_sort);
		return value_array_of(items, v.count);
	}
	if (v.tag == VALUE_OBJECT) {
		struct object_builder b;

		object_builder_init(&b, arena, v.count);
		for (uint32_t i = 0; i < v.count; i++)
			(void)object_builder_add(&b, v.object->entries[i].key,
			    sort_arrays(arena, v.object->entries[i].value));
		return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
	}
	return v;
}

static value_t
sort_list(struct arena *arena, value_t v)
{
	value_t list = value_array(arena, v.items, v.count);

	qsort((void *)(uintptr_t)list.items, list.count, sizeof(value_t), compare_for_sort);
	return list;
}

/* ---- one case ---- */

struct outcome {
	value_t result; /* array of bindings */
	str_t code, message; /* the first error, if any */
};

/* "file:row: code: message", as OPA writes errors: a case may want any part of it. */
static str_t
full_message(struct arena *arena, str_t file, uint32_t row, str_t code, str_t message)
{
	return arena_printf(arena, "%.*s:%u: %.*s: %.*s", STR_FMT(file), row, STR_FMT(code), STR_FMT(message));
}

static void
note_diag(struct outcome *o, const struct diag *diag)
{
	const struct diag_finding *f = diag->first;

	if (f != NULL) {
		o->code = f->code;
		o->message = full_message(diag->arena, f->place.file, f->place.row, f->code, f->message);
	}
}

static err_t
load(struct policy *p, value_t c, enum rego_version version)
{
	value_t modules = get(c, "modules");

	if (value_is_defined(get(c, "data")))
		policy_add_data(p, value_copy(p->arena, p->unit.intern, get(c, "data")));
	for (uint32_t i = 0; modules.tag == VALUE_ARRAY && i < modules.count; i++) {
		str_t name = arena_printf(p->arena, "test-%u.rego", i);

		TRY(policy_add_module(p, name, value_str(modules.items[i]), version));
	}
	return policy_compile(p);
}

static err_t
evaluate_query(struct policy *p, str_t query, enum rego_version version, value_t input, bool strict,
    struct arena *arena, struct outcome *o)
{
	struct policy_query q = { .text = query, .version = version };
	struct rego_request request = { .program = p->program, .input = input, .arena = arena,
		.host = &policy_host, .strict_builtin_errors = strict,
		.budget = { .instructions = 100000000 } };
	struct rego_error *error = ARENA_NEW(arena, struct rego_error);
	err_t e;

	TRY(policy_query(p, &q, &request.entry));
	e = rego_run(run.eval, &request, &o->result, error);
	if (e != ERR_OK) {
		o->code = str_of(error->code);
		o->message = full_message(arena, error->file, error->row, o->code, str_of(error->message));
	}
	return e;
}

/* The value of a Rego term, for input_term. */
static value_t
term_value(struct arena *arena, str_t term)
{
	struct diag diag;
	struct policy *p = NULL;
	struct outcome o = { 0 };
	value_t v = VALUE_NONE;
	str_t query = arena_printf(arena, "x = %.*s", STR_FMT(term));

	diag_init(&diag, arena, 4);
	if (policy_new(1 << 26, &diag, &p) == ERR_OK && policy_compile(p) == ERR_OK &&
	    evaluate_query(p, query, REGO_V1, VALUE_NONE, false, arena, &o) == ERR_OK &&
	    o.result.tag == VALUE_ARRAY && o.result.count == 1)
		v = value_copy(arena, NULL, get(o.result.items[0], "x"));
	policy_free(&p);
	return v;
}

static void
run_case(value_t c, enum rego_version version, struct arena *arena, struct outcome *o)
{
	struct diag diag;
	struct policy *p = NULL;
	value_t input = get(c, "input"), term = get(c, "input_term");
	err_t e;

	diag_init(&diag, arena, 20);
	if (term.tag == VALUE_STRING)
		input = term_value(arena, value_str(term));
	e = policy_new((size_t)1 << 30, &diag, &p);
	if (e == ERR_OK) {
		p->unit.without = run.without;
		p->unit.experimental = value_is_defined(get(c, "experimental_keywords"));
		p->unit.check_data_conflicts = false;
		e = load(p, c, version);
	}
	if (e == ERR_OK)
		e = evaluate_query(p, value_str(get(c, "query")), version, input,
		    is_true(get(c, "strict_error")), arena, o);
	if (e != ERR_OK && o->code.len == 0)
		note_diag(o, &diag);
	if (e != ERR_OK && o->code.len == 0)
		o->code = str_of(err_name(e));
	if (e == ERR_OK)
		o->result = as_json(arena, o->result);
	policy_free(&p);
}

/* NULL: as wanted; else what differs. */
static const char *
judge(value_t c, struct outcome *o, struct arena *arena)
{
	value_t want = get(c, "want_result"), code = get(c, "want_error_code"), text = get(c, "want_error");

	if (value_is_defined(code) || value_is_defined(text)) {
		if (o->code.len == 0)
			return "an error was wanted";
		if (code.tag == VALUE_STRING && !str_eq(value_str(code), o->code))
			return "another error code was wanted";
		if (text.tag == VALUE_STRING &&
		    str_find(o->message, value_str(text), 0) == o->message.len)
			return "another error message was wanted";
		return NULL;
	}
	if (o->code.len > 0)
		return "no error was wanted";
	if (!value_is_defined(want))
		return NULL;
	if (o->result.tag != VALUE_ARRAY || want.tag != VALUE_ARRAY)
		return "no result";
	want = as_json(arena, want);
	if (is_true(get(c, "sort_bindings"))) {
		want = sort_arrays(arena, want);
		o->result = sort_arrays(arena, o->result);
	}
	if (!value_equal(sort_list(arena, want), sort_list(arena, o->result)))
		return "another result was wanted";
	return NULL;
}

static void
explain(value_t c, const char *file, const char *why, const struct outcome *o)
{
	struct buf text;

	buf_init(&text, 4000);
	buf_printf(&text, "FAIL %s: %.*s: %s", file, STR_FMT(value_str(get(c, "note"))), why);
	if (o->code.len > 0)
		buf_printf(&text, "\n     got %.*s", STR_FMT(o->message));
	printf("%.*s\n", STR_FMT(buf_str(&text)));
	buf_clear(&text);
	if (o->code.len == 0 && value_is_defined(o->result)) {
		value_print(&text, o->result);
		printf("     got  %.*s\n", STR_FMT(buf_str(&text)));
	}
	buf_clear(&text);
	if (value_is_defined(get(c, "want_result"))) {
		value_print(&text, get(c, "want_result"));
		printf("     want %.*s\n", STR_FMT(buf_str(&text)));
	}
	buf_fini(&text);
}

/* "v1/folder/file.yaml: note" */
static str_t
case_name(struct arena *arena, const char *file, value_t c)
{
	const char *at = file + strlen(file);

	for (int slashes = 0; at > file; at--) {
		if (at[-1] == '/' && ++slashes == 3)
			break;
	}
	return arena_printf(arena, "%s: %.*s\n", at, STR_FMT(value_str(get(c, "note"))));
}

static void
run_file(const char *file, struct arena *cases_arena, value_t cases)
{
	enum rego_version version = strstr(file, "/v0/") != NULL ? REGO_V0 : REGO_V1;

	for (uint32_t i = 0; i < cases.count; i++) {
		value_t c = cases.items[i];
		struct arena *arena = arena_new((size_t)1 << 30);
		struct outcome o = { 0 };
		str_t name = case_name(cases_arena, file, c);
		bool expected = str_find(run.passing, name, 0) < run.passing.len;
		const char *why;

		run_case(c, version, arena, &o);
		why = judge(c, &o, arena);
		run.passed += why == NULL;
		run.failed += why != NULL;
		run.lost += why != NULL && expected;
		if (why != NULL && (!run.quiet || expected))
			explain(c, file, why, &o);
		if (run.update != NULL && (why == NULL || expected))
			(void)fwrite(name.data, 1, name.len, run.update);
		arena_free(&arena);
	}
}

static void
read_file(const char *path)
{
	struct arena *arena = arena_new((size_t)1 << 28);
	struct buf text;
	struct diag diag;
	value_t doc = VALUE_NONE;
	err_t e;

	diag_init(&diag, arena, 4);
	buf_init(&text, (size_t)1 << 26);
	e = file_read(NULL, path, FILE_ANY, &text, &diag);
	if (e == ERR_OK && str_has_suffix(str_of(path), STR(".json")))
		e = json_read(arena, buf_str(&text), NULL, &diag, &doc);
	else if (e == ERR_OK)
		e = yaml_read(arena, buf_str(&text), NULL, &diag, &doc);
	if (e != ERR_OK || get(doc, "cases").tag != VALUE_ARRAY) {
		printf("FAIL %s: not a file of cases: %.*s\n", path, STR_FMT(diag_first_message(&diag)));
		run.failed++;
	} else {
		run_file(path, arena, get(doc, "cases"));
	}
	buf_fini(&text);
	arena_free(&arena);
}

static void
visit(const char *path)
{
	struct stat st;
	struct dirent **entries;
	int count;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		read_file(path);
		return;
	}
	count = scandir(path, &entries, NULL, alphasort);
	if (count < 0) {
		printf("FAIL %s: cannot be read\n", path);
		run.failed++;
		return;
	}
	for (int i = 0; i < count; i++) {
		char below[4096];
		str_t name = str_of(entries[i]->d_name);

		(void)snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		if (name.data[0] != '.' &&
		    (str_has_suffix(name, STR(".yaml")) || str_has_suffix(name, STR(".json")) ||
			(stat(below, &st) == 0 && S_ISDIR(st.st_mode))))
			visit(below);
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	const char *passing = NULL;
	bool update = false;
	struct buf list;
	int first = 1;
	str_t wrong;

	for (; first < argc && argv[first][0] == '-'; first++) {
		if (strcmp(argv[first], "--passing") == 0 && first + 1 < argc)
			passing = argv[++first];
		else if (strcmp(argv[first], "--update") == 0)
			update = true;
		else if (strcmp(argv[first], "--without") == 0 && first + 1 < argc &&
		    rego_optimisation_read(str_of(argv[first + 1]), &run.without, &wrong))
			first++;
		else if (strcmp(argv[first], "--quiet") == 0)
			run.quiet = true;
		else
			first = argc;
	}
	if (first >= argc) {
		(void)fprintf(stderr, "usage: conform [--passing FILE [--update]] [--quiet] [--without NAME,..] DIR|FILE...\n");
		return 64;
	}
	buf_init(&list, 1 << 24);
	if (passing != NULL && file_read(NULL, passing, FILE_ANY, &list, NULL) != ERR_OK && !update) {
		(void)fprintf(stderr, "conform: cannot read %s\n", passing);
		return 6;
	}
	run.passing = buf_str(&list);
	run.update = update && passing != NULL ? fopen(passing, "w") : NULL;
	run.eval = rego_eval_new();
	for (int i = first; i < argc; i++)
		visit(argv[i]);
	if (run.update != NULL)
		(void)fclose(run.update);
	rego_eval_free(&run.eval);
	buf_fini(&list);
	if (run.lost > 0)
		printf("%zu cases that used to pass fail now\n", run.lost);
	printf("%zu passed, %zu failed\n", run.passed, run.failed);
	return passing != NULL ? run.lost > 0 : run.failed > 0;
}
