/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commons: what all workers share and change.
 *
 * Nearly everything is either one worker's or immutable; what is neither stands here,
 * each thing with its own lock and its own bound, in a file of its own.
 *
 *   lifetime  made at start, before the workers; freed after the last has ended
 *   threads   all
 */
#ifndef SIDECAR_COMMONS_H
#define SIDECAR_COMMONS_H

#include "audit/writer.h"
#include "base/diag.h"
#include "base/log.h"
#include "config/config.h"
#include "limit/limiter.h"
#include "net/gate.h"
#include "sidecar/clock_mark.h"
#include "sidecar/metric.h"
#include "sidecar/unknown_kids.h"
#include "sidecar/vitals.h"
#include "token/revoked.h"

enum { COMMONS_WORKERS_MAX = 256 };

struct commons {
	const struct log *log;
	struct limiter *limiter; /* of RateLimitService */
	struct revoked *revoked;
	str_t revoked_path; /* of its file */
	str_t secrets_dir, credentials_dir; /* of SecretsService, as at start; a NUL behind them; empty: none */
	struct clock_mark *clock; /* borrowed */
	struct unknown_kids unknown_kids;

	/* For those who look: set before the workers start, but for what locks itself. */
	int statm_fd; /* of /proc, which nobody opens later; -1: none */
	struct vitals_board vitals;
	struct metric_tenants tenants;
	const struct metric_cells *cells[COMMONS_WORKERS_MAX];
	uint32_t worker_count;
	struct audit_writer *audit;
	struct gate *gate;
	bool denies_unrecorded; /* audit.on_error: deny */
};

err_t commons_init(struct commons *); /* what the first reload needs; before commons_open */
/* Findings say what will not be remembered; only lack of memory is an error. */
err_t commons_open(struct commons *, struct arena *, const struct config *, const struct log *, struct clock_mark *,
    struct diag *);
void commons_close(struct commons *);

#endif
