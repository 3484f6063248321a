# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl backup-key: what it makes is what OpenSSL takes, and it neither overwrites nor loses a key."""

import fcntl
import os
import signal
import stat
import subprocess

from pinctl_case import PINCTL, PinctlCase, main, openssl, pin_of

HOST = "api.example.com"
SECRET = "correct horse battery staple"
ALGORITHMS = {"p256": "EC 256", "p384": "EC 384", "ed25519": "ED25519", "rsa2048": "RSA 2048", "rsa3072": "RSA 3072",
              "rsa4096": "RSA 4096"}


class BackupKey(PinctlCase):
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.folder, "offline")
        os.mkdir(self.out)
        self.secret = self.write_policy(SECRET + "\nanother line\n", "secret.txt")

    def make(self, host=HOST, *words, status=0, secret=True):
        more = ("--passphrase-file", self.secret) if secret else ("--no-passphrase",)
        return self.pinctl("backup-key", host, "--to", self.out, *more, *words, status=status)

    def made(self, host=HOST, *words, **options):
        """The paths and the pin of a key that was made."""
        self.make(host, *words, **options)
        stem = host.replace("*", "_any").replace(":", "-")
        return [os.path.join(self.out, f"{stem}-backup.{suffix}") for suffix in ("key", "csr", "pub")]

    def backups(self, host=HOST):
        return self.hosts()[host]["backup_pins"]

    def files(self):
        return sorted(os.listdir(self.out))


class Makes(BackupKey):
    def setUp(self):
        super().setUp()
        self.pinctl("add", HOST, "server.pem")

    def test_every_algorithm(self):
        for word, kind in ALGORITHMS.items():
            with self.subTest(word):
                key, request, public = self.made(HOST, "--algorithm", word)
                openssl("req", "-verify", "-noout", "-in", request)
                derived = openssl("pkey", "-in", key, "-passin", f"file:{self.secret}", "-pubout")
                with open(public, "rb") as file:
                    self.assertEqual(file.read(), derived)
                found = self.json("pin", request, public)
                (pin,) = {item["pin"] for item in found}
                self.assertEqual([(item["role"], item["key_type"]) for item in found],
                                 [("CSR", kind), ("public key", kind)])
                self.assertEqual(self.backups()[-1], pin)
                for name in (key, request, public):
                    self.assertEqual(stat.S_IMODE(os.stat(name).st_mode), 0o600)
                    os.unlink(name)
        self.assertEqual(len(self.backups()), len(ALGORITHMS))
        self.assertEqual(self.hosts()[HOST]["pins"], [pin_of("server.pem")])

    def test_encryption(self):
        key = self.made()[0]
        with open(key, encoding="ascii") as file:
            self.assertIn("BEGIN ENCRYPTED PRIVATE KEY", file.read())
        structure = openssl("asn1parse", "-in", key).decode()
        for word in (":PBES2", ":scrypt", ":aes-256-cbc"):
            self.assertIn(word, structure)
        for wrong in ("pass:wrong", "pass:", f"pass:{SECRET} ", "pass:another line"):
            with self.assertRaises(AssertionError):
                openssl("pkey", "-in", key, "-passin", wrong, "-noout")

    def test_without_passphrase(self):
        key = self.made(secret=False)[0]
        openssl("pkey", "-in", key, "-noout", "-passin", "pass:")
        self.assertEqual([item["pin"] for item in self.json("pin", key)], self.backups())

    def test_names(self):
        long = ".".join(["a" * 60] * 2) + ".example.com"
        for host, subject, name in (("*.example.com", "CN = *.example.com", "DNS:*.example.com"),
                                    ("192.0.2.1", "CN = 192.0.2.1", "IP Address:192.0.2.1"),
                                    ("2001:db8::1", "CN = 2001:db8::1", "IP Address:2001:DB8:0:0:0:0:0:1"),
                                    (long, "", f"DNS:{long}")):
            with self.subTest(host):
                self.pinctl("add", host, "server.key")
                request = self.made(host)[1]
                text = openssl("req", "-noout", "-text", "-verify", "-in", request).decode()
                self.assertRegex(text, rf"(?m)Subject: *{subject.replace('*', '[*]')}$")
                self.assertIn(f"\n                    {name}\n", text)
                self.assertEqual("Alternative Name: critical" in text, host == long)
                self.assertEqual(len(self.backups(host)), 1)

    def test_names_in_unicode(self):
        self.pinctl("add", "b\u00fccher.example", "server.key")
        self.make("B\u00fccher.example")
        self.assertIn("xn--bcher-kva.example-backup.key", self.files())

    def test_data(self):
        found = self.json("backup-key", HOST, "--to", self.out, "--no-passphrase")
        self.assertEqual((found["pin"], found["in_policy"]), (self.backups()[0], True))
        self.assertEqual(sorted(os.path.basename(found[name]) for name in ("key", "csr", "public_key")), self.files())

    def test_in_the_current_folder(self):
        self.pinctl("backup-key", HOST, "--no-passphrase", cwd=self.out)
        self.assertEqual(self.files(), [f"{HOST}-backup.{suffix}" for suffix in ("csr", "key", "pub")])

    def test_dry_run(self):
        before = self.snapshot()
        done = self.make(HOST, "--dry-run")
        self.assertRegex(done.stdout, r'(?m)^\+ +backup_pins = \[$')
        self.assertEqual(self.snapshot(), before)
        self.make(HOST, "--dry-run", "--json", status=2)

    def test_entries_for_ports(self):
        self.pinctl("add", "p.org", "server.key", "--port", "443")
        self.pinctl("add", "p.org", "swapped.key", "--port", "8443")
        self.assertIn("say which with --port", self.make("p.org", status=3).stderr)
        self.assertEqual(self.files(), [])
        self.make("p.org", "--port", "8443")
        self.assertEqual({tuple(entry["ports"]): len(entry["backup_pins"]) for entry in self.json("list")["hosts"]
                          if entry["name"] == "p.org"}, {(443,): 0, (8443,): 1})


class Asks(BackupKey):
    def setUp(self):
        super().setUp()
        self.pinctl("add", HOST, "server.pem")

    def on_tty(self, first, second):
        return self.on_terminal(PINCTL, "backup-key", HOST, "--to", self.out,
                                answers=((b"passphrase: ", first + b"\n"), (b"Verifying", second + b"\n")))

    def test_twice_and_without_echo(self):
        status, output = self.on_tty(b"tulips and maize", b"tulips and maize")
        self.assertEqual(status, 0, output)
        self.assertNotIn("tulips", output)
        openssl("pkey", "-in", os.path.join(self.out, f"{HOST}-backup.key"), "-passin", "pass:tulips and maize", "-noout")
        self.assertEqual(len(self.backups()), 1)

    def test_different(self):
        status, output = self.on_tty(b"tulips and maize", b"tulips and corn")
        self.assertEqual((status, self.files(), self.backups()), (3, [], []), output)

    def test_nothing_typed(self):
        status, output = self.on_tty(b"", b"")
        self.assertEqual((status, self.files(), self.backups()), (3, [], []), output)

    def test_no_terminal(self):
        done = self.pinctl("backup-key", HOST, "--to", self.out, status=2)
        self.assertIn("expected --passphrase-file or --no-passphrase", done.stderr)
        self.assertEqual((self.files(), self.backups()), ([], []))


class Refuses(BackupKey):
    def refused(self, *words, status, expected):
        before = self.snapshot()
        done = self.pinctl("backup-key", *words, status=status)
        self.assertIn(expected, done.stderr)
        self.assertEqual(self.snapshot(), before)

    def test_hosts_without_entry(self):
        self.refused(HOST, "--no-passphrase", status=3, expected=f'first: "pinctl add api.example.com FILE --policy {self.policy}"')
        self.pinctl("add", "*.example.com", "server.pem")
        self.refused(HOST, "--no-passphrase", "--to", self.out, status=3, expected="no entry for it")

    def test_usage(self):
        self.pinctl("add", HOST, "server.pem")
        for words in ((HOST, "--algorithm", "rsa1024", "--no-passphrase"), (HOST, "--algorithm", "p25"), (),
                      (HOST, "--no-passphrase", "--passphrase-file", self.secret), ("a..b", "--no-passphrase"),
                      (HOST, "other.example.com", "--no-passphrase")):
            self.refused(*words, status=2, expected="Usage: pinctl backup-key")

    def test_passphrase_files(self):
        self.pinctl("add", HOST, "server.pem")
        for text in ("", "\nsecond line\n", "x" * 1024):
            wrong = self.write_policy(text, "wrong.txt")
            self.refused(HOST, "--to", self.out, "--passphrase-file", wrong, status=3, expected=f"{wrong}: expected")
        self.refused(HOST, "--to", self.out, "--passphrase-file", f"{self.folder}/absent", status=3,
                     expected="absent: No such file")

    def test_files_that_are_there(self):
        self.pinctl("add", HOST, "server.pem")
        for suffix in ("key", "csr", "pub"):
            name = os.path.join(self.out, f"{HOST}-backup.{suffix}")
            for make in (lambda: self.write_policy("precious", name), lambda: os.symlink("nowhere", name)):
                make()
                before = self.files()
                done = self.make(status=3)
                self.assertIn(f"{name}: File exists", done.stderr)
                self.assertEqual((self.files(), self.backups()), (before, []))
                os.unlink(name)

    def test_folders_that_cannot_be_written(self):
        self.pinctl("add", HOST, "server.pem")
        self.refused(HOST, "--no-passphrase", "--to", "/proc/self", status=3, expected="/proc/self: ")
        self.refused(HOST, "--no-passphrase", "--to", f"{self.folder}/absent", status=3, expected="No such file")
        if os.geteuid() != 0:
            os.chmod(self.out, 0o555)
            self.refused(HOST, "--no-passphrase", "--to", self.out, status=3, expected="Permission denied")

    def test_entries_that_name_no_key(self):
        """A backup would be demanded of every server at once."""
        self.pinctl("add", HOST, "--anchor", "root.pem")
        self.refused(HOST, "--no-passphrase", "--to", self.out, status=3, expected="names no key of a server")
        self.pinctl("add", HOST, "--intermediate", "ca.pem", "--require", "all")
        self.refused(HOST, "--no-passphrase", "--to", self.out, status=3, expected="names no key of a server")
        self.pinctl("add", HOST, "--require", "any")
        self.make()

    def test_broken_policies(self):
        self.write_policy("version = 1; oops")
        self.refused(HOST, "--no-passphrase", "--to", self.out, status=1, expected="has errors")


class Keeps(BackupKey):
    def test_entries_written_by_hand(self):
        for text, expected in ((f'pins = [ "{pin_of("server.pem")}" ];', 'add this line to it: backup_pins = [ "sha256/'),
                               (f'backup_pins = [ "{pin_of("server.pem")}" ];', 'add to its backup_pins: "sha256/')):
            self.write_policy(f'version = 1;\nhosts = (\n  {{ name = "{HOST}"; {text} }}\n);\n')
            done = self.make(status=3)
            self.assertIn(f"{self.policy}:3: ", done.stderr)
            self.assertIn(expected, done.stderr)
            self.assertIn("the key was made and kept", done.stderr)
            pin = done.stdout.split()[-1]
            self.assertIn(f'{expected.split(chr(34))[0]}"{pin}"', done.stderr)
            (found,) = self.json("pin", os.path.join(self.out, f"{HOST}-backup.pub"))
            self.assertEqual(found["pin"], pin)
            for name in self.files():
                os.unlink(os.path.join(self.out, name))

    def start_behind_lock(self):
        """A run that has written its files and waits for the lock on the policy."""
        lock = open(os.path.join(self.folder, ".pinctl.lock"), "w", encoding="ascii")
        self.addCleanup(lock.close)
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen([PINCTL, "backup-key", HOST, "--to", self.out, "--no-passphrase"],
                                   env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.assertIn("waiting", process.stderr.readline())
        return lock, process

    def test_killed_between_key_and_policy(self):
        self.pinctl("add", HOST, "server.pem")
        lock, process = self.start_behind_lock()
        process.send_signal(signal.SIGKILL)
        process.wait()
        lock.close()
        self.assertEqual(self.backups(), [])
        key, public = (os.path.join(self.out, f"{HOST}-backup.{suffix}") for suffix in ("key", "pub"))
        openssl("pkey", "-in", key, "-noout")
        # What the next run says is what helps.
        self.assertIn(f"pinctl add {HOST} --backup {public}", self.make(status=3).stderr)
        self.pinctl("add", HOST, "--backup", public)
        self.assertEqual(self.backups(), [item["pin"] for item in self.json("pin", key)])

    def test_entry_that_goes_meanwhile(self):
        self.pinctl("add", HOST, "server.pem")
        lock, process = self.start_behind_lock()
        os.unlink(os.path.join(self.dropins, f"host-{HOST}.cfg"))
        lock.close()
        errors = process.stderr.read()
        self.assertEqual(process.wait(), 3)
        self.assertIn("the key was made and kept", errors)
        self.assertEqual(len(self.files()), 3)

    def test_many_at_once(self):
        self.pinctl("add", HOST, "server.pem")
        running = [subprocess.Popen([PINCTL, "backup-key", HOST, "--to", self.out, "--no-passphrase"],
                                    env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                   for _ in range(8)]
        self.assertEqual(sorted(process.wait() for process in running), [0] + [3] * 7)
        self.assertEqual(self.backups(), [item["pin"] for item in
                                          self.json("pin", os.path.join(self.out, f"{HOST}-backup.key"))])
        self.assertEqual(len(self.files()), 3)


if __name__ == "__main__":
    main()
