#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# autopkgtest.sh PACKAGES: runs the tests of debian/tests/control with the packages of a folder as autopkgtest does: in the
# unpacked source, each with its dependencies. To be run on a system made for it.
set -euo pipefail
packages=$1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export DEBIAN_FRONTEND=noninteractive

quietly() {
  "$@" >"$directory/said" 2>&1 && return
  echo "FAILED: $*" >&2
  sed 's/^/    /' "$directory/said" >&2
  exit 1
}

quietly apt-get -qq -o Acquire::Check-Valid-Until=false update
# A minimal system has none.
quietly apt-get -qq --yes --no-install-recommends install xz-utils
tar --extract --xz --file="$(echo "$packages"/pinning_*.tar.xz)" --directory="$directory"
cd "$directory"/pinning-*/

count=0
while IFS='|' read -r test depends; do
  echo "  autopkgtest $test"
  mapfile -t debs < <(find "$packages" -name '*.deb' ! -name '*-dbgsym_*')
  quietly apt-get -qq --yes --no-install-recommends install "${debs[@]}"
  quietly apt-get -qq --yes --no-install-recommends satisfy "$depends"
  quietly "debian/tests/$test"
  count=$((count + 1))
done < <(sed -n 's/^Tests: *//p; s/^Depends: *//p' debian/tests/control | paste -d '|' - -)
if [ "$count" -eq 0 ] || [ "$count" -ne "$(grep -c '^Tests:' debian/tests/control)" ]; then
  echo "FAILED: debian/tests/control is not understood" >&2
  exit 1
fi
