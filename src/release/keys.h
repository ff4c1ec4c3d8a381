/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: whom binaries and media are believed from.
 *
 * What bundle/keys.h reads (PEM, JWK, JWKS, directories) and public keys of minisign.
 *
 *   lifetime  heap: release_keys_new to release_keys_free
 *   threads   immutable once filled
 */
#ifndef RELEASE_KEYS_H
#define RELEASE_KEYS_H

#include "bundle/keys.h"
#include "release/minisign.h"

enum { RELEASE_MINISIGN_KEYS_MAX = 16 };

struct release_keys;

struct release_keys *release_keys_new(void); /* NULL: out of memory */
void release_keys_free(struct release_keys **);
err_t release_keys_add_path(struct release_keys *, const char *path, struct diag *);
const struct bundle_keys *release_keys_plain(const struct release_keys *);

/*
 * Keys that may have made a minisign signature: minisign keys of that id and, as those have
 * no id, every Ed25519 key of the other kinds.  NULL: there is no `i`-th.
 */
const struct key *release_keys_minisign(
    const struct release_keys *, const uint8_t id[MINISIGN_ID_SIZE], size_t i);
bool release_keys_have_minisign(const struct release_keys *); /* any that could be one */

#endif
