#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# lifecycle.sh OLDER NEWER: installs, switches on, upgrades, removes and purges the packages of two folders, on a system made
# for it. openssl, curl and python3 must work at every step, and /etc must end as it began.
set -euo pipefail
older=$1 newer=$2
# shellcheck source=packaging/tests/wire.sh
. "$(dirname "$0")/wire.sh"
export DEBIAN_FRONTEND=noninteractive

apt() {
  apt-get -qq --yes --no-install-recommends -o DPkg::Options::=--force-unsafe-io "$@" >said 2>&1 || fail "apt-get $*"
}

# Prints names, types, modes, owners, targets of links, and contents.
describe_etc() {
  find /etc -printf '%p %y %m %U:%G %l\n' | sort
  find /etc -type f -exec sha256sum {} + | sort -k 2
}

ours=(libpinpolicy0 pinctl pinning-provider pinning-gnutls pinning-preload)

# install FOLDER [PACKAGE...]: installs all our packages, or the named ones.
install() {
  local folder=$1 package files=()
  shift
  for package in "${@:-"${ours[@]}"}"; do
    files+=("$(echo "$folder/$package"_*.deb)")
  done
  apt install "${files[@]}"
}

# Changes the older packages to the layout before pinning-gnutls existed, when its files were in two others.
make_former_layout() {
  local package root=$scratch/roots
  mkdir -p "$root" former
  for package in pinning-gnutls pinning-preload pinning-provider; do
    dpkg-deb --raw-extract "$older/$package"_*.deb "$root/$package"
  done
  sed -i '/^Pre-Depends: pinning-gnutls /d' "$root/pinning-preload/DEBIAN/control"
  cp -a "$root"/pinning-gnutls/usr/lib "$root/pinning-preload/usr/"
  cp -a "$root"/pinning-gnutls/etc "$root/pinning-provider/"
  cat "$root/pinning-gnutls/DEBIAN/conffiles" >>"$root/pinning-provider/DEBIAN/conffiles"
  for package in pinning-preload pinning-provider; do
    dpkg-deb --build "$root/$package" "former/${package}_former.deb" >said
  done
  cp "$older"/libpinpolicy0_*.deb "$older"/pinctl_*.deb former/
}

# Writes lines about pinning that pinctl did not write. Debian's openssl.cnf has those of the default provider as comments.
write_by_hand() {
  sed -i -E 's/^# (providers = provider_sect|\[provider_sect\]|default = default_sect|\[default_sect\])$/\1/
    s/^\[provider_sect\]$/&\npinning = by_hand/; /^\[default_sect\]$/,/^$/s/^# (activate = 1)$/\1/' /etc/ssl/openssl.cnf
  printf '[by_hand]\nmodule = %s\nactivate = 1\n' "$(echo /usr/lib/*/ossl-modules/pinning.so)" >>/etc/ssl/openssl.cnf
  expect_enforced
  # A line with only the shim would look like one of pinctl's.
  echo libc.so.6 /usr/lib/*/libpinning-preload.so >/etc/ld.so.preload
}

# Imports a list of another host, as if it came from elsewhere.
import_list() {
  pinctl export --format android $host | sed "s/$host/listed.example/" >list.xml && pinctl import list.xml
}

# Makes an installation as if from source; only its place matters.
make_other_installation() {
  libraries=$(cd /usr/lib/*/ossl-modules/.. && pwd -P)
  libraries=${libraries#/usr/}
  mkdir -p "/usr/local/${libraries:?}"
  cp /usr/bin/pinctl /usr/local/bin/
  cp -a "/usr/$libraries/ossl-modules" "/usr/$libraries/pinning" "/usr/$libraries"/libpin*.so* "/usr/local/$libraries/"
  ldconfig
}

# Makes more text than processes read without a compiled form, and a compiled form that no process reads.
make_form_of_another_version() {
  local i
  for i in {1..4000}; do
    printf '{ name = "h%u.large.example"; mode = "off"; pins = [ "%064x" ]; },\n' "$i" "$((i + 16))"
  done | sed '1s/^/hosts = ( /; $s/,$/ );/' >/etc/pinning/policy.d/large.cfg
  pinctl compile >said 2>&1 || fail "the large policy has errors"
  printf '\005' | dd of=/var/lib/pinning/policy.db bs=1 seek=12 conv=notrunc 2>said
  [ "$(form_state)" = other-version ] || fail "the form is $(form_state)"
}

form_state() {
  pinctl status --json 2>said | python3 -c 'import json, sys; print(json.load(sys.stdin)["policy"]["compiled"]["state"])'
}

# Makes the packages' scripts believe that systemd runs, and logs their calls. The program is not in /usr/local, because apt
# sets a PATH without it.
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

step "installed, in the former layout: nothing changes"
make_former_layout
install ./former libpinpolicy0 pinctl pinning-provider pinning-preload
cmp -s <(grep -v pinning etc.before | grep openssl.cnf) <(describe_etc | grep openssl.cnf) || fail "openssl.cnf was changed"
pinctl check >said 2>&1 || fail "the default policy has errors"
expect_not_enforced
"$(dirname "$0")/../../tests/docs/installed.py" /usr /usr/share/doc/pinctl >said 2>&1 || fail "what was installed leads nowhere"

step "switched on: the wrong key is refused"
pinctl add $host genuine.pem --backup spare.pem >said 2>&1 || fail "pinctl add"
expect_not_enforced
pinctl enable >said 2>&1 || fail "pinctl enable"
expect_enforced
pinctl status >said 2>&1 || fail "pinctl status"

step "upgraded: the policy is kept, and enforced"
echo '# A line of the administrator.' >>/etc/pinning/policy.cfg
make_form_of_another_version
expect_enforced
cp -a /etc/pinning etc.pinning
cp /etc/ssl/openssl.cnf openssl.cnf.enabled
# The module was in the older shim package, and a shim without it refuses every host in programs that use GnuTLS.
! dpkg --unpack "$newer"/pinning-preload_*.deb >said 2>&1 || fail "the shim comes before the module for GnuTLS"
[ -e "$(echo /usr/lib/*/pinning/pinning-gnutls.so)" ] || fail "the module for GnuTLS is gone"
for package in pinning-provider pinning-gnutls; do
  ! dpkg --unpack "$newer/$package"_*.deb >said 2>&1 || fail "$package comes before the library that reads text for it"
done
install "$newer"
[ "$(form_state)" = current ] || fail "the form is $(form_state) after an upgrade"
[ "$(dpkg-query -Wf '${Version}' pinning-provider)" != "$(dpkg-deb -f "$older"/pinning-provider_*.deb Version)" ] ||
  fail "it was not upgraded"
diff -r --exclude=.pinctl.lock etc.pinning /etc/pinning >said || fail "the policy was changed"
cmp openssl.cnf.enabled /etc/ssl/openssl.cnf >said 2>&1 || fail "openssl.cnf was changed"
for file in /usr/lib/*/pinning/pinning-gnutls.so /etc/apparmor.d/abstractions/crypto.d/pinning; do
  dpkg-query -S "$file" >said
  [ "$(sed 's/[:,].*//' said)" = pinning-gnutls ] || fail "$file is not of pinning-gnutls"
done
pinctl compile --dry-run >said 2>&1 || fail "the policy is no longer in order"
expect_enforced
# As if another architecture's packages were removed.
for script in /var/lib/dpkg/info/pinning-provider*.prerm /var/lib/dpkg/info/pinning-preload*.prerm; do
  DPKG_MAINTSCRIPT_ARCH=other "$script" remove >said 2>&1 || fail "$script"
done
expect_enforced
rm /etc/pinning/policy.d/large.cfg
pinctl compile >said 2>&1 || fail "pinctl compile"

step "removed: switched off, the policy is kept"
apt remove "${ours[@]}"
expect_not_enforced
[ "$(grep -c pinning /etc/ssl/openssl.cnf)" -eq 0 ] || fail "openssl.cnf still names us"
grep -q 'A line of the administrator' /etc/pinning/policy.cfg || fail "policy.cfg was not kept"

step "removed with lines by hand: it says where pinning is still active"
install "$newer"
cp /etc/ssl/openssl.cnf openssl.cnf.disabled
write_by_hand
apt remove "${ours[@]}"
# Until then, the loader complains in each program.
rm /etc/ld.so.preload 2>/dev/null
for file in /etc/ssl/openssl.cnf /etc/ld.so.preload; do
  grep -q "$file:[0-9]*: pinning is still active" <(tr -s '\n ' ' ' <said) || fail "nothing was said of $file"
done
cp openssl.cnf.disabled /etc/ssl/openssl.cnf

step "removed beside an installation from source: what that has switched on stays"
install "$newer"
expect_not_enforced
make_other_installation
/usr/local/bin/pinctl enable --all >said 2>&1 || fail "pinctl enable --all"
/usr/local/bin/pinctl enable --preload --systemd example.service >said 2>&1 || fail "pinctl enable --systemd"
grep -q /usr/local/ /etc/ld.so.preload || fail "the packages' shim is preloaded"
expect_enforced
sha256sum /etc/ssl/openssl.cnf /etc/ld.so.preload /etc/systemd/system/example.service.d/pinning.conf >kept.sums
apt remove "${ours[@]}"
sha256sum --check --quiet kept.sums >said 2>&1 || fail "it was switched off"
expect_enforced

step "purged beside it: its policy stays, and is enforced"
find /etc/pinning /var/lib/pinning -type f ! -name '.pinctl*' -exec sha256sum {} + >>kept.sums
grep -q ' /etc/pinning/policy.cfg$' kept.sums || fail "there is no policy.cfg"
apt purge "${ours[@]}"
sha256sum --check --quiet kept.sums >said 2>&1 || fail "the policy of another installation was changed"
/usr/local/bin/pinctl check >said 2>&1 || fail "the policy has errors"
expect_enforced
/usr/local/bin/pinctl disable --systemd example.service >said 2>&1 || fail "pinctl disable --systemd"
/usr/local/bin/pinctl disable >said 2>&1 || fail "pinctl disable"
rm -r /usr/local/bin/pinctl "/usr/local/${libraries:?}"
ldconfig
expect_not_enforced

step "installed again and switched on, with the preload"
install "$newer"
expect_not_enforced
pinctl enable --all >said 2>&1 || fail "pinctl enable --all"
/bin/true >said 2>&1
[ ! -s said ] || fail "the loader complains about /etc/ld.so.preload"
expect_enforced
grep -q libpinning-preload /etc/ld.so.preload || fail "it is not preloaded"
LD_PRELOAD=libpinning-preload.so /bin/true >said 2>&1
[ ! -s said ] || fail "the loader does not find the shim by its name alone"
import_list >said 2>&1 || fail "pinctl import"
pinctl enable --preload --systemd example.service >said 2>&1 || fail "pinctl enable --systemd"
DPKG_MAINTSCRIPT_PACKAGE=pinctl deb-systemd-helper enable pinning-compile.path >said 2>&1 || fail "the path unit cannot be enabled"
[ "$(find /etc/systemd -name 'pinning*' | wc -l)" -eq 2 ] || fail "the units are not there"

step "purged while switched on: as if it had never been"
[ ! -e /run/systemd ] || fail "there is a systemd"
[ ! -e /usr/bin/systemctl ] || fail "there is a systemctl"
pretend_systemd
apt purge "${ours[@]}"
stop_pretending
grep 'stop.* pinning-compile.path pinning-monitor.timer ' systemctl.log >said || fail "the units are not stopped"
apt autoremove --purge
expect_not_enforced
describe_etc >etc.after
diff etc.before etc.after >said || fail "/etc is not as it was"
[ ! -e /var/lib/pinning ] || fail "/var/lib/pinning is still there"
