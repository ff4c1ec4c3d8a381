/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile: the passes between parser and planner, in OPA's stage order.
 *
 * pass/pass.def lists them; each reads and rewrites the modules of the unit in
 * place, and the first pass that finds errors is the last that runs.  What the
 * planner may rely on afterwards:
 *
 *   refs       every AST_REF head is the variable data or input, a local
 *              variable, or a generated one; imports are gone.  A function or
 *              built-in in operator position is a ref: data.pkg.f, or its
 *              built-in name split at dots (var io, "jwt", "decode")
 *   locals     renamed apart within the module: __localN__, var.source keeps
 *              what was written.  `:=` is `=`; `some x` declarations are gone;
 *              `some x in xs` is an expression of internal.member_2/3's meaning,
 *              rewritten to `x = xs[__localK__]`; `x in xs` a call of
 *              internal.member_2 (or _3)
 *   operands   are flat: calls nested in terms are hoisted to generated
 *              `__localN__ = call` expressions (CALL with one operand more than
 *              the arity: the output), refs and comprehensions in operands to
 *              `__localN__ = ref` (as OPA's RewriteDynamicTerms)
 *   heads      keys and values and args are variables, constants, or composites
 *              of them; anything else moved into the body
 *   bodies     ordered so that each expression finds its inputs bound
 *   with       targets checked; values are variables or constants
 *   every      kept; its body rewritten likewise; key and value renamed
 *   logic      not { }, and, or kept; their bodies rewritten and ordered likewise;
 *              variables first bound in one are local to it
 *   templates  calls of internal.template_string with an array of strings and of sets
 *              {x | x = part}, empty where the part is undefined; print likewise
 *   else       kept as a chain
 *   tree       unit->root
 */
#ifndef REGO_COMPILE_H
#define REGO_COMPILE_H

#include "base/err.h"
#include "rego/capabilities.h"
#include "rego/unit.h"

err_t rego_compile(struct rego_unit *); /* ERR_POLICY: see unit->diag */

struct rego_query {
	struct ast_body body; /* rewritten and ordered, as a rule's */
	VEC(struct rego_query_var {
		rego_name_t source; /* as written in the query */
		rego_name_t name; /* after renaming */
	}) vars; /* the variables of the query to report, in order of appearance */
	VEC(struct ast_term *) terms; /* the values of the expressions of `body` that are not `generated`, see below */
};

/*
 * Compiles a query against a compiled unit.  `imports` are import statements in
 * effect (as `opa eval --import`), e.g. "data.foo"; `package` the package of the
 * query, e.g. "data.foo" or empty.  Every written expression but `some` has its place
 * in ret->terms, in the order of ret->body (opa eval's `expressions`): the generated
 * variable that holds its value, or NULL where the value is just `true`.
 */
err_t rego_compile_query(struct rego_unit *, str_t text, enum rego_version,
    const str_t *imports, size_t import_count, str_t package, struct rego_query *ret);

#endif
