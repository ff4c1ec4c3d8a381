/* SPDX-License-Identifier: Apache-2.0 */
/*
 * happening: what an application says has happened, as one line of the log.
 *
 *   {"ts":…,"event_id":…,"tenant_id":…,"subject":…,"action":…,"resource_type":…,
 *    "resource_id":…,"outcome":…, … ,"seq":8,"metadata":{…},"prev_hash":H,"hash":H}
 *
 * The same chain as decisions (record.h), and the same masks: "resource" hides resource_id,
 * "subject" also the subject's e-mail.  `metadata` stands behind `seq`, so that no member of
 * it can be taken for one of the line's own.
 *
 *   limits   texts are cut at AUDIT_EVENT_TEXT_MAX bytes; metadata is as big as the caller
 *            lets it be.  A buf of AUDIT_BODY_MAX bytes fails rather than take more
 */
#ifndef AUDIT_HAPPENING_H
#define AUDIT_HAPPENING_H

#include <stddef.h>
#include <stdint.h>

#include "audit/mask.h"
#include "base/buf.h"
#include "base/str.h"
#include "value/value.h"

enum { AUDIT_EVENT_TEXT_MAX = 512, AUDIT_UUID_LEN = 36 };

/* name, the mask that it falls under.  The first are in every line, the others if not empty. */
#define AUDIT_EVENT_ALWAYS(M)      \
	M(event_id, COUNT)         \
	M(tenant_id, tenant_id)    \
	M(subject, subject)        \
	M(action, action)          \
	M(resource_type, COUNT)    \
	M(resource_id, resource)   \
	M(outcome, COUNT)

#define AUDIT_EVENT_SOMETIMES(M)                  \
	M(source, COUNT)                          \
	M(subject_kind, COUNT)                    \
	M(subject_email, subject)                 \
	M(subject_client_id, COUNT)               \
	M(subject_app_id, COUNT)                  \
	M(resource_action, COUNT)                 \
	M(network_ip, network_ip)                 \
	M(network_user_agent, network_user_agent) \
	M(network_country, COUNT)                 \
	M(session_id, session_id)                 \
	M(request_id, COUNT)                      \
	M(parent_event_id, COUNT)                 \
	M(trace_id, COUNT)                        \
	M(span_id, COUNT)                         \
	M(mitre_technique_id, COUNT)              \
	M(severity, COUNT)                        \
	M(method, COUNT)                          \
	M(sdk_version, COUNT)                     \
	M(note, COUNT)

struct audit_happening {
	int64_t time_ms; /* unix: when we heard of it */
	int64_t said_ms; /* when it happened, as they say; 0: not said */
#define MEMBER(name, mask) str_t name;
	AUDIT_EVENT_ALWAYS(MEMBER)
	AUDIT_EVENT_SOMETIMES(MEMBER)
#undef MEMBER
	value_t metadata; /* an object, or VALUE_NONE */
};

/* As audit_record_write; `scratch` is overwritten. */
void audit_happening_write(struct buf *, struct buf *scratch, const struct audit_happening *,
    const struct audit_mask *, size_t *ret_split);

/* RFC 9562 5.7: 48 bits of time, 74 of the 80 bits given. */
void audit_uuid(char text[AUDIT_UUID_LEN], int64_t time_ms, const uint8_t random[10]);

#endif
