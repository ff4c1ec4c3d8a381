/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_read: URIs and references to them (RFC 3986), read and written as Go does: spaces and
 * most other bytes pass, but a host must be one, so that no two readers see different hosts.
 *
 *   uri_read.c     taking apart             uri_write.c   putting together
 *   uri_resolve.c  a reference at a base    uri_escape.c  what needs escapes
 *
 *   lifetime  parts borrow the text or stand in the arena
 *   memory    a few times the text; the caller charges it
 *   failure   false: fault->problem has Go's sentence, or is empty and the arena refused
 */
#ifndef REGO_BUILTIN_URI_READ_H
#define REGO_BUILTIN_URI_READ_H

#include "base/arena.h"
#include "base/str.h"

/* What is not there is empty.  All parts but query and opaque are without escapes. */
struct uri {
	str_t scheme; /* in lower case */
	str_t opaque; /* what stands behind a scheme without a slash: mailto:opaque */
	bool has_user, has_password;
	str_t user, password; /* not for messages, nor for a log */
	str_t authority; /* host and port as they stand there, but for escapes */
	str_t host, port; /* without brackets and colon */
	str_t path, query, fragment;
	str_t raw_path, raw_fragment; /* as written, where default escapes would differ */
	bool empty_query; /* a question mark and nothing behind it */
	bool omits_host; /* scheme:/path */
};

struct uri_fault {
	str_t problem;
	str_t text; /* as much as was read when it was refused */
};

bool uri_read(struct arena *, str_t, struct uri *ret, struct uri_fault *);
/* Sets path and raw_path from a path with escapes; false: they are wrong, or the arena refused. */
bool uri_set_path(struct arena *, struct uri *, str_t raw);

/* STR_NONE: the arena refused. */
str_t uri_text(struct arena *, const struct uri *);
str_t uri_escaped_path(struct arena *, const struct uri *);
str_t uri_quote(struct arena *, str_t); /* as Go quotes, for messages */
str_t uri_explain(struct arena *, const struct uri_fault *); /* parse "...": problem */

/* What `ref` means in a document at `base` (rfc3986 5.2). */
bool uri_resolve(struct arena *, const struct uri *base, const struct uri *ref, struct uri *ret);

#endif
