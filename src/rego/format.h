/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format: a module written anew, in the style of `opa fmt`.
 *
 * Works on the tree as the parser made it (no pass may have run), its comments
 * and its text: what stands on one line and what on many follows the text.  The
 * result means the same, has every comment, and formats to itself.
 *
 *   files    format.c: order of statements, imports, style.  format_writer.c: lines,
 *            blank lines, comments.  format_rule.c: heads, bodies, else.
 *            format_body.c: literals.  format_logic.c: and, or, not.  format_term.c:
 *            terms.  format_infix.c: operators.  format_list.c: what stands in
 *            brackets.  format_check.c: is it the same?  format_v1.c: would v1 have it?
 *   limit    the buffer's; the tree's depth is the parser's limit
 *   failure  ERR_LIMIT: the buffer or the arena refused
 */
#ifndef REGO_FORMAT_H
#define REGO_FORMAT_H

#include "base/buf.h"
#include "base/err.h"
#include "rego/unit.h"

enum rego_format_target {
	REGO_FORMAT_SAME, /* the version that the module was parsed as */
	REGO_FORMAT_BOTH, /* reads as v0 and as v1: import rego.v1 is added */
};

struct rego_format_options {
	enum rego_format_target target;
	bool drop_v0_imports; /* rego.v1, and those of future.keywords that v1 has anyway */
};

err_t rego_format(struct rego_unit *, const struct ast_module *,
    const struct rego_format_options *, struct buf *out);

/*
 * Do both modules mean the same?  Places, comments, spelling and the order of
 * imports do not count, nor what formatting may change: = for := in heads, a union
 * written or(x, y, z) for z = x | y, a constant in a template for its text.
 */
bool rego_format_same(const struct ast_module *, const struct ast_module *);

/* What v1 would refuse in a v0 module that is to read as both; to unit->diag. */
err_t rego_format_check_v1(struct rego_unit *, const struct ast_module *);

#endif
