# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests that examples.py and documents.py find each of these errors of a document. The environment is that of examples.py."""

import pathlib
import tempfile
import unittest

import documents
import examples


def fenced(*blocks):
    return "".join(f"```{marking}\n{text}\n```\n" for marking, text in blocks)


class WrongDocuments(unittest.TestCase):
    def run_markdown(self, text, name="page.md"):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / name
            path.write_text(text)
            return examples.run_document(path)

    def assert_wrong(self, *blocks, error=examples.Wrong):
        with self.assertRaises(error):
            self.run_markdown(fenced(*blocks))

    def test_right(self):
        self.assertEqual(self.run_markdown(fenced(("sh", "echo a; echo b"), ("text", "b"), ("policy", "version = 1;"))), 3)

    def test_no_example(self):
        self.assert_wrong()

    def test_unmarked(self):
        self.assert_wrong(("", "ls"), error=documents.BadDocument)
        self.assert_wrong(("bash", "ls"), error=documents.BadDocument)
        with self.assertRaises(documents.BadDocument):
            self.run_markdown(".Bd -literal\nls\n.Ed\n", "page.1")
        with self.assertRaises(documents.BadDocument):
            self.run_markdown("```sh\nls\n")

    def test_failing_command(self):
        self.assert_wrong(("sh", "pinctl chekc"))
        self.assert_wrong(("sh", "false\ntrue"))

    def test_command_that_is_not_refused(self):
        self.assert_wrong(("sh refused", "true"))
        self.assert_wrong(("sh refsed", "true"))

    def test_presets_and_scripts(self):
        self.assert_wrong(("sh", "cmake --preset nonesuch"))
        self.assert_wrong(("sh", "cmake --build --preset nonesuch"))
        self.assert_wrong(("sh", "ctest --preset nonesuch"))
        self.assert_wrong(("sh", "tools/nonesuch.sh"))

    def test_output(self):
        self.assert_wrong(("sh", "echo a"), ("text", "b"))
        self.assert_wrong(("sh", "echo a; echo b"), ("text", "b\na"))
        self.assert_wrong(("policy", "version = 1;"), ("text", "b"))

    def test_policies(self):
        self.assert_wrong(("policy", "version = 2;"))
        self.assert_wrong(("policy", 'version = 1; hosts = ( { name = "a.example"; } );'))
        self.assert_wrong(("entry", "prots = [ 443 ];"))

    def test_notify(self):
        self.assertEqual(self.run_markdown(fenced(("notify", "syslog = { };"))), 1)
        self.assert_wrong(("notify", "syslog = { facilty = \"user\"; };"))
        self.assert_wrong(("notify", "timeout = 5;"))

    def test_openssl_configuration(self):
        self.assert_wrong(("openssl.cnf", "[pinning_sect]\npolicy = /etc/pinning/policy.cfg"))
        without_default = "openssl_conf = a\n[a]\nproviders = b\n[b]\npinning = c\n[c]\nactivate = 1"
        self.assert_wrong(("openssl.cnf", without_default))

    def test_log_lines(self):
        self.assert_wrong(("text log", "verdict=refused reason=no-pin host=a.example"))
        self.assert_wrong(("text log", 'event=policy-error polcy="a" message="b"'))

    def test_units_and_trace_points(self):
        self.assert_wrong(("unit", "Environment=LD_PRELOAD=/usr/lib/libpinning-prelaod.so"))
        self.assert_wrong(("bpftrace", "usdt:/usr/lib/pinning.so:pinning:nonesuch { }"))


if __name__ == "__main__":
    unittest.main()
