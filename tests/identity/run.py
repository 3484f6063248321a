#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Verdict identity: if no pin applies, OpenSSL verifies certificates as it does without pinning.

    run.py --cases x509-limbo.json.xz --program verify-cases --module pinning.so

Runs all cases without the provider, with it and an empty policy, and with a policy for other hosts with names like those
of the cases. All that a program can notice must be the same, byte for byte. A last run, with wrong pins for the hosts of
the cases, shows that the comparison can fail. Exits with 1 if something differs, with 77 if the cases are missing.
"""

import argparse
import collections
import concurrent.futures
import datetime
import ipaddress
import json
import lzma
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from openssl_conf import openssl_conf  # noqa: E402

SKIPPED = 77
APPLICATION_VERIFICATION = "50"
WRONG_PIN = "sha256/" + "A" * 43 + "="
HOST_NAME = re.compile(r"([a-z0-9-]+\.)*[a-z0-9-]*[a-z][a-z0-9-]*")
NAME_KEYWORDS = {"DNS": "host", "IP": "ip", "RFC822": "email"}


def expected_names(case):
    names = [case["expected_peer_name"]] if case["expected_peer_name"] else []
    return names + case["expected_peer_names"]


def case_lines(case, now):
    """One case as case_file.h describes it. A case without a time of its own gets `now`, the same in all runs."""
    yield f"case {case['id']}"
    yield f"for {case['validation_kind'].lower()}"
    moment = case["validation_time"]
    seconds = int(datetime.datetime.fromisoformat(moment).timestamp()) if moment else now
    yield f"time {seconds}"
    if case["max_chain_depth"] is not None:
        yield f"depth {case['max_chain_depth']}"
    for name in expected_names(case)[:1]:
        yield f"{NAME_KEYWORDS[name['kind']]} {name['value']}"
    for keyword, field in (("trusted", "trusted_certs"), ("untrusted", "untrusted_intermediates"), ("crl", "crls")):
        for pem in case[field]:
            yield f"{keyword}\n{pem.strip()}"
    yield f"peer\n{case['peer_certificate'].strip()}"
    yield "end"


def load_cases(path):
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)["testcases"]


def hosts_of(cases):
    """The names in the cases that a policy can name, spelt as in a policy."""
    names = {name["value"] for case in cases for name in expected_names(case)}
    return {name for name in names if is_address(name) or HOST_NAME.fullmatch(name)}


def is_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def near(host):
    """Hosts with similar names that no case uses."""
    if is_address(host):
        return {"198.51.100.7", "2001:db8::7"}
    return {f"not-{host}", f"below.deep.{host}", f"{host}.elsewhere.example"}


def policy_text(hosts):
    entries = [f'  {{ name = "{host}"; pins = [ "{WRONG_PIN}" ]; }}' for host in sorted(hosts)]
    listed = ",\n".join(entries)
    return f"version = 1;\nhosts = (\n{listed}\n);\n" if entries else "version = 1;\n"


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, pathlib.Path(directory)
        self.cases = self.directory / "cases"

    def run(self, name, hosts):
        """The lines of all cases. `hosts`, unless None, are pinned to a key that no certificate has."""
        config = self.directory / f"{name}.cnf"
        text, command = openssl_conf(), [self.options.program, self.cases]
        if hosts is not None:
            policy = self.directory / f"{name}.cfg"
            policy.write_text(policy_text(hosts), encoding="ascii")
            text = openssl_conf(self.options.module.resolve(), policy)
            command.append("pinning")
        config.write_text(text, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PINNING_")}
        done = subprocess.run(command, env={**environment, "OPENSSL_CONF": str(config)}, stdout=subprocess.PIPE,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"{name}: status {done.returncode}")
        return done.stdout.splitlines()


def differences(name, without, lines):
    found = [(a, b) for a, b in zip(without, lines) if a != b]
    for a, b in found[:10]:
        print(f"{name}:\n  without: {a.decode()}\n  with:    {b.decode()}")
    more = abs(len(without) - len(lines))
    print(f"{name}: {len(found) + more} of {len(without)} differ")
    return len(found) + more


def wrongly_pinned(cases, hosts, without, lines):
    """With wrong pins for their hosts, OpenSSL must refuse exactly the cases that it accepts by such a name."""
    wrong, refused = 0, 0
    for case, before, after in zip(cases, without, lines):
        pinned = any(name["value"] in hosts for name in expected_names(case)[:1])
        before, after = before.decode().split("\t"), after.decode().split("\t")
        must_refuse = pinned and before[1] == "1"
        refused += must_refuse
        if must_refuse and after[1:3] != ["0", APPLICATION_VERIFICATION]:
            wrong += 1
        if not must_refuse and after[1] != before[1]:
            wrong += 1
    print(f"wrong pins: {refused} accepted without us are to be refused; {wrong} are not as expected")
    return wrong if refused else 1


def parse_options():
    parser = argparse.ArgumentParser(description="Verdict identity.")
    for name in ("cases", "program", "module"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    return parser.parse_args()


def summary(cases, lines):
    verdicts = collections.Counter(line.split(b"\t")[1].decode() for line in lines)
    agree = sum((line.split(b"\t")[1] == b"1") == (case["expected_result"] == "SUCCESS")
                for case, line in zip(cases, lines))
    words = {"1": "accepted", "0": "refused"}
    print(f"{len(cases)} cases: " + ", ".join(f"{count} {words.get(word, word)}" for word, count in verdicts.items())
          + f"; as their author expects: {agree}")


def main():
    options = parse_options()
    if not options.cases.exists():
        print(f"{options.cases} is not there")
        return SKIPPED
    os.umask(0o022)
    cases = load_cases(options.cases)
    hosts = hosts_of(cases)
    others = {other for host in hosts for other in near(host)} - hosts
    with tempfile.TemporaryDirectory(prefix="pinning-identity-") as directory:
        bench, now = Bench(options, directory), int(time.time())
        lines = [line + "\n" for case in cases for line in case_lines(case, now)]
        bench.cases.write_text("".join(lines), encoding="utf-8")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(bench.run, *run) for run in (("without", None), ("empty policy", set()),
                                                             ("other hosts", others), ("wrong pins", hosts))]
            without, empty, other, wrong = (run.result() for run in runs)
    if not cases or len(without) != len(cases):
        sys.exit(f"{len(without)} lines for {len(cases)} cases")
    summary(cases, without)
    failed = differences("empty policy", without, empty) + differences("other hosts", without, other)
    failed += wrongly_pinned(cases, hosts, without, wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
