/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener: addresses, and sockets that listen on them.
 *
 * Sockets are opened before the process locks itself in; a server
 * (server.h) then accepts from them.  For several workers open a TCP address
 * once per worker (SO_REUSEPORT spreads connections); a Unix socket is opened
 * once and its descriptor given to each worker's server.
 *
 *   address  "127.0.0.1:50051", "[::1]:50051", "unix:/run/x.sock", "unix:@name"
 *            (abstract).  Numbers only: no name is ever resolved.
 *   failure  err_t and a sentence in the diag
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

struct listener_address {
	struct sockaddr_storage sockaddr;
	socklen_t len;
};

struct listener_options {
	mode_t unix_mode; /* of a Unix socket's file, e.g. 0660 */
	int backlog; /* 0: SOMAXCONN */
	bool share_port; /* SO_REUSEPORT, for several workers */
};

enum { LISTENER_TEXT_MAX = 128 };

err_t listener_address_read(str_t text, struct listener_address *ret_address, struct diag *);
str_t listener_address_write(const struct listener_address *, char room[LISTENER_TEXT_MAX]);
bool listener_address_is_local(const struct listener_address *); /* loopback or Unix */

/* Non-blocking, close-on-exec.  A stale Unix socket file (nobody answers) is removed first. */
err_t listener_open(const struct listener_address *, const struct listener_options *,
    int *ret_fd, struct diag *);
err_t listener_bound_address(int fd, struct listener_address *ret_address); /* after port 0 */
void listener_close(int fd, const struct listener_address *); /* also removes a Unix socket's file */

#endif
