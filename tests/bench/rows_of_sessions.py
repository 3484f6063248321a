# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes the rows for resumed sessions and for servers."""

import concurrent.futures
import os
import statistics

import measure
from result import Result
from scene import OTHER_HOST, PINNED_HOST

# See rows.counted_handshakes.
WITHOUT_FAST_BINS = {"GLIBC_TUNABLES": "glibc.malloc.mxfast=0"}


def counted(layouts, cases, count):
    """{case: what count(case, environment) yields in each layout of the heap}. Cases: their environments."""
    jobs = [(case, environment) for case, environments in cases.items() for environment in environments]
    # Counts do not depend on other load.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = list(pool.map(lambda job: count(*job), jobs))
    return {case: counts[index * layouts:(index + 1) * layouts] for index, case in enumerate(cases)}


def environments(scene, effort, environment):
    """The same configuration at paths of several lengths, since malloc(3) depends on the length."""
    return [{**scene.with_longer_path(environment, 8 * layout), **WITHOUT_FAST_BINS} for layout in range(effort.layouts)]


def median_more(counts, case, base):
    return statistics.median(more - less for more, less in zip(counts[case], counts[base]))


# ---- Resumption


def per_resumption(scene, effort, environment, host, version):
    def instructions(count):
        with scene.server(0, "tickets") as port:
            return measure.count_instructions(scene.client(port, host, version, 0, count, "resume"), environment)

    # The first handshake is the full one that creates the session.
    return (instructions(1 + effort.handshakes) - instructions(1)) / effort.handshakes


def resumption_of(scene, effort, version, limit):
    hosts = {"plain": PINNED_HOST, "plain other": OTHER_HOST, "leaf": PINNED_HOST, "issuer": PINNED_HOST,
             "other": OTHER_HOST}
    cases = {"plain": scene.without_provider(), "plain other": scene.without_provider(), "leaf": scene.with_pinning(1),
             "issuer": scene.with_pinned_issuer(), "other": scene.with_pinning(1)}
    cases = {case: environments(scene, effort, environment) for case, environment in cases.items()}
    counts = counted(effort.layouts, cases,
                     lambda case, environment: per_resumption(scene, effort, environment, hosts[case], version))
    for case, base, what in (("leaf", "plain", "own key pinned"), ("issuer", "plain", "key of its CA pinned"),
                             ("other", "plain other", "host not covered")):
        per_base = statistics.median(counts[base])
        more = 100 * median_more(counts, case, base) / per_base
        yield Result("resumption", f"TLS {version} resumption, {what}", "no provider", more, "% more",
                     f"at most {limit}", more <= limit,
                     {"base": per_base, "more": median_more(counts, case, base)})


def resumption(scene, effort):
    yield from resumption_of(scene, effort, "1.3", 2)
    yield from resumption_of(scene, effort, "1.2", 5)


# ---- Servers


def of_pinning(costs, module):
    """The cost of pinning: the instructions of the module, of what it calls, and of what libssl executes to ask it.
    libssl's own are counted in full, so that the difference shows them. Differences in the other work of libcrypto and libc
    are left out: the speed of their text comparison depends on the position in a page, by hundreds of instructions in
    either direction when only the length of a path has changed."""
    libssl = [name for name in costs.own if name.startswith("libssl.")]
    elsewhere = sum(cost for (caller, called), cost in costs.calls.items()
                    if caller == module and called != module and called not in libssl)
    return costs.own[module] + elsewhere + sum(costs.own[name] for name in libssl)


def per_connection(scene, effort, environment, version, mode):
    """Instructions of a server for each further connection of a client without pinning: (those of pinning and libssl, all
    of them)."""
    def instructions(count):
        with measure.Counter() as counter:
            with scene.server(0, "tickets", under=counter.prefix, environment=environment) as port:
                measure.run(scene.client(port, PINNED_HOST, version, 0, count, mode), scene.without_provider())
            return of_pinning(counter.costs(), scene.module.name), counter.count()

    first, all_of_them = instructions(1), instructions(1 + effort.handshakes)
    return [(more - one) / effort.handshakes for one, more in zip(first, all_of_them)]


def servers(scene, effort):
    """Servers that verify no client."""
    cases = {"plain": environments(scene, effort, scene.without_provider()),
             "pinned": environments(scene, effort, scene.with_pinning(1))}
    for version in ("1.3", "1.2"):
        for mode, what in (("whole", "full handshake"), ("resume-whole", "resumption")):
            counts = counted(effort.layouts, cases, lambda case, environment, version=version, mode=mode:
                             per_connection(scene, effort, environment, version, mode))
            ours, whole = ({case: [count[which] for count in values] for case, values in counts.items()}
                           for which in (0, 1))
            added = median_more(ours, "pinned", "plain")
            yield Result("servers", f"server that verifies nobody, TLS {version}, {what}: ours, what it calls, and libssl",
                         "no provider", added, "instructions more", "at most 500", added <= 500,
                         {"base": statistics.median(whole["plain"])})
            yield Result("servers", "the same, the whole process", "no provider", median_more(whole, "pinned", "plain"),
                         "instructions more", details={"more": [more - less for more, less
                                                                in zip(whole["pinned"], whole["plain"])]})
