#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Prepares a release: sets the version in policy/pinpolicy_version.h, where pinctl, the library and the packages read it, and
# begins its entries in NEWS.md and in the changelogs of the packages. It commits and tags nothing, and prints what to do next.
#
#   packaging/new-release.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/release.sh
. packaging/release.sh

version=${1:?expected a version of three numbers}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$version: expected a version of three numbers" 2
older=$(newest_entry version)
[ "$(printf '%s\n' "$older" "$version" | sort -V | tail -n 1)" = "$version" ] || fail "$version is older than $older" 2

set_header_version policy/pinpolicy_version.h "$version"
sed -i "s/^Version: .*/Version:        $version/" packaging/rpm/pinning.spec
sed -i "s/^\(## $older\), not released yet$/\1/" NEWS.md
if [ "$older" != "$version" ]; then
  sed -i "0,/^## /s//## $version, not released yet\n\n- \n\n## /" NEWS.md
  prepend_version packaging/debian/changelog "$version"
fi

cat <<END
The tree is version $version now. What is left:
  write NEWS.md, packaging/debian/changelog and %changelog of packaging/rpm/pinning.spec
  .ci/run
  git commit, git tag --sign v$version
END
