/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of templates in two files: template_literal.c reads constants and tells
 * what is wrong, template_parse.c does the rest.
 */
#ifndef REGO_BUILTIN_TEMPLATE_INTERNAL_H
#define REGO_BUILTIN_TEMPLATE_INTERNAL_H

#include "base/vec.h"
#include "rego/builtin/template.h"

struct template_parser {
	struct arena *arena;
	struct buf *problem;
	str_t text; /* not read yet: plain text, then {{ */
	str_t action; /* inside of the action at hand */
	struct template *template;
	VEC(str_t) variables; /* those in scope */
	int depth, ranges;
};

/* Tells the problem, with the line that was reached; only the first one counts.  False. */
bool template_refuse(struct template_parser *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool template_refuse_quoted(struct template_parser *, const char *what, str_t);

/* A constant at the front of the action. */
bool template_read_string(struct template_parser *, value_t *ret); /* "x" */
bool template_read_raw_string(struct template_parser *, value_t *ret); /* `x` */
bool template_read_number(struct template_parser *, value_t *ret);
bool template_read_character(struct template_parser *, value_t *ret); /* 'x' */

#endif
