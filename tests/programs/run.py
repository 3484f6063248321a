#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Runs unmodified programs against real servers, under enforcement in every way that there is.

    run.py --module .../pinning.so --preload .../libpinning-preload.so [--program curl]...

Prints a table, scenario x program. Exits with 0 only if something ran and all was as expected. Without --module and
--preload, only the servers and drivers are tried.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import enforcement
import pki as pki_module
import scenarios
import servers

DRIVERS = pathlib.Path(__file__).resolve().parent / "drivers"
PROGRAMS = sorted(path.name for path in DRIVERS.iterdir())
POSTGRES_CLIENTS = {"psql"}
# Ed25519 leaves go only to the programs that differ most in how they call OpenSSL.
ED25519_PROGRAMS = {"curl", "python-ssl", "s_client"}
# Programs that openssl.cnf does not reach.
GNUTLS_CLIENTS = {"git", "wget"}
TLS_VERSIONS = ("1.2", "1.3")
# A verdict is reached in another way if the program does not verify; the type of the key makes no such difference.
VERIFICATIONS = {"rsa": ("verify",), "p256": ("verify", "none", "chain"), "ed25519": ("verify",)}
# Programs that can verify everything except the name: sslmode=verify-ca, -verify_return_error alone.
CHAIN_VERIFIERS = {"psql", "s_client"}
TIMEOUT = 60


@dataclasses.dataclass(frozen=True)
class Group:
    """All runs that need one server, which shows one chain: the programs that connect to it."""

    program: str
    key_type: str
    chain: str


@dataclasses.dataclass(frozen=True)
class Result:
    program: str
    run: scenarios.Run
    way: str
    variant: str
    outcome: scenarios.Outcome
    complaints: tuple


class Matrix:
    """What the runs share: certificates, policies, ways of enforcement."""

    def __init__(self, directory, options):
        self.directory = directory
        self.runtime = options.runtime
        self.pki = pki_module.Pki(options.certificates) if options.certificates else pki_module.make(
            directory / "pki")
        self.ways = [enforcement.Nothing()]
        if options.module:
            self.ways.append(enforcement.Provider(options.module.resolve(strict=True), directory))
        if options.preload:
            self.ways.append(enforcement.Shim(options.preload.resolve(strict=True)))
        self.https = servers.HttpsServers()
        self.postgres = servers.PostgresServers(directory) if POSTGRES_CLIENTS & set(options.program) else None
        for name, key_type in itertools.product(scenarios.POLICIES, pki_module.KEY_TYPES):
            self.policy(name, key_type).write_text(scenarios.policy_text(name, self.pki, key_type))

    def policy(self, name, key_type):
        return self.directory / f"policy-{name}-{key_type}.cfg"

    def run_group(self, group):
        pool = self.postgres if group.program in POSTGRES_CLIENTS else self.https
        chain = self.pki.chain(group.key_type, group.chain)
        results = []
        with pool.serve(chain, self.pki.chain_key(group.key_type, group.chain)) as port:
            for run in runs(group):
                results += self.run_all_ways(group, port, run)
        return results

    def run_all_ways(self, group, port, run):
        results, without_us = [], None
        for way in self.ways:
            if group.program in GNUTLS_CLIENTS and isinstance(way, enforcement.Provider):
                continue
            outcome = self.connect(way, group, port, run)
            without_us = without_us or outcome
            found = scenarios.complaints(run, outcome, without_us, enforced=way is not self.ways[0])
            results.append(Result(group.program, run, way.name, f"{group.key_type}, TLS {run.tls}", outcome,
                                  tuple(found)))
        return results

    def connect(self, way, group, port, run):
        """Runs a driver. Our log goes to stderr only where the log is checked, since programs print it too."""
        scenario = run.scenario
        ca = self.pki.root() if scenario.trusted else self.pki.stranger()
        command = [DRIVERS / group.program, "connect", scenario.host, str(port), ca, f"{run.verification},tls{run.tls}"]
        policy = self.policy(scenario.policy, group.key_type)
        environment = enforcement.environment(way, policy, bool(scenario.verdict), self.runtime)
        return run_driver(command, environment, self.directory)


def run_driver(command, environment, directory):
    # In a session of its own, and with our directory for its temporary files, so that all of it can be removed.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               cwd=directory, env=environment | {"TMPDIR": str(directory)}, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
        return scenarios.Outcome(process.returncode, output.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return scenarios.Outcome(2, f"no end after {TIMEOUT} s\n{output.decode(errors='replace')}")


def runs(group):
    for scenario, verification, tls in itertools.product(scenarios.SCENARIOS, VERIFICATIONS[group.key_type], TLS_VERSIONS):
        able = verification != "chain" or group.program in CHAIN_VERIFIERS
        if scenario.chain == group.chain and verification in scenario.verifications and able:
            yield scenarios.Run(scenario, verification, tls)


def groups(programs):
    for program, key_type, chain in itertools.product(programs, pki_module.KEY_TYPES, pki_module.CHAINS):
        if key_type != "ed25519" or program in ED25519_PROGRAMS:
            group = Group(program, key_type, chain)
            if any(runs(group)):
                yield group


def cell(results):
    bad = sum(1 for result in results if result.complaints)
    if bad:
        return f"FAIL {bad}/{len(results)}"
    run, enforced = results[0].run, results[0].way != "none"
    word = "accepted" if run.scenario.program_accepts(enforced, run.verification) else "refused"
    return f"{word} {len(results)}"


def print_table(results, programs):
    cells = collections.defaultdict(list)
    for result in results:
        cells[result.run.scenario.title(result.run.verification), result.way, result.program].append(result)
    rows = [["scenario", "through", *programs]]
    titles = [scenario.title(verification) for verification in ("verify", "none", "chain") for scenario in scenarios.SCENARIOS]
    for title, way in itertools.product(titles, ("none", "provider", "shim")):
        columns = [cells.get((title, way, program)) for program in programs]
        if any(columns):
            rows.append([title, way, *(cell(column) if column else "-" for column in columns)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def print_failures(results):
    for result in results:
        for complaint in result.complaints:
            print(f"\nFAIL {result.program}, {result.run.scenario.title(result.run.verification)}, {result.way}, "
                  f"{result.variant}: {complaint}")
        if result.complaints:
            print("\n".join(f"  | {line}" for line in result.outcome.output.splitlines()))


def write_results(results, directory):
    """Writes a line for each run, for tests/releases: path, program, way, outcome, whether that was expected."""
    name = "programs-" + "-".join(sorted({result.program for result in results}))
    with open(pathlib.Path(directory) / name, "w", encoding="utf-8") as file:
        for result in results:
            outcome = scenarios.STATUS_WORDS.get(result.outcome.status, f"status {result.outcome.status}")
            expected = "no" if result.complaints else "yes"
            print(result.run.scenario.title(result.run.verification), result.program, result.way, outcome, expected, sep="\t", file=file)


def parse_options():
    parser = argparse.ArgumentParser(description="Unmodified programs against real servers.")
    parser.add_argument("--module", type=pathlib.Path, help="pinning.so")
    parser.add_argument("--preload", type=pathlib.Path, help="libpinning-preload.so")
    parser.add_argument("--certificates", type=pathlib.Path, help="a directory filled by pki.py")
    parser.add_argument("--runtime", type=pathlib.Path, help="of the sanitizer that these were built with")
    parser.add_argument("--program", action="append", choices=PROGRAMS, help="default: all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", default=os.environ.get("PINNING_RESULTS"), metavar="DIRECTORY",
                        help="where to write the outcome of every run; default: $PINNING_RESULTS, if set")
    options = parser.parse_args()
    options.program = options.program or PROGRAMS
    return options


def main():
    options = parse_options()
    os.umask(0o022)  # policies must be readable and not writable by others
    with tempfile.TemporaryDirectory(prefix="pinning-programs-") as name:
        os.chmod(name, 0o755)  # PostgreSQL's own user needs to pass through
        matrix = Matrix(pathlib.Path(name), options)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = [result for part in pool.map(matrix.run_group, groups(options.program)) for result in part]
    print_table(results, options.program)
    print_failures(results)
    if options.results:
        write_results(results, options.results)
    failed = sum(1 for result in results if result.complaints)
    print(f"\n{len(results)} runs, {failed} not as expected")
    return 0 if results and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
