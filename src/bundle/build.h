/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build: from a directory to a bundle file.
 *
 * Takes *.rego, data.json, data.yaml and .manifest below the directory, as
 * `opa build` does, in order of their names; other files, and directories that
 * begin with a dot, are left out.  The manifest is completed: a revision (by
 * default the SHA-256 of the contents), roots, the Rego version.  The same input
 * and key give the same bytes, unless the algorithm is PS256, PS384 or PS512,
 * whose signatures are random by nature.
 */
#ifndef BUNDLE_BUILD_H
#define BUNDLE_BUILD_H

#include "bundle/bundle.h"

struct bundle_files {
	struct bundle_file *at;
	size_t count;
};

struct bundle_build_options {
	const struct key *key; /* NULL: not signed */
	enum algorithm algorithm; /* ALGORITHM_NONE: the key's usual one */
	str_t kid; /* empty: the key's thumbprint */
	const struct key *const *more_keys; /* that sign too, each with its usual algorithm */
	size_t more_key_count;
	str_t scope; /* may be empty */
	str_t revision; /* empty: the manifest's, or the digest of the contents */
	int64_t created, not_before, expires; /* unix seconds; 0: leave out */
	uint64_t revision_number; /* 0: leave out */
	struct intern *intern; /* for what is read back; may be NULL */
	struct arena *scratch; /* as struct bundle_options has it; may be NULL */
};

err_t bundle_gather(const char *dir, bool with_tests, struct arena *, struct diag *,
    struct bundle_files *ret);
/* Checks the files as a reader would, then writes the bundle; *ret is what a reader will see. */
err_t bundle_build(const struct bundle_files *, const struct bundle_build_options *,
    struct arena *, struct diag *, struct buf *out, struct bundle *ret);

/* SOURCE_DATE_EPOCH, if it is set and a number, else `now`. */
int64_t bundle_created_time(int64_t now);

#endif
