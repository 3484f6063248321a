# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format trustkit: TSKPinnedDomains in property lists, and in sources in Swift, Objective-C and JavaScript."""

from conversion_case import A, B, BOTH, C, HOSTS, NO_WILDCARD, ONE, UNEXPECTED, ImportCase, b64, pin
from pinctl_case import main

HASHES = f'TSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]'
SOURCE = f'const c = {{ TSKPinnedDomains: {{ "x.org": {{ {HASHES} }} }} }};\n'
WRAPPED = f'"TSKPinnedDomains": .dictionary(["x.org": .dictionary(["TSKPublicKeyHashes": .array([.string("{b64("a")}"), .string("{b64("b")}")]%s)])])\n'
YAML = f"a:\n  TSKPinnedDomains:\n    x.org:\n      TSKIncludeSubdomains: YES\n      TSKPublicKeyHashes: [{b64('a')}, {b64('b')}]\n"
SWIFT = 'let c = [kTSKPinnedDomains: [\n"x.org": [kTSKPublicKeyHashes: ["%s", "%s"]]%s\n]]\n'
SWIFT_KEY = f"let c = [kTSKPinnedDomains: [\n%s: [k{HASHES}%s]\n]]\n"
PINS = "k" + HASHES
LIST, ADDED = f'["{b64("a")}"]', "what is added to a list or dictionary"


def swift(inside, after=""):
    return "let c = [kTSKPinnedDomains: [\n\"x.org\": [kTSKPublicKeyHashes: [\"%s\", \"%s\"]%s]%s]]\n" % (b64("a"), b64("b"), inside, after)


def swift_list(hashes, name='"x.org"'):
    return f"let c = [kTSKPinnedDomains: [{name}: [kTSKPublicKeyHashes: {hashes}]]]\n"


def plist(inside):
    return f'<?xml version="1.0"?>\n<plist version="1.0"><dict>{inside}</dict></plist>\n'


def array_of(*words):
    return "<key>TSKPublicKeyHashes</key><array>" + "".join(f"<string>{b64(word)}</string>\n" for word in words) + "</array>"


def domains(**inside):
    return "<key>TSKPinnedDomains</key><dict>" + "".join(
        f"<key>{name.replace('_', '.')}</key><dict>{value}</dict>\n" for name, value in inside.items()) + "</dict>"


ARRAY = array_of("a", "b")


class TrustKit(ImportCase):
    form = "trustkit"


class Domains(TrustKit):
    def plist(self, **domains):
        body = "".join(f"<key>{name.replace('_', '.')}</key><dict>{value}</dict>" for name, value in domains.items())
        return ('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
                '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0"><dict><key>TSKConfiguration</key><dict>'
                f"<key>TSKSwizzleNetworkDelegates</key><false/><key>TSKPinnedDomains</key><dict>{body}</dict></dict></dict></plist>\n")

    def hashes(self, *words):
        return "<key>TSKPublicKeyHashes</key><array>" + "".join(f"<string>{b64(word)}</string>" for word in words) + "</array>"

    def test_settings_of_a_domain(self):
        text = self.plist(x_org=self.hashes("a", "b") + "<key>TSKIncludeSubdomains</key><true/>"
                          "<key>TSKExpirationDate</key><string>2031-05-01</string>",
                          y_org=self.hashes("a", "b") + "<key>TSKEnforcePinning</key><false/>",
                          out_x_org="<key>TSKExcludeSubdomainFromParentPolicy</key><true/>")
        pins = [pin("a"), pin("b")]
        self.assertEqual(self.imports(text), [
            self.entry("out.x.org", mode="off"),
            self.entry("x.org", include_subdomains=True, pins=pins, expires="2031-04-30"), self.entry("y.org", mode="audit", pins=pins)])

    def test_bad_settings_are_refused(self):
        for body, status, said in (("<key>TSKExpirationDate</key><string>soon</string>" + self.hashes("a"), 1, "expected YYYY-MM-DD"),
                                   ("<key>TSKPublicKeyHashes</key><array><string>AAAA</string></array>", 1, "bad hash"),
                                   ("<key>TSKIncludeSubdomains</key><string>maybe</string>" + self.hashes("a"), 1, "expected true or false"),
                                   ("", 1, "has no pin")):
            self.imports(self.plist(x_org=body), status=status, said=said)
        self.imports("<plist><dict><key>x</key></dict></plist>", "--format", "trustkit", status=3, said="TSKPinnedDomains")
        self.imports(b"bplist00\xd1\x01\x02TSKPinnedDomains", status=3, said="is a binary property list")

    def test_swift_and_objective_c(self):
        swift = (f'let config: [String: Any] = [\n  kTSKSwizzleNetworkDelegates: false, // "x"\n  kTSKPinnedDomains: [\n'
                 f'    "x.org": [\n      kTSKIncludeSubdomains: true,\n      kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"],\n    ],\n'
                 f'    "y.org": [kTSKEnforcePinning: false, kTSKPublicKeyHashes: ["{b64("a")}", "{b64("c")}"]] as [String: Any]\n  ]] as [String : Any]\n')
        objective_c = (f'NSDictionary *c = @{{ kTSKPinnedDomains : @{{ @"x.org" : @{{ kTSKIncludeSubdomains : @YES,\n'
                       f'  kTSKPublicKeyHashes : @[ @"{b64("a")}", @"{b64("b")}" ] }},\n @"y.org" : @{{ kTSKEnforcePinning : @NO,\n'
                       f'  kTSKPublicKeyHashes : @[ @"{b64("a")}", @"{b64("c")}" ] }} }} }};\n')
        for text in (swift, objective_c):
            self.assertEqual(self.imports(text), [self.entry("x.org", include_subdomains=True, pins=[A, B]),
                                                  self.entry("y.org", mode="audit", pins=[A, C])])
            self.forget()

    def test_what_is_not_written_out_is_named(self):
        self.pins("kTSKPinnedDomains: domains\n", status=1, said="is no dictionary that is written out here")
        self.pins(f'kTSKPinnedDomains: ["x.org": [kTSKPublicKeyHashes: ["{b64("a")}", spare]]]\n', status=1, said="a hash that is no string")

    def test_numbers_are_truth_values_where_they_are_written_out(self):
        hashes = f'kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]'

        def swift(value, key="kTSKIncludeSubdomains"):
            return f'let c = [kTSKPinnedDomains: ["x.org": [{key}: {value}, {hashes}]]]\n'

        def objective_c(value):
            return "NSDictionary *c = @{ kTSKPinnedDomains: @{ @\"x.org\": @{ kTSKIncludeSubdomains: %s, kTSKPublicKeyHashes: @[@\"%s\", @\"%s\"] } } };\n" % (
                value, b64("a"), b64("b"))
        for number, (text, below) in enumerate([
            (swift("NSNumber(value: true)"), True), (swift("NSNumber(booleanLiteral: true)"), True), (swift("NSNumber(value: false)"), False),
            (swift("true as NSNumber"), True), (swift("false as NSNumber"), False), (objective_c("[NSNumber numberWithBool:YES]"), True),
            (objective_c("@(YES)"), True), (objective_c("[NSNumber numberWithBool:NO]"), False),
        ]):
            path = self.file("source.swift", text)
            self.pinctl("import", path, "--format", "trustkit")
            entry, = self.entries()
            self.assertEqual((entry["include_subdomains"], entry["pins"]), (below, [A, B]), text)
        self.rows([(swift(value), BOTH, "its value is not written out") for value in (
            "NSNumber(value: below)", "NSNumber(value: !true)", "NSNumber(value: true && below)", "Number(value: true)", "NSNumber(true)",
            "!true", "true && below", "true ? a : b", "NSNumber(value: true).not", "truth")])

    def test_pins_outside_of_the_dictionary_are_named(self):
        """Pins of a host that something else than the dictionary of all holds."""
        hashes = f'TSKPublicKeyHashes: ["{b64("a")}"]'
        swift = f'let c = [kTSKPinnedDomains: ["x.org": [k{hashes}]]]\n'
        plist = ("<plist><dict>%s<key>TSKPinnedDomains</key><dict><key>x.org</key><dict><key>TSKPublicKeyHashes</key><array><string>"
                 + b64("a") + "</string></array></dict></dict></dict></plist>\n")
        lost = "stands outside of TSKPinnedDomains"
        self.rows([
            (swift + 'd["y.org"] = [kTSKPublicKeyHashes: [pin]]\n', ONE, lost),
            (swift + "d[kTSKPublicKeyHashes] = pins\n", ONE, lost),
            ("let d: [String: Any] = [kTSKPublicKeyHashes: pins]\n" + swift, ONE, lost),
            (swift + "[d setObject:pins forKey:kTSKPublicKeyHashes];\n", ONE, lost),
            (swift + "[c setObject:domains forKey:kTSKPinnedDomains];\n", ONE, "kTSKPinnedDomains stands outside"),
            (swift + 'let h = c["x.org"][kTSKPublicKeyHashes] as? [String]\n', ONE, None),
            (swift + "if c[kTSKPublicKeyHashes] == pins { }\n", ONE, None),
            ("extern NSString * const kTSKPublicKeyHashes;\n" + swift, ONE, None),
            ("interface D { TSKPublicKeyHashes: string[] }\nconst c = { TSKPinnedDomains: { \"x.org\": { " + hashes + " } } };\n", ONE, None),
            (plist % "", ONE, None),
            (plist % "<key>other</key><dict><key>TSKPublicKeyHashes</key><array><string>$(PIN)</string></array></dict>", ONE, lost),
        ])


class Names(TrustKit):
    def test_constants_of_other_types_are_not_taken(self):
        pins = f'kTSKPublicKeyHashes: ["{b64("a")}", %s]'
        swift = "let c = [kTSKPinnedDomains: [\"x.org\": [" + pins + "]]]\n"
        live = f'enum Live {{ static let pin = "{b64("b")}" }}\n'
        lost = "a hash that is no string here"
        self.rows([
            (live + swift % "Live.pin", BOTH, None),
            (live + swift % "Dev.pin", ONE, lost),
            (live + swift % "pin", ONE, lost),
            (live + swift % "App.Live.pin", ONE, lost),
            (live + swift % "self.pin", ONE, lost),
            (f'class C {{ let pin = "{b64("b")}"\n func f() {{ ' + swift % "self.pin" + "} }\n", BOTH, None),
            (f'class C {{ let pin = "{b64("b")}"\n func f() {{ ' + swift % "pin" + "} }\n", BOTH, None),
            (f'class C {{ let pin = "{b64("b")}" }}\nclass D {{ func f() {{ ' + swift % "pin" + "} }\n", ONE, lost),
            (f'class C {{ static PIN = "{b64("b")}";\n f() {{ ' + swift % "PIN" + "} }\n", ONE, lost),
            (f'class C {{ private static readonly PIN: string = "{b64("b")}";\n f() {{ ' + swift % "PIN" + "} }\n", ONE, lost),
            (f'class C {{ a = "1"\n PIN = "{b64("b")}"\n f() {{ ' + swift % "PIN" + "} }\n", ONE, lost),
            (f'class C {{ PIN = "{b64("b")}"\n f() {{ ' + swift % "this.PIN" + "} }\n", BOTH, None),
            (f'class C {{ static PIN = "{b64("b")}";\n f() {{ ' + swift % "C.PIN" + "} }\n", BOTH, None),
            (f'const PIN = "{b64("b")}";\nclass C {{ static PIN = "{b64("c")}";\n f() {{ ' + swift % "PIN" + "} }\n", ONE, lost),
            (f'import {{ PIN }} from "./env";\nclass C {{ static PIN = "{b64("c")}";\n f() {{ ' + swift % "PIN" + "} }\n", ONE, lost),
            (f'class B {{ static PIN = "{b64("b")}"; }}\nclass C extends B {{ f() {{ ' + swift % "PIN" + "} }\n", ONE, lost),
            (f'extension Pins {{ static let pin = "{b64("b")}" }}\n' + swift % "Pins.pin", BOTH, None),
            (f'func f() {{ let pin = "{b64("b")}"\n' + swift % "pin" + "}\n", BOTH, None),
            (f'func g() {{ let pin = "{b64("b")}" }}\nfunc f() {{ ' + swift % "pin" + "}\n", ONE, lost),
            (f'static NSString *const kPin = @"{b64("b")}";\n@{{ kTSKPinnedDomains: @{{ @"x.org": @{{ kTSKPublicKeyHashes: @[ @"{b64("a")}", kPin ] }} }} }};\n', BOTH, None),
        ])


class Added(TrustKit):
    def test_dictionaries_that_are_merged_are_named(self):
        domains = f'["x.org": [kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]]]'
        inner = "[kTSKPinnedDomains: " + domains + "]"
        objective = f'@{{ kTSKPinnedDomains: @{{ @"x.org": @{{ kTSKPublicKeyHashes: @[ @"{b64("a")}", @"{b64("b")}" ] }} }} }}'
        script = f'{{ TSKPinnedDomains: {{ "x.org": {{ TSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"] }} }} %s }}'
        added = "is not written out in this file"
        self.rows([
            (f"let c = {inner}.merging(other) {{ $1 }}\n", BOTH, added),
            (f"let c = {inner} + other\n", BOTH, added),
            (f"let c = other + {inner}\n", BOTH, added),
            (f"let c = base.merging({inner}) {{ $1 }}\n", BOTH, added),
            (f"config.merge({inner}, uniquingKeysWith: f)\n", BOTH, added),
            (f"let c = [a: {inner}.merging(other) {{ $1 }}]\n", BOTH, added),
            (f"TrustKit.initSharedInstance(withConfiguration: {inner})\n", BOTH, None),
            (f"let c = {inner} as [String: Any]\nc.run()\n", BOTH, None),
            (f"let c: [String: Any] = {{ return {inner} }}()\n", BOTH, None),
            (f"NSDictionary *c = {objective};\n[TrustKit initSharedInstanceWithConfiguration:c];\n", BOTH, None),
            (f"[config addEntriesFromDictionary:{objective}];\n", BOTH, added),
            (f"NSMutableDictionary *c = [{objective} mutableCopy];\n", BOTH, None),
            ("infoPlist: " + script % "" + "\n", BOTH, None),
            ("infoPlist: " + script % ", ...base" + "\n", BOTH, added),
            ("x = Object.assign({}, base, " + script % "" + ")\n", BOTH, added),
        ])

    def test_members_of_a_spread_are_named_by_it(self):
        more, conf = '"...more" among members', '"...conf" among members'
        self.spread([
            (f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {HASHES} }} }} }}', "enforce", None),
            (f'x = {{ TSKPinnedDomains: {{ ...more, "x.org": {{ {HASHES} }} }} }}', "enforce", more),
            (f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {HASHES} }}, ...more }} }}', "enforce", more),
            (f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {HASHES}, ...conf }} }} }}', "audit", conf),
            (f'x = {{ TSKPinnedDomains: {{ "x.org": {{ ...conf, {HASHES} }} }} }}', "audit", conf),
            (f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {HASHES}, TSKEnforcePinning }} }} }}', "audit", '"TSKEnforcePinning" among members'),
            (f'x = {{ TSKPinnedDomains: {{ "": [], "x.org": {{ {HASHES} }} }} }}', "enforce", '"": expected a dictionary'),
        ])


class Mode(TrustKit):
    setting = "mode"

    def test_entry_only_logs_where_enforcement_is_not_known(self):
        swift = f'let c = [kTSKPinnedDomains: ["x.org": [kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"] %s]]]\n'
        enforces, audits = {"x.org": "enforce"}, {"x.org": "audit"}
        self.rows([
            (swift % ", kTSKEnforcePinning: isLive", audits, "TSKEnforcePinning"),
            (swift % ", kTSKEnforcePinning: NSNumber(value: isLive)", audits, "TSKEnforcePinning"),
            (swift % ', kTSKEnforcePinning: "maybe"', audits, "TSKEnforcePinning"),
            (swift % ", kTSKEnforcePinning: !isDebug", audits, "TSKEnforcePinning"),
            (swift % ", kTSKExcludeSubdomainFromParentPolicy: isLive", audits, "TSKExcludeSubdomainFromParentPolicy"),
            (swift % ", kTSKIncludeSubdomains: below", enforces, "TSKIncludeSubdomains"),
            (swift % ", kTSKEnforcePinning: true", enforces, None),
            (swift % ", kTSKEnforcePinning: false", audits, None),
            (swift % "", enforces, None),
            (swift % ', kTSKEnforcePinnin: false', enforces, "TrustKit has no member of this name"),
        ])


class Spellings(TrustKit):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + plist(domains(x_org=ARRAY)).replace("\n", "\r\n"), BOTH, None),
            (swift(", kTSKDisableDefaultReportUri: true, kTSKPublicKeyAlgorithms: [kTSKAlgorithmRsa2048]"), BOTH, None),
            (swift(", kTSKReportUris: [\"https://r.org/\"], kTSKEnforcePinning: true"), BOTH, None),
            ("NSDictionary *c = @{ kTSKPinnedDomains : @{ @\"x.org\" : @{ kTSKIncludeSubdomains : @NO, kTSKPublicKeyHashes : @[ @\"%s\", @\"%s\" ] } } };\n" % (b64("a"), b64("b")), BOTH, None),
            ('{"TSKPinnedDomains": {"x.org": {"TSKPublicKeyHashes": ["%s", "%s"]}}}\n' % (b64("a"), b64("b")), BOTH, None),
            ('{"TSKPinnedDomains": {"x.org": {"TSKPublicKeyHashes": ["%s", "%s"]}}}\n' % (b64("a").replace("/", "\\/"), b64("b").replace("=", "\\u003d")), BOTH, None),
            ('let host = "x.org"\n' + SWIFT_KEY % ("host", ""), BOTH, None),
            ('class C { static let host: String = "x.org" }\n' + SWIFT_KEY % ("C.host", ""), BOTH, None),
            (SWIFT_KEY % ('"x.org"', ", kTSKEnforcePinning: 1"), BOTH, None),
            (f'config[kTSKPinnedDomains] = ["x.org": [{PINS}]]\n', BOTH, None),
            (f'TSKPinnedDomains = {{ "x.org" = {{ TSKPublicKeyHashes = ( "{b64("a")}", "{b64("b")}" ); TSKEnforcePinning = 1; }}; }};\n', BOTH, None),
            (SWIFT_KEY % ('"x\\u002eorg"', ""), BOTH, None),
            (swift_list(LIST), ONE, None),
            (swift_list(LIST + " as [String]"), ONE, None),
            (swift_list(LIST + " as? [String]"), ONE, None),
            (f'c[kTSKPinnedDomains] = ["x.org": [kTSKPublicKeyHashes: {LIST}]] as [String: Any]\nc.describe()\n', ONE, None),
            (swift_list(LIST) + "c.description\n", ONE, None),
            (f'TSKPinnedDomains: {{ [HOST]: {{ TSKPublicKeyHashes: {LIST} }} }},\nconst HOST = "x.org";\n', ONE, None),
            (f'class Hosts {{ static HOST = "x.org"; }}\nTSKPinnedDomains: {{ [Hosts.HOST]: {{ TSKPublicKeyHashes: {LIST} }} }},\n', ONE, None),
            ("interface Config { TSKPinnedDomains: Record<string, Pin>; }\n" + SOURCE, BOTH, None),
            ("type T = { TSKPinnedDomains: { [host: string]: { TSKPublicKeyHashes: string[] } } };\n" + SOURCE, BOTH, None),
            ("interface A\n" + SOURCE, BOTH, None),
            ("const type = A\n" + SOURCE, BOTH, None),
            (f'@interface A\n@end\nstatic id c = @{{ kTSKPinnedDomains: @{{ @"x.org": @{{ kTSKPublicKeyHashes: @[@"{b64("a")}", @"{b64("b")}"] }} }} }};\n', BOTH, None),
            (f'const PIN = "{b64("a")}" as const;\n' + SOURCE.replace(f'"{b64("a")}"', "PIN"), BOTH, None),
            (WRAPPED % "", BOTH, None),
            (f'["TSKConfiguration": .dictionary([{WRAPPED % ""}])]\n', BOTH, None),
            (YAML, BOTH, None),
        ])


class Comments(TrustKit):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (plist(domains(x_org=f"<!-- {array_of('c')} -->" + ARRAY)), BOTH, None),
            ("func f() {}\n" + SWIFT % (b64("a"), b64("b"), f' /* "y.org": /* old */ [kTSKPublicKeyHashes: ["{b64("c")}"]] */'), BOTH, None),
        ])


class Hosts(TrustKit):
    """Which host a pin is for."""

    def test_each_has_its_pins(self):
        self.rows([
            (swift("", f', "y.org": [kTSKPublicKeyHashes: ["{b64("c")}", "{b64("a")}"] as [String]]'), {**BOTH, "y.org": [C, A]}, None),
            ('let host = "y.org"\nconnect(host: host)\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), {**BOTH, "y.org": [C]}, None),
            (f"@{{ kTSKPinnedDomains: @{{\n#if DEBUG\n@\"y.org\": @{{kTSKPublicKeyHashes: @[@\"{b64('c')}\"]}},\n#endif\n@\"x.org\": @{{kTSKPublicKeyHashes: @[@\"{b64('a')}\"]}} }} }}\n",
             {**ONE, "y.org": [C]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            (swift("", f', kTSKCatchallPolicy: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, '"TSKCatchallPolicy" is no host'),
            ('connect(host = "y.org")\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            ('let host = "y.org"\nfunc pins(host: String) { }\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            ('let host = "y.org".lowercased()\n' + swift("", f', host: [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "a key that is not written out"),
            (SWIFT_KEY % ('"x.org"', f'], C.host: [kTSKPublicKeyHashes: ["{b64("c")}"]'), BOTH, "a key that is not written out in this file"),
            (f"infoPlist: {{ TSKPinnedDomains: {{ 'x.org': {{ TSKPublicKeyHashes: ['{b64('a')}', '{b64('b')}'] }}, [host]: {{ TSKPublicKeyHashes: ['{b64('c')}'] }} }} }}\n",
             BOTH, "a key that is not written out in this file"),
            (f'TSKPinnedDomains: {{ [env.HOST]: {{ TSKPublicKeyHashes: {LIST} }} }},\nconst HOST = "x.org";\n', {}, "a key that is not written out"),
            (f'TSKPinnedDomains: {{ [sub + HOST]: {{ TSKPublicKeyHashes: {LIST} }} }},\nconst HOST = "x.org";\n', {}, "a key that is not written out"),
            (f'TSKPinnedDomains: {{ [host()]: {{ TSKPublicKeyHashes: {LIST} }} }},\n', {}, "a key that is not written out"),
            (swift_list(LIST, '"*.x.org"'), {}, NO_WILDCARD),
            ('const type = "x";\nconst d = { type: 1, TSKPinnedDomains: pins() };\n' + SOURCE, BOTH, "is no dictionary"),
            ("const d: { TSKPinnedDomains: object } = pins();\n" + SOURCE, BOTH, "is no dictionary"),
        ])


class Digests(TrustKit):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (plist(domains(x_org=ARRAY, y_org="<key>TSKPublicKeyHashes</key><string>" + b64("c") + "</string>")), BOTH, "expected array"),
            (SWIFT % (b64("a"), b64("b"), f', "y.org": [kTSKPublicKeyHashes: true ? ["{b64("c")}"] : []]'), BOTH, "left out"),
            (swift("", ', "y.org": [kTSKPublicKeyHashes: [leaf, backup]]'), BOTH, "a hash that is no string"),
            (swift("", f', "y.org": [kTSKPublicKeyHashes: ["{B}"]]'), BOTH, "bad hash"),
            (swift_list(f'["{b64("a")}", "{b64("b")}" as String + more]'), ONE, "a hash that is no string here"),
            (swift_list(f'["{b64("a")}", "\\(other)"]'), ONE, "a hash that is no string here"),
            (f'const PIN = "{b64("a")}" as string + more;\n' + SOURCE.replace(f'"{b64("a")}"', "PIN"), {"x.org": [B]}, "a hash that is no string"),
        ])


class Twice(TrustKit):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            (plist(domains(x_org=ARRAY + array_of("c"))), BOTH, "stands here a second time"),
            (plist(domains(x_org=ARRAY) .replace("</dict>\n</dict>", f"</dict><key>x.org</key><dict>{array_of('c')}</dict></dict>")), BOTH, "stands here a second time"),
            (plist(domains(x_org=ARRAY) + domains(y_org=array_of("c"))), BOTH, '"TSKPinnedDomains" stands here a second time'),
            (SWIFT % (b64("a"), b64("b"), f', "x.org": [kTSKPublicKeyHashes: ["{b64("c")}"]]'), BOTH, "stands here a second time"),
            (YAML.replace("a:\n", "a:\n  TSKPinnedDomains: {}\n"), {}, "stands here a second time"),
        ])


class Settings(TrustKit):
    """Settings beside pins."""

    def test_unknown_ones_are_named(self):
        self.rows([
            (SWIFT % (b64("a"), b64("b"), ', "y.org": domain()'), BOTH, "expected a dictionary"),
            (swift(", kTSKIncludeSubDomains: true"), BOTH, "TSKIncludeSubDomains"),
            (swift("", f', "y.org": [kTSKPublicKeyHashes: Set(["{b64("c")}"])]'), BOTH, "its value is not written out"),
            ("/* interval in s: v1/* */\nNSDictionary *c = @{ kTSKPinnedDomains : @{ @\"x.org\" : @{ kTSKPublicKeyHashes : @[ @\"%s\" ] },\n@\"*/*\" : @{},\n@\"y.org\" : @{ kTSKPublicKeyHashes : @[ @\"%s\" ] } } };\n"
             % (b64("a"), b64("b")), HOSTS, "*/*"),
            (SWIFT_KEY % ('"x.org"', ', kTSKIncludeSubdomains: NSNumber(value: below)'), BOTH, "TSKIncludeSubdomains: its value is not written out"),
            (SWIFT_KEY % ('"x.org"', ", kTSKExpirationDate: date"), BOTH, "TSKExpirationDate: its value is not written out"),
            (f'let spare = ["{b64("c")}"]\n' + SWIFT_KEY % ('"x.org"', '], "y.org": [kTSKPublicKeyHashes: spare'), BOTH, "TSKPublicKeyHashes: its value is not written out"),
            (swift_list(LIST + " + more"), ONE, ADDED),
            (swift_list(LIST + "\n + more"), ONE, ADDED),
            (swift_list(LIST + ".map { $0 }"), ONE, ADDED),
            (swift_list(LIST + " ?? more"), ONE, ADDED),
            (swift_list(LIST + " as [String] + more"), ONE, ADDED),
            (swift_list(LIST + " as! [String]\n + more"), ONE, ADDED),
            (swift_list(LIST + " as? [String] ?? more"), ONE, ADDED),
            (swift_list(LIST).replace("]]]", "]].merging(more)]"), ONE, ADDED),
            (WRAPPED % " + more", BOTH, ADDED),
            (f'["TSKConfiguration": .dictionary([{WRAPPED % ""}])].merging(more)\n', BOTH, ADDED),
            (WRAPPED.replace(".array([", ".array(f([").replace("])])])", "]))])])") % "", {}, "is not written out"),
        ])


class Unread(TrustKit):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (plist(domains(x_org=ARRAY) + f"<key>Pins</key><string>{b64('c')}</string>"), BOTH, UNEXPECTED),
            (plist(domains(x_org=ARRAY + f"<array><string>{b64('c')}</string></array>")), BOTH, UNEXPECTED),
            (SWIFT % (b64("a"), b64("b"), f' /* "y.org": /* old */ [kTSKPublicKeyHashes: ["{b64("c")}"]] */'), BOTH, UNEXPECTED),
            (SWIFT % (b64("a"), b64("b"), "") + f'let spare = "{b64("c")}"\n', BOTH, UNEXPECTED),
            (swift("") + f'let old = ["{C}"]\n', BOTH, UNEXPECTED),
            (swift("") + 'let old = ["sha256\\/%s"]\n' % b64("d").replace("/", "\\/"), BOTH, UNEXPECTED),
            (f'interface A {{ TSKPinnedDomains: "{b64("c")}" }}\n' + SOURCE, BOTH, UNEXPECTED),
            (YAML + f"      # spare: {b64('c')}\n  pins: {b64('d')}\n", BOTH, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
