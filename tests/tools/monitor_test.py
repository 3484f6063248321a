# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl monitor and history: what is found at servers of every kind, which are looked at, and what is kept."""

import json
import os
import re
import resource
import signal
import sqlite3
import ssl
import subprocess
import time
import unittest

import live_servers as live
from monitor_case import HOST, NAME, Monitor
from pinctl_case import CA, CERTIFICATES, PINCTL, issue, main, openssl, path, pin_of, read, write
from seconds import next_second


class Findings(Monitor):
    def test_all_well(self):
        self.pinned(pin_of("server.pem"))
        found = self.host(self.shows(), status=0)
        self.assertEqual((found["state"], found["verdict"], found["verified"], found["tls"]),
                         ("ok", "accepted", True, "TLSv1.3"))
        self.assertEqual([key["list"] for key in found["keys"]], ["pins", None, None])

    def test_swapped_key(self):
        self.pinned(pin_of("server.pem"))
        swapped = self.shows("swapped", "swapped-chain.pem")
        self.assertEqual(self.codes(swapped), ["not-pinned"])
        self.pinned(pin_of("server.pem"), 'mode = "audit";')
        self.assertEqual(self.host(swapped)["state"], "warning")
        self.write_policy("version = 1;\n")
        self.assertEqual(self.codes(swapped, HOST), ["not-covered"])

    def test_backup_in_use(self):
        self.pinned(pin_of("other.pem"), f'backup_pins = [ "{pin_of("server.pem")}" ];')
        found = self.host(self.shows())
        self.assertEqual([item["code"] for item in found["findings"]], ["backup-in-use"])
        self.assertIsNotNone(found["backup_last_seen"])
        self.pinned(pin_of("server.pem"), f'backup_pins = [ "{pin_of("other.pem")}" ];')
        found = self.host(self.shows(), status=0)
        self.assertEqual((found["backup_pins"], found["backup_last_seen"]), (1, None))

    def test_expiry(self):
        self.pinned(pin_of("server.pem"))
        port = self.shows()
        self.assertEqual(self.codes(port, "--warning", "40"), ["expires"] + ["issuer-expires"] * 2)
        self.assertEqual(self.host(port, "--warning", "40")["state"], "warning")
        self.assertEqual(self.host(port, "--warning", "40", "--critical", "35")["state"], "critical")
        issue("old", "/CN=api.example.com", extensions=NAME)
        write("old.pem", openssl("x509", "-in", "old.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "-1"))
        write("old-chain.pem", read("old.pem") + read("ca.pem"))
        self.pinned(pin_of("old.pem"))
        port = self.shows("old", "old-chain.pem")
        self.assertEqual(self.codes(port, "--no-history"), ["expired"])
        self.assertRegex(self.pinctl(*self.words(port, "--no-history"), status=1).stdout, r"critical +\S+ +TLSv1\.3 +expired +CN=")

    def test_issuer_of_several_hosts(self):
        """Told once, with the number of hosts; what is one host's own stays with it."""
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        words = (*self.words(self.shows(), "--no-history", "--warning", "40"), *(f"{HOST}:{port}" for port in range(441, 446)))
        found = self.json(*words, status=1)
        self.assertEqual(found["state"], "warning")
        for host in found["hosts"]:
            self.assertEqual([item["code"] for item in host["findings"]], ["expires"] + ["issuer-expires"] * 2)
            self.assertEqual(host["state"], "warning")
        self.assertEqual([(item["severity"], item["code"]) for item in found["findings"]], [("warning", "issuer-expires")] * 2)
        self.assertRegex(found["findings"][0]["text"], r"^CN=\S.* expires in 2\d days: in the chains of 5 hosts \(api\.example\.com:441, "
                                                       r"api\.example\.com:442, api\.example\.com:443 and 2 more\)$")
        text = self.pinctl(*words, "--quiet", status=1).stdout
        self.assertRegex(text, r"(?m)^warning api\.example\.com:441: CN=api\.example\.com expires in \d+ days$")

    def below_expiring(self, *operands):
        """Hosts of which only the CAs will expire within --critical."""
        issue("long", "/CN=api.example.com", "ca", NAME, days=400)
        write("long-chain.pem", read("long.pem") + read("ca.pem"))
        self.pinned(pin_of("long.pem"))
        return (*self.words(self.shows("long", "long-chain.pem"), "--no-history", "--warning", "60", "--critical", "40"), *operands)

    def test_a_ca_that_expires_is_the_state_of_each_host(self):
        """Whether one host has it or two, and in all forms alike."""
        for operands in ((f"{HOST}:441",), (f"{HOST}:441", f"{HOST}:442")):
            words, count = self.below_expiring(*operands), len(operands)
            found = self.json(*words, status=1)
            self.assertEqual(found["state"], "critical")
            self.assertEqual([(item["severity"], item["code"]) for item in found["findings"]], [("critical", "issuer-expires")] * 2)
            for host in found["hosts"]:
                self.assertEqual((host["state"], [item["code"] for item in host["findings"]]), ("critical", ["issuer-expires"] * 2))
            metrics = self.pinctl(*words, "--format", "prometheus").stdout
            self.assertEqual(re.findall(r"(?m)^pinning_state\{.*\} (\d)$", metrics), ["2"] * count)
            text = self.pinctl(*words, "--format", "nagios", status=2).stdout
            hosts = f"{count} host{'s'[:count - 1]}"
            self.assertTrue(text.startswith(f"PINNING CRITICAL: {hosts}, 0 warning, {count} critical | "), text)
            self.assertEqual(len(text.splitlines()), 3, text)
            self.assertEqual(len(self.pinctl(*words, "--quiet", status=1).stdout.splitlines()), 2)
            table = " ".join(self.pinctl(*words, status=1).stdout.split())
            self.assertIn(f"{hosts}: 0 ok, 0 warning, {count} critical", table)
            self.assertEqual(table.count("a CA's certificate expires, reported once for all hosts"), count)
            self.assertEqual(" ".join(self.pinctl(*words, "--problems", status=1).stdout.split()).count(f"critical {HOST}:44"), count)
            page = self.pinctl(*words, "--format", "html", status=1).stdout
            problems = page.split('<h2 id="problems">', 1)[1].split("<h2", 1)[0]
            self.assertEqual(problems.count('<td class="state critical">'), count)
            self.assertNotIn("None", problems)
            for text in (table, text, page):
                self.assertNotIn("all well", text)
                self.assertEqual(text.count(f"in the chain{'s'[:count - 1]} of {hosts}"), 2)

    def test_a_ca_that_expires_beside_what_is_less(self):
        """Nothing that is shown of a host is less than its state."""
        words = self.below_expiring(f"{HOST}:441", f"{HOST}:442")
        self.pinned(pin_of("server.pem"), 'mode = "audit";')
        text = self.pinctl(*words, "--format", "nagios", status=2).stdout
        self.assertRegex(text, r"(?m)^CRITICAL: api\.example\.com:441: would be refused.*; a CA's certificate expires, reported once for all hosts$")

    @unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "faketime cannot be loaded before the sanitizer's run time")
    def test_expired_since_a_minute(self):
        """That is expired everywhere, and not "0 days left"."""
        self.pinned(pin_of("server.pem"))
        port = self.shows()
        ends = openssl("x509", "-in", "server.pem", "-noout", "-enddate").decode().split("=")[1].strip()
        ends = int(time.mktime(time.strptime(ends, "%b %d %H:%M:%S %Y GMT")) - time.timezone)

        def at(offset, *more):
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ends + offset))
            done = subprocess.run(["faketime", moment, PINCTL, *self.words(port, "--no-history", *more)], cwd=CERTIFICATES,
                                  env=self.environment(), capture_output=True, check=False, timeout=60)
            return done.stdout.decode()

        self.assertRegex(at(-60), r"CN=api\.example\.com expires in less than a day")
        self.assertIn(" 0 d ", at(-60))
        for line in at(60).splitlines():
            self.assertNotIn(" 0 d", line)
        self.assertIn(" expired ", at(60))
        (host,) = json.loads(at(60, "--json"))["hosts"]
        self.assertEqual((host["days_left"], host["findings"][0]["code"]), (-1, "expired"))
        self.assertIn("least_days=-1;", at(60, "--format", "nagios"))
        self.assertIn('<td class="when critical">expired</td>', at(60, "--format", "html"))

    def test_entry_expiry(self):
        port = self.shows()
        self.pinned(pin_of("server.pem"), 'expires = "2020-01-01";')
        self.assertEqual(self.codes(port), ["entry-expired"])
        # It held until the end of that day, so it is over for less than a day.
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
        self.pinned(pin_of("server.pem"), f'expires = "{yesterday}";')
        page = self.pinctl(*self.words(port, "--no-history", "--format", "html", "--warning", "0",
                                       "--critical", "0"), status=1).stdout
        timeline = page.split('id="timeline"', 1)[1].split("</table>", 1)[0]
        self.assertRegex(timeline, r'entry of the policy</small>.*<td class="when critical">expired</td>')
        soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 86400))
        self.pinned(pin_of("server.pem"), f'expires = "{soon}";')
        self.assertEqual(self.codes(port), ["entry-expires"])

    def test_chain_problems(self):
        self.pinned(pin_of("server.pem"))
        self.assertEqual(self.codes(self.shows(chain="server.pem")), ["missing-intermediate"])
        write("extra.pem", read("server.pem") + read("ca.pem") + read("other.pem"))
        self.assertEqual(self.codes(self.shows(chain="extra.pem")), ["superfluous"])
        self.assertEqual(self.codes(self.shows(), "--ca", "other.pem"), ["not-verified"])

    def test_cross_signed(self):
        """A root that another one signed too is shown for the sake of old clients, and is no finding; others are."""
        self.pinned(pin_of("server.pem"))
        issue("elder", "/CN=Elder Root", extensions=CA)
        csr = openssl("x509", "-x509toreq", "-in", "root.pem", "-signkey", "root.key")
        write("root.csr", csr)
        write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n")
        write("cross.pem", openssl("x509", "-req", "-in", "root.csr", "-CA", "elder.pem", "-CAkey", "elder.key",
                                   "-extfile", "ca.ext", "-days", "30"))
        write("crossed.pem", read("chain.pem") + read("cross.pem"))
        self.assertEqual(self.codes(self.shows(chain="crossed.pem"), status=0), [])
        # The same name with another key, the same key with another name, and the elder root.
        issue("namesake", "/CN=Test Root", extensions=CA)
        write("renamed.csr", openssl("req", "-new", "-key", "root.key", "-subj", "/CN=Renamed Root"))
        write("renamed.pem", openssl("x509", "-req", "-in", "renamed.csr", "-CA", "elder.pem", "-CAkey", "elder.key",
                                     "-extfile", "ca.ext", "-days", "30"))
        for name in ("namesake.pem", "renamed.pem", "elder.pem"):
            write("crossed.pem", read("chain.pem") + read(name))
            self.assertEqual(self.codes(self.shows(chain="crossed.pem")), ["superfluous"], name)

    def test_weakness(self):
        old = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
        self.pinned(pin_of("server.pem"))
        self.assertEqual(self.codes(self.shows(versions=old)), ["old-tls"])
        issue("small", "/CN=api.example.com", "ca", NAME, key=("-newkey", "rsa:1024"))
        write("small-chain.pem", read("small.pem") + read("ca.pem"))
        self.pinned(pin_of("small.pem"))
        self.assertIn("small-key", self.codes(self.shows("small", "small-chain.pem")))
        issue("sha1", "/CN=api.example.com", "ca", NAME, key=("-newkey", "rsa:2048", "-sha1"))
        write("sha1-chain.pem", read("sha1.pem") + read("ca.pem"))
        self.pinned(pin_of("sha1.pem"))
        self.assertIn("weak-signature", self.codes(self.shows("sha1", "sha1-chain.pem")))

    def test_unreachable(self):
        self.pinned(pin_of("server.pem"))
        holder = live.closed_port()
        self.addCleanup(holder.close)
        self.assertEqual(self.codes(holder.getsockname()[1]), ["unreachable"])
        self.assertEqual(self.codes(self.start(live.rubbish)), ["unreachable"])
        self.assertEqual(self.codes(self.start(live.silent), "--timeout", "1"), ["timeout"])

    def test_which_servers(self):
        pin = pin_of("server.pem")
        self.write_policy(f'version = 1; hosts = ( {{ name = "*.example.com"; pins = [ "{pin}" ]; }},\n'
                          f'{{ name = "{HOST}"; ports = [ 443, 8443 ]; pins = [ "{pin}" ]; }},\n'
                          '{ name = "off.example.com"; mode = "off"; } );\n')
        done = self.pinctl(*self.words(self.shows(), "--json"))
        self.assertEqual([(host["host"], host["port"]) for host in json.loads(done.stdout)["hosts"]],
                         [(HOST, 443), (HOST, 8443)])
        self.assertEqual(done.stderr, "")
        self.assertIn("; 1 wildcard names no server\n", self.pinctl(*self.words(self.shows())).stdout)
        self.write_policy("version = 1;\n")
        self.pinctl(*self.words(1), status=3)


class Hosts(Monitor):
    """Hosts that are watched without being pinned."""

    def listed(self, text, name="hosts"):
        return self.write_policy(text, name)

    def seen(self, text, *more, status=0):
        words = ("--connect", f"::127.0.0.1:{self.shows()}", "--ca", "root.pem", "--history", self.history, "--warning", "10",
                 "--critical", "3", "--timeout", "60", "--sort", "name")
        found = self.json("monitor", *words, "--hosts", self.listed(text), *more, status=status)["hosts"]
        return {f"{host['host']}:{host['port']}": [item["code"] for item in host["findings"]] for host in found}

    def test_without_a_policy(self):
        text = f"# ours\n\n{HOST}\n  {HOST}:8443 # the other\r\n{HOST}\n"
        self.assertEqual(self.seen(text), {f"{HOST}:443": [], f"{HOST}:8443": []})
        self.assertFalse(os.path.exists(self.policy))
        # What a list does not name has to be pinned.
        self.pinctl("monitor", HOST, "--no-history", status=3)

    def test_beside_the_policy(self):
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; ports = [ 443, 8443 ]; pins = [ "{pin_of("other.pem")}" ]; }} );\n')
        found = self.seen(f"{HOST}\n127.0.0.1:444\n[::1]:445\n", status=1)
        self.assertEqual(list(found), ["127.0.0.1:444", "::1:445", f"{HOST}:443", f"{HOST}:8443"])
        self.assertEqual([found[f"{HOST}:{port}"] for port in (443, 8443)], [["not-pinned"], ["not-pinned"]])
        self.assertEqual(found["127.0.0.1:444"], [])
        self.assertNotIn("not-covered", found["::1:445"])
        self.assertEqual(list(self.seen(f"{HOST}\n", f"{HOST}:443", status=1)), [f"{HOST}:443"])
        self.write_policy("version = 1;\n")
        self.assertEqual(self.seen(f"{HOST}\n"), {f"{HOST}:443": []})

    def test_json(self):
        text = json.dumps([HOST, f"{HOST}:8443", {"host": HOST, "port": 9443}, {"host": "127.0.0.1"}], indent=1)
        self.assertEqual(list(self.seen(text)), ["127.0.0.1:443", f"{HOST}:443", f"{HOST}:8443", f"{HOST}:9443"])

    def test_address_in_the_first_line(self):
        self.assertEqual(list(self.seen("[::1]:445\n127.0.0.1\n", status=None)), ["127.0.0.1:443", "::1:445"])

    def test_yaml(self):
        rest = f"- {HOST}:8443 # the other\n- host: {HOST}\n  port: 9443\n- &local 127.0.0.1\n- *local\n"
        expected = ["127.0.0.1:443", f"{HOST}:443", f"{HOST}:8443", f"{HOST}:9443"]
        for text in (f"# ours\n\n- {HOST}\n{rest}", f"---\n- '{HOST}'\n--- # and\n{rest}", f"%YAML 1.1\n---\n- \"{HOST}\"\n{rest}"):
            with self.subTest(text):
                self.assertEqual(list(self.seen(text)), expected)

    def test_changes_and_expiry(self):
        words = ("--ca", "root.pem", "--history", self.history, "--timeout", "60", "--critical", "3",
                 "--hosts", self.listed(HOST), "--json")
        self.pinctl("monitor", "--connect", f"::127.0.0.1:{self.shows()}", "--warning", "10", *words)
        next_second()
        swapped = self.shows("swapped", "swapped-chain.pem")
        done = self.pinctl("monitor", "--connect", f"::127.0.0.1:{swapped}", "--warning", "40", *words, status=1)
        codes = [item["code"] for item in json.loads(done.stdout)["hosts"][0]["findings"]]
        self.assertEqual(sorted(codes), ["expires"] + ["issuer-expires"] * 2 + ["key-changed"])

    def test_mistakes_with_their_place(self):
        for text, line, reason in (("a.example\n\nb example\n", 3, '"b example": expected HOST'),
                                   ("# x\n*.example.com", 2, '"\\*.example.com": expected HOST'),
                                   ("a.example:99999\n", 1, '"a.example:99999": expected HOST'),
                                   ('[ "a.example",\n  "b.example:x" ]', 2, '"b.example:x": expected HOST'),
                                   ('[ "a.example",\n', 2, "expected a list of hosts"),
                                   ('[\n "a.example"\n "b.example" ]', 3, "expected a list of hosts"),
                                   ('{ "hosts": [] }', 1, "expected a list of hosts"),
                                   ('[ "a.example", 7 ]', 1, "expected a host"),
                                   ('[\n { "host": "a.example", "port": "443" } ]', 2, '"a.example": expected a port'),
                                   ("- a.example\n- b example\n", 2, '"b example": expected HOST'),
                                   ("- a.example\n- host: b.example\n  port: 0\n", 3, '"b.example": expected a port'),
                                   ("- a.example\n- port: 443\n", 2, "expected a host"),
                                   ("- a.example\n- [ b.example ]\n", 2, "expected a host"),
                                   ("- a.example\n- 10\n", 2, "expected a host"),
                                   ("- a.example\n--- b.example\n", 2, "expected a list of hosts"),
                                   ("- a.example\n\t- b.example\n", 2, "expected a list of hosts"),
                                   ("- a.example\n- *nobody\n", 2, "expected a list of hosts"),
                                   ('[ { "host": "a.example:1", "port": 443 } ]', 1, '"a.example:1": expected HOST')):
            with self.subTest(text):
                path = self.listed(text)
                done = self.pinctl("monitor", "--no-history", "--hosts", path, status=3)
                self.assertRegex(done.stderr, f"{path}:{line}: {reason}")
        path = self.listed(json.dumps([HOST, {"host": HOST}, *[f"host-{i}.example.com" for i in range(100)], "x y"], indent=1))
        self.assertIn(f'{path}:106: "x y"', self.pinctl("monitor", "--no-history", "--hosts", path, status=3).stderr)
        self.assertIn("names no host", self.pinctl("monitor", "--hosts", self.listed("# none\n"), status=3).stderr)
        self.assertIn("No such file", self.pinctl("monitor", "--hosts", "/nowhere", status=3).stderr)


    @unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "a sanitizer's strstr looks at all of the text each time")
    def test_long_lists_are_read_in_one_go(self):
        hosts = [f"host-{i:05}.example.com" for i in range(40000)] + ["x y"]
        for text in (json.dumps(hosts, indent=1), "".join(f"- {host}\n" for host in hosts), "\n".join(hosts)):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            done = self.pinctl("monitor", "--no-history", "--hosts", self.listed(text), status=3)
            self.assertIn('"x y": expected HOST', done.stderr)
            self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, 2)


class History(Monitor):
    def test_change(self):
        pins = f'{pin_of("server.pem")}", "{pin_of("swapped.pem")}'
        self.pinned(pins)
        issue("moved", "/CN=api.example.com", "other", NAME)
        write("moved-chain.pem", read("moved.pem") + read("other.pem"))
        sound, swapped = self.shows(), self.shows("swapped", "swapped-chain.pem")
        self.assertEqual(self.codes(sound, status=0), [])
        self.assertEqual(self.codes(sound, status=0), [])
        # Two runs within a second are told apart by nothing but the time.
        next_second()
        self.assertEqual(self.codes(swapped), ["key-changed"])
        next_second()
        self.assertEqual(self.codes(swapped, status=0), [])
        next_second()
        self.pinned(f'{pins}", "{pin_of("moved.pem")}')
        self.assertEqual(self.codes(self.shows("moved", "moved-chain.pem")), ["key-changed", "issuer-changed"])
        rows = self.json("history", HOST, "--history", self.history)
        self.assertEqual({row["pin"]: row["times"] for row in rows if row["depth"] == 0},
                         {pin_of("server.pem"): 2, pin_of("swapped.pem"): 2, pin_of("moved.pem"): 1})
        self.assertEqual({row["list"] for row in rows if row["depth"] == 0}, {"pins"})
        self.assertEqual({row["list"] for row in rows if row["depth"] > 0}, {None})
        text = self.pinctl("history", f"{HOST}:443", "--history", self.history).stdout
        self.assertIn(pin_of("moved.pem"), text)
        self.assertEqual(self.json("history", f"{HOST}:444", "--history", self.history), [])

    def test_drawing(self):
        """A key that left half way, the one that came then, and an issuer that was there all the time."""
        self.pinned(pin_of("server.pem"))
        self.pinctl(*self.words(self.shows()))
        day, now = 86400, int(time.time())
        with sqlite3.connect(self.history) as database:
            database.execute("UPDATE keys SET first_seen = ?, last_seen = ? WHERE depth = 0", (now - 100 * day, now - 60 * day))
            database.execute("UPDATE keys SET first_seen = ?, last_seen = ? WHERE depth > 0", (now - 100 * day, now))
            database.execute("INSERT INTO keys VALUES (?, 443, 0, ?, 'CN=x', ?, ?, 3)",
                             (HOST, pin_of("swapped.pem"), now - 60 * day, now + 9 * day))
        text = self.pinctl("history", HOST, "--history", self.history).stdout
        bars = re.findall(r"(?m)^  443 (key|issuer) +(sha256/\S{8}) ([#.]{48})$", text)
        self.assertEqual(bars, [("key", pin_of("server.pem")[:15], "#" * 20 + "." * 28),
                                ("key", pin_of("swapped.pem")[:15], "." * 19 + "#" * 29),
                                ("issuer", pin_of("ca.pem")[:15], "#" * 48)])
        self.assertIn(time.strftime("%Y-%m-%d", time.gmtime(now - 100 * day)), text)
        self.assertNotIn("\\x", text)
        self.assertNotIn("#", self.pinctl("history", HOST, "--history", self.history, "--json").stdout)
        self.assertNotIn("###", self.pinctl("history", "other.example.com", "--history", self.history).stdout)

    def test_no_history(self):
        self.pinned(pin_of("server.pem"))
        port = self.shows()
        self.pinctl(*self.words(port, "--no-history"))
        self.assertFalse(os.path.exists(self.history))
        self.assertIn('"pinctl monitor" begins the history', self.pinctl("history", HOST, "--history", self.history, status=3).stderr)
        empty = self.write_policy("", "empty.db")
        self.assertIn('empty.db: is empty; "pinctl monitor" begins the history', self.pinctl("history", HOST, "--history", empty, status=3).stderr)

    def test_not_writable(self):
        self.pinned(pin_of("server.pem"))
        done = self.pinctl(*self.words(self.shows(), "--history", os.path.join(self.folder, "absent", "h.db")), status=3)
        self.assertIn("No such file or directory", done.stderr)
        broken = self.write_policy("this is no database, but long enough to be looked at " * 40, "broken.db")
        self.pinctl(*self.words(self.shows(), "--history", broken), status=3)


class Selection(Monitor):
    """Three hosts: sound, away, and one with another key."""

    def setUp(self):
        super().setUp()
        pin = pin_of("server.pem")
        names = ("away.a.example.com", "wrong.b.example.com", "api.example.com", "::1")
        self.write_policy("version = 1; hosts = (" + ", ".join(f'{{ name = "{name}"; pins = [ "{pin}" ]; }}' for name in names)
                          + ', { name = "*.wild.example.com"; pins = [ "' + pin + '" ]; } );\n')
        holder = live.closed_port()
        self.addCleanup(holder.close)
        self.line = ("--ca", "root.pem", "--no-history", "--timeout", "60", "--warning", "10",
                     "--connect", f"away.a.example.com::127.0.0.1:{holder.getsockname()[1]}",
                     "--connect", f"wrong.b.example.com::127.0.0.1:{self.shows('swapped', 'swapped-chain.pem')}",
                     "--connect", f"api.example.com::127.0.0.1:{self.shows()}",
                     "--connect", f"::1::127.0.0.1:{holder.getsockname()[1]}")

    def names(self, *words, verb="monitor", status=1):
        return [host["host"] for host in self.json(verb, *words, *self.line, status=status)["hosts"]]

    def test_worst_first(self):
        """What is refused comes before what is away."""
        usual = ["wrong.b.example.com", "::1", "away.a.example.com", "api.example.com"]
        self.assertEqual(self.names(), usual)
        self.assertEqual(self.names("--sort", "state"), usual)
        self.assertEqual(self.names("--sort", "name"), ["::1", "api.example.com", "away.a.example.com", "wrong.b.example.com"])
        # Nothing is known of what is away, and that comes first.
        self.assertEqual(self.names("--sort", "expiry")[:2], ["::1", "away.a.example.com"])
        hosts = self.json("monitor", "--sort", "time", *self.line, status=1)["hosts"]
        self.assertEqual([host["seconds"] for host in hosts], sorted((host["seconds"] for host in hosts), reverse=True))
        text = self.pinctl("monitor", *self.line, status=1).stdout
        self.assertLess(text.index("wrong.b"), text.index("away.a"))
        self.assertIn("[::1]:443", text)

    def test_problems(self):
        self.assertEqual(self.names("--problems"), ["wrong.b.example.com", "::1", "away.a.example.com"])
        text = self.pinctl("monitor", "--problems", *self.line, status=1).stdout
        self.assertNotIn("api.example.com", text)
        self.assertIn("4 hosts: 1 ok, 0 warning, 3 critical", text)
        self.assertIn("; 1 well and not shown", text)
        text = self.pinctl("monitor", "--problems", "--format", "nagios", *self.line, status=2).stdout
        self.assertIn("hosts=4 warning=0 critical=3", text)
        self.assertEqual(self.names("--problems", "api.example.com", status=0), [])

    def test_patterns(self):
        self.assertEqual(self.names("*.a.example.com"), ["away.a.example.com"])
        self.assertEqual(self.names("A*.EXAMPLE.com"), ["away.a.example.com", "api.example.com"])
        self.assertEqual(self.names("api.example.com", "a*"), ["away.a.example.com", "api.example.com"])
        self.assertEqual(self.names("?pi.example.com", status=0), ["api.example.com"])
        # A wildcard's name fits, but names no server.
        self.assertEqual(self.names("*.wild.example.com", status=0), [])
        for pattern in ("*.c.example.com", "*.example.co", "api.example.com?"):
            done = self.pinctl("monitor", pattern, *self.line, status=3)
            self.assertIn(f"{pattern}: no host of the policy", done.stderr)
        self.assertTrue(self.pinctl("monitor", "nothing*", "--format", "nagios", *self.line, status=3).stdout
                        .startswith("PINNING UNKNOWN"))

    def test_list(self):
        listed = lambda *words, status=0: [entry["name"] for entry in self.json("list", *words, status=status)["hosts"]]
        self.assertEqual(len(listed()), 5)
        self.assertEqual(listed("*.a.example.com"), ["away.a.example.com"])
        self.assertEqual(listed("API.example.com", "::1"), ["::1", "api.example.com"])
        self.assertEqual(listed("*.wild.example.com"), ["*.wild.example.com"])
        for word in ("example.com", "pi.example.com", "*.c.example.com", "x.wild.example.com"):
            self.assertEqual(listed(word, status=1), [])
            self.assertIn("no entry has such a name", self.pinctl("list", word, status=1).stderr)
        self.assertEqual(listed("api.example.com", "nothing.example.com", status=1), ["api.example.com"])

    def test_interrupted(self):
        """Ctrl-C shows what is there, keeps only that, and is no success."""
        slow = self.start(live.silent)
        self.pinctl("add", "slow.example.com", path("server.pem"), "--yes")
        for verb in ("monitor", "test"):
            words = [PINCTL, verb, "--json", "--connect", f"slow.example.com::127.0.0.1:{slow}", *self.line]
            words = [word for word in words if verb == "monitor" or word != "--no-history"]
            if verb == "test":
                del words[words.index("--warning"):words.index("--warning") + 2]
            # Nothing shows from outside that the others are done: on a slow machine it is given more time.
            for patience in (1, 4, 16):
                with subprocess.Popen(words, cwd=CERTIFICATES, env=self.environment(), stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE) as child:
                    time.sleep(patience)
                    child.send_signal(signal.SIGINT)
                    # It does not wait for the slow one, which has a minute.
                    out, err = child.communicate(timeout=30)
                if b"interrupted: 4 of 5" in err:
                    break
            self.assertEqual(child.returncode, 3)
            self.assertIn(b"interrupted: 4 of 5 hosts were checked", err)
            self.assertEqual([host["host"] for host in json.loads(out)["hosts"]],
                             ["wrong.b.example.com", "::1", "away.a.example.com", "api.example.com"])


if __name__ == "__main__":
    main()
