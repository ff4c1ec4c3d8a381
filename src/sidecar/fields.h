/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: a request read by a table: which field goes where.
 *
 *   static const struct field_row rows[] = {
 *           { 1, FIELD_TEXT, offsetof(struct check, key) },
 *           { 2, FIELD_TENANT, offsetof(struct check, tenant_id) },
 *   };
 *
 * Lenient as message.h says: unknown fields, and known ones of another wire type, are
 * passed by; of a field that is given twice the last counts; what was not sent is zero.
 *
 *   memory   texts are borrowed from the message, lists live in the arena
 *   limits   FIELD_LIST_MAX entries of a list: one more is ERR_LIMIT
 *   failure  ERR_SYNTAX: the bytes are no message, or a text is not UTF-8
 */
#ifndef SIDECAR_FIELDS_H
#define SIDECAR_FIELDS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { FIELD_LIST_MAX = 256 };

enum field_kind {
	FIELD_TEXT, /* str_t, UTF-8 */
	FIELD_BYTES, /* str_t, any bytes: JSON, or a message that is read apart */
	FIELD_TENANT, /* str_t: the id of a TenantContext, or a bare name */
	FIELD_UINT, /* uint64_t; an int64 has its bits */
	FIELD_TEXTS, /* struct field_texts: repeated string */
	FIELD_PARTS, /* struct field_texts, any bytes: repeated messages, to be read apart */
	FIELD_PAIRS, /* struct field_pairs: map<string, string> */
};

struct field_texts {
	str_t *at;
	size_t count, capacity;
};

struct field_pair {
	str_t key, value;
};

struct field_pairs {
	struct field_pair *at;
	size_t count, capacity;
};

struct field_row {
	uint32_t number;
	enum field_kind kind;
	size_t offset; /* of the member in *ret */
};

/* *ret must be zero before. */
err_t fields_read(struct arena *, str_t bytes, const struct field_row *, size_t count, void *ret);

#endif
