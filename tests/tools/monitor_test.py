# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl monitor and history, against servers of every kind; many of them with PINNING_MONITOR_HOSTS=1000."""

import asyncio
import json
import os
import re
import resource
import sqlite3
import signal
import ssl
import subprocess
import threading
import time
import unittest
from html.parser import HTMLParser

import live_servers as live
from pinctl_case import CA, CERTIFICATES, EC, PINCTL, PinctlCase, issue, main, openssl, path, pin_of, read, write

HOST = "api.example.com"
NAME = ("subjectAltName=DNS:api.example.com", "basicConstraints=CA:FALSE")


class Monitor(PinctlCase):
    def setUp(self):
        super().setUp()
        self.history = os.path.join(self.folder, "history.db")

    def start(self, serve):
        server = live.Server(serve)
        self.addCleanup(server.close)
        return server.port

    def shows(self, name="server", chain="chain.pem", **options):
        return self.start(live.tls(live.tls_context(name, chain, **options)))

    def pinned(self, pin, more="", head=""):
        self.write_policy(f'version = 1; {head} hosts = ( {{ name = "{HOST}"; pins = [ "{pin}" ]; {more} }} );\n')

    def words(self, port, *more):
        """A command line with defaults for the options that are not given."""
        usual = {"--ca": "root.pem", "--history": self.history, "--timeout": "2", "--warning": "10", "--critical": "3"}
        given = [word for name, value in usual.items() if name not in more for word in (name, value)]
        return ("monitor", "--connect", f"::127.0.0.1:{port}", *given, *more)

    def host(self, port, *more, status=1):
        (found,) = self.json(*self.words(port, *more), status=status)["hosts"]
        return found

    def codes(self, port, *more, status=1):
        found = self.host(port, *more, status=status)
        self.assertEqual(found["state"], max((item["severity"] for item in found["findings"]), default="ok",
                                             key=["ok", "warning", "critical"].index))
        return [item["code"] for item in found["findings"]]


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
        self.assertEqual(self.codes(port, "--warning", "40"), ["expires"] * 3)
        self.assertEqual(self.host(port, "--warning", "40")["state"], "warning")
        self.assertEqual(self.host(port, "--warning", "40", "--critical", "35")["state"], "critical")
        issue("old", "/CN=api.example.com", extensions=NAME)
        write("old.pem", openssl("x509", "-in", "old.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "-1"))
        write("old-chain.pem", read("old.pem") + read("ca.pem"))
        self.pinned(pin_of("old.pem"))
        self.assertEqual(self.codes(self.shows("old", "old-chain.pem"), "--no-history"), ["expired"])

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
        self.assertEqual(self.codes(self.start(live.silent)), ["timeout"])

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


class Forms(Monitor):
    def setUp(self):
        super().setUp()
        self.pinned(pin_of("server.pem"))

    def test_table(self):
        text = self.pinctl(*self.words(self.shows("swapped", "swapped-chain.pem")), status=1).stdout
        self.assertRegex(text, r"critical api\.example\.com:443 TLSv1\.3 29 d the policy refuses it: no key")
        self.assertIn("1 host: 0 ok, 0 warning, 1 critical", text)

    def test_nagios(self):
        done = self.pinctl(*self.words(self.shows(), "--format", "nagios"))
        self.assertRegex(done.stdout, r"^PINNING OK: 1 host, 0 warning, 0 critical \| hosts=1 warning=0 critical=0 "
                                      r"least_days=29;10:;3: time=[0-9.]+s\n$")
        self.pinctl(*self.words(self.shows(), "--format", "nagios", "--warning", "40"), status=1)
        done = self.pinctl(*self.words(self.shows("swapped", "swapped-chain.pem"), "--format", "nagios"), status=2)
        self.assertIn("\nCRITICAL: api.example.com:443: the policy refuses it", done.stdout)
        self.write_policy("oops")
        done = self.pinctl(*self.words(1, "--format", "nagios"), status=3)
        self.assertEqual(done.stdout, "PINNING UNKNOWN: the policy has errors, and there is no last good one\n")
        done = self.pinctl("monitor", "--format", "nagios", "--jobs", "0", status=3)
        self.assertRegex(done.stdout, r"^PINNING UNKNOWN: .+\n$")

    def test_broken_policy_does_not_make_blind(self):
        port = self.shows("swapped", "swapped-chain.pem")
        self.pinctl("compile")
        self.write_policy("oops", "policy.d/mine.cfg")
        done = self.pinctl(*self.words(port, "--format", "nagios"), status=2)
        self.assertTrue(done.stdout.startswith("PINNING CRITICAL: the policy has errors, the last good one is enforced; 1 host,"))
        text = self.pinctl(*self.words(port, "--format", "prometheus")).stdout
        self.assertIn("\npinning_policy_ok 0\n", text)
        self.assertIn('pinning_pinned{host="api.example.com",port="443"} 0\n', text)
        self.assertRegex(text, r"(?m)^pinning_last_run_seconds \d{10}$")
        self.assertIn("this is the last good one", self.pinctl(*self.words(port), status=1).stderr)
        # Sound servers do not hide it.
        os.remove(os.path.join(self.folder, "history.db"))
        done = self.pinctl(*self.words(self.shows(), "--format", "nagios"), status=1)
        self.assertTrue(done.stdout.startswith("PINNING WARNING: the policy has errors"))
        os.remove(os.path.join(self.folder, "policy.db"))
        text = self.pinctl(*self.words(port, "--format", "prometheus")).stdout
        self.assertIn("\npinning_policy_ok 0\n", text)

    def test_damaged_history_does_not_make_blind(self):
        history = os.path.join(self.folder, "broken.db")
        with open(history, "wb") as file:
            file.write(b"no database" * 1000)
        words = ("monitor", HOST, "--connect", f"::127.0.0.1:{self.shows()}", "--ca", "root.pem", "--history", history,
                 "--warning", "10", "--critical", "3")
        done = self.pinctl(*words, "--format", "nagios", status=1)
        self.assertTrue(done.stdout.startswith("PINNING WARNING: the history cannot be kept; 1 host,"), done.stdout)
        self.assertIn("\npinning_history_ok 0\n", self.pinctl(*words, "--format", "prometheus").stdout)
        self.assertIn(HOST, self.pinctl(*words, status=3).stdout)

    def test_wildcards_alone_are_no_failure(self):
        self.write_policy(f'version = 1; hosts = ( {{ name = "*.example.com"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        done = self.pinctl("monitor", "--no-history", "--format", "nagios")
        self.assertTrue(done.stdout.startswith("PINNING OK: 0 hosts, "))
        self.pinctl("monitor", "--no-history")
        self.write_policy("version = 1;\n")
        self.pinctl("monitor", "--no-history", status=3)

    def test_pauses_are_a_metric(self):
        self.pinctl("pause", "www.example.com", "--for", "5m")
        self.assertIn("\npinning_pauses 1\n", self.pinctl(*self.words(self.shows(), "--format", "prometheus")).stdout)

    def test_prometheus(self):
        text = self.pinctl(*self.words(self.shows("swapped", "swapped-chain.pem"), "--format", "prometheus")).stdout
        samples = dict(re.findall(r'^(\w+)\{host="api\.example\.com",port="443"\} (\S+)$', text, re.M))
        self.assertEqual([samples[f"pinning_{name}"] for name in ("up", "pinned", "verified", "state")],
                         ["1", "0", "1", "2"])
        self.assertGreater(float(samples["pinning_expires_seconds"]), time.time())
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) pinning_\w+ .+|pinning_\w+(\{[^}]+\})? [0-9.e+-]+)$')

    def test_html(self):
        issue("markup", "/CN=<script>alert(1)<\\/script>&amp;\"\u202e", extensions=("basicConstraints=CA:FALSE",))
        text = self.pinctl(*self.words(self.shows("markup", "markup.pem"), "--format", "html"), status=1).stdout
        opened = []

        class Page(HTMLParser):
            def handle_starttag(self, tag, _):
                if tag not in ("meta", "br"):
                    opened.append(tag)

            def handle_endtag(self, tag):
                assert opened.pop() == tag, tag

        Page().feed(text)
        self.assertEqual(opened, [])
        for part in ("\\&lt;script\\&gt;", "What expires when", "the policy refuses it", pin_of("markup.pem")):
            self.assertIn(part, text)
        for raw in ("<script", "\u202e", "http:", "https:"):
            self.assertNotIn(raw, text)

    def test_progress_on_a_terminal_only(self):
        port = self.shows()
        self.assertNotIn("#", self.pinctl(*self.words(port)).stderr)
        words = [os.path.join(CERTIFICATES, word) if word == "root.pem" else word for word in self.words(port)]
        _, output = self.on_terminal(PINCTL, *words)
        self.assertIn("\r\x1b[K", output)

    def test_usage(self):
        for words in (("--format", "xml"), ("--warning", "5", "--critical", "10"), ("--warning", "soon"), ("--critical", "-1"),
                      ("--jobs", "0"), ("--jobs", "100000"), ("--sort", "size"), ("--timeout", ""), ("-p",)):
            self.pinctl("monitor", *words, status=2)


class Hosts(Monitor):
    """Hosts that are watched without being pinned."""

    def listed(self, text, name="hosts"):
        return self.write_policy(text, name)

    def seen(self, text, *more, status=0):
        words = ("--connect", f"::127.0.0.1:{self.shows()}", "--ca", "root.pem", "--history", self.history, "--warning", "10",
                 "--critical", "3", "--timeout", "2", "--sort", "name")
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

    def test_changes_and_expiry(self):
        words = ("--ca", "root.pem", "--history", self.history, "--timeout", "2", "--critical", "3",
                 "--hosts", self.listed(HOST), "--json")
        self.pinctl("monitor", "--connect", f"::127.0.0.1:{self.shows()}", "--warning", "10", *words)
        time.sleep(1.1)
        swapped = self.shows("swapped", "swapped-chain.pem")
        done = self.pinctl("monitor", "--connect", f"::127.0.0.1:{swapped}", "--warning", "40", *words, status=1)
        codes = [item["code"] for item in json.loads(done.stdout)["hosts"][0]["findings"]]
        self.assertEqual(sorted(codes), ["expires"] * 3 + ["key-changed"])

    def test_mistakes_with_their_place(self):
        for text, line, reason in (("a.example\n\nb example\n", 3, '"b example": expected HOST'),
                                   ("# x\n*.example.com", 2, '"\\*.example.com": expected HOST'),
                                   ("a.example:99999\n", 1, '"a.example:99999": expected HOST'),
                                   ('[ "a.example",\n  "b.example:x" ]', 2, '"b.example:x": expected HOST'),
                                   ('[ "a.example",\n', 2, "expected an array"),
                                   ('[\n "a.example"\n "b.example" ]', 3, "expected an array"),
                                   ('{ "hosts": [] }', 1, "expected an array"),
                                   ('[ "a.example", 7 ]', 1, "expected a host"),
                                   ('[\n { "host": "a.example", "port": "443" } ]', 2, '"a.example": expected a port'),
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
        for text in (json.dumps(hosts, indent=1), "\n".join(hosts)):
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
        time.sleep(1.1)
        self.assertEqual(self.codes(swapped), ["key-changed"])
        time.sleep(1.1)
        self.assertEqual(self.codes(swapped, status=0), [])
        time.sleep(1.1)
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
        self.line = ("--ca", "root.pem", "--no-history", "--timeout", "2", "--warning", "10",
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
            words[words.index("--timeout") + 1] = "60"
            if verb == "test":
                del words[words.index("--warning"):words.index("--warning") + 2]
            with subprocess.Popen(words, cwd=CERTIFICATES, env=self.environment(), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as child:
                time.sleep(2)
                begun = time.monotonic()
                child.send_signal(signal.SIGINT)
                out, err = child.communicate(timeout=20)
            self.assertLess(time.monotonic() - begun, 3)
            self.assertEqual(child.returncode, 3)
            self.assertIn(b"interrupted: 4 of 5 hosts were looked at", err)
            self.assertEqual([host["host"] for host in json.loads(out)["hosts"]],
                             ["wrong.b.example.com", "::1", "away.a.example.com", "api.example.com"])


class Hostile(Monitor):
    """What a server brings is shown by every verb, and acted on by no terminal, browser or collector."""

    SUBJECT = "/CN=\x1b]0;owned\x07\x1b[31m\u202e\u009b2J|a=1;<img src=x>&\"{}\\\\/O=two\nlines"

    def setUp(self):
        super().setUp()
        self.pinned(pin_of("server.pem"))
        issue("hostile", self.SUBJECT, "ca", NAME)
        write("hostile-chain.pem", read("hostile.pem") + read("ca.pem"))
        self.port = self.shows("hostile", "hostile-chain.pem")

    def harmless(self, *words, status=1):
        done = self.pinctl(*words, status=status)
        for raw in ("\x1b", "\x07", "\u202e", "\u009b", "two\nlines"):
            self.assertNotIn(raw, done.stdout + done.stderr)
        return done.stdout

    def test_every_format(self):
        # With days enough that the subject is in a finding.
        words = self.words(self.port, "--warning", "60")
        for form, status in (("table", 1), ("json", 1), ("nagios", 2), ("prometheus", 0), ("html", 1)):
            text = self.harmless(*words, "--format", form, status=status)
            if form != "prometheus":
                self.assertIn("owned", text)
            if form == "nagios":
                first, *others = text.splitlines()
                self.assertEqual((first.count("|"), sum(line.count("|") for line in others)), (1, 0))
            if form == "html":
                self.assertNotIn("<img", text)
                self.assertIn("&lt;img src=x\\&gt;&amp;", text)

    def test_every_verb(self):
        self.harmless(*self.words(self.port))
        connect = ("--connect", f"::127.0.0.1:{self.port}", "--timeout", "15")
        chains = os.path.join(self.folder, "chains")
        self.assertIn("owned", self.harmless("history", HOST, "--history", self.history, status=0))
        self.harmless("history", HOST, "--history", self.history, "--json", status=0)
        self.assertIn("owned", self.harmless("explain", HOST, "--ca", "root.pem", *connect))
        self.harmless("explain", HOST, "--ca", "root.pem", "--json", *connect)
        for form in ("tree", "dot", "svg", "json"):
            self.assertIn("owned", self.harmless("graph", HOST, "--ca", "root.pem", "--format", form, *connect))
        self.harmless("record", HOST, "--to", chains, *connect, status=0)
        self.harmless("test", "--recorded", chains, "--ca", "root.pem")
        self.assertIn("owned", self.harmless("pin", os.path.join(chains, f"{HOST}_443.pem"), status=0))
        done = self.pinctl("add", "else.example.com", "--from-server", "--pin", "leaf", "--yes", "--trust-unverified",
                           "--dry-run", "--ca", "root.pem", *connect)
        self.assertIn("owned", done.stderr)
        self.assertNotRegex(done.stderr + done.stdout, "[\x1b\x07\u202e\u009b]")
        self.harmless("status", status=1)

    def test_hundred_certificates(self):
        write("hundred.pem", read("server.pem") + read("ca.pem") + read("other.pem") * 98)
        found = self.host(self.shows(chain="hundred.pem"))
        self.assertEqual([item["text"] for item in found["findings"]], ["shows 98 certificates that are not on the path"])
        self.assertEqual(len(found["keys"]), 3)

    def test_long_name(self):
        """As much as OpenSSL reads at all, and more."""
        for units, code in ((600, "not-pinned"), (14000, "unreachable")):
            write("long.cnf", "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=e\n[dn]\n"
                  + "".join(f"{i}.OU={'n' * 60}\n" for i in range(units)) + f"CN={HOST}\n[e]\nsubjectAltName=DNS:{HOST}\n")
            openssl("req", "-x509", "-config", "long.cnf", *EC, "-nodes", "-keyout", "long.key", "-out", "long.pem")
            port = self.shows("long", "long.pem")
            self.assertIn(code, self.codes(port))
            self.assertLess(len(self.pinctl(*self.words(port, "--format", "html"), status=1).stdout), 200000)

    def test_no_der(self):
        self.assertEqual(self.codes(self.start(live.no_der)), ["unreachable"])


class Prometheus(Monitor):
    def test_valid(self):
        """The text format (exposition_formats.md): HELP and TYPE once, before the samples of that metric alone."""
        self.write_policy("version = 1; hosts = (" + ", ".join(
            f'{{ name = "{name}"; pins = [ "{pin_of("server.pem")}" ]; }}' for name in (HOST, "127.0.0.1", "::1", "b.example.com"))
            + ");\n")
        text = self.pinctl(*self.words(self.shows(), "--format", "prometheus")).stdout
        self.assertTrue(text.endswith("\n"))
        seen, current, samples = set(), None, set()
        for line in text.splitlines():
            if line.startswith("# HELP "):
                current = line.split()[2]
                self.assertNotIn(current, seen)
                seen.add(current)
            elif line.startswith("# TYPE "):
                self.assertEqual(line, f"# TYPE {current} gauge")
            else:
                if "{" not in line:
                    self.assertRegex(line, rf"^{current} \d+$")
                    continue
                name, host, port, value = re.fullmatch(r'(\w+)\{host="([^"\\]+)",port="(\d+)"\} (\S+)', line).groups()
                self.assertEqual(name, current)
                float(value)
                self.assertNotIn((name, host, port), samples)
                samples.add((name, host, port))
        self.assertGreater(len(seen), 5)
        self.assertEqual(len(samples), 4 * (len(seen) - 5))


class Many(Monitor):
    """So many servers, one in twenty of them dead, slow or sending rubbish. Some share a key, for the test's own time."""

    COUNT = int(os.environ.get("PINNING_MONITOR_HOSTS", "100"))
    TIMEOUT = 6
    KEYS = 20
    BAD = ("closed", "silent", "rubbish", "hang_up")

    async def serve(self, reader, writer):
        try:
            await reader.read(1)
        except OSError:
            pass
        writer.close()

    async def listen(self, context):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=16, ssl=context)
        return server.sockets[0].getsockname()[1]

    def bad(self, kind):
        if kind == "closed":
            holder = live.closed_port()
            self.addCleanup(holder.close)
            return holder.getsockname()[1]
        return self.start(getattr(live, kind))

    def setUp(self):
        super().setUp()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        self.expected, entries, keys = {}, [], []
        for i in range(self.KEYS):
            issue(f"many{i}", f"/CN=many {i}", "root", ("subjectAltName=DNS:*.example.com", "basicConstraints=CA:FALSE"))
            keys.append((live.tls_context(f"many{i}"), pin_of(f"many{i}.pem")))
        for i in range(self.COUNT):
            name, kind = f"h{i:04}.example.com", self.BAD[i // 20 % len(self.BAD)] if i % 20 == 7 else "sound"
            pin = pin_of("other.pem")
            if kind == "sound":
                context, pin = keys[i % self.KEYS]
                port = asyncio.run_coroutine_threadsafe(self.listen(context), loop).result()
            else:
                port = self.bad(kind)
            self.expected[name, port] = kind
            entries.append(f'{{ name = "{name}"; ports = [ {port} ]; pins = [ "{pin}" ]; }}')
        self.addCleanup(loop.call_soon_threadsafe, loop.stop)
        self.write_policy("version = 1; hosts = (\n" + ",\n".join(entries) + ");\n")

    def test_many(self):
        begun = time.monotonic()
        words = [PINCTL, "monitor", "--json", "--ca", "root.pem", "--history", self.history, "--warning", "10",
                 "--timeout", str(self.TIMEOUT), "--connect", "::127.0.0.1:"]
        with subprocess.Popen(words, cwd=CERTIFICATES, env=self.environment(), stdout=subprocess.PIPE) as child:
            found = json.loads(child.stdout.read())
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        self.assertEqual(child.returncode, 1)
        codes = {"sound": [], "silent": ["timeout"]}
        for host in found["hosts"]:
            kind = self.expected.pop((host["host"], host["port"]))
            self.assertEqual([item["code"] for item in host["findings"]], codes.get(kind, ["unreachable"]), (kind, host))
            self.assertLess(host["seconds"], self.TIMEOUT + 20)
        self.assertEqual(self.expected, {})
        # The silent ones are spread over the places, so that all of them together take few timeouts.
        self.assertLess(seconds, 60 + self.COUNT / 10)
        if not os.environ.get("PINNING_SANITIZE"):
            self.assertLess(usage.ru_maxrss, 200 * 1024)
        print(f"{self.COUNT} hosts in {seconds:.1f} s: {self.COUNT / seconds:.0f}/s, "
              f"{usage.ru_utime + usage.ru_stime:.2f} s of CPU, {usage.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
