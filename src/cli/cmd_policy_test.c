/* SPDX-License-Identifier: Apache-2.0 */
/* core policy test: `test_*` rules, and fixtures NAME.input.json / NAME.expect.json. */
#include <dirent.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/load.h"
#include "codec/json.h"
#include "value/number.h"

enum { TEST_MEMORY = 1 << 28 };

const struct cli_spec cmd_test_options[] = {
	{ "--fixtures", NULL, "DIR", "pairs NAME.input.json and NAME.expect.json" },
	{ "--rule", NULL, "PATH", "the rule fixtures ask (data.authz.allow, else the only `allow`)" },
	{ "--run", "-r", "RE", "only tests whose name matches (extended regular expression)" },
	{ "--ci", NULL, NULL, "no colour" },
	{ "--capabilities", NULL, "NAME|FILE", "what policies may use: air-gapped, connected or a file (all)" },
	{ "--v0-compatible", NULL, NULL, "policies are Rego v0" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out: import future.keywords.and, .or, rego.v2" },
	{ 0 },
};

/* The expression that failed last inside the test rule, with what its variables were. */
struct failure {
	struct buf text;
	uint32_t depth; /* of the test rule */
};

struct session {
	struct cli *cli;
	struct policy *policy;
	struct rego_eval *machine;
	struct rego_host host;
	struct failure failure;
	struct buf prints;
	regex_t pattern;
	bool has_pattern;
	size_t passed, failed;

	VEC(value_t) rows;
};

static void
on_print(void *context, str_t line, str_t file, uint32_t row)
{
	struct session *s = context;

	buf_printf(&s->prints, "    %.*s:%u: %.*s\n", STR_FMT(file), row, STR_FMT(line));
}

static void
on_event(void *context, const struct rego_trace_event *event)
{
	struct failure *f = context;
	size_t end = str_find_char(event->text, '\n', 0);

	if (event->event == REGO_EVENT_ENTER && f->depth == 0)
		f->depth = event->depth + 1; /* the entry's frame calls the test rule */
	if (event->event != REGO_EVENT_FAIL || event->depth != f->depth)
		return;
	buf_clear(&f->text);
	buf_printf(&f->text, "    %.*s:%u: %.*s\n", STR_FMT(event->file), event->row, (int)end, event->text.data);
	for (uint32_t i = 0; i < event->local_count; i++) {
		buf_printf(&f->text, "        %.*s = ", STR_FMT(event->locals[i].name));
		value_print(&f->text, event->locals[i].value);
		buf_add_char(&f->text, '\n');
	}
}

static void
note_result(struct session *s, str_t name, bool passed, double ms, str_t details)
{
	struct cli *cli = s->cli;
	const char *verdict = passed ? "PASS" : "FAIL";

	s->passed += passed;
	s->failed += !passed;
	if (!cli->json) {
		bool paint = cli->color && !cli_has(cli, "--ci");

		buf_printf(&cli->out, "%s%s%s %.*s (%.2f ms)\n", !paint ? "" : passed ? "\033[32m" : "\033[31m",
		    verdict, paint ? "\033[0m" : "", STR_FMT(name), ms);
		if (!passed)
			buf_add_str(&cli->out, details);
		buf_add_str(&cli->out, buf_str(&s->prints));
	} else {
		struct object_builder row;

		object_builder_init(&row, cli->arena, 4);
		(void)object_builder_add_text(&row, "name", value_string(cli->arena, name));
		(void)object_builder_add_text(&row, "passed", value_bool(passed));
		(void)object_builder_add_text(&row, "ms", number_from_double(cli->arena, ms));
		(void)object_builder_add_text(&row, "details", value_string(cli->arena, details));
		VEC_PUSH(cli->arena, &s->rows, object_builder_freeze(&row, OBJECT_LAST_WINS, NULL));
	}
	buf_clear(&s->prints);
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Evaluates an entry point; the answer lives in `arena`. */
static err_t
ask(struct session *s, uint32_t entry, value_t input, struct arena *arena, const struct rego_tracer *tracer,
    value_t *ret, struct rego_error *error)
{
	struct rego_request request = { .program = s->policy->program, .entry = entry, .input = input,
		.arena = arena, .host = &s->host, .tracer = tracer,
		.budget = { .instructions = 1000000000 } };

	return rego_run(s->machine, &request, ret, error);
}

/* ---- test rules ---- */

static void
run_test(struct session *s, str_t path)
{
	struct rego_tracer tracer = { &s->failure, on_event };
	struct rego_error error = { 0 };
	struct arena *arena = arena_new(TEST_MEMORY);
	value_t result = VALUE_NONE;
	uint32_t entry;
	double start = now_ms(), took;
	err_t e = arena != NULL ? policy_entry(s->policy, path, &entry) : ERR_MEMORY;

	if (e == ERR_OK)
		e = ask(s, entry, VALUE_NONE, arena, NULL, &result, &error);
	took = now_ms() - start;
	buf_clear(&s->failure.text);
	if (e != ERR_OK) {
		buf_printf(&s->failure.text, "    %.*s:%u: %s: %s\n", STR_FMT(error.file), error.row,
		    error.code != NULL ? error.code : err_name(e), error.code != NULL ? error.message : err_text(e));
	} else if (result.tag != VALUE_TRUE) { /* once more, watched: which expression was it? */
		struct buf kept = s->prints;

		buf_init(&s->prints, 1 << 20);
		s->failure.depth = 0;
		(void)!ask(s, entry, VALUE_NONE, arena, &tracer, &result, &error);
		buf_fini(&s->prints);
		s->prints = kept;
	}
	note_result(s, path, e == ERR_OK && result.tag == VALUE_TRUE, took, buf_str(&s->failure.text));
	arena_free(&arena);
}

static bool
is_wanted(const struct session *s, str_t path)
{
	char text[1024];

	if (!s->has_pattern)
		return true;
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(path));
	return regexec(&s->pattern, text, 0, NULL, 0) == 0;
}

static void
run_tests_below(struct session *s, const struct rego_node *node, str_t path)
{
	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];
		str_t below;

		if (child->key.tag != VALUE_STRING)
			continue;
		below = arena_printf(s->cli->arena, "%.*s.%.*s", STR_FMT(path), STR_FMT(value_str(child->key)));
		if (child->rules.count > 0 && str_has_prefix(value_str(child->key), STR("test_")) &&
		    is_wanted(s, below))
			run_test(s, below);
		run_tests_below(s, child, below);
	}
}

/* ---- fixtures ---- */

static value_t
as_json_value(value_t v, struct arena *arena)
{
	if (v.tag == VALUE_SET)
		return value_array(arena, v.set->items, v.count);
	return v;
}

/* Rule `name` beside the rule fixtures ask; undefined `allow` is false, as the daemon answers. */
static err_t
ask_member(struct session *s, str_t package, str_t name, value_t input, struct arena *arena, value_t *ret,
    struct rego_error *error)
{
	uint32_t entry;
	str_t path = arena_printf(arena, "%.*s.%.*s", STR_FMT(package), STR_FMT(name));

	TRY(policy_entry(s->policy, path, &entry));
	TRY(ask(s, entry, input, arena, NULL, ret, error));
	*ret = as_json_value(*ret, arena);
	if (!value_is_defined(*ret) && str_eq(name, STR("allow")))
		*ret = value_bool(false);
	return ERR_OK;
}

/* What the policy says under deny_reasons, or under the names that mean the same. */
static err_t
ask_expected(struct session *s, str_t package, str_t name, value_t input, struct arena *arena, value_t *ret,
    struct rego_error *error)
{
	static const char *const others[] = { "deny", "deny_message", "deny_reason" };

	TRY(ask_member(s, package, name, input, arena, ret, error));
	for (size_t i = 0; i < COUNT(others) && !value_is_defined(*ret) && str_eq(name, STR("deny_reasons")); i++) {
		TRY(ask_member(s, package, str_of(others[i]), input, arena, ret, error));
		if (ret->tag == VALUE_STRING)
			*ret = value_array(arena, ret, 1);
	}
	if (!value_is_defined(*ret) && str_eq(name, STR("deny_reasons")))
		*ret = value_empty_array();
	return ERR_OK;
}

static bool
compare_members(struct session *s, str_t package, value_t input, value_t expect, struct arena *arena)
{
	struct buf *text = &s->failure.text;
	bool same = true;

	for (uint32_t i = 0; i < expect.count; i++) {
		const struct value_entry want = value_object_entry(expect.object, i);
		struct rego_error error = { 0 };
		value_t got = VALUE_NONE;
		err_t e = ask_expected(s, package, value_str(want.key), input, arena, &got, &error);

		if (e != ERR_OK) {
			buf_printf(text, "    %.*s: %s\n", STR_FMT(value_str(want.key)),
			    error.code != NULL ? error.message : err_text(e));
			same = false;
		} else if (!value_is_defined(got) || !value_equal(got, want.value)) {
			buf_printf(text, "    %.*s: want ", STR_FMT(value_str(want.key)));
			value_print(text, want.value);
			buf_add_text(text, ", got ");
			value_print(text, got);
			buf_add_char(text, '\n');
			same = false;
		}
	}
	return same;
}

static err_t
read_json(struct session *s, str_t path, struct arena *arena, bool interned, value_t *ret)
{
	struct json_options options = { .find = interned ? s->policy->unit.intern : NULL, .file = path };
	str_t text;

	TRY(cli_read(s->cli, path.data, &text));
	return json_read(arena, text, &options, &s->cli->diag, ret);
}

static err_t
run_fixture(struct session *s, const char *dir, str_t stem, str_t package)
{
	struct arena *arena = arena_new(TEST_MEMORY);
	value_t input, expect;
	double start = now_ms();
	err_t e = arena != NULL ? ERR_OK : ERR_MEMORY;

	buf_clear(&s->failure.text);
	if (e == ERR_OK)
		e = read_json(s, arena_printf(s->cli->arena, "%s/%.*s.input.json", dir, STR_FMT(stem)), arena, true,
		    &input);
	if (e == ERR_OK)
		e = read_json(s, arena_printf(s->cli->arena, "%s/%.*s.expect.json", dir, STR_FMT(stem)), arena, false,
		    &expect);
	if (e == ERR_OK && expect.tag != VALUE_OBJECT) {
		diag_say(&s->cli->diag, "fixture", "%s/%.*s.expect.json must hold an object", dir, STR_FMT(stem));
		e = ERR_SYNTAX;
	}
	if (e == ERR_OK) {
		bool same = compare_members(s, package, input, expect, arena);

		note_result(s, stem, same, now_ms() - start, buf_str(&s->failure.text));
	}
	arena_free(&arena);
	return e;
}

/* Packages with a rule `allow`; *ret is the last one found. */
static size_t
find_allow(struct session *s, const struct rego_node *node, str_t path, str_t *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < node->children.count; i++) {
		const struct rego_node *child = node->children.at[i];

		if (child->key.tag != VALUE_STRING)
			continue;
		if (child->rules.count > 0 && str_eq(value_str(child->key), STR("allow"))) {
			*ret = path;
			found++;
		}
		found += find_allow(s, child,
		    arena_printf(s->cli->arena, "%.*s.%.*s", STR_FMT(path), STR_FMT(value_str(child->key))), ret);
	}
	return found;
}

static bool
has_package(const struct session *s, const char *name)
{
	const struct rego_node *root = s->policy->unit.root;

	for (size_t i = 0; i < root->children.count; i++) {
		value_t key = root->children.at[i]->key;

		if (key.tag == VALUE_STRING && str_eq(value_str(key), str_of(name)))
			return true;
	}
	return false;
}

/* --rule's package; else data.authz, which daemons ask by default; else the only one with `allow`. */
static err_t
choose_package(struct session *s, str_t *ret)
{
	const char *rule = cli_value(s->cli, "--rule");
	str_t package = str_of(rule != NULL ? rule : "data.authz.allow"), only = STR("");

	while (package.len > 0 && package.data[package.len - 1] != '.')
		package.len--;
	package.len -= package.len > 0;
	*ret = package;
	if (rule != NULL || has_package(s, "authz"))
		return ERR_OK;
	if (find_allow(s, s->policy->unit.root, STR("data"), &only) == 1) {
		*ret = only;
		return ERR_OK;
	}
	diag_say(&s->cli->diag, "fixture", "no package data.authz, and not one package alone has `allow`: say --rule");
	return ERR_USAGE;
}

static err_t
run_fixtures(struct session *s, const char *dir)
{
	str_t package;
	struct dirent **entries;
	int count = scandir(dir, &entries, NULL, alphasort);
	err_t result = ERR_OK;

	if (count < 0) {
		diag_say(&s->cli->diag, "read", "%s: cannot be read", dir);
		return ERR_IO;
	}
	result = choose_package(s, &package);
	for (int i = 0; i < count; i++) {
		str_t name = str_of(entries[i]->d_name);

		if (result != ERR_USAGE && str_has_suffix(name, STR(".input.json"))) {
			str_t stem = arena_str(s->cli->arena, str_sub(name, 0, name.len - strlen(".input.json")));
			err_t e = is_wanted(s, stem) ? run_fixture(s, dir, stem, package) : ERR_OK;

			result = e != ERR_OK ? e : result;
		}
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* ---- the command ---- */

static err_t
run_all(struct session *s)
{
	const char *fixtures = cli_value(s->cli, "--fixtures");
	struct cli *cli = s->cli;
	err_t e = ERR_OK;

	run_tests_below(s, s->policy->unit.root, STR("data"));
	if (fixtures != NULL)
		e = run_fixtures(s, fixtures);
	if (cli->json) {
		struct object_builder all;

		object_builder_init(&all, cli->arena, 3);
		(void)object_builder_add_text(&all, "tests", value_array_of(s->rows.at, s->rows.count));
		(void)object_builder_add_text(&all, "passed", value_int((int64_t)s->passed));
		(void)object_builder_add_text(&all, "failed", value_int((int64_t)s->failed));
		cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
	} else {
		buf_printf(&cli->out, "%zu passed, %zu failed\n", s->passed, s->failed);
	}
	TRY(e);
	return s->failed > 0 ? ERR_TESTS : ERR_OK;
}

static err_t
open_session(struct session *s)
{
	const char *pattern = cli_value(s->cli, "--run");
	enum rego_version version = cli_has(s->cli, "--v0-compatible") ? REGO_V0 : REGO_V1;

	if (pattern != NULL && regcomp(&s->pattern, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		diag_say(&s->cli->diag, "usage", "--run: not a regular expression: %s", pattern);
		return ERR_USAGE;
	}
	s->has_pattern = pattern != NULL;
	s->machine = rego_eval_new();
	if (s->machine == NULL)
		return ERR_MEMORY;
	TRY(load_new(s->cli, &s->policy));
	s->policy->unit.keep_prints = true;
	TRY(load_capabilities(s->cli, NULL, &s->policy->unit.capabilities));
	TRY(load_path(s->cli, s->policy, s->cli->rest[0], version));
	return policy_compile(s->policy);
}

err_t
cmd_policy_test(struct cli *cli)
{
	struct session s = { .cli = cli, .host = policy_host };
	err_t e;

	s.host.context = &s;
	s.host.print = on_print;
	buf_init(&s.failure.text, 1 << 20);
	buf_init(&s.prints, 1 << 20);
	e = open_session(&s);
	if (e == ERR_OK)
		e = run_all(&s);
	diag_sort(&cli->diag);
	if (s.has_pattern)
		regfree(&s.pattern);
	cli_keep(cli, s.policy);
	rego_eval_free(&s.machine);
	buf_fini(&s.failure.text);
	buf_fini(&s.prints);
	return e;
}
