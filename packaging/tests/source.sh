#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Tests what README.md and docs/install.md say of an installation from source, on a system made for it: builds, installs,
# switches on and uninstalls. The system must end as it began.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=packaging/tests/wire.sh
. "$here/wire.sh"

step() {
  echo "  $1"
}

# Prints names, types and targets of links, without caches of the linker and of Python.
describe() {
  find /etc /usr -not -path '*/__pycache__*' -not -name ld.so.cache -printf '%p %y %m %l\n' | sort
}

uninstall() {
  cmake --build "$scratch/tree/build/release" --target uninstall >said 2>&1
}

# Packages for building, which may or may not be installed, are not compared.
(export DEBIAN_FRONTEND=noninteractive && apt-get -qq -o Acquire::Check-Valid-Until=false update &&
  apt-get -qq --yes --no-install-recommends install openssl curl python3 ca-certificates) >"$scratch/said" 2>&1 || fail "no programs to test with"
start_servers
mkdir "$scratch/tree"
tar --create --directory="$here/../.." --exclude=./build --exclude=./.git . | tar --extract --directory="$scratch/tree"
# Nor are these. A root that built the packages may have some under another name, such as pkgconf for pkg-config.
(cd "$scratch/tree" && tests/install-packages.sh build) >"$scratch/said" 2>&1 || fail "nothing to build with"
describe >before

step "built and installed from source"
(cd "$scratch/tree" && cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_TESTING=OFF &&
  cmake --build --preset release && cmake --install build/release) >said 2>&1 || fail "not installed"
install -D -m 0644 "$scratch/tree/packaging/policy.cfg" /etc/pinning/policy.cfg
ldconfig
expect_not_enforced
pinctl add $host genuine.pem --backup spare.pem >said 2>&1 || fail "pinctl add"
pinctl enable --all >said 2>&1 || fail "pinctl enable --all"
expect_enforced

step "uninstalled while switched on: switched off first"
cp /etc/ssl/openssl.cnf openssl.cnf.enabled
uninstall || fail "not uninstalled"
expect_not_enforced
[ "$(grep -c pinning /etc/ssl/openssl.cnf)" -eq 0 ] || fail "openssl.cnf still names us"
[ ! -e /etc/ld.so.preload ] || fail "it is still preloaded"
rm -r /etc/pinning
describe >after
diff before after >said || fail "it is not as it was"

step "uninstalled with lines by hand: it says where, and with lines that were edited nothing is removed"
cmake --install "$scratch/tree/build/release" >said
install -D -m 0644 "$scratch/tree/packaging/policy.cfg" /etc/pinning/policy.cfg
pinctl enable --all >said 2>&1 || fail "pinctl enable --all"
sed -i '/# <<< pinning/d' /etc/ssl/openssl.cnf
! uninstall || fail "it was removed with edited lines in force"
grep -q 'nothing was removed' said || fail "it does not say that nothing was removed"
[ -x /usr/bin/pinctl ] || fail "pinctl is gone"
cp openssl.cnf.enabled /etc/ssl/openssl.cnf
# A line with only the shim would look like one of pinctl's.
sed -n 's/.*\/libpinning-preload\.so$/libc.so.6 &/p' "$scratch/tree/build/release/install_manifest.txt" >/etc/ld.so.preload
uninstall || fail "not uninstalled"
# Until then, the loader complains in each program.
rm /etc/ld.so.preload 2>/dev/null
grep -q '/etc/ld.so.preload:1: pinning is still active' <(tr -s '\n ' ' ' <said) || fail "nothing was said of /etc/ld.so.preload"
rm -r /etc/pinning
expect_not_enforced
describe >after
diff before after >said || fail "it is not as it was"
