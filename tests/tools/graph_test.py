# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl graph: that every form says what explain says, and that no certificate can write into the drawing."""

import json
import os
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as xml

import live_servers as live
from browser import CHROMIUM, Browser, contrast
from pinctl_case import EC, PINCTL, PinctlCase, issue, main, openssl, path, pin_of, read, write

HOST = "api.example.com"
NAME = ("subjectAltName=DNS:api.example.com", "basicConstraints=CA:FALSE")
# What ends a string, a label, a node or a document in one of the forms, and what a terminal acts on.
HOSTILE = 'q"q b\\\\N\\\\" ]; evil [label="x"]; <script>&lt;\u202e\x1b]0;owned\x07{a|b}'


class Graph(PinctlCase):
    def setUp(self):
        super().setUp()
        self.pinned(f'pins = [ "{pin_of("server.pem")}" ]; intermediates = [ "{pin_of("ca.pem")}" ]; require = "all";')

    def pinned(self, settings, head=""):
        self.write_policy(f'version = 1; {head} hosts = ( {{ name = "{HOST}"; {settings} }} );\n')

    def draw(self, form, chain="chain.pem", ca="root.pem", status=0, **options):
        return self.pinctl("graph", HOST, "--chain", chain, "--ca", ca, "--format", form, status=status, **options).stdout

    def graph(self, *words, **options):
        return json.loads(self.draw("json", *words, **options))

    def edges(self, *words, **options):
        """(pin of the certificate, list, whether it counts) of each."""
        found = self.graph(*words, **options)
        return [(found["certificates"][edge["certificate"]]["pin"], found["rules"][edge["rule"]]["list"], edge["counts"])
                for edge in found["edges"]]


class Rules(Graph):
    def test_satisfied(self):
        self.assertEqual(self.edges(), [(pin_of("server.pem"), "pins", True), (pin_of("ca.pem"), "intermediates", True)])
        self.assertEqual([rule["satisfied"] for rule in self.graph()["rules"]], [True, True])

    def test_wrong_key(self):
        """A key of the same kind, by the same CA."""
        self.assertEqual(self.edges("swapped-chain.pem", status=1), [(pin_of("ca.pem"), "intermediates", True)])
        found = self.graph("swapped-chain.pem", status=1)
        self.assertEqual((found["allowed"], found["reason"]), (False, "no-pin"))
        self.assertEqual([rule["satisfied"] for rule in found["rules"]], [False, True])

    def test_listed_but_does_not_count(self):
        write("stuffed.pem", read("swapped.pem") + read("ca.pem") + read("other.pem"))
        self.pinned(f'pins = [ "{pin_of("other.pem")}" ]; intermediates = [ "{pin_of("swapped.pem")}" ]; '
                    f'anchors = [ "{pin_of("ca.pem")}" ];')
        self.assertEqual(sorted(self.edges("stuffed.pem", status=1)),
                         sorted([(pin_of("other.pem"), "pins", False), (pin_of("swapped.pem"), "intermediates", False),
                                 (pin_of("ca.pem"), "anchors", False)]))

    def test_not_proven(self):
        """Only the leaf is signed by nobody we know: the CA that it names did not sign it."""
        issue("forger", "/O=Example/CN=Test Issuing CA", extensions=("basicConstraints=critical,CA:TRUE",))
        issue("forged", f"/CN={HOST}", "forger", NAME, identifiers=("subjectKeyIdentifier=hash",))
        write("forged-chain.pem", read("forged.pem") + read("ca.pem"))
        self.pinned(f'pins = [ "{pin_of("ca.pem")}" ];')
        self.assertFalse(any(counts for _, _, counts in self.edges("forged-chain.pem", status=1)))
        self.assertNotIn("satisfies", self.draw("tree", "forged-chain.pem", status=1))

    def test_off_audit_blocked_and_not_covered(self):
        pins = f'pins = [ "{pin_of("server.pem")}" ];'
        self.pinned(pins + 'mode = "off";')
        self.assertEqual(self.edges(), [(pin_of("server.pem"), "pins", False)])
        self.assertEqual(self.graph()["rules"][0]["satisfied"], False)
        self.pinned(pins, f'blocked_keys = [ "{pin_of("ca.pem")}" ];')
        found = self.graph(status=1)
        self.assertEqual([item["blocked"] for item in found["certificates"]], [False, True, False])
        self.assertIn("is in blocked_keys", self.draw("tree", status=1))
        self.write_policy("version = 1;\n")
        self.assertEqual((self.graph()["verdict"], self.graph()["rules"]), ("not-covered", []))

    def test_agrees_with_explain(self):
        write("extra.pem", read("server.pem") + read("ca.pem") + read("other.pem"))
        pins = ", ".join(f'"{pin_of(name)}"' for name in ("server.pem", "other.pem", "root.pem"))
        self.pinned(f"pins = [ {pins} ]; intermediates = [ {pins} ]; anchors = [ {pins} ];")
        explained = self.json("explain", HOST, "--chain", "extra.pem", "--ca", "root.pem")
        listed = [(item["pin"], match["list"], match["counts"]) for item in explained["certificates"] for match in item["listed"]]
        self.assertGreater(len(listed), 6)
        self.assertEqual(self.edges("extra.pem"), listed)
        for key in ("host", "port", "allowed", "verdict", "reason"):
            self.assertEqual(self.graph("extra.pem")[key], explained[key])

    def test_live(self):
        server = live.Server(live.tls(live.tls_context("server", "chain.pem")))
        self.addCleanup(server.close)
        words = ("graph", f"{HOST}:8443", "--connect", f"::127.0.0.1:{server.port}", "--ca", "root.pem")
        found = self.json(*words)
        self.assertEqual((found["port"], len(found["certificates"])), (8443, 3))
        self.assertIn(f"{HOST}:8443: accepted", self.pinctl(*words).stdout)
        self.pinctl("graph", HOST, "--connect", "::127.0.0.1:1", status=3)

    def test_usage(self):
        for words in ((), (HOST, "else.example.com"), (HOST, "--format", "png"), (HOST, "--output", ""), ("*.example.com",)):
            self.pinctl("graph", *words, status=2)


class Forms(Graph):
    def labels(self, text):
        """What Graphviz itself reads: the label of every node."""
        done = subprocess.run(["dot", "-Tdot_json"], input=text.encode(), capture_output=True, check=True, timeout=60)
        self.assertEqual(done.stderr, b"")
        return {item["name"]: item.get("label", "") for item in json.loads(done.stdout)["objects"]}

    def texts(self, svg):
        return [element.text for element in xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]

    def test_tree(self):
        text = self.draw("tree")
        self.assertIn("`- CN=Test Issuing CA,O=Example\n     intermediate, EC 256, 29 days left\n"
                      f"     {pin_of('ca.pem')}\n     satisfies intermediates of policy.cfg:1\n   `- CN={HOST}\n", text)
        self.assertIn("  [x] pins: 1 key, satisfied at depth 0\n", text)
        self.assertIn("  [ ] pins: 1 key\n", self.draw("tree", "swapped-chain.pem", status=1))

    def test_dot_and_svg(self):
        labels = self.labels(self.draw("dot"))
        self.assertEqual(set(labels) - {"cluster0"}, {"c0", "c1", "c2", "r0", "r1"})
        self.assertIn(pin_of("ca.pem"), labels["c1"])
        texts = self.texts(self.draw("svg"))
        for part in (f"CN={HOST}", pin_of("root.pem"), "pins: 1 key", "satisfies", "signed"):
            self.assertIn(part, texts)

    LONG = "a-rather-long-name-of-a-server.in-some-department.of-a-corporation.example.com"

    def test_verdict_is_never_cut_off(self):
        """However long the name: each form has it whole, with the reason, and says so of a refusal in capitals."""
        for key in ("right", "wrong"):
            issue(key, f"/CN={key}", "ca", (f"subjectAltName=DNS:{self.LONG}", "basicConstraints=CA:FALSE"))
            write(f"{key}-chain.pem", read(f"{key}.pem") + read("ca.pem"))
        self.write_policy(f'version = 1; hosts = ( {{ name = "{self.LONG}"; pins = [ "{pin_of("right.pem")}" ]; }} );\n')
        words = ("graph", f"{self.LONG}:8443", "--ca", "root.pem", "--chain")
        reason = "REFUSED: no key on the path is pinned"
        tree = self.pinctl(*words, "wrong-chain.pem", status=1).stdout
        self.assertTrue(tree.startswith(f"{self.LONG}:8443:\n{reason}\n"), tree)
        svg = self.pinctl(*words, "wrong-chain.pem", "--format", "svg", status=1).stdout
        texts = self.texts(svg)
        self.assertIn(f"{self.LONG}:8443", texts)
        self.assertIn(reason, texts)
        self.assertIn(self.LONG, texts)
        self.assertIn("enforce: no key on the path is pinned", texts)
        # In red: the verdict, the server's own certificate, the entry and the rule that was not satisfied.
        fills = {element.text: element.get("fill") for element in xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}
        self.assertEqual(fills[reason], "#b3261e")
        self.assertGreaterEqual(svg.count('stroke="#b3261e"'), 3)
        good = self.pinctl(*words, "right-chain.pem", "--format", "svg").stdout
        self.assertNotIn("REFUSED", good)
        self.assertNotIn("#b3261e", good)
        self.assertIn("accepted: the path satisfies the entry", self.texts(good))

    @unittest.skipUnless(CHROMIUM, "chromium is not installed")
    def test_in_a_browser(self):
        self.pinned(f'pins = [ "{pin_of("server.pem")}" ]; intermediates = [ "{pin_of("other.pem")}" ]; require = "all";')
        browser = Browser()
        self.addCleanup(browser.close)
        for chain in ("chain.pem", "swapped-chain.pem"):
            page = self.write_policy(self.draw("svg", chain, status=1), "graph.svg")
            for scheme in ("light", "dark"):
                browser.open(page, 1280, scheme)
                if os.environ.get("PINNING_PICTURES"):
                    browser.picture(os.path.join(os.environ["PINNING_PICTURES"], f"graph-{chain}-{scheme}.png"))
                texts = browser.value("[...document.querySelectorAll('text')].map(t => ({text: t.textContent, box: "
                                      "[t.getBoundingClientRect().left, t.getBoundingClientRect().right], "
                                      "fill: (getComputedStyle(t).fill.match(/[0-9]+/g) || []).map(Number)}))")
                self.assertGreater(len(texts), 10)
                right = browser.value("document.documentElement.getBoundingClientRect().right")
                for text in texts:
                    self.assertGreaterEqual(contrast(text["fill"], (255, 255, 255)), 4.5, text)
                    self.assertGreaterEqual(text["box"][0], 0, text)
                    self.assertLessEqual(text["box"][1], right, text)

    def hostile(self, subject, name, **options):
        issue(name, f"/CN={subject}", "ca", NAME, **options)
        write(f"{name}-chain.pem", read(f"{name}.pem") + read("ca.pem"))
        return f"{name}-chain.pem"

    def test_hostile_subjects(self):
        for index, part in enumerate((HOSTILE, *HOSTILE.replace("\\\\", "\\").split())):
            chain = self.hostile(part.replace("/", "\\/"), f"hostile{index}")
            with self.subTest(part):
                subject = self.graph(chain, status=1)["certificates"][0]["subject"]
                shown = next(line for line in self.draw("tree", chain, status=1).splitlines() if "CN=" in line and
                             "Test" not in line).lstrip("`- ")
                dot, svg = self.draw("dot", chain, status=1), self.draw("svg", chain, status=1)
                labels, texts = self.labels(dot), self.texts(svg)
                self.assertEqual(set(labels) - {"cluster0"}, {"c0", "c1", "c2", "r0", "r1"})
                cut = shown if len(shown) <= 64 else shown[:61]
                self.assertTrue(any(text.replace("\u00a0", " ").startswith(cut) for text in texts), (cut, texts))
                for raw in ("\x1b", "\x07", "\u202e"):
                    self.assertNotIn(raw, dot + svg + self.draw("tree", chain, status=1) + self.draw("json", chain, status=1))
                self.assertNotIn("<script", svg)
                self.assertTrue(subject.startswith("CN="))

    def test_names_that_are_no_utf8(self):
        """OpenSSL reads no UTF8String that is none, but a PrintableString or T61String of any bytes."""
        chain = self.hostile("caf\u00e9", "latin")
        der = bytearray(openssl("x509", "-in", "latin.pem", "-outform", "der"))
        at = der.rindex("caf\u00e9".encode())
        der[at + 3:at + 5] = b"\xff\x9b"
        for kind in (0x13, 0x14):
            der[at - 2] = kind
            write("spoilt.pem", openssl("x509", "-inform", "der", data=bytes(der)))
            for form in ("tree", "dot", "svg", "json"):
                for name in (chain, "spoilt.pem"):
                    text = self.draw(form, name, status=1)
                    self.assertIn("caf", text)
                    self.assertNotIn("\x9b", text)
            self.labels(self.draw("dot", "spoilt.pem", status=1))

    def test_long_name(self):
        """OpenSSL reads no longer name than one of a mebibyte."""
        write("long.cnf", "[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=utf8only\n[dn]\n"
              + "".join(f"{i}.OU={'n' * 60}\n" for i in range(14000)) + f"CN={HOST}\n")
        openssl("req", "-x509", "-config", "long.cnf", *EC, "-nodes", "-keyout", "long.key", "-out", "long.pem")
        for form in ("tree", "dot", "svg"):
            text = self.draw(form, "long.pem", status=1)
            self.assertLess(len(text), 20000)
        self.assertLessEqual(max(map(len, self.draw("tree", "long.pem", status=1).splitlines())), 80)
        self.assertGreater(len(self.graph("long.pem", status=1)["certificates"][0]["subject"]), 850000)

    def test_long_chain(self):
        """Forty CAs below each other, and more certificates than anybody needs."""
        issuer = "root"
        chain = b""
        for i in range(40):
            issue(f"deep{i}", f"/CN=CA {i}", issuer, ("basicConstraints=critical,CA:TRUE",))
            issuer, chain = f"deep{i}", read(f"deep{i}.pem") + chain
        issue("deepest", f"/CN={HOST}", issuer, NAME)
        write("deep-chain.pem", read("deepest.pem") + chain + read("other.pem") * 58)
        text = self.draw("tree", "deep-chain.pem", status=1)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        self.assertEqual(text.count("sha256/"), 100)
        self.assertEqual(len(self.labels(self.draw("dot", "deep-chain.pem", status=1))) - 1, 102)

    def test_colours_on_a_terminal_only(self):
        words = (PINCTL, "graph", HOST, "--chain", path("chain.pem"), "--ca", path("root.pem"))
        for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            status, output = self.on_terminal(*words, environment=environment)
            self.assertEqual((status, "\x1b[" in output), (0, coloured), output)
        self.assertNotIn("\x1b", self.draw("tree"))


class Output(Graph):
    def dot_that(self, script):
        """A PATH on which dot is a script, or is missing (None)."""
        folder = os.path.join(self.folder, "bin")
        os.makedirs(folder, exist_ok=True)
        if script is not None:
            with open(os.path.join(folder, "dot"), "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(file.name, 0o755)
        return {"PATH": folder}

    def fails(self, script):
        words = ("graph", HOST, "--chain", "chain.pem", "--ca", "root.pem", "--format", "svg")
        done = self.pinctl(*words, status=3, environment=self.dot_that(script))
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_without_graphviz(self):
        message = self.fails(None)
        self.assertIn("dot: no such program", message)
        self.assertIn("--format dot", message)

    def test_graphviz_fails(self):
        message = self.fails("printf 'bad \\033[2J input' >&2; exit 1")
        self.assertIn("failed: bad \\x1b[2J input", message)
        self.assertIn("failed: it said nothing", self.fails("kill -9 $$"))

    def test_no_shell(self):
        self.assertEqual(self.draw("svg", environment=self.dot_that('echo "$#" "$1"')), "1 -Tsvg\n")

    def test_to_a_file(self):
        target = os.path.join(self.folder, "drawn")
        words = ("graph", HOST, "--chain", "chain.pem", "--ca", "root.pem", "--output", target)
        for form in ("tree", "dot", "svg", "json"):
            self.assertEqual(self.pinctl(*words, "--format", form).stdout, "")
            with open(target, encoding="utf-8") as file:
                self.assertEqual(file.read(), self.draw(form))
        before = self.snapshot()
        self.pinctl(*words, "--format", "svg", status=3, environment=self.dot_that("exit 1"))
        shutil.rmtree(os.path.join(self.folder, "bin"))
        self.assertEqual(self.snapshot(), before)
        done = self.pinctl(*words[:-1], os.path.join(self.folder, "absent", "drawn"), status=3)
        self.assertIn("absent/drawn: No such file", done.stderr)


if __name__ == "__main__":
    main()
