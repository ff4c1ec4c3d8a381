/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex: bytes as pairs of hexadecimal digits.  Written in lower case, read in
 * either.
 */
#ifndef CODEC_HEX_H
#define CODEC_HEX_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

int hex_digit(char); /* its value; -1: it is none */

/*
 * ERR_SYNTAX: *ret_bad (may be NULL) is the offset of the first byte that is no digit, or
 * text.len when a digit is missing.
 */
err_t hex_read(struct arena *, str_t text, str_t *ret, size_t *ret_bad);
void hex_write(struct buf *, str_t bytes);

#endif
