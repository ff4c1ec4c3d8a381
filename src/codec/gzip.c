/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gzip.h"

#include <libdeflate.h>

/* rfc1952 2.3.1 */
enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
enum { HEADER_SIZE = 10, TRAILER_SIZE = 8, FREE_OF_RATIO = 1 << 20 };

static err_t
refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return ERR_SYNTAX;
}

static uint32_t
read_u32le(const char *at)
{
	const uint8_t *b = (const uint8_t *)at;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void
skip_text(struct cursor *c)
{
	while (cursor_u8(c) != 0)
		;
}

static uint16_t
read_u16le(struct cursor *c)
{
	uint16_t low = cursor_u8(c);

	return (uint16_t)(low | cursor_u8(c) << 8);
}

err_t
gzip_split(str_t packed, struct gzip_member *ret, const char **ret_why)
{
	struct cursor c = cursor_of(packed);
	uint8_t flags;

	*ret = (struct gzip_member){ .extra = STR_NONE };
	if (cursor_u16be(&c) != 0x1f8b)
		return refuse(ret_why, "it is not gzip");
	if (cursor_u8(&c) != 8)
		return refuse(ret_why, "its compression method is unknown");
	flags = cursor_u8(&c);
	if (flags & RESERVED)
		return refuse(ret_why, "its header has a reserved flag");
	(void)cursor_take(&c, 6); /* time, level, system */
	if (flags & FEXTRA)
		ret->extra = cursor_take(&c, read_u16le(&c));
	if (flags & FNAME)
		skip_text(&c);
	if (flags & FCOMMENT)
		skip_text(&c);
	if (!c.failed && (flags & FHCRC)) {
		uint32_t crc = libdeflate_crc32(0, packed.data, (size_t)(c.at - packed.data));

		if (read_u16le(&c) != (crc & 0xffff))
			return refuse(ret_why, "its header does not have its checksum");
	}
	if (c.failed || cursor_left(&c) < TRAILER_SIZE)
		return refuse(ret_why, "it is cut off");
	ret->header = str_sub(packed, 0, (size_t)(c.at - packed.data));
	ret->body = str_skip(packed, ret->header.len);
	return ERR_OK;
}

static err_t
check_size(size_t size, size_t packed, const struct gzip_limits *limits, const char **ret_why)
{
	if (size > limits->unpacked) {
		*ret_why = "it is cut off, or it unpacks to more than the limit";
		return ERR_LIMIT;
	}
	if (limits->ratio > 0 && size > FREE_OF_RATIO && (size - FREE_OF_RATIO) / limits->ratio > packed) {
		*ret_why = "it is cut off, or it unpacks to far more than its size";
		return ERR_LIMIT;
	}
	return ERR_OK;
}

static err_t
inflate(str_t deflated, str_t out, const char **ret_why)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	enum libdeflate_result result;
	size_t used = 0, made = 0;

	if (d == NULL)
		return ERR_MEMORY;
	result = libdeflate_deflate_decompress_ex(d, deflated.data, deflated.len,
	    (char *)out.data, out.len, &used, &made);
	libdeflate_free_decompressor(d);
	if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
		return refuse(ret_why, "it unpacks to more than it says");
	if (result != LIBDEFLATE_SUCCESS)
		return refuse(ret_why, "its compressed data is damaged");
	if (used != deflated.len)
		return refuse(ret_why, "there is something behind its end");
	return made == out.len ? ERR_OK : refuse(ret_why, "it unpacks to less than it says");
}

err_t
gzip_read(struct arena *arena, str_t packed, const struct gzip_limits *limits, str_t *ret,
    const char **ret_why)
{
	struct gzip_member member;
	const char *trailer;
	str_t out;

	*ret_why = "out of memory";
	TRY(gzip_split(packed, &member, ret_why));
	trailer = packed.data + packed.len - TRAILER_SIZE;
	out.len = read_u32le(trailer + 4);
	TRY(check_size(out.len, packed.len, limits, ret_why));
	out.data = arena_alloc_raw(arena, out.len, 16);
	if (out.data == NULL)
		return ERR_MEMORY;
	TRY(inflate(str_sub(member.body, 0, member.body.len - TRAILER_SIZE), out, ret_why));
	if (libdeflate_crc32(0, out.data, out.len) != read_u32le(trailer))
		return refuse(ret_why, "its data does not have its checksum");
	*ret = out;
	return ERR_OK;
}

static void
add_u32le(struct buf *out, uint32_t n)
{
	const uint8_t bytes[] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
		(uint8_t)(n >> 24) };

	buf_add(out, bytes, sizeof(bytes));
}

void
gzip_write_header(struct buf *out, str_t extra)
{
	/* rfc1952 2.3: no time, compressed as well as possible, system unknown. */
	const uint8_t header[HEADER_SIZE] = { 0x1f, 0x8b, 8, extra.len > 0 ? FEXTRA : 0, 0, 0, 0, 0,
		2, 0xff };
	const uint8_t len[] = { (uint8_t)extra.len, (uint8_t)(extra.len >> 8) };

	buf_add(out, header, sizeof(header));
	if (extra.len > 0) {
		buf_add(out, len, sizeof(len));
		buf_add_str(out, extra);
	}
}

err_t
gzip_write_body(struct buf *out, str_t bytes, int level)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
	size_t bound, len = 0;

	if (c == NULL)
		return ERR_MEMORY;
	bound = libdeflate_deflate_compress_bound(c, bytes.len);
	if (buf_reserve(out, bound))
		len = libdeflate_deflate_compress(c, bytes.data, bytes.len, out->data + out->len,
		    bound);
	libdeflate_free_compressor(c);
	out->len += len;
	add_u32le(out, libdeflate_crc32(0, bytes.data, bytes.len));
	add_u32le(out, (uint32_t)bytes.len);
	return len > 0 && !buf_failed(out) ? ERR_OK : ERR_LIMIT;
}

err_t
gzip_write(struct buf *out, str_t bytes, int level)
{
	gzip_write_header(out, STR_NONE);
	return gzip_write_body(out, bytes, level);
}
