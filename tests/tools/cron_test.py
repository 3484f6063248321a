# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""A day of cron: nothing where nothing is to do, one line for each fault where something is, and each fault once."""

import os

import live_servers as live
from pinctl_case import CA, PinctlCase, issue, main, pin_of, read, write

VERBS = (("rotate", "--all", "--report", "-q"), ("monitor", "-q"), ("test", "-q"))
NAMES = tuple(f"{name}.example.com" for name in ("sound", "moved", "away", "backup"))


class Cron(PinctlCase):
    def setUp(self):
        super().setUp()
        names = ("subjectAltName=" + ",".join("DNS:" + name for name in NAMES), "basicConstraints=CA:FALSE")
        # More than the 30 days of which monitor and test warn.
        issue("roots", "/CN=Lasting Root", extensions=CA, days=300)
        issue("lasting", "/CN=Lasting CA", "roots", CA, days=300)
        for key in ("first", "second"):
            issue(key, f"/CN={key}", "lasting", names, days=300)
            write(f"{key}-chain.pem", read(f"{key}.pem") + read("lasting.pem"))
        self.first, self.second = (self.serve(key) for key in ("first", "second"))
        self.history = os.path.join(self.folder, "history.db")

    def serve(self, key):
        server = live.Server(live.tls(live.tls_context(key, f"{key}-chain.pem")))
        self.addCleanup(server.close)
        return server.port

    def entries(self, names, more="", backup=None):
        first, spare = pin_of("first.pem"), pin_of("other.pem")
        entries = [f'{{ name = "{name}"; pins = [ "{first}" ]; backup_pins = [ "{spare}" ]; }}' for name in names]
        if backup:
            entries.append(f'{{ name = "{backup}"; pins = [ "{spare}" ]; backup_pins = [ "{first}" ]; }}')
        self.write_policy("version = 1; hosts = ( " + ", ".join(entries) + more + " );\n")

    def runs(self, *connect, status):
        """What each verb says, twice, the second time with all that the first has kept."""
        for verb in VERBS * 2:
            history = () if verb[0] == "test" else ("--history", self.history)
            words = [word for pair in connect for word in ("--connect", pair)]
            if not os.path.exists(self.history):
                self.pinctl("monitor", *words, "--ca", "roots.pem", "--history", self.history, status=None)
            yield verb, self.pinctl(*verb, *words, *history, "--ca", "roots.pem", status=status[verb[0]])

    def test_a_machine_in_order(self):
        pin = pin_of("first.pem")
        self.entries(("sound.example.com",), f', {{ name = "*.wild.example.com"; pins = [ "{pin}" ]; }}, '
                                             '{ name = "off.example.com"; mode = "off"; }')
        for verb, done in self.runs(f"::127.0.0.1:{self.first}", status={"rotate": 0, "monitor": 0, "test": 0}):
            self.assertEqual((done.stdout, done.stderr), ("", ""), verb)

    def test_a_machine_without_a_history(self):
        self.entries(("sound.example.com",))
        done = self.pinctl("rotate", "--all", "--report", "--quiet", "--connect", f"::127.0.0.1:{self.first}", "--ca", "roots.pem")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_nothing_but_wildcards(self):
        self.write_policy(f'version = 1; hosts = ( {{ name = "*.example.com"; pins = [ "{pin_of("first.pem")}" ]; }} );\n')
        for verb, done in self.runs("::127.0.0.1:1", status={"rotate": 0, "monitor": 0, "test": 0}):
            self.assertEqual((done.stdout, done.stderr), ("", ""), verb)

    def test_three_faults(self):
        """Three lines from each, one for each host, worded by what is to do about it."""
        self.entries(NAMES[:3], backup=NAMES[3])
        holder = live.closed_port()
        self.addCleanup(holder.close)
        connect = (f"moved.example.com::127.0.0.1:{self.second}", f"away.example.com::127.0.0.1:{holder.getsockname()[1]}",
                   f"::127.0.0.1:{self.first}")
        for verb, done in self.runs(*connect, status={"rotate": 3, "monitor": 1, "test": 1}):
            lines = done.stdout.splitlines()
            self.assertEqual((len(lines), done.stderr), (3, ""), (verb, done.stdout, done.stderr))
            self.assertEqual({name: sum(f" {name}:443: " in line for line in lines) for name in NAMES},
                             {"sound.example.com": 0, "moved.example.com": 1, "away.example.com": 1, "backup.example.com": 1})
            if verb[0] == "rotate":
                self.assertEqual({line.split()[0] for line in lines}, {"failed", "new", "promote"})
                self.assertIn(pin_of("second.pem"), done.stdout)
            else:
                self.assertTrue(lines[0].startswith("critical moved.example.com:443: the policy refuses it: "))
                self.assertTrue(lines[2].startswith("warning backup.example.com:443: "))

    def test_two_findings_of_one_host_are_one_line(self):
        self.entries(("sound.example.com",))
        words = ("monitor", "-q", "--history", self.history, "--ca", "roots.pem", "--connect")
        self.pinctl(*words, f"::127.0.0.1:{self.first}")
        done = self.pinctl(*words, f"::127.0.0.1:{self.second}", status=1)
        self.assertRegex(done.stdout, r"^critical sound\.example\.com:443: the policy refuses it: [^\n]+; its key changed [^\n]+\n$")

    def test_what_is_broken_is_not_quiet(self):
        self.write_policy("oops")
        for verb in VERBS:
            done = self.pinctl(*verb, status=3)
            self.assertTrue(done.stderr, verb)

    def test_letters(self):
        for words in (("list", "-q"), ("monitor", "-qq"), ("monitor", "-x"), ("monitor", "-q=1")):
            self.assertIn(f"unknown option {words[1]}", self.pinctl(*words, status=2).stderr)


if __name__ == "__main__":
    main()
