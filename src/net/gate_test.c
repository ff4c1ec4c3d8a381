/* SPDX-License-Identifier: Apache-2.0 */
#include "net/gate.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "tap.h"

static struct peer
peer_of(enum peer_kind kind, const char *ip, uid_t uid)
{
	struct peer p = { .kind = kind, .uid = uid, .port = 4711, .pid = 7 };

	if (kind != PEER_UNIX)
		(void)inet_pton(kind == PEER_IPV4 ? AF_INET : AF_INET6, ip, p.ip);
	return p;
}

static const struct {
	enum peer_kind kind;
	const char *ip;
	uid_t uid;
	bool enters;
	const char *text, *what;
} cases[] = { /* in order: at most 2 of one peer, 6 in all */
	{ PEER_IPV4, "10.0.0.1", 0, true, "10.0.0.1:4711", "the first of an address" },
	{ PEER_IPV4, "10.0.0.1", 0, true, "10.0.0.1:4711", "the second" },
	{ PEER_IPV4, "10.0.0.1", 0, false, "10.0.0.1:4711", "not the third" },
	{ PEER_IPV4, "10.0.0.2", 0, true, "10.0.0.2:4711", "another address" },
	{ PEER_IPV6, "2001:db8::1", 0, true, "[2001:db8::1]:4711", "an IPv6 address" },
	{ PEER_IPV6, "2001:db8::2", 0, true, "[2001:db8::2]:4711", "a neighbour in its network" },
	{ PEER_IPV6, "2001:db8::3", 0, false, "[2001:db8::3]:4711", "counted with it" },
	{ PEER_UNIX, NULL, 1000, true, "unix:uid=1000,pid=7", "a Unix user" },
	{ PEER_UNIX, NULL, 1001, false, "unix:uid=1001,pid=7", "the house is full" },
};

static void
test_ration(struct gate *g)
{
	static const struct {
		int64_t ms;
		bool tells;
		uint64_t untold;
	} moments[] = { { 0, true, 0 }, { 1, false, 0 }, { GATE_TELL_MS - 1, false, 1 }, { GATE_TELL_MS, true, 2 },
		{ 2 * GATE_TELL_MS - 1, false, 0 }, { 60 * GATE_TELL_MS, true, 1 }, { 61 * GATE_TELL_MS, true, 0 } };

	for (size_t i = 0; i < COUNT(moments); i++) {
		uint64_t untold = UINT64_MAX;
		bool tells = gate_may_tell(g, moments[i].ms * CLOCK_NS_PER_MS, &untold);

		ok(tells == moments[i].tells && untold == moments[i].untold, "after %d ms a refusal is %s, %d were not",
		    (int)moments[i].ms, tells ? "told" : "not told", (int)untold);
	}
}

int
main(void)
{
	struct gate *g = gate_new(6, 2);
	char room[PEER_TEXT_MAX];
	struct peer p;

	for (size_t i = 0; i < COUNT(cases); i++) {
		p = peer_of(cases[i].kind, cases[i].ip, cases[i].uid);
		ok(gate_enter(g, &p) == cases[i].enters, "%s", cases[i].what);
		ok(str_eq(peer_write(&p, room), str_of(cases[i].text)), "is written %s", cases[i].text);
	}
	ok(gate_count(g) == 6 && gate_refused_count(g) == 3, "both are counted");
	p = peer_of(PEER_IPV4, "10.0.0.1", 0);
	gate_leave(g, &p);
	ok(gate_enter(g, &p), "who leaves makes room");
	for (size_t i = 0; i < COUNT(cases); i++) {
		p = peer_of(cases[i].kind, cases[i].ip, cases[i].uid);
		if (cases[i].enters)
			gate_leave(g, &p);
	}
	ok(gate_count(g) == 0, "nobody is left");
	test_ration(g);
	gate_free(&g);
	return tap_done();
}
