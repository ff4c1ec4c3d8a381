/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: .signatures.json of a bundle.
 *
 * The file is {"signatures": [JWS, ...]}; the payload of each JWS lists the
 * files: {"files": [{"name", "hash", "algorithm"}], "keyid"?, "scope"?, "iat"?}, to
 * which ours add "raw": [{"name", "size", "sha256"}], "created", "not_before",
 * "expires" (unix seconds) and "revision_number".
 *
 * OPA's hash of data.json, data.yaml and .manifest is one of the parsed document,
 * written without blanks and with sorted keys; of any other file, of its bytes.
 */
#ifndef BUNDLE_SIGNATURE_H
#define BUNDLE_SIGNATURE_H

#include "bundle/bundle.h"

struct signature_list { /* what a payload says about files */
	value_t files; /* array of objects with string members name, hash, algorithm */
	value_t raw; /* array of objects, or VALUE_NONE */
	const struct verifier *verifiers[BUNDLE_SIGNATURES_MAX]; /* of the keys that verified it */
	size_t verifier_count;
};

/* What enough of the keys signed (trust.h), or, without keys, what the first signature claims. */
err_t signature_read(str_t text, const struct bundle_options *, struct arena *, struct diag *,
    struct bundle_signature *ret, struct signature_list *ret_list);
err_t signature_check_times(const struct bundle_signature *, const struct bundle_options *,
    struct diag *);

/* Raw bytes: size and digest, and exactly these files. */
err_t signature_check_raw(const struct signature_list *, const struct bundle_file *, size_t count,
    struct arena *, struct diag *);
/* OPA's list: exactly these files; digests of those that are hashed as bytes. */
err_t signature_check_files(const struct signature_list *, const struct bundle_file *,
    size_t count, struct arena *, struct diag *);
/* OPA's list: the digest of a parsed document. */
err_t signature_check_document(const struct signature_list *, str_t name, value_t document,
    struct arena *, struct diag *);

struct signer {
	const struct key *key;
	enum algorithm algorithm;
	str_t kid;
};

struct signature_claims {
	str_t kid; /* empty: leave out, as where several sign */
	str_t scope;
	int64_t created, not_before, expires; /* 0: leave out */
	uint64_t revision_number; /* 0: leave out */
};

/* The text of .signatures.json; `documents[i]` is the parsed form where OPA hashes that. */
err_t signature_write(struct buf *out, const struct bundle_file *, const value_t *documents,
    size_t count, const struct signer *, size_t signer_count, const struct signature_claims *);
/* The text with one more signature over the same payload; ERR_BUNDLE: this key signed before. */
err_t signature_add(struct buf *out, str_t text, const struct signer *, struct arena *,
    struct diag *);

#endif
