/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric_collect: the page of /metrics: every row of metric.def with what is known now.
 *
 *   limits   METRIC_PAGE_MAX bytes, more than all series together can take; series that
 *            nobody has counted in are left out
 */
#ifndef SIDECAR_METRIC_COLLECT_H
#define SIDECAR_METRIC_COLLECT_H

#include "sidecar/commons.h"
#include "sidecar/metric_text.h"
#include "sidecar/rulebook.h"

enum { METRIC_PAGE_MAX = 12 << 20 };

void metric_collect(struct commons *, const struct rulebook *, bool draining, bool open, struct buf *out);

/* Durations of all requests but those for health, for `core sidecar status`. */
void metric_collect_durations(const struct commons *, struct metric_sum *ret);
uint64_t metric_collect_memory(const struct commons *); /* resident bytes of this process */

#endif
