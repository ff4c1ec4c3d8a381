/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logfile: the file that the audit log grows in.
 *
 * Opening finds the head of the chain: the last good line of the file, or of
 * the newest rotated one, or nothing (a new log).  What stands behind the last
 * good line, torn by a crash or spoiled, is moved to `NAME.cut-TIME` and the
 * file ends with a whole line again; the caller records that.
 *
 *   lifetime  in the caller's storage, between open and close
 *   lock      `NAME.lock` is held, so that two daemons never share a log
 *   failure   ERR_IO with errno; after a failed append the file has been cut
 *             back to its last whole batch, or logfile_append says ERR_INTERNAL
 *             and only a new file will do
 */
#ifndef AUDIT_LOGFILE_H
#define AUDIT_LOGFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/record.h"
#include "base/err.h"
#include "base/str.h"

struct audit_logfile {
	char name[256]; /* within the directory */
	int dir_fd, lock_fd, fd;
	uint64_t size; /* of whole batches */
	bool dir_due; /* the file's name may not be on the disk yet */
};

struct audit_chain {
	uint64_t seq; /* of the last record; 0: none yet */
	char hash[AUDIT_HASH_LEN];
};

struct audit_recovery {
	struct audit_chain chain;
	uint64_t cut_bytes; /* moved away */
};

err_t audit_logfile_open(struct audit_logfile *, str_t path, struct audit_recovery *ret);
void audit_logfile_close(struct audit_logfile *);

err_t audit_logfile_append(struct audit_logfile *, str_t lines);
/* With the file's name.  On ERR_IO: cut, and go on with next; never again on this file. */
err_t audit_logfile_sync(struct audit_logfile *);
err_t audit_logfile_cut(struct audit_logfile *, uint64_t size);
err_t audit_logfile_next(struct audit_logfile *, uint64_t last_seq); /* rotates what is synced, if anything is to be */

/* If the name is another file's by now, or nobody's.  What is left behind is synced first. */
err_t audit_logfile_reopen(struct audit_logfile *);

/* The head of the chain in a file's bytes; *ret_end is where its last good line ends. */
err_t audit_chain_find(int fd, uint64_t size, struct audit_chain *ret, uint64_t *ret_end);

#endif
