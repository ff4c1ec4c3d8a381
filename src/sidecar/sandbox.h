/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what the daemon gives up once everything is open.
 *
 * No new privileges, and a list of the system calls that serving, reloading and
 * logging need; any other is refused with EPERM.  Not on the list: socket,
 * connect, bind, listen, execve, fork, ptrace, and every way to send to an
 * address (sendto and sendmsg with one, MSG_FASTOPEN, io_uring).  So no code
 * that runs in this process, ours or a guest's, can open a connection.
 *
 *   when     after listeners, files and threads' needs are opened, before the first
 *            request; holds for threads started later and, by TSYNC, for all
 *   failure  ERR_REFUSED: the kernel does not take the filter; the diag says why
 */
#ifndef SIDECAR_SANDBOX_H
#define SIDECAR_SANDBOX_H

#include "base/diag.h"
#include "base/err.h"

err_t sandbox_enter(struct diag *);

#endif
