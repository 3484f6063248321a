# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The HTML report of pinctl monitor, as a browser shows it: light and dark, on a screen and on a telephone.

PINNING_PICTURES=DIR keeps pictures of what was looked at.
"""

import contextlib
import json
import os
import re
import socket
import sqlite3
import time
import unittest

import live_servers as live
from browser import BROKEN, CHROMIUM, CUT_OFF, TEXTS, Browser, contrast
from pinctl_case import PinctlCase, issue, main, pin_of, read, write

SOUND = [f"service-{number}.department.internal.example.com" for number in range(12)]
REFUSED = "xn--bcher-kva.shop.example.com"
LONG = "internal-billing-gateway.eu-central-1.services.example.com"
AWAY = "a-very-long-name-of-a-server-that-is-away.department.example.com"


# As pinctl scan --json prints it, but for what the report does not show.
SCANNED = {"at": "2026-11-29T09:00:00Z", "hosts": [
    {"host": SOUND[0], "port": 443, "error": None, "grade": "C", "findings": [
        {"severity": "critical", "code": "ssl3", "text": "accepts SSL 3 <b>(POODLE)</b>", "remedy": "turn off SSL 3"},
        {"severity": "warning", "code": "static-rsa", "text": "accepts suites without forward secrecy: AES128-GCM-SHA256,"
         " AES256-GCM-SHA384, AES128-SHA, AES128-SHA256 and 2 more", "remedy": "turn off the suites with RSA key exchange"},
        {"severity": "note", "code": "cbc", "text": "accepts suites in CBC mode: AES128-SHA", "remedy": "turn off the suites in CBC mode"}]},
    {"host": SOUND[1], "port": 443, "error": None, "grade": "A+", "findings": []},
    {"host": AWAY, "port": 443, "error": "no answer within 10 s", "grade": None, "findings": []}]}


class Report(PinctlCase):
    def setUp(self):
        super().setUp()
        names = ",".join("DNS:" + name for name in (*SOUND, REFUSED, AWAY))
        issue("many", "/O=Example Corporation/CN=many", "ca", ("subjectAltName=" + names, "basicConstraints=CA:FALSE"))
        issue("evil", f"/O=Somebody <b>else</b>/CN={LONG}", "ca", ("subjectAltName=" + names, "basicConstraints=CA:FALSE"), days=8)
        write("many-chain.pem", read("many.pem") + read("ca.pem"))
        write("evil-chain.pem", read("evil.pem") + read("ca.pem"))
        soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 86400))
        entries = [f'{{ name = "{name}"; pins = [ "{pin_of("many.pem")}" ]; }}' for name in (*SOUND[1:], REFUSED, AWAY)]
        entries.append(f'{{ name = "{SOUND[0]}"; pins = [ "{pin_of("many.pem")}" ]; expires = "{soon}"; }}')
        self.write_policy("version = 1; hosts = ( " + ",\n".join(entries) + " );\n")
        sound, evil = (live.Server(live.tls(live.tls_context(name, f"{name}-chain.pem"))) for name in ("many", "evil"))
        holder = live.closed_port()
        self.addCleanup(sound.close)
        self.addCleanup(evil.close)
        self.addCleanup(holder.close)
        self.history = os.path.join(self.folder, "history.db")
        words = ("monitor", "--history", self.history, "--ca", "root.pem", "--warning", "10",
                 "--connect", f"{REFUSED}:443:127.0.0.1:{evil.port}", "--connect", f"{AWAY}:443:127.0.0.1:{holder.getsockname()[1]}",
                 "--connect", f"::127.0.0.1:{sound.port}")
        self.pinctl(*words, status=1)
        self.remember()
        text = self.pinctl(*words, "--format", "html", "--scan", self.write_policy(json.dumps(SCANNED), "scan.json"), status=1).stdout
        # Where a narrow screen may break a name.
        self.assertIn(SOUND[0].replace(".", ".<wbr>"), text)
        self.text = text.replace("<wbr>", "")
        self.page = self.write_policy(text, "report.html")

    def remember(self):
        """Another key and another issuer of one server, seen from 300 days ago to 100 days ago, and since then the ones of now."""
        now, day = int(time.time()), 86400
        with contextlib.closing(sqlite3.connect(self.history)) as database, database:
            database.execute("UPDATE keys SET first_seen = ? WHERE host = ?", (now - 100 * day, SOUND[0]))
            database.executemany("INSERT INTO keys VALUES (?, 443, ?, ?, 'CN=before', ?, ?, 40)",
                                 [(SOUND[0], depth, f"sha256/OLD{depth}" + "A" * 39 + "=", now - 300 * day, now - 100 * day)
                                  for depth in (0, 1)])

    def section(self, begin, end):
        return self.text.split(begin, 1)[1].split(end, 1)[0]


class Text(Report):
    """What can be said without a browser."""

    def test_what_it_is_about(self):
        head = self.section("<body>", "<h2")
        generation = self.json("list")["generation"]
        for part in (socket.gethostname(), self.policy, generation, "enforce", "14 hosts", "3 critical"):
            self.assertIn(part, head)

    def test_problems_come_first(self):
        problems = self.section('<h2 id="problems">', "<details>")
        self.assertLess(problems.index("critical"), problems.index("</tbody>"))
        for name in (REFUSED, AWAY, SOUND[0]):
            self.assertIn(name, problems)
        self.assertNotIn(SOUND[1], problems)
        self.assertIn("<summary>11 hosts are well</summary>", self.text)
        self.assertLess(self.text.index('id="problems"'), self.text.index('id="timeline"'))

    def test_timeline_has_what_is_not_known_and_entries_that_expire(self):
        timeline = self.section('id="timeline"', "<details>")
        self.assertRegex(timeline, re.escape(AWAY) + r".*not reached.*not known")
        self.assertRegex(timeline, re.escape(SOUND[0]) + r".*entry of the policy.*[45] days")
        self.assertNotIn(SOUND[1], timeline)

    def test_refused_chain_says_what_was_expected(self):
        chain = re.search(r'<section id="chain-\d+" class="refused">.*?</section>', self.text, re.S)[0]
        for part in (REFUSED, pin_of("many.pem"), pin_of("evil.pem"), "policy.cfg:1", "no key on the path is pinned"):
            self.assertIn(part, chain)
        self.assertNotIn("<b>", chain)
        self.assertIn("</p>\n<ul", chain)
        self.assertNotIn("\\x0a", self.text)
        self.assertEqual(self.text.count('class="refused"'), 1)

    def test_names_in_unicode(self):
        self.assertIn(f'{REFUSED} <bdi class="unicode">(b\u00fccher.shop.example.com)</bdi>:443', self.text)

    def test_links_lead_somewhere(self):
        targets = re.findall(r' id="([^"]+)"', self.text)
        self.assertEqual(len(targets), len(set(targets)))
        links = re.findall(r' href="#([^"]+)"', self.text)
        self.assertEqual(set(links) - set(targets), set())
        # A row and its chain, both ways; the host that is away has none.
        self.assertEqual(len(links), 2 * 13)

    def test_headings_of_tables(self):
        headings = re.findall(r"<th\b[^>]*>", self.text)
        self.assertGreater(len(headings), 20)
        for heading in headings:
            self.assertRegex(heading, ' scope="(col|row)"')


    def test_keys_over_time(self):
        """Each is drawn as long as it was seen, and the drawing has a name and a description of its own."""
        changed = self.section('<h2 id="history">', "<details>")
        self.assertEqual(changed.count("<h3>"), 1)
        self.assertIn(SOUND[0], changed)
        bars = re.findall(r'role="img" aria-labelledby="(t-\d+) (d-\d+)"><title id="(t-\d+)">(\w+) (sha256/\S{8})</title>'
                          r'<desc id="(d-\d+)">seen from (\S+) to (\S+)</desc>'
                          r'<rect class="ground" width="1000" height="10"/><rect class="seen" x="(\d+)" width="(\d+)"', changed)
        day = lambda ago: time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 86400))
        self.assertEqual([(title, desc) for title, desc, *_ in bars], [(bar[2], bar[5]) for bar in bars])
        self.assertEqual([(bar[3], bar[4][:11], bar[6], bar[7]) for bar in bars],
                         [("key", "sha256/OLD0", day(300), day(100)), ("key", pin_of("many.pem")[:11], day(100), day(0)),
                          ("issuer", "sha256/OLD1", day(300), day(100)), ("issuer", pin_of("ca.pem")[:11], day(100), day(0))])
        for bar in bars:
            self.assertAlmostEqual(int(bar[8]), 0 if "OLD" in bar[4] else 666, delta=2)
            self.assertAlmostEqual(int(bar[9]), 666 if "OLD" in bar[4] else 333, delta=2)
        self.assertIn("<summary>12 hosts without a change</summary>", self.text)
        # AWAY was never seen.
        self.assertNotIn(AWAY, self.section('<h2 id="history">', '<h2 id="scan">'))

    def test_what_a_scan_found(self):
        scanned = self.section('<h2 id="scan">', '<h2 id="chains">')
        self.assertIn("at 2026-11-29T09:00:00Z", scanned)
        self.assertRegex(scanned, r'<td class="state">C</td><th scope="row">' + re.escape(SOUND[0]) + ":443</th>")
        self.assertRegex(scanned, r'<div class="critical">critical: accepts SSL 3 &lt;b&gt;(?s:.*)<summary>1 note</summary>')
        self.assertRegex(scanned, re.escape(AWAY) + r':443</th><td><div class="critical">no answer within 10 s')
        self.assertNotIn("<b>", scanned)

    def test_scans_that_are_none(self):
        for text in ("[]", "{}", "no JSON", '{"hosts": 1}'):
            done = self.pinctl("monitor", "--no-history", "--format", "html", "--scan", self.write_policy(text, "wrong.json"), status=3)
            self.assertIn("expected what", done.stderr)
        odd = self.write_policy('{"hosts": [7, {"host": 1, "port": "x", "findings": [1, {"severity": "\\"><b>"}]}]}', "odd.json")
        text = self.pinctl("monitor", "--no-history", "--format", "html", "--scan", odd, "--connect", "::127.0.0.1:1", status=1).stdout
        self.assertNotIn("<b>", text)
        self.assertIn("--scan goes with", self.pinctl("monitor", "--no-history", "--scan", odd, status=2).stderr)

    def test_without_either(self):
        text = self.pinctl("monitor", "--no-history", "--format", "html", "--connect", "::127.0.0.1:1", status=1).stdout
        self.assertNotIn('id="history"', text)
        self.assertNotIn('id="scan"', text)


class Names(PinctlCase):
    """A-labels that stand for something else than they seem are left alone."""

    def shown(self, name):
        self.write_policy(f'version = 1; hosts = ( {{ name = "{name}"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        text = self.pinctl("monitor", "--format", "html", "--no-history", "--connect", "::127.0.0.1:1", status=1).stdout
        return re.findall(r'class="unicode">\(([^<]*)\)<', text.replace("<wbr>", ""))[:1]

    def test_good(self):
        for name in ("b\u00fccher.example", "\u4f8b\u3048.\u30c6\u30b9\u30c8", "\u0438\u0441\u043f\u044b\u0442\u0430\u043d\u0438\u0435.example",
                     "\U00020b9f.example", "a.m\u00fcnchen.gr\u00fc\u00df-gott.example"):
            labels = ".".join(part if part.isascii() else "xn--" + part.encode("punycode").decode() for part in name.split("."))
            self.assertEqual(self.shown(labels), [name])

    def test_bad(self):
        # ASCII alone, no number, one that never ends, beyond Unicode, a surrogate, nothing at all.
        surrogate = "xn--" + "\ud800".encode("punycode").decode()
        for label in ("xn--abc-", "xn--zzzzzzzzzzzz", "xn--99999999", surrogate, "xn--b"):
            self.assertEqual(self.shown(f"{label}.example"), [], label)
        # Turns the reading direction around.
        self.assertEqual(self.shown("xn--" + "a\u202eb".encode("punycode").decode() + ".example"), ["a\\xe2\\x80\\xaeb.example"])


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class InBrowser(Report):
    def setUp(self):
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def looks(self):
        for scheme in ("light", "dark"):
            for width in (1280, 400):
                self.browser.open(self.page, width, scheme)
                for unfolded in (False, True):
                    self.browser.value(f"document.querySelectorAll('details').forEach(d => d.open = {str(unfolded).lower()})")
                    yield f"{scheme}-{width}{'-unfolded' if unfolded else ''}"

    def test_is_readable(self):
        pictures = os.environ.get("PINNING_PICTURES")
        counts = {}
        for look in self.looks():
            if pictures:
                self.browser.picture(os.path.join(pictures, f"monitor-{look}.png"))
            texts = self.browser.value(TEXTS)
            counts[look] = len(texts)
            for found in texts:
                self.assertIsNotNone(found["back"], (look, found))
                self.assertGreaterEqual(contrast(found["front"], found["back"]), 4.5, (look, found))
            self.assertEqual(self.browser.value(CUT_OFF), [], look)
            self.assertEqual(self.browser.value(BROKEN), [], look)
            self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"),
                                 self.browser.value("document.documentElement.clientWidth"), look)
        self.assertGreater(min(counts.values()), 30, counts)
        self.assertGreater(counts["light-1280-unfolded"], counts["light-1280"] + 30)

    def test_dark_is_dark(self):
        backs = []
        for scheme in ("light", "dark"):
            self.browser.open(self.page, 1280, scheme)
            backs.append(sum(self.browser.value(TEXTS)[0]["back"]))
        self.assertGreater(backs[0], 3 * 200)
        self.assertLess(backs[1], 3 * 60)

    def test_refusal_is_red(self):
        for scheme in ("light", "dark"):
            self.browser.open(self.page, 1280, scheme)
            red, green, blue = self.browser.value(
                "getComputedStyle(document.querySelector('.refused .verdict')).color.match(/[0-9]+/g).map(Number)")
            self.assertGreater(red, green + 50)
            self.assertGreater(red, blue + 50)

    def test_a_link_opens_what_is_folded(self):
        self.browser.open(self.page)
        shown = "document.getElementById('{}').checkVisibility()"
        row = self.browser.value("[...document.querySelectorAll('details tr[id]')].pop().id")
        chain = row.replace("host", "chain")
        self.assertFalse(self.browser.value(shown.format(chain)))
        self.browser.value(f"document.querySelector('#{row} a').click()")
        self.browser.wait_for(shown.format(chain))
        self.browser.value(f"document.querySelector('#{chain} a').click()")
        self.browser.wait_for(shown.format(row))


if __name__ == "__main__":
    main()
