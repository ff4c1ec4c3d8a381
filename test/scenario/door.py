# SPDX-License-Identifier: Apache-2.0
"""door: a house with an HTTP door, its policies, and how to ask at it byte by byte."""
import json
import os
import pathlib
import socket
import subprocess

from house import House
from rig import free_port

CORE = os.environ.get("CORE", "build/bin/core")

EXAMPLES = """package opa.examples

import rego.v1
import input.example.flag

pi := 3.14159

allow_request if flag == true

conflict := 1 if input.clash
conflict := 2 if input.clash

broken := 1 / input.divisor

partial[x] := y if some x, y in {"a": 1, "b": 2}

members contains m if some m in ["x", "y"]

f(x) := x

long := count([x | some x in numbers.range(1, 3000); x > 0])

wide if { a := input.x; b := concat("", [a, a]); c := {a: b}; b != c }
"""
SYSTEM = """package system

main := msg if msg := sprintf("hello, %v", [input.user])
"""
AUTHZ = """package authz

default allow := false

allow if { input.subject.id == "alice"; input.action.name == "read" }

deny contains "only alice reads" if not allow
"""
GATE = """package gate

import rego.v1

default allow := false

allow if input.path[0] == "public"

allow if { some x in input.context.roles; input.path == ["team", x]; input.method == "GET" }

allow if { input.subject == "root\\nx-auth-subject: evil, é%"; input.query.all == ["1", "2"] }
"""
HEALTH = """package system.health

live := true

ready if { input.plugins_ready; input.plugin_state.bundle == "OK" }

odd := "yes"

worse := 1 if input.plugins_ready
worse := 2 if input.plugins_ready
"""
DATA = {"servers": [
    {"id": "s1", "name": "app", "protocols": ["https", "ssh"], "ports": ["p1", "p2", "p3"]},
    {"id": "s2", "name": "db", "protocols": ["mysql"], "ports": ["p3"]},
    {"id": "s3", "name": "cache", "protocols": ["memcache"], "ports": ["p3"]},
    {"id": "s4", "name": "dev", "protocols": ["http"], "ports": ["p1", "p2"]}],
    "opa": {"base": {"a b": {"x/y": 1}, "1": "text"}}}


class Door(House):
    """A house with an HTTP door on a Unix socket and on a port."""

    def __init__(self, **config):
        super().__init__(**config)
        self.port = free_port()
        self.config["listen"] = {"rest": [f"unix:{self.path('rest.sock')}", f"127.0.0.1:{self.port}"]}
        files = pathlib.Path(self.path("policies"))
        files.mkdir()
        for name, text in (("examples.rego", EXAMPLES), ("system.rego", SYSTEM), ("authz.rego", AUTHZ),
                           ("gate.rego", GATE), ("health.rego", HEALTH), ("data.json", json.dumps(DATA))):
            (files / name).write_text(text)
        made = subprocess.run([CORE, "policy", "bundle", "--dir", str(files), "--sign-key", self.key.pem,
                               "--output", self.path("bundle.tar.gz")], capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(made.stderr)
        self.config["rest"] = {"authzen_rule": "data.authz.allow", "auth_rule": "data.gate.allow"}
        self.config["policy"]["default_rule"] = "data.system.main"
        self.write_config()

    def raw(self, data, wait=3, port=False):
        """All that comes back until the server closes."""
        with socket.socket(socket.AF_INET if port else socket.AF_UNIX) as s:
            s.settimeout(wait)
            s.connect(("127.0.0.1", self.port) if port else self.path("rest.sock"))
            s.sendall(data)
            got = b""
            try:
                while part := s.recv(65536):
                    got += part
            except (TimeoutError, ConnectionResetError):
                pass
            return got

    def http(self, method, path, body=None, **headers):
        """(status, fields, document or text)"""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        lines = [f"{method} {path} HTTP/1.1", "Host: door", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        got = self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        head, _, rest = got.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        if fields.get("content-type") == "application/json" and rest:
            rest = json.loads(rest)
        return int(lines[0].split()[1]), fields, rest

    def ask(self, method, path, body=None, **headers):
        """(status, document), the decision's id taken out."""
        status, _, document = self.http(method, path, body, **headers)
        if isinstance(document, dict):
            document.pop("decision_id", None)
        return status, document
