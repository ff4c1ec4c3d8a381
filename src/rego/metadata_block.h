/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata_block: one block of comments to annotations; see metadata.h.
 *
 * The first comment says METADATA, the others are its YAML.  NULL: *ret_fault says why,
 * or, without a message, the arena refused.
 */
#ifndef REGO_METADATA_BLOCK_H
#define REGO_METADATA_BLOCK_H

#include "rego/metadata.h"

struct ast_annotations *rego_metadata_block(struct rego_unit *, const struct ast_comment *,
    size_t count, struct metadata_fault *ret_fault);

#endif
