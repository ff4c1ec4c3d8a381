/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: how the daemon is: what stops traffic, and what must not be overlooked.
 *
 * One table of conditions, looked at by /readyz, grpc.health.v1, `core sidecar status` and
 * /metrics.  Only what makes every answer a denial, or the end near, stops traffic: draining,
 * and an audit log in trouble while audit.on_error is deny.  All else is a warning.
 *
 *   threads  any; a look costs two short locks, health_is_serving none
 */
#ifndef SIDECAR_HEALTH_H
#define SIDECAR_HEALTH_H

#include "net/http1.h"
#include "sidecar/rulebook.h"
#include "sidecar/vitals.h"

struct commons;
struct worker;

enum { HEALTH_CONDITIONS_MAX = 32, HEALTH_CERTIFICATE_WARN_DAYS = 30 };

struct health {
	bool serving;
	size_t count;
	const char *sentences[HEALTH_CONDITIONS_MAX]; /* what stops traffic first; static texts */
};

void health_look(struct commons *, const struct rulebook *, bool draining, struct health *ret);
/* The same verdict, for each call of Health.Check. */
bool health_is_serving(const struct commons *, bool draining);

extern const struct http1_table health_table; /* /livez, /healthz, /readyz, /metrics */

#endif
