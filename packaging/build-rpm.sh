#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Builds the RPM packages of this tree with its uncommitted changes:
#
#   packaging/build-rpm.sh [--out DIR] [RPMBUILD-OPTION...]
#
#   --out DIR   folder for the packages; default: build/rpm
#
# On a system without an RPM database, such as Debian, use --nodeps. Debian's packages `rpm` and `elfutils` have the tools.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/release.sh
. packaging/release.sh

out=build/rpm
if [ "${1-}" = --out ]; then
  out=${2:?--out needs a directory}
  shift 2
fi
command -v rpmbuild >/dev/null || fail "rpmbuild is not installed"

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-rpm.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/SOURCES"
stage_source "$scratch/source"
version=$(newest_entry version)
tar --create --gzip --directory="$scratch/source" --file="$scratch/SOURCES/pinning-$version.tar.gz" "pinning-$version"

if ! rpmbuild -bb --define "_topdir $scratch" "$@" packaging/rpm/pinning.spec >"$scratch/log" 2>&1; then
  tail -n 40 "$scratch/log" >&2
  fail "not built"
fi
mkdir -p "$out"
rm -f "$out"/*.rpm
find "$scratch/RPMS" -name '*.rpm' -exec cp -t "$out" {} +
echo "packages are in $out"
