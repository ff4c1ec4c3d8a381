/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff: two texts as a unified diff, three lines of context.
 *
 * The shortest script is sought where it is cheap; texts that differ in more than
 * a few thousand lines come as one long replacement.
 */
#ifndef CLI_DIFF_H
#define CLI_DIFF_H

#include "base/buf.h"
#include "base/err.h"

err_t cli_diff(const char *name, str_t before, str_t after, struct buf *out);

#endif
