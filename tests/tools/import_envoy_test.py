# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format envoy: verify_certificate_spki and verify_certificate_hash in JSON and YAML."""

from conversion_case import A, B, BOTH, ONE, UNEXPECTED, ImportCase, b64, colons, hexed, pin, raw
from pinctl_case import main

SPKI = "verify_certificate_spki: [%s]"
GOOD = "x:\n  sni: x.org\n  " + SPKI % b64("a") + "\n"
JSON_SPKI = '"verify_certificate_spki": ["%s"]'
CONTEXT = "common_tls_context: {validation_context: {verify_certificate_spki: [%s]}}\n"
LISTED = "- sni: x.org\n  " + CONTEXT % b64("a")
CLIENT = CONTEXT % b64("c")
BLOCK = f"- sni: x.org\n  verify_certificate_spki: [{b64('a')}]\n"
GATEWAY = "kind: Gateway\nspec:\n  servers:\n  - hosts: [y.org]\n    tls: {mode: MUTUAL, verifyCertificateSpki: [%s]}\n" % b64("c")
ELSEWHERE = "what a secret holds that stands elsewhere"
SECRET = "validation_context_sds_secret_config: {name: v, sds_config: {path: s.yaml}}\n"


def context(kind, inside):
    return '{"@type": "x.%sTlsContext", %s}' % (kind, inside)


def cluster(host, word):
    return (f"- typed_config:\n    sni: {host}\n    common_tls_context:\n      validation_context:\n"
            f"        verify_certificate_spki: [{b64(word)}]\n")


JSON = context("Upstream", '"sni": "x.org", "v": {%s}' % (JSON_SPKI % b64("a")))
CLUSTER = cluster("x.org", "a")


class Envoy(ImportCase):
    form = "envoy"


class Contexts(Envoy):
    def test_contexts_wherever_they_stand(self):
        text = '''{"static_resources": {"clusters": [{"name": "c", "transport_socket": {"typed_config": {
          "sni": "x.org", "common_tls_context": {"validation_context": {
             "verify_certificate_spki": ["%s"], "verify_certificate_hash": ["%s", "%s"]}}}}}]}}''' % (
                 b64("a"), raw("b").hex(), colons("c"))
        self.assertEqual(self.imports(text), [self.entry("x.org", pins=[pin("a")], fingerprints=[pin("b"), pin("c")])])

    def test_bad_digests_are_refused(self):
        self.imports("common_tls_context:\n  validation_context:\n    verify_certificate_spki: [x]\n", "--format", "envoy", status=1,
                     said="bad verify_certificate_spki")
        for value, said in (('["AAAA"]', "32 bytes in base64"), ('"x"', "32 bytes in base64"), ("[7]", "32 bytes in base64")):
            self.imports('{"sni": "x.org",\n "verify_certificate_spki": %s}' % value, status=1, said=(said, "list.txt:"))
        self.imports('{"sni": "x.org", "verify_certificate_hash": ["AB"]}', status=1, said="hexadecimal digits")

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

    def test_aliases_damage_and_depth_are_refused(self):
        self.pins("a: &x {verify_certificate_spki: []}\nb: *x\n", status=1, said=":2: *x: aliases are not read")
        self.pins("verify_certificate_spki: [\n", status=3, said="expected YAML")
        self.pins("sni: x.org\nverify_certificate_spki: []\nsni: y.org\n", status=1, said=':3: "sni" stands here a second time')
        self.pins("[" * 100 + "verify_certificate_spki", status=3, said="nested too deeply")

    def test_a_single_hash_needs_no_list(self):
        self.setting = "fingerprints"
        _, found = self.taken("hash", f"sni: x.org\nverify_certificate_hash: \"{colons('a')}\"\n", 0, "--format", "envoy")
        self.assertEqual(found, ONE)

    def test_entries_only_log_where_untrusted_chains_are_accepted(self):
        text = f'sni: x.org\nvalidation_context:\n  verify_certificate_spki: ["{b64("a")}"]\n'
        self.looks([
            (text + "  trust_chain_verification: ACCEPT_UNTRUSTED\n", True),
            (text + "  trustChainVerification: 1\n", True),
            (text + "  trust_chain_verification: VERIFY_TRUST_CHAIN\n", False),
        ])


class Hosts(Envoy):
    def test_host_of_a_bare_context(self):
        bare = '{"verify_certificate_spki": ["%s"]}' % b64("a")
        self.imports(bare, status=1, said="--host names the host")
        self.assertEqual(self.imports(bare, "--host", "x.org"), [self.entry("x.org", pins=[pin("a")])])

    def test_context_without_a_name_is_of_the_host_that_is_given(self):
        one, good = {"x.org": [A]}, cluster("x.org", "a")
        self.rows([
            ("- h: &h y.org\n" + cluster("*h", "b") + good, one, "no \"sni\" says"),
            *[(cluster(empty, "a"), one, None) for empty in ("''", '""')],
            ("- sni: y.org\n  inner:\n  " + cluster("''", "a").replace("\n", "\n  "), one, None),
            *[(f"- applyTo: {part}\n  patch:\n    validation_context: {{verify_certificate_spki: [{b64('b')}]}}\n" + good, one, None)
              for part in ("FILTER_CHAIN", "LISTENER")],
            *[(cluster(other, "b") + good, one, "no \"sni\" says") for other in ("[y.org]", "{y: org}", "~", "null", "", "*y", "true")],
        ], "--host", "x.org")

    def test_star_of_a_wildcard_is_refused(self):
        self.star(f'sni: "HOST"\nverify_certificate_spki: [{b64("a")}]\n')

    def test_each_has_its_pins(self):
        self.rows([
            (CLUSTER + cluster("y.org", "b") + "  h: [{x: y}]\n", ONE | {"y.org": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            ('{"a": %s, "s": %s}' % (JSON, context("Upstream", JSON_SPKI % b64("b"))), {"x.org": [A]}, 'no "sni" says'),
            ('{"a": %s, "s": {"sni": ["y.org"], %s}}' % (JSON, JSON_SPKI % b64("b")), {"x.org": [A]}, 'no "sni" says'),
            (GOOD + "y:\n  auto_sni: true\n  " + SPKI % b64("b") + "\n", ONE, 'no "sni" says'),
            (GOOD + "y:\n  sni: y.org\n  " + SPKI % "" + "\n", ONE, "has no pin"),
            (GOOD + "resources:\n- name: v\n  validation_context: {" + SPKI % b64("b") + "}\n", ONE, 'no "sni" says'),
            ("sni: '*.x.org'\n" + SPKI % b64("a") + "\n", {}, 'knows no names with "*"'),
        ])

    def test_unclear_ones_are_named_with_a_host(self):
        self.rows([
            (LISTED + "- sni: x.org\n  verify_certificate_spki: [%s]\n" % b64("b"), ONE, "with other pins"),
        ], "--host", "x.org")


class Spellings(Envoy):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            (("\ufeff" + '{"a": %s}' % JSON).encode("utf-16"), {"x.org": [A]}, None),
            ("clusters:\n- tls_context:\n    sni: x.org\n    common_tls_context: {validation_context: {%s}}\n" % (SPKI % b64("a")), ONE, None),
            ("kind: EnvoyProxy\nspec: {x: {sni: x.org, combined_validation_context: {default_validation_context: {%s}}}}\n" % (SPKI % b64("a")), ONE, None),
            ('{"sni": "x.org",\n\t"verify_certificate_spki": ["%s"]}\n' % b64("a").replace("/", "\\/").replace("=", "\\u003d"), ONE, None),
            ("sni: X.ORG.\n" + SPKI % ("\n  " + b64("a") + ",\n  " + b64("b")) + "\n", BOTH, None),
            (GOOD + "---\n" + GATEWAY, ONE, None),
            (GATEWAY.replace("hosts: [y.org]", "sni: y.org") + "---\n" + GOOD, ONE, None),
            ("apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec: {configPatches: [{patch: {value: {sni: x.org, " + SPKI % b64("a") + "}}}]}\n", ONE, None),
            ("sni: x.org\nverify_certificate_spki:\n- >-\n  %s\n" % b64("a"), ONE, None),
            (BLOCK + f"  verify_certificate_hash: [{hexed('b')}]\n", ONE, None),
            (BLOCK + f"- hash: {hexed('b')}00\n", ONE, None),
            (BLOCK + f"- hash: x{hexed('b')}\n", ONE, None),
            (cluster("x.org", "a").replace("[", "").replace("]", ""), ONE, None),
            (CLUSTER + f"- filter_chains:\n  - common_tls_context:\n      {SECRET}", ONE, None),
        ])

    def test_each_is_taken_with_a_host(self):
        self.rows([
            (LISTED, ONE, None),
            (LISTED + "- downstream_tls_context: {" + CLIENT[:-1] + "}\n", ONE, None),
            (LISTED + "- downstreamTlsContext: {" + CLIENT[:-1] + "}\n", ONE, None),
            (LISTED + "- require_client_certificate: true\n  " + CLIENT, ONE, None),
            (LISTED + "- requireClientCertificate: false\n  " + CLIENT, ONE, None),
            (LISTED + "- upstream_tls_context: {sni: y.org, " + CONTEXT[:-1] % b64("b") + "}\n", ONE, None),
            (LISTED + "- x: {downstream_tls_context: {a: [{" + CLIENT[:-1] + "}]}}\n", ONE, None),
            (LISTED + "# downstream_tls_context: {" + CLIENT[:-1] + "}\n", ONE, None),
        ], "--host", "x.org")


class Comments(Envoy):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            ('{"a": %s, "b": %s}' % (JSON, context("Downstream", '"sni": "x.org", "c": {"@type": "x.Validator", %s}' % (JSON_SPKI % b64("c")))), {"x.org": [A]}, None),
            ('{"listeners": [{"filter_chains": [{"tls_context": {"sni": "x.org", %s}}]}], "clusters": [%s]}' % (JSON_SPKI % b64("c"), JSON), {"x.org": [A]}, None),
            (f"# verify_certificate_spki: [{b64('c')}]\nsni: x.org\nv:\n  verify_certificate_spki: # [{b64('c')}]\n  - {b64('a')}\n", {"x.org": [A]}, None),
            (GOOD + "# y: {" + SPKI % b64("c") + "}\n", ONE, None),
            (BLOCK + f"# hash: {hexed('c')}\n", ONE, None),
            (BLOCK + f"- remote: {{sha256: {hexed('c')}}}\n", ONE, None),
        ])


class Digests(Envoy):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            ('{"a": %s, "s": {"sni": "y.org", "verify_certificate_spki": {"x": "%s"}}}' % (JSON, b64("b")), {"x.org": [A]}, "expected a list"),
            ("a: %s\n---\nsni: y.org\nverify_certificate_spki: [%s, 7]\n" % (JSON, b64("b")), {"x.org": [A], "y.org": [B]}, "32 bytes in base64"),
            (GOOD + "y:\n  sni: y.org\n  verify_certificate_spki: [sha256/%s]\n" % b64("b"), ONE, "bad verify_certificate_spki"),
            (GOOD + "y:\n  sni: y.org\n  verify_certificate_hash: ['%s']\n" % ("ab" * 20), ONE, "is SHA-1"),
            (GOOD + "y:\n  sni: y.org\n  verify_certificate_spki: {x: %s}\n" % b64("b"), ONE, "expected a list"),
            (CLUSTER + "- verify_certificate_spki: {a: b}\n", ONE, "expected a list"),
        ])


class Twice(Envoy):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            ('{"a": %s,\n "a": %s}' % (JSON, JSON.replace(b64("a"), b64("b"))), {"x.org": [A]}, "stands here a second time"),
        ])


class Yaml(Envoy):
    def test_aliases_and_odd_keys_are_named(self):
        self.rows([
            (f"a: {JSON}\nb: &k\n  sni: y.org\nc: *k\n", {"x.org": [A]}, "*k: aliases are not read"),
            (GOOD + "? [a, b]\n: c\ny:\n  sni: y.org\n  " + SPKI % b64("b") + "\n", {**ONE, "y.org": [B]}, "a key that is no text"),
            (GOOD + "v: &v {" + SPKI % b64("b") + "}\ny:\n  sni: y.org\n  <<: *v\n", ONE, "*v: aliases are not read"),
            ("- h: &h y.org\n" + cluster("*h", "b") + CLUSTER, ONE, "*h: aliases are not read"),
        ])


class Elsewhere(Envoy):
    """Pins that another text or another place holds."""

    def test_texts_and_secrets_are_named(self):
        self.rows([
            (GOOD + "data:\n  envoy.yaml: |\n    sni: y.org\n    verify_certificate_hash: [%s]\n" % hexed("b"), ONE, "a text that holds a configuration"),
            (CLUSTER + f"- common_tls_context:\n    {SECRET}", ONE, ELSEWHERE),
            (CLUSTER + f"- common_tls_context:\n    combined_validation_context:\n      {SECRET}", ONE, ELSEWHERE),
            (CLUSTER + "- commonTlsContext: {validationContextSdsSecretConfig: {name: v}}\n", ONE, ELSEWHERE),
        ])


class Unread(Envoy):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            ('{"a": %s, "s": {"sni": "y.org", "spki_pins": ["%s"]}}' % (JSON, b64("b")), {"x.org": [A]}, UNEXPECTED),
            ('{"a": %s, "s": {"sni": "y.org", "verify_certificate_spki": ["%s"], "verifyCertificateSpki": ["%s"]}}' % (JSON, b64("b"), b64("c")),
             {"x.org": [A], "y.org": [B]}, UNEXPECTED),
            (GOOD + "y:\n  sni: y.org\n  verifyCertificateSPKI: [%s]\n" % b64("b"), ONE, UNEXPECTED),
            (GOOD + "y:\n  sni: y.org\n  pins: [sha256/%s]\n" % b64("b"), ONE, UNEXPECTED),
            (GOOD + 'y: {sni: y.org, "verifyCertificateSPKI":\n ["%s"]}\n' % b64("b").replace("=", "\\u003d"), ONE, UNEXPECTED),
            (GOOD + "y:\n  sni: y.org\n  pin: 'a # %s'\n" % b64("b"), ONE, UNEXPECTED),
            (GOOD + "---\nkind: ClientTrafficPolicy\nspec: {tls: {clientValidation: {spkiHashes: [%s]}}}\n" % b64("b"), ONE, UNEXPECTED),
            (GOOD + "data:\n  envoy.yaml: |\n    sni: y.org\n    " + SPKI % b64("b") + "\n", ONE, UNEXPECTED),
            (BLOCK + f"  verify_certificate_hashes: [{hexed('b')}]\n", ONE, UNEXPECTED),
            (BLOCK + f"  verify_certificate_hashes: [\"{colons('b')}\"]\n", ONE, UNEXPECTED),
            (BLOCK + f"  verify_certificate_spkis: [{b64('b')}]\n", ONE, UNEXPECTED),
            (BLOCK + f"  hash: {hexed('b').upper()}\n", ONE, UNEXPECTED),
            (BLOCK + f"- remote: {{sha256: {hexed('c')}}}\n  hash: {hexed('b')}\n", ONE, UNEXPECTED),
            (CLUSTER + '- unknown: "' + b64("d").replace("/", "\\u002F").replace("+", "\\u002b") + '"\n', ONE, UNEXPECTED),
            (CLUSTER + '- unknown: "' + b64("d").replace("/", "\\u002f").replace("=", "\\u003D") + '"\n', ONE, UNEXPECTED),
        ])

    def test_pins_elsewhere_are_named_with_a_host(self):
        self.rows([
            (LISTED + "- pins: [%s]\n" % b64("b"), ONE, UNEXPECTED),
        ], "--host", "x.org")


if __name__ == "__main__":
    main()
