# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format postfix: tables of smtp_tls_policy_maps, and main.cf."""

from conversion_case import A, B, C, NO_COMMENT, UNEXPECTED, ImportCase, colons, hexed, pin
from pinctl_case import main

TABLE = f"[x.org]:587 fingerprint match={colons('a')}\n"
MAIN_CF = f"smtp_tls_security_level = fingerprint\nrelayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n"
ONE_PORT = {"x.org:587": [A]}


class Postfix(ImportCase):
    form = "postfix"
    setting = "fingerprints"


class Hosts(Postfix):
    def test_destinations_of_a_table(self):
        text = (f"# policy\n[mx.x.org]  fingerprint match={colons('a')}|{colons('b').lower()}\n"
                f"[mx.x.org]:587 fingerprint\n    match={colons('a')}\n\n# more\n    match={colons('b')}\n"
                f"[192.0.2.1]:submission fingerprint ciphers=high match={colons('c')}\nexample.org dane-only\n")
        both = [pin("a"), pin("b")]
        self.assertEqual(self.imports(text, said=('the level "dane-only" pins nothing', "ciphers=high; left out")), [
            self.entry("192.0.2.1", ports=[587], pins=[pin("c")], fingerprints=[pin("c")]),
            self.entry("mx.x.org", ports=[25, 587], pins=both, fingerprints=both)])

    def test_bad_rows_of_a_table_are_refused(self):
        for text, status, said in ((f"x.org fingerprint match={colons('a')}", 1, "names a mail domain"),
                                   (f".x.org fingerprint match={colons('a')}", 1, "names a mail domain"),
                                   ("[x.org] fingerprint match=" + colons("a")[:47], 1, "is MD5"),
                                   ("[x.org] fingerprint match=" + colons("a")[:59], 1, "is SHA-1"),
                                   ("[x.org] fingerprint match=zz", 1, "bad fingerprint"), ("[x.org] fingerprint match=", 1, "no pin"),
                                   (f"[x.org]:99999 fingerprint match={colons('a')}", 1, "[x.org]:99999"),
                                   ("[x.org]", 1, "expected DESTINATION LEVEL")):
            self.imports(text + "\n", "--format", "postfix", status=status, said=said)

    def test_pins_of_main_cf_are_for_the_relay(self):
        text = (f"smtp_tls_security_level = fingerprint\nrelayhost = [mail.x.org]:587\nsmtp_tls_fingerprint_cert_match =\n"
                f"    {colons('a')}\n# {colons('c')}\n    {colons('b')}\n")
        self.assertEqual(self.fingerprints(text), {"mail.x.org:587": [A, B]})
        self.forget()
        self.fingerprints(text.replace("relayhost", "other"), status=1, said="for which host?")
        self.fingerprints(text.replace("= fingerprint", "= may"), said="the entry only logs")

    def test_relays_in_other_files_are_noted(self):
        done, _ = self.taken("maps", MAIN_CF + "transport_maps = hash:/etc/postfix/transport\n", 0)
        self.assertIn(":4: transport_maps: the relays that it names are not in this file", done.stderr)

    def test_each_has_its_pins(self):
        self.rows([
            (TABLE + f"[y.org] fingerprint protocols=TLSv1.2 ciphers=high match={colons('b')}\n", {**ONE_PORT, "y.org:25": [B]}, None),
            (TABLE + f"[y.org]:submission fingerprint match={colons('b')} match={colons('c')}\n", {**ONE_PORT, "y.org:587": [B, C]}, None),
            (MAIN_CF.replace("587", "587, [y.org]:25 [z.org]"), {**ONE_PORT, "y.org:25": [A], "z.org:25": [A]}, None),
            (MAIN_CF.replace("[x.org]", "[ipv6:2001:db8::1]"), {"2001:db8::1:587": [A]}, None),
            (TABLE.replace("[x.org]", "[IPv6:2001:db8::1]").replace(" ", "\t"), {"2001:db8::1:587": [A]}, None),
            (MAIN_CF + "smtp_fallback_relay = [y.org]:25, [z.org]\n", {**ONE_PORT, "y.org:25": [A], "z.org:25": [A]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (TABLE + f"[y.org]:nothing fingerprint match={colons('b')}\n", ONE_PORT, "names a mail domain"),
            (TABLE + f"[x.org]:587 fingerprint match={colons('b')}\n", ONE_PORT, "with other pins"),
            (TABLE + f"/^\\[y\\.org\\]/ fingerprint match={colons('b')}\n", ONE_PORT, "names a mail domain"),
            (TABLE + f".y.org fingerprint match={colons('b')}\n", ONE_PORT, "names a mail domain"),
            (f"relayhost = $mydomain\nsmtp_tls_fingerprint_cert_match = {colons('b')}\n", {}, "for which host?"),
            (MAIN_CF.replace(":587", ":587 y.org"), ONE_PORT, "for which host?"),
            (TABLE + f"[y.org]:587: fingerprint match={colons('b')}\n", ONE_PORT, "names a mail domain"),
            (MAIN_CF + "smtp_fallback_relay = y.org\n", ONE_PORT, "for which host?"),
            (MAIN_CF.replace("relayhost", "smtp_fallback_relay"), ONE_PORT, "for which host?"),
            (MAIN_CF.replace("relayhost", "relayhost =\nsmtp_fallback_relay"), ONE_PORT, "for which host?"),
        ])


class Levels(Postfix):
    def test_entries_only_log_where_postfix_goes_on(self):
        settings = f"relayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n"
        level = settings + "smtp_tls_security_level = "
        self.looks([
            (level + "may\n", True), (level + "dane\n", True), (level + "fingerprint\n", False),
            (level + "Fingerprint\n", False), (level + "$level_of_relay\n", False),
            (level + "may\nsmtp_tls_policy_maps = inline:{ [x.org]:587=fingerprint }\n", False),
            (level + "may\nsmtp_tls_policy_maps =\n", True),
            (settings, False),
        ])


class Lmtp(Postfix):
    def test_pins_of_lmtp_are_named(self):
        self.setting = "fingerprints"
        good = f"relayhost = [x.org]\nsmtp_tls_security_level = fingerprint\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n"
        for number, (line, said) in enumerate((("lmtp_tls_fingerprint_cert_match = $other", "is not for smtp"), (f"lmtp_tls_fingerprint_cert_match = {colons('b')}", "is not for smtp"),
                                               ("lmtp_tls_fingerprint_cert_match =", None), ("lmtp_tls_security_level = may", None))):
            text = good + line + "\n"
            done, _ = self.taken(f"lmtp-{number}", text, 1 if said else 0, "--format", "postfix")
            self.assertIn(said or "1 entries imported", done.stderr)
            self.assertEqual(self.taken(f"lmtp-lossy-{number}", text, 0, "--format", "postfix", "--lossy")[1], {"x.org:25": [A]})

    def test_pins_for_both_clients_are_named(self):
        self.rows([
            (f"relayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\nlmtp_tls_fingerprint_cert_match = {colons('b')}\n", ONE_PORT, "is not for smtp"),
        ])


class Spellings(Postfix):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + TABLE.replace("\n", "\r\n"), ONE_PORT, None),
            (TABLE.replace("fingerprint", "FingerPrint").replace("match=", "MATCH="), ONE_PORT, None),
            ("# see smtp_tls_fingerprint_cert_match\n" + TABLE, ONE_PORT, None),
            (TABLE + "[y.org] dane-only\n[z.org] secure match=nexthop\n", ONE_PORT, None),
            (MAIN_CF + "smtp_tls_fingerprint_digest = sha256\n", ONE_PORT, None),
            (MAIN_CF + "smtp_fallback_relay =\ntransport_maps = hash:/x\nsender_dependent_relayhost_maps = hash:/y\n", ONE_PORT, None),
        ])


class Comments(Postfix):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (f"[x.org]:587 fingerprint\n# match={colons('c')}\n   match={colons('a')}|{colons('b')}\n", {"x.org:587": [A, B]}, None),
            (f"smtp_tls_fingerprint_cert_match = {colons('c')}\nrelayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\n", ONE_PORT, None),
            (TABLE + f"#[y.org] fingerprint match={colons('c')}\n", ONE_PORT, None),
            (f"relayhost=[x.org]:587\nsmtp_tls_security_level=fingerprint\nsmtp_tls_fingerprint_digest=sha256\nsmtp_tls_fingerprint_cert_match=\n  {colons('a')}\n  # {colons('c')}\n  {colons('b')}\n",
             {"x.org:587": [A, B]}, None),
            (TABLE[:-1] + f" protocols=TLSv1.3\n  # match={colons('c')}\n", ONE_PORT, None),
        ])

    def test_behind_a_value_are_named(self):
        self.rows([
            (TABLE[:-1] + f" # match={colons('c')}\n", ONE_PORT, NO_COMMENT),
            (TABLE[:-1] + f" ; match={colons('c')}\n", ONE_PORT, NO_COMMENT),
            (TABLE[:-1] + f" // match={colons('c')}\n", ONE_PORT, NO_COMMENT),
            (MAIN_CF[:-1] + f" # {colons('c')}\n", ONE_PORT, NO_COMMENT),
            (TABLE + f"[y.org] fingerprint # match={colons('c')}\n", ONE_PORT, NO_COMMENT),
            (MAIN_CF.replace("match = ", "match = # "), {}, NO_COMMENT),
            (MAIN_CF.replace("match = ", f"match = # {colons('c')}\n  "), {}, NO_COMMENT),
            (MAIN_CF + f"smtp_tls_fingerprint_cert_match = ; {colons('c')}\n", {}, NO_COMMENT),
        ])


class Digests(Postfix):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (TABLE + f"[y.org] fingerprint match={'AB:' * 15}AB\n", ONE_PORT, "is MD5"),
            (TABLE + f"[y.org] fingerprint match={colons('b')}|$pins\n", {**ONE_PORT, "y.org:25": [B]}, "bad fingerprint"),
            (TABLE + f"[y.org] fingerprint match=sha256:{hexed('b')}\n", ONE_PORT, "bad fingerprint"),
            (MAIN_CF + "smtp_tls_fingerprint_digest = sm3\n", {}, "smtp_tls_fingerprint_digest is sm3 here"),
        ])


class Unread(Postfix):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (TABLE + f"[y.org] may match={colons('b')}\n", ONE_PORT, UNEXPECTED),
            (TABLE + f"[y.org] fingerprint cert={colons('b')}\n", ONE_PORT, UNEXPECTED),
            (TABLE + f"  {colons('b')}\n", ONE_PORT, UNEXPECTED),
            (TABLE + f"[y.org] fingerprints match={colons('b')}\n", ONE_PORT, UNEXPECTED),
            (f"relayhost = [x.org]:587\nsmtp_tls_fingerprint_cert_match = {colons('a')}\nsmtpd_tls_cert = {colons('b')}\n", ONE_PORT, UNEXPECTED),
            (MAIN_CF + f"pin = {colons('b')}\n", ONE_PORT, UNEXPECTED),
            (MAIN_CF + f"smtp_tls_policy_maps = inline:{{ [y.org]=fingerprint match={colons('b')} }}\n", ONE_PORT, UNEXPECTED),
            (TABLE + f"[y.org] fingerprint match = {colons('b')}\n", ONE_PORT, UNEXPECTED),
            (f"relay unix - - y - - smtp\n  -o smtp_tls_fingerprint_cert_match={colons('b')}\n" + TABLE, ONE_PORT, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
