#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Installs what is needed (as root), builds, and runs the tests:
#
#   tests/run.sh [--preset NAME] [arguments of ctest...]
#
# For example: tests/run.sh -L programs -R curl
set -euo pipefail
cd "$(dirname "$0")/.."

preset=dev
if [ "${1-}" = --preset ]; then
  preset=${2:?--preset needs a name; cmake --list-presets shows them}
  shift 2
fi

# Ninja where nothing else is asked for; a build folder that exists keeps what it was made with.
export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}

tests/install-packages.sh build tests programs
cmake --preset "$preset" --log-level=WARNING
cmake --build --preset "$preset" -- --quiet
# Tests of programs mostly wait for one another: more at a time than there are processors.
exec ctest --test-dir "build/$preset" --output-on-failure --no-label-summary --no-tests=error \
  --parallel $(($(nproc) * 3)) "$@"
