/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handover: gives the sidecar what came, and hears what it makes of it.
 *
 * The sidecar verifies; the courier only carries.  A bundle travels as an open descriptor over
 * the admin socket.  A file is put in its place and everything read again; if the sidecar
 * refuses it, what was there before is put back.
 *
 *   failure  HANDOVER_WAIT: the sidecar was not reached, or could not be asked; try again
 */
#ifndef COURIER_HANDOVER_H
#define COURIER_HANDOVER_H

#include "courier/vault.h"

enum handover_verdict { HANDOVER_TAKEN, HANDOVER_REFUSED, HANDOVER_WAIT };

struct handover {
	const struct vault *vault;
	const char *socket_path; /* of the sidecar's admin socket */
	struct arena *arena; /* scratch */
};

/* `name` is the vault's; `path` is where the bundle is found at the next start (empty: nowhere). */
enum handover_verdict handover_bundle(
    const struct handover *, const char *name, str_t bytes, str_t path, str_t *ret_why);
/* `code`: the findings of the sidecar that are about this file, besides those that name it. */
enum handover_verdict handover_file(const struct handover *, const char *name, const char *code,
    str_t bytes, str_t path, str_t *ret_why);

#endif
