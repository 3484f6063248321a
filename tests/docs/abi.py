# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Compares the binary interface of libpinpolicy with the one that is kept in policy/pinpolicy.abi: prototypes, sizes and
offsets of structures, values of enumerations and macros.

    abi.py COMPILER           compares, and exits with 1 if they differ
    abi.py COMPILER --write   writes the current interface there

docs/compatibility.md says which differences are allowed. Works on machines with pointers of 64 bits.
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HEADER = SOURCE / "policy" / "pinpolicy.h"
KEPT = SOURCE / "policy" / "pinpolicy.abi"


def without_comments(text):
    return re.sub(r"(?s)/\*.*?\*/|\bPIN_MUST_USE\s+", "", text)


def structures(text):
    """(name, [member]) for each structure; `int64_t a, b[2];` gives both names."""
    for name, body in re.findall(r"(?s)struct (pin_\w+) \{(.*?)\n\};", text):
        members = []
        for declaration in body.split(";"):
            for each in declaration.split(","):
                found = re.search(r"(\w+)\s*(?:\[[^]]*\])?\s*$", each)
                if found:
                    members.append(found.group(1))
        yield name, members


def constants(text):
    for body in re.findall(r"(?s)enum pin_\w+ \{(.*?)\}", text):
        yield from re.findall(r"\b(PIN_\w+)", re.sub(r"=[^,]*", "", body))


def numbers(text):
    """Macros of sizes and limits, without the version, which changes with each release."""
    return re.findall(r"(?m)^#define (PIN_\w+) [\d(]", text)


def prototypes(text):
    for prototype in re.findall(r"(?m)^((?:typedef )?[a-z][\w *]*?\bpin_\w+\([^()]*\));", text):
        yield " ".join(prototype.split())


def program(text):
    lines = ["#include <stdio.h>", f'#include "{HEADER}"', "int main(void) {"]
    for name, members in structures(text):
        lines.append(f'printf("struct {name}: %zu bytes\\n", sizeof(struct {name}));')
        for member in members:
            lines.append(f'printf("  %zu {member}: %zu\\n", offsetof(struct {name}, {member}), sizeof(((struct {name} *)0)->{member}));')
    for name in [*constants(text), *numbers(text)]:
        lines.append(f'printf("{name} = %lld\\n", (long long){name});')
    return "\n".join([*lines, "return 0;", "}", ""])


def dump(compiler):
    text = without_comments(HEADER.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "dump.c")
        source.write_text(program(text), encoding="utf-8")
        subprocess.run([compiler, "-std=c11", source, "-o", source.with_suffix("")], check=True)
        numbers_of = subprocess.run([source.with_suffix("")], capture_output=True, text=True, check=True).stdout
    return "\n".join(sorted(prototypes(text))) + "\n" + numbers_of


def main():
    found = dump(sys.argv[1])
    if sys.argv[2:] == ["--write"]:
        KEPT.write_text(found, encoding="utf-8")
        return 0
    kept = KEPT.read_text(encoding="utf-8")
    sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), found.splitlines(True), str(KEPT), str(HEADER)))
    return 0 if kept == found else 1


if __name__ == "__main__":
    sys.exit(main())
