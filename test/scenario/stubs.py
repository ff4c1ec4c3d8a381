# SPDX-License-Identifier: Apache-2.0
"""stubs: what generated code would send and read, made from proto/*.proto while the test runs."""
import os
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def descriptors(root=PROTO):
    names = sorted(str(p.relative_to(root)) for p in root.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as room:
        out = os.path.join(room, "set")
        subprocess.run(["protoc", f"--proto_path={root}", "--include_imports", f"--descriptor_set_out={out}", *names], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out).read_bytes())


class Stubs:
    """rpcs: {"Service/Rpc": its descriptor} of coresdk.v1."""

    def __init__(self):
        self.pool, self.rpcs = descriptor_pool.DescriptorPool(), {}
        for f in descriptors().file:
            self.pool.Add(f)
            for service in f.service:
                if f.package == "coresdk.v1":
                    found = self.pool.FindServiceByName(f"{f.package}.{service.name}")
                    self.rpcs.update({f"{service.name}/{m.name}": m for m in found.methods})
        # MintAgentToken is in no descriptor, its messages are in client_only.proto.
        self.extra = {"AuthService/MintAgentToken": ("MintAgentTokenRequest", "MintAgentTokenResponse")}

    def type_of(self, descriptor):
        make = getattr(message_factory, "GetMessageClass", None)
        return make(descriptor) if make else message_factory.MessageFactory(self.pool).GetPrototype(descriptor)

    def types(self, rpc):
        if rpc in self.extra:
            return [self.type_of(self.pool.FindMessageTypeByName("coresdk.v1." + n)) for n in self.extra[rpc]]
        return self.type_of(self.rpcs[rpc].input_type), self.type_of(self.rpcs[rpc].output_type)

    def streams(self, rpc):
        return rpc in self.rpcs and self.rpcs[rpc].server_streaming

    def encode(self, rpc, content):
        return json_format.ParseDict(content, self.types(rpc)[0]()).SerializeToString()

    def decode(self, rpc, data):
        return self.types(rpc)[1].FromString(data)


def is_known(message):
    """Every byte of the answer belongs to a field of its descriptor."""
    again = type(message).FromString(message.SerializeToString())
    again.DiscardUnknownFields()
    return again.SerializeToString(deterministic=True) == message.SerializeToString(deterministic=True)
