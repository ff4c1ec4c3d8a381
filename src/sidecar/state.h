/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what the daemon remembers in data_dir from one life to the next.
 *
 *   last-good-bundle.tar.gz  the bundle last taken into use, as it came
 *   revision-floor           the highest revision number ever taken into use
 *
 * Each is replaced whole (base/file.h).  Without a data_dir that can be written,
 * the daemon serves all the same, and remembers only while it lives.
 *
 *   threads  the maintenance thread's alone
 */
#ifndef SIDECAR_STATE_H
#define SIDECAR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

struct state {
	str_t bundle_path, floor_path; /* with a NUL behind them */
	uint64_t floor; /* 0: none yet; UINT64_MAX: the file is spoiled, nothing is above it */
};

/* Makes the directory if need be.  The error says why nothing will be remembered; *ret is usable. */
err_t state_open(struct arena *, str_t data_dir, struct diag *, struct state *ret);

/* ERR_NOT_FOUND: there is none. */
err_t state_read_bundle(const struct state *, struct buf *, struct diag *);
err_t state_write_bundle(const struct state *, str_t bytes, struct diag *);

/* Also lowers it: a rollback that was asked for. */
err_t state_set_floor(struct state *, uint64_t floor, struct diag *);

#endif
