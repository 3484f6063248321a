#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Builds this tree with warnings as errors, and runs a part of its tests, in a chroot of Debian for another architecture
# whose programs this processor can run:
#
#   tests/architectures.sh [--keep DIR] [ARCHITECTURE...]    default: i386
#
#   --keep DIR  keep the chroots below DIR and reuse those that exist; default: make new ones
#
# The tests: unit/, paths/ without the slow ones, and the programs curl, perl, python-ssl and s_client. Needs root,
# debootstrap and unshare. Exits with 3 if one of them is missing, with 1 if something does not build or a test fails.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/releases/root.sh
. tests/releases/root.sh

suite=bookworm
programs='curl|perl|python-ssl|s_client'

fail() {
  echo "architectures.sh: $1" >&2
  exit "${2-3}"
}

keep='' architectures=()
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=${2:?--keep needs a directory} && shift ;;
    -*) fail "unknown option: $1" 2 ;;
    *) architectures+=("$1") ;;
  esac
  shift
done
[ ${#architectures[@]} -gt 0 ] || architectures=(i386)

[ "$(id -u)" -eq 0 ] || fail "chroots need root; nothing was tested"
for tool in debootstrap unshare setpriv chroot; do
  command -v "$tool" >/dev/null || fail "$tool is not installed; nothing was tested"
done

roots=$keep
if [ -z "$roots" ]; then
  roots=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-architectures.XXXXXX")
  trap 'rm -rf --one-file-system "$roots"' EXIT
fi
mkdir -p "$roots"

# A root that exists is complete.
make_architecture_root() {
  local architecture=$1 root=$2
  [ ! -d "$root" ] || return 0
  rm -rf --one-file-system "$root.new"
  echo "==== making a root of $suite for $architecture"
  if ! debootstrap --arch "$architecture" --variant=minbase "$suite" "$root.new" ${PINNING_MIRROR:+"$PINNING_MIRROR"} \
    >"$root.log" 2>&1; then
    tail -n 20 "$root.log" >&2
    fail "no root for $architecture could be made; nothing was tested in it"
  fi
  mv "$root.new" "$root"
}

broken=()
for architecture in "${architectures[@]}"; do
  root=$roots/$suite-$architecture
  make_architecture_root "$architecture" "$root"
  enter "$root" /pinning/source/tests/releases/inside.sh architecture "$programs" || broken+=("$architecture")
done
[ ${#broken[@]} -eq 0 ] || fail "not as expected: ${broken[*]}" 1
