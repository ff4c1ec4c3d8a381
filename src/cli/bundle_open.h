/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_open: a bundle file for commands that look into it; texts and files live in cli->arena. */
#ifndef CLI_BUNDLE_OPEN_H
#define CLI_BUNDLE_OPEN_H

#include "bundle/bundle.h"
#include "cli/load.h"

/*
 * With --pubkey, only what one of those keys signed.  The policies are parsed too, into *ret_policy
 * (kept by the cli); bundles whose values are to be compared need one intern table, the first
 * policy's (NULL: its own).  Whatever is wrong with the bundle is ERR_BUNDLE; `options` may be partly set.
 */
err_t bundle_open(struct cli *, const char *path, struct bundle_options *options, struct bundle *ret,
    struct intern *, struct policy **ret_policy);
/* Says on stderr that the signature was not verified, if it was not. */
void bundle_note_trust(const struct bundle *);

#endif
