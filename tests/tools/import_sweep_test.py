# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import: a digest that no reader took is named, wherever it stands (tools/formats/import_sweep.c)."""

from conversion_case import A, B, BOTH, ONE, UNEXPECTED, ImportCase, b64, curl, hexed
from pinctl_case import main


class SecondPlace(ImportCase):
    """A digest that was taken in one place says nothing of the same digest in another."""

    def test_in_envoy_is_named(self):
        self.form = "envoy"
        good = "x:\n  sni: x.org\n  verify_certificate_spki: [%s]\n" % b64("a")
        self.rows([
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

    def test_in_curl_is_named(self):
        self.form = "curl"
        command = f"curl --pinnedpubkey {curl('a')} https://x.org/\n"
        self.rows([
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

    def test_in_okhttp_is_named(self):
        self.form = "okhttp"
        good = f'CertificatePinner.Builder().add("x.org", "{A}").build()\n'
        self.rows([
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

    def test_in_git_is_named(self):
        self.form = "git"
        git = f'[http "https://x.org/"]\n\tpinnedpubkey = {curl("a")}\n'
        self.rows([
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


class Lines(ImportCase):
    def test_line_of_the_stray_one_is_named(self):
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
                self.form = form
                self.assertEqual(self.lines_named(text), lines)


if __name__ == "__main__":
    main()
