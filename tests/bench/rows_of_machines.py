# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes the rows for the permanent costs of a machine: programs that start, a policy that changes, many files."""

import re
import shutil
import subprocess

import measure
from result import Result
from scene import PINNED_HOST

# No process of another program may spend more than this on loading a new policy.
MOST_MICROSECONDS, MOST_KIBIBYTES = 20000, 4096


# ---- Programs that start


def programs_of(scene):
    """Yields real programs, and what each may cost more than with a provider that does nothing."""
    context = "import ssl; ssl.create_default_context()"
    return (("openssl dgst, no SSL_CTX", ["openssl", "dgst", "-sha256", scene.path("root.pem")], 25000),
            ("ssh -G, no SSL_CTX", ["ssh", "-G", "localhost"], 25000),
            ("curl --version, no SSL_CTX", ["curl", "--version"], 25000),
            ("openssl ciphers", ["openssl", "ciphers"], 60000),
            ("python3, one context", ["/usr/bin/python3", "-S", "-c", context], 60000))


def programs(scene, effort):
    del effort
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    for what, command, limit in programs_of(scene):
        if shutil.which(command[0]) is None:
            raise measure.Failed(f"{command[0]} is not installed")
        base = measure.count_instructions(command, {**scene.with_nothing(), **fixed})
        more = measure.count_instructions(command, {**scene.with_pinning(), **fixed}) - base
        yield Result("programs", f"process start, {what}", "do-nothing provider", more, "instructions more",
                     f"at most {limit}", more <= limit, {"base": base})


# ---- A policy that changes


def changed_policy(scene):
    """A policy of its own, so that its changes do not affect other rows."""
    folder = scene.path("policy-that-changes")
    if not folder.exists():
        # Before it is compiled: pinctl reads all of a policy with new text.
        (folder / "policy.d").mkdir(parents=True)
        scene.make_policy(folder, scene.hosts, scene.pin)
    return folder


def pinctl(scene, folder, *words):
    """(seconds of processor time, peak memory in KiB)"""
    command = [scene.pinctl, *words, "--policy", folder / "policy.cfg"]
    return measure.spent(command, measure.clean_environment(HOME="/nonexistent"))


def edits(scene, effort):
    """The cost of pinctl with all hosts."""
    folder = changed_policy(scene)
    costs = {"add": [], "show": [], "remove": []}
    for number in range(effort.pairs):
        host = f"new{number}.bench.example"
        costs["add"].append(pinctl(scene, folder, "add", host, f"sha256/{scene.pin}"))
        costs["show"].append(pinctl(scene, folder, "show", PINNED_HOST))
        costs["remove"].append(pinctl(scene, folder, "remove", host))
    for verb, values in costs.items():
        seconds, kibibytes = min(value[0] for value in values), max(value[1] for value in values)
        yield Result("edits", f"pinctl {verb} among {scene.hosts} hosts, processor time", "-", seconds, "s", "under 1",
                     seconds < 1, {"all": values})
        yield Result("edits", "the same, most memory held", "-", kibibytes / 1024, "MiB", "at most 64",
                     kibibytes <= 65536)


def numbers(line):
    return {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", line)}


def changes(scene, effort):
    """The cost for processes that verify ten times a second while the policy changes."""
    folder = changed_policy(scene)
    environment = scene.with_provider(scene.module, folder)
    command = [str(word) for word in (scene.program("holder"), scene.path("chain.pem"), scene.path("root.pem"), PINNED_HOST,
                                      100, 10 * effort.pairs)]
    holders = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(effort.pairs)]
    made = 0
    try:
        while any(holder.poll() is None for holder in holders):
            pinctl(scene, folder, "add", f"meanwhile{made}.bench.example", f"sha256/{scene.pin}")
            made += 1
    finally:
        found = [numbers(holder.communicate()[0]) for holder in holders]
    if made < 2 or any(one["refused"] != 0 for one in found):
        raise measure.Failed(f"{made} changes, and {found}")
    highest, rise = max(one["highest_us"] for one in found), max(one["rise_kib"] for one in found)
    details = {"changes": made, "processes": len(found)}
    yield Result("changes", f"a verification while {scene.hosts} hosts change, highest processor time", "-", highest, "us",
                 f"at most {MOST_MICROSECONDS}", highest <= MOST_MICROSECONDS, details)
    yield Result("changes", "the same, highest rise of memory in one", "-", rise, "KiB", f"at most {MOST_KIBIBYTES}",
                 rise <= MOST_KIBIBYTES, details)


# ---- Many files


def policy_of_files(scene, count):
    """Writes a drop-in for each host."""
    folder = scene.path(f"policy-of-{count}-files")
    drop_ins = folder / "policy.d"
    drop_ins.mkdir(parents=True)
    (folder / "policy.cfg").write_text("version = 1;\n")
    for number in range(count):
        host = PINNED_HOST if number == 0 else f"host{number}.bench.example"
        (drop_ins / f"{number:06}.cfg").write_text(f'hosts = ( {{ name = "{host}"; pins = [ "sha256/{scene.pin}" ]; }} );\n')
    pinctl(scene, folder, "compile")
    return folder


def files(scene, effort):
    many = effort.files
    few = many // 10
    folders = {count: policy_of_files(scene, count) for count in (few, many)}
    command = [scene.program("start")]

    def start(folder):
        return measure.count_instructions(command, scene.with_provider(scene.module, folder))

    one, some, all_of_them = start(scene.policy(1)), start(folders[few]), start(folders[many])
    yield Result("files", f"process start, {many} drop-ins", "one file", all_of_them - one, "instructions more",
                 "at most 200000", all_of_them - one <= 200000)
    yield Result("files", "the same", f"{few} drop-ins", all_of_them - some, "instructions more", "at most 5000",
                 all_of_them - some <= 5000)
    seconds, kibibytes = pinctl(scene, folders[many], "add", "new.bench.example", f"sha256/{scene.pin}")
    yield Result("files", f"pinctl add among {many} drop-ins, processor time", "-", seconds, "s", "under 1", seconds < 1,
                 {"kibibytes": kibibytes})
    for folder in folders.values():
        shutil.rmtree(folder)


# ---- The shim


def shim_of_curl(scene, effort):
    """The shim's own part: its cost beyond a library that only loads pinning.so."""
    del effort
    with scene.server(4) as port:
        command = scene.curl(port)
        base = measure.count_instructions(command, scene.with_least_preload())
        more = measure.count_instructions(command, scene.with_shim()) - base
    yield Result("shim-of-curl", "curl under the shim", "a library that only loads pinning.so", more, "instructions more",
                 "at most 60000", more <= 60000, {"base": base})


# ---- Lookups


def lookup_instructions(scene, effort):
    """Clock times of lookups depend on the machine; instructions are the same on every one."""
    del effort
    names, rounds = 8, 100

    def count(rounds):
        return measure.count_instructions([scene.program("lookup"), scene.policy(scene.hosts) / "policy.db", scene.hosts,
                                           names, rounds], measure.clean_environment())

    both = (count(2 * rounds) - count(rounds)) / rounds / names
    yield Result("lookup-instructions", f"a covered and an uncovered lookup among {scene.hosts} hosts, together", "-", both,
                 "instructions", "at most 5000", both <= 5000)
