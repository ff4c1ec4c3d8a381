/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull: asks the bundle service for what is new, and hands it over.
 *
 * A GET for each resource, with the ETag of the copy in the vault (If-None-Match) and, for the
 * bundle, `Prefer: modes=snapshot;wait=N` as OPA's bundle protocol has it.  What came is staged
 * first; then the sidecar decides.  What it refused is not offered again until it changes on the far side.
 * When the far side is gone nothing stops: the log and the status say so at each try.
 */
#ifndef COURIER_PULL_H
#define COURIER_PULL_H

#include "courier/courier.h"

/* Until it is told to stop. */
err_t pull_run(struct courier *);

#endif
