# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl export: there and back again in every format, and what each of them cannot hold."""

import datetime
import json
import os
import plistlib
import re
import subprocess
import time
from xml.etree import ElementTree

from conversion_case import ConversionCase, b64, colons, pin, raw
from pinctl_case import main, pin_of

AB = f'pins = [ "{pin("a")}" ]; backup_pins = [ "{pin("b")}" ];'
A = f'pins = [ "{pin("a")}" ];'
ALL = ("android", "chromium", "curl", "envoy", "hpkp", "okhttp", "postfix", "tlsa", "trustkit", "windows")
SINGLE = ("curl", "hpkp")


class Output(ConversionCase):
    def test_to_a_file(self):
        self.policy_of(f'name = "x.org"; {AB}')
        text = self.exports("android")
        target = os.path.join(self.folder, "pins.xml")
        self.assertEqual(self.exports("android", "--output", target), "")
        with open(target, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)
        self.assertEqual(self.exports("android", "--output", "-"), text)
        self.pinctl("export", "--format", "android", "--output", f"{self.folder}/absent/x", status=3)


class RoundTrips(ConversionCase):
    def options(self, form):
        return {"chromium": ("--pins", os.path.join(self.folder, "in/back.pins")),
                "windows": ("--certificate", "server.pem", "--certificate", "ca.pem", "--certificate", "root.pem")}.get(form, ())

    def there_and_back(self, form, *hosts, expected=None, words=(), back=()):
        """Exports the hosts, imports the result into a policy of its own, and again: nothing may change any more."""
        self.file("back.pins", "")
        self.policy_of(*hosts)
        before = self.entries()
        for entry in before:  # No format tells backup pins from others.
            entry["pins"] += entry["backup_pins"]
            entry["backup_pins"] = []
        text = self.exports(form, *words, *self.options(form))
        other = os.path.join(self.folder, "in/other/policy.cfg")
        os.makedirs(os.path.dirname(other), exist_ok=True)
        path = self.file("back.json", text)
        self.pinctl("import", path, "--format", form, "--policy", other, *back)
        self.assertEqual(self.entries(other), before if expected is None else expected, text)
        again = self.exports(form, *words, *self.options(form), "--policy", other)
        self.assertEqual(again, text)
        return text

    def test_android(self):
        text = self.there_and_back("android", f'name = "x.org"; include_subdomains = true; expires = "2031-04-30"; {AB}',
                                   'name = "off.x.org"; mode = "off";', f'name = "192.0.2.1"; {A}')
        root = ElementTree.fromstring(text)
        self.assertEqual([pins.get("expiration") for pins in root.iter("pin-set")], [None, "2031-05-01"])

    def test_chromium(self):
        text = self.there_and_back("chromium", f'name = "x.org"; include_subdomains = true; {AB}', f'name = "y.org"; {AB}',
                                   f'name = "z.org"; {A}', 'name = "off.x.org"; mode = "off";')
        self.assertEqual([len(one["static_spki_hashes"]) for one in json.loads(text)["pinsets"]], [2, 1])

    def test_curl(self):
        text = self.there_and_back("curl", f'name = "x.org"; {AB}', back=("--host", "x.org"))
        self.assertEqual(text, f"sha256//{b64('a')};sha256//{b64('b')}\n")

    def test_envoy(self):
        text = self.there_and_back("envoy", f'name = "x.org"; fingerprints = [ "{pin("c")}" ]; {A}', f'name = "y.org"; {AB}')
        context = json.loads(text)["transport_socket_matches"][0]["transport_socket"]["typed_config"]
        self.assertEqual(context["common_tls_context"]["validation_context"],
                         {"verify_certificate_spki": [b64("a")], "verify_certificate_hash": [raw("c").hex()]})
        self.assertEqual(context["sni"], "x.org")

    def test_hpkp(self):
        self.policy_of(f'name = "x.org"; include_subdomains = true; expires = "2031-04-30"; {AB}')
        text = self.exports("hpkp")
        self.assertRegex(text, rf'^Public-Key-Pins: pin-sha256="{b64("a").replace("+", ".")}"; pin-sha256="\S+"; max-age=\d+; includeSubDomains\n$')
        self.policy_of(f'name = "x.org"; mode = "audit"; {AB}')
        text = self.exports("hpkp", said="says 60 days")
        self.assertIn("Report-Only: ", text)
        self.assertIn("max-age=5184000\n", text)
        os.unlink(self.policy)
        self.imports(text, "--host", "x.org")
        self.assertEqual((self.hosts()["x.org"]["pins"], self.hosts()["x.org"]["mode"]), ([pin("a"), pin("b")], "audit"))

    def test_hpkp_time_of_expiry(self):
        until = int(time.time()) + 86400 * 30
        stamp = datetime.datetime.fromtimestamp(until, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.policy_of(f'name = "x.org"; include_subdomains = true; expires = "{stamp}"; {AB}')
        text = self.exports("hpkp")
        left = until - int(re.search(r"max-age=(\d+)", text)[1]) - time.time()
        self.assertTrue(-60 < left < 60, text)
        os.unlink(self.policy)
        self.imports(text, "--host", "x.org")
        back = datetime.datetime.strptime(self.hosts()["x.org"]["expires"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        self.assertTrue(until - 60 < back < until + 60, (stamp, back))
        self.assertTrue(self.hosts()["x.org"]["include_subdomains"])

    def test_okhttp(self):
        self.there_and_back("okhttp", f'name = "x.org"; include_subdomains = true; {AB}', f'name = "*.y.org"; {A}',
                            f'name = "192.0.2.1"; {A}', f'name = "api.z.org"; {AB}', f'name = "*.z.org"; {A}')

    def test_postfix(self):
        both = [pin("a"), pin("b")]
        text = self.there_and_back("postfix", f'name = "mx.x.org"; ports = [ 25, 587 ]; {AB}',
                                   expected=[self.entry("mx.x.org", ports=[25, 587], pins=both, fingerprints=both)])
        self.assertEqual(text.splitlines()[1:], [f"[mx.x.org] fingerprint match={colons('a')}|{colons('b')}",
                                                 f"[mx.x.org]:587 fingerprint match={colons('a')}|{colons('b')}"])

    def test_tlsa(self):
        text = self.there_and_back("tlsa", f'name = "x.org"; ports = [ 443, 8443 ]; {AB}', f'name = "y.org"; {A}',
                                   f'name = "z.org"; intermediates = [ "{pin("c")}" ]; fingerprints = [ "{pin("d")}" ];')
        self.assertIn(f"_8443._tcp.x.org. IN TLSA 3 1 1 {raw('a').hex()}\n", text)
        self.assertIn(f"*._tcp.z.org. IN TLSA 2 1 1 {raw('c').hex()}\n", text)

    def test_trustkit(self):
        text = self.there_and_back("trustkit", f'name = "x.org"; include_subdomains = true; expires = "2031-04-30"; {AB}',
                                   f'name = "y.org"; mode = "audit"; {AB}', 'name = "off.x.org"; mode = "off";')
        domains = plistlib.loads(text.encode())["TSKConfiguration"]["TSKPinnedDomains"]
        self.assertEqual(domains["x.org"], {"TSKIncludeSubdomains": True, "TSKEnforcePinning": True, "TSKExpirationDate": "2031-05-01",
                                            "TSKPublicKeyHashes": [b64("a"), b64("b")]})

    def test_windows(self):
        own, issuer = pin_of("server.pem"), pin_of("ca.pem")
        for expires in ("", 'expires = "2031-04-30T12:00:00Z";'):
            self.there_and_back("windows", f'name = "x.org"; include_subdomains = true; {expires} pins = [ "{own}", "{issuer}" ];',
                                f'name = "*.y.org"; mode = "audit"; {expires} pins = [ "{issuer}" ];')

    def test_windows_rules_are_where_certutil_looks(self):
        self.policy_of(f'name = "x.org"; pins = [ "{pin_of("server.pem")}" ];')
        root = ElementTree.fromstring(self.exports("windows", *self.options("windows"), said="within 28 days"))
        self.assertEqual((root.tag, root[0].tag, root[0].get("Error"), [child.tag for child in root[0]]),
                         ("PinRules", "PinRule", "InvalidName", ["Certificate", "Site"]))

    def test_keys_of_cas_become_keys_of_the_chain(self):
        for lists in (f'intermediates = [ "{pin("a")}", "{pin("b")}" ];', f'anchors = [ "{pin("a")}", "{pin("b")}" ];'):
            for form in ("android", "chromium", "okhttp", "trustkit"):
                self.there_and_back(form, f'name = "x.org"; {lists}', expected=[self.entry("x.org", pins=[pin("a"), pin("b")])])


class Refusals(ConversionCase):
    """Each of these cannot be held: nothing is written, and --lossy says what it leaves out."""

    def refused(self, form, *words, host, said, lossy=0):
        self.policy_of(host)
        extra = {"chromium": ("--pins", os.path.join(self.folder, "keys.pins")), "windows": ("--certificate", "server.pem")}.get(form, ())
        self.exports(form, *extra, *words, status=1, said=(said, "--lossy", f"{self.policy}:3: "))
        self.assertEqual(sorted(self.snapshot()), ["policy.cfg"])
        text = self.exports(form, *extra, *words, "--lossy", status=lossy, said=said)
        if form == "chromium" and lossy == 0:
            os.unlink(os.path.join(self.folder, "keys.pins"))
        return text

    def test_keys_of_cas_to_formats_of_the_server_s_own(self):
        for form in ("curl", "envoy"):
            for lists in ("intermediates", "anchors"):
                self.refused(form, host=f'name = "x.org"; {lists} = [ "{pin("a")}" ];', said="keys of CAs", lossy=1)
            text = self.refused(form, host=f'name = "x.org"; intermediates = [ "{pin("c")}" ]; {A}', said="keys of CAs")
            self.assertNotIn(b64("c"), text)
        self.refused("postfix", host=f'name = "x.org"; ports = [ 25 ]; anchors = [ "{pin("a")}" ];', said="keys of CAs", lossy=1)

    def test_bare_digests_to_windows(self):
        self.refused("windows", host=f'name = "x.org"; {A}', said="a bare digest", lossy=1)
        text = self.refused("windows", host=f'name = "x.org"; pins = [ "{pin_of("server.pem")}", "{pin("a")}" ];', said="a bare digest")
        self.assertEqual(text.count("<Certificate "), 1)

    def test_expiry(self):
        dated = f'name = "x.org"; expires = "2031-04-30"; {AB}'
        for form in ("chromium", "curl", "envoy", "okhttp", "tlsa"):
            self.refused(form, host=dated, said="its date of expiry")
        for form in ("android", "trustkit"):
            text = self.refused(form, host=dated.replace("30\"", '30T12:00:00Z"'), said="time of day")
            self.assertIn("2031-05-01", text)
            self.refused(form, host=dated.replace("2031", "2001"), said="has expired", lossy=1)
        self.policy_of(f'name = "x.org"; expires = "2031-04-30"; on_expiry = "enforce"; {A}')
        self.exports("curl", said="stays enforced")
        self.policy_of(f'name = "x.org"; expires = "2031-04-30"; pins = [ "{pin_of("server.pem")}" ];',
                       f'name = "y.org"; pins = [ "{pin_of("server.pem")}" ];')
        self.exports("windows", "--certificate", "server.pem", status=1, said="one date of expiry for all")

    def test_ports(self):
        for form in ("android", "chromium", "curl", "envoy", "hpkp", "okhttp", "trustkit"):
            self.refused(form, host=f'name = "x.org"; ports = [ 443 ]; {AB}', said="its ports (443)")
        self.policy_of(f'name = "x.org"; ports = [ 443 ]; {A}', f'name = "x.org"; ports = [ 444 ]; pins = [ "{pin("c")}" ];')
        self.assertEqual(self.exports("android", "--lossy", said="different entries for its ports").count("<domain "), 1)
        self.assertEqual(self.exports("tlsa").count("\n"), 2)
        self.refused("postfix", host=f'name = "x.org"; {A}', said="an entry for every port", lossy=1)
        self.assertIn("[x.org]:587 ", self.exports("postfix", "--port", "587"))
        self.assertIn("_25._tcp.x.org. ", self.exports("tlsa", "--port", "25"))

    def test_names(self):
        for form in ("curl", "envoy", "postfix", "tlsa"):
            ports = "ports = [ 25 ];" if form == "postfix" else ""
            self.refused(form, host=f'name = "x.org"; include_subdomains = true; {ports} {A}', said="the names below it")
            self.refused(form, host=f'name = "*.x.org"; {ports} {A}', said="a wildcard", lossy=1)
        for form in ("android", "chromium", "trustkit", "hpkp"):
            self.refused(form, host=f'name = "*.x.org"; {AB}', said="a wildcard", lossy=1)
        for form in ("chromium", "envoy", "hpkp", "tlsa", "trustkit", "windows"):
            self.refused(form, host=f'name = "192.0.2.1"; {AB}', said="an IP address", lossy=1)

    def test_modes(self):
        for form in ("android", "chromium", "curl", "envoy", "okhttp", "postfix", "tlsa"):
            self.refused(form, host=f'name = "x.org"; mode = "audit"; {A}', said="mode audit", lossy=1)
        for form in ("curl", "envoy", "hpkp", "okhttp", "postfix", "tlsa", "windows"):
            self.refused(form, host='name = "x.org"; mode = "off";', said="mode off", lossy=1)

    def test_rules_that_hold_together(self):
        for form in ("android", "tlsa", "okhttp"):
            text = self.refused(form, host=f'name = "x.org"; {A} intermediates = [ "{pin("c")}" ]; require = "all";', said="require all")
            self.assertNotIn(b64("c"), text)
            self.refused(form, host=f'name = "x.org"; {A} anchors = [ "{pin("c")}" ];', said="must end in an anchor")

    def test_fingerprints(self):
        for form in ("android", "chromium", "curl", "hpkp", "okhttp", "trustkit", "windows"):
            self.refused(form, host=f'name = "x.org"; fingerprints = [ "{pin("a")}" ];', said="digests of certificates", lossy=1)

    def test_too_few_pins(self):
        for form in ("hpkp", "trustkit"):
            self.refused(form, host=f'name = "x.org"; {A}', said="fewer than 2 pins")

    def test_keys_of_a_less_specific_entry_count_for_okhttp(self):
        self.policy_of(f'name = "x.org"; include_subdomains = true; {A}', f'name = "api.x.org"; pins = [ "{pin("b")}" ];')
        self.exports("okhttp", status=1, said='okhttp accepts the keys of "x.org" as well')
        self.exports("okhttp", "api.x.org")

    def test_blocked_keys(self):
        self.write_policy(f'version = 1;\nblocked_keys = [ "{pin("z")}" ];\nexempt_anchors = [ "{pin("y")}" ];\n'
                          f'hosts = ( {{ name = "x.org"; {A} }} );\n')
        self.exports("android", status=1, said=("cannot hold blocked_keys", "exempt_anchors are left out"))
        self.exports("android", "--lossy")


class Usage(ConversionCase):
    def test_one_host_at_a_time(self):
        self.policy_of(f'name = "x.org"; {AB}', f'name = "y.org"; {AB}')
        for form in SINGLE:
            self.exports(form, status=2, said="name one HOST of the 2")
            self.assertIn(b64("a"), self.exports(form, "Y.org."))

    def test_hosts(self):
        self.policy_of(f'name = "x.org"; {A}', f'name = "xn--bcher-kva.example"; {A}')
        self.assertEqual(self.exports("okhttp", "bücher.example").count(".add("), 1)
        self.exports("okhttp", "x.org", "z.org", status=3, said="z.org: the policy has no entry for it")
        self.exports("okhttp", "x org", status=2)

    def test_options_that_do_not_belong(self):
        self.policy_of(f'name = "x.org"; {A}')
        self.pinctl("export", status=2)
        self.exports("chromium", status=2, said="expected --pins FILE")
        self.exports("android", "--pins", "x", status=2)
        self.exports("android", "--port", "1", status=2)
        self.exports("postfix", "--port", "0", status=2)
        self.exports("android", "--certificate", "server.pem", status=2)
        self.exports("windows", "--certificate", "absent.pem", status=3)

    def test_files_that_cannot_be_written(self):
        self.policy_of(f'name = "x.org"; {A}')
        self.exports("chromium", "--pins", os.path.join(self.folder, "no/such/folder"), status=3, said="No such file")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([os.environ["PINCTL"], "export", "--format", "curl"], stdout=full, stderr=subprocess.PIPE, check=False,
                                  env=self.environment())
        self.assertEqual(done.returncode, 3, done.stderr)

    def test_broken_and_empty_policies(self):
        self.write_policy("version = 1;\nmode = 7;\n")
        self.exports("curl", status=3, said=f"{self.policy}:2:")
        self.write_policy("version = 1;\n")
        self.exports("curl", status=1, said="nothing to write")

    def test_every_format_is_in_the_help_and_in_the_documents(self):
        for verb in ("import", "export"):
            helped = re.sub(r"\|\n +", "|", self.pinctl(verb, "--help").stdout)
            self.assertIn("--format " + "|".join(ALL), helped)


if __name__ == "__main__":
    main()
