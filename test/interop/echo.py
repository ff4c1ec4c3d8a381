#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other people's clients against the echo server: python3-grpcio, curl, nghttp, h2load.

echo.py ECHO_SERVER.  Speaks TAP; a client that is not installed is skipped.
"""
import shutil
import signal
import subprocess
import sys
import tempfile

count = failed = 0


def ok(passed, what):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {what}", flush=True)


def skip(what, why):
    global count
    count += 1
    print(f"ok {count} - {what} # SKIP {why}", flush=True)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, timeout=60, **options).stdout


def check_grpcio(address):
    try:
        import grpc
    except ImportError:
        skip("python3-grpcio", "not installed")
        return
    with grpc.insecure_channel(address) as channel:
        say = channel.unary_unary("/echo.Echo/Say")
        ok(say(b"hello", timeout=10) == b"hello", "grpcio: a unary call")
        ok(say(b"x" * 1000000, timeout=10) == b"x" * 1000000, "grpcio: a megabyte")
        numbers = channel.unary_stream("/echo.Echo/Count")(b"10000", timeout=30)
        ok([int(n) for n in numbers] == list(range(1, 10001)), "grpcio: a stream")
        for name, body, code, text in (
            ("Fail", "100 % ä\n".encode(), grpc.StatusCode.FAILED_PRECONDITION, "100 % ä\n"),
            ("Nope", b"", grpc.StatusCode.UNIMPLEMENTED, "unknown method"),
            ("Say", b"x" * (5 << 20), grpc.StatusCode.RESOURCE_EXHAUSTED, None),
            ("Never", b"", grpc.StatusCode.DEADLINE_EXCEEDED, None),
        ):
            try:
                channel.unary_unary("/echo.Echo/" + name)(body, timeout=0.5)
                ok(False, f"grpcio: {name} fails")
            except grpc.RpcError as e:
                ok(e.code() == code and text in (None, e.details()), f"grpcio: {name} fails with {e.code()}")
        futures = [say.future(str(i).encode(), timeout=20) for i in range(500)]
        ok(all(f.result() == str(i).encode() for i, f in enumerate(futures)), "grpcio: 500 calls at once")


def check_curl(grpc, http):
    if shutil.which("curl") is None:
        skip("curl", "not installed")
        return
    out = run("curl", "-s", "--http2-prior-knowledge", "-w", "%{http_version} %{http_code}", f"http://{grpc}/")
    ok(out == b"2 405", "curl: GET is not gRPC")
    ok(run("curl", "-s", f"http://{http}/healthz") == b'{"status":"ok"}\n', "curl: health")
    body = b"y" * 200000
    for name, header in (("a length", "X-A: b"), ("chunks", "Transfer-Encoding: chunked")):
        out = run("curl", "-s", "-H", header, "--data-binary", "@-", f"http://{http}/echo", input=body)
        ok(out == body, f"curl: a body with {name}")
    out = run("curl", "-s", *[f"http://{http}/tree/{i}" for i in range(50)], "-w", "%{num_connects}")
    ok(out.count(b"/tree/") == 50 and out.endswith(b"0"), "curl: 50 requests on one connection")


def check_h2load(grpc):
    if shutil.which("h2load") is None:
        skip("h2load", "not installed")
        return
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"\0\0\0\0\3abc")
        body.flush()
        for clients, streams in ((1, 1), (8, 32), (64, 100)):
            out = run("h2load", f"-c{clients}", f"-m{streams}", "-n20000", "-d", body.name, "-H", "te: trailers",
                      "-H", "content-type: application/grpc", f"http://{grpc}/echo.Echo/Say")
            ok(b"20000 succeeded, 0 failed" in out, f"h2load: {clients} clients, {streams} streams each")


def main():
    command = [sys.argv[1], "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    grpc, http = (server.stdout.readline().strip() for _ in range(2))
    try:
        check_grpcio(grpc)
        check_curl(grpc, http)
        check_h2load(grpc)
    finally:
        server.send_signal(signal.SIGTERM)
        ok(server.wait(10) == 0, "the server drains and ends well")
    print(f"1..{count}")
    return 1 if failed else 0


sys.exit(main())
