#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Runs the tests with one binary of ours under every OpenSSL, in chroots of Debian's releases with their own programs:
#
#   tests/releases.sh [--keep DIR] [--binaries BUILD] [--tests REGEX] [--list] [RELEASE...]
#
#   --keep DIR        keep the chroots below DIR and reuse those that exist; default: make new ones
#   --binaries BUILD  a build folder of Debian 12 (build/dev): test its modules and libpinning-preload.so; default:
#                     build them in a chroot of Debian 12
#   --tests REGEX     run only the tests with these names (ctest -R), e.g. '^gnutls/identity$'; prints no table
#   --list            print the releases and exit
#
# Needs root, debootstrap and unshare, and fails without them. Prints a table, path x program x OpenSSL version, and
# exits with 1 if anything is not as expected. If neither releases nor tests were named and all was as expected, it also
# writes the table to docs/enforcement-table.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/releases/root.sh
. tests/releases/root.sh

all_releases=(12 13 sid 4.0)
keep='' binaries='' tests='' whole=yes

describe() {
  cat <<'END'
12   Debian 12 (bookworm), OpenSSL 3.0
13   Debian 13 (trixie), OpenSSL 3.5
sid  Debian unstable, OpenSSL 3.6
4.0  the same with OpenSSL 4.0 from experimental beside it: s_client and the C clients
END
}

fail() {
  echo "releases.sh: $1" >&2
  exit "${2-3}"
}

parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --keep) keep=${2:?--keep needs a directory} && shift ;;
      --binaries) binaries=${2:?--binaries needs a build folder} && shift ;;
      --tests) tests=${2:?--tests needs a regular expression} && shift ;;
      --list) describe && exit 0 ;;
      12 | 13 | sid | 4.0) releases+=("$1") && whole='' ;;
      *) fail "unknown option or release: $1; see --list" 2 ;;
    esac
    shift
  done
  [ ${#releases[@]} -gt 0 ] || releases=("${all_releases[@]}")
}

require() {
  [ "$(id -u)" -eq 0 ] || fail "chroots need root; nothing was tested"
  local tool
  for tool in debootstrap unshare setpriv chroot; do
    command -v "$tool" >/dev/null || fail "$tool is not installed; nothing was tested"
  done
  unshare --mount --pid --fork true || fail "no namespaces of our own are to be had here; nothing was tested"
}

# Copies our binaries before the first release is tested, so that a build in the meantime changes nothing.
find_binaries() {
  if [ -z "$binaries" ]; then
    prepare "$roots" 12
    binaries=$(root_of "$roots" 12)/pinning/build
  fi
  mkdir -p "$roots/binaries"
  cp "$binaries"/lib*/ossl-modules/pinning.so "$binaries"/lib*/libpinning-preload.so \
    "$binaries"/lib*/pinning/pinning-gnutls.so "$roots/binaries/"
}

releases=()
parse_options "$@"
require
roots=$keep
if [ -z "$roots" ]; then
  roots=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-releases.XXXXXX")
  trap 'rm -rf --one-file-system "$roots"' EXIT
fi
mkdir -p "$roots"

find_binaries
results=() broken=()
for release in "${releases[@]}"; do
  prepare "$roots" "$release"
  stage "$roots" "$release"
  run_tests "$roots" "$release" "${tests:-$(tests_of "$release")}" || broken+=("$release")
  results+=("$release=$(root_of "$roots" "$release")/pinning/out")
done

[ ${#broken[@]} -eq 0 ] || whole=''
[ -n "$tests" ] || tests/releases/table.py ${whole:+--markdown docs/enforcement-table.md} "${results[@]}"
[ ${#broken[@]} -eq 0 ] || fail "not as expected: ${broken[*]}" 1
