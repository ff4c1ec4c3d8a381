/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: modules and data, compiled to a program.
 *
 * Built in steps on one arena: policy_new, add modules and data, policy_compile.
 * The bundle loader, `core eval`, `core policy test` and the conformance runner
 * all come this way.
 *
 *   lifetime  everything lives until policy_free
 *   failure   ERR_POLICY: findings in the diag given to policy_new; a policy that
 *             failed can only be freed
 *   threads   built by one; read-only after the last policy_entry or policy_query
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "base/diag.h"
#include "base/err.h"
#include "rego/program.h"
#include "rego/unit.h"
#include "rego/vm.h"

struct policy {
	struct arena *arena;
	struct rego_unit unit; /* options (strict, keep_prints, ..) may be set before policy_compile */
	struct rego_program *program; /* NULL before policy_compile */
};

err_t policy_new(size_t memory_limit, struct diag *, struct policy **ret);
void policy_free(struct policy **);

err_t policy_add_module(struct policy *, str_t name, str_t text, enum rego_version);
err_t policy_add_data_json(struct policy *, str_t name, str_t text); /* merged over what is there */
void policy_add_data(struct policy *, value_t); /* interned by policy->unit.intern */
err_t policy_compile(struct policy *);

err_t policy_entry(struct policy *, str_t path, uint32_t *ret_entry);

struct policy_query {
	str_t text;
	enum rego_version version;
	const str_t *imports;
	size_t import_count;
	str_t package;
	bool with_terms; /* also the values of expressions, under "$expressions" */
};
err_t policy_query(struct policy *, const struct policy_query *, uint32_t *ret_entry);

/* The machine's real host: clock and random bytes of the system, prints dropped. */
extern const struct rego_host policy_host;

#endif
