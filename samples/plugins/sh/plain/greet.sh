#!/bin/sh
# greet: greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.
# The payload comes on standard input; the result goes to standard output; lines of the task to standard error; progress to descriptor 3.
set -eu

name=$(sed -n 's/.*"name" *: *"\([^"\\]*\)".*/\1/p')
if [ -z "$name" ]; then
    # Another attempt cannot help: the payload stays what it is.
    echo '{"kind": "failure", "message": "the payload needs a \"name\"", "code": "bad-payload", "retryable": false}' >&3
    exit 1
fi
printf '{"progress": 0.5, "message": "greeting %s"}\n' "$name" >&3
echo "greeting $name" >&2
printf '{"text": "Hello, %s"}\n' "$name"
