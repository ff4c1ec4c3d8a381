# SPDX-License-Identifier: Apache-2.0
"""OPA's documented examples, each asked word for word: rest_opa_rows.py."""
import json
import pathlib
import shutil
import subprocess

import rest_opa_rows as rows
from door import CORE, Door
from house import run_scenarios
from rig import ok


def opa_door():
    door = Door()
    files = pathlib.Path(door.path("policies"))
    shutil.rmtree(files)
    files.mkdir()
    for name, text in rows.POLICIES.items():
        (files / name).write_text(text)
    (files / "data.json").write_text(json.dumps(rows.DATA))
    subprocess.run([CORE, "policy", "bundle", "--dir", str(files), "--sign-key", door.key.pem, "--output", door.path("bundle.tar.gz")],
                   check=True, capture_output=True)
    door.config["rest"] = {"allow_query": True}
    door.write_config()
    return door


def examples():
    with opa_door() as door:
        d = door.start()
        if not ok(d.ready_after is not None, "it is up", d.logged()):
            return
        for label, method, path, body, fields, status, want in rows.ROWS:
            got = door.ask(method, path, body, **{name.replace("-", "_"): v for name, v in fields.items()})
            right = got[1].get("code") == want and got[1].get("message") if status >= 400 and isinstance(want, str) else got[1] == want
            ok(got[0] == status and right, f"{label}: {method} {path.partition('?')[0]}", f"{got}\nwanted {status} {want}")
        for method, path, body, status, code, message in rows.DIFFER:
            got = door.ask(method, path, body)
            ok(got[0] == status and got[1]["code"] == code and message in got[1]["message"], f"refused: {method} {path}", got)
        d.stop()


def options():
    """Each parameter of a query, alone and together, on each thing that takes it."""
    with opa_door() as door:
        d = door.start()
        for path, body in (("/v1/data/example/some_strings", {"input": {}}), ("/v1/query", {"query": "data.example.some_strings = x"})):
            plain = door.ask("POST", path, body)[1]
            for flags, more in (("metrics", {"metrics"}), ("metrics=true", {"metrics"}), ("instrument", {"metrics"}), ("metrics=false", set()),
                                ("explain=full", {"explanation"}), ("explain=off", set()), ("pretty", set()), ("unknown=1", set()),
                                ("explain=debug&metrics&pretty", {"explanation", "metrics"}), ("metrics&metrics=false", set())):
                got = door.ask("POST", f"{path}?{flags}", body)
                ok(got[0] == 200 and set(got[1]) == set(plain) | more and got[1]["result"] == plain["result"], f"{path}?{flags}", got)
            timers = door.ask("POST", path + "?metrics", body)[1]["metrics"]
            ok(all(isinstance(v, int) and v > 0 for name, v in timers.items() if name != "timer_rego_input_parse_ns") and
               {"timer_rego_query_eval_ns", "timer_server_handler_ns"} <= set(timers), f"{path}: what metrics tell", timers)
        got = door.ask("GET", "/v1/data/example/some_strings?provenance&pretty")[1]["provenance"]
        ok(set(got) == {"version", "build_commit", "build_hostname", "build_timestamp", "bundles"} and "revision" in got["bundles"]["bundle"],
           "provenance", got)
        for path in ("/v1/policies", "/v1/config", "/v1/status", "/v1/data/example/some_strings"):
            short, long = (door.raw(f"GET {path}{q} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()).partition(b"\r\n\r\n")[2]
                           for q in ("", "?pretty=true"))
            strip = lambda text: {k: v for k, v in json.loads(text).items() if k != "decision_id"}
            ok(strip(short) == strip(long) and long.startswith(b"{\n  \"") and b"\n" not in short.rstrip(b"\n"), f"{path}: pretty", long[:80])
        got = door.ask("GET", "/v1/policies")[1]["result"]
        ok({p["raw"] for p in got} == set(rows.POLICIES.values()), "policies, as they came", [p["id"] for p in got])
        got = door.ask("GET", "/v1/config")[1]["result"]
        ok(set(got["labels"]) == {"id", "version"} and got["default_decision"] == "data.system.main", "config", got)
        got = door.ask("GET", "/v1/status")[1]["result"]
        ok(got["plugins"]["decision_logs"] == {"state": "OK"} and set(got["labels"]) == {"id", "version"}, "status", got)
        d.stop()


run_scenarios(examples, options)
