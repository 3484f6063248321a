#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# A demonstration that takes a few minutes and does not touch the system's configuration. It builds in build/try, starts two
# servers on the loopback that have valid certificates for the same host, pins the key of one of them, and connects to both
# with curl and python3. Exits with 0 only if the pinned key was accepted and the other key was refused.
set -euo pipefail
cd "$(dirname "$0")/.."

host=bank.example
directory=$(mktemp -d)
servers=()
declare -A ports
failures=0

clean_up() {
  if [ ${#servers[@]} -gt 0 ]; then
    kill "${servers[@]}" 2>/dev/null || true
  fi
  rm -rf "$directory"
}
trap clean_up EXIT

# Bold only on a terminal.
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

say() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

build() {
  tests/install-packages.sh build try
  export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
  # Without the tests, which need more programs. So this is a build folder of its own, where nobody expects tests.
  if ! { cmake --preset release -B build/try -DBUILD_TESTING=OFF && cmake --build build/try; } >"$directory/build.log" 2>&1; then
    tail -n 30 "$directory/build.log"
    echo "try.sh: the build failed"
    exit 3
  fi
  PATH=$PWD/build/try/bin:$PATH
}

# make_leaf NAME: makes a new key, and a certificate of the CA with it for the host.
make_leaf() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$host" -days 2 -CA ca.pem \
    -CAkey ca.key -keyout "$1.key" -out "$1.pem" -addext basicConstraints=critical,CA:FALSE \
    -addext "subjectAltName=DNS:$host" 2>>openssl.log
}

make_certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=A trusted CA" -days 2 \
    -keyout ca.key -out ca.pem 2>>openssl.log
  make_leaf genuine
  make_leaf swapped
}

# serve NAME: starts a server with that certificate, and writes its port to ports[NAME].
serve() {
  local port
  openssl s_server -accept 127.0.0.1:0 -www -cert "$1.pem" -key "$1.key" >"$1.out" 2>&1 </dev/null &
  servers+=($!)
  for _ in {1..200}; do
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$1.out")
    if [ -n "$port" ]; then
      ports[$1]=$port
      return
    fi
    sleep 0.05
  done
  cat "$1.out"
  echo "try.sh: the server did not start"
  exit 3
}

# Both programs ask for the same URL and are redirected to a port of the loopback, as if an attacker controlled the name
# server or a router. They trust the CA and know nothing about pins.
cat >"$directory/fetch.py" <<'END'
import socket, ssl, sys, urllib.request
url, port = sys.argv[1:]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda _host, _port, *rest, **more: resolve("127.0.0.1", port, *rest, **more)
trusting = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile="ca.pem"))
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({}), trusting))
try:
    urllib.request.urlopen(url).read()
except OSError as error:
    sys.exit(f"python3: {error}")
END

# Prints what a program said, and the log line of pinning, one pair on each line.
show() {
  grep -v -e '^verdict=' -e '^event=' said | sed -n '/./ { s/^/    /p; q }'
  echo "    the log says:"
  sed -n '/^verdict=/ s/ \([a-z_]*[0-9]*=\)/\n\1/gp' said | sed 's/^/      /'
}

# expect OUTCOME PROGRAM SERVER [COMMAND...]: runs the program, under the command if one is given.
expect() {
  local expected=$1 program=$2 server=$3 outcome=accepted
  local fetch=(/usr/bin/python3 fetch.py "https://$host/" "${ports[$server]}")
  if [ "$program" = curl ]; then
    fetch=(curl --silent --show-error --noproxy '*' --cacert ca.pem --output page
      --connect-to "::127.0.0.1:${ports[$server]}" "https://$host/")
  fi
  shift 3
  "$@" "${fetch[@]}" >said 2>&1 || outcome=refused
  printf '  %-8s https://%s/, %s server:  %s%s%s\n' "$program" $host "$server" "$bold" "$outcome" "$plain"
  if [ "$outcome" = refused ]; then
    show
  fi
  if [ "$outcome" != "$expected" ] || { [ "$outcome" = refused ] && ! grep -q '^verdict=refused' said; }; then
    echo "    but the policy should have made it $expected; the whole output:"
    sed 's/^/    /' said
    failures=$((failures + 1))
  fi
}

say "Building in build/try ..."
build
cd "$directory"

make_certificates
serve genuine
serve swapped
say "Two servers for $host, with certificates of the same trusted CA"
echo "  port ${ports[genuine]}: the genuine server"
echo "  port ${ports[swapped]}: a server with another key, as if the CA had issued a certificate to somebody else"

say "Without pins, no program notices the difference"
for program in curl python3; do
  expect accepted $program genuine
  expect accepted $program swapped
done

say "Pin the genuine key"
echo 'version = 1;' >policy.cfg
echo "  \$ pinctl pin genuine.pem"
pinctl pin genuine.pem | sed 's/^/  /'
echo "  \$ pinctl add $host genuine.pem"
pinctl add --policy policy.cfg $host genuine.pem 2>&1 | sed 's/^/  /'

say "The same programs with that policy:  pinctl run -- PROGRAM"
export PINNING_DEBUG=1
for program in curl python3; do
  expect accepted $program genuine pinctl run --policy policy.cfg --
  expect refused $program swapped pinctl run --policy policy.cfg --
done

if [ $failures -gt 0 ]; then
  say "Unexpected results: $failures"
  exit 1
fi
say "As expected: the pinned key was accepted, the swapped key was refused"
