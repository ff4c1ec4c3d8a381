# SPDX-License-Identifier: Apache-2.0
"""The courier between a far side that misbehaves in every way and a sidecar that must not notice."""
import gzip
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from far_side import BundleService, Store, tls_context
from house import House, OTHER, POLICY, run_scenarios
from rig import Daemon, Key, free_port, make_certificates, ok

COURIER = os.environ.get("COURIER", "build/bin/coresdk-courier")
WAIT_S = 30  # for what comes in a second or two on an idle machine


def until(what, wait_s=WAIT_S):
    """What it says once it is true, or at the end."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.03)
    return what()


class Courier:
    def __init__(self, room, *args):
        self.room, self.log_path = room, f"{room}/courier.log"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([os.path.abspath(COURIER), "--config", f"{room}/coresdk-sidecar.yaml", *args], cwd=room, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={"ASAN_OPTIONS": "detect_leaks=0", "CORESDK_LISTEN_ADMIN": f"{room}/admin.sock"})
        Daemon.running.append(self.process)

    def status(self):
        try:
            return json.loads(pathlib.Path(self.room, "state/courier/status.json").read_text())
        except FileNotFoundError:
            return {}

    def plane(self):
        return self.status().get("control_plane", {})

    def store(self):
        return self.status().get("audit_s3", {})

    def part(self, name="bundle"):
        return self.plane().get(name, {})

    def logged(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(WAIT_S)


def is_two(sidecar):
    return sidecar.evaluate("data.authz.version_two", {})[0]


def plane(service, **more):
    return {"enabled": True, "url": f"http://127.0.0.1:{service.port}", "poll_secs": 1, "timeout_ms": 1000, **more}


def offer(house, service, policy, key=None, **more):
    path = house.write_bundle(policy, name="offered.tar.gz", key=key, **more)
    service.files["/bundle.tar.gz"] = pathlib.Path(path).read_bytes()


def settled(courier, verdict, refused=0, taken=0):
    return until(lambda: courier.part().get("verdict") == verdict and courier.part()["refused"] >= refused and courier.part()["taken"] >= taken)


def try_not_asked_for():
    with House() as house:
        courier = Courier(house.room)
        ok(courier.process.wait(WAIT_S) == 4 and "nothing to carry" in courier.logged(), "nothing is configured: it ends with 4 and says so", courier.logged())
        ok(not os.path.exists(house.path("state/courier")), "and leaves nothing behind")
        done = subprocess.run([COURIER, "--bad"], capture_output=True, text=True)
        ok(done.returncode == 64 and "Usage" in done.stderr, "an unknown option: 64")
        done = subprocess.run([COURIER, "--version"], capture_output=True, text=True)
        ok(done.returncode == 0 and done.stdout.startswith("coresdk-courier v"), "--version")


def try_delivery():
    """New, refused (wrong signature, older), slow, cut short, gone, back: the sidecar serves all along."""
    service = BundleService()
    with House(control_plane=plane(service)) as house:
        offer(house, service, OTHER, revision="r2", number=6)
        sidecar = house.start()
        ok(not is_two(sidecar), "the sidecar starts with what it has")
        courier = Courier(house.room)
        ok(settled(courier, "in use", taken=1) and is_two(sidecar), "the bundle is pulled and in use", courier.logged())
        ok(Courier(house.room).process.wait(WAIT_S) == 8, "a second courier does not start")
        ok(pathlib.Path(house.path("bundle.tar.gz")).read_bytes() == service.files["/bundle.tar.gz"], "and is what the next start finds")
        ok(os.stat(house.path("state/courier/key")).st_mode & 0o777 == 0o600, "the key of the tags is nobody else's")
        etag = courier.part()["etag"]
        ok(until(lambda: any(h.get("If-None-Match") == etag for _, _, h in service.seen())), "it is asked for with its ETag")
        ok(courier.part()["in_use_etag"] == etag and courier.plane()["reached"], "the status says which")

        stranger = Key(house.path("stranger"))
        offer(house, service, POLICY, key=stranger, revision="r3", number=7)
        ok(settled(courier, "refused", refused=1), "a wrong signature is refused", courier.status())
        ok("verif" in courier.part()["reason"] or "key" in courier.part()["reason"] or "sign" in courier.part()["reason"], "and the status says why", courier.part())
        asked = len(service.seen())
        until(lambda: len(service.seen()) > asked + 2)
        ok(courier.part()["refused"] == 1 and is_two(sidecar), "it is not offered again while it is the same", courier.part())
        offer(house, service, POLICY, revision="r1", number=5)
        ok(settled(courier, "refused", refused=2) and is_two(sidecar), "an older revision is refused", courier.part())
        ok(courier.part()["in_use_etag"] == etag, "what is in use is still the first")

        service.mood = "cut-short"
        offer(house, service, POLICY, revision="r4", number=8)
        ok(until(lambda: courier.plane()["failures"] > 0) and is_two(sidecar), "an answer that ends early counts for nothing", courier.plane())
        service.mood, service.slow_s = "slow", 3
        ok(until(lambda: "imed out" in courier.plane()["last_error"] or "imeout" in courier.plane()["last_error"]), "a slow answer is given up", courier.plane())
        service.mood = "error"
        ok(until(lambda: "503" in courier.plane()["last_error"]), "503 is said", courier.plane())
        service.mood, service.elsewhere = "redirect", f"http://127.0.0.1:{service.port}/elsewhere"
        service.files["/elsewhere"] = b"x"
        ok(until(lambda: "redirects are not followed" in courier.plane()["last_error"]) and not any(p == "/elsewhere" for _, p, _ in service.seen()), "no redirect is followed")
        service.mood = "good"
        service.cut()
        failures = courier.plane()["failures"]
        ok(until(lambda: courier.plane()["failures"] > failures + 2) and not courier.plane()["reached"] and is_two(sidecar), "the link is cut: the sidecar serves, each try is said",
           courier.plane())
        ok(courier.logged().count("gave no good answer") >= 5, "in the log as well")
        service.start()
        ok(until(lambda: not is_two(sidecar)) and until(lambda: courier.plane()["reached"]), "the link is back, and the sidecar in step by itself", courier.status())
        service.files["/bundle.tar.gz"] = b"x" * (65 << 20)
        ok(until(lambda: "longer than" in courier.plane()["last_error"]), "an answer above control_plane.max_mb is left off", courier.plane())
        ok(courier.stop() == 0, "SIGTERM: 0")
        sidecar.stop()
    service.cut()


def try_vault():
    """The staged copy waits for a sidecar, is offered at a start, and is not believed when it was changed."""
    service = BundleService(long_polls=True)
    with House(control_plane=plane(service, wait_secs=30, poll_secs=60)) as house:
        offer(house, service, OTHER, revision="r2", number=6)
        courier = Courier(house.room)
        ok(settled(courier, "waiting"), "without a sidecar it waits", courier.logged())
        sidecar = house.start()
        ok(settled(courier, "in use", taken=1) and is_two(sidecar), "and is handed over when there is one")
        ok(until(lambda: any("wait=30" in h.get("Prefer", "") for _, _, h in service.seen())), "the question is held")
        begin = time.monotonic()
        offer(house, service, POLICY, revision="r3", number=7)
        ok(until(lambda: not is_two(sidecar)) and time.monotonic() - begin < 29, "and answered when there is news, long before the next poll")
        courier.stop(signal.SIGKILL)
        service.cut()
        staged = pathlib.Path(house.path("state/courier/bundle.tar.gz"))
        whole = staged.read_bytes()
        courier = Courier(house.room)
        ok(settled(courier, "in use", taken=1), "after a kill, with the far side gone, the staged copy is offered again", courier.status())
        courier.stop(signal.SIGKILL)
        staged.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        courier = Courier(house.room)
        ok(until(lambda: courier.plane().get("failures", 0) > 0) and courier.part()["verdict"] == "none" and "not believed" in courier.logged(), "a changed copy is not",
           courier.status())
        service.start()
        ok(settled(courier, "in use", taken=1) and staged.read_bytes() == whole, "and comes again, without an ETag", courier.status())
        courier.stop()
        sidecar.stop()
    service.cut()


def try_files_by_tls():
    """Key set and config need TLS; a refused file is put back."""
    with House() as house:
        make_certificates(house.room)
        service = BundleService(token="t0ken", tls=tls_context(house.room, client_ca=house.path("ca.crt")))
        settings = house.path("settings.yaml")
        house.config["cache"]["config_path"] = settings
        house.config["control_plane"] = plane(service, url=f"https://localhost:{service.port}", bundle="", jwks="keys/jwks.json", config="config.yaml", token="t0ken",
                                              ca_cert=house.path("ca.crt"), client_cert=house.path("client.crt"), client_key=house.path("client.key"))
        house.write_config()
        jwks = pathlib.Path(house.path("jwks.json"))
        first, other = jwks.read_bytes(), Key(house.path("other-issuer"))
        second = json.dumps({"keys": [{**other.jwk, "kid": "k2"}]}).encode()
        service.files = {"/keys/jwks.json": second, "/config.yaml": b"flags: {}\n"}
        sidecar, courier = house.start(), None
        courier = Courier(house.room)
        ok(until(lambda: courier.part("jwks").get("verdict") == "in use") and jwks.read_bytes() == second, "a key set comes by mTLS and token", courier.logged())
        ok(until(lambda: courier.part("config").get("verdict") == "in use") and pathlib.Path(settings).read_bytes() == b"flags: {}\n", "and a config", courier.logged())
        service.files["/keys/jwks.json"] = b'{"keys": [{"kty": "nonsense"'
        ok(until(lambda: courier.part("jwks")["verdict"] == "refused") and jwks.read_bytes() == second, "a broken key set is refused, and the file is what it was", courier.part("jwks"))
        service.files["/config.yaml"] = b"flags: [1, 2\n"
        ok(until(lambda: courier.part("config")["verdict"] == "refused") and pathlib.Path(settings).read_bytes() == b"flags: {}\n", "so with the config", courier.part("config"))
        service.files["/keys/jwks.json"] = first
        ok(until(lambda: courier.part("jwks")["verdict"] == "in use") and jwks.read_bytes() == first, "the next good one is taken")
        ok("t0ken" not in courier.logged() and "t0ken" not in json.dumps(courier.status()), "the token is nowhere to be read")
        courier.stop()
        for change, what in (({"ca_cert": house.path("other.crt")}, "a certificate of another CA"), ({"url": f"https://127.0.0.2:{service.port}"}, "a certificate of another name"),
                             ({"client_cert": house.path("stranger.crt"), "client_key": house.path("stranger.key")}, "a stranger's certificate shown"),
                             ({"token": "other"}, "a wrong token")):
            shutil.rmtree(house.path("state/courier"))
            kept = dict(house.config["control_plane"])
            house.config["control_plane"].update(change)
            house.write_config()
            asked = sum(1 for _, _, h in service.seen() if h.get("Authorization") == "Bearer t0ken")
            courier = Courier(house.room)
            ok(until(lambda: courier.plane().get("failures", 0) > 1) and courier.part("jwks")["verdict"] == "none", f"{what}: nothing is taken", courier.plane())
            ok(sum(1 for _, _, h in service.seen() if h.get("Authorization") == "Bearer t0ken") == asked, f"{what}: nor is the token told")
            courier.stop()
            house.config["control_plane"] = kept
        sidecar.stop()
        service.cut()


def try_nginx():
    """A plain web server is a bundle service; it takes ETags its own way."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not nginx:
        print("# nginx is not here: not tried with it")
        return
    port = free_port()
    with House(control_plane={"enabled": True, "url": f"http://127.0.0.1:{port}/bundles", "poll_secs": 1}) as house:
        served = pathlib.Path(house.path("www/bundles"))
        served.mkdir(parents=True)
        os.chmod(house.room, 0o755)
        places = "".join(f"{kind}_temp_path {house.path(kind)}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        pathlib.Path(house.path("nginx.conf")).write_text(
            f"daemon off; pid {house.path('nginx.pid')}; error_log {house.path('nginx.log')}; events {{}} http {{ {places} access_log {house.path('access.log')}; "
            f"server {{ listen 127.0.0.1:{port}; root {house.path('www')}; }} }}")
        web = subprocess.Popen([nginx, "-c", house.path("nginx.conf"), "-e", house.path("nginx.log")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            offered = pathlib.Path(house.write_bundle(OTHER, name="offered.tar.gz", revision="r2", number=6))
            shutil.copy(offered, served / "bundle.tar.gz")
            sidecar, courier = house.start(), Courier(house.room)
            ok(settled(courier, "in use", taken=1) and is_two(sidecar), "nginx: the bundle is pulled", courier.logged())
            ok(until(lambda: '" 304 ' in pathlib.Path(house.path("access.log")).read_text()), "nginx: and then 304")
            house.write_bundle(POLICY, name="offered.tar.gz", revision="r3", number=7)
            shutil.copy(offered, served / "new")
            (served / "new").rename(served / "bundle.tar.gz")
            ok(settled(courier, "in use", taken=2) and not is_two(sidecar), "nginx: and the next one", courier.status())
            courier.stop()
            sidecar.stop()
        finally:
            web.terminate()
            web.wait(WAIT_S)


# ---- the store ----

def s3(house, store, **more):
    key = pathlib.Path(house.path("s3-secret"))
    key.write_text("s3cret\n")
    key.chmod(0o600)
    house.config["audit"]["sink"] = ["file", "s3"]
    house.config["audit"]["file"]["rotate_mb"] = 1
    house.config["audit"]["s3"] = {"endpoint": f"http://127.0.0.1:{store.port}", "bucket": "audit", "prefix": "p/", "host": "h1", "access_key": "AKTEST",
                                   "secret_key_path": str(key), "poll_secs": 1, "timeout_ms": 5000, **more}
    house.write_config()


def write_rotated(house, first, last):
    """A rotated file, as the writer names it; only its numbers matter here."""
    directory = pathlib.Path(house.path("audit"))
    directory.mkdir(exist_ok=True)
    lines = b"".join(b'{"ts":"2026-11-26T00:00:00.000Z","event":"x","detail":{},"seq":%d,"revision":"","prev_hash":"%064d","hash":"%064d"}\n' % (n, 0, 0) for n in range(first, last + 1))
    path = directory / f"audit.ndjson.{last:012d}.gz"
    path.with_suffix(".part").write_bytes(gzip.compress(lines, mtime=0))
    path.with_suffix(".part").rename(path)
    return path.read_bytes()


def try_store():
    store = Store()
    with House() as house:
        s3(house, store)
        want = {f"/audit/p/h1/{first:012d}-{first + 9:012d}.ndjson.gz": write_rotated(house, first, first + 9) for first in range(1, 100, 10)}
        courier = Courier(house.room)
        ok(until(lambda: courier.store().get("last_seq") == 100), "rotated files are uploaded", courier.logged())
        ok({k: v[0] for k, v in store.objects.items()} == want and store.refused == 0, "each whole, by its name, correctly signed", store.refused)
        ok(store.written == sorted(want), "in order, once")
        store.mood = "error"
        last = write_rotated(house, 101, 110)
        ok(until(lambda: courier.store()["failures"] > 1) and "SlowDown" in courier.store()["last_error"], "a store in trouble is said", courier.store())
        store.cut()
        ok(until(lambda: "503" not in courier.store()["last_error"] and courier.store()["failures"] > 2), "a store that is gone, too", courier.store())
        store.mood = "swift"
        store.start()
        ok(until(lambda: courier.store()["last_seq"] == 110) and store.objects["/audit/p/h1/000000000101-000000000110.ndjson.gz"][0] == last,
           "it goes on by itself, also where If-None-Match is not known", courier.store())
        write_rotated(house, 116, 120)
        ok(until(lambda: courier.store()["last_seq"] == 120) and courier.store()["records_missing"] == 5, "records that were removed before are counted", courier.store())
        store.objects["/audit/p/h1/000000000121-000000000130.ndjson.gz"] = (b"other", hashlib.sha256(b"other").hexdigest())
        write_rotated(house, 121, 130)
        ok(until(lambda: "never replaced" in courier.store()["last_error"]) and store.objects["/audit/p/h1/000000000121-000000000130.ndjson.gz"][0] == b"other",
           "another object of the same name is never replaced", courier.store())
        ok("s3cret" not in courier.logged(), "the secret is not in the log")
        ok(courier.stop() == 0, "SIGTERM: 0")
        shutil.rmtree(house.path("state/courier"))
        pathlib.Path(house.path("s3-secret")).write_text("wrong\n")
        courier = Courier(house.room)
        ok(until(lambda: "403" in courier.store().get("last_error", "")) and store.refused > 0, "a wrong secret: the store refuses, and it is said", courier.status())
        courier.stop()
        os.chmod(house.path("s3-secret"), 0o644)
        courier = Courier(house.room)
        ok(courier.process.wait(WAIT_S) is not None and "lets others" in courier.logged(), "a secret that others can read is not used", courier.logged())
    store.cut()


def try_kills():
    """Killed at the worst moment (stored, not yet answered) and at random ones: each object once."""
    store = Store()
    with House() as house:
        s3(house, store)
        courier = None

        def kill_now(path):
            if random.random() < 0.4:
                courier.process.kill()

        store.before_answer = kill_now
        want = {f"/audit/p/h1/{first:012d}-{first + 4:012d}.ndjson.gz": write_rotated(house, first, first + 4) for first in range(1, 200, 5)}
        kills = 0
        while kills < 200:
            courier = Courier(house.room)
            if random.random() < 0.4:
                time.sleep(random.random() * 0.05)
                courier.process.kill()
            if until(lambda: courier.process.poll() is not None or courier.store().get("last_seq") == 200) and courier.process.poll() is None:
                break
            courier.process.wait(WAIT_S)
            kills += 1
        ok(kills > 3 and courier.store()["last_seq"] == 200, f"it comes to the end after {kills} kills", courier.logged()[-2000:])
        ok({k: v[0] for k, v in store.objects.items()} == want and store.written == sorted(want) and store.repeated == 0,
           f"{len(want)} objects, each written once, in order, none twice", [store.repeated, len(store.written)])
        ok(store.refused == 0, "every request was signed")
        courier.stop()
    store.cut()


def try_public():
    with House() as house:
        store = Store()
        s3(house, store, endpoint="http://192.0.2.1:9")
        write_rotated(house, 1, 2)
        courier = Courier(house.room)
        ok(until(lambda: "neither private nor of this host" in courier.store().get("last_error", "")), "a public address is not connected to", courier.status())
        courier.stop()
        store.cut()


def try_own_log():
    """The sidecar's own log, rotated by itself, arrives and verifies."""
    store = Store()
    with House() as house:
        s3(house, store)
        sidecar, courier = house.start(), Courier(house.room)
        for n in range(3000):
            sidecar.evaluate("data.authz.allow", {"id": n})
            if n % 100 == 0 and store.objects:
                break
        ok(until(lambda: store.objects), "a file that the sidecar rotated is in the store", courier.status())
        records = [json.loads(line) for path in sorted(store.objects) for line in gzip.decompress(store.objects[path][0]).splitlines()]
        ok([r["seq"] for r in records] == list(range(1, len(records) + 1)) and f"{len(records):012d}.ndjson.gz" in sorted(store.objects)[-1], "every record of it, by its number")
        courier.stop()
        sidecar.stop()
    store.cut()


run_scenarios(try_not_asked_for, try_delivery, try_vault, try_files_by_tls, try_nginx, try_store, try_kills, try_public, try_own_log)
