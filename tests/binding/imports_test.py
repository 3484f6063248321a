#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Our libraries import only what stubs.py lists, need nothing but libc, and contain no start files of the compiler.

They also call no function that follows the program's locale, not even through lazy_libc.c: in a Turkish locale, the lower
case of "I" is not "i"."""

import subprocess
import sys

from stubs import IMPORTS


def names(flag, library):
    done = subprocess.run(['nm', '-D', flag, library], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split()[-1].split('@')[0] for line in done.stdout.splitlines()}


# Without __ctype_b_loc, which libconfig calls to recognise digits and spaces.
OF_THE_LOCALE = {'strcasecmp', 'strncasecmp', 'strcasestr', 'strcoll', 'tolower', 'toupper', '__ctype_tolower_loc',
                 '__ctype_toupper_loc'}


def all_names(library):
    """The names that a library defines, also the hidden ones, such as our replacements for functions of libc."""
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
