/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry: a line of the log, read again, whatever it records.
 *
 * A decision, an application's event and an event of the log itself are told in one form:
 * who did what to what, when, and how it ended.  What has no place in it is in `metadata`.
 *
 *   memory   the arena given
 *   failure  ERR_SYNTAX: the line is no JSON object.  Verify it first (record.h)
 */
#ifndef AUDIT_ENTRY_H
#define AUDIT_ENTRY_H

#include "audit/record.h"
#include "base/err.h"

struct audit_entry {
	str_t id; /* event_id, or the trace_id of a decision */
	str_t tenant_id, actor, action, resource;
	str_t outcome; /* of a decision: "allow", "deny" */
	int64_t time_ms;
	value_t metadata; /* an object, or what a mask put in its place */
};

err_t audit_entry_read(struct arena *, str_t line, struct audit_entry *ret);

#endif
