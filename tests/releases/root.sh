# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
# shellcheck shell=bash
#
# Functions for a directory of roots, one chroot for each release. Each root has our folder /pinning with source (this
# tree, read-only), build, stage (what is tested, laid out as installed) and out (results).

root_of() {
  echo "$1/$(suite_of "$2")"
}

suite_of() {
  case $1 in
    12) echo bookworm ;;
    13) echo trixie ;;
    4.0) echo experimental ;;
    *) echo "$1" ;;
  esac
}

# enter ROOT COMMAND...: runs a command in namespaces of its own. Its mounts and daemons end with it, and it ends with us,
# even if we are killed.
enter() {
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child tests/releases/enter.sh "$@"
}

# Makes a root with debootstrap, or copies one, under another name first: so a root that exists is complete.
make_root() {
  local roots=$1 suite=$2 root=$1/$2
  [ ! -d "$root" ] || return 0
  rm -rf --one-file-system "$root.new"
  echo "==== making a root of $suite"
  if [ "$suite" = experimental ]; then
    make_root "$roots" sid
    cp -a "$roots/sid" "$root.new"
    rm -rf "$root.new/pinning"
    sed 's/ sid / experimental /' "$roots/sid/etc/apt/sources.list" \
      >"$root.new/etc/apt/sources.list.d/experimental.list"
  elif ! debootstrap --variant=minbase "$suite" "$root.new" ${PINNING_MIRROR:+"$PINNING_MIRROR"} >"$root.log" 2>&1; then
    tail -n 20 "$root.log" >&2
    echo "releases.sh: no root of $suite could be made; nothing was tested in it" >&2
    exit 3
  fi
  mv "$root.new" "$root"
}

# Makes a root with all packages and a build of this tree.
prepare() {
  local suite root
  suite=$(suite_of "$2")
  root=$1/$suite
  make_root "$1" "$suite"
  echo "==== building in $suite"
  enter "$root" /pinning/source/tests/releases/inside.sh packages "$suite"
  enter "$root" /pinning/source/tests/releases/inside.sh build
}

# Puts into the root what is tested there.
stage() {
  local into
  into=$(root_of "$1" "$2")/pinning/stage
  mkdir -p "$into"
  cp "$1/binaries/pinning.so" "$1/binaries/pinning-gnutls.so" "$1/binaries/libpinning-preload.so" "$into/"
}

# Prints a regular expression for the names of the tests that a release runs.
tests_of() {
  case $1 in
    # Debian's programs there are linked with 3.6; only the openssl command and what is built here use 4.0.
    4.0) echo '^programs/(certificates|s_client)$|^paths/|^identity$' ;;
    *) echo '^(programs|paths|gnutls)/|^identity$' ;;
  esac
}

run_tests() {
  echo "==== testing in $(suite_of "$2")"
  enter "$(root_of "$1" "$2")" /pinning/source/tests/releases/inside.sh test "$3"
}
