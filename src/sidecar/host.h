/* SPDX-License-Identifier: Apache-2.0 */
/* host: what policies see of this machine: the time, randomness, and nothing else. */
#ifndef SIDECAR_HOST_H
#define SIDECAR_HOST_H

#include "rego/builtin.h"

extern const struct rego_host sidecar_host;

#endif
