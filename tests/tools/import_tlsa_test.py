# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format tlsa: TLSA records of a zone file."""

import hashlib

from conversion_case import A, B, ImportCase, b64, colons, hexed, pin, raw
from pinctl_case import fingerprint_of, main, openssl, pin_of

GOOD = f"_443._tcp.x.org. IN TLSA 3 1 1 {hexed('a')}\n"
WITH_TTL = f"_443._tcp.x.org. 3600 IN TLSA 3 1 1 {hexed('a')}\n"
RECORD = f"TLSA 3 1 1 {hexed('a')}\n"
ONE, TWO = {"x.org:443": [A]}, {"x.org:443": [A], "y.org:443": [B]}
MADE = "which are not read"


class Tlsa(ImportCase):
    form = "tlsa"
    NAME = "_443._tcp.x.org."

    def record(self, owner, word="a", kind="TLSA", data="3 1 1 "):
        return f"{owner} IN {kind} {data}{raw(word).hex()}\n"

    def generic(self, owner, word="a", kind="TYPE52"):
        return self.record(owner, word, kind, "\\# 35 030101")


class Records(Tlsa):
    def test_what_each_kind_of_record_is(self):
        certificate = openssl("x509", "-in", "server.pem", "-outform", "der").hex()
        key = openssl("pkey", "-in", "server.key", "-pubout", "-outform", "der").hex()
        zone = "".join(f"_{port}._tcp.x.org. 3600 IN TLSA {head} {data}\n" for port, head, data in (
            (1, "3 1 1", raw("a").hex()), (2, "1 1 1", raw("a").hex()), (3, "2 1 1", raw("a").hex()), (4, "0 1 1", raw("a").hex()),
            (5, "3 0 1", raw("a").hex()), (6, "0 0 1", raw("a").hex()), (7, "3 1 0", key), (8, "3 0 0", certificate)))
        ca, own, whole = {"intermediates": [pin("a")]}, {"pins": [pin("a")]}, {"fingerprints": [pin("a")]}
        self.assertEqual(self.imports(zone), [
            self.entry("x.org", ports=[1, 2], **own), self.entry("x.org", ports=[3, 4], **ca),
            self.entry("x.org", ports=[5, 6], **whole), self.entry("x.org", ports=[7], pins=[pin_of("server.pem")]),
            self.entry("x.org", ports=[8], fingerprints=[fingerprint_of("server.pem")])])

    def test_bad_records_are_refused(self):
        good = raw("a").hex()
        for record, status, said in ((f"3 1 2 {good * 2}", 1, "a SHA-512 digest"), (f"4 1 1 {good}", 1, "expected TLSA"),
                                     (f"3 2 1 {good}", 1, "expected TLSA"), (f"3 1 3 {good}", 1, "expected TLSA"),
                                     (f"3 1 1 {good[1:]}", 1, "expected TLSA"), (f"3 1 1 {good[2:]}", 1, "not what selector 1"),
                                     (f"3 1 1 {good[:-2]}:z", 1, "expected TLSA"), (f"3 1 0 {good}", 1, "not what selector 1"),
                                     (f"3 0 0 {good}", 1, "not what selector 0"), ("3 1 1", 1, "expected TLSA"),
                                     (f"( 3 1 1 {good}", 1, "never closed")):
            self.imports(f"_443._tcp.x.org. IN TLSA {record}\n", status=status, said=said)
        for owner in ("x.org.", "_0._tcp.x.org.", "_443.tcp.x.org.", "443._tcp.x.org.", "_65536._tcp.x.org.", "_443._tcp."):
            self.imports(f"{owner} IN TLSA 3 1 1 {good}\n", "--format", "tlsa", status=1, said="expected _PORT._tcp.NAME")
        both = f"*._tcp.x.org. IN TLSA 3 1 1 {good}\n_443._tcp.x.org. IN TLSA 3 1 1 {raw('b').hex()}\n"
        self.imports(both, status=1, said="left out")
        self.imports(f"$INCLUDE other\n_443._tcp.x.org. IN TLSA 3 1 1 {good}\n", status=1, said="other files are not read")

    def test_spellings_of_a_record(self):
        for text in (self.generic(self.NAME), self.generic(self.NAME, kind="TLSA"), self.record(self.NAME, data="DANE-EE SPKI SHA2-256 "),
                     f"{self.NAME} 3600 CLASS1 TLSA ( 3 1 1 {raw('a').hex()[:20]} ; half\n {raw('a').hex()[20:]} )\n",
                     f"{self.NAME} IN 1h30m TLSA 3 1 1 {raw('a').hex()}\n",
                     self.record(self.NAME).replace(" IN ", " IN 300 ")):
            self.assertEqual(self.pins(text, "--format", "tlsa"), {"x.org:443": [A]}, text)
            self.forget()

    def test_both_kinds_beside_each_other(self):
        self.assertEqual(self.pins(self.record(self.NAME) + self.generic(self.NAME, "b")), {"x.org:443": [A, B]})

    def test_one_bad_record_does_not_refuse_the_zone(self):
        text = self.record("_443._tcp.bad.org.", data="3 1 1 zz") + self.record(self.NAME)
        self.pins(text, status=1, said=":1: expected TLSA")
        self.assertEqual(self.pins(text, "--lossy"), {"x.org:443": [A]})

    def test_damaged_generic_records_are_refused(self):
        for data in ("\\# 34 030101", "\\# 35 0301", "\\# 35 090101", "\\# x 030101", "\\#"):
            self.pins(self.record(self.NAME, data=data), status=1, said="expected TLSA")

    def test_digest_of_nothing_is_pointed_out(self):
        self.imports(f"{self.NAME} IN TLSA 3 1 1 {hashlib.sha256(b'').hexdigest()}\n")
        self.assertIn("digest of an empty input", self.pinctl("check").stdout)


class Zones(Tlsa):
    def test_zone_file(self):
        hexes = raw("a").hex()
        zone = (f"$TTL 1h\n$ORIGIN example.org.\n@ IN SOA ns hostmaster ( 1 ; serial\n 2 3 4 5 )\n"
                f"_443._tcp.www IN TLSA ( 3 1 1\n  {hexes[:30]} ; half\n  {hexes[30:].upper()} )\n"
                f"        60 IN TLSA 3 1 1 {raw('b').hex()}\n"
                f'*._tcp.mail  TLSA 3 1 1 {hexes}\ntxt IN TXT "a;b ( c"\n_53._udp.dns IN TLSA 3 1 1 {hexes}\n')
        self.imports(zone, status=1, said="does not tell protocols apart")
        self.assertEqual(self.imports(zone, "--lossy"), [
            self.entry("mail.example.org", pins=[pin("a")]),
            self.entry("www.example.org", ports=[443], pins=[pin("a"), pin("b")])])

    def test_origin_of_relative_names(self):
        relative = self.record("_443._tcp.www")
        self.pins(relative, status=1, said="is relative, and no $ORIGIN")
        self.assertEqual(self.pins(relative, "--origin", "x.org"), {"www.x.org:443": [A]})
        self.forget()
        self.assertEqual(self.pins("$ORIGIN x.org.\n" + relative), {"www.x.org:443": [A]})
        self.forget()
        self.assertEqual(self.pins(self.record("_443._tcp.www.x.org"), said="taken as a whole name"), {"www.x.org:443": [A]})
        self.pins("sha256//" + b64("a"), "--format", "curl", "--host", "x.org", "--origin", "y.org", status=2, said="is no zone file")

    def test_directives(self):
        self.assertEqual(self.pins("$ORIGIN x.org.\n$GENERATE 1-9 host-$ A 192.0.2.$\n" + self.record("_443._tcp.www")),
                         {"www.x.org:443": [A]})
        self.forget()
        for line, said in (("$GENERATE 1-9 _443._tcp.h$ TLSA 3 1 1 " + raw("b").hex(), "$GENERATE makes TLSA records"),
                           ("$INCLUDE other.zone", "$INCLUDE other.zone: other files are not read")):
            self.pins(line + "\n" + self.record(self.NAME), status=1, said=said)
            self.assertEqual(self.pins(line + "\n" + self.record(self.NAME), "--lossy"), {"x.org:443": [A]})
            self.forget()

    def test_quotes_and_parentheses_elsewhere(self):
        text = 'x.org. TXT "v=spf1 ( \\" ; all"\nx.org. IN SOA a. b. ( 1 ; serial )\n 2 3 4 5 )\ny.org. TXT a\\;b\\(c\n'
        self.assertEqual(self.pins(text + self.record(self.NAME)), {"x.org:443": [A]})

    def test_aliases_are_followed(self):
        self.assertEqual(self.pins("_25._tcp.mail.x.org. IN CNAME _dane.x.org.\n_587._tcp.mail.x.org. CNAME _25._tcp.mail.x.org.\n"
                                   + self.record("_dane.x.org.") + self.record("_dane.x.org.", "b")), {"mail.x.org:25:587": [A, B]})
        self.pins(self.record("_dane.x.org."), "--format", "tlsa", status=1, said="no alias of that form leads here")
        self.pins("_25._tcp.x.org. CNAME _25._tcp.x.org.\n", "--format", "tlsa", status=1, said="leads to no record")

    def test_origin_without_a_dot_is_noted(self):
        self.noted([
            ("$ORIGIN x.org\n_443._tcp " + RECORD, ONE, "has no dot at its end"),
            ("$ORIGIN org\n$ORIGIN x\n_443._tcp " + RECORD, ONE, "has no dot at its end"),
        ])

    def test_records_of_other_classes_are_named(self):
        good = f"_443._tcp.x.org. 60 IN TLSA 3 1 1 {hexed('a')}\n"
        other = "is of another class than IN"
        one = {"x.org:443": [A]}
        self.rows([
            (good + f"_443._tcp.y.org. CH TLSA 3 1 1 {hexed('b')}\n", one, other),
            (good + f"_443._tcp.y.org. ch 60 TLSA 3 1 1 {hexed('b')}\n", one, other),
            (good + f"_443._tcp.y.org. 60 HS TYPE52 \\# 35 030101{hexed('b')}\n", one, other),
            (good + f"_443._tcp.y.org. CLASS3 TLSA 3 1 1 {hexed('b')}\n", one, other),
            (good + "_443._tcp.y.org. CH CNAME _443._tcp.x.org.\n", one, other),
            (good + "_443._tcp.y.org. CH DNAME x.org.\n", one, other),
            (good + "version.bind. CH TXT \"9.18\"\n", one, None),
            (good + f"x.org. CH TXT {hexed('b')}\n", one, None),
            (good.replace("IN", "in"), one, None),
            (good.replace("IN", "CLASS1"), one, None),
            (good.replace("60 IN", ""), one, None),
        ])


class Hosts(Tlsa):
    def test_star_of_a_wildcard_is_refused(self):
        self.star(f"_443._tcp.HOST. TLSA 3 1 1 {hexed('a')}\n", port=":443")

    def test_each_has_its_pins(self):
        self.rows([
            ("\ufeff" + GOOD.replace("\n", "\r\n"), {"x.org:443": [A]}, None),
            (GOOD.lower().replace("tlsa", "tLSa"), {"x.org:443": [A]}, None),
            (GOOD + f"  IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A, B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (GOOD + f"443._tcp.y.org. IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A]}, "expected _PORT._tcp.NAME"),
            (GOOD + f"_99999._tcp.y.org. IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A]}, "expected _PORT._tcp.NAME"),
            (f"$ORIGIN {'a.' * 600}\n" + GOOD, {"x.org:443": [A]}, "longer than any name"),
            (GOOD + f"\n_443._tcp.{'y' * 3000}. IN TLSA 3 1 1 {hexed('b')}\n", {"x.org:443": [A]}, "bad name"),
            (WITH_TTL + f"_443._tcp.*.x.org. TLSA 3 1 1 {hexed('b')}\n", ONE, 'knows no names with "*"'),
            (WITH_TTL + f"_*._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (WITH_TTL + f"_443._udp.x.org. TLSA 3 1 1 {hexed('b')}\n", ONE, '"_443._udp.x.org": a policy does not tell protocols apart'),
            (WITH_TTL + "_443._udp.x.org. CNAME _443._tcp.x.org.\n", ONE, '"_443._udp.x.org": a policy does not tell protocols apart'),
            (GOOD + f"_25._smtp._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (GOOD + f"*._443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (GOOD + f"_443._tcp._y.org. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (GOOD + f"_0443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (GOOD + f"_443._tcp.y.org.. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (GOOD + f"_443._tcp.192.0.2.1. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (GOOD + f"_443._tcp.2001:db8::1. TLSA 3 1 1 {hexed('b')}\n", ONE, "expected _PORT._tcp.NAME"),
            (f"$ORIGIN 192.0.2.1.\n_443._tcp TLSA 3 1 1 {hexed('b')}\n" + GOOD, ONE, "expected _PORT._tcp.NAME"),
        ])


class Spellings(Tlsa):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            (f"; <<>> DiG 9.18 <<>> TLSA _443._tcp.x.org\n;; ANSWER SECTION:\n{WITH_TTL};; Query time: 1 msec\n", ONE, None),
            (f"$TTL 1h30m\n$ORIGIN org.\nx 1W IN SOA ns hostmaster ( 2024010101 ; serial\n 7200 3600 1209600 3600 )\n_443._tcp.x 1H30M IN TLSA 3 1 1 {hexed('a')}\n", ONE, None),
            (WITH_TTL + "_443._tcp.x.org. 3600 IN RRSIG TLSA 13 5 3600 20300101000000 20240101000000 1 x.org. " + b64("b") * 2 + "\n", ONE, None),
            (WITH_TTL + f"_443._tcp.y.org. 3600 IN SMIMEA 3 1 1 {hexed('b')}\n", ONE, None),
            (GOOD + f"x.org. DS 1 8 2 {hexed('b')}\nx.org. SSHFP 4 2 {hexed('b')}\nx.org. TYPE65300 \\# 1 00\n", ONE, None),
            (GOOD + "www.y.org. CNAME y.org.\ny.org. DNAME z.org.\n# of old\n", ONE, None),
            (GOOD.replace("3 1 1 ", '3 1 1 "').replace("\n", '"\n'), ONE, None),
            (GOOD + "$GENERATE 1-3 h$.x.org. CNAME x.org.\n$GENERATE 1-3 _h$ A 192.0.2.$\n", ONE, None),
            (GOOD + '$GENERATE 1-3 "" CNAME x.org.\n', ONE, None),
            (GOOD.replace("3 1 1", "03 01 001"), ONE, None),
            ("$ORIGIN .\n_443._tcp.x.org " + RECORD, ONE, None),
            ("$ORIGIN org.\n$ORIGIN x\n_443._tcp " + RECORD, ONE, None),
            (f"_443._tcp.x.org. IN TLSA ( ( 3 1 1 )\n ( {hexed('a')} ) )\n", ONE, None),
            (GOOD.replace("TLSA", "TYPE0052"), ONE, None),
            (GOOD + f"_443._tcp.y.org. TYPE053 3 1 1 {hexed('b')}\n", ONE, None),
            (GOOD + "y.org. ALIAS d.org.\n", ONE, None),
        ])


class Comments(Tlsa):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (f"; _443._tcp.x.org. IN TLSA 3 1 1 {hexed('c')}\n" + GOOD, {"x.org:443": [A]}, None),
            (f'x.org. TXT "_443._tcp.x.org. IN TLSA 3 1 1 {hexed("c")}"\n' + GOOD, {"x.org:443": [A]}, None),
        ])


class Lines(Tlsa):
    """Lines that are no record."""

    def test_bad_ones_are_named(self):
        self.rows([
            (GOOD + "$INCLUDE other.zone\n$UNKNOWN x\n", {"x.org:443": [A]}, '"$UNKNOWN": expected'),
            (WITH_TTL + f'type = "TLSA"\nrecords = ["3 1 1 {hexed("b")}"]\n', ONE, "no type of records"),
            (WITH_TTL + f"dns-rr=_443._tcp.y.org,52,030101{hexed('b')}\n", ONE, "expected NAME, and a type"),
            (WITH_TTL + f"    certificate_association_data: {hexed('b')}\n", ONE, "no type of records"),
            (WITH_TTL + f":_443._tcp.y.org:52:\\003\\001\\001{hexed('b')}:300\n", ONE, ":2: "),
            (WITH_TTL + f"INSERT INTO records VALUES ('_443._tcp.y.org','TLSA','3 1 1 {hexed('b')}');\n", ONE, "no type of records"),
            (WITH_TTL + f"/* _443._tcp.y.org. TLSA 3 1 1 {hexed('b')} */\n", ONE, "no type of records"),
            (GOOD + f"_443._tcp.y.org. IN TLSAx 3 1 1 {hexed('b')}\n", ONE, '"TLSAx": no type of records'),
            (GOOD + f"_443._tcp.y.org. 3600 N TLSA 3 1 1 {hexed('b')}\n", ONE, '"N": no type of records'),
            (GOOD + f"3 1 1 {hexed('b')[:56]} {hexed('b')[56:]}\n", ONE, "no type of records"),
            (GOOD + f"_443._tcp.y.org has TLSA record 3 1 1 {hexed('b')}\n", ONE, '"has": no type of records'),
            (GOOD + f"local-data: \"_443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\"\n", ONE, "no type of records"),
            (GOOD + f"update add _443._tcp.y.org. 3600 IN TLSA 3 1 1 {hexed('b')}\n", ONE, '"add": no type of records'),
            (GOOD.rstrip("\n") + f" )\n_443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n", TWO, '")" closes nothing'),
        ])


class Origins(Tlsa):
    def test_bad_ones_are_named(self):
        self.rows([
            (GOOD + f"$ORIGIN y.org.\n$ORIGIN z.org. www\n_443._tcp TLSA 3 1 1 {hexed('b')}\n", {**ONE, "z.org:443": [B]}, "$ORIGIN: expected one name"),
            (GOOD + f"$ORIGIN y.org.\n$ORIGIN\n_443._tcp.www TLSA 3 1 1 {hexed('b')}\n", ONE, "$ORIGIN: expected one name"),
            (GOOD + f"$ORIGIN y.org.\n$ORIGIN {'a.' * 600}\n_443._tcp.www TLSA 3 1 1 {hexed('b')}\n", ONE, "$ORIGIN: longer than any name"),
            ("$ORIGIN sub\n_443._tcp " + RECORD + GOOD, ONE, "is relative"),
        ])


class Aliases(Tlsa):
    def test_that_are_not_followed_are_named(self):
        self.rows([
            (GOOD + "_443._tcp.y.org. CNAME _443._tcp.z.net.\n", ONE, 'is an alias of "_443._tcp.z.net", which leads to no record in this file'),
            (GOOD + f"_25._tcp.y.org. CNAME _dane _dane TLSA 3 1 1 {hexed('b')}\n", ONE, "CNAME: aliases of this kind"),
            (GOOD + "_tcp.y.org. DNAME _tcp.x.org.\n", ONE, "DNAME: aliases of this kind"),
            (GOOD + "$GENERATE 1-3 _443._tcp.h$.x.org. CNAME _443._tcp.x.org.\n", ONE, MADE),
            (GOOD + "$GENERATE 1-3 _443._tcp.h$.x.org. 300 IN cname _443._tcp.x.org.\n", ONE, MADE),
            (GOOD + "$GENERATE 1-3 *._tcp.h$.x.org. CNAME _443._tcp.x.org.\n", ONE, MADE),
            (GOOD + "$GENERATE 1-3 _tcp.h$.x.org. DNAME _tcp.x.org.\n", ONE, MADE),
            (GOOD + '$GENERATE 1-3 "_443._tcp.h$" CNAME x.org.\n', ONE, MADE),
            (GOOD + "_443._tcp.y.org. CNAME d.org.\nd.org. CNAME out.net.\n", ONE, "which leads to no record in this file"),
            (GOOD + "_443._tcp.y.org. CNAME d.org.\nd.org. CNAME _443._tcp.y.org.\n", ONE, "which leads to no record in this file"),
            (GOOD + "_443._tcp.y.org. CNAME d.org. e.org.\n", ONE, "aliases of this kind are not followed"),
            (GOOD + "_443._tcp.y.org. ALIAS d.org.\n", ONE, "aliases of this kind are not followed"),
            (GOOD + "*._tcp.y.org. ANAME d.org.\n", ONE, "aliases of this kind are not followed"),
            (GOOD + f"_443._tcp.y.org. TLSA 3 1 1 {hexed('b')}\n_443._tcp.y.org. CNAME d.org.\nd.org. TLSA 3 1 1 {hexed('c')}\n", ONE, "has an alias beside something else"),
            (GOOD + f"_443._tcp.y.org. CNAME gone.org.\n_443._tcp.y.org. CNAME d.org.\nd.org. TLSA 3 1 1 {hexed('c')}\n", ONE, "has an alias beside something else"),
            (GOOD + f"_443._tcp.y.org. CNAME e.org.\ne.org. TLSA 3 1 1 {hexed('b')}\ne.org. CNAME d.org.\nd.org. TLSA 3 1 1 {hexed('c')}\n", ONE, "has an alias beside something else"),
        ])


class Digests(Tlsa):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (GOOD + f"_443._tcp.x.org. IN TLSA 3 1 1 {hexed('b')[:-1]}\n", {"x.org:443": [A]}, "expected TLSA"),
            (GOOD + f"_443._tcp.y.org. IN TLSA ( 3 1 1\n {hexed('b')}\n", {"x.org:443": [A], "y.org:443": [B]}, "is never closed"),
            (GOOD + f"_25._tcp.y.org. IN TLSA 3 1 2 {hexed('b') * 2}\n", {"x.org:443": [A]}, "a SHA-512 digest"),
            (WITH_TTL + f"_443._tcp.y.org. TLSA 3 1 1 {colons('b')}\n", ONE, "expected TLSA"),
            (WITH_TTL + f"_443._tcp.y.org. TLSA 0x3 1 1 {hexed('b')}\n", ONE, "expected TLSA"),
            (GOOD + f"_443._tcp.y.org. TLSA 0 00 01 {hexed('b')}\n_443._tcp.y.org. TLSA 03 11 1 {hexed('b')}\n", {**ONE, "y.org:443": []}, "expected TLSA"),
        ])


if __name__ == "__main__":
    main()
