#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# What three of our libraries (pinning-gnutls.so: `tests/gnutls`) show to the processes that load them, and what they pull in:
#
#   exports.sh pinning.so libpinning-preload.so libpinpolicy.so.0 pinpolicy.h
#
# A symbol too many can take the place of one of the host program; a needed library too many costs every process.
set -euo pipefail
export LC_ALL=C

if [ $# -ne 4 ]; then
  echo "usage: ${0##*/} pinning.so libpinning-preload.so libpinpolicy.so.0 pinpolicy.h" >&2
  exit 2
fi
module=$1 preload=$2 policy=$3 header=$4
status=0

# Without the names of symbol versions, which nm lists as absolute symbols.
exported() {
  nm --dynamic --defined-only --without-symbol-versions --format=posix "$1" | awk '$2 != "A" { print $1 }' | sort -u
}

# Only the names: the C library's soname is the same on every architecture, its file is not.
needed() {
  readelf --dynamic --wide "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort -u
}

# Every function that the public headers declare; comments are taken out, for they name functions too.
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
