#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Tests the systemd units of the packages with a systemd that is the first process of a container whose only network is a
# loopback:
#
#   packaging/test-units.sh [--keep DIR] [--packages DIR] [RELEASE]    RELEASE: bookworm (default) trixie sid
#
#   --keep DIR       keep the chroots below DIR and reuse those that exist; default: make new ones
#   --packages DIR   use the packages of this folder; default: build them
#
# Needs root, debootstrap and systemd-nspawn. Exits with 1 if anything is not as it should be, with 3 if nothing was tested.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/release.sh
. packaging/release.sh

keep='' packages='' release=bookworm
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=${2:?--keep needs a directory} && shift ;;
    --packages) packages=${2:?--packages needs a directory} && shift ;;
    bookworm | trixie | sid) release=$1 ;;
    *) fail "unknown option or release: $1" 2 ;;
  esac
  shift
done
require_chroots
command -v systemd-nspawn >/dev/null || fail "systemd-nspawn is not installed"
roots=$keep
if [ -z "$roots" ]; then
  roots=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-units.XXXXXX")
  trap 'rm -rf --one-file-system "$roots"' EXIT
fi
if [ -z "$packages" ]; then
  packages=$roots/packages/$release/units
  packaging/build-deb.sh --release "$release" --roots "$roots" --out "$packages"
fi

root=$roots/$release-units
make_root "$roots" "$release"
rm -rf --one-file-system "$root"
step "installing systemd and the packages in a chroot of $release"
copy_root "$roots" "$release" "$release-units"
mkdir -p "$root/pinning/packages"
cp "$packages"/*.deb "$root/pinning/packages"
cp -r packaging/tests "$root/pinning/tests"
enter "$root" /pinning/source/packaging/tests/units.sh prepare

step "booting it"
log=$root/pinning/boot.log
# The container ends after ten minutes, whatever happens inside.
timeout --kill-after=10 600 systemd-nspawn --quiet --boot --keep-unit --register=no --private-network --directory="$root" \
  --machine=pinning-units </dev/null >"$log" 2>&1 || true
if [ ! -s "$root/pinning/said" ]; then
  tail -n 20 "$log" >&2
  fail "no systemd could be booted here"
fi
cat "$root/pinning/said"
[ "$(cat "$root/pinning/status" 2>/dev/null)" = 0 ] || fail "not as it should be: $release" 1
echo "as it should be: $release"
