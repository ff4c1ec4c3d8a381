/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format_internal: what the files of the formatter share.
 *
 * Everything is placed by its offset in the source.  Comments are taken in order:
 * before a token is written, format_join() or format_break() takes those that
 * stand in front of it.  A break gives them their place, at the end of the line
 * or on lines of their own; a join can only hold one back for the end of the line
 * it is on.  What it cannot hold makes the formatter stuck; the innermost term or
 * literal then is written as it was, comments and all.
 */
#ifndef REGO_FORMAT_INTERNAL_H
#define REGO_FORMAT_INTERNAL_H

#include "rego/format.h"
#include "rego/lexer.h"

struct format_style {
	bool v1;            /* := in heads */
	bool ifs, contains; /* the words are written */
	bool dotted_heads;  /* p.q rather than p["q"]: OPA does so when some head needs it */
	unsigned keywords;  /* REGO_WORD_..., of the result */
};

struct format {
	struct arena *arena;
	const struct ast_module *module;
	str_t text;
	struct buf *out;
	struct format_style style;
	const struct rego_format_options *options;
	bool experimental;
	uint32_t *rows; /* offsets of their first bytes */
	size_t row_count;
	bool *taken;                    /* comments already written, out of turn */
	size_t next;                    /* the first comment that was not taken in turn */
	const struct ast_comment *held; /* to be written at the end of this line */
	unsigned indent;
	unsigned lines; /* ended so far */
	bool at_start;  /* of a line */
	bool stuck;     /* a comment found no place */
	bool lenient;   /* nothing gets stuck: comments wait for the next break */
	bool in_head;   /* they do so in heads, but for those inside a term */
	bool adrift;    /* places mean nothing: a copied head */
	bool chained;   /* in a chain of and/or that was broken, and is indented */
};

enum format_gap {
	FORMAT_TIGHT, /* no blank line before what follows */
	FORMAT_KEEP,  /* one if the source has any */
	FORMAT_BLANK, /* one */
};

/* Where something is to stand; decides about parentheses. */
enum format_place {
	FORMAT_VALUE,    /* nothing around it can be mistaken for a part of it */
	FORMAT_ARGUMENT, /* commas around it */
	FORMAT_ELEMENT,  /* of an array, a set, an object: a bar would make it a comprehension
			  */
	FORMAT_TERM,     /* where only a term can stand: operands, heads of comprehensions */
};

/* ---- format_writer.c ---- */

void format_text(struct format *, str_t);
void format_chars(struct format *, const char *);
void format_value(struct format *, value_t);
void format_join(struct format *, uint32_t to);
/* The same before a bracket: a comment must not go from before it to behind it. */
void format_close(struct format *, uint32_t bracket);
/* From the end of one token to the start of another. */
void format_break(struct format *, uint32_t from, uint32_t to, enum format_gap);
void format_verbatim(struct format *, uint32_t from, uint32_t to);

struct format_mark {
	size_t len, next;
	const struct ast_comment *held;
	unsigned indent, lines;
	bool at_start, stuck, chained;
};

struct format_mark format_mark(const struct format *);
void format_restore(struct format *, struct format_mark);
/* Was what was written from the mark to `end` given a good place for its comments? */
bool format_is_settled(const struct format *, struct format_mark, uint32_t end);

uint32_t format_row(const struct format *, uint32_t offset);
bool format_has_comment(const struct format *, uint32_t from, uint32_t to);
/* The next one behind an offset, on its row; NULL: none. */
const struct ast_comment *format_comment_on_row(const struct format *, uint32_t offset);
str_t format_comment_text(const struct ast_comment *); /* without blanks at its end */
void format_claim(
    struct format *, uint32_t offset); /* it is written at the end of this line */
bool format_begins_row(const struct format *, uint32_t offset);
/* Over white space, comments, and commas or opening parentheses if so told. */
uint32_t format_skip(const struct format *, uint32_t from, char also);
uint32_t format_skip_back(const struct format *, uint32_t from);
char format_byte(const struct format *, uint32_t offset); /* 0 at the end */

static inline uint32_t
format_end(struct ast_loc loc)
{
	return loc.offset + loc.len;
}

/* ---- format_term.c, format_infix.c, format_list.c ---- */

void format_term(struct format *, const struct ast_term *, enum format_place);
void format_ref(struct format *, struct ast_term *const *parts, size_t count);
void format_ref_part(struct format *, const struct ast_term *); /* .part or [part] */
void format_bracketed(struct format *, const struct ast_term *);
bool format_leads_with_brace(const struct format *, const struct ast_term *);

struct format_operator {
	const char *name, *text;
	unsigned binding; /* more binds more tightly; 0: = and :=, which make no terms */
};

/* NULL: it has no infix form, or not with this count of operands. */
const struct format_operator *format_operator_of(
    const struct format *, const struct ast_terms *call);
bool format_is_union(const struct format *, const struct ast_terms *call);
bool format_is_key_value_in(const struct format *, const struct ast_terms *call);
void format_infix_term(
    struct format *, const struct ast_term *, const struct format_operator *);
/* The terms of an expression; `first`: behind a brace that could begin a comprehension. */
void format_infix_expr(struct format *, const struct ast_terms *, bool first);
bool format_expr_leads_with_brace(const struct format *, const struct ast_expr *);

/* Items from `from` on, and the bracket behind them; the one before them is written, at
 * `open`. */
void format_list(struct format *, const struct ast_terms *, size_t from, uint32_t open,
    uint32_t close, const char *bracket);
void format_collection(struct format *, const struct ast_term *);
void format_comprehension(struct format *, const struct ast_term *);

/* ---- format_body.c, format_logic.c ---- */

void format_literals(struct format *, const struct ast_body *, bool first);
void format_literal(struct format *, const struct ast_expr *, bool first);
void format_expr(
    struct format *, const struct ast_expr *, bool first); /* without going back */
void format_logic(struct format *, const struct ast_expr *, bool first);
/* Behind the opening brace at `open`, up to and with the closing one. */
void format_braced(struct format *, const struct ast_body *, uint32_t open, bool first);
uint32_t format_body_start(
    const struct format *, const struct ast_body *); /* its brace, or expression */
uint32_t format_body_end(const struct ast_body *);   /* of its last expression */

/* ---- format_rule.c ---- */

void format_rule(struct format *, const struct ast_rule *);
bool format_may_group(
    const struct format *, const struct ast_rule *); /* on one line, and next to others */

#endif
