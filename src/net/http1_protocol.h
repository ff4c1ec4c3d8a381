/* SPDX-License-Identifier: Apache-2.0 */
/* http1_protocol: how server.c gets at what http1.c does to a connection. */
#ifndef NET_HTTP1_PROTOCOL_H
#define NET_HTTP1_PROTOCOL_H

#include "net/conn.h"

extern const struct protocol http1_protocol;

#endif
