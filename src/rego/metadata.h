/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata: annotations, the YAML in comments behind `# METADATA`.
 *
 *   # METADATA
 *   # title: Orders
 *   # entrypoint: true
 *   allow if input.role == "clerk"
 *
 * A block is the comments in column 1 of the rows that follow without a gap.  It
 * belongs to the next statement below it.  The parser reads blocks when its options
 * say so; a compilation that needs them and has none reads them then
 * (pass/metadata_blocks.c).  What blocks mean for a rule is metadata_set.h.
 *
 *   memory    in the unit's arena
 *   failure   faults with OPA's messages; false only if memory ran out
 *   limits    nesting and aliases as codec/yaml_node.h
 */
#ifndef REGO_METADATA_H
#define REGO_METADATA_H

#include "rego/unit.h"

enum metadata_scope {
	METADATA_NO_SCOPE, /* none of these: refused */
	METADATA_RULE,
	METADATA_DOCUMENT,
	METADATA_PACKAGE,
	METADATA_SUBPACKAGES,
};

enum metadata_target {
	METADATA_ON_NOTHING,
	METADATA_ON_PACKAGE,
	METADATA_ON_IMPORT,
	METADATA_ON_RULE
};

struct metadata_schema {
	struct ast_term *path;   /* AST_REF: input.x, data.x.y */
	struct ast_term *schema; /* AST_REF: schema.x; NULL: an inline definition */
	value_t definition;
};

struct ast_annotations {
	struct ast_loc loc; /* of the comment METADATA */
	uint32_t last_row;
	str_t text; /* all its lines, each behind "# " */
	enum metadata_scope scope;
	str_t scope_text;
	bool entrypoint;
	str_t title, description;
	value_t organizations; /* array of strings; these are VALUE_NONE when not written */
	value_t related_resources; /* array of { "ref": text, "description": text } */
	value_t authors;           /* array of { "name": text, "email": text } */
	value_t custom, labels;    /* objects */
	VEC(struct metadata_schema) schemas;
	bool has_compile;
	struct ast_terms unknowns;  /* AST_REF; NULL for one that is no text */
	struct ast_term *mask_rule; /* AST_REF; may be NULL */
	enum metadata_target target;
	struct ast_rule *rule; /* METADATA_ON_RULE */
	struct ast_module *module;
};

struct metadata_fault {
	struct ast_loc loc;
	str_t message;
};

VEC_TYPE(metadata_faults, struct metadata_fault);

/* The blocks among the comments.  One with a fault is left out. */
bool rego_metadata_parse(struct rego_unit *, const struct ast_comment *, size_t count,
    struct ast_annotation_list *ret, struct metadata_faults *);

/*
 * Finds the statements that the module's annotations belong to, checks their scopes, and
 * gives the rules theirs.
 */
bool rego_metadata_attach(struct arena *, struct ast_module *, struct metadata_faults *);

/* The ground part of a rule's path below the package, or the package's: data.a.b.p. */
bool rego_metadata_path(struct arena *, const struct ast_module *, const struct ast_rule *,
    struct ast_terms *ret); /* the rule may be NULL */

/* As OPA's AST JSON has it, and as rego.metadata.rule() gives it. */
value_t rego_metadata_json(struct arena *, const struct ast_annotations *);
value_t rego_metadata_object(struct arena *, const struct ast_annotations *);

#endif
