/* SPDX-License-Identifier: Apache-2.0 */
/*
 * annotations: what the metadata blocks of a bundle's policies say, as `opa inspect -a`
 * prints it.
 */
#ifndef CLI_ANNOTATIONS_H
#define CLI_ANNOTATIONS_H

#include "bundle/bundle.h"
#include "cli/cli.h"

/* Reads the policies' annotations, and lists them in cli->out. */
err_t annotations_print(struct cli *, const struct bundle *);

/* As JSON: blocks by path, and the entrypoints they declare. */
err_t annotations_value(
    struct cli *, const struct bundle *, value_t *ret_annotations, value_t *ret_entrypoints);

#endif
