/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwks: the public keys that tokens are checked with (RFC 7517 5).
 *
 * Read from the text of a JWKS file.  Keys that cannot be used are skipped with
 * a warning that names them; the whole set is refused when it is malformed, has a
 * member twice, holds a symmetric key (whoever can check a MAC can make one, and
 * a set that mixes the two invites confusion), or has no usable key.
 *
 *   lifetime  heap, with an arena of its own: jwks_new to jwks_free
 *   limits    1 MiB of text, 1000 keys
 *   threads   immutable, so free to share
 *   failure   ERR_KEY, ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY; the diag (code "jwks") says why
 */
#ifndef TOKEN_JWKS_H
#define TOKEN_JWKS_H

#include "token/jwk.h"

enum { JWKS_TEXT_MAX = 1024 * 1024, JWKS_KEYS_MAX = 1000 };

struct jwks;

err_t jwks_new(str_t text, str_t name, struct diag *, struct jwks **ret);
/* A set of one key, for callers that hold a key and not a text; its kid is the thumbprint. */
err_t jwks_new_from_key(const struct key *, struct diag *, struct jwks **ret);
void jwks_free(struct jwks **);

size_t jwks_count(const struct jwks *);
const struct jwk *jwks_at(const struct jwks *, size_t i);

/*
 * The one key that has this kid (or, without a kid, any) and may check `a`.
 * NULL: none or several; *ret_found says how many had the kid, *ret_fit how many
 * of those could check.
 */
const struct jwk *jwks_find(const struct jwks *, const str_t *kid, enum algorithm a,
    size_t *ret_found, size_t *ret_fit);

/* The set as JSON text, public members only, for those who ask the daemon for it. */
void jwks_write(struct buf *, const struct jwks *);

#endif
