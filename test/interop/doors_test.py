#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""doors_test BUILD: the HTTP door asked by those who will ask it: curl, OPA's npm client, nginx and HAProxy.

What is not on this host is skipped, and so is the npm package where it cannot be fetched.  The proxies are
set up as their manuals say, plainly: no field of ours is set that forward auth does not need.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))

from door import CORE, GATE, Door  # noqa: E402
from house import run_scenarios  # noqa: E402
from rig import free_port, make_certificates, ok  # noqa: E402

BUILD = pathlib.Path(sys.argv[1]).resolve()
SITE = GATE + """
allow if { input.path[0] == "site"; input.subject == "ann"; input.method in {"GET", "HEAD"} }
allow if { input.path == ["site", "form"]; input.subject == "ann"; input.method == "POST" }
"""


def skip(label, why):
    ok(True, f"{label} # SKIP {why}")


def find(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin")


def curl(*args):
    return subprocess.run(["curl", "-sS", "--max-time", "20", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", *args],
                          capture_output=True, text=True)


# ---- curl ----

def with_curl():
    if not find("curl"):
        return skip("curl", "it is not here")
    with Door() as door:
        d = door.start()
        url = f"http://127.0.0.1:{door.port}"
        got = curl("-d", '{"input": {"example": {"flag": true}}}', url + "/v1/data/opa/examples/allow_request")
        ok('"result":true' in got.stdout, "curl: a decision", got)
        got = curl(*[url + "/v1/data/opa/examples/pi"] * 5, "-w", "%{num_connects} ")
        ok(got.stdout.count("3.14159") == 5 and got.stdout.count("\n0 ") == 4, "curl: keeps the connection", got)
        big = {"input": {"example": {"flag": True}, "pad": "x" * 2000000}}
        pathlib.Path(door.path("big.json")).write_text(json.dumps(big))
        got = curl("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-d", "@" + door.path("big.json"),
                   url + "/v1/data/opa/examples/allow_request")
        ok('"result":true' in got.stdout, "curl: 2 MB in chunks, after 100 Continue", got)
        got = curl("--unix-socket", door.path("rest.sock"), "http://anything/v1/data/opa/examples/pi")
        ok("3.14159" in got.stdout, "curl: by the Unix socket", got)
        got = curl("--data-binary", "input:\n  example:\n    flag: true\n", "-H", "Content-Type: application/yaml",
                   url + "/v1/data/opa/examples/allow_request")
        ok('"result":true' in got.stdout, "curl: YAML", got)
        d.stop()


def with_curl_and_mtls():
    if not find("curl"):
        return skip("curl with mTLS", "it is not here")
    with Door() as door:
        set_tls(door)
        d = door.start(wait=False)

        def run(client, scheme="https"):
            pair = ["--cert", door.path(client + ".crt"), "--key", door.path(client + ".key")] if client else []
            return curl("--cacert", door.path("ca.crt"), *pair, f"{scheme}://localhost:{door.port}/v1/data/opa/examples/pi")
        ok('"result":3.14159' in run("client").stdout, "mTLS: a client with a certificate is served", d.logged())
        for label, got in (("without one", run(None)), ("with one of another CA", run("stranger")),
                           ("in cleartext", run(None, "http"))):
            ok("result" not in got.stdout and got.returncode, f"mTLS: {label} nobody is", got)
        ok(door.ask("GET", "/v1/data/opa/examples/pi")[0] == 200, "mTLS: the Unix socket stays as it is")
        d.stop()


# ---- OPA's own client ----

def fetch_node():
    """(where the packages are, why they are not)"""
    where = BUILD / "interop-opa"
    if (where / "node_modules/@open-policy-agent/opa").exists():
        return where, ""
    if not (find("npm") and find("node")):
        return None, "there is no npm"
    new = BUILD / f"interop-opa.{os.getpid()}"
    shutil.copytree(HERE / "opa", new)
    try:
        done = subprocess.run(["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline",
                               "--fetch-retries=0", "--fetch-timeout=5000"], cwd=new, capture_output=True, text=True, timeout=90,
                              check=False)
        why = "npm cannot fetch the package" if done.returncode else ""
    except subprocess.TimeoutExpired:
        why = "npm takes too long to fetch the package"
    if not why:
        shutil.rmtree(where, ignore_errors=True)
        new.rename(where)
        return where, ""
    shutil.rmtree(new, ignore_errors=True)
    return None, why


def with_node():
    where, why = fetch_node()
    if where is None:
        return skip("@open-policy-agent/opa", why)
    shutil.copy(HERE / "opa/ask.mjs", where)
    with Door() as door:
        d = door.start()
        got = subprocess.run(["node", "ask.mjs", f"http://127.0.0.1:{door.port}"], cwd=where, capture_output=True, text=True, timeout=60,
                             check=False)
        out = json.loads(got.stdout or "{}")
        label = "@open-policy-agent/opa: "
        ok(out.get("path") is True and out.get("pi") == 3.14159, label + "evaluate", got)
        ok(out.get("main") == 'hello, ["alice"]', label + "evaluateDefault", got)
        ok(out.get("error"), label + "an error is one", got)
        ok(out.get("undefined") == "undefined", label + "what is undefined is", got)
        ok(out.get("batch") == {"a": True, "b": "undefined"}, label + "evaluateBatch, one by one", got)
        d.stop()


# ---- proxies ----

def set_tls(door):
    make_certificates(door.room)
    door.config["tls"] = {"mode": "mtls", "ca_cert": door.path("ca.crt"), "server_cert": door.path("server.crt"),
                          "server_key": door.path("server.key")}
    door.write_config()


def make_site(door):
    pathlib.Path(door.path("policies/gate.rego")).write_text(SITE)
    subprocess.run([CORE, "policy", "bundle", "--dir", door.path("policies"), "--sign-key", door.key.pem, "--output",
                    door.path("bundle.tar.gz")], check=True, capture_output=True)
    pathlib.Path(door.path("site")).mkdir()
    pathlib.Path(door.path("site/page")).write_text("the page")


def check_site(door, label, url):
    """The same of every proxy: who comes through, who does not, and what does not help."""
    fetch = lambda *args, path="/site/page": curl("-i", url + path, *args).stdout
    bearer = lambda name: ("-H", "Authorization: Bearer " + door.issuer.token(sub=name))
    got = fetch()
    ok(" 401 " in got[:14], f"{label}: no token, no page", got[:300])
    got = fetch(*bearer("ann"))
    ok(" 200 " in got[:14] and "the page" in got and "x-seen-subject: ann" in got.lower(), f"{label}: the page, for whom", got)
    got = fetch(*bearer("bob"))
    ok(" 403 " in got[:14] and "the page" not in got, f"{label}: not for another", got[:300])
    got = fetch("-H", "Authorization: Bearer " + door.issuer.token(sub="ann")[:-8] + "AAAAAAAA")
    ok(" 401 " in got[:14], f"{label}: not for a token that is no good", got[:300])
    got = fetch("-H", "X-Forwarded-Uri: /public", "-H", "X-Forwarded-Method: GET", "-H", "X-Auth-Subject: ann")
    ok(" 200 " not in got[:14], f"{label}: a client's own fields do not help it", got[:300])
    got = fetch("-H", "X-Original-URI: /public", "-H", "X-Original-Method: GET")
    ok(" 200 " not in got[:14], f"{label}: nor those of the other kind", got[:300])
    got = fetch("-X", "DELETE", *bearer("ann"))
    ok(" 403 " in got[:14], f"{label}: the method counts", got[:300])
    got = fetch(*bearer("ann"), "-H", "Origin: https://other.example", "-H", "Sec-Fetch-Site: cross-site")
    ok(" 200 " in got[:14], f"{label}: a link from another site is no matter of the sidecar's", got[:300])
    got = fetch("--path-as-is", path="/public/../site/page")
    ok(" 200 " not in got[:14], f"{label}: a path that goes up is not public", got[:300])
    got = fetch(path="/public/%2e%2e/site/page")
    ok(" 200 " not in got[:14], f"{label}: nor in escapes", got[:300])
    records = [r for r in door.audit() if r["method"] == "forward.auth"]
    ok(records and {("ann", True), ("bob", False)} <= {(r["subject"], r["allow"]) for r in records}, f"{label}: recorded", len(records))


NGINX = """{user} daemon off; pid {room}/nginx.pid; error_log {room}/nginx.log;
events {{}}
http {{
  access_log off; client_body_temp_path {room}/t1; proxy_temp_path {room}/t2; fastcgi_temp_path {room}/t3;
  uwsgi_temp_path {room}/t4; scgi_temp_path {room}/t5;
  upstream sidecar {{ server {server}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      auth_request /decide; auth_request_set $subject $upstream_http_x_auth_subject;
      add_header X-Seen-Subject $subject; root {room};
    }}
    location = /decide {{
      internal; proxy_pass {scheme}://sidecar/auth; proxy_pass_request_body off;
      proxy_set_header Content-Length ""; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Original-Method $request_method; proxy_set_header X-Original-URI $request_uri;
      {tls}
    }}
  }}
}}
"""
NGINX_TLS = """proxy_ssl_certificate {room}/client.crt; proxy_ssl_certificate_key {room}/client.key;
      proxy_ssl_trusted_certificate {room}/ca.crt; proxy_ssl_verify on; proxy_ssl_name localhost;
      proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;"""


def with_nginx(mtls):
    label = "nginx over mTLS" if mtls else "nginx over a Unix socket"
    nginx = find("nginx")
    if not nginx or not find("curl"):
        return skip(label, "nginx or curl is not here")
    with Door() as door:
        make_site(door)
        if mtls:
            set_tls(door)
        d = door.start(wait=not mtls)
        port = free_port()
        pathlib.Path(door.path("nginx.conf")).write_text(NGINX.format(
            room=door.room, port=port, user="user root root;" if os.getuid() == 0 else "", scheme="https" if mtls else "http",
            server=f"127.0.0.1:{door.port}" if mtls else f"unix:{door.path('rest.sock')}",
            tls=NGINX_TLS.format(room=door.room) if mtls else ""))
        proxy = subprocess.Popen([nginx, "-c", door.path("nginx.conf"), "-e", door.path("nginx.log")])
        try:
            if mtls:  # it is up once it answers somebody with a certificate
                curl("--cacert", door.path("ca.crt"), "--cert", door.path("client.crt"), "--key", door.path("client.key"),
                     f"https://localhost:{door.port}/health")
            check_site(door, label, f"http://127.0.0.1:{port}")
        finally:
            proxy.terminate()
            proxy.wait()
        d.stop()


def with_nginx_and_socket():
    with_nginx(False)


def with_nginx_and_mtls():
    with_nginx(True)


HAPROXY = """global
  lua-load {room}/ask.lua
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend site
  bind 127.0.0.1:{port}
  http-request lua.ask
  http-request deny deny_status 401 if {{ var(txn.answer) -m int 401 }}
  http-request deny deny_status 403 unless {{ var(txn.answer) -m int 200 }}
  http-request return status 200 content-type text/plain string "the page" hdr X-Seen-Subject %[var(txn.subject)]
"""
# HAProxy asks nobody by itself: its own HTTP client in a few lines of Lua does.
HAPROXY_LUA = """core.register_action("ask", {{ "http-req" }}, function(txn)
  local sent = txn.http:req_get_headers()
  local fields = {{ ["x-forwarded-method"] = {{ txn.sf:method() }}, ["x-forwarded-uri"] = {{ txn.sf:url() }} }}
  if sent["authorization"] then
    fields["authorization"] = {{ sent["authorization"][0] }}
  end
  local answer = core.httpclient():get{{ url = "http://127.0.0.1:{door}/auth", headers = fields }}
  txn:set_var("txn.answer", answer.status)
  if answer.headers and answer.headers["x-auth-subject"] then
    txn:set_var("txn.subject", answer.headers["x-auth-subject"][0])
  end
end)
"""


def with_haproxy():
    haproxy = find("haproxy")
    if not haproxy or not find("curl"):
        return skip("HAProxy", "HAProxy or curl is not here")
    if "+LUA" not in subprocess.run([haproxy, "-vv"], capture_output=True, text=True, check=False).stdout:
        return skip("HAProxy", "it has no Lua")
    with Door() as door:
        make_site(door)
        d = door.start()
        port = free_port()
        pathlib.Path(door.path("ask.lua")).write_text(HAPROXY_LUA.format(door=door.port))
        pathlib.Path(door.path("haproxy.cfg")).write_text(HAPROXY.format(room=door.room, port=port))
        log = open(door.path("haproxy.log"), "w")  # noqa: SIM115
        proxy = subprocess.Popen([haproxy, "-db", "-f", door.path("haproxy.cfg")], stdout=log, stderr=log)
        try:
            check_site(door, "HAProxy", f"http://127.0.0.1:{port}")
        finally:
            proxy.terminate()
            proxy.wait()
            log.close()
        d.stop()


# ---- the spellings of others ----

def with_spellings():
    """What each proxy's manual says that it sends; those that are not here cannot be asked."""
    with Door() as door:
        make_site(door)
        d = door.start()
        token = {"Authorization": "Bearer " + door.issuer.token(sub="ann")}
        for label, fields in (
            ("nginx", {"X-Original-Method": "GET", "X-Original-URI": "/site/page"}),
            ("Traefik", {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "site.example",
                         "X-Forwarded-Uri": "/site/page", "X-Forwarded-For": "192.0.2.7"}),
            ("Caddy", {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/site/page", "X-Forwarded-Host": "site.example",
                       "X-Forwarded-Proto": "https"}),
            ("ingress-nginx", {"X-Original-URL": "https://site.example/site/page", "X-Original-Method": "GET",
                               "X-Original-URI": "/site/page", "X-Sent-From": "nginx-ingress-controller"}),
            ("HAProxy", {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/site/page"}),
        ):
            fields = {name.replace("-", "_"): value for name, value in (fields | token).items()}
            got = door.http("GET", "/auth", None, **fields)
            ok(got[0] == 200 and got[1].get("x-auth-subject") == "ann", f"forward auth: as {label} asks", got)
        d.stop()


run_scenarios(with_curl, with_curl_and_mtls, with_node, with_nginx_and_socket, with_nginx_and_mtls, with_haproxy, with_spellings)
