#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""growth.py [--verb WORD]... [--kind KIND]... PINCTL [SIZE...]: measures how the cost of each verb grows with hosts, lines or pins.

Runs each verb that reads a policy, a log or a list with 10^3, 10^4 and 10^5 hosts, or with the given sizes. Prints processor
time, peak memory, and the exponents of both between the last two sizes: 1 is linear. Without sizes, it also checks what is
promised for 10^6 hosts. Exits with 1 if an exponent is above 1.1, a promise is not kept, or a verb failed. It takes minutes,
so it is no everyday test. KIND is one of the functions below that make a policy, or "million". A run that takes MOST_SECONDS
of processor time is ended, so the total time is bounded. Each line is printed as soon as its row is measured.

The cost for a policy of one host is the start of the program. It is subtracted before the exponent is worked out, because it
would hide growth. If less than 0.2 s or 4 MiB remain at the largest size, there is no growth to measure, and the exponent is
shown as "-". Less than a tenth of these at the size before counts as a tenth, since clocks are no finer.

A program first reuses memory that it freed after its start, so some MiB of growth do not show in its peak memory, and the
figure of the smaller size is too low by them. So a row that looks steep is measured again at twice and at MORE times the
largest size, where that memory is used up. It counts as steep if it is steep there: its time from the largest size to MORE
times that; its memory by how much more the second doubling adds than the first, so that constants cancel out."""

import contextlib
import math
import os
import shutil
import subprocess
import sys
import tempfile

import growth_lists

MOST = 1.1
LEAST_SECONDS, LEAST_KIBIBYTES = 0.2, 4096
# A shorter run is repeated and its minimum counts, because other load on the machine can only add to it.
BRIEF, REPETITIONS = 0.2, 3
# Two doublings of the largest size.
MORE = 4
USUAL_SIZES = (1000, 10000, 100000)
# Names with an entry for each port have at most this many.
MOST_PORTS = 65535
# No verb may take longer than this at any size.
MOST_SECONDS = 300
A = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def pin(number):
    return f"{number:064x}"


def write(folder, name, pieces):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.writelines(pieces)
    return path


# ---- Policies: each makes the entries of `hosts` hosts


def one_file(folder, hosts):
    """All hosts in the main file."""
    os.mkdir(os.path.join(folder, "policy.d"))
    write(folder, "policy.cfg", ("version = 1;\nhosts = (\n", *(
        f'  {{ name = "h{i}.example.org"; pins = [ "{pin(i)}", "{pin(i + hosts)}" ]; }},\n' for i in range(hosts)),
        '  { name = "last.example"; mode = "off"; }\n);\n'))


def many_files(folder, hosts):
    """A file for each tenth of as many hosts."""
    write(folder, "policy.cfg", ("version = 1;\n",))
    for i in range(max(1, hosts // 10)):
        write(folder, f"policy.d/h{i}.cfg", (f'hosts = ( {{ name = "h{i}.example.org"; pins = [ "{pin(i)}" ]; }} );\n',))


def many_ports(folder, hosts):
    """Names with an entry for each port."""
    write(folder, "policy.cfg", ("version = 1;\nhosts = (\n", *(
        f'  {{ name = "h{i // MOST_PORTS}.example.org"; ports = [ {i % MOST_PORTS + 1} ]; pins = [ "{pin(i)}" ]; }},\n'
        for i in range(hosts)), '  { name = "last.example"; mode = "off"; }\n);\n'))


def one_set(folder, hosts):
    """A tenth as many hosts, all with one pin set of 100 pins."""
    pins = ",\n".join(f'"{pin(i)}"' for i in range(100))
    write(folder, "policy.cfg", (f"version = 1;\npinsets = {{ all = [\n{pins} ]; }};\nhosts = (\n", *(
        f'  {{ name = "h{i}.example.org"; pins = [ "@all" ]; }},\n' for i in range(max(1, hosts // 10))),
        '  { name = "last.example"; mode = "off"; }\n);\n'))


def many_pins(folder, hosts):
    """One entry with as many pins, backup pins and fingerprints, and as many blocked keys."""
    lists = {"pins": 1, "backup_pins": hosts + 1, "fingerprints": 2 * hosts + 1}
    write(folder, "policy.cfg", ("version = 1;\nblocked_keys = [\n", ",\n".join(f'"{pin(3 * hosts + 1 + i)}"' for i in range(hosts)),
                                 ' ];\nhosts = ( { name = "h0.example.org";\n', *(
        f"{name} = [\n" + ",\n".join(f'"{pin(first + i)}"' for i in range(hosts)) + " ];\n" for name, first in lists.items()), "} );\n"))


def one_line(folder, hosts):
    """All hosts in one line of the main file."""
    write(folder, "policy.cfg", ("version = 1; hosts = ( ", *(
        f'{{ name = "h{i}.example.org"; pins = [ "{pin(i)}" ]; }}, ' for i in range(hosts)), '{ name = "last.example"; mode = "off"; } );\n'))


# ---- What else the verbs read


def log_line(number, name):
    return (f"2026-11-2{number % 9}T08:00:{number % 60:02}Z machine pinning[7]: verdict=audited reason=no-pin host={name} port=443 mode=audit "
            f'entry=/etc/pinning/policy.cfg:3 certificate=good key0="{A} CN=x" expected="pins {A}" program=curl pid=7 uid=1000\n')


def make_files(folder, hosts, rows):
    """Writes what the rows read beside the policy: a chain, a new policy, logs, lists of hosts and lists in other formats."""
    words = {word for row in rows for word in row.words}

    def write_wanted(name, pieces):
        if any(name in word for word in words):
            write(folder, name, pieces())

    write_wanted("auth.log", lambda: (log_line(i, f"h{i}.example.org") for i in range(hosts)))
    write_wanted("one-host.log", lambda: (log_line(i, "h1.example.org").replace(A, growth_lists.b64(i)) for i in range(hosts)))
    write_wanted("covered.txt", lambda: (f"h{i}.example.org\n" for i in range(hosts)))
    write_wanted("others.txt", lambda: (f"x{i}.example.com\n" for i in range(hosts)))
    for name, (make, _) in growth_lists.LISTS.items():
        write_wanted(f"{name}.list", lambda make=make: (make(hosts),))
    write_wanted("chromium.list.pins", lambda: (growth_lists.chromium_pins(hosts),))
    write(folder, "editor", ('#!/bin/sh\necho "# edited" >> "$1"\n',))
    os.chmod(os.path.join(folder, "editor"), 0o755)
    os.mkdir(os.path.join(folder, "recorded"))
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
             "-out", "chain.pem", "-days", "9", "-subj", "/CN=h1.example.org", "-addext", "subjectAltName=DNS:h1.example.org"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-in", "chain.pem", "-outform", "der", "-out", "one.cer"], cwd=folder, check=True)
    os.mkdir(os.path.join(folder, "coming"))
    shutil.copy(os.path.join(folder, "policy.cfg"), os.path.join(folder, "coming", "policy.cfg"))


class Row:
    """A verb and its words; {folder} in them is replaced. statuses: allowed exit statuses. changes: it changes the policy, so
    it is run once. promised: seconds and MiB for a million hosts; None: nothing is promised, so that size is not run."""

    def __init__(self, *words, statuses=(0,), changes=False, promised=None, operands=None):
        self.words, self.statuses, self.changes, self.promised, self.operands = words, statuses, changes, promised, operands

    def name(self):
        return " ".join(word.replace("{folder}/", "") for word in self.words) + (" HOST..." if self.operands else "")

    def command(self, pinctl, folder, hosts):
        return [pinctl, *(word.format(folder=folder) for word in self.words), *(self.operands(hosts) if self.operands else ())]


def tenth(hosts):
    """Names of hosts as operands, as many as fit on a command line."""
    return [f"h{i}.example.org" for i in range(max(1, min(hosts // 10, 10000)))]


# Nothing listens at this address.
NOBODY = ("--connect", "::127.0.0.1:1")
ASKING = (*NOBODY, "--timeout", "5")
LEARNING = ("--no-history", "--system-anchors", "{folder}/chain.pem", "--json", *ASKING)
MONITORED = ("json", "nagios", "prometheus", "html")
EXPORTED = ("android", "envoy", "okhttp", "tlsa", "trustkit")

OF_ANY_POLICY = [
    Row("compile", promised=(15, 640)), Row("check", statuses=(0, 1)), Row("list", promised=(30, 128)), Row("list", "--json", promised=(60, 128)),
    Row("list", "h*.example.org"), Row("show", "h0.example.org", promised=(0.1, 32)), Row("status", statuses=(0, 1), promised=(1, 32)),
    Row("explain", "h0.example.org", "--chain", "{folder}/chain.pem", statuses=(1,), promised=(0.2, 32)),
    Row("graph", "h0.example.org", "--chain", "{folder}/chain.pem", statuses=(1,), promised=(0.2, 32)),
    Row("diff"), Row("diff", "{folder}/coming/policy.cfg", statuses=(0, 1)),
    Row("add", "new.example", pin(1), "--yes", "--dry-run", promised=(1, 64)),
    Row("add", "new.example", pin(1), "--yes", changes=True, promised=(1, 64)),
    Row("rename", "new.example", "other.example", "--yes", changes=True, promised=(1, 64)),
    Row("undo", changes=True, promised=(1, 64)), Row("changes"),
    Row("remove", "new.example", "--yes", changes=True, promised=(1, 64)),
    Row("pause", "h1.example.org", changes=True, promised=(0.1, 32)), Row("resume", changes=True),
    Row("history", "h1.example.org", "--history", "{folder}/history.db", statuses=(0, 1, 3)),
]
OF_ALL_HOSTS = [
    Row("list", operands=tenth),
    Row("edit", changes=True),
    *(Row("export", "--lossy", "--format", name) for name in EXPORTED),
    Row("export", "--lossy", "--format", "chromium", "--pins", "{folder}/exported.pins"),
    Row("export", "--lossy", "--format", "windows", "--certificate", "{folder}/chain.pem", statuses=(0, 1)),
    Row("export", "--lossy", "--format", "postfix", "--port", "443"),
    Row("export", "--lossy", "--format", "curl", "h0.example.org", promised=(0.2, 32)),
    Row("export", "--lossy", "--format", "hpkp", "h0.example.org"),
    Row("export", "--lossy", "--format", "okhttp", operands=tenth),
    Row("monitor", "--no-history", *ASKING, statuses=(1,)),
    *(Row("monitor", "--no-history", "--hosts", "{folder}/others.txt", "--format", name, *ASKING, statuses=(0, 1, 2)) for name in MONITORED),
    Row("scan", "--all", *ASKING, statuses=(1, 3)),
    Row("record", "--output", "{folder}/recorded", *ASKING, statuses=(0, 1, 3)), Row("test", "--recorded", "{folder}/recorded", statuses=(0, 1)),
    Row("rotate", "--report", "--all", *ASKING, statuses=(0, 1, 3)),
]
OF_LISTS = [
    *(Row("import", f"{{folder}}/{name}.list", "--format", name, "--lossy", "--dry-run",
          *(word.replace("{list}", f"{{folder}}/{name}.list") for word in words)) for name, (_, words) in growth_lists.LISTS.items()),
    Row("import", "{folder}/okhttp.list", "--format", "okhttp", "--lossy", changes=True),
    Row("remove", "--list", "okhttp", changes=True),
]
OF_LOGS = [
    Row("log", "--file", "{folder}/auth.log", statuses=(0, 1), promised=(60, 128)),
    Row("log", "--json", "--file", "{folder}/auth.log", statuses=(0, 1), promised=(120, 128)),
    Row("log", "--file", "{folder}/auth.log", "--format", "prometheus"),
    Row("log", "--file", "{folder}/one-host.log", "--host", "h1.example.org", statuses=(0, 1)),
    Row("learn", "--file", "{folder}/auth.log", *LEARNING), Row("learn", "--file", "{folder}/one-host.log", *LEARNING),
    Row("learn", "--file", "/dev/null", "--from-hosts", "{folder}/covered.txt", *LEARNING),
    Row("learn", "--file", "/dev/null", "--from-hosts", "{folder}/others.txt", *LEARNING),
]
RUNS = ((one_file, OF_ANY_POLICY + OF_ALL_HOSTS + OF_LISTS + OF_LOGS), (many_files, OF_ANY_POLICY), (many_ports, OF_ANY_POLICY),
        (one_set, OF_ANY_POLICY), (many_pins, OF_ANY_POLICY), (one_line, OF_ANY_POLICY))


# ---- Measuring


# Starts a command from a small process, because the peak memory of a process includes the time before its exec.
STARTER = """import os, resource, sys
child = os.fork()
if child == 0:
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]),) * 2)
    os.execv(sys.argv[3], sys.argv[3:])
_, state, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(state), file=file)
"""


def run_once(command, folder):
    """(processor seconds, KiB, exit status)"""
    usage = os.path.join(folder, "usage")
    environment = {**os.environ, "PINNING_POLICY": os.path.join(folder, "policy.cfg"), "EDITOR": os.path.join(folder, "editor"),
                   "LC_ALL": "C.UTF-8"}
    environment.pop("VISUAL", None)
    with open(os.path.join(folder, "messages"), "wb") as messages:
        subprocess.run([sys.executable, "-I", "-S", "-c", STARTER, usage, str(MOST_SECONDS), *command], env=environment, cwd=folder,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages, check=True)
    with open(usage, encoding="ascii") as file:
        seconds, kibibytes, status = file.read().split()
    return float(seconds), int(kibibytes), int(status)


def run(row, pinctl, folder, hosts, brief=BRIEF):
    command = row.command(pinctl, folder, hosts)
    runs = [run_once(command, folder)]
    while not row.changes and runs[0][0] < brief and len(runs) < REPETITIONS:
        runs.append(run_once(command, folder))
    if runs[0][2] not in row.statuses:
        with open(os.path.join(folder, "messages"), encoding="utf-8", errors="replace") as file:
            print(f"  {row.name()}: exit status {runs[0][2]} at {hosts}: {file.read(300).strip()}", flush=True)
        return None
    return min(seconds for seconds, _, _ in runs), max(kibibytes for _, kibibytes, _ in runs)


def made(stack, make, hosts, rows):
    """Makes a folder with a policy and files of that many hosts; it is removed when the stack is left."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pinning-growth-"))
    os.chmod(folder, 0o755)
    make(folder, hosts)
    make_files(folder, hosts, rows)
    return folder


def exponent(start, small, large, least, factor):
    """The exponent, or None if the difference is too small to measure."""
    if large - start < least:
        return None
    return math.log((large - start) / max(small - start, least / 10)) / math.log(factor)


def judge(row, figures, factor, again=""):
    """Prints a line. figures: for one host, then for each size; if `again`, for the largest size, twice and MORE times that.
    Returns whether the row is not steep, or None if the verb failed."""
    if None in figures:
        return None
    shown = []
    steep = False
    for column, least in ((0, LEAST_SECONDS), (1, LEAST_KIBIBYTES)):
        start, *_, small, large = (figure[column] for figure in figures)
        if again and column == 0:
            value = exponent(start, figures[1][column], large, least, MORE)
        elif again:
            value = exponent(0, small - figures[1][column], large - small, least, 2)
        else:
            value = exponent(start, small, large, least, factor)
        shown.append("-" if value is None else f"{value:.2f}")
        steep = steep or (value is not None and value > MOST)
    cells = "  ".join(f"{seconds:7.2f} s {kibibytes / 1024:6.1f} MiB" for seconds, kibibytes in figures)
    print(f"  {(again or row.name())[:40]:40} {cells}  time {shown[0]:>5}  memory {shown[1]:>5}", "STEEP" if steep else "", flush=True)
    return not steep


class More:
    """A folder with more hosts, made when a row is steep. The earlier rows have made their changes in it."""

    def __init__(self, stack, make, hosts):
        self.stack, self.make, self.hosts, self.folder, self.next = stack, make, hosts, None, 0

    def run(self, pinctl, rows, index):
        self.folder = self.folder or made(self.stack, self.make, self.hosts, rows)
        for row in rows[self.next:index]:
            if row.changes or row.words[0] == "compile":
                run_once(row.command(pinctl, self.folder, self.hosts), self.folder)
        self.next = index + 1
        return run(rows[index], pinctl, self.folder, self.hosts, math.inf)


def grown(pinctl, make, rows, sizes):
    """Returns how many rows are steep or failed."""
    print(f"{make.__doc__} 1, {', '.join(map(str, sizes))}", flush=True)
    bad = 0
    with contextlib.ExitStack() as stack:
        folders = [(made(stack, make, hosts, rows), hosts) for hosts in (1, *sizes)]
        more = [More(stack, make, times * sizes[-1]) for times in (2, MORE)]
        for i, row in enumerate(rows):
            figures = [run(row, pinctl, *folder) for folder in folders]
            sound = judge(row, figures, sizes[-1] / sizes[-2])
            if sound is False:
                if not row.changes:
                    figures[-1] = run(row, pinctl, *folders[-1], math.inf)
                last = [figures[0], figures[-1], *(one.run(pinctl, rows, i) for one in more)]
                sound = judge(row, last, 2, f"  again: 1, {', '.join(str(times * sizes[-1]) for times in (1, 2, MORE))}")
            bad += not sound
    return bad


def promised(pinctl, rows):
    """Checks what is promised for a million hosts. Returns how many promises are not kept."""
    rows = [row for row in rows if row.promised]
    print("One million hosts in the main file, or lines", flush=True)
    broken = 0
    with contextlib.ExitStack() as stack:
        folder = made(stack, one_file, 1000000, rows)
        for row in rows:
            seconds, kibibytes = run(row, pinctl, folder, 1000000) or (math.inf, math.inf)
            kept = seconds <= row.promised[0] and kibibytes / 1024 <= row.promised[1]
            broken += not kept
            print(f"  {row.name()[:40]:40} {seconds:7.2f} s {kibibytes / 1024:6.1f} MiB  of {row.promised[0]} s, {row.promised[1]} MiB",
                  "" if kept else "BROKEN", flush=True)
    return broken


def main():
    words = sys.argv[1:]
    verbs, kinds = [], []
    while words[:1] in (["--verb"], ["--kind"]):
        (verbs if words[0] == "--verb" else kinds).append(words[1])
        words = words[2:]
    pinctl = os.path.abspath(words[0])
    sizes = [int(word) for word in words[1:]] or list(USUAL_SIZES)
    bad = 0
    for make, rows in RUNS:
        if kinds and make.__name__ not in kinds:
            continue
        # Most verbs read the compiled form.
        chosen = [row for row in rows if not verbs or row.words[0] in (*verbs, "compile")]
        bad += grown(pinctl, make, chosen, sizes)
    if len(words) == 1 and (not kinds or "million" in kinds):
        bad += promised(pinctl, [row for row in RUNS[0][1] if not verbs or row.words[0] in (*verbs, "compile")])
    print(f"{bad} rows are steep, broken or failed" if bad else "Every row is sound")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
