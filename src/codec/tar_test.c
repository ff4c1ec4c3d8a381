/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "codec/gzip.h"
#include "codec/tar.h"

static struct arena *arena;

static const struct gzip_limits limits = { .unpacked = 8 << 20, .ratio = 200 };

static err_t
read_archive(str_t archive, size_t *ret_count, const struct tar_entry **ret)
{
	struct tar_fault fault;

	*ret_count = 0;
	return tar_read(arena, archive, 100, ret, ret_count, &fault);
}

static void
try_tar(struct buf *archive)
{
	static const size_t name_sizes[] = { 1, 99, 100, 101, 130, 985, 986, 987, 988, 989, 990, 991,
		1000, 4000, TAR_NAME_MAX };
	const struct tar_entry *entries = NULL;
	char name[TAR_NAME_MAX + 1], bytes[1025];
	size_t count, refused = 0;

	memset(name, 'n', sizeof(name));
	memset(bytes, 'b', sizeof(bytes));
	for (size_t i = 0; i < COUNT(name_sizes); i++)
		ok(tar_write_file(archive, str_make(name, name_sizes[i]), str_make(bytes, i * 70)) ==
		       ERR_OK, "a name of %zu bytes is written", name_sizes[i]);
	ok(tar_write_file(archive, str_make(name, TAR_NAME_MAX + 1), STR("x")) == ERR_LIMIT,
	    "a longer one is not");
	ok(tar_write_file(archive, STR(""), STR("x")) == ERR_LIMIT, "nor an empty one");
	tar_write_end(archive);
	ok(read_archive(buf_str(archive), &count, &entries) == ERR_OK && count == COUNT(name_sizes),
	    "and read");
	for (size_t i = 0; i < count; i++)
		ok(str_eq(entries[i].name, str_make(name, name_sizes[i])) &&
		       str_eq(entries[i].bytes, str_make(bytes, i * 70)) && !entries[i].is_directory,
		    "entry %zu", i);
	for (size_t len = 0; len < archive->len; len += 101)
		refused += read_archive(str_sub(buf_str(archive), 0, len), &count, &entries) != ERR_OK;
	ok(refused == (archive->len + 100) / 101, "nothing shorter is");
	ok(tar_read(arena, buf_str(archive), COUNT(name_sizes) - 1, &entries, &count,
	       &(struct tar_fault){ 0 }) == ERR_LIMIT, "the number of entries is limited");
}

static void
try_gzip(str_t bytes)
{
	struct buf packed;
	const char *why = "";
	str_t back;
	size_t refused = 0;

	buf_init(&packed, 1 << 24);
	ok(gzip_write(&packed, bytes, 9) == ERR_OK, "packed");
	ok(gzip_read(arena, buf_str(&packed), &limits, &back, &why) == ERR_OK && str_eq(back, bytes),
	    "and unpacked");
	for (size_t len = 0; len < packed.len; len++)
		refused += gzip_read(arena, str_sub(buf_str(&packed), 0, len), &limits, &back,
		               &why) != ERR_OK;
	ok(refused == packed.len, "every shorter one is refused");
	for (size_t bit = 0; bit < packed.len * 8; bit++) {
		packed.data[bit / 8] ^= (char)(1 << bit % 8);
		if (gzip_read(arena, buf_str(&packed), &limits, &back, &why) == ERR_OK &&
		    !str_eq(back, bytes))
			ok(false, "bit %zu makes other data", bit);
		packed.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_add_char(&packed, '\0');
	ok(gzip_read(arena, buf_str(&packed), &limits, &back, &why) != ERR_OK, "nor a byte behind");
	buf_fini(&packed);
}

static void
try_extra(void)
{
	struct gzip_member member;
	struct buf packed;
	const char *why = "";
	str_t back;

	buf_init(&packed, 1 << 20);
	gzip_write_header(&packed, STR("CSxyz"));
	ok(gzip_write_body(&packed, STR("hello"), 9) == ERR_OK, "with an extra field");
	ok(gzip_read(arena, buf_str(&packed), &limits, &back, &why) == ERR_OK &&
	        str_eq(back, STR("hello")), "it is read");
	ok(gzip_split(buf_str(&packed), &member, &why) == ERR_OK &&
	        str_eq(member.extra, STR("CSxyz")) &&
	        member.header.len + member.body.len == packed.len, "and split");
	buf_fini(&packed);
}

static void
try_bomb(void)
{
	size_t size = 7 << 20;
	char *zeros = arena_alloc(arena, size, 1);
	struct buf packed;
	const char *why = "";
	str_t back;

	buf_init(&packed, 1 << 24);
	ok(gzip_write(&packed, str_make(zeros, size), 9) == ERR_OK, "a bomb");
	ok(gzip_read(arena, buf_str(&packed), &limits, &back, &why) == ERR_LIMIT, "%s", why);
	ok(gzip_read(arena, buf_str(&packed), &(struct gzip_limits){ .unpacked = 1 << 20 }, &back,
	       &why) == ERR_LIMIT, "%s", why);
	ok(gzip_read(arena, buf_str(&packed), &(struct gzip_limits){ .unpacked = size }, &back,
	       &why) == ERR_OK && back.len == size, "unless it is asked for");
	packed.data[packed.len - 1] = packed.data[packed.len - 2] = 0; /* a lie about its size */
	ok(gzip_read(arena, buf_str(&packed), &limits, &back, &why) == ERR_SYNTAX, "%s", why);
	buf_fini(&packed);
}

int
main(void)
{
	struct buf archive;

	arena = arena_new((size_t)1 << 30);
	buf_init(&archive, 1 << 24);
	try_tar(&archive);
	try_gzip(buf_str(&archive));
	try_extra();
	try_bomb();
	buf_fini(&archive);
	arena_free(&arena);
	return tap_done();
}
