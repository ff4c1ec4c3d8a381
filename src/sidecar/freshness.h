/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freshness: how long the bundles in use are valid, said in time.
 *
 * A stage is said when it begins, at 30, 7 and 1 days before the first bundle expires; that it has
 * expired is an alarm, in the audit log too, and is said again every day.  Whether requests are
 * then denied is policy.on_expired's to say (rulebook_is_over).
 *
 *   threads  the maintenance thread's; freshness_stage and freshness_text have no state
 */
#ifndef SIDECAR_FRESHNESS_H
#define SIDECAR_FRESHNESS_H

#include "audit/writer.h"
#include "base/log.h"
#include "sidecar/rulebook.h"

enum freshness {
	FRESHNESS_ENDLESS, /* no bundle says when it expires */
	FRESHNESS_GOOD,
	FRESHNESS_MONTH, /* less than 30 days are left */
	FRESHNESS_WEEK,
	FRESHNESS_DAY,
	FRESHNESS_OVER,
};

enum freshness freshness_stage(int64_t expires, int64_t now);
const char *freshness_text(enum freshness); /* a warning; NULL: there is nothing to warn of */

struct freshness_watch {
	enum freshness said;
	uint64_t generation; /* of the snapshot it was said of */
	int64_t said_s;
};

/* Each second or so: what is due now.  FRESHNESS_ENDLESS: nothing. */
enum freshness freshness_due(struct freshness_watch *, const struct snapshot_facts *, int64_t now);
void freshness_tell(struct freshness_watch *, const struct rulebook *, int64_t now, const struct log *,
    struct audit_writer *);

#endif
