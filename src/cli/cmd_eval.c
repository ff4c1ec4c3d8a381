/* SPDX-License-Identifier: Apache-2.0 */
/* core eval: a query over policies, data and an input. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/eval_print.h"
#include "cli/limits.h"
#include "cli/load.h"
#include "codec/json.h"
#include "rego/parser.h"

enum { REQUEST_MEMORY = 1 << 30 };

const struct cli_spec cmd_eval_options[] = {
	{ "--data", "-d", "PATH", "policies and data: a file or a directory; may be repeated" },
	{ "--bundle", "-b", "FILE", "a bundle; may be repeated" },
	{ "--input", "-i", "FILE|-", "the input document" },
	{ "--stdin-input", "-I", NULL, "reads the input document from stdin" },
	{ "--schema", "-s", "PATH", "a JSON schema of the input, or a directory of schemas that metadata names" },
	{ "--format", "-f", EVAL_FORMATS, "how to print the result (json)" },
	{ "--explain", NULL, NULL, "prints how each rule and expression went" },
	{ "--strict-builtin-errors", NULL, NULL, "an error in a built-in ends the evaluation" },
	{ "--import", NULL, "PATH", "an import for the query, e.g. data.authz; may be repeated" },
	{ "--package", NULL, "PATH", "the package of the query" },
	{ "--limits", NULL, "server|none|LIMIT,..",
	    "the daemon's budgets, or time=50ms,memory=8MiB,steps=N,depth=N" },
	{ "--without", NULL, "NAME,..", "optimisations to leave out: see optimisation.def" },
	{ "--timeout", NULL, "DURATION", "the same as --limits time=DURATION" },
	{ "--fail", NULL, NULL, "exit 1 when the result is undefined" },
	{ "--fail-defined", NULL, NULL, "exit 1 when the result is defined" },
	{ "--capabilities", NULL, "NAME|FILE", "what policies may use: air-gapped, connected or a file (all)" },
	{ "--v0-compatible", NULL, NULL, "policies and query are Rego v0" },
	{ "--experimental", NULL, NULL, "keywords that OPA tries out: import future.keywords.and, .or, rego.v2" },
	{ 0 },
};

struct printer { /* of prints and traces: they come while the evaluation runs */
	struct cli *cli;
	struct buf line;
};

static void
on_print(void *context, str_t line, str_t file, uint32_t row)
{
	(void)context;
	(void)fprintf(stderr, "%.*s:%u: %.*s\n", STR_FMT(file), row, STR_FMT(line));
}

static void
print_locals(struct buf *line, const struct rego_trace_event *event)
{
	for (uint32_t i = 0; i < event->local_count; i++) {
		buf_printf(line, "%s%.*s = ", i == 0 ? "   with " : ", ", STR_FMT(event->locals[i].name));
		value_print(line, event->locals[i].value);
	}
}

static void
on_event(void *context, const struct rego_trace_event *event)
{
	static const char *const names[] = { "enter", "exit", "eval", "fail", "redo" };
	struct printer *p = context;
	struct buf *line = &p->line;
	size_t end = str_find_char(event->text, '\n', 0);

	buf_clear(line);
	if (event->file.len > 0)
		buf_printf(line, "%.*s:%u ", STR_FMT(event->file), event->row);
	for (uint32_t i = 0; i < event->depth; i++)
		buf_add_text(line, "| ");
	buf_printf(line, "%s ", names[event->event]);
	if (event->event == REGO_EVENT_ENTER || event->event == REGO_EVENT_EXIT) {
		buf_add_str(line, event->rule);
		if (event->event == REGO_EVENT_EXIT) {
			buf_add_text(line, " = ");
			value_print(line, event->result);
		}
	} else {
		buf_add(line, event->text.data, end);
		print_locals(line, event);
	}
	buf_add_char(line, '\n');
	(void)fwrite(line->data, 1, line->len, stderr);
}

/* ---- running ---- */

static err_t
read_input(struct cli *cli, struct policy *p, value_t *ret)
{
	const char *path = cli_has(cli, "--stdin-input") ? "-" : cli_value(cli, "--input");
	struct json_options options = { .find = p->unit.intern, .file = str_of(path) };
	str_t text;

	*ret = VALUE_NONE;
	if (path == NULL)
		return ERR_OK;
	TRY(cli_read(cli, path, &text));
	return json_read(cli->arena, text, &options, &cli->diag, ret);
}

static void
report(struct cli *cli, const struct policy *p, const struct rego_error *error, err_t e)
{
	struct diag_place place = { .file = error->file, .row = error->row, .col = error->col };

	for (size_t i = 0; i < p->unit.files.count; i++) {
		if (str_eq(p->unit.files.at[i].name, error->file))
			place.source = p->unit.files.at[i].text;
	}
	diag_add(&cli->diag, DIAG_ERROR, error->code != NULL ? error->code : "eval_internal_error", place, "%s",
	    error->code != NULL ? error->message : err_text(e));
}

static err_t
run(struct cli *cli, struct policy *p, uint32_t entry, const struct limits *limits, value_t input,
    struct arena *arena, value_t *ret)
{
	struct rego_host host = policy_host;
	struct printer printer = { .cli = cli };
	struct rego_tracer tracer = { &printer, on_event };
	struct rego_request request = { .program = p->program, .entry = entry, .input = input, .arena = arena,
		.host = &host, .budget = { .instructions = limits->steps, .depth = limits->depth },
		.strict_builtin_errors = cli_has(cli, "--strict-builtin-errors"),
		.tracer = cli_has(cli, "--explain") ? &tracer : NULL };
	struct rego_eval *machine = rego_eval_new();
	struct rego_error error = { 0 };
	err_t e;

	if (machine == NULL)
		return ERR_MEMORY;
	host.print = on_print;
	if (limits->time_ns != 0)
		request.budget.deadline_ns = clock_steady_ns(&clock_system) + limits->time_ns;
	buf_init(&printer.line, 1 << 20);
	e = rego_run(machine, &request, ret, &error);
	if (e != ERR_OK)
		report(cli, p, &error, e);
	buf_fini(&printer.line);
	rego_eval_free(&machine);
	return e;
}

static err_t
evaluate_with(struct cli *cli, struct policy *p, const struct limits *limits, eval_print_fn *print)
{
	str_t query = str_of(cli->rest[0]), imports[CLI_VALUES_MAX];
	const char *const *values;
	const char *package = cli_value(cli, "--package");
	struct policy_query q = { .text = query, .imports = imports, .with_terms = true,
		.version = cli_has(cli, "--v0-compatible") ? REGO_V0 : REGO_V1,
		.package = package != NULL ? str_of(package) : STR("") };
	struct ast_body written = { 0 };
	struct arena *arena = arena_new(limits->memory != 0 ? limits->memory : REQUEST_MEMORY);
	value_t input, solutions = VALUE_NONE;
	uint32_t entry;
	err_t e;

	if (arena == NULL)
		return ERR_MEMORY;
	q.import_count = (size_t)cli_values(cli, "--import", &values);
	for (size_t i = 0; i < q.import_count; i++)
		imports[i] = str_of(values[i]);
	e = read_input(cli, p, &input);
	if (e == ERR_OK)
		e = rego_parse_body(&p->unit, STR("query"), query, q.version, &written);
	if (e == ERR_OK)
		e = policy_query(p, &q, &entry);
	if (e == ERR_OK)
		e = run(cli, p, entry, limits, input, arena, &solutions);
	if (e == ERR_OK)
		print(cli, &(struct eval_answer){ solutions, &written, query });
	if (e == ERR_OK && cli_has(cli, solutions.count == 0 ? "--fail" : "--fail-defined"))
		e = ERR_NEGATIVE;
	arena_free(&arena);
	return e;
}

static err_t
read_limits(struct cli *cli, struct limits *ret)
{
	const char *wanted = cli_value(cli, "--limits"), *timeout = cli_value(cli, "--timeout");
	const char *of_time = timeout != NULL ? "time=" : "";

	if (wanted == NULL && timeout == NULL)
		return ERR_OK;
	return limits_read(cli,
	    arena_printf(cli->arena, "%s%s%s%s", wanted != NULL ? wanted : "",
		wanted != NULL && timeout != NULL ? "," : "", of_time, timeout != NULL ? timeout : ""),
	    ret);
}

err_t
cmd_eval(struct cli *cli)
{
	const char *format = cli_value(cli, "--format");
	eval_print_fn *print = eval_print_find(format != NULL ? format : "json");
	struct limits limits = { 0 };
	struct policy *p = NULL;
	err_t e;

	if (print == NULL) {
		diag_say(&cli->diag, "usage", "--format takes " EVAL_FORMATS ", not %s", format);
		return ERR_USAGE;
	}
	TRY(read_limits(cli, &limits));
	cli->json = format == NULL || strcmp(format, "json") == 0;
	e = load_policy(cli, &p);
	if (e == ERR_OK)
		e = evaluate_with(cli, p, &limits, print);
	cli_keep(cli, p);
	return e;
}
