/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: is this log what was written, all of it and nothing else?
 *
 * Files are given in order, oldest first, plain or gzip.  Each line must be an
 * audit line whose bytes give its hash, whose `prev_hash` is the hash of the
 * line before, and whose `seq` is one more.  The first file may begin in the
 * middle of a chain (older files are removed by design); that is said, not
 * refused.  A tail that was cut off whole lines leaves no trace in the lines
 * that remain, nor does a chain that was made anew from some record on: checkpoints
 * (checkpoint.h) show both.  A record that was sealed must be there and be the one that was
 * sealed; of a chain made anew, the first sealed record that differs is named, and how
 * far back the change may reach.
 */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include <stdint.h>

#include "audit/checkpoint.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"

struct audit_verdict {
	uint64_t records, files;
	uint64_t first_seq, last_seq; /* 0: no record */
	char last_hash[64]; /* of the last record */
	uint64_t sealed; /* checkpoints that fit */
	uint64_t sealed_seq; /* of the last of them; 0: none */
};

/*
 * ERR_SIGNATURE: a line is bad, and the diag names file, row and why; the verdict
 * covers what is before it.  ERR_IO, ERR_SYNTAX: a file cannot be read.
 */
err_t audit_verify(const char *const *paths, size_t count, const struct audit_checkpoints *,
    struct diag *, struct audit_verdict *ret); /* checkpoints may be NULL */

/*
 * The files of one log in their order, whatever order they were named in; a directory
 * stands for the log files in it, and of a file that is there plain and packed, the plain one
 * counts.  ERR_NOT_FOUND: there is none.
 */
err_t audit_verify_gather(struct arena *, const char *const *paths, size_t count, struct diag *,
    const char *const **ret_paths, size_t *ret_count);

#endif
