/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin: the daemon's end of the admin socket (admin/protocol.h).
 *
 * One caller at a time, root or the daemon's own user, on the maintenance thread.
 */
#ifndef SIDECAR_ADMIN_H
#define SIDECAR_ADMIN_H

struct daemon;

void admin_serve(struct daemon *); /* one caller waits at daemon->admin_fd */

#endif
