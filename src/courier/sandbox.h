/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what the courier gives up once it is set up.
 *
 * No new privileges, and a list of system calls: those of files, threads and time, and what a client needs
 * of sockets (IPv4, IPv6, Unix, and netlink, which name resolution asks for addresses).  Not
 * on the list: listen and accept, execve, fork, ptrace, io_uring, and memory that is executable, so
 * that modules of name resolution (NSS) cannot be loaded: names resolve by /etc/hosts and DNS.
 *
 *   when     before the first thread; holds for all that follow
 *   failure  ERR_REFUSED: the kernel does not take the filter; the diag says why
 */
#ifndef COURIER_SANDBOX_H
#define COURIER_SANDBOX_H

#include "base/diag.h"
#include "base/err.h"

err_t courier_sandbox_enter(struct diag *);

#endif
