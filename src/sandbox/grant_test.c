/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sandbox/grant.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

/* A tree: etc/jwks.json; srv/v1/x, srv/current -> v1; far -> srv/current; loop -> loop. */
static bool
plant(void)
{
	return mkdir("etc", 0700) == 0 && mkdir("srv", 0700) == 0 && mkdir("srv/v1", 0700) == 0 &&
	    symlink("v1", "srv/current") == 0 && symlink("srv/current", "far") == 0 && symlink("loop", "loop") == 0 &&
	    symlink("/", "root") == 0;
}

static const struct {
	const char *path;
	bool is_directory;
	enum grant_access access;
	const char *want; /* in the order they were found, the last first */
} cases[] = {
	{ "etc/jwks.json", false, GRANT_READ, "etc " },
	{ "etc/none/jwks.json", false, GRANT_READ, "" },
	{ "jwks.json", false, GRANT_READ, ". " },
	{ "srv/current/x", false, GRANT_READ, "srv/v1 srv " },
	{ "far/x", false, GRANT_READ, "./srv/v1 ./srv . " },
	{ "far/x", false, GRANT_WRITE, "./srv/v1 " },
	{ "loop/x", false, GRANT_READ, ". " },
	{ "etc", true, GRANT_READ, "etc " },
	{ "etc/", true, GRANT_READ, "etc/ " },
	{ "none", true, GRANT_READ, "" },
	{ "none", true, GRANT_WRITE, ". " },
	{ "etc/audit", true, GRANT_WRITE, "etc " },
	{ "none/audit", true, GRANT_WRITE, "" },
	{ "etc/admin.sock", false, GRANT_REMOVE, "etc " },
	{ "/", true, GRANT_WRITE, "" },
	{ "/", true, GRANT_READ, "" },
	{ "root", true, GRANT_READ, ". " },
	{ "/jwks.json", false, GRANT_READ, "/jwks.json " },
	{ "/admin.sock", false, GRANT_WRITE, "" },
	{ "", false, GRANT_READ, "" },
	{ "", true, GRANT_WRITE, "" },
};

static void
check(size_t i)
{
	struct grants g = { .arena = arena_new((size_t)1 << 20) };
	char text[512] = "";
	size_t len = 0;

	if (cases[i].is_directory)
		grant_directory(&g, str_of(cases[i].path), cases[i].access);
	else
		grant_file(&g, str_of(cases[i].path), cases[i].access);
	for (const struct grant *one = g.first; one != NULL && len < sizeof(text); one = one->next)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", one->path);
	ok(str_eq(str_of(text), str_of(cases[i].want)), "`%s` grants `%s`, got `%s`", cases[i].path, cases[i].want, text);
	arena_free(&g.arena);
}

int
main(void)
{
	char room[] = "/tmp/coresdk-grant-XXXXXX";
	struct grants twice = { .arena = arena_new((size_t)1 << 20) };

	if (mkdtemp(room) == NULL || chdir(room) != 0 || !plant())
		return ok(false, "the tree is planted"), tap_done();
	for (size_t i = 0; i < COUNT(cases); i++)
		check(i);
	grant_file(&twice, STR("etc/a"), GRANT_READ);
	grant_file(&twice, STR("etc/b"), GRANT_READ);
	ok(twice.count == 1, "a directory is granted once");
	arena_free(&twice.arena);
	(void)!(unlink("root") | unlink("loop") | unlink("far") | unlink("srv/current") | rmdir("srv/v1") | rmdir("srv") |
	    rmdir("etc") | chdir("/") | rmdir(room));
	return tap_done();
}
