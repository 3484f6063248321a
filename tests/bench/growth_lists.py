# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes lists of pins in each format that pinctl imports, of any number of hosts, or of keys if a format is of one host."""

import base64


def digest(number):
    return number.to_bytes(32, "big")


def b64(number):
    return base64.b64encode(digest(number)).decode()


def colons(number):
    return ":".join(f"{byte:02X}" for byte in digest(number))


def host(number):
    return f"i{number}.example.net"


def each(count, pattern, join=""):
    """The pattern once for each number, with {host}, {b64}, {hex}, {colons} and {i} filled in."""
    return join.join(pattern.format(host=host(i), b64=b64(i), hex=digest(i).hex(), colons=colons(i), i=i) for i in range(count))


def plist(key, inside):
    return f'<plist version="1.0"><dict><key>{key}</key><dict>{inside}</dict></dict></plist>\n'


def chromium(count):
    pinsets = each(count, '{{"name": "s{i}", "static_spki_hashes": ["K{i}"]}}', ",\n")
    entries = each(count, '{{"name": "{host}", "policy": "custom", "mode": "force-https", "pins": "s{i}"}}', ",\n")
    return f'{{"pinsets": [\n{pinsets}],\n"entries": [\n{entries}]}}\n'


def chromium_pins(count):
    return each(count, "K{i}\nsha256/{b64}\n\n")


def firefox(count):
    sets = each(count, 'static const char k{i}Fingerprint[] = "{b64}";\nstatic const char* const kPinset_p{i}_Data[] = {{\n'
                "  k{i}Fingerprint,\n}};\nstatic const StaticFingerprints kPinset_p{i} = {{\n"
                "  sizeof(kPinset_p{i}_Data) / sizeof(const char*),\n  kPinset_p{i}_Data\n}};\n")
    rows = each(count, '  {{ "{host}", true, false, false, -1, &kPinset_p{i} }},\n')
    return f"{sets}static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {{\n{rows}}};\n"


# Format: (text, further words of the command). A format of one host gets as many keys instead of hosts.
LISTS = {
    "android": (lambda n: "<network-security-config>\n" + each(
        n, '<domain-config><domain>{host}</domain><pin-set><pin digest="SHA-256">{b64}</pin></pin-set></domain-config>\n')
        + "</network-security-config>\n", ()),
    "apple": (lambda n: plist("NSPinnedDomains", each(
        n, "<key>{host}</key><dict><key>NSPinnedLeafIdentities</key><array><dict><key>SPKI-SHA256-BASE64</key>"
        "<string>{b64}</string></dict></array></dict>\n")), ()),
    "chromium": (chromium, ("--pins", "{list}.pins")),
    "curl": (lambda n: each(n, 'url = "https://{host}/"\npinnedpubkey = "sha256//{b64}"\n', "next\n"), ()),
    "envoy": (lambda n: "clusters:\n" + each(n, "- sni: {host}\n  verify_certificate_spki: [ \"{b64}\" ]\n"), ()),
    "firefox": (firefox, ()),
    "git": (lambda n: each(n, '[http "https://{host}/"]\n\tpinnedpubkey = sha256//{b64}\n'), ()),
    "gnutls": (lambda n: each(n, "|c0|{host}|443|0|6|{hex}\n"), ()),
    "hpkp": (lambda n: "Public-Key-Pins: " + each(n, 'pin-sha256="{b64}"; ') + "max-age=5184000\n", ("--host", "one.example.net")),
    "knot_resolver": (lambda n: each(n, "policy.TLS_FORWARD({{{{'192.0.2.1', hostname='{host}', pin_sha256='{b64}'}}}})\n"), ()),
    "msmtp": (lambda n: each(n, "account a{i}\nhost {host}\ntls_fingerprint {colons}\n"), ()),
    "okhttp": (lambda n: each(n, "{host} -> sha256/{b64}\n"), ()),
    "openconnect": (lambda n: "openconnect" + each(n, " --servercert pin-sha256:{b64}") + " https://one.example.net/\n", ()),
    "postfix": (lambda n: each(n, "[{host}] fingerprint match={colons}\n"), ()),
    "stubby": (lambda n: "upstream_recursive_servers:\n" + each(
        n, '  - address_data: 192.0.2.53\n    tls_auth_name: "{host}"\n    tls_pubkey_pinset:\n      - digest: "sha256"\n        value: {b64}\n'), ()),
    "tlsa": (lambda n: each(n, "_443._tcp.{host}. IN TLSA 3 1 1 {hex}\n"), ()),
    "trustkit": (lambda n: plist("TSKPinnedDomains", each(
        n, "<key>{host}</key><dict><key>TSKPublicKeyHashes</key><array><string>{b64}</string><string>sha256-spare</string></array></dict>\n")
        .replace("sha256-spare", b64(10 ** 9))), ()),
    "weechat": (lambda n: "[server]\n" + each(n, 's{i}.addresses = "{host}/6697"\ns{i}.tls_fingerprint = "{hex}"\n'), ()),
    "windows": (lambda n: "<PinRules>\n" + each(
        n, '<PinRule Name="r{i}"><Certificate File="one.cer"/><Site Domain="{host}"/></PinRule>\n') + "</PinRules>\n", ()),
}
