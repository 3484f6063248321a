# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format android: Android's network security configuration."""

from conversion_case import A, B, ONE, UNEXPECTED, ImportCase, b64, pin
from pinctl_case import main

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def config(inside, after="", name="x.org", head=""):
    return document(inside, f"<domain>{name}</domain>\n", after, head)


def document(inside, domains, after="", head=""):
    return f"{head}<network-security-config>\n<domain-config>{domains}{inside}</domain-config>\n{after}</network-security-config>\n"


def with_head(inside, domains='<domain includeSubdomains="true">x.org</domain>'):
    return document(inside, domains + "\n", head=HEAD)


def on_one_line(inside, name="x.org", head=""):
    return document(inside, f"<domain>{name}</domain>", head=head)


def pins(*words):
    return "<pin-set>" + "".join(f'<pin digest="SHA-256">{b64(word)}</pin>\n' for word in words) + "</pin-set>"


def pin_lines(*words):
    return pins(*words) + "\n"


DOMAIN = "<domain>x.org</domain>"
LATIN = '<?xml version="1.0" encoding="iso-8859-1"?><!-- ä -->\n'


class Android(ImportCase):
    form = "android"


class Domains(Android):
    def config(self, body):
        return f'<?xml version="1.0"?>\n<network-security-config>\n{body}\n</network-security-config>\n'

    def pin_set(self, *words, expiration=""):
        pins = "".join(f'<pin digest="SHA-256">{b64(word)}</pin>\n' for word in words)
        return f"<pin-set{expiration}>{pins}</pin-set>"

    def test_domains_and_pins(self):
        text = self.config('<domain-config><domain includeSubdomains="true">x.org</domain><domain> y.org\n</domain>'
                           + self.pin_set("a", "b", expiration=' expiration="2031-05-01"') + "</domain-config>")
        self.assertEqual(self.imports(text), [
            self.entry("x.org", include_subdomains=True, pins=[pin("a"), pin("b")], expires="2031-04-30"),
            self.entry("y.org", pins=[pin("a"), pin("b")], expires="2031-04-30")])

    def test_nested_configurations_inherit_or_replace(self):
        text = self.config('<domain-config><domain includeSubdomains="true">x.org</domain>' + self.pin_set("a")
                           + "<domain-config><domain>in.x.org</domain></domain-config>"
                           + "<domain-config><domain>own.x.org</domain>" + self.pin_set("b") + "</domain-config></domain-config>")
        self.assertEqual({entry["name"]: entry["pins"] for entry in self.imports(text)},
                         {"x.org": [pin("a")], "in.x.org": [pin("a")], "own.x.org": [pin("b")]})

    def test_without_pins_below_a_pinned_name_is_off_and_elsewhere_nothing(self):
        text = self.config('<domain-config><domain includeSubdomains="true">x.org</domain>' + self.pin_set("a") + "</domain-config>"
                           '<domain-config cleartextTrafficPermitted="true"><domain>free.x.org</domain></domain-config>'
                           "<domain-config><domain>elsewhere.org</domain><pin-set/></domain-config>")
        self.assertEqual([(entry["name"], entry["mode"]) for entry in self.imports(text, said="1 host without pins")],
                         [("free.x.org", "off"), ("x.org", "enforce")])

    def test_digest_may_begin_with_a_slash(self):
        """One in 64 does; with the prefix of a policy it looks much like curl's way of writing one."""
        word = next(word for word in map(str, range(10000)) if b64(word)[0] == "/")
        text = self.config("<domain-config><domain>x.org</domain>" + self.pin_set(word) + "</domain-config>")
        self.assertEqual(self.imports(text), [self.entry("x.org", pins=[pin(word)])])
        for extra in (f"/{b64(word)}", f"/{b64('a')}"):
            self.imports(text.replace(b64(word), extra), status=1, said="bad pin")

    def test_other_digests_and_bad_dates_are_refused(self):
        sha1 = self.config('<domain-config><domain>x.org</domain><pin-set><pin digest="SHA-1">AAAA</pin></pin-set></domain-config>')
        self.imports(sha1, status=1, said=('digest "SHA-1"', "--lossy"))
        self.imports(sha1, "--lossy", status=1, said="no pins in it")
        one = "<domain-config><domain>x.org</domain>%s</domain-config>"
        self.imports(self.config(one % self.pin_set("a", expiration=' expiration="2031-02-30"')), status=1, said="expected YYYY-MM-DD")
        self.imports(self.config(one % self.pin_set("a")).replace(b64("a"), "AAAA"), status=1, said=":3: bad pin")
        self.imports(self.config("<domain-config><domain includeSubdomains='yes'>x.org</domain></domain-config>"), status=1)


class PinSets(Android):
    def config(self, inside, after=""):
        return config(inside, after, head=HEAD)

    def pin_set(self, *texts, head=""):
        return f"<pin-set{head}>" + "".join(f'<pin digest="SHA-256">{text}</pin>\n' for text in texts) + "</pin-set>\n"

    def test_pins_as_android_decodes_them(self):
        dummy = "B" * 43 + "="
        for text, taken in ((b64("a")[:-1], A), (b64("a")[:9] + "\n  " + b64("a")[9:], A), (dummy, "sha256/" + "B" * 42 + "A=")):
            self.assertEqual(self.pins(self.config(self.pin_set(text))), {"x.org": [taken]})
            self.forget()
        self.pins(self.config(self.pin_set(dummy)), said="stray bits in its last character")

    def test_encodings(self):
        text = self.config(self.pin_set(b64("a")))
        for data in (b"\xef\xbb\xbf" + text.encode(), text.replace("utf-8", "utf-16").encode("utf-16"), text.replace("\n", "\r\n").encode()):
            self.assertEqual(self.pins(data), {"x.org": [A]})
            self.forget()
        self.pins(b"\x03\x00\x08\x00\x10", "--format", "android", status=3, said="compiled Android XML")
        self.pins(b"PK\x03\x04....", "--format", "android", status=3, said="is an archive")

    def test_short_dates(self):
        self.pins(self.config(self.pin_set(b64("a"), head=' expiration="2031-5-1"')))
        self.assertEqual(self.entries()[0]["expires"], "2031-04-30")

    def test_overridden_pins_and_reports_are_named(self):
        certificates = '<trust-anchors><certificates src="user" overridePins="%s"/></trust-anchors>\n'
        for inside, after, said in ((certificates % "true", "", "overridePins was left out"),
                                    ('<trustkit-config enforcePinning="false"/>', "", "TrustKit only reports here")):
            self.assertEqual(self.pins(self.config(self.pin_set(b64("a")) + inside, after), said=said), {"x.org": [A]})
            self.forget()
        for inside, after in ((certificates % "false", ""), ("", "<debug-overrides>" + certificates % "true" + "</debug-overrides>")):
            done = self.pinctl("import", self.file("a.xml", self.config(self.pin_set(b64("a")) + inside, after)))
            self.assertNotIn("overridePins", done.stderr)
            self.forget()

    def test_pins_that_android_would_not_see(self):
        for inside, after, said in ((self.pin_set(b64("b")), "", "a second <pin-set>"),
                                    ("", "<base-config>" + self.pin_set(b64("b")) + "</base-config>", "a <pin-set> outside")):
            text = self.config(self.pin_set(b64("a")) + inside, after)
            self.pins(text, status=1, said=said)
            self.assertEqual(self.pins(text, "--lossy"), {"x.org": [A]})
            self.forget()

    def test_expired_lists_say_so(self):
        self.pins(self.config(self.pin_set(b64("a"), head=' expiration="2016-05-01"')), said="have expired, the last on 2016-04-30")


class Hosts(Android):
    def test_star_of_a_wildcard_is_refused(self):
        self.star("<network-security-config><domain-config><domain>HOST</domain><pin-set>"
                  f'<pin digest="SHA-256">{b64("a")}</pin></pin-set></domain-config></network-security-config>')

    def test_each_has_its_pins(self):
        self.rows([
            (config(pin_lines("a") + "<domain-config><domain>y.org</domain></domain-config>"), {"x.org": [A], "y.org": [A]}, None),
            (config(pin_lines("a") + f"<domain-config><domain>y.org</domain>{pin_lines('b')}</domain-config>"), {"x.org": [A], "y.org": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (config(pin_lines("a"), f"<domain-config>{pin_lines('b')}</domain-config>"), ONE, "without a <domain>"),
            (config(pin_lines("a"), f'<domain-config><domain>x.org</domain>{pin_lines("b")}</domain-config>'), ONE, "with other pins"),
            (config(pin_lines("a"), f'<domain-config><domain>@string/host</domain>{pin_lines("b")}</domain-config>'), ONE, 'bad name "@string/host"'),
            (with_head(pins("a"), DOMAIN + "\n<domain>@string/host</domain>"), ONE, "bad name"),
            (with_head(pins("a"), DOMAIN + "\n<domain>${host}</domain>"), ONE, "bad name"),
            (on_one_line(pins("a") + "</domain-config><domain-config><domain>https://y.org/</domain>" + pins("b")), ONE, "a URL is no name"),
        ])


class Spellings(Android):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + config(pin_lines("a")).replace("\n", "\r\n"), ONE, None),
            (config(pin_lines("a").replace(b64("a"), f"<![CDATA[{b64('a')}]]>")), ONE, None),
            (with_head(pins("a") + "<trust-anchors><certificates src=\"system\"/></trust-anchors><certificateTransparency enabled=\"true\"/>"), ONE, None),
            (with_head(pins("a").replace(b64("a"), f"<![CDATA[{b64('a')}]]>")), ONE, None),
            (with_head(pins("a").replace(b64("a"), f"\n   {b64('a')[:20]}\n   {b64('a')[20:]}\n")), ONE, None),
            (with_head(pins("a")).replace("<network-security-config>", '<network-security-config xmlns:tools="http://schemas.android.com/tools" tools:ignore="X">'), ONE, None),
            (on_one_line(pins("a"), head=LATIN).encode("latin-1"), ONE, None),
            (on_one_line(pins("a"), head=LATIN).encode(), ONE, None),
            (on_one_line(pins("a"), "<!-- y.org -->x&#46;org"), ONE, None),
            (on_one_line(pins("a").replace(b64("a"), "<!-- main -->" + b64("a"))), ONE, None),
        ])


class Comments(Android):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (config(pin_lines("a").replace("<pin ", f"<!-- <pin digest=\"SHA-256\">{b64('c')}</pin> --><pin ")), ONE, None),
            (with_head(pins("a")).replace("</network", f"<!-- <domain-config>{pins('c')}</domain-config> --></network"), ONE, None),
        ])


class Digests(Android):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (config(pin_lines("a").replace("</pin-set>", '<pin digest="SHA-256">@string/pin</pin></pin-set>')), ONE, "bad pin"),
            (config(pin_lines("a").replace("</pin-set>", f'<pin>{b64("b")}</pin></pin-set>')), ONE, 'a pin with digest ""'),
            (on_one_line(pins("a") + '<domain-config><domain>y.org</domain><pin-set><pin digest="SHA256">%s</pin></pin-set></domain-config>' % b64("b")), ONE, 'a pin with digest "SHA256"'),
            (on_one_line(pins("a").replace("</pin-set>", f'<pin digest="SHA-256">sha256/{b64("b")}</pin></pin-set>')), ONE, "bad pin"),
        ])


class Settings(Android):
    """Settings beside pins."""

    def test_unknown_ones_are_named(self):
        self.rows([
            (config(pin_lines("a"), f"<base-config><domain-config><domain>y.org</domain>{pin_lines('b')}</domain-config></base-config>"), ONE, "a <domain-config> in <base-config>"),
            (with_head(pins("a"), DOMAIN + "\n<Domain>y.org</Domain>"), ONE, "<Domain>"),
            (with_head(pins("a").replace("pin-set>", "pin-set>", 1).replace("</pin-set>", f'<Pin digest="SHA-256">{b64("b")}</Pin></pin-set>')), ONE, "<Pin>"),
            (with_head(pins("a"), '<domain includeSubDomains="true">x.org</domain>'), ONE, "includeSubDomains"),
            (with_head(pins("a").replace("<pin-set>", '<pin-set expiration="2031/01/01">')), ONE, "expected YYYY-MM-DD"),
            (with_head(pins("a").replace("<pin-set>", '<pin-set expiry="2031-01-01">')), ONE, "expiry"),
            (with_head(pins("a")).replace("</network", f"<base-config>{pins('b')}</base-config></network"), ONE, "outside a <domain-config>"),
            (on_one_line(pins("a") + "</domain-config><domain-config><domain>y.org</domain>" + pins("b").replace("pin-set", "Pin-Set")), ONE, "a <pin> outside a <pin-set>"),
            (on_one_line(pins("a") + '</domain-config><domain-config><domain includeSubdomains="1">y.org</domain>' + pins("b")), {**ONE, "y.org": [B]}, "expected true or false"),
        ])


class Unread(Android):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (config(pin_lines("a").replace("</pin-set>", f"<Pin digest=\"SHA-256\">{b64('b')}</Pin></pin-set>")), ONE, UNEXPECTED),
            (config(f"<![CDATA[ {b64('c')} ]]>" + pin_lines("a")), ONE, UNEXPECTED),
            (on_one_line(pins("a") + "</domain-config><debug-overrides>" + pins("c") + "</debug-overrides><domain-config><domain>z.org</domain>"), ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
