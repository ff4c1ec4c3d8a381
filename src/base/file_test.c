/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static char room[] = "/tmp/file_test.XXXXXX";
static char path_text[PATH_MAX];

static const char *
in_room(const char *name)
{
	(void)snprintf(path_text, sizeof(path_text), "%s/%s", room, name);
	return path_text;
}

static str_t
read_back(struct buf *b, const char *name)
{
	buf_clear(b);
	if (file_read(NULL, in_room(name), FILE_ANY, b, NULL) != ERR_OK)
		return STR_NONE;
	return buf_str(b);
}

/* A kernel that refuses its nth call, then works again; or writes one byte at a time. */
static int calls_left;
static bool dribble;

static bool
fails_now(void)
{
	if (calls_left-- != 0)
		return false;
	errno = EIO;
	return true;
}

static int
open_or_fail(const char *path, int flags, mode_t mode)
{
	return fails_now() ? -1 : file_kernel.open(path, flags, mode);
}

static ssize_t
write_or_fail(int fd, const void *bytes, size_t len)
{
	return fails_now() ? -1 : file_kernel.write(fd, bytes, dribble && len > 1 ? 1 : len);
}

static int
fsync_or_fail(int fd)
{
	return fails_now() ? -1 : file_kernel.fsync(fd);
}

static int
rename_or_fail(const char *from, const char *to)
{
	return fails_now() ? -1 : file_kernel.rename(from, to);
}

static int
close_or_fail(int fd)
{
	int closed = file_kernel.close(fd);

	return fails_now() ? -1 : closed;
}

static void
test_replace(struct buf *b)
{
	struct file_ops ops = file_kernel;
	int attempts = 0, torn = 0, leftovers = 0, fine = 0;
	str_t got;

	ok(file_replace(NULL, in_room("f"), 0600, STR("old"), NULL) == ERR_OK, "a new file");
	ok(str_eq(read_back(b, "f"), STR("old")), "can be read");
	ops.open = open_or_fail;
	ops.write = write_or_fail;
	ops.fsync = fsync_or_fail;
	ops.rename = rename_or_fail;
	ops.close = close_or_fail;
	for (int n = 0; n < 20 && fine == 0; n++) {
		err_t e;

		calls_left = n;
		e = file_replace(&ops, in_room("f"), 0600, STR("new"), NULL);
		calls_left = -1;
		got = read_back(b, "f");
		torn += !(str_eq(got, STR("old")) || str_eq(got, STR("new")));
		leftovers += access(in_room("f.new"), F_OK) == 0;
		attempts++;
		if (e == ERR_OK && n < 8)
			continue; /* a failing close of a synced directory is no failure */
		fine += e == ERR_OK;
	}
	ok(attempts == 9 && fine == 1, "each of the %d steps can fail and is noticed", attempts - 1);
	ok(torn == 0, "a reader sees the old or the new, whichever step fails");
	ok(leftovers == 0, "nothing is left beside");

	calls_left = -1;
	dribble = true;
	ok(file_replace(&ops, in_room("f"), 0640, STR("in many pieces"), NULL) == ERR_OK &&
		str_eq(read_back(b, "f"), STR("in many pieces")),
	    "short writes are continued");
	ok(symlink("/etc/passwd", in_room("f.new")) == 0 &&
		file_replace(NULL, in_room("f"), 0600, STR("safe"), NULL) == ERR_OK &&
		str_eq(read_back(b, "f"), STR("safe")),
	    "a link laid beside is not followed");
}

static const struct {
	size_t size, limit;
	err_t want;
} limit_cases[] = {
	{ 0, 0, ERR_OK },
	{ 1, 0, ERR_LIMIT },
	{ 100, 100, ERR_OK },
	{ 101, 100, ERR_LIMIT },
	{ 200000, 300000, ERR_OK },
};

static const struct {
	mode_t mode;
	enum file_trust trust;
	err_t want;
} trust_cases[] = {
	{ 0666, FILE_ANY, ERR_OK },
	{ 0644, FILE_OURS, ERR_OK },
	{ 0664, FILE_OURS, ERR_REFUSED },
	{ 0646, FILE_OURS, ERR_REFUSED },
	{ 0600, FILE_SECRET, ERR_OK },
	{ 0400, FILE_SECRET, ERR_OK },
	{ 0640, FILE_SECRET, ERR_REFUSED },
	{ 0604, FILE_SECRET, ERR_REFUSED },
	{ 0700, FILE_SECRET, ERR_OK },
};

static struct stat shown; /* what fstat says of whatever */

static int
show(int fd, struct stat *ret)
{
	*ret = shown;
	return 0;
}

static const struct {
	const char *name;
	uid_t user;
	gid_t group;
	mode_t mode;
	err_t want;
} credential_cases[] = {
	{ "/run/credentials/x.service/key", 0, 0, 0440, ERR_OK },
	{ "/run/credentials/x.service/key", 0, 0, 0400, ERR_OK },
	{ "/run/credentials/x.service/key", 0, 0, 0460, ERR_REFUSED },
	{ "/run/credentials/x.service/key", 0, 0, 0444, ERR_REFUSED },
	{ "/run/credentials/x.service/key", 0, 50, 0440, ERR_REFUSED },
	{ "/run/credentials/../../etc/key", 0, 0, 0440, ERR_REFUSED },
	{ "/run/credentialsx/key", 0, 0, 0440, ERR_REFUSED },
	{ "/etc/key", 0, 0, 0440, ERR_REFUSED },
};

static void
test_credentials(struct diag *d)
{
	struct file_ops ops = file_kernel;
	struct buf b;

	ops.fstat = show;
	buf_init(&b, 1000);
	for (size_t i = 0; i < COUNT(credential_cases); i++) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		shown = (struct stat){ .st_uid = credential_cases[i].user, .st_gid = credential_cases[i].group,
			.st_mode = S_IFREG | credential_cases[i].mode };
		ok(file_read_fd(&ops, fd, credential_cases[i].name, FILE_SECRET, &b, d) ==
			credential_cases[i].want,
		    "a secret: %s, mode %04o", credential_cases[i].name, (unsigned)credential_cases[i].mode);
		(void)close(fd);
	}
	buf_fini(&b);
}

static void
test_read(struct diag *d)
{
	static char bytes[200000];
	struct buf b;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < COUNT(limit_cases); i++) {
		err_t e = file_replace(NULL, in_room("l"), 0600, str_make(bytes, limit_cases[i].size), NULL);

		buf_init(&b, limit_cases[i].limit);
		if (e == ERR_OK)
			e = file_read(NULL, in_room("l"), FILE_ANY, &b, NULL);
		ok(e == limit_cases[i].want && (e != ERR_OK || b.len == limit_cases[i].size),
		    "%zu bytes with limit %zu", limit_cases[i].size, limit_cases[i].limit);
		buf_fini(&b);
	}
	buf_init(&b, 1000);
	for (size_t i = 0; i < COUNT(trust_cases); i++) {
		buf_clear(&b);
		(void)file_replace(NULL, in_room("t"), 0600, STR("t"), NULL);
		(void)chmod(in_room("t"), trust_cases[i].mode);
		ok(file_read(NULL, in_room("t"), trust_cases[i].trust, &b, d) == trust_cases[i].want,
		    "mode %04o, trust %d", (unsigned)trust_cases[i].mode, (int)trust_cases[i].trust);
	}
	buf_clear(&b);
	ok(file_read(NULL, in_room("none"), FILE_ANY, &b, d) == ERR_NOT_FOUND, "no such file");
	ok(file_read(NULL, room, FILE_ANY, &b, d) == ERR_IO, "a directory is not a file");
	(void)mkfifo(in_room("pipe"), 0600);
	ok(file_read(NULL, in_room("pipe"), FILE_ANY, &b, d) == ERR_IO, "a pipe neither, nor does it block");
	buf_fini(&b);
	buf_init(&b, 1 << 20);
	ok(file_read(NULL, "/proc/self/status", FILE_ANY, &b, d) == ERR_OK && b.len > 100,
	    "a file whose size says 0 is read to its end");
	buf_fini(&b);
	buf_init(&b, 50);
	ok(file_read(NULL, "/proc/self/status", FILE_ANY, &b, d) == ERR_LIMIT && b.len <= 50,
	    "and no further than the limit");
	buf_fini(&b);
	ok(d->error_count == 8, "each refusal says why (%zu)", d->error_count);
}

int
main(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct diag d;
	struct buf b;
	struct stat st;

	diag_init(&d, arena, 20);
	buf_init(&b, 1000);
	if (mkdtemp(room) == NULL)
		return 1;
	test_replace(&b);
	test_read(&d);
	test_credentials(&d);
	ok(file_make_dirs(NULL, in_room("a/b//c/"), 0700, NULL) == ERR_OK &&
		stat(in_room("a/b/c"), &st) == 0 && S_ISDIR(st.st_mode),
	    "directories are made with their parents");
	ok(file_make_dirs(NULL, in_room("a/b"), 0700, NULL) == ERR_OK, "and may be there already");
	ok(file_make_dirs(NULL, in_room("f/g"), 0700, NULL) == ERR_IO, "not below a file");
	static const char *const left[] = { "a/b/c", "a/b", "a", "f", "l", "t", "pipe" };
	for (size_t i = 0; i < COUNT(left); i++)
		(void)remove(in_room(left[i]));
	ok(rmdir(room) == 0, "nothing else is left");
	buf_fini(&b);
	arena_free(&arena);
	return tap_done();
}
