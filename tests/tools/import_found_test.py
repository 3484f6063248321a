# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Files as people have them: what pinctl import once lost in silence, or took from the wrong line, and the formats
that are only read. Each case says which entries come of it, or what is said when nothing does."""

import base64
import hashlib
import os
import shutil

from conversion_case import ConversionCase, b64, colons, pin, raw
from pinctl_case import main, openssl, pin_of, read

A, B, C = pin("a"), pin("b"), pin("c")


def curl(word):
    return "sha256//" + b64(word)


class Found(ConversionCase):
    def forget(self):
        """Starts again from a policy without entries."""
        shutil.rmtree(os.path.join(self.folder, "policy.d"))

    def pins(self, text, *words, **options):
        """name:ports -> pins of the entries that came of it; what pinctl said where none did."""
        return self.by_name("pins", self.imports(text, *words, **options))

    def by_name(self, setting, imported):
        if not isinstance(imported, list):
            return imported
        return {entry["name"] + "".join(f":{port}" for port in entry["ports"]): entry[setting] for entry in imported}


class Curl(Found):
    def take(self, text, *words, **options):
        return self.pins(text, "--format", "curl", "--host", "x.org", *words, **options)

    def test_only_the_option_itself_counts(self):
        for text in (f'# pinnedpubkey = "{curl("c")}"\npinnedpubkey = "{curl("a")}"\n',
                     f'proxy-pinnedpubkey = "{curl("c")}"\npinnedpubkey = "{curl("a")}"\n',
                     f'--pinnedpubkey {curl("a")}\n', f"pinnedpubkey:{curl('a')}\n", f"  pinnedpubkey\t=\t{curl('a')}\n",
                     f"curl --proxy-pinnedpubkey '{curl('c')}' --pinnedpubkey '{curl('a')}' https://x.org/\n",
                     f"curl -sS \\\n  --pinnedpubkey \\\n '{curl('a')}' https://x.org/\n"):
            self.assertEqual(self.take(text), {"x.org": [A]}, text)
            self.forget()

    def test_several_values(self):
        self.assertEqual(self.take(f"pinnedpubkey={curl('c')}\npinnedpubkey={curl('a')};{curl('b')}\n", said="takes that one"),
                         {"x.org": [A, B]})

    def test_transfers_have_hosts(self):
        text = f"url = https://y.org/\npinnedpubkey = {curl('b')}\nnext\nurl = https://x.org:8443/a\npinnedpubkey = {curl('a')}\n"
        self.assertEqual(self.take(text, said='"y.org" is another host than --host'), {"x.org:8443": [A]})
        self.assertEqual(self.pins(text, "--strict", status=1, said="x.org").returncode, 1)

    def test_refused(self):
        self.take("pinnedpubkey = /etc/key.pem\n", status=1, said='"/etc/key.pem": expected sha256//BASE64')
        self.take(f"# pinnedpubkey = {curl('a')}\n", status=1, said="no pins in it")
        self.take(f"proxy-pinnedpubkey = {curl('a')}\n", status=1, said="pins the proxy")


class Git(Found):
    TEXT = (f'[user]\n\tname = x\n[http "https://x.org/"]\n\tpinnedpubkey = {curl("a")}\n'
            f'[HTTP "https://y.org:8443/"] # own\n\tPinnedPubKey = "{curl("b")};\\\n{curl("c")}" ; old\n')

    def test_hosts_of_sections(self):
        self.assertEqual(self.pins(self.TEXT), {"x.org": [A], "y.org:8443": [B, C]})

    def test_one_of_them(self):
        self.assertEqual(self.pins(self.TEXT, "--host", "y.org", said='"x.org" is another host'), {"y.org:8443": [B, C]})

    def test_as_it_is_listed(self):
        self.assertEqual(self.pins(f"user.name=x\nhttp.https://x.org/.pinnedpubkey={curl('a')}\n"), {"x.org": [A]})

    def test_every_host_and_paths(self):
        general = f"[http]\n\tpinnedpubkey = {curl('a')}\n"
        self.pins(general, status=2, said="expected --host HOST")
        self.assertEqual(self.pins(general, "--host", "x.org"), {"x.org": [A]})
        self.forget()
        path = f'[http "https://x.org/repo"]\n\tpinnedpubkey = {curl("a")}\n'
        self.pins(path, status=1, said="is for one path")
        self.assertEqual(self.pins(path, "--lossy"), {"x.org": [A]})

    def test_what_is_commented_out_says_nothing(self):
        self.pins(f'[http "https://x.org/"]\n#\tpinnedpubkey = {curl("a")}\n;pinnedpubkey = {curl("b")}\n', status=1, said="no pins")
        self.pins(f'[remote "https://x.org/"]\npinnedpubkey = {curl("a")}\n[http "x"]\n', status=1, said="was not expected to have a pin")


class Hpkp(Found):
    def value(self, *words, more="max-age=5184000; includeSubDomains", quote='"'):
        return " ".join(f"pin-sha256={quote}{b64(word)}{quote};" for word in words) + " " + more

    def take(self, text, *words, **options):
        return self.pins(text, "--format", "hpkp", "--host", "x.org", *words, **options)

    def test_folded_headers(self):
        text = f'HTTP/1.1 200 OK\nPublic-Key-Pins: pin-sha256="{b64("a")}"; max-age=3000;\n  pin-sha256="{b64("b")}"; includeSubDomains\nX: y\n'
        self.assertEqual(self.take(text), {"x.org": [A, B]})
        self.assertTrue(self.entries()[0]["include_subdomains"])

    def test_servers(self):
        escaped = self.value("a", "b").replace('"', '\\"')
        for text in (f"server {{\n  # add_header Public-Key-Pins '{self.value('c')}';\n  add_header Public-Key-Pins '{self.value('a', 'b')}' always;\n}}\n",
                     "  add_header Public-Key-Pins '\n    " + self.value("a", "b").replace("; ", ";\n    ") + "';\n",
                     f'Header always set Public-Key-Pins "{escaped}"\n',
                     'Header set Public-Key-Pins "' + escaped.replace("; ", "; \\\n   ") + '"\n',
                     f'setenv.add-response-header = ( "Public-Key-Pins" => "{escaped}" )\n',
                     f'http-response set-header Public-Key-Pins "{escaped}"\n',
                     "rspadd Public-Key-Pins:\\ " + escaped.replace(" ", "\\ ") + "\n",
                     f"<?php\n// header('Public-Key-Pins: {self.value('c')}');\nheader('Public-Key-Pins: {self.value('a', 'b')}');\n",
                     f"<?php header(\"Public-Key-Pins: \" . 'pin-sha256=\"{b64('a')}\";' . 'pin-sha256=\"{b64('b')}\"; max-age=9');\n",
                     '<add name="Public-Key-Pins" value="' + self.value("a", "b").replace('"', "&quot;") + '" />\n',
                     f'more_set_headers "Public-Key-Pins: {escaped}";\n'):
            self.assertEqual(self.take(text), {"x.org": [A, B]}, text)
            self.forget()

    def test_report_only_beside_enforced(self):
        text = f"Public-Key-Pins-Report-Only: {self.value('c')}\nPublic-Key-Pins: {self.value('a')}\n"
        self.take(text, status=1, said="another header Public-Key-Pins-Report-Only beside that of line 2")
        self.assertEqual(self.take(text, "--lossy"), {"x.org": [A]})
        self.assertEqual(self.entries()[0]["mode"], "enforce")

    def test_two_headers_that_differ(self):
        text = f"Public-Key-Pins: {self.value('a')}\nPublic-Key-Pins: {self.value('b')}\n"
        self.take(text, status=1, said=":2: another header")
        self.assertEqual(self.take(f"Public-Key-Pins: {self.value('a')}\n" * 2), {"x.org": [A]})

    def test_refused(self):
        self.take("add_header Public-Key-Pins $pins;\n", status=1, said="no pin that a policy can hold")
        self.take(f"# Public-Key-Pins: {self.value('a')}\n", status=3, said="expected a header")


class OkHttp(Found):
    def test_ways_to_call(self):
        self.assertEqual(self.pins(f'''val pinner = CertificatePinner.Builder()
            .add("a.org", "{A}")
            .apply {{
              add("b.org", "{B}", "{C}") // add("c.org", "{C}")
            }}.build()
            val other = certificatePinner {{ add("**.d.org", "{A}") }}'''), {"a.org": [A], "b.org": [B, C], "d.org": [A]})

    def test_constants(self):
        self.assertEqual(self.pins(f'''const val HOST = "a.org"
            object Pins {{ private static final String PIN = "{A}"; }}
            val base: String = "b.org"
            CertificatePinner.Builder().add(HOST, Pins.PIN).add("api." + base, "{B}").build()'''), {"a.org": [A], "api.b.org": [B]})

    def test_what_is_not_written_out_is_named(self):
        for call in ("HOST, PIN", f'BuildConfig.HOST, "{A}"', '"a.org", pinFor("a.org")', f'"$host", "{A}"', f'"a.org", *pins, "{A}"'):
            text = f'CertificatePinner.Builder()\n.add("b.org", "{B}")\n.add({call})\n'
            self.pins(text, status=1, said=":3: add(")
            self.assertEqual(self.pins(text, "--lossy"), {"b.org": [B]})
            self.forget()

    def test_pins_outside_of_calls_are_named(self):
        self.pins(f'val pins = listOf("{A}")\nCertificatePinner.Builder().add("b.org", "{B}")\n', status=1, said=':1: "sha256/')

    def test_other_builders(self):
        self.assertEqual(self.pins(f'new Headers.Builder().add("Authorization", "Bearer x").add("a", b).build();\n'
                                   f'new CertificatePinner.Builder().add("a.org", "{A}").build();'), {"a.org": [A]})

    def test_loose_base64(self):
        self.assertEqual(self.pins(f'CertificatePinner.Builder().add("a.org", "{A[:-1]}")'), {"a.org": [A]})
        self.pins('CertificatePinner.Builder().add("a.org", "sha256/AAAA")', status=1, said='bad pin "AAAA"')


class Tlsa(Found):
    def record(self, owner, word="a", kind="TLSA", data="3 1 1 "):
        return f"{owner} IN {kind} {data}{raw(word).hex()}\n"

    def generic(self, owner, word="a", kind="TYPE52"):
        return self.record(owner, word, kind, "\\# 35 030101")

    NAME = "_443._tcp.x.org."

    def test_spellings_of_a_record(self):
        for text in (self.generic(self.NAME), self.generic(self.NAME, kind="TLSA"), self.record(self.NAME, data="DANE-EE SPKI SHA2-256 "),
                     f"{self.NAME} 3600 CLASS1 TLSA ( 3 1 1 {raw('a').hex()[:20]} ; half\n {raw('a').hex()[20:]} )\n",
                     f"{self.NAME} IN 1h30m TLSA 3 1 1 {raw('a').hex()}\n",
                     self.record(self.NAME).replace(" IN ", " IN 300 ")):
            self.assertEqual(self.pins(text, "--format", "tlsa"), {"x.org:443": [A]}, text)
            self.forget()

    def test_both_kinds_beside_each_other(self):
        self.assertEqual(self.pins(self.record(self.NAME) + self.generic(self.NAME, "b")), {"x.org:443": [A, B]})

    def test_aliases(self):
        self.assertEqual(self.pins("_25._tcp.mail.x.org. IN CNAME _dane.x.org.\n_587._tcp.mail.x.org. CNAME _25._tcp.mail.x.org.\n"
                                   + self.record("_dane.x.org.") + self.record("_dane.x.org.", "b")), {"mail.x.org:25:587": [A, B]})
        self.pins(self.record("_dane.x.org."), "--format", "tlsa", status=1, said="no alias of that form leads here")
        self.pins("_25._tcp.x.org. CNAME _25._tcp.x.org.\n", "--format", "tlsa", status=1, said="leads to no record")

    def test_origins(self):
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

    def test_one_bad_record_does_not_refuse_the_zone(self):
        text = self.record("_443._tcp.bad.org.", data="3 1 1 zz") + self.record(self.NAME)
        self.pins(text, status=1, said=":1: expected TLSA")
        self.assertEqual(self.pins(text, "--lossy"), {"x.org:443": [A]})

    def test_damaged_generic_records(self):
        for data in ("\\# 34 030101", "\\# 35 0301", "\\# 35 090101", "\\# x 030101", "\\#"):
            self.pins(self.record(self.NAME, data=data), status=1, said="expected TLSA")

    def test_the_digest_of_nothing(self):
        self.imports(f"{self.NAME} IN TLSA 3 1 1 {hashlib.sha256(b'').hexdigest()}\n")
        self.assertIn("digest of nothing", self.pinctl("check").stdout)


class Envoy(Found):
    CONTEXT = "sni: x.org\ncommon_tls_context:\n  validation_context:\n    verify_certificate_spki:\n    - \"%s\"\n"

    def test_yaml_and_camel_case(self):
        yaml = self.CONTEXT % b64("a")
        for text in (yaml, "\ufeff" + yaml, yaml.replace("\n", "\r\n"), "---\n" + yaml + "---\nother: 1\n",
                     yaml.replace("verify_certificate_spki", "verifyCertificateSpki").replace("validation_context", "validationContext")):
            self.assertEqual(self.pins(text), {"x.org": [A]}, text)
            self.forget()

    def test_pins_of_clients_are_not_ours(self):
        text = ('{"a": {"@type": "x.DownstreamTlsContext", "common_tls_context": {"verify_certificate_spki": ["%s"]}},'
                ' "b": {"@type": "x.UpstreamTlsContext", "sni": "x.org", "c": {"verify_certificate_spki": ["%s"]}}}' % (b64("c"), b64("a")))
        self.assertEqual(self.pins(text, said="are those of clients"), {"x.org": [A]})

    def test_refused(self):
        self.pins("a: &x {verify_certificate_spki: []}\nb: *x\n", status=1, said=":2: *x: aliases are not read")
        self.pins("verify_certificate_spki: [\n", status=3, said="expected YAML")
        self.pins("sni: x.org\nverify_certificate_spki: []\nsni: y.org\n", status=1, said=':3: "sni" stands here a second time')
        self.pins("[" * 100 + "verify_certificate_spki", status=3, said="nested too deeply")


class Android(Found):
    def config(self, inside, after=""):
        return ('<?xml version="1.0" encoding="utf-8"?>\n<network-security-config>\n<domain-config><domain>x.org</domain>\n'
                f"{inside}</domain-config>\n{after}</network-security-config>\n")

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

    def test_what_is_said(self):
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


class Apple(Found):
    def plist(self, body):
        return ('<?xml version="1.0"?>\n<plist version="1.0"><dict><key>NSAppTransportSecurity</key><dict><key>NSPinnedDomains</key><dict>\n'
                f"<key>x.org</key><dict>{body}</dict>\n</dict></dict></dict></plist>\n")

    def identities(self, name, *words):
        return f"<key>{name}</key><array>" + "".join(
            f"<dict><key>SPKI-SHA256-BASE64</key><string>{b64(word)}</string></dict>" for word in words) + "</array>"

    def test_leaves_and_authorities(self):
        self.imports(self.plist("<key>NSIncludesSubdomains</key><true/>" + self.identities("NSPinnedLeafIdentities", "a")
                                + self.identities("NSPinnedCAIdentities", "b", "c")))
        self.assertEqual(self.entries(), [self.entry("x.org", include_subdomains=True, pins=[A], intermediates=[B, C])])
        self.assertIn('require = "all"', self.imported())

    def imported(self):
        return "".join(data if isinstance(data, str) else data.decode() for name, data in self.policy_files().items() if "import-" in name)

    def test_authorities_alone(self):
        self.imports(self.plist(self.identities("NSPinnedCAIdentities", "b")))
        self.assertNotIn("require", self.imported())

    def test_refused(self):
        self.imports(self.plist(self.identities("NSPinnedLeafIdentities")), status=1, said="has no pin")
        self.imports(self.plist("<key>NSPinnedLeafIdentities</key><array><string>x</string></array>"), status=1, said="expected SPKI-SHA256-BASE64")


class TrustKit(Found):
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


class Firefox(Found):
    TEXT = f'''/* generated */
static const char kFirstFingerprint[] =
  "{b64("a")}";
static const char kSecondFingerprint[] = "{b64("b")}";
static const char* const kPinset_one_Data[] = {{
  kFirstFingerprint,
  kSecondFingerprint,
}};
static const StaticFingerprints kPinset_one = {{
  sizeof(kPinset_one_Data) / sizeof(const char*),
  kPinset_one_Data
}};
static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {{
  {{ "x.org", true, false, false, -1, &kPinset_one }},
  {{ "y.org", false, true, false, 7, &kPinset_one }},
}};
'''

    def test_table(self):
        self.assertEqual(self.imports(self.TEXT), [self.entry("x.org", include_subdomains=True, pins=[A, B]),
                                                   self.entry("y.org", mode="audit", pins=[A, B])])

    def test_refused(self):
        self.pins(self.TEXT.replace("kPinset_one }", "kPinset_two }"), status=1, said="its set is defined nowhere")
        self.pins(self.TEXT.replace("  kSecondFingerprint,", "  kThirdFingerprint,"), status=1, said='"kThirdFingerprint" is defined nowhere')
        self.pins('{"pinsets": [{"name": "a", "sha256_hashes": ["GTS Root R1"]}]}', status=3, said="names keys by certificates")


class Fingerprints(Found):
    def fingerprints(self, text, *words, **options):
        return self.by_name("fingerprints", self.imports(text, *words, **options))


class OpenConnect(Found):
    def test_openconnect(self):
        line = f"--servercert pin-sha256:{b64('a')}"
        self.assertEqual(self.pins(f"openconnect -u me {line} --servercert=pin-sha256:{b64('b')} https://vpn.x.org/group\n"), {"vpn.x.org": [A, B]})
        self.forget()
        self.assertEqual(self.pins(f"servercert = pin-sha256:{b64('a')}\n", "--host", "vpn.x.org"), {"vpn.x.org": [A]})
        self.forget()
        self.assertEqual(self.pins(f"[vpn]\ngateway=vpn.x.org\ngwcert=pin-sha256:{b64('a')}\n"), {"vpn.x.org": [A]})
        self.pins("servercert=pin-sha256:x\n", "--host", "x.org", status=1, said="bad servercert")
        self.pins("servercert=sha1:" + "ab" * 20 + "\npin-sha256:\n", "--host", "x.org", status=1, said="is SHA-1")
        self.pins(f"servercert=pin-sha256:{b64('a')}\n", status=2, said="expected --host HOST")


class Msmtp(Fingerprints):
    def test_msmtp(self):
        text = (f"defaults\ntls on\nport 587\n# tls_fingerprint {colons('c')}\naccount one\nhost x.org\ntls_fingerprint {colons('a')}\n"
                f"account two : one\nhost y.org\nport 25\nfrom me@y.org\naccount default : two\n")
        self.assertEqual(self.fingerprints(text), {"x.org:587": [A], "y.org:25": [A]})
        self.fingerprints(f"account a\nhost x.org\ntls_fingerprint {colons('a')[:59]}\n", status=1, said="is SHA-1")


class WeeChat(Fingerprints):
    def test_weechat(self):
        irc = f'[server]\none.addresses = "x.org/6697,z.org/1"\none.tls_fingerprint = "{raw("a").hex()},{raw("b").hex()}"\n'
        commands = f'/set irc.server.one.addresses x.org/6697\n/set irc.server.one.ssl_fingerprint "{raw("a").hex()}"\n'
        self.assertEqual(self.fingerprints(irc), {"x.org:6697": [A, B], "z.org:1": [A, B]})
        self.forget()
        self.assertEqual(self.fingerprints(commands), {"x.org:6697": [A]})
        self.fingerprints(irc.replace(raw("b").hex(), "ab" * 64), status=1, said="is SHA-512")


class Postfix(Fingerprints):
    def test_postfix_main(self):
        text = (f"smtp_tls_security_level = fingerprint\nrelayhost = [mail.x.org]:587\nsmtp_tls_fingerprint_cert_match =\n"
                f"    {colons('a')}\n# {colons('c')}\n    {colons('b')}\n")
        self.assertEqual(self.fingerprints(text), {"mail.x.org:587": [A, B]})
        self.forget()
        self.fingerprints(text.replace("relayhost", "other"), status=1, said="for which host?")
        self.fingerprints(text.replace("= fingerprint", "= may"), said="the entry only logs")


class Stubby(Found):
    def test_upstreams(self):
        stubby = (f'upstream_recursive_servers:\n  - address_data: 192.0.2.53\n    tls_auth_name: "dns.x.org"\n    tls_pubkey_pinset:\n'
                  f'      - digest: "sha256"\n        value: {b64("a")}\n  - address_data: 192.0.2.54\n    tls_port: 443\n'
                  f'    tls_pubkey_pinset:\n      - digest: "sha256"\n        value: {b64("b")}\n  - address_data: 192.0.2.55\n')
        self.assertEqual(self.pins(stubby), {"dns.x.org:853": [A], "192.0.2.54:443": [B]})
        self.pins(stubby.replace('"sha256"', '"md5"'), status=1, said='expected digest: "sha256"')


class Knot_Resolver(Found):
    def test_lua(self):
        lua = (f"policy.add(policy.all(policy.TLS_FORWARD({{\n -- {{'192.0.2.9', pin_sha256='{b64('c')}'}},\n"
               f"  {{'192.0.2.1', hostname='dns.y.org', pin_sha256='{b64('a')}'}},\n"
               f"  {{'2001:db8::1@8853', pin_sha256={{'{b64('a')}', '{b64('b')}'}}}},\n}})))\n")
        self.assertEqual(self.pins(lua, name="knot.conf"), {"dns.y.org:853": [A], "2001:db8::1:8853": [A, B]})

    def test_yaml(self):
        yaml = (f"forward:\n  - subtree: .\n    servers:\n      - address: [ 192.0.2.7@853 ]\n        transport: tls\n"
                f"        pin-sha256: {b64('c')}\n        hostname: dns.z.org\n")
        self.assertEqual(self.pins(yaml, name="knot.yaml"), {"dns.z.org:853": [C]})
        for nothing in ("", "null", "[ null ]", "true", "{ a: b }"):
            self.pins(yaml.replace(b64("c"), nothing), name="knot.yaml", status=1, said="pin-sha256: expected a text or a list")


class GnuTLS(Found):
    def test_gnutls_known_hosts(self):
        der = openssl("pkey", "-pubin", "-outform", "der", data=read("spare.pub"))
        text = (f"|g0|x.org|443|0|{base64.b64encode(der).decode()}\n|c0|x.org|https|1893456000|6|{raw('a').hex()}\n")
        self.assertEqual(self.pins(text.split("\n")[0]), {"x.org:443": [pin_of("other.pem")]})
        self.forget()
        self.assertEqual(self.pins(text.split("\n")[1]), {"x.org:443": [A]})
        for line, said in ((f"|c0|x.org|443|0|2|{raw('a').hex()}", "left out"), (f"|g0|*|443|0|{b64('a')}", "for every host"),
                           ("|g0|x.org|nothing|0|AAAA", "no service of this name"), ("|g0|x.org", "expected a line")):
            self.pins(line, "--format", "gnutls", status=1, said=said)


if __name__ == "__main__":
    main()
