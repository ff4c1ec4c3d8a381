/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: policy and data in one signed file, in OPA's bundle format.
 *
 * A bundle is a gzipped tar of *.rego, data.json, data.yaml (at any path),
 * .manifest and .signatures.json.  Reading goes strictly in this order, and
 * nothing is looked at before the step ahead of it is done:
 *
 *   size → gunzip, capped → tar: names, kinds, count → signature → digests of
 *   the raw bytes and the exact set of files → manifest, data, modules
 *
 * Everything is in memory: what was hashed is what is parsed, and nothing is
 * written to disk.  OPA signs a digest of the parsed form of data and manifest, so
 * a bundle that OPA signed has those checked while they are parsed; ours carry
 * digests of all raw bytes too.
 *
 *   lifetime  everything that is read lives in the arena given, also the texts
 *   failure   ERR_BUNDLE with one sentence (code "bundle") that names the file;
 *             ERR_LIMIT, ERR_MEMORY likewise refuse
 *   threads   no state
 */
#ifndef BUNDLE_BUNDLE_H
#define BUNDLE_BUNDLE_H

#include "base/diag.h"
#include "base/err.h"
#include "bundle/keys.h"
#include "value/intern.h"
#include "value/value.h"

enum {
	BUNDLE_FILES_MAX = 10000,
	BUNDLE_MODULE_SIZE_MAX = 1024 * 1024,
	BUNDLE_NAME_MAX = 512,
	BUNDLE_DEPTH_MAX = 32, /* components of a name */
	BUNDLE_SIGNATURES_MAX = 16,
	BUNDLE_ROOTS_MAX = 4096,
};
#define BUNDLE_PACKED_MAX ((size_t)256 << 20)
#define BUNDLE_UNPACKED_MAX ((size_t)1 << 30)
#define BUNDLE_RATIO_MAX 200 /* unpacked to packed, beyond the first MiB: more is a bomb */

struct bundle_file {
	str_t name; /* without a leading slash */
	str_t bytes;
};

struct bundle_module {
	str_t name, text;
	str_t package; /* "authz/orders"; the first package statement of the text */
	int rego_version; /* 0 or 1, by the manifest; 1 when it does not say */
};

struct bundle_manifest {
	bool present;
	str_t revision; /* may be empty */
	const str_t *roots; /* "" is everything */
	size_t root_count;
	int rego_version; /* 0, 1, or -1: not said */
	value_t file_rego_versions; /* object of globs, or VALUE_NONE */
	value_t metadata; /* object, or VALUE_NONE */
};

struct bundle_signature {
	bool present; /* there is a .signatures.json */
	bool verified; /* by a key of the options */
	bool has_raw; /* the payload lists raw bytes: one of ours */
	enum algorithm algorithm; /* as signed, or, not verified, as claimed */
	str_t kid; /* likewise; may be empty */
	str_t key; /* thumbprint of the key that verified, the first of them */
	size_t signer_count; /* distinct keys that verified */
	char content[64]; /* SHA-256 of the list of files and their digests, hex: whoever signed */
	str_t scope;
	int64_t created, not_before, expires; /* unix seconds; 0: not said */
	uint64_t revision_number; /* 0: not said */
};

struct bundle {
	const struct bundle_file *files; /* in archive order, .signatures.json included */
	size_t file_count;
	const struct bundle_module *modules;
	size_t module_count;
	const str_t *policies; /* first segments of the packages, in order of appearance */
	size_t policy_count;
	value_t data; /* one object: the data files merged */
	const value_t *documents; /* as files: data and manifest parsed, else VALUE_NONE */
	struct bundle_manifest manifest;
	struct bundle_signature signature;
	char digest[64]; /* SHA-256 of the bundle file, hex */
};

struct bundle_options {
	str_t name; /* of the bundle, for messages */
	const struct bundle_keys *keys; /* NULL or empty: the signature is read, not verified */
	bool require_signature; /* refuse what is not signed and verified */
	unsigned threshold; /* distinct keys that must have signed; 0: one */
	bool ignore_times; /* to look at an expired bundle */
	bool ignore_expiry; /* it was taken into use before it expired */
	int64_t now; /* unix seconds, for not_before and expires */
	str_t scope; /* what the signature's scope must be; empty: none */
	bool allow_case_twins; /* to look at a bundle that no sidecar takes */
	bool any_scope; /* to look at a bundle that is meant for others */
	size_t packed_limit, unpacked_limit; /* 0: BUNDLE_PACKED_MAX, BUNDLE_UNPACKED_MAX */
	/*
	 * Where the unpacked archive goes, if it need not live as long as what is read from
	 * it: then `files` and findings end with it, modules and data do not.  NULL: the arena.
	 */
	struct arena *scratch;
	/* Read before, with this arena and intern: what it parsed is taken where the bytes are the same. */
	const struct bundle *known; /* may be NULL */
};

err_t bundle_read(str_t bytes, const struct bundle_options *, struct arena *, struct intern *,
    struct diag *, struct bundle *ret); /* intern may be NULL */

/*
 * The same from files already in memory, without archive and signature: a policy
 * directory in development, or what bundle_build() is about to sign.
 */
err_t bundle_read_files(const struct bundle_file *, size_t count, struct arena *, struct intern *,
    struct diag *, struct bundle *ret);

#endif
