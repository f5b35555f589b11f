#!/usr/bin/env python3
"""greet: greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.

One process, one task: the payload comes on standard input, the result goes to standard output, lines of the task to standard error,
progress and the reason of a failure to descriptor 3.
"""
import json
import os
import sys

reports = os.fdopen(3, "w", buffering=1)


def report(**line):
    reports.write(json.dumps(line) + "\n")


payload = json.load(sys.stdin)
if not isinstance(payload, dict) or not isinstance(payload.get("name"), str):
    # Another attempt cannot help: the payload stays what it is.
    report(kind="failure", message='the payload needs a "name"', code="bad-payload", retryable=False)
    sys.exit(1)
report(progress=0.5, message="greeting " + payload["name"])
print("greeting " + payload["name"], file=sys.stderr)
json.dump({"text": "Hello, " + payload["name"]}, sys.stdout)
