/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pass: what the passes of the compiler share.
 *
 * A pass is a function of the compiler; it visits compiler.rules, reports with
 * compiler_error() and rewrites in place.  A query is compiled by the same
 * passes: it is the body of the only rule, whose head is empty.
 *
 *   memory   terms and expressions in the unit's arena; sets that a pass needs
 *            while it runs too (a compilation's arena is thrown away after it)
 *   failure  when the arena refuses, compiler_alloc() leaves the compilation
 *            by longjmp, so passes never see NULL
 */
#ifndef REGO_PASS_PASS_H
#define REGO_PASS_PASS_H

#include <setjmp.h>

#include "rego/pass/vars.h"
#include "rego/unit.h"

struct metadata_set;
struct rego_query;
struct rule_graph;

/* A query's expression and the variable that holds its value. */
struct query_value {
	const struct ast_expr *expr;
	struct ast_term *var;
};

struct compiler {
	struct rego_unit *unit;
	struct arena *arena;
	VEC(struct ast_module *) modules; /* by file name, the order of messages */
	struct ast_rules rules; /* of all modules, each followed by its else branches */
	struct name_map rewritten; /* generated name -> name as written */
	struct name_map captured; /* generated name -> the term it stands for */
	struct var_set taken; /* names that look generated but were written */
	struct var_set reserved; /* data and input */
	struct metadata_set *metadata; /* set by pass annotation_set */
	struct rule_graph *graph; /* set by pass set_graph */
	struct rego_query *query; /* NULL: modules are compiled */
	VEC(struct query_value) values; /* of the query's expressions, see pass capture_values */
	uint32_t error_count;
	rego_name_t data, input;
	const char *local_prefix;
	jmp_buf out_of_memory;
};

enum pass_flag {
	PASS_MODULES = 1,
	PASS_QUERY = 2,
	PASS_BOTH = PASS_MODULES | PASS_QUERY,
};

#define PASS(name, opa_name, flags) void pass_##name(struct compiler *);
#include "rego/pass/pass.def"
#undef PASS

/* ---- memory ---- */

_Noreturn void compiler_give_up(struct compiler *);
void *compiler_alloc(struct compiler *, size_t count, size_t size); /* zeroed; never NULL */

#define NEW(c, type) ((type *)compiler_alloc((c), 1, sizeof(type)))
#define PUSH(c, vec, item) \
	(VEC_PUSH((c)->arena, (vec), (item)) ? (void)0 : compiler_give_up(c))

/* ---- names ---- */

static inline str_t
name_str(rego_name_t name)
{
	return str_make(name->bytes, name->len);
}

rego_name_t compiler_name(struct compiler *, str_t);
rego_name_t compiler_local(struct compiler *); /* a new name, __localN__ */
rego_name_t compiler_source(const struct compiler *, rego_name_t); /* as it was written */

/* ---- errors ---- */

#define COMPILE_ERROR "rego_compile_error"
#define PARSE_ERROR "rego_parse_error"
#define TYPE_ERROR "rego_type_error"
#define UNSAFE_ERROR "rego_unsafe_var_error"
#define RECURSION_ERROR "rego_recursion_error"

/* The finding, to hang a hint on; NULL when it was not kept. */
struct diag_finding *compiler_error(struct compiler *, const char *code, struct ast_loc, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A warning, and the name that was perhaps meant. */
void compiler_warn(struct compiler *, const char *code, struct ast_loc, str_t meant,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

bool compiler_is_full(const struct compiler *); /* the limit of errors is reached */

/* ---- what is called ---- */

enum { ARITY_UNKNOWN = -1, ARITY_ANY = -2 };

/* Operands that the operator takes; ARITY_ANY for a variadic built-in. */
int compiler_arity(const struct compiler *, const struct ast_term *operator_ref);
uint32_t compiler_builtin(const struct compiler *, const struct ast_term *ref); /* REGO_BUILTIN_NONE */
bool compiler_allows(const struct compiler *, uint32_t builtin); /* by the capabilities */

/* The rule tree's node at exactly that ref; NULL. */
struct rego_node *compiler_find_node(const struct compiler *, const struct ast_term *ref);
struct rego_node *compiler_child(const struct rego_node *, value_t key);

#endif
