# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl log: lines of the real provider out of files and a real journal, and everything that only looks like them."""

import grp
import gzip
import json
import os
import pathlib
import queue
import re
import subprocess
import threading
import time
import unittest

import live_servers as live
import system_log
from pinctl_case import PINCTL, PinctlCase, main, pin_of

HOST = "api.example.com"
SANITIZED = os.environ.get("PINNING_SANITIZE")
KEY = "sha256/qjTXwI3esvkiVEMRrwKYDQ+B0DgBSu8fr+m3UqB1OUE="
OTHER = "sha256/uuVpovDVbnmf8ZUWODZU4Ikt5J/L7UpQ9+VJ+hoeQuo="
NEVER_LOGGED = ("undecided", "matched", "off", "not-covered")
WHO = "program=curl pid=4711 uid=1000"
LINE = (f'verdict=refused reason=no-pin host={HOST} port=443 mode=enforce entry=/etc/pinning/policy.cfg:4 '
        f'key0="{KEY} CN=one" key1="{OTHER} CN=two" expected="pins {OTHER}" {WHO}')


class LogCase(PinctlCase):
    def log(self, text, *words, status=1):
        data = text if isinstance(text, bytes) else text.encode()
        return json.loads(self.pinctl("log", "--file", "-", "--json", *words, data=data, status=status).stdout)

    def one(self, text, **options):
        (found,) = self.log(text, **options)
        return found

    def none(self, text, warned=False):
        done = self.pinctl("log", "--file", "-", "--json", data=text.encode())
        self.assertEqual(json.loads(done.stdout), [], text)
        self.assertEqual("skipped: not written by pinning, or damaged" in done.stderr, warned, (text, done.stderr))


@unittest.skipIf(SANITIZED, "a program without sanitizers cannot load the provider")
class RealLines(LogCase):
    """What the provider says today is what is read."""

    def setUp(self):
        super().setUp()
        server = live.Server(live.tls(live.tls_context("swapped", "swapped-chain.pem")))
        self.addCleanup(server.close)
        self.port = server.port

    def reported(self, mode, status):
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; mode = "{mode}"; '
                          f'pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        (line,) = system_log.reported(HOST, self.port, status, self.environment(**system_log.provider(self.folder)))
        return line

    def check(self, found, verdict, mode):
        self.assertEqual((found["verdict"], found["reason"], found["host"], found["mode"]),
                         (verdict, "no-pin", HOST, mode))
        # A curl that moves the bytes itself does not tell OpenSSL.
        self.assertIn(found["port"], (None, self.port))
        self.assertEqual(found["entry"], f"{self.policy}:1")
        self.assertEqual([(key["depth"], key["pin"]) for key in found["keys"]],
                         [(depth, pin_of(f"{name}.pem")) for depth, name in enumerate(("swapped", "ca", "root"))])
        self.assertEqual(found["keys"][1]["subject"], "CN=Test Issuing CA,O=Example")
        self.assertEqual(found["expected"], f"pins {pin_of('server.pem')}")
        self.assertEqual((found["program"], found["uid"], found["cut"], found["doubtful"]),
                         ("curl", os.getuid(), False, False))

    def test_refused_and_audited(self):
        now = int(time.time()) - 60
        refused, audited = self.reported("enforce", 60), self.reported("audit", 52)
        text = system_log.traditional(refused, now) + system_log.rfc3339(audited, now)
        first, second = self.log(text)
        self.check(first, "refused", "enforce")
        self.check(second, "audited", "audit")
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        self.assertEqual((first["time"], second["time"]), (stamp, stamp))
        self.assertEqual((first["machine"], first["writer"]), ("vm", None))
        # As it comes from the program itself.
        self.check(self.one(refused), "refused", "enforce")
        self.assertIsNone(self.one(refused)["time"])

    def test_events(self):
        self.write_policy('version = 1; qqqqqqqqqqqq = 1;\n')
        found = self.log("".join(f"{line}\n" for line in system_log.reported(HOST, self.port, 60, self.environment(**system_log.provider(self.folder)))))
        self.assertEqual([item["event"] for item in found[:2]], ["policy-error", "policy-unusable"])
        self.assertRegex(found[0]["message"], "^unknown setting .qqqqqqqqqqqq.; expected ")
        self.assertEqual((found[0]["program"], found[2]["reason"]), ("curl", "no-policy"))


class Lines(LogCase):
    def test_whole(self):
        found = self.one(system_log.traditional(LINE, time.time()))
        self.assertEqual([key["pin"] for key in found["keys"]], [KEY, OTHER])
        self.assertFalse(found["cut"])
        self.assertIn(f"pinctl add {HOST} ", found["advice"])

    def test_swallowed_expired_and_more_keys(self):
        line = LINE.replace("expected=", "keys=+3 expected=").replace(
            "mode=enforce", "mode=audit expired=2026-01-01T23:59:59Z").replace(WHO, f"swallowed=12 {WHO}")
        found = self.one(line)
        self.assertEqual((found["more_keys"], found["expired"], found["swallowed"]), (3, "2026-01-01T23:59:59Z", 12))
        self.assertIn("has expired", found["advice"])
        self.assertIn("no-pin (+12)", self.pinctl("log", "--file", "-", data=line.encode(), status=1).stdout)

    def test_paused(self):
        found = self.one(LINE.replace("refused", "audited").replace("mode=", "paused=2026-01-02T03:04:05Z mode="))
        self.assertEqual(found["paused"], "2026-01-02T03:04:05Z")
        self.assertIn(f"pinctl resume {HOST}", found["advice"])

    def test_own_trial_is_no_finding(self):
        line = LINE.replace(f"host={HOST}", "host=swapped.pinctl.invalid")
        self.assertNotEqual(line, LINE)
        (found,) = self.log(f"{line}\n", status=0)
        self.assertIn("pinctl tried a configuration", found["advice"])
        for host in ("pinctl.invalid", "xpinctl.invalid", "swapped.pinctl.invalid.org"):
            self.assertIn("in between", self.one(line.replace("swapped.pinctl.invalid", host))["advice"])

    def test_escapes(self):
        found = self.one(LINE.replace("CN=one", r"CN=\x1B[2J\x22 \x5C\xFF\x00\xe2"))
        self.assertEqual(found["keys"][0]["subject"], 'CN=\x1b[2J" \\\ufffd\\x00\\xe2')
        text = self.pinctl("log", "--file", "-", data=LINE.replace("CN=one", r"CN=\x1B[2J").encode(), status=1).stdout
        self.assertNotIn("\x1b", text)
        self.assertIn(r"CN=\x1b[2J", text)

    def test_quotes_in_the_message_of_an_event(self):
        """Older providers wrote them as they were."""
        for message in ('unknown setting "qq"; expected "a" or b', '"', '""', 'ends in "quotes"', 'a "b c" d', "x=1 y=2"):
            found = self.one(f'event=policy-error policy="/etc/pinning/policy.cfg:1:2" message="{message}" {WHO}')
            self.assertEqual((found["message"], found["policy"], found["program"]),
                             (message, "/etc/pinning/policy.cfg:1:2", "curl"))

    def test_cut_by_the_provider(self):
        found = self.one(LINE[:LINE.index(" expected")] + f" ... {WHO}")
        self.assertTrue(found["cut"])
        self.assertEqual((len(found["keys"]), found["expected"], found["program"]), (2, None, "curl"))

    def test_cut_anywhere_on_its_way(self):
        whole = self.one(LINE)
        lengths = range(len("verdict=refused "), len(LINE) - len(WHO))
        cut = self.log("".join(f"{LINE[:length]}\n" for length in lengths))
        self.assertEqual(len(cut), len(lengths))
        for length, found in zip(lengths, cut):
            self.assertTrue(found["cut"], length)
            for name, value in found.items():
                if name not in ("cut", "advice", "keys"):
                    self.assertIn(value, (None, whole[name]), (length, name))
            self.assertEqual(found["keys"], whole["keys"][:len(found["keys"])])

    def test_other_programs(self):
        now = time.time()
        for tag in ("sshd[1]", "pinning", "pinning2[1]", "xpinning[1]", "pinning[]", "pinning[x]", "pinning[1]x", "a pinning[1]"):
            self.none(system_log.traditional(LINE, now, tag=tag))
        # Somebody else's text that looks like a line of its own.
        self.none(system_log.traditional(f"pinning[4711]: {LINE}", now, tag="sudo"))
        self.none(system_log.traditional(f"x {system_log.traditional(LINE, now)}", now, tag="su[1]"))
        for line in ("", "\n", "x", "Nov", "Nov 25", "Nov 25 08:00:00", "Nov 25 08:00:00 vm", f" {LINE}",
                     f"Nov 32 08:00:00 vm pinning[4711]: {LINE}", f"Nov 25 24:00:00 vm pinning[4711]: {LINE}",
                     f"2026-02-30T08:00:00Z vm pinning[4711]: {LINE}", f"2026-11-25T08:00:00 vm pinning[4711]: {LINE}"):
            self.none(line)

    def test_not_what_the_provider_writes(self):
        now = time.time()
        for text in ("hello", "verdict", "verdict=", "verdict=perhaps reason=no-pin", "reason=no-pin verdict=refused",
                     LINE + " host=evil.example", LINE.replace(" port", "\x1b[2J port"), LINE.replace(" port", "\x01 port"),
                     LINE + " and more", " ".join(f"k{n}=1" for n in range(100))):
            self.none(system_log.traditional(text, now), warned=True)
        many = "verdict=refused " + " ".join(f"k{n}=1" for n in range(100))
        self.none(system_log.traditional(many, now), warned=True)

    def test_another_writer_than_the_line_says(self):
        found = self.one(system_log.traditional(LINE, time.time(), tag="pinning[99]"))
        self.assertTrue(found["doubtful"])
        self.assertIn("any user can write to the system log", found["advice"])

    def test_no_name_of_a_line_gets_into_a_command(self):
        found = self.one(LINE.replace(HOST, '"a; reboot"'))
        self.assertEqual(found["host"], "a; reboot")
        self.assertNotIn("reboot", found["advice"])
        self.assertIn("pinctl add HOST ", found["advice"])

    def test_advice_has_the_policy(self):
        """What is advised is about the policy that was named."""
        for reason, words in (("no-pin", (f"add {HOST} server.pem --backup spare.pub", f"explain {HOST}")),
                              ("no-policy", ("check",))):
            advice = self.one(LINE.replace("no-pin", reason))["advice"]
            for command in words:
                self.assertIn(f'"pinctl {command} --policy {self.policy}"', advice)

    def test_every_reason_has_its_advice(self):
        source = (pathlib.Path(__file__).resolve().parents[2] / "policy" / "report.c").read_text(encoding="utf-8")
        words = re.findall(r'\[PIN_REASON_\w+\] = \{"([a-z-]+)"', source)
        words = [word for word in words if word not in NEVER_LOGGED]
        self.assertGreater(len(words), 14)
        advices = {word: self.log(LINE.replace("no-pin", word))[0]["advice"] for word in words}
        self.assertEqual([word for word, advice in advices.items() if "See troubleshooting." in advice], [])
        self.assertEqual(len(set(advices.values())), len(words))

    def test_bytes_of_any_kind(self):
        self.assertEqual(self.log(bytes(range(256)) * 300 + b"\n" + b"x" * 40000 + b"\n" + LINE.encode())[0]["host"], HOST)
        self.assertEqual(self.log(b"x" * 16384 + LINE.encode(), status=0), [])
        # A NUL hides its own line, and no other.
        self.assertEqual(len(self.log(f"{LINE}\n{LINE}\0\n{LINE}\n")), 2)

    def test_so_many_hosts_that_advice_ends(self):
        text = "".join(LINE.replace(HOST, f"h{number}.example.com") + "\n" for number in range(5000))
        shown = self.pinctl("log", "--file", "-", data=text.encode(), status=1).stdout
        self.assertEqual(shown.count("pinctl explain"), 100)
        self.assertIn("h4999.example.com:443", shown)


class Metrics(LogCase):
    """--format prometheus: how often, by verdict, host and reason."""

    def metrics(self, text, *words):
        done = self.pinctl("log", "--file", "-", "--format", "prometheus", *words, data=text.encode())
        lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
        return dict(line.rsplit(" ", 1) for line in lines)

    def test_each_host_and_reason(self):
        found = self.metrics(f"{LINE}\n{LINE} swallowed=7\n" + LINE.replace("refused", "audited") + "\n"
                             + LINE.replace(HOST, "API.Example.com.") + "\n" + LINE.replace("no-pin", "blocked-key"))
        self.assertEqual(found.pop(f'pinning_log_lines{{verdict="refused",host="{HOST}",reason="no-pin"}}'), "10")
        self.assertEqual(found.pop(f'pinning_log_lines{{verdict="audited",host="{HOST}",reason="no-pin"}}'), "1")
        self.assertEqual(found.pop(f'pinning_log_lines{{verdict="refused",host="{HOST}",reason="blocked-key"}}'), "1")
        self.assertLess(abs(int(found.pop("pinning_log_last_run_seconds")) - time.time()), 60)
        self.assertEqual(found, {"pinning_log_lines_left_out": "0", "pinning_log_lines_doubtful": "0"})

    def test_what_is_no_finding(self):
        for text in ("", "event=policy-loaded " + WHO, LINE.replace("refused", "exempt"),
                     LINE.replace(HOST, "swapped.pinctl.invalid"), "something else\n"):
            self.assertEqual([name for name in self.metrics(text) if name.startswith("pinning_log_lines{")], [], text)

    def test_hosts_of_outsiders_push_nothing_out(self):
        """Who has no entry is counted without his name; names below an entry fill a bounded table."""
        unlisted = "".join(f"{LINE}\n".replace("no-pin", "unlisted").replace(HOST, f"h{i}.example.net") for i in range(2000))
        found = self.metrics(unlisted + LINE)
        self.assertEqual(found['pinning_log_lines{verdict="refused",host="",reason="unlisted"}'], "2000")
        self.assertEqual(found[f'pinning_log_lines{{verdict="refused",host="{HOST}",reason="no-pin"}}'], "1")
        found = self.metrics("".join(f"{LINE}\n".replace(HOST, f"h{i}.example.net") for i in range(1500)))
        self.assertEqual(sum(name.startswith("pinning_log_lines{") for name in found), 1000)
        self.assertEqual(found["pinning_log_lines_left_out"], "500")

    def test_names_cannot_end_a_label(self):
        found = self.metrics(LINE.replace(f"host={HOST}", 'host="a\\"} 99"'))
        self.assertTrue(all(name.count("{") == name.count("}") or "\\\"" in name for name in found), found)
        self.assertNotIn("99", [value for name, value in found.items() if name.startswith("pinning_log_lines{")])

    def test_not_with_what_does_not_fit(self):
        for words in (("--host", HOST), ("--follow",)):
            self.pinctl("log", "--file", "-", "--format", "prometheus", *words, data=b"", status=2)


class Choosing(LogCase):
    def setUp(self):
        super().setUp()
        self.now = int(time.time())

    def test_host(self):
        other = LINE.replace(HOST, "other.example.com")
        for spelling in (HOST, HOST.upper(), f"{HOST}."):
            self.assertEqual([item["host"] for item in self.log(f"{LINE}\n{other}\n", "--host", spelling)], [HOST])
        self.assertEqual(self.log(f"{LINE}\n", "--host", "example.com", status=0), [])
        self.assertIn("without a port", self.pinctl("log", "--host", f"{HOST}:443", status=2).stderr)

    def test_since(self):
        text = "".join(system_log.rfc3339(LINE, self.now - hours * 3600) for hours in (100, 50, 3, 0))
        for since, count in (("200h", 4), ("3 days ago", 3), ("3days", 3), ("1 w", 4), ("1 week ago", 4), ("240m", 2),
                             ("240 minutes", 2), ("1h", 1), ("60 s", 1), ("2000-01-01", 4),
                             (time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(self.now - 4 * 3600)), 2)):
            self.assertEqual(len(self.log(text, "--since", since)), count, since)
        self.assertEqual(self.log(text, "--since", "2100-01-01T00:00:00Z", status=0), [])
        # Nobody knows when it was.
        self.assertEqual(self.log(LINE, "--since", "1h", status=0), [])

    def test_since_what(self):
        for text in ("x", "2", "h", "-2h", "2 h ours", "2h ago ", "2x", "2hs", "2026-02-30", "2026-1-1", "2026-11-25T08:00:00",
                     "2026-11-25 08:00", "9999999h", "2.5h", "2h3m", "yesterday-ish"):
            done = self.pinctl("log", "--since", text, "--file", "-", status=2)
            self.assertIn("expected a date", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_year_of_traditional_stamps(self):
        for days in (1, 100, 300):
            found = self.one(system_log.traditional(LINE, self.now - days * 86400))
            self.assertEqual(found["time"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now - days * 86400)))

    def test_files(self):
        plain = self.write_policy(system_log.traditional(LINE, self.now), "auth.log")
        packed = os.path.join(self.folder, "auth.log.2.gz")
        with gzip.open(packed, "wt") as file:
            file.write(system_log.traditional(LINE.replace(HOST, "old.example.com"), self.now - 86400))
        found = self.json("log", "--file", packed, "--file", plain, status=1)
        self.assertEqual([item["host"] for item in found], ["old.example.com", HOST])
        with open(packed, "r+b") as file:
            file.truncate(40)
        self.assertIn(packed, self.pinctl("log", "--file", packed, status=3).stderr)
        for path in ("absent.log", self.folder):
            self.assertIn(path, self.pinctl("log", "--file", path, status=3).stderr)

    def test_nothing_found(self):
        done = self.pinctl("log", "--file", "-", data=b"event=policy-loaded policy=x hosts=1 generation=ab " + WHO.encode())
        self.assertIn("policy-loaded", done.stdout)

    def test_table_fits_80_columns(self):
        path = self.write_policy(system_log.traditional(LINE, self.now), "auth.log")
        _, output = self.on_terminal("/bin/sh", "-c", f'stty cols 80; exec "{PINCTL}" log --file "{path}"')
        self.assertIn(f"{HOST}:443", output.splitlines()[1])
        self.assertIn(f"key0 {KEY} CN=one", output)
        self.assertNotIn("\x1b[36m", output)
        plain = output.replace("\x1b[1m", "").replace("\x1b[0m", "")
        self.assertLessEqual(max(map(len, plain.splitlines())), 80)


class Follow(LogCase):
    def setUp(self):
        super().setUp()
        self.path = self.write_policy(self.line("first"), "auth.log")
        self.child = subprocess.Popen([PINCTL, "log", "--follow", "--since", "1h", "--file", self.path, "--json"],
                                      stdout=subprocess.PIPE, env=self.environment(), text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=lambda: [self.lines.put(line) for line in self.child.stdout], daemon=True)
        self.reader.start()
        self.addCleanup(self.stop)
        self.expect("first")

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.reader.join()
        self.child.stdout.close()

    @staticmethod
    def line(name):
        return system_log.traditional(LINE.replace(HOST, f"{name}.example.com"), time.time())

    def append(self, text, path=None):
        with open(path or self.path, "a", encoding="utf-8") as file:
            file.write(text)

    def expect(self, *names):
        for name in names:
            self.assertEqual(json.loads(self.lines.get(timeout=60))["host"], f"{name}.example.com")

    def test_new_lines(self):
        self.append(self.line("second") + self.line("third"))
        self.expect("second", "third")

    def test_half_a_line_waits_for_its_rest(self):
        text = self.line("half")
        self.append(text[:60])
        self.append("")
        self.append(text[60:] + self.line("next"))
        self.expect("half", "next")

    def test_rotation(self):
        os.rename(self.path, f"{self.path}.1")
        self.append(self.line("late"), f"{self.path}.1")
        self.append(self.line("new"))
        self.expect("late", "new")

    def test_truncation(self):
        os.truncate(self.path, 0)
        # The new file must not have grown past the old one before it is looked at.
        self.append(system_log.traditional(f"verdict=refused reason=no-pin host=fresh.example.com {WHO}", time.time()))
        self.expect("fresh")

    def test_usage(self):
        for words in (("--file", "-"), ("--file", "a", "--file", "b")):
            self.assertIn("at most one --file", self.pinctl("log", "--follow", *words, status=2).stderr)
        self.assertIn("absent", self.pinctl("log", "--follow", "--file", "absent", status=3).stderr)


# Logs through /dev/log: the real provider in a real curl; then another user who forges two lines.
IN_THE_JOURNAL = """
import json, os, socket, subprocess, sys
pinctl, host, port, follow = sys.argv[1:]
def log(*words):
    return subprocess.run([pinctl, "log", "--json", *words], stdout=subprocess.PIPE, text=True)
follower = subprocess.Popen([pinctl, "log", "--json", "--follow"], stdout=subprocess.PIPE, text=True) if follow == "yes" else None
def curl():
    subprocess.run([pinctl, "run", "--", "curl", "-s", "--cacert", "root.pem", "--resolve", f"{host}:{port}:127.0.0.1",
                    f"https://{host}:{port}/"], stdout=subprocess.DEVNULL)
if follow == "yes":
    # Until the follower is there, and a line comes through.
    import select
    while not select.select([follower.stdout], [], [], 0.5)[0]:
        curl()
    line = follower.stdout.readline()
    follower.kill()
    follower.wait()
    print(json.dumps(json.loads(line)))
    sys.exit(0)
curl()
subprocess.run(["journalctl", "--sync"], stderr=subprocess.DEVNULL)
genuine = subprocess.run(["journalctl", "--output=json", "--all"], stdout=subprocess.PIPE, text=True).stdout
message = next(json.loads(line)["MESSAGE"] for line in genuine.splitlines() if "verdict=" in line)
if os.fork() == 0:
    os.setuid(65534)
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.connect("/dev/log")
    for text in (message, message.split(" program=")[0] + f' expired="{"x" * 4000}" program=curl pid={os.getpid()} uid=65534',
                 message.split(" program=")[0] + f" program=curl pid={os.getpid()} uid=0", "x" * 5000 + message, message + "\\nverdict=refused"):
        sender.send(b"<84>Nov 25 08:00:00 pinning[%d]: " % os.getpid() + text.encode())
    os._exit(0)
os.wait()
subprocess.run(["journalctl", "--sync"], stderr=subprocess.DEVNULL)
done = log()
print(done.stdout)
sys.exit(done.returncode)
"""


@unittest.skipIf(SANITIZED, "a program without sanitizers cannot load the provider")
class Journal(LogCase):
    def setUp(self):
        super().setUp()
        why = system_log.why_no_journal()
        if why is not None:
            self.skipTest(why)
        server = live.Server(live.tls(live.tls_context("swapped", "swapped-chain.pem")))
        self.addCleanup(server.close)
        self.port = server.port
        self.pinctl("add", HOST, "server.pem")

    def run_there(self, follow):
        done = system_log.beside_a_journal(IN_THE_JOURNAL, self.environment(), PINCTL, HOST, str(self.port), follow)
        self.assertEqual((done.returncode, done.stdout != ""), (0 if follow == "yes" else 1, True), done.stderr)
        return json.loads(done.stdout)

    def test_genuine_and_forged(self):
        genuine, copied, honest, claimed = self.run_there("no")
        self.assertEqual((genuine["verdict"], genuine["doubtful"]), ("refused", False))
        self.assertEqual((genuine["writer"]["uid"], genuine["writer"]["pid"]), (0, genuine["pid"]))
        self.assertEqual((copied["doubtful"], copied["writer"]["uid"]), (True, 65534))
        self.assertEqual((honest["doubtful"], honest["writer"]["uid"], honest["uid"]), (False, 65534, 65534))
        self.assertEqual((claimed["doubtful"], claimed["writer"]["uid"], claimed["uid"]), (True, 65534, 0))
        # It is longer than journalctl prints by default.
        self.assertEqual((honest["keys"], len(honest["expired"])), (genuine["keys"], 4000))

    def test_follow(self):
        self.assertEqual(self.run_there("yes")["host"], HOST)


class Permission(PinctlCase):
    @unittest.skipUnless(os.geteuid() == 0, "only root becomes another user")
    def test_who_may_read(self):
        os.chmod(self.folder, 0o755)
        log = self.write_policy("", "auth.log")
        group = grp.getgrgid(4)
        os.chown(log, 0, group.gr_gid)
        os.chmod(log, 0o640)
        command = ["setpriv", "--reuid", "65534", "--clear-groups", PINCTL, "log", "--file", log]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(f"Permission denied; members of the group {group.gr_name} may read it", done.stderr)
        os.chmod(log, 0o600)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment())
        self.assertIn("Permission denied; try it as root", done.stderr)


if __name__ == "__main__":
    main()
