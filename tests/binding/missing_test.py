#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests pinning.so with an OpenSSL that lacks a function: each of those that pinning.so binds, in turn.

For each name, makes a copy of pinning.so with the name misspelt, so that it looks for a function that does not exist. It
must never crash, and never accept a wrong key, unless the log says `event=not-enforced` and UNREFUSABLE lists the function.
If something replaces the missing function, hosts without an entry must notice nothing.

    missing_test.py --pki FOLDER --module FILE --source FOLDER PROGRAM [--only REGEX]"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../paths'))
import run  # noqa: E402  (tests/paths/run.py)

CASES = ('right', 'right-ca', 'uncovered', 'uncovered-none', 'wrong', 'wrong-tls1.2', 'wrong-none', 'wrong-sni', 'wrong-name',
         'wrong-socket', 'wrong-own-verification', 'wrong-ca', 'wrong-forged', 'wrong-session')
# The names by which pinning.so recognises a libssl.
NO_LIBSSL = 'SSL_is_server+SSL_set_verify'
DISPENSABLE = {'SHA256_Init', 'SSL_get0_peer_rpk', 'SSL_get_srtp_profiles', 'SSL_is_dtls', 'SSL_SESSION_get0_hostname'}
# Without the first, there is no hook at all; without the second, only names that OpenSSL verifies are known.
UNREFUSABLE = {'CRYPTO_get_ex_new_index', NO_LIBSSL}


def listed(source):
    """(the names in the lists of openssl.h, the names that have a replacement)"""
    with open(f'{source}/openssl.h', encoding='utf-8') as file:
        names = set(re.findall(r'^  X\((\w+)\)', file.read(), re.M))
    with open(f'{source}/openssl.c', encoding='utf-8') as file:
        text = file.read()
    stand_ins = set(re.findall(r'^ *\{"(\w+)", ANSWER_', text, re.M))
    return names | DISPENSABLE | UNREFUSABLE, stand_ins | DISPENSABLE


def constants(path):
    """The positions of the strings of a library in its file."""
    done = subprocess.run(['readelf', '-SW', path], stdout=subprocess.PIPE, text=True, check=True)
    fields = re.search(r' \.rodata +PROGBITS +\w+ +(\w+) +(\w+)', done.stdout)
    return int(fields[1], 16), int(fields[2], 16)


def spelt_otherwise(module, path, names):
    start, size = constants(path)
    texts = module[start:start + size]
    # A name is in the lists of functions, and again if it has a replacement.
    for name in names.split('+'):
        texts, count = re.subn(rb'(?<!\w)' + name.encode() + rb'\0', b'Z' + name.encode()[1:] + b'\0', texts)
        if count == 0:
            return None
    return module[:start] + texts + module[start + size:]


def installation(folder, options, name):
    """A folder with a copy of the module in it; the module finds libpinpolicy.so.0 beside this folder."""
    with open(options.module, 'rb') as file:
        module = file.read()
    if name is not None:
        module = spelt_otherwise(module, options.module, name)
        if module is None:
            return None
    os.makedirs(f'{folder}/ossl-modules')
    path = f'{folder}/ossl-modules/pinning.so'
    with open(path, 'wb') as file:
        file.write(module)
    library = os.path.join(os.path.dirname(options.module), '../libpinpolicy.so.0')
    os.symlink(os.path.abspath(library), f'{folder}/libpinpolicy.so.0')
    return path


def run_case(case, options):
    with tempfile.TemporaryDirectory(prefix='missing-') as folder:
        env = run.environment('provider', folder, options)
        try:
            done = subprocess.run([options.program, case], env=env, cwd=folder, capture_output=True, text=True,
                                  errors='replace', timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return 'hangs', '', ''
    found = re.findall(r'^outcome: (.*)$', done.stdout, re.M)
    outcome = found[-1] if done.returncode in (0, 2) and found else f'status {done.returncode}'
    return outcome, done.stdout, done.stderr


def complaint(name, case, outcome, log, stand_ins):
    """An error message, or None if nothing is wrong."""
    told = 'event=not-enforced' in log
    if outcome not in ('accepted', 'refused', 'rejected'):
        return outcome
    if case.startswith('wrong') and outcome == 'accepted' and not (told and name in UNREFUSABLE):
        return 'accepted, and the log says so' if told else 'accepted without a word'
    if case.startswith('uncovered') and outcome != 'accepted' and name in stand_ins:
        return f'{outcome}, though something stands in for it'
    if outcome != 'accepted' and not told and 'verdict=refused' not in log and 'event=session-dropped' not in log:
        return f'{outcome} without a word'
    return None


def try_name(name, base, stand_ins):
    options = argparse.Namespace(**vars(base))
    complaints, outcomes = [], {}
    with tempfile.TemporaryDirectory(prefix='module-') as folder:
        path = installation(folder, base, name)
        if path is None:
            return name, ['its name stands in the module not once'], outcomes
        options.module = path
        for case in CASES:
            outcome, stdout, stderr = run_case(case, options)
            outcomes[case] = outcome
            wrong = complaint(name, case, outcome, stderr, stand_ins)
            if wrong:
                complaints.append(f'{case}: {wrong}\n      ' + '\n      '.join((stdout + stderr).strip().split('\n')[-4:]))
    return name, complaints, outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('pki', 'module', 'source'):
        parser.add_argument(f'--{name}', required=True, type=os.path.abspath)
    parser.add_argument('--only', default='')
    parser.add_argument('program', type=os.path.abspath)
    options = parser.parse_args()
    options.under, options.timeout = [], 60
    names, stand_ins = listed(options.source)
    failed = 0
    # The unchanged module refuses and accepts as it should.
    _, complaints, outcomes = try_name(None, options, stand_ins)
    wanted = {case: 'accepted' if not case.startswith('wrong') else 'refused' for case in CASES}
    if complaints or any(outcomes[case] != wanted[case] for case in CASES):
        print('nothing missing:', complaints, outcomes)
        return 1
    names = sorted(name for name in names if re.search(options.only, name))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, complaints, outcomes in pool.map(lambda name: try_name(name, options, stand_ins), names):
            kind = 'stand-in' if name in stand_ins else 'needed'
            summary = ' '.join(f'{case}={outcomes.get(case)}' for case in CASES) if complaints else ''
            print(f'{name:<40} {kind:<9} {"WRONG" if complaints else "ok"} {summary}', flush=True)
            for text in complaints:
                print(f'    {text}')
            failed += bool(complaints)
    print(f'{len(names)} functions, {failed} wrong')
    return 1 if failed or not names else 0


if __name__ == '__main__':
    sys.exit(main())
