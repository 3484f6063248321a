#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# enter.sh ROOT COMMAND...: runs a command in a root. To be called in a mount and a process namespace of its own, so that
# nothing that is mounted here is visible outside or has to be unmounted.
set -euo pipefail

root=$1
source=$(cd "$(dirname "$0")/../.." && pwd)
shift

make_devices() {
  mount -t tmpfs -o mode=0755,nosuid none "$root/dev"
  local node
  for node in null zero full random urandom tty; do
    : >"$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  mkdir "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs -o mode=1777,nosuid none "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 none "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
}

# bwrap, which makes wget's sandbox, needs a root that is a mount point.
mount --bind "$root" "$root"
mkdir -p "$root/pinning/source"
mount -t proc none "$root/proc"
make_devices
mount --bind "$source" "$root/pinning/source"
mount -o remount,bind,ro "$root/pinning/source"
# The cases of the identity test, if there are any, lie beside the tree.
if [ -d "$source/../shared/data" ]; then
  mkdir -p "$root/pinning/shared/data"
  mount --bind "$source/../shared/data" "$root/pinning/shared/data"
  mount -o remount,bind,ro "$root/pinning/shared/data"
fi
cat /etc/resolv.conf >"$root/etc/resolv.conf"
[ -e "$root/etc/hosts" ] || echo '127.0.0.1 localhost' >"$root/etc/hosts"

exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
  ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
  chroot "$root" "$@" </dev/null
