/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/wire.h"

#include "base/utf8.h"

enum { VARINT_MAX = 10 };
static const uint64_t NUMBER_MAX = (1u << 29) - 1;

struct wire_reader
wire_reader_of(str_t s)
{
	return (struct wire_reader){ s.data, s.data + s.len, false };
}

static bool
read_varint(struct wire_reader *r, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_MAX && r->at < r->end; i++) {
		uint8_t byte = (uint8_t)*r->at++;

		if (i == VARINT_MAX - 1 && byte > 1)
			return false; /* more than 64 bits */
		value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (byte < 0x80) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool
read_fixed(struct wire_reader *r, size_t size, uint64_t *ret)
{
	uint64_t value = 0;

	if ((size_t)(r->end - r->at) < size)
		return false;
	for (size_t i = size; i > 0; i--)
		value = value << 8 | (uint8_t)r->at[i - 1];
	r->at += size;
	*ret = value;
	return true;
}

static bool
read_bytes(struct wire_reader *r, str_t *ret)
{
	uint64_t len;

	if (!read_varint(r, &len) || len > (size_t)(r->end - r->at))
		return false;
	*ret = str_make(r->at, (size_t)len);
	r->at += len;
	return true;
}

static bool
read_field(struct wire_reader *r, struct wire_field *f)
{
	uint64_t tag;

	if (!read_varint(r, &tag) || tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
		return false;
	*f = (struct wire_field){ .number = (uint32_t)(tag >> 3), .type = tag & 7 };
	switch (f->type) {
	case WIRE_VARINT:
		return read_varint(r, &f->number_value);
	case WIRE_FIXED64:
		return read_fixed(r, 8, &f->number_value);
	case WIRE_FIXED32:
		return read_fixed(r, 4, &f->number_value);
	case WIRE_BYTES:
		return read_bytes(r, &f->bytes);
	}
	return false;
}

bool
wire_next(struct wire_reader *r, struct wire_field *ret)
{
	if (r->failed || r->at == r->end)
		return false;
	r->failed = !read_field(r, ret);
	return !r->failed;
}

err_t
wire_text(const struct wire_field *f, str_t *ret)
{
	if (f->type != WIRE_BYTES)
		return ERR_OK;
	if (!utf8_is_valid(f->bytes))
		return ERR_SYNTAX;
	*ret = f->bytes;
	return ERR_OK;
}

static size_t
measure_varint(uint64_t value)
{
	size_t size = 1;

	while (value >= 0x80) {
		value >>= 7;
		size++;
	}
	return size;
}

static void
add_varint(struct buf *out, uint64_t value)
{
	while (value >= 0x80) {
		buf_add_char(out, (char)(value | 0x80));
		value >>= 7;
	}
	buf_add_char(out, (char)value);
}

void
wire_write_uint(struct buf *out, uint32_t number, uint64_t value)
{
	if (value == 0)
		return;
	add_varint(out, (uint64_t)number << 3 | WIRE_VARINT);
	add_varint(out, value);
}

void
wire_write_head(struct buf *out, uint32_t number, size_t len)
{
	add_varint(out, (uint64_t)number << 3 | WIRE_BYTES);
	add_varint(out, len);
}

void
wire_write_item(struct buf *out, uint32_t number, str_t bytes)
{
	wire_write_head(out, number, bytes.len);
	buf_add_str(out, bytes);
}

void
wire_write_bytes(struct buf *out, uint32_t number, str_t bytes)
{
	if (bytes.len > 0)
		wire_write_item(out, number, bytes);
}

void
wire_write_item_uint(struct buf *out, uint32_t number, uint64_t value)
{
	add_varint(out, (uint64_t)number << 3 | WIRE_VARINT);
	add_varint(out, value);
}

void
wire_write_double(struct buf *out, uint32_t number, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	add_varint(out, (uint64_t)number << 3 | WIRE_FIXED64);
	for (int i = 0; i < 8; i++, bits >>= 8)
		buf_add_char(out, (char)(bits & 0xff));
}

size_t
wire_uint_size(uint32_t number, uint64_t value)
{
	return value == 0 ? 0 : measure_varint((uint64_t)number << 3) + measure_varint(value);
}

size_t
wire_bytes_size(uint32_t number, size_t len)
{
	return len == 0 ? 0 : measure_varint((uint64_t)number << 3) + measure_varint(len) + len;
}
