# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl list and show: which entry wins, and why the others do not."""

from pinctl_case import PinctlCase, main

A = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
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


if __name__ == "__main__":
    main()
