# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl add: what it writes, what it merges, and what it leaves alone."""

import os
import stat
import subprocess

from pinctl_case import CA, CERTIFICATES, PINCTL, PinctlCase, fingerprint_of, issue, main, path, pin_of, read, write

GOOD = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ZEROS = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FILE = "policy.d/host-api.example.com.cfg"


class Writes(PinctlCase):
    def test_everything_an_entry_can_say(self):
        self.pinctl("add", "API.Example.COM.", "chain.pem", "--backup", "spare.pub", "--intermediate", "chain.pem",
                    "--anchor", "root.pem", "--fingerprint", "chain.pem", "--port", "8443", "--port", "443",
                    "--port", "443", "--include-subdomains", "--mode", "audit", "--expires", "2030-06-30",
                    "--on-expiry", "enforce", "--require", "all", "--comment", 'say "hi" \\ \x07 ü')
        (entry,) = self.json("list")["hosts"]
        self.assertEqual(
            {name: entry[name] for name in entry if name not in ("file", "line")},
            {"name": "api.example.com", "kind": "host", "include_subdomains": True, "ports": [443, 8443],
             "mode": "audit", "mode_is_default": False, "require": "all", "pins": [pin_of("server.pem")],
             "backup_pins": [pin_of("other.pem")], "fingerprints": [fingerprint_of("server.pem")],
             "intermediates": [pin_of("ca.pem")], "anchors": [pin_of("root.pem")], "expires": "2030-06-30",
             "on_expiry": "enforce", "comment": 'say "hi" \\ \x07 ü'})
        self.assertEqual(entry["file"], os.path.join(self.dropins, "host-api.example.com_443_8443.cfg"))

    def test_files_and_modes(self):
        subprocess.run(["sh", "-c", f'umask 077; cd "{CERTIFICATES}"; "$PINCTL" add x.org server.pem'], check=True,
                       env={**self.environment(), "PINCTL": os.environ["PINCTL"]}, capture_output=True)
        modes = {name: stat.S_IMODE(os.stat(os.path.join(self.folder, name)).st_mode)
                 for name in ("policy.cfg", "policy.d", "policy.d/host-x.org.cfg")}
        self.assertEqual(modes, {"policy.cfg": 0o644, "policy.d": 0o755, "policy.d/host-x.org.cfg": 0o644})
        self.assertEqual(sorted(self.snapshot()), ["policy.cfg", "policy.d/host-x.org.cfg", "policy.db"])

    def test_every_spelling_of_a_digest_is_written_as_one(self):
        digest = "61" * 32
        base = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
        for spelling in (digest, ":".join(["61"] * 32), "sha256//" + base, f'pin-sha256="{base}"', "sha256/" + base):
            self.pinctl("add", "x.org", spelling)
        self.assertEqual(self.hosts()["x.org"]["pins"], ["sha256/" + base])

    def test_names_of_files(self):
        names = {"*.example.com": "host-_any.example.com", "_any.example.com": "host-__any.example.com",
                 "2001:DB8::1": "address-2001-db8--1", "192.0.2.1": "host-192.0.2.1", "a-b.org": "host-a-b.org"}
        for host in names:
            self.pinctl("add", host, "server.key")
        self.pinctl("add", "p.org", "server.key", "--port", "1")
        self.pinctl("add", "p_1.org", "server.key")
        self.assertEqual(set(os.listdir(self.dropins)),
                         {f"{name}.cfg" for name in (*names.values(), "host-p.org_1", "host-p__1.org")})

    def test_longest_names(self):
        hosts = [".".join([letter * 62] * 3 + ["b" * 58]) for letter in "ac"]
        for host in hosts:
            self.pinctl("add", host, "server.key")
        self.assertEqual(set(self.hosts()), set(hosts))

    def test_names_in_unicode(self):
        self.pinctl("add", "bücher.example", "server.key")
        self.assertIn("xn--bcher-kva.example", self.hosts())

    def test_dry_run_is_a_patch_and_writes_nothing(self):
        text = self.pinctl("add", "x.org", "server.pem", "--dry-run").stdout
        self.assertEqual(os.listdir(self.folder), [])
        subprocess.run(["patch", "-p0", "-s", "-d", "/"], input=text.encode(), check=True, capture_output=True)
        self.assertEqual(self.hosts()["x.org"]["pins"], [pin_of("server.pem")])
        before = self.snapshot()
        self.pinctl("add", "x.org", GOOD, "--dry-run")
        self.assertEqual(self.snapshot(), before)

    def test_pin_sets_of_the_policy(self):
        self.write_policy(f'version = 1;\npinsets = {{ ours = [ "{GOOD}" ]; }};\n')
        self.pinctl("add", "x.org", "server.pem", "--intermediate", "@ours")
        self.assertEqual(self.hosts()["x.org"]["intermediates"], [GOOD])
        self.pinctl("add", "x.org", "--intermediate", "@others", status=1)


class Merges(PinctlCase):
    def test_adds_to_its_own_entry(self):
        self.pinctl("add", "x.org", "server.pem", "--comment", "first", "--port", "443")
        self.pinctl("add", "x.org", GOOD, "--backup", "spare.pub", "--port", "443", "--comment", "second")
        entry = self.hosts()["x.org"]
        self.assertEqual(entry["pins"], [pin_of("server.pem"), GOOD])
        self.assertEqual((entry["backup_pins"], entry["comment"]), ([pin_of("other.pem")], "second"))

    def test_twice_is_once(self):
        self.pinctl("add", "x.org", "server.pem")
        before = self.snapshot()
        self.assertIn("nothing was changed", self.pinctl("add", "x.org", "chain.pem").stderr)
        self.assertEqual(self.snapshot(), before)

    def test_backup_comes_into_use(self):
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")
        self.pinctl("add", "x.org", "spare.pub")
        entry = self.hosts()["x.org"]
        self.assertEqual((len(entry["pins"]), entry["backup_pins"]), (2, []))
        self.pinctl("add", "x.org", "--backup", "server.pem")
        self.assertEqual(self.hosts()["x.org"]["backup_pins"], [pin_of("server.pem")])

    def test_entries_for_other_ports(self):
        self.pinctl("add", "x.org", "server.pem", "--port", "443")
        self.pinctl("add", "x.org", GOOD, "--port", "8443")
        self.assertEqual(len(self.json("list")["hosts"]), 2)
        for words in ((), ("--port", "443", "--port", "444")):
            self.assertIn("on ports 443", self.pinctl("add", "x.org", GOOD, *words, status=3).stderr)


class Refuses(PinctlCase):
    def unchanged(self, *words, status, expected):
        before = self.snapshot()
        done = self.pinctl("add", *words, status=status)
        self.assertEqual(self.snapshot(), before, words)
        self.assertIn(expected, done.stderr)
        return done

    def test_entries_written_by_hand(self):
        self.write_policy(f'version = 1;\nhosts = (\n  {{ name = "x.org"; pins = [ "{GOOD}" ]; }}\n);\n')
        self.write_policy(f'hosts = ( {{ name = "y.org"; pins = [ "{GOOD}" ]; }} );\n', "policy.d/mine.cfg")
        self.unchanged("x.org", "server.pem", status=3, expected=f"{self.policy}:3: ")
        self.unchanged("y.org", "server.pem", status=3, expected="policy.d/mine.cfg:1: ")

    def test_its_own_files_once_edited(self):
        self.pinctl("add", "api.example.com", "server.pem")
        own = os.path.join(self.folder, FILE)
        with open(own, encoding="utf-8") as file:
            text = file.read()
        for edited in (text + "# note\n", text.replace("hosts", "// mine\nhosts"), "# mine\n" + text,
                       text.split("\n", 3)[3]):
            self.write_policy(edited, FILE)
            self.unchanged("api.example.com", GOOD, status=3, expected="edited by hand")

    def test_a_file_of_its_name_that_is_somebodys(self):
        self.write_policy("version = 1;\n")
        self.write_policy("# nothing yet\n", FILE)
        self.unchanged("api.example.com", GOOD, status=3, expected=f"{FILE}: exists")

    def test_broken_policies_stay_as_they_are(self):
        self.write_policy("version = 1;\nmode = 7;\n")
        self.assertIn(f"{self.policy}:2:", self.unchanged("x.org", GOOD, status=1, expected="error:").stderr)
        self.write_policy("version = 1;\n")
        self.write_policy("oops", "policy.d/mine.cfg")
        self.unchanged("x.org", GOOD, status=1, expected="policy.d/mine.cfg:1")

    def test_changes_that_would_break_it(self):
        self.pinctl("add", "api.example.com", "server.pem")
        done = self.unchanged("api.example.com", "--expires", "2030-06-30T25:00:00Z", status=1, expected="bad date")
        self.assertIn(f"{self.folder}/{FILE}:", done.stderr)
        self.assertIn("nothing was changed", done.stderr)
        self.unchanged("new.org", "@absent", status=1, expected="absent")
        self.unchanged("192.0.2.1", GOOD, "--include-subdomains", status=1, expected="include_subdomains")

    def test_no_main_file_after_a_refusal(self):
        self.pinctl("add", "x.org", "@absent", status=1)
        self.assertEqual(self.snapshot(), {})

    def test_nothing_to_pin(self):
        self.unchanged("x.org", status=2, expected="at least one PIN")
        self.unchanged("x.org", "--comment", "x", status=2, expected="at least one PIN")
        self.pinctl("add", "x.org", "--mode", "off")

    def test_pins_that_are_none(self):
        for pin in (GOOD[:-1], GOOD + "=", GOOD.replace("8=", "9="), "sha256/", "pin-sha256=x"):
            self.unchanged("x.org", pin, status=2, expected="expected the base64 form")
        self.unchanged("x.org", "@", status=2, expected="pin set")
        self.unchanged("x.org", '@a"; x', status=2, expected="pin set")
        self.unchanged("x.org", "absent.pem", status=3, expected="neither a pin")
        self.unchanged("x.org", "ab" * 31, status=3, expected="neither a pin")
        self.unchanged("x.org", write("cut.pem", read("server.pem")[:99]), status=3, expected="damaged")

    def test_files_with_the_wrong_or_too_many_keys(self):
        both = write("both.pem", read("server.pem") + read("swapped.pem"))
        self.unchanged("x.org", both, status=3, expected="several keys")
        authorities = write("authorities.pem", read("ca.pem") + read("other.pem"))
        self.unchanged("x.org", "--intermediate", authorities, status=3, expected="several keys")
        self.unchanged("x.org", authorities, status=3, expected="several keys")
        self.unchanged("x.org", "--fingerprint", "spare.pub", status=3, expected="expected a certificate")

    def test_policies_others_may_write(self):
        self.write_policy("version = 1;\n")
        self.write_policy("", "policy.d/mine.cfg")
        os.chmod(os.path.join(self.folder, "policy.d/mine.cfg"), 0o666)
        self.unchanged("x.org", GOOD, status=3, expected="mine.cfg")

    def test_folders_others_may_write(self):
        """The first policy in there is refused as it would be once it is there; a dry run says so too."""
        for mode in (0o777, 0o775, 0o2757):
            os.chmod(self.folder, mode)
            for more in ((), ("--dry-run",)):
                self.unchanged("x.org", GOOD, *more, status=3, expected=f"{self.policy}: error: lies in a folder of mode "
                               f"{mode:04o}; expected it not to be writable by group or others")
            self.assertEqual(self.snapshot(), {})
        # As /tmp is.
        os.chmod(self.folder, 0o1777)
        os.mkdir(self.dropins)
        os.chmod(self.dropins, 0o777)
        self.unchanged("x.org", GOOD, status=3, expected=f"{self.dropins}: error: has mode 0777; expected")
        os.chmod(self.dropins, 0o755)
        self.pinctl("add", "x.org", GOOD)
        self.pinctl("check")
        os.chmod(self.folder, 0o777)
        done = self.unchanged("y.org", GOOD, status=3, expected=f"{self.policy}: error: lies in a folder of mode 0777")
        self.assertEqual(done.stderr.count("lies in a folder"), 1)

    def test_backups_that_would_stand_alone(self):
        """An entry without a key of a server would accept no server any more but one that has the backup's."""
        for words in (("--anchor", "root.pem"), ("--anchor", "root.pem", "--intermediate", "ca.pem", "--require", "all")):
            with self.subTest(words):
                self.pinctl("add", "x.org", *words)
                done = self.unchanged("x.org", "--backup", "spare.pub", status=3, expected="names no key of a server")
                self.assertIn(f'first: "pinctl add x.org FILE --policy {self.policy}"', done.stderr)
                self.assertRegex(done.stderr, rf"(?m)^pinctl: {self.dropins}/host-x.org.cfg:\d+: ")
                self.unchanged("x.org", "--backup", "spare.pub", "--dry-run", status=3, expected="names no key of a server")
        for words in ((), ("--anchor", "root.pem"), ("--mode", "audit")):
            self.unchanged("new.org", "--backup", "spare.pub", *words, status=2, expected="beside the backup")
        # Beside an intermediate it is another way in; until both are required.
        self.pinctl("add", "x.org", "--backup", "spare.pub", "--require", "any")
        self.unchanged("x.org", "--require", "all", status=3, expected="names no key of a server")
        self.pinctl("add", "x.org", "server.pem", "--require", "all")
        self.pinctl("add", "y.org", "--anchor", "root.pem")
        self.pinctl("add", "y.org", "server.pem", "--backup", "spare.pub")
        entry = self.hosts()["y.org"]
        self.assertEqual((entry["pins"], entry["backup_pins"]), ([pin_of("server.pem")], [pin_of("other.pem")]))

    def test_folders_that_do_not_exist(self):
        self.assertIn("No such file", self.pinctl("add", "x.org", GOOD, "--policy", f"{self.folder}/a/b/policy.cfg",
                                                  status=3).stderr)

    def test_key_and_certificate_in_one_file_are_one(self):
        self.pinctl("add", "x.org", write("pair.pem", read("server.key") + read("chain.pem")))
        self.assertEqual(self.hosts()["x.org"]["pins"], [pin_of("server.pem")])


class Doubts(PinctlCase):
    """What is almost surely a mistake needs --yes; what may be meant is only said."""

    def test_what_is_refused_makes_no_folder(self):
        """A new policy.d alone would make the compiled form one of other files."""
        self.write_policy("version = 1;\n")
        self.pinctl("compile")

        def state():
            return self.json("status", status=None)["policy"]["compiled"]["state"]

        for host in ("www.example.com", "127.0.0.2", "*.com"):
            self.pinctl("add", host, "server.pem", status=1)
            self.assertEqual((os.path.exists(self.dropins), state()), (False, "current"), host)
        self.pinctl("add", "www.example.com", "server.pem", "--yes")
        self.assertEqual((os.listdir(self.dropins), state()), (["host-www.example.com.cfg"], "current"))

    def doubted(self, *words, expected):
        before = self.snapshot()
        done = self.pinctl("add", *words, status=1)
        self.assertIn(expected, done.stderr)
        self.assertIn("nothing was changed; --yes changes it all the same", done.stderr)
        tried = self.pinctl("add", *words, "--dry-run", status=1)
        self.assertIn("would be refused without --yes", tried.stderr)
        self.assertIn("\n+++ ", tried.stdout)
        self.assertEqual(self.snapshot(), before)
        self.pinctl("add", *words, "--yes", "--dry-run")

    def test_certificates_of_others(self):
        self.doubted("www.example.com", "chain.pem", expected="chain.pem: is the certificate of another host: it is for "
                     "api.example.com, 127.0.0.1, x.org and 2 more, not for www.example.com")
        self.doubted("example.com", "server.pem", expected="another host")
        self.doubted("127.0.0.2", "server.pem", expected="another host")
        self.doubted("*.api.example.com", "server.pem", expected="another host")
        self.doubted("*.com", "server.pem", expected="another host")
        self.doubted("x.org", "server.pem", "--backup", "swapped.pem", expected="swapped.pem: is the certificate of another")
        self.doubted("z.org", "--fingerprint", "server.pem", expected="another host")

    def test_certificates_that_fit(self):
        for host, *more in (("api.example.com",), ("127.0.0.1",), ("*.example.com",), ("example.com", "--include-subdomains")):
            self.pinctl("add", host, "server.pem", *more)
        # A server that signed its own certificate, as "openssl req -x509" makes it: a CA by its extensions.
        issue("self", "/CN=self.example.com", None, ("subjectAltName=DNS:self.example.com", *CA))
        self.pinctl("add", "self.example.com", "self.pem")
        # Nobody's, and a key without a certificate.
        issue("nameless", "/O=Nobody", None, ("basicConstraints=CA:FALSE",))
        self.pinctl("add", "n.org", "nameless.pem")
        self.pinctl("add", "k.org", "server.key")

    def test_an_entry_keeps_its_names(self):
        self.pinctl("add", "example.com", "server.pem", "--include-subdomains")
        self.pinctl("add", "example.com", "swapped.pem")
        self.doubted("example.com", "swapped.pem", "--no-include-subdomains", expected="another host")

    def test_authorities(self):
        self.doubted("api.example.com", "ca.pem", expected='ca.pem: is the certificate of a CA (Test Issuing CA); in pins '
                     'belongs the key of api.example.com itself, and "--intermediate ca.pem" accepts')
        self.doubted("api.example.com", "server.pem", "--backup", "root.pem", expected="of a CA (Test Root); in backup_pins")
        self.pinctl("add", "api.example.com", "--intermediate", "ca.pem", "--anchor", "root.pem")

    def test_public_suffixes(self):
        for words in (("co.uk",), ("com", "--include-subdomains"), ("*.co.uk",)):
            self.doubted(*words, "server.key", expected="public suffix")
        # Companies' own: somebody may have all below.
        self.assertIn("public suffix", self.pinctl("add", "*.github.io", "server.key").stderr)
        self.assertNotIn("public suffix", self.pinctl("add", "github.io", "server.key").stderr)
        self.assertNotIn("public suffix", self.pinctl("add", "corp", "server.key", "--include-subdomains").stderr)

    def test_expired(self):
        self.doubted("x.org", "server.pem", "--expires", "2020-01-01", expected="expired on 2020-01-01")
        self.pinctl("add", "x.org", "server.pem", "--expires", "2020-01-01", "--on-expiry", "enforce")
        # Known before, and not by this change.
        self.pinctl("add", "y.org", "server.pem", "--expires", "2020-01-01", "--yes")
        self.assertIn("expired on", self.pinctl("add", "y.org", "--comment", "late").stderr)
        self.doubted("y.org", "--expires", "2020-01-02", expected="expired on 2020-01-02")

    def test_digests(self):
        self.doubted("x.org", "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", expected="the digest of an empty input")
        for words in (("server.pem", "--backup", ZEROS), ("server.pem", "--intermediate", "0" * 64), (ZEROS,)):
            self.doubted("x.org", *words, expected=f"{ZEROS} in")
        # To see what keys all hosts of a domain have, nothing is refused.
        self.assertNotIn("all zeros", self.pinctl("add", "x.org", ZEROS, "--mode", "audit").stderr)
        self.assertIn("all zeros", self.pinctl("add", "x.org", "--mode", "enforce", status=1).stderr)
        self.pinctl("remove", "x.org")
        fingerprint = fingerprint_of("server.pem")
        self.doubted("x.org", fingerprint, "server.pem", expected=f"{fingerprint}: is the digest of the certificate server.pem")
        self.doubted("x.org", fingerprint, "--fingerprint", "server.pem", expected="of a certificate or of a key, not of both")
        self.pinctl("add", "x.org", "server.pem", "--fingerprint", fingerprint)

    def test_what_is_only_said(self):
        done = self.pinctl("add", "x.org", "server.pem", "--expires", "2099-01-01")
        self.assertIn('warning: "x.org" depends on a single key', done.stderr)
        self.assertIn("on_expiry = \"enforce\" keeps it", done.stderr)
        self.assertNotIn("y.org", self.pinctl("add", "y.org", "server.pem", "--backup", "spare.pub").stderr.split("note:")[0])

    def test_answers(self):
        words = (PINCTL, "add", "co.uk", path("server.key"))
        status, output = self.on_terminal(*words, answers=((b"[n]o? ", b"n\n"),))
        self.assertEqual((status, os.path.exists(self.policy)), (1, False), output)
        status, output = self.on_terminal(*words, answers=((b"[n]o? ", b"y\n"),))
        self.assertEqual((status, list(self.hosts())), (0, ["co.uk"]), output)


class Settings(PinctlCase):
    def test_taken_back(self):
        self.pinctl("add", "x.org", "server.pem", "--expires", "2099-01-01", "--include-subdomains", "--mode", "audit",
                    "--comment", "late")
        self.pinctl("add", "x.org", "--expires", "never", "--no-include-subdomains", "--mode", "default", "--no-comment")
        entry = self.hosts()["x.org"]
        self.assertEqual([entry[name] for name in ("expires", "include_subdomains", "mode_is_default", "comment")],
                         [None, False, True, ""], entry)
        before = self.snapshot()
        self.assertIn("has all of this", self.pinctl("add", "x.org", "--expires", "never").stderr)
        for words in (("--include-subdomains", "--no-include-subdomains"), ("--comment", "x", "--no-comment")):
            self.assertIn("its opposite", self.pinctl("add", "x.org", *words, status=2).stderr)
        self.assertEqual(self.snapshot(), before)

    def test_a_new_entry_without_them(self):
        self.pinctl("add", "x.org", "server.pem", "--expires", "never", "--no-include-subdomains", "--mode", "default")
        self.assertEqual(self.hosts()["x.org"]["expires"], None)

    def test_days_that_do_not_exist(self):
        for day in ("tomorrow", "2030-02-30", "2030-2-3", "0", "2030-06-30x"):
            done = self.pinctl("add", "x.org", "server.pem", "--expires", day, status=2)
            self.assertIn(f'--expires "{day}": expected a day that exists', done.stderr)
            self.assertNotIn("host-x.org.cfg", done.stderr)
        self.pinctl("add", "x.org", "server.pem", "--expires", "2099-06-30T12:00:00+02:00")

    def test_ports_in_the_name(self):
        done = self.pinctl("add", "x.org:443", "server.pem", status=2)
        self.assertIn('"x.org:443": the port is an option: x.org --port 443', done.stderr)
        self.assertIn("x.org --port 25", self.pinctl("remove", "x.org:25", status=2).stderr)
        self.assertIn("a URL is no name", self.pinctl("add", "https://x.org", "server.pem", status=2).stderr)


class Interrupted(PinctlCase):
    def test_what_an_interrupted_writer_left_is_swept(self):
        self.pinctl("add", "x.org", "server.pem")
        self.write_policy("half", "policy.d/.pinctl-new-abc123")
        self.pinctl("add", "y.org", "server.pem")
        self.assertEqual(set(os.listdir(self.dropins)), {"host-x.org.cfg", "host-y.org.cfg"})

    def test_nothing_is_left_in_the_temporary_folder(self):
        temporary = os.path.join(self.folder, "tmp")
        os.mkdir(temporary)
        self.pinctl("add", "x.org", "server.pem", environment={"TMPDIR": temporary})
        self.pinctl("add", "x.org", "@absent", environment={"TMPDIR": temporary}, status=1)
        self.assertEqual(os.listdir(temporary), [])


if __name__ == "__main__":
    main()
