#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Starts one of GnuTLS's own tests in place of the test itself, first without pinning, then under the shim. own-suite.sh
# makes GnuTLS's Makefiles call this script:
#
#   own-suite-start.sh [SHELL] TEST    environment: SUITE_TESTS, SUITE_SCRIPTS: the folders of built tests and of scripts;
#                                          SUITE_RESULTS: a folder; SUITE_SHIM: the file
#
# Writes to SUITE_RESULTS/TEST.txt: exit status without pinning, that under the shim, verdict, whether the policy was read.
set -u

repeats=5
test=$(realpath -sm "${!#}")
test=${test#"$SUITE_TESTS/"}
test=${test#"$SUITE_SCRIPTS/"}
test=${test%.sh}
place=$SUITE_RESULTS/$test
mkdir -p "$place"

# A policy for this test alone, with an old access time: a newer one shows that the shim was asked for a connection.
policy=$place/policy.cfg
cp "$SUITE_RESULTS/other.cfg" "$policy"
touch -d '2 hours ago' "$policy"
read_before=$(stat -c %X "$policy")

# attempt WAY COMMAND...: prints the exit status; timeout's 124 if the test hangs.
attempt() {
  local way=$1 environment=()
  [ "$way" = without ] || environment=("LD_PRELOAD=$SUITE_SHIM" "PINNING_POLICY=$policy")
  timeout 900 env "${environment[@]}" "${@:2}" >"$place/$way.log" 2>&1
  echo $?
}

# Whether repeats under the shim give a status that repeats without the shim never give.
comes_again() {
  local seen=" $without " status
  for _ in $(seq "$repeats"); do
    seen+=" $(attempt without "$@") "
  done
  for _ in $(seq "$repeats"); do
    status=$(attempt shim "$@")
    [[ $seen == *" $status "* ]] || return 0
  done
  return 1
}

without=$(attempt without "$@")
shim=$(attempt shim "$@")
verdict=alike
if [ "$without" != "$shim" ]; then
  cp "$place/shim.log" "$place/differs.log"
  verdict=unsteady
  comes_again "$@" && verdict=differs
fi
read=not-asked
[ "$(stat -c %X "$policy")" = "$read_before" ] || read=asked
echo "$without $shim $verdict $read" >"$place.txt"
exit "$without"
