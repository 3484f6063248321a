#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Runs tests/paths/run.py with $FAILURE_SPARED set to the part of libpinpolicy.so.0 that is the code of libconfig, which does
not survive a failure of its own allocations (docs/threat-model.md).

    run.py LIBRARY NM ARGUMENTS-OF-PATHS-RUN..."""

import os
import re
import subprocess
import sys

LIBCONFIG = re.compile(r'(lib)?config_|__config|scanctx_|strbuf_|strvec_|parsectx_|libconfig_yy')


def spared(library, nm):
    listed = subprocess.run([nm, '--defined-only', '--print-size', library], stdout=subprocess.PIPE, text=True, check=True)
    found = [(int(words[0], 16), int(words[1], 16)) for words in map(str.split, listed.stdout.splitlines())
             if len(words) == 4 and words[2] in 'tT' and LIBCONFIG.match(words[3])]
    if not found:
        return '0-0'  # libconfig is a shared library, so none of its code is in ours
    return f'{min(start for start, _ in found):x}-{max(start + size for start, size in found):x}'


library, nm, *arguments = sys.argv[1:]
os.environ['FAILURE_SPARED'] = spared(library, nm)
paths = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'paths', 'run.py')
os.execv(sys.executable, [sys.executable, paths, *arguments])
