/* SPDX-License-Identifier: Apache-2.0 */
#include "net/allow.h"

#include "tap.h"

enum { ENTRIES = 4, NAMES = 3 };

static const struct {
	const char *entries[ENTRIES];
	const char *names[NAMES]; /* with "://": a URI */
	const char *path;
	bool admitted;
} cases[] = {
	{ { NULL }, { "a.example" }, "/s.S/R", true },
	{ { "a.example" }, { "a.example" }, "/s.S/R", true },
	{ { "a.example" }, { "A.Example" }, "/s.S/R", true },
	{ { "a.example" }, { "b.example" }, "/s.S/R", false },
	{ { "a.example" }, { "*.example" }, "/s.S/R", false },
	{ { "a.example" }, { "x.a.example" }, "/s.S/R", false },
	{ { "a.example" }, { "b.example", "a.example" }, "/s.S/R", true },
	{ { "a.example" }, { NULL }, "/s.S/R", false },
	{ { "a.example" }, { "a://a.example" }, "/s.S/R", false },
	{ { "spiffe://d/app" }, { "spiffe://d/app" }, "/s.S/R", true },
	{ { "spiffe://d/app" }, { "spiffe://d/App" }, "/s.S/R", false },
	{ { "spiffe://d/app" }, { "spiffe://d/app/x" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app/x" }, "/s.S/R", true },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app/x/y" }, "/s.S/R", true },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app/" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/apple/x" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app/../x" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app//x" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app/%2e%2e/x" }, "/s.S/R", false },
	{ { "spiffe://d/app/*" }, { "spiffe://d/app/x?y" }, "/s.S/R", false },
	{ { "spiffe://d/*" }, { "spiffe://d.evil/x" }, "/s.S/R", false },
	{ { "spiffe://d/app" }, { "spiffe://d/app", "spiffe://e/app" }, "/s.S/R", false },
	{ { "S=a.example" }, { "a.example" }, "/s.S/R", true },
	{ { "S=a.example" }, { "b.example" }, "/s.S/R", false },
	{ { "S=a.example" }, { "b.example" }, "/s.T/R", true },
	{ { "S=a.example" }, { "b.example" }, "/s.XS/R", true },
	{ { "s.S=a.example" }, { "b.example" }, "/s.S/R", false },
	{ { "s.S=a.example" }, { "b.example" }, "/t.S/R", true },
	{ { "S=a.example", "b.example" }, { "b.example" }, "/s.S/R", false },
	{ { "S=a.example", "b.example" }, { "b.example" }, "/s.T/R", true },
	{ { "S=a.example", "b.example" }, { "a.example" }, "/s.T/R", false },
	{ { "S=a.example", "S=c.example", "b.example" }, { "c.example" }, "/s.S/R", true },
};

static const char *const refused[] = { "", "=a.example", "S=", "*.example", "a..example", ".example", "a.example.",
	"a b", "spiffe://", "spiffe://d/*/x", "spiffe://d/a*", "spiffe://*", "spiffe://d//x", "spiffe://d/../x",
	"spiffe://d/x%20", "://x", "spiffe://d/" };

static struct peer
make_peer(const char *const *names, struct peer_name *room)
{
	struct peer peer = { .certified = true, .secured = true, .names = room };

	for (; peer.name_count < NAMES && names[peer.name_count] != NULL; peer.name_count++) {
		str_t text = str_of(names[peer.name_count]);

		room[peer.name_count] = (struct peer_name){
			str_find(text, STR("://"), 0) < text.len ? PEER_NAME_URI : PEER_NAME_DNS, text };
	}
	return peer;
}

static void
try_case(struct arena *arena, size_t i)
{
	struct peer_name room[NAMES];
	struct peer peer = make_peer(cases[i].names, room), anybody = { .secured = true };
	str_t texts[ENTRIES];
	struct allow_list list;
	size_t count = 0;
	bool fine;

	for (; count < ENTRIES && cases[i].entries[count] != NULL; count++)
		texts[count] = str_of(cases[i].entries[count]);
	fine = allow_list_read(arena, texts, count, NULL, &list) == ERR_OK;
	ok(fine && allow_list_admits(&list, &peer, str_of(cases[i].path)) == cases[i].admitted,
	    "%s …: %s …, %s: %s", count > 0 ? cases[i].entries[0] : "(none)",
	    peer.name_count > 0 ? cases[i].names[0] : "(none)", cases[i].path,
	    cases[i].admitted ? "admitted" : "refused");
	if (count > 0)
		ok(!allow_list_admits(&list, &anybody, STR("/s.S/R")), "nor is a peer without a certificate");
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 16);
	struct allow_list list;
	struct diag d;

	diag_init(&d, arena, COUNT(refused));
	for (size_t i = 0; i < COUNT(cases); i++)
		try_case(arena, i);
	for (size_t i = 0; i < COUNT(refused); i++) {
		str_t text = str_of(refused[i]);

		ok(allow_list_read(arena, &text, 1, &d, &list) == ERR_CONFIG && d.error_count == i + 1,
		    "\"%s\" is no entry", refused[i]);
	}
	arena_free(&arena);
	return tap_done();
}
