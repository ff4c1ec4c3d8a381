/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: how many connections there may be, in all and from one peer.
 *
 * One gate for the process; each worker asks it at accept and tells it at
 * close.  A peer is an IPv4 address, the /64 network of an IPv6 address, or a
 * Unix user.  The gate also rations what the log says of those it turned away:
 * whoever is refused must not be able to fill a disk.
 *
 *   limits   one counter per peer with connections, so at most as many as
 *            connections
 *   threads  any (a mutex, held for a table look-up)
 */
#ifndef NET_GATE_H
#define NET_GATE_H

#include "net/peer.h"

struct gate;

enum { GATE_TELL_MS = 1000 };

struct gate *gate_new(uint32_t most, uint32_t most_per_peer); /* NULL: out of memory */
void gate_free(struct gate **); /* no connection may be left */
bool gate_enter(struct gate *, const struct peer *); /* false: one too many */
void gate_leave(struct gate *, const struct peer *);
void gate_turn_away(struct gate *); /* counts a peer that another rule refused */
uint32_t gate_count(struct gate *); /* for a metric */
uint64_t gate_refused_count(struct gate *);
/* Whether a refusal may be told now: one each GATE_TELL_MS; and how many went untold before it. */
bool gate_may_tell(struct gate *, int64_t now_ns, uint64_t *ret_untold);

#endif
