/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier's two halves: verify.c looks at each instruction, verify_flow.c at their order. */
#ifndef REGO_VERIFY_INTERNAL_H
#define REGO_VERIFY_INTERNAL_H

#include "rego/program_internal.h"

/* The function's instructions are well-formed.  False: *ret_at is the one that cannot stand there. */
bool verify_flow(const struct rego_program *, uint32_t func, uint32_t *ret_at);

#endif
