/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws: signed texts in compact form (RFC 7515 7.1), as strict as they come.
 *
 *   form       three parts of base64url without padding, blanks or stray bits,
 *              checked for size before anything is read
 *   header     one JSON object without a member twice; never crit, b64, zip, nor
 *              a member that brings or fetches key material (jwk, jku, x5u, x5c)
 *   algorithm  allowed by the caller and by the key; never none, never a MAC
 *   key        from the caller's set, by kid; without a kid, the one key that fits
 *
 *   memory     what is read lives in the arena given
 *   failure    ERR_TOKEN with ret->reason; ERR_MEMORY counts as a refusal too
 */
#ifndef TOKEN_JWS_H
#define TOKEN_JWS_H

#include "token/jwks.h"
#include "token/reason.h"

enum { JWS_SIZE_DEFAULT = 16 * 1024, JWS_DEPTH_MAX = 32 };

struct jws {
	enum token_reason reason;
	str_t signing_input; /* borrowed from the text: header.payload */
	str_t payload_text; /* borrowed: still base64url */
	str_t signature_text; /* borrowed: still base64url */
	value_t header;
	enum algorithm algorithm;
	str_t kid; /* empty: see has_kid */
	bool has_kid;
	const struct jwk *key; /* set by jws_verify */
	str_t payload; /* decoded by jws_verify, after the signature */
};

struct jws_rules {
	algorithm_set_t algorithms; /* 0: all but MACs */
	size_t size_limit; /* 0: JWS_SIZE_DEFAULT */
};

/* Form, header and algorithm; nothing is verified. */
err_t jws_read(struct arena *, str_t text, const struct jws_rules *, struct jws *ret);
/*
 * The same, but for HS256 alone: for tokens of a key that only this daemon has, never for a key
 * of a set.  ret->payload is read once the MAC is right.
 */
err_t jws_verify_mac(struct arena *, str_t text, size_t size_limit, str_t secret, struct jws *ret);
/* `keys` may be NULL: there are none. */
err_t jws_verify(struct arena *, str_t text, const struct jws_rules *, const struct jwks *keys,
    struct verify_context *, struct jws *ret);

/* A JSON object from inside a token: no member twice, no lone surrogate, no deep nesting. */
err_t jws_read_object(struct arena *, str_t text, value_t *ret);

/* Header {"alg","kid","typ"}; kid and typ may be empty. */
err_t jws_sign_mac(struct buf *, str_t secret, str_t kid, str_t payload); /* HS256, typ JWT */
err_t jws_sign(struct buf *, const struct key *, enum algorithm, str_t kid, str_t type,
    str_t payload);

#endif
