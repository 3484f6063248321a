#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""growth.py PINCTL [HOSTS...]: how the cost of each verb grows with the number of hosts.

Runs each verb at 10^3, 10^4 and 10^5 hosts, or as many as are given, and prints processor time, the highest memory, and
the exponents of both between the last two sizes: 1 is linear. Exit status 1 where one is above 1.1. Not a test: it
takes minutes."""

import math
import os
import subprocess
import sys
import tempfile

MOST = 1.1
# Less than this is the start of the program, and says nothing of how it grows.
LEAST_SECONDS, LEAST_KIBIBYTES = 0.05, 16384


def pin(number):
    return f"{number:064x}"


def one_file(folder, hosts):
    """All hosts in the main file."""
    with open(os.path.join(folder, "policy.cfg"), "w", encoding="ascii") as file:
        file.write("version = 1;\nhosts = (\n")
        for i in range(hosts):
            file.write(f'  {{ name = "h{i}.example.org"; pins = [ "{pin(i)}", "{pin(i + hosts)}" ]; }},\n')
        file.write('  { name = "last.example"; mode = "off"; }\n);\n')


def many_files(folder, hosts):
    """A file for each tenth of as many hosts."""
    os.mkdir(os.path.join(folder, "policy.d"))
    with open(os.path.join(folder, "policy.cfg"), "w", encoding="ascii") as file:
        file.write("version = 1;\n")
    for i in range(hosts // 10):
        with open(os.path.join(folder, "policy.d", f"h{i}.cfg"), "w", encoding="ascii") as file:
            file.write(f'hosts = ( {{ name = "h{i}.example.org"; pins = [ "{pin(i)}" ]; }} );\n')


def many_ports(folder, hosts):
    """One name, with an entry for each port."""
    with open(os.path.join(folder, "policy.cfg"), "w", encoding="ascii") as file:
        file.write("version = 1;\nhosts = (\n")
        for i in range(min(hosts, 65535)):
            file.write(f'  {{ name = "h1.example.org"; ports = [ {i + 1} ]; pins = [ "{pin(i)}" ]; }},\n')
        file.write('  { name = "last.example"; mode = "off"; }\n);\n')


POLICIES = (one_file, many_files, many_ports)
VERBS = (("compile",), ("check",), ("list",), ("list", "--json"), ("show", "h1.example.org"), ("status",),
         ("add", "new.example", pin(1)), ("remove", "new.example"), ("export", "--format", "hpkp"))


def run(pinctl, folder, words):
    """Seconds of processor time, and KiB."""
    environment = {**os.environ, "PINNING_POLICY": os.path.join(folder, "policy.cfg")}
    process = subprocess.Popen([pinctl, *words, "--policy", os.path.join(folder, "policy.cfg")], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def exponent(small, large, least, factor):
    """None: too little to say."""
    if large < least:
        return None
    return math.log(max(large, 1e-9) / max(small, least / 10)) / math.log(factor)


def grown(pinctl, make, sizes):
    """The figures of each verb at each size."""
    figures = {words: [] for words in VERBS}
    for hosts in sizes:
        with tempfile.TemporaryDirectory(prefix="pinning-growth-") as folder:
            os.chmod(folder, 0o755)
            make(folder, hosts)
            for words in VERBS:
                figures[words].append(run(pinctl, folder, words))
    return figures


def main():
    pinctl = sys.argv[1]
    sizes = [int(word) for word in sys.argv[2:]] or [1000, 10000, 100000]
    steep = 0
    for make in POLICIES:
        print(f"{make.__doc__} {', '.join(map(str, sizes))} hosts")
        for words, figures in grown(pinctl, make, sizes).items():
            factor = sizes[-1] / sizes[-2]
            if make is many_ports:
                factor = min(sizes[-1], 65535) / min(sizes[-2], 65535)
            time = exponent(figures[-2][0], figures[-1][0], LEAST_SECONDS, factor)
            memory = exponent(figures[-2][1], figures[-1][1], LEAST_KIBIBYTES, factor)
            above = [value for value in (time, memory) if value is not None and value > MOST]
            steep += len(above)
            cells = "  ".join(f"{seconds:8.2f} s {kibibytes / 1024:7.1f} MiB" for seconds, kibibytes in figures)
            shown = ["-" if value is None else f"{value:.2f}" for value in (time, memory)]
            print(f"  {' '.join(words)[:24]:24} {cells}  time {shown[0]:>5}  memory {shown[1]:>5}", "STEEP" if above else "",
                  flush=True)
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main())
