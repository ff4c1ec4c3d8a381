/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_parser: what the parsers of queries and of schemas share.
 *
 * One token is looked ahead.  The comments before it stand in `comments` until it is
 * taken.  The first problem stops everything: from then on no token is taken, and
 * what is made is thrown away, so that a parser reads like the grammar.
 */
#ifndef REGO_BUILTIN_GRAPHQL_PARSER_H
#define REGO_BUILTIN_GRAPHQL_PARSER_H

#include "rego/builtin/graphql_lexer.h"

struct graphql_parser {
	struct graphql *g;
	struct graphql_lexer lexer;
	struct graphql_token ahead, last; /* last: the one that was taken */
	bool has_ahead;
	struct graphql_comments *comments; /* before `ahead`; NULL: none */
};

void graphql_parser_init(struct graphql_parser *, struct graphql *, str_t text, bool built_in);

bool graphql_stopped(const struct graphql_parser *);
const struct graphql_token *graphql_peek(struct graphql_parser *);
const struct graphql_token *graphql_take(struct graphql_parser *);
bool graphql_skip(struct graphql_parser *, enum graphql_token_kind); /* takes it if there */
bool graphql_at_name(struct graphql_parser *, const char *name); /* is that text ahead? */

/* Refuses what else there is. */
struct graphql_token graphql_expect(struct graphql_parser *, enum graphql_token_kind);
/* The comments before it. */
struct graphql_comments *graphql_expect_word(struct graphql_parser *, const char *word);
void graphql_unexpected(struct graphql_parser *);
void graphql_unexpected_token(struct graphql_parser *, const struct graphql_token *);

typedef void graphql_item_fn(struct graphql_parser *, void *into);
/* Items between two marks, if the first is there; some: at least one.  Answers the comments
 * before the end. */
struct graphql_comments *graphql_some(struct graphql_parser *, enum graphql_token_kind begin,
    enum graphql_token_kind end, graphql_item_fn *, void *into);
void graphql_many(struct graphql_parser *, enum graphql_token_kind begin,
    enum graphql_token_kind end, graphql_item_fn *, void *into);

/* ---- parts of both grammars ---- */

str_t graphql_name(struct graphql_parser *);
str_t graphql_operation_word(struct graphql_parser *); /* query, mutation, subscription */
struct graphql_type *graphql_type(struct graphql_parser *);
struct graphql_value *graphql_value(struct graphql_parser *, bool constant);
void graphql_arguments(struct graphql_parser *, bool constant, struct graphql_list *into);
void graphql_directives(struct graphql_parser *, bool constant, struct graphql_list *into);

#endif
