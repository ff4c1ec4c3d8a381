/* SPDX-License-Identifier: Apache-2.0 */
/* Every way to spoil a log that we could think of, and where it must be found. */
#define _GNU_SOURCE
#include "audit/verify.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "audit/record.h"
#include "tap.h"

enum { LINES = 20 };

static char directory[] = "audit-verify-test-XXXXXX";
static str_t lines[LINES]; /* with their newlines */

static void
make_lines(struct arena *arena)
{
	struct digest *sha = digest_new(DIGEST_SHA256);
	char hash[AUDIT_HASH_LEN];
	struct buf body, line;
	size_t split;

	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&line, AUDIT_LINE_MAX);
	audit_genesis(hash);
	for (size_t i = 0; i < LINES; i++) {
		struct audit_record r = { .allow = i % 2 == 0, .subject = STR("alice") };

		buf_clear(&body);
		buf_clear(&line);
		audit_record_write(&body, &r, NULL, &split);
		audit_line_write(&line, sha, buf_str(&body), split, i + 1, hash);
		lines[i] = arena_str(arena, buf_str(&line));
	}
	buf_fini(&body);
	buf_fini(&line);
	digest_free(&sha);
}

static void
add_lines(struct buf *out, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		buf_add_str(out, lines[i]);
}

static void
flip_allow(struct buf *out)
{
	size_t at = str_find(buf_str(out), STR("\"allow\":false"), 0);

	memcpy(out->data + at, "\"allow\":true ", 13);
}

/* What is done to the lines; the row that must be named (0: the log is good). */
static void clean(struct buf *b) { add_lines(b, 0, LINES); }
static void middle(struct buf *b) { add_lines(b, 7, LINES); }
static void empty(struct buf *b) { (void)b; }
static void edited(struct buf *b) { add_lines(b, 0, LINES); flip_allow(b); }
static void deleted(struct buf *b) { add_lines(b, 0, 4); add_lines(b, 5, LINES); }
static void doubled(struct buf *b) { add_lines(b, 0, 5); add_lines(b, 4, LINES); }
static void swapped(struct buf *b)
{
	add_lines(b, 0, 3);
	add_lines(b, 4, 5);
	add_lines(b, 3, 4);
	add_lines(b, 5, LINES);
}
static void torn(struct buf *b) { add_lines(b, 0, LINES); b->len -= 9; }
static void joined(struct buf *b) { add_lines(b, 0, LINES); b->data[lines[0].len - 1] = ' '; }
static void blank(struct buf *b) { add_lines(b, 0, 2); buf_add_char(b, '\n'); add_lines(b, 2, 4); }
static void noise(struct buf *b) { add_lines(b, 0, 2); buf_add_text(b, "{}\n"); }
static void zeros(struct buf *b) { add_lines(b, 0, 2); buf_add(b, "\0\0\0\n", 4); }
static void spliced(struct buf *b) { add_lines(b, 0, 2); add_lines(b, 0, 2); }
static void huge(struct buf *b)
{
	add_lines(b, 0, 1);
	for (int i = 0; i < 100000; i++)
		buf_add_char(b, 'x');
}

static const struct {
	const char *label;
	void (*make)(struct buf *);
	uint32_t bad_row;
	uint64_t records; /* good ones before it */
} cases[] = {
	{ "clean", clean, 0, LINES },
	{ "begins in the middle", middle, 0, LINES - 7 },
	{ "empty", empty, 0, 0 },
	{ "edited", edited, 2, 1 },
	{ "deleted", deleted, 5, 4 },
	{ "doubled", doubled, 6, 5 },
	{ "swapped", swapped, 4, 3 },
	{ "torn", torn, LINES, LINES - 1 },
	{ "newline gone", joined, 1, 0 },
	{ "blank line", blank, 3, 2 },
	{ "other JSON", noise, 3, 2 },
	{ "zeros", zeros, 3, 2 },
	{ "begun anew", spliced, 3, 2 },
	{ "endless line", huge, 2, 1 },
};

static str_t
write_file(struct arena *arena, const char *name, str_t bytes, bool compress)
{
	str_t path = arena_printf(arena, "%s/%s", directory, name);
	gzFile file = gzopen(path.data, compress ? "wb6" : "wbT");

	if (file == NULL ||
	    (bytes.len > 0 && gzwrite(file, bytes.data, (unsigned)bytes.len) != (int)bytes.len) ||
	    gzclose(file) != Z_OK)
		abort();
	return path;
}

static void
check_case(struct arena *arena, size_t i, bool compress)
{
	struct audit_verdict verdict;
	struct diag diag;
	struct buf bytes;
	err_t err;

	diag_init(&diag, arena, 4);
	buf_init(&bytes, 1 << 20);
	cases[i].make(&bytes);
	str_t path = write_file(arena, compress ? "log.gz" : "log", buf_str(&bytes), compress);

	err = audit_verify(&path.data, 1, NULL, &diag, &verdict);
	ok((err == ERR_OK) == (cases[i].bad_row == 0) && verdict.records == cases[i].records &&
		(err == ERR_OK || (err == ERR_SIGNATURE && diag.first->place.row == cases[i].bad_row)),
	    "%s%s: row %u", cases[i].label, compress ? ", gzip" : "", cases[i].bad_row);
	buf_fini(&bytes);
}

/* Any one byte changed in any way must be found, in its own line or as a broken end. */
static void
check_flips(struct arena *arena)
{
	struct buf bytes;
	size_t found = 0, tried = 0;

	buf_init(&bytes, 1 << 20);
	add_lines(&bytes, 0, 3);
	for (size_t i = 0; i < bytes.len; i += 3) {
		struct audit_verdict verdict;
		struct arena_mark mark = arena_mark(arena);

		bytes.data[i] ^= (char)(1 << i % 8);
		str_t path = write_file(arena, "flip", buf_str(&bytes), false);

		found += audit_verify(&path.data, 1, NULL, NULL, &verdict) == ERR_SIGNATURE;
		bytes.data[i] ^= (char)(1 << i % 8);
		arena_release(arena, mark);
		tried++;
	}
	ok(found == tried, "%zu of %zu flipped bits are found", found, tried);
	buf_fini(&bytes);
}

static void
check_files(struct arena *arena)
{
	struct audit_verdict verdict;
	struct diag diag;
	struct buf parts[3];
	const char *paths[3], *wrong[2];

	for (size_t i = 0; i < 3; i++) {
		buf_init(&parts[i], 1 << 20);
		add_lines(&parts[i], i * 6, i == 2 ? LINES : i * 6 + 6);
	}
	paths[0] = write_file(arena, "log.1.gz", buf_str(&parts[0]), true).data;
	paths[1] = write_file(arena, "log.2", buf_str(&parts[1]), false).data;
	paths[2] = write_file(arena, "log", buf_str(&parts[2]), false).data;
	ok(audit_verify(paths, 3, NULL, NULL, &verdict) == ERR_OK && verdict.records == LINES &&
		verdict.files == 3,
	    "three files, one of them compressed");
	wrong[0] = paths[0];
	wrong[1] = paths[2];
	diag_init(&diag, arena, 4);
	ok(audit_verify(wrong, 2, NULL, &diag, &verdict) == ERR_SIGNATURE &&
		diag.first->place.row == 1 && str_eq(diag.first->place.file, str_of(paths[2])),
	    "a file is missing between them");
	wrong[0] = "there/is/none";
	diag_init(&diag, arena, 4);
	ok(audit_verify(wrong, 1, NULL, &diag, &verdict) == ERR_IO && diag.error_count == 1,
	    "a file that is not there");
	if (truncate(paths[0], 100) != 0)
		abort();
	diag_init(&diag, arena, 4);
	ok(audit_verify(paths, 3, NULL, &diag, &verdict) == ERR_SYNTAX && diag.error_count == 1,
	    "a gzip stream that ends early");
	for (size_t i = 0; i < 3; i++)
		buf_fini(&parts[i]);
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

int
main(void)
{
	struct arena *arena = arena_new(64 << 20);

	if (mkdtemp(directory) == NULL)
		abort();
	make_lines(arena);
	for (size_t i = 0; i < COUNT(cases); i++) {
		check_case(arena, i, false);
		check_case(arena, i, true);
	}
	check_flips(arena);
	check_files(arena);
	(void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(&arena);
	return tap_done();
}
