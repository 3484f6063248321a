#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Measures what pinning costs, and prints a table of it.

Instructions are counted by callgrind where possible: they are the same in every run, whatever else the machine does. Where
only the clock can measure, two commands run in turn, and the interval beside a median contains the true median with 95 %
confidence. Exits with 1 if a promised number is not reached.
"""

import argparse
import dataclasses
import json
import math
import platform
import shutil
import sys
import tempfile

import measure
import rows
import scene

FULL = rows.Effort(handshakes=10, layouts=7, pairs=15, sockets=10000, nameless=20, threaded=60, verifications=2000,
                   rounds=100, files=10000)
SMOKE = rows.Effort(handshakes=1, layouts=1, pairs=2, sockets=100, nameless=2, threaded=2, verifications=5,
                    rounds=1, files=20)
TOOLS = (measure.VALGRIND, "openssl", "curl", "ssh")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="folder of the built programs of this bench")
    parser.add_argument("--module", required=True, help="pinning.so")
    parser.add_argument("--preload", required=True, help="libpinning-preload.so")
    parser.add_argument("--pinctl", required=True)
    parser.add_argument("--row", action="append", choices=list(rows.ROWS), help="only this one; may be repeated")
    parser.add_argument("--hosts", type=int, default=1000000, help="of the large policy (default: a million)")
    parser.add_argument("--json", help="file to write the results to")
    parser.add_argument("--smoke", action="store_true", help="only see that every row can be measured")
    return parser.parse_args()


def shown(result, judged):
    value = f"{result.value:.4g}" if abs(result.value) < 1e4 else f"{result.value:.0f}"
    interval = result.details.get("interval")
    between = f" ({interval[0]:.4g} to {interval[1]:.4g})" if interval else ""
    verdict = "" if not judged else {True: "reached", False: "MISSED", None: ""}[result.reached]
    return [result.measure, result.compared, f"{value} {result.unit}{between}", result.target, verdict]


def table(results, judged=True):
    """Prints the results. judged: they were measured long enough to say which numbers are reached."""
    lines = [["measure", "compared with", "measured", "target", ""], *(shown(result, judged) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def measure_rows(options, effort):
    results = []
    with tempfile.TemporaryDirectory(dir=options.programs) as folder:
        stage = scene.Scene(folder, options, options.hosts)
        for name in options.row or rows.ROWS:
            print(f"measuring: {name}", file=sys.stderr, flush=True)
            results.extend(rows.ROWS[name](stage, effort))
    return results


def write_json(path, options, results):
    document = {"machine": platform.machine(), "system": platform.platform(), "hosts": options.hosts,
                "results": [dataclasses.asdict(result) for result in results]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")


def smoke_status(results):
    """Fails unless every row has given numbers."""
    for result in results:
        if not math.isfinite(result.value):
            print(f"{result.measure}: no number", file=sys.stderr)
            return 1
    return 0 if {result.row for result in results} == set(rows.ROWS) else 1


def main():
    options = arguments()
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        print(f"bench: not found: {', '.join(missing)}", file=sys.stderr)
        return 77 if options.smoke else 3
    if options.smoke:
        options.hosts = min(options.hosts, 50)
    try:
        results = measure_rows(options, SMOKE if options.smoke else FULL)
    except measure.Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 3
    print(table(results, judged=not options.smoke))
    if options.json:
        write_json(options.json, options, results)
    if options.smoke:
        return smoke_status(results)
    return 1 if any(result.reached is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
