# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Counts instructions, and compares two commands whose cost varies from run to run."""

import collections
import dataclasses
import math
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

VALGRIND = "valgrind"


class Failed(Exception):
    """A command did not do what should be measured, so there is no number."""


def clean_environment(**variables):
    """An environment without the caller's variables that change what OpenSSL or the linker does."""
    return {"PATH": os.defpath, "LC_ALL": "C", **{name: str(value) for name, value in variables.items()}}


def finish(command, environment):
    return subprocess.run([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


def ends_well(command, environment):
    return finish(command, environment).returncode == 0


def run(command, environment):
    """The standard output of a command that must succeed."""
    done = finish(command, environment)
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


class Counter:
    """Counts the instructions that a process executes in user space, from its first to its last. Within the block, the
    process has to be started with `prefix` in front of its command."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.profile = pathlib.Path(self.folder.name, "profile")
        self.prefix = [VALGRIND, "--quiet", "--tool=callgrind", f"--callgrind-out-file={self.profile}"]
        return self

    def __exit__(self, *exception):
        self.folder.cleanup()

    def count(self):
        """The total; call this after the process has ended."""
        found = self.profile.exists() and re.search(r"^(?:summary|totals): (\d+)", self.profile.read_text(), re.MULTILINE)
        if not found:
            raise Failed("callgrind counted nothing")
        return int(found.group(1))

    def costs(self):
        """The instructions of each object."""
        if not self.profile.exists():
            raise Failed("callgrind counted nothing")
        return costs_of(self.profile.read_text().splitlines())


@dataclasses.dataclass
class Costs:
    """By names of objects: the instructions of each one itself, and those of calls from one to another with all below."""

    own: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    calls: collections.Counter = dataclasses.field(default_factory=collections.Counter)


def costs_of(lines):
    """Reads a profile of callgrind, as its manual describes in "Callgrind Format Specification"."""
    costs, names = Costs(), {}
    at, called, is_call = None, None, False

    def named(text):
        number, _, path = text.partition(" ")
        return names.setdefault(number, os.path.basename(path))

    for line in lines:
        key, _, value = line.partition("=")
        if key == "ob":
            at = called = named(value)
        elif key == "cob":
            called = named(value)
        elif key == "calls":
            is_call = True
        elif line[:1] in "+-*0123456789" and line:
            cost = int(line.split()[1])
            if is_call:
                costs.calls[at, called] += cost
                is_call, called = False, at
            else:
                costs.own[at] += cost
    return costs


def count_instructions(command, environment):
    with Counter() as counter:
        run([*counter.prefix, *command], environment)
        return counter.count()


def median_interval(values):
    """The median, and an interval that contains the true one in at least 95 of 100 cases, whatever the distribution (order
    statistics). With fewer than six values it is their whole range, which contains the true median less often."""
    ordered = sorted(values)
    count = len(ordered)
    rank, tail = 0, 0.0
    while rank < (count - 1) // 2:
        tail += math.comb(count, rank) / 2**count
        if 2 * tail > 0.05:
            break
        rank += 1
    rank = max(rank - 1, 0)
    return statistics.median(ordered), (ordered[rank], ordered[count - 1 - rank])


def paired(first, second, pairs):
    """Runs two measurements in turn, so that other load on the machine affects both. The order changes from pair to
    pair. Returns the values of both."""
    values = ([], [])
    for number in range(pairs):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for which in order:
            values[which].append((first, second)[which]())
    return values


def wall_seconds(command, environment):
    began = time.monotonic()
    run(command, environment)
    return time.monotonic() - began


def spent(command, environment):
    """Runs a command that must succeed. Returns its seconds of processor time, with the kernel's for it, and its peak memory
    in KiB."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise Failed(f"{command[0]} ended with {process.returncode}: {output.read().decode(errors='replace')[-500:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def line_of_second(command, environment):
    """The output of a process that runs while another one, started the same way before it, still exists."""
    words = [str(word) for word in command]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen(words, **pipes) as first:
        if not first.stdout.readline():
            raise Failed(f"{command[0]} prints nothing")
        line = run(command, environment)
        first.stdin.close()
    return line
