# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format git: pinnedPubkey in sections, listed settings and commands of git."""

from conversion_case import A, B, BOTH, C, HOSTS, ONE, UNEXPECTED, ImportCase, curl
from pinctl_case import main

SECTION = f'[http "https://x.org/"]\n\tpinnedPubKey = {curl("a")}\n'
LOWER = f'[http "https://x.org/"]\n\tpinnedpubkey = {curl("a")}\n'
WITHOUT_SLASH = f'[http "https://x.org"]\n\tpinnedPubKey = {curl("a")}\n'
LISTED = f"http.https://x.org/.pinnedpubkey {curl('a')}\n"
NARROW = "is for one user or path, and line"


def section(url, word):
    return f'[http "{url}"]\n\tpinnedPubKey = {curl(word)}\n'


class Git(ImportCase):
    form = "git"


class Hosts(Git):
    TEXT = (f'[user]\n\tname = x\n[http "https://x.org/"]\n\tpinnedpubkey = {curl("a")}\n'
            f'[HTTP "https://y.org:8443/"] # own\n\tPinnedPubKey = "{curl("b")};\\\n{curl("c")}" ; old\n')

    def test_hosts_of_sections(self):
        self.assertEqual(self.pins(self.TEXT), {"x.org": [A], "y.org:8443": [B, C]})

    def test_host_of_the_option_leaves_out_the_others(self):
        self.assertEqual(self.pins(self.TEXT, "--host", "y.org", said='"x.org" is another host'), {"y.org:8443": [B, C]})

    def test_section_without_a_host_or_with_a_path(self):
        general = f"[http]\n\tpinnedpubkey = {curl('a')}\n"
        self.pins(general, status=2, said="expected --host HOST")
        self.assertEqual(self.pins(general, "--host", "x.org"), {"x.org": [A]})
        self.forget()
        path = f'[http "https://x.org/repo"]\n\tpinnedpubkey = {curl("a")}\n'
        self.pins(path, status=1, said="is for one path")
        self.assertEqual(self.pins(path, "--lossy"), {"x.org": [A]})

    def test_general_pins_give_way_to_those_of_a_host(self):
        general = f"[http]\n\tpinnedpubkey = {curl('c')}\n"
        done, found = self.taken("general", general + LOWER, 0, "--format", "git", "--host", "x.org")
        self.assertEqual(found, ONE)
        self.assertIn(":2: pinnedPubkey is given again in line 4", done.stderr)
        general = f'[http]\n\tpinnedPubKey = {curl("c")}\n'
        for number, (url, entries) in enumerate((("x.org:443/", {"x.org:443": [A]}), ("x.org", ONE))):
            self.assertEqual(self.taken(f"own-{number}", general + SECTION.replace("x.org/", url), 0, "--host", "x.org")[1], entries)

    def test_narrow_sections_of_another_host_do_not_matter(self):
        for number, other in enumerate(("http://x.org/", "https://x.org/team/", "https://me@x.org/")):
            text = section(other, "b") + section("https://x.org/", "c") + section("https://y.org/", "a")
            done, found = self.taken(f"git-host-{number}", text, 0, "--format", "git", "--host", "y.org")
            self.assertEqual(found, {"y.org": [A]}, done.stderr)

    def test_each_has_its_pins(self):
        self.rows([
            (f'file:/etc/gitconfig\thttp.https://y.org/.pinnedpubkey={curl("b")}\nhttp.https://x.org/.pinnedpubkey={curl("a")}\n', {"x.org": [A], "y.org": [B]}, None),
            (WITHOUT_SLASH.replace("org", "org:443"), {"x.org:443": [A]}, None),
            (WITHOUT_SLASH + f"http.https://y.org/.pinnedpubkey {curl('b')}\n", HOSTS, None),
            (WITHOUT_SLASH + f'[http "https://*.y.org:8443/"]\n\tpinnedPubKey = {curl("b")}\n', {**ONE, "*.y.org:8443": [B]}, None),
            (f"git config --global http.https://y.org/.pinnedPubkey {curl('b')}\n" + LOWER, {**ONE, "y.org": [B]}, None),
        ])

    def test_unclear_ones_are_named(self):
        self.rows([
            (f'[http "nowhere:x"]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, "expected https://HOST/"),
            (f"[http]\n\tpinnedpubkey = {curl('c')}\n" + LOWER, ONE, "nothing says whose pins"),
            (LOWER + '[http "https://y.org/"]\n\tpinnedpubkey =\n', ONE, "has no pin"),
            (LOWER + f'[http "https://x.org:8443/"]\n\tpinnedpubkey = {curl("b")}\n', ONE, "for every port or for the same one"),
            (SECTION.replace(curl("a"), curl("c")).replace("org/", "org/a/") + SECTION.replace("org/", "org/a/"), ONE, "is for one path"),
            (SECTION + f'[http "https://x.org:8443"]\n\tpinnedPubKey = {curl("b")}\n', ONE, "for every port or for the same one"),
            (SECTION.replace(curl("a"), curl("c")).replace("org/", "org:443/a") + SECTION.replace("org/", "org/a"), ONE, "is for one path"),
            (SECTION + SECTION.replace(curl("a"), curl("c")).replace("org/", "org:80/"), ONE, "for every port or for the same one"),
            (section("https://x.org/team/", "b") + SECTION, ONE, NARROW),
            (SECTION + section("https://x.org/team/", "b"), ONE, NARROW),
            (section("https://me@x.org/", "b") + SECTION, ONE, NARROW),
            (section("https://me@x.org/team", "b") + SECTION + section("https://x.org/c", "c"), ONE, NARROW),
            (section("https://x.org:8443/a", "b") + section("https://x.org:8443", "a"), {"x.org:8443": [A]}, NARROW),
            (section("https://x.org/a", "a") + section("https://x.org/c", "c"), ONE, "is for one path; the entry covers the whole host"),
            (section("http://x.org/", "b") + SECTION, ONE, "is without TLS"),
            (section("HTTP://y.org/", "b") + SECTION, ONE, "is without TLS"),
            (section("ssh://y.org/", "b") + SECTION, ONE, "is without TLS"),
            (f"http.https://x.org/a.b/.pinnedpubkey={curl('b')}\nhttp.https://x.org/.pinnedpubkey={curl('a')}\n", ONE, NARROW),
        ])


class Values(Git):
    def test_unquoted_list_is_taken_whole_with_a_note(self):
        """Git itself takes what stands behind an unquoted ";" for a comment."""
        cut = "git itself reads pinnedPubKey up to the first"
        good = WITHOUT_SLASH
        for number, (text, notes) in enumerate([
            (good[:-1] + ";" + curl("b") + "\n", 1),
            (good.replace("= ", '= "')[:-1] + ";" + curl("b") + '"\n', 0),
            (good[:-1] + " ; of 2024\n", 0),
            (f"http.https://x.org/.pinnedpubkey={curl('a')};{curl('b')}\n", 0),
        ]):
            done, found = self.taken(f"cut-{number}", text, 0, "--format", "git")
            self.assertEqual(found, ONE if "2024" in text else BOTH)
            self.assertEqual(done.stderr.count(cut), notes, done.stderr)


class Commands(Git):
    def test_listed_setting_is_taken(self):
        self.assertEqual(self.pins(f"user.name=x\nhttp.https://x.org/.pinnedpubkey={curl('a')}\n"), {"x.org": [A]})

    def test_settings_within_commands(self):
        good = f'[http "https://y.org/"]\n\tpinnedPubkey = {curl("b")}\n'
        two, lost = {"y.org": [B]}, "pinnedpubkey is not read here"
        self.rows([
            (f"git config --global http.https://x.org/.pinnedPubkey {curl('a')}\n", ONE, None),
            (f"git config --global http.\"https://x.org/\".pinnedPubkey \"{curl('a')};{curl('b')}\"\n", BOTH, None),
            (f"git config http.https://x.org/.pinnedPubkey '{curl('a')};{curl('b')}'\n", BOTH, None),
            (f"RUN git config --system http.https://x.org/.pinnedPubkey {curl('a')}\n" + good, HOSTS, None),
            ("git config http.https://x.org/.pinnedPubkey \"$PIN\"\n" + good, two, "expected sha256//BASE64"),
            (f"git config http.https://x.org/.pinnedPubkey {curl('a')} && make\n" + good, two, "expected sha256//BASE64"),
            ("git config 'http.https://x.org/.pinnedPubkey' \"$PIN\"\n" + good, two, lost),
            ("git -c http.pinnedPubkey=\"$PIN\" clone https://x.org/r\n" + good, two, lost),
            ("GIT_CONFIG_KEY_0=http.https://x.org/.pinnedPubkey\n" + good, two, lost),
            ("[remote \"o\"]\n\tpinnedPubkey = $PIN\n" + good, two, lost),
            (f"[http \"x.org\"]\n\tpinnedPubkey = {curl('a')}\n" + good, two, "expected https://HOST/"),
            (f"[http \"//x.org/\"]\n\tpinnedPubkey = {curl('a')}\n" + good, two, "expected https://HOST/"),
            ("[http]\n\tsslVerify = true\n# pinnedPubkey = $PIN\n" + good, two, None),
        ])


class Comments(Git):
    def test_what_is_commented_out_says_nothing(self):
        self.pins(f'[http "https://x.org/"]\n#\tpinnedpubkey = {curl("a")}\n;pinnedpubkey = {curl("b")}\n', status=1, said="no pins")
        self.pins(f'[remote "https://x.org/"]\npinnedpubkey = {curl("a")}\n[http "x"]\n', status=1, said="was not expected to have a pin")

    def test_hold_no_pins(self):
        self.rows([
            (f'[http "https://x.org/"]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, None),
            (f'[http "https://x.org/"] pinnedpubkey = {curl("a")} # {curl("c")}\n', {"x.org": [A]}, None),
            (f'[http "https://x.org/"]\npinnedpubkey = "{curl("a")}\\\n;{curl("b")}" ; {curl("c")}\n', {"x.org": [A, B]}, None),
            (WITHOUT_SLASH + f'#[http "https://y.org"]\n;\tpinnedPubKey = {curl("c")}\n', ONE, None),
            (LISTED.replace(curl("a"), curl("c")) + LISTED, ONE, None),
            (SECTION.replace(curl("a"), curl("c")) + SECTION.replace("org/", "org"), ONE, None),
            (SECTION.replace(curl("a"), curl("c")).replace("https://x", "HTTPS://X") + SECTION, ONE, None),
            (SECTION.replace(curl("a"), curl("c")).replace("org/", "org:443/") + SECTION, ONE, None),
            (SECTION.replace(curl("a"), curl("c")).replace("org/", "org:0443") + SECTION, ONE, None),
            (SECTION.replace(curl("a"), curl("c")) + SECTION.replace("org/", "org:443/"), {"x.org:443": [A]}, None),
        ])


class Spellings(Git):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            (f'\ufeff[HTTP "https://x.org/"]\r\n\tPINNEDPUBKEY={curl("a")}\r\n', {"x.org": [A]}, None),
            (f'[http "https://x\\.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, None),
            (WITHOUT_SLASH.replace("//x", "//me@x"), ONE, None),
            (WITHOUT_SLASH.replace('"]', '"]; of 2024'), ONE, None),
            (WITHOUT_SLASH.replace('= ', '= "').replace("\n", '"\n').replace(']"', "]"), ONE, None),
            (f"file:/etc/gitconfig\thttp.https://x.org/.pinnedpubkey={curl('a')}\n", ONE, None),
            (f"global\tfile:x\thttp.https://x.org/.pinnedpubkey={curl('a')}\n", ONE, None),
            (f'[HTTP "HTTPS://X.org/"]\nPINNEDPUBKEY={curl("a")}\n', ONE, None),
            (LISTED, ONE, None),
            ("global\tfile:/etc/gitconfig\t" + LISTED, ONE, None),
            (LISTED[:-1] + f";{curl('b')}\n", BOTH, None),
            (SECTION.replace("https://x", "HTTPS://X"), ONE, None),
            (section("https://me@x.org/", "a"), ONE, None),
        ])


class Digests(Git):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (f'[http "https://x.org/"]\npinnedpubkey\n[http "https://y.org/"]\npinnedpubkey={curl("b")}\n', {"y.org": [B]}, "has no value"),
            (f'[http "https://*.x.org/"]\npinnedpubkey = {curl("a")};sha256//short\n', {"*.x.org": [A]}, "expected sha256//BASE64"),
            (WITHOUT_SLASH + '[http "https://y.org"]\n\tpinnedPubKey = ~/y.pem\n', ONE, "expected sha256//BASE64"),
            (LISTED + "http.https://y.org/.pinnedpubkey\n", ONE, "has no value"),
            (LISTED + "http.https://y.org/.pinnedpubkey /etc/y.pem\n", ONE, "expected sha256//BASE64"),
        ])


class OtherFiles(Git):
    """Files that the text includes."""

    def test_are_named_and_not_read(self):
        self.rows([
            ("[include]\n\tpath = ~/.pins\n" + LOWER, ONE, "include ~/.pins: other files are not read"),
            ('[includeIf "gitdir:~/w/"]\n\tPath = work\n' + LOWER, ONE, "include work: other files are not read"),
        ])


class Unread(Git):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (f'[remote "o"]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, UNEXPECTED),
            (f'git -c http.pinnedPubkey={curl("b")} clone\nhttp.https://x.org/.pinnedpubkey={curl("a")}\n', {"x.org": [A]}, UNEXPECTED),
            (f'[http.https]\npinnedpubkey = {curl("c")}\n[http "https://x.org/"]\npinnedpubkey = {curl("a")}\n', {"x.org": [A]}, UNEXPECTED),
            (WITHOUT_SLASH + f'[http "https://y.org"]\n\tproxy = {curl("b")}\n', ONE, UNEXPECTED),
            (WITHOUT_SLASH + f'[url "https://x.org/"]\n\tinsteadOf = x:\n[alias]\n\tf = "!git -c http.pinnedPubkey={curl("b")} fetch"\n', ONE, UNEXPECTED),
            (f"[http.https://y.org/]\n\tpinnedpubkey = {curl('b')}\n" + LOWER, ONE, UNEXPECTED),
            (LISTED + f"http.https://y.org/.pinnedpubkeys {curl('b')}\n", ONE, UNEXPECTED),
            (LISTED + f"ftp.https://y.org/.pinnedpubkey {curl('b')}\n", ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
