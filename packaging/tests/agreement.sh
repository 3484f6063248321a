#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Tests that facts which several files state agree: the version, the build dependencies, the exported functions.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=packaging/release.sh
. packaging/release.sh
status=0

complain() {
  echo "agreement.sh: $1" >&2
  status=1
}

version=$(sed -nE 's/^#define PINPOLICY_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' policy/pinpolicy_version.h | paste -sd .)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || complain "policy/pinpolicy_version.h has no version"
[ "$(newest_entry version)" = "$version" ] || complain "debian/changelog is not of version $version"
grep -q "^Version: *${version//./\\.}\$" packaging/rpm/pinning.spec || complain "pinning.spec is not of version $version"

# Debian has the basic build tools on every builder, so its list omits them.
build_packages() {
  sed -n '/^build=(/,/)$/p' tests/install-packages.sh | tr -d '()' | sed 's/^build=//' | tr -s ' ' '\n' |
    grep -vxE 'gcc|libc6-dev|pkg-config|'
}
[ "$(build_packages | wc -l)" -gt 5 ] || complain "the list of tests/install-packages.sh cannot be read"
for package in $(build_packages); do
  sed -n '/^Build-Depends:/,/^Standards/p' packaging/debian/control | grep -qE "[ :]$package( |,|\$)" ||
    complain "debian/control does not build-depend on $package"
done
mapfile -t modules < <(cat CMakeLists.txt tools/CMakeLists.txt |
  sed -nE 's/^pkg_check_modules\(.* "?([a-z0-9-]+)(>=[0-9.]+)?"?\)$/\1/p')
[ ${#modules[@]} -gt 4 ] || complain "the modules of CMakeLists.txt cannot be read"
for module in "${modules[@]}"; do
  grep -qF "pkgconfig($module)" packaging/rpm/pinning.spec || complain "pinning.spec does not require pkgconfig($module)"
done

diff <(sed -n 's/^    \(pin_[a-z_]*\);$/\1/p' policy/pinpolicy.map | sort) \
  <(sed -n 's/^ \(pin_[a-z_]*\)@PINPOLICY_0 .*/\1/p' packaging/debian/libpinpolicy0.symbols | sort) ||
  complain "libpinpolicy0.symbols does not have what policy/pinpolicy.map exports"

exit $status
