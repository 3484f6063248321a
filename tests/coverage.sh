#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# Measures how much of our own code the tests run, for each room:
#
#   tests/coverage.sh [arguments of ctest...]    default: all but the slow ones, programs and benchmarks
#
# Builds in build/coverage and writes every line with its count to build/coverage/report. A process that is killed, or
# that may not write there, counts nothing, so the figures can be too low but not too high.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
  set -- -LE '^(slow|bench|programs)$'
fi
export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
build=build/coverage
tests/install-packages.sh build tests coverage
cmake --preset coverage --log-level=WARNING
cmake --build --preset coverage -- --quiet
find $build -name '*.gcda' -delete
# A failed test still ran its lines, so its result is only reported.
ctest --test-dir $build --no-label-summary --no-tests=error --parallel "$(nproc)" "$@" || echo "coverage.sh: not all tests passed"
mkdir -p $build/report
gcovr --root . --object-directory $build --filter policy/ --filter provider/ --filter tools/ \
  --json-summary $build/summary.json --html-details $build/report/index.html --delete >/dev/null
python3 - $build/summary.json <<'END'
import collections, json, os, sys

lines = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(open(sys.argv[1]))["files"]:
    for room in (os.path.dirname(file["filename"]), "all"):
        for i, name in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
            lines[room][i] += file[name]
print(f"{'room':24} {'lines':>7} {'run':>6} {'branches':>9} {'run':>6}")
for room, (ran, total, took, branches) in sorted(lines.items(), key=lambda item: (item[0] == "all", item[0])):
    print(f"{room:24} {total:7} {ran / max(total, 1):6.1%} {branches:9} {took / max(branches, 1):6.1%}")
END
