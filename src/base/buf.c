/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

str_t
buf_str(const struct buf *b)
{
	return str_make(b->data != NULL ? b->data : "", b->len);
}

bool
buf_reserve(struct buf *b, size_t more)
{
	size_t need, capacity;
	char *data;

	if (b->failed || __builtin_add_overflow(b->len, more, &need) || need > b->limit) {
		b->failed = true;
		return false;
	}
	if (need <= b->capacity)
		return true;
	capacity = b->capacity < 64 ? 64 : b->capacity;
	while (capacity < need)
		capacity = capacity > b->limit / 2 ? b->limit : capacity * 2;
	data = realloc(b->data, capacity);
	if (data == NULL) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->capacity = capacity;
	return true;
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (len == 0 || !buf_reserve(b, len))
		return;
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
}

void
buf_add_str(struct buf *b, str_t s)
{
	buf_add(b, s.data, s.len);
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_u16be(struct buf *b, uint16_t v)
{
	buf_add(b, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

void
buf_add_u32be(struct buf *b, uint32_t v)
{
	buf_add_u16be(b, (uint16_t)(v >> 16));
	buf_add_u16be(b, (uint16_t)v);
}

void
buf_add_int(struct buf *b, int64_t v)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	if (v < 0)
		*--at = '-';
	buf_add(b, at, (size_t)(digits + sizeof(digits) - at));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !buf_reserve(b, (size_t)len + 1)) {
		b->failed = true;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void
buf_drop(struct buf *b, size_t count)
{
	if (count >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + count, b->len - count);
	b->len -= count;
}

struct cursor
cursor_of(str_t s)
{
	return (struct cursor){ s.data, s.data + s.len, false };
}

size_t
cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->at);
}

str_t
cursor_take(struct cursor *c, size_t count)
{
	str_t taken;

	if (count > cursor_left(c)) {
		c->failed = true;
		return STR_NONE;
	}
	taken = str_make(c->at, count);
	c->at += count;
	return taken;
}

static uint32_t
take_be(struct cursor *c, size_t count)
{
	str_t bytes = cursor_take(c, count);
	uint32_t v = 0;

	for (size_t i = 0; i < bytes.len; i++)
		v = v << 8 | (uint8_t)bytes.data[i];
	return v;
}

uint8_t
cursor_u8(struct cursor *c)
{
	return (uint8_t)take_be(c, 1);
}

uint16_t
cursor_u16be(struct cursor *c)
{
	return (uint16_t)take_be(c, 2);
}

uint32_t
cursor_u32be(struct cursor *c)
{
	return take_be(c, 4);
}
