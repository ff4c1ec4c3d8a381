/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http2: HTTP/2 for the routes of http1.h; a handler cannot tell them apart.
 *
 * :authority is what they find as `host`; a `host` beside it must be the same.
 *
 *   limits   those of h2.h; the table's body limit
 *   failure  400, 404, 405, 408, 413, 414, 431 and 503 are answered here
 */
#ifndef NET_HTTP2_H
#define NET_HTTP2_H

#include "net/conn.h"

extern const struct protocol http2_protocol;

#endif
