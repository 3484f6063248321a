# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format windows: pin rules of Windows."""

import base64
import os
import re

from conversion_case import ImportCase
from pinctl_case import main, openssl, pin_of, read


class Windows(ImportCase):
    form = "windows"


class Rules(Windows):
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

    def test_bad_rules_are_refused(self):
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


class Attributes(Windows):
    def test_attributes_that_certutil_does_not_know_are_named(self):
        server, other = (pin_of(name) for name in ("server.pem", "other.pem"))

        def certificate(name, attribute="Base64", more=""):
            return f'<Certificate {attribute}="{base64.b64encode(openssl("x509", "-in", name, "-outform", "der")).decode()}"{more}/>\n'

        def rules(inside, head="", rule=""):
            return f'<PinRules{head}>\n<PinRule Name="r"{rule}>{inside}</PinRule>\n</PinRules>\n'
        good = certificate("server.pem") + '<Site Domain="x.org"/>'
        self.rows([
            (rules(good + '<Site Domain=".y.org" AllSubDomains="true"/>'), {"x.org": [server], "*.y.org": [server]}, "AllSubDomains: certutil has no attribute"),
            (rules(good + certificate("other.pem", "base64")), {"x.org": [server]}, "base64: certutil has no attribute"),
            (rules(good, ' nextUpdate="2031-01-01T00:00:00Z"'), {"x.org": [server]}, "nextUpdate: certutil has no attribute"),
            (rules(good, rule=' Mode="None"'), {"x.org": [server]}, "Mode: certutil has no attribute"),
            (rules(good, rule=' Error="Audit"'), {"x.org": [server]}, "expected Revoked, InvalidName or None"),
            (rules(good, ' ListIdentifier="l" Duration="P28D" LogDuration="P14D"', ' Error="None" Log="true"'), {"x.org": [server]}, None),
            (rules(good + certificate("other.pem", more=' EndDate="2020-01-01T00:00:00Z"')), {"x.org": [server]}, None),
            (rules(good + certificate("other.pem", more=' EndDate="soon"')), {"x.org": [server]}, "expected YYYY-MM-DDThh:mm:ssZ"),
            (rules(good + certificate("other.pem").replace("=\"", "=\"\n ")), {"x.org": [server, other]}, None),
            (rules(good + '<Certificate File="roots.sst"/>'), {"x.org": [server]}, "roots.sst is a store of Windows"),
            (rules(good + '<Site Domain="https://y.org"/>'), {"x.org": [server]}, "a URL is no name"),
            (rules(good + "<!-- " + certificate("other.pem") + " -->"), {"x.org": [server]}, None),
        ])


class Certificates(Windows):
    def test_damaged_and_misplaced_ones_are_named(self):
        server, other = pin_of("server.pem"), pin_of("other.pem")
        def base64_of(name):
            return base64.b64encode(openssl("x509", "-in", name, "-outform", "der")).decode()

        def rules(inside, after=""):
            return f"<PinRules>\n<PinRule>{inside}</PinRule>\n{after}</PinRules>\n"
        one = f'<Certificate Base64="{base64_of("server.pem")}"/><Site Domain="x.org"/>'
        entry = {"x.org": [server]}
        certificates = os.path.join(self.folder, "in", "folder")
        os.makedirs(certificates)
        for name, data in (("1.pem", b"no certificate"), ("2.pem", read("server.pem")), ("3.p7b", b"nothing"), ("4.pem", read("other.pem"))):
            with open(os.path.join(certificates, name), "wb") as file:
                file.write(data)
        folder = '<Certificate Directory="folder"/><Site Domain="x.org"/>'
        self.rows([
            ("\ufeff" + rules(one).replace("\n", "\r\n"), entry, None),
            (rules(folder), {"x.org": [server, other]}, "folder/1.pem: expected a certificate"),
            (rules(one + '<Certificate File="folder/3.p7b"/>'), entry, "or a .p7b"),
            (rules(f'<!-- <Certificate Base64="{base64_of("other.pem")}"/> -->' + one), entry, None),
            (rules(one, f'<PinRule><Certificate Base64="{base64_of("other.pem")}"/></PinRule>'), entry, "a PinRule without a Site"),
            (rules(one + f'<Certificates><Certificate Base64="{base64_of("other.pem")}"/></Certificates>'), entry, "<Certificates>: expected"),
            (rules(one, '<Rule/>'), entry, "<Rule>: expected <PinRule>"),
            (rules(one + '<Certificate Base64="AAAA"/>'), entry, "expected a certificate"),
            (rules(one + '<Certificate File="../server.pem"/>'), entry, "below the folder of the rules"),
            (rules(one + "<Site/>"), entry, 'expected Domain="NAME"'),
            (rules(one + "<Certificate/>"), entry, "expected a certificate"),
            (rules(one, f'<PinRule><Certificate Base64="{base64_of("other.pem")}"/><Site Domain="x.org"/></PinRule>'), entry, "with other pins"),
        ])

    def test_containers_by_their_names(self):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "field.key", "-out", "field.pem", "-subj", "/CN=field")
        pem = openssl("x509", "-in", "field.pem")
        container = openssl("crl2pkcs7", "-nocrl", "-certfile", "field.pem", "-outform", "der")
        rules = '<PinRules><PinRule Name="r"><Certificate File="%s"/><Site Domain="x.org"/></PinRule></PinRules>\n'
        for name, data, good in (("a.spc", container, True), ("a.p7b", container, True), ("b.p7b", pem, True), ("b.P7C", pem, True), ("c.p7b", b"x", False), ("d.spc", b"", False)):
            with self.subTest(name=name):
                self.file(name, data)
                done, found = self.taken(re.sub(r"\W", "_", name), rules % name, 0 if good else 1, "--format", "windows")
                self.assertEqual(found, {"x.org": [pin_of("field.pem")]} if good else {}, done.stderr)


class Mode(Windows):
    setting = "mode"

    def test_entry_only_logs_where_an_error_is_none_or_not_known(self):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "rule.key", "-out", "rule.pem", "-subj", "/CN=rule")
        der = base64.b64encode(openssl("x509", "-in", "rule.pem", "-outform", "der")).decode()
        text = f'<PinRules><PinRule Name="r"%s><Certificate Base64="{der}"/><Site Domain="x.org"/></PinRule></PinRules>\n'
        for number, (value, mode) in enumerate(((' Error="Audit"', "audit"), (' Error=""', "audit"), (' Error="none"', "audit"), (' Error="None"', "audit"),
                                                (' Error="Revoked"', "enforce"), ("", "enforce"))):
            with self.subTest(value=value):
                self.assertEqual(self.taken(number, text % value, 0, "--format", "windows", "--lossy")[1], {"x.org": mode})


if __name__ == "__main__":
    main()
