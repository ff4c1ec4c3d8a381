# SPDX-License-Identifier: Apache-2.0
"""gRPC's server reflection, asked as tools ask it: over one conversation, before they know any service."""
import grpc
import queue

from google.protobuf import descriptor_pb2, descriptor_pool

from house import House, run_scenarios
from rig import field, fields, ok

INFO = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"


class Conversation:
    def __init__(self, d, version="v1", **more):
        self.asked = queue.Queue()
        self.answers = d.channel.stream_stream(INFO.format(version))(iter(self.asked.get, None), timeout=20, **more)

    def ask(self, message):
        self.asked.put(message)
        return fields(next(self.answers))

    def end(self):
        self.asked.put(None)
        return list(self.answers)


def services_of(answer):
    return [fields(s)[1][0].decode() for s in fields(answer[6][0])[1]]


def reflected():
    with House() as house:
        d = house.start()
        for version in ("v1", "v1alpha"):
            talk = Conversation(d, version)
            answer = talk.ask(field(7, "*"))
            names = services_of(answer)
            ok(len([n for n in names if n.startswith("coresdk.v1.")]) == 13 and "grpc.health.v1.Health" in names,
               f"{version}: all services are listed", names)
            ok(answer[2] == [field(7, "*")], f"{version}: the request comes back")
            answer = talk.ask(field(1, "host") + field(4, "coresdk.v1.AuthService.Authorize"))
            files = [descriptor_pb2.FileDescriptorProto.FromString(f) for f in fields(answer[4][0])[1]]
            ok(files[-1].name == "coresdk/v1/auth.proto" and answer[1] == [b"host"], f"{version}: a method's file")
            pool = descriptor_pool.DescriptorPool()
            for f in files:
                pool.Add(f)
            method = pool.FindServiceByName("coresdk.v1.AuthService").FindMethodByName("Authorize")
            ok([f.name for f in method.input_type.fields][:3] == ["subject", "action", "resource"],
               f"{version}: with its imports it is whole")
            ok(talk.ask(field(3, "coresdk/v1/common.proto")).get(4), f"{version}: a file by name")
            ok(talk.ask(field(4, "coresdk.v1.Nothing")).get(7), f"{version}: what is not known is an error in the answer")
            ok(talk.ask(b"").get(7), f"{version}: nothing asked")
            ok(talk.end() == [], f"{version}: and it ends when the client has said all")
        talk = Conversation(d)
        for _ in range(300):
            talk.asked.put(field(7, ""))
        ok(all(len(services_of(fields(next(talk.answers)))) > 10 for _ in range(300)), "300 requests at once are all answered")
        talk.asked.put(b"\x0a\xff")
        try:
            next(talk.answers)
            ok(False, "a malformed message ends the conversation")
        except grpc.RpcError as e:
            ok(e.code() == grpc.StatusCode.INVALID_ARGUMENT, "a malformed message ends the conversation")
        silent = Conversation(d)
        silent.answers.cancel()
        ok(d.evaluate("data.authz.allow", {"id": 1})[0], "who hangs up harms nobody")
        d.stop()


run_scenarios(reflected)
