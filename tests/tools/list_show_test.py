# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl list and show: which entry wins, and why the others do not."""

import os
import re
import shlex

from pinctl_case import PinctlCase, main

A = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
POLICY = f'''version = 1;
mode = "audit";
blocked_keys = [ "{A.replace('/A', '/B')}" ];
hosts = (
  {{ name = "example.com"; pins = [ "{A}" ]; include_subdomains = true; }},
  {{ name = "*.example.com"; pins = [ "{A}" ]; ports = [ 443 ]; mode = "enforce"; }},
  {{ name = "api.example.com"; pins = [ "{A}" ]; ports = [ 8443 ]; expires = "2001-01-01"; }},
  {{ name = "old.example.com"; mode = "off"; }},
  {{ name = "alone.org"; pins = [ "{A}" ]; }},
  {{ name = "2001:db8::1"; anchors = [ "{A}" ]; comment = "v6"; }}
);
'''


class Show(PinctlCase):
    def setUp(self):
        super().setUp()
        self.write_policy(POLICY)

    def winner(self, host, status=0):
        shown = self.json("show", host, status=status)
        self.assertEqual(shown["covered"], status == 0)
        names = [(entry["name"], entry["why"]) for entry in shown["entries"]]
        return names, {entry["name"]: entry["why"] for entry in shown["passed_over"]}

    def test_exact_name(self):
        won, others = self.winner("api.example.com:8443")
        self.assertEqual(won, [("api.example.com", "it is the name itself")])
        self.assertEqual(others, {"example.com": "a more specific entry goes before it",
                                  "*.example.com": "it is limited to ports 443"})

    def test_ports_decide(self):
        won, others = self.winner("api.example.com:443")
        self.assertEqual(won[0][0], "*.example.com")
        self.assertEqual(others["api.example.com"], "it is limited to ports 8443")
        self.assertEqual(self.winner("api.example.com:80")[0][0][0], "example.com")
        self.assertEqual(self.winner("api.example.com")[0][0][0], "api.example.com")

    def test_more_entries_of_one_name_than_are_shown(self):
        entries = ", ".join(f'{{ name = "x.org"; ports = [ {port} ]; pins = [ "{A}" ]; }}' for port in range(1, 19))
        self.write_policy(f'version = 1; hosts = ( {entries}, {{ name = "org"; pins = [ "{A}" ]; include_subdomains = true; }} );\n')
        why = [entry["why"] for entry in self.json("show", "x.org")["passed_over"]]
        self.assertEqual(sorted(why), ["a more specific entry goes before it"] + 2 * ["without a port, 16 entries of this name are shown at most"])
        why = {entry["why"] for entry in self.json("show", "x.org:18")["passed_over"]}
        self.assertEqual(why, {"a more specific entry goes before it"} | {f"it is limited to ports {port}" for port in range(1, 18)})

    def test_depth_decides(self):
        won, others = self.winner("a.b.example.com:443")
        self.assertEqual(won, [("example.com", "it is the nearest parent with include_subdomains")])
        self.assertEqual(others, {"*.example.com": 'its "*" stands for exactly one label'})
        won, others = self.winner("example.com:443")
        self.assertIn("never stands", others["*.example.com"])

    def test_spelling_does_not_matter(self):
        self.assertEqual(self.winner("API.Example.COM.:8443")[0][0][0], "api.example.com")
        self.assertEqual(self.winner("[2001:DB8:0::1]:443")[0][0][0], "2001:db8::1")
        self.assertEqual(self.winner("2001:db8::1")[0][0][0], "2001:db8::1")

    def test_odd_spellings_of_addresses(self):
        """The name itself, to every program that is given it; and nothing that only looks like it."""
        self.write_policy(f'version = 1; hosts = ( {{ name = "127.0.0.1"; pins = [ "{A}" ]; }},\n'
                          f'{{ name = "fe80::1"; pins = [ "{A}" ]; }}, {{ name = "a.org"; pins = [ "{A}" ]; }} );\n')
        for host, name in (("127.1", "127.0.0.1"), ("0x7f.1:443", "127.0.0.1"), ("2130706433", "127.0.0.1"),
                           ("0177.0.0.1", "127.0.0.1"), ("::ffff:127.0.0.1", "127.0.0.1"), ("fe80::1%none0", "fe80::1"),
                           ("[fe80::1%none0]:443", "fe80::1")):
            with self.subTest(host):
                self.assertEqual(self.winner(host), ([(name, "it is the name itself")], {}))
                self.assertIn("it is the name itself\n", self.pinctl("show", host).stdout)
        for host in ("127.2", "127.1.1.1.1", "127.1.a.b", "128.1", "a.org%none0"):
            self.assertEqual(self.winner(host, status=1), ([], {}))

    def test_off_is_an_entry_too(self):
        self.assertEqual(self.winner("old.example.com:80")[0][0][0], "old.example.com")
        self.assertIn("mode                off", self.pinctl("show", "old.example.com").stdout)

    def test_not_covered(self):
        for host in ("com", "notexample.com", "alone.org.evil", "2001:db8::2", "192.0.2.1"):
            self.assertEqual(self.winner(host, status=1), ([], {}))
        won, others = self.winner("sub.alone.org", status=1)
        self.assertEqual((won, others), ([], {"alone.org": "it is a parent, but without include_subdomains"}))

    def test_text(self):
        text = self.pinctl("show", "api.example.com:8443").stdout
        for part in ("api.example.com  policy.cfg:7\n", "covers because      it is the name itself\n",
                     "mode                audit (the policy's default)\n", f"pins                {A}\n",
                     "expires             2001-01-01, afterwards only logged\n", "this entry has expired\n",
                     "Passed over:\n  *.example.com  policy.cfg:6\n    it is limited to ports 443\n"):
            self.assertIn(part, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_policies_that_are_not_in_order(self):
        self.write_policy("version = 2;\n")
        for verb in (("show", "x.org"), ("list",)):
            done = self.pinctl(*verb, status=3)
            self.assertEqual(done.stdout, "")
            self.assertIn(f"{self.policy}:1:", done.stderr)
        done = self.pinctl("list", "--policy", "/nonexistent/policy.cfg", status=3)
        self.assertIn("/nonexistent/policy.cfg", done.stderr)


class List(PinctlCase):
    def test_table(self):
        self.write_policy(POLICY)
        lines = [line.split() for line in self.pinctl("list").stdout.splitlines()]
        self.assertEqual(lines[0], ["HOST", "PORTS", "MODE", "PINS", "BACKUP", "ISSUERS", "EXPIRES", "WHERE"])
        self.assertEqual(lines[1], ["*.example.com", "443", "enforce", "1", "0", "0", "never", "policy.cfg:6"])
        self.assertEqual(lines[2], ["2001:db8::1", "any", "audit", "0", "0", "1", "never", "policy.cfg:10"])
        self.assertEqual(lines[5][:4], ["example.com", "(+", "below)", "any"])
        self.assertEqual(lines[4][6], "2001-01-01")
        self.assertEqual(len(lines), 7)

    def test_json(self):
        self.write_policy(POLICY)
        found = self.json("list")
        self.assertEqual((found["policy"], found["mode"], len(found["blocked_keys"])), (self.policy, "audit", 1))
        self.assertRegex(found["generation"], "^[0-9a-f]{16}$")
        entry = next(entry for entry in found["hosts"] if entry["name"] == "api.example.com")
        self.assertEqual((entry["ports"], entry["pins"], entry["line"]), ([8443], [A], 7))
        self.assertTrue(entry["mode_is_default"])

    def test_no_hosts(self):
        self.write_policy("version = 1;\n")
        done = self.pinctl("list")
        self.assertEqual(done.stdout, "")
        self.assertIn("no hosts", done.stderr)



class Remedies(PinctlCase):
    """A policy that is missing, has errors or has vanished: what to do about it is said beside what is wrong."""

    VERBS = (("list",), ("show", "x.org"), ("export", "--format", "curl"), ("rotate", "--all"), ("scan", "--all"), ("check",), ("compile",),
             ("diff",), ("test",), ("record",))

    def said(self, *words, status=None):
        return self.pinctl(*words, status=status).stderr

    def test_missing(self):
        remedy = f'if the name is right, "pinctl add HOST FILE --policy {self.policy}" makes it\n'
        openssl = self.write_policy("# mine\n", "openssl.cnf")
        for words in (*self.VERBS, ("edit",), ("enable", "--openssl-conf", openssl, "--policy", self.policy),
                      ("check", self.policy), ("diff", self.policy), ("test", self.policy)):
            self.assertIn(f"note: {remedy}", self.said(*words, status=3), words)
        self.assertIn('there is no policy: see "on error"', self.said("status"))
        self.assertIn({"problem": f"{self.policy}: there is no policy", "remedy": remedy.strip()},
                      self.json("status", status=1)["problems"])
        for words in (("remove", "x.org"), ("rename", "x.org", "y.org")):
            self.assertIn(f'nor for any other host; "pinctl add HOST FILE --policy {self.policy}" pins one', self.said(*words, status=3))

    def test_in_words_of_a_shell(self):
        """An advice can be copied into a shell, whatever the policy is called."""
        folder = os.path.join(self.folder, "it's mine; $(exit 3)")
        os.mkdir(folder)
        policy = os.path.join(folder, "policy.cfg")
        words = ("list", "--policy", policy)
        for text in (None, "version = 1;\nhosts = (\n", "version = 1;\n"):
            if text is not None:
                self.write_policy(text, policy)
            said = self.said(*(words if text != "version = 1;\n" else ("rename", "x.org", "y.org", "--policy", policy)), status=None)
            advised = re.search(r'"(pinctl [^"]*)"', said).group(1)
            self.assertEqual(shlex.split(advised)[-2:], ["--policy", policy], said)

    def test_pause_without_a_policy(self):
        os.mkdir(os.path.join(self.folder, "empty"))
        missing = os.path.join(self.folder, "empty", "policy.cfg")
        self.assertIn("paused: x.org", self.pinctl("pause", "x.org", "--policy", missing).stderr)

    def test_stale(self):
        self.pinctl("add", "x.org", "server.pem")
        with open(self.policy, "a", encoding="utf-8") as file:
            file.write("# later\n")
        self.assertIn(f'"pinctl compile --policy {self.policy}" renews it', " ".join(self.pinctl("status", status=None).stdout.split()))
        self.assertIn(f'"pinctl changes --policy {self.policy}" lists them', self.pinctl("undo", "x", status=2).stderr)

    def test_missing_on_the_system(self):
        for words in (("list",), ("check",), ("compile",), ("diff",), ("edit",), ("test",)):
            done = self.with_system_policy('rm /etc/pinning/policy.cfg; shift; "$0" "$@"', *words, status=3)
            self.assertIn('note: "pinctl add HOST FILE" makes one\n', done.stderr, words)

    def test_errors(self):
        self.write_policy("version = 1;\nhosts = (\n")
        for words in (*self.VERBS, ("add", "x.org", "server.pem"), ("remove", "x.org")):
            self.assertIn(f'note: "pinctl edit --policy {self.policy}" opens the file with the first mistake', self.said(*words), words)
        self.assertNotIn("there is no policy", self.said("status"))

    def test_vanished(self):
        self.pinctl("add", "x.org", "server.pem")
        os.unlink(self.policy)
        for words in (("list",), ("show", "x.org"), ("check",), ("compile",), ("diff",), ("test",)):
            self.assertIn(f'note: "pinctl restore --enforced --policy {self.policy}" writes its text anew',
                          self.said(*words, status=0 if words[0] in ("list", "show") else 3))
        self.assertIn(f"{self.policy}: the policy is missing; the last good one is enforced, 1 host", self.said("status"))

    def test_not_ours_to_read(self):
        """What cannot be read is there: nobody is told that it is missing."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.pinctl("add", "x.org", "server.pem")
        said = self.with_system_policy('cp "$1/policy.cfg" /etc/pinning/; "$0" compile -q; chmod 700 /etc/pinning; '
                                       'chmod 755 "$1"; setpriv --reuid 65534 --clear-groups "$0" status', status=None).stderr
        self.assertIn("the policy cannot be read; the last good one is enforced", said)

    def test_nothing_to_do(self):
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")
        self.assertEqual(self.said("list"), "")
        os.mkdir(os.path.join(self.folder, "folder"))
        for words in (("list", "--policy", os.path.join(self.folder, "folder")), ("list", "--policy", "/dev/null/x")):
            self.assertNotIn("note:", self.said(*words, status=3))


if __name__ == "__main__":
    main()
