# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# For the tests of the target "uninstall", which sets `build`, to be sourced. The build itself stays as it is: what was installed
# from it earlier, too.
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
