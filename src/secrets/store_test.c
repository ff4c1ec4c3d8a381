/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "secrets/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

enum { MOST = 65536 };

static char room[] = "/tmp/coresdk-store-XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", room, name);
	return path;
}

static void
put_bytes(const char *name, mode_t mode, size_t len, const char *bytes)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || fchmod(fd, mode) != 0 || close(fd) != 0)
		ok(false, "cannot make %s", name);
}

static void
put(const char *name, mode_t mode, const char *text)
{
	put_bytes(name, mode, strlen(text), text);
}

static void
put_dir(const char *name, mode_t mode)
{
	if (mkdir(path_of(name), 0700) != 0 || chmod(path_of(name), mode) != 0)
		ok(false, "cannot make %s", name);
}

static void
put_link(const char *target, const char *name)
{
	if (symlink(target, path_of(name)) != 0)
		ok(false, "cannot link %s", name);
}

static void
make_room(void)
{
	static char big[MOST + 1];

	if (mkdtemp(room) == NULL)
		exit(1);
	put_dir("acme", 0755);
	put_dir("globex", 0700);
	put_dir("open", 0700);
	put_dir("acme/web", 0700);
	put_dir("acme/empty", 0700);
	put_dir("acme/loose", 0700);
	put("acme/db", 0600, "hunter2\n");
	put("acme/read-only", 0400, "r");
	put("acme/nothing", 0600, "");
	put_bytes("acme/binary", 0600, 4, "\0\xff\n\0");
	put("acme/web/key", 0600, "k");
	put("acme/web/cert", 0600, "c");
	put("acme/web/.hidden", 0600, "h");
	put("acme/web/no name", 0600, "n");
	put("acme/loose/x", 0600, "x");
	put("globex/db", 0600, "other");
	put("open/db", 0600, "o");
	put("top", 0600, "top");
	put("acme/group", 0640, "g");
	put("acme/group-write", 0620, "g");
	put("acme/world", 0604, "w");
	put("acme/run", 0700, "own bits do not matter");
	put("acme/.dot", 0600, "d");
	put("acme/-dash", 0600, "d");
	memset(big, 'x', sizeof(big));
	put_bytes("acme/full", 0600, MOST, big);
	put_bytes("acme/big", 0600, MOST + 1, big);
	put_link("db", "acme/link");
	put_link("../globex/db", "acme/far-link");
	put_link("/etc/passwd", "acme/passwd");
	put_link("missing", "acme/dangling");
	put_link("globex", "linked");
	put_link("../globex", "acme/linked-bundle");
	put("acme/twice", 0600, "t");
	if (mkfifo(path_of("acme/fifo"), 0600) != 0)
		ok(false, "cannot make a fifo");
	(void)chmod(path_of("open"), 0777);
	(void)chmod(path_of("acme/loose"), 0770);
}

/* want NULL: refused with err, the clause having why in it */
static const struct {
	const char *tenant, *bundle, *name, *want;
	err_t err;
	const char *why;
} rows[] = {
	{ "acme", "", "db", "hunter2\n", ERR_OK, NULL },
	{ "globex", "", "db", "other", ERR_OK, NULL },
	{ "acme", "", "read-only", "r", ERR_OK, NULL },
	{ "acme", "", "nothing", "", ERR_OK, NULL },
	{ "acme", "", "run", "own bits do not matter", ERR_OK, NULL },
	{ "acme", "web", "key", "k", ERR_OK, NULL },
	{ "acme", "web", "cert", "c", ERR_OK, NULL },
	/* not there */
	{ "acme", "", "missing", NULL, ERR_NOT_FOUND, "no such secret" },
	{ "acme", "", "key", NULL, ERR_NOT_FOUND, "no such secret" },
	{ "acme", "web", "db", NULL, ERR_NOT_FOUND, "no such secret" },
	{ "acme", "", "web", NULL, ERR_NOT_FOUND, "no such secret" },
	{ "acme", "none", "db", NULL, ERR_NOT_FOUND, "no such bundle" },
	{ "initech", "", "db", NULL, ERR_NOT_FOUND, "no secrets" },
	/* no names */
	{ "acme", "", "", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", ".", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "..", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", ".dot", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "-dash", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "../globex/db", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "web/key", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "/etc/passwd", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "db/", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "db ", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "db\n", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "d\\b", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "d\xc3\xa4", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "d%62", NULL, ERR_NOT_FOUND, "no name" },
	{ "acme", "", "d*", NULL, ERR_NOT_FOUND, "no name" },
	{ "..", "", "top", NULL, ERR_NOT_FOUND, "no secrets" },
	{ ".", "", "top", NULL, ERR_NOT_FOUND, "no secrets" },
	{ "", "", "top", NULL, ERR_NOT_FOUND, "no secrets" },
	{ "acme/web", "", "key", NULL, ERR_NOT_FOUND, "no secrets" },
	{ "acme", "..", "top", NULL, ERR_NOT_FOUND, "no such bundle" },
	{ "acme", ".", "db", NULL, ERR_NOT_FOUND, "no such bundle" },
	{ "acme", "../globex", "db", NULL, ERR_NOT_FOUND, "no such bundle" },
	/* links */
	{ "acme", "", "link", NULL, ERR_REFUSED, "link" },
	{ "acme", "", "far-link", NULL, ERR_REFUSED, "link" },
	{ "acme", "", "passwd", NULL, ERR_REFUSED, "link" },
	{ "acme", "", "dangling", NULL, ERR_REFUSED, "link" },
	{ "linked", "", "db", NULL, ERR_REFUSED, "link" },
	{ "acme", "linked-bundle", "db", NULL, ERR_REFUSED, "link" },
	/* what else is no secret */
	{ "acme", "", "fifo", NULL, ERR_REFUSED, "regular" },
	{ "acme", "db", "x", NULL, ERR_REFUSED, "directory" },
	{ "top", "", "x", NULL, ERR_REFUSED, "directory" },
	{ "acme", "", "group", NULL, ERR_REFUSED, "others may read" },
	{ "acme", "", "group-write", NULL, ERR_REFUSED, "others may read" },
	{ "acme", "", "world", NULL, ERR_REFUSED, "others may read" },
	{ "open", "", "db", NULL, ERR_REFUSED, "others may write" },
	{ "acme", "loose", "x", NULL, ERR_REFUSED, "others may write" },
	{ "acme", "", "big", NULL, ERR_LIMIT, "too big" },
};

static void
check(const struct store *s, size_t row, str_t tenant, str_t bundle, str_t name, str_t want, err_t err,
    const char *clause)
{
	struct secret *value = NULL;
	const char *why = "";
	err_t got = store_read(s, tenant, bundle, name, MOST, &value, &why);
	bool good = got == err;

	if (good && err == ERR_OK)
		good = str_eq(secret_str(value), want);
	else if (good)
		good = value == NULL && strstr(why, clause) != NULL;
	ok(good, "row %zu: %.*s/%.*s/%.*s: %s: %s", row, STR_FMT(tenant), STR_FMT(bundle), STR_FMT(name),
	    err_text(got), why);
	secret_free(&value);
}

static void
try_rows(const struct store *s)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check(s, i, str_of(rows[i].tenant), str_of(rows[i].bundle), str_of(rows[i].name),
		    str_of(rows[i].want), rows[i].err, rows[i].why);
}

static void
try_bytes(const struct store *s)
{
	static char longest[STORE_NAME_MAX + 2], path[STORE_NAME_MAX + 8], full[MOST];

	check(s, 1000, STR("acme"), STR(""), STR("binary"), STR("\0\xff\n\0"), ERR_OK, NULL);
	memset(full, 'x', sizeof(full));
	check(s, 1001, STR("acme"), STR(""), STR("full"), str_make(full, MOST), ERR_OK, NULL);
	check(s, 1002, STR("acme"), STR(""), STR("db\0x"), STR_NONE, ERR_NOT_FOUND, "no name");
	check(s, 1003, STR("acme\0"), STR(""), STR("db"), STR_NONE, ERR_NOT_FOUND, "no secrets");
	memset(longest, 'n', STORE_NAME_MAX + 1);
	(void)snprintf(path, sizeof(path), "acme/%.*s", STORE_NAME_MAX, longest);
	put(path, 0600, "long");
	check(s, 1004, STR("acme"), STR(""), str_make(longest, STORE_NAME_MAX), STR("long"), ERR_OK, NULL);
	check(s, 1005, STR("acme"), STR(""), str_make(longest, STORE_NAME_MAX + 1), STR_NONE, ERR_NOT_FOUND, "no name");
}

static void
try_owner(const struct store *s)
{
	struct secret *value = NULL;
	const char *why = "";

	if (geteuid() != 0) {
		tap_skip("only root can give a file to somebody else");
		return;
	}
	put("acme/theirs", 0600, "t");
	ok(chown(path_of("acme/theirs"), 12345, 12345) == 0 &&
		store_read(s, STR("acme"), STR(""), STR("theirs"), MOST, &value, &why) == ERR_REFUSED &&
		strstr(why, "another user") != NULL,
	    "a file of another user is not given out");
	put_dir("theirs", 0700);
	put("theirs/db", 0600, "t");
	ok(chown(path_of("theirs"), 12345, 12345) == 0 &&
		store_read(s, STR("theirs"), STR(""), STR("db"), MOST, &value, &why) == ERR_REFUSED,
	    "nor one in a directory of another user");
}

static void
try_hard_link(const struct store *s)
{
	char from[512];
	struct secret *value = NULL;
	const char *why = "";

	(void)snprintf(from, sizeof(from), "%s", path_of("acme/twice"));
	ok(link(from, path_of("acme/thrice")) == 0 &&
		store_read(s, STR("acme"), STR(""), STR("thrice"), MOST, &value, &why) == ERR_REFUSED &&
		strstr(why, "another name") != NULL,
	    "a file with two names is not given out");
}

static bool
lists(const struct store *s, struct arena *arena, const char *bundle, const char *want, err_t err)
{
	struct store_names names = { 0 };
	const char *why = "";
	char text[512] = "";
	err_t got = store_list(s, STR("acme"), str_of(bundle), arena, &names, &why);

	for (size_t i = 0; i < names.count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s,", STR_FMT(names.at[i]));
	return ok(got == err && strcmp(text, want) == 0, "bundle `%s`: %s %s%s", bundle, err_text(got), text, why);
}

static void
try_bundles(const struct store *s)
{
	struct arena *arena = arena_new(1 << 20);

	lists(s, arena, "web", "cert,key,no name,", ERR_OK);
	lists(s, arena, "empty", "", ERR_OK);
	lists(s, arena, "none", "", ERR_NOT_FOUND);
	lists(s, arena, "", "", ERR_NOT_FOUND);
	lists(s, arena, "..", "", ERR_NOT_FOUND);
	lists(s, arena, "linked-bundle", "", ERR_REFUSED);
	lists(s, arena, "loose", "", ERR_REFUSED);
	lists(s, arena, "db", "", ERR_REFUSED);
	for (int i = 0; i <= STORE_LIST_MAX; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "acme/empty/s%d", i);
		put(name, 0600, "");
	}
	lists(s, arena, "empty", "", ERR_LIMIT);
	(void)unlink(path_of("acme/empty/s0"));
	arena_free(&arena);
	arena = arena_new(1 << 20);
	{
		struct store_names names = { 0 };
		const char *why;

		ok(store_list(s, STR("acme"), STR("empty"), arena, &names, &why) == ERR_OK && names.count == STORE_LIST_MAX,
		    "a bundle of %d secrets", STORE_LIST_MAX);
	}
	arena_free(&arena);
}

static void
try_credentials(void)
{
	struct store s = { STORE_CREDENTIALS, room };
	struct arena *arena = arena_new(1 << 20);
	struct store_names names = { 0 };
	const char *why;

	put("by-list", 0440, "acl");
	check(&s, 2000, STR("whoever"), STR(""), STR("top"), STR("top"), ERR_OK, NULL);
	check(&s, 2001, STR(""), STR(""), STR("acme"), STR_NONE, ERR_NOT_FOUND, "no such secret");
	if (geteuid() == 0)
		check(&s, 2002, STR(""), STR(""), STR("by-list"), STR("acl"), ERR_OK, NULL);
	else
		check(&s, 2002, STR(""), STR(""), STR("by-list"), STR_NONE, ERR_REFUSED, "others");
	put("by-world", 0444, "all");
	check(&s, 2003, STR(""), STR(""), STR("by-world"), STR_NONE, ERR_REFUSED, "others");
	ok(store_list(&s, STR("acme"), STR("web"), arena, &names, &why) == ERR_NOT_FOUND, "credentials have no bundles");
	arena_free(&arena);
}

static void
try_top(const struct store *s)
{
	struct store none = { STORE_TENANTS, "/nonexistent/secrets" };
	char through[512];
	struct store linked = { STORE_TENANTS, through };

	check(&none, 3000, STR("acme"), STR(""), STR("db"), STR_NONE, ERR_IO, "cannot be read");
	(void)snprintf(through, sizeof(through), "%s-link", room);
	ok(symlink(room, through) == 0, "the operator's own path may be a link");
	check(&linked, 3001, STR("acme"), STR(""), STR("db"), STR("hunter2\n"), ERR_OK, NULL);
	(void)unlink(through);
	(void)chmod(room, 0777);
	check(s, 3002, STR("acme"), STR(""), STR("db"), STR_NONE, ERR_REFUSED, "others may write");
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

int
main(void)
{
	struct store s = { STORE_TENANTS, room };

	make_room();
	try_rows(&s);
	try_bytes(&s);
	try_owner(&s);
	try_hard_link(&s);
	try_bundles(&s);
	try_credentials();
	try_top(&s);
	(void)nftw(room, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
