#!/usr/bin/env python3
"""greet: greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.

mode: serve. One process, many tasks: one JSON object a line on standard input and output; lines of the task on standard error.
"""
import json
import sys
import traceback

out = sys.stdout
sys.stdout = sys.stderr  # What is printed becomes lines of the task; standard output belongs to the protocol.


class Failure(Exception):
    def __init__(self, message, code=None, retryable=True):
        super().__init__(message)
        self.line = {"message": message, "retryable": retryable} | ({"code": code} if code else {})


def say(kind, **line):
    out.write(json.dumps({"kind": kind, **line}) + "\n")
    out.flush()


def handle(task):
    payload = task["payload"]
    if not isinstance(payload, dict) or not isinstance(payload.get("name"), str):
        # Another attempt cannot help: the payload stays what it is.
        raise Failure('the payload needs a "name"', code="bad-payload", retryable=False)
    say("progress", id=task["id"], progress=0.5, message="greeting " + payload["name"])
    say("log", id=task["id"], level="info", message="greeting " + payload["name"])
    return {"text": "Hello, " + payload["name"]}


say("hello", version=1)
for line in sys.stdin:
    task = json.loads(line)
    if task["kind"] != "task":
        continue
    try:
        say("result", id=task["id"], result=handle(task))
    except Failure as failure:
        say("failure", id=task["id"], **failure.line)
    except Exception as error:
        traceback.print_exc()
        say("failure", id=task["id"], message=f"{type(error).__name__}: {error}")
