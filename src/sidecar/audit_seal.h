/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_seal: who signs checkpoints of the audit log, as the configuration says.
 *
 *   failure  a key that is there and cannot be used refuses the start.  One that cannot be made
 *            does too: a log that nobody seals would look like one that somebody does
 */
#ifndef SIDECAR_AUDIT_SEAL_H
#define SIDECAR_AUDIT_SEAL_H

#include "audit/sealer.h"
#include "audit/writer.h"
#include "base/log.h"
#include "config/config.h"

err_t audit_seal_open(struct arena *, const struct config *, struct diag *, struct audit_sealer **ret);
/* Tells the daemon's log of checkpoints that could not be written; *told: how many it knows of. */
void audit_seal_watch(const struct log *, const struct audit_status *, uint64_t *told);

#endif
