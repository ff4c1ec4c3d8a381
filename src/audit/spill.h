/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spill: where lines wait while the log cannot be written.
 *
 * A second file, best on another disk, holds whole lines with their place in the
 * chain, in order, up to a limit.  When the log can be written again it takes them over;
 * a line that the log already has (a crash came between taking over and
 * emptying) is passed by, so each is in the log once.
 *
 *   lifetime  in the caller's storage, between open and close
 *   threads   the writer's alone
 *   failure   ERR_LIMIT: full.  ERR_IO with errno.  ERR_SYNTAX: the lines do not
 *             continue the log's chain; the file was set aside as NAME-TIME
 */
#ifndef AUDIT_SPILL_H
#define AUDIT_SPILL_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/logfile.h"
#include "base/buf.h"

struct audit_spill {
	struct audit_logfile file;
	uint64_t limit;
	uint64_t taken; /* bytes that the log has taken over */
	uint64_t shown; /* bytes given out by the last read */
	bool open;
	bool cut_due; /* behind file.size there may be lines that were refused */
};

void audit_spill_init(struct audit_spill *);
err_t audit_spill_open(struct audit_spill *, str_t path, uint64_t limit,
    struct audit_chain *ret_head); /* of its own lines; seq 0: it is empty */
void audit_spill_close(struct audit_spill *);

err_t audit_spill_add(struct audit_spill *, str_t lines, bool sync);

/*
 * Some of the lines that come after `chain`, which moves on over them.  Say
 * audit_spill_taken() when the log has them.  *ret_more: there may be others.
 */
err_t audit_spill_read(struct audit_spill *, struct digest *, struct audit_chain *chain,
    struct buf *lines, bool *ret_more);
void audit_spill_taken(struct audit_spill *);
err_t audit_spill_empty(struct audit_spill *);

#endif
