#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Checks what three of our libraries export to processes and which libraries they need (pinning-gnutls.so: `tests/gnutls`):
#
#   exports.sh pinning.so libpinning-preload.so libpinpolicy.so.0 pinpolicy.h
#
# An extra exported symbol can replace one of the host program; an extra needed library costs every process.
set -euo pipefail
export LC_ALL=C

if [ $# -ne 4 ]; then
  echo "usage: ${0##*/} pinning.so libpinning-preload.so libpinpolicy.so.0 pinpolicy.h" >&2
  exit 2
fi
module=$1 preload=$2 policy=$3 header=$4
status=0

# nm lists the names of symbol versions as absolute symbols; these are left out.
exported() {
  nm --dynamic --defined-only --without-symbol-versions --format=posix "$1" | awk '$2 != "A" { print $1 }' | sort -u
}

# Only the names: the C library has one soname on every architecture, but different file names.
needed() {
  readelf --dynamic --wide "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort -u
}

# Every function that the public headers declare; comments are removed, because they name functions too.
declared() {
  gcc -fpreprocessed -dD -E -P "$@" | grep -oE '\bpin_[a-z0-9_]+\(' | tr -d '(' | grep -v '_fn$' | sort -u
}

compare() {
  local what=$1 expected=$2 found=$3
  if [ "$expected" = "$found" ]; then
    echo "$what: $(wc -w <<<"$found") as expected"
    return
  fi
  echo "$what: expected (-) and found (+) differ"
  diff --unified=0 <(echo "$expected") <(echo "$found") | tail -n +4
  status=1
}

compare "exported by pinning.so" "$(printf '%s\n' OSSL_provider_init pinning_allows pinning_attach pinning_covers)" "$(exported "$module")"
compare "exported by libpinning-preload.so" "$(cat "${0%/*}/exports-preload.txt")" "$(exported "$preload")"
compare "exported by libpinpolicy.so.0" "$(declared "$header" "${header%.h}_version.h")" "$(exported "$policy")"
compare "needed by pinning.so" libc.so.6 "$(needed "$module")"
compare "needed by libpinning-preload.so" libc.so.6 "$(needed "$preload")"
exit $status
