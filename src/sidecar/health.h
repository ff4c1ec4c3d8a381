/* SPDX-License-Identifier: Apache-2.0 */
/* health: GET /healthz and /readyz over HTTP. */
#ifndef SIDECAR_HEALTH_H
#define SIDECAR_HEALTH_H

#include "net/http1.h"

extern const struct http1_table health_table;

#endif
