# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes the rows of the table: each function measures one subject and yields its results."""

import concurrent.futures
import dataclasses
import json
import os
import re
import statistics

import measure
import rows_of_gnutls
import rows_of_machines
import rows_of_sessions
from result import Result
from scene import ELSEWHERE, ELSEWHERE_ADDRESS, OTHER_HOST, PINNED_HOST

# CertShim (Bates et al., "Securing SSL Certificate Verification through Dynamic Linking", 2014).
CERTSHIM_NANOSECONDS = 20e6


@dataclasses.dataclass
class Effort:
    """How often and how long each row measures."""

    handshakes: int  # counted in one process, after the first
    layouts: int  # of the heap, in each of which they are counted
    pairs: int  # of processes, where the clock is looked at
    sockets: int  # idle ones of a program that names no host
    nameless: int  # handshakes of it by the clock
    threaded: int  # handshakes of each thread
    verifications: int
    rounds: int  # over all names, of lookups
    files: int  # in policy.d


def percent(value, base):
    return 100 * (value - base) / base


def start(scene, effort):
    del effort
    program = [scene.program("start")]
    base = measure.count_instructions(program, scene.with_nothing())
    more = {hosts: measure.count_instructions(program, scene.with_pinning(hosts)) - base for hosts in scene.sizes}
    yield Result("start", f"process start, policy of {scene.hosts} hosts", "do-nothing provider", more[scene.hosts],
                 "instructions more", "at most 60000", more[scene.hosts] <= 60000,
                 {"base": base, "more": {str(hosts): count for hosts, count in more.items()}})

    without = measure.count_instructions(program, scene.with_no_policy()) - base - more[scene.sizes[0]]
    yield Result("start", "process start, no policy at all", f"a policy of {scene.sizes[0]}", without, "instructions more",
                 "at most 0", without <= 0)

    # Not a share of what pinning adds to the do-nothing provider, since that may be nothing or less.
    def spread(sizes):
        counts = [more[hosts] for hosts in sizes]
        return 100 * (max(counts) - min(counts)) / 60000

    one, large = scene.sizes[0], scene.sizes[1:] or scene.sizes
    # A compiled form of one host is copied into memory; a large one stays in its file and is read by blocks.c.
    yield Result("start", f"the same, difference between {one} and {scene.hosts} hosts", "the 60000",
                 spread(scene.sizes), "% of them", "at most 4", spread(scene.sizes) <= 4)
    yield Result("start", f"the same, difference between {large[0]} and {scene.hosts} hosts", "the 60000",
                 spread(large), "% of them", "at most 0.2", spread(large) <= 0.2)


def counted_handshakes(scene, environment, host, version, count):
    """Each run gets its own server, so that both sides take the same random numbers in every run. glibc's fast bins are
    off: when they are merged depends on every earlier allocation, and costs up to 30,000 instructions a handshake, which
    appear or vanish with any change on either side."""
    environment = {**environment, "GLIBC_TUNABLES": "glibc.malloc.mxfast=0"}
    with scene.server(0) as port:
        return measure.count_instructions(scene.client(port, host, version, 0, count), environment)


def per_handshake(scene, effort, environment, host, version):
    """Instructions of a whole process with one handshake, and of each further handshake."""
    first = counted_handshakes(scene, environment, host, version, 1)
    all_of_them = counted_handshakes(scene, environment, host, version, 1 + effort.handshakes)
    return first, (all_of_them - first) / effort.handshakes


# Pinning may add at most so many per cent of a handshake with P-256.
PINNED_LIMIT, OTHER_LIMIT = 0.3, 0.2
# The same share as a number of instructions, because a handshake with RSA takes fewer.
RSA_PINNED_LIMIT, RSA_OTHER_LIMIT = 22500, 15000


def handshake_by_rsa(scene, effort, version):
    cases = {"pinned": (scene.with_pinning(), PINNED_HOST), "other": (scene.with_pinning(), OTHER_HOST),
             "plain": (scene.without_provider(), PINNED_HOST), "plain other": (scene.without_provider(), OTHER_HOST)}
    counts = rows_of_sessions.counted(
        effort.layouts, {case: rows_of_sessions.environments(scene, effort, environment)
                         for case, (environment, host) in cases.items()},
        lambda case, environment: per_handshake(scene, effort, environment, cases[case][1], version)[1])
    for case, base, what, limit in (("pinned", "plain", "host pinned", RSA_PINNED_LIMIT),
                                    ("other", "plain other", "host not covered", RSA_OTHER_LIMIT)):
        more = rows_of_sessions.median_more(counts, case, base)
        yield Result("handshake-by-rsa", f"TLS {version} handshake, chain of RSA 2048, {what}", "no provider", more,
                     "instructions more", f"at most {limit}", more <= limit, {"base": statistics.median(counts[base])})


def handshakes_by_rsa(scene, effort):
    by_rsa = scene.with_rsa()
    for version in ("1.3", "1.2"):
        yield from handshake_by_rsa(by_rsa, effort, version)


def handshake_of(scene, effort, version):
    """What malloc(3) takes also depends on the length of the path of the configuration, by up to 3,000 instructions a
    handshake. So each case is counted with several lengths, and the median of the differences is reported."""
    cases = {"nothing": (scene.with_nothing(), PINNED_HOST), "pinned": (scene.with_pinning(), PINNED_HOST),
             "other": (scene.with_pinning(), OTHER_HOST), "shim": (scene.with_shim(), OTHER_HOST),
             "plain": (scene.without_provider(), PINNED_HOST), "plain other": (scene.without_provider(), OTHER_HOST)}
    # All files are written before the first is read.
    jobs = {(case, layout): (scene.with_longer_path(environment, 8 * layout), host)
            for case, (environment, host) in cases.items() for layout in range(effort.layouts)}

    def count(job):
        environment, host = jobs[job]
        return per_handshake(scene, effort, environment, host, version)

    # Counts do not depend on other load.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = dict(zip(jobs, pool.map(count, jobs)))

    def median_more(case, base, which):
        return statistics.median(counts[case, layout][which] - counts[base, layout][which]
                                 for layout in range(effort.layouts))

    def result(what, compared, case, base, limit=None):
        per_base = statistics.median(counts[base, layout][1] for layout in range(effort.layouts))
        more = 100 * median_more(case, base, 1) / per_base
        return Result("handshake", f"TLS {version} handshake, {what}", compared, more, "% more",
                      f"at most {limit}" if limit else "", more <= limit if limit else None,
                      {"base": per_base, "more": [counts[case, layout][1] - counts[base, layout][1]
                                                  for layout in range(effort.layouts)]})

    yield result("host pinned", "no provider", "pinned", "plain", PINNED_LIMIT)
    yield result("host not covered", "no provider", "other", "plain other", OTHER_LIMIT)
    yield result("host not covered, by the shim", "no provider", "shim", "plain other")
    yield result("do-nothing provider", "no provider", "nothing", "plain")
    yield Result("handshake", f"TLS {version}, process with one handshake, host pinned", "do-nothing provider",
                 median_more("pinned", "nothing", 0), "instructions more")


def handshake(scene, effort):
    for version in ("1.3", "1.2"):
        yield from handshake_of(scene, effort, version)


# Other load can only add to a processor time, so the fastest runs are compared. If an interval only had to touch the limit,
# the test would pass more easily the noisier the machine is.
PROCESSOR_LIMIT, THREADS_LIMIT, WALL_LIMIT = 1.02, 1.03, 1.1


def fastest_ratio(row, what, compared, values, limit):
    without, with_it = map(min, values)
    _, interval = measure.median_interval([more / less for less, more in zip(*values)])
    return Result(row, what, compared, with_it / without, "times", f"at most {limit}", with_it / without <= limit,
                  {"interval of pairs": interval, "pairs": len(values[0]), "seconds": [without, with_it]})


def processor(scene, effort):
    """Instructions do not show the kernel's part, for example when a large policy is read from its file."""
    with scene.server(1) as port:
        command = scene.client(port, OTHER_HOST, "1.3", 0, effort.threaded)

        def seconds(environment):
            return lambda: json.loads(measure.run(command, environment))["processor"]

        values = measure.paired(seconds(scene.without_provider()), seconds(scene.with_pinning()), effort.pairs)
    what = f"TLS 1.3 handshake, host not covered, {scene.hosts} hosts, processor time of the fastest run"
    yield fastest_ratio("processor", what, "no provider", values, PROCESSOR_LIMIT)


def counted_nameless(scene, effort, environment, sockets):
    """Instructions of a handshake of a program without a name and without a socket that OpenSSL knows."""
    environment = {**environment, "GLIBC_TUNABLES": "glibc.malloc.mxfast=0"}

    def count(handshakes):
        with scene.server(0) as port:
            return measure.count_instructions(scene.nameless(port, sockets, handshakes), environment)

    return (count(1 + effort.handshakes) - count(1)) / effort.handshakes


def nameless(scene, effort):
    """A program that looks at the sockets of the process pays at least a system call for each. Walking them shows in
    instructions, which are the same in every run; the processor time of the fastest handshake, which includes the kernel's
    part, is reported too."""
    by_name = scene.with_entry_elsewhere(ELSEWHERE)
    by_address = scene.with_entry_elsewhere(ELSEWHERE_ADDRESS)
    few, many = 0, effort.sockets
    plain = counted_nameless(scene, effort, scene.without_provider(), few)
    without, with_them = (counted_nameless(scene, effort, by_name, sockets) for sockets in (few, many))
    more = percent(with_them, without)
    yield Result("nameless", f"handshake without a name, {many} sockets, entries by name", "no sockets", more, "% more",
                 "at most 1", more <= 1, {"base": without})
    yield Result("nameless", "the same without sockets", "no provider", percent(without, plain), "% more",
                 details={"base": plain})
    by_socket = (counted_nameless(scene, effort, by_address, many) - counted_nameless(scene, effort, by_address, few))
    yield Result("nameless", f"handshake without a name, {many} sockets, an entry by address", "no sockets",
                 by_socket / many, "instructions more a socket")

    def fastest(environment, sockets):
        return lambda: float(measure.run(scene.nameless(port, sockets, effort.nameless), environment))

    for environment, what in ((by_name, "entries by name"), (by_address, "an entry by address")):
        with scene.server(0) as port:
            values = measure.paired(fastest(environment, few), fastest(environment, many), effort.pairs)
        yield Result("nameless", f"the same, {what}, processor time", "no sockets",
                     percent(min(values[1]), min(values[0])), "% more", details={"base": min(values[0])})


def threads(scene, effort):
    with scene.server(16) as port:
        for host, what in ((PINNED_HOST, "host pinned"), (OTHER_HOST, "host not covered")):
            command = scene.client(port, host, "1.3", 16, effort.threaded)
            values = measure.paired(lambda: json.loads(measure.run(command, scene.without_provider())),
                                    lambda: json.loads(measure.run(command, scene.with_pinning())), effort.pairs)
            for clock, unit, limit in (("wall", "wall clock", WALL_LIMIT), ("processor", "processor time", THREADS_LIMIT)):
                seconds = [[run[clock] for run in runs] for runs in values]
                yield fastest_ratio("threads", f"handshakes in 16 threads, {what}, {unit} of the fastest run", "no provider",
                                    seconds, limit)


# Names few enough that all of them stay in memory, and so many that each is read from the file again.
KEPT_NAMES, READ_NAMES = 8, 256


def lookup(scene, effort):
    compiled = scene.policy(scene.hosts) / "policy.db"
    allocations = 0
    for names, target in ((KEPT_NAMES, 300), (READ_NAMES, None)):
        command = [scene.program("lookup"), compiled, scene.hosts, names, effort.rounds]
        runs = [json.loads(measure.run(command, measure.clean_environment())) for _ in range(effort.pairs)]
        allocations = max([allocations, *(one["allocations"] for one in runs)])
        for which, what in (("covered_ns", "host covered"), ("uncovered_ns", "host not covered")):
            times = [one[which] for one in runs]
            # Other load can only add to it.
            yield Result("lookup", f"lookup among {scene.hosts} hosts, {what}, {names} names in turn", "-", min(times),
                         "ns", f"under {target}" if target else "", min(times) < target if target else None,
                         {"median": statistics.median(times), "slowest": max(times)})
    yield Result("lookup", "the same, allocations", "-", allocations, "calls", "none", allocations == 0)


def compared_memory(scene, effort, command, what):
    """Memory that two processes map is not private, so another process of the same kind runs meanwhile. Without it, pages
    of the page cache that only this process maps would count too, though they take no memory of their own."""
    def private(look, environment):
        def value():
            printed = json.loads(look(command, environment))
            return printed["private_kib"] if isinstance(printed, dict) else printed
        return value

    for look, case, limit in ((measure.line_of_second, what, 64), (measure.run, f"{what}, alone", None)):
        values = measure.paired(private(look, scene.with_nothing()), private(look, scene.with_pinning()), effort.pairs)
        base, with_it = (statistics.median(kibibytes) for kibibytes in values)
        yield Result("memory", case, "do-nothing provider", with_it - base, "KiB more",
                     f"at most {limit}" if limit else "", with_it - base <= limit if limit else None, {"base": base})


def memory(scene, effort):
    command = [scene.program("start"), "memory"]
    what = f"private memory, one SSL_CTX, policy of {scene.hosts} hosts"
    yield from compared_memory(scene, effort, command, what)
    with scene.server(1) as port:
        command = scene.client(port, PINNED_HOST, "1.3", 0, 1)
        yield from compared_memory(scene, effort, command, "the same, after a handshake with a pinned host")


def mapped_files(environment):
    maps = measure.run(["/bin/cat", "/proc/self/maps"], environment)
    return set(re.findall(r" (/\S+)$", maps, re.MULTILINE))


def shim(scene, effort):
    del effort
    without, with_it = scene.without_provider(), scene.with_shim()
    base = measure.count_instructions(["/bin/true"], without)
    more = measure.count_instructions(["/bin/true"], with_it) - base
    yield Result("shim", "LD_PRELOAD of the shim on /bin/true", "no preload", more, "instructions more",
                 "at most 60000", more <= 60000, {"base": base})
    files = sorted(mapped_files(with_it) - mapped_files(without))
    yield Result("shim", "the same, files mapped", "no preload", len(files), "more", "1", len(files) == 1,
                 {"files": files})


# Limit relative to the processor time of `curl --pinnedpubkey`.
CURL_LIMIT = 1.03


def curl(scene, effort):
    """Processor time includes what the kernel does for it: mapping modules, opening a policy."""
    by_policy = scene.with_pinning()
    with scene.server(4) as port:
        command = scene.curl(port)
        by_option = [*command, "--pinnedpubkey", f"sha256//{scene.pin}"]

        def seconds(words, environment):
            return lambda: measure.spent(words, environment)[0]

        values = measure.paired(seconds(by_option, scene.without_provider()), seconds(command, by_policy), 4 * effort.pairs)
        by_option_count = measure.count_instructions(by_option, scene.without_provider())
        nothing_count = measure.count_instructions(by_option, scene.with_nothing())
        policy_count = measure.count_instructions(command, by_policy)
    yield fastest_ratio("curl", "curl, one pin by policy, processor time of the fastest run", "curl --pinnedpubkey", values,
                        CURL_LIMIT)
    for base, compared, limit in ((by_option_count, "curl --pinnedpubkey", 1),
                                  (nothing_count, "curl --pinnedpubkey, do-nothing provider", None)):
        more = percent(policy_count, base)
        yield Result("curl", "the same, instructions", compared, more, "% more", f"at most {limit}" if limit else "",
                     more <= limit if limit else None, {"base": base, "more": policy_count - base})


def compile_policy(scene, effort):
    del effort
    scene.policy(scene.hosts)
    cost = scene.compiled[scene.hosts]
    yield Result("compile", f"compile {scene.hosts} hosts with 2 pins each, processor time", "-", cost["processor_seconds"],
                 "s", "under 15", cost["processor_seconds"] < 15, cost)
    yield Result("compile", "the same, by the clock", "-", cost["seconds"], "s")
    yield Result("compile", "the same, most memory held", "-", cost["peak_kib"] / 1024, "MiB", "at most 640",
                 cost["peak_kib"] <= 640 * 1024)


def verification(scene, effort):
    """One process can be faster or slower than the next by more than the difference to be measured. So the difference is
    counted in instructions, and converted to time at the speed of the fastest verification. That leaves out the kernel's
    part: a `stat` for each source every half second."""
    def command(count):
        return [scene.program("verify"), scene.path("chain.pem"), scene.path("root.pem"), PINNED_HOST, count]

    def counted(environment):
        first, all_of_them = (measure.count_instructions(command(count), environment) for count in (1, 11))
        return (all_of_them - first) / 10

    base = counted(scene.without_provider())
    more = counted(scene.with_pinning()) - base
    values = measure.paired(lambda: float(measure.run(command(effort.verifications), scene.without_provider())),
                            lambda: float(measure.run(command(effort.verifications), scene.with_pinning())),
                            effort.pairs)
    added = more * min(values[0]) / base
    yield Result("verification", "verification of a pinned host", "no provider", more, "instructions more",
                 details={"base": base})
    yield Result("verification", "the same, at the speed of the whole", "no provider", added, "ns more",
                 details={"base": min(values[0])})
    by_clock, interval = measure.median_interval([after - before for before, after in zip(*values)])
    yield Result("verification", "the same, by the clock", "no provider", by_clock, "ns more",
                 details={"interval": interval, "pairs": effort.pairs})
    least = CERTSHIM_NANOSECONDS / max(added, 1)
    yield Result("verification", "CertShim's 20 ms", "that speed", least, "times", "at least 1000", least >= 1000)


ROWS = {"start": start, "programs": rows_of_machines.programs, "handshake": handshake,
        "handshake-by-rsa": handshakes_by_rsa, "processor": processor, "nameless": nameless, "threads": threads,
        "lookup": lookup, "lookup-instructions": rows_of_machines.lookup_instructions, "memory": memory, "shim": shim,
        "shim-of-curl": rows_of_machines.shim_of_curl, "curl": curl, "compile": compile_policy,
        "verification": verification, "resumption": rows_of_sessions.resumption, "servers": rows_of_sessions.servers,
        "edits": rows_of_machines.edits, "changes": rows_of_machines.changes, "files": rows_of_machines.files,
        "gnutls": rows_of_gnutls.gnutls}
