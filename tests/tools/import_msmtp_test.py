# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format msmtp: tls_fingerprint of accounts."""

from conversion_case import A, B, BOTH, NO_COMMENT, ONE, UNEXPECTED, ImportCase, colons, hexed
from pinctl_case import main

HOST = "host x.org\nport 587\n"
GOOD = f"account a\nhost x.org\ntls_fingerprint {colons('a')}\n"
WITH_PORT = f"defaults\nauth on\ntls on\n\naccount a\nhost x.org\nport 587\ntls_fingerprint {colons('a')}\n"
ONE_PORT = {"x.org:587": [A]}


class Msmtp(ImportCase):
    form = "msmtp"
    setting = "fingerprints"


class Accounts(Msmtp):
    def test_accounts_inherit_and_sha1_is_refused(self):
        text = (f"defaults\ntls on\nport 587\n# tls_fingerprint {colons('c')}\naccount one\nhost x.org\ntls_fingerprint {colons('a')}\n"
                f"account two : one\nhost y.org\nport 25\nfrom me@y.org\naccount default : two\n")
        self.assertEqual(self.fingerprints(text), {"x.org:587": [A], "y.org:25": [A]})
        self.fingerprints(f"account a\nhost x.org\ntls_fingerprint {colons('a')[:59]}\n", status=1, said="is SHA-1")


class Tls(Msmtp):
    def test_fingerprint_beside_tls_off_is_noted_and_left_out(self):
        def account(name, word, tls):
            return f"account {name}\nhost {name}.org\n{tls}\ntls_fingerprint {colons(word)}\n"
        good = account("x", "a", "tls on")
        self.counted('stands beside "tls off"', [
            (good + account("y", "b", "tls off"), ONE, 1),
            (account("y", "b", "tls off") + "account x : y\nhost x.org\ntls on\n", {"x.org": [B]}, 1),
            (good + "account y : x\nhost y.org\ntls off\n", ONE, 1),
            ("defaults\ntls off\n" + account("y", "b", "") + good, ONE, 1),
            (account("y", "b", "tls off\ntls on"), {"y.org": [B]}, 0),
            (account("y", "b", "tls"), {"y.org": [B]}, 0),
            (good + account("y", "b", "tls \"off\""), ONE, 1),
            (account("y", "b", "tls_starttls off"), {"y.org": [B]}, 0),
        ])
        done, _ = self.taken("none", account("y", "b", "tls off"), 1, "--format", "msmtp", "--lossy")
        self.assertIn("no pins in it", done.stderr)
        text = good + account("y", "b", "tls off # for now")
        self.assertIn(NO_COMMENT, self.taken("comment", text, 1, "--format", "msmtp")[0].stderr)
        self.assertEqual(self.taken("comment-lossy", text, 0, "--format", "msmtp", "--lossy")[1], ONE)

    def test_entries_only_log_where_certificates_are_not_checked(self):
        account = f"account a\nhost x.org\ntls_fingerprint {colons('a')}\n"
        self.looks([
            (account + "tls_certcheck off\n", True), ("defaults\ntls_certcheck off\n" + account, True),
            ("defaults\ntls_certcheck off\n" + account + "tls_certcheck on\n", False), (account + "tls_certcheck\n", False),
        ])


class Comments(Msmtp):
    def test_behind_a_fingerprint_are_named(self):
        account = f"account a\nhost x.org\ntls_fingerprint {colons('a')}"
        for number, (comment, status) in enumerate(((f" # {colons('c')}", 1), (f" ; {colons('c')}", 1), (f"\n# {colons('c')}", 0), (f",{colons('b')}", 0))):
            done, found = self.taken(f"msmtp-{number}", f"{account}{comment}\n", status, "--format", "msmtp")
            self.assertEqual(NO_COMMENT in done.stderr, status == 1)
            done, found = self.taken(f"msmtp-{number}-lossy", f"{account}{comment}\n", 0, "--format", "msmtp", "--lossy")
            self.assertEqual(found, BOTH if comment[0] == "," else ONE)
        for number, mark in enumerate(("# ", "#", ";", "//")):
            text = account.replace(colons("a"), mark + colons("c")) + "\n"
            done, _ = self.taken(f"begun-{number}", text, 1, "--format", "msmtp", "--lossy")
            self.assertIn(f'"{mark}{colons("c")}": msmtp {NO_COMMENT}', done.stderr)

    def test_long_one_is_named_once(self):
        account = f"account a\nhost x.org\ntls_fingerprint {colons('a')}"
        for text in (f"{account} # {'a ; b // ' * 9000}\n", f"{account} # a ; b // c\n"):
            done, found = self.taken(f"long-{len(text)}", text, 0, "--format", "msmtp", "--lossy")
            self.assertEqual((done.stderr.count(NO_COMMENT), found), (1, ONE))
            self.assertLess(len(done.stderr), 1000)

    def test_hold_no_pins(self):
        self.rows([
            (f"account a\n{HOST}tls_fingerprint {colons('c')}\ntls_fingerprint {colons('a')}\n", {"x.org:587": [A]}, None),
            (f"account a\n{HOST}# tls_fingerprint {colons('c')}\n  tls_fingerprint\t\"{colons('a').lower()}\"\n", {"x.org:587": [A]}, None),
        ])

    def test_behind_a_value_are_named(self):
        self.rows([
            (f"account a\n{HOST}tls_fingerprint {colons('a')} # {colons('c')}\n", {"x.org:587": [A]}, "knows no comments behind a value"),
            (GOOD.replace("x.org", "x.org\nport 587 # submission"), {"x.org:587": [A]}, "knows no comments behind a value"),
            (GOOD.replace("x.org", "x.org # main"), ONE, "knows no comments behind a value"),
            (GOOD.replace("x.org", "192.0.2.1\ntls_host_override x.org ; main"), ONE, "knows no comments behind a value"),
        ])


class Spellings(Msmtp):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            (WITH_PORT + "account default : a\n", ONE_PORT, None),
            (WITH_PORT + "account default: a\n", ONE_PORT, None),
            (WITH_PORT + f"account b\nhost y.org\n#tls_fingerprint {colons('b')}\ntls_trust_file system\n", ONE_PORT, None),
            (WITH_PORT + "account b : a\nhost y.org\ntls_fingerprint\n", ONE_PORT, None),
            (GOOD.replace("host x.org", "host 192.0.2.1\ntls_host_override x.org"), ONE, None),
            (GOOD + "account b\nhost y.org\ntls_fingerprint\n", ONE, None),
            (GOOD.replace("host x.org", 'host = "x.org" '), ONE, None),
            (GOOD + "eval cat x\nproxy_host p.org\n", ONE, None),
        ])


class Hosts(Msmtp):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (f"\ufeffaccount a\r\n{HOST}tls_fingerprint {colons('a')}\r\n", {"x.org:587": [A]}, None),
            (f"defaults\ntls_fingerprint {colons('a')}\naccount a\n{HOST}account b\nhost y.org\ntls_fingerprint\n", {"x.org:587": [A]}, None),
            (WITH_PORT + f"account b\nhost smtp.y.org\n  tls_fingerprint\t{colons('b').lower()}  \n", {**ONE_PORT, "smtp.y.org": [B]}, None),
            (GOOD + "account b:a\nhost y.org\n", {"x.org": [A], "y.org": [A]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (f"account a\ntls_fingerprint {colons('a')}\naccount b\n{HOST}account c : a, b\n", {"x.org:587": [A]}, "nothing says whose pins"),
            (f"account a\nhost a.org\ntls_fingerprint {colons('a')}\naccount b\nhost b.org\ntls_fingerprint {colons('b')}\naccount c : b , a\nport 1\n",
             {"a.org": [A], "b.org": [B]}, "for every port or for the same one"),
            (f"account a : none\n{HOST}tls_fingerprint {colons('a')}\n", {"x.org:587": [A]}, 'no account "none" stands above'),
            (f"account a\nhost x.org\nport smtp\ntls_fingerprint {colons('a')}\n", {"x.org": [A]}, "port smtp: expected a number"),
            (f"account a\n{HOST}tls_fingerprint {colons('a')}\naccount b\n{HOST}tls_fingerprint {colons('b')}\n", {"x.org:587": [A]}, "with other pins"),
            (WITH_PORT + f"account b\nhost $HOST\ntls_fingerprint {colons('b')}\n", ONE_PORT, "bad name"),
            (GOOD + f"Account b\nhost y.org\ntls_fingerprint {colons('b')}\n", {"y.org": [B]}, "the account has the host x.org already"),
            (GOOD.replace("host x", "host y.org\nhost x"), ONE, "the account has the host y.org already"),
            (GOOD + "account b : a\nport 587\n", ONE, "for every port or for the same one"),
            (GOOD + f"account b\ntls_fingerprint {colons('b')}\n", ONE, "nothing says whose pins"),
        ])


class Digests(Msmtp):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (f"account a\n{HOST}tls_fingerprint {'AB:' * 20}\naccount b\nhost y.org\ntls_fingerprint {hexed('b')}\n", {"y.org": [B]}, "is SHA-1"),
            (WITH_PORT + f"account b\nhost y.org\ntls_fingerprint sha256:{hexed('b')}\n", ONE_PORT, "bad fingerprint"),
            (WITH_PORT + f"account b\nhost y.org\ntls_fingerprint {colons('b').replace(':', ' ')}\n", ONE_PORT, "bad fingerprint"),
        ])


class Unread(Msmtp):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f"account a\n{HOST}tls_cert {colons('b')}\ntls_fingerprint {colons('a')}\n", {"x.org:587": [A]}, UNEXPECTED),
            (WITH_PORT + f"account b\nhost y.org\npassword {hexed('b')}\ntls off\n", ONE_PORT, UNEXPECTED),
            (WITH_PORT + f"account b\nhost y.org\nsslfingerprint \"{colons('b')}\"\n", ONE_PORT, UNEXPECTED),
            (GOOD + f"account b\nhost y.org\nTLS_FINGERPRINT {colons('b')}\n", ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
