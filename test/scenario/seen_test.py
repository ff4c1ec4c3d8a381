# SPDX-License-Identifier: Apache-2.0
"""What one sees of the daemon: metrics, health, traces, `core sidecar status`, `core doctor`."""
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import time
import urllib.error
import urllib.request

from house import House, run_scenarios
from rig import field, ok
from watch import Watch

CORE = os.environ.get("CORE", "build/bin/core")
SIDECAR = os.environ.get("SIDECAR", "build/bin/coresdk-sidecar")
AUTHORIZE = "/coresdk.v1.AuthService/Authorize"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def fetch(d, path, accept=None):
    request = urllib.request.Request(f"http://127.0.0.1:{d.http}{path}", headers={"Accept": accept} if accept else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers["Content-Type"], e.read().decode()


def until(what, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def answers(d):
    try:
        return fetch(d, "/livez")[0] == 200
    except OSError:
        return False


# ---- a strict reader of both texts ----

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(rf"({NAME})\{{(.*)\}} (\+Inf|-?[0-9]+(?:\.[0-9]+)?)")


def parse(text, is_open):
    """{(name, labels): value}; asserts everything that the formats ask for."""
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    if is_open:
        assert lines.pop() == "# EOF"
    samples, families, kind, family = {}, {}, None, None
    for line in lines:
        if line.startswith("# HELP "):
            family, text_of = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, family) and family not in families and text_of, line
            families[family], kind = None, None
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == family and families[family] is None and kind in ("counter", "gauge", "histogram"), line
            families[family] = kind
        else:
            name, inside, value = SAMPLE.fullmatch(line).groups()
            labels, at = [], 0
            while at < len(inside):
                found = LABEL.match(inside, at)
                assert found, line
                labels.append(found.groups())
                at = found.end()
                assert at == len(inside) or inside[at] == ",", line
                at += 1
            assert len(dict(labels)) == len(labels) and dict(labels)["service_name"], line
            base = family + ("_total" if is_open and kind == "counter" else "")
            endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert kind and name in [base + e for e in endings], line
            key = (name, frozenset(labels))
            assert key not in samples, line
            samples[key] = float(value)
    check_histograms(samples, [f for f, k in families.items() if k == "histogram"])
    assert all(families.values())
    return samples


def check_histograms(samples, names):
    for (name, labels), value in samples.items():
        for family in names:
            if name != family + "_count":
                continue
            buckets = [(float(dict(ls)["le"]), v) for (n, ls), v in samples.items()
                       if n == family + "_bucket" and frozenset(x for x in ls if x[0] != "le") == labels]
            buckets.sort()
            assert buckets[-1][0] == float("inf") and buckets[-1][1] == value, (name, labels)
            assert [v for _, v in buckets] == sorted(v for _, v in buckets), (name, labels)
            assert (family + "_sum", labels) in samples


def scrape(d):
    status, kind, text = fetch(d, "/metrics")
    assert status == 200 and kind == "text/plain; version=0.0.4; charset=utf-8", (status, kind)
    return parse(text, False)


def value(samples, name, **labels):
    """The sum of the samples that have these labels."""
    return sum(v for (n, ls), v in samples.items() if n == name and set(labels.items()) <= set(ls))


# ---- metrics ----

def metrics():
    with House() as house:
        flags = house.path("config.yaml")
        pathlib.Path(flags).write_text(json.dumps({"tenants": {"acme": {"aliases": ["acme-corp"]}, "globex": {}}}))
        house.config["cache"]["config_path"] = flags
        house.config["service_name"] = 'or"ders\\'
        house.config["workers"] = 2
        house.write_config()
        d = house.start()
        token = house.issuer.token(sub="u", tenant_id="acme", roles=["reader"])
        for _ in range(5):
            d.call(AUTHORIZE, field(2, "read") + field(3, "x") + field(7, token))
        d.call(AUTHORIZE, field(2, "delete") + field(3, "x") + field(7, token))
        d.call(AUTHORIZE, field(2, "read") + field(3, "x") + field(7, "junk"))
        d.status(AUTHORIZE, b"\xff")
        s = scrape(d)
        ok(True, "the page parses")
        ok({dict(ls)["service_name"] for _, ls in s} == {'or\\"ders\\\\'}, "every sample names the service")
        requests = "coresdk_auth_requests_total"
        ok(value(s, requests, tenant_id="acme", method="Authorize", result="allowed") == 5 and
           value(s, requests, tenant_id="acme", method="Authorize", result="denied") == 1 and
           value(s, requests, tenant_id="default", result="denied") == 1 and
           value(s, requests, result="failed") == 1, "requests by tenant and result", s)
        ok(value(s, "coresdk_policy_eval_duration_ms_count", tenant_id="acme", action="read", result="allowed") == 5 and
           value(s, "coresdk_policy_eval_duration_ms_count", action="delete", result="denied") == 1,
           "evaluations by action")
        ok(value(s, "coresdk_tokens_total", result="accepted") == 6 and
           value(s, "coresdk_tokens_total", result="token_malformed") == 1 and
           value(s, "coresdk_token_cache_hits_total") == 5 and value(s, "coresdk_jwks_cache_hits_total") == 6,
           "tokens by reason, and the cache")
        ok(value(s, "coresdk_errors_total", error_type="client") == 1, "errors by type")
        ok(until(lambda: value(scrape(d), "coresdk_audit_records_total", outcome="written") == 8) and
           value(scrape(d), "coresdk_audit_lag_records") == 0, "records of the audit log")
        ok(value(s, "coresdk_bundle_info", revision="r1", algorithm="ES256") == 1 and
           value(s, "coresdk_bundle_revision_number") == 5 and value(s, "coresdk_policies") == 1 and
           value(s, "coresdk_jwks_keys") == 1 and value(s, "coresdk_license_state", state="none") == 1 and
           value(s, "coresdk_ready") == 1 and value(s, "coresdk_workers") == 2, "what is in use")
        ok(abs(value(s, "process_start_time_seconds") - time.time()) < 30 and
           value(s, "process_resident_memory_bytes") > 1 << 20 and value(s, "process_max_fds") > 0, "the process")
        watch = Watch(d, "/grpc.health.v1.Health/Watch")
        ok(watch.next() == field(1, 1) and until(lambda: value(scrape(d), "coresdk_streams") == 1), "a stream counts")
        watch.call.cancel()
        ok(until(lambda: value(scrape(d), "coresdk_streams") == 0), "until it ends")
        status, kind, text = fetch(d, "/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
        opened = parse(text, True)
        ok(kind == "application/openmetrics-text; version=1.0.0; charset=utf-8", "OpenMetrics when it is asked for")
        ok({n for n, _ in opened} >= {n for n, _ in s}, "with the same samples")
        d.admin({"command": "reload"})
        pathlib.Path(house.path("bundle.tar.gz")).write_bytes(b"junk")
        d.admin({"command": "reload"})
        s = scrape(d)
        ok(value(s, "coresdk_reloads_total", result="ok") == 2 and
           value(s, "coresdk_reloads_total", result="refused") == 1 and
           value(s, "coresdk_reload_part_refused", part="bundle") == 1 and
           value(s, "coresdk_reload_part_refused") == 1, "reloads, and which part was refused")
        d.stop()


def hostile():
    """However many names clients make up, there are no more series."""
    with House() as house:
        flags = house.path("config.yaml")
        pathlib.Path(flags).write_text(json.dumps({"tenants": {"acme": {}}}))
        house.config["cache"]["config_path"] = flags
        house.write_config()
        d = house.start()

        def send(tenant, action):
            token = house.issuer.token(sub="u", tenant_id=tenant, roles=["reader"])
            d.call(AUTHORIZE, field(2, action) + field(3, "x") + field(7, token))
            d.evaluate("data.authz.allow", {"action": action, "id": 1}, tenant=tenant)

        for tenant in ("acme", "nobody"):
            for action in ("read", "write", "create", "update", "delete", "fly"):
                send(tenant, action)
        before = set(scrape(d))
        for i in range(150):
            send(f"t{i}", f"a{i}")
        send('x"} 1\nforged_total{a="', '"\n\\')
        send("acme ", "READ")
        send("\u202e" * 40, "x" * 5000)
        for path in ("/nope/Nope", "/coresdk.v1.AuthService/" + "x" * 200):
            d.status(path, b"")
        after = scrape(d)
        ok(set(after) == before, "hostile tenants, actions and rpcs make no new series", set(after) ^ before)
        ok({dict(ls).get("tenant_id") for _, ls in after} == {None, "acme", "other"}, "tenants are those listed, and other",
           {dict(ls).get("tenant_id") for _, ls in after})
        ok(value(after, "coresdk_auth_requests_total", tenant_id="other") >= 150, "where they all are counted")
        d.stop()


# ---- traces ----

def traces():
    with House() as house:
        d = house.start(env={"CORESDK_LOG_LEVEL": "debug"})
        for given in (f"00-{TRACE}-b7ad6b7169203331-01", f"00-{TRACE.upper()}-b7ad6b7169203331-01", "junk"):
            d.evaluate("data.authz.allow", {"id": 1}, metadata=(("traceparent", given),))
        d.call(AUTHORIZE, field(7, house.issuer.token(kid="unknown")),
               metadata=(("traceparent", f"00-{TRACE}-b7ad6b7169203331-00"),))
        d.stop()
        ids = [r["trace_id"] for r in house.audit()]
        ok(ids[0] == ids[3] == TRACE, "the trace of the caller is in the audit record", ids)
        ok(all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", i) for i in ids[1:3]), "what is no traceparent is passed by", ids)
        lines = [json.loads(line) for line in d.logged().splitlines()]
        requests = [line for line in lines if line["body"] == "request" and line["attributes"]["rpc"] == "Evaluate"]
        ok(len(requests) == 3 and requests[0].get("trace_id") == TRACE and requests[0].get("span_id") == "b7ad6b7169203331"
           and requests[0]["attributes"]["coresdk.policy.result"] == "allowed" and "trace_id" not in requests[1],
           "and in the log", requests)
        ok(any(line["body"] == "request" and line["attributes"]["rpc"] == "Authorize" and line.get("trace_id") == TRACE
               for line in lines), "also where a token is refused")


# ---- health ----

def health():
    with House() as house:
        d = house.start()
        watch = Watch(d, "/grpc.health.v1.Health/Watch")

        def ready():
            status, _, text = fetch(d, "/readyz")
            answer = json.loads(text)
            return status, answer["status"], answer.get("warnings", [])

        ok(fetch(d, "/livez")[0] == 200 and ready() == (200, "ready", []) and watch.next() == field(1, 1), "all is well", ready())
        good = pathlib.Path(house.path("bundle.tar.gz")).read_bytes()
        pathlib.Path(house.path("bundle.tar.gz")).write_bytes(b"junk")
        d.admin({"command": "reload"})
        ok(ready() == (200, "ready", ["a newer policy bundle was refused"]), "a refused bundle is a warning", ready())
        pathlib.Path(house.path("jwks.json")).write_text("{}")
        house.config["nonsense"] = 1
        house.write_config()
        d.admin({"command": "reload"})
        ok(ready()[2] == ["a newer policy bundle was refused", "a newer key set was refused",
                          "a newer configuration was refused"], "so are keys and configuration", ready())
        del house.config["nonsense"]
        house.write_config()
        pathlib.Path(house.path("bundle.tar.gz")).write_bytes(good)
        pathlib.Path(house.path("jwks.json")).write_text(json.dumps({"keys": [{**house.issuer.jwk, "kid": "k1"}]}))
        d.admin({"command": "reload"})
        ok(ready() == (200, "ready", []), "mended, all is well again", ready())
        d.stop()
        pathlib.Path(house.path("bundle.tar.gz")).write_bytes(b"junk")
        os.unlink(house.path("jwks.json"))
        d = house.start()
        ok(ready()[2] == ["the last good policy bundle is in use", "a newer policy bundle was refused",
                          "there is no key set: no token is believed"] and d.ready_after is not None,
           "the last good bundle and no keys: warnings", ready())
        d.stop()
        for how, serving in (("deny", False), ("drop", True)):
            shutil.rmtree(house.path("audit"), ignore_errors=True)
            pathlib.Path(house.path("audit")).write_text("in the way")
            house.config["audit"]["on_error"] = how
            house.write_config()
            d = house.start(wait=False)
            ok(until(lambda: answers(d), 10), f"{how}: it is up", d.logged())
            watch = Watch(d, "/grpc.health.v1.Health/Watch")
            said = watch.next()
            ok(ready()[0] == (200 if serving else 503) and any("audit log" in w for w in ready()[2]) and
               said == field(1, 1 if serving else 2), f"{how}: an audit log in trouble", (ready(), said))
            os.unlink(house.path("audit"))
            if not serving:
                d.evaluate("data.authz.allow", {"id": 1})
                ok(watch.next(10) == field(1, 1) and until(lambda: ready()[0] == 200), f"{how}: mended, who watches hears")
            d.stop()


# ---- core sidecar status ----

def read_for(fd, seconds, enough):
    """What comes from a terminal, until it is enough."""
    end, got = time.monotonic() + seconds, b""
    while time.monotonic() < end and not enough(got):
        try:
            got += os.read(fd, 65536)
        except OSError:
            break
    return got


def status():
    with House() as house:
        house.write_bundle(revision="r\x1b[31m1", number=5)
        d = house.start()
        for i in range(50):
            d.evaluate("data.authz.allow", {"id": i})
        admin = f"{house.room}/admin.sock"
        said = d.admin({"command": "status"})
        ok(said["latency"]["count"] == 50 == sum(said["latency"]["buckets"]) and
           0 < said["latency"]["p50_ns"] <= said["latency"]["p99_ns"] and said["keys"]["count"] == 1 and
           said["history"][0]["ok"] and said["health"] == {"serving": True, "warnings": []} and
           said["audit"]["lag_records"] == 0 and said["memory_bytes"] > 1 << 20, "status: what the daemon says", said)
        page = subprocess.run([CORE, "sidecar", "status", "--admin", admin], capture_output=True, text=True, check=False)
        ok(page.returncode == 0 and "SERVING" in page.stdout and "\x1b" not in page.stdout and
           re.search(r"Latency +p50 \d+ us +p90 \d+ us +p99 \d+ us", page.stdout) and "allowed" in page.stdout and
           "\ufffd[31m1 (5)" in page.stdout, "status: a page, which steers no terminal", page.stdout)
        again = subprocess.run([CORE, "sidecar", "status", "--admin", admin, "--format", "json"], capture_output=True,
                               text=True, check=False)
        ok(json.loads(again.stdout)["pid"] == d.process.pid, "status: JSON")
        for bad in ("0", "x", "1x", "99999"):
            wrong = subprocess.run([CORE, "sidecar", "status", f"--watch={bad}"], capture_output=True, text=True, check=False)
            ok(wrong.returncode == 64, f"status: --watch={bad} is refused", wrong.stderr)
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 30, 0, 0))
        watching = subprocess.Popen([CORE, "sidecar", "status", "--admin", admin, "--watch=1"], stdout=side, stderr=side,
                                    stdin=subprocess.DEVNULL)
        shown = read_for(main, 5, lambda got: b"Policy" in got)
        lines = shown.decode().split("\x1b[2J")[-1].split("\r\n")
        ok(shown.startswith(b"\x1b[H") and len(lines) <= 8 and all(len(x) <= 30 for x in lines), "watch: fits a small terminal", lines)
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        watching.send_signal(signal.SIGWINCH)
        shown = read_for(main, 5, lambda got: b"Reloads" in got)
        ok(b"Reloads" in shown, "watch: a terminal that grew is filled", shown)
        for i in range(300):
            d.evaluate("data.authz.allow", {"id": i})
        rate = re.compile(rb"Requests +([0-9.]+)/s")
        shown = read_for(main, 5, lambda got: any(float(x) > 20 for x in rate.findall(got)))
        ok(any(float(x) > 20 for x in rate.findall(shown)), "watch: rates are of the time between", shown)
        d.stop()
        shown = read_for(main, 5, lambda got: b"does not answer" in got)
        ok(b"does not answer" in shown, "watch: says when the daemon is gone", shown)
        d = house.start()
        shown = read_for(main, 5, lambda got: b"SERVING" in got)
        ok(b"SERVING" in shown, "watch: and when it is back")
        watching.terminate()
        watching.wait()
        os.close(main)
        os.close(side)
        d.stop()


# ---- core doctor ----

def certificate(house, name, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    house.path(name + ".key"), "-out", house.path(name + ".crt"), "-days", str(days), "-subj", "/CN=x"],
                   check=True, capture_output=True)


def doctor():
    with House() as house:
        ports = {"grpc": ["127.0.0.1:0"], "http": ["127.0.0.1:0"], "admin": house.path("admin.sock"), "max_connections": 100}
        house.config["listen"] = ports
        house.config["workers"] = 1
        house.config["audit"]["file"]["rotate_mb"] = 1
        house.config["cache"]["config_path"] = house.path("config.yaml")
        for name in ("server", "other", "ending"):
            certificate(house, name, 10 if name == "ending" else 365)
        house.config["tls"] = {"mode": "mtls", "server_cert": house.path("server.crt"), "server_key": house.path("server.key"),
                               "ca_cert": house.path("other.crt")}
        house.write_config()

        def ask(*args, program=(CORE,)):
            done = subprocess.run([*map(os.path.abspath, program), "doctor", "--config", house.path("coresdk-sidecar.yaml"), *args],
                                  env={}, cwd=house.room, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

        for program in ((CORE,), (SIDECAR,)):
            code, said = ask("--strict", program=program)
            ok(code == 0 and said.endswith("All checks passed.\n") and "✓ bundle" in said and "help:" not in said,
               f"doctor: {os.path.basename(program[0])} finds a good house good", said)
        before = sorted(os.listdir(house.room))

        def finds(mark, about, label, change, text=""):
            undo = change()
            house.write_config()
            code, said = ask("--format", "json")
            found = [f for f in json.loads(said)["findings"] if f["mark"] == mark and f["about"] == about and text in f["said"]]
            strict, page = ask("--strict", program=(SIDECAR,))
            ok(found and found[0]["help"] and code == (mark == "trouble") and strict == 1 and "  help: " in page and
               f"{'✗' if mark == 'trouble' else '!'} {about}" in page, f"doctor: {label}", page)
            undo()
            house.write_config()

        def setting(section, key, value):
            def change():
                part = house.config.setdefault(section, {}) if section else house.config
                old = part.get(key)
                part[key] = value

                def undo():
                    part[key] = old
                    if old is None:
                        del part[key]
                return undo
            return change

        def contents(name, data):
            def change():
                path = pathlib.Path(house.path(name))
                old = path.read_bytes() if path.exists() else None
                path.unlink(missing_ok=True)
                if data is not None:
                    path.write_bytes(data)

                def undo():
                    path.unlink(missing_ok=True)
                    if old is not None:
                        path.write_bytes(old)
                        path.chmod(0o600)
                return undo
            return change

        def mode(name, bits):
            def change():
                old = os.stat(house.path(name)).st_mode & 0o777
                os.chmod(house.path(name), bits)
                return lambda: os.chmod(house.path(name), old)
            return change

        bundle = pathlib.Path(house.path("bundle.tar.gz")).read_bytes()
        finds("trouble", "configuration", "an unknown key", setting(None, "nonsense", 1), "nonsense")
        finds("trouble", "bundle", "no bundle", contents("bundle.tar.gz", None))
        finds("trouble", "bundle", "a bundle that was cut", contents("bundle.tar.gz", bundle[:len(bundle) // 2]))
        finds("trouble", "bundle", "a bundle of another key", contents("signing-key.pub",
                                                                      pathlib.Path(house.issuer.pub).read_bytes()))
        finds("trouble", "verify keys", "no key to verify with", contents("signing-key.pub", None))
        finds("warning", "bundle", "a default rule that is not there", setting("policy", "default_rule", "data.no.such"))
        finds("warning", "key set", "no key set", contents("jwks.json", None))
        finds("trouble", "key set", "a key set without keys", contents("jwks.json", b'{"keys":[]}'))
        finds("trouble", "key set", "a key set that everybody may change", mode("jwks.json", 0o666))
        finds("trouble", "settings", "settings with a mistake", contents("config.yaml", b"flags: 7\n"))
        finds("trouble", "license", "a license that is asked for", setting("license", "required", True))
        finds("warning", "license", "a license that is none", setting("license", "token", "eyJ.x.y"))
        finds("warning", "client CA", "a CA that ends soon", setting("tls", "ca_cert", house.path("ending.crt")), "days left")
        finds("trouble", "TLS key", "another certificate's key", setting("tls", "server_key", house.path("other.key")), "belong")
        finds("warning", "TLS key", "a key that others may read", mode("server.key", 0o644), "644")
        finds("trouble", "TLS", "a certificate that is not there", setting("tls", "server_cert", house.path("none.crt")))
        finds("warning", "air gap", "built-ins with a network", setting("policy", "capabilities", "connected"))
        finds("warning", "open files", "more connections than descriptors", setting("listen", "max_connections", 1000000))
        finds("trouble", "data", "a data_dir that cannot be made", setting(None, "data_dir", "/proc/none"))
        finds("trouble", "audit", "an audit log in the way", setting("audit", "file", {"path": house.path("jwks.json/a/audit")}))
        finds("warning", "audit", "too little room for the audit log",
              setting("audit", "file", {"path": house.path("audit/a"), "rotate_mb": 1048576}))
        ok(sorted(os.listdir(house.room)) == before, "doctor: changes nothing")
        del house.config["tls"]
        del house.config["listen"]
        house.write_config()
        d = house.start()
        house.config["listen"] = {"grpc": [d.address], "http": [f"127.0.0.1:{d.http}"], "admin": house.path("admin.sock"),
                                  "max_connections": 100}
        house.write_config()
        code, said = ask("--strict")
        ok(code == 0 and "running" in said, "doctor: a daemon that runs is no trouble", said)
        finds("trouble", "gRPC", "an address that somebody else has", setting("listen", "admin", house.path("elsewhere.sock")))
        d.stop()


SCENARIOS = [metrics, hostile, traces, health, status, doctor]
if __name__ == "__main__":
    run_scenarios(*SCENARIOS)
