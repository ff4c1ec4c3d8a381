/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane: the way from one worker to the audit writer, and the answer back.
 *
 * A ring (base/ring.h) with tickets.  The worker pushes records while it handles
 * a batch of events and gets a ticket for each: 0, 1, 2, …  The writer settles
 * tickets in that order: kept, lost, or dropped because the operator would rather
 * lose records than answers.  The worker holds each answer back until
 * its ticket is settled, and turns the answer of a lost record into a denial.
 *
 * Who must tell a client where its record stands asks for a receipt as well; records
 * without one cost nothing more for it.
 *
 *   limits   bytes of records, and AUDIT_LANE_TICKETS tickets not yet taken back
 *   threads  push and take by the worker only; the functions named writer_ by
 *            the writer only
 *   failure  ERR_LIMIT: the lane is full
 */
#ifndef AUDIT_LANE_H
#define AUDIT_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/record.h"
#include "base/err.h"
#include "base/ring.h"
#include "base/str.h"

enum { AUDIT_LANE_TICKETS = 8192 };

enum audit_outcome { AUDIT_LOST, AUDIT_KEPT, AUDIT_DROPPED };

struct audit_receipt { /* a record's place in the chain */
	uint64_t seq;
	char prev_hash[AUDIT_HASH_LEN], hash[AUDIT_HASH_LEN];
};

struct audit_lane {
	struct ring *ring;
	int wake_fd; /* eventfd, readable: tickets were settled */
	uint64_t given, taken; /* tickets, as the worker counts them */
	uint64_t shown; /* tickets given when the writer was last called */
	_Alignas(64) uint64_t popped, settle_next; /* as the writer does */
	_Atomic uint64_t settled; /* tickets below this are settled */
	uint8_t outcome[AUDIT_LANE_TICKETS]; /* enum audit_outcome, by ticket */
	/* Likewise; last, and no memory until used. */
	struct audit_receipt receipts[AUDIT_LANE_TICKETS];
};

err_t audit_lane_init(struct audit_lane *, size_t bytes);
void audit_lane_fini(struct audit_lane *);

/* `body` and `split` as audit_record_write gives them. */
err_t audit_lane_push(struct audit_lane *, str_t body, size_t split, uint64_t *ret_ticket);
/* The same with a receipt. */
err_t audit_lane_push_asking(struct audit_lane *, str_t body, size_t split, uint64_t *ret_ticket);
/* The outcome of the oldest ticket not yet taken; false: it is not settled. */
bool audit_lane_take(struct audit_lane *, uint64_t *ret_ticket, enum audit_outcome *ret_outcome);
/* Of a ticket that asked and was taken just now; until the next push, and only of a kept record. */
const struct audit_receipt *audit_lane_receipt(const struct audit_lane *, uint64_t ticket);

struct audit_popped { /* borrowed until it is settled */
	str_t body;
	size_t split;
	bool asks; /* for a receipt, which must be given before it is settled */
};
bool audit_lane_writer_pop(struct audit_lane *, struct audit_popped *ret); /* false: none */
/* Of the last popped: to be filled. */
struct audit_receipt *audit_lane_writer_receipt(struct audit_lane *);
void audit_lane_writer_settle(struct audit_lane *, enum audit_outcome); /* all popped so far */

#endif
