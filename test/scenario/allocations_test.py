# SPDX-License-Identifier: Apache-2.0
"""No decision takes memory from the heap: a daemon that counts, warmed up, then asked a thousand times by each door."""
import http.client
import json
import pathlib
import socket
import struct

from house import House, run_scenarios
from rig import field, ok

WARM, COUNTED = 1000, 1000
DOCUMENT = {"action": "read", "subject": "alice", "resource_owner": "bob", "context": {"roles": ["reader"]}}


class ByUnixSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def no_decision_allocates():
    with House() as house:
        count_file, door = pathlib.Path(house.path("count")), house.path("rest.sock")
        count_file.write_bytes(bytes(4096))

        def counted():
            return struct.unpack("=Q", count_file.read_bytes()[:8])[0]

        # One worker, or a connection may meet one that has served nobody yet.
        daemon = house.start(env={"ALLOCATION_COUNT": str(count_file), "CORESDK_WORKERS": "1",
                                  "CORESDK_LISTEN_REST": f"unix:{door}"})
        ok(daemon.ready_after is not None, "a daemon that counts serves")
        token = house.issuer.token(sub="alice", tenant_id="acme", roles=["reader"])
        rest = ByUnixSocket(door)

        def evaluate():
            return daemon.evaluate("data.authz.allow", DOCUMENT)[0]

        def authorize():
            message = field(2, "read") + field(3, "orders/17") + field(7, token)
            return bool(daemon.call("/coresdk.v1.AuthService/Authorize", message))

        def ask_rest():
            rest.request("POST", "/v1/data/authz/allow", json.dumps({"input": DOCUMENT}),
                         {"content-type": "application/json"})
            return json.loads(rest.getresponse().read())["result"] is True

        ok(counted() > 0, "the counter counts: starting took memory", str(counted()))
        for name, ask in (("Evaluate", evaluate), ("Authorize with a token", authorize),
                          ("POST /v1/data", ask_rest)):
            good = all(ask() for _ in range(WARM))
            before = counted()
            good = all(ask() for _ in range(COUNTED)) and good
            took = counted() - before
            ok(good, f"{name}: every request was answered")
            ok(took == 0, f"{name}: {COUNTED} decisions took no memory from the heap", f"{took} allocations")
        before = counted()
        ByUnixSocket(door).connect()
        ask_rest()
        ok(counted() > before, "a new connection does: what is counted is real")
        daemon.stop()


run_scenarios(no_decision_allocates)
