/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8: code points in bytes (RFC 3629).
 *
 * Bytes that are not UTF-8 are read as Go reads them, because policies see
 * that: each wrong byte is one U+FFFD.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { UTF8_BAD = 0xFFFD, UTF8_LAST = 0x10FFFF };

bool utf8_is_valid(str_t);
size_t utf8_ascii_prefix(str_t); /* bytes before the first that is above 0x7F */
size_t utf8_count(str_t); /* code points; a wrong byte counts as one */

/* The code point at the front of `s`, which is not empty.  Wrong: UTF8_BAD and width 1. */
uint32_t utf8_decode_slow(str_t s, size_t *ret_width);

static inline uint32_t
utf8_decode(str_t s, size_t *ret_width)
{
	if ((unsigned char)s.data[0] < 0x80) {
		*ret_width = 1;
		return (unsigned char)s.data[0];
	}
	return utf8_decode_slow(s, ret_width);
}

/* Bytes written, 1 to 4.  A surrogate or too large a number is written as UTF8_BAD. */
size_t utf8_encode(char out[4], uint32_t rune);
void utf8_add(struct buf *, uint32_t rune);

/* Letters, marks, numbers, punctuation, symbols and the ASCII space: Go's unicode.IsPrint. */
bool utf8_is_printable(uint32_t rune);

#endif
