# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
# shellcheck shell=sh disable=SC2034
#
# The part that all drivers written in sh share; README.md describes the interface.
# Sets host, port, ca, verification and tls (1.2 or 1.3) from "connect HOST PORT CA MODE".

needs() {
  command -v "$1" >/dev/null || { echo "$1 is not installed"; exit 2; }
}

begin() {
  if [ $# -ne 5 ] || [ "$1" != connect ]; then
    echo "usage: ${0##*/} connect HOST PORT CA MODE"
    exit 2
  fi
  host=$2 port=$3 ca=$4
  verification=${5%%,*}
  tls=${5##*,tls}
  case $verification,$tls in verify,1.[23] | none,1.[23] | chain,1.[23]) ;; *) not_applicable ;; esac
}

not_applicable() {
  exit 77
}

# Prints the first argument if the program verifies, the second if not, the third if it verifies everything but the name.
by_verification() {
  case $verification,$# in
    verify,*) echo "$1" ;;
    none,*) echo "$2" ;;
    chain,3) echo "$3" ;;
    *) not_applicable ;;
  esac
}

# Reports the program's own exit status and exits with the driver's: accepted if the program succeeded, refused if its
# output matches one of the given patterns, otherwise an error of the test.
finish() {
  status=$1 output=$2 refusals=$3
  printf '%s\n' "$output"
  echo "exit=$status"
  [ "$status" -eq 0 ] && exit 0
  printf '%s\n' "$output" | grep -Eq "$refusals" && exit 1
  exit 2
}
