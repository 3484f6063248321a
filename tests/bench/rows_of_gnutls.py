# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Rows of the table: programs with GnuTLS, under the shim."""

import concurrent.futures
import os
import shutil
import statistics

import measure
from result import Result
from rows_of_sessions import WITHOUT_FAST_BINS, median_more
from scene import OTHER_HOST, PINNED_HOST


def in_layouts(effort, environment):
    """Environments of several sizes, since they move the heap and the strings of the dynamic linker."""
    return [{**environment, **WITHOUT_FAST_BINS, "PADDING": "x" * 16 * layout} for layout in range(effort.layouts)]


def counted(effort, cases, count):
    jobs = [(case, environment) for case, base in cases.items() for environment in in_layouts(effort, base)]
    # Counts do not depend on other load.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = list(pool.map(lambda job: count(*job), jobs))
    return {case: counts[index * effort.layouts:(index + 1) * effort.layouts] for index, case in enumerate(cases)}


def load(scene, effort):
    """The dynamic linker's work for one more object is most of the cost, and grows with the symbols of a program."""
    programs = [("a program that loads GnuTLS", [scene.program("gnutls-client")], 150000)]
    if shutil.which("wget"):
        programs.append(("wget --version", ["wget", "--version"], None))
    for what, command, limit in programs:
        counts = counted(effort, {"plain": scene.without_provider(), "shim": scene.with_shim()},
                         lambda case, environment, command=command: measure.count_instructions(command, environment))
        more = median_more(counts, "shim", "plain")
        yield Result("gnutls", what, "no preload", more, "instructions more", f"at most {limit}" if limit else "",
                     more <= limit if limit else None, {"base": statistics.median(counts["plain"])})


def handshakes_of(scene, effort, version):
    hosts = {"plain": PINNED_HOST, "plain other": OTHER_HOST, "own": PINNED_HOST, "other": OTHER_HOST}
    cases = {"plain": scene.without_provider(), "plain other": scene.without_provider(),
             "own": scene.with_shim(), "other": scene.with_shim()}

    def per_handshake(case, environment):
        def instructions(count):
            with scene.server(0) as port:
                command = [scene.program("gnutls-client"), port, scene.path("root.pem"), hosts[case], version, count]
                return measure.count_instructions(command, environment)

        return (instructions(1 + effort.handshakes) - instructions(1)) / effort.handshakes

    counts = counted(effort, cases, per_handshake)
    for case, base, what, limit in (("other", "plain other", "host not covered", 0.2), ("own", "plain", "own key pinned", 1)):
        per_base = statistics.median(counts[base])
        more = 100 * median_more(counts, case, base) / per_base
        yield Result("gnutls", f"GnuTLS, TLS {version} handshake, {what}", "no preload", more, "% more", f"at most {limit}",
                     more <= limit, {"base": per_base, "more": median_more(counts, case, base)})


def check(scene):
    folder = scene.path("policy-of-a-wrong-pin")
    with scene.server(1) as port:
        command = [scene.program("gnutls-client"), port, scene.path("root.pem"), PINNED_HOST, "1.3", 1]
        measure.run(command, scene.with_shim())
        if measure.ends_well(command, scene.with_shim(folder)):
            raise measure.Failed("GnuTLS accepts a wrong pin, so there is nothing to measure")


def gnutls(scene, effort):
    check(scene)
    yield from load(scene, effort)
    yield from handshakes_of(scene, effort, "1.3")
    yield from handshakes_of(scene, effort, "1.2")
