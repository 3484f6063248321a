# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl explain: only keys on the part of the path that signatures prove count, whatever else is shown."""

from pinctl_case import CA, PinctlCase, fingerprint_of, issue, main, openssl, pin_of, read, write

HOST = "api.example.com"
SUBJECT = "/O=Example/CN=Test Issuing CA"
NAME = ("subjectAltName=DNS:api.example.com", "basicConstraints=CA:FALSE")
# Without key identifiers, issuers are found by name alone, and only the signature tells them apart.
ANONYMOUS = ("subjectKeyIdentifier=none", "authorityKeyIdentifier=none")


def bundle(name, *certificates):
    return write(name, b"".join(read(f"{certificate}.pem") for certificate in certificates))


class Explain(PinctlCase):
    def entry(self, head="", **settings):
        lines = " ".join(f"{name} = {value};" for name, value in settings.items())
        self.write_policy(f'version = 1;\n{head}\nhosts = ( {{ name = "{HOST}"; {lines} }} );\n')

    def pinned(self, *certificates, **settings):
        pins = ", ".join(f'"{pin_of(f"{certificate}.pem")}"' for certificate in certificates)
        self.entry(pins=f"[ {pins} ]", **settings)

    def explain(self, chain, status, host=HOST, ca="root.pem"):
        found = self.json("explain", host, "--chain", chain, "--ca", ca, status=status)
        self.assertEqual(found["allowed"], status == 0)
        self.assertIn(f"verdict={found['verdict']}", found["log"])
        return found

    def accepts(self, chain, **options):
        found = self.explain(chain, 0, **options)
        self.assertTrue(found["openssl"]["accepts"])
        return found

    def refuses(self, chain, reason, **options):
        found = self.explain(chain, 1, **options)
        self.assertEqual((found["verdict"], found["reason"]), ("refused", reason))
        return found


class MixUps(Explain):
    def test_digests_of_certificates(self):
        self.entry(pins=f'[ "{fingerprint_of("server.pem")}" ]', fingerprints=f'[ "{pin_of("ca.pem")}" ]')
        found = self.refuses("chain.pem", "no-pin")
        self.assertEqual([item["mixed_up"] for item in found["certificates"]],
                         [[f"the digest of the certificate is in pins of policy.cfg:3; of its key it is {pin_of('server.pem')}"],
                          [f"the digest of the key is in fingerprints of policy.cfg:3; of its certificate it is "
                           f"{fingerprint_of('ca.pem')}"], []])
        text = self.pinctl("explain", HOST, "--chain", "chain.pem", "--ca", "root.pem", status=1).stdout
        self.assertIn("the digest of the certificate is in pins of policy.cfg:3", text)

    def test_none(self):
        self.pinned("server", fingerprints=f'[ "{fingerprint_of("ca.pem")}" ]')
        self.assertEqual([item["mixed_up"] for item in self.accepts("chain.pem")["certificates"]], [[], [], []])


class SoundChains(Explain):
    def test_each_key_of_the_path(self):
        for certificate, depth in (("server", 0), ("ca", 1), ("root", 2)):
            self.pinned(certificate)
            found = self.accepts("chain.pem")
            self.assertEqual(found["tried"][0]["matched_at_depth"], {"pins": depth})
            self.assertEqual([item["proven"] for item in found["certificates"]], [True] * 3)
            self.assertEqual([bool(item["listed"]) for item in found["certificates"]],
                             [at == depth for at in range(3)])

    def test_roles_and_digests(self):
        self.pinned("server")
        found = self.accepts("chain.pem")["certificates"]
        self.assertEqual([item["role"] for item in found], ["leaf", "intermediate", "root"])
        self.assertEqual([item["pin"] for item in found], [pin_of(f"{n}.pem") for n in ("server", "ca", "root")])
        self.assertEqual(found[0]["fingerprint"], fingerprint_of("server.pem"))

    def test_swapped_key(self):
        self.pinned("server")
        self.refuses("swapped-chain.pem", "no-pin")

    def test_new_leaf_under_a_pinned_intermediate(self):
        self.entry(intermediates=f'[ "{pin_of("ca.pem")}" ]')
        self.accepts("swapped-chain.pem")
        issue("elsewhere", "/CN=api.example.com", "other", NAME)
        found = self.refuses(bundle("elsewhere-chain.pem", "elsewhere", "other"), "no-intermediate")
        self.assertTrue(found["openssl"]["accepts"])

    def test_fingerprints_and_anchors(self):
        self.entry(fingerprints=f'[ "{fingerprint_of("server.pem")}" ]', anchors=f'[ "{pin_of("root.pem")}" ]')
        self.accepts("chain.pem")
        self.refuses("swapped-chain.pem", "no-pin")
        self.entry(anchors=f'[ "{pin_of("ca.pem")}" ]')
        found = self.refuses("chain.pem", "no-anchor")
        self.assertEqual(found["certificates"][1]["listed"][0]["why_not"], "the path does not end here")
        self.entry(intermediates=f'[ "{pin_of("server.pem")}" ]')
        found = self.refuses("chain.pem", "no-intermediate")
        self.assertFalse(found["certificates"][0]["listed"][0]["counts"])

    def test_blocked_keys(self):
        self.entry(head=f'blocked_keys = [ "{pin_of("ca.pem")}" ];', pins=f'[ "{pin_of("server.pem")}" ]')
        self.refuses("chain.pem", "blocked-key")

    def test_ports_and_addresses(self):
        self.pinned("server", ports="[ 443 ]")
        self.refuses("swapped-chain.pem", "no-pin", host=f"{HOST}:443")
        self.refuses("swapped-chain.pem", "no-pin")
        self.assertEqual(self.accepts("swapped-chain.pem", host=f"{HOST}:8443")["verdict"], "not-covered")
        self.write_policy(f'version = 1; hosts = ( {{ name = "127.0.0.1"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        self.accepts("chain.pem", host="127.0.0.1:443")
        self.refuses("swapped-chain.pem", "no-pin", host="127.0.0.1")
        self.assertFalse(self.explain("chain.pem", 1, host="127.0.0.2")["openssl"]["accepts"])

    def test_audit(self):
        self.pinned("server", mode='"audit"')
        self.assertEqual(self.accepts("swapped-chain.pem")["verdict"], "audited")


class ShownButNotProven(Explain):
    def not_on_path(self, found, certificate):
        (item,) = [item for item in found["certificates"] if item["pin"] == pin_of(f"{certificate}.pem")]
        self.assertFalse(item["proven"])
        self.assertIsNone(item["depth"])
        self.assertFalse(item["listed"][0]["counts"])

    def test_pinned_certificate_appended_unconnected(self):
        self.pinned("other", "server")
        self.not_on_path(self.refuses(bundle("appended.pem", "swapped", "ca", "other"), "no-pin"), "other")
        self.not_on_path(self.refuses(bundle("appended.pem", "swapped", "ca", "server"), "no-pin"), "server")

    def test_signed_by_another_key_of_the_same_name(self):
        """The true issuer is shown, found by its name, and did not sign."""
        issue("true-ca", SUBJECT, "root", CA, identifiers=ANONYMOUS)
        issue("fake-ca", SUBJECT, extensions=CA, identifiers=ANONYMOUS)
        issue("forged", "/CN=api.example.com", "fake-ca", NAME, identifiers=ANONYMOUS)
        self.pinned("true-ca", "root")
        found = self.refuses(bundle("forged-chain.pem", "forged", "true-ca"), "no-pin")
        self.assertEqual([item["proven"] for item in found["certificates"]], [True, False, False])
        self.assertIn("signature", found["openssl"]["error"])
        self.pinned("forged")
        found = self.explain(bundle("forged-chain.pem", "forged", "true-ca"), 1)
        self.assertEqual(found["verdict"], "accepted")

    def test_issuer_that_is_no_ca(self):
        issue("below", "/CN=api.example.com", "server", NAME)
        chain = bundle("below-chain.pem", "below", "server", "ca")
        self.pinned("server", "ca")
        found = self.refuses(chain, "no-pin")
        self.assertEqual([item["proven"] for item in found["certificates"]][:2], [True, False])

    def test_path_length(self):
        issue("short-ca", "/CN=Short", "root", ("basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=keyCertSign"))
        issue("sub-ca", "/CN=Sub", "short-ca", CA)
        issue("deep", "/CN=api.example.com", "sub-ca", NAME)
        chain = bundle("deep-chain.pem", "deep", "sub-ca", "short-ca")
        self.pinned("short-ca")
        found = self.refuses(chain, "no-pin")
        self.assertIn("path length", found["openssl"]["error"])
        self.pinned("sub-ca")
        self.assertEqual(self.explain(chain, 1)["verdict"], "accepted")

    def test_key_usage(self):
        issue("no-sign", "/CN=No Sign", "root", ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,cRLSign"))
        issue("unsigned", "/CN=api.example.com", "no-sign", NAME)
        self.pinned("no-sign")
        self.refuses(bundle("no-sign-chain.pem", "unsigned", "no-sign"), "no-pin")


class HarmlessErrors(Explain):
    def judged(self, chain, error, **options):
        """OpenSSL refuses, the whole shown path is proven, and the policy is satisfied."""
        found = self.explain(chain, 1, **options)
        self.assertFalse(found["openssl"]["accepts"])
        self.assertIn(error, found["openssl"]["error"])
        self.assertEqual(found["verdict"], "accepted")
        self.assertTrue(all(item["proven"] for item in found["certificates"]))

    def test_unknown_root(self):
        self.pinned("ca")
        self.judged("chain.pem", "unable to get", ca="server.pem")
        self.judged("chain.pem", "issuer certificate", ca="other.pem")

    def test_self_signed(self):
        issue("alone", "/CN=api.example.com", extensions=NAME)
        self.pinned("alone")
        self.judged("alone.pem", "self-signed")

    def test_other_name(self):
        """The server's own key is pinned whatever its certificate says; a CA's only for what it says."""
        issue("misnamed", "/CN=else.org", "ca", ("subjectAltName=DNS:else.org",))
        chain = bundle("misnamed-chain.pem", "misnamed", "ca")
        self.pinned("misnamed")
        self.judged(chain, "hostname mismatch")
        self.pinned("ca")
        self.refuses(chain, "wrong-name")

    def test_expired(self):
        issue("expired", "/CN=api.example.com", extensions=NAME)
        write("expired.pem", openssl("x509", "-in", "expired.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "-1"))
        chain = bundle("expired-chain.pem", "expired", "ca")
        self.pinned("expired")
        self.judged(chain, "expired")
        self.pinned("ca")
        self.refuses(chain, "out-of-date")

    def test_not_a_server(self):
        issue("client", "/CN=api.example.com", "ca", NAME + ("extendedKeyUsage=clientAuth",))
        chain = bundle("client-chain.pem", "client", "ca")
        self.pinned("client")
        self.judged(chain, "purpose")
        self.pinned("ca")
        self.refuses(chain, "not-a-server")


class Text(Explain):
    def test_refusal(self):
        self.pinned("server", "other")
        text = self.pinctl("explain", f"{HOST}:443", "--chain", bundle("a.pem", "swapped", "ca", "other"), "--ca",
                           "root.pem", status=1).stdout
        for part in ("0   leaf          CN=api.example.com\n", f"1   intermediate  {'CN=Test Issuing CA,O=Example'}\n",
                     f"{'':18}{pin_of('ca.pem')}\n", "-   intermediate  CN=Unconnected CA\n",
                     "in pins of policy.cfg:3; does not count: it is not on the path\n",
                     "OpenSSL: accepts the chain and the name\n", "pins             2 tried: no match\n",
                     "Verdict: refused: ", "Log:     verdict=refused reason=no-pin host=api.example.com port=443"):
            self.assertIn(part, text)
        others = [line for line in text.splitlines() if not line.startswith("Log:")]
        self.assertLessEqual(max(map(len, others)), 80)

    def test_openssl_refuses(self):
        self.pinned("server")
        text = self.pinctl("explain", HOST, "--chain", "chain.pem", "--ca", "other.pem", status=1).stdout
        self.assertIn("OpenSSL: refuses at depth 1: unable to get issuer certificate", text.replace("local ", ""))
        self.assertIn("A program that verifies refuses this anyway.", text)


class CannotBeDone(Explain):
    def test_files(self):
        self.pinned("server")
        for chain, ca, expected in (("absent.pem", "root.pem", "absent.pem: No such file"),
                                    ("chain.pem", "absent.pem", "absent.pem: No such file"),
                                    ("server.key", "root.pem", "expected the server's certificate first"),
                                    ("chain.pem", "server.key", "server.key: expected a certificate"),
                                    (write("cut.pem", read("chain.pem")[:-30]), "root.pem", "damaged")):
            done = self.pinctl("explain", HOST, "--chain", chain, "--ca", ca, status=3)
            self.assertIn(expected, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_broken_policy(self):
        self.write_policy("oops")
        self.pinctl("explain", HOST, "--chain", "chain.pem", status=3)


if __name__ == "__main__":
    main()
