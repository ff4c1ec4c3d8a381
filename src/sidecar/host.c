/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/host.h"

#include "base/clock.h"
#include "crypt/random.h"

static int64_t
read_now(void *context)
{
	return clock_wall_ns(&clock_system);
}

static void
fill_random(void *context, void *bytes, size_t len)
{
	random_bytes(bytes, len);
}

/* opa.runtime() is an empty object: neither environment nor configuration is a policy's business. */
const struct rego_host sidecar_host = { .now_ns = read_now, .random = fill_random };
