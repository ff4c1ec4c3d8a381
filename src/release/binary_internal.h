/* SPDX-License-Identifier: Apache-2.0 */
/* binary_internal: between binary.c and sign.c. */
#ifndef RELEASE_BINARY_INTERNAL_H
#define RELEASE_BINARY_INTERNAL_H

#include "release/binary.h"
#include "release/statement.h"

#define BINARY_TYPE "coresdk-binary"

enum { BINARY_WORD_MAX = 64 };

const char *binary_claims_fault(const struct binary_claims *); /* NULL: none */

#endif
