# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format gnutls: the known hosts of GnuTLS."""

import base64

from conversion_case import A, B, ImportCase, b64, colons, hexed, raw
from pinctl_case import main, openssl, pin_of, read

GOOD = f"|c0|x.org|443|0|6|{hexed('a')}\n"
ONE = {"x.org:443": [A]}
WHOLE = "|g0|y.org|443|0|"


class GnuTLS(ImportCase):
    form = "gnutls"


class Keys(GnuTLS):
    def test_keys_and_digests_are_taken_and_other_lines_refused(self):
        der = openssl("pkey", "-pubin", "-outform", "der", data=read("spare.pub"))
        text = (f"|g0|x.org|443|0|{base64.b64encode(der).decode()}\n|c0|x.org|https|1893456000|6|{raw('a').hex()}\n")
        self.assertEqual(self.pins(text.split("\n")[0]), {"x.org:443": [pin_of("other.pem")]})
        self.forget()
        self.assertEqual(self.pins(text.split("\n")[1]), {"x.org:443": [A]})
        for line, said in ((f"|c0|x.org|443|0|2|{raw('a').hex()}", "left out"), (f"|g0|*|443|0|{b64('a')}", "for every host"),
                           ("|g0|x.org|nothing|0|AAAA", "no service of this name"), ("|g0|x.org", "expected a line")):
            self.pins(line, "--format", "gnutls", status=1, said=said)


class Comments(GnuTLS):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (f"# |c0|z.org|443|0|6|{hexed('c')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, None),
        ])


class Hosts(GnuTLS):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (f"\ufeff|c0|x.org|443|0|6|{hexed('a')}\r\n", {"x.org:443": [A]}, None),
            (f"  |c0|x.org|443|0|6|{hexed('a')}  \n", {"x.org:443": [A]}, None),
            (f"|c0|X.ORG.|443|0|6|{hexed('a').upper()}\n", {"x.org:443": [A]}, None),
            (f"|c0|x.org|443|0|6|{hexed('a')}\n|c0|x.org|443|0|6|{hexed('b')}\n", {"x.org:443": [A, B]}, None),
            (f"|c0|192.0.2.1|*|0|6|{hexed('a')}\n|c0|2001:db8::1||0|6|{hexed('b')}\n", {"192.0.2.1": [A], "2001:db8::1": [B]}, None),
            (GOOD + f"|c0|y.org|imaps|0|6|{hexed('b')}\n", {**ONE, "y.org:993": [B]}, None),
            (GOOD + f"|c0|y.org|443|0|6|{colons('b')}\n", {**ONE, "y.org:443": [B]}, None),
            (GOOD + f"|c0|y.org|443||6|{hexed('b')}\n", {**ONE, "y.org:443": [B]}, None),
            (GOOD + f"|c0|y.org|smtp|0|6|{hexed('b')}\n", {**ONE, "y.org:25": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (GOOD + f"|c0|*|443|0|6|{hexed('b')}\n", ONE, "a key for every host"),
            (GOOD + f"|c0|[2001:db8::1]|443|0|6|{hexed('b')}\n", ONE, "bad name"),
            (GOOD + f"|c0|y.org|65536|0|6|{hexed('b')}\n", ONE, "no service of this name"),
            (GOOD + f"|c0|y..org|443|0|6|{hexed('b')}\n", ONE, "bad name"),
        ])


class Lines(GnuTLS):
    """Lines that are no record."""

    def test_bad_ones_are_named(self):
        self.rows([
            (f"|c0|x.org|443|soon|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected the seconds since 1970"),
            (f"|c0|x.org|443|{'9' * 30}|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected the seconds since 1970"),
            (f"x.org|443|0|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected a line that begins"),
            (f"|c0|x.org|443|0|6|{hexed('b')}|more\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "expected a line"),
            (GOOD + f"y.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{b64('b')}\n", ONE, "expected a line that begins"),
            (GOOD + f"|1|{b64('b')}|{b64('c')} ssh-rsa AAAA\n", ONE, "expected a line that begins"),
            (GOOD + f"|c0|y.org|443|-1|6|{hexed('b')}\n", ONE, "expected the seconds since 1970"),
            (GOOD + f"y.org {hexed('b')}\n", ONE, "expected a line that begins"),
        ])


class Digests(GnuTLS):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (f"|g0|x.org|443|0|AAAA BBBB\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (f"|h0|x.org|443|0|6|{hexed('b')}\n|c0|y.org|443|0|6|{hexed('a')}\n", {"y.org:443": [A]}, "left out"),
            (GOOD + f"|c0|y.org|443|0|SHA256|{hexed('b')}\n", ONE, "left out"),
            (GOOD + f"|c0|y.org|443|0|6|{b64('b')}\n", ONE, "left out"),
            (GOOD + WHOLE + b64("b") + "\n", ONE, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (GOOD + WHOLE + "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n", ONE, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (GOOD + WHOLE + "MIIB\n", ONE, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (GOOD + WHOLE + "\n", ONE, "|g0|HOST|SERVICE|EXPIRES|KEY"),
            (GOOD + f"|c0|y.org|443|0|3|{'ab' * 20}\n", ONE, "left out"),
            (GOOD + f"|c1|y.org|443|0|6|{hexed('b')}\n", ONE, "left out"),
        ])


if __name__ == "__main__":
    main()
