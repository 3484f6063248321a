#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Verdict identity: under the shim GnuTLS verifies certificates as it does without, whatever the policy.

    gnutls_run.py --cases x509-limbo.json.xz --program gnutls-cases --preload libpinning-preload.so

Runs all cases as run.py does, with gnutls_x509_trust_list_verify_crt2(3). Pins act on connections, so even a policy for the
hosts of the cases must change nothing here. A last run, a hundred years later, shows that the comparison can fail. Exits
with 1 if something differs, with 77 if the cases are missing.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import run

A_HUNDRED_YEARS = 100 * 365 * 86400


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, pathlib.Path(directory)

    def write_cases(self, name, lines):
        (self.directory / name).write_text("".join(lines), encoding="utf-8")

    def run(self, name, cases, hosts):
        """The lines of all cases. hosts: run under the shim, with wrong pins for these; None: run without the shim."""
        command = [self.options.program, self.directory / cases]
        environment = {word: value for word, value in os.environ.items() if not word.startswith("PINNING_")}
        if hosts is not None:
            policy = self.directory / f"{name}.cfg"
            policy.write_text(run.policy_text(hosts), encoding="ascii")
            environment |= {"LD_PRELOAD": str(self.options.preload.resolve()), "PINNING_POLICY": str(policy)}
            command.append("pinning-gnutls.so")
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"{name}: status {done.returncode}")
        return done.stdout.splitlines()


def later(line):
    """The line of the case with another time of verification."""
    word, _, value = line.partition(" ")
    return f"time {int(value) + A_HUNDRED_YEARS}\n" if word == "time" else line


def main():
    parser = argparse.ArgumentParser(description="Verdict identity of GnuTLS.")
    for name in ("cases", "program", "preload"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if not options.cases.exists():
        print(f"{options.cases} is not there")
        return run.SKIPPED
    os.umask(0o022)
    cases, now = run.load_cases(options.cases), int(time.time())
    lines = [line + "\n" for case in cases for line in run.case_lines(case, now)]
    hosts = run.hosts_of(cases)
    others = {other for host in hosts for other in run.near(host)} - hosts
    with tempfile.TemporaryDirectory(prefix="pinning-identity-") as directory:
        bench = Bench(options, directory)
        bench.write_cases("cases", lines)
        bench.write_cases("later", map(later, lines))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(bench.run, *words) for words in (
                ("without", "cases", None), ("empty policy", "cases", set()), ("other hosts", "cases", others),
                ("wrong pins", "cases", hosts), ("later", "later", hosts))]
            without, empty, other, wrong, late = (each.result() for each in runs)
    if not cases or len(without) != len(cases):
        sys.exit(f"{len(without)} lines for {len(cases)} cases")
    run.summary(cases, without)
    failed = sum(run.differences(*words) for words in (("empty policy", without, empty), ("other hosts", without, other),
                                                       ("wrong pins", without, wrong)))
    if late == without:
        sys.exit("a hundred years later nothing differs")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
