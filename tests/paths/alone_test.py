#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests the shim without its modules beside it: it lets no connection through, whatever the host and the program's own
verification, and the log says why.

    alone_test.py --pki FOLDER --preload FILE --outcome WORD --told TEXT PROGRAM CASE..."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import run

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('pki', 'preload'):
        parser.add_argument(f'--{name}', required=True, type=os.path.abspath)
    parser.add_argument('--outcome', required=True)
    parser.add_argument('--told', required=True, help='in the log')
    parser.add_argument('program', type=os.path.abspath)
    parser.add_argument('case', nargs='+')
    options = parser.parse_args()
    options.module, failed = 'none', 0
    with tempfile.TemporaryDirectory(prefix='alone-') as folder:
        options.preload = shutil.copy(options.preload, folder)
        for case in options.case:
            env = run.environment('shim', folder, options)
            done = subprocess.run([options.program, case], env=env, cwd=folder, capture_output=True, text=True, timeout=60,
                                  errors='replace', check=False)
            outcome = (re.findall(r'^outcome: (.*)$', done.stdout, re.M) or [f'status {done.returncode}'])[-1]
            told = options.told in done.stderr
            print(f'{case:<24} {outcome} {"told" if told else "without a word"}')
            failed += outcome != options.outcome or not told
    print(f'{len(options.case)} cases, {failed} wrong')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
