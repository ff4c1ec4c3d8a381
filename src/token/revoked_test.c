/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"
#include "codec/hex.h"
#include "token/revoked.h"

enum { NOW = 1000, MOST = 64 };

static char path[] = "/tmp/revoked-XXXXXX";

static struct revoked_name
name_of(unsigned number)
{
	char token[32];
	int len = snprintf(token, sizeof(token), "h.p%u.s", number);

	return revoked_name_of(str_make(token, (size_t)len));
}

static struct revoked *
reopen(int64_t now, size_t *ret_findings)
{
	struct revoked *r = revoked_new(MOST, NULL);
	struct arena *arena = arena_new(1 << 16);
	struct diag diag;

	diag_init(&diag, arena, 4);
	if (revoked_open(r, path, false, now, &diag) != ERR_OK)
		ok(false, "opens: %.*s", STR_FMT(diag_first_message(&diag)));
	if (ret_findings != NULL)
		*ret_findings = diag.error_count;
	arena_free(&arena);
	return r;
}

static void
add(struct revoked *r, unsigned number, int64_t until, err_t want)
{
	struct revoked_name name = name_of(number);
	err_t got = revoked_add(r, &name, until, NOW);

	if (got != want)
		ok(false, "adding %u until %lld: %s", number, (long long)until, err_name(got));
}

static bool
has(struct revoked *r, unsigned number)
{
	struct revoked_name name = name_of(number);

	return revoked_has(r, &name);
}

static void
write_file(const char *mode, const char *text)
{
	FILE *f = fopen(path, mode);

	(void)fputs(text, f);
	(void)fclose(f);
}

static void
try_names(void)
{
	struct revoked_name a = revoked_name_of(STR("aa.bb.cc")), b = revoked_name_of(STR("aa.bb.dd"));
	struct revoked_name c = revoked_name_of(STR("aa.bc.cc")), none = revoked_name_of(STR("aa.bb"));
	struct revoked_name zero = { { 0 } };

	ok(memcmp(&a, &b, sizeof(a)) == 0, "another signature over the same part: the same token");
	ok(memcmp(&a, &c, sizeof(a)) != 0, "another part: another token");
	ok(memcmp(&none, &zero, sizeof(none)) == 0, "no token: no name");
}

static void
try_life(void)
{
	struct revoked *r = reopen(NOW, NULL);
	uint64_t epoch = revoked_epoch(r);

	ok(!has(r, 1), "nothing is revoked at first");
	add(r, 1, 2000, ERR_OK);
	ok(has(r, 1) && !has(r, 2) && revoked_epoch(r) > epoch, "one is, and the epoch says so");
	epoch = revoked_epoch(r);
	add(r, 1, 1500, ERR_OK);
	ok(revoked_epoch(r) == epoch && revoked_count(r) == 1, "again, for less long: nothing new");
	add(r, 2, 1100, ERR_OK);
	revoked_free(&r);
	r = reopen(NOW, NULL);
	ok(has(r, 1) && has(r, 2), "both are, after a restart");
	revoked_free(&r);
	r = reopen(1100, NULL);
	ok(has(r, 1) && !has(r, 2) && revoked_count(r) == 1, "what is over is forgotten");
	revoked_free(&r);
}

static void
try_torn(void)
{
	struct revoked *r;
	size_t findings;

	write_file("a", "0123456789abcdef");
	r = reopen(NOW, &findings);
	ok(has(r, 1) && findings == 1, "a torn last line: said, and the others count");
	revoked_free(&r);
	r = reopen(NOW, &findings);
	ok(has(r, 1) && findings == 0, "and the file is whole again");
	revoked_free(&r);
	write_file("a", "zz\n\n12 13\n");
	r = reopen(NOW, &findings);
	add(r, 3, 2000, ERR_OK);
	ok(has(r, 1) && has(r, 3) && findings == 1, "spoiled lines: the same");
	revoked_free(&r);
}

static void
try_bound(void)
{
	struct revoked *r;

	(void)unlink(path);
	r = reopen(NOW, NULL);
	for (unsigned i = 0; i < MOST; i++)
		add(r, i, i % 2 == 0 ? 5000 : 1001, ERR_OK);
	add(r, MOST, 5000, ERR_LIMIT);
	ok(revoked_count(r) == MOST && !has(r, MOST), "full: refused");
	ok(revoked_add(r, &(struct revoked_name){ { 7 } }, 5000, 1001) == ERR_OK && revoked_count(r) == MOST / 2 + 1,
	    "when half of it is over there is room again");
	for (unsigned i = 0; i < MOST; i += 2) {
		if (!has(r, i))
			ok(false, "%u was lost", i);
	}
	revoked_free(&r);
	r = reopen(1002, NULL);
	ok(revoked_count(r) == MOST / 2 + 1, "as much after a restart");
	revoked_free(&r);
}

/* ---- a disk that fails ---- */

static int failing;

static ssize_t
write_badly(int fd, const void *bytes, size_t len)
{
	if (failing == 0)
		return write(fd, bytes, len);
	if (failing-- == 2)
		return write(fd, bytes, len / 2);
	errno = ENOSPC;
	return -1;
}

static void
try_failure(void)
{
	struct file_ops ops = file_kernel;
	struct revoked *r = revoked_new(MOST, &ops);
	struct revoked_name name = name_of(1);

	(void)unlink(path);
	ops.write = write_badly;
	ok(revoked_open(r, path, true, NOW, NULL) == ERR_OK, "opens");
	failing = 2;
	ok(revoked_add(r, &name, 2000, NOW) == ERR_IO && revoked_has(r, &name), "half a line: said, and revoked all the same");
	add(r, 2, 2000, ERR_OK);
	revoked_free(&r);
	r = reopen(NOW, NULL);
	ok(has(r, 2), "the next one is whole in the file");
	revoked_free(&r);
}

/* Lists that were delivered: what is over is passed by, what is spoiled counted, the rest stays. */
static void
try_merge(void)
{
	struct revoked *r = reopen(NOW, NULL);
	struct revoked_name name;
	size_t added, spoiled;
	struct buf list;

	buf_init(&list, 4096);
	for (int i = 1; i <= 3; i++) {
		name = name_of((unsigned)(60 + i));
		hex_write(&list, str_make((const char *)name.bytes, sizeof(name.bytes)));
		buf_printf(&list, " %d\n", i == 2 ? NOW - 1 : NOW + 1000);
	}
	buf_add_text(&list, "junk\n00 12\n");
	ok(revoked_merge(r, buf_str(&list), NOW, &added, &spoiled) == ERR_OK && added == 2 && spoiled == 2,
	    "merged: %zu added, %zu spoiled", added, spoiled);
	ok(has(r, 61) && !has(r, 62) && has(r, 63), "those that are not over");
	ok(revoked_merge(r, buf_str(&list), NOW, &added, &spoiled) == ERR_OK && added == 0, "once more: nothing new");
	revoked_free(&r);
	r = reopen(NOW, NULL);
	ok(has(r, 61) && has(r, 63), "and still there after a restart");
	revoked_free(&r);
	buf_fini(&list);
}

int
main(void)
{
	int fd = mkstemp(path);

	(void)close(fd);
	(void)unlink(path);
	try_names();
	try_life();
	try_torn();
	try_bound();
	try_failure();
	(void)unlink(path);
	try_merge();
	(void)unlink(path);
	return tap_done();
}
