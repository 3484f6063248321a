#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Our libraries import no more than stubs.py says, need nothing but libc, and have no start files of the compiler's."""

import subprocess
import sys

from stubs import IMPORTS


def names(flag, library):
    done = subprocess.run(['nm', '-D', flag, library], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split()[-1].split('@')[0] for line in done.stdout.splitlines()}


def needed(library):
    done = subprocess.run(['readelf', '-dW', library], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split('[')[1].rstrip(']') for line in done.stdout.splitlines() if '(NEEDED)' in line}


def main():
    failed = False
    for library in sys.argv[1:]:
        imported = names('--undefined-only', library)
        more = imported - IMPORTS
        others = {name for name in needed(library) if not name.startswith(('libc.so', 'ld-linux', 'libdl.so'))}
        if more:
            print(f'{library} imports {" ".join(sorted(more))}: functions of libc belong into policy/lazy_libc.c')
        if others:
            print(f'{library} needs {" ".join(sorted(others))}')
        if not imported:
            print(f'{library} imports nothing, which cannot be')
        failed = failed or more or others or not imported
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
