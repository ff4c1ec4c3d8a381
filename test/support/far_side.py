# SPDX-License-Identifier: Apache-2.0
"""far_side: what coresdk-courier talks to: a bundle service with ETags, and an S3 store that checks signatures.

Both in threads of the test, on loopback; both can be made to misbehave.
"""
import hashlib
import hmac
import http.server
import re
import socket
import ssl
import threading
import time


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients that are killed or hang up are what the tests are about."""


class Server:
    """Something that answers on a port, can be cut off, and comes back on the same one."""

    def __init__(self, handler, port=0, tls=None):
        self.tls, self.requests, self.connections, self.lock = tls, [], set(), threading.Lock()
        self.handler = type("Handler", (handler,), {"server_side": self})
        self.port = port
        self.start()

    def start(self):
        self.http = Listener(("127.0.0.1", self.port), self.handler)
        self.port = self.http.server_address[1]
        if self.tls:
            self.http.socket = self.tls.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def cut(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        with self.lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # the client was quicker

    def note(self, request):
        with self.lock:
            self.requests.append((request.command, request.path, dict(request.headers.items())))

    def seen(self):
        with self.lock:
            return list(self.requests)


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.server_side.lock:
            self.server_side.connections.add(self.connection)

    def finish(self):
        with self.server_side.lock:
            self.server_side.connections.discard(self.connection)
        super().finish()

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304 and "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)


class BundleHandler(Quiet):
    def do_GET(self):
        side = self.server_side
        side.note(self)
        if side.token and self.headers.get("Authorization") != f"Bearer {side.token}":
            return self.answer(401)
        if side.mood == "slow":
            time.sleep(side.slow_s)
        if side.mood == "error":
            return self.answer(503, b"busy")
        if side.mood == "redirect":
            return self.answer(302, Location=side.elsewhere)
        body = side.files.get(self.path)
        if body is None:
            return self.answer(404)
        kind = {"Content_Type": "application/vnd.openpolicyagent.bundles"} if side.long_polls else {}
        wait = re.search(r"wait=(\d+)", self.headers.get("Prefer", ""))
        until = time.monotonic() + (int(wait[1]) if wait and side.long_polls else 0)
        while True:
            body = side.files[self.path]
            etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            if self.headers.get("If-None-Match") != etag:
                break
            if time.monotonic() >= until:
                return self.answer(304, ETag=etag, **kind)
            time.sleep(0.02)
        if side.mood == "cut-short":
            self.answer(200, body[:len(body) // 2], Content_Length=str(len(body)), ETag=etag)
            self.close_connection = True
            return None
        return self.answer(200, body, ETag=etag, **kind)


class BundleService(Server):
    def __init__(self, token=None, long_polls=False, **more):
        self.files, self.mood, self.token, self.long_polls = {}, "good", token, long_polls
        self.slow_s, self.elsewhere = 2, ""
        super().__init__(BundleHandler, **more)


class StoreHandler(Quiet):
    def is_signed(self, payload):
        """Whether the signature is the one that we make of what came, from the secret."""
        side, given = self.server_side, self.headers.get("Authorization", "")
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*"
                             r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})", given)
        if not found or found[1] != side.access_key:
            return False
        _, day, region, names, signature = found.groups()
        names = names.split(";")
        present = {n.lower() for n in self.headers if n.lower().startswith("x-amz-")} | {"host"}
        if names != sorted(names) or not present <= set(names) or self.headers.get("x-amz-content-sha256") != payload:
            return False
        when = self.headers["x-amz-date"]
        if abs(time.time() - time.mktime(time.strptime(when, "%Y%m%dT%H%M%SZ")) + time.timezone) > 900 or when[:8] != day:
            return False
        lines = "".join(f"{n}:{self.headers[n].strip()}\n" for n in names)
        canonical = f"{self.command}\n{self.path}\n\n{lines}\n{';'.join(names)}\n{payload}"
        text = f"AWS4-HMAC-SHA256\n{when}\n{day}/{region}/s3/aws4_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + side.secret.encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature)

    def refuse(self):
        with self.server_side.lock:
            self.server_side.refused += 1
        return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")

    def do_HEAD(self):
        self.server_side.note(self)
        if not self.is_signed(hashlib.sha256(b"").hexdigest()):
            return self.refuse()
        found = self.server_side.objects.get(self.path)
        if found is None:
            return self.answer(404)
        return self.answer(200, Content_Length=str(len(found[0])), x_amz_meta_sha256=found[1])

    def do_PUT(self):
        side = self.server_side
        side.note(self)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):
            self.close_connection = True  # its sender died in the middle: nothing came that could be judged
            return None
        if not self.is_signed(hashlib.sha256(body).hexdigest()):
            return self.refuse()
        if side.mood == "error":
            return self.answer(503, b"<Error><Code>SlowDown</Code></Error>")
        if self.headers.get("If-None-Match") and side.mood == "swift":
            return self.answer(501, b"<Error><Code>NotImplemented</Code></Error>")
        with side.lock:
            if self.path in side.objects:
                side.repeated += 1
                if self.headers.get("If-None-Match") == "*":
                    return self.answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            side.objects[self.path] = (body, self.headers["x-amz-meta-sha256"])
            side.written.append(self.path)
        if side.before_answer:
            side.before_answer(self.path)
        return self.answer(200)


class Store(Server):
    def __init__(self, access_key="AKTEST", secret="s3cret", **more):
        self.access_key, self.secret, self.objects, self.written = access_key, secret, {}, []
        self.refused = self.repeated = 0
        self.mood, self.before_answer = "good", None
        super().__init__(StoreHandler, **more)


def tls_context(directory, client_ca=None):
    """The server's side, with rig.make_certificates' files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{directory}/server.crt", f"{directory}/server.key")
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
