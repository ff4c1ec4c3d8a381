/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust: who signed a bundle, and whether that is enough.
 *
 * All signatures of a bundle are over one payload, to the byte: a bundle never says two things.
 * A signature counts if a key that is believed now verifies it; a key counts once, however often
 * and under whatever names it signed.  Signatures of strangers do no harm and count for nothing.
 *
 *   lifetime  what is read lives in the arena; verifiers are the keys'
 *   failure   ERR_BUNDLE with one sentence; a revoked or outdated key is named
 */
#ifndef BUNDLE_TRUST_H
#define BUNDLE_TRUST_H

#include "bundle/bundle.h"
#include "crypt/signature.h"

struct trust {
	str_t payload;
	const struct verifier *verifiers[BUNDLE_SIGNATURES_MAX]; /* of keys that count */
	str_t thumbprints[BUNDLE_SIGNATURES_MAX];
	size_t count; /* 0: there were no keys to verify with */
	/* Of the first signature that counts; without keys, what the first one claims. */
	enum algorithm algorithm;
	str_t kid, key;
};

/* `tokens`: an array of 1 to BUNDLE_SIGNATURES_MAX values. */
err_t trust_read(value_t tokens, const struct bundle_options *, struct arena *, struct diag *,
    struct trust *ret);
bool trust_has_signed(value_t tokens, const struct key *, struct arena *);

#endif
