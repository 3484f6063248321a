# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
# shellcheck shell=bash
#
# Runs two servers on the loopback for one host, with certificates of one authority: `genuine`, and `swapped` with another key.
# Connects to them with curl and python3. To be sourced; the scratch folder becomes the working directory.
host=bank.example
other_host=shop.example
days=2
scratch=$(mktemp -d)
servers=()
declare -A ports

leave() {
  if [ ${#servers[@]} -gt 0 ]; then
    kill "${servers[@]}" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap leave EXIT

fail() {
  echo "FAILED: $1" >&2
  [ ! -s "$scratch/said" ] || sed 's/^/    /' "$scratch/said" >&2
  exit 1
}

# The server reads no configuration, so the system's configuration cannot affect it.
make_certificate() {
  OPENSSL_CONF='' openssl req -x509 -config request.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days \
    -keyout "$1.key" -out "$1.pem" "${@:2}" 2>>openssl.log || { cat openssl.log && fail "no certificates"; }
}

serve() {
  local port
  # Exists before the server starts, which may take time: a missing file cannot be read.
  : >"$1.out"
  OPENSSL_CONF='' openssl s_server -accept 127.0.0.1:0 -www -cert "$1.pem" -key "$1.key" >"$1.out" 2>&1 </dev/null &
  servers+=($!)
  for _ in {1..200}; do
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$1.out")
    if [ -n "$port" ]; then
      ports[$1]=$port
      return
    fi
    sleep 0.05
  done
  fail "the server does not start"
}

start_servers() {
  cd "$scratch" || exit
  # python3 requires what RFC 5280 requires of an authority.
  printf '%s\n' '[req]' 'distinguished_name = name' 'x509_extensions = identifiers' '[name]' '[identifiers]' \
    'subjectKeyIdentifier = hash' 'authorityKeyIdentifier = keyid' >request.cnf
  make_certificate authority -subj "/CN=An authority" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign
  # Issues a certificate for a key that no server shows.
  make_certificate spare -subj "/CN=$host"
  local name
  for name in genuine swapped; do
    make_certificate $name -CA authority.pem -CAkey authority.key -subj "/CN=$host" \
      -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=DNS:$host,DNS:$other_host"
    serve $name
  done
}

cat >"$scratch/fetch.py" <<'END'
import socket, ssl, sys
host, port = sys.argv[1:]
context = ssl.create_default_context(cafile="authority.pem")
with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=host) as connection:
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    sys.exit(not connection.recv(1))
END

# fetch PROGRAM HOST SERVER: returns the exit status; the output is in the file `said`.
fetch() {
  case $1 in
    curl)
      curl --silent --show-error --noproxy '*' --cacert authority.pem --output page \
        --connect-to "::127.0.0.1:${ports[$3]}" "https://$2/" >said 2>&1
      ;;
    python3) python3 fetch.py "$2" "${ports[$3]}" >said 2>&1 ;;
  esac
}

expect_accepted() {
  local program
  for program in curl python3; do
    fetch $program "$1" "$2" || fail "$program should have accepted the $2 server of $1"
  done
}

# Refused by us, and not for another reason: 60 is curl's "the peer's certificate cannot be authenticated".
expect_refused() {
  local status=0
  fetch curl "$1" "$2" || status=$?
  [ $status -eq 60 ] || fail "curl should have refused the $2 server of $1 with 60, not $status"
  grep -q 'application verification failure' said || fail "curl refused the $2 server of $1 for another reason"
  status=0
  fetch python3 "$1" "$2" || status=$?
  [ $status -ne 0 ] || fail "python3 should have refused the $2 server of $1"
  grep -q 'application verification failure' said || fail "python3 refused the $2 server of $1 for another reason"
}

# Fails if TLS does not work at all on this machine.
expect_tls() {
  openssl dgst -sha256 authority.pem >said 2>&1 || fail "openssl has no SHA2-256"
  openssl list -providers >said 2>&1 || fail "openssl lists no providers"
  grep -qw default said || fail "the provider default is not active"
  expect_accepted $host genuine
  expect_accepted $other_host genuine
  expect_accepted $other_host swapped
}

expect_enforced() {
  expect_tls
  expect_refused $host swapped
}

expect_not_enforced() {
  expect_tls
  expect_accepted $host swapped
}
