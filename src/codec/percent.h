/* SPDX-License-Identifier: Apache-2.0 */
/*
 * percent: text in the query of a URL, as Go's url.QueryEscape: letters, digits
 * and - _ . ~ stand for themselves, a space is +, all other bytes are %XX.
 */
#ifndef CODEC_PERCENT_H
#define CODEC_PERCENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* ERR_SYNTAX: *ret_bad (may be NULL) is the offset of a % without two digits. */
err_t percent_read(struct arena *, str_t text, str_t *ret, size_t *ret_bad);
void percent_write(struct buf *, str_t bytes);

#endif
