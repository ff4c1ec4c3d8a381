/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard.h"

#include "base/clock.h"
#include "tap.h"

struct frame {
	uint8_t type, flags;
	uint32_t len;
};

/* How many such frames pass, up to 5,000, with the bytes coming `piece` at a time? */
static int
count_passed(const struct frame *f, size_t piece, int earned_each)
{
	struct guard g;
	char bytes[600] = { (char)(f->len >> 16), (char)(f->len >> 8), (char)f->len, (char)f->type,
		(char)f->flags, 0, 0, 0, 1 };
	int passed = 0;

	guard_init(&g, 0, 24);
	if (!guard_look(&g, STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0))
		return -1;
	for (; passed < 5000; passed++) {
		str_t rest = str_make(bytes, 9 + f->len);

		while (rest.len > 0) {
			size_t len = rest.len < piece ? rest.len : piece;

			if (!guard_look(&g, str_sub(rest, 0, len), 0))
				return passed;
			rest = str_skip(rest, len);
		}
		guard_earn(&g, earned_each);
	}
	return passed;
}

static const struct {
	const char *what;
	struct frame frame;
	int earned, least, most;
} cases[] = {
	{ "DATA with bytes", { 0, 0, 100 }, 0, 5000, 5000 },
	{ "empty DATA", { 0, 0, 0 }, 0, 500, 800 },
	{ "empty DATA that ends a stream", { 0, 1, 0 }, 0, 5000, 5000 },
	{ "DATA of padding only", { 0, 8, 200 }, 0, 150, 200 },
	{ "requests never served", { 1, 5, 30 }, 0, 400, 420 }, /* 256 at once, and as many pings and window updates */
	{ "requests served", { 1, 5, 30 }, GUARD_EARN_SERVED, 5000, 5000 },
	{ "PRIORITY", { 2, 0, 5 }, 0, 500, 800 },
	{ "RST_STREAM", { 3, 0, 4 }, 0, 200, 300 },
	{ "SETTINGS", { 4, 0, 6 }, 0, 500, 800 },
	{ "PUSH_PROMISE", { 5, 0, 6 }, 0, 500, 800 },
	{ "PING", { 6, 0, 8 }, 0, 500, 800 },
	{ "PING answered to DATA we sent", { 6, 1, 8 }, GUARD_EARN_DATA, 5000, 5000 },
	{ "GOAWAY", { 7, 0, 8 }, 0, 30, 50 },
	{ "WINDOW_UPDATE", { 8, 0, 4 }, 0, 500, 800 },
	{ "CONTINUATION", { 9, 0, 1 }, 0, GUARD_CONTINUATIONS, GUARD_CONTINUATIONS },
	{ "unknown frames", { 200, 0, 10 }, 0, 500, 800 },
};

/* One connection; row by row, at times 1, 2, … */
static const struct {
	const char *what, *bytes;
	size_t len;
	int64_t since;
} unfinished[] = {
	{ "a whole frame", "\0\0\0\4\0\0\0\0\0", 9, 0 },
	{ "half a head", "\0\0\4\1", 4, 2 },
	{ "its rest, half the payload", "\0\0\0\0\1ab", 7, 2 },
	{ "a byte more", "c", 1, 2 },
	{ "the end of a frame that does not end its block", "d", 1, 2 },
	{ "a whole continuation that does not, either", "\0\0\1\11\0\0\0\0\1x", 10, 2 },
	{ "the end", "\0\0\0\11\4\0\0\0\1", 9, 0 },
	{ "half a DATA frame", "\0\0\4\0\0\0\0\0\1ab", 11, 0 },
	{ "its end, and half a head", "cd\0\0", 4, 9 },
	{ "its rest, and half of another", "\0\4\0\0\0\0\0\0\0", 9, 10 },
	{ "nothing new", "", 0, 10 },
};

static const struct parent {
	const char *what, *stream, *parent;
	bool itself;
} parents[] = {
	{ "none", "\0\0\0\7", "\0\0\0\0", false },
	{ "another", "\0\0\0\7", "\0\0\0\5", false },
	{ "another of the same last byte", "\0\0\1\7", "\0\0\0\7", false },
	{ "itself", "\0\0\0\7", "\0\0\0\7", true },
	{ "itself alone", "\0\0\0\7", "\x80\0\0\7", true },
	{ "itself, far away", "\x7f\0\0\7", "\x7f\0\0\7", true },
};

static bool
names_itself(const struct parent *p, size_t piece)
{
	char bytes[14] = { 0, 0, 5, 2 };
	str_t rest = str_make(bytes, sizeof(bytes));
	struct guard g;
	bool passes = true;

	memcpy(bytes + 5, p->stream, 4);
	memcpy(bytes + 9, p->parent, 4);
	guard_init(&g, 0, 0);
	while (passes && rest.len > 0) {
		size_t len = rest.len < piece ? rest.len : piece;

		passes = guard_look(&g, str_sub(rest, 0, len), 0);
		rest = str_skip(rest, len);
	}
	return !passes && g.malformed;
}

int
main(void)
{
	static const char ping[17] = { 0, 0, 8, 6 };
	struct guard g;
	int passed = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		int whole = count_passed(&cases[i].frame, 4096, cases[i].earned);

		ok(whole >= cases[i].least && whole <= cases[i].most, "%s: %d pass", cases[i].what, whole);
		ok(count_passed(&cases[i].frame, 1, cases[i].earned) == whole, "the same byte by byte");
		ok(count_passed(&cases[i].frame, 10, cases[i].earned) == whole, "and in tens");
	}
	guard_init(&g, 0, 0);
	for (int second = 0; second < 1000; second++) {
		for (int i = 0; i < GUARD_REFILL_PER_S; i++)
			passed += guard_look(&g, str_make(ping, sizeof(ping)), second * CLOCK_NS_PER_S);
	}
	ok(passed == 1000 * GUARD_REFILL_PER_S, "time gives back");
	guard_init(&g, 0, 0);
	guard_earn(&g, GUARD_BUDGET);
	ok(!guard_charge(&g, GUARD_BUDGET + 1), "but never more than the budget");
	guard_init(&g, 0, 0);
	ok(!guard_look(&g, STR("\0\0\5\2\0\0\0\0\0"), 0) && g.malformed, "PRIORITY of no stream is malformed");
	guard_init(&g, 0, 0);
	for (size_t i = 0; i < COUNT(parents); i++) {
		for (size_t piece = 1; piece <= 14; piece++)
			ok(names_itself(&parents[i], piece) == parents[i].itself, "PRIORITY on %s, %d at a time",
			    parents[i].what, (int)piece);
	}
	guard_init(&g, 0, 0);
	for (size_t i = 0; i < COUNT(unfinished); i++) {
		ok(guard_look(&g, str_make(unfinished[i].bytes, unfinished[i].len), (int64_t)i + 1) &&
			g.unfinished_ns == unfinished[i].since,
		    "%s: unfinished since %d", unfinished[i].what, (int)unfinished[i].since);
	}
	return tap_done();
}
