/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cosign: one more signature on a bundle that is signed already.
 *
 * So that those who must sign need not meet: the bundle goes from one to the next.  The content is
 * checked against the signatures' list first; the new signature is over the same payload, and the
 * last one who signs seals the archive.
 *
 *   failure  ERR_BUNDLE, ERR_KEY with one sentence; `out` is then of no use
 */
#ifndef BUNDLE_COSIGN_H
#define BUNDLE_COSIGN_H

#include "bundle/bundle.h"
#include "crypt/key.h"

err_t cosign(str_t bytes, str_t name, const struct key *, struct arena *, struct diag *,
    struct buf *out);

#endif
