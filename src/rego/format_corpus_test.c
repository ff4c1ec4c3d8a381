/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round trips: what is formatted parses to an equal tree, formats to itself, and
 * compiles to the same program.
 *
 * Takes folders of policies as arguments, and all modules of the shared corpus
 * (CORESDK_SHARED or ../shared) when it is there.  VERBOSE=1 in the environment
 * prints what differs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "rego/format.h"
#include "rego/parser.h"
#include "rego/program.h"
#include "tap.h"

enum { ARENA_LIMIT = 512 << 20, TEXT_LIMIT = 64 << 20, MODULES_MAX = 64, PATH_SIZE = 1024 };

struct tally {
	const char *name;
	unsigned modules, trees, texts,
	    both; /* parsed; of these equal trees, equal texts, fine as both */
	unsigned programs, compiled; /* equal, of those that compile */
};

struct source {
	str_t name, text;
};

/* OPA's tests of its formatter are in the corpus, before and after: so are our results, then. */
enum { KNOWN_FLOOR = 51 };

static struct {
	struct arena *arena; /* NULL: nothing is gathered */
	VEC(str_t) texts, changed;
} known;

struct group { /* modules that belong together */
	struct source at[MODULES_MAX];
	size_t count;
	enum rego_version version;
	bool experimental;
};

static bool verbose;

static void
explain(const char *what, str_t before, str_t after)
{
	if (verbose)
		printf("# ---- %s\n%.*s\n# ---- became\n%.*s\n", what, STR_FMT(before),
		    STR_FMT(after));
}

static str_t
keep(struct arena *arena, struct buf *text)
{
	str_t kept = arena_str(arena, buf_str(text));

	buf_fini(text);
	return kept;
}

/* STR_NONE: it does not parse, or cannot be formatted. */
static str_t
format(struct rego_unit *unit, const struct source *s, enum rego_version version,
    enum rego_format_target target, struct ast_module **ret)
{
	struct rego_format_options options = { .target = target };
	struct buf out;

	if (rego_parse_module(unit, s->name, s->text, version, ret) != ERR_OK)
		return STR_NONE;
	buf_init(&out, TEXT_LIMIT);
	if (rego_format(unit, *ret, &options, &out) != ERR_OK)
		buf_clear(&out);
	return keep(unit->arena, &out);
}

static struct rego_unit
make_unit(const struct group *g, struct arena *arena, struct diag *diag)
{
	struct rego_unit unit = { .arena = arena,
		.intern = intern_new(arena),
		.diag = diag,
		.experimental = g->experimental };

	diag_init(diag, arena, 100);
	return unit;
}

static void
check_both(
    struct rego_unit *unit, const struct group *g, const struct source *s, struct tally *t)
{
	struct ast_module *before, *v0, *v1;
	struct source text = { .name = s->name };

	if (g->version != REGO_V0)
		return;
	text.text = format(unit, s, REGO_V0, REGO_FORMAT_BOTH, &before);
	if (rego_format_check_v1(unit, before) != ERR_OK)
		return;
	if (rego_parse_module(unit, s->name, text.text, REGO_V0, &v0) == ERR_OK &&
	    rego_parse_module(unit, s->name, text.text, REGO_V1, &v1) == ERR_OK &&
	    rego_format_same(before, v0) && rego_format_same(before, v1))
		t->both++;
	else
		explain("as v0 and v1", s->text, text.text);
}

static void
gather(str_t before, str_t after)
{
	if (known.arena == NULL)
		return;
	(void)VEC_PUSH(known.arena, &known.texts, arena_str(known.arena, before));
	if (!str_eq(before, after))
		(void)VEC_PUSH(known.arena, &known.changed, arena_str(known.arena, after));
}

static bool
is_among(const str_t *texts, size_t count, str_t text)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(texts[i], text))
			return true;
	return false;
}

static void
report_known(void)
{
	unsigned found = 0;

	for (size_t i = 0; i < known.changed.count; i++)
		if (!is_among(known.changed.at, i, known.changed.at[i]) &&
		    is_among(known.texts.at, known.texts.count, known.changed.at[i]))
			found++;
	ok(found >= KNOWN_FLOOR, "%u results are texts of the corpus, floor %d", found,
	    KNOWN_FLOOR);
}

/* The text of a module formatted; STR_NONE: it does not parse. */
static str_t
check_module(
    const struct group *g, const struct source *s, struct arena *arena, struct tally *t)
{
	struct diag diag;
	struct rego_unit unit = make_unit(g, arena, &diag);
	struct ast_module *before = NULL, *after = NULL;
	struct source once = { .name = s->name }, twice;

	once.text = format(&unit, s, g->version, REGO_FORMAT_SAME, &before);
	if (before == NULL)
		return STR_NONE;
	t->modules++;
	gather(s->text, once.text);
	twice.text = format(&unit, &once, g->version, REGO_FORMAT_SAME, &after);
	if (after != NULL && rego_format_same(before, after))
		t->trees++;
	else
		explain(after == NULL ? "does not parse" : "another tree", s->text, once.text);
	if (after != NULL && str_eq(once.text, twice.text))
		t->texts++;
	else
		explain("not stable", once.text, twice.text);
	check_both(&unit, g, s, t);
	return once.text;
}

/* ---- programs ---- */

/* The listing, without the rows that its lines end with. */
static str_t
listing_of(const struct group *g, struct arena *arena)
{
	struct diag diag;
	struct rego_unit unit = make_unit(g, arena, &diag);
	struct rego_program *program;
	struct buf text, plain;

	for (size_t i = 0; i < g->count; i++)
		if (rego_parse_module(&unit, g->at[i].name, g->at[i].text, g->version, NULL) !=
		    ERR_OK)
			return STR_NONE;
	if (rego_compile(&unit) != ERR_OK || rego_program_make(&unit, &program) != ERR_OK)
		return STR_NONE;
	buf_init(&text, TEXT_LIMIT);
	buf_init(&plain, TEXT_LIMIT);
	rego_program_list(program, &text);
	for (str_t rest = buf_str(&text); rest.len > 0;) {
		size_t end = str_find_char(rest, '\n', 0);
		str_t line = str_sub(rest, 0, end);

		buf_add_str(&plain, str_sub(line, 0, str_find(line, STR("\t; "), 0)));
		buf_add_char(&plain, '\n');
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
	buf_fini(&text);
	return keep(arena, &plain);
}

static void
check_group(const struct group *g, struct tally *t)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct group after = *g;
	bool whole = g->count > 0;
	str_t left, right;

	for (size_t i = 0; i < g->count; i++) {
		after.at[i].text = check_module(g, &g->at[i], arena, t);
		whole = whole && after.at[i].text.len > 0;
	}
	left = whole ? listing_of(g, arena) : STR_NONE;
	if (left.len > 0) {
		t->compiled++;
		right = listing_of(&after, arena);
		if (str_eq(left, right)) {
			t->programs++;
		} else {
			for (size_t i = 0; i < g->count; i++)
				explain("another program", g->at[i].text, after.at[i].text);
			explain("another program", left, right);
		}
	}
	arena_free(&arena);
}

/* ---- where modules come from ---- */

static value_t
get(value_t object, const char *key)
{
	return object.tag == VALUE_OBJECT ? value_object_get_text(object, key) : VALUE_NONE;
}

static void
add(struct group *g, str_t name, value_t text)
{
	if (g->count < MODULES_MAX && value_is_string(text))
		g->at[g->count++] = (struct source){ name, value_str(text) };
}

static void
check_record(value_t record, enum rego_version version, struct tally *t)
{
	struct group *g = calloc(1, sizeof(*g));
	value_t modules = get(record, "modules"), written;

	if (g == NULL)
		return;
	written = get(record, "version");
	g->version = value_is_string(written) && str_eq(value_str(written), STR("v0"))
			 ? REGO_V0
			 : version;
	g->experimental = get(record, "experimental").tag == VALUE_TRUE ||
			  value_is_defined(get(record, "experimental_keywords"));
	add(g, STR("input.rego"), get(record, "input"));
	for (uint32_t i = 0; modules.tag == VALUE_ARRAY && i < modules.count; i++)
		add(g, STR("module.rego"), modules.items[i]);
	for (uint32_t i = 0; modules.tag == VALUE_OBJECT && i < modules.count; i++)
		add(g, value_str(modules.object->keys[i]),
		    modules.object->values[i]);
	check_group(g, t);
	free(g);
}

static bool
read_text(const char *path, struct buf *text)
{
	buf_init(text, TEXT_LIMIT);
	return file_read(NULL, path, FILE_ANY, text, NULL) == ERR_OK;
}

static void
check_lines(str_t rest, struct tally *t)
{
	while (rest.len > 0) {
		struct arena *arena = arena_new(ARENA_LIMIT);
		size_t end = str_find_char(rest, '\n', 0);
		value_t record;

		if (json_read(arena, str_sub(rest, 0, end), NULL, NULL, &record) == ERR_OK)
			check_record(record, REGO_V1, t);
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
		arena_free(&arena);
	}
}

static void
check_document(str_t text, bool yaml, enum rego_version version, struct tally *t)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	value_t document;
	err_t e = yaml ? yaml_read(arena, text, NULL, NULL, &document)
		       : json_read(arena, text, NULL, NULL, &document);

	if (e == ERR_OK && document.tag == VALUE_OBJECT)
		document = get(document, "cases");
	for (uint32_t i = 0; e == ERR_OK && document.tag == VALUE_ARRAY && i < document.count;
	     i++)
		check_record(document.items[i], version, t);
	arena_free(&arena);
}

static void
check_policy(const char *path, str_t text, struct tally *t)
{
	struct group *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return;
	g->at[0] = (struct source){ str_of(path), text };
	g->count = 1;
	g->experimental = true;
	for (int version = REGO_V0; version <= REGO_V1; version++) {
		g->version = (enum rego_version)version;
		check_group(g, t);
	}
	free(g);
}

static void
check_file(const char *path, enum rego_version version, bool policies, struct tally *t)
{
	struct buf text;

	if (read_text(path, &text)) {
		if (policies)
			check_policy(path, buf_str(&text), t);
		else if (str_has_suffix(str_of(path), STR(".jsonl")))
			check_lines(buf_str(&text), t);
		else
			check_document(buf_str(&text),
			    !str_has_suffix(str_of(path), STR(".json")), version, t);
	}
	buf_fini(&text);
}

static void
visit(const char *path, enum rego_version version, bool policies, struct tally *t)
{
	struct stat st;
	DIR *dir;

	if (stat(path, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		check_file(path, version, policies, t);
		return;
	}
	dir = opendir(path);
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		char below[PATH_SIZE];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		visit(below, version, policies, t);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static void
report(const struct tally *t)
{
	if (t->modules == 0) {
		tap_skip("%s is not here", t->name);
		return;
	}
	ok(t->trees == t->modules && t->texts == t->modules,
	    "%s: of %u modules %u keep their trees, %u format to themselves (%u read as both)",
	    t->name, t->modules, t->trees, t->texts, t->both);
	ok(t->programs == t->compiled, "%s: %u of %u programs stay the same", t->name,
	    t->programs, t->compiled);
}

static const char *
find_shared(void)
{
	static const char *const roots[] = { "../shared", "../../shared" };
	struct stat st;

	if (getenv("CORESDK_SHARED") != NULL)
		return getenv("CORESDK_SHARED");
	for (size_t i = 0; i < COUNT(roots); i++)
		if (stat(roots[i], &st) == 0)
			return roots[i];
	return "../shared";
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		enum rego_version version;
	} shared[] = {
		{ "opa/v0", REGO_V0 },
		{ "opa/v1", REGO_V1 },
		{ "opa/compile/v0", REGO_V0 },
		{ "opa/compile/v1", REGO_V1 },
		{ "opa-derived/parse_module.jsonl", REGO_V1 },
		{ "opa-derived/compile.jsonl", REGO_V1 },
		{ "opa-derived/query.jsonl", REGO_V1 },
		{ "language-cases.json", REGO_V1 },
	};

	verbose = getenv("VERBOSE") != NULL;
	for (int i = 1; i < argc; i++) {
		struct tally t = { .name = argv[i] };

		visit(argv[i], REGO_V1, true, &t);
		report(&t);
	}
	for (size_t i = 0; i < COUNT(shared); i++) {
		struct tally t = { .name = shared[i].path };
		char path[PATH_SIZE];

		(void)snprintf(
		    path, sizeof(path), "%s/conformance/%s", find_shared(), shared[i].path);
		if (strstr(path, "parse_module") != NULL)
			known.arena = arena_new(ARENA_LIMIT);
		visit(path, shared[i].version, false, &t);
		report(&t);
		if (known.arena != NULL && t.modules > 0)
			report_known();
		arena_free(&known.arena);
	}
	return tap_done();
}
