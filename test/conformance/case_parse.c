/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that OPA has parsed (parse_module.jsonl, parse_body.jsonl): trees and errors. */
#include "case.h"
#include "codec/json.h"
#include "rego/ast_json.h"
#include "rego/parser_internal.h"

enum { ERRORS_KEPT = 1000 };

static unsigned
words_of(value_t list)
{
	unsigned words = 0;

	for (uint32_t i = 0; list.tag == VALUE_ARRAY && i < list.count; i++)
		words |= rego_word_find(value_str(list.items[i]));
	return words;
}

/* *ret is VALUE_NONE if the text could not be parsed. */
static err_t
parse(struct rego_unit *unit, value_t record, value_t *ret)
{
	bool is_module =
	    value_is_defined(conform_get(record, "annotations")); /* bodies have none */
	struct parser_options options = {
		.version =
		    str_eq(conform_text(record, "version"), STR("v0")) ? REGO_V0 : REGO_V1,
		.experimental = conform_flag(record, "experimental"),
		.words = words_of(conform_get(record, "future_keywords")),
		.skip_rules = !is_module,
		.annotations = conform_flag(record, "annotations"),
	};
	struct ast_module *module;
	struct ast_body body;

	if (is_module) {
		TRY(rego_parser_module(
		    unit, STR("a.rego"), conform_text(record, "input"), &options, &module));
		*ret = rego_ast_module_value(unit->arena, module, STR("a.rego"));
	} else {
		TRY(rego_parser_body(
		    unit, STR(""), conform_text(record, "input"), &options, &body));
		*ret = rego_ast_body_value(unit->arena, &body);
	}
	return ERR_OK;
}

static void
explain_trees(value_t record, value_t tree, struct buf *out)
{
	value_t want = conform_get(record, "ast");

	buf_add_text(out, "     text ");
	json_write(out, conform_get(record, "input"));
	if (value_is_defined(want)) {
		buf_add_text(out, "\n     want ");
		json_write(out, want);
	}
	if (value_is_defined(tree)) {
		buf_add_text(out, "\n     got  ");
		json_write(out, tree);
	}
	buf_add_char(out, '\n');
}

const char *
case_parse(value_t record, struct arena *arena, struct buf *explain)
{
	struct diag diag;
	struct rego_unit unit = { .arena = arena, .diag = &diag, .intern = intern_new(arena) };
	struct conform_wants wants = { 0 };
	struct conform_errors errors = { 0 };
	value_t tree = VALUE_NONE;
	const char *why;
	err_t e;

	diag_init(&diag, arena, ERRORS_KEPT);
	e = parse(&unit, record, &tree);
	conform_note_diag(arena, &diag, &errors);
	conform_read_errors(arena, conform_get(record, "errors"), &wants);
	why = conform_judge_errors(&wants, &errors, true, arena);
	if (why == NULL && wants.count == 0 && e != ERR_OK)
		why = "a tree was wanted";
	if (why == NULL && wants.count == 0 && !value_equal(tree, conform_get(record, "ast")))
		why = "another tree was wanted";
	if (why != NULL) {
		explain_trees(record, tree, explain);
		conform_explain_errors(&wants, &errors, explain);
	}
	return why;
}
