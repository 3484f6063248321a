# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The forms in which pinctl monitor reports, and that nothing which a server shows breaks out of one."""

import os
import re
import time
from html.parser import HTMLParser

import live_servers as live
from monitor_case import HOST, NAME, Monitor
from pinctl_case import CERTIFICATES, EC, PINCTL, issue, main, openssl, pin_of, read, write


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
        self.assertIn("this is the last good policy", self.pinctl(*self.words(port), status=1).stderr)
        # Sound servers do not hide it.
        os.remove(os.path.join(self.folder, "history.db"))
        sound = self.pinctl(*self.words(self.shows(), "--no-history", "--format", "html"), status=1).stdout
        self.assertIn("None of these hosts has any", sound)
        self.assertNotIn("every host is well", sound)
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
                if tag not in ("meta", "br", "wbr"):
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
        connect = ("--connect", f"::127.0.0.1:{self.port}", "--timeout", "60")
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


if __name__ == "__main__":
    main()
