/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_read: URIs and references to them (RFC 3986), read as Go reads them: spaces and
 * most other bytes pass, but a host must be one, so that no two readers see different
 * hosts.
 *
 *   uri_read.c     taking apart
 *   uri_resolve.c  putting together, and resolving a reference against a base
 *
 *   lifetime  parts borrow the text or stand in the arena
 *   memory    a few times the text; the caller charges it
 *   failure   false: fault->problem has Go's sentence, or is empty and the arena refused
 */
#ifndef REGO_BUILTIN_URI_READ_H
#define REGO_BUILTIN_URI_READ_H

#include "base/arena.h"
#include "base/str.h"

/* What is not there is empty; `raw` is as written, the others are without escapes. */
struct uri {
	str_t scheme; /* in lower case */
	str_t opaque; /* mailto:this */
	str_t authority, host, port; /* authority: raw */
	str_t path, raw_path, query, fragment, raw_fragment;
	bool has_authority, has_query;
};

struct uri_fault {
	str_t problem;
	str_t text; /* as much as was read when it was refused */
};

bool uri_read(struct arena *, str_t, struct uri *ret, struct uri_fault *);
str_t uri_quote(struct arena *, str_t); /* as Go quotes, for messages */

/* STR_NONE: the arena refused. */
str_t uri_text(struct arena *, const struct uri *);
/* What `ref` means in a document at `base` (rfc3986 5.2). */
bool uri_resolve(struct arena *, const struct uri *base, const struct uri *ref, struct uri *ret);

#endif
