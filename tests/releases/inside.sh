#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# What happens inside a root:
#
#   inside.sh packages SUITE  install what building and testing need
#   inside.sh build           build this tree
#   inside.sh test NAMES      put the two binaries of /pinning/stage in the place of the ones built here and run the
#                             tests whose names this regular expression matches, results to /pinning/out
#   inside.sh architecture PROGRAMS
#                             all of this, for architectures.sh: the dev preset, and of tests/programs only these
set -euo pipefail

source=/pinning/source
build=/pinning/build
stage=/pinning/stage
out=/pinning/out

install_packages() {
  # A root is made again, not repaired: no fsync.
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/pinning
  case $1 in
    sid | experimental)
      # Their Release files can be older than apt likes.
      echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/90pinning
      ;;
  esac
  "$source/tests/install-packages.sh" build tests
  case $1 in
    sid) get zlib1g-dev libzstd-dev ;; # which libssl-dev there needs for static linking, and does not say so
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

# Ours are built everywhere, for the compilers and headers there; the binaries of Debian 12 are tested. The policy
# library needs the libconfig of its release, so it stays the one that was built here.
build_tree() {
  # What an earlier run put in their place is not what this tree builds.
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

# A build folder from before OpenSSL was replaced would go on testing the old one.
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

# Everything of the dev preset but what only runs pinctl: whatever the compiler warns of on this machine shows.
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
