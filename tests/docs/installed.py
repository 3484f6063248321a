#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Checks that whatever is installed refers only to what is installed too: links in documents, man pages named by man pages and
units, documents named by man pages.

    tests/docs/installed.py PREFIX [DOCUMENTS]    PREFIX: for example /usr; DOCUMENTS: default PREFIX/share/doc/pinning
"""

import gzip
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
OURS = re.compile(r"^(pinctl|pinning|pinpolicy|OSSL_PROVIDER-pinning)")


def anchors(text):
    """The anchors that are made from the headings of a text."""
    heads = re.findall(r"(?m)^#+ +(.*)$", text)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def lead_nowhere(document):
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", document.read_text(encoding="utf-8"))
    for target, anchor in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        place = document.parent / target if target else document
        if not place.exists():
            yield target
        elif anchor and anchor not in anchors(place.read_text(encoding="utf-8")):
            yield f"{target}#{anchor}"


def pages(prefix):
    for page in (prefix / "share/man").glob("man*/*"):
        name = re.match(r"(.*)\.(\d)(\.gz)?$", page.name)
        if name and OURS.match(name[1]):
            yield page, (name[1], name[2])


def read_page(page):
    if page.suffix != ".gz":
        return page.read_text(encoding="utf-8")
    return gzip.decompress(page.read_bytes()).decode()


def main():
    prefix = pathlib.Path(sys.argv[1])
    documents = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else prefix / "share/doc/pinning"
    found = [f"{document}: {target}" for document in documents.rglob("*.md") for target in lead_nowhere(document)]
    there = dict(pages(prefix))
    for page in there:
        text = read_page(page)
        found += [f"{page}: {name}({section})" for name, section in re.findall(r"(?m)^\.Xr (\S+) (\d)", text)
                  if OURS.match(name) and (name, section) not in there.values()]
        found += [f"{page}: {name}" for name in re.findall(r"(?m)^\.Pa (docs/\S+)", text) if not (documents / name).exists()]
    for unit in prefix.glob("lib/systemd/system/pinning-*"):
        found += [f"{unit}: {name}({section})" for name, section in re.findall(r"man:(\S+)\((\d)\)", unit.read_text(encoding="utf-8"))
                  if OURS.match(name) and (name, section) not in there.values()]
    for line in found:
        print(f"leads nowhere: {line}", file=sys.stderr)
    if not there or not any(documents.rglob("*.md")):
        print("installed.py: no documents, or no man pages", file=sys.stderr)
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
