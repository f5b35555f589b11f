#!/bin/sh
# checksum: an executable plugin in plain shell (plugin ABI v1): payload on standard input, result on standard output, log on standard
# error, progress as JSON lines on descriptor 3, an exit code other than 0 for failure.
#   payload  {"path": FILE}
#   result   {"crc": N, "bytes": N, "lines": N}       crc as cksum(1) computes it
set -eu

payload=$(cat)
path=$(printf '%s' "$payload" | sed -n 's/.*"path"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p')
if [ -z "$path" ]; then
    echo "the payload needs a path" >&2
    exit 1
fi
if [ ! -r "$path" ]; then
    echo "cannot read $path" >&2
    exit 1
fi

echo '{"progress": 0.1, "message": "reading"}' >&3
# shellcheck disable=SC2046
set -- $(cksum <"$path") $(wc -l <"$path")
printf '{"crc": %s, "bytes": %s, "lines": %s}\n' "$1" "$2" "$3"
