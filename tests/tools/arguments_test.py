# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The command line: help from the table of verbs, and wrong usage."""

import os
import subprocess

from pinctl_case import PINCTL, PinctlCase, main, path

VERBS = ("pin", "add", "remove", "list", "show", "check", "compile", "explain", "log", "learn", "run", "status")
WRITING = ("add", "remove", "compile", "learn")
WITH_DATA = ("pin", "list", "show", "check", "compile", "explain", "log", "learn", "status")


class Help(PinctlCase):
    def test_all_verbs_are_listed(self):
        text = self.pinctl("--help").stdout
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} +\S")

    def test_every_verb(self):
        for verb in VERBS:
            with self.subTest(verb):
                text = self.pinctl(verb, "--help").stdout
                self.assertTrue(text.startswith(f"Usage: pinctl {verb} "))
                self.assertIn(f"\nExample:\n  pinctl {verb}", text)
                self.assertIn("--policy FILE", text)
                self.assertEqual("print the data as JSON" in text, verb in WITH_DATA)
                self.assertEqual("--dry-run" in text, verb in WRITING)
                self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_help_wins(self):
        self.pinctl("show", "--help", "--nonsense")
        self.pinctl("show", "-h")

    def test_help_belongs_to_the_program_after_run(self):
        self.write_policy("version = 1;\n")
        done = self.pinctl("run", "--", "absent-program", "--help", status=3)
        self.assertIn("absent-program", done.stderr)

    def test_version(self):
        self.assertRegex(self.pinctl("--version").stdout, r"^pinctl \d+\.\d+\.\d+\n$")


class WrongUsage(PinctlCase):
    def wrong(self, *words):
        done = self.pinctl(*words, status=2)
        self.assertEqual(done.stdout, "", words)
        self.assertNotEqual(done.stderr, "")
        return done.stderr

    def test_verbs(self):
        self.wrong()
        self.assertIn('did you mean "pinctl remove"?', self.wrong("remvoe"))
        self.assertIn('did you mean "pinctl pin"?', self.wrong("pni"))
        for word, verb in (("rm", "remove"), ("delete", "remove"), ("version", "--version"), ("ls", "list"), ("mv", "rename"),
                           ("ADD", "add"), ("-V", "--version")):
            self.assertIn(f'did you mean "pinctl {verb}"?', self.wrong(word))
        for word in ("frobnicate", "", "x" * 1000, "--nonsense"):
            self.assertNotIn("did you mean", self.wrong(word))

    def test_command_behind_what_it_is_about(self):
        self.assertIn('the command comes first, as in "pinctl add api.example.com"', self.wrong("api.example.com", "add", "x.pem"))
        self.assertNotIn("comes first", self.wrong("api.example.com", "other.example.com"))
        for words in (("server.pem", "api.example.com"), ("./server.pem", "x.org", "--backup", "spare.pub")):
            self.assertIn(f'"{words[0]}" is a file, and "{words[1]}" is none: the host comes first', self.wrong("add", *words))

    def test_a_file_that_is_called_as_the_host(self):
        """What is typed in the right order is so, whatever lies in the folder."""
        with open(path("server.pem"), "rb") as file:
            pem = file.read()
        with open(os.path.join(self.folder, "api.example.com"), "wb") as file:
            file.write(pem)
        words = (PINCTL, "add", "--dry-run", "api.example.com")
        for pin in ("-", "/dev/stdin"):
            done = subprocess.run([*words, pin], env=self.environment(), cwd=self.folder, input=pem, capture_output=True,
                                  check=False, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
        for pin, said in (("sha256/AAAA", "expected the base64 form"), ("no/such.pem", "nor a file that can be read")):
            done = subprocess.run([*words, pin], env=self.environment(), cwd=self.folder, capture_output=True, text=True,
                                  check=False, timeout=60)
            self.assertIn(said, done.stderr)

    def test_options(self):
        for word in ("--policy", "-q"):
            self.assertIn(f"expected a command before {word}", self.wrong(word, "x", "list"))
        self.assertIn("unknown option --prot; did you mean --port?", self.wrong("add", "x.org", "--prot", "443"))
        self.assertIn("unknown option --quite; did you mean --quiet?", self.wrong("add", "x.org", "--quite"))
        self.assertIn("unknown option --polciy; did you mean --policy?", self.wrong("list", "--polciy=x"))
        self.assertNotIn("did you mean", self.wrong("list", "--x"))
        self.assertIn("unknown option --nonsense", self.wrong("list", "--nonsense"))
        self.assertIn("unknown option -x", self.wrong("list", "-x"))
        self.assertIn("unknown option --polic", self.wrong("list", "--polic", "x"))
        self.assertIn("unknown option --policyx", self.wrong("list", "--policyx=x"))
        self.assertIn("unknown option --", self.wrong("list", "--=x"))
        self.assertIn("unknown option --strict", self.wrong("list", "--strict"))
        self.assertIn("--json takes no value", self.wrong("list", "--json=yes"))
        self.assertIn("--policy needs a value", self.wrong("list", "--policy"))
        self.assertIn("--policy needs a value", self.wrong("list", "--policy="))
        self.assertIn("given twice", self.wrong("list", "--policy", "a", "--policy", "b"))
        self.assertIn("expected enforce|audit|off", self.wrong("add", "x.org", "--mode", "enf"))
        self.assertIn("expected enforce|audit|off", self.wrong("add", "x.org", "--mode", "enforce|audit"))

    def test_operands(self):
        self.assertIn("expected HOST", self.wrong("show"))
        self.assertIn('unexpected "b"', self.wrong("show", "a", "b"))
        self.assertIn('unexpected "x"', self.wrong("status", "x"))
        self.assertIn("not both", self.wrong("check", "--policy", "a", "b"))
        self.assertIn("expected the name or address of a server", self.wrong("explain", "*.x.org"))
        self.wrong("run")
        self.wrong("run", "--")
        for host in ("a:0", "a:65536", "a:x", "a:", ":443", "[::1", "[::1]x", "[]:1", ""):
            self.assertIn("expected HOST", self.wrong("show", host))
        for verb in ("show", "explain", "graph", "monitor", "history"):
            for host in ("x.org/", "https://x.org", "https://x.org/a", "a@x.org"):
                self.assertIn("without scheme and path", self.wrong(verb, host))

    def test_ports_and_names(self):
        for port in ("0", "65536", "-1", "4 4", "0x1", "+1"):
            self.assertIn("from 1 to 65535", self.wrong("add", "x.org", "--port", port))
        for name in ("a..b", "a*.b", "*.*.b", "http://x", "x/y", ""):
            self.wrong("add", name, "server.pem")

    def test_addresses_in_brackets(self):
        """As in a URL: the name of an entry, wherever one is taken, and only if an IPv6 address is in them."""
        one, two = "2001:db8::1", "2001:db8::2"
        self.pinctl("add", f"[{one}]", "server.pem", "--backup", "spare.pub", "--yes")
        self.assertEqual(list(self.hosts()), [one])
        for words in (("export", "--format", "curl", f"[{one}]"), ("pause", f"[{one}]"), ("resume", f"[{one}]"), ("edit", f"[{one}]"),
                      ("rename", f"[{one}]", f"[{two.upper()}]"), ("remove", f"[{two}]")):
            self.pinctl(*words, environment={"EDITOR": "true"})
        self.assertEqual(list(self.hosts()), [])
        for name in ("[x.org]", "[192.0.2.1]", "[[::1]]", "[]", "[", "[::1", "[2001:db8::1%eth0]"):
            for verb in ("add", "remove", "edit", "pause", "export", "backup-key"):
                self.assertIn(f'"{name}"', self.wrong(verb, name, *(("--format", "curl") if verb == "export" else ())))

    def test_ports_behind_names(self):
        """What is said leads to what would be taken."""
        for name in ("2001:db8::1", "x.org"):
            typed = f"[{name}]:443" if ":" in name else f"{name}:443"
            for verb in ("add", "remove", "backup-key"):
                self.assertIn(f"the port is an option: {name} --port 443", self.wrong(verb, typed), verb)
            for verb in ("edit", "pause", "resume"):
                self.assertIn(f"a port is not taken here: {name}\n", self.wrong(verb, typed), verb)

    def test_addresses_and_ports_in_messages(self):
        self.write_policy("version = 1;\n")
        nobody = ("--connect", "::127.0.0.1:1", "--timeout", "5")
        for verb in ("explain", "graph", "scan", "monitor"):
            done = self.pinctl(verb, "2001:db8::1", *nobody, status=None)
            self.assertIn("[2001:db8::1]:443", done.stdout + done.stderr, verb)

    def test_options_may_follow_operands(self):
        self.write_policy("version = 1;\n")
        self.pinctl("show", "x.org", "--policy", self.policy, status=1)
        self.pinctl("show", f"--policy={self.policy}", "--", "x.org", status=1)


class Output(PinctlCase):
    def test_standard_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PINCTL, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output", done.stderr)


if __name__ == "__main__":
    main()
