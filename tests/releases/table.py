#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Prints the results of all releases as one table: path x program x OpenSSL version -> outcome.

    table.py [--markdown FILE] RELEASE=DIRECTORY...

A directory holds the file `version` and files programs-* and paths-* with lines of: path, program, way, outcome, whether
that was expected. Exits with 1 if an outcome was not, or if there are no results.
"""

import argparse
import collections
import dataclasses
import pathlib
import sys

RUNNERS = {"programs": "Programs", "paths": "C clients"}
WAYS = {"none": "without", "without": "without", "provider": "provider", "shim": "shim", "both": "both"}
MISSING = "-"

HEAD = """<!--
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The pinning authors
-->

# Enforcement by path, program and OpenSSL release

Written by `tests/releases.sh`; do not edit. One `pinning.so` and one `libpinning-preload.so`, built on Debian 12, ran with the programs
of each release and with its OpenSSL: {versions}.

A cell gives the result of the connection without pinning → with the provider in `openssl.cnf`. If the preloaded shim alone has another
result, it follows in parentheses.

- "n.a.": this OpenSSL does not have the feature.
- "{missing}": the program does not exist for this OpenSSL. In place of the result with the provider, it means that `openssl.cnf` does not
  reach the program, because the program uses GnuTLS.
"""


@dataclasses.dataclass(frozen=True)
class Release:
    name: str
    version: str
    # (runner, path, program) -> way -> set of outcomes
    outcomes: dict
    surprises: list


def read_release(word):
    name, _, directory = word.partition("=")
    directory = pathlib.Path(directory)
    outcomes, surprises = collections.defaultdict(lambda: collections.defaultdict(set)), []
    for runner in RUNNERS:
        files = sorted(directory.glob(f"{runner}-*"))
        lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
        if not lines:
            surprises.append(f"{runner}: no results")
        for line in lines:
            path, program, way, outcome, expected = line.split("\t")
            outcomes[runner, path, program][WAYS[way]].add(outcome)
            if expected != "yes":
                surprises.append(f"{program}, {path}, {way}: {outcome}")
    return Release(name, (directory / "version").read_text(encoding="utf-8").strip(), outcomes, surprises)


def cell(ways):
    """The outcomes of one path with one program in one release."""
    if not ways:
        return MISSING
    words = {way: " or ".join(sorted(outcomes)) for way, outcomes in ways.items()}
    if set(words.values()) == {"n.a."}:
        return "n.a."
    provider = words.get("provider", MISSING)
    text = f"{words.get('without', MISSING)} → {provider}"
    if words.get("shim", provider) != provider:
        text += f" (shim: {words['shim']})"
    return text


def rows_of(runner, releases):
    """Programs with the same cells share a row."""
    keys = dict.fromkeys(key for release in releases for key in release.outcomes if key[0] == runner)
    shared = collections.defaultdict(list)
    for key in keys:
        _, path, program = key
        shared[path, tuple(cell(release.outcomes.get(key)) for release in releases)].append(program)
    paths = list(dict.fromkeys(path for _, path, _ in keys))
    for (path, cells), programs in sorted(shared.items(), key=lambda item: paths.index(item[0][0])):
        yield [path, ", ".join(sorted(programs)), *cells]


def markdown_line(cells):
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |\n"


def markdown(tables, releases):
    versions = ", ".join(release.version for release in releases)
    text = HEAD.format(versions=versions, missing=MISSING)
    for title, head, rows in tables:
        text += f"\n## {title}\n\n" + markdown_line(head) + "|" + "---|" * len(head) + "\n"
        text += "".join(markdown_line(row) for row in rows)
    return text


def print_table(title, head, rows):
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    print(f"\n{title}")
    for row in [head, *rows]:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description="The table of all releases.")
    parser.add_argument("--markdown", type=pathlib.Path, help="also write it there, if all was as expected")
    parser.add_argument("releases", nargs="+", metavar="RELEASE=DIRECTORY")
    options = parser.parse_args()
    releases = [read_release(word) for word in options.releases]
    head = ["path", "program", *(f"OpenSSL {'.'.join(release.version.split('.')[:2])}" for release in releases)]
    tables = [(title, head, list(rows_of(runner, releases))) for runner, title in RUNNERS.items()]
    for table in tables:
        print_table(*table)
    surprises = [f"{release.name}: {surprise}" for release in releases for surprise in release.surprises]
    print(f"\n{len(surprises)} surprises", *surprises, sep="\n  ")
    if surprises or not all(rows for _, _, rows in tables):
        return 1
    if options.markdown:
        options.markdown.write_text(markdown(tables, releases), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
