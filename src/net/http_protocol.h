/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_protocol: HTTP of either version on one port.
 *
 * With TLS, ALPN has said which.  Without, a client that knows beforehand that HTTP/2 is
 * spoken begins with that version's preface (rfc9113 3.3), which no request of HTTP/1.1
 * can begin with.
 */
#ifndef NET_HTTP_PROTOCOL_H
#define NET_HTTP_PROTOCOL_H

#include "net/conn.h"

extern const struct protocol http_protocol;

#endif
