/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: how a function says that the environment or its caller failed it.
 *
 * err_t cannot be dropped: both compilers reject a call that ignores it.  What
 * a person needs to know besides the code goes to a struct diag (diag.h).
 * A bug is not an err_t but a must() (must.h); a policy that says nothing is
 * not an error but an undefined value.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* clang-format off */
typedef enum [[nodiscard]] err {
#define ERR(name, grpc, exit, text) ERR_##name,
#include "base/err.def"
#undef ERR
} err_t;
/* clang-format on */

const char *err_name(err_t); /* "ERR_LIMIT" */
const char *err_text(err_t); /* one sentence, without a full stop */
int err_grpc(err_t); /* gRPC status code */
int err_exit(err_t); /* exit status of the command line */

/* Returns from the calling function on the first error. */
#define TRY(call)                          \
	do {                               \
		err_t err_try_ = (call);   \
		if (err_try_ != ERR_OK)    \
			return err_try_;   \
	} while (0)

#endif
