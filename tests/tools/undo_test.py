# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl edit, changes, undo and restore: nothing is lost, and nothing that somebody else did is taken back."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from pinctl_case import PINCTL, PinctlCase, main, path, pin_of

GOOD = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Case(PinctlCase):
    def setUp(self):
        super().setUp()
        self.record = self.policy + ".changes"

    def files(self):
        return {name: data for name, data in self.snapshot().items() if name.endswith(".cfg")}

    def changes(self):
        return self.json("changes")

    def editor(self, script):
        """An editor that does this to the file "$1"."""
        name = os.path.join(self.folder, "editor")
        with open(name, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(name, 0o755)
        temporary = tempfile.mkdtemp(prefix="pinctl-edit-test-")
        self.addCleanup(shutil.rmtree, temporary)
        return {"EDITOR": name, "TMPDIR": temporary}


class Undo(Case):
    def test_each_change_is_recorded_and_taken_back(self):
        states = [{}]
        for words in (("add", "x.org", "server.pem"), ("add", "x.org", "--backup", "spare.pub"),
                      ("add", "y.org", GOOD), ("remove", "x.org")):
            self.pinctl(*words)
            states.append(self.files())
        self.assertEqual([change["command"] for change in self.changes()][::-1],
                         ["pinctl add x.org server.pem", "pinctl add x.org --backup spare.pub",
                          f"pinctl add y.org {GOOD}", "pinctl remove x.org"])
        for state in states[3:0:-1]:
            self.pinctl("undo")
            self.assertEqual(self.files(), state)
        self.pinctl("undo")
        self.assertEqual(list(self.files()), ["policy.cfg"])
        self.assertIn("no change to take back", self.pinctl("undo", status=3).stderr)
        self.pinctl("check")

    def test_main_file_that_stays_is_no_success(self):
        self.pinctl("add", "x.org", GOOD)
        shutil.rmtree(os.path.join(os.path.dirname(self.policy), "policy.d"))
        os.unlink(self.policy)
        self.pinctl("restore", "--enforced")
        before = self.files()
        self.assertIn(f"{self.policy}: stays, since there is no policy without it; nothing was changed",
                      self.pinctl("undo", status=3).stderr)
        self.assertEqual(self.files(), before)

    def test_dry_run_is_a_patch_of_texts_without_a_last_newline(self):
        self.write_policy('version = 1;\nmode = "audit";')
        before = self.files()
        self.pinctl("edit", environment=self.editor("printf 'version = 1;\\nmode = \"enforce\";' > \"$1\""))
        shown = self.pinctl("undo", "--dry-run").stdout
        subprocess.run(["patch", "--silent", self.policy], input=shown.encode(), check=True)
        self.assertEqual(self.files(), before)

    def test_one_of_several_and_restore(self):
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("add", "y.org", GOOD)
        before = self.files()
        self.pinctl("add", "z.org", GOOD)
        self.pinctl("add", "z.org", "server.key")
        self.pinctl("undo", "2")
        self.assertEqual(sorted(self.hosts()), ["x.org", "z.org"])
        self.assertIn("was changed since", self.pinctl("undo", "3", status=3).stderr)
        self.pinctl("restore", "2")
        self.assertEqual(list(self.hosts()), ["x.org"])
        self.assertIn("restore 2", self.changes()[0]["command"])
        # What was taken back can be had again.
        self.pinctl("restore", str(self.changes()[0]["number"]))
        self.assertEqual(sorted(self.hosts()), ["x.org", "z.org"])
        self.assertEqual(set(self.files()) - set(before), {"policy.d/host-z.org.cfg"})

    def test_what_is_no_change_of_the_policy(self):
        """What takes it back is named."""
        self.pinctl("add", "x.org", "server.pem")
        openssl = self.write_policy("# mine\n", "openssl.cnf")
        where = f"--policy {self.policy}"
        switch = ("--openssl-conf", openssl, "--policy", self.policy)
        for words, way in ((("pause", "x.org"), f'"pinctl resume {where}" ends a pause'),
                           (("resume",), f'"pinctl pause {where}" begins'),
                           (("enable", *switch), f'"pinctl disable {where}" takes out'),
                           (("disable", *switch), f'"pinctl enable {where}" switches enforcement on')):
            self.pinctl(*words)
            number = str(self.changes()[0]["number"])
            # By the command, not by how the record words what came of it.
            with contextlib.closing(sqlite3.connect(self.policy + ".changes")) as record, record:
                record.execute("UPDATE changes SET what = 'added x' WHERE id = ?", (number,))
            for verb in ("undo", "changes"):
                self.assertIn(f"it changed no file of the policy; {way}", self.pinctl(verb, number, status=3).stderr)
        self.pinctl("undo")
        self.assertEqual(list(self.hosts()), [])

    def test_record_that_cannot_be_read(self):
        """A full disk leaves an empty file, which is no record yet; of a damaged one it is said what helps."""
        record = self.policy + ".changes"
        self.pinctl("add", "x.org", "server.pem")
        os.truncate(record, 0)
        self.assertIn("no change was recorded yet", self.pinctl("changes").stderr)
        self.assertEqual(self.changes(), [])
        self.assertIn("no change was recorded yet", self.pinctl("undo", status=3).stderr)
        self.pinctl("add", "y.org", GOOD)
        self.assertEqual(len(self.changes()), 1)
        with open(record, "r+b") as file:
            file.write(b"x" * 100)
        for words, status in ((("changes",), 3), (("undo",), 3), (("add", "z.org", GOOD), 0)):
            self.assertIn("policy.cfg.changes: file is not a database; restore it from a backup, or move it away and a new one is made",
                          self.pinctl(*words, status=status).stderr)
        os.rename(record, record + ".broken")
        self.pinctl("remove", "z.org")
        self.assertEqual(len(self.changes()), 1)

    def test_dry_run(self):
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("add", "x.org", GOOD)
        before = self.snapshot()
        self.assertIn(f'-      "{GOOD}"', self.pinctl("undo", "--dry-run").stdout)
        self.assertEqual(self.snapshot(), before)

    def test_by_hand_is_not_taken_back(self):
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("add", "x.org", GOOD)
        name = os.path.join(self.dropins, "host-x.org.cfg")
        with open(name, "a", encoding="utf-8") as file:
            file.write("# mine\n")
        before = self.files()
        for number in ((), ("2",)):
            self.assertIn("host-x.org.cfg: was changed since" if number else "are not as change 2 left them",
                          self.pinctl("undo", *number, status=3).stderr)
            self.assertEqual(self.files(), before)
        os.remove(name)
        self.assertIn("was changed since", self.pinctl("undo", "2", status=3).stderr)
        self.assertEqual(list(self.files()), ["policy.cfg"])

    def test_what_would_break_the_policy(self):
        self.pinctl("add", "x.org", GOOD)
        self.pinctl("remove", "x.org")
        self.write_policy(f'hosts = ( {{ name = "x.org"; pins = [ "{GOOD}" ]; }} );\n', "policy.d/mine.cfg")
        before = self.files()
        self.pinctl("undo", "2", status=1)
        self.assertEqual(self.files(), before)

    def refused(self, last, words=("undo",)):
        before = self.snapshot()
        self.assertIn(f"are not as change {last} left them", self.pinctl(*words, status=3).stderr)
        self.assertEqual(self.snapshot(), before)

    def unrecorded(self, *words):
        """A change while somebody holds the record, and longer than pinctl waits."""
        with contextlib.closing(sqlite3.connect(self.record, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.assertIn("the change was made but not recorded", self.pinctl(*words).stderr)

    def test_what_is_not_recorded_is_not_passed_over(self):
        """The last change is then another one than the record has: only the number says what is meant."""
        self.pinctl("add", "x.org", "server.pem")
        self.unrecorded("add", "y.org", GOOD)
        for words in (("undo",), ("undo", "--dry-run")):
            self.refused(1, words)
        # Neither does a pause, or a compilation, say that all is as it was.
        self.pinctl("pause", "x.org", "--for", "5m")
        self.pinctl("compile")
        self.refused(1)
        self.pinctl("undo", "1")
        self.assertEqual(list(self.hosts()), ["y.org"])
        # From then on the record goes on from what there is.
        self.pinctl("add", "z.org", GOOD)
        self.pinctl("undo")
        self.assertEqual(list(self.hosts()), ["y.org"])
        self.pinctl("add", "z.org", GOOD)
        last = self.changes()[0]["number"]
        self.unrecorded("add", "z.org", "server.pem", "--yes")
        self.refused(last)
        self.unrecorded("remove", "y.org")
        self.refused(last)

    def test_by_hand_or_of_an_earlier_record(self):
        self.pinctl("add", "x.org", "server.pem")
        other = self.write_policy(f'hosts = ( {{ name = "y.org"; pins = [ "{GOOD}" ]; }} );\n', "policy.d/mine.cfg")
        self.refused(1)
        os.remove(other)
        # What is no file of the policy says nothing.
        self.write_policy("mine\n", "policy.d/notes.txt")
        with sqlite3.connect(self.record) as database:
            database.execute("DROP TABLE stamps")
        self.write_policy("version = 1; # mine\n")
        self.pinctl("undo")
        self.assertEqual(self.hosts(), {})

    def test_wrong_usage(self):
        for words in (("undo", "0"), ("undo", "x"), ("changes", "-1"), ("restore",), ("restore", "1", "--enforced"),
                      ("restore", "1", "--output", "x")):
            self.pinctl(*words, status=2)
        self.assertIn("no change was recorded", self.pinctl("undo", status=3).stderr)
        self.pinctl("add", "x.org", GOOD)
        for verb in ("undo", "restore", "changes"):
            self.assertIn("change 7: there is none", self.pinctl(verb, "7", status=3).stderr)
        self.pinctl("pause", "x.org", "--for", "1h")
        for verb in ("undo", "changes"):
            self.assertRegex(self.pinctl(verb, "2", status=3).stderr, 'change 2, "pause.*": it changed no file of the policy')

    def test_a_record_that_cannot_be_written_does_not_stand_in_the_way(self):
        with open(self.record, "wb") as file:
            file.write(b"no database" * 1000)
        done = self.pinctl("add", "x.org", "server.pem")
        self.assertIn("the change was made but not recorded", done.stderr)
        self.assertEqual(list(self.hosts()), ["x.org"])
        self.pinctl("undo", status=3)
        self.pinctl("changes", status=3)

    def test_bounded(self):
        self.pinctl("add", "x.org", "server.pem")
        with sqlite3.connect(self.record) as database:
            database.execute("UPDATE changes SET time = time - 500 * 86400")
            for number in range(2, 600):
                database.execute("INSERT INTO changes VALUES (?, strftime('%s'), 'a', 'b', 'c', 0, 0)", (number,))
        self.pinctl("add", "y.org", GOOD)
        changes = self.changes()
        self.assertEqual((len(changes), changes[0]["number"], changes[-1]["number"]), (500, 600, 101))
        with sqlite3.connect(self.record) as database:
            self.assertEqual(database.execute("SELECT DISTINCT change FROM files").fetchall(), [(600,)])

    def test_bounded_by_age(self):
        """Some changes while the clock is years ahead take nothing away; years of changes do."""
        year = 366 * 86400
        self.pinctl("add", "x.org", "server.pem")
        with sqlite3.connect(self.record) as database:
            database.execute("UPDATE changes SET time = time - ?", (10 * year,))
        for _ in range(2):
            self.pinctl("pause")
        self.assertEqual([row["number"] for row in self.changes()], [3, 2, 1])
        self.pinctl("undo", "1")
        self.assertEqual(self.hosts(), {})
        with sqlite3.connect(self.record) as database:
            for number in range(5, 25):
                database.execute("INSERT INTO changes VALUES (?, strftime('%s'), 'a', 'b', 'c', 0, 0)", (number,))
            # One of a day when the clock was ahead does not stand in the way of it either.
            database.execute("UPDATE changes SET time = time + ? WHERE id = 3", (10 * year,))
        self.pinctl("pause")
        self.assertEqual([row["number"] for row in self.changes()][-1], 2)

    def test_clock_behind(self):
        """What is done before the clock has been set is not old: the change before it is of today."""
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("add", "y.org", "server.pem")
        with sqlite3.connect(self.record) as database:
            database.execute("UPDATE changes SET time = 0 WHERE id = 2")
        for _ in range(30):
            self.pinctl("pause")
        self.assertIn(2, [row["number"] for row in self.changes()])
        self.pinctl("undo")
        self.assertEqual(list(self.hosts()), ["x.org"])


class Trail(Case):
    def test_rows(self):
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("pause", "x.org", "--for", "5m")
        self.pinctl("resume")
        self.write_policy('version = 1;\nmode = "audit";\n')
        self.pinctl("compile")
        self.pinctl("compile")
        self.pinctl("undo", "1")
        self.pinctl("add", "x.org", "server.pem", "--dry-run")
        self.pinctl("remove", "y.org", status=3)
        rows = self.changes()[::-1]
        self.assertEqual([row["command"].split()[1] for row in rows], ["add", "pause", "resume", "compile", "undo"])
        self.assertEqual([row["can_be_undone"] for row in rows], [False, False, False, False, True])
        self.assertEqual(rows[0]["undone_by"], 5)
        self.assertRegex(rows[1]["what"], r"^paused x\.org until 20\S+Z$")
        self.assertRegex(rows[3]["what"], r"^compiled generation [0-9a-f]{16}; it was [0-9a-f]{16}$")
        self.assertTrue(all(row["who"] for row in rows))
        self.assertNotIn("4294967295", " ".join(row["who"] for row in rows))
        shown = self.pinctl("changes", "1").stdout
        self.assertIn("+  { name = \"x.org\";", shown)

    def test_full_disk(self):
        """The record never stands in the way: what cannot be recorded is done all the same, and said."""
        done = self.with_system_policy(
            '"$0" add x.org server.pem --yes\n"$0" add y.org server.pem --yes\n'
            'dd if=/dev/zero of=/var/lib/filling bs=1k || true\n'
            '"$0" undo\n"$0" remove x.org --yes\n"$0" list --json\n"$0" add z.org server.pem --yes\n"$0" list\n')
        self.assertIn("note: took back change 2", done.stderr)
        self.assertIn("it was not recorded that the change was taken back", done.stderr)
        self.assertEqual(done.stderr.count("the change was made but not recorded"), 3, done.stderr)
        self.assertIn('"hosts": [', done.stdout)
        self.assertEqual([word for word in done.stdout.split() if word.endswith(".org")], ["z.org"], done.stdout)
        # Where the text itself has no room nothing is changed, and it is said what works.
        shutil.rmtree(os.path.join(self.folder, "etc"))
        done = self.with_system_policy(
            'mount -t tmpfs -o size=32k tmpfs /etc/pinning\necho "version = 1;" >/etc/pinning/policy.cfg\n'
            'mkdir /etc/pinning/policy.d\ndd if=/dev/zero of=/etc/pinning/filling bs=1k || true\n'
            '"$0" add x.org server.pem --yes', status=3)
        self.assertIn('No space left on device; make room there ("pinctl pause" needs none)', done.stderr)

    def test_words_of_others_are_escaped(self):
        self.pinctl("add", "x.org", "server.pem", "--comment", "a\nb'c\x1b[1m")
        (row,) = self.changes()
        self.assertEqual(row["command"], r"pinctl add x.org server.pem --comment 'a\x0ab'\''c\x1b[1m'")

    def test_system_log(self):
        script = ("import os, socket, subprocess, sys\n"
                  "log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
                  "os.path.exists('/dev/log') and os.remove('/dev/log')\n"
                  "log.bind('/dev/log')\n"
                  "subprocess.run(sys.argv[1:], check=True)\n"
                  "log.settimeout(10)\n"
                  "print(log.recv(65536).decode())\n")
        scene = ("mount -t tmpfs tmpfs /mnt && mkdir /mnt/dev && for device in null zero urandom; do\n"
                 "touch /mnt/dev/$device; mount --bind /dev/$device /mnt/dev/$device; done\n"
                 "mount --rbind /mnt/dev /dev\nexec \"$@\"")
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            self.skipTest("needs a mount namespace")
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", scene, "scene", sys.executable,
                               "-c", script, PINCTL, "add", "x.org", path("server.pem")],
                              env=self.environment(SUDO_USER="alice"), capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'pinctl\[\d+\]: event=policy-changed policy="\S+" by="alice" uid=0 '
                                      r'what="made policy\.cfg, made host-x\.org\.cfg" command="pinctl add x\.org \S+"')


class Edit(Case):
    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")
        self.dropin = os.path.join(self.dropins, "host-x.org.cfg")

    def ended_by(self, number, script, whole_group=True):
        """What stays in the temporary folder, and what was said, where the signal comes while the editor is open."""
        environment = self.editor(script.replace("OPEN", f"echo open > '{self.folder}/open'; sleep 0.1") + "\n")
        process = subprocess.Popen([PINCTL, "edit"], env=self.environment(**environment), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(process.stderr.close)
        ready = os.path.join(self.folder, "open")
        while not os.path.exists(ready):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        os.remove(ready)
        (os.killpg if whole_group else os.kill)(process.pid, number)
        if not whole_group:
            self.write_policy("", "go")
        said = process.communicate(timeout=60)[1]
        left = [os.path.join(folder, name) for folder, _, names in os.walk(environment["TMPDIR"]) for name in names]
        return process.returncode, said, left, os.listdir(environment["TMPDIR"])

    def test_a_terminal_that_goes_away(self):
        before = self.files()
        for number in (signal.SIGHUP, signal.SIGTERM):
            status, said, _, folders = self.ended_by(number, "OPEN; exec sleep 60")
            self.assertEqual((status, folders), (-number, []), said)
            self.assertIn("ended by a signal", said)
            # Something was written, but not to the end: it stays, and is not put in force.
            status, said, left, _ = self.ended_by(number, "echo 'mode = \"audit\";' >> \"$1\"; OPEN; exec sleep 60")
            self.assertEqual((status, len(left)), (-number, 1), said)
            self.assertIn(f"what you wrote is in {left[0]}", said)
            # What the editor itself wants to keep of it stays as well.
            status, said, left, _ = self.ended_by(number, 'echo half > "$1.swp"; OPEN; exec sleep 60')
            self.assertEqual(([os.path.basename(name) for name in left], status), (["policy.cfg.swp"], -number), said)
            self.assertIn("the editor has left files there", said)
        # pinctl alone: the editor goes on, and what it writes is not lost.
        script = "OPEN; until [ -e '%s/go' ]; do sleep 0.05; done; echo 'mode = \"audit\";' >> \"$1\"" % self.folder
        status, said, left, _ = self.ended_by(signal.SIGHUP, script, whole_group=False)
        self.assertEqual((status, len(left)), (-signal.SIGHUP, 1), said)
        self.assertIn(f"what you wrote is in {left[0]}", said)
        self.assertEqual(self.files(), before)

    def test_main_file(self):
        done = self.pinctl("edit", environment=self.editor("echo 'mode = \"audit\";' >> \"$1\"\n"))
        self.assertIn('the policy: mode is "audit"; it was "enforce"', done.stdout)
        self.assertIn('x.org: mode is "audit"', done.stdout)
        self.assertEqual(self.json("status", status=1)["policy"]["compiled"]["state"], "current")
        self.pinctl("undo")
        self.assertEqual(self.json("list")["mode"], "enforce")

    def test_of_a_host(self):
        spare = pin_of("other.pem")
        done = self.pinctl("edit", "x.org", environment=self.editor(
            "sed -i '/backup_pins/,/];/d' \"$1\"\n"))
        self.assertIn("x.org: loses its only backup pin\n", done.stdout)
        self.assertIn(f"x.org: no longer names {spare} (backup_pins)", done.stdout)
        # It still is what pinctl could have written, so pinctl goes on with it.
        self.assertNotIn("is yours", done.stderr)
        self.pinctl("add", "x.org", "--backup", "spare.pub")
        done = self.pinctl("edit", "x.org", environment=self.editor("echo '# mine' >> \"$1\"\n"))
        self.assertIn("is yours from now on", done.stderr)
        self.assertIn("what is enforced stays the same", done.stderr)
        self.pinctl("remove", "x.org", status=3)

    def test_links_stay(self):
        """A policy that lies in a checkout, and has links to it in its place: the files there are written."""
        checkout = os.path.join(self.folder, "checkout")
        os.mkdir(checkout)
        links = []
        for name in (self.policy, self.dropin):
            links.append((name, os.path.join(checkout, os.path.basename(name))))
            os.rename(*links[-1])
            os.symlink(links[-1][1], name)
        before = self.files()
        self.pinctl("edit", environment=self.editor("echo 'mode = \"audit\";' >> \"$1\"\n"))
        self.pinctl("add", "x.org", GOOD)
        for (name, real), text in zip(links, ('mode = "audit"', GOOD)):
            self.assertEqual(os.readlink(name), real)
            with open(real, encoding="utf-8") as file:
                self.assertIn(text, file.read())
        self.pinctl("undo")
        self.pinctl("undo")
        self.assertEqual(self.files(), before)
        self.assertEqual([os.readlink(name) for name, _ in links], [real for _, real in links])
        self.assertEqual(sorted(os.listdir(checkout)), ["host-x.org.cfg", "policy.cfg"])

    def test_links_to_nothing_stay(self):
        """What they lead to may only not be mounted: nothing is written in their place, and nothing is changed."""
        elsewhere = os.path.join(self.folder, "elsewhere")
        remedy = f'bring back the target of the symbolic link, or remove the link; then "pinctl add HOST FILE --policy {self.policy}" makes'
        shutil.rmtree(self.dropins)
        os.remove(self.policy)
        os.remove(os.path.join(self.folder, "policy.db"))
        os.symlink(elsewhere, self.policy)
        for words in (("add", "y.org", GOOD), ("add", "y.org", GOOD, "--dry-run")):
            self.assertIn("policy.cfg: is a symbolic link to nothing: bring back its target, or remove the link; nothing was changed",
                          self.pinctl(*words, status=3).stderr)
        for words in (("list",), ("check",), ("edit",)):
            self.assertIn(remedy, self.pinctl(*words, status=3).stderr)
        self.assertEqual(os.readlink(self.policy), elsewhere)
        self.assertFalse(os.path.exists(self.dropin))
        # As it is once that is back, and once the link is gone.
        os.rename(self.write_policy("version = 1;\n", "other.cfg"), elsewhere)
        self.pinctl("add", "y.org", GOOD)
        self.assertEqual(os.readlink(self.policy), elsewhere)
        os.remove(elsewhere)
        self.assertIn("or remove the link; then \"pinctl restore", self.pinctl("check", status=3).stderr)
        self.assertIn("symbolic link to nothing", self.pinctl("restore", "--enforced", status=3).stderr)
        os.remove(self.policy)
        self.pinctl("restore", "--enforced")
        self.assertEqual(list(self.hosts()), ["y.org"])

    def test_in_a_checkout(self):
        """Where the folder is kept in git, only what was changed differs after a change."""
        def git(*words):
            return subprocess.run(["git", "-c", "user.email=x@example.com", "-c", "user.name=x", *words], cwd=self.folder, check=True,
                                  capture_output=True, text=True).stdout
        git("init", "--quiet")
        git("add", ".pinctl.lock", "policy.cfg", "policy.d")
        git("commit", "--quiet", "--message", "x")
        self.pinctl("add", "x.org", GOOD)
        self.assertEqual(git("status", "--short", "--untracked-files=no").split(), ["M", "policy.d/host-x.org.cfg"])

    def test_of_a_wildcard_and_of_nobody(self):
        self.write_policy(f'hosts = ( {{ name = "*.z.org"; pins = [ "{GOOD}" ]; }} );\n', "policy.d/mine.cfg")
        for host in ("a.z.org", "*.z.org"):
            self.pinctl("edit", host, environment=self.editor("grep -q z.org \"$1\" || exit 1\n"))
        self.assertIn("no entry of the policy covers it",
                      self.pinctl("edit", "a.a.z.org", status=3, environment=self.editor("exit 1\n")).stderr)
        self.pinctl("edit", "a..b", status=2, environment=self.editor("exit 1\n"))

    def test_a_mistake_changes_nothing(self):
        before = self.files()
        done = self.pinctl("edit", status=1, environment=self.editor("echo oops >> \"$1\"\n"))
        self.assertEqual(self.files(), before)
        self.assertIn("would have errors", done.stderr)
        kept = done.stderr.split("what you wrote is in ")[1].strip()
        with open(kept, encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("oops\n"))

    def test_what_somebody_else_writes_meanwhile_is_not_lost(self):
        done = self.pinctl("edit", "x.org", status=3, environment=self.editor(
            f"echo '# mine' >> \"$1\"; echo '# another' >> {self.dropin}\n"))
        self.assertIn("host-x.org.cfg: was changed meanwhile by somebody else", done.stderr)
        with open(self.dropin, encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\n# another\n"))
        with open(done.stderr.split("what you wrote is in ")[1].strip(), encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\n# mine\n"))

    def test_a_mistake_can_be_mended(self):
        environment = self.editor("grep -q oops \"$1\" && sed -i '/oops/d' \"$1\" && echo 'mode = \"audit\";' >> \"$1\" ||"
                                  " echo oops >> \"$1\"\n")
        status, output = self.on_terminal(PINCTL, "edit", environment=environment, answers=[(b"What now?", b"e\n")])
        self.assertEqual(status, 0, output)
        self.assertEqual(self.json("list")["mode"], "audit")

    def test_nothing_edited_dry_run_and_no_editor(self):
        before = self.snapshot()
        self.assertIn("was not edited", self.pinctl("edit", environment={"EDITOR": "true"}).stderr)
        self.pinctl("edit", status=3, environment={"EDITOR": "false"})
        self.pinctl("edit", status=3, environment={"EDITOR": "/no/such/editor"})
        self.assertEqual(self.snapshot(), before)
        environment = self.editor("echo 'mode = \"audit\";' >> \"$1\"\n")
        before = self.snapshot()
        self.assertIn("+mode = ", self.pinctl("edit", "--dry-run", environment=environment).stdout)
        self.assertEqual(self.snapshot(), before)

    def test_mends_a_broken_policy(self):
        self.write_policy("oops", "policy.d/mine.cfg")
        self.pinctl("edit", environment=self.editor("sed -i s/oops// \"$1\"\n"))
        self.pinctl("check")


class Vanished(Case):
    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub", "--expires", "2099-12-31",
                    "--comment", 'quo"ted \\ x')
        self.pinctl("add", "y.org", GOOD, "--port", "443", "--port", "8443", "--mode", "audit", "--include-subdomains")
        self.pinctl("add", "z.org", "--intermediate", "ca.pem", "--anchor", "root.pem", "--on-expiry", "enforce")
        self.before = self.hosts()
        os.remove(self.policy)
        shutil.rmtree(self.dropins)

    @staticmethod
    def meaning(hosts):
        return {name: {key: value for key, value in entry.items() if key not in ("file", "line")}
                for name, entry in hosts.items()}

    def test_nothing_is_added_to_nothing(self):
        before = self.snapshot()
        for words in (("add", "w.org", GOOD), ("add", "w.org", GOOD, "--dry-run"), ("remove", "x.org")):
            done = self.pinctl(*words, status=3)
            self.assertIn("3 hosts are still enforced by", done.stderr)
            self.assertIn("restore --enforced", done.stderr)
        self.assertEqual(self.snapshot(), before)
        os.remove(os.path.join(self.folder, "policy.db"))
        self.pinctl("add", "w.org", GOOD)

    def test_a_folder_that_is_away_is_not_made(self):
        self.with_system_policy(f"""
"$0" add x.org {GOOD}
rm -r /etc/pinning
! "$0" add y.org {GOOD} 2>/run/said
grep -q "1 host is still enforced by" /run/said
test ! -e /etc/pinning
""")

    def test_drop_ins_that_are_there_stay(self):
        self.pinctl("restore", "--enforced")
        self.pinctl("add", "v.org", GOOD)
        self.write_policy(f'version = 1;\nmode = "audit";\nhosts = ( {{ name = "u.org"; pins = [ "{GOOD}" ]; }} );\n')
        self.pinctl("compile")
        before = self.json("list")
        os.remove(self.policy)
        dropin = os.path.join(self.dropins, "host-v.org.cfg")
        self.assertTrue(os.path.exists(dropin))
        self.pinctl("restore", "--enforced")
        after = self.json("list")
        self.assertEqual((after["mode"], {entry["name"]: entry["file"] for entry in after["hosts"]}),
                         ("audit", {"u.org": self.policy, "v.org": dropin}))
        self.assertEqual([entry["pins"] for entry in after["hosts"]], [entry["pins"] for entry in before["hosts"]])

    def test_the_text_is_had_back(self):
        printed = self.pinctl("restore", "--enforced", "--output", "-").stdout
        self.assertFalse(os.path.exists(self.policy))
        self.pinctl("restore", "--enforced")
        self.assertEqual(self.meaning(self.hosts()), self.meaning(self.before))
        with open(self.policy, encoding="utf-8") as file:
            self.assertEqual(file.read(), printed)
        self.assertIn("exists, and is yours", self.pinctl("restore", "--enforced", status=3).stderr)
        self.pinctl("add", "w.org", GOOD)

    def test_settings_of_the_policy(self):
        self.write_policy(f'version = 1;\nmode = "audit";\ncertificate_names = "ignore";\nunlisted = "observe";\nblocked_keys = [ "{GOOD}" ];\n'
                          f'exempt_anchors = [ "{pin_of("root.pem")}" ];\n'
                          f'hosts = ( {{ name = "a.org"; mode = "off"; }}, {{ name = "b.org"; require = "all";'
                          f' pins = [ "{GOOD}" ]; intermediates = [ "{GOOD}" ]; }} );\n')
        self.pinctl("compile")
        before = self.json("list")
        os.remove(self.policy)
        self.pinctl("restore", "--enforced")
        after = self.json("list")
        for name in ("mode", "certificate_names", "unlisted", "blocked_keys", "exempt_anchors"):
            self.assertEqual(after[name], before[name])
        self.assertEqual(self.meaning(self.hosts()), self.meaning({entry["name"]: entry for entry in before["hosts"]}))

    def test_shown_all_the_same(self):
        for words in (("list",), ("show", "x.org")):
            done = self.pinctl(*words)
            self.assertIn("x.org", done.stdout)
            self.assertIn("this is the last good policy, which is enforced", done.stderr)


if __name__ == "__main__":
    main()
