#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Builds the Debian packages of this tree with its uncommitted changes, and checks them with lintian:
#
#   packaging/build-deb.sh [--release bookworm|trixie|sid] [--roots DIR] [--out DIR] [--version VERSION]
#
#   --release NAME     build in a chroot of that release (needs root and debootstrap); default: on this system
#   --roots DIR        keep the chroots below DIR and reuse those that exist; default: make a new one
#   --out DIR          folder for the packages; default: build/deb/NAME
#   --version VERSION  build as this version; default: the version in packaging/debian/changelog
#
# Exits with 1 if lintian finds an error or a warning, with 3 if no packages were built.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/release.sh
. packaging/release.sh

release='' roots='' out='' version=''
while [ $# -gt 0 ]; do
  case $1 in
    --release) release=${2:?--release needs a name} ;;
    --roots) roots=${2:?--roots needs a directory} ;;
    --out) out=${2:?--out needs a directory} ;;
    --version) version=${2:?--version needs one} ;;
    *) fail "unknown option: $1" 2 ;;
  esac
  shift 2
done
out=${out:-build/deb/${release:-native}}

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/pinning-deb.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT
packages=$scratch/package
step "copying the source as version ${version:-$(newest_entry version)}"
stage_source "$packages" "$version"

if [ -z "$release" ]; then
  packaging/build-inside.sh "$packages" || fail "not built, or not clean" $?
else
  require_chroots
  step "taking the chroot $release-build below ${roots:=$scratch/roots}, or making it"
  build_root "$roots" "$release"
  root=$roots/$release-build
  mkdir -p "$root/pinning"
  packages=$(mktemp -d "$root/pinning/package.XXXXXX")
  trap 'rm -rf --one-file-system "$scratch" "$packages"' EXIT
  cp -a "$scratch/package/." "$packages"
  enter "$root" /pinning/source/packaging/build-inside.sh "${packages#"$root"}" ||
    fail "$release: not built, or not clean" $?
fi

mkdir -p "$out"
rm -f "$out"/*.deb "$out"/*.dsc "$out"/*.changes "$out"/*.buildinfo "$out"/*.tar.xz
find "$packages" -maxdepth 1 -type f -exec cp -t "$out" {} +
echo "packages are in $out"
