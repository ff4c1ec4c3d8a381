/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "sandbox/layer.h"

/*
 * An unprivileged process could do this inside a user namespace of its own; but there every
 * other user is "nobody", and neither the owner of a file nor the caller of a socket could be
 * checked any more.  Those checks are worth more: so it takes CAP_SYS_ADMIN, or is left out.
 */
void
netns_enter(struct sandbox_outcome *o)
{
	if (unshare(CLONE_NEWNET) == 0)
		layer_report(o, SANDBOX_ON, "no interface: new sockets reach nothing");
	else
		layer_report(o, SANDBOX_MISSING, "unshare: %s%s", strerror(errno),
		    errno == EPERM ? " (needs CAP_SYS_ADMIN, as root has at the start)" : "");
}
