/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwks: the public keys that tokens are checked with (RFC 7517 5).
 *
 * Read from the text of a JWKS file, or from blocks of PEM, whose keys are named by
 * their thumbprints (RFC 7638).  Keys that cannot be used are skipped with
 * a warning that names them; the whole set is refused when it is malformed, has a
 * member twice, holds a symmetric key (whoever can check a MAC can make one, and
 * a set that mixes the two invites confusion), or has no usable key.
 *
 * Keys are found through a hash of their kid: among many as fast as among few.
 *
 *   lifetime  heap, with an arena of its own; counted: jwks_new and each jwks_share
 *             want one jwks_free
 *   limits    JWKS_TEXT_MAX bytes of text; as many keys as the caller allows,
 *             at most JWKS_KEYS_MAX
 *   threads   immutable, so free to share; freed by any
 *   failure   ERR_KEY, ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY; the diag (code "jwks") says why
 */
#ifndef TOKEN_JWKS_H
#define TOKEN_JWKS_H

#include "token/jwk.h"

enum { JWKS_TEXT_MAX = 64 << 20, JWKS_KEYS_MAX = 100000, JWKS_KEYS_DEFAULT = 10000 };

struct jwks;

/* A JWKS of at most JWKS_KEYS_DEFAULT keys, and nothing else. */
err_t jwks_new(str_t text, str_t name, struct diag *, struct jwks **ret);
/* A JWKS or PEM. */
err_t jwks_new_from_file(str_t text, str_t name, size_t most, struct diag *,
    struct jwks **ret);
/* A set of one key, for callers that hold a key and not a text; its kid is the thumbprint. */
err_t jwks_new_from_key(const struct key *, struct diag *, struct jwks **ret);
struct jwks *jwks_share(struct jwks *); /* the same one */
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

/* All keys of these sets as one, as JSON text, public members only: for who asks the daemon. */
void jwks_write(struct buf *, struct jwks *const *sets, size_t count);

#endif
