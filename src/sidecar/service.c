/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/service.h"

#include "sidecar/worker.h"

static void
on_message(struct grpc_call *call, str_t message)
{
	const struct caller caller = caller_of_grpc(call);

	worker_on_message(grpc_call_worker(call), &caller, grpc_call_data(call), message);
}

static void
on_stream(struct grpc_call *call, str_t message)
{
	worker_on_stream(grpc_call_worker(call), call, grpc_call_data(call), message);
}

static void
on_unserved(struct grpc_call *call, str_t message)
{
	const struct method *method = grpc_call_data(call);

	worker_count_unserved(grpc_call_worker(call), call);
	grpc_fail(call, GRPC_UNIMPLEMENTED, str_of(method->why_not));
}

static void
on_reflection(struct grpc_call *call, str_t message)
{
	service_reflect(grpc_call_worker(call), call, message);
}

#define PATH(service, rpc) { "/" service "/" rpc, sizeof("/" service "/" rpc) - 1 }

static const struct grpc_method methods[] = {
	{ PATH("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"), on_reflection, .talks = true },
	{ PATH("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo"), on_reflection, .talks = true },
#define SERVED(service, rpc, by, note) \
	{ PATH(service, rpc), on_message, &(const struct method){ rpc, &service_##by, NULL } },
#define STREAMED(service, rpc, by, note) { PATH(service, rpc), on_stream, &stream_##by },
#define UNSERVED(service, rpc, why) \
	{ PATH(service, rpc), on_unserved, &(const struct method){ rpc, NULL, why } },
#include "sidecar/service.def"
#undef SERVED
#undef STREAMED
#undef UNSERVED
};

_Static_assert(COUNT(methods) == METRIC_REST, "each rpc has its cells");

uint32_t
service_rpc(const struct grpc_call *call)
{
	return (uint32_t)(grpc_call_method(call) - methods);
}

const struct grpc_method *
service_methods(size_t *ret_count)
{
	*ret_count = COUNT(methods);
	return methods;
}
