/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/caller.h"

#include "net/grpc.h"
#include "sidecar/service.h"

static void
reply(void *call, str_t answer)
{
	grpc_reply(call, answer);
}

static void
fail(void *call, err_t err, str_t text)
{
	grpc_fail(call, err_grpc(err), text);
}

static str_t
find(const void *call, str_t name)
{
	return grpc_call_metadata(call, name);
}

static void
on_cancel(struct grpc_call *call, void *user)
{
	void **waits = user;

	*waits = NULL;
}

static void
wait_for(void *call, void **waits)
{
	grpc_call_attach(call, waits, on_cancel);
}

static void
hide(void *call)
{
	grpc_call_hide(call);
}

static const struct peer *
peer(const void *call)
{
	return grpc_call_peer(call);
}

static str_t
path(const void *call)
{
	return grpc_call_method(call)->path;
}

static uint32_t
rpc(const void *call)
{
	return service_rpc(call);
}

static const struct door grpc_door = {
	.reply = reply,
	.fail = fail,
	.find = find,
	.wait = wait_for,
	.hide = hide,
	.peer = peer,
	.path = path,
	.rpc = rpc,
};

struct caller
caller_of_grpc(struct grpc_call *call)
{
	return (struct caller){ &grpc_door, call, grpc_call_deadline_ns(call) };
}

str_t
caller_find(const struct caller *caller, str_t name)
{
	return caller->door->find(caller->call, name);
}
