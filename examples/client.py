#!/usr/bin/python3
"""client.py: asks a sidecar whether a token may do a thing.

  client.py [--address HOST:PORT] [--tls DIR] [--wait SECONDS] TOKEN ACTION RESOURCE
  client.py [--address HOST:PORT] [--tls DIR] [--wait SECONDS] --evaluate RULE INPUT_JSON

As the published clients do, it writes the few protobuf fields by hand: no
generated code is needed.  --tls names a folder with ca.crt, client.crt, client.key.
Exit status: 0 allowed, 1 denied, 2 no answer.
"""
import argparse
import sys

import grpc


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def text(field, value):
    data = value.encode()
    return varint(field << 3 | 2) + varint(len(data)) + data


def read(message):
    """Fields of a message: number -> last value (int or bytes)."""
    fields, at = {}, 0

    def number():
        nonlocal at
        n = shift = 0
        while True:
            byte = message[at]
            at += 1
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n

    while at < len(message):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = message[at:at + value], at + value
        fields[key >> 3] = value
    return fields


def dial(address, folder):
    if folder is None:
        return grpc.insecure_channel(address)
    files = [open(f"{folder}/{name}", "rb").read() for name in ("ca.crt", "client.key", "client.crt")]
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(*files))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="localhost:50051")
    parser.add_argument("--tls")
    parser.add_argument("--wait", type=float, default=5)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("words", nargs="+")
    args = parser.parse_args()
    if args.evaluate:
        method, message = "PolicyService/Evaluate", text(1, args.words[0]) + text(2, args.words[1])
    else:
        token, action, resource = args.words
        method, message = "AuthService/Authorize", text(2, action) + text(3, resource) + text(7, "Bearer " + token)
    with dial(args.address, args.tls) as channel:
        call = channel.unary_unary("/coresdk.v1." + method, request_serializer=bytes, response_deserializer=read)
        try:
            answer = call(message, timeout=args.wait, wait_for_ready=True,
                          metadata=[("x-service-name", "example")])
        except grpc.RpcError as error:
            print(f"no answer: {error.code().name}: {error.details()}")
            return 2
    allowed, reason = answer.get(1, 0) == 1, answer.get(2, b"").decode()
    print(("allowed" if allowed else "denied") + (f": {reason}" if reason else ""))
    return 0 if allowed else 1


if __name__ == "__main__":
    sys.exit(main())
