# SPDX-License-Identifier: Apache-2.0
"""MaskingService, asked as the published clients ask it."""
import json

from house import House, run_scenarios
from rig import field, fields, ok

MASK = "/coresdk.v1.MaskingService/Mask"
STRING = "/coresdk.v1.MaskingService/MaskString"
PROMPT = "/coresdk.v1.MaskingService/CheckPrompt"


def mask(d, document, names=(), patterns=(), path=MASK):
    text = document if isinstance(document, str) else json.dumps(document)
    message = field(1, text) + b"".join(field(2, n) for n in names) + b"".join(field(3, p) for p in patterns)
    answer = fields(d.call(path, message))
    return json.loads(answer[1][0]), answer.get(2)


def mask_string(d, text, patterns=()):
    answer = fields(d.call(STRING, field(1, text) + b"".join(field(2, p) for p in patterns)))
    return answer.get(1, [b""])[0].decode()


def masking():
    with House() as house:
        d = house.start()
        document = {"user.email": "alice@example.com", "Authorization": "Bearer abc", "api_key": 7,
                    "note": "call 555", "card": "4111 1111 1111 1111", "deep": [{"SSN": {"a": 1}}]}
        got, problem = mask(d, document)
        ok(got == {"user.email": "[REDACTED]", "Authorization": "[REDACTED]", "api_key": "[REDACTED]",
                   "note": "call 555", "card": "[REDACTED]", "deep": [{"SSN": "[REDACTED]"}]} and problem is None,
           "mask: names and shapes, the rest untouched", got)
        got, _ = mask(d, {"plate": "B-XY 17", "owner": "EMP-12"}, ["plate"], ["EMP-[0-9]+"])
        ok(got == {"plate": "[REDACTED]", "owner": "[REDACTED]"}, "mask: the caller's names and patterns", got)
        for label, text, patterns in (("no JSON", "{nope", ()), ("a broken pattern", '{"a": 1}', ("(",)),
                                      ("too many patterns", '{"a": 1}', ("x",) * 65)):
            got, problem = mask(d, text, (), patterns)
            ok(got == "[REDACTED]" and problem, f"mask: {label}: everything is masked, and why", problem)
        got, problem = mask(d, "[" * 5000 + "]" * 5000)
        ok(got == "[REDACTED]" and problem, "mask: too deep a document", problem)
        got, _ = mask(d, [{"role": "user", "content": "my key is sk-abcdef0123456789"}], path=PROMPT)
        ok(got == [{"role": "user", "content": "[REDACTED]"}], "prompt: as a document", got)
        ok(mask_string(d, "mail a@b.co, ssn 123-45-6789") == "mail [REDACTED], ssn [REDACTED]", "string: parts")
        ok(mask_string(d, "plain") == "plain" and mask_string(d, "") == "", "string: nothing to hide")
        ok(mask_string(d, "id EMP-1", ("EMP-[0-9]",)) == "id [REDACTED]", "string: the caller's pattern")
        ok(mask_string(d, "id EMP-1", ("[",)) == "[REDACTED]", "string: with a broken pattern everything is masked")
        big = json.dumps({"a": "x" * (3 << 20), "password": "p"})
        got, _ = mask(d, big)
        ok(got == "[REDACTED]", "mask: an answer that would be too big is masked whole")
        ok(house.audit() == [] and "alice" not in d.logged(), "nothing is recorded or logged")
        d.stop()


run_scenarios(masking)
