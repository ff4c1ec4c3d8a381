/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local: tokens of this host's own: issued, and believed, by one secret.
 *
 * HS256 under a key that lies in a file of mode 0600 and is no public key of anybody:
 * it is never looked for in a key set, and a key set never checks a MAC.  What a token is
 * for stands in its claim `typ`: "access", "refresh" or "agent".
 *
 *   lifetime  heap: local_key_new to local_key_free, which wipes
 *   threads   immutable
 *   failure   ERR_KEY with a finding; verifying as jwt.h
 */
#ifndef TOKEN_LOCAL_H
#define TOKEN_LOCAL_H

#include "base/diag.h"
#include "token/jwt.h"

enum { LOCAL_KEY_MIN = 32, LOCAL_KEY_MAX = 4096, LOCAL_KID_LEN = 6 + 16 };

struct local_key;

/* `issuer` is the iss that its tokens have; copied.  A last newline of the text is no part of the key. */
err_t local_key_new(str_t text, str_t issuer, struct diag *, struct local_key **ret);
void local_key_free(struct local_key **);
str_t local_key_issuer(const struct local_key *);

/* Adds iss and a random jti to the claims, and signs. */
err_t local_sign(const struct local_key *, struct arena *, value_t claims, struct buf *ret);
err_t local_verify(const struct local_key *, struct arena *, str_t text, int64_t leeway, int64_t now,
    struct jwt *ret);

#endif
