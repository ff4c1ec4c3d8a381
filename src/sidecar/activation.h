/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activation: listening sockets that systemd opened for us (sd_listen_fds(3)).
 *
 * LISTEN_FDNAMES says what each is for: grpc, http or admin.  Where there is one
 * for a purpose, what is configured for it is not opened.  The files of such Unix
 * sockets are systemd's: they stay when we go.
 *
 *   failure  ERR_CONFIG and a sentence: a name that says nothing to us, or a
 *            descriptor that is no listening stream socket
 */
#ifndef SIDECAR_ACTIVATION_H
#define SIDECAR_ACTIVATION_H

#include "base/diag.h"
#include "base/err.h"

enum { ACTIVATION_FDS_MAX = 32 };

enum activation_purpose { ACTIVATED_GRPC, ACTIVATED_HTTP, ACTIVATED_ADMIN };

struct activation {
	struct {
		int fd;
		enum activation_purpose purpose;
	} at[ACTIVATION_FDS_MAX];
	size_t count; /* 0: nobody passed any */
};

err_t activation_read(struct activation *, struct diag *);
/* The next one for this purpose at or after *at, which becomes the one behind it; -1: no more. */
int activation_next(const struct activation *, enum activation_purpose, size_t *at);

#endif
