/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem: the types of refusal that answers name (RFC 9457), from problem.def.
 *
 * All types begin with PROBLEM_BASE; where the contract has a ProblemDetail,
 * message_write_problem() writes it.
 */
#ifndef SIDECAR_PROBLEM_H
#define SIDECAR_PROBLEM_H

#include <stdint.h>

#define PROBLEM_BASE "https://errors.coresdk.io/"

enum problem {
	PROBLEM_NONE, /* nothing is refused */
#define PROBLEM(name, suffix, title, status) PROBLEM_##name,
#include "sidecar/problem.def"
#undef PROBLEM
};

struct problem_row {
	const char *type; /* with the base */
	const char *title;
	uint32_t status; /* of HTTP */
};

/* Not of PROBLEM_NONE. */
const struct problem_row *problem_get(enum problem);

#endif
