#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill: the daemon dies by SIGKILL at random moments under load, again and again.

    KILLS=10   deaths (200 and 2,000 in make soak);  SEED=n

What a client has read the answer of is in the log exactly once and says the same, whatever
died when; the chain and its checkpoints verify; the daemon is back at once.
"""
import collections
import json
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from follow import lines_in_log  # noqa: E402
from house import House, run_scenarios  # noqa: E402
from rig import field, fields, ok  # noqa: E402

CORE = os.environ.get("CORE", "build/bin/core")
KILLS = int(os.environ.get("KILLS", "10"))
LUCK = random.Random(int(os.environ.get("SEED", "3")))
AT_ONCE = 64


def load(d, numbers, told):
    """Decisions, each of a tenant of its own, until the daemon is gone."""
    call = d.channel.unary_unary("/coresdk.v1.PolicyService/Evaluate")
    waiting = collections.deque()
    while True:
        try:
            while len(waiting) < AT_ONCE:
                n = next(numbers)
                message = field(1, "data.authz.allow") + field(2, json.dumps({"id": n % 3})) + field(3, f"n-{n}")
                waiting.append((n, call.future(message, timeout=10, metadata=(("x-service-name", "test"),))))
            n, future = waiting.popleft()
            told[n] = fields(future.result()).get(1, [0])[0] == 1
        except Exception:  # it died: what is on its way is answered, or is not
            break
    for n, future in waiting:
        try:
            told[n] = fields(future.result(timeout=5)).get(1, [0])[0] == 1
        except Exception:
            continue


def read_log(house):
    """{number: [allow, …]} and how many records there are."""
    found, count = collections.defaultdict(list), 0
    for line in lines_in_log(house.path("audit"), "audit.ndjson"):
        record = json.loads(line)
        count += 1
        if record.get("tenant_id", "").startswith("n-"):
            found[int(record["tenant_id"][2:])].append(record["allow"])
    return found, count


def reload_sometimes(house, d, over):
    """Reloads by signal and by command, so that deaths hit them and what they save, too."""
    number = 10
    while not over.wait(LUCK.uniform(0.01, 0.05)):
        number += 1
        try:
            house.write_bundle(revision=f"r{number}", number=number)
            if number % 2:
                d.reload_policy(house.path("bundle.tar.gz"))
            else:
                d.process.send_signal(1)
        except Exception:
            return


def kills(durability):
    with House() as house:
        house.config["audit"].update({"durability": durability, "checkpoint": {"every_records": 500, "every_secs": 1}})
        house.config["audit"]["file"].update({"rotate_mb": 1, "keep_rotated": 0})
        house.config["workers"] = 2
        house.write_config()
        told, numbers, slowest, not_up = {}, iter(range(10 ** 9)), 0.0, 0
        for _ in range(KILLS):
            d = house.start()
            if d.ready_after is None:
                not_up += 1
                break
            slowest = max(slowest, d.ready_after)
            over = threading.Event()
            threads = [threading.Thread(target=load, args=(d, numbers, told)), threading.Thread(target=reload_sometimes, args=(house, d, over))]
            for t in threads:
                t.start()
            time.sleep(LUCK.uniform(0.02, 0.5))
            d.process.kill()
            d.process.wait()
            over.set()
            for t in threads:
                t.join()
            d.channel.close()
            d.log.close()
        d = house.start()
        d.stop()
        found, count = read_log(house)
        lost = [n for n in told if len(found[n]) == 0]
        wrong = [n for n, allowed in told.items() if found[n] and found[n][0] != allowed]
        doubled = [n for n, all_of in found.items() if len(all_of) > 1]
        label = f"{durability}, {KILLS} deaths: "
        ok(not not_up and len(told) > KILLS, f"{label}{len(told)} acknowledged, {count} records; up again in {slowest * 1000:.0f} ms at most", d.logged()[-2000:])
        ok(not lost and not doubled, f"{label}none lost, none twice", (len(lost), lost[:5], len(doubled), doubled[:5]))
        ok(not wrong, f"{label}each says what was answered", wrong[:5])
        p = subprocess.run([CORE, "audit", "verify", "--pubkey", house.path("audit/audit.ndjson.pub"), house.path("audit")],
                           capture_output=True, text=True)
        ok(p.returncode == 0, f"{label}{' '.join(p.stdout.split())}", p.stderr)


def written():
    kills("write")


def synced():
    kills("fdatasync")


def hangup():
    """logrotate's way: the file is renamed, then the daemon is told; nothing is lost before, between or after."""
    with House() as house:
        house.config["audit"]["file"]["rotate_mb"] = 0
        house.write_config()
        d = house.start()
        told, numbers = {}, iter(range(10 ** 9))
        t = threading.Thread(target=load, args=(d, numbers, told))
        t.start()
        path = house.path("audit/audit.ndjson")
        moved = 0
        for i in range(10):
            time.sleep(0.05)
            os.rename(path, f"{path}.{i + 1:012}")
            d.process.send_signal(1)
            deadline = time.monotonic() + 10
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.002)
            moved += os.path.exists(path)
        d.stop()
        t.join()
        found, _ = read_log(house)
        ok(moved == 10, f"renamed and told ten times: a new file each time, {moved}")
        lost = [n for n in told if len(found[n]) != 1]
        ok(len(told) > 100 and not lost, f"{len(told)} acknowledged meanwhile: each is there once", lost[:5])
        p = subprocess.run([CORE, "audit", "verify", house.path("audit")], capture_output=True, text=True)
        ok(p.returncode == 0, f"SIGHUP: {' '.join(p.stdout.split())}", p.stderr)


run_scenarios(written, synced, hangup)
