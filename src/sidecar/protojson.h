/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protojson: a protobuf message as the JSON that its specification gives it.
 *
 * Read by tables, one for each message: numbers of fields, their JSON names, their kinds.
 * What is empty is left out; 64-bit integers are strings, bytes base64, times RFC 3339.
 * Unknown fields are passed by.
 *
 *   memory   values in the arena; texts are copied
 *   limits   PROTOJSON_DEPTH levels
 *   failure  VALUE_NONE: the bytes are no message, a text is not UTF-8, it nests too deep,
 *            or the arena refused
 */
#ifndef SIDECAR_PROTOJSON_H
#define SIDECAR_PROTOJSON_H

#include "value/value.h"

enum { PROTOJSON_DEPTH = 32 };

enum protojson_kind {
	PROTOJSON_TEXT,
	PROTOJSON_BYTES,
	PROTOJSON_UINT, /* 32 bits and bool alike: a number */
	PROTOJSON_INT64,
	PROTOJSON_TIME, /* google.protobuf.Timestamp */
	PROTOJSON_STRUCT, /* google.protobuf.Struct */
	PROTOJSON_MESSAGE, /* of `rows` */
	PROTOJSON_TEXT_MAP, /* map<string, string> */
	PROTOJSON_STRUCT_MAP, /* map<string, Struct> */
};

struct protojson_row {
	uint32_t number;
	enum protojson_kind kind;
	const char *name;
	const struct protojson_row *rows; /* of a MESSAGE; the last has no name */
};

value_t protojson_read(struct arena *, str_t bytes, const struct protojson_row *rows);

/* A JSON object as google.protobuf.Struct; what has no form there is null. */
void protojson_write_struct(struct buf *, value_t object);

#endif
