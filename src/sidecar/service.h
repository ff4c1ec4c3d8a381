/* SPDX-License-Identifier: Apache-2.0 */
/* service: the rpcs of service.def as a table for the net room. */
#ifndef SIDECAR_SERVICE_H
#define SIDECAR_SERVICE_H

#include "net/grpc.h"
#include "sidecar/request.h"
#include "sidecar/stream.h"

/* Rows for grpc_table_new(); static storage. */
const struct grpc_method *service_methods(size_t *ret_count);

/* The number of the rpc among those of service_methods(); below METRIC_RPC_COUNT. */
uint32_t service_rpc(const struct grpc_call *);

/* One request of a conversation of grpc.reflection; answers it. */
void service_reflect(struct worker *, struct grpc_call *, str_t message);

#define SERVED(service, rpc, by, note) extern const struct handler service_##by;
#define STREAMED(service, rpc, by, note) extern const struct stream_handler stream_##by;
#define UNSERVED(service, rpc, why)
#include "sidecar/service.def"
#undef SERVED
#undef STREAMED
#undef UNSERVED

#endif
