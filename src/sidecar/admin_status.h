/* SPDX-License-Identifier: Apache-2.0 */
/* admin_status: the answer to `core sidecar status`: how the daemon is, as one JSON object. */
#ifndef SIDECAR_ADMIN_STATUS_H
#define SIDECAR_ADMIN_STATUS_H

#include "base/buf.h"

struct daemon;

void admin_status_write(struct daemon *, struct buf *);
/* The members about the bundle in use, each with a comma in front. */
void admin_status_write_policy(struct daemon *, struct buf *);

void admin_status_write_clock(const struct daemon *, struct buf *); /* likewise, of the clock */

/* ,"name":… */
void admin_add_text(struct buf *, const char *name, str_t);
void admin_add_number(struct buf *, const char *name, int64_t);
void admin_add_flag(struct buf *, const char *name, bool);

#endif
