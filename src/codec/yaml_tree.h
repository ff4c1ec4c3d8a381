/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_tree: YAML (and so JSON) as a tree that remembers where everything stood.
 *
 * For files that people write and that are read key by key (yaml_node.h is for metadata, which
 * is read as yaml.v3 reads it): each finding can then
 * name line and column.  Aliases, anchors, tags and second documents are refused: such
 * a file has no use for them.
 *
 *   memory   the tree and its texts in the arena
 *   limits   YAML_TREE_DEPTH, YAML_TREE_NODES
 *   failure  ERR_SYNTAX and a finding; the finding borrows name and text
 */
#ifndef CODEC_YAML_TREE_H
#define CODEC_YAML_TREE_H

#include "base/diag.h"
#include "base/err.h"
#include "value/value.h"

enum { YAML_TREE_DEPTH = 32, YAML_TREE_NODES = 1 << 20 };

enum yaml_tree_kind { YAML_TREE_SCALAR, YAML_TREE_SEQUENCE, YAML_TREE_MAPPING };

struct yaml_tree {
	enum yaml_tree_kind kind;
	bool plain; /* a scalar without quotes */
	uint32_t row, col, width; /* as struct diag_place has them */
	str_t text; /* of a scalar */
	struct yaml_tree **items; /* of a mapping: key, value, key, value, … */
	size_t count; /* of items */
};

/* *ret is NULL for a text with nothing in it. */
err_t yaml_tree_read(struct arena *, const char *code, str_t name, str_t text, struct diag *,
    struct yaml_tree **ret);

/* Keys of a mapping are text; scalars are resolved as yaml.h says. */
value_t yaml_tree_value(struct arena *, const struct yaml_tree *);

#endif
