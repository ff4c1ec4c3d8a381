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

enum { RECORD_LIMIT = 256 << 20 };

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
		(void)snprintf(path, sizeof(path), "%s/conformance/opa-derived/%s", roots[i], name);
		file = fopen(path, "rb");
	}
	return file;
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
		.experimental = value_object_get_text(record, "experimental").tag == VALUE_TRUE,
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

		if (found == NULL || !str_eq(value_str(code), found->code) ||
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
	json_write(&b, value_object_get_text(record,
	    value_object_get_text(record, "ok").tag == VALUE_TRUE ? "ast" : "errors"));
	buf_add_text(&b, "\ngot:    ");
	if (value_is_defined(tree))
		json_write(&b, tree);
	buf_add_char(&b, '\n');
	diag_print(diag, &b, false);
	printf("%.*s\n", STR_FMT(buf_str(&b)));
	buf_fini(&b);
}

static bool
agrees(str_t line, bool body)
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
	err = parse(&unit, record, body, &tree);
	if (value_object_get_text(record, "ok").tag == VALUE_TRUE)
		same = err == ERR_OK && value_equal(tree, value_object_get_text(record, "ast"));
	else
		same = err == ERR_POLICY &&
		    same_errors(value_object_get_text(record, "errors"), &diag);
	if (!same && verbose)
		show(record, tree, &diag);
	arena_free(&arena);
	return same;
}

static void
run(const char *name, bool body, unsigned floor)
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
		size_t end = str_find_char(rest, '\n', 0);

		count++;
		same += agrees(str_sub(rest, 0, end), body);
		rest = str_skip(rest, end < rest.len ? end + 1 : end);
	}
	buf_fini(&text);
	ok(same >= floor, "%s: %u of %u agree, floor %u", name, same, count, floor);
}

int
main(int argc, char **argv)
{
	(void)argv;
	verbose = argc > 1;
	run("parse_module.jsonl", false, 1953);
	run("parse_body.jsonl", true, 441); /* later records belong to other texts */
	return tap_done();
}
