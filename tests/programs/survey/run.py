#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests what an entry does to many unmodified programs, under the provider and under the shim.

    run.py --module .../pinning.so --preload .../libpinning-preload.so [--program redis-cli]...

Exits with 0 only if every run was as programs.py and the modules with programs say.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import world
import enforcement
import every_program  # noqa: F401
import peers
import pki as pki_module
import programs
from pki import OTHER_HOST, PINNED_HOST

TIMEOUT = 15
PORTS = {"right": 7001, "swapped": 7002, "foreign": 7003, "other": 7004}
FIRST_PORT = 7001


@dataclasses.dataclass(frozen=True)
class Scenario:
    title: str
    chain: str
    entry: str              # what the entry is for: the host's name or its address
    host: str = PINNED_HOST
    trusted: bool = True


SCENARIOS = {
    "right": Scenario("right key", "right", PINNED_HOST),
    "name": Scenario("another key in a certificate for the name", "swapped", PINNED_HOST),
    "foreign": Scenario("another key in a certificate for another name", "foreign", PINNED_HOST),
    "address": Scenario("another key, entry by address", "swapped", world.ADDRESSES[PINNED_HOST]),
    "uncovered": Scenario("host without an entry", "other", PINNED_HOST, OTHER_HOST),
    "untrusted": Scenario("host without an entry, wrong CA", "other", PINNED_HOST, OTHER_HOST, False),
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    accepted: bool
    status: int
    output: str
    names: tuple    # server names that were sent
    connected: bool
    signed: bool    # the client certificate was used
    log: tuple      # our lines

    def same_for_the_program(self, other):
        return dataclasses.replace(self, log=()) == dataclasses.replace(other, log=())


class Survey:
    def __init__(self, directory, options):
        self.directory, self.options = directory, options
        self.pki = pki_module.Pki(options.certificates) if options.certificates else pki_module.make(directory / "pki")
        self.log = world.Log()
        self.ways = [enforcement.Nothing(), *self.enforcing()]

    def enforcing(self):
        """Copies our libraries, beside each other as they expect, to a place that every user can read."""
        library = self.directory / "lib"
        shutil.copytree(self.options.preload.resolve(strict=True).parent, library, symlinks=True)
        module = self.options.module.resolve(strict=True)
        return (enforcement.Provider(library / module.parent.name / module.name, self.directory),
                enforcement.Shim(library / self.options.preload.name))

    def copy(self, path):
        """Copies a file to a place that every user can read, because some programs run as another user."""
        copied = self.directory / path.name
        if not copied.exists():
            shutil.copy(path, copied)
            copied.chmod(0o644)
        return copied

    def policy(self, scenario):
        path = self.directory / f"policy-{scenario.entry}.cfg"
        if not path.exists():
            path.write_text(f'version = 1;\nhosts = ( {{ name = "{scenario.entry}"; '
                            f'pins = [ "{self.pki.pin("p256-right")}" ]; }} );\n')
        self.compile(path)
        return path

    def compile(self, policy):
        """Writes the compiled form beside the policy, as pinctl does."""
        library = ctypes.CDLL(str(self.options.module.parent.parent / "libpinpolicy.so.0"))
        image, size = ctypes.c_void_p(), ctypes.c_size_t()
        status = library.pin_text_compile(bytes(policy), None, None, ctypes.byref(image), ctypes.byref(size))
        failure = library.pin_compiled_write(bytes(policy.parent / "policy.db"), image, size)
        if status != 0 or failure != 0:
            raise RuntimeError(f"{policy} cannot be compiled: {status}, {failure}")
        ctypes.CDLL(None).free(image)

    @contextlib.contextmanager
    def serving(self, program):
        started = {}
        try:
            for number, chain in enumerate(("right", "swapped", "foreign", "other")):
                authority = [self.pki.root(), self.pki.certificate("a")] if asks(program) else []
                started[chain] = peers.Peer(program.speak, self.pki.chain("p256", chain),
                                            self.pki.chain_key("p256", chain), FIRST_PORT + number, authority)
            yield started
        finally:
            for peer in started.values():
                peer.close()

    def run(self, program, variant, verification, scenario, way, peer):
        folder = self.directory / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for left in pathlib.Path("/dev/shm").iterdir():
            left.unlink()  # of a daemon that was ended during its start
        ca = self.copy(self.pki.root() if scenario.trusted else self.pki.stranger())
        own = "p256-client" if asks(program) else "p256-other"
        case = programs.Case(scenario.host, peer.port, ca, verification, variant.option,
                             self.copy(self.pki.certificate(own)), self.copy(self.pki.key(own)), folder)
        environment = enforcement.environment(way, self.policy(scenario), False) | {"TMPDIR": str(folder), "TERM": "xterm",
                                                                                       "HOME": str(folder)}
        self.log.take(), peer.take(0)
        plan = program.start(case)
        status, output = (self.run_once if isinstance(plan, programs.Once) else self.run_service)(plan, environment, folder,
                                                                                                peer)
        records = peer.take()
        lines = tuple(line[line.index("verdict="):] for line in self.log.take() if "verdict=" in line)
        return Outcome(any(record.data for record in records), status, readable(output),
                       tuple(sorted({record.name for record in records})), bool(records),
                       any(record.signed for record in records), lines)

    def run_once(self, plan, environment, folder, _peer):
        process = self.start(plan, environment, folder, subprocess.PIPE)
        try:
            output, _ = process.communicate(plan.stdin, TIMEOUT)
            return process.returncode, output.decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return -1, f"no end after {TIMEOUT} s\n{process.communicate()[0].decode(errors='replace')}"

    def run_service(self, plan, environment, folder, peer):
        with open(folder / "output", "wb") as output:
            process = self.start(plan, environment, folder, output)
        try:
            answer = plan.ask()
            peer.wait(10)
            time.sleep(0.05)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(0.3)
            except subprocess.TimeoutExpired:
                pass
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        text = (folder / "output").read_text(errors="replace")
        if plan.log and (folder / plan.log).exists():
            text += (folder / plan.log).read_text(errors="replace")
        return 0, answer + "\n" + quiet(text)

    @staticmethod
    def start(plan, environment, folder, output):
        return subprocess.Popen([str(word) for word in plan.command], cwd=folder, env=environment,
                                stdin=subprocess.PIPE if isinstance(plan, programs.Once) else subprocess.DEVNULL,
                                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def quiet(log):
    """The failures in a daemon's log, without numbers and order, which depend on threads and time."""
    return "\n".join(sorted({re.sub(r"\b(0x)?[0-9a-f]*\d[0-9a-f]*\b", "N", readable(line)).strip() for line in log.splitlines()
                             if re.search("(?i)error|fail|warn|alert|fatal", line)}))


def asks(program):
    """Whether the program's server asks for a client certificate."""
    return getattr(program.speak, "asks", False)


def readable(text):
    """The output without what differs between runs: times, process numbers, addresses in memory."""
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .{0,30}?\d\d:\d\d:\d\d(\.\d+)?( \w+)?( \d{4})?", "TIME", text)
    text = re.sub(r"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d\S*( \w+)?", "TIME", text)
    text = re.sub(r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "TIME", text)
    text = re.sub(r"(?i)\b(pid|tid)[ =:]*\d+", "PID", text)
    text = re.sub(r"[0-9A-F]{12,16}(?=:error)", "THREAD", text)
    text = re.sub(r"\b0x[0-9a-f]{6,16}\b", "ADDRESS", text)
    text = re.sub(r"\[\d{9,}\]", "TIME", text)
    text = re.sub(r"\btime=\S+|\d+\.\d+ second\S*|\b\d\.\d{3}$", "SECONDS", text, flags=re.M)
    text = re.sub(r"\[\d+(:\d+)?\]|\b\d+#\d+", "[N]", text)
    return text


def expectation(variant, key, way):
    """The expected outcome of a run: "same" as without pinning, or "refused" by pinning."""
    if key in ("right", "uncovered", "untrusted"):
        return "same"
    blind = {"name": variant.blind, "foreign": variant.blind_foreign, "address": variant.blind_address}[key]
    return "same" if way.name in blind else "refused"


def unlike(variant, outcome, without_us):
    """How a run that must not differ from the run without pinning differs from it."""
    found = []
    if outcome.accepted != without_us.accepted:
        found.append(f"{'accepted' if outcome.accepted else 'refused'}, unlike without us")
    elif not variant.noisy and not outcome.same_for_the_program(without_us):
        found.append(f"status or output differ from those without us:\n{without_us.status}\n{without_us.output}")
    if any("verdict=refused" in line for line in outcome.log):
        found.append("a refusal was logged")
    return found


def not_refused(program, variant, scenario, outcome):
    """What is missing for a refusal that is ours and that the program's user can understand."""
    found = []
    if not outcome.connected:
        found.append("it did not connect")
    if outcome.accepted:
        found.append("the other key was accepted, and data was sent")
    if outcome.signed:
        found.append("the wrong server got a signature of the client's certificate")
    if variant.logs and not any("verdict=refused" in line and f" host={scenario.entry} " in line for line in outcome.log):
        found.append(f"no refusal of {scenario.entry} was logged: {outcome.log}")
    if program.sees not in outcome.output:
        found.append(f"its user does not see: {program.sees}")
    return found


def wanted(variant, verification, key, without_us):
    """Whether a scenario proves anything: not if the program refuses the certificate by itself."""
    if key == "address":
        return variant.nameless
    if key == "untrusted":
        return verification == programs.VERIFY
    return key != "foreign" or without_us.accepted


def survey_program(survey, program):
    results = []
    with survey.serving(program) as serving:
        for variant, verification in ((v, how) for v in program.variants for how in v.verifications):
            for key, scenario in SCENARIOS.items():
                results += survey_scenario(survey, program, variant, verification, key, serving[scenario.chain])
    return len(results), sum(results)


def survey_scenario(survey, program, variant, verification, key, peer):
    """[whether a run was not as expected], without pinning and in both ways."""
    scenario = SCENARIOS[key]
    title = f"{program.name} {variant.option}".strip() + f", {verification}: {scenario.title}"

    def run(way):
        return survey.run(program, variant, verification, scenario, way, peer)

    without_us = run(survey.ways[0])
    if not wanted(variant, verification, key, without_us):
        return []
    found = ["the right key was refused without us"] if key == "right" and not without_us.accepted else []
    if not without_us.connected:
        found.append("it did not connect")
    if asks(program) and without_us.accepted and not without_us.signed:
        found.append("it did not use the certificate that it was given")
    if variant.nameless and any(without_us.names):
        found.append(f"the names sent are {without_us.names}")
    results = [report(survey, title, survey.ways[0], without_us, found)]
    for way in survey.ways[1:]:
        outcome = run(way)
        if expectation(variant, key, way) == "same":
            # Some programs end in different ways when a connection breaks off, with pinning or without. So the way
            # they end with pinning must be one of those without.
            for attempt in range(10):
                if variant.noisy or outcome.same_for_the_program(without_us):
                    break
                if attempt % 2 == 0:
                    without_us = run(survey.ways[0])
                else:
                    outcome = run(way)
            found = unlike(variant, outcome, without_us)
        else:
            found = not_refused(program, variant, scenario, outcome)
        results.append(report(survey, title, way, outcome, found))
    return results


def report(survey, title, way, outcome, found):
    word = "accepted" if outcome.accepted else "refused" if outcome.connected else "not connected"
    if found or survey.options.verbose:
        print(f"{'FAIL' if found else 'ok'} {title}, {way.name}: {word}", *found, sep="\n     ")
        print("\n".join(f"  {outcome.status} | {line}" for line in (outcome.output.splitlines() + list(outcome.log))))
    return bool(found)


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", type=pathlib.Path, required=True)
    parser.add_argument("--preload", type=pathlib.Path, required=True)
    parser.add_argument("--certificates", type=pathlib.Path)
    parser.add_argument("--program", action="append", choices=sorted(programs.ALL))
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse_options()
    world.enter()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="pinning-survey-") as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        world.furnish(directory)
        survey = Survey(directory, options)
        results = [survey_program(survey, programs.ALL[name]) for name in options.program or sorted(programs.ALL)]
        world.leave()
    runs, failed = map(sum, zip(*results))
    print(f"{runs} runs, {failed} not as expected")
    return 0 if runs and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
