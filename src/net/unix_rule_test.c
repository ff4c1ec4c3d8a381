/* SPDX-License-Identifier: Apache-2.0 */
#include "net/unix_rule.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static const char table[] = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:\nbroken\nodd:x\nbig:x:4294967295:\nlast:x:7";

static const struct {
	const char *name;
	int64_t want; /* -1: not there */
} finds[] = { { "root", 0 }, { "app", 1000 }, { "last", 7 }, { "ap", -1 }, { "appl", -1 }, { "broken", -1 },
	{ "odd", -1 }, { "big", -1 }, { "", -1 }, { "x", -1 } };

static const struct {
	const char *user, *group;
	bool admits_me;
} rules[] = {
	{ NULL, NULL, true },
	{ "me", NULL, true },
	{ NULL, "mine", true },
	{ "other", "mine", true },
	{ "me", "other", true },
	{ "other", NULL, false },
	{ NULL, "other", false },
	{ "other", "other", false },
};

static str_t
number_of(struct arena *arena, const char *name)
{
	unsigned n = strcmp(name, "me") == 0 ? geteuid() : strcmp(name, "mine") == 0 ? getegid() : 54321;

	return arena_printf(arena, "%u", n);
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct peer me = { .kind = PEER_UNIX, .uid = geteuid(), .gid = getegid() }, far = { .kind = PEER_IPV4 };
	struct unix_rule rule;
	str_t nobody = STR("no such name, ever");
	int pair[2];

	if (arena == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return 1;
	for (size_t i = 0; i < COUNT(finds); i++) {
		uint32_t n = 0;
		bool found = unix_rule_find(str_of(table), str_of(finds[i].name), &n);

		ok(finds[i].want < 0 ? !found : found && n == finds[i].want, "\"%s\"", finds[i].name);
	}
	for (size_t i = 0; i < COUNT(rules); i++) {
		str_t user = rules[i].user != NULL ? number_of(arena, rules[i].user) : STR_NONE;
		str_t group = rules[i].group != NULL ? number_of(arena, rules[i].group) : STR_NONE;

		ok(unix_rule_read(arena, (struct unix_names){ &user, user.len > 0 },
		       (struct unix_names){ &group, group.len > 0 }, NULL, &rule) == ERR_OK &&
			unix_rule_admits(&rule, &me, pair[0]) == rules[i].admits_me &&
			unix_rule_admits(&rule, &far, pair[0]),
		    "user %s, group %s: %s", rules[i].user != NULL ? rules[i].user : "any",
		    rules[i].group != NULL ? rules[i].group : "any", rules[i].admits_me ? "admitted" : "refused");
	}
	ok(unix_rule_read(arena, (struct unix_names){ &nobody, 1 }, (struct unix_names){ 0 }, NULL, &rule) != ERR_OK,
	    "a name that is not there is an error");
	(void)close(pair[0]);
	(void)close(pair[1]);
	arena_free(&arena);
	return tap_done();
}
