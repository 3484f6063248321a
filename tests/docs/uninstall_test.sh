#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# uninstall_test.sh BUILD: installs a build into a folder. Its documents must refer to nothing else, and the target "uninstall"
# must leave what was there before.
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/docs/uninstall_place.sh
. "$here/uninstall_place.sh"

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

setting() {
  sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

tree() {
  (cd "$place" && find . -printf '%p %y %m %l\n' | sort)
}

prefix=$(setting CMAKE_INSTALL_PREFIX)
documents=$(setting CMAKE_INSTALL_DOCDIR)
mkdir -p "$place$prefix/share/man/man1" "$place$prefix/share/empty"
echo theirs >"$place$prefix/share/man/man1/their.1"
before=$(tree)
export DESTDIR=$place
! cmake --build "$build" --target uninstall >"$kept/said" 2>&1 || fail "it uninstalls what was not installed"
cmake --install "$build" >"$kept/said" || fail "not installed"
"$here/installed.py" "$place$prefix" "$place$prefix/${documents:-share/doc/pinning}" || fail "what was installed leads nowhere"
rm "$place$prefix/${documents:-share/doc/pinning}/docs/programs.md"
! "$here/installed.py" "$place$prefix" "$place$prefix/${documents:-share/doc/pinning}" 2>"$kept/said" ||
  fail "a document that is missing was not missed"
grep -q 'README.md: docs/programs.md' "$kept/said" || fail "the link was not named"
# Installs again over the first installation.
cmake --install "$build" >"$kept/said"
echo theirs >"$place$prefix/bin/theirs"
cmake --build "$build" --target uninstall >"$kept/said" 2>&1 || fail "not uninstalled"
rm "$place$prefix/bin/theirs"
rmdir "$place$prefix/bin" || fail "it takes away the folder of others"
[ "$(tree)" = "$before" ] || { diff <(echo "$before") <(tree) >&2 || true; fail "it is not as it was"; }
