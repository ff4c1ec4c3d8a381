# SPDX-License-Identifier: Apache-2.0
"""RateLimitService, asked as the published clients ask it and as the descriptor has it."""
import time

from house import House, run_scenarios
from rig import field, fields, ok, varint

CHECK = "/coresdk.v1.RateLimitService/Check"
CHECK_RATE_LIMIT = "/coresdk.v1.RateLimitService/CheckRateLimit"
RESET = "/coresdk.v1.RateLimitService/ResetRateLimit"


def ask(d, key, tenant="acme", limit=None, window=None, path=CHECK):
    """(allowed, remaining, retry_after_ms); python leaves a limit of 0 out."""
    message = field(1, key) + field(2, tenant)
    if limit:
        message += field(3, limit)
    if window:
        message += field(4, window)
    answer = fields(d.call(path, message))
    return tuple(answer.get(n, [0])[0] for n in (1, 2, 3))


def limits():
    with House() as house:
        house.config["rate_limit"] = {"default_limit": 7, "default_window_secs": 30}
        house.config["workers"] = 4
        house.write_config()
        d = house.start()
        ok(d.ready_after is not None, "it is up", d.logged())
        got = [ask(d, "k", limit=3, window=60) for _ in range(4)]
        ok(got[:3] == [(1, 2, 0), (1, 1, 0), (1, 0, 0)], "python: remaining counts down", got)
        ok(got[3][:2] == (0, 0) and 59000 < got[3][2] <= 60000, "python: refused, with the time to wait", got[3])
        ok(ask(d, "k", tenant="globex", limit=3, window=60)[0] == 1, "another tenant counts apart")
        ok(ask(d, "k", limit=4, window=60, path=CHECK_RATE_LIMIT) == (1, 0, 0), "the descriptor's name is the same rpc")
        ok(ask(d, "defaults") == (1, 6, 0), "limit 0: the server's default")
        ok(fields(d.call(CHECK, field(1, "ts") + field(2, "acme"))).get(2) == [6], "ts and go: key and tenant alone")
        ok(fields(d.call(CHECK, b"")).get(1) == [1], "an empty request: the empty key of the default tenant")
        message = field(1, "k") + field(2, field(1, "acme"))
        ok(1 not in fields(d.call(CHECK, message + field(3, 4))), "a TenantContext in the tenant's place")
        ok(fields(d.call(RESET, field(1, "k") + field(2, "acme"))) == {1: [1]}, "reset")
        ok(ask(d, "k", limit=3, window=60) == (1, 2, 0), "reset: a new window")
        ok(ask(d, "short", limit=1, window=1)[0] == 1 and ask(d, "short", limit=1, window=1)[0] == 0, "one a second")
        time.sleep(1.05)
        ok(ask(d, "short", limit=1, window=1)[0] == 1, "one a second: a second later")
        big = varint(3 << 3) + varint((1 << 64) - 1)
        ok(fields(d.call(CHECK, field(1, "big") + big)).get(2) == [0xFFFFFFFE], "a limit beyond its 32 bits is the most there is")
        code, _ = d.status(CHECK, field(1, b"\xff\xfe"))
        ok(code.name == "INVALID_ARGUMENT", "a key that is no text is refused")
        ok(house.audit() == [], "nothing of this is a decision: no record")
        d.stop()


run_scenarios(limits)
