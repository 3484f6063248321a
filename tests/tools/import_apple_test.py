# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format apple: NSPinnedDomains in property lists and sources."""

from conversion_case import A, B, BOTH, C, ONE, UNEXPECTED, ImportCase, b64
from pinctl_case import main

NAME = "NSPinnedLeafIdentities"
IDENTITY = f'{NAME}: [{{ "SPKI-SHA256-BASE64": "{b64("a")}" }}]'
SOURCE = f'const x = {{ NSPinnedDomains: {{ "x.org": {{ {IDENTITY} }} }} }};\n'
YAML = f"a:\n  NSPinnedDomains:\n    x.org:\n      NSPinnedLeafIdentities:\n      - SPKI-SHA256-BASE64: {b64('a')} # was {b64('c')}\n"
WRAPPED = f'.dictionary(["NSPinnedDomains": .dictionary(["x.org": .dictionary(["NSPinnedLeafIdentities": .array([.dictionary(["SPKI-SHA256-BASE64": .string("{b64("a")}")])])])%s])])\n'
OLD_STYLE = 'NSPinnedDomains = { "x.org" = { NSPinnedLeafIdentities = ( { "SPKI-SHA256-BASE64" = "%s"; }%s ); }; };\n'
PLIST = '<plist version="1.0"><dict><key>NSPinnedDomains</key><dict>\n<key>x.org</key><dict>%s</dict>\n</dict>%s</dict></plist>\n'


def identities(name, *words):
    return f"<key>{name}</key><array>" + "".join(
        f"<dict><key>SPKI-SHA256-BASE64</key><string>{b64(word)}</string></dict>" for word in words) + "</array>\n"


def pinned(*domains):
    return ('<?xml version="1.0"?>\n<plist version="1.0"><dict><key>NSPinnedDomains</key><dict>'
            + "".join(f"<key>{name}</key><dict>{inside}</dict>\n" for name, inside in domains) + "</dict></dict></plist>\n")


def plist(inside, after=""):
    return ('<?xml version="1.0"?>\n<plist version="1.0"><dict><key>NSAppTransportSecurity</key><dict><key>NSPinnedDomains</key><dict>\n'
            f"<key>x.org</key><dict>{inside}</dict>\n{after}</dict></dict></dict></plist>\n")


def leaf(word, name=NAME, key="SPKI-SHA256-BASE64", tag="string"):
    return f"<key>{name}</key><array><dict><key>{key}</key><{tag}>{b64(word)}</{tag}></dict></array>\n"


IDENTITIES = identities(NAME, "a")


class Apple(ImportCase):
    form = "apple"


class Domains(Apple):
    def imported(self):
        return "".join(data if isinstance(data, str) else data.decode() for name, data in self.policy_files().items() if "import-" in name)

    def test_authorities_have_to_hold_beside_leaves(self):
        self.imports(plist("<key>NSIncludesSubdomains</key><true/>" + identities("NSPinnedLeafIdentities", "a")
                                + identities("NSPinnedCAIdentities", "b", "c")))
        self.assertEqual(self.entries(), [self.entry("x.org", include_subdomains=True, pins=[A], intermediates=[B, C])])
        self.assertIn('require = "all"', self.imported())

    def test_authorities_alone_are_enough(self):
        self.imports(plist(identities("NSPinnedCAIdentities", "b")))
        self.assertNotIn("require", self.imported())

    def test_identities_without_a_pin_are_refused(self):
        self.imports(plist(identities("NSPinnedLeafIdentities")), status=1, said="has no pin")
        self.imports(plist("<key>NSPinnedLeafIdentities</key><array><string>x</string></array>"), status=1, said="expected SPKI-SHA256-BASE64")

    def test_names_below_are_more_than_apple_s(self):
        text = '{ NSPinnedDomains: { "x.org": { NSIncludesSubdomains: %s, NSPinnedLeafIdentities: [{ "SPKI-SHA256-BASE64": "' + b64("a") + '" }] } } }'
        for number, (value, notes) in enumerate((("true", 1), ("false", 0))):
            done, found = self.taken(f"apple-{number}", "const c = " + text % value, 0, "--format", "apple")
            self.assertEqual((found, done.stderr.count("those with one more label")), (ONE, notes), done.stderr)


class Added(Apple):
    def test_dictionaries_that_are_merged_are_named(self):
        inner = f'{{ NSPinnedDomains: {{ "x.org": {{ NSPinnedLeafIdentities: [{{ "SPKI-SHA256-BASE64": "{b64("a")}" }}] }} }} %s }}'
        added = "is not written out in this file"
        self.rows([
            ("infoPlist: " + inner % "" + "\n", ONE, None),
            ("infoPlist: " + inner % ", other: 1" + "\n", ONE, None),
            ("infoPlist: " + inner % ", ...base" + "\n", ONE, added),
            ("infoPlist: { NSAppTransportSecurity: " + inner % "" + ", ...base }\n", ONE, added),
            ("x = Object.assign({}, " + inner % "" + ")\n", ONE, None),
            ("x = Object.assign(base, " + inner % "" + ")\n", ONE, added),
            ("x = merge(base, " + inner % "" + ")\n", ONE, added),
            ("x = [" + inner % "" + "].concat(more)\n", ONE, added),
            ("module.exports = " + inner % "" + ";\n", ONE, None),
            ("f(" + inner % "" + ");\n", ONE, None),
        ])

    def test_members_of_a_spread_are_named_by_it(self):
        more, conf = '"...more" among members', '"...conf" among members'
        self.spread([
            (f'x = {{ NSPinnedDomains: {{ "x.org": {{ {IDENTITY} }} }} }}', "enforce", None),
            (f'x = {{ NSPinnedDomains: {{ ...more, "x.org": {{ {IDENTITY} }} }} }}', "enforce", more),
            (f'x = {{ NSPinnedDomains: {{ "x.org": {{ {IDENTITY} }}, ...more }} }}', "enforce", more),
            (f'x = {{ NSPinnedDomains: {{ "x.org": {{ {IDENTITY}, ...conf }} }} }}', "enforce", conf),
        ])


class Spellings(Apple):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + pinned(("x.org", IDENTITIES)).replace("\n", "\r\n"), {"x.org": [A]}, None),
            (pinned(("x.org", f"<!-- {identities(NAME, 'c')} -->" + IDENTITIES)), {"x.org": [A]}, None),
            (plist(leaf("a") + "<key>NSIncludesSubdomains</key><true/>"), ONE, None),
            ('{"expo": {"ios": {"infoPlist": {"NSAppTransportSecurity": {"NSPinnedDomains": {"x.org": {"NSIncludesSubdomains": true,\n'
             '"NSPinnedLeafIdentities": [{"SPKI-SHA256-BASE64": "%s"}]}}}}}}}\n' % b64("a"), ONE, None),
            ('const PIN = "%s";\nNSPinnedDomains: { "x.org": { NSPinnedLeafIdentities: [\n{ "SPKI-SHA256-BASE64": PIN }] } },\n' % b64("a"), ONE, None),
            (PLIST % (leaf("a", tag="data"), ""), ONE, None),
            (PLIST % ("<key>NSIncludesSubdomains</key><integer>1</integer>" + leaf("a"), ""), ONE, None),
            ("infoPlist: { NSPinnedDomains: { 'x.org': { NSPinnedLeafIdentities: [{ 'SPKI-SHA256-BASE64': '%s' }] } } }\n" % b64("a"), ONE, None),
            ("type Ats = { NSPinnedDomains: Record<string, { NSPinnedLeafIdentities: Identity[] }> };\n" + SOURCE, ONE, None),
            ("export interface Ats extends B<C> {\n  NSPinnedDomains: object;\n}\n" + SOURCE, ONE, None),
            (SOURCE.replace("]", " satisfies Pin]").replace('" }', '" as string }'), ONE, None),
            (SOURCE.replace("{ \"x.org\"", "\n    { \"x.org\""), ONE, None),
            (SOURCE + "const n = d.NSPinnedLeafIdentities;\n", ONE, None),
            (YAML, ONE, None),
            (WRAPPED % "", ONE, None),
        ])


class Comments(Apple):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (pinned(("x.org", IDENTITIES)).replace("<plist", f"<!-- {b64('c')} --><plist"), {"x.org": [A]}, None),
            (plist(leaf("a") + "<!--" + leaf("c") + "-->"), ONE, None),
            (OLD_STYLE % (b64("a"), ""), ONE, None),
            (OLD_STYLE % (b64("a"), f', {{ "SPKI-SHA256-BASE64" = "{b64("b")}"; }}'), BOTH, None),
        ])


class Hosts(Apple):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (plist(leaf("a"), "<key>y.org</key><dict>" + leaf("b").replace("<string>", "<string>\n\t") + "</dict>"), {**ONE, "y.org": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (pinned(("x.org", IDENTITIES), ("bad name", identities(NAME, "b"))), {"x.org": [A]}, 'bad name "bad name"'),
            (plist(leaf("a"), "<key>y.org</key><dict>" + leaf("b", "NSPinnedLeafIdentity") + "</dict>"), ONE, "has no pin"),
            (plist(leaf("a"), "<key>*.y.org</key><dict>" + leaf("b") + "</dict>"), ONE, 'knows no names with "*"'),
            (plist(leaf("a"), "<key>https://y.org</key><dict>" + leaf("b") + "</dict>"), ONE, "a URL is no name"),
            (plist(leaf("a"), "<key>y.org</key><string>" + b64("b") + "</string>"), ONE, "has no pin"),
            (PLIST % (leaf("a") + "</dict><key>y.org</key><dict>", ""), ONE, "has no pin"),
            ("const y = {\n  NSPinnedDomains:\n    pins,\n};\n" + SOURCE, ONE, "is no dictionary"),
            (SOURCE + "d['y.org'] = { NSPinnedLeafIdentities: ids };\n", ONE, "stands outside of NSPinnedDomains"),
            (SOURCE + "d['y.org'] = { NSPinnedCAIdentities: ids };\n", ONE, "stands outside of NSPinnedDomains"),
            (YAML + "    y.org: {}\n", ONE, "has no pin"),
            (YAML + "  b: &b {}\n  c: *b\n", ONE, "aliases are not read"),
            (WRAPPED % ', "y.org": .dictionary(["NSPinnedLeafIdentities": .array(pins)])', ONE, "has no pin"),
        ])


class Digests(Apple):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (pinned(("x.org", IDENTITIES + "<key>NSPinnedCAIdentities</key><dict/>")), {"x.org": [A]}, "expected array"),
            (pinned(("x.org", IDENTITIES.replace("<array>", "<array><dict><key>SPKI-SHA1-BASE64</key><string>AAAA</string></dict>"))), {"x.org": [A]}, "expected SPKI-SHA256-BASE64"),
            (plist(leaf("a"), "<key>y.org</key><dict>" + leaf("b", key="SPKI-SHA256") + "</dict>"), ONE, "expected SPKI-SHA256-BASE64"),
            (OLD_STYLE % (b64("a"), ", spare"), ONE, "expected SPKI-SHA256-BASE64"),
            (YAML + f"    y.org:\n      NSPinnedLeafIdentities: [{b64('b')}]\n", ONE, "expected SPKI-SHA256-BASE64"),
            (WRAPPED % ', "y.org": .dictionary(["NSPinnedLeafIdentities": .array([.dictionary(["SPKI-SHA256-BASE64": .string(pin)])])])', ONE, "expected SPKI-SHA256-BASE64"),
        ])


class Twice(Apple):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            (pinned(("x.org", IDENTITIES), ("x.org", identities(NAME, "b"))), {"x.org": [A]}, "stands here a second time"),
            (pinned(("x.org", IDENTITIES + identities(NAME, "b"))), {"x.org": [A]}, "stands here a second time"),
            (pinned(("x.org", IDENTITIES.replace("</dict>", f"<key>SPKI-SHA256-BASE64</key><string>{b64('b')}</string></dict>"))), {"x.org": [A]}, "stands here a second time"),
        ])


class Settings(Apple):
    """Settings beside pins."""

    def test_unknown_ones_are_named(self):
        self.rows([
            (pinned(("x.org", "<key>NSIncludesSubdomains</key><string>perhaps</string>" + IDENTITIES)), {"x.org": [A]}, "expected true or false"),
            (plist(leaf("a") + "<key>NSIncludeSubdomains</key><true/>"), ONE, "NSIncludeSubdomains"),
            (PLIST % ("<key>NSIncludesSubdomains</key><string>maybe</string>" + leaf("a"), ""), ONE, "expected true or false"),
        ])


class Unread(Apple):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (pinned(("x.org", IDENTITIES + identities(NAME + "s", "b"))), {"x.org": [A]}, UNEXPECTED),
            (pinned(("x.org", IDENTITIES), ("y.org", "<key>NSPinnedLeafIdentities</key>" * 3 + f"<string>{b64('b')}</string>")), {"x.org": [A]}, UNEXPECTED),
            (PLIST % (leaf("a"), "<key>NSExceptionDomains</key><dict><key>z.org</key><dict>" + leaf("b") + "</dict></dict>"), ONE, UNEXPECTED),
            (PLIST % (leaf("a"), "<key>TSKPinnedDomains</key><dict/><array><string>" + b64("b") + "</string></array>"), ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
