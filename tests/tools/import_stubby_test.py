# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format stubby: tls_pubkey_pinset of upstream servers."""

from conversion_case import A, B, C, UNEXPECTED, ImportCase, b64
from pinctl_case import main

SHORT = f"upstream_recursive_servers:\n  - address_data: 192.0.2.1\n    tls_pubkey_pinset:\n      - digest: sha256\n        value: {b64('a')}\n"
ADDRESS, ONE = {"192.0.2.1:853": [A]}, {"x.org:853": [A]}
SERVER = "- address_data: 192.0.2.%d\n  tls_auth_name: %s\n  tls_pubkey_pinset: [{digest: sha256, value: %s}]\n"
LISTED = SERVER % (1, "x.org", b64("a"))


def upstream(host, word, more=""):
    return f"  - address_data: 192.0.2.1\n    tls_auth_name: \"{host}\"\n    tls_pubkey_pinset:\n      - digest: \"sha256\"\n        value: {b64(word)}\n{more}"


def bare_upstream(more, word="a", address="192.0.2.1"):
    return f"- address_data: {address}\n  tls_pubkey_pinset: [{{digest: sha256, value: {b64(word)}}}]\n{more}"


GOOD = "resolution_type: GETDNS_RESOLUTION_STUB\nupstream_recursive_servers:\n" + upstream("x.org", "a")


class Stubby(ImportCase):
    form = "stubby"


class Upstreams(Stubby):
    def test_upstreams_have_pins_of_their_own(self):
        stubby = (f'upstream_recursive_servers:\n  - address_data: 192.0.2.53\n    tls_auth_name: "dns.x.org"\n    tls_pubkey_pinset:\n'
                  f'      - digest: "sha256"\n        value: {b64("a")}\n  - address_data: 192.0.2.54\n    tls_port: 443\n'
                  f'    tls_pubkey_pinset:\n      - digest: "sha256"\n        value: {b64("b")}\n  - address_data: 192.0.2.55\n')
        self.assertEqual(self.pins(stubby), {"dns.x.org:853": [A], "192.0.2.54:443": [B]})
        self.pins(stubby.replace('"sha256"', '"md5"'), status=1, said='expected digest: "sha256"')

    def test_entries_only_log_where_stubby_authenticates_nobody(self):
        stubby = f'upstream_recursive_servers:\n  - address_data: 192.0.2.1\n    tls_auth_name: x.org\n    tls_pubkey_pinset:\n      - digest: "sha256"\n        value: {b64("a")}\n'
        nobody, required = "tls_authentication: GETDNS_AUTHENTICATION_NONE\n", "tls_authentication: GETDNS_AUTHENTICATION_REQUIRED\n"
        self.looks([
            (nobody + stubby, True), (stubby + nobody, True), (stubby + required, False), (stubby, False),
            (required + stubby + "    " + nobody, False), (nobody + stubby + "---\n" + required, False),
        ])


class Hosts(Stubby):
    def test_star_of_a_wildcard_is_refused(self):
        self.star(f'tls_auth_name: "HOST"\ntls_pubkey_pinset: [{{digest: sha256, value: {b64("a")}}}]\n', port=":853")

    def test_each_has_its_pins(self):
        self.rows([
            (SHORT + f"---\nupstream_recursive_servers: [{{address_data: 192.0.2.2, tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]}}]\n", {**ADDRESS, "192.0.2.2:853": [B]}, None),
            (GOOD + upstream("y.org", "b", f"      - digest: sha256\n        value: {b64('c')}\n    tls_port: 443\n"), {**ONE, "y.org:443": [B, C]}, None),
            (GOOD + "  - address_data: 2001:db8::1\n    tls_pubkey_pinset:\n      - {digest: sha256, value: %s}\n" % b64("b"), {**ONE, "2001:db8::1:853": [B]}, None),
            ("upstream_recursive_servers:\n" + LISTED + "other:\n" + SERVER % (2, "y.org", b64("b")), {**ONE, "y.org:853": [B]}, None),
            (bare_upstream("  port: 53\n  tls_port: 8853\n"), {"192.0.2.1:8853": [A]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (f"other_servers:\n  - tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]\n" + SHORT, ADDRESS, "nothing says whose pins"),
            (SHORT + f"  - address_data: 192.0.2.2\n    tls_port: high\n    tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]\n", ADDRESS, "tls_port high"),
            (SHORT + f"  - tls_pubkey_pinset: [{{digest: sha256, value: {b64('b')}}}]\n", ADDRESS, "nothing says whose pins"),
            (SHORT + "  - *server\n", ADDRESS, "aliases are not read"),
            (LISTED + "- {tls_pubkey_pinset: [{digest: sha256, value: %s}]}\n" % b64("b"), ONE, "nothing says whose pins"),
            (bare_upstream("  tls_ports: 8853\n"), ADDRESS, '"tls_ports"'),
        ])


class Spellings(Stubby):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + SHORT.replace("\n", "\r\n"), ADDRESS, None),
            (GOOD + "#" + upstream("y.org", "b").replace("\n", "\n#") + "\n", ONE, None),
            ("{ resolution_type: GETDNS_RESOLUTION_STUB, upstream_recursive_servers: [ { address_data: 192.0.2.1, tls_auth_name: \"x.org\",\n tls_pubkey_pinset: [ { digest: \"sha256\", value: %s } ] } ] }\n" % b64("a"), ONE, None),
            ("stubby:\n  upstream_recursive_servers:\n  " + LISTED.replace("\n  ", "\n    "), ONE, None),
            (LISTED, ONE, None),
            (LISTED + "- tls_auth_name: y.org\n", ONE, None),
            (bare_upstream("  tls_min_version: GETDNS_TLS1_3\n  tls_cipher_list: a\n  address_type: IPv4\n"), ADDRESS, None),
            (bare_upstream("  tsig_name: a\n  tls_curves_list: b\n  tls_ciphersuites: c\n  tls_max_version: d\n"), ADDRESS, None),
        ])


class Comments(Stubby):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (SHORT + f"        # value: {b64('c')}\n", ADDRESS, None),
            (LISTED + "# " + SERVER.replace("\n", "\n#") % (3, "z.org", b64("c")) + "\n", ONE, None),
        ])


class Digests(Stubby):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (SHORT + f"  - address_data: 192.0.2.2\n    tls_pubkey_pinset: {b64('b')}\n", ADDRESS, '"tls_pubkey_pinset": expected array'),
            (SHORT + f"  - address_data: 192.0.2.2\n    tls_pubkey_pinset: [{b64('b')}]\n", ADDRESS, 'expected digest: "sha256"'),
            (GOOD + upstream("y.org", "b").replace("sha256", "sha512"), ONE, "expected digest"),
            (GOOD + upstream("y.org", "b").replace("value: ", "value: sha256/"), ONE, "bad value"),
            (GOOD + upstream("y.org", "b").replace("      - digest", "        digest"), ONE, "expected array"),
            (LISTED + "- {tls_auth_name: y.org, tls_pubkey_pinset: %s}\n" % b64("b"), ONE, "expected array"),
            (LISTED + "- {tls_auth_name: y.org, tls_pubkey_pinset: [{digest: SHA256, value: %s}]}\n" % b64("b"), ONE, "expected digest"),
        ])


class Twice(Stubby):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            (SHORT + f"        value: {b64('b')}\n", ADDRESS, "stands here a second time"),
            (SHORT + f"upstream_recursive_servers:\n  - address_data: 192.0.2.2\n    tls_pubkey_pinset:\n      - {{digest: sha256, value: {b64('b')}}}\n", ADDRESS, "stands here a second time"),
        ])


class Settings(Stubby):
    """Settings beside pins."""

    def test_unknown_ones_are_named(self):
        self.rows([
            (GOOD + upstream("y.org", "b", "    tls_port: 99999\n"), ONE, "expected a number up to 65535"),
            (LISTED + "- {address_data: [192.0.2.2], tls_pubkey_pinset: [{digest: sha256, value: %s}]}\n" % b64("b"), ONE, "expected string"),
            *[(bare_upstream(f"  {name}: x.org\n"), ADDRESS, f'"{name}": stubby has no member of this name') for name in (
                "tls_authname", "tls_auth_nam", "auth_name", "hostname", "TLS_auth_name", "tls-auth-name")],
            *[(bare_upstream(f"  tls_port: {port}\n", "b", "192.0.2.2") + bare_upstream(""), ADDRESS, "tls_port") for port in (
                "[853]", "*p", "null", "0", "853 8853")],
        ])


class Unread(Stubby):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (SHORT + f"        spare: {b64('b')}\n", ADDRESS, UNEXPECTED),
            (GOOD + upstream("y.org", "b").replace("tls_pubkey_pinset", "tls_pubkey_pins"), ONE, UNEXPECTED),
            (GOOD + f"config resolver:\n  list: spki 'sha256/{b64('b')}'\n", ONE, UNEXPECTED),
            (LISTED + "- tls_auth_name: y.org\n  pinset: [{digest: sha256, value: %s}]\n" % b64("b"), ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
