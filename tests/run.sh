#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Installs the needed packages (as root), builds, and runs the tests:
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

# Use Ninja unless CMAKE_GENERATOR says otherwise; an existing build folder keeps its generator.
export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}

tests/install-packages.sh build tests programs
cmake --preset "$preset" --log-level=WARNING
cmake --build --preset "$preset" -- --quiet
# Program tests mostly wait for a client or server, so more tests than processors run in parallel.
exec ctest --test-dir "build/$preset" --output-on-failure --no-label-summary --no-tests=error \
  --parallel $(($(nproc) * 3)) "$@"
