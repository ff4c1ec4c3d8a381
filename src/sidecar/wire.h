/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: the protobuf wire format, read field by field and written.
 *
 * Groups and field numbers beyond 2^29-1 are malformed.  Nothing is copied.
 */
#ifndef SIDECAR_WIRE_H
#define SIDECAR_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
	uint32_t number;
	enum wire_type type;
	uint64_t number_value; /* of VARINT, FIXED64, FIXED32 */
	str_t bytes; /* of BYTES */
};

struct wire_reader {
	const char *at, *end;
	bool failed; /* the bytes are malformed from here on */
};

struct wire_reader wire_reader_of(str_t);
bool wire_next(struct wire_reader *, struct wire_field *ret); /* false: the end, or failed */
/* A text that a policy or the log will see: ERR_SYNTAX if it is not UTF-8; another type is passed by. */
err_t wire_text(const struct wire_field *, str_t *ret);

/* As proto3 does, 0 and "" are left out; wire_write_item is for repeated fields. */
void wire_write_uint(struct buf *, uint32_t number, uint64_t);
void wire_write_bytes(struct buf *, uint32_t number, str_t);
void wire_write_item(struct buf *, uint32_t number, str_t);
void wire_write_item_uint(struct buf *, uint32_t number, uint64_t); /* of a oneof: also 0 */
void wire_write_double(struct buf *, uint32_t number, double); /* of a oneof: also 0 */
void wire_write_head(struct buf *, uint32_t number, size_t len); /* `len` bytes must follow */
size_t wire_uint_size(uint32_t number, uint64_t); /* what the two above will write */
size_t wire_bytes_size(uint32_t number, size_t len);

#endif
