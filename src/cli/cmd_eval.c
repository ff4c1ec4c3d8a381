/* SPDX-License-Identifier: Apache-2.0 */
/* core eval: a query over policies, data and an input. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/limits.h"
#include "cli/load.h"
#include "codec/json.h"
#include "rego/parser.h"

enum { REQUEST_MEMORY = 1 << 30 };

const struct cli_spec cmd_eval_options[] = {
	{ "--data", "-d", "PATH", "policies and data: a file or a directory; may be repeated" },
	{ "--bundle", "-b", "FILE", "a bundle; may be repeated" },
	{ "--input", "-i", "FILE|-", "the input document" },
	{ "--schema", "-s", "PATH", "a JSON schema of the input, or a directory of schemas that metadata names" },
	{ "--format", "-f", "json|pretty|raw", "how to print the result (json)" },
	{ "--explain", NULL, NULL, "prints how each rule and expression went" },
	{ "--strict-builtin-errors", NULL, NULL, "an error in a built-in ends the evaluation" },
	{ "--import", NULL, "PATH", "an import for the query, e.g. data.authz; may be repeated" },
	{ "--package", NULL, "PATH", "the package of the query" },
	{ "--limits", NULL, "server|none|LIMIT,..",
	    "the daemon's budgets, or time=50ms,memory=8MiB,steps=N,depth=N" },
	{ "--without", NULL, "NAME,..", "optimisations to leave out: see optimisation.def" },
	{ "--fail", NULL, NULL, "exit 1 when the result is undefined" },
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

/* ---- printing results ---- */

/* {"errors": [...]} with every finding, in json; text findings go to stderr by themselves. */
static void
print_errors(struct cli *cli)
{
	struct object_builder all;
	VEC(value_t) errors = { 0 };

	for (const struct diag_finding *f = cli->diag.first; f != NULL; f = f->next) {
		struct object_builder error, location;

		object_builder_init(&error, cli->arena, 3);
		object_builder_init(&location, cli->arena, 3);
		(void)object_builder_add_text(&location, "file", value_string(cli->arena, f->place.file));
		(void)object_builder_add_text(&location, "row", value_int(f->place.row));
		(void)object_builder_add_text(&location, "col", value_int(f->place.col));
		(void)object_builder_add_text(&error, "message", value_string(cli->arena, f->message));
		(void)object_builder_add_text(&error, "code", value_string(cli->arena, f->code));
		(void)object_builder_add_text(&error, "location",
		    object_builder_freeze(&location, OBJECT_LAST_WINS, NULL));
		VEC_PUSH(cli->arena, &errors, object_builder_freeze(&error, OBJECT_LAST_WINS, NULL));
	}
	object_builder_init(&all, cli->arena, 1);
	(void)object_builder_add_text(&all, "errors", value_array_of(errors.at, errors.count));
	cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
}

static value_t
expression_object(struct cli *cli, value_t value, const struct ast_loc *loc, str_t query)
{
	struct object_builder b, location;
	bool known = (size_t)loc->offset + loc->len <= query.len && loc->len > 0;

	object_builder_init(&b, cli->arena, 3);
	object_builder_init(&location, cli->arena, 2);
	(void)object_builder_add_text(&location, "row", value_int(loc->row));
	(void)object_builder_add_text(&location, "col", value_int(loc->col));
	(void)object_builder_add_text(&b, "value", value);
	(void)object_builder_add_text(&b, "text",
	    value_string(cli->arena, known ? str_sub(query, loc->offset, loc->len) : query));
	(void)object_builder_add_text(&b, "location", object_builder_freeze(&location, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

/* One solution as `opa eval` shows it: its expressions, and its bindings if there are any. */
static value_t
solution_object(struct cli *cli, value_t solution, const struct ast_body *written, str_t query)
{
	struct object_builder b, bindings;
	value_t values = value_object_get_text(solution, "$expressions");
	value_t *expressions = ARENA_ARRAY(cli->arena, value_t, values.count);

	object_builder_init(&b, cli->arena, 2);
	object_builder_init(&bindings, cli->arena, solution.count);
	for (uint32_t i = 0; expressions != NULL && i < values.count; i++) {
		struct ast_loc whole = { .row = 1, .col = 1 };

		expressions[i] = expression_object(cli, values.items[i],
		    i < written->exprs.count ? &written->exprs.at[i]->loc : &whole, query);
	}
	(void)object_builder_add_text(&b, "expressions", value_array_of(expressions, values.count));
	for (uint32_t i = 0; i < solution.count; i++) {
		const struct value_entry *e = &solution.object->entries[i];

		if (value_str(e->key).data[0] != '$')
			(void)object_builder_add(&bindings, e->key, e->value);
	}
	if (bindings.count > 0)
		(void)object_builder_add_text(&b, "bindings",
		    object_builder_freeze(&bindings, OBJECT_LAST_WINS, NULL));
	return object_builder_freeze(&b, OBJECT_LAST_WINS, NULL);
}

static void
print_raw(struct cli *cli, value_t v, bool pretty)
{
	if (v.tag == VALUE_STRING && !pretty)
		buf_add_str(&cli->out, value_str(v));
	else if (pretty)
		json_write_pretty(&cli->out, v, STR(""), STR("  "));
	else
		json_write(&cli->out, v);
	buf_add_char(&cli->out, '\n');
}

static void
print_solutions(struct cli *cli, value_t solutions, const struct ast_body *written, str_t query,
    const char *format)
{
	struct object_builder all;
	value_t *items = ARENA_ARRAY(cli->arena, value_t, solutions.count);

	if (strcmp(format, "json") != 0) {
		bool pretty = strcmp(format, "pretty") == 0;

		for (uint32_t i = 0; i < solutions.count; i++) {
			value_t values = value_object_get_text(solutions.items[i], "$expressions");

			for (uint32_t k = 0; k < values.count; k++)
				print_raw(cli, values.items[k], pretty);
		}
		if (solutions.count == 0 && pretty)
			buf_add_text(&cli->out, "undefined\n");
		return;
	}
	object_builder_init(&all, cli->arena, 1);
	for (uint32_t i = 0; items != NULL && i < solutions.count; i++)
		items[i] = solution_object(cli, solutions.items[i], written, query);
	if (solutions.count > 0)
		(void)object_builder_add_text(&all, "result", value_array_of(items, solutions.count));
	cli_print_json(cli, object_builder_freeze(&all, OBJECT_LAST_WINS, NULL));
}

/* ---- running ---- */

static err_t
read_input(struct cli *cli, struct policy *p, value_t *ret)
{
	const char *path = cli_value(cli, "--input");
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
evaluate_with(struct cli *cli, struct policy *p, const struct limits *limits, const char *format)
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
		print_solutions(cli, solutions, &written, query, format);
	if (e == ERR_OK && cli_has(cli, "--fail") && solutions.count == 0)
		e = ERR_NEGATIVE;
	arena_free(&arena);
	return e;
}

err_t
cmd_eval(struct cli *cli)
{
	const char *format = cli_value(cli, "--format"), *wanted = cli_value(cli, "--limits");
	struct limits limits = { 0 };
	struct policy *p = NULL;
	err_t e;

	if (format == NULL)
		format = "json";
	if (strcmp(format, "json") != 0 && strcmp(format, "pretty") != 0 && strcmp(format, "raw") != 0) {
		diag_say(&cli->diag, "usage", "--format takes json, pretty or raw, not %s", format);
		return ERR_USAGE;
	}
	if (wanted != NULL)
		TRY(limits_read(cli, str_of(wanted), &limits));
	e = load_policy(cli, &p);
	if (e == ERR_OK)
		e = evaluate_with(cli, p, &limits, format);
	if (e != ERR_OK && e != ERR_NEGATIVE && strcmp(format, "json") == 0)
		print_errors(cli);
	cli_keep(cli, p);
	return e;
}
