/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ast: the syntax tree of Rego, shaped as OPA's, so that positions, messages
 * and JSON dumps can agree with it.
 *
 * The parser makes it, the passes (pass/) rewrite it in place, the planner reads
 * it.  Everything lives in the arena of the compilation.  Names (variables, keys)
 * are interned strings: equal names have equal pointers.
 */
#ifndef REGO_AST_H
#define REGO_AST_H

#include "base/vec.h"
#include "value/value.h"

typedef const struct value_string *rego_name_t; /* interned */

struct ast_loc {
	uint32_t file; /* index into rego_unit.files */
	uint32_t row, col; /* from 1; col in code points as OPA counts */
	uint32_t offset, len; /* the text */
};

enum ast_term_kind {
	AST_CONST, /* null, boolean, number, string */
	AST_VAR,
	AST_REF, /* items[0] is the head: a var, or after resolving the var data/input; may be a call or composite */
	AST_ARRAY, /* items */
	AST_SET, /* items */
	AST_OBJECT, /* items: key, value, key, value, ... */
	AST_CALL, /* items[0] the operator (a ref), then the operands */
	AST_ARRAY_COMP, /* comp.value | comp.body */
	AST_SET_COMP, /* comp.value | comp.body */
	AST_OBJECT_COMP, /* comp.key: comp.value | comp.body */
	AST_TEMPLATE, /* items: string constants and terms, in turn as written; withs */
};

VEC_TYPE(ast_terms, struct ast_term *);
VEC_TYPE(ast_exprs, struct ast_expr *);
VEC_TYPE(ast_withs, struct ast_with);

struct ast_body {
	struct ast_exprs exprs;
	struct ast_loc loc;
};

struct ast_term {
	uint8_t kind;
	bool generated; /* a variable or term made by a pass */
	bool parens; /* was written in parentheses */
	bool multiline; /* template string with backquotes */
	bool commented; /* a constant in a template, a comment before it: OPA takes it for an expression */
	struct ast_loc loc;
	union {
		value_t constant;
		struct {
			rego_name_t name;
			rego_name_t source; /* the name as written, once renamed; else NULL */
		} var;
		struct {
			struct ast_terms items;
			struct ast_withs *withs; /* AST_TEMPLATE: of each item; NULL: none has any */
		};
		struct {
			struct ast_term *key, *value;
			struct ast_body body;
		} comp;
	};
};

enum ast_expr_kind {
	AST_EXPR_TERM, /* terms[0] alone */
	AST_EXPR_CALL, /* terms[0] the operator (a ref), then operands; maybe one more: the output */
	AST_EXPR_SOME, /* terms: declared variables; or one AST_CALL of internal.member_2/3 for some..in */
	AST_EXPR_EVERY,
	AST_EXPR_NOT, /* logic.left; only under future.keywords.not: a closure, not just a flag */
	AST_EXPR_AND, /* logic.left, logic.right; experimental */
	AST_EXPR_OR,
};

struct ast_with {
	struct ast_term *target, *value;
	struct ast_loc loc;
};

struct ast_every {
	struct ast_term *key; /* NULL: none written */
	struct ast_term *value, *domain;
	struct ast_body body;
};

struct ast_logic {
	struct ast_body left, right;
	bool explicit_left, explicit_right; /* written in braces */
};

struct ast_expr {
	uint8_t kind;
	bool negated;
	bool generated;
	bool assigned; /* was `:=`: its right side only reads */
	struct ast_loc loc;
	uint32_t index; /* position in the body */
	struct ast_terms terms;
	struct ast_every *every; /* AST_EXPR_EVERY */
	struct ast_logic *logic; /* AST_EXPR_NOT, _AND, _OR */
	struct ast_withs withs;
};

struct ast_head {
	struct ast_loc loc;
	struct ast_term *ref; /* AST_REF: name and further parts, as OPA's Reference */
	rego_name_t name; /* set when the head is a plain name */
	struct ast_terms args; /* functions */
	bool is_function; /* was written with parentheses; see ast_takes_args() */
	struct ast_term *key; /* partial set member (contains), or v0 partial object's key */
	struct ast_term *value; /* NULL only for partial sets */
	bool assign; /* := rather than = */
	bool contains; /* multi-value rule */
	bool generated_value; /* the value `true` was not written */
	bool has_if; /* the keyword was written */
};

/* f() is a rule and not a function, whatever its looks: so OPA has it. */
static inline bool
ast_takes_args(const struct ast_head *head)
{
	return head->args.count > 0;
}

struct ast_annotations; /* one metadata block: metadata.h */

VEC_TYPE(ast_annotation_list, struct ast_annotations *);

struct ast_rule {
	struct ast_loc loc;
	struct ast_head head;
	struct ast_body body;
	bool generated_body; /* nothing was written: the body is `true` */
	bool is_default;
	struct ast_rule *else_rule;
	struct ast_module *module;
	struct ast_annotation_list annotations; /* of scopes rule and document */
	uint32_t index; /* in the module */
	uint32_t serial; /* among all rules and else branches; the compiler's */
};

struct ast_import {
	struct ast_loc loc;
	struct ast_term *path; /* AST_REF */
	rego_name_t alias; /* NULL: none */
};

struct ast_comment {
	struct ast_loc loc;
	str_t text; /* behind the # */
};

enum rego_version { REGO_V0, REGO_V1 };

VEC_TYPE(ast_rules, struct ast_rule *);

struct ast_module {
	uint32_t file;
	enum rego_version version; /* how it was parsed: import rego.v1 makes it v1 */
	bool imports_rego_v1; /* or rego.v2 */
	struct ast_loc package_loc;
	struct ast_term *package; /* AST_REF, beginning with data */
	VEC(struct ast_import) imports;
	struct ast_rules rules;
	VEC(struct ast_comment) comments;
	struct ast_annotation_list annotations; /* as written */
};

struct rego_file {
	str_t name, text;
};

#endif
