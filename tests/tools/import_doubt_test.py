# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Where a name, a list or a digest could mean two things, an import takes what the source's own language means by it, or
names it: constants by the type or block that they stand in, lists that something is added to, settings of unknown
value, and the same digest in a second place."""

import re
from base64 import b64encode

from conversion_case import b64, pin
from import_nasty_test import UNEXPECTED, Nasty, curl, hexed
from pinctl_case import main, openssl

A, B, C = pin("a"), pin("b"), pin("c")
ONE = {"x.org": [A]}
BOTH = {"x.org": [A, B]}
NOT_WRITTEN = "a pin is not written out in this file"


class Constants(Nasty):
    def test_of_another_type(self):
        good = f'CertificatePinner.Builder().add("x.org", "{A}")'
        live = f'object Live {{ const val PIN = "{b64("b")}" }}\n'

        def call(pins):
            return good + f'.add("y.org", {pins}).build()\n'
        two = {**ONE, "y.org": [B]}
        self.rows("okhttp", [
            (live + call('"sha256/${Dev.PIN}"'), ONE, NOT_WRITTEN),
            (live + call('"sha256/" + Dev.PIN'), ONE, NOT_WRITTEN),
            (live + call('"sha256/${Live.PIN}"'), two, None),
            ("package com.x\n" + live + call('"sha256/${com.x.Live.PIN}"'), two, None),
            (live + call('"sha256/" + Live.PIN'), two, None),
            (live + call('"sha256/$PIN"'), ONE, NOT_WRITTEN),
            ("package com.x\nimport com.x.Live.PIN\n" + live + call('"sha256/$PIN"'), two, None),
            ("package com.x\nimport com.x.Live.*\n" + live + call('"sha256/$PIN"'), two, None),
            (live + "object Dev { const val PIN = \"%s\" }\n" % b64("c") + call('"sha256/${Live.PIN}"'), two, None),
            (live + "object Dev { const val PIN = \"%s\" }\n" % b64("c") + call('"sha256/$PIN"'), ONE, NOT_WRITTEN),
            (f'class Live {{ companion object {{ const val PIN = "{b64("b")}" }} }}\n' + call('"sha256/${Live.PIN}"'), two, None),
            (f'class Live {{ companion object {{ const val PIN = "{b64("b")}" }} }}\n' + call('"sha256/${Live.Companion.PIN}"'), two, None),
            (f'class Live {{ companion object Pins {{ const val PIN = "{b64("b")}" }} }}\n' + call('"sha256/${Live.Pins.PIN}"'), two, None),
            (f'class Net {{\n{call(chr(34) + "sha256/$PIN" + chr(34))}\n companion object {{ const val PIN = "{b64("b")}" }} }}\n', two, None),
            (f'interface Pins {{ String PIN = "{B}"; }}\nclass Net implements Pins {{ Object f() {{ return {call("PIN")}; }} }}\n', two, None),
            (f'interface Pins {{ String PIN = "{B}"; }}\nclass Net {{ Object f() {{ return {call("PIN")}; }} }}\n', ONE, NOT_WRITTEN),
            (f'class Live {{ class Pins {{ static final String PIN = "{B}"; }} }}\n' + call("Live.Pins.PIN"), two, None),
            (f'fun dev() {{ val pin = "{B}"; use(pin) }}\nfun live() {{ {call("pin")} }}\n', ONE, NOT_WRITTEN),
            (f'fun live() {{ val pin = "{B}"\n{call("pin")} }}\n', two, None),
            (f'val pin = "{C}"\nfun live() {{ val pin = "{B}"\n{call("pin")} }}\n', two, UNEXPECTED),
            (f'class Net {{ String pin;\n Net() {{ pin = "{B}"; }}\n void f() {{ {call("pin")}; }} }}\n', two, None),
            (f'class Net {{ String pin = "{C}";\n Net() {{ pin = "{B}"; }}\n void f() {{ {call("pin")}; }} }}\n', ONE, NOT_WRITTEN),
            (f'buildTypes {{\n release {{ PIN = "{B}" }}\n debug {{ PIN = "{C}" }} }}\n' + call("PIN"), ONE, NOT_WRITTEN),
        ])

    def test_that_changes(self):
        use = f'CertificatePinner.Builder().add("x.org", "{A}").add(host, "{B}").build()\n'
        live, two, lost = 'var host = "y.org"\n', {**ONE, "y.org": [B]}, "the host is not written out"
        self.rows("okhttp", [
            (live + use, two, None),
            (live + 'when (type) {\n dev -> host = "z.org"\n}\n' + use, ONE, lost),
            (live + 'switch (type) { case 1 -> host = "z.org"; }\n' + use, ONE, lost),
            (live + 'Runnable dev = () -> host = "z.org";\n' + use, ONE, lost),
            (live + 'names.forEach { n -> host = "z.org" }\n' + use, ONE, lost),
            (live + 'names.forEach { n in host = "z.org" }\n' + use, ONE, lost),
            (live + 'void f(void) { self->host = "z.org"; }\n' + use, ONE, lost),
            (live + 'if (dev) { host = "z.org" }\n' + use, ONE, lost),
            (live + 'if (dev) host = "z.org" else host = "y.org"\n' + use, ONE, lost),
            (live + 'fun f() { try host = "z.org" }\n' + use, ONE, lost),
            (live + 'fun f() { host = other() }\n' + use, ONE, lost),
            (live + 'fun f() { host += ".z.org" }\n' + use, ONE, lost),
            (live + 'fun f() { host &&= "z.org" }\n' + use, ONE, lost),
            (live + 'when (type) {\n dev -> host = "y.org"\n}\n' + use, two, None),
            (live + 'fun f() { val host = "z.org"; g(host) }\n' + use, two, None),
            (live + 'void f() { String host = "z.org"; g(host) }\n' + use, two, None),
            (live + 'void f() { List<String> host = "z.org"; g(host) }\n' + use, two, None),
            (live + 'void f() { NSString *host = @"z.org"; g(host) }\n' + use, two, None),
            (live + 'fun f() { val host: kotlin.String = "z.org"\n' + use + "}\n", ONE, lost),
            (live + 'fun f() { val host by lazy { "z.org" }\n' + use + "}\n", ONE, lost),
            (live + 'function f(host) {\n' + use + "}\n", ONE, lost),
            (live + 'const f = (host) => {\n' + use + "}\n", ONE, lost),
            (live + 'for (const host of hosts) {\n' + use + "}\n", ONE, lost),
            (live + 'const { host } = env;\n' + use, ONE, lost),
            (live + 'const f = ({ host }) => ' + use, ONE, lost),
            (live + 'fun f(host: kotlin.String) = ' + use, ONE, lost),
            (live + 'val f = { host: api.Name -> ' + use + "}\n", ONE, lost),
            ('class Net { companion object { var host = "y.org"\nfun p() = ' + use + '}\nfun dev() { host = "z.org" } }\n', ONE, lost),
            ('open class Base { var host = "y.org"\nval p = ' + use + '}\nclass Dev : Base() { init { host = "z.org" } }\n', ONE, lost),
            ('open class Base { var host = "y.org"\nval p = ' + use + '}\nclass Dev : Base() { init { host = "y.org" } }\n', two, None),
        ])

    def test_of_a_receiver(self):
        use = f'CertificatePinner.Builder().add("x.org", "{A}").add(host, "{B}").build()\n'
        live, two, lost = 'val host = "y.org"\n', {**ONE, "y.org": [B]}, "the host is not written out"
        both = live + 'object Dev { val host = "z.org" }\n'
        third = {**ONE, "z.org": [B]}
        self.rows("okhttp", [
            (both + use, two, None),
            (both + "with(Dev) {\n" + use + "}\n", ONE, lost),
            (live + "with(Dev) {\n" + use + "}\n", two, None),
            (both + "val p = Dev.run {\n" + use + "}\n", ONE, lost),
            (both + "fun f() { dev {\n" + use + "} }\n", ONE, lost),
            (both + "fun f() { if (a) with(Dev) {\n" + use + "} }\n", ONE, lost),
            (both + "fun f() { return with(Dev) {\n" + use + "} }\n", ONE, lost),
            (both + "fun f() { if (a) {\n" + use + "} }\n", two, None),
            (both + "fun f(): Pinner {\n return " + use + "}\n", two, None),
            (both + "Pinner f() {\n return " + use + "}\n", two, None),
            (both + "fun Dev.pinner() = " + use, ONE, lost),
            (both + "val Dev.pinner get() = " + use, ONE, lost),
            (both + "fun f(body: Dev.() -> Unit) = 1\n" + use, ONE, lost),
            (both + "val p = object : Dev() {\nval q = " + use + "}\n", ONE, lost),
            (both + "class A : Dev() {\nval q = " + use + "}\n", third, None),
            (both + "open class A : Dev()\nclass B : A() {\nval q = " + use + "}\n", ONE, lost),
            (both + "class A(val dev: Dev) {\nval q = " + use + "}\n", two, None),
            (both + "class A : Map<String, Dev>() {\nval q = " + use + "}\n", ONE, lost),
            (both + "class A : other.Dev() {\nval q = " + use + "}\n", ONE, lost),
            (both + 'fun f() { val host = "z.org"\n' + use + "}\n", third, None),
        ])

    def test_of_an_import(self):
        use = f'CertificatePinner.Builder().add("x.org", "{A}").add(host, "{B}").build()\n'
        live, two, lost = 'val host = "y.org"\n', {**ONE, "y.org": [B]}, "the host is not written out"
        dev = 'object Dev { val host = "z.org" }\n'
        third = {**ONE, "z.org": [B]}
        of_dev = use.replace("(host", "(Dev.host")
        self.rows("okhttp", [
            ("package com.x\nimport com.other.Dev.host\n" + live + use, ONE, lost),
            ("package com.x\nimport com.other.Dev.host\n" + live + dev + use, ONE, lost),
            ("import com.other.Dev.host\n" + live + dev + use, ONE, lost),
            ("package com.x\nimport com.other.host\n" + live + use, ONE, lost),
            ("package com.x\nimport com.other.name as host\n" + live + use, ONE, lost),
            ("package com.x\n" + "".join(f"import com.other.a{i}\n" for i in range(99)) + "import com.other.host\n" + live + use, ONE, lost),
            ("package com.x\nimport com.x.Dev.host\n" + live + dev + use, third, None),
            ("package com.x\nimport com.x.Dev.host as name\n" + live + dev + use.replace("(host", "(name"), third, None),
            ("package com.x\nimport com.other.host as name\n" + live + use, two, None),
            ("package com.x\nimport com.other.Dev.*\n" + dev + use, ONE, lost),
            ("package com.x\nimport com.other.Dev\n" + dev + of_dev, ONE, lost),
            ("package com.x\nimport com.other.Dev\n" + live + dev + "class A : Dev() {\nval q = " + use + "}\n", ONE, lost),
            ("package com.x\nimport com.x.Dev\n" + live + dev + "class A : Dev() {\nval q = " + use + "}\n", third, None),
            ("package com.x\nimport com.other.Live\n" + dev + of_dev, third, None),
            ("package com.x\n" + dev + of_dev.replace("(Dev", "(com.other.Dev"), ONE, lost),
            ("package com.x\n" + dev + of_dev.replace("(Dev", "(com.x.Dev"), third, None),
        ])

    def test_in_swift(self):
        pins = f'kTSKPublicKeyHashes: ["{b64("a")}", %s]'
        swift = "let c = [kTSKPinnedDomains: [\"x.org\": [" + pins + "]]]\n"
        live = f'enum Live {{ static let pin = "{b64("b")}" }}\n'
        lost = "a hash that is no string here"
        self.rows("trustkit", [
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


class Added(Nasty):
    def test_trustkit(self):
        domains = f'["x.org": [kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]]]'
        inner = "[kTSKPinnedDomains: " + domains + "]"
        objective = f'@{{ kTSKPinnedDomains: @{{ @"x.org": @{{ kTSKPublicKeyHashes: @[ @"{b64("a")}", @"{b64("b")}" ] }} }} }}'
        script = f'{{ TSKPinnedDomains: {{ "x.org": {{ TSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"] }} }} %s }}'
        added = "is not written out in this file"
        self.rows("trustkit", [
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

    def test_spread(self):
        """What a "..." stands for is named by that name, and not as a member with the name ""."""
        hashes = f'TSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"]'
        leaf = f'NSPinnedLeafIdentities: [{{ "SPKI-SHA256-BASE64": "{b64("a")}" }}]'
        enforces, audits = {"x.org": "enforce"}, {"x.org": "audit"}
        more, conf = '"...more" among members', '"...conf" among members'
        for number, (form, text, mode, said) in enumerate((
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {hashes} }} }} }}', enforces, None),
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ ...more, "x.org": {{ {hashes} }} }} }}', enforces, more),
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {hashes} }}, ...more }} }}', enforces, more),
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {hashes}, ...conf }} }} }}', audits, conf),
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ "x.org": {{ ...conf, {hashes} }} }} }}', audits, conf),
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ "x.org": {{ {hashes}, TSKEnforcePinning }} }} }}', audits, '"TSKEnforcePinning" among members'),
                ("apple", f'x = {{ NSPinnedDomains: {{ "x.org": {{ {leaf} }} }} }}', enforces, None),
                ("apple", f'x = {{ NSPinnedDomains: {{ ...more, "x.org": {{ {leaf} }} }} }}', enforces, more),
                ("apple", f'x = {{ NSPinnedDomains: {{ "x.org": {{ {leaf} }}, ...more }} }}', enforces, more),
                ("apple", f'x = {{ NSPinnedDomains: {{ "x.org": {{ {leaf}, ...conf }} }} }}', enforces, conf),
                ("trustkit", f'x = {{ TSKPinnedDomains: {{ "": [], "x.org": {{ {hashes} }} }} }}', enforces, '"": expected a dictionary'),
        )):
            with self.subTest(number=number, text=text):
                self.setting = "mode"
                words = ("--format", form)
                done, found = self.taken(f"spread-{number}", text, 0, *words, *(["--lossy"] if said else []))
                self.assertEqual(found, mode)
                self.assertIn(said or "1 entries imported", done.stderr)
                self.assertEqual("warning" in done.stderr, said is not None, done.stderr)
                self.assertEqual('"":' in done.stderr or 'name ""' in done.stderr, said is not None and said.startswith('"":'), done.stderr)

    def test_apple(self):
        inner = f'{{ NSPinnedDomains: {{ "x.org": {{ NSPinnedLeafIdentities: [{{ "SPKI-SHA256-BASE64": "{b64("a")}" }}] }} }} %s }}'
        added = "is not written out in this file"
        self.rows("apple", [
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


class Unknown(Nasty):
    """A setting that decides whether an entry refuses or only reports, of a value that nobody knows: it reports."""

    setting = "mode"

    def test_hpkp(self):
        def helmet(more):
            return f'app.use(helmet.hpkp({{ maxAge: 99, sha256s: ["{b64("a")}", "{b64("b")}"]{more} }}))\n'
        enforces, audits = {"x.org": "enforce"}, {"x.org": "audit"}
        self.rows("hpkp", [
            (helmet(", reportOnly: isTest"), audits, "reportOnly: expected true or false"),
            (helmet(", reportOnly: !isLive"), audits, "reportOnly: expected true or false"),
            (helmet(", reportOnly: true && isTest"), audits, "reportOnly: expected true or false"),
            (helmet(", reportOnly"), audits, "reportOnly: expected true or false"),
            (helmet(", 'reportOnly': isTest"), audits, "reportOnly: expected true or false"),
            (helmet(", setIf: isLive"), enforces, None),
            (helmet(", reportOnly: true"), audits, None),
            (helmet(", reportOnly: false"), enforces, None),
            (helmet(", 'reportOnly': true"), audits, None),
            (helmet(", ...options"), audits, "a member that is not written out"),
            (helmet(", ['report' + 'Only']: true"), audits, "a member that is not written out"),
            (helmet(", get reportOnly() { return isTest; }"), audits, "a member that is not written out"),
            (helmet(", reportOnly() { return isTest; }"), audits, "reportOnly: expected true or false"),
            (helmet("").replace("({", "(Object.assign({").replace("})", "}, more))"), audits, "a member that is not written out"),
            (helmet("").replace("({", "(merge(more, {").replace("})", "}))"), audits, "a member that is not written out"),
            (helmet("").replace("app.use(helmet.hpkp(", "const c = ").replace("))", ";\nc.reportOnly = isTest"), audits, "reportOnly stands outside"),
            (helmet("").replace("app.use(helmet.hpkp(", "const c = ").replace("))", ";\nc['reportOnly'] = true"), audits, "reportOnly stands outside"),
            (helmet("").replace("app.use(helmet.hpkp(", "const c = ").replace("))", ";\nc.sha256s.push(next())"), audits, "sha256s stands outside"),
            (helmet(", setIf(request, response) { return request.secure; }"), enforces, None),
            ("app.use(helmet({ csp: { reportOnly: true }, hpkp: { maxAge: 99, sha256s: [\"%s\", \"%s\"] } }))\n" % (b64("a"), b64("b")), enforces, None),
            (helmet(""), enforces, None),
        ], "--host", "x.org")

    def test_trustkit(self):
        swift = f'let c = [kTSKPinnedDomains: ["x.org": [kTSKPublicKeyHashes: ["{b64("a")}", "{b64("b")}"] %s]]]\n'
        enforces, audits = {"x.org": "enforce"}, {"x.org": "audit"}
        self.rows("trustkit", [
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


    def test_others(self):
        firefox = (f'static const char kAFingerprint[] = "{b64("a")}";\nstatic const char* const kPinset_one_Data[] = {{ kAFingerprint }};\n'
                   "static const StaticFingerprints kPinset_one = { 1, kPinset_one_Data };\n"
                   'static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {{ "x.org", false, %s, false, -1, &kPinset_one },\n}};\n')
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "doubt.key", "-out", "doubt.pem", "-subj", "/CN=doubt")
        der = b64encode(openssl("x509", "-in", "doubt.pem", "-outform", "der")).decode()
        windows = f'<PinRules><PinRule Name="r"%s><Certificate Base64="{der}"/><Site Domain="x.org"/></PinRule></PinRules>\n'
        for form, text, value, mode in (("firefox", firefox, "kIsTest", "audit"), ("firefox", firefox, "1", "audit"), ("firefox", firefox, "true", "audit"),
                                        ("firefox", firefox, "false", "enforce"), ("windows", windows, ' Error="Audit"', "audit"),
                                        ("windows", windows, ' Error=""', "audit"), ("windows", windows, ' Error="none"', "audit"),
                                        ("windows", windows, ' Error="None"', "audit"), ("windows", windows, ' Error="Revoked"', "enforce"), ("windows", windows, "", "enforce")):
            with self.subTest(form=form, value=value):
                _, found = self.taken(form + re.sub(r"\W", "_", value), text % value, 0, "--format", form, "--lossy")
                self.assertEqual(found, {"x.org": mode})


class SecondPlace(Nasty):
    """A digest that was taken in one place says nothing of the same digest in another."""

    def test_envoy(self):
        good = "x:\n  sni: x.org\n  verify_certificate_spki: [%s]\n" % b64("a")
        self.rows("envoy", [
            (good + "y:\n  sni: y.org\n  verify_certificate_spkis: [%s]\n" % b64("a"), ONE, UNEXPECTED),
            (good + "y:\n  sni: y.org\n  verify_certificate_hashes: [%s]\n" % hexed("a"), ONE, UNEXPECTED),
            (good + "y:\n  sha256: %s\n  sni: y.org\n  pins: [%s]\n" % (hexed("a"), hexed("a")), ONE, UNEXPECTED),
            (good + "y:\n  sha256: %s\n" % hexed("a"), ONE, None),
            (good + "y:\n  sha256: %s\nz:\n  sha256: %s\n" % (hexed("a"), hexed("a")), ONE, None),
            (good + "y:\n  sni: y.org\n  verify_certificate_spki: [%s]\n" % b64("a"), {**ONE, "y.org": [A]}, None),
            (good + "y: [%s]\n" % b64("a"), ONE, UNEXPECTED),
            (good.replace("]", ", %s]" % b64("a")), ONE, None),
            ("# " + b64("a") + "\n" + good, ONE, None),
            (good + "---\nkind: Gateway\nspec:\n  verify_certificate_spki: [%s]\n" % b64("a"), ONE, None),
            (good + "---\nsni: y.org\nverify_certificate_spki:\n- >-\n  %s\n" % b64("a"), {**ONE, "y.org": [A]}, None),
        ])

    def test_lines(self):
        command = f"curl --pinnedpubkey {curl('a')} https://x.org/\n"
        self.rows("curl", [
            (command + f"PIN={curl('a')}\ncurl --pinnedpubkey $PIN https://y.org/\n", ONE, UNEXPECTED),
            (command + f"wget --pinnedpubkey={curl('a')} https://y.org/\n", {**ONE, "y.org": [A]}, None),
            (command + f"curl --pinnedpubkeys {curl('a')} https://y.org/\n", ONE, UNEXPECTED),
            (command + f"PIN={curl('a')}\n", ONE, UNEXPECTED),
            (command + f"# {curl('a')}\n", ONE, None),
            (command + command, ONE, None),
            (command + command.replace("x.org", "y.org"), {**ONE, "y.org": [A]}, None),
            (f"curl \\\n  --pinnedpubkey \\\n  {curl('a')} \\\n  https://x.org/\n", ONE, None),
            (command.replace(curl("a"), f"'{curl('a')};{curl('b')}'"), BOTH, None),
            (command.replace("https", f"--pinnedpubkey {curl('a')} https"), ONE, None),
        ])

    def test_okhttp(self):
        good = f'CertificatePinner.Builder().add("x.org", "{A}").build()\n'
        self.rows("okhttp", [
            (good + f'pins.put("y.org", "{A}")\n', ONE, UNEXPECTED),
            (good + f'MAP = mapOf("y.org" to "{A}")\n', ONE, UNEXPECTED),
            (good + f'pins.put("y.org", "{A}"); pins.put("z.org", "{A}")\n', ONE, UNEXPECTED),
            (f'val P = "{A}"\n' + 'CertificatePinner.Builder().add("x.org", P).add("y.org", P)\n', {**ONE, "y.org": [A]}, None),
            (f'val P = "{A}"\n' + 'CertificatePinner.Builder().add("x.org", P).add("y.org", P)\n' + f'pins.put("z.org", "{A}")\n', {**ONE, "y.org": [A]}, UNEXPECTED),
            (good + good.replace("x.org", "y.org"), {**ONE, "y.org": [A]}, None),
            (good + f"// {A}\n", ONE, None),
            (good.replace(".build", f'.add("y.org", "{A}").build'), {**ONE, "y.org": [A]}, None),
            (f'CertificatePinner.Builder().add(\n"x.org",\n"{A}",\n"{B}"\n).build()\n', BOTH, None),
            (good + f'.add(host, "{A}")\n', ONE, "the host is not written out"),
        ])

    def test_others(self):
        git = f'[http "https://x.org/"]\n\tpinnedpubkey = {curl("a")}\n'
        self.rows("git", [
            (git + f'[http "https://y.org/"]\n\tpinnedpubkeys = {curl("a")}\n', ONE, UNEXPECTED),
            (git + f'[https "https://y.org/"]\n\tpinnedpubkey = {curl("a")}\n', ONE, UNEXPECTED),
            (git + f'[alias]\n\tx = !git -c http.https://y.org/.pinnedpubkey={curl("a")} pull\n', ONE, UNEXPECTED),
            (git + git, ONE, None),
            (git + git.replace("x.org", "y.org"), {**ONE, "y.org": [A]}, None),
            (git + f"; {curl('a')}\n", ONE, None),
            (git.replace("\n\tpin", "\n\tsslverify = true\n\tpin"), ONE, None),
            (f'[http "https://x.org/"]\n\tpinnedpubkey = "{curl("a")};\\\n{curl("b")}"\n', BOTH, None),
            (git + f'[http "https://y.org/"]\n\tcookiefile = {curl("a")}\n', ONE, UNEXPECTED),
            (f'[http "https://x.org/"]\n\tpinnedpubkey = {curl("b")}\n' + git, ONE, None),
        ])

    def lines_named(self, form, text, *words):
        done = self.pinctl("import", self.file("nasty.txt", text), "--format", form, "--dry-run", "--lossy", *words)
        return sorted(int(line) for line in re.findall(r"nasty\.txt:(\d+): .*" + UNEXPECTED, done.stderr))

    def test_which_line(self):
        """The stray one is named, wherever the line that a reader has for its own digest begins."""
        command = f"curl \\\n  --pinnedpubkey {curl('a')} \\\n  https://x.org/\n"
        stray = f"PIN={curl('a')}\n"
        git = f'[http "https://x.org/"]\n\tpinnedpubkey = \\\n{curl("a")}\n'
        alias = f'[alias]\n\tx = "!curl --pinnedpubkey {curl("a")} https://y.org/"\n'
        envoy = f"sni: x.org\nverify_certificate_spki:\n- >-\n  {b64('a')}\n"
        other = f"pins: [{b64('a')}]\n---\n"
        good = f'CertificatePinner.Builder()\n.add("x.org", "{A}")\n.build()\n'
        for number, (form, text, lines) in enumerate((
                ("curl", command, []), ("curl", stray + command, [1]), ("curl", command + stray, [4]), ("curl", stray + command + stray, [1, 5]),
                ("curl", stray + stray + command, [1, 2]), ("curl", command + command.replace("x.org", "y.org"), []),
                ("curl", command + stray + command.replace("x.org", "y.org"), [4]),
                ("curl", stray + f"curl --pinnedpubkey {curl('a')} --pinnedpubkey {curl('b')} https://x.org/\n", [1]),
                ("git", git, []), ("git", alias + git, [2]), ("git", git + alias, [5]), ("git", alias + git + alias, [2, 7]),
                ("envoy", envoy, []), ("envoy", other + envoy, [1]), ("envoy", envoy + "---\n" + other, [6]), ("envoy", other + envoy + "---\n" + other, [1, 8]),
                ("okhttp", good, []), ("okhttp", f'pins.put("y.org", "{A}")\n' + good, [1]), ("okhttp", good + f'pins.put("y.org", "{A}")\n', [4]),
                ("okhttp", f'pins.put("y.org", "{A}")\n{good}.add(host, "{A}")\n', [1]),
        )):
            with self.subTest(number=number, form=form, text=text):
                self.assertEqual(self.lines_named(form, text), lines)


if __name__ == "__main__":
    main()
