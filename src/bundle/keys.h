/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: whom bundles are believed from, and how a signing key is named.
 *
 * Verify keys come from PEM (public keys or certificates), JWK or JWKS texts, from
 * files or directories of them.  A key that came with a kid serves only
 * signatures that name it or name none; a PEM key has no name and serves any.
 *
 * A JWK may say from when until when its key is believed (not_before, not_after, or exp; unix
 * seconds) and that it is revoked.  A list of revoked keys, one kid or thumbprint a line (# begins
 * a remark), revokes those that are not in a JWK too.
 *
 *   lifetime  heap: bundle_keys_new to bundle_keys_free
 *   threads   immutable once filled
 *   failure   ERR_KEY, ERR_IO, ERR_NOT_FOUND; the diag names file and cause
 */
#ifndef BUNDLE_KEYS_H
#define BUNDLE_KEYS_H

#include "base/diag.h"
#include "base/err.h"
#include "crypt/key.h"
#include "token/jwks.h"

enum { BUNDLE_KEYS_MAX = 64, BUNDLE_REVOKED_TEXT_MAX = 1 << 20 };

struct bundle_keys;

struct bundle_keys *bundle_keys_new(void); /* NULL: out of memory */
void bundle_keys_free(struct bundle_keys **);
err_t bundle_keys_add_text(struct bundle_keys *, str_t text, str_t name, struct diag *);
/* A file, or a directory: its .pub, .pem, .jwk and .json files in order of their names. */
err_t bundle_keys_add_path(struct bundle_keys *, const char *path, struct diag *);
size_t bundle_keys_count(const struct bundle_keys *);
const struct jwk *bundle_keys_at(const struct bundle_keys *, size_t i, bool *ret_named);
/* Why a key is not believed at this time ("is revoked"); NULL: it is.  now 0: whatever the time. */
const char *bundle_keys_fault(const struct bundle_keys *, size_t i, int64_t now);
/* Of the keys that are there by now.  A line that names none is fine: the key is gone for good. */
err_t bundle_keys_revoke_text(struct bundle_keys *, str_t text, str_t name, struct diag *);
err_t bundle_keys_revoke_path(struct bundle_keys *, const char *path, struct diag *);

/*
 * What --sign-key takes: a path, the PEM text itself, or env:NAME (whose value is
 * again a path or a text).  The key must be private.
 */
err_t bundle_key_source(const char *source, struct diag *, struct key **ret);

/* Makes DIR/signing-key.pem (0600) and DIR/signing-key.pub; never over an existing file. */
err_t bundle_keygen(const char *dir, enum key_kind, struct diag *, struct key **ret);

#endif
