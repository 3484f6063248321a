# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What each format means to pinctl import, and what of it a policy cannot hold. The other way: export_test.py."""

import base64
import datetime
import os

from conversion_case import ConversionCase, b64, colons, pin, raw
from pinctl_case import fingerprint_of, main, openssl, pin_of, read


class Android(ConversionCase):
    def config(self, body):
        return f'<?xml version="1.0"?>\n<network-security-config>\n{body}\n</network-security-config>\n'

    def pins(self, *words, expiration=""):
        pins = "".join(f'<pin digest="SHA-256">{b64(word)}</pin>\n' for word in words)
        return f"<pin-set{expiration}>{pins}</pin-set>"

    def test_domains_and_pins(self):
        text = self.config('<domain-config><domain includeSubdomains="true">x.org</domain><domain> y.org\n</domain>'
                           + self.pins("a", "b", expiration=' expiration="2031-05-01"') + "</domain-config>")
        self.assertEqual(self.imports(text), [
            self.entry("x.org", include_subdomains=True, pins=[pin("a"), pin("b")], expires="2031-04-30"),
            self.entry("y.org", pins=[pin("a"), pin("b")], expires="2031-04-30")])

    def test_digests_that_begin_with_a_slash(self):
        """One in 64 does; with the prefix of a policy it looks much like curl's way of writing one."""
        word = next(word for word in map(str, range(10000)) if b64(word)[0] == "/")
        text = self.config("<domain-config><domain>x.org</domain>" + self.pins(word) + "</domain-config>")
        self.assertEqual(self.imports(text), [self.entry("x.org", pins=[pin(word)])])
        for extra in (f"/{b64(word)}", f"/{b64('a')}"):
            self.imports(text.replace(b64(word), extra), status=1, said="bad pin")

    def test_nested_configurations_inherit_or_replace(self):
        text = self.config('<domain-config><domain includeSubdomains="true">x.org</domain>' + self.pins("a")
                           + "<domain-config><domain>in.x.org</domain></domain-config>"
                           + "<domain-config><domain>own.x.org</domain>" + self.pins("b") + "</domain-config></domain-config>")
        self.assertEqual({entry["name"]: entry["pins"] for entry in self.imports(text)},
                         {"x.org": [pin("a")], "in.x.org": [pin("a")], "own.x.org": [pin("b")]})

    def test_without_pins_below_a_pinned_name_is_off_and_elsewhere_nothing(self):
        text = self.config('<domain-config><domain includeSubdomains="true">x.org</domain>' + self.pins("a") + "</domain-config>"
                           '<domain-config cleartextTrafficPermitted="true"><domain>free.x.org</domain></domain-config>'
                           "<domain-config><domain>elsewhere.org</domain><pin-set/></domain-config>")
        self.assertEqual([(entry["name"], entry["mode"]) for entry in self.imports(text, said="1 host without pins")],
                         [("free.x.org", "off"), ("x.org", "enforce")])

    def test_refused_and_lost(self):
        sha1 = self.config('<domain-config><domain>x.org</domain><pin-set><pin digest="SHA-1">AAAA</pin></pin-set></domain-config>')
        self.imports(sha1, status=1, said=('digest "SHA-1"', "--lossy"))
        self.imports(sha1, "--lossy", status=1, said="no pins in it")
        one = "<domain-config><domain>x.org</domain>%s</domain-config>"
        self.imports(self.config(one % self.pins("a", expiration=' expiration="2031-02-30"')), status=1, said="expected YYYY-MM-DD")
        self.imports(self.config(one % self.pins("a")).replace(b64("a"), "AAAA"), status=1, said=":3: bad pin")
        self.imports(self.config("<domain-config><domain includeSubdomains='yes'>x.org</domain></domain-config>"), status=1)


class Chromium(ConversionCase):
    KEYS = f"# keys\nPinsListTimestamp\n1700000000\n\nFirst\n{pin('a')}\n\nSecond\n{pin('b')}\n"

    def take(self, pinsets, entries, *words, keys=KEYS, **options):
        self.file("list.pins", keys)
        text = "// Copyright\n{\n  // sets\n  \"pinsets\": [\n%s\n  ],\n  \"entries\": [\n    // hosts\n%s\n  ]\n}\n" % (
            ",\n".join(pinsets), ",\n".join(entries))
        return self.imports(text, *words, name="list.json", **options)

    SET = '{"name": "s", "static_spki_hashes": ["First", "Second"], "report_uri": "http://x.org/"}'

    def test_entries(self):
        entries = ('{"name": "a.org", "policy": "custom", "mode": "force-https", "include_subdomains": true, "pins": "s"}',
                   '{"name": "b.org", "policy": "custom", "include_subdomains_for_pinning": true, "pins": "s"}',
                   '{"name": "c.org", "policy": "custom", "pins": "s", "expect_ct": true}',
                   '{"name": "d.org", "policy": "bulk-1-year", "mode": "force-https", "include_subdomains": true}')
        pins = [pin("a"), pin("b")]
        self.assertEqual(self.take([self.SET], entries, said="1 host without pins; left out"), [
            self.entry("a.org", include_subdomains=True, pins=pins), self.entry("b.org", include_subdomains=True, pins=pins),
            self.entry("c.org", pins=pins)])

    def test_no_pins_below_pins_takes_the_name_out(self):
        entries = self.take([self.SET], ('{"name": "a.org", "include_subdomains": true, "pins": "s"}',
                                         '{"name": "free.a.org", "mode": "force-https", "include_subdomains": true}'))
        self.assertEqual([(entry["name"], entry["mode"], entry["include_subdomains"]) for entry in entries],
                         [("a.org", "enforce", True), ("free.a.org", "off", True)])

    def test_forbidden_keys_cannot_be_held(self):
        forbidding = '{"name": "s", "static_spki_hashes": ["First"], "bad_static_spki_hashes": ["Second"]}'
        entry = ['{"name": "a.org", "pins": "s"}']
        self.take([forbidding], entry, status=1, said=('pinset "s" forbids 1 keys', "list.json:5: "))
        self.assertEqual(self.take([forbidding], entry, "--lossy")[0]["pins"], [pin("a")])
        self.assertNotIn("forbids", self.pinctl("import", self.file("list.json", '{"pinsets": [%s], "entries": []}' % forbidding),
                                                status=1).stderr, "a pinset that nobody uses loses nothing")

    def test_keys_in_pem(self):
        keys = "Leaf\n" + read("server.pem").decode() + "\nSpare\n" + read("spare.pub").decode()
        entries = self.take(['{"name": "s", "static_spki_hashes": ["Leaf", "Spare"]}'], ['{"name": "a.org", "pins": "s"}'], keys=keys)
        self.assertEqual(entries[0]["pins"], [pin_of("server.pem"), pin_of("other.pem")])

    def test_file_of_keys_elsewhere(self):
        self.file("list.pins", "First\n")
        keys = self.file("keys", self.KEYS)
        self.assertEqual(len(self.take([self.SET], ['{"name": "a.org", "pins": "s"}'], "--pins", keys, keys="")), 1)
        os.unlink(os.path.join(self.folder, "in/list.pins"))
        done = self.pinctl("import", os.path.join(self.folder, "in/list.json"), status=3)
        self.assertIn("list.pins: No such file or directory; expected the file of named keys", done.stderr)

    def test_mistakes(self):
        entry = ['{"name": "a.org", "pins": "s"}']
        for keys, said in (("First\n", "list.pins:2: "), ("First\nsha256/AAAA\n", "list.pins:2: bad key"),
                           (self.KEYS + f"First\n{pin('c')}\n", "list.pins:10: \"First\" is defined a second time"),
                           ("First\n-----BEGIN CERTIFICATE-----\nAAAA\n", "list.pins:2: bad key"), ("a\0b", "holds a NUL"),
                           (f"Other\n{pin('a')}\n", 'no key is named "First"')):
            self.take([self.SET], entry, keys=keys, status=3 if "NUL" in said else 1, said=said)
        for pinsets, entries, said in (([self.SET, self.SET], entry, '"s" is defined a second time'),
                                       ([self.SET], ['{"pins": "s"}'], "an entry without a name"),
                                       ([self.SET], ['{"name": "a.org", "pins": true}'], 'list.json:9: "pins": expected string'),
                                       ([self.SET], entry * 2, '"a.org" has an entry already'),
                                       (["7"], entry, "a pinset without a name")):
            if said.startswith('"a.org"'):
                entries = [entry[0], entry[0].replace('"s"', '"s", "include_subdomains": true')]
            self.take(pinsets, entries, status=1, said=said)


class Curl(ConversionCase):
    def test_strings(self):
        value = f"sha256//{b64('a')};sha256//{b64('b')}"
        for number, text in enumerate((value, value + "\n", f'pinnedpubkey = "{value}"', f"curl --pinnedpubkey '{value}' https://x/")):
            host = f"x{number}.org"
            self.imports(text, "--host", host)
            self.assertEqual(self.hosts()[host]["pins"], [pin("a"), pin("b")])
        for text in ("/etc/key.pem", f"sha256//{b64('a')};key.pem", f"sha256/{b64('a')}"):
            self.imports(text, "--host", "y.org", "--format", "curl", status=1, said="expected sha256//BASE64")


class Hpkp(ConversionCase):
    def test_headers(self):
        pins = f'pin-sha256="{b64("a")}"; pin-sha256="{b64("b")}"'
        self.imports(f"HTTP/1.1 200 OK\r\nServer: x\r\npublic-key-pins: max-age=864000; includesubdomains; {pins};"
                     ' report-uri="http://x.org/;a"\r\n', "--host", "x.org", said="report-uri; left out")
        entry = self.hosts()["x.org"]
        until = datetime.datetime.strptime(entry["expires"], "%Y-%m-%dT%H:%M:%S%z")
        left = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        self.assertTrue(864000 - 600 < left <= 864000, left)
        self.assertEqual((entry["pins"], entry["include_subdomains"], entry["mode"]), ([pin("a"), pin("b")], True, "enforce"))
        self.imports(f"Public-Key-Pins-Report-Only: {pins}", "--format", "hpkp", "--host", "y.org")
        self.assertEqual((self.hosts()["y.org"]["mode"], self.hosts()["y.org"]["expires"]), ("audit", None))

    def test_refused_and_lost(self):
        pins = f'pin-sha256="{b64("a")}"'
        for text, status, said in ((pins, 1, "max-age is missing"), (pins + "; max-age=0", 1, "takes the pins back"),
                                   (pins + "; max-age=x", 1, "expected a number"), ('pin-sha256="AAAA"; max-age=9', 1, "32 bytes"),
                                   (pins + '; pin-sha1="x"; max-age=9', 1, "pin-sha1"), ("Server: x", 3, "expected a header")):
            self.imports(text, "--format", "hpkp", "--host", "x.org", status=status, said=said)


class Tlsa(ConversionCase):
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

    def test_zone_files(self):
        hexes = raw("a").hex()
        zone = (f"$TTL 1h\n$ORIGIN example.org.\n@ IN SOA ns hostmaster ( 1 ; serial\n 2 3 4 5 )\n"
                f"_443._tcp.www IN TLSA ( 3 1 1\n  {hexes[:30]} ; half\n  {hexes[30:].upper()} )\n"
                f"        60 IN TLSA 3 1 1 {raw('b').hex()}\n"
                f'*._tcp.mail  TLSA 3 1 1 {hexes}\ntxt IN TXT "a;b ( c"\n_53._udp.dns IN TLSA 3 1 1 {hexes}\n')
        self.imports(zone, status=1, said="does not tell protocols apart")
        self.assertEqual(self.imports(zone, "--lossy"), [
            self.entry("mail.example.org", pins=[pin("a")]),
            self.entry("www.example.org", ports=[443], pins=[pin("a"), pin("b")])])

    def test_refused_and_lost(self):
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


class OkHttp(ConversionCase):
    def test_sources(self):
        text = f'''// Pins. .add("no.org", "{pin('z')}")
        CertificatePinner pinner = new CertificatePinner.Builder() /* .add("no.org") */
            .add("x.org", "{pin('a')}", // the key
                 "{pin('b')}")
            .add(
              "*.y.org", "{pin('a')}")
            .add("**.z.org", "{pin('a')}").add("**.z.org", "{pin('b')}")
            .build();
        list.add(somethingElse); log(".add(");'''
        self.assertEqual(self.imports(text), [
            self.entry("*.y.org", pins=[pin("a")]), self.entry("x.org", pins=[pin("a"), pin("b")]),
            self.entry("z.org", include_subdomains=True, pins=[pin("a"), pin("b")])])

    def test_every_pattern_that_covers_a_name_counts(self):
        text = f"api.x.org -> {pin('a')}\n*.x.org -> {pin('b')}\n**.x.org -> {pin('c')}\n# comment\n"
        self.assertEqual({entry["name"]: entry["pins"] for entry in self.imports(text, "--format", "okhttp")},
                         {"api.x.org": [pin("a"), pin("b"), pin("c")], "*.x.org": [pin("b"), pin("c")], "x.org": [pin("c")]})

    def test_name_and_what_is_below(self):
        same = f"x.org -> {pin('a')}\n**.x.org -> {pin('a')}\n"
        self.assertEqual(self.imports(same, "--format", "okhttp"), [self.entry("x.org", include_subdomains=True, pins=[pin("a")])])
        self.imports(same.replace(pin("a"), pin("b"), 1), "--format", "okhttp", status=1, said="have different pins")

    def test_refused_and_lost(self):
        self.imports(f'.add("x.org", "sha1/AAAA", "{pin("a")}")', status=1, said="only SHA-256")
        self.imports(f'.add("x.org", PIN) // "{pin("a")}"', status=1, said="a pin is not written out in this file")
        self.imports(f'.add("x.org", "{pin("a")}"', status=1, said="stands where okhttp was not expected")
        self.imports(f'.add("x.org) "{pin("a")}"', status=1)
        self.imports("x.org\n", "--format", "okhttp", status=1, said=':1: "x.org": expected PATTERN -> sha256/...')


class TrustKit(ConversionCase):
    def plist(self, **domains):
        body = "".join(f"<key>{name.replace('_', '.')}</key><dict>{value}</dict>" for name, value in domains.items())
        return ('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
                '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0"><dict><key>TSKConfiguration</key><dict>'
                f"<key>TSKSwizzleNetworkDelegates</key><false/><key>TSKPinnedDomains</key><dict>{body}</dict></dict></dict></plist>\n")

    def hashes(self, *words):
        return "<key>TSKPublicKeyHashes</key><array>" + "".join(f"<string>{b64(word)}</string>" for word in words) + "</array>"

    def test_domains(self):
        text = self.plist(x_org=self.hashes("a", "b") + "<key>TSKIncludeSubdomains</key><true/>"
                          "<key>TSKExpirationDate</key><string>2031-05-01</string>",
                          y_org=self.hashes("a", "b") + "<key>TSKEnforcePinning</key><false/>",
                          out_x_org="<key>TSKExcludeSubdomainFromParentPolicy</key><true/>")
        pins = [pin("a"), pin("b")]
        self.assertEqual(self.imports(text), [
            self.entry("out.x.org", mode="off"),
            self.entry("x.org", include_subdomains=True, pins=pins, expires="2031-04-30"), self.entry("y.org", mode="audit", pins=pins)])

    def test_refused_and_lost(self):
        for body, status, said in (("<key>TSKExpirationDate</key><string>soon</string>" + self.hashes("a"), 1, "expected YYYY-MM-DD"),
                                   ("<key>TSKPublicKeyHashes</key><array><string>AAAA</string></array>", 1, "bad hash"),
                                   ("<key>TSKIncludeSubdomains</key><string>maybe</string>" + self.hashes("a"), 1, "expected true or false"),
                                   ("", 1, "has no pin")):
            self.imports(self.plist(x_org=body), status=status, said=said)
        self.imports("<plist><dict><key>x</key></dict></plist>", "--format", "trustkit", status=3, said="TSKPinnedDomains")
        self.imports(b"bplist00\xd1\x01\x02TSKPinnedDomains", status=3, said="is a binary property list")


class Windows(ConversionCase):
    def rules(self, body, attributes='Duration="P28D"', rule='Name="r"'):
        return f'<PinRules ListIdentifier="l" {attributes}>\n<PinRule {rule}>\n{body}\n</PinRule>\n</PinRules>\n'

    def test_certificates_and_sites(self):
        der = base64.b64encode(openssl("x509", "-in", "ca.pem", "-outform", "der")).decode()
        self.file("one.cer", openssl("x509", "-in", "server.pem", "-outform", "der"))
        self.file("more/a.pem", read("root.pem"))
        text = self.rules(f'<Certificate File="one.cer"/><Certificate Directory="more"/><Certificate Base64="{der}"/>'
                          '<Certificate File="one.cer" EndDate="2001-01-01T00:00:00Z"/>'
                          '<Site Domain="x.org"/><Site Domain=".x.org" AllSubdomains="true"/><Site Domain="*.y.org"/>'
                          '<Site Domain="Bücher.example"/>', 'NextUpdate="2031-05-01T00:00:00Z"', 'Name="r" Error="None" Log="true"')
        pins = [pin_of("server.pem"), pin_of("root.pem"), pin_of("ca.pem")]
        rest = {"pins": pins, "mode": "audit", "expires": "2031-04-30"}
        self.assertEqual(self.imports(text, name="rules.xml", said="has passed"), [
            self.entry("*.y.org", **rest), self.entry("x.org", include_subdomains=True, **rest),
            self.entry("xn--bcher-kva.example", **rest)])

    def test_refused_and_lost(self):
        certificate = '<Certificate File="one.cer"/>'
        self.file("one.cer", read("server.pem"))
        self.imports(self.rules(certificate + '<Site Domain=".x.org" AllSubdomains="true"/>'), status=1,
                     said='only the names below "x.org"')
        self.imports(self.rules('<Certificate File="one.cer" EndDate="2099-01-01T00:00:00Z"/><Site Domain="x.org"/>'), status=1,
                     said="EndDate")
        self.imports(self.rules('<Site Domain="x.org"/>'), status=1, said="no pin")
        for body in (certificate + "<Site/>", certificate + '<Site Domain="x..org"/>', '<Certificate/><Site Domain="x.org"/>',
                     '<Certificate File="../one.cer"/>', '<Certificate File="/etc/hostname"/>', '<Certificate File="absent.cer"/>',
                     '<Certificate File="c:\\one.cer"/>', '<Certificate Base64="AAAA"/>', '<Certificate Base64="%%"/>',
                     '<Certificate Directory="one.cer"/>', '<Certificate File="one.cer" EndDate="then"/>'):
            self.imports(self.rules(body), status=1)
        self.imports(self.rules(certificate, rule='Error="What"'), status=1, said="expected Revoked, InvalidName or None")

    def test_a_fifo_is_not_waited_for(self):
        os.makedirs(os.path.join(self.folder, "in"), exist_ok=True)
        os.mkfifo(os.path.join(self.folder, "in/pipe.cer"))
        path = self.file("rules.xml", self.rules('<Certificate File="pipe.cer"/><Site Domain="x.org"/>'))
        self.pinctl("import", path, status=1)


class Postfix(ConversionCase):
    def test_tables(self):
        text = (f"# policy\n[mx.x.org]  fingerprint match={colons('a')}|{colons('b').lower()}\n"
                f"[mx.x.org]:587 fingerprint\n    match={colons('a')}\n\n# more\n    match={colons('b')}\n"
                f"[192.0.2.1]:submission fingerprint ciphers=high match={colons('c')}\nexample.org dane-only\n")
        both = [pin("a"), pin("b")]
        self.assertEqual(self.imports(text, said=('the level "dane-only" pins nothing', "ciphers=high; left out")), [
            self.entry("192.0.2.1", ports=[587], pins=[pin("c")], fingerprints=[pin("c")]),
            self.entry("mx.x.org", ports=[25, 587], pins=both, fingerprints=both)])

    def test_refused_and_lost(self):
        for text, status, said in ((f"x.org fingerprint match={colons('a')}", 1, "names a mail domain"),
                                   (f".x.org fingerprint match={colons('a')}", 1, "names a mail domain"),
                                   ("[x.org] fingerprint match=" + colons("a")[:47], 1, "is MD5"),
                                   ("[x.org] fingerprint match=" + colons("a")[:59], 1, "is SHA-1"),
                                   ("[x.org] fingerprint match=zz", 1, "bad fingerprint"), ("[x.org] fingerprint match=", 1, "no pin"),
                                   (f"[x.org]:99999 fingerprint match={colons('a')}", 1, "[x.org]:99999"),
                                   ("[x.org]", 1, "expected DESTINATION LEVEL")):
            self.imports(text + "\n", "--format", "postfix", status=status, said=said)


class Envoy(ConversionCase):
    def test_contexts_wherever_they_stand(self):
        text = '''{"static_resources": {"clusters": [{"name": "c", "transport_socket": {"typed_config": {
          "sni": "x.org", "common_tls_context": {"validation_context": {
             "verify_certificate_spki": ["%s"], "verify_certificate_hash": ["%s", "%s"]}}}}}]}}''' % (
                 b64("a"), raw("b").hex(), colons("c"))
        self.assertEqual(self.imports(text), [self.entry("x.org", pins=[pin("a")], fingerprints=[pin("b"), pin("c")])])

    def test_host_of_a_bare_context(self):
        bare = '{"verify_certificate_spki": ["%s"]}' % b64("a")
        self.imports(bare, status=1, said="--host names the host")
        self.assertEqual(self.imports(bare, "--host", "x.org"), [self.entry("x.org", pins=[pin("a")])])

    def test_refused(self):
        self.imports("common_tls_context:\n  validation_context:\n    verify_certificate_spki: [x]\n", "--format", "envoy", status=1,
                     said="bad verify_certificate_spki")
        for value, said in (('["AAAA"]', "32 bytes in base64"), ('"x"', "32 bytes in base64"), ("[7]", "32 bytes in base64")):
            self.imports('{"sni": "x.org",\n "verify_certificate_spki": %s}' % value, status=1, said=(said, "list.txt:"))
        self.imports('{"sni": "x.org", "verify_certificate_hash": ["AB"]}', status=1, said="hexadecimal digits")


if __name__ == "__main__":
    main()
