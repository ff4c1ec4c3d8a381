/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_escape: which bytes stand for themselves in which part of a URI (RFC 3986 2), with
 * Go's opinion where the standard leaves a choice.  Pure functions.
 */
#ifndef REGO_BUILTIN_URI_ESCAPE_H
#define REGO_BUILTIN_URI_ESCAPE_H

#include "base/buf.h"

/* Hosts, and the zones of their addresses, refuse what the others only escape. */
enum uri_part { URI_PATH, URI_USER, URI_FRAGMENT, URI_HOST, URI_ZONE };

bool uri_is_unreserved(char); /* rfc3986 2.3 */
bool uri_is_one_of(char, const char *chars);
/* What is written without an escape. */
bool uri_is_bare(char, enum uri_part);
void uri_add_escaped(struct buf *, str_t plain, enum uri_part);
/* Whether `raw` is what uri_add_escaped() makes of `plain`. */
bool uri_is_default(str_t raw, str_t plain, enum uri_part);
/* Whether `raw`, of a path or fragment, has nothing that wants an escape. */
bool uri_is_escaped(str_t raw, enum uri_part);

#endif
