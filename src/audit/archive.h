/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive: a log that is being written, as its readers see it.
 *
 * The index of the growing file is kept in memory and extended before each query; those
 * of rotated files are kept in a directory of their own and made again where they are
 * missing or do not fit.  The writer is never asked to wait: what it renames, packs or removes
 * meanwhile is read under its other name, or is gone.
 *
 *   lifetime  open/close
 *   threads   one
 *   failure   as search.h; a file that cannot be read is an error, one that is gone is not
 */
#ifndef AUDIT_ARCHIVE_H
#define AUDIT_ARCHIVE_H

#include "audit/search.h"

struct audit_archive;

/* `index_dir` may be empty: nothing is kept then.  NULL: out of memory. */
struct audit_archive *audit_archive_new(str_t log_path, str_t index_dir);
void audit_archive_free(struct audit_archive **);

/* Records up to number `last_seq`, which the writer has settled. */
err_t audit_archive_search(struct audit_archive *, struct audit_search *, uint64_t last_seq);

/*
 * For idle times: makes one index that is missing.  *ret_more: there may be another.  ERR_DEADLINE:
 * it was told to stop before the index was there.
 */
err_t audit_archive_tend(struct audit_archive *, const _Atomic bool *stop, bool *ret_more);

#endif
