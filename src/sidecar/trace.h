/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace: who caused a request, as W3C Trace Context says it.
 *
 *   traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *
 * Strict: lower-case hexadecimal digits and hyphens in their places, no id of zeros, no version
 * ff; version 00 is exactly 55 bytes long, a later one may go on after a hyphen.  Anything else
 * is as good as nothing: it is never repaired, and nothing of it is shown.
 *
 *   lifetime  borrows the field
 */
#ifndef SIDECAR_TRACE_H
#define SIDECAR_TRACE_H

#include "base/str.h"

struct trace {
	str_t id, span; /* 32 and 16 digits; empty: the caller said nothing (of use) */
};

struct trace trace_of(str_t traceparent);

#endif
