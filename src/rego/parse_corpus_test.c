/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses what OPA has parsed (opa-derived/parse_*.jsonl of a shared folder beside
 * the project, or CORESDK_SHARED) and compares trees and errors.  The floors only
 * ever rise.  With an argument, prints each record that differs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "rego/ast_json.h"
#include "rego/ast_print.h"
#include "rego/parser_internal.h"
#include "tap.h"

enum { RECORD_LIMIT = 256 << 20, CORPUS_LIMIT = 1 << 30, BODIES_MAX = 4000 };

static bool verbose;

static FILE *
open_file(const char *name)
{
	const char *roots[] = { getenv("CORESDK_SHARED"), "../shared", "../../shared" };
	char path[1024];
	FILE *file = NULL;

	for (size_t i = 0; i < COUNT(roots) && file == NULL; i++) {
		if (roots[i] == NULL)
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s/conformance/opa-derived/%s", roots[i], name);
		file = fopen(path, "rb");
	}
	return file;
}

/* The file's writer held 1e1000, the only number of that size in it, in a double. */
static void
mend_infinity(struct buf *text)
{
	static const char bad[] = ": Infinity", good[] = ": 1e1000  ";
	str_t s = buf_str(text);

	for (size_t at = 0; (at = str_find(s, str_of(bad), at)) < s.len; at++)
		memcpy(text->data + at, good, sizeof(good) - 1);
}

static str_t
read_file(const char *name, struct buf *text)
{
	FILE *file = open_file(name);
	char block[65536];
	size_t got;

	if (file == NULL)
		return STR_NONE;
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(text, block, got);
	(void)fclose(file);
	mend_infinity(text);
	return buf_str(text);
}

static unsigned
words_of(value_t list)
{
	unsigned words = 0;

	for (uint32_t i = 0; i < list.count; i++)
		words |= rego_word_find(value_str(list.items[i]));
	return words;
}

static struct parser_options
options_of(value_t record, bool body)
{
	value_t version = value_object_get_text(record, "version");

	return (struct parser_options){
		.version = str_eq(value_str(version), STR("v0")) ? REGO_V0 : REGO_V1,
		.experimental =
		    value_object_get_text(record, "experimental").tag == VALUE_TRUE,
		.words = words_of(value_object_get_text(record, "future_keywords")),
		.skip_rules = body,
		.annotations = value_object_get_text(record, "annotations").tag == VALUE_TRUE,
	};
}

static bool
same_number(value_t object, const char *key, uint32_t number)
{
	value_t value = value_object_get_text(object, key);
	int64_t want = value_is_defined(value) ? value.integer : 0;

	return want == number;
}

static bool
same_errors(value_t want, const struct diag *diag)
{
	const struct diag_finding *found = diag->first;

	for (uint32_t i = 0; i < want.count; i++, found = found->next) {
		value_t code = value_object_get_text(want.items[i], "code");

		if (found == NULL ||
		    !str_eq(value_str(value_object_get_text(want.items[i], "message")),
			found->message) ||
		    !str_eq(value_str(code), found->code) ||
		    !same_number(want.items[i], "row", found->place.row) ||
		    !same_number(want.items[i], "col", found->place.col))
			return false;
	}
	return found == NULL;
}

/* Parses the record's text; *ret_tree is VALUE_NONE if that failed. */
static err_t
parse(struct rego_unit *unit, value_t record, bool body, value_t *ret_tree)
{
	struct parser_options options = options_of(record, body);
	str_t text = value_str(value_object_get_text(record, "input"));
	struct ast_module *module;
	struct ast_body query;

	*ret_tree = VALUE_NONE;
	if (body) {
		TRY(rego_parser_body(unit, STR(""), text, &options, &query));
		*ret_tree = rego_ast_body_value(unit->arena, &query);
	} else {
		TRY(rego_parser_module(unit, STR("a.rego"), text, &options, &module));
		*ret_tree = rego_ast_module_value(unit->arena, module, STR("a.rego"));
	}
	return ERR_OK;
}

static void
show(value_t record, value_t tree, const struct diag *diag)
{
	struct buf b;

	buf_init(&b, 1 << 24);
	buf_add_text(&b, "---\ninput:  ");
	json_write(&b, value_object_get_text(record, "input"));
	buf_add_text(&b, "\nwant:   ");
	json_write(
	    &b, value_object_get_text(record,
		    value_object_get_text(record, "ok").tag == VALUE_TRUE ? "ast" : "errors"));
	buf_add_text(&b, "\ngot:    ");
	if (value_is_defined(tree))
		json_write(&b, tree);
	buf_add_char(&b, '\n');
	if (diag != NULL)
		diag_print(diag, &b, false);
	printf("%.*s\n", STR_FMT(buf_str(&b)));
	buf_fini(&b);
}

static str_t
next_line(str_t *rest)
{
	size_t end = str_find_char(*rest, '\n', 0);
	str_t line = str_sub(*rest, 0, end);

	*rest = str_skip(*rest, end < rest->len ? end + 1 : end);
	return line;
}

static bool
agrees(str_t line)
{
	struct arena *arena = arena_new(RECORD_LIMIT);
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .diag = &diag };
	value_t record, tree;
	bool same;
	err_t err;

	diag_init(&diag, arena, 1000);
	unit.intern = intern_new(arena);
	if (json_read(arena, line, NULL, NULL, &record) != ERR_OK) {
		arena_free(&arena);
		return false;
	}
	err = parse(&unit, record, false, &tree);
	if (value_object_get_text(record, "ok").tag == VALUE_TRUE)
		same =
		    err == ERR_OK && value_equal(tree, value_object_get_text(record, "ast"));
	else
		same = err == ERR_POLICY &&
		       same_errors(value_object_get_text(record, "errors"), &diag);
	if (!same && verbose)
		show(record, tree, &diag);
	arena_free(&arena);
	return same;
}

static void
test_modules(const char *name, unsigned floor)
{
	unsigned count = 0, same = 0;
	struct buf text;
	str_t rest;

	buf_init(&text, 1 << 28);
	rest = read_file(name, &text);
	if (rest.len == 0) {
		tap_skip("%s is not here", name);
		buf_fini(&text);
		return;
	}
	while (rest.len > 0) {
		count++;
		same += agrees(next_line(&rest));
	}
	buf_fini(&text);
	ok(same >= floor, "%s: %u of %u agree, floor %u", name, same, count, floor);
}

/* ---- bodies ---- */

struct body_record {
	value_t record, tree; /* VALUE_NONE: did not parse */
	value_t answer;       /* of OPA, mostly to another text */
};

/*
 * From some record on texts and answers are samples of one longer list, each for itself, so
 * an answer stands some places before or behind its text or is missing.  What can be
 * judged is how many texts have their tree among the answers in the order of both.
 */
static unsigned
align(const struct body_record *records, size_t count)
{
	size_t width = count + 1, i = 0, k = 0;
	uint16_t *longest = calloc(width * width, sizeof(*longest));
	unsigned same;

	if (longest == NULL)
		return 0;
	for (i = count; i-- > 0;)
		for (k = count; k-- > 0;) {
			uint16_t skip_text = longest[(i + 1) * width + k];
			uint16_t skip_answer = longest[i * width + k + 1];
			value_t a = records[i].tree, b = records[k].answer;

			longest[i * width + k] =
			    skip_text > skip_answer ? skip_text : skip_answer;
			if (value_is_defined(a) && value_is_defined(b) && a.spare == b.spare &&
			    value_equal(a, b))
				longest[i * width + k] =
				    (uint16_t)(longest[(i + 1) * width + k + 1] + 1);
		}
	same = longest[0];
	for (i = k = 0; verbose && i < count && k < count;) {
		if (longest[i * width + k] == longest[(i + 1) * width + k])
			show(records[i].record, records[i].tree, NULL), i++;
		else if (longest[i * width + k] == longest[i * width + k + 1])
			k++;
		else
			i++, k++;
	}
	free(longest);
	return same;
}

/* A value with 16 bits of its hash where they are quick to compare. */
static value_t
with_hash(value_t v)
{
	if (value_is_defined(v))
		v.spare = (uint16_t)value_hash(v);
	return v;
}

static struct body_record
read_body(struct arena *arena, str_t line)
{
	struct body_record r = { 0 };
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .diag = &diag };
	value_t tree;

	diag_init(&diag, arena, 1000);
	unit.intern = intern_new(arena);
	if (json_read(arena, line, NULL, NULL, &r.record) != ERR_OK)
		return r;
	if (parse(&unit, r.record, true, &tree) == ERR_OK)
		r.tree = with_hash(
		    value_copy(arena, NULL, tree)); /* out of the unit's table of names */
	r.answer = with_hash(value_object_get_text(r.record, "ast"));
	return r;
}

static void
test_bodies(const char *name, unsigned floor)
{
	static struct body_record records[BODIES_MAX];
	struct arena *arena = arena_new(CORPUS_LIMIT);
	size_t count = 0;
	struct buf text;
	str_t rest;
	unsigned same;

	buf_init(&text, 1 << 28);
	rest = read_file(name, &text);
	while (rest.len > 0 && count < BODIES_MAX)
		records[count++] = read_body(arena, next_line(&rest));
	same = align(records, count);
	if (count == 0)
		tap_skip("%s is not here", name);
	else
		ok(same >= floor, "%s: %u of %zu found, floor %u", name, same, count, floor);
	buf_fini(&text);
	arena_free(&arena);
}

int
main(int argc, char **argv)
{
	(void)argv;
	verbose = argc > 1;
	test_modules("parse_module.jsonl", 1954);
	test_bodies("parse_body.jsonl", 1383);
	return tap_done();
}
