# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What reaches a terminal: nothing of a certificate's or file's own making, colours only where they help."""

import json
import os
import re

import live_servers as live
import system_log
from pinctl_case import PINCTL, PinctlCase, issue, main, path, pin_of, read, write

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
                         {"host": "\ufffd", "port": None, "covered": False, "unlisted": "ignore", "entries": [],
                          "passed_over": []})


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
    """Twenty hosts of 40 characters, on terminals of 80 and of 60 columns."""

    NAMES = [f"service-{number:02}.department.euwest.example.com" for number in range(20)]

    def setUp(self):
        super().setUp()
        names = ("subjectAltName=" + ",".join("DNS:" + name for name in self.NAMES), "basicConstraints=CA:FALSE")
        for key in ("many", "evil"):
            issue(key, f"/CN={key}", "ca", names)
            write(f"{key}-chain.pem", read(f"{key}.pem") + read("ca.pem"))
        pin, spare = pin_of("many.pem"), pin_of("other.pem")
        self.write_policy("version = 1; hosts = (\n" + ",\n".join(
            f'{{ name = "{name}"; pins = [ "{pin}" ]; backup_pins = [ "{spare}" ]; }}' for name in self.NAMES) + ");\n")
        self.history = os.path.join(self.folder, "history.db")
        server = live.Server(live.tls(live.tls_context("many", "many-chain.pem")))
        swapped = live.Server(live.tls(live.tls_context("evil", "evil-chain.pem")))
        self.addCleanup(server.close)
        self.addCleanup(swapped.close)
        self.connect = ("--ca", path("root.pem"), "--connect", f"{self.NAMES[3]}::127.0.0.1:{swapped.port}",
                        "--connect", f"::127.0.0.1:{server.port}")

    def lines(self, columns, *words):
        _, output = self.on_terminal("/bin/sh", "-c", f'stty cols {columns}; exec "$@"', "sh", PINCTL, *words,
                                     environment={"NO_COLOR": "1"})
        lines = [line.rstrip() for line in output.split("\x1b[K")[-1].split("\r\n")]
        self.assertLessEqual(max(map(len, lines)), columns, output)
        return lines

    def assert_one_line_each(self, lines, but=()):
        for name in self.NAMES:
            found = [line for line in lines if name in line]
            self.assertEqual(len(found), 1, (name, lines))
            if name not in but:
                following = lines[lines.index(found[0]) + 1]
                self.assertFalse(following.startswith(" "), following)

    def test_list(self):
        wide, narrow = self.lines(80, "list"), self.lines(60, "list")
        for lines in (wide, narrow):
            self.assert_one_line_each(lines)
        self.assertEqual(wide[0].split(), ["HOST", "PORTS", "MODE", "PINS", "BACKUP", "EXPIRES"])
        self.assertEqual(wide[21], "Not shown for lack of room: ISSUERS, WHERE")
        self.assertEqual(narrow[0].split(), ["HOST", "MODE", "PINS", "BACKUP"])
        # Nothing is left out where there is room, or no terminal.
        self.assertIn("policy.cfg:2", self.lines(160, "list")[1])
        self.assertIn("policy.cfg:2", self.pinctl("list").stdout)
        self.assertNotIn("Left out", self.pinctl("list").stdout)

    def test_monitor(self):
        words = ("monitor", "--history", self.history, "--warning", "10", *self.connect)
        for columns in (80, 60):
            lines = self.lines(columns, *words)
            self.assert_one_line_each(lines, but=self.NAMES[3:4])
            self.assertIn(self.NAMES[3], lines[1])
            self.assertEqual(lines[2], "         the policy refuses it: no key on the path is pinned")
        self.assertIn("TLSv1.3 29 d all well", self.lines(80, *words)[3])

    def test_pins_are_never_broken(self):
        self.pinctl("monitor", "--history", self.history, *self.connect, status=1)
        for columns in (80, 60):
            history = self.lines(columns, "history", self.NAMES[0], "--history", self.history)
            self.assertIn(pin_of("many.pem"), "\n".join(history))
            rotate = self.lines(columns, "rotate", self.NAMES[3], "--report", "--history", self.history, *self.connect)
            self.assertIn(pin_of("evil.pem"), "\n".join(rotate))
            self.assertEqual(rotate[1], f"new   {self.NAMES[3]}:443")
            show = self.lines(columns, "show", self.NAMES[0])
            for pin in ("many.pem", "other.pem"):
                self.assertIn(pin_of(pin), "\n".join(show))
            if columns == 60:
                self.assertEqual(show[show.index("  pins") + 1], f"    {pin_of('many.pem')}")
            scan = self.lines(columns, "scan", self.NAMES[0], *self.connect)[3:]
            self.assertIn(pin_of("many.pem"), "\n".join(scan))

    def test_commands_can_be_copied(self):
        lines = self.lines(80, "scan", self.NAMES[0], *self.connect)
        at = lines.index("To pin it:")
        self.assertEqual(lines[at + 1], f"  pinctl add {self.NAMES[0]} \\")
        self.assertEqual(lines[at + 2], "    " + pin_of("many.pem"))
        text = self.pinctl("scan", self.NAMES[0], *self.connect, status=None).stdout
        self.assertIn(f"To pin it: pinctl add {self.NAMES[0]} {pin_of('many.pem')}\n", text)

    def test_log(self):
        log = self.write_policy("".join(system_log.traditional(
            f'verdict=refused reason=no-pin host={name} port=443 mode=enforce entry=/etc/pinning/policy.cfg:4 '
            f'key0="{pin_of("evil.pem")} CN=x" program=/usr/bin/curl pid=17 uid=0', 1700000000) for name in self.NAMES), "log")
        lines = self.lines(80, "log", "--file", log)
        self.assert_one_line_each(lines[:22])
        self.assertIn("Not shown for lack of room: PROGRAM (UID)", lines)
        self.assertIn(f"  key0 {pin_of('evil.pem')} CN=x", lines)
        narrow = self.lines(60, "log", "--file", log)
        self.assertEqual(narrow[0].split(), ["TIME", "VERDICT", "PROGRAM", "(UID)", "REASON"])
        for number, name in enumerate(self.NAMES):
            row, below = narrow[1 + 2 * number:3 + 2 * number]
            self.assertRegex(row, r"^20\d\d-11-1\d \d\d:\d\d refused /usr/bin/curl \(0\) no-pin$")
            self.assertEqual(below, f"         {name}:443")

    def test_what_is_no_table(self):
        """Lines of words fit as well; names, paths, digests and lines of the log are never broken."""
        unbroken = re.compile(r"^\s*(\S+ +)?\S+( \(missing\))?$|^Log: |^  service-\S+  policy")
        for columns in (80, 60):
            for words in (("status",), ("coverage", "/usr/bin/openssl"), ("explain", self.NAMES[3], *self.connect),
                          ("graph", self.NAMES[3], *self.connect)):
                _, output = self.on_terminal("/bin/sh", "-c", f'stty cols {columns}; exec "$@"', "sh", PINCTL, *words,
                                             environment={"NO_COLOR": "1"})
                lines = output.split("\x1b[K")[-1].split("\r\n")
                if words[0] == "status":
                    # Processes of this machine are none of this.
                    lines = lines[:lines.index(next(line for line in lines if line.startswith("compiled")))]
                self.assertEqual([line for line in lines if len(line.rstrip()) > columns and not unbroken.match(line)], [], words)

    def test_changes(self):
        for name in self.NAMES[:2]:
            self.pinctl("remove", name, status=None)
            self.pinctl("add", f"new-{name}", path("server.key"))
        self.pinctl("pause", self.NAMES[0], "--for", "1h")
        for columns in (80, 60):
            text = "\n".join(self.lines(columns, "changes"))
            self.assertIn(f"   pinctl add new-{self.NAMES[1]}", text)
            self.assertRegex(text, rf"\bpaused {self.NAMES[0]} until\s")
            self.assertEqual(text.split("\n", 1)[0].split(), ["NO", "WHEN", "WHO"])

    def test_longer_names_stay_readable(self):
        """No column becomes so narrow that nobody can read it, and nothing is lost where a cell is broken."""
        name = "payments-gateway-primary.eu-central-1.internal.example-corporation.com"
        self.write_policy(f'version = 1; hosts = ( {{ name = "{name}"; pins = [ "{pin_of("many.pem")}" ]; }} );\n')
        monitor = ("monitor", "--connect", "::127.0.0.1:1", "--history", self.history)
        for words in (("list",), monitor, ("test", "--connect", "::127.0.0.1:1")):
            lines = self.lines(60, *words)
            begin = lines[0].index("HOST")
            found = "".join(line[begin:begin + 51].strip().split(" ")[0] for line in lines[1:3])
            self.assertTrue(found.startswith(name), lines)
            self.assertLess(len(lines), 10)

    def test_help(self):
        listed = self.pinctl("--help").stdout
        verbs = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", listed)
        for text in (listed, *(self.pinctl(verb, "--help").stdout for verb in verbs)):
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    main()
