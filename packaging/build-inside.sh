#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# build-inside.sh DIRECTORY: builds the source package that is unpacked in DIRECTORY on this system, and puts the packages
# there. Exits with 1 if lintian finds anything, with 3 if nothing could be built.
set -uo pipefail
cd "$1"/pinning-*/ || exit 3
log=$1/build.log

step() {
  echo "${0##*/}: $1"
}

# Installs missing build dependencies if possible; otherwise dpkg-buildpackage names them.
install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  if command -v dpkg-buildpackage lintian >/dev/null && dpkg-checkbuilddeps 2>/dev/null; then
    return
  fi
  [ "$(id -u)" -eq 0 ] || return 0
  step "installing what building needs" >&3
  # The Release file of sid can be older than apt accepts.
  apt-get -o Acquire::Check-Valid-Until=false update -qq &&
    apt-get install -qq --yes --no-install-recommends dpkg-dev debhelper lintian &&
    apt-get build-dep -qq --yes --no-install-recommends ./
}

quietly() {
  "$@" >"$log" 2>&1 && return
  grep -n -A 8 -E "CMake Error at|^FAILED|error:|\*\*\*Failed" "$log" | head -n 60 >&2
  tail -n 5 "$log" >&2
  return 3
}

# The output of commands goes to the log; the names of the steps go to the terminal.
exec 3>&1
quietly install_packages || exit
step "building and running the unit tests; the log is $log"
quietly dpkg-buildpackage -us -uc || exit
step "having lintian look at the packages"
lintian --tag-display-limit 0 --fail-on error,warning --allow-root ../pinning_*.changes
