# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What reaches a terminal: nothing of a certificate's or file's own making, colours only where they help."""

import json
import os
import re

from pinctl_case import PINCTL, PinctlCase, issue, main, path

HOSTILE = "\u202eevil\x1b[31mred\u200b\u2066"


class Escaping(PinctlCase):
    def setUp(self):
        super().setUp()
        issue("hostile", f"/CN={HOSTILE}")

    def test_subjects(self):
        text = self.pinctl("pin", "hostile.pem").stdout
        for character in HOSTILE:
            if not character.isprintable():
                self.assertNotIn(character, text)
        self.assertIn("\\xe2\\x80\\xaeevil", text)

    def test_json_keeps_them_readable_by_programs_only(self):
        text = self.pinctl("pin", "hostile.pem", "--json").stdout
        self.assertNotIn("\u202e", text)
        self.assertNotIn("\x1b", text)
        self.assertIn("\u202eevil", json.loads(text)[0]["subject"])

    def test_file_names_and_policy_text(self):
        done = self.pinctl("pin", "no\nsuch\x1b[2Jfile", status=3)
        self.assertIn("no\\x0asuch\\x1b[2Jfile", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.write_policy('version = 1;\nmode = "\u202e\x1b[2J";\n')
        text = self.pinctl("check", status=1).stdout
        self.assertNotIn("\x1b", text)
        self.assertNotIn("\u202e", text)

    def test_bytes_that_are_no_utf8(self):
        done = self.pinctl("pin", b"\xff\xfe", status=3, text=False)
        self.assertIn(b"\\xff\\xfe", done.stderr)
        self.write_policy("version = 1;\n")
        self.assertEqual(self.json("show", b"\xff", status=1),
                         {"host": "\ufffd", "port": None, "covered": False, "entries": [], "passed_over": []})


class Colours(PinctlCase):
    def check(self, **environment):
        self.write_policy("version = 1;\nmode = 7;\n")
        status, output = self.on_terminal(PINCTL, "check", self.policy, environment=environment)
        self.assertEqual(status, 1, output)
        self.assertIn("error:", output)
        return output

    def test_only_on_a_terminal(self):
        self.assertIn("\x1b[", self.check())
        self.assertNotIn("\x1b[", self.pinctl("check", status=1).stdout)

    def test_never_against_the_users_will(self):
        self.assertNotIn("\x1b[", self.check(NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.check(TERM="dumb"))
        self.assertNotIn("\x1b[", self.check(TERM=""))

    def test_every_verb(self):
        """With colours where the verb has any, and without a single escape sequence elsewhere."""
        self.pinctl("add", "api.example.com", path("server.pem"))
        chain = ("--chain", path("chain.pem"), "--ca", path("root.pem"))
        verbs = {"list": False, "show api.example.com": True, "check": True, "status": None, "monitor --connect ::127.0.0.1:1 "
                 "--no-history": None, "pin " + path("chain.pem"): True, "remove api.example.com --dry-run": True,
                 " ".join(("explain", "api.example.com", *chain)): True, " ".join(("graph", "api.example.com", *chain)): True}
        for words, coloured in verbs.items():
            with self.subTest(words):
                _, output = self.on_terminal(PINCTL, *words.split(), environment={"PINNING_POLICY": self.policy})
                if coloured is not None:
                    self.assertEqual("\x1b[" in output, coloured, output)
                _, output = self.on_terminal(PINCTL, *words.split(), environment={"TERM": "dumb"})
                self.assertNotIn("\x1b", output)
                _, output = self.on_terminal(PINCTL, *words.split(), environment={"NO_COLOR": "1"})
                self.assertNotRegex(output, "\x1b\\[[0-9;]*m")
                done = self.pinctl(*words.split(), status=None)
                self.assertNotIn("\x1b", done.stdout + done.stderr)


class Width(PinctlCase):
    def test_tables_fit_a_terminal_of_80_columns(self):
        self.pinctl("add", "a-rather-long-name.internal.example.com", path("server.key"), "--port", "443")
        status, output = self.on_terminal("/bin/sh", "-c", f'stty cols 80; exec "{PINCTL}" list')
        self.assertEqual(status, 0)
        lines = output.split("\r\n")
        self.assertIn("HOST", lines[0])
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertGreater(len(self.pinctl("list").stdout.splitlines()[1]), 80)

    def test_long_names_stay_readable(self):
        """No column becomes so narrow that nobody can read it, and nothing is lost where a cell is broken."""
        name = "payments-gateway-primary.eu-central-1.internal.example-corporation.com"
        self.pinctl("add", name, path("server.key"), "--port", "443", "--expires", "2099-12-31")
        history = os.path.join(self.folder, "history.db")
        monitor = ("monitor", "--connect", "::127.0.0.1:1", "--history", history)
        for words in (("list",), monitor, ("test", "--connect", "::127.0.0.1:1")):
            _, output = self.on_terminal("/bin/sh", "-c", 'stty cols 80; exec "$@"', "sh", PINCTL, *words)
            lines = output.split("\x1b[K")[-1].split("\r\n")
            self.assertLessEqual(max(map(len, lines)), 80, output)
            begin = lines[0].index("HOST")
            end = begin + re.search(r"HOST +", lines[0]).end() - re.search(r"HOST +", lines[0]).start() - 1
            self.assertGreaterEqual(end - begin, 16)
            self.assertIn(name, "".join(line[begin:end].strip() for line in lines[1:]))
            self.assertLess(len(lines), 12)

    def test_help(self):
        listed = self.pinctl("--help").stdout
        verbs = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", listed)
        for text in (listed, *(self.pinctl(verb, "--help").stdout for verb in verbs)):
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    main()
