/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: is this log what was written, all of it and nothing else?
 *
 * Files are given in order, oldest first, plain or gzip.  Each line must be an
 * audit line whose bytes give its hash, whose `prev_hash` is the hash of the
 * line before, and whose `seq` is one more.  The first file may begin in the
 * middle of a chain (older files are removed by design); that is said, not
 * refused.  A tail that was cut off whole lines leaves no trace in the lines
 * that remain: only what is held elsewhere (a later copy, a checkpoint) shows it.
 */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"

struct audit_verdict {
	uint64_t records, files;
	uint64_t first_seq, last_seq; /* 0: no record */
	char last_hash[64]; /* of the last record */
};

/*
 * ERR_SIGNATURE: a line is bad, and the diag names file, row and why; the verdict
 * covers what is before it.  ERR_IO, ERR_SYNTAX: a file cannot be read.
 */
err_t audit_verify(const char *const *paths, size_t count, struct diag *,
    struct audit_verdict *ret);

#endif
