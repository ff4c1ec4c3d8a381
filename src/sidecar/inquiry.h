/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquiry: queries of the audit log, beside the workers.
 *
 * A query may read a lot, so one thread does it, and each worker has one place to leave a
 * query in: a second one is refused until the first is answered.  The worker is woken when
 * the answer is there.
 *
 *   lifetime  open/close; stop before the workers' loops go, close when the workers are gone
 *   limits    one query a worker; INQUIRY_ANSWER_MAX bytes of answer; those of audit/search.h
 *   threads   the functions of a place by its worker; the inquirer's by the maintenance thread
 *   failure   what keeps an answer from being complete makes it an error: nobody must take a
 *             part for the whole
 */
#ifndef SIDECAR_INQUIRY_H
#define SIDECAR_INQUIRY_H

#include "audit/query.h"
#include "audit/writer.h"
#include "base/log.h"
#include "net/grpc.h"
#include "net/loop.h"

enum { INQUIRY_ANSWER_MAX = 2 << 20 };

struct inquirer;
struct inquiry;

struct inquirer_options {
	struct audit_writer *audit;
	const struct log *log;
	str_t log_path, index_dir;
	uint32_t count; /* of places */
};

err_t inquirer_open(const struct inquirer_options *, struct inquirer **ret);
void inquirer_stop(struct inquirer *); /* what was asked is answered UNAVAILABLE; NULL is fine */
void inquirer_close(struct inquirer **);
struct inquiry *inquirer_place(struct inquirer *, uint32_t index);

/* ---- for the worker whose place it is ---- */

void inquiry_belongs_to(struct inquiry *, struct loop *); /* once, before it serves */

/* An arena for the texts of a query; NULL: the place is taken. */
struct arena *inquiry_begin(struct inquiry *);
/* The call is answered later.  `query` is of that arena. */
struct inquiry_bounds {
	uint64_t bytes;
	int64_t deadline_ns; /* steady */
};
void inquiry_ask(struct inquiry *, struct grpc_call *, const struct audit_query *,
    const struct inquiry_bounds *);
void inquiry_answer(struct inquiry *); /* when woken: if there is an answer, it leaves */

#endif
