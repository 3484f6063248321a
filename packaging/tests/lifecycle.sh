#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# lifecycle.sh OLDER NEWER: the packages of two folders on a system made for it: installed, switched on, upgraded, removed,
# purged. openssl, curl and python3 work at every step, and /etc ends as it began.
set -euo pipefail
older=$1 newer=$2
# shellcheck source=packaging/tests/wire.sh
. "$(dirname "$0")/wire.sh"
export DEBIAN_FRONTEND=noninteractive

apt() {
  apt-get -qq --yes --no-install-recommends -o DPkg::Options::=--force-unsafe-io "$@" >said 2>&1 || fail "apt-get $*"
}

# Names, kinds, modes, owners, targets of links, contents.
describe_etc() {
  find /etc -printf '%p %y %m %U:%G %l\n' | sort
  find /etc -type f -exec sha256sum {} + | sort -k 2
}

install() {
  apt install "$1"/libpinpolicy0_*.deb "$1"/pinctl_*.deb "$1"/pinning-provider_*.deb "$1"/pinning-preload_*.deb
}

# A list of another host, as it would come from elsewhere.
import_list() {
  pinctl export --format android $host | sed "s/$host/listed.example/" >list.xml && pinctl import list.xml
}

# What looks like a running systemd to the scripts of packages, and notes what it is asked. They see no /usr/local: apt sets
# their PATH.
pretend_systemd() {
  mkdir -p /run/systemd/system
  printf '#!/bin/sh\necho "$@" >>%s/systemctl.log\n' "$scratch" >/usr/bin/systemctl
  chmod +x /usr/bin/systemctl
}

stop_pretending() {
  rm -r /run/systemd /usr/bin/systemctl
}

step() {
  echo "  $1"
}

apt -o Acquire::Check-Valid-Until=false update
apt install openssl curl python3 ca-certificates
apt autoremove --purge
start_servers
describe_etc >etc.before
expect_not_enforced

step "installed: nothing changes"
install "$older"
cmp -s <(grep -v pinning etc.before | grep openssl.cnf) <(describe_etc | grep openssl.cnf) || fail "openssl.cnf was changed"
pinctl check >said 2>&1 || fail "the default policy has errors"
expect_not_enforced

step "switched on: the wrong key is refused"
pinctl add $host genuine.pem --backup spare.pem >said 2>&1 || fail "pinctl add"
expect_not_enforced
pinctl enable >said 2>&1 || fail "pinctl enable"
expect_enforced
pinctl status >said 2>&1 || fail "pinctl status"

step "upgraded: the policy is kept, and enforced"
echo '# A line of the administrator.' >>/etc/pinning/policy.cfg
cp -a /etc/pinning etc.pinning
cp /etc/ssl/openssl.cnf openssl.cnf.enabled
install "$newer"
[ "$(dpkg-query -Wf '${Version}' pinning-provider)" != "$(dpkg-deb -f "$older"/pinning-provider_*.deb Version)" ] ||
  fail "it was not upgraded"
diff -r etc.pinning /etc/pinning >said || fail "the policy was changed"
cmp openssl.cnf.enabled /etc/ssl/openssl.cnf >said 2>&1 || fail "openssl.cnf was changed"
pinctl compile --dry-run >said 2>&1 || fail "the policy is no longer in order"
expect_enforced

step "removed: switched off, the policy is kept"
apt remove pinning-provider pinning-preload pinctl libpinpolicy0
expect_not_enforced
[ "$(grep -c pinning /etc/ssl/openssl.cnf)" -eq 0 ] || fail "openssl.cnf still names us"
grep -q 'A line of the administrator' /etc/pinning/policy.cfg || fail "policy.cfg was not kept"

step "installed again and switched on, with the preload"
install "$newer"
expect_not_enforced
pinctl enable --all >said 2>&1 || fail "pinctl enable --all"
/bin/true >said 2>&1
[ ! -s said ] || fail "the loader complains about /etc/ld.so.preload"
expect_enforced
grep -q libpinning-preload /etc/ld.so.preload || fail "it is not preloaded"
import_list >said 2>&1 || fail "pinctl import"
pinctl enable --preload --systemd example.service >said 2>&1 || fail "pinctl enable --systemd"
DPKG_MAINTSCRIPT_PACKAGE=pinctl deb-systemd-helper enable pinning-compile.path >said 2>&1 || fail "the path unit cannot be enabled"
[ "$(find /etc/systemd -name 'pinning*' | wc -l)" -eq 2 ] || fail "the units are not there"

step "purged while switched on: as if it had never been"
[ ! -e /run/systemd ] || fail "there is a systemd"
[ ! -e /usr/bin/systemctl ] || fail "there is a systemctl"
pretend_systemd
apt purge pinning-provider pinning-preload pinctl libpinpolicy0
stop_pretending
grep 'stop.* pinning-compile.path pinning-monitor.timer ' systemctl.log >said || fail "the units are not stopped"
apt autoremove --purge
expect_not_enforced
describe_etc >etc.after
diff etc.before etc.after >said || fail "/etc is not as it was"
[ ! -e /var/lib/pinning ] || fail "/var/lib/pinning is still there"
