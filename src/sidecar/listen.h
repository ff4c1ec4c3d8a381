/* SPDX-License-Identifier: Apache-2.0 */
/* listen: the daemon's sockets, opened before it locks itself in. */
#ifndef SIDECAR_LISTEN_H
#define SIDECAR_LISTEN_H

#include "sidecar/daemon.h"

err_t listen_open_grpc(struct daemon *, struct diag *);
err_t listen_open_rest(struct daemon *, struct diag *);
err_t listen_open_http(struct daemon *, struct diag *); /* what is busy is passed by, with a warning */
err_t listen_open_admin(struct daemon *, struct diag *);
void listen_close(struct daemon *);

#endif
