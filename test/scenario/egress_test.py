# SPDX-License-Identifier: Apache-2.0
"""EgressService, asked as the published clients ask it: some hosts never, the others by policy."""
from house import House, run_scenarios
from rig import field, fields, make_bundle, ok

CHECK = "/coresdk.v1.EgressService/CheckEgress"
OPEN = "package coresdk.egress\ndefault allow = true\n"  # as the published examples have it, in Rego v0
POLICY = """package coresdk.egress
import rego.v1
default allow := false
allow if { input.host == "api.example.com"; input.scheme == "https"; input.port == 443; startswith(input.path, "/v1/") }
allow if { input.tenant_id == "globex"; input.service_name == "crawler"; input.url == "http://example.org:8080/?q=1" }
allow if input.host == "2606:4700:4700::1111"
allow if input.host == "8.8.8.8"
deny contains "only the API" if input.host == "api.example.com"
"""


def check(d, url, tenant="acme", service="orders"):
    """(allowed, reason), as python and ts read it."""
    message = field(1, url) + field(2, tenant) + field(3, service)
    answer = fields(d.call(CHECK, message))
    return answer.get(1, [0])[0] == 1, answer.get(2, [b""])[0].decode()


# Example 09 of the published ones first.
BLOCKED = ["http://169.254.169.254/latest/meta-data/", "http://192.168.1.1/", "http://10.0.0.1/",
           "169.254.169.254", "192.168.1.1", "10.0.0.1", "http://127.0.0.1/", "http://localhost/",
           "http://LOCALHOST./", "http://a.localhost:8080/", "http://2130706433/", "http://0177.0.0.1/",
           "http://0x7f.1/", "http://127.1/", "http://0/", "http://[::1]/", "http://[::]/",
           "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/",
           "http://[64:ff9b::a00:1]/", "http://[2002:7f00:1::]/", "http://[2001::1]/", "http://[fd00:ec2::254]/",
           "http://[fc00::1]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[ff02::1]/",
           "http://100.64.0.1/", "http://100.100.100.200/", "http://198.18.0.1/", "http://224.0.0.1/",
           "http://255.255.255.255/", "http://metadata.google.internal/", "http://metadata.google.internal./",
           "http://１２７.０.０.１/", "http://127。0。0。1/", "http://%31%32%37.0.0.1/",
           "http://example.com@127.0.0.1/", "http://user:pass@example.com/", "http://example.com\\@127.0.0.1/",
           "http://127.0.\n0.1/", "http://exa\tmple.com/", "http:///x", "http://", "", "file:///etc/passwd",
           "gopher://example.com/", "http://example.com:99999/", "http://example.com/a/../b",
           "http://example.com/" + "a" * 8192, "http://127.0.0.1.nip.io/"]


def always_blocked():
    with House() as house:
        make_bundle(house.path("bundle.tar.gz"), {"egress.rego": OPEN.replace("default", "import rego.v1\ndefault").
                                                  replace("allow =", "allow :=")}, house.key)
        d = house.start()
        ok(d.ready_after is not None, "it is up", d.logged())
        ok(check(d, "http://example.com/") == (True, ""), "a policy that allows everything allows a URL")
        for url in BLOCKED:
            allowed, reason = check(d, url)
            ok(not allowed and reason, f"and yet not {url[:60]!r}: {reason}")
        answer = fields(d.call(CHECK, field(1, b"http://\xff/") + field(2, "acme")))
        ok(1 not in answer and b"UTF-8" in answer[2][0], "bytes that are no text are a no, not an error", answer)
        ok(1 not in fields(d.call(CHECK, b"")), "an empty request is a no")
        ok(check(d, "http://example.com/", tenant=field(1, "acme"))[0], "a TenantContext in the tenant's place")
        d.stop()


def by_policy():
    with House() as house:
        make_bundle(house.path("bundle.tar.gz"), {"egress.rego": POLICY}, house.key)
        house.config["egress"] = {"schemes": ["https", "http", "ftp"]}
        house.write_config()
        d = house.start()
        ok(check(d, "https://api.example.com/v1/orders?token=hush")[0], "the policy allows")
        ok(check(d, "HTTPS://API.Example.COM.:443/v1/x#y")[0], "however it is spelled")
        ok(check(d, "https://api.example.com/v2/") == (False, "only the API"), "it denies, with its reason")
        ok(not check(d, "http://api.example.com/v1/")[0], "another scheme")
        ok(not check(d, "https://api.example.com:8443/v1/")[0], "another port")
        ok(not check(d, "https://api.example.com.evil.example/v1/")[0], "another host")
        url = "http://example.org:8080/?q=1"
        ok(check(d, url, "globex", "crawler")[0] and not check(d, url)[0], "tenant, service and URL are in the input")
        ok(check(d, "http://[2606:4700:4700:0::1111]/")[0], "an IPv6 address in its plain form")
        ok(check(d, "http://[::ffff:8.8.8.8]/")[0] and check(d, "http://134744072/")[0], "and what leads to an IPv4 one")
        ok(check(d, "ws://api.example.com/") == (False, "the scheme ws is not let out"), "schemes are the operator's")
        records = house.audit()
        ok(records[0]["method"] == "CheckEgress" and records[0]["allow"] and records[0]["action"] == "egress" and
           records[0]["resource"] == "https://api.example.com:443/v1/orders" and records[0]["tenant_id"] == "acme" and
           records[0]["subject"] == "orders" and records[0]["policy"] == "data.coresdk.egress.allow",
           "recorded, without the query", records[0])
        ok(records[2]["deny_reasons"] == ["only the API"] and not records[2]["allow"], "with the reasons", records[2])
        d.stop()
        ok("hush" not in d.logged() + str(house.audit()), "what is in a query is nowhere")


def no_rule():
    with House() as house:
        d = house.start()
        allowed, reason = check(d, "https://example.com/")
        ok(not allowed and "data.coresdk.egress.allow" in reason, "no such rule: no", reason)
        house.config["policy"]["egress_rule"] = "data.authz.egress"
        house.write_config()
        house.write_bundle("package authz\nimport rego.v1\negress if input.host == \"example.com\"\n", number=6)
        ok(d.admin({"command": "reload"})["ok"] and check(d, "https://example.com/")[0], "the rule is the operator's")
        d.stop()


run_scenarios(always_blocked, by_policy, no_rule)
