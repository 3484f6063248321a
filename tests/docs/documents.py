# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Finds the examples of a document: fenced blocks of Markdown, marked literal displays of mdoc."""

import dataclasses
import pathlib
import re

# The kinds of block; README.md says what is done with each.
KINDS = {"sh", "text", "policy", "entry", "notify", "openssl.cnf", "log", "unit", "bpftrace"}


@dataclasses.dataclass
class Block:
    place: str  # file:line of its first line
    kind: str
    words: list  # what follows the kind
    text: str


class BadDocument(Exception):
    """A block that is not marked or not closed."""


def read(path):
    path = pathlib.Path(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(_markdown(path.name, lines) if path.suffix == ".md" else _mdoc(path.name, lines))


def _block(name, number, marking, lines):
    kind, *words = marking.split() or [""]
    if kind == "text" and words[:1] == ["log"]:
        kind, words = "log", []
    if kind not in KINDS:
        raise BadDocument(f"{name}:{number}: a block marked {marking!r}; expected one of {sorted(KINDS)}")
    return Block(f"{name}:{number + 1}", kind, words, "\n".join(lines) + "\n")


def _markdown(name, lines):
    start, marking = None, ""
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if start is None:
            start, marking = number, line[3:]
        else:
            yield _block(name, start, marking, lines[start:number - 1])
            start = None
    if start is not None:
        raise BadDocument(f"{name}:{start}: a block without an end")


def _mdoc(name, lines):
    """Finds displays that are marked by the comment line before them: .\\" example: KIND"""
    for number, line in enumerate(lines, 1):
        if not line.startswith(".Bd"):
            continue
        mark = re.fullmatch(r'\.\\" example: (.*)', lines[number - 2])
        if not mark:
            raise BadDocument(f"{name}:{number}: a display without a mark in the line before it")
        end = lines.index(".Ed", number)
        yield _block(name, number, mark.group(1), [_plain(text) for text in lines[number:end]])


def _plain(line):
    """A line without its mdoc markup, as mandoc shows it."""
    return line.replace(r"\e", "\\").replace(r"\-", "-").replace(r"\&", "")
