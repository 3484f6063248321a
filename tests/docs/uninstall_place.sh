# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Makes folders for the tests of the target "uninstall". To be sourced; the test sets `build`. The build's record of an
# earlier installation is put aside, and put back at the end.
: "${build:?is to be set}"
records=(install_manifest.txt installed_folders.txt)
place=$(mktemp -d)
kept=$(mktemp -d)

leave() {
  local name
  for name in "${records[@]}"; do
    rm -f "$build/$name"
    [ ! -e "$kept/$name" ] || mv "$kept/$name" "$build/$name"
  done
  rm -rf "$place" "$kept"
}

trap leave EXIT
for name in "${records[@]}"; do
  [ ! -e "$build/$name" ] || mv "$build/$name" "$kept/$name"
done
