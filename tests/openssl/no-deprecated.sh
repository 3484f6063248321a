#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Builds OpenSSL from its source without its deprecated functions, and runs programs of tests/paths and tests/binding
# with it, under the provider and under the shim. Takes some minutes, so ctest does not run it.
#
#   tests/openssl/no-deprecated.sh SOURCE BUILD [PROGRAM...]
#
# SOURCE: the unpacked source. BUILD: where to build, outside the source; an existing build is reused. PROGRAM: names such
# as transport; default: transport callbacks unusual outside missing.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: ${0##*/} SOURCE BUILD [PROGRAM...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")/../.." && pwd)
ours=$here/build/dev
source=$(realpath "$1")
mkdir -p "$2"
cd "$2"
openssl=$PWD
shift 2
[ $# -gt 0 ] || set -- transport callbacks unusual outside missing

if [ ! -e libssl.so.3 ]; then
  "$source/Configure" no-deprecated no-tests no-legacy no-engine shared >configure.log
  make -j2 build_libs >make.log 2>&1
fi
if nm -D --defined-only libcrypto.so.3 | grep -q SHA256_Init; then
  echo "this OpenSSL still has its deprecated functions" >&2
  exit 1
fi
programs=()
for name; do
  programs+=("$ours/bin/paths-$name")
done
LD_LIBRARY_PATH=$openssl exec "$here/tests/paths/run.py" --pki "$ours/tests/paths/pki" \
  --module "$ours/lib/ossl-modules/pinning.so" --preload "$ours/lib/libpinning-preload.so" "${programs[@]}"
