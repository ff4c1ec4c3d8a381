/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: bytes that grow, and a cursor that reads bytes.
 *
 * A buf lives in its owner's storage, holds heap memory between buf_init and
 * buf_fini, and never grows past its limit.  Failure (limit, memory) is
 * sticky: writes after it do nothing and buf_failed() says so, once, at the end.
 *
 * A cursor borrows bytes.  Reading past the end makes it fail, sticky too, and
 * every later read returns zeros, so that a parser reads like the format.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *data;
	size_t len, capacity, limit;
	bool failed;
};

void buf_init(struct buf *, size_t limit);
void buf_fini(struct buf *);
void buf_clear(struct buf *); /* keeps the memory; forgets a failure */
bool buf_failed(const struct buf *);
str_t buf_str(const struct buf *); /* borrowed until the next write */

bool buf_reserve(struct buf *, size_t more); /* room for `more` bytes; false: failed */
void buf_add(struct buf *, const void *, size_t);
void buf_add_str(struct buf *, str_t);
void buf_add_text(struct buf *, const char *); /* up to its NUL */
void buf_add_u16be(struct buf *, uint16_t);
void buf_add_u32be(struct buf *, uint32_t);
void buf_add_int(struct buf *, int64_t); /* decimal */
void buf_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_drop(struct buf *, size_t count); /* removes bytes at the front */

static inline void
buf_add_char(struct buf *b, char c)
{
	if (b->len < b->capacity || buf_reserve(b, 1))
		b->data[b->len++] = c;
}

struct cursor {
	const char *at, *end;
	bool failed;
};

struct cursor cursor_of(str_t);
size_t cursor_left(const struct cursor *);
uint8_t cursor_u8(struct cursor *);
uint16_t cursor_u16be(struct cursor *);
uint32_t cursor_u32be(struct cursor *);
str_t cursor_take(struct cursor *, size_t count); /* STR_NONE and failed if there are fewer */

#endif
