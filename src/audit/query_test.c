/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index and query against what a plain look at every line gives: logs of many shapes, in one
 * file or rotated, plain or packed, with good, missing and lying indexes, at every bound.
 */
#define _GNU_SOURCE
#include "audit/archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/entry.h"
#include "audit/happening.h"
#include "audit/rotate.h"
#include "base/clock.h"
#include "base/file.h"
#include "codec/gzip.h"
#include "tap.h"

enum { LINES = 3000, FOUND_MAX = 4000 };

static char directory[] = "audit-query-test-XXXXXX";

static struct line { /* of the log; what is right is computed from these */
	int64_t time_ms;
	const char *tenant, *action;
	size_t at, len; /* in `text` */
} lines[LINES];
static struct buf text;

static const char *const tenants[] = { "acme", "globex", "initech", "x\"y", "acme2", "", "umbrella", "hooli", "t8", "t9",
	"t10", "t11" };

static void
make_lines(void)
{
	static const char *const actions[] = { "read", "write", "order.create", "order.delete", "order", "auth.login" };
	struct digest *sha = digest_new(DIGEST_SHA256);
	char hash[AUDIT_HASH_LEN];
	struct buf body, scratch;
	size_t split;

	buf_init(&text, 8 << 20);
	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&scratch, AUDIT_BODY_MAX);
	audit_genesis(hash);
	for (size_t i = 0; i < LINES; i++) {
		struct line *l = &lines[i];

		/* Tenants in stretches, so that blocks differ; a stretch with many; the clock jumps back once. */
		l->tenant = i / 300 == 4 ? tenants[i % COUNT(tenants)] : tenants[i / 300 % 4];
		l->action = i == 1234 ? "needle" : actions[i % COUNT(actions)];
		l->time_ms = 1767225600000 + (int64_t)i * 1000 - (i > 2000 ? 500000 : 0);
		buf_clear(&body);
		if (i % 3 == 0) {
			struct audit_happening h = { .time_ms = l->time_ms, .event_id = STR("e"), .tenant_id = str_of(l->tenant),
				.action = str_of(l->action), .outcome = STR("success") };

			audit_happening_write(&body, &scratch, &h, NULL, &split);
		} else {
			struct audit_record r = { .time_ms = l->time_ms, .tenant_id = str_of(l->tenant),
				.action = str_of(l->action), .allow = i % 2 };

			audit_record_write(&body, &r, NULL, &split);
		}
		l->at = text.len;
		audit_line_write(&text, sha, buf_str(&body), split, i + 1, hash);
		l->len = text.len - l->at;
	}
	buf_fini(&body);
	buf_fini(&scratch);
	digest_free(&sha);
}

/* ---- what is right ---- */

static bool
is_wanted(const struct audit_wish *w, const struct line *l)
{
	str_t action = str_of(l->action), filter = w->action;

	if (!w->any_tenant && !str_eq(w->tenant_id, str_of(l->tenant)))
		return false;
	if (l->time_ms < w->from_ms || (w->to_ms > 0 && l->time_ms > w->to_ms))
		return false;
	if (filter.len > 0 && filter.data[filter.len - 1] == '*')
		return str_has_prefix(action, str_sub(filter, 0, filter.len - 1));
	return filter.len == 0 || str_eq(action, filter);
}

static struct { uint64_t seq[FOUND_MAX]; size_t count; } found;

static err_t
on_found(void *context, str_t line, const struct audit_link *link)
{
	if (found.count < FOUND_MAX)
		found.seq[found.count++] = link->seq;
	return ERR_OK;
}

static bool
is_right(const struct audit_wish *w, size_t count)
{
	size_t at = 0;

	for (size_t i = count; i > 0 && at < w->limit; i--) {
		if (is_wanted(w, &lines[i - 1]) && (at >= found.count || found.seq[at++] != i))
			return false;
	}
	return at == found.count;
}

/* ---- logs in files ---- */

/* `packed`: 1 as the tender packs, in members; 2 as another program does, in one. */
static void
write_file(const char *name, str_t bytes, unsigned packed)
{
	char path[256];
	struct buf out, scratch;

	(void)snprintf(path, sizeof(path), "%s/log/%s%s", directory, name, packed ? ".gz" : "");
	buf_init(&out, 16 << 20);
	buf_init(&scratch, 16 << 20);
	if (packed == 2 && gzip_write(&out, bytes, 6) != ERR_OK)
		abort();
	while (packed == 1 && bytes.len > 0) {
		if (audit_packed_write(&out, &scratch, str_cut(bytes, 100000)) != ERR_OK)
			abort();
		bytes = str_skip(bytes, bytes.len < 100000 ? bytes.len : 100000);
	}
	if (packed != 0)
		bytes = buf_str(&out);
	if (file_replace(NULL, path, 0600, bytes, NULL) != ERR_OK)
		abort();
	buf_fini(&out);
	buf_fini(&scratch);
}

static str_t
lines_of(size_t from, size_t to)
{
	size_t begin = from < LINES ? lines[from].at : text.len, end = to < LINES ? lines[to].at : text.len;

	return str_make(text.data + begin, end - begin);
}

static void
clear_folder(const char *folder)
{
	char path[256];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, folder);
	dir = opendir(path);
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
		(void)unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		(void)closedir(dir);
}

/* The log as rotated after each of these lines; the rest is the file that grows. */
static void
lay_out(const size_t *ends, size_t count, const char *packed)
{
	size_t from = 0;
	char name[64];

	clear_folder("log");
	clear_folder("index");
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "audit.%012zu", ends[i]);
		write_file(name, lines_of(from, ends[i]), (unsigned)(packed[i] - '0'));
		from = ends[i];
	}
	write_file("audit", lines_of(from, LINES), 0);
}

static struct audit_archive *
open_archive(struct arena *arena, bool with_index)
{
	return audit_archive_new(arena_printf(arena, "%s/log/audit", directory),
	    with_index ? arena_printf(arena, "%s/index", directory) : STR_NONE);
}

static err_t
search(struct audit_archive *a, struct arena *arena, const struct audit_wish *w, uint64_t last_seq,
    struct audit_search *s)
{
	struct audit_query q;
	err_t err;

	found.count = 0;
	if (audit_query_make(arena, w, NULL, NULL, &q) != ERR_OK)
		abort();
	s->query = &q;
	s->found = on_found;
	if (audit_search_init(s) != ERR_OK)
		abort();
	err = audit_archive_search(a, s, last_seq);
	audit_search_fini(s);
	return err;
}

static const struct audit_wish wishes[] = {
	{ .any_tenant = true, .limit = FOUND_MAX },
	{ .any_tenant = true, .limit = 10 },
	{ .tenant_id = { "acme", 4 }, .limit = FOUND_MAX },
	{ .tenant_id = { "acme2", 5 }, .limit = FOUND_MAX },
	{ .tenant_id = { "x\"y", 3 }, .limit = 5 },
	{ .tenant_id = { "t11", 3 }, .limit = FOUND_MAX },
	{ .tenant_id = { "nobody", 6 }, .limit = FOUND_MAX },
	{ .tenant_id = { "globex", 6 }, .action = { "order.*", 7 }, .limit = 77 },
	{ .tenant_id = { "globex", 6 }, .action = { "order", 5 }, .limit = FOUND_MAX },
	{ .any_tenant = true, .action = { "needle", 6 }, .limit = 1 },
	{ .any_tenant = true, .action = { "*", 1 }, .limit = 257 },
	{ .any_tenant = true, .from_ms = 1767225600000 + 1700000, .to_ms = 1767225600000 + 1900000, .limit = FOUND_MAX },
	{ .any_tenant = true, .to_ms = 1767225600000, .limit = FOUND_MAX },
	{ .tenant_id = { "initech", 7 }, .from_ms = 1767225600000 + 2500000, .limit = FOUND_MAX },
};

static void
try_wishes(struct audit_archive *a, struct arena *arena, const char *label)
{
	for (size_t i = 0; i < COUNT(wishes); i++) {
		for (size_t last = LINES; last > 0; last = last == LINES ? 1500 : 0) {
			struct audit_search s = { 0 };
			err_t err = search(a, arena, &wishes[i], last, &s);

			ok(err == ERR_OK && is_right(&wishes[i], last), "%s: wish %zu up to %zu: %zu found", label, i, last,
			    found.count);
		}
	}
}

static void
test_layouts(struct arena *arena)
{
	static const size_t ends[] = { 1, 700, 701, 1900, 2900 };
	static const struct { const char *label; size_t count; const char *packed; bool index; } layouts[] = {
		{ "one file", 0, "", false },
		{ "rotated", 5, "00000", true },
		{ "packed", 5, "11111", true },
		{ "packed by others", 5, "22222", true },
		{ "some packed, no index", 5, "01021", false },
	};

	for (size_t i = 0; i < COUNT(layouts); i++) {
		struct audit_archive *a;

		lay_out(ends, layouts[i].count, layouts[i].packed);
		for (int again = 0; again < (layouts[i].index ? 2 : 1); again++) { /* with what the first kept */
			a = open_archive(arena, layouts[i].index);
			try_wishes(a, arena, layouts[i].label);
			audit_archive_free(&a);
		}
	}
}

/* The file grows, is rotated, is packed, while one archive looks on. */
static void
test_growth(struct arena *arena)
{
	const struct audit_wish *w = &wishes[2];
	struct audit_archive *a;
	char from[256], to[256];
	bool good = true;

	clear_folder("log");
	clear_folder("index");
	a = open_archive(arena, true);
	for (size_t to_line = 0; to_line <= 1000; to_line += 50) {
		struct audit_search s = { 0 };
		char path[256];
		int fd;

		(void)snprintf(path, sizeof(path), "%s/log/audit", directory);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (to_line > 0 && file_write_all(NULL, fd, lines_of(to_line - 50, to_line)) != ERR_OK)
			abort();
		if (file_write_all(NULL, fd, STR("")) != ERR_OK || close(fd) != 0)
			abort();
		good &= search(a, arena, w, to_line > 0 ? to_line : UINT64_MAX, &s) == ERR_OK && is_right(w, to_line);
	}
	ok(good, "a file that grows");
	(void)snprintf(from, sizeof(from), "%s/log/audit", directory);
	(void)snprintf(to, sizeof(to), "%s/log/audit.%012d", directory, 1000);
	ok(rename(from, to) == 0, "it is rotated");
	write_file("audit", lines_of(1000, LINES), 0);
	try_wishes(a, arena, "then");
	(void)snprintf(from, sizeof(from), "%s/index/audit.%012d.idx", directory, 1000);
	ok(access(from, R_OK) == 0, "its index was kept");
	write_file("audit.000000001000", lines_of(0, 1000), 1);
	ok(unlink(to) == 0, "it is packed");
	try_wishes(a, arena, "and then");
	audit_archive_free(&a);
}

/* What nobody asked for yet is indexed in idle times, file by file, newest first. */
static void
test_tending(struct arena *arena)
{
	static const size_t ends[] = { 500, 1000, 1500, 2000 };
	_Atomic bool stop = true;
	struct audit_archive *a;
	bool more = true;
	size_t rounds = 0;
	char path[256];

	lay_out(ends, COUNT(ends), "1201");
	a = open_archive(arena, true);
	ok(audit_archive_tend(a, &stop, &more) == ERR_DEADLINE, "told to stop, it does");
	stop = false;
	for (more = true; more && rounds < 10; rounds++)
		ok(audit_archive_tend(a, &stop, &more) == ERR_OK, "a file is indexed");
	ok(rounds == COUNT(ends), "%zu files, %zu rounds", COUNT(ends), rounds);
	for (size_t i = 0; i < COUNT(ends); i++) {
		(void)snprintf(path, sizeof(path), "%s/index/audit.%012zu.idx", directory, ends[i]);
		ok(access(path, R_OK) == 0, "the index of %zu is there", ends[i]);
	}
	ok(audit_archive_tend(a, &stop, &more) == ERR_OK && !more, "then there is nothing to do");
	try_wishes(a, arena, "tended");
	audit_archive_free(&a);
}

static void
test_lies(struct arena *arena)
{
	static const size_t ends[] = { 1500 };
	char path[256];
	struct audit_archive *a;
	struct buf bytes;

	lay_out(ends, 1, "0");
	a = open_archive(arena, true);
	try_wishes(a, arena, "honest");
	(void)snprintf(path, sizeof(path), "%s/index/audit.%012d.idx", directory, 1500);
	buf_init(&bytes, 4 << 20);
	ok(file_read(NULL, path, FILE_ANY, &bytes, NULL) == ERR_OK && bytes.len > 500, "there is an index");
	for (size_t cut = 0; cut < bytes.len; cut += bytes.len / 7) {
		struct audit_search s = { 0 };

		if (file_replace(NULL, path, 0600, str_make(bytes.data, cut), NULL) != ERR_OK)
			abort();
		ok(search(a, arena, &wishes[2], LINES, &s) == ERR_OK && is_right(&wishes[2], LINES), "cut at %zu", cut);
	}
	for (size_t at = 0; at < bytes.len; at += 41) {
		struct audit_index *index = NULL;

		bytes.data[at] ^= 4;
		if (audit_index_read(buf_str(&bytes), &index) != ERR_SYNTAX)
			ok(false, "a flipped bit at %zu", at);
		audit_index_free(&index);
		bytes.data[at] ^= 4;
	}
	buf_fini(&bytes);
	audit_archive_free(&a);
	/* A log that was begun anew under the name of an old one, whose index is still there. */
	write_file("audit.000000001500", lines_of(1, 1500), 0);
	a = open_archive(arena, true);
	{
		struct audit_search s = { 0 };

		ok(search(a, arena, &wishes[1], LINES, &s) == ERR_OK && found.count == 10, "another file's index is not believed");
	}
	audit_archive_free(&a);
}

static void
test_bounds(struct arena *arena)
{
	static const size_t ends[] = { 1500 };
	_Atomic bool stop = true;
	struct audit_archive *a;

	lay_out(ends, 1, "1");
	a = open_archive(arena, false);
	{
		struct audit_search s = { .bytes_max = 4096 };

		ok(search(a, arena, &wishes[6], LINES, &s) == ERR_LIMIT && audit_search_why(&s)[0] != '\0', "bytes: %s", audit_search_why(&s));
	}
	{
		struct audit_search s = { .deadline_ns = 1 };

		ok(search(a, arena, &wishes[6], LINES, &s) == ERR_DEADLINE, "time: %s", audit_search_why(&s));
	}
	{
		struct audit_search s = { .stop = &stop };

		ok(search(a, arena, &wishes[6], LINES, &s) == ERR_DEADLINE, "stopped: %s", audit_search_why(&s));
	}
	audit_archive_free(&a);
	/* An edited line is not found; a torn one neither. */
	clear_folder("log");
	{
		char *copy = arena_copy(arena, text.data, lines[100].at - 5);
		struct audit_wish all = { .any_tenant = true, .limit = FOUND_MAX };
		struct audit_search s = { 0 };

		copy[lines[50].at + 60] ^= 1;
		write_file("audit", str_make(copy, lines[100].at - 5), 0);
		a = open_archive(arena, false);
		ok(search(a, arena, &all, LINES, &s) == ERR_OK && found.count == 98 && s.spoiled == 1 && found.seq[0] == 99,
		    "one edited, one torn: %zu found, %llu spoiled", found.count, (unsigned long long)s.spoiled);
		audit_archive_free(&a);
	}
}

/* A packed file that lies about its members, at each byte of its headers. */
static void
test_packed(struct arena *arena)
{
	struct buf out, scratch, got;
	struct audit_packed *p = NULL;
	int dir = open(directory, O_RDONLY | O_DIRECTORY);
	uint64_t first;
	bool good = true;

	buf_init(&out, 1 << 20);
	buf_init(&scratch, 1 << 20);
	buf_init(&got, 1 << 20);
	clear_folder("log");
	if (audit_packed_write(&out, &scratch, STR("hello, ")) != ERR_OK)
		abort();
	first = out.len;
	if (audit_packed_write(&out, &scratch, STR("world")) != ERR_OK)
		abort();
	for (size_t at = 0; at <= out.len; at++) {
		static const char name[] = "packed.gz";
		char path[256];
		err_t err;

		(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
		if (at < out.len)
			out.data[at] ^= 0x21;
		if (file_replace(NULL, path, 0600, buf_str(&out), NULL) != ERR_OK)
			abort();
		buf_clear(&got);
		err = audit_packed_open(dir, name, &p);
		if (err == ERR_OK)
			err = audit_packed_read(p, 3, 8, &got);
		audit_packed_close(&p);
		if (at < out.len)
			out.data[at] ^= 0x21;
		/* MTIME, XFL and OS mean nothing. */
		good &= err == ERR_OK ? str_eq(buf_str(&got), STR("lo, worl")) : err == ERR_SYNTAX || err == ERR_NOT_FOUND;
		if (at == out.len)
			ok(err == ERR_OK, "a packed file is read from its middle");
	}
	ok(good && first > 0, "with any byte changed it is refused, or reads the same");
	(void)close(dir);
	buf_fini(&out);
	buf_fini(&scratch);
	buf_fini(&got);
}

/* More blocks than there is room for: neighbours are joined, and nothing gets lost. */
static void
test_joining(void)
{
	struct audit_index *index = audit_index_new();
	struct audit_peek peek;
	uint64_t at = 0, records = 0;
	bool whole = true, hit = false;
	struct audit_query needle = { .any_action = false, .action = STR("needle"), .to_ms = INT64_MAX };
	size_t skipped = 0;

	for (size_t round = 0; round < 800; round++) {
		for (size_t i = 0; i < LINES; i++) {
			str_t line = str_make(text.data + lines[i].at, lines[i].len - 1);

			if (i != 1234 || round == 77)
				(void)audit_index_add(index, line, &peek);
		}
	}
	for (size_t i = 0; i < index->count; i++) {
		whole &= index->blocks[i].offset == at;
		at += index->blocks[i].len;
		records += index->blocks[i].records;
		hit |= audit_index_may_hold(&index->blocks[i], &needle);
		skipped += !audit_index_may_hold(&index->blocks[i], &needle);
	}
	ok(audit_index_usable(index) && index->count <= AUDIT_INDEX_BLOCKS_MAX && index->grain > AUDIT_INDEX_RECORDS,
	    "%zu blocks of %u", index->count, index->grain);
	ok(whole && at == index->end && records == 800 * LINES - 799, "no gap, no record lost");
	ok(hit && skipped > index->count / 2, "and a needle's block is still told apart: %zu passed by", skipped);
	audit_index_free(&index);
}

static void
test_wishes(struct arena *arena)
{
	struct audit_mask drop = { .how = { [AUDIT_MEMBER_tenant_id] = AUDIT_DROP } };
	struct audit_mask hash = { .how = { [AUDIT_MEMBER_tenant_id] = AUDIT_HASH, [AUDIT_MEMBER_action] = AUDIT_HASH },
		.key_len = 32 };
	const struct { const char *label; struct audit_wish w; const struct audit_mask *mask; err_t want; } rows[] = {
		{ "a tenant", { .tenant_id = STR("a") }, NULL, ERR_OK },
		{ "no tenant", { .limit = 1 }, NULL, ERR_SYNTAX },
		{ "what a mask writes", { .tenant_id = STR("[REDACTED]") }, NULL, ERR_SYNTAX },
		{ "what a mask hashes", { .tenant_id = STR("hmac:12") }, NULL, ERR_SYNTAX },
		{ "a tenant where it is dropped", { .tenant_id = STR("a") }, &drop, ERR_CONFIG },
		{ "a tenant where it is hashed", { .tenant_id = STR("a") }, &hash, ERR_OK },
		{ "an action where it is hashed", { .tenant_id = STR("a"), .action = STR("b") }, &hash, ERR_OK },
		{ "a beginning where it is hashed", { .tenant_id = STR("a"), .action = STR("b*") }, &hash, ERR_CONFIG },
		{ "times", { .tenant_id = STR("a"), .from_ms = 5, .to_ms = 5 }, NULL, ERR_OK },
		{ "times the wrong way round", { .tenant_id = STR("a"), .from_ms = 6, .to_ms = 5 }, NULL, ERR_SYNTAX },
		{ "a negative time", { .tenant_id = STR("a"), .from_ms = -1 }, NULL, ERR_SYNTAX },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct audit_query q;

		ok(audit_query_make(arena, &rows[i].w, rows[i].mask, NULL, &q) == rows[i].want, "%s", rows[i].label);
	}
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

int
main(void)
{
	struct arena *arena = arena_new(16 << 20);
	uint8_t key[16] = { 1 };
	char path[256];

	value_hash_key(key);
	if (mkdtemp(directory) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/log", directory);
	if (file_make_dirs(NULL, path, 0700, NULL) != ERR_OK)
		return 1;
	make_lines();
	test_wishes(arena);
	test_layouts(arena);
	test_growth(arena);
	test_tending(arena);
	test_lies(arena);
	test_bounds(arena);
	test_packed(arena);
	test_joining();
	buf_fini(&text);
	arena_free(&arena);
	(void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
