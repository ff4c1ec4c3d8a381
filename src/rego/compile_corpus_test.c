/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What OPA says of thousands of modules, and whether the compiler agrees.
 *
 * The corpus is not part of the project: $CORESDK_SHARED or ../shared, when it is
 * there.  Floors keep what has been reached; raise them with the compiler.
 * VERBOSE=1 in the environment prints what differs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <yaml.h>

#include "codec/json.h"
#include "rego/compile.h"
#include "rego/parser.h"
#include "tap.h"

enum {
	ARENA_LIMIT = 256 << 20,
	MOST_MODULES = 64,
	MOST_ERRORS = 64,
	PATH_SIZE = 1024,
};

struct expected_error {
	str_t code, message;
	uint32_t row, col;
};

struct corpus_case {
	str_t title, query; /* the query may be empty */
	struct {
		str_t name, text;
	} modules[MOST_MODULES];
	size_t module_count;
	enum rego_version version;
	bool strict, print, experimental, annotations;
	bool want_ok, exhaustive;
	struct expected_error errors[MOST_ERRORS];
	size_t error_count;
};

struct tally {
	const char *name;
	unsigned total, agreed;
};

static bool verbose;

/* ---- compiling and comparing ---- */

static str_t
first_line(str_t s)
{
	return str_sub(s, 0, str_find_char(s, '\n', 0));
}

static bool
is_same(const struct diag_finding *f, const struct expected_error *want)
{
	return str_eq(f->code, want->code) && f->place.row == want->row &&
	    f->place.col == want->col && str_eq(first_line(f->message), first_line(want->message));
}

static bool
is_reported(const struct diag *d, const struct expected_error *want)
{
	for (const struct diag_finding *f = d->first; f != NULL; f = f->next) {
		if (is_same(f, want))
			return true;
	}
	return false;
}

/* OPA may say a thing twice; that is not asked for. */
static bool
is_expected(const struct corpus_case *k, const struct diag_finding *f)
{
	for (size_t i = 0; i < k->error_count; i++) {
		if (is_same(f, &k->errors[i]))
			return true;
	}
	return false;
}

static bool
agrees(const struct corpus_case *k, const struct diag *d)
{
	if (k->want_ok || d->error_count == 0)
		return k->want_ok && d->error_count == 0;
	for (size_t i = 0; i < k->error_count; i++) {
		if (!is_reported(d, &k->errors[i]))
			return false;
	}
	for (const struct diag_finding *f = d->first; f != NULL && k->exhaustive; f = f->next) {
		if (!is_expected(k, f))
			return false;
	}
	return true;
}

static void
explain(const struct corpus_case *k, const struct diag *d)
{
	tap_note("DIFFERS %.*s%s", STR_FMT(k->title), k->strict ? " (strict)" : "");
	for (size_t i = 0; i < k->module_count; i++)
		tap_note("| %.*s", STR_FMT(k->modules[i].text));
	for (size_t i = 0; i < k->error_count; i++)
		tap_note("  want %.*s %u:%u %.*s", STR_FMT(k->errors[i].code), k->errors[i].row,
		    k->errors[i].col, STR_FMT(first_line(k->errors[i].message)));
	for (const struct diag_finding *f = d->first; f != NULL; f = f->next)
		tap_note("  have %.*s %u:%u %.*s", STR_FMT(f->code), f->place.row, f->place.col,
		    STR_FMT(f->message));
}

static void
run_case(const struct corpus_case *k, struct tally *t)
{
	struct arena *a = arena_new(ARENA_LIMIT);
	struct diag d;
	struct rego_unit unit = { .arena = a, .intern = intern_new(a), .diag = &d,
		.strict = k->strict, .keep_prints = k->print, .experimental = k->experimental,
		.annotations = k->annotations, .error_limit = MOST_ERRORS };
	bool parsed = true;

	diag_init(&d, a, 100);
	for (size_t i = 0; i < k->module_count; i++)
		parsed = rego_parse_module(&unit, k->modules[i].name, k->modules[i].text, k->version,
			     NULL) == ERR_OK &&
		    parsed;
	if (parsed && rego_compile(&unit) == ERR_OK && k->query.len > 0) {
		struct rego_query q;

		parsed = rego_compile_query(&unit, k->query, k->version, NULL, 0, STR_NONE, &q) == ERR_OK;
	}
	if (!parsed && d.error_count == 0)
		diag_say(&d, "internal", "failed without a finding");
	t->total++;
	if (agrees(k, &d))
		t->agreed++;
	else if (verbose)
		explain(k, &d);
	arena_free(&a);
}

/* ---- JSON ---- */

static str_t
text_of(value_t object, const char *key)
{
	value_t v = value_object_get_text(object, key);

	return value_is_string(v) ? value_str(v) : STR_NONE;
}

static bool
flag_of(value_t object, const char *key)
{
	return value_object_get_text(object, key).tag == VALUE_TRUE;
}

static uint32_t
number_of(value_t object, const char *key)
{
	value_t v = value_object_get_text(object, key);

	return v.tag == VALUE_INT ? (uint32_t)v.integer : 0;
}

static bool
read_json_case(value_t v, value_t outcome, struct corpus_case *k)
{
	value_t modules = value_object_get_text(v, "modules");
	value_t errors = value_object_get_text(outcome, "errors");

	*k = (struct corpus_case){ .title = text_of(v, "title"), .exhaustive = true,
		.query = text_of(v, "query"),
		.version = str_eq(text_of(v, "version"), STR("v0")) ? REGO_V0 : REGO_V1,
		.strict = flag_of(v, "strict"), .print = flag_of(v, "print"),
		.experimental = flag_of(v, "experimental"),
		.annotations = flag_of(v, "annotations"), .want_ok = flag_of(outcome, "ok") };
	if (modules.tag != VALUE_OBJECT || modules.count > MOST_MODULES)
		return false;
	for (uint32_t i = 0; i < modules.count; i++) {
		k->modules[i].name = value_str(modules.object->entries[i].key);
		k->modules[i].text = value_str(modules.object->entries[i].value);
	}
	k->module_count = modules.count;
	for (uint32_t i = 0; i < errors.count && i < MOST_ERRORS; i++) {
		value_t e = errors.items[i];

		k->errors[i] = (struct expected_error){ text_of(e, "code"), text_of(e, "message"),
			number_of(e, "row"), number_of(e, "col") };
		k->error_count++;
	}
	return true;
}

/* Errors of evaluation are no business of the compiler. */
static void
forget_evaluation(struct corpus_case *k)
{
	if (k->error_count == 0 || str_has_prefix(k->errors[0].code, STR("rego_")))
		return;
	k->want_ok = true;
	k->error_count = 0;
}

static char *
read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	char *text = NULL;

	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), &st) == 0) {
		text = malloc((size_t)st.st_size + 1);
		*ret_len = fread(text, 1, (size_t)st.st_size, f);
	}
	(void)fclose(f);
	return text;
}

static void
run_json_text(str_t text, bool is_language, struct tally *t)
{
	static struct corpus_case k;
	struct arena *a = arena_new(ARENA_LIMIT);
	value_t v;

	if (json_read(a, text, NULL, NULL, &v) == ERR_OK) {
		for (uint32_t i = 0; is_language && i < v.count; i++) {
			value_t want = value_object_get_text(v.items[i], "expect");
			if (!read_json_case(v.items[i], want, &k))
				continue;
			forget_evaluation(&k);
			run_case(&k, t);
		}
		if (!is_language && read_json_case(v, v, &k)) {
			forget_evaluation(&k);
			run_case(&k, t);
		}
	}
	arena_free(&a);
}

static void
run_json_file(const char *path, bool is_language, struct tally *t)
{
	size_t len = 0;
	char *text = read_file(path, &len);
	str_t rest = str_make(text, text == NULL ? 0 : len);

	while (rest.len > 0) {
		size_t end = is_language ? rest.len : str_find_char(rest, '\n', 0);

		run_json_text(str_sub(rest, 0, end), is_language, t);
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
	free(text);
}

/* ---- YAML ---- */

static yaml_node_t *
yaml_get(yaml_document_t *doc, yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *k = yaml_document_get_node(doc, p->key);

		if (k->type == YAML_SCALAR_NODE && strcmp((char *)k->data.scalar.value, key) == 0)
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

static str_t
yaml_text(const yaml_node_t *n)
{
	if (n == NULL || n->type != YAML_SCALAR_NODE)
		return STR_NONE;
	return str_make((char *)n->data.scalar.value, n->data.scalar.length);
}

static yaml_node_t *
yaml_at(yaml_document_t *doc, yaml_node_t *list, size_t i)
{
	if (list == NULL || list->type != YAML_SEQUENCE_NODE ||
	    i >= (size_t)(list->data.sequence.items.top - list->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(doc, list->data.sequence.items.start[i]);
}

static bool
yaml_flag(yaml_document_t *doc, yaml_node_t *n, const char *key)
{
	return str_eq(yaml_text(yaml_get(doc, n, key)), STR("true"));
}

static uint32_t
yaml_number(const yaml_node_t *n)
{
	str_t text = yaml_text(n);

	return text.len == 0 ? 0 : (uint32_t)strtoul(text.data, NULL, 10);
}

static void
run_yaml_case(yaml_document_t *doc, yaml_node_t *n, enum rego_version version, struct tally *t)
{
	static struct corpus_case k;
	static char names[MOST_MODULES][32];
	yaml_node_t *modules = yaml_get(doc, n, "modules"), *item;
	yaml_node_t *errors = yaml_get(doc, n, "want_errors");
	str_t code = yaml_text(yaml_get(doc, n, "want_error_code"));

	k = (struct corpus_case){ .title = yaml_text(yaml_get(doc, n, "note")), .version = version,
		.print = yaml_flag(doc, n, "print_statements"), .exhaustive = false,
		.strict = str_eq(yaml_text(yaml_get(doc, n, "strict")), STR("enabled")),
		.experimental = yaml_get(doc, n, "experimental_keywords") != NULL };
	k.query = yaml_text(yaml_get(doc, n, "query"));
	k.want_ok = errors == NULL && !str_has_prefix(code, STR("rego_"));
	for (; (item = yaml_at(doc, modules, k.module_count)) != NULL; k.module_count++) {
		(void)snprintf(names[k.module_count], sizeof(names[0]), "module-%zu.rego",
		    k.module_count);
		k.modules[k.module_count].name = str_of(names[k.module_count]);
		k.modules[k.module_count].text = yaml_text(item);
	}
	for (; (item = yaml_at(doc, errors, k.error_count)) != NULL; k.error_count++)
		k.errors[k.error_count] = (struct expected_error){
			yaml_text(yaml_get(doc, item, "code")),
			yaml_text(yaml_get(doc, item, "message")),
			yaml_number(yaml_get(doc, item, "row")), yaml_number(yaml_get(doc, item, "col"))
		};
	if (k.module_count > 0)
		run_case(&k, t);
}

static void
run_yaml_file(const char *path, enum rego_version version, struct tally *t)
{
	FILE *f = fopen(path, "rb");
	yaml_parser_t parser;
	yaml_document_t doc;

	if (f == NULL)
		return;
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, f);
	if (yaml_parser_load(&parser, &doc) == 1) {
		yaml_node_t *cases = yaml_get(&doc, yaml_document_get_root_node(&doc), "cases");
		yaml_node_t *n;

		for (size_t i = 0; (n = yaml_at(&doc, cases, i)) != NULL; i++)
			run_yaml_case(&doc, n, version, t);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	(void)fclose(f);
}

static void
run_yaml_folder(const char *folder, enum rego_version version, struct tally *t)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[PATH_SIZE];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (str_has_suffix(str_of(e->d_name), STR(".yaml")))
			run_yaml_file(path, version, t);
		else
			run_yaml_folder(path, version, t);
	}
	if (d != NULL)
		(void)closedir(d);
}

/* ---- the corpora ---- */

enum format { CASES_YAML_V0, CASES_YAML_V1, CASES_JSONL, CASES_LANGUAGE };

static const struct {
	const char *path;
	enum format format;
	unsigned floor;
} corpora[] = {
	{ "conformance/opa/compile/v1", CASES_YAML_V1, 13 },
	{ "conformance/opa/compile/v0", CASES_YAML_V0, 1 },
	{ "conformance/opa-derived/compile.jsonl", CASES_JSONL, 809 },
	{ "conformance/opa-derived/query.jsonl", CASES_JSONL, 171 },
	{ "conformance/language-cases.json", CASES_LANGUAGE, 194 },
	{ "conformance/opa/v1", CASES_YAML_V1, 1441 },
	{ "conformance/opa/v0", CASES_YAML_V0, 1259 },
};

static void
run_corpus(const char *shared, size_t i)
{
	struct tally t = { .name = corpora[i].path };
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", shared, corpora[i].path);
	if (corpora[i].format == CASES_JSONL || corpora[i].format == CASES_LANGUAGE)
		run_json_file(path, corpora[i].format == CASES_LANGUAGE, &t);
	else
		run_yaml_folder(path, corpora[i].format == CASES_YAML_V0 ? REGO_V0 : REGO_V1, &t);
	ok(t.agreed >= corpora[i].floor, "%s: %u of %u agree, floor %u", t.name, t.agreed, t.total,
	    corpora[i].floor);
}

int
main(void)
{
	const char *shared = getenv("CORESDK_SHARED");
	struct stat st;

	verbose = getenv("VERBOSE") != NULL;
	if (shared == NULL)
		shared = "../shared";
	if (stat(shared, &st) != 0) {
		tap_skip("no corpus here");
		return tap_done();
	}
	for (size_t i = 0; i < COUNT(corpora); i++)
		run_corpus(shared, i);
	return tap_done();
}
