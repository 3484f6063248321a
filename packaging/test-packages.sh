#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Tests the packages of this tree: builds, installs, switches on, upgrades and purges them in chroots of Debian's releases, and
# runs their autopkgtests there:
#
#   packaging/test-packages.sh [--keep DIR] [RELEASE...]    RELEASE: bookworm trixie sid; default: all
#
#   --keep DIR   keep the chroots and packages below DIR and reuse the chroots that exist; default: make new ones
#
# Needs root, debootstrap and unshare. Exits with 1 if anything is not as it should be.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/release.sh
. packaging/release.sh

keep='' releases=()
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=${2:?--keep needs a directory} && shift ;;
    bookworm | trixie | sid) releases+=("$1") ;;
    *) fail "unknown option or release: $1" 2 ;;
  esac
  shift
done
[ ${#releases[@]} -gt 0 ] || releases=(bookworm trixie sid)
require_chroots
roots=$keep
if [ -z "$roots" ]; then
  roots=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-packages.XXXXXX")
  trap 'rm -rf --one-file-system "$roots"' EXIT
fi

newer_version=$(newest_entry version)+newer1

# test_release RELEASE: tests one release; returns 0 if all was as it should be.
test_release() {
  local release=$1 root=$roots/$1-test
  packaging/build-deb.sh --release "$release" --roots "$roots" --out "$roots/packages/$release/older" || return
  packaging/build-deb.sh --release "$release" --roots "$roots" --out "$roots/packages/$release/newer" \
    --version "$newer_version" || return
  rm -rf --one-file-system "$root"
  copy_root "$roots" "$release" "$release-test"
  mkdir -p "$root/pinning"
  cp -r "$roots/packages/$release" "$root/pinning/packages"
  enter "$root" /pinning/source/packaging/tests/lifecycle.sh /pinning/packages/older /pinning/packages/newer || return
  enter "$root" /pinning/source/packaging/tests/autopkgtest.sh /pinning/packages/older || return
  rm -rf --one-file-system "$root"
  # The build root has the build dependencies.
  copy_root "$roots" "$release-build" "$release-test"
  enter "$root" /pinning/source/packaging/tests/source.sh || return
  rm -rf --one-file-system "$root"
}

failed=()
for release in "${releases[@]}"; do
  echo "==== $release"
  test_release "$release" || failed+=("$release")
done
if [ ${#failed[@]} -gt 0 ]; then
  fail "not as it should be: ${failed[*]}" 1
fi
echo "as it should be: ${releases[*]}"
