/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what the daemon remembers of a bundle in data_dir from one life to the next.
 *
 *   last-good-bundle.tar.gz  the bundle last taken into use, as it came
 *   revision-floor           the highest revision taken into use (floor.h)
 *
 * and, for a bundle of policy.bundles, last-good-bundle.NAME.tar.gz and revision-floor.NAME.
 *
 * Each is replaced whole (base/file.h).  On the way up the bundle is written first, on the way
 * down (a rollback that was asked for) the floor; both before the bundle comes into use.  So
 * whatever dies when, one of the two knows the number, and the floor of the next life is the
 * higher one.  The floor's record names the last good file by its digest: if the two do not fit, as
 * when one was lost or was put back from an older copy, the bundle is asked what its number is.
 * Against who puts back both, there is no help on this disk.
 *
 * Without a data_dir that can be written, the daemon serves all the same, and remembers only
 * while it lives.
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
#include "base/file.h"
#include "bundle/floor.h"

struct state {
	const struct file_ops *ops; /* NULL: the kernel */
	str_t bundle_path, floor_path; /* with a NUL behind them */
	struct floor floor;
	bool is_kept; /* the floor is on disk as it is here */
	bool has_bundle; /* there is a last good one … */
	char bundle_digest[FLOOR_DIGEST_LEN]; /* … of this file digest */
};

/*
 * What the last good bundle says of itself, if it verifies.  ret->content may point into
 * the context; ret->file is not looked at.
 */
typedef err_t state_witness_fn(void *context, str_t bytes, struct floor_claim *ret);

/* For the main bundle or another one.  *ret is usable, whatever the error; it says why nothing is remembered. */
err_t state_open(struct arena *, const struct file_ops *, str_t data_dir, str_t bundle_name,
    struct diag *, struct state *ret);
/* Reads the floor; the witness may be NULL: then what the record says must do. */
err_t state_read_floor(struct state *, state_witness_fn *, void *context, struct diag *);

/* ERR_NOT_FOUND: there is none. */
err_t state_read_bundle(const struct state *, struct buf *, struct diag *);
/*
 * The bundle is about to come into use.  An error says what will not be remembered; the
 * floor counts in this life all the same.
 */
err_t state_accept(struct state *, const struct floor_claim *, str_t bytes, struct diag *);
/* Only the bundle, whose number nobody vouches for: development. */
err_t state_write_bundle(struct state *, str_t file_digest, str_t bytes, struct diag *);

#endif
