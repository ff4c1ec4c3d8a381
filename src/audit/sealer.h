/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealer: the thread that signs where the log stands.
 *
 * The writer shows it the head of the chain after each batch, which costs a lock that nobody
 * holds for long.  By time, by records, at a rotation and at the stop the sealer makes the
 * files that were written since last for good (so a checkpoint never says more than the
 * disk holds), signs, and appends to the checkpoints (checkpoint.h).  Heads that come while it
 * works are covered by the next checkpoint.
 *
 * The key is made when there is none, for its owner alone; its public line stands beside the
 * log in LOG.pub.
 *
 *   lifetime  new; start and stop by the log's writer; free
 *   limits    beyond AUDIT_CHECKPOINTS_BYTES the older checkpoints are thinned out
 *   threads   show: the writer's.  The others: its owner's
 *   failure   new: ERR_KEY, ERR_REFUSED for a key file that is no such key or not private; the
 *             diag says which and why.  What cannot be written is tried again with the next
 *             checkpoint, and counted
 */
#ifndef AUDIT_SEALER_H
#define AUDIT_SEALER_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/logfile.h"
#include "base/diag.h"

struct audit_seal_options {
	str_t log_path;
	str_t name; /* "coresdk-audit/SERVICE" */
	str_t key_path;
	str_t path; /* of the checkpoints; empty: LOG.checkpoints */
	uint32_t every_secs; /* 0: not by time */
	uint64_t every_records; /* 0: not by their number */
};

struct audit_sealer;

err_t audit_sealer_new(const struct audit_seal_options *, struct diag *, struct audit_sealer **ret);
void audit_sealer_free(struct audit_sealer **);

err_t audit_sealer_start(struct audit_sealer *);
void audit_sealer_stop(struct audit_sealer *); /* after one more checkpoint, if there is news */

/* What was sealed last with our key; number 0: nothing, or nothing that can be read now. */
struct audit_chain audit_sealer_last(struct audit_sealer *);
void audit_sealer_show(struct audit_sealer *, const struct audit_chain *, bool rotated);

struct audit_seal_status {
	uint64_t made, failed; /* checkpoints */
	int error; /* errno of the last failure */
};
struct audit_seal_status audit_sealer_status(struct audit_sealer *);

#endif
