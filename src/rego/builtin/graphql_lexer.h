/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_lexer: tokens of GraphQL text (its specification, 2.1).
 *
 * Places are counted as the library that OPA uses counts them: in code points; a
 * string's column is that behind its quote; a block string stands in the line it
 * ends in, with a column counted from there, which may be negative.
 */
#ifndef REGO_BUILTIN_GRAPHQL_LEXER_H
#define REGO_BUILTIN_GRAPHQL_LEXER_H

#include "rego/builtin/graphql_ast.h"

enum graphql_token_kind {
	GRAPHQL_T_INVALID,
	GRAPHQL_T_EOF,
	GRAPHQL_T_BANG,
	GRAPHQL_T_DOLLAR,
	GRAPHQL_T_AMP,
	GRAPHQL_T_PAREN_L,
	GRAPHQL_T_PAREN_R,
	GRAPHQL_T_SPREAD,
	GRAPHQL_T_COLON,
	GRAPHQL_T_EQUALS,
	GRAPHQL_T_AT,
	GRAPHQL_T_BRACKET_L,
	GRAPHQL_T_BRACKET_R,
	GRAPHQL_T_BRACE_L,
	GRAPHQL_T_BRACE_R,
	GRAPHQL_T_PIPE,
	GRAPHQL_T_NAME,
	GRAPHQL_T_INT,
	GRAPHQL_T_FLOAT,
	GRAPHQL_T_STRING,
	GRAPHQL_T_BLOCK_STRING,
	GRAPHQL_T_COMMENT,
};

struct graphql_token {
	enum graphql_token_kind kind;
	str_t value; /* empty for punctuation; escapes undone in strings */
	struct graphql_pos pos;
	str_t problem; /* INVALID: why */
};

struct graphql_lexer {
	struct graphql *g;
	str_t text;
	size_t start, end; /* bytes */
	int32_t start_runes, end_runes, line_start_runes;
	int32_t line;
	bool built_in;
};

void graphql_lexer_init(struct graphql_lexer *, struct graphql *, str_t text, bool built_in);
struct graphql_token graphql_lexer_next(struct graphql_lexer *);
const char *graphql_token_kind_name(enum graphql_token_kind); /* in errors: "Name", "{" */

#endif
