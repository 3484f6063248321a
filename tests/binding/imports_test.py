#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Our libraries import no more than stubs.py says, need nothing but libc, and have no start files of the compiler's.

Nor do they call what follows the locale of the program, be it by lazy_libc.c: in a Turkish one "I" is no "i"."""

import subprocess
import sys

from stubs import IMPORTS


def names(flag, library):
    done = subprocess.run(['nm', '-D', flag, library], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split()[-1].split('@')[0] for line in done.stdout.splitlines()}


# Not __ctype_b_loc: libconfig asks it what a digit and a space are.
OF_THE_LOCALE = {'strcasecmp', 'strncasecmp', 'strcasestr', 'strcoll', 'tolower', 'toupper', '__ctype_tolower_loc',
                 '__ctype_toupper_loc'}


def all_names(library):
    """With those that are hidden, such as what stands in for functions of libc."""
    done = subprocess.run(['nm', library], stdout=subprocess.PIPE, text=True, check=True)
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
        everything = all_names(library)
        local = everything & OF_THE_LOCALE
        if local:
            print(f'{library} has {" ".join(sorted(local))}, which follow the locale of the program')
        if 'memcpy' not in everything:
            print(f'{library} has no symbols to look at')
        failed = failed or more or others or not imported or local or 'memcpy' not in everything
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
