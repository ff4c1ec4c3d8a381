# SPDX-License-Identifier: Apache-2.0
"""Streams: health and policy updates, seen by clients that stay."""
import grpc

from house import OTHER, House, run_scenarios
from rig import field, fields, ok
from watch import Watch

HEALTH = "/grpc.health.v1.Health/Watch"
POLICIES = "/coresdk.v1.PolicyService/WatchPolicyUpdates"


def updates():
    with House() as house:
        d = house.start()
        health, unknown = Watch(d, HEALTH), Watch(d, HEALTH, field(1, "no.such.Service"))
        ok(health.next() == field(1, 1), "health: SERVING at once")
        ok(unknown.next() == field(1, 3), "health: an unknown service is SERVICE_UNKNOWN")
        policies = Watch(d, POLICIES)
        known = Watch(d, POLICIES, field(1, field(1, "acme")) + field(2, "r1"))
        bare = Watch(d, POLICIES, field(1, "acme") + field(2, "r0"))
        for label, watch in (("without a version", policies), ("with an old one and a bare tenant", bare)):
            got = fields(watch.next() or b"")
            ok(got.get(1) == [b"r1"] and 2 not in got and got.get(3, [0])[0] > 1700000000,
               f"policies: {label}: r1 at once", got)
        ok(known.next(0.3) is None, "policies: who knows r1 hears nothing")
        answer = d.reload_policy(house.write_bundle(OTHER, "next.tar.gz", revision="r2", number=6))
        for watch in (policies, known, bare):
            ok(fields(watch.next() or b"").get(1) == [b"r2"], "policies: a new bundle is told at once", answer)
        d.admin({"command": "reload"})
        ok(policies.next(0.3) is None and health.next(0.1) is None, "a reload that changes nothing tells nothing")
        known.call.cancel()
        house.write_bundle(revision="r3", number=7)
        ok(d.admin({"command": "reload"})["ok"] and fields(policies.next() or b"").get(1) == [b"r3"],
           "policies: a reload that brings one, with a client gone")
        took, status = d.stop()
        ok(took < 4 and status == 0, f"stop: open streams do not hold it up: {took:.1f} s")


def end():
    with House() as house:
        d = house.start()
        health, policies = Watch(d, HEALTH), Watch(d, POLICIES)
        health.next(), policies.next()
        d.process.terminate()
        ok(health.next() == field(1, 2), "stop: health says NOT_SERVING")
        ok(health.next() == grpc.StatusCode.UNAVAILABLE, "stop: and its stream ends")
        ok(policies.next() == grpc.StatusCode.UNAVAILABLE, "stop: so do the others")
        d.stop()


def too_many():
    with House() as house:
        house.config["workers"] = 1
        house.write_config()
        d = house.start()
        ok(d.ready_after is not None, "limit: it is up", d.logged())
        channels = [grpc.insecure_channel(d.address, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(5)]
        calls = [channels[i % 5].unary_stream(POLICIES)(b"") for i in range(1024)]
        firsts = [next(call) for call in calls]
        ok(all(fields(m).get(1) == [b"r1"] for m in firsts), "limit: 1024 streams")
        more = Watch(d, POLICIES)
        ok(more.next() == grpc.StatusCode.RESOURCE_EXHAUSTED, "limit: one more is refused")
        calls[7].cancel()
        answers = [Watch(d, POLICIES).next() for _ in range(3)]
        ok(any(isinstance(a, bytes) for a in answers), "limit: until one goes", answers)
        ok(d.evaluate("data.authz.allow", {"id": 1})[0], "limit: decisions go on")
        for channel in channels:
            channel.close()
        d.stop()


run_scenarios(updates, end, too_many)
