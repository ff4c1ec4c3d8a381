/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_node: YAML as a tree of nodes with their lines, and what yaml.v3 makes of a scalar.
 *
 * For texts whose reader must say where a value of the wrong kind stands, as OPA does of
 * its metadata blocks.  yaml.h is for all others.  Only the first document is read.
 *
 *   aliases  share the node they name
 *   limits   as yaml.h: nesting, anchors, and nodes once aliases are written out
 *   memory   in the arena
 *   failure  ERR_SYNTAX or ERR_LIMIT with a fault in yaml.v3's words, ERR_MEMORY
 */
#ifndef CODEC_YAML_NODE_H
#define CODEC_YAML_NODE_H

#include "base/err.h"
#include "codec/yaml.h"
#include "codec/yaml_scalar.h"

enum yaml_node_kind { YAML_NODE_SCALAR, YAML_NODE_SEQUENCE, YAML_NODE_MAPPING };

struct yaml_node {
	uint8_t kind;
	bool plain;               /* a scalar without quotes */
	uint32_t line;            /* from 1 */
	str_t tag;                /* as written, !!str as "str"; mostly empty */
	str_t text;               /* of a scalar */
	struct yaml_node **items; /* of a mapping: key, value, key, value, ... */
	size_t count;             /* of items */
	size_t size;     /* nodes in all, aliases written out; 0 while it is being read */
	uint32_t height; /* levels, aliases written out */
};

/* *ret is NULL if there is no document. */
err_t yaml_node_read(
    struct arena *, str_t text, struct yaml_fault *ret_fault, struct yaml_node **ret);

/* yaml.v3: only true and false are booleans. */
struct yaml_scalar yaml_node_resolve(const struct yaml_node *);

#endif
