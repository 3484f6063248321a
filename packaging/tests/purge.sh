#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Tests that a purge removes what a killed pinctl left, and nothing of others, on folders mounted over /etc and /var.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ "${1:-}" != inside ]; then
  if ! unshare --map-root-user --mount true 2>/dev/null; then
    echo "skipped: no namespace of its own for mounts"
    exit 77
  fi
  exec unshare --map-root-user --mount "$0" inside
fi

mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/etc/ssl /mnt/etc/pinning/policy.d /mnt/etc/systemd/system/their.service.d /mnt/var/lib/pinning /mnt/var/lib/dpkg
mount --bind /mnt/etc /etc
mount -t tmpfs tmpfs /run
mkdir /run/pinning
touch /run/pinning/policy.pause /run/pinning/.pinctl-pause.lock
mount --bind /mnt/var /var
theirs=(/etc/ssl/openssl.cnf /etc/systemd/system/their.service.d/their.conf /etc/their.lock)
echo theirs | tee "${theirs[@]}" >/dev/null
# One file for each kind of name that pinctl makes; the last ones are beside files that "enable" changes.
touch /etc/pinning/policy.cfg /etc/pinning/.pinctl.lock /etc/pinning/.pinctl-new-abcdef /etc/pinning/policy.d/.pinctl-new-abcdef \
  /var/lib/pinning/policy.db /var/lib/pinning/.pinctl-pause.lock "/etc/pinning/.pinctl-unconfirmed-openssl-their.service.cnf~"
for folder in /etc /etc/ssl /etc/pinning /etc/systemd/system/their.service.d; do
  touch "$folder/.pinctl-switch.lock" "$folder/.pinctl-put-abcdef"
done
purge() {
  sh "$here/../debian/pinning-provider.postrm" purge
}

# If another installation is or may be switched on, its policy stays.
dropin=/etc/systemd/system/their.service.d/pinning.conf
expect_kept() {
  local before='' said
  [ ! -e "$1" ] || before=$(cat "$1")
  echo "$2" >>"$1"
  said=$(purge 2>&1)
  if [ ! -e /var/lib/pinning/policy.db ] || [ ! -e /etc/pinning/policy.cfg ]; then
    echo "FAILED: $1, $2: what another installation enforces is gone" >&2
    exit 1
  fi
  [[ $said == *"/etc/pinning and /var/lib/pinning stay"* ]] || { echo "FAILED: it is not said that the policy stays" >&2; exit 1; }
  if [ -n "$before" ]; then echo "$before" >"$1"; else rm "$1"; fi
}
expect_kept /etc/ssl/openssl.cnf 'module = /usr/local/lib/ossl-modules/pinning.so'
expect_kept /etc/ssl/openssl.cnf 'module = pinning.so'
rm /etc/pinning/policy.cfg
echo 'module = pinning.so' >/etc/ssl/openssl.cnf
[[ $(purge 2>&1) == *'pinctl restore --enforced'* ]] || { echo "FAILED: it is not said how the policy comes back" >&2; exit 1; }
echo theirs >/etc/ssl/openssl.cnf
touch /etc/pinning/policy.cfg
expect_kept /etc/ssl/openssl.cnf 'pinning = by_hand'
expect_kept /etc/ld.so.preload /usr/local/lib/libpinning-preload.so
expect_kept /etc/ld.so.preload 'libc.so.6 libpinning-preload.so'
expect_kept $dropin Environment=LD_PRELOAD=libpinning-preload.so
expect_kept $dropin Environment=OPENSSL_CONF=/etc/pinning/openssl-their.service.cnf
echo '# /usr/local/lib/ossl-modules/pinning.so' >>/etc/ssl/openssl.cnf
purge
left=$(find /etc /var /run -type f | sort)
[ "$left" = "$(printf '%s\n' "${theirs[@]}" | sort)" ] || { echo "FAILED: these are left: $left" >&2; exit 1; }
[ ! -e /etc/pinning ] || { echo "FAILED: /etc/pinning is left" >&2; exit 1; }

# A handwritten policy and its folder stay.
mkdir -p /etc/pinning/policy.d
touch /etc/pinning/policy.d/by-hand.cfg
purge
[ -e /etc/pinning/policy.d/by-hand.cfg ] || { echo "FAILED: a policy written by hand is gone" >&2; exit 1; }

# The installation calls the pinctl of the package, whichever comes first in PATH.
mkdir /run/first
printf '#!/bin/sh\ntouch /run/asked\n' >/run/first/pinctl
chmod +x /run/first/pinctl
touch /etc/pinning/policy.cfg
PATH=/run/first:$PATH sh "$here/../debian/pinning-provider.postinst" configure "" 2>/dev/null
[ ! -e /run/asked ] || { echo "FAILED: another pinctl was asked" >&2; exit 1; }

# An upgrade does not bring back a policy that was removed.
rm /etc/pinning/policy.cfg
sh "$here/../debian/pinning-provider.postinst" configure 0.1.0
[ ! -e /etc/pinning/policy.cfg ] || { echo "FAILED: an upgrade has made a policy" >&2; exit 1; }

# Neither does the package of another architecture.
if command -v dpkg-query >/dev/null; then
  printf 'Package: pinning-provider\nStatus: install ok installed\nArchitecture: %s\nMulti-Arch: same\nVersion: 0.1.0\n\n' \
    amd64 arm64 | sed '/amd64/,$s/ok installed/ok half-configured/' >/var/lib/dpkg/status
  sh "$here/../debian/pinning-provider.postinst" configure ""
  [ ! -e /etc/pinning/policy.cfg ] || { echo "FAILED: another architecture has made a policy" >&2; exit 1; }
fi
