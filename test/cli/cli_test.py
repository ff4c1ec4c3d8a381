# SPDX-License-Identifier: Apache-2.0
"""Every command of `core`, seen from outside: its output, its streams and its exit status."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CORE = os.environ["CORE"]
PACKAGES = ["orders", "reports", "admin", "tenant", "config", "data"]
CREATED = "1773921600"  # 2026-03-19T12:00:00Z
count = failed = 0


def ok(good, name, note=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good and note:
        print("\n".join("# " + line for line in str(note).splitlines()))


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __str__(self):
        return f"exit {self.code}\n{self.out}{self.err}"


def core(*args, stdin="", **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CORESDK", "NO_COLOR"))}
    return Result(subprocess.run([CORE, *args], input=stdin, capture_output=True, text=True,
                                 timeout=60, env={**clean, **env}))


def write(name, text):
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def table(rows):
    """Rows of (arguments, standard input, exit, piece of stdout, piece of stderr)."""
    for args, stdin, code, out, err in rows:
        got = core(*args, stdin=stdin)
        good = got.code == code and out in got.out and err in got.err
        ok(good and "runtime error" not in got.err, f"core {' '.join(args)[:70]}: exit {code}", got)


def make_room():
    for place, name in enumerate(PACKAGES):
        write(f"policies/{place}-{name}.rego", f"package {name}\n\nimport rego.v1\n\n"
              "default allow := false\n\nallow if input.user == \"ann\"\n")
    write("ann.json", '{"user": "ann"}')
    write("bad.json", '{"a": 1,\n "b": x}\n')
    write("bad.yaml", "a: [1\nb: 2\n")
    write("limits.yaml", "limits:\n  max: 10\n")
    write("broken/one.rego", "package one\n\nimport rego.v1\n\np if {\n\tq\n}\n\nr if x > 1\n")
    write("net/net.rego", 'package net\n\nx := http.send({"method": "get", "url": "http://a/"})\n')
    write("tests/a.rego", "package a\n\nimport rego.v1\n\ndefault allow := false\n\n"
          "allow if input.user == \"ann\"\n\ndeny contains \"not ann\" if input.user != \"ann\"\n")
    write("tests/a_test.rego", "package a_test\n\nimport rego.v1\n\nimport data.a\n\n"
          "test_ann if a.allow with input as {\"user\": \"ann\"}\n\n"
          "test_bob if not a.allow with input as {\"user\": \"bob\"}\n")
    write("failing/a_test.rego", "package a_test\n\nimport rego.v1\n\ntest_good if 1 == 1\n\n"
          "test_wrong if 1 == 2\n")
    write("good-fixtures/ann.input.json", '{"user": "ann"}')
    write("good-fixtures/ann.expect.json", '{"allow": true}')
    write("bad-fixtures/bob.input.json", '{"user": "bob"}')
    write("bad-fixtures/bob.expect.json", '{"allow": true}')


def try_eval():
    p = ["-d", "policies"]
    table([
        (["eval", "1+1"], "", 0, '"value": 2', ""),
        (["eval", "-f", "raw", "1+1"], "", 0, "2", ""),
        (["eval", "-f", "pretty", "[1, {\"a\": 2}]"], "", 0, '"a": 2', ""),
        (["eval", "-f", "raw", *p, "-i", "ann.json", "data.orders.allow"], "", 0, "true", ""),
        (["eval", "-f", "raw", *p, "-i", "-", "data.orders.allow"], '{"user":"bob"}', 0, "false", ""),
        (["eval", "-f", "raw", "-d", "limits.yaml", "data.limits.max"], "", 0, "10", ""),
        (["eval", "-f", "pretty", "data.nope"], "", 0, "undefined", ""),
        (["eval", "--fail", "data.nope"], "", 1, "", ""),
        (["eval", "--fail", "1 == 1"], "", 0, "true", ""),
        (["eval", "1/0"], "", 0, "{}", ""),
        (["eval", "--strict-builtin-errors", "1/0"], "", 3, "divide by zero", "query:1:1"),
        (["eval", "-f", "raw", "--explain", *p, "-i", "ann.json", "data.orders.allow"], "", 0, "true",
         "policies/0-orders.rego:7"),
        (["eval", "--import", "data.orders", "-f", "raw", *p, "-i", "ann.json", "orders.allow"], "", 0, "true", ""),
        (["eval", "--limits", "server", "-f", "raw", "count([1, 2])"], "", 0, "2", ""),
        (["eval", "--limits", "server,time=2s,memory=8MiB", "-f", "raw", "count([1, 2])"], "", 0, "2", ""),
        (["eval", "--limits", "memory=1MiB", "-f", "raw", "count(numbers.range(1, 100000))"], "", 6, "", "more memory"),
        (["eval", "--limits", "steps=1000", "-f", "raw", "[x | some x in numbers.range(1, 9000)]"], "", 6, "", "more than 1000 steps"),
        (["eval", "--limits", "none", "-f", "raw", "count([1, 2])"], "", 0, "2", ""),
        (["eval", "--limits", "time=5", "1"], "", 64, "", "not time=5"),
        (["eval", "--without", "all", "-f", "raw", "count([1, 2])"], "", 0, "2", ""),
        (["eval", "--without", "nothing", "1"], "", 64, "", "nothing is no optimisation"),
        (["eval", "x ="], "", 3, '"errors"', "query:1:"),
        (["eval", "-i", "missing.json", "input"], "", 6, "", "missing.json"),
        (["eval", "-i", "bad.json", "input"], "", 6, '"row": 2', "bad.json:2:"),
        (["eval", "-i", "-", "input"], '{"a":', 6, "", "-:1:"),
        (["eval", "-d", "bad.yaml", "data"], "", 6, "", "bad.yaml:2:"),
        (["eval", "-d", "missing", "data"], "", 6, "", "missing"),
        (["eval", "-d", "broken", "data"], "", 3, "", "broken/one.rego:6:"),
        (["eval", "-f", "xml", "1"], "", 64, "", "--format takes json|"),
        (["eval", "-f", "values", "x := [1, 2][_]; 3"], "", 0, "[\n  true,\n  3\n]\n[\n  true,\n  3\n]\n", ""),
        (["eval", "-f", "bindings", "x := [1, 2][_]"], "", 0, '{\n  "x": 1\n}\n{\n  "x": 2\n}\n', ""),
        (["eval", "-f", "discard", "1"], "", 0, '{\n  "result": "discarded"\n}\n', ""),
        (["eval", "-f", "pretty", "1 == 1; 2 == 2"], "", 0, "true\n", ""),
        (["eval", "-f", "pretty", 'x := ["äb", 1][i]; i + 1'], "", 0,
         "+---+------+-------+\n| i |  x   | i + 1 |\n+---+------+-------+\n"
         '| 0 | "äb" | 1     |\n| 1 | 1    | 2     |\n+---+------+-------+\n', ""),
        (["eval", "-f", "pretty", 'x := concat("", ["%s"])' % ("é" * 99)], "", 0, '"' + "é" * 79 + "... |", ""),
        (["eval", "-I", "-f", "raw", "input.user"], '{"user":"bob"}', 0, "bob", ""),
        (["eval", "--fail-defined", "-f", "raw", "1"], "", 1, "1", ""),
        (["eval", "--fail-defined", "data.nope"], "", 0, "{}", ""),
        (["eval", "--timeout", "50ms", "-f", "raw", "every x in numbers.range(1, 1000) { every y in numbers.range(1, 100000) { x + y > 0 } }"],
         "", 6, "", "longer than it may"),
        (["eval", "--timeout", "2m", "-f", "raw", "1"], "", 0, "1", ""),
        (["eval", "--timeout", "soon", "1"], "", 64, "", "not time=soon"),
        (["eval"], "", 64, "", "core eval --help"),
        (["eval", "1", "2"], "", 64, "", "one operand too many"),
        (["eval", "--bogus", "1"], "", 64, "", "unknown option --bogus"),
        (["eval", "--input"], "", 64, "", "a value is missing"),
    ])
    reader, writer = os.pipe()
    os.write(writer, b'{"user": "ann"}')
    os.close(writer)
    done = subprocess.run([CORE, "eval", "-f", "raw", "-i", f"/dev/fd/{reader}", "input.user"],
                          capture_output=True, text=True, pass_fds=[reader], timeout=60)
    os.close(reader)
    ok(done.returncode == 0 and done.stdout == "ann\n", "the input may be a pipe", done)
    got = core("eval", "x := 1")
    ok(json.loads(got.out)["result"][0]["bindings"] == {"x": 1}, "bindings are JSON", got)


def try_check():
    table([
        (["check", "policies"], "", 0, "", ""),
        (["check", "broken"], "", 3, "", "broken/one.rego:6:"),
        (["check", "broken"], "", 3, "", "broken/one.rego:9:"),
        (["check", "missing"], "", 6, "", "missing"),
        (["check", "--v0-compatible", write("old.rego", "package old\n\np { 1 == 1 }\n")], "", 0, "", ""),
        (["check", "old.rego"], "", 3, "", "old.rego:3:"),
        (["check", write("tried.rego", "package tried\n\nimport future.keywords.and\n\np if input.a and input.b\n")], "", 3,
         "", "tried.rego:3:8:"),
        (["check", "--experimental", "tried.rego"], "", 0, "", ""),
        (["fmt", "--experimental", "tried.rego"], "", 0, "p if input.a and input.b", ""),
        (["eval", "--experimental", "-d", "tried.rego", "-i", "-", "-f", "raw", "data.tried.p"], '{"a": 1, "b": 2}', 0,
         "true", ""),
        (["dis", "policies/0-orders.rego"], "", 0, "data.orders.allow: ", ""),
        (["dis", "broken"], "", 3, "", "one.rego"),
        (["parse", "policies/0-orders.rego"], "", 0, "module\n package\n  ref\n   data\n   \"orders\"\n", ""),
        (["parse", "-f", "json", "policies/0-orders.rego"], "", 0, '"type": "var"', ""),
        (["parse", "-f", "json", "--json-include", "locations,-comments", "policies/0-orders.rego"], "", 0,
         '"text": "cGFja2FnZQ=="', ""),
        (["parse", "old.rego"], "", 3, "", "old.rego:3:"),
        (["parse", "--v0-compatible", "old.rego"], "", 0, " rule\n  head\n", ""),
        (["parse", "-f", "xml", "old.rego"], "", 64, "", "pretty or json"),
        (["parse", "--json-include", "all", "old.rego"], "", 64, "", "locations and comments"),
        (["parse", "missing.rego"], "", 6, "", "missing.rego"),
        (["builtins"], "", 0, "trim_prefix(", ""),
        (["policy", "lint", "policies"], "", 0, "6 modules, 0 warnings", ""),
        (["policy", "lint", "broken"], "", 3, "", "one.rego:6:"),
        (["policy", "lint", "broken", "--format", "json"], "", 3, '{\n  "errors": [', "one.rego:6:"),
        (["policy", "lint", "policies", "--format", "json"], "", 0, "{}", ""),
        (["check", "broken", "--format", "json"], "", 3, '"code": "rego_unsafe_var_error"', "one.rego:6:"),
        (["check", "policies", "--format", "json"], "", 0, "{}", ""),
        (["check", "missing", "--format", "json"], "", 6, '"errors"', "missing"),
        (["fmt", "broken.rego", "missing.rego", "--format", "json"], "", 6, '"errors"', "missing"),
        (["parse", "missing.rego", "--format", "json"], "", 6, '"errors"', "missing"),
        (["policy", "test", "broken", "--format", "json"], "", 3, '"errors"', "one.rego:6:"),
        (["policy", "lint", "net"], "", 3, "", "http.send"),
    ])
    write("schemas/req.yaml", "properties:\n  user: {type: string}\n")
    write("schemas/deep/acl-1.json", '{"properties": {"ann": {"type": "number"}}}')
    write("schemas-bad/x.json", '{"type": }')
    write("typed.rego", "package typed\n\n# METADATA\n# schemas:\n# - input: schema.req\n"
          "# - data.acl: schema.deep[\"acl-1\"]\np if data.acl.ann == input.user\n")
    table([
        (["check", "typed.rego"], "", 0, "", ""),
        (["check", "--schema", "schemas", "typed.rego"], "", 3, "", "typed.rego:7:6: rego_type_error: match error"),
        (["check", "-s", "schemas/req.yaml", "typed.rego"], "", 3, "", "undefined schema: schema.req"),
        (["check", "-s", "schemas/req.yaml", "policies"], "", 0, "", ""),
        (["check", "-s", "schemas/deep/acl-1.json", "policies"], "", 3, "", "undefined ref: input.user"),
        (["check", "-s", "schemas-bad", "policies"], "", 6, "", "schemas-bad/x.json:1:"),
        (["check", "-s", "schemas-none", "policies"], "", 6, "", "schemas-none: no such file"),
        (["eval", "-s", "schemas/req.yaml", "input.usr"], "", 3, "undefined ref: input.usr", "query:1:1"),
        (["eval", "-s", "schemas/req.yaml", "-f", "raw", "-i", "ann.json", "input.user"], "", 0, "ann", ""),
    ])
    painted, plain = core("check", "--color", "always", "broken"), core("check", "broken", NO_COLOR="1")
    ok("\033[" in painted.err, "--color always paints", painted)
    ok("\033[" not in plain.err, "NO_COLOR does not", plain)


def try_capabilities():
    write("web/p.rego", "package web\n\nallow if http.send({\"method\": \"get\", \"url\": input.url}).status_code == 200\n")
    write("web/p_test.rego", "package web\n\ntest_allow if allow with http.send as {\"status_code\": 200} with input as {\"url\": \"x\"}\n\n"
          "test_deny if not allow with http.send as {\"status_code\": 403} with input as {\"url\": \"x\"}\n\n"
          "test_no_network if not allow with input as {\"url\": \"http://example.org\"}\n")
    everything, air = core("capabilities"), core("capabilities", "air-gapped")
    write("all.json", everything.out)
    write("air.json", air.out)
    names = {b["name"] for b in json.loads(everything.out)["builtins"]}
    ok(names - {b["name"] for b in json.loads(air.out)["builtins"]} == {"http.send", "net.lookup_ip_addr"},
       "air-gapped is everything but the network", names)
    bundle = ["policy", "bundle", "--dir", "web", "--sign-key", "web-keys/signing-key.pem"]
    unsafe = 'target must not be unsafe: "http.send"'
    table([
        (["check", "web"], "", 0, "", ""),
        (["check", "web", "--capabilities", "connected"], "", 0, "", ""),
        (["check", "web", "--capabilities", "all.json"], "", 0, "", ""),
        (["check", "web", "--capabilities", "air-gapped"], "", 3, "", unsafe),
        (["check", "web/p.rego", "--capabilities", "air-gapped"], "", 3, "", "unsafe built-in function calls in expression: http.send"),
        (["check", "web/p.rego", "--capabilities", "air.json"], "", 3, "", "undefined function http.send"),
        (["check", "web", "--capabilities", "missing.json"], "", 6, "", "missing.json"),
        (["check", "web", "--capabilities", write("odd.json", '{"builtins": 1}')], "", 6, "", "odd.json:1:1: capabilities: builtins is a list"),
        (["eval", "-d", "web", "data.web.allow"], "", 0, "{}", ""),
        (["eval", "-d", "web/p.rego", "--strict-builtin-errors", "-i", "-", "data.web.allow"], '{"url": "x"}', 3, "", "no code for it"),
        (["eval", "-d", "web", "--capabilities", "air-gapped", "data.web.allow"], "", 3, "", unsafe),
        (["eval", "--capabilities", "air.json", "http.send({})"], "", 3, "undefined function http.send", ""),
        (["policy", "test", "web"], "", 0, "3 passed, 0 failed", ""),
        (["policy", "test", "web", "--capabilities", "air-gapped"], "", 3, "", unsafe),
        (["policy", "lint", "web/p.rego"], "", 3, "", "needs the network"),
        (["policy", "lint", "web", "--capabilities", "connected"], "", 0, "2 modules", ""),
        (["policy", "keygen", "--out", write("web-keys/about", "") and "web-keys"], "", 0, "", ""),
        ([*bundle, "--output", "web.tar.gz"], "", 3, "", "http.send"),
        ([*bundle, "--output", "web.tar.gz", "--capabilities", "connected"], "", 0, "", ""),
        (["capabilities", "pink"], "", 64, "", "air-gapped and connected"),
    ])


def try_tests():
    t = ["policy", "test"]
    table([
        ([*t, "tests"], "", 0, "2 passed, 0 failed", ""),
        ([*t, "tests", "--run", "bob"], "", 0, "1 passed, 0 failed", ""),
        ([*t, "tests", "--run", "("], "", 64, "", "--run"),
        ([*t, "failing"], "", 2, "1 passed, 1 failed", ""),
        ([*t, "failing", "--ci"], "", 2, "FAIL data.a_test.test_wrong", ""),
        ([*t, "tests", "--rule", "data.a.allow", "--fixtures", "good-fixtures"], "", 0, "3 passed", ""),
        ([*t, "tests", "--rule", "data.a.allow", "--fixtures", "bad-fixtures"], "", 2, "1 failed", ""),
        ([*t, "tests", "--fixtures", "missing"], "", 6, "", "missing"),
        ([*t, "broken"], "", 3, "", "one.rego:6:"),
        ([*t, "missing"], "", 6, "", "missing"),
    ])
    got = core(*t, "failing", "--format", "json")
    rows = json.loads(got.out)
    ok(got.code == 2 and (rows["passed"], rows["failed"]) == (1, 1), "test results as JSON", got)
    ok({r["name"]: r["passed"] for r in rows["tests"]} ==
       {"data.a_test.test_good": True, "data.a_test.test_wrong": False}, "each test is named", got)
    ok("\033[" not in core(*t, "failing", "--ci", "--color", "always").out, "--ci has no colour")


def bundle(key, output="policy-bundle.tar.gz", *more, **env):
    return core("policy", "bundle", "--dir", "policies", "--sign-key", key, "--output", output, *more,
                **{"SOURCE_DATE_EPOCH": CREATED, **env})


def inspect(name, *more):
    return core("policy", "bundle", "inspect", name, *more)


def try_annotations(key):
    write("annotated/a.rego", "# METADATA\n# title: All\n# authors: [Jane <j@x>]\n# custom: {a: [1], bc: d}\n"
          "package a.b\n\n# METADATA\n# entrypoint: true\np.q if input.x\n")
    got = core("policy", "bundle", "--dir", "annotated", "--sign-key", key, "--output", "annotated.tar.gz")
    ok(got.code == 0, "annotated policies make a bundle", got)
    got = inspect("annotated.tar.gz", "--annotations")
    ok(got.code == 0 and got.out.endswith(
        "ANNOTATIONS:\nAll\n===\n\nPackage:  a.b\nLocation: a.rego:5\nScope: package\n\n"
        "Authors:\n Jane <j@x>\n\nCustom:\n a:  [1]\n bc: \"d\"\n\n"
        "a.b.p.q\n=======\n\nPackage:  a.b\nRule:     p.q\nLocation: a.rego:9\nScope: document\n"
        "Entrypoint: true\n\n"), "inspect lists annotations", got)
    got = json.loads(inspect("annotated.tar.gz", "-a", "--format", "json").out)
    ok(got["entrypoints"] == ["a/b/p/q"] and got["annotations"][0]["annotations"]["title"] == "All" and
       got["annotations"][1]["location"] == {"file": "a.rego", "row": 9, "col": 1}, "and as JSON", got)


def try_bundle():
    ok(core("policy", "keygen", "--out", "keys").code == 0, "keygen")
    ok(os.stat("keys/signing-key.pem").st_mode & 0o777 == 0o600, "the private key is nobody else's")
    ok(core("policy", "keygen", "--out", "other").code == 0, "another key")
    key, pub = "keys/signing-key.pem", "keys/signing-key.pub"
    pem = pathlib.Path(key).read_text()
    got = bundle(key)
    ok(got.code == 0, "a bundle is built", got)
    got = inspect("policy-bundle.tar.gz")
    ok(got.code == 0 and got.out == "Bundle: policy-bundle.tar.gz\n"
       "Policies: 6 (orders, reports, admin, tenant, config, data)\n"
       "Signed: yes (ES256)\nCreated: 2026-03-19T12:00:00Z\n", "inspect says the four lines", got)
    ok("not verified" in got.err, "and that the signature was read only", got)
    got = inspect("policy-bundle.tar.gz", "--verify-key", pub)
    ok(got.code == 0 and got.err == "", "the signature verifies", got)
    got = json.loads(inspect("policy-bundle.tar.gz", "--verify-key", pub, "--format", "json").out)
    ok(got["policies"] == PACKAGES and got["verified"] and got["created"] == int(CREATED), "as JSON", got)
    ok("File: " in inspect("policy-bundle.tar.gz", "--verbose").out, "--verbose lists files")
    try_annotations(key)
    first = pathlib.Path("policy-bundle.tar.gz").read_bytes()
    for name, source in (("again", key), ("text", pem), ("env", "env:SIGN_KEY")):
        got = bundle(source, f"{name}.tar.gz", SIGN_KEY=pem)
        ok(got.code == 0 and pathlib.Path(f"{name}.tar.gz").read_bytes() == first, f"{name}: the same bytes", got)
    for alg in ("ES384", "ES512", "EdDSA", "RS256"):
        core("policy", "keygen", "--out", alg, "--alg", alg)
        got = [bundle(f"{alg}/signing-key.pem", f"{alg}{i}.tar.gz").code for i in range(2)]
        same = pathlib.Path(f"{alg}0.tar.gz").read_bytes() == pathlib.Path(f"{alg}1.tar.gz").read_bytes()
        ok(got == [0, 0] and same, f"{alg}: the same bytes")
        got = inspect(f"{alg}0.tar.gz", "--verify-key", f"{alg}/signing-key.pub")
        ok(got.code == 0 and f"Signed: yes ({alg})" in got.out, f"{alg} verifies", got)
    table([
        (["eval", "-f", "raw", "-b", "policy-bundle.tar.gz", "-i", "ann.json", "data.data.allow"], "", 0, "true", ""),
        (["check", "policy-bundle.tar.gz"], "", 0, "", ""),
    ])
    spoil_bundle(first, pub)
    table([
        (["policy", "bundle", "--dir", "net", "--sign-key", key, "-o", "n.tar.gz"], "", 3, "", "http.send"),
        (["policy", "bundle", "--dir", "net", "--sign-key", key, "-o", "n.tar.gz", "--connected"], "", 0, "", ""),
        (["policy", "bundle", "--dir", "broken", "--sign-key", key, "-o", "b.tar.gz"], "", 3, "", "one.rego:6:"),
        (["policy", "bundle", "--dir", "missing", "--sign-key", key], "", 6, "", "missing"),
        (["policy", "bundle", "--dir", "policies", "--sign-key", "env:NO_SUCH"], "", 5, "", "NO_SUCH"),
        (["policy", "bundle", "--dir", "policies", "--sign-key", pub], "", 5, "", "key"),
        (["policy", "bundle", "--dir", "policies"], "", 64, "", "--sign-key is needed"),
        (["policy", "bundle", "--dir", "policies", "--sign-key", key, "--expires", "soon"], "", 64, "", "--expires"),
        (["policy", "bundle", "inspect", "missing.tar.gz"], "", 6, "", "missing.tar.gz"),
        (["policy", "keygen", "--alg", "HS256"], "", 64, "", "--alg"),
    ])
    ok(not os.path.exists("b.tar.gz"), "what does not compile leaves no bundle")


def spoil_bundle(good, pub):
    middle = len(good) // 2
    write("cut.tar.gz", good[:middle])
    write("flipped.tar.gz", good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:])
    write("longer.tar.gz", good + b"x")
    write("noise.tar.gz", b"no bundle at all")
    for name in ("cut", "flipped", "longer", "noise"):
        got = inspect(f"{name}.tar.gz", "--verify-key", pub)
        ok(got.code == 5 and got.out == "" and got.err != "", f"{name}: refused", got)
    got = inspect("policy-bundle.tar.gz", "--verify-key", "other/signing-key.pub")
    ok(got.code == 5 and got.out == "", "another key: refused", got)
    subprocess.run(["tar", "-czf", "unsigned.tar.gz", "-C", "policies", "."], check=True)
    got = inspect("unsigned.tar.gz", "--verify-key", pub)
    ok(got.code == 5 and got.out == "", "unsigned: refused", got)


def try_fmt():
    fine, odd = "package a\n\nx := 1\n", "package a\nx=1 # one\n"
    done = "package a\n\nx := 1 # one\n"
    old = "package a\np[x] { x = 1 }\n"
    write("fmt/fine.rego", fine)
    write("fmt/deep/odd.rego", odd)
    write("fmt/deep/notes.txt", "not a policy")
    write("old.rego", old)
    write("broken.rego", "package a\np if {\n")
    write("names.rego", "package a\nif { true }\n")
    write("empty.rego", "\n")
    table([
        (["fmt"], odd, 0, done, ""),
        (["fmt", "-"], fine, 0, fine, ""),
        (["fmt"], "package a\r\nx := 1\r\n", 0, fine, ""),
        (["fmt", "fmt"], "", 0, done + fine, ""),
        (["fmt", "-l", "fmt"], "", 0, "fmt/deep/odd.rego\n", ""),
        (["fmt", "--list", "--fail", "fmt"], "", 1, "fmt/deep/odd.rego\n", ""),
        (["fmt", "--fail", "fmt/fine.rego"], "", 0, fine, ""),
        (["fmt", "--fail", "fmt/deep"], "", 1, "", "fmt/deep/odd.rego: would change"),
        (["fmt", "-d", "fmt"], "", 0, "@@ -1,2 +1,3 @@\n package a\n-x=1 # one\n+\n+x := 1 # one\n", ""),
        (["fmt", "-d", "fmt/fine.rego"], "", 0, "", ""),
        (["fmt", "old.rego"], "", 3, "", "old.rego:2:1: rego_parse_error: `if` keyword is required"),
        (["fmt", "--v0-compatible", "old.rego"], "", 0, "package a\n\np[x] {\n\tx = 1\n}\n", ""),
        (["fmt", "--rego-v1", "old.rego"], "", 0, "import rego.v1\n\np contains x if x = 1\n", ""),
        (["fmt", "--v0-v1", "--v1-compatible", "fmt/fine.rego"], "", 0, "import rego.v1\n\nx := 1\n", ""),
        (["fmt", "--rego-v1", "names.rego"], "", 3, "", "names.rego:2:1: rego_parse_error: if keyword cannot be used"),
        (["fmt", "--drop-v0-imports"], "package a\nimport rego.v1\nx := 1\n", 0, fine, ""),
        (["fmt", "broken.rego"], "", 3, "", "broken.rego:3:0: rego_parse_error"),
        (["fmt"], "package\n", 3, "", "stdin:"),
        (["fmt", "--check-result=false", "fmt/fine.rego"], "", 0, fine, ""),
        (["fmt", "empty.rego"], "", 3, "", "empty.rego: rego_parse_error: empty module"),
        (["fmt", "missing.rego"], "", 6, "", "missing.rego: no such file"),
    ])
    got = core("fmt", "-w", "fmt", "broken.rego")
    ok(got.code == 3 and got.out == "" and pathlib.Path("fmt/deep/odd.rego").read_text() == done and
       pathlib.Path("fmt/fine.rego").read_text() == fine and
       pathlib.Path("broken.rego").read_text() == "package a\np if {\n", "fmt -w writes what is sound", got)


def try_rest():
    write("good.yaml", "control_plane:\n  enabled: false\naudit:\n  sink: stdout\n")
    write("wrong.yaml", "control_plane:\n  enabeld: false\n")
    table([
        (["config", "check", "good.yaml"], "", 0, "good.yaml: fine", ""),
        (["config", "check", "wrong.yaml"], "", 4, "", "did you mean `control_plane.enabled`?"),
        (["config", "check", "wrong.yaml"], "", 4, "", "wrong.yaml:2:3"),
        (["config", "show", "--config", "good.yaml"], "", 0, "audit.sink: ", ""),
        (["config", "show", "--config", "good.yaml", "--origin"], "", 0, "good.yaml", ""),
        (["audit", "verify", "missing.ndjson"], "", 6, "", "missing.ndjson"),
        (["audit", "verify", write("spoilt.ndjson", '{"seq":1}\n')], "", 5, "", "spoilt.ndjson"),
        (["sidecar", "status", "--admin", "no.sock"], "", 7, "", "no.sock"),
        (["sidecar", "reload-policy", "--bundle", "policy-bundle.tar.gz", "--admin", "no.sock"], "", 7, "", "no.sock"),
        (["sidecar", "reload-policy", "--bundle", "missing.tar.gz", "--admin", "no.sock"], "", 6, "", "missing"),
        (["sidecar", "reload-policy"], "", 64, "", "--bundle is needed"),
        (["--help"], "", 0, "policy bundle inspect", ""),
        (["policy", "test", "--help"], "", 0, "--fixtures", ""),
        (["--version"], "", 0, "core ", ""),
        (["nonsense"], "", 64, "", "no such command"),
        ([], "", 64, "", "core COMMAND --help"),
        (["eval", "--color", "pink", "1"], "", 64, "", "auto, always or never"),
    ])


def main():
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        make_room()
        for part in (try_eval, try_check, try_capabilities, try_tests, try_bundle, try_fmt, try_rest):
            part()
        os.chdir("/")
    print(f"1..{count}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
