#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Runs every case of the programs given, without pinning, through the provider, through the shim alone and
through both, and prints a table: path x way -> outcome. Exits with 1 if an outcome is not as the program's table expects."""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from openssl_conf import openssl_conf  # noqa: E402

WAYS = ('without', 'provider', 'shim', 'both')


def configuration(folder, module, policy):
    path = os.path.join(folder, 'openssl.cnf')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(openssl_conf(module, policy if module else None))
    return path


def environment(way, folder, options):
    policy = os.path.join(folder, 'policy.cfg')
    shutil.copy(os.path.join(options.pki, 'policy-good.cfg'), policy)
    os.chmod(policy, 0o644)
    module = options.module if way in ('provider', 'both') else None
    env = {name: value for name, value in os.environ.items() if not name.startswith(('PINNING_', 'SSL_', 'OPENSSL_'))}
    env.update(PATHS_PKI=options.pki, PATHS_POLICY=policy, PATHS_WAY=way, PATHS_FOLDER=folder,
               PATHS_MODULE=options.module, OPENSSL_CONF=configuration(folder, module, policy))
    if way != 'without':
        env.update(PINNING_DEBUG='1', PINNING_POLICY=policy)
    if way in ('shim', 'both'):
        env['LD_PRELOAD'] = ' '.join([os.environ.get('LD_PRELOAD', ''), options.preload]).strip()
    return env


def run_case(program, case, way, options):
    with tempfile.TemporaryDirectory(prefix='paths-') as folder:
        env = environment(way, folder, options)
        try:
            done = subprocess.run([*options.under, program, case], env=env, cwd=folder, capture_output=True, text=True,
                                  errors='replace', timeout=options.timeout, check=False)
        except subprocess.TimeoutExpired as expired:
            return 'hangs', str(expired.stdout), str(expired.stderr)
    found = set(re.findall(r'^outcome: (.*)$', done.stdout, re.M)) or {f'status {done.returncode}'}
    outcome = ' and '.join(sorted(found))
    if done.returncode not in (0, 2):
        outcome = f'status {done.returncode}'
    logged = 'verdict=refused' in done.stderr
    if outcome == 'rejected' and logged:
        outcome = 'refused by log'
    if outcome == 'refused' and not logged:
        outcome = 'refused, no log'
    return outcome, done.stdout, done.stderr


class Case:
    def __init__(self, program, line, past_shim):
        self.program = program
        self.name, without, provider, shim, same, self.note = line.split('\t')
        if past_shim:
            shim = without
        self.expected = {'without': without, 'provider': provider, 'shim': shim,
                         'both': shim if shim == 'refused' else provider}
        self.same = same == '1'

    def surprises(self, results):
        # A case that needs what this release of OpenSSL lacks is skipped in all ways.
        if all(outcome == 'n.a.' for outcome, _, _ in results.values()):
            return
        for way, (outcome, stdout, _) in results.items():
            if outcome != self.expected[way] and not (outcome == 'refused by log' and self.expected[way] == 'refused'):
                yield way, f'{outcome}, expected {self.expected[way]}'
            elif self.same and 'without' in results and stdout != results['without'][1]:
                yield way, 'prints something else than without'


def cases_of(program, options):
    listed = subprocess.run([*options.under, program, '--list'], stdout=subprocess.PIPE, text=True, check=True, timeout=60,
                            env={**os.environ, 'OPENSSL_CONF': '/dev/null'})
    lines = [line for line in listed.stdout.split('\n') if line]
    if not lines:
        sys.exit(f'{program} lists no case')
    return [case for case in (Case(program, line, options.past_shim) for line in lines) if re.search(options.only, case.name)]


def show(case, results, options):
    surprises = list(case.surprises(results))
    mark = 'SURPRISE' if surprises else 'as expected'
    columns = ' '.join(f'{results[way][0]:<15}' for way in results)
    print(f'{os.path.basename(case.program)} {case.name:<44} {columns} {mark}{"  # " + case.note if case.note else ""}',
          flush=True)
    for way, what in surprises:
        print(f'    {way}: {what}')
        print('    ' + '\n    '.join((results[way][1] + results[way][2]).strip().split('\n')[-12:]))
    if options.verbose:
        for way, result in results.items():
            print(f'  [{way}] ' + '\n    '.join((result[1] + result[2]).strip().split('\n')))
    return bool(surprises)


def write_results(rows, directory):
    """Writes a line for each run, for tests/releases: path, program, way, outcome, whether that was expected."""
    name = '-'.join(sorted({os.path.basename(case.program) for case, _ in rows}))
    with open(os.path.join(directory, name), 'w', encoding='utf-8') as file:
        for case, results in rows:
            surprising = {way for way, _ in case.surprises(results)}
            for way, result in results.items():
                expected = 'no' if way in surprising else 'yes'
                print(case.name, os.path.basename(case.program), way, result[0], expected, sep='\t', file=file)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pki', required=True, help='folder that paths-pki filled')
    parser.add_argument('--module', required=True, help='pinning.so')
    parser.add_argument('--preload', required=True, help='libpinning-preload.so')
    parser.add_argument('--only', default='', help='regular expression for the names of cases')
    parser.add_argument('--way', action='append', choices=WAYS, help='default: all')
    parser.add_argument('--under', default='', help='command to run each program under, e.g. "valgrind -q"')
    parser.add_argument('--past-shim', action='store_true', help='the OpenSSL of the programs is bound past the shim')
    parser.add_argument('--timeout', type=int, default=240, help='seconds for one case')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--results', default=os.environ.get('PINNING_RESULTS'), metavar='DIRECTORY',
                        help='where to write the outcome of every run; default: $PINNING_RESULTS, if set')
    parser.add_argument('--verbose', action='store_true', help='show all output')
    parser.add_argument('programs', nargs='+')
    options = parser.parse_args()
    options.under = options.under.split()
    options.pki, options.module, options.preload = map(os.path.abspath, (options.pki, options.module, options.preload))
    return options


def main():
    options = parse_options()
    ways = [way for way in WAYS if way in (options.way or WAYS)]
    surprised = ran = 0
    print(f'{"path":<60} ' + ' '.join(f'{way:<15}' for way in ways))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        rows = []
        for program in options.programs:
            for case in cases_of(os.path.abspath(program), options):
                rows.append((case, {way: pool.submit(run_case, case.program, case.name, way, options) for way in ways}))
        rows = [(case, {way: future.result() for way, future in futures.items()}) for case, futures in rows]
    for case, results in rows:
        surprised += show(case, results, options)
        ran += 1
    if options.results:
        write_results(rows, options.results)
    print(f'{ran} paths, {surprised} surprises')
    return 1 if surprised or not ran else 0


if __name__ == '__main__':
    sys.exit(main())
