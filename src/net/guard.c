/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard.h"

#include "base/clock.h"

enum frame_type { /* rfc9113 6, rfc9218 7.1 */
	DATA = 0,
	HEADERS = 1,
	PRIORITY = 2,
	RST_STREAM = 3,
	SETTINGS = 4,
	PUSH_PROMISE = 5,
	PING = 6,
	GOAWAY = 7,
	WINDOW_UPDATE = 8,
	CONTINUATION = 9,
};

enum { END_STREAM = 0x1, END_HEADERS = 0x4, PADDED = 0x8, PADDING_MAX = 256, PRIORITY_LEN = 5, PARENT_BYTES = 4 };

#define STREAM_BITS UINT32_C(0x7fffffff)

static const uint8_t costs[] = {
	[DATA] = 0, /* but see cost_of() */
	[HEADERS] = 2,
	[PRIORITY] = 1,
	[RST_STREAM] = 3,
	[SETTINGS] = 1,
	[PUSH_PROMISE] = 1,
	[PING] = 1,
	[GOAWAY] = 20,
	[WINDOW_UPDATE] = 1,
	[CONTINUATION] = 1,
};
enum { COST_UNKNOWN = 1, COST_EMPTY = 1, COST_PADDING = 4 };

void
guard_init(struct guard *g, int64_t now_ns, uint32_t preface_len)
{
	/* The preface passes as if it were the payload of a frame. */
	*g = (struct guard){ .left = preface_len, .budget = GUARD_BUDGET, .refilled_ns = now_ns };
}

bool
guard_charge(struct guard *g, int32_t cost)
{
	g->budget -= cost;
	return g->budget >= 0;
}

void
guard_earn(struct guard *g, int32_t amount)
{
	g->budget = g->budget < GUARD_BUDGET - amount ? g->budget + amount : GUARD_BUDGET;
}

static void
refill(struct guard *g, int64_t now_ns)
{
	int64_t step_ns = CLOCK_NS_PER_S / GUARD_REFILL_PER_S;
	int64_t steps = (now_ns - g->refilled_ns) / step_ns;

	if (steps <= 0)
		return;
	g->refilled_ns += steps * step_ns;
	guard_earn(g, steps < GUARD_BUDGET ? (int32_t)steps : GUARD_BUDGET);
}

static int32_t
cost_of(uint8_t type, uint8_t flags, uint32_t len)
{
	if (type == DATA) {
		if ((flags & END_STREAM) != 0)
			return 0;
		/* So short that it may be nothing but padding, whose window comes back at once. */
		if ((flags & PADDED) != 0 && len <= PADDING_MAX)
			return COST_PADDING;
		return len == 0 ? COST_EMPTY : 0;
	}
	return type < COUNT(costs) ? costs[type] : COST_UNKNOWN;
}

static bool
begin_frame(struct guard *g)
{
	uint32_t len = (uint32_t)g->head[0] << 16 | (uint32_t)g->head[1] << 8 | g->head[2];
	uint8_t type = g->head[3], flags = g->head[4];

	g->left = len;
	g->type = type;
	g->head_len = 0;
	if (type == HEADERS || type == CONTINUATION)
		g->in_block = (flags & END_HEADERS) == 0;
	/* The session passes over PRIORITY frames, this error in them too (rfc9113 6.3). */
	g->stream = ((uint32_t)g->head[5] << 24 | (uint32_t)g->head[6] << 16 | (uint32_t)g->head[7] << 8 |
			g->head[8]) & STREAM_BITS;
	g->parent = 0;
	g->parent_len = len == PRIORITY_LEN ? 0 : PARENT_BYTES; /* of another length it is malformed for that */
	g->malformed = type == PRIORITY && g->stream == 0;
	if (g->malformed)
		return false;
	if (type == HEADERS) {
		g->continuations = 0;
		g->block = len;
	} else if (type == CONTINUATION) {
		g->block += len;
		if (++g->continuations > GUARD_CONTINUATIONS || g->block > GUARD_BLOCK_BYTES)
			return false;
	}
	return guard_charge(g, cost_of(type, flags, len));
}

/* A byte now and then may keep a connection busy, but not a frame open. */
static void
note_unfinished(struct guard *g, uint64_t whole_before, int64_t now_ns)
{
	bool inside = g->head_len > 0 || g->in_block || (g->left > 0 && g->type != DATA);

	if (!inside)
		g->unfinished_ns = 0;
	else if (g->unfinished_ns == 0 || g->whole != whole_before)
		g->unfinished_ns = now_ns;
}

/* A stream that depends on itself (rfc7540 5.3.1): the session passes over that too.  false: it does. */
static bool
look_at_parent(struct guard *g, str_t payload)
{
	if (g->type != PRIORITY || g->parent_len == PARENT_BYTES)
		return true;
	for (size_t i = 0; i < payload.len && g->parent_len < PARENT_BYTES; i++, g->parent_len++)
		g->parent = g->parent << 8 | (uint8_t)payload.data[i];
	g->malformed = g->parent_len == PARENT_BYTES && (g->parent & STREAM_BITS) == g->stream;
	return !g->malformed;
}

bool
guard_look(struct guard *g, str_t bytes, int64_t now_ns)
{
	uint64_t whole_before = g->whole;

	refill(g, now_ns);
	while (bytes.len > 0) {
		if (g->left > 0) {
			size_t skip = bytes.len < g->left ? bytes.len : g->left;

			if (!look_at_parent(g, str_sub(bytes, 0, skip)))
				return false;
			g->left -= (uint32_t)skip;
			bytes = str_skip(bytes, skip);
			g->whole += g->left == 0 && !g->in_block;
			continue;
		}
		if (g->head_len == 0 && bytes.len >= sizeof(g->head)) {
			memcpy(g->head, bytes.data, sizeof(g->head));
			g->head_len = sizeof(g->head);
			bytes = str_skip(bytes, sizeof(g->head));
		} else {
			g->head[g->head_len++] = (uint8_t)bytes.data[0];
			bytes = str_skip(bytes, 1);
		}
		if (g->head_len < sizeof(g->head))
			continue;
		if (!begin_frame(g))
			return false;
		g->whole += g->left == 0 && !g->in_block;
	}
	note_unfinished(g, whole_before, now_ns);
	return true;
}
