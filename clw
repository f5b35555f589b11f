#!/usr/bin/env bash
# Runs clw from a checkout: builds it on first use and whenever a source is newer, then starts it. Nothing is installed outside .clw/.
set -euo pipefail

# A link to this script may stand anywhere.
self=${BASH_SOURCE[0]}
while [ -L "$self" ]; do
    target=$(readlink "$self")
    case $target in /*) self=$target ;; *) self=${self%/*}/$target ;; esac
done
case $self in */*) root=${self%/*} ;; *) root=. ;; esac
state=$root/.clw

# True when something that the programs are made of changed after the last build (directories too: a removed file changes those).
stale() {
    [ -e "$state/stamp" ] && [ -x "$state/bin/clw" ] || return 0
    # build/make tells what it means.
    case ${OPENCLAW_RUNNER:-auto} in auto) ;; *) [ "$OPENCLAW_RUNNER" = "$(cat "$state/runner" 2>/dev/null)" ] || return 0 ;; esac
    [ -n "$(find "$root/src" "$root/build" "$root/plugins" "$root/samples" "$root/deploy/systemd" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/global.json" \
        \( -name bin -o -name obj \) -prune -o -newer "$state/stamp" -print -quit)" ]
}

if [ -n "${CLW_NO_BUILD:-}" ]; then
    [ -x "$state/bin/clw" ] || { echo "error: clw-init-fail: CLW_NO_BUILD is set and nothing was built yet" >&2; exit 7; }
elif stale; then
    "$root/build/make" || exit $?
fi

[ ! -e "$state/environment" ] || . "$state/environment"
# The name that was typed decides what a bare call means, and stands in hints.
exec -a "$0" "$state/bin/clw" "$@"
