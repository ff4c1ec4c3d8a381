/* SPDX-License-Identifier: Apache-2.0 */
/* grpc_protocol: how server.c gets at what grpc.c does to a connection. */
#ifndef NET_GRPC_PROTOCOL_H
#define NET_GRPC_PROTOCOL_H

#include "net/conn.h"

extern const struct protocol grpc_protocol;

#endif
