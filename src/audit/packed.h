/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed: a rotated file that is gzip, and yet can be read from any offset.
 *
 * It is packed in members (RFC 1952 2.2) of AUDIT_PACKED_MEMBER bytes.  Each says in an
 * extra field "CS" how long it is, packed and plain, so a reader steps from header to header
 * and unpacks only the members that it needs.  To gunzip it is a file like any other.
 *
 *   lifetime  open/close
 *   limits    AUDIT_PACKED_MEMBERS_MAX members; one of them is unpacked at a time
 *   failure   ERR_NOT_FOUND: some other program packed it, so it can only be read from its
 *             beginning (source.h); ERR_SYNTAX: it is damaged; ERR_IO, with errno
 */
#ifndef AUDIT_PACKED_H
#define AUDIT_PACKED_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { AUDIT_PACKED_MEMBER = 1 << 20, AUDIT_PACKED_MEMBERS_MAX = 1 << 20 };

/* One member to the end of `out`; `scratch` is overwritten. */
err_t audit_packed_write(struct buf *out, struct buf *scratch, str_t plain);

struct audit_packed;

err_t audit_packed_open(int dir_fd, const char *name, struct audit_packed **ret);
void audit_packed_close(struct audit_packed **);
/* `len` plain bytes from `offset` to the end of `out`; ERR_SYNTAX also if there are fewer. */
err_t audit_packed_read(struct audit_packed *, uint64_t offset, uint64_t len, struct buf *out);

#endif
