#!/bin/sh
# Boots a systemd of its own in namespaces: systemd.sh DIRECTORY. With SYSTEMD_NETWORK=here in the network that it is started in. Processes, mounts, network, host name and control groups are its own;
# /etc is a copy, and what an installation writes to lies in memory. Nothing of the machine itself is changed. Ends with a SIGTERM.
set -e
if [ "$2" != inside ]; then
    # A control group of our own becomes the root of the one that systemd sees.
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then top=/sys/fs/cgroup; else top=/sys/fs/cgroup/systemd; fi
    own=$top/clw-systemd-$$
    mkdir "$own"
    echo $$ >"$own/cgroup.procs"
    net=--net
    [ "${SYSTEMD_NETWORK:-}" != here ] || net=
    # shellcheck disable=SC2086
    unshare --mount --pid --fork --kill-child=KILL --mount-proc --ipc --uts $net --cgroup sh "$0" "$1" inside &
    trap 'kill -KILL "$!" 2>/dev/null' TERM INT
    wait "$!" || true
    wait "$!" || true
    echo $$ >"$top/cgroup.procs"
    # What was killed is reaped in a moment; until then its groups cannot go.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        find "$own" -depth -type d -exec rmdir {} \; 2>/dev/null || true
        [ -e "$own" ] || break
        sleep 0.1
    done
    exit 0
fi

mount --make-rprivate /
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
mount --bind /proc/sys /proc/sys
mount -o remount,ro,bind /proc/sys
unified=
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || unified=yes
for directory in /run /usr/local/bin /usr/local/lib /var/lib /var/log; do
    mkdir -p "$directory"
    mount -t tmpfs -o mode=0755 tmpfs "$directory"
done
if [ -n "$unified" ]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
    mount -t tmpfs tmpfs /sys/fs/cgroup
    mkdir /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
fi
ip link set lo up
mkdir -p /run/units
for target in base basic sysinit shutdown network-online multi-user; do
    printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$target" >"/run/units/$target.target"
done
exec env -i container=docker SYSTEMD_UNIT_PATH=/run/units:/etc/systemd/system PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=base.target --show-status=no
