/* SPDX-License-Identifier: Apache-2.0 */
/*
 * binary: programs that carry who made them, and what they are.
 *
 * A statement (statement.h) says name, version, platform, size and SHA-256.  It stands in
 * a block at the file's end (block.h), or beside the file in FILE.sig, or a minisign
 * signature stands in FILE.minisig, whose trusted comment says the same as
 * `name:…`, `version:…`, `platform:…` between tabs.  There must be one of the three; each one
 * that is there must verify, and they must agree.
 *
 *   what is signed   by the block: the bytes before it.  By the others: the whole file
 *   limits           a file of any size is hashed as it is read; a legacy minisign signature
 *                    is over the file itself, so BINARY_LEGACY_MAX
 *   failure          ERR_SIGNATURE and one sentence for each cause; ERR_IO, ERR_MEMORY
 */
#ifndef RELEASE_BINARY_H
#define RELEASE_BINARY_H

#include "release/keys.h"
#include "release/source.h"

#define BINARY_LEGACY_MAX ((size_t)256 << 20)

struct binary_claims {
	str_t name, version, platform; /* "coresdk-sidecar", "1.5.0", "linux/amd64" */
};

struct binary_expectation {
	str_t name;          /* empty: any */
	str_t platform;      /* empty: any */
	str_t least_version; /* empty: any */
};

struct binary_facts {
	struct binary_claims claims; /* all empty: only a minisign signature that says none */
	int64_t created;             /* unix; 0: not said */
	uint64_t size;               /* of the file */
	bool by_block, by_file, by_minisign;
	bool minisign_ignored; /* there is one, and no key that could check it */
	str_t key;             /* thumbprint of the key of the first one that verified */
	str_t trusted_comment; /* of the minisign signature */
};

/* The signatures beside the file; empty: there is none. */
struct binary_beside {
	str_t sig, minisig;
};

/* The finding says what is wrong with a claim.  ERR_USAGE */
err_t binary_check_claims(const struct binary_claims *, struct diag *);

err_t binary_verify(struct arena *, const struct source *, const struct binary_beside *,
    const struct release_keys *, const struct binary_expectation *, struct diag *,
    struct binary_facts *ret);
/* The same for a path, with what is beside it. */
err_t binary_verify_path(struct arena *, const char *path, const struct release_keys *,
    const struct binary_expectation *, struct diag *, struct binary_facts *ret);

/* What is beside that path, in the arena. */
err_t binary_read_beside(
    struct arena *, const char *path, struct diag *, struct binary_beside *ret);

/* The claims of a block, unverified: what a file in place says that it is.  ERR_NOT_FOUND */
err_t binary_read_claims(struct arena *, const char *path, struct binary_claims *ret);

struct binary_signing {
	const struct key *key;
	struct binary_claims claims;
	int64_t created;
	bool replace; /* a block that is there is taken off first */
};

/* Puts the block at the end of the file, which is replaced whole and keeps its mode. */
err_t binary_sign(
    struct arena *, const char *path, const struct binary_signing *, struct diag *);
/* Writes FILE.sig, or, with an Ed25519 key, FILE.minisig. */
err_t binary_sign_beside(struct arena *, const char *path, const struct binary_signing *,
    bool minisign, struct diag *);

#endif
