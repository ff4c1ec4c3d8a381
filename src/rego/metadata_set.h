/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata_set: what the annotations of all modules mean for a rule.
 *
 * A rule's chain is its own blocks, the nearest first; then the document's; then the
 * package's; then those of scope subpackages, from the package outwards.  As in OPA,
 * documents and subpackages share one name space: a block for one path counts for both.
 *
 *   memory    in the arena given; borrows the modules
 *   failure   faults (a scope declared twice); false only if memory ran out
 */
#ifndef REGO_METADATA_SET_H
#define REGO_METADATA_SET_H

#include "rego/metadata.h"

struct metadata_entry {
	struct ast_terms path; /* data.a.b */
	struct ast_annotations *annotations;
	size_t order; /* among all blocks */
};

struct metadata_entries { /* sorted by path */
	struct metadata_entry *at;
	size_t count;
};

struct metadata_set {
	struct metadata_entries by_path; /* documents and subpackages */
	struct metadata_entries by_package;
};

bool rego_metadata_set_make(struct rego_unit *, struct ast_module *const *, size_t count,
    struct metadata_set *ret, struct metadata_faults *);

/* As rego.metadata.chain() and rego.metadata.rule() give it; the rule may be an else branch.
 */
value_t rego_metadata_chain(
    struct arena *, const struct metadata_set *, const struct ast_rule *);
value_t rego_metadata_rule(struct arena *, const struct ast_rule *);

VEC_TYPE(metadata_blocks, const struct ast_annotations *);

/* All that apply to a rule, the ones that override others last. */
bool rego_metadata_blocks(struct arena *, const struct metadata_set *, const struct ast_rule *,
    struct metadata_blocks *ret);

/* A block and the path of what it belongs to. */
struct metadata_ref {
	const struct ast_annotations *annotations;
	struct ast_terms path;
};

VEC_TYPE(metadata_refs, struct metadata_ref);

/* All blocks of the modules, by path, then place: the order of `opa inspect`. */
bool rego_metadata_list(struct rego_unit *, struct metadata_refs *ret);

VEC_TYPE(metadata_paths, str_t);

/* Paths of the entrypoints that annotations declare, "a/b/allow", sorted, each once. */
bool rego_metadata_entrypoints(struct rego_unit *, struct metadata_paths *ret);

#endif
