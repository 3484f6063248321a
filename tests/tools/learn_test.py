# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl learn: what is proposed, what is left out and why, and the way from an audit entry to a refusal."""

import base64
import functools
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import time
import unittest

import live_servers as live
import pinctl_case
import system_log
from pinctl_case import CA, PINCTL, PinctlCase, issue, main, path, read, write

HOST = "api.example.com"
NAMES = ("subjectAltName=DNS:*.example.com,IP:127.0.0.1", "basicConstraints=CA:FALSE")
DAY = 86400
NOBODY = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
ROOT, ISSUER = "root", "ca"
SANITIZED = os.environ.get("PINNING_SANITIZE")
# No certificate here is ever made anew.
pin_of = functools.cache(pinctl_case.pin_of)


def make_more_certificates():
    """ca-2: another issuer below the root; local: a root of somebody else's; keys for any host of the domain."""
    if os.path.exists(path("one.pem")):
        return
    issue("ca-2", "/CN=Second CA", "root", CA)
    issue("local", "/CN=Inspecting Proxy", extensions=CA)
    for name, issuer in (("one", "ca"), ("two", "ca"), ("three", "ca-2"), ("inspected", "local"), ("direct", "root")):
        issue(name, f"/CN={name}", issuer, NAMES)
        write(f"{name}-chain.pem", read(f"{name}.pem") + (read(f"{issuer}.pem") if issuer != "root" else b""))
    write("trusted.pem", read("root.pem") + read("local.pem"))


def audited(names=("one", "ca", "root"), host=HOST, verdict="audited", reason="no-pin", port="unknown", more="", certificate="certificate=good "):
    """What the provider logs for a path of these certificates; RealLines in log_test.py keeps this honest."""
    keys = " ".join(f'key{depth}="{pin_of(f"{name}.pem")} CN={name}"' for depth, name in enumerate(names))
    return (f"verdict={verdict} reason={reason} host={host} port={port} mode=audit entry=/etc/pinning/policy.cfg:3 {certificate}{keys} "
            f'{more}expected="pins {NOBODY}" program=curl pid=4711 uid=1000')


class Learn(PinctlCase):
    def setUp(self):
        super().setUp()
        make_more_certificates()
        self.now = int(time.time())
        self.log = os.path.join(self.folder, "auth.log")
        self.history = os.path.join(self.folder, "history.db")
        self.routes = []
        self.write_policy('version = 1; hosts = ( { name = "example.com"; include_subdomains = true; mode = "audit"; '
                          f'pins = [ "{NOBODY}" ]; }} );\n')
        self.logged()

    def logged(self, *lines):
        """lines: pairs of a report and how many days ago it was written."""
        text = "".join(system_log.rfc3339(line, self.now - int(days * DAY)) for line, days in lines)
        self.write_policy(text, "auth.log")

    def serve(self, *names, host=HOST, port=443):
        """Behind the host, each connection in turn gets the next of these chains."""
        turns = itertools.cycle([live.tls(live.tls_context(name, f"{name}-chain.pem")) for name in names])
        server = live.Server(lambda connection: next(turns)(connection))
        self.addCleanup(server.close)
        self.routes += ["--connect", f"{host}:{port}:127.0.0.1:{server.port}"]
        return server.port

    def words(self, *more):
        usual = {"--ca": "trusted.pem", "--system-anchors": "root.pem", "--history": self.history, "--file": self.log,
                 "--timeout": "60"}
        if "--no-history" in more:
            del usual["--history"]
        given = [word for name, value in usual.items() if name not in more for word in (name, value)]
        return ("learn", *given, *self.routes, *more)

    def found(self, *more):
        return {f"{item['host']}:{item['port']}": item for item in self.json(*self.words(*more))}

    def state(self, *more, host=HOST, port=443):
        return self.found(*more)[f"{host}:{port}"]["state"]

    def written(self, name=f"host-{HOST}.cfg"):
        with open(os.path.join(self.dropins, name), encoding="utf-8") as file:
            return file.read()


class Proposals(Learn):
    def test_stable_key_of_the_log(self):
        self.serve("one")
        self.logged((audited(), 20), (audited(), 3), (audited(), 0.1))
        before = self.snapshot()
        found = self.found()[f"{HOST}:443"]
        self.assertEqual((found["state"], found["why"], found["list"], found["subject"]),
                         ("proposed", None, "intermediates", "CN=Test Issuing CA,O=Example"))
        (key,) = found["keys"]
        self.assertEqual((key["pin"], key["times"], key["shown"], key["stable"]), (pin_of("ca.pem"), 4, True, True))
        # Neither --json nor --dry-run writes a policy; the latter keeps no history either.
        self.assertEqual({name: text for name, text in self.snapshot().items() if name != "history.db"}, before)
        os.remove(self.history)
        text = self.pinctl(*self.words("--dry-run")).stdout
        self.assertIn(f'+      "{pin_of("ca.pem")}"', text)
        self.assertEqual(self.snapshot(), before)
        self.pinctl(*self.words("--yes"))
        entry = self.hosts()[HOST]
        self.assertEqual((entry["ports"], entry["intermediates"], entry["pins"]), ([], [pin_of("ca.pem")], []))
        self.assertRegex(entry["comment"], r"^learned on \d{4}-\d\d-\d\d, seen since \d{4}-\d\d-\d\d$")
        self.pinctl("check")
        # And from then on it is covered.
        self.assertEqual(self.state(), "covered")
        self.assertIn("nothing to propose", self.pinctl(*self.words("--yes")).stderr)

    def test_which_key(self):
        self.serve("one")
        self.logged((audited(), 20), (audited(), 1))
        for word, name, field in (("leaf", "one", "pins"), ("issuer", "ca", "intermediates"), ("root", "root", "anchors")):
            found = self.found("--pin", word)[f"{HOST}:443"]
            self.assertEqual((found["state"], found["list"], found["keys"][0]["pin"]), ("proposed", field, pin_of(f"{name}.pem")))
        done = self.pinctl(*self.words("--pin", "leaf", "--mode", "enforce", "--yes"))
        self.assertIn("no backup pin", done.stderr)
        self.assertEqual((self.hosts()[HOST]["mode"], self.hosts()[HOST]["pins"]), ("enforce", [pin_of("one.pem")]))

    def test_a_new_leaf_does_not_matter_to_its_issuer(self):
        self.serve("two")
        self.logged((audited(), 20), (audited(), 1))
        self.assertEqual(self.state(), "proposed")
        self.assertEqual(self.state("--pin", "leaf", "--no-history"), "new")

    def test_one_port_stands_for_all(self):
        self.serve("one", port=8443)
        self.logged((audited(port=8443), 20), (audited(port=8443), 1))
        self.pinctl(*self.words("--yes"))
        self.assertNotIn("ports", self.written())

    def test_ports(self):
        self.serve("one")
        self.serve("one", port=8443)
        self.logged((audited(port=8443), 20), (audited(), 20), (audited(), 1))
        self.pinctl(*self.words("--yes"))
        self.assertIn("ports = [ 443 ];", self.written(f"host-{HOST}_443.cfg"))
        self.assertIn("ports = [ 8443 ];", self.written(f"host-{HOST}_8443.cfg"))

    def test_list_of_hosts(self):
        self.serve("one")
        self.serve("one", host="www.example.com", port=8443)
        hosts = self.write_policy(f"# ours\n\n  {HOST}  # the API\r\nWWW.example.com.:8443\n", "hosts.txt")
        words = ("--from-hosts", hosts)
        self.assertEqual(self.state(*words), "new")
        self.assertEqual(self.state(*words, "--stable", "0"), "proposed")
        self.assertEqual(self.state(*words, "--stable", "0", host="www.example.com", port=8443), "proposed")
        for line in ("a b", "a:0", "*.example.com", "a..b", "x" * 300, "a\0b"):
            self.write_policy(f"{HOST}\n{line}\n", "hosts.txt")
            done = self.pinctl(*self.words(*words, "--dry-run"), status=3)
            self.assertIn(f"{hosts}:2: ", done.stderr)
            self.assertIn("expected HOST or HOST:PORT", done.stderr)

    def test_history_counts(self):
        self.serve("one")
        hosts = self.write_policy(f"{HOST}\n", "hosts.txt")
        self.pinctl(*self.words("--from-hosts", hosts, "--yes"))
        self.assertEqual(self.hosts().keys(), {"example.com"})
        self.age_history(20)
        self.assertEqual(self.state("--from-hosts", hosts), "proposed")
        self.assertEqual(self.state("--from-hosts", hosts, "--no-history"), "new")
        self.assertEqual(self.state("--from-hosts", hosts, "--stable", "30"), "new")

    def age_history(self, days):
        with sqlite3.connect(self.history) as database:
            for table in ("keys", "verified"):
                database.execute(f"UPDATE {table} SET first_seen = first_seen - ?, last_seen = last_seen - ?", (days * DAY, DAY))
        database.close()

    def test_two_stable_keys(self):
        self.serve("one", "three")
        lines = [(audited(), 20), (audited(("three", "ca-2", "root")), 19), (audited(), 1),
                 (audited(("three", "ca-2", "root")), 1)]
        self.logged(*lines)
        found = self.found()[f"{HOST}:443"]
        self.assertEqual(found["state"], "proposed")
        self.assertEqual({key["pin"] for key in found["keys"]}, {pin_of("ca.pem"), pin_of("ca-2.pem")})
        self.pinctl(*self.words("--yes"))
        self.assertEqual(set(self.hosts()[HOST]["intermediates"]), {pin_of("ca.pem"), pin_of("ca-2.pem")})

    def test_an_old_key_that_is_gone(self):
        self.serve("one")
        self.logged((audited(("three", "ca-2", "root")), 90), (audited(("three", "ca-2", "root")), 30), (audited(), 20))
        self.assertEqual(self.state(), "proposed")


class Observed(Learn):
    """Hosts that no entry covers, as the log has them where unlisted = "observe"."""

    def setUp(self):
        super().setUp()
        self.write_policy('version = 1; unlisted = "observe";\n')

    @staticmethod
    def line(**more):
        return audited(reason="unlisted", **more).replace("mode=audit entry=/etc/pinning/policy.cfg:3 ", "").split("expected=", 1)[0] \
            + "program=curl pid=4711 uid=1000"

    def test_proposed(self):
        self.serve("one")
        self.logged((self.line(), 20), (self.line(), 1))
        found = self.found()[f"{HOST}:443"]
        self.assertEqual((found["state"], [key["times"] for key in found["keys"]]), ("proposed", [3]))
        self.pinctl(*self.words("--yes"))
        self.assertEqual(self.hosts()[HOST]["intermediates"], [pin_of("ca.pem")])
        self.assertEqual(self.state(), "covered")

    def test_only_verified_sightings(self):
        """A certificate for another host, of another time, or for clients, and a line that says nothing of it."""
        self.serve("one")
        for said in ("", "certificate=wrong-name ", "certificate=out-of-date ", "certificate=not-a-server ", "certificate=goody "):
            self.logged((self.line(certificate=said), 20), (self.line(certificate=said), 1))
            found = self.found("--no-history")[f"{HOST}:443"]
            self.assertEqual((found["state"], [key["times"] for key in found["keys"]]), ("new", [1]), said)

    def test_refused_is_no_sighting(self):
        self.serve("one")
        self.logged((self.line(verdict="refused"), 20), (self.line(verdict="refused"), 1))
        self.assertEqual(self.found(), {})

    def test_paused_is_no_sighting(self):
        self.serve("one")
        self.logged((self.line(certificate="paused=2026-01-01T00:00:00Z certificate=good "), 20))
        self.assertEqual(self.found(), {})


class Clock(Learn):
    """A clock that was wrong for a day."""

    def hosts_file(self):
        return self.write_policy(f"{HOST}\n", "hosts.txt")

    def look(self):
        self.pinctl(*self.words("--from-hosts", self.hosts_file(), "--yes"))

    def database(self, text, *values):
        with sqlite3.connect(self.history) as database:
            rows = database.execute(text, values).fetchall()
        database.close()
        return rows

    def test_ahead(self):
        """What was seen by a clock a year ahead is not known for long, and last seen at the latest now."""
        self.serve("one")
        self.look()
        for table in ("keys", "verified"):
            self.database(f"UPDATE {table} SET first_seen = first_seen + ?, last_seen = last_seen + ?", 365 * DAY, 365 * DAY)
        self.database("UPDATE watched SET since = since + ?, until = until + ?", 365 * DAY, 365 * DAY)
        # The key of the server before: nobody looks at it any more, and yet it is not seen for another year.
        self.database("INSERT INTO keys VALUES (?, 443, 0, ?, 'CN=x', ?, ?, 1)", HOST, NOBODY, self.now, self.now + 365 * DAY)
        self.assertEqual(self.state("--from-hosts", self.hosts_file(), "--no-history"), "new")
        self.look()
        later = self.database("SELECT count(*) FROM keys WHERE first_seen > ? OR last_seen > ?", self.now + DAY, self.now + DAY)
        self.assertEqual(later, [(0,)])
        self.assertEqual(self.database("SELECT count(*) FROM verified WHERE last_seen > ?", self.now + DAY), [(0,)])
        self.assertEqual(self.database("SELECT count(*) FROM watched WHERE until > ?", self.now + DAY), [(0,)])

    def test_ahead_and_only_read(self):
        self.serve("one")
        self.look()
        self.database("UPDATE verified SET first_seen = first_seen - ?, last_seen = last_seen + ?", 20 * DAY, 365 * DAY)
        shown = self.found("--from-hosts", self.hosts_file())[f"{HOST}:443"]
        self.assertEqual(shown["state"], "proposed")
        self.database("UPDATE verified SET first_seen = first_seen + ?", 365 * DAY)
        self.assertEqual(self.state("--from-hosts", self.hosts_file()), "new")

    def test_unverified_rows(self):
        """A chain that did not verify is no sighting to learn from."""
        self.serve("one")
        self.look()
        self.database("UPDATE keys SET first_seen = first_seen - ?", 100 * DAY)
        self.assertEqual(self.state("--from-hosts", self.hosts_file()), "new")

    @unittest.skipIf(SANITIZED, "faketime cannot be loaded before the sanitizer's run time")
    def test_before_the_certificate(self):
        """A clock before the certificate's notBefore gives no sighting any time."""
        faketime = shutil.which("faketime")
        if faketime is None:
            self.skipTest("faketime is not installed")
        self.serve("one")
        subprocess.run([faketime, "-f", "-300d", PINCTL, *self.words("--from-hosts", self.hosts_file(), "--yes")],
                       cwd=pinctl_case.CERTIFICATES, env=self.environment(), check=False, capture_output=True, timeout=60)
        self.assertEqual(self.database("SELECT count(*) FROM keys"), [(0,)])
        self.look()
        ((first,),) = self.database("SELECT min(first_seen) FROM keys")
        self.assertGreater(first, self.now - DAY)


class LeftOut(Learn):
    def states(self, *names, **options):
        self.serve(*names)
        return self.state(**options)

    def test_new_key(self):
        self.logged((audited(), 5), (audited(), 1))
        self.assertEqual(self.states("one"), "new")

    def test_more_keys_than_are_kept(self):
        """Any user can write lines, with as many keys as they like."""
        self.serve("one")
        others = (base64.b64encode(bytes(31) + bytes([i])).decode() for i in range(70))
        lines = [audited().replace(pin_of("ca.pem"), f"sha256/{other}") for other in others]
        self.logged((audited(), 20), *((line, 1) for line in lines))
        (item,) = self.found().values()
        self.assertEqual((item["state"], item["why"]), ("changing", "the log names more than 64 keys of its issuer"))
        self.assertEqual(len(item["keys"]), 64)
        # What is long ago is gone, however much it was.
        self.logged((audited(), 30), *((line, 25) for line in lines), (audited(), 1))
        self.assertEqual(self.state(), "proposed")

    def test_key_that_was_never_logged(self):
        self.logged((audited(), 20), (audited(), 1))
        found = self.states("three")
        self.assertEqual(found, "new")

    def test_another_key_of_late(self):
        self.logged((audited(), 20), (audited(("three", "ca-2", "root")), 2), (audited(), 1))
        self.assertEqual(self.states("one"), "changing")

    def test_second_key_that_nobody_shows(self):
        """Forged or not: a key that is only in the log is never proposed."""
        self.logged((audited(), 20), (audited(("three", "ca-2", "root")), 20), (audited(("three", "ca-2", "root")), 1))
        self.assertEqual(self.states("one"), "alternating")

    def test_local_anchor(self):
        self.logged((audited(("inspected", "local")), 20), (audited(("inspected", "local")), 1))
        self.serve("inspected")
        found = self.found()[f"{HOST}:443"]
        self.assertEqual((found["state"], found["keys"]), ("local-anchor", []))
        self.assertIn("Inspecting Proxy", found["why"])
        # It is the list of roots that decides.
        self.assertEqual(self.state("--system-anchors", "local.pem"), "proposed")

    def test_exempt_anchor(self):
        self.logged((audited(), 20), (audited(), 1))
        self.write_policy(f'version = 1; exempt_anchors = [ "{pin_of("root.pem")}" ];\n')
        self.assertEqual(self.states("one"), "local-anchor")

    def test_unverified_chain(self):
        self.logged((audited(), 20), (audited(), 1))
        self.serve("one")
        self.assertEqual(self.state("--ca", "other.pem"), "unverified")
        # The right chain of another name.
        self.logged((audited(host="api.example.org"), 20))
        self.serve("one", host="api.example.org")
        self.assertEqual(self.state(host="api.example.org"), "unverified")

    def test_unreachable(self):
        holder = live.closed_port()
        self.addCleanup(holder.close)
        self.routes += ["--connect", f"{HOST}:443:127.0.0.1:{holder.getsockname()[1]}"]
        self.logged((audited(), 20), (audited(), 1))
        self.assertEqual(self.state(), "unreachable")

    def test_blocked_key(self):
        self.logged((audited(), 20), (audited(), 1))
        self.write_policy(f'version = 1; blocked_keys = [ "{pin_of("ca.pem")}" ];\n')
        self.assertEqual(self.states("one"), "blocked")

    def test_no_such_key(self):
        self.logged((audited(("direct", "root")), 20), (audited(("direct", "root")), 1))
        self.serve("direct")
        self.assertEqual(self.state(), "proposed")
        issue("self", "/CN=self", extensions=NAMES)
        write("self-chain.pem", read("self.pem"))
        self.serve("self", host="self.example.com")
        hosts = self.write_policy("self.example.com\n", "hosts.txt")
        self.assertEqual(self.state("--from-hosts", hosts, "--ca", "self.pem", "--system-anchors", "self.pem", host="self.example.com"),
                         "no-key")

    def test_covered(self):
        self.logged((audited(), 20), (audited(), 1))
        pin = pin_of("server.pem")
        for entry in (f'name = "{HOST}"; pins = [ "{pin}" ]; mode = "audit";', f'name = "*.example.com"; pins = [ "{pin}" ];',
                      'name = "example.com"; include_subdomains = true; mode = "off";'):
            self.write_policy(f"version = 1; hosts = ( {{ {entry} }} );\n")
            found = self.found()[f"{HOST}:443"]
            self.assertEqual((found["state"], found["keys"] and found["keys"][0]["shown"]), ("covered", False), entry)
            self.assertIn("policy.cfg:1", found["why"])
        self.write_policy(f'version = 1; hosts = ( {{ name = "*.example.com"; pins = [ "{pin}" ]; mode = "audit"; }} );\n')
        self.assertEqual(self.states("one"), "proposed")

    def test_lines_that_are_no_evidence(self):
        """With each of these alone the key counts as new."""
        self.serve("one")
        cut = audited().replace(" expected", " ...")[:audited().index(" expected") + 4] + " program=curl pid=4711 uid=1000"
        for line in (audited(("one", "ca")), audited(more="keys=+3 "), cut, audited(("one", "ca", "local"))):
            self.logged((line, 20), (line, 1))
            found = self.found("--no-history")[f"{HOST}:443"]
            self.assertEqual((found["state"], found["keys"][0]["times"]), ("new", 1), line)

    def test_lines_that_name_no_host_to_learn(self):
        for line in (audited(verdict="refused"), audited(verdict="exempt", reason="exempt-anchor"), audited(reason="blocked-key"),
                     audited(host='"a b"'), audited(host="a..example.com"), "event=policy-loaded pid=1 uid=0"):
            self.logged((line, 20), (line, 1))
            self.assertEqual(self.found(), {}, line)
        # Without a time, and from another process than it says.
        self.write_policy(audited() + "\n" + system_log.traditional(audited(), self.now - DAY, tag="pinning[99]"), "auth.log")
        self.assertEqual(self.found(), {})
        said = self.pinctl(*self.words("--yes")).stderr
        self.assertIn("1 line was passed over as doubtful", said)
        self.assertIn("1 line was passed over: no time, or one in the future", said)
        # From the future.
        self.logged((audited(), -2))
        self.assertEqual(self.found(), {})
        self.assertIn("1 line was passed over: no time, or one in the future", self.pinctl(*self.words("--yes")).stderr)
        self.logged((audited(verdict="refused"), 20))
        self.assertNotIn("passed over", self.pinctl(*self.words("--yes")).stderr)


class Writing(Learn):
    def setUp(self):
        super().setUp()
        self.serve("one")
        self.logged((audited(), 20), (audited(), 1))

    def test_asks(self):
        for answer, status in ((b"no\n", 1), (b"\n", 1), (b"yes\n", 0)):
            got, output = self.on_terminal(PINCTL, *self.at_home(), answers=[(b"[y]es, [n]o? ", answer)])
            self.assertEqual(got, status, output)
            self.assertIn(f'+      "{pin_of("ca.pem")}"', output)
            self.assertEqual(HOST in self.hosts(), status == 0)

    def at_home(self):
        return [path(word) if word.endswith(".pem") else word for word in self.words()]

    def test_nobody_to_ask(self):
        done = self.pinctl(*self.words(), status=2)
        self.assertIn("no terminal to ask on", done.stderr)
        self.assertIn("--json writes no policy", self.pinctl(*self.words("--json", "--yes"), status=2).stderr)
        for days in ("-1", "x", "4000", "1.5"):
            self.assertIn("--stable", self.pinctl(*self.words("--stable", days, "--yes"), status=2).stderr)

    def test_file_of_somebody_else(self):
        self.write_policy("# mine\n", f"policy.d/host-{HOST}.cfg")
        before = self.snapshot()
        done = self.pinctl(*self.words("--yes", "--no-history"), status=3)
        self.assertIn("written or edited by hand", done.stderr)
        self.assertEqual(self.snapshot(), before)

    def test_broken_policy(self):
        self.write_policy("version = 2;\n")
        self.assertIn("has errors", self.pinctl(*self.words("--yes"), status=3).stderr)

    def test_where_things_are_missing(self):
        for option in ("--file", "--system-anchors", "--ca", "--from-hosts"):
            self.assertIn("absent", self.pinctl(*self.words(option, "absent", "--yes"), status=3).stderr)
        empty = self.write_policy("nothing\n", "empty.pem")
        self.assertIn("expected certificates", self.pinctl(*self.words("--system-anchors", empty, "--yes"), status=3).stderr)
        self.assertFalse(os.path.exists(self.dropins))

    def test_anchors_in_a_folder(self):
        """Files below it count, links out of it do not: that is how additions get into /etc/ssl/certs."""
        folder = os.path.join(self.folder, "anchors")
        os.makedirs(os.path.join(folder, "below"))
        os.symlink(path("root.pem"), os.path.join(folder, "linked.pem"))
        write_to = os.path.join(folder, "below", "local.crt")
        with open(write_to, "wb") as file:
            file.write(b"some text\n" + read("local.pem"))
        self.assertEqual(self.state("--system-anchors", folder), "local-anchor")
        with open(write_to, "ab") as file:
            file.write(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + read("root.pem"))
        self.assertEqual(self.state("--system-anchors", folder), "proposed")

    def test_hostile_subject(self):
        issue("evil", "/CN=\u202eevil\x1b[31m", "ca", NAMES)
        write("evil-chain.pem", read("evil.pem") + read("ca.pem"))
        self.serve("evil", host="evil.example.com")
        hosts = self.write_policy("evil.example.com\n", "hosts.txt")
        done = self.pinctl(*self.words("--from-hosts", hosts, "--pin", "leaf", "--stable", "0", "--yes"))
        for text in (done.stdout, done.stderr, self.written("host-evil.example.com.cfg")):
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)


@unittest.skipIf(SANITIZED, "a program without sanitizers cannot load the provider")
class FromAuditToRefusal(Learn):
    def curl(self, port, status):
        return system_log.reported(HOST, port, status, self.environment(**system_log.provider(self.folder)))

    def test_walk(self):
        # An entry for the whole domain looks on, and real traffic is logged.
        right, wrong = self.serve("one"), live.Server(live.tls(live.tls_context("three", "three-chain.pem")))
        self.addCleanup(wrong.close)
        (line,) = self.curl(right, 52)
        self.assertIn("verdict=audited", line)
        self.logged((line, 20), (line, 1))
        # What was seen for long enough is proposed, and approved.
        self.pinctl(*self.words("--yes"))
        self.assertEqual(self.hosts()[HOST]["intermediates"], [pin_of("ca.pem")])
        # The right chain passes without a word; one from another CA that everybody trusts is refused.
        self.assertEqual(self.curl(right, 52), [])
        (line,) = self.curl(wrong.port, 60)
        self.assertIn("verdict=refused reason=no-intermediate", line)


# The same, with a journal between: a genuine line, and one that another user forges for a host of their choice.
IN_THE_JOURNAL = """
import os, socket, subprocess, sys
pinctl, host, port, *words = sys.argv[1:]
subprocess.run(["curl", "-s", "--cacert", "root.pem", "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"])
if os.fork() == 0:
    os.setuid(65534)
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.connect("/dev/log")
    sender.send(b"<85>Nov 25 08:00:00 pinning[7]: " + os.environ["FORGED"].encode())
    os._exit(0)
os.wait()
subprocess.run(["journalctl", "--sync"], stderr=subprocess.DEVNULL)
sys.exit(subprocess.run([pinctl, *words]).returncode)
"""


@unittest.skipIf(SANITIZED, "a program without sanitizers cannot load the provider")
class FromTheJournal(Learn):
    def test_genuine_and_forged(self):
        why = system_log.why_no_journal()
        if why is not None:
            self.skipTest(why)
        port = self.serve("one")
        words = [word for word in self.words("--no-history", "--stable", "0", "--json") if word not in ("--file", self.log)]
        environment = self.environment(**system_log.provider(self.folder), FORGED=audited(host="forged.example.com"))
        done = system_log.beside_a_journal(IN_THE_JOURNAL, environment, PINCTL, HOST, str(port), *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([(item["host"], item["state"]) for item in json.loads(done.stdout)], [(HOST, "proposed")])


if __name__ == "__main__":
    main()
