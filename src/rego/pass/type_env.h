/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type_env: the types of variables, rules and terms, as far as they are known.
 *
 * Scopes of variables are a chain, innermost first.  Types of rules hang on the
 * nodes of the rule tree; what is not there may be base data: any value.
 */
#ifndef REGO_PASS_TYPE_ENV_H
#define REGO_PASS_TYPE_ENV_H

#include "rego/pass/type.h"

/* What a `with` around an expression does to a node of the rule tree. */
enum node_effect {
	EFFECT_NONE,
	EFFECT_BELOW, /* something below is affected */
	EFFECT_ANY, /* its rules depend on what is replaced */
	EFFECT_REPLACED, /* it is the target */
};

/* By node id, but where it says otherwise; kept in rego_unit.types for queries. */
struct rule_types {
	uint32_t node_count, rule_count;
	struct rego_node **node_of_rule; /* by rule's serial */
	VEC(uint32_t) *users; /* by rule's serial: those that refer to it */
	type_t *of; /* NULL: a node without rules, or not checked yet */
	bool *present; /* it or something below it has a type */
	type_t *builtins; /* by built-in id; NULL: not read yet */
};

struct type_scope {
	struct name_map vars; /* name -> const struct type * */
	struct type_scope *next;
};

struct type_target {
	const struct rego_node *node;
	type_t type;
};

struct type_env {
	struct compiler *compiler;
	struct rule_types *rules;
	type_t input, data; /* by schemas; NULL: nothing is said */
	const uint8_t *effects; /* enum node_effect by node id; NULL: no `with` around */
	VEC(struct type_target) targets; /* innermost last */
	struct type_scope *scope;
	struct var_set uniting; /* variables that get their type from the union being unified */
	struct name_map comps; /* comprehension terms -> their types, once checked */
};

struct rule_types *rule_types_make(struct compiler *);
enum node_effect env_effect(const struct type_env *, const struct rego_node *);
/* The type at a node with an effect on it. */
type_t env_effect_type(const struct type_env *, const struct rego_node *);
/* The type of what stands at the node, its children included. */
type_t env_extent(struct type_env *, const struct rego_node *);
/* Adds a rule's type at its node. */
void env_add_rule(struct type_env *, struct rego_node *, type_t);

void env_push(struct type_env *);
void env_pop(struct type_env *);
type_t env_var(const struct type_env *, rego_name_t); /* NULL: not known */
void env_set_var(struct type_env *, rego_name_t, type_t);
type_t env_comp(const struct type_env *, const struct ast_term *);
void env_set_comp(struct type_env *, const struct ast_term *, type_t);

type_t env_term(struct type_env *, const struct ast_term *);
type_t env_ref(struct type_env *, const struct ast_term *ref);
/* The value of a term without variables and references; else VALUE_NONE. */
value_t constant_of(struct compiler *, const struct ast_term *);

#endif
