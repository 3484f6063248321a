# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What reaches a terminal: nothing of a certificate's or file's own making, colours only where they help."""

import json

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


class Width(PinctlCase):
    def test_tables_fit_a_terminal_of_80_columns(self):
        self.pinctl("add", "a-rather-long-name.internal.example.com", path("server.pem"), "--port", "443")
        status, output = self.on_terminal("/bin/sh", "-c", f'stty cols 80; exec "{PINCTL}" list')
        self.assertEqual(status, 0)
        lines = output.split("\r\n")
        self.assertIn("HOST", lines[0])
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertGreater(len(self.pinctl("list").stdout.splitlines()[1]), 80)


if __name__ == "__main__":
    main()
