#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# The steps that releases.sh and architectures.sh run inside a root:
#
#   inside.sh packages SUITE  install what building and testing need
#   inside.sh build           build this tree
#   inside.sh test NAMES      replace the two binaries built here by those of /pinning/stage, and run the tests whose
#                             names match this regular expression; results go to /pinning/out
#   inside.sh architecture PROGRAMS
#                             all steps for architectures.sh: the dev preset, and of tests/programs only PROGRAMS
set -euo pipefail

source=/pinning/source
build=/pinning/build
stage=/pinning/stage
out=/pinning/out

install_packages() {
  # A damaged root is made again, not repaired, so fsync would only cost time.
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/pinning
  case $1 in
    sid | experimental)
      # The Release files of sid can be older than apt accepts.
      echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/90pinning
      ;;
  esac
  "$source/tests/install-packages.sh" build tests
  case $1 in
    sid) get zlib1g-dev libzstd-dev ;; # libssl-dev of sid needs these for static linking but does not depend on them
    experimental) get zlib1g-dev libzstd-dev openssl/experimental libssl-dev/experimental libssl4/experimental ;;
  esac
}

get() {
  local log
  if ! log=$(apt-get update -qq 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" 2>&1); then
    echo "$log" >&2
    exit 3
  fi
}

# The tree is built in each root, to try the compilers and headers there; then the binaries of Debian 12 are tested. The
# policy library needs the libconfig of its release, so the one that was built here stays.
build_tree() {
  # The build folder may still hold binaries that an earlier run put there.
  rm -f "$build"/lib*/ossl-modules/pinning.so "$build"/lib*/pinning/pinning-gnutls.so "$build"/lib*/libpinning-preload.so
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo --log-level=WARNING >/dev/null
  cmake --build "$build" --target pinning pinning-gnutls pinning-preload pinpolicy tests/paths/all tests/gnutls/all tests/identity/all -- --quiet
}

place_binaries() {
  local module gnutls preload
  module=$(echo "$build"/lib*/ossl-modules/pinning.so)
  gnutls=$(echo "$build"/lib*/pinning/pinning-gnutls.so)
  preload=$(echo "$build"/lib*/libpinning-preload.so)
  cp "$stage/pinning.so" "$module"
  cp "$stage/pinning-gnutls.so" "$gnutls"
  cp "$stage/libpinning-preload.so" "$preload"
  sha256sum "$module" "$gnutls" "$preload"
}

# A build folder from before OpenSSL was replaced would still test the old one.
check_linkage() {
  local major library
  major=$(openssl version | sed 's/^OpenSSL \([0-9]*\).*/\1/')
  library=$(ldd "$build"/bin/verify-cases | sed -n 's/.*\(libcrypto\.so\.[0-9]*\) =>.*/\1/p')
  if [ "$library" != "libcrypto.so.$major" ]; then
    echo "inside.sh: the C clients use $library, but OpenSSL $major is to be tested" >&2
    exit 1
  fi
}

run_tests() {
  check_linkage
  place_binaries
  rm -rf "$out"
  mkdir "$out"
  openssl version | cut -d' ' -f2 >"$out/version"
  PINNING_RESULTS=$out ctest --test-dir "$build" --tests-regex "$1" --output-on-failure --no-tests=error --no-label-summary --parallel $(($(nproc) * 3))
}

# Builds all of the dev preset except what only runs pinctl, so that every warning of the compiler here is seen.
run_architecture() {
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/pinning
  "$source/tests/install-packages.sh" build architecture
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPINNING_DEV=ON \
    -DPINNING_TEST_ROOMS="unit;paths;programs" --log-level=WARNING >/dev/null
  cmake --build "$build" -- --quiet
  ctest --test-dir "$build" --tests-regex "^(unit|paths)/|^programs/(certificates|$1)$" --label-exclude '^slow$' \
    --output-on-failure --no-tests=error --no-label-summary --parallel $(($(nproc) * 3))
}

case $1 in
  architecture) run_architecture "$2" ;;
  packages) install_packages "$2" ;;
  build) build_tree ;;
  test) run_tests "$2" ;;
esac
