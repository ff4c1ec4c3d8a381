/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_files: the key sets that tokens are checked with, by the paths they come from.
 *
 * Read again at each reload, by path, so that a link that was swapped is followed; a
 * file whose bytes are the same is not parsed again.  One that is refused or gone leaves
 * its predecessor in use, and a finding says so.
 *
 *   limits   KEY_FILES_MAX paths; JWKS_TEXT_MAX bytes and auth.jwks_max_keys keys each
 *   threads  the maintenance thread's alone; the sets are for all
 */
#ifndef SIDECAR_KEY_FILES_H
#define SIDECAR_KEY_FILES_H

#include "base/diag.h"
#include "base/err.h"
#include "crypt/digest.h"
#include "token/jwks.h"

enum { KEY_FILES_MAX = 257 }; /* CONFIG_ISSUERS_MAX, and auth.jwks_path */

struct key_file {
	struct buf path;
	uint8_t digest[SHA256_SIZE]; /* of the text in use */
	size_t most; /* keys that it was allowed */
	struct jwks *set; /* NULL: nothing usable was ever there */
	bool refused; /* the last time */
};

struct key_files {
	struct key_file at[KEY_FILES_MAX];
	size_t count;
	bool changed; /* the last time: another set is in use than before */
};

void key_files_init(struct key_files *);
void key_files_fini(struct key_files *);

/*
 * These paths (the same one may come twice) and no others.  The first error, after all were
 * tried.
 */
err_t key_files_take(
    struct key_files *, const str_t *paths, size_t count, size_t most, struct diag *);
struct jwks *key_files_find(const struct key_files *, str_t path); /* NULL: none is in use */
bool key_files_are_absent(
    const struct key_files *); /* no set in use, and no file that was refused */
size_t key_files_set_count(const struct key_files *);

#endif
