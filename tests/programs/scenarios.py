# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The scenarios and their expected results, the same table for every program."""

import dataclasses

from enforcement import log_lines
from pki import OTHER_HOST, PINNED_HOST
from servers import MARKER

ACCEPTED, REFUSED = 0, 1
STATUS_WORDS = {0: "accepted", 1: "refused", 2: "an error of the driver"}

POLICIES = {
    "leaf": 'pins = [ "{leaf}" ];',
    "issuer": 'intermediates = [ "{issuer}" ];',
    "issuer-pin": 'pins = [ "{issuer}" ];',
    "root": 'anchors = [ "{root}" ];',
    "audit": 'pins = [ "{leaf}" ]; mode = "audit";',
}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    chain: str            # which one the server shows, of pki.CHAINS
    policy: str           # one of POLICIES; all of them are about PINNED_HOST
    verdict: str          # which the log must have: "accepted", "refused", "audited"; "": as without pinning
    reason: str = ""      # of a refused or audited connection
    host: str = PINNED_HOST
    trusted: bool = True  # whether the program trusts the root of the server
    verifications: tuple = ("verify", "none")

    def program_accepts(self, enforced, verification):
        return (self.trusted or verification == "none") and not (enforced and self.verdict == "refused")

    def title(self, verification):
        return self.name + {"verify": "", "none": ", not verified", "chain": ", name not verified"}[verification]


NOT_VERIFIED = ("none",)
NAME_NOT_VERIFIED = ("none", "chain")
CHAIN_VERIFIED = ("chain",)  # without verification many programs load no root


SCENARIOS = (
    Scenario("right key", "right", "leaf", "accepted"),
    Scenario("other key, same CA and name", "swapped", "leaf", "refused", "no-pin"),
    Scenario("pinned issuer, new leaf", "swapped", "issuer", "accepted"),
    Scenario("other issuer, same root", "elsewhere", "issuer", "refused", "no-intermediate"),
    Scenario("pinned leaf appended", "appended-leaf", "leaf", "refused", "no-pin"),
    Scenario("pinned issuer appended", "appended-issuer", "issuer", "refused", "no-intermediate"),
    Scenario("audit mode, other key", "swapped", "audit", "audited", "no-pin"),
    Scenario("host without an entry", "swapped", "leaf", "", host=OTHER_HOST),
    Scenario("host without an entry, wrong CA", "swapped", "leaf", "", host=OTHER_HOST, trusted=False),
    Scenario("right key, wrong CA", "right", "leaf", "", trusted=False),
    Scenario("other key, wrong CA", "swapped", "leaf", "refused", "no-pin", trusted=False),
    Scenario("pinned issuer, wrong CA", "right", "issuer", "accepted", trusted=False),
    Scenario("pinned issuer appended, wrong CA", "appended-issuer", "issuer", "refused", "no-intermediate", trusted=False),
    Scenario("pinned issuer, another host's", "misnamed", "issuer", "refused", "wrong-name", verifications=NAME_NOT_VERIFIED),
    Scenario("pin of an issuer, another host's", "misnamed", "issuer-pin", "refused", "wrong-name",
             verifications=NAME_NOT_VERIFIED),
    Scenario("pinned root, another host's", "misnamed", "root", "refused", "wrong-name", verifications=CHAIN_VERIFIED),
    Scenario("pinned issuer, a client's", "client", "issuer", "refused", "not-a-server", verifications=NOT_VERIFIED),
    Scenario("pin of an issuer, expired", "expired", "issuer-pin", "refused", "out-of-date", verifications=NOT_VERIFIED),
    Scenario("pinned root, new leaf", "swapped", "root", "accepted", verifications=CHAIN_VERIFIED),
    Scenario("another host's, no entry", "misnamed", "issuer", "", host=OTHER_HOST, verifications=NOT_VERIFIED),
)


def policy_text(name, pki, key_type):
    settings = POLICIES[name].format(leaf=pki.pin(f"{key_type}-right"), issuer=pki.pin("a"), root=pki.pin("root"))
    return f'version = 1;\nhosts = ( {{ name = "{PINNED_HOST}"; {settings} }} );\n'


@dataclasses.dataclass(frozen=True)
class Run:
    """One scenario for one program, with how it verifies and the only TLS version that it offers."""

    scenario: Scenario
    verification: str  # "verify", "none", or "chain": everything but the name
    tls: str


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run of a driver ended."""

    status: int
    output: str


def complaints(run, outcome, without_us, enforced):
    """Everything that is wrong with a run; `without_us` is the same run without enforcement."""
    found = []
    scenario = run.scenario
    accepted = scenario.program_accepts(enforced, run.verification)
    if outcome.status != (ACCEPTED if accepted else REFUSED):
        found.append(f"expected {STATUS_WORDS[not accepted]}, but it was "
                     f"{STATUS_WORDS.get(outcome.status, f'status {outcome.status}')}")
    received = f"{MARKER} TLSv{run.tls}" in outcome.output
    if received != accepted:
        found.append("no data came through" if accepted else "data came through")
    if not scenario.verdict and outcome != without_us:
        found.append(f"not the same as without us:\n{without_us.output}")
    if scenario.verdict and enforced:
        found += log_complaints(scenario, log_lines(outcome.output))
    if "Sanitizer" in outcome.output or "runtime error: " in outcome.output:
        found.append("a sanitizer has something to say")
    if not enforced and log_lines(outcome.output):
        found.append("a verdict was logged without any enforcement")
    return found


def log_complaints(scenario, lines):
    """A refusal counts only if our log line shows that it was ours, and why."""
    if scenario.verdict == "accepted":
        return [f"logged as {line['verdict']}" for line in lines if line["verdict"] != "accepted"]
    expected = {"verdict": scenario.verdict, "reason": scenario.reason, "host": scenario.host}
    if len(lines) != 1:
        return [f"{len(lines)} verdicts were logged instead of one"]
    return [f"logged {key}={lines[0].get(key)} instead of {value}"
            for key, value in expected.items() if lines[0].get(key) != value]
