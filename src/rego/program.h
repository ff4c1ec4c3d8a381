/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: what the planner makes and the machine runs.
 *
 * Lives in the snapshot's arena with its constants; immutable and verified once
 * made.  An entry point is a document path (data.authz.allow) or a compiled query.
 */
#ifndef REGO_PROGRAM_H
#define REGO_PROGRAM_H

#include "base/err.h"
#include "rego/compile.h"

struct rego_program;

enum { REGO_ENTRY_NONE = UINT32_MAX };

/* Bits of rego_unit.without: see optimisation.def. */
enum rego_optimisation_number {
#define OPTIMISATION(NAME, name, sentence) REGO_NUMBER_##NAME,
#include "rego/optimisation.def"
#undef OPTIMISATION
	REGO_OPTIMISATION_COUNT
};
enum rego_optimisation {
#define OPTIMISATION(NAME, name, sentence) REGO_WITHOUT_##NAME = 1 << REGO_NUMBER_##NAME,
#include "rego/optimisation.def"
#undef OPTIMISATION
	REGO_WITHOUT_ALL = (1 << REGO_OPTIMISATION_COUNT) - 1
};

/* "index,folding", or "all".  False: *ret_wrong is no such name. */
bool rego_optimisation_read(str_t names, unsigned *ret, str_t *ret_wrong);
const char *rego_optimisation_name(enum rego_optimisation_number);

/*
 * Plans, emits and verifies everything in the unit (compiled before), over the
 * base documents unit->data, whose strings are interned in unit->intern.
 */
err_t rego_program_make(struct rego_unit *, struct rego_program **ret);

/*
 * An entry point for a path like "data.authz.allow" or "authz.allow"; made before
 * the program is shared.  Paths that no rule defines are legal: they read base data.
 */
err_t rego_program_entry(struct rego_program *, str_t path, uint32_t *ret_entry);

/* An entry point whose value is the array of solutions: objects of `vars` by source name, and of
 * `terms` under "$expressions" (an array, in order) when with_terms. */
err_t rego_program_query(struct rego_program *, struct rego_unit *, const struct rego_query *,
    bool with_terms, uint32_t *ret_entry);

const struct intern *rego_program_intern(const struct rego_program *);
void rego_program_list(const struct rego_program *, struct buf *); /* readable bytecode: `core dis` */

#endif
