#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The shim without pinning-gnutls.so beside it: no ClientHello leaves, whatever the host, and the log says why.

    alone_test.py --pki FOLDER --preload FILE PROGRAM"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../paths'))
import run  # noqa: E402  (tests/paths/run.py)

CASES = ('right', 'right-tls1.2', 'uncovered', 'wrong', 'wrong-tls1.2', 'wrong-credentials-yes', 'wrong-stubborn',
         'hook-wrong', 'anonymous-uncovered')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('pki', 'preload'):
        parser.add_argument(f'--{name}', required=True, type=os.path.abspath)
    parser.add_argument('program', type=os.path.abspath)
    options = parser.parse_args()
    options.module, failed = 'none', 0
    with tempfile.TemporaryDirectory(prefix='alone-') as folder:
        options.preload = shutil.copy(options.preload, folder)
        for case in CASES:
            env = run.environment('shim', folder, options)
            done = subprocess.run([options.program, case], env=env, cwd=folder, capture_output=True, text=True, timeout=60,
                                  errors='replace', check=False)
            outcome = (re.findall(r'^outcome: (.*)$', done.stdout, re.M) or [f'status {done.returncode}'])[-1]
            told = 'event=not-enforced library=gnutls' in done.stderr
            print(f'{case:<24} {outcome} {"told" if told else "without a word"}')
            failed += outcome != 'refused' or not told
    print(f'{len(CASES)} cases, {failed} wrong')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
