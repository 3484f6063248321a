#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Installs the distribution packages that building and testing need; this is the only list of them, by purpose:
#
#   tests/install-packages.sh PURPOSE...    PURPOSE: build try tests browser programs fuzz
#                                           releases architecture coverage lint
#
# As root on Debian and its derivatives, installs what is missing. For other users or systems, prints what is missing
# and exits with 3. Returns quickly if nothing is missing.
set -euo pipefail

build=(gcc libc6-dev cmake ninja-build pkg-config libssl-dev libconfig-dev libcunit1-dev libcurl4-openssl-dev
  libgnutls28-dev libjson-c-dev libpsl-dev libsqlite3-dev libxml2-dev libyaml-dev zlib1g-dev)
try=(curl openssl python3)
tests=("${try[@]}" bubblewrap binutils ca-certificates dovecot-imapd fish git gnutls-bin graphviz groff-base libidn2-0 libio-socket-ssl-perl locales mandoc nginx nodejs patch
  faketime perl php-cli postfix postgresql ruby slapd socat strace stunnel4 systemd tor wget zsh)
# The browser in which tests/tools/html_test.py opens the HTML report. 120 MB to download, 410 MB on disk.
browser=(chromium fonts-dejavu-core)
fuzz=(clang-14 libclang-rt-14-dev python3 openssl)
# The programs that tests/programs/survey tries.
programs=(amqp-tools apache2 apache2-utils aria2 axel bind9 bind9-dnsutils bubblewrap catgirl ckermit coturn dcmtk dnsperf dovecot-imapd erlang-p1-tls
  fdm fetchmail ffmpeg freeradius gensio-bin gir1.2-soup-3.0 git glib-networking gnutls-bin gvfs-backends haproxy httperf httping httrack hydra imapfilter isync lftp libanyevent-perl
  libcrypt-ssleay-perl libdbd-mariadb-perl libdbd-pg-perl libio-async-ssl-perl libio-socket-ssl-perl
  libgnutls-dane0 libidn12 libnet-ssleay-perl libnsl2 links lua-sec lua5.3 mariadb-client-core mariadb-server medusa monit monitoring-plugins-basic mosquitto mosquitto-clients msmtp mutt
  nagios-nrpe-plugin ncat nginx ngtcp2-client ngtcp2-server nodejs openfortivpn openssl openvpn pgbouncer php-cli php-fpm php-ldap php-mysql postgresql-client
  proxytunnel
  python3-aiohttp python3-amqp python3-gi python3-httpx python3-ldap3 python3-m2crypto python3-mysqldb python3-openssl
  python3-pika python3-psycopg2 python3-pycurl python3-stomp python3-tornado python3-twisted radsecproxy redis-server redis-tools ruby
  ruby-eventmachine ruby-mysql2 ruby-net-ldap s3270 siege slapd socat spamc squid-openssl stunnel4 swaks syslog-ng-core
  tcl-tls tnftp unbound w3m wget)
# Packages that conflict with one above are unpacked, not installed. Their dependencies are in the list above.
unpacked=(exim4-daemon-light)
unpacked_place=/opt/pinning-tests
releases=(debootstrap util-linux)
# The chroots of tests/architectures.sh need these besides build.
architecture=("${try[@]}" binutils ca-certificates libidn2-0 libio-socket-ssl-perl perl)
# tests/coverage.sh counts with these.
coverage=(gcovr)
lint=(clang clang-format clang-tidy cppcheck flake8 git python3 shellcheck)

if [ $# -eq 0 ]; then
  echo "usage: ${0##*/} build|try|tests|browser|programs|fuzz|releases|architecture|coverage|lint ..." >&2
  exit 2
fi
wanted=() beside=()
for purpose in "$@"; do
  case $purpose in
    build) wanted+=("${build[@]}") ;;
    try) wanted+=("${try[@]}") ;;
    tests) wanted+=("${tests[@]}") ;;
    browser) wanted+=("${browser[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    programs) wanted+=("${programs[@]}") && beside=("${unpacked[@]}") ;;
    releases) wanted+=("${releases[@]}") ;;
    architecture) wanted+=("${architecture[@]}") ;;
    coverage) wanted+=("${coverage[@]}") ;;
    lint) wanted+=("${lint[@]}") ;;
    *)
      echo "${0##*/}: unknown purpose: $purpose" >&2
      exit 2
      ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "${0##*/}: not a Debian system; needed, by their Debian names: ${wanted[*]}" >&2
  exit 3
fi
missing=() missing_beside=()
for package in "${wanted[@]}"; do
  if [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
    missing+=("$package")
  fi
done
for package in "${beside[@]}"; do
  [ -d "$unpacked_place/$package" ] || missing_beside+=("$package")
done
if [ ${#missing[@]} -eq 0 ] && [ ${#missing_beside[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "${0##*/}: missing packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
  [ ${#missing_beside[@]} -eq 0 ] || echo "  and, unpacked below $unpacked_place: ${missing_beside[*]}" >&2
  exit 3
fi

# A set-user-ID program would ignore LD_PRELOAD, so these bits are cleared. Exim runs as a user that its package would create.
unpack() {
  local new=$unpacked_place/$1.new
  rm -rf "$new"
  mkdir -p "$new"
  (cd "$new" && apt-get download -qq "$1" && dpkg-deb --extract ./*.deb "$new" && rm ./*.deb)
  chmod -R u-s,g-s "$new"
  mv "$new" "$unpacked_place/$1"
  getent passwd Debian-exim >/dev/null ||
    useradd --system --user-group --home-dir /var/spool/exim4 --shell /usr/sbin/nologin Debian-exim
}

# The packages of nginx, PostgreSQL and others would start their services, but the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing: ${missing[*]} ${missing_beside[*]}"
apt-get update -qq
if [ ${#missing[@]} -gt 0 ] &&
  ! log=$(apt-get install -qq --yes --no-install-recommends "${missing[@]}" 2>&1 </dev/null); then
  echo "$log" >&2
  exit 3
fi
for package in "${missing_beside[@]}"; do
  unpack "$package"
done
