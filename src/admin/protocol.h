/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol: one JSON line to the daemon, one JSON line back.
 *
 *   {"command":"reload-policy","name":"/etc/coresdk/policy-bundle.tar.gz"}   and a descriptor
 *   {"ok":true,"message":"Policy bundle loaded and verified. 6 policies active.", …}
 *
 * Over a Unix stream socket.  The bundle travels as an open descriptor
 * (SCM_RIGHTS) beside the line, so that the daemon, which may open almost no
 * path, needs none.  Commands: status, reload, reload-policy.
 *
 *   limits   a line is at most ADMIN_LINE_MAX bytes; one descriptor
 *   failure  ERR_IO, ERR_DEADLINE, ERR_LIMIT, ERR_PROTOCOL (more than one line or one
 *            descriptor); a descriptor received in a failed call is closed
 */
#ifndef ADMIN_PROTOCOL_H
#define ADMIN_PROTOCOL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define ADMIN_DEFAULT_SOCKET "/run/coresdk/admin.sock"

enum { ADMIN_LINE_MAX = 1 << 20 };

/* Adds the newline.  `pass_fd` -1: none. */
err_t admin_send(int socket_fd, str_t line, int pass_fd);
/* *ret_fd is -1 when none came; the line is without its newline. */
err_t admin_receive(int socket_fd, int timeout_ms, struct buf *line, int *ret_fd);

#endif
