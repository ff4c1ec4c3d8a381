/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser_internal: what the files of the parser share, and their tests.
 *
 *   parser.c          the state, the list of statements, the public calls
 *   parser_error.c    errors, hints, and how they reach the unit's diag
 *   parser_mend.c     what somebody may have meant who wrote what cannot be parsed
 *   parser_term.c     terms, references, calls
 *   parser_scalar.c   numbers, strings, template strings
 *   parser_collection.c  arrays, sets, objects, comprehensions
 *   parser_infix.c    operators and their precedence
 *   parser_literal.c  bodies, literals, some, every, with
 *   parser_logic.c    the keywords and, or, and not with a body
 *   parser_rule.c     heads, bodies, else, default
 *   parser_module.c   package, import, and statements made into a module
 *   parser_metadata.c  annotations
 *   parser_make.c     terms and expressions in the arena
 *
 * The grammar needs to look ahead without bound: `{` may begin a set, an object,
 * a comprehension or a body.  So the state is a value that can be saved and put
 * back, errors and comments are lists shared by all states, and terms already
 * read are remembered by their offset, which keeps the work linear.  What is left
 * of exponential cases is cut off by a budget of work.
 *
 * A function that finds an error records it and answers NULL; callers pass that
 * on or put an earlier state back, which forgets the error.  NULL without an
 * error: the arena refused, or the words are no such thing.
 */
#ifndef REGO_PARSER_INTERNAL_H
#define REGO_PARSER_INTERNAL_H

#include "rego/lexer.h"
#include "rego/parser.h"

enum {
	/*
	 * How deep terms, bodies and chains of operators may nest, in steps: about
	 * 2,000 levels of arrays, or 1,300 operators in a row.  (OPA allows 100,000
	 * of its own, smaller steps, about 11,000 levels.)  This bounds the stack of
	 * everything that walks the tree, too.
	 */
	PARSER_DEPTH_LIMIT = 4000,
	PARSER_LITERAL_WEIGHT = 2, /* bodies and literals take more stack than terms */
	PARSER_CHAIN_WEIGHT = 3, /* one more operator in a chain: one more level of the tree */
	PARSER_TEXT_LIMIT = 256 << 20, /* bytes; offsets and columns fit with room to spare */
	PARSER_HINT_LIMIT = 8,
};

struct parser_options {
	enum rego_version version;
	bool experimental; /* `and` and `or` may be imported */
	bool skip_rules; /* a query, not a module */
	bool annotations; /* metadata blocks are read */
	unsigned words; /* REGO_WORD_... on from the start, besides the version's */
};

/* Lists grow at the head and never change behind it, so that states can share them. */
struct parser_note {
	struct parser_note *older;
	struct ast_loc loc;
	str_t text, hint;
};

struct parser_state {
	struct lexer lexer;
	struct lexeme word; /* the current lexeme */
	struct ast_loc loc; /* its place */
	uint32_t last_end; /* where the lexeme before it ended */
	bool skipped_newline; /* between that and this */
	uint32_t wildcard_count;
	uint32_t error_count;
	struct parser_note *errors, *comments, *hints;
};

/* A term read before, and the state behind it; by falling offset. */
struct parser_cached {
	struct parser_cached *next;
	uint32_t offset;
	struct ast_term *term;
	struct parser_state after;
};

struct parser {
	struct rego_unit *unit;
	struct arena *arena; /* the unit's */
	struct arena *scratch; /* of this parse */
	struct parser_options options;
	str_t text;
	uint32_t file;
	unsigned allowed; /* words that may be imported */
	bool not_bodies; /* `not` takes a body and is a closure */
	struct parser_state s;
	struct parser_cached *cache;
	struct ast_annotation_list annotations;
	bool assembling; /* errors are about statements */
	uint32_t depth;
	uint64_t work, work_limit;
	bool stopped; /* out of memory or given up: only the end of the text follows */
	const char *why_stopped; /* NULL: not given up */
	struct ast_loc where_stopped;
};

enum parser_statement_kind { STATEMENT_PACKAGE, STATEMENT_IMPORT, STATEMENT_RULE, STATEMENT_BODY };

struct parser_statement {
	enum parser_statement_kind kind;
	struct ast_loc loc;
	struct ast_term *package;
	struct ast_import import;
	struct ast_rule *rule;
	struct ast_body body;
};

VEC_TYPE(parser_statements, struct parser_statement);

/* ---- parser.c ---- */

/*
 * Parses all statements; ERR_POLICY with the findings in unit->diag.  With
 * `scratch` gone only what is in the unit's arena is left.
 */
err_t rego_parser_module(struct rego_unit *, str_t name, str_t text, const struct parser_options *,
    struct ast_module **ret_module);
err_t rego_parser_body(struct rego_unit *, str_t name, str_t text, const struct parser_options *,
    struct ast_body *ret_body);

void parser_scan(struct parser *); /* to the next lexeme that is not white space */
void parser_scan_space(struct parser *); /* white space counts as a lexeme */
void parser_scan_template(struct parser *, bool raw);
enum lexeme_kind parser_peek_space(struct parser *); /* what parser_scan_space() would find */
str_t parser_word(const struct parser *); /* text of the current lexeme */
str_t parser_text(const struct parser *, uint32_t from, uint32_t to);

bool parser_enter(struct parser *, unsigned levels); /* false: too deep, and reported */
void parser_leave(struct parser *, unsigned levels);

/* Is the word one that may stand in references and packages though it is a keyword? */
bool parser_is_ref_keyword(const struct parser *, enum lexeme_kind);
bool parser_name_is_keyword(const struct parser *, str_t name); /* of the version parsed for */
/* At a keyword that begins a reference (`if.x`): makes it a name. */
bool parser_take_ref_keyword(struct parser *);

/* ---- parser_error.c ---- */

void parser_error(struct parser *, struct ast_loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "unexpected <word> token: <format>"; an empty format leaves the second half out. */
void parser_unexpected(struct parser *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void parser_hint(struct parser *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A new head of the list `older`; on refusal `older` itself, and the parser stops. */
struct parser_note *parser_note(struct parser *, struct parser_note *older, struct ast_loc,
    str_t text);
void parser_report(struct parser *); /* moves the errors to the unit's diag */

/* ---- parser_mend.c ---- */

/* For people, in one sentence; empty: nothing comes to mind. */
str_t parser_mend(struct arena *, str_t text, size_t offset, str_t message);

/* ---- parser_make.c ---- */

struct ast_term *parser_make_const(struct parser *, struct ast_loc, value_t);
struct ast_term *parser_make_string(struct parser *, struct ast_loc, str_t);
struct ast_term *parser_make_var(struct parser *, struct ast_loc, str_t);
struct ast_term *parser_make_wildcard(struct parser *, struct ast_loc);
/* AST_REF, AST_ARRAY, AST_CALL; AST_SET and AST_OBJECT are sorted and lose duplicates. */
struct ast_term *parser_make_items(struct parser *, enum ast_term_kind, struct ast_loc,
    struct ast_terms);
struct ast_term *parser_make_comp(struct parser *, enum ast_term_kind, struct ast_loc,
    struct ast_term *key, struct ast_term *value, struct ast_body);
/* A reference to a built-in: its name split at the dots, every part at `loc`. */
struct ast_term *parser_make_operator(struct parser *, struct ast_loc, const char *name);
struct ast_expr *parser_make_expr(struct parser *, enum ast_expr_kind, struct ast_loc);
struct ast_expr *parser_make_term_expr(struct parser *, struct ast_loc, struct ast_term *);
void parser_push(struct parser *, struct ast_terms *, struct ast_term *);
void parser_push_expr(struct parser *, struct ast_body *, struct ast_expr *);
struct ast_body parser_body_of(struct parser *, struct ast_expr *);
struct ast_body parser_true_body(struct parser *, struct ast_loc);
/* Deep copies; *loc, if not NULL, is put on every node. */
struct ast_term *parser_copy_term(struct parser *, const struct ast_term *, const struct ast_loc *);
struct ast_head parser_copy_head(struct parser *, const struct ast_head *, const struct ast_loc *);
struct ast_body parser_copy_body(struct parser *, const struct ast_body *, const struct ast_loc *);
/* The text of `start`, up to the end of the last lexeme. */
struct ast_loc parser_extend(const struct parser *, struct ast_loc start);
bool parser_is_ground(const struct ast_term *);

/* ---- parser_scalar.c, parser_collection.c ---- */

struct ast_term *parser_number(struct parser *); /* these three do not move on behind the term */
struct ast_term *parser_string(struct parser *);
struct ast_term *parser_template(struct parser *, bool raw);
struct ast_term *parser_array(struct parser *); /* up to the bracket, which stays current */
struct ast_term *parser_braces(struct parser *);
/* Elements up to `end`, commas between them; a last comma may stand alone. */
bool parser_list(struct parser *, enum lexeme_kind end, struct ast_terms *);

/* ---- parser_term.c, parser_infix.c ---- */

struct ast_term *parser_term(struct parser *);
struct ast_term *parser_var(struct parser *); /* does not move on */
struct ast_term *parser_finish_head(struct parser *, struct ast_term *); /* what follows a rule's name */
struct ast_term *parser_infix(struct parser *); /* operators, and `k, v in xs` */
struct ast_term *parser_infix_in_list(struct parser *); /* a comma ends it */

/* ---- parser_literal.c, parser_logic.c ---- */

bool parser_body(struct parser *, enum lexeme_kind end, struct ast_body *ret);
bool parser_query(struct parser *, bool require_semicolon, enum lexeme_kind end,
    struct ast_body *ret);
struct ast_expr *parser_literal(struct parser *);
struct ast_expr *parser_expr(struct parser *);
struct ast_expr *parser_attach_with(struct parser *, struct ast_expr *);
bool parser_with(struct parser *, struct ast_withs *ret);
bool parser_is_negation(struct parser *); /* `not`, not a reference that begins so */

/* One side of `and` or `or`, or what stands behind `not`. */
struct parser_operand {
	struct ast_body body; /* no expressions: none could be parsed */
	bool explicit; /* written in braces */
	struct ast_loc loc;
};

bool parser_logic_is_on(const struct parser *);
bool parser_at_logic(const struct parser *); /* the current word is `and` or `or` */
struct ast_expr *parser_not_body(struct parser *, struct ast_loc not_loc);
struct ast_expr *parser_make_not(struct parser *, struct ast_loc, struct parser_operand);
struct ast_expr *parser_logic_chain(struct parser *, struct parser_operand);
struct ast_expr *parser_logic_tail(struct parser *, struct parser_operand);
/* False: not a group, and the state is as before.  True with an empty body: an error. */
bool parser_logic_group(struct parser *, bool is_operand, const char *prefix,
    struct parser_operand *ret);
bool parser_is_ambiguous_union(const struct parser *, const struct ast_body *);
void parser_error_ambiguous(struct parser *, struct ast_loc, uint32_t brace, const struct ast_body *,
    const char *prefix);
void parser_error_brace_operand(struct parser *, struct ast_loc, str_t operand, const char *word);
/* Behind a `with`, at `and` or `or`. */
void parser_error_with_on_operand(struct parser *, struct ast_loc with_loc);

/* ---- parser_rule.c, parser_module.c ---- */

bool parser_rules(struct parser *, struct ast_rules *ret);
bool parser_package(struct parser *, struct parser_statement *ret);
bool parser_import(struct parser *, struct parser_statement *ret);
err_t parser_assemble(struct parser *, struct parser_statements *, struct ast_module **ret);
/* The rule that a bare expression such as `p := 1` or `f(x)` stands for; else *ret_why. */
struct ast_rule *parser_rule_from_body(struct parser *, const struct ast_body *, str_t *ret_why);

/* ---- parser_metadata.c ---- */

/* In the order of the text; NULL: the arena refused. */
struct ast_comment *parser_comments(struct parser *, struct arena *, size_t *ret_count);
void parser_metadata(struct parser *); /* reads the blocks, if the options say so */
void parser_attach_metadata(struct parser *, struct ast_module *);

#endif
