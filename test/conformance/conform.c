/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conform: asks the engine what OPA has been asked, and compares.
 *
 *   conform [--passing FILE [--update]] [--excused FILE] [--quiet]
 *           [--without OPTIMISATION,..] DIR|FILE...
 *
 * Reads OPA's suite (.yaml or .json with `cases`; a path with a part "v0" is Rego v0) and
 * OPA's answers (.jsonl of modules or of texts to parse, .json with a list of probes).
 * Prints each failing case with its reason, the counts of every folder or file, then
 * `N passed, N failed`.
 *
 * --excused: what cannot pass, with reasons; counted apart, and a failure once it passes.
 * --passing: cases listed in FILE must pass (that alone decides the exit status);
 * --update writes the list anew, never shorter.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "case.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "rego/builtin.h"
#include "tally.h"

enum {
	FILE_BYTES = 1 << 28,
	CASE_BYTES = 1 << 30,
	/*
	 * From here on parse_body.jsonl has the answers beside texts that they do not
	 * belong to, by no constant shift.
	 */
	PARSE_BODY_ALIGNED = 436,
};

struct options {
	const char *passing, *excused;
	bool update, quiet;
	int first; /* argument that is a path; 0: used wrongly */
};

static struct tally *tally;

/* "v1/folder/file.yaml", "opa-derived/query.jsonl" */
static const char *
short_path(const char *file, int parts)
{
	const char *at = file + strlen(file);

	for (; at > file; at--) {
		if (at[-1] == '/' && --parts == 0)
			break;
	}
	return at;
}

/* ---- the forms ---- */

static void
run_policy(const struct conform_case *c, str_t name, struct arena *arena)
{
	struct conform_outcome outcome;
	struct buf text;
	const char *why;

	buf_init(&text, FILE_BYTES);
	case_run(c, arena, &outcome);
	why = case_judge(c, &outcome, arena);
	if (why != NULL)
		case_explain(c, &outcome, &text);
	tally_add(tally, name, why, buf_str(&text));
	buf_fini(&text);
}

static void
run_yaml_case(const char *file, value_t c)
{
	struct arena *arena = arena_new(CASE_BYTES);
	str_t note = conform_text(c, "note");
	struct conform_case k;

	case_read_yaml(arena, c, strstr(file, "/v0/") != NULL ? REGO_V0 : REGO_V1, &k);
	run_policy(
	    &k, arena_printf(arena, "%s: %.*s", short_path(file, 3), STR_FMT(note)), arena);
	arena_free(&arena);
}

static void
run_probe(const char *file, value_t c)
{
	struct arena *arena = arena_new(CASE_BYTES);
	str_t title = conform_text(c, "title");
	struct conform_case k;

	case_read_json(arena, c, &k);
	run_policy(
	    &k, arena_printf(arena, "%s: %.*s", short_path(file, 1), STR_FMT(title)), arena);
	arena_free(&arena);
}

/* One line of a .jsonl file: modules, or a text to parse. */
static void
run_line(const char *file, unsigned number, str_t line)
{
	struct arena *arena = arena_new(CASE_BYTES);
	str_t name = arena_printf(arena, "%s: %u", short_path(file, 2), number);
	struct conform_case k;
	struct buf text;
	value_t record;

	buf_init(&text, FILE_BYTES);
	if (strstr(file, "parse_body") != NULL && number > PARSE_BODY_ALIGNED) {
		tally_skip(tally);
	} else if (json_read(arena, line, NULL, NULL, &record) != ERR_OK) {
		tally_add(tally, name, "not JSON", STR_NONE);
	} else if (value_is_defined(conform_get(record, "modules"))) {
		case_read_json(arena, record, &k);
		run_policy(&k, name, arena);
	} else {
		const char *why = case_parse(record, arena, &text);

		tally_add(tally, name, why, buf_str(&text));
	}
	buf_fini(&text);
	arena_free(&arena);
}

static void
run_lines(const char *file, str_t rest)
{
	for (unsigned number = 1; rest.len > 0; number++) {
		size_t end = str_find_char(rest, '\n', 0);

		run_line(file, number, str_sub(rest, 0, end));
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
}

/* ---- files and folders ---- */

static void
run_document(const char *path, str_t text, bool is_named)
{
	struct arena *arena = arena_new(FILE_BYTES);
	bool is_json = str_has_suffix(str_of(path), STR(".json"));
	struct diag diag;
	value_t doc = VALUE_NONE, cases;
	err_t e;

	diag_init(&diag, arena, 4);
	e = is_json ? json_read(arena, text, NULL, &diag, &doc)
		    : yaml_read(arena, text, NULL, &diag, &doc);
	cases = doc.tag == VALUE_ARRAY ? doc : conform_get(doc, "cases");
	for (uint32_t i = 0; cases.tag == VALUE_ARRAY && i < cases.count; i++) {
		if (doc.tag == VALUE_ARRAY)
			run_probe(path, cases.items[i]);
		else
			run_yaml_case(path, cases.items[i]);
	}
	/* A folder may hold other JSON, such as capabilities. */
	if (e != ERR_OK || (cases.tag != VALUE_ARRAY && (is_named || !is_json)))
		tally_add(
		    tally, str_of(path), "not a file of cases", diag_first_message(&diag));
	arena_free(&arena);
}

static void
run_file(const char *path, bool is_named)
{
	struct buf text;

	buf_init(&text, FILE_BYTES);
	tally_begin(tally, path);
	if (file_read(NULL, path, FILE_ANY, &text, NULL) != ERR_OK)
		tally_add(tally, str_of(path), "cannot be read", STR_NONE);
	else if (str_has_suffix(str_of(path), STR(".jsonl")))
		run_lines(path, buf_str(&text));
	else
		run_document(path, buf_str(&text), is_named);
	buf_fini(&text);
}

static bool
is_file_of_cases(str_t name)
{
	return str_has_suffix(name, STR(".yaml")) || str_has_suffix(name, STR(".json")) ||
	       str_has_suffix(name, STR(".jsonl"));
}

static void
visit(const char *path, bool is_named)
{
	struct stat st;
	struct dirent **entries;
	int count;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		run_file(path, is_named);
		return;
	}
	count = scandir(path, &entries, NULL, alphasort);
	if (count < 0) {
		tally_begin(tally, path);
		tally_add(tally, str_of(path), "cannot be read", STR_NONE);
		return;
	}
	for (int i = 0; i < count; i++) {
		char below[4096];
		str_t name = str_of(entries[i]->d_name);

		(void)snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		if (name.data[0] != '.' &&
		    (is_file_of_cases(name) || (stat(below, &st) == 0 && S_ISDIR(st.st_mode))))
			visit(below, false);
		free(entries[i]);
	}
	free(entries);
}

/* ---- the command line ---- */

static struct options
read_options(int argc, char **argv)
{
	struct options o = { 0 };
	int i = 1;
	str_t wrong;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--passing") == 0 && i + 1 < argc)
			o.passing = argv[++i];
		else if (strcmp(argv[i], "--excused") == 0 && i + 1 < argc)
			o.excused = argv[++i];
		else if (strcmp(argv[i], "--update") == 0)
			o.update = true;
		else if (strcmp(argv[i], "--quiet") == 0)
			o.quiet = true;
		else if (strcmp(argv[i], "--without") == 0 && i + 1 < argc &&
		    rego_optimisation_read(str_of(argv[i + 1]), &case_without, &wrong))
			i++;
		else
			return o;
	}
	if (i < argc && (!o.update || o.passing != NULL))
		o.first = i;
	return o;
}

/* OPA's suite has a built-in of its own: time must stand still while it sleeps. */
static enum rego_outcome
sleep_a_little(struct rego_call *call, value_t *ret)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	(void)call;
	(void)nanosleep(&pause, NULL);
	*ret = value_null();
	return REGO_DEFINED;
}

static const struct rego_builtin own_builtins[] = {
	{ "test.sleep", "duration: string -> null", sleep_a_little, "Waits ten milliseconds." },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	int status;

	if (o.first == 0) {
		(void)fprintf(stderr,
		    "usage: conform [--passing FILE [--update]] [--excused FILE] "
		    "[--quiet] [--without NAME,..] DIR|FILE...\n");
		return 64;
	}
	rego_builtin_add_family(own_builtins);
	tally = tally_new(o.quiet);
	if (!tally_read_passing(tally, o.passing, o.update) ||
	    !tally_read_excused(tally, o.excused))
		return 6;
	for (int i = o.first; i < argc; i++)
		visit(argv[i], true);
	status = tally_report(tally);
	tally_free(&tally);
	return status;
}
