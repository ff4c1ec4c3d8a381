/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql_ast: the trees of GraphQL, and the work they are part of.
 *
 *   graphql_lexer.c          text to tokens
 *   graphql_parser.c         what both parsers share
 *   graphql_parse_query.c    operations and fragments
 *   graphql_parse_schema.c   definitions and extensions
 *   graphql_shape.c          the members of each node, as policies see them
 *   graphql_read.c           a policy's object to a tree
 *   graphql_write.c          a tree to a policy's object
 *   graphql_schema.c         a document and the built-in types to a checked schema
 *   graphql_validate.c       a query against a schema: the walk and the table of rules
 *   graphql.c                the built-ins
 *
 * The nodes are those of the Go library that OPA uses, member by member, because
 * policies see them.
 *
 *   lifetime  one call; all in its arena; strings borrow the text
 *   limits    GRAPHQL_DEEPEST levels, counted along fragments too; the call's budget
 *             is charged by graphql_work() wherever work can outgrow the input
 *   failure   graphql_refuse() keeps what is wrong; graphql.halted says that the
 *             budget is spent: whatever was computed since is to be thrown away
 */
#ifndef REGO_BUILTIN_GRAPHQL_AST_H
#define REGO_BUILTIN_GRAPHQL_AST_H

#include "rego/builtin/util.h"

enum { GRAPHQL_DEEPEST = 1000 };

/* ---- the work ---- */

struct graphql_pos {
	int32_t line, column; /* line 0: unknown, as in trees made by policies */
	bool built_in; /* in the text of the built-in types */
};

struct graphql {
	struct arena *arena;
	struct rego_call *call; /* whose budget it is; NULL: `left` alone */
	uint64_t left; /* units of work */
	uint32_t owed; /* units not charged to the call yet */
	uint32_t depth;
	bool halted;
	bool refused;
	struct buf problem; /* "input:1:2: what is wrong"; several lines from rules */
};

void graphql_init(struct graphql *, struct arena *, struct rego_call *);
void graphql_fini(struct graphql *);

/* Takes units of work; false: halted. */
bool graphql_work(struct graphql *, size_t units);
/* Charges the call with what is owed, at the end; false: halted. */
bool graphql_settle(struct graphql *);
/* One level deeper; false: too deep, refused, and there is nothing to leave. */
bool graphql_enter(struct graphql *);
void graphql_leave(struct graphql *);
/* Zeroed; NULL: halted. */
void *graphql_new(struct graphql *, size_t size);
#define GRAPHQL_NEW(g, type) ((type *)graphql_new((g), sizeof(type)))

/* Keeps the first problem.  An unknown position is written -1:-1.  Answers false. */
bool graphql_refuse(struct graphql *, struct graphql_pos, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void graphql_quote(struct graphql *, struct buf *, str_t); /* as Go's strconv.Quote */

/* ---- lists ---- */

struct graphql_list {
	void **at;
	size_t count, capacity;
};

struct graphql_names {
	str_t *at;
	size_t count, capacity;
};

bool graphql_push(struct graphql *, struct graphql_list *, void *item); /* false: halted */
bool graphql_push_name(struct graphql *, struct graphql_names *, str_t);
bool graphql_push_all(struct graphql *, struct graphql_list *, const struct graphql_list *);

/* ---- nodes of both kinds of documents ---- */

struct graphql_comment {
	str_t value;
};

struct graphql_comments { /* a group of lines that stand together */
	struct graphql_list list; /* graphql_comment */
};

struct graphql_type {
	str_t named; /* empty: a list of `elem` */
	struct graphql_type *elem;
	bool non_null;
	struct graphql_pos pos;
};

enum graphql_value_kind { /* as numbered in trees */
	GRAPHQL_VARIABLE,
	GRAPHQL_INT,
	GRAPHQL_FLOAT,
	GRAPHQL_STRING,
	GRAPHQL_BLOCK,
	GRAPHQL_BOOLEAN,
	GRAPHQL_NULL,
	GRAPHQL_ENUM_VALUE,
	GRAPHQL_LIST,
	GRAPHQL_OBJECT_VALUE,
	GRAPHQL_VALUE_KINDS,
};

struct graphql_value {
	str_t raw;
	struct graphql_list children; /* graphql_child */
	int64_t kind;
	struct graphql_pos pos;
	struct graphql_comments *comments;
	/* Known after validation. */
	struct graphql_definition *definition;
	struct graphql_variable *variable;
	struct graphql_type *expected;
	bool has_default; /* what is expected has one */
};

struct graphql_child {
	str_t name; /* empty in lists */
	struct graphql_value *value;
	struct graphql_pos pos;
	struct graphql_comments *comments;
};

struct graphql_argument {
	str_t name;
	struct graphql_value *value;
	struct graphql_pos pos;
	struct graphql_comments *comments;
};

struct graphql_directive {
	str_t name;
	struct graphql_list arguments; /* graphql_argument */
	struct graphql_pos pos;
	/* Known after validation. */
	struct graphql_definition *parent;
	struct graphql_directive_definition *definition;
	str_t location;
	bool misplaced; /* and reported */
};

/* ---- queries ---- */

struct graphql_selections {
	struct graphql_list list; /* graphql_selection */
	struct graphql_collected *collected; /* by the rule of overlapping fields */
};

struct graphql_variable {
	str_t name;
	struct graphql_type *type;
	struct graphql_value *default_value;
	struct graphql_list directives; /* graphql_directive */
	struct graphql_pos pos;
	struct graphql_comments *comments;
	/* Known after validation. */
	struct graphql_definition *definition;
	bool used;
};

enum graphql_selection_kind { GRAPHQL_FIELD, GRAPHQL_SPREAD, GRAPHQL_INLINE };

struct graphql_selection {
	enum graphql_selection_kind kind;
	str_t alias; /* FIELD */
	str_t name; /* FIELD, SPREAD */
	str_t condition; /* INLINE: its type; may be empty */
	struct graphql_list arguments; /* FIELD: graphql_argument */
	struct graphql_list directives; /* graphql_directive */
	struct graphql_selections selections; /* FIELD, INLINE */
	struct graphql_pos pos;
	struct graphql_comments *comments;
	/* Known after validation. */
	struct graphql_field *definition; /* FIELD */
	struct graphql_fragment *fragment; /* SPREAD */
	struct graphql_definition *parent; /* what it is selected from */
};

struct graphql_operation {
	str_t operation; /* query, mutation, subscription */
	str_t name;
	struct graphql_list variables; /* graphql_variable */
	struct graphql_list directives;
	struct graphql_selections selections;
	struct graphql_pos pos;
	struct graphql_comments *comments;
};

struct graphql_fragment {
	str_t name;
	struct graphql_list variables;
	str_t condition;
	struct graphql_list directives;
	struct graphql_selections selections;
	struct graphql_pos pos;
	struct graphql_comments *comments;
	struct graphql_definition *definition; /* known after validation */
	/* Marks of the walk and of rules; see there. */
	uint32_t walked, top_level; /* in which walk */
	size_t path_index;
	bool visited, used, in_path, in_depth;
};

struct graphql_query {
	struct graphql_list operations; /* graphql_operation */
	struct graphql_list fragments; /* graphql_fragment */
	struct graphql_comments *comments;
};

/* ---- schemas ---- */

enum graphql_kind { /* bits, so that several can be asked for */
	GRAPHQL_SCALAR = 1,
	GRAPHQL_OBJECT = 2,
	GRAPHQL_INTERFACE = 4,
	GRAPHQL_UNION = 8,
	GRAPHQL_ENUM = 16,
	GRAPHQL_INPUT_OBJECT = 32,
	GRAPHQL_LEAF = GRAPHQL_SCALAR | GRAPHQL_ENUM,
	GRAPHQL_ABSTRACT = GRAPHQL_INTERFACE | GRAPHQL_UNION,
	GRAPHQL_COMPOSITE = GRAPHQL_OBJECT | GRAPHQL_ABSTRACT,
	GRAPHQL_INPUT = GRAPHQL_LEAF | GRAPHQL_INPUT_OBJECT,
	GRAPHQL_OUTPUT = GRAPHQL_LEAF | GRAPHQL_COMPOSITE,
};

struct graphql_field { /* of an object or input object, and an argument of one */
	str_t description;
	str_t name;
	struct graphql_list arguments; /* graphql_field */
	struct graphql_value *default_value;
	struct graphql_type *type;
	struct graphql_list directives;
	struct graphql_pos pos;
	struct graphql_comments *before, *after; /* the description */
};

struct graphql_enum_value {
	str_t description;
	str_t name;
	struct graphql_list directives;
	struct graphql_pos pos;
	struct graphql_comments *before, *after;
};

struct graphql_definition { /* of a type, or an extension of one */
	str_t kind; /* OBJECT, ...: anything in trees made by policies */
	str_t description;
	str_t name;
	struct graphql_list directives;
	struct graphql_names interfaces;
	struct graphql_list fields; /* graphql_field */
	struct graphql_names types; /* of a union */
	struct graphql_list values; /* graphql_enum_value */
	struct graphql_pos pos;
	bool built_in;
	struct graphql_comments *before, *after, *end;
	/* Of a schema only. */
	unsigned bits; /* enum graphql_kind; 0: no kind there is */
	struct graphql_list possible; /* graphql_definition: what can stand here */
};

struct graphql_directive_definition {
	str_t description;
	str_t name;
	struct graphql_list arguments; /* graphql_field */
	struct graphql_names locations;
	bool repeatable;
	struct graphql_pos pos;
	struct graphql_comments *before, *after;
};

struct graphql_operation_type { /* query: Query */
	str_t operation;
	str_t type;
	struct graphql_pos pos;
	struct graphql_comments *comments;
};

struct graphql_schema_definition {
	str_t description;
	struct graphql_list directives;
	struct graphql_list operation_types;
	struct graphql_pos pos;
	struct graphql_comments *before, *after, *end;
};

struct graphql_document {
	struct graphql_list schema; /* graphql_schema_definition */
	struct graphql_list schema_extensions;
	struct graphql_list directives; /* graphql_directive_definition */
	struct graphql_list definitions; /* graphql_definition */
	struct graphql_list extensions;
	struct graphql_comments *comments; /* at the end */
};

/* ---- from text and back ---- */

/* False: refused or halted. */
bool graphql_parse_query(struct graphql *, str_t text, struct graphql_query *ret);
bool graphql_parse_schema(struct graphql *, str_t text, bool built_in,
    struct graphql_document *ret);

/* False: refused (without a position, as Go's JSON reader words it) or halted. */
bool graphql_read_query(struct graphql *, value_t object, struct graphql_query *ret);
bool graphql_read_schema(struct graphql *, value_t object, struct graphql_document *ret);

/* Without positions and what is empty.  VALUE_NONE: halted. */
value_t graphql_write_query(struct graphql *, const struct graphql_query *);
value_t graphql_write_schema(struct graphql *, const struct graphql_document *);

/* ---- looking ---- */

str_t graphql_type_name(const struct graphql_type *); /* of the innermost */
void graphql_type_print(struct buf *, const struct graphql_type *); /* [A!]! */
/* May `actual` stand where `wanted` is expected? */
bool graphql_type_fits(const struct graphql_type *actual, const struct graphql_type *wanted);

/* NULL: there is none, or halted. */
struct graphql_field *graphql_find_field(struct graphql *, const struct graphql_list *,
    str_t name);
struct graphql_argument *graphql_find_argument(struct graphql *, const struct graphql_list *,
    str_t name);

#endif
