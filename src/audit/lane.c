/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/lane.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/must.h"

err_t
audit_lane_init(struct audit_lane *lane, size_t bytes)
{
	memset(lane, 0, offsetof(struct audit_lane, receipts));
	lane->wake_fd = -1;
	lane->ring = ring_new(bytes);
	if (lane->ring == NULL)
		return ERR_MEMORY;
	lane->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lane->wake_fd >= 0)
		return ERR_OK;
	audit_lane_fini(lane);
	return ERR_IO;
}

void
audit_lane_fini(struct audit_lane *lane)
{
	ring_free(&lane->ring);
	if (lane->wake_fd >= 0)
		(void)close(lane->wake_fd);
	lane->wake_fd = -1;
}

/* A record in the ring is its split and whether it asks, as a uint32_t, and its body. */

#define ASKS ((uint32_t)1 << 31)

static err_t
push(struct audit_lane *lane, str_t body, size_t split, uint32_t asks, uint64_t *ret_ticket)
{
	uint32_t front = (uint32_t)split | asks;
	char *room;

	must(split <= body.len && body.len < ASKS);
	if (lane->given - lane->taken >= AUDIT_LANE_TICKETS)
		return ERR_LIMIT;
	room = ring_reserve(lane->ring, sizeof(front) + body.len);
	if (room == NULL)
		return ERR_LIMIT;
	memcpy(room, &front, sizeof(front));
	memcpy(room + sizeof(front), body.data, body.len);
	ring_commit(lane->ring, sizeof(front) + body.len);
	*ret_ticket = lane->given++;
	return ERR_OK;
}

err_t
audit_lane_push(struct audit_lane *lane, str_t body, size_t split, uint64_t *ret_ticket)
{
	return push(lane, body, split, 0, ret_ticket);
}

err_t
audit_lane_push_asking(struct audit_lane *lane, str_t body, size_t split, uint64_t *ret_ticket)
{
	return push(lane, body, split, ASKS, ret_ticket);
}

const struct audit_receipt *
audit_lane_receipt(const struct audit_lane *lane, uint64_t ticket)
{
	must(ticket < lane->taken);
	return &lane->receipts[ticket % AUDIT_LANE_TICKETS];
}

bool
audit_lane_take(struct audit_lane *lane, uint64_t *ret_ticket, enum audit_outcome *ret_outcome)
{
	uint64_t ticket = lane->taken;

	if (ticket >= atomic_load_explicit(&lane->settled, memory_order_acquire))
		return false;
	*ret_ticket = ticket;
	*ret_outcome = lane->outcome[ticket % AUDIT_LANE_TICKETS];
	lane->taken++;
	return true;
}

bool
audit_lane_writer_pop(struct audit_lane *lane, struct audit_popped *ret)
{
	uint32_t front;
	str_t record;

	if (!ring_next(lane->ring, &record))
		return false;
	memcpy(&front, record.data, sizeof(front));
	ret->split = front & ~ASKS;
	ret->asks = front & ASKS;
	ret->body = str_skip(record, sizeof(front));
	lane->popped++;
	return true;
}

struct audit_receipt *
audit_lane_writer_receipt(struct audit_lane *lane)
{
	return &lane->receipts[(lane->popped - 1) % AUDIT_LANE_TICKETS];
}

void
audit_lane_writer_settle(struct audit_lane *lane, enum audit_outcome outcome)
{
	uint64_t one = 1;

	if (lane->settle_next == lane->popped)
		return;
	ring_release(lane->ring);
	while (lane->settle_next < lane->popped)
		lane->outcome[lane->settle_next++ % AUDIT_LANE_TICKETS] = (uint8_t)outcome;
	atomic_store_explicit(&lane->settled, lane->settle_next, memory_order_release);
	while (write(lane->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue; /* EAGAIN: 2^64-2 unread wake-ups, so it is awake */
}
