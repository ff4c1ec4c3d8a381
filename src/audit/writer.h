/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer: the thread that owns the audit log.
 *
 * Fed by one lane per worker (lane.h).  It takes what all lanes show, gives each
 * record its number and its hash, and puts the lot into the log with one write:
 * a group commit.  Then it settles the tickets and wakes the workers.
 *
 *   kept     with the kernel (AUDIT_WRITE) or with the disk (AUDIT_FDATASYNC)
 *   trouble  when the log cannot be written, on_error says what becomes of
 *            records: AUDIT_DENY settles them as lost; AUDIT_SPILL keeps them in a
 *            bounded second file, and the log takes them over when it
 *            can; AUDIT_DISCARD settles them as dropped and counts them.  Every
 *            RETRY_MS the log is tried again; the first line after trouble
 *            says what happened
 *   sealed   by checkpoints, if there is a sealer (sealer.h).  Records that were sealed
 *            and are gone at the opening are said to be missing, and the chain goes on behind
 *            them: the hole stays visible
 *   files    rotation and compression as rotate.h says; the log may also go to
 *            standard output, alone or besides
 *   threads  open, close, status: the maintenance thread; the rest by lane
 */
#ifndef AUDIT_WRITER_H
#define AUDIT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/record.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

enum audit_durability { AUDIT_WRITE, AUDIT_FDATASYNC };
enum audit_on_error { AUDIT_DENY, AUDIT_SPILL, AUDIT_DISCARD };

struct audit_sealer;

struct audit_options {
	str_t path; /* of the log; empty: standard output only */
	bool to_stdout;
	uint64_t rotate_bytes; /* 0: never */
	bool compress;
	uint32_t keep_rotated; /* 0: all */
	enum audit_durability durability;
	enum audit_on_error on_error;
	str_t spill_path; /* for AUDIT_SPILL; best on another disk */
	uint64_t spill_bytes; /* the most that it may hold */
	uint32_t lane_count;
	size_t lane_bytes; /* a power of two */
	struct audit_sealer *sealer; /* may be NULL; the writer's from now on, also if it cannot be opened */
};

struct audit_writer;
struct audit_lane;

/*
 * Starts the thread.  A log that cannot be opened is no failure of this call: it
 * is trouble, from the beginning, and audit_writer_status says so.
 */
err_t audit_writer_open(const struct audit_options *, struct audit_writer **ret);
void audit_writer_close(struct audit_writer **); /* after all that was shown is settled */

struct audit_lane *audit_writer_lane(struct audit_writer *, uint32_t index);
/* Shows what was pushed to the lane and sees to it that the writer comes. */
void audit_writer_commit(struct audit_writer *, struct audit_lane *);
/* A line of the daemon's own; waits until it is settled.  ERR_AUDIT: it was lost. */
err_t audit_writer_event(struct audit_writer *, const char *name, str_t detail, uint64_t count);

/* Somebody renamed the log away: what comes next goes into a new file.  Any thread. */
void audit_writer_reopen(struct audit_writer *);

struct audit_status {
	bool trouble;
	int error; /* errno of the last failure */
	uint64_t written, lost, spilled, dropped; /* records */
	uint64_t rotations, batches;
	uint64_t seq; /* of the last record */
	uint64_t cut_bytes; /* torn off at the last opening */
	uint64_t seals, seals_failed; /* checkpoints */
	int seal_error; /* errno of the last that failed */
};
void audit_writer_status(struct audit_writer *, struct audit_status *ret);

#endif
