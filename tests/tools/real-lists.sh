#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Imports the lists that Chromium and Firefox are built with, from Debian's source packages, which it streams and does
# not keep (1 to 2 GB, some minutes; needs deb-src lines, curl and xz). Counts the hosts that are pinned there by other
# means than pinctl, and the hosts that came in:
#
#   tests/tools/real-lists.sh PINCTL
set -euo pipefail
pinctl=$(realpath "${1:?usage: real-lists.sh PINCTL}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The newest upstream source of a package that the archive still has: its address.
source_of() {
  local version address
  for version in $(apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -Vru); do
    address=$(apt-get --print-uris source "$1=$version" 2>/dev/null | tr -d "'" | awk '{print $1}' |
      grep -E '\.orig\.tar\.(xz|gz|bz2)$' | head -n 1)
    if [ -n "$address" ] && curl -sSfI "$address" >/dev/null 2>&1; then
      echo "$address"
      return
    fi
  done
}

# Takes files out of a source by the ends of their paths, and stops reading when it has them.
take() { # PACKAGE FILE...
  local package=$1 address
  shift
  address=$(source_of "$package")
  [ -n "$address" ] || {
    echo "$package: no source package is known; are there deb-src lines?" >&2
    exit 3
  }
  curl -sf "$address" | tar --extract --file - --xz --wildcards --occurrence=1 --transform='s,.*/,,' \
    "${@/#/*/}" || [ -e "$(basename "$1")" ]
}

imported() { # FORMAT FILE OPTION...
  echo 'version = 1;' >policy.cfg
  rm -rf policy.d
  "$pinctl" import "$2" --format "$1" --lossy "${@:3}" --policy policy.cfg 2>messages || cat messages >&2
  "$pinctl" list --json --policy policy.cfg | python3 -c 'import json, sys
print(sum(1 for host in json.load(sys.stdin)["hosts"] if host["mode"] != "off"))'
}

status=0
compare() { # NAME IN OUT
  echo "$1: $2 hosts in, $3 hosts out"
  [ "$2" -gt 0 ] && [ "$2" = "$3" ] || status=1
}

take chromium net/http/transport_security_state_static_pins.json net/http/transport_security_state_static.pins
pinned=$(sed 's,^ *//.*,,' transport_security_state_static_pins.json | python3 -c 'import json, sys
print(sum(1 for entry in json.load(sys.stdin)["entries"] if "pins" in entry))')
compare chromium "$pinned" \
  "$(imported chromium transport_security_state_static_pins.json --pins transport_security_state_static.pins)"
take firefox-esr security/manager/ssl/StaticHPKPins.h
compare firefox "$(grep -cE '^ *\{ *"[^"]+", *(true|false)' StaticHPKPins.h)" "$(imported firefox StaticHPKPins.h)"
exit $status
