/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gzip.h"

#include "tap.h"

static struct arena *arena;
static const struct gzip_limits loose = { .unpacked = 1 << 24 };

static str_t
pack(str_t bytes, int level)
{
	struct buf out;
	str_t packed = STR_NONE;

	buf_init(&out, 1 << 24);
	if (gzip_write(&out, bytes, level) == ERR_OK)
		packed = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return packed;
}

static str_t
zeros(size_t len)
{
	return str_make(arena_alloc(arena, len, 1), len);
}

/* `packed` with byte `at` (from the end if negative) changed by `by`. */
static str_t
change(str_t packed, long at, int by)
{
	str_t copy = arena_str(arena, packed);
	char *bytes = (char *)copy.data + (at < 0 ? (long)copy.len + at : at);

	*bytes = (char)(*bytes + by);
	return copy;
}

static str_t
join(str_t a, str_t b)
{
	char *both = arena_alloc(arena, a.len + b.len, 1);

	memcpy(both, a.data, a.len);
	memcpy(both + a.len, b.data, b.len);
	return str_make(both, a.len + b.len);
}

static void
refused(str_t packed, const struct gzip_limits *limits, err_t want, const char *why_want)
{
	const char *why = "";
	str_t got;
	err_t e = gzip_read(arena, packed, limits, &got, &why);

	ok(e == want && str_eq(str_of(why), str_of(why_want)), "refused: %s", why);
}

int
main(void)
{
	static const char name[] = "\x1f\x8b\x08\x08\0\0\0\0\0\xff" "../etc/passwd";
	const struct gzip_limits small = { .unpacked = 99 }, flat = { .unpacked = 1 << 24, .ratio = 2 };
	str_t text = STR("one member and nothing behind it"), packed, got;
	const char *why;

	arena = arena_new(1 << 28);
	for (int level = 1; level <= 12; level++) {
		packed = pack(text, level);
		ok(gzip_read(arena, packed, &loose, &got, &why) == ERR_OK && str_eq(got, text),
		    "there and back at level %d", level);
	}
	ok(str_eq(pack(text, 9), pack(text, 9)), "the same bytes, the same member");
	ok(gzip_read(arena, pack(STR_NONE, 9), &loose, &got, &why) == ERR_OK && got.len == 0, "nothing");
	ok(gzip_read(arena, join(str_make(name, sizeof(name)), str_skip(packed, 10)), &loose, &got,
	       &why) == ERR_OK && str_eq(got, text), "the name is passed over");

	refused(STR_NONE, &loose, ERR_SYNTAX, "it is not gzip");
	refused(change(packed, 0, 1), &loose, ERR_SYNTAX, "it is not gzip");
	refused(change(packed, 2, 1), &loose, ERR_SYNTAX, "its compression method is unknown");
	refused(change(packed, 3, 32), &loose, ERR_SYNTAX, "its header has a reserved flag");
	refused(change(packed, 3, 2), &loose, ERR_SYNTAX, "its header does not have its checksum");
	refused(str_sub(packed, 0, 17), &loose, ERR_SYNTAX, "it is cut off");
	refused(change(packed, -8, 1), &loose, ERR_SYNTAX, "its data does not have its checksum");
	refused(change(packed, -4, 1), &loose, ERR_SYNTAX, "it unpacks to less than it says");
	refused(change(packed, -4, -1), &loose, ERR_SYNTAX, "it unpacks to more than it says");
	refused(join(packed, packed), &loose, ERR_SYNTAX, "there is something behind its end");
	refused(pack(zeros(100), 9), &small, ERR_LIMIT, "it is cut off, or it unpacks to more than the limit");
	refused(pack(zeros(1 << 23), 9), &flat, ERR_LIMIT, "it is cut off, or it unpacks to far more than its size");
	for (size_t len = 0; len < packed.len; len++)
		ok(gzip_read(arena, str_sub(packed, 0, len), &loose, &got, &why) != ERR_OK,
		    "cut off after %zu bytes", len);
	arena_free(&arena);
	return tap_done();
}
