/* SPDX-License-Identifier: Apache-2.0 */
/* sidecar: what a delivery or an update asks of the sidecar of this host. */
#ifndef MEDIA_SIDECAR_H
#define MEDIA_SIDECAR_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"

struct sidecar_status {
	bool running;
	int64_t pid, policies;
	str_t version;
};

/*
 * running false: nobody listens there.  ERR_UNREACHABLE and a finding: somebody does and gives
 * no answer.
 */
err_t sidecar_look(
    struct arena *, const char *socket_path, struct diag *, struct sidecar_status *ret);
/* All files again.  ERR_REFUSED and its sentence. */
err_t sidecar_reload(struct arena *, const char *socket_path, struct diag *);
/* This bundle, though its revision number may be lower; the sidecar records that. */
err_t sidecar_go_back(
    struct arena *, const char *socket_path, const char *bundle_path, struct diag *);

/* By /bin/sh, its output to stderr; killed with all that it started when the time is over.
 * ERR_DEADLINE; ERR_IO: it could not be started or did not end well. */
err_t sidecar_run(const char *command, int64_t until_ns, struct diag *);

/*
 * Until another process than `before` answers, says it is `version` (empty: any), and has
 * policies if the one before had.  ERR_DEADLINE and what was seen last.
 */
err_t sidecar_wait(struct arena *, const char *socket_path,
    const struct sidecar_status *before, str_t version, int64_t until_ns, struct diag *,
    struct sidecar_status *ret);

#endif
