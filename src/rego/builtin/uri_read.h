/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_read: URIs and their parts (RFC 3986), read as Go reads them: spaces and most other
 * bytes pass, but a host must be one, so that no two readers see different hosts.
 *
 *   memory   in the arena, or borrowed from the text
 *   failure  false: *ret_why says why the text is no URI, *ret_bad is as much of it as
 *            was read; or the arena refused
 */
#ifndef REGO_BUILTIN_URI_READ_H
#define REGO_BUILTIN_URI_READ_H

#include "base/arena.h"
#include "base/buf.h"

struct uri {
	str_t scheme; /* in lower case */
	str_t opaque; /* what stands behind a scheme without a slash: mailto:opaque */
	bool has_user, has_password;
	str_t user, password;
	str_t authority; /* host and port as they stand there, but for escapes */
	str_t host, port; /* without brackets and colon */
	str_t path, fragment; /* without escapes */
	/* As they were written where the default escapes would differ; else STR_NONE. */
	str_t raw_path, raw_fragment;
	str_t escaped_path, escaped_fragment;
	str_t query;
	bool empty_query; /* a question mark and nothing behind it */
	bool omits_host; /* scheme:/path */
};

bool uri_read(struct arena *, str_t text, struct uri *ret, str_t *ret_why, str_t *ret_bad);
/* The URI put together again, with escapes where they are needed. */
void uri_print(struct buf *, const struct uri *);

#endif
