/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: each part of a delivery by what the sidecar itself checks it with.
 *
 *   bundle       verify keys, signature, times, compiled; not below the revision floor
 *   jwks         core jwks check's reader        license  embedded keys, in force
 *   crl          parsed, numbered, not run out   revocations  every line
 *   config       every finding of the file; its tag when the host has the key
 *   binary       signature, name, platform, not older than the one in place
 *
 * Without a host (core media pack) what only a host can judge is left out.
 */
#ifndef MEDIA_CHECK_H
#define MEDIA_CHECK_H

#include "config/config.h"
#include "media/media.h"
#include "release/binary.h"

struct check_context {
	const struct config *config;     /* of the host; NULL: there is none */
	const char *root;                /* before the paths of the configuration; "" */
	const struct release_keys *keys; /* of binaries; NULL: a binary's form is enough */
	int64_t now;
	bool allow_rollback; /* bundles below the floor, older binaries */
};

/* *ret_revision: what a person calls this version of the part. */
err_t check_part(struct arena *, const struct check_context *, const struct media *,
    const struct media_part *, struct diag *, str_t *ret_revision);

str_t check_platform(struct arena *); /* of this machine: linux/amd64 */

/* The later of the wall clock and the mark that the daemon keeps in data_dir
 * (sidecar/clock_mark.h). */
int64_t check_now(const struct config *, const char *root);

#endif
