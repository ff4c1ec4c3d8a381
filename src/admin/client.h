/* SPDX-License-Identifier: Apache-2.0 */
/* client: how `core` asks the daemon of this host. */
#ifndef ADMIN_CLIENT_H
#define ADMIN_CLIENT_H

#include "base/diag.h"
#include "base/err.h"

#include "admin/protocol.h"

/* --admin PATH, else CORESDK_ADMIN_SOCKET, else the default; a NUL stands behind it. */
const char *admin_socket_path(const char *flag);

/* Whether somebody listens there. */
bool admin_is_there(const char *socket_path);

/*
 * One question, one answer.  ERR_UNREACHABLE: nobody listens there, or the answer
 * did not come in time; the diag says which.  Whether the daemon said yes is in
 * the answer.
 */
err_t admin_call(const char *socket_path, str_t request, int pass_fd, int timeout_ms,
    struct buf *answer, struct diag *);

#endif
