#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# uninstall_system_test.sh BUILD: installs a build into a folder, and uninstalls it on a separate system, made of folders
# mounted over /etc, /run and /var/lib: whatever names this installation is switched off, and nothing else.
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "FAILED: $1" >&2
  cat "$place/said" >&2 2>/dev/null || true
  exit 1
}

if [ "${2:-}" != inside ]; then
  if ! unshare --map-root-user --mount true 2>/dev/null; then
    echo "skipped: no namespace of its own for mounts"
    exit 77
  fi
  # shellcheck source=tests/docs/uninstall_place.sh
  . "$here/uninstall_place.sh"
  unshare --map-root-user --mount "$here/uninstall_system_test.sh" "$build" inside "$place"
  exit
fi

place=$3
prefix=$place/prefix
mkdir -p "$place/etc/ssl" "$place/etc/systemd/system" "$place/etc/pinning" "$place/run/systemd/system" "$place/var-lib" "$place/bin"
cp -a /etc/ld.so.cache /etc/passwd /etc/group /etc/alternatives "$place/etc"
mount --bind "$place/etc" /etc
mount --bind "$place/run" /run
mount --bind "$place/var-lib" /var/lib

# A systemctl that reports units from this prefix, or from $PINNING_TEST_UNITS.
cat >"$place/bin/systemctl" <<END
#!/bin/sh
case \$1 in
show) for unit; do :; done; echo "\${PINNING_TEST_UNITS:-$prefix/units}/\$unit" ;;
*) [ -z "\$PINNING_TEST_STUCK" ] && echo "\$@" >>"$place/systemctl" ;;
esac
END
chmod +x "$place/bin/systemctl"
export PATH=$place/bin:$PATH
unset DESTDIR OPENSSL_CONF

# Makes a system with the build installed and nothing switched on.
install_again() {
  rm -rf "$prefix" "$place/systemctl" /etc/ld.so.preload /etc/systemd/system/* /etc/pinning/*
  touch "$place/systemctl"
  printf '[default]\n' >/etc/ssl/openssl.cnf
  cmake --install "$build" --prefix "$prefix" >"$place/said" || fail "not installed"
  install -D -m 0644 "$here/../../packaging/policy.cfg" /etc/pinning/policy.cfg
  mkdir "$prefix/units"
  printf '%s\n' '' "$prefix/units/pinning-monitor.timer" "$prefix/units/pinning-compile.path" >>"$build/install_manifest.txt"
  touch "$prefix/units/pinning-monitor.timer" "$prefix/units/pinning-compile.path"
  shim=$(find "$prefix" -name libpinning-preload.so)
  module=$(find "$prefix" -name pinning.so)
}

# make_script BINDIR: makes the uninstall script as for CMAKE_INSTALL_BINDIR=BINDIR.
make_script() {
  printf 'set(CMAKE_BINARY_DIR "%s")\nset(CMAKE_INSTALL_BINDIR "%s")\nconfigure_file("%s" "%s" @ONLY)\n' "$build" "$1" \
    "$here/../../cmake/uninstall.cmake.in" "$place/uninstall.cmake" >"$place/make.cmake"
  cmake -P "$place/make.cmake"
}

uninstall() {
  cmake -P "$place/uninstall.cmake" >"$place/said" 2>&1
}

installed_stays() {
  [ -e "$module" ] && [ -e "$shim" ] && [ -x "$prefix/bin/pinctl" ]
}

installed_is_gone() {
  [ -z "$(find "$prefix" -type f)" ]
}

# switch_on FOLDER: switches on everything that can be, with the libraries in FOLDER.
switch_on() {
  local file
  "$prefix/bin/pinctl" enable --systemd their.service >"$place/said" 2>&1 || fail "a service is not switched on"
  "$prefix/bin/pinctl" enable --openssl-conf /etc/ssl/openssl.cnf >"$place/said" 2>&1 || fail "openssl.cnf is not switched on"
  echo "$shim" >/etc/ld.so.preload
  for file in /etc/ssl/openssl.cnf /etc/ld.so.preload /etc/pinning/openssl-their.service.cnf; do
    grep -q "$prefix/.*\.so" "$file" || fail "$file names no library"
    sed -i "s|$prefix/|$1/|" "$file"
  done
}

describe() {
  find /etc -type f ! -name '.pinctl*' -exec sha256sum {} + | sort
}

make_script bin
install_again
describe >"$place/before"
switch_on "$prefix"
uninstall || fail "not uninstalled while it was switched on"
installed_is_gone || fail "files are left"
describe | diff "$place/before" - >"$place/said" || fail "something is still switched on"
for unit in pinning-monitor.timer pinning-compile.path; do
  grep -qx "disable --now --quiet $unit" "$place/systemctl" || fail "$unit was left running"
done
[ "$(tail -n 1 "$place/systemctl")" = daemon-reload ] || fail "systemd was not told"

# The same with an absolute path for programs, and with "$LIB" for the folder of the architecture, in which a link leads to
# the shim.
make_script "$prefix/bin/"
install_again
folder=$prefix/lib/$(gcc -print-multiarch)
mkdir -p "$folder"
[ "$shim" -ef "$folder/${shim##*/}" ] || ln -s "$shim" "$folder/"
printf '%s\n' "$prefix/\$LIB/${shim##*/}" >/etc/ld.so.preload
uninstall || fail "not uninstalled"
[ ! -e /etc/ld.so.preload ] || fail "the shim is still preloaded"

# Another installation stays switched on, and its units run on.
install_again
cp -r "$prefix" "$place/other"
switch_on "$place/other"
describe >"$place/before"
PINNING_TEST_UNITS=$place/other/units uninstall || fail "not uninstalled beside another installation"
installed_is_gone || fail "files are left"
describe | diff "$place/before" - >"$place/said" || fail "another installation was switched off"
! grep -q disable "$place/systemctl" || fail "the units of another installation were stopped"

# If pinctl is missing, or cannot switch off, all files stay.
install_again
switch_on "$prefix"
describe >"$place/before"
mv "$prefix/bin/pinctl" "$place/pinctl"
! uninstall || fail "removed without pinctl"
grep -q 'nothing was removed' <(tr -s '\n ' ' ' <"$place/said") || fail "it does not say that nothing was removed"
mv "$place/pinctl" "$prefix/bin/pinctl"
installed_stays || fail "files were removed without pinctl"
describe | diff "$place/before" - >"$place/said" || fail "something was switched off without pinctl"
sed -i '/# <<< pinning/d' /etc/ssl/openssl.cnf
! uninstall || fail "removed with edited lines"
installed_stays || fail "files were removed with edited lines"

# A user who may not change /etc can remove an installation that is not in force.
install_again
mount -o remount,bind,ro /etc
uninstall || fail "not uninstalled by somebody who may not change /etc"
installed_is_gone || fail "files are left"
mount -o remount,bind,rw /etc

install_again
! PINNING_TEST_STUCK=yes uninstall || fail "removed with units that run"
installed_stays || fail "files were removed with units that run"
