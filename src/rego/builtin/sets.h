/* SPDX-License-Identifier: Apache-2.0 */
/* What other families take from sets.c: `-` is for numbers and for sets. */
#ifndef REGO_BUILTIN_SETS_H
#define REGO_BUILTIN_SETS_H

#include "rego/builtin.h"

enum rego_outcome rego_set_minus(struct rego_call *, value_t a, value_t b, value_t *ret);

#endif
