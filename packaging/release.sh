# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
# shellcheck shell=bash
#
# Functions that the scripts here share. To be sourced with the root of the tree as the working directory.
# shellcheck source=tests/releases/root.sh
. tests/releases/root.sh

fail() {
  echo "${0##*/}: $1" >&2
  exit "${2-3}"
}

# step MESSAGE: prints what a script is doing, since it takes minutes.
step() {
  echo "${0##*/}: $1"
}

require_chroots() {
  [ "$(id -u)" -eq 0 ] || fail "chroots need root"
  local tool
  for tool in debootstrap unshare chroot; do
    command -v "$tool" >/dev/null || fail "$tool is not installed"
  done
}

# newest_entry version|date: prints the version or the date of the newest entry of the changelog.
newest_entry() {
  case $1 in
    version) sed -n '1s/.*(\(.*\)).*/\1/p' packaging/debian/changelog ;;
    date) grep -m 1 '^ -- ' packaging/debian/changelog | sed 's/.*>  //' ;;
  esac
}

# stage_source DIRECTORY [VERSION]: puts this tree as an unpacked source package below DIRECTORY. Sets modes and time stamps,
# because they end up in the packages and must not depend on a clone.
stage_source() (
  directory=$1 version=${2-}
  umask 022
  tree=$directory/pinning-${version:-$(newest_entry version)}
  mkdir -p "$tree"
  git ls-files --cached --others --exclude-standard -z |
    tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read --mode=u=rwX,go=rX \
      --mtime="$(newest_entry date)" | tar --extract --preserve-permissions --directory="$tree"
  cp -rp "$tree/packaging/debian" "$tree/debian"
  [ -z "$version" ] || prepend_version "$tree/debian/changelog" "$version"
  [ -z "$version" ] || set_header_version "$tree/policy/pinpolicy_version.h" "$version"
)

# set_header_version HEADER VERSION: sets the version that the build reads. A suffix after the three numbers stays out.
set_header_version() {
  local major minor patch
  IFS=. read -r major minor patch <<<"$(sed -n 's/^\([0-9]*\.[0-9]*\.[0-9]*\).*/\1/p' <<<"$2")"
  [ -n "$patch" ] || fail "$2: expected a version of three numbers" 2
  sed -i "s/^\(#define PINPOLICY_VERSION_MAJOR\) .*/\1 $major/; s/^\(#define PINPOLICY_VERSION_MINOR\) .*/\1 $minor/
    s/^\(#define PINPOLICY_VERSION_PATCH\) .*/\1 $patch/" "$1"
}

# The new entry is a day younger than the last one, because two entries of one date are an error.
prepend_version() {
  local older
  older=$(cat "$1")
  printf 'pinning (%s) unstable; urgency=medium\n\n  * Built as this version.\n\n%s  %s\n\n%s\n' "$2" \
    "$(sed -n 's/^\( -- .*>\).*/\1/p;T;q' <<<"$older")" "$(date -Ru -d "$(newest_entry date) + 1 day")" "$older" >"$1"
}

# build_root ROOTS RELEASE: makes a chroot for building, beside a root that never has any of our packages.
build_root() {
  mkdir -p "$1"
  make_root "$1" "$2"
  copy_root "$1" "$2" "$2-build"
}

# copy_root ROOTS FROM TO: copies a root unless the copy exists.
copy_root() {
  [ ! -d "$1/$3" ] || return 0
  rm -rf --one-file-system "$1/$3.new"
  cp -a --reflink=auto "$1/$2" "$1/$3.new"
  mv "$1/$3.new" "$1/$3"
}
