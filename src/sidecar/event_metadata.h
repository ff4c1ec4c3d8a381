/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_metadata: the JSON object that an application hangs on its event.
 *
 * Bounded (audit.event.max_metadata_bytes, and in depth), and without what looks like a secret
 * (audit.event.redact): it goes into the log to stay.
 *
 *   memory   the request's arena; its worker's scratch is overwritten
 *   failure  ERR_SYNTAX, and the request's err_text says where and why
 */
#ifndef SIDECAR_EVENT_METADATA_H
#define SIDECAR_EVENT_METADATA_H

#include "audit/happening.h"
#include "sidecar/request.h"

enum { EVENT_METADATA_DEPTH = 32 };

/* Empty text: VALUE_NONE. */
err_t event_metadata_read(struct request *, str_t json, value_t *ret);
/* The same for an object that is there already: `json` is its text. */
err_t event_metadata_check(struct request *, str_t json, value_t *object);
/* A token in any of the event's texts becomes its hash, as request_plain() says. */
void event_hide_tokens(struct request *, struct audit_happening *);

#endif
