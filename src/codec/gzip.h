/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip: RFC 1952, one member and nothing behind it.
 *
 * The trailer says how much the data will be; that much is set aside, if the limit
 * and the ratio allow it, and the data must fill it exactly.  So a bomb is refused
 * before a byte of it is unpacked, and one that lies about its size when it
 * reaches the end of what it claimed.
 *
 *   failure  ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY; *ret_why is a phrase for people
 */
#ifndef CODEC_GZIP_H
#define CODEC_GZIP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct gzip_limits {
	size_t unpacked; /* bytes */
	size_t ratio; /* unpacked to packed, beyond the first MiB; 0: any */
};

err_t gzip_read(struct arena *, str_t packed, const struct gzip_limits *, str_t *ret,
    const char **ret_why);
/* The two halves of a member; `extra` is the field of that name, empty if there is none. */
struct gzip_member {
	str_t header, extra;
	str_t body; /* compressed data and trailer */
};

err_t gzip_split(str_t packed, struct gzip_member *ret, const char **ret_why);

/* No name, no time: the same bytes give the same member.  Level 1 to 12. */
err_t gzip_write(struct buf *out, str_t bytes, int level);
/* The same in two steps, for who wants an extra field; `extra` is at most 65,535 bytes. */
void gzip_write_header(struct buf *out, str_t extra);
err_t gzip_write_body(struct buf *out, str_t bytes, int level);

#endif
