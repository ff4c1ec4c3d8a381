/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement: one signed JSON object: what a binary is, what a medium holds, what a host took.
 *
 * A JWS whose header has the `typ` of its kind, so that a statement of one kind can
 * never stand for one of another, though the same key may have signed both.  Keys are
 * tried as bundle/keys.h has them; a statement names its key by thumbprint.
 *
 *   lifetime  what is read lives in the arena
 *   limits    STATEMENT_SIZE_MAX bytes
 *   failure   ERR_SIGNATURE and a sentence that begins with `name`; ERR_MEMORY refuses too
 */
#ifndef RELEASE_STATEMENT_H
#define RELEASE_STATEMENT_H

#include "bundle/keys.h"
#include "value/value.h"

enum { STATEMENT_SIZE_MAX = 64 << 10 };

struct statement {
	value_t payload; /* an object */
	enum algorithm algorithm;
	str_t kid; /* as the header claims */
	str_t key; /* thumbprint of the key that verified; empty: none was asked */
};

err_t statement_write(struct buf *out, const struct key *, str_t type, value_t payload);

/* `keys` NULL: the form alone is checked, and nothing in it may be believed. */
err_t statement_read(struct arena *, str_t text, str_t type, const struct bundle_keys *keys,
    str_t name, struct diag *, struct statement *ret);

/* Printable: nothing that could steer a terminal. */
bool statement_is_plain(str_t);
/* Members of a payload; the fallback when it is absent or of another type. */
str_t statement_text(value_t object, const char *member);
int64_t statement_number(value_t object, const char *member, int64_t fallback);

#endif
