/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive: a bundle file as a list of named bytes, and back.
 *
 * Refuses whatever could be read in two ways or could do more than hold bytes:
 * links, devices, sparse files, doubled names, names that leave the root or that a
 * person cannot read, files of kinds that no bundle has.
 *
 * Names are printable ASCII without backslash; one leading / or ./ (OPA and tar
 * write them) is dropped.
 */
#ifndef BUNDLE_ARCHIVE_H
#define BUNDLE_ARCHIVE_H

#include "bundle/bundle.h"
#include "crypt/signature.h"

struct archive_limits {
	size_t packed, unpacked;
};

/* Files in the order of the archive; their bytes live in the arena. */
err_t archive_read(str_t bytes, const struct archive_limits *, struct arena *, struct diag *,
    const struct bundle_file **ret, size_t *ret_count);
/*
 * The same files give the same bytes.  With a key the archive is sealed: the gzip
 * header has, in its extra field, a signature over the compressed bytes.  The
 * signature of the contents cannot reach those, and one content has many packings.
 */
err_t archive_write(struct buf *out, const struct bundle_file *, size_t count, const struct key *,
    enum algorithm); /* key may be NULL */
/* Whether the archive is as it was sealed by this key, to the bit. */
bool archive_is_sealed(str_t bytes, const struct verifier *);

enum archive_kind {
	ARCHIVE_MODULE,
	ARCHIVE_JSON,
	ARCHIVE_YAML,
	ARCHIVE_MANIFEST,
	ARCHIVE_SIGNATURES,
	ARCHIVE_OTHER, /* all capitals, as LICENSE: carried and signed, never read */
	ARCHIVE_UNKNOWN /* refused */
};

enum archive_kind archive_kind(str_t name);
/* What is wrong with a name; NULL: nothing. */
const char *archive_name_fault(str_t name);
/* No two names that are one where case does not count; the diag says which. */
err_t archive_check_twins(const struct bundle_file *, size_t count, struct arena *, struct diag *);
/* No name twice, no name below another one; the diag says which. */
err_t archive_check_names(const struct bundle_file *, size_t count, struct arena *, struct diag *);

#endif
