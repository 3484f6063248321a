#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Compares the surveyed programs with the table of docs/programs.md, or writes the table.

    table.py --check FILE    exits with 1 if the table there is not what the drivers say
    table.py --write FILE    writes the table there
    table.py --programs A,B  exits with 1 if these are not exactly the programs that have a driver

run.py checks the programs against the drivers; this script checks the document against the drivers.
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import every_program  # noqa: F401
import programs

BEGIN, END = "<!-- made by tests/programs/survey/table.py -->\n", "<!-- end -->\n"


def cell(variant, way):
    if way in variant.blind:
        return "**not seen**"
    return "refused, unless its certificate has other names" if way in variant.blind_foreign else "refused"


def verified(variant):
    words = {(programs.VERIFY, programs.NONE): "both", (programs.VERIFY,): "verified", (programs.NONE,): "not verified"}
    return words[variant.verifications]


def helps(program, variant):
    """What helps if a way does not refuse a wrong key, the best remedy first."""
    if not variant.blind_foreign:
        return ""
    words = [program.helps] if program.helps else []
    if "shim" not in variant.blind_foreign:
        words.append("the shim")
    if variant.nameless and not variant.blind_address:
        words.append("an entry by address")
    return ", ".join(words)


def rows():
    for name, program in sorted(programs.ALL.items(), key=lambda item: item[0].lower()):
        for variant in program.variants:
            option = f", `{variant.option}`" if variant.option else ""
            sees = f"`{program.sees}`" if program.sees else ""
            yield (f"{name}{option}", verified(variant), "no" if variant.nameless else "yes", cell(variant, "provider"),
                   cell(variant, "shim"), sees, helps(program, variant))


def table():
    head = ("program", "runs", "gives a name", "`openssl.cnf`", "shim", "what its user sees", "what helps")
    lines = [head, ["---"] * len(head), *rows()]
    return "".join("| " + " | ".join(words) + " |\n" for words in lines)


def main():
    parser = argparse.ArgumentParser()
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", type=pathlib.Path)
    action.add_argument("--write", type=pathlib.Path)
    action.add_argument("--programs")
    options = parser.parse_args()
    if options.programs:
        different = set(options.programs.split(",")) ^ set(programs.ALL)
        print("".join(f"{name}: a driver without a test, or a test without a driver\n" for name in sorted(different)), end="")
        return 1 if different else 0
    file = options.check or options.write
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{file}: the place of the table is not marked")
    if options.write:
        file.write_text(before + begin + table() + end + after, encoding="utf-8")
    elif old != table():
        print(f"{file}: the table is not what the drivers say; run table.py --write {file}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
