/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64: RFC 4648, both alphabets.
 *
 * Reading is strict by default: no blanks, padding exactly as the form says, no
 * stray bits in the last character, so that a text has one spelling only.
 * BASE64_LOOSE reads as Go's decoders do: line ends are skipped, stray bits
 * ignored.
 *
 *   failure  ERR_SYNTAX and in *ret_bad the offset Go would name; ERR_MEMORY
 */
#ifndef CODEC_BASE64_H
#define CODEC_BASE64_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum base64_form {
	BASE64_STANDARD = 0, /* + and / */
	BASE64_URL = 1, /* - and _ */
	BASE64_PADDED = 2, /* = to a multiple of four; without it: never = */
	BASE64_LOOSE = 4,
};

/* `ret_bad` may be NULL. */
err_t base64_decode(struct arena *, str_t text, unsigned form, str_t *ret, size_t *ret_bad);
void base64_encode(struct buf *, str_t bytes, unsigned form);

/* The two forms of everyday: rfc4648 4 with padding, and rfc7515 2's base64url without. */
static inline err_t
base64_read(struct arena *arena, str_t text, str_t *ret)
{
	return base64_decode(arena, text, BASE64_STANDARD | BASE64_PADDED, ret, NULL);
}

static inline void
base64_write(struct buf *out, str_t bytes)
{
	base64_encode(out, bytes, BASE64_STANDARD | BASE64_PADDED);
}

static inline err_t
base64url_read(struct arena *arena, str_t text, str_t *ret)
{
	return base64_decode(arena, text, BASE64_URL, ret, NULL);
}

static inline void
base64url_write(struct buf *out, str_t bytes)
{
	base64_encode(out, bytes, BASE64_URL);
}

#endif
