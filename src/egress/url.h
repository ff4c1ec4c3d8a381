/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url: an absolute URL taken apart, strictly.
 *
 *   scheme://host[:port][/path][?query][#fragment]
 *
 * Clients disagree about every URL that rfc3986 does not allow, and about some that it
 * does; a guard that reads one differently from the client behind it guards nothing.  So
 * what can be read in two ways is refused, with the reason: white space and control
 * characters, backslashes, user names and passwords, empty ports, hosts that are not
 * plain ASCII (host.h), and paths that climb (`/a/../b`, also as `%2e%2e`).
 *
 *   lifetime  path borrows from the text
 *   limits    URL_MAX bytes
 *   threads   any
 */
#ifndef EGRESS_URL_H
#define EGRESS_URL_H

#include "egress/host.h"

enum { URL_MAX = 8192, URL_SCHEME_MAX = 16 };

struct url {
	char scheme[URL_SCHEME_MAX + 1]; /* in lower case */
	struct host host;
	uint16_t port; /* the scheme's own if none is written; 0: it has none */
	str_t path; /* as written; "/" if empty */
};

/* NULL, or why it is refused: a clause about the URL, without any part of it. */
const char *url_read(str_t, struct url *ret);

#endif
