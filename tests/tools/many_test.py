# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Lists, logs and tables of any length: printed as they come, in memory that does not grow with them."""

import contextlib
import json
import os
import resource
import sqlite3
import subprocess

from pinctl_case import PINCTL, PinctlCase, main

SANITIZED = bool(os.environ.get("PINNING_SANITIZE"))
MANY = 20000
A = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
B = A.replace("/A", "/B")
LINE = ("2026-11-2{day}T08:00:{second:02}Z machine pinning[7]: verdict=audited reason=no-pin host={host} port=443 mode=audit "
        "entry=/etc/pinning/policy.cfg:3 certificate=good key0=\"{pin} CN=x\" expected=\"pins {pin}\" program={program} pid=7 uid=1000\n")


def line(number, host=None, program="curl"):
    return LINE.format(day=number % 9, second=number % 60, host=host or f"h{number}.example.org", pin=A, program=program)


class Many(PinctlCase):
    # A tenth of what 20,000 hosts took when all of their JSON was made before any of it was printed.
    MOST_KIBIBYTES = 12 << 10

    def limited(self, *words, status=0, **environment):
        """What it prints with so little memory of its own."""
        limit = [] if SANITIZED else ["sh", "-c", f'ulimit -d {self.MOST_KIBIBYTES}; exec "$@"', "sh"]
        done = subprocess.run([*limit, PINCTL, *words], capture_output=True, check=False, env=self.environment(**environment))
        self.assertEqual(done.returncode, status, (words, done.stderr))
        return done.stdout.decode()

    def write_hosts(self, count):
        hosts = ",\n".join(f'{{ name = "h{i}.example.org"; pins = [ "{A}" ]; }}' for i in range(count))
        self.write_policy(f"version = 1; hosts = (\n{hosts});\n")
        self.pinctl("compile")


class Policies(Many):
    def test_json(self):
        self.write_hosts(MANY)
        listed = json.loads(self.limited("list", "--json"))
        self.assertEqual([host["name"] for host in listed["hosts"]], sorted(f"h{i}.example.org" for i in range(MANY)))
        self.assertEqual(list(listed)[-1], "pauses")

    def test_json_is_laid_out_as_any_other(self):
        for count in (0, 1, 3):
            self.write_hosts(count)
            text = self.pinctl("list", "--json").stdout
            # An empty list takes two lines.
            expected = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
            self.assertEqual("".join(text.split()), "".join(expected.split()))
            self.assertEqual([line for line in text.splitlines() if "[" not in line and line.strip() not in ("]", "],")],
                             [line for line in expected.splitlines() if "[" not in line and line.strip() not in ("]", "],")])

    def test_table(self):
        self.write_hosts(MANY)
        lines = self.limited("list").splitlines()
        self.assertEqual(len(lines), MANY + 1)
        self.assertEqual([line.split()[0] for line in lines[1:]], sorted(f"h{i}.example.org" for i in range(MANY)))
        self.assertEqual(sum(line.startswith("HOST") for line in lines), 1)

    def test_a_wider_cell_far_below(self):
        """A column becomes wider from there on, and never narrower again."""
        names = [f"a{i:04}.org" for i in range(1500)] + ["b" * 40 + ".org"] + [f"c{i:04}.org" for i in range(2500)]
        hosts = ",\n".join(f'{{ name = "{name}"; pins = [ "{A}" ]; }}' for name in names)
        self.write_policy(f"version = 1; hosts = (\n{hosts});\n")
        lines = self.pinctl("list").stdout.splitlines()
        places = [line.index(" any ") for line in lines[1:]]
        self.assertEqual([line.split()[0] for line in lines[1:]], names)
        self.assertEqual(places, sorted(places))
        self.assertEqual((places[0], places[-1]), (len("a0000.org"), len("b" * 40 + ".org")))

    def test_entries_of_one_name_stay_in_order(self):
        entries = ",\n".join(f'{{ name = "x.org"; ports = [ {port} ]; pins = [ "{A}" ]; }}' for port in range(99, 0, -1))
        self.write_policy(f"version = 1; hosts = (\n{entries});\n")
        self.pinctl("compile")
        self.assertEqual([host["ports"][0] for host in self.json("list")["hosts"]], list(range(99, 0, -1)))

    def test_what_asks_of_one_host(self):
        """By the form in its file, and a dry run as the change itself."""
        self.MOST_KIBIBYTES = 5 << 10
        self.write_hosts(MANY)
        files = sorted(os.listdir(self.folder))
        temporary = os.path.join(self.folder, "temporary")
        os.mkdir(temporary)
        for words in (("add", "new.example.org", A, "--backup", B, "--dry-run"), ("add", "new.example.org", A, "--backup", B),
                      ("rename", "new.example.org", "newer.example.org", "--dry-run"), ("remove", "new.example.org", "--dry-run")):
            self.assertIn("new.example.org", self.limited(*words, TMPDIR=temporary) or words[1])
            self.assertEqual(os.listdir(temporary), [])
            if "--dry-run" in words and words[0] == "add":
                self.assertEqual(sorted(set(os.listdir(self.folder)) - {"temporary"}), files)
        self.assertIn("h7.example.org", self.limited("export", "--format", "okhttp", "h7.example.org", "H7.example.org"))
        few = sorted(f"h{i}.example.org" for i in range(1500))
        exported = self.limited("export", "--lossy", "--format", "okhttp", *few, *few)
        self.assertEqual(sorted(exported.split('"')[1::2][::2]), few)
        self.assertIn("no entry for it", self.pinctl("export", "--format", "okhttp", "h7.example.org", "z.org", status=3).stderr)

    def test_export_of_json(self):
        """As a tree 20,000 entries of it once took 160 MiB."""
        self.MOST_KIBIBYTES = 64 << 10
        self.write_hosts(MANY)
        exported = json.loads(self.limited("export", "--lossy", "--format", "envoy"))
        self.assertEqual({match["name"] for match in exported["transport_socket_matches"]}, {f"h{i}.example.org" for i in range(MANY)})

    def test_dry_run_where_nothing_temporary_can_be_written(self):
        self.write_hosts(3)
        done = self.pinctl("add", "new.example.org", A, "--dry-run", environment={"TMPDIR": os.path.join(self.folder, "none")})
        self.assertIn('+  { name = "new.example.org";', done.stdout)


class Multiplied(Many):
    """Texts whose image, or whose lookup, would be many times as large as they look."""

    def entries(self, count, first=1):
        return ",\n".join(f'{{ name = "x.org"; ports = [ {port} ]; pins = [ "{A}" ]; }}' for port in range(first, first + count))

    def test_a_pin_set_is_kept_once(self):
        """624 KB of text once made an image of 321 MB."""
        pins = ", ".join(f'"{i:064x}"' for i in range(2000))
        hosts = ",\n".join(f'{{ name = "h{i}.org"; pins = [ "@all" ]; backup_pins = [ "{A}" ]; }}' for i in range(2000))
        text = f"version = 1;\npinsets = {{ all = [ {pins} ]; }};\nhosts = (\n{hosts});\n"
        self.write_policy(text)
        self.pinctl("compile")
        self.assertLess(os.path.getsize(os.path.join(self.folder, "policy.db")), 3 * len(text))
        self.assertEqual(len(self.json("show", "h7.org")["entries"][0]["pins"]), 2000)

    def test_an_entry_for_each_port_of_one_name(self):
        most = 65000
        self.write_policy(f"version = 1; hosts = (\n{self.entries(most)});\n")
        self.pinctl("compile")
        # Without a port all may be meant, of which a verdict holds sixteen.
        shown = self.json("show", "x.org")
        self.assertEqual((shown["covered"], len(shown["entries"]), len(shown["passed_over"])), (True, 16, most - 16))
        self.assertEqual([entry["line"] for entry in self.json("show", "x.org:443")["entries"]], [444])
        # The entry of a port is found; another one comes and goes.
        self.assertIn("policy.cfg:1000", self.pinctl("add", "x.org", A, "--port", "999", status=3).stderr)
        self.pinctl("add", "x.org", A, "--port", "65001")
        self.assertEqual(len(self.json("show", "x.org:65001")["entries"]), 1)
        self.pinctl("add", "y.org", A, "--port", "999")
        self.pinctl("add", "*.x.org", A, "--port", "999")
        self.assertEqual(len(self.json("list")["hosts"]), most + 3)
        self.pinctl("remove", "x.org", "--port", "65001", "--yes")
        self.assertEqual(len(self.json("list")["hosts"]), most + 2)
        self.write_policy(f"hosts = (\n{self.entries(1, 777)});\n", "policy.d/more.cfg")
        done = self.pinctl("check", status=1)
        self.assertIn('more.cfg:2:', done.stdout)
        self.assertIn('"x.org" has an entry for port 777 already at', done.stdout)


class Folders(Many):
    MANY_PROGRAMS, MOST_SECONDS = 50000, 2

    def test_programs(self):
        """Each file that was read is found again, without a look at all the others."""
        folder = os.path.join(self.folder, "bin")
        os.mkdir(folder)
        program = os.path.join(folder, "p")
        with open(program, "w", encoding="ascii"):
            os.chmod(program, 0o755)
        for i in range(self.MANY_PROGRAMS - 1):
            # One file can have some ten thousand names.
            os.link(program, f"{program}{i}")
        before = os.times().children_user
        done = self.json("coverage", folder)
        self.assertEqual(done["counts"]["no-program"], self.MANY_PROGRAMS)
        if not SANITIZED:
            self.assertLess(os.times().children_user - before, self.MOST_SECONDS)


class Times(Many):
    """What one verb costs, beside another that reads the same policy: no machine is too slow for that."""

    def seconds(self, *words, status=0):
        """The least processor time of three runs."""
        taken = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.pinctl(*words, status=status)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(taken)

    def write_pins(self, name, lists):
        entries = "; ".join(f"{word} = [ " + ",\n".join(f'"{i:064x}"' for i in numbers) + " ]" for word, numbers in lists.items())
        return self.write_policy(f'version = 1; hosts = ( {{ name = "x.org"; {entries}; }} );\n', name)

    def test_many_pins_of_one_entry(self):
        """Each of one list was once compared with each of the other."""
        many = 50000
        os.mkdir(os.path.join(self.folder, "coming"))
        self.write_pins("policy.cfg", {"pins": range(1, many)})
        coming = self.write_pins("coming/policy.cfg", {"pins": range(2, many + 1)})
        self.pinctl("compile")
        said = self.pinctl("diff", coming, status=1).stdout.splitlines()
        self.assertEqual([line.split(" sha256")[0] for line in said if "sha256" in line], ["x.org: no longer names", "x.org: now names"])
        self.assertLess(self.seconds("diff", coming, status=1), 10 * self.seconds("check"))
        self.write_pins("policy.cfg", {"pins": range(1, many), "fingerprints": range(many, 2 * many)})
        apart = self.seconds("check")
        self.write_pins("policy.cfg", {"pins": range(1, 2 * many)})
        self.assertLess(apart, 10 * self.seconds("check"))

    def test_one_pin_set_of_many_hosts(self):
        """What is asked of a set is asked once, not once for each host."""
        pins = ", ".join(f'"{i:064x}"' for i in range(1, 3001))
        hosts = ",\n".join(f'{{ name = "h{i}.org"; pins = [ "@{"ab"[i % 2]}" ]; }}' for i in range(4000))
        self.write_policy(f"version = 1;\npinsets = {{ a = [ {pins} ]; b = [ {pins} ]; }};\nblocked_keys = [ {pins} ];\nhosts = (\n{hosts});\n")
        self.pinctl("compile")
        checked = self.pinctl("check").stdout
        self.assertEqual(checked.count("can accept nothing"), 4000)
        self.assertLess(self.seconds("check"), 3 * self.seconds("list"))

    def test_many_names_with_a_few_ports(self):
        """To list a name's entries no place is looked at where none of them can lie."""
        def write(names, ports):
            hosts = ",\n".join(f'{{ name = "h{i}.org"; ports = [ {port} ]; pins = [ "{A}" ]; }}'
                               for i in range(names) for port in range(1000, 1000 + 100 * ports, 100))
            self.write_policy(f"version = 1;\nhosts = (\n{hosts});\n")
            self.pinctl("compile")
            return self.seconds("list")

        one_each = write(6000, 1)
        self.assertLess(write(300, 20), 5 * one_each)
        self.assertEqual([entry["ports"] for entry in self.json("show", "h7.org")["entries"][:2]], [[1000], [1100]])

    def test_many_entries_below_two(self):
        """What is made ready for one of the less specific ones is not made again after the other."""
        entries = [f'{{ name = "x.org"; include_subdomains = true; ports = [ {port} ]; pins = [ "@{word}", "{A}" ]; }}'
                   for port, word in ((1, "a"), (2, "b"))]
        # With both in one pin the first is passed over, and the second asked.
        entries += [f'{{ name = "h{i}.x.org"; ports = [ 443 ]; pins = [ "{A}", "{i + 1:064x}" ]; }}' for i in range(1500)]
        sets = "".join(f'{word} = [ ' + ", ".join(f'"{first + i:064x}"' for i in range(20000)) + " ];\n"
                       for word, first in (("a", 10**9), ("b", 2 * 10**9)))
        self.write_policy(f"version = 1; pinsets = {{ {sets} }};\nhosts = (\n" + ",\n".join(entries) + ");\n")
        self.pinctl("compile")
        self.assertLess(self.seconds("check"), 10 * self.seconds("list"))
        # Without the pin in both each is warned of.
        entries = [entry.replace(f', "{A}" ]', " ]") for entry in entries]
        self.write_policy(f"version = 1; pinsets = {{ {sets} }};\nhosts = (\n" + ",\n".join(entries) + ");\n")
        self.assertEqual(self.pinctl("check").stdout.count('"x.org" has other keys'), 1500)

    def test_many_ports_of_one_entry(self):
        ports = ", ".join(map(str, range(1, 60000)))
        self.write_policy(f'version = 1; hosts = ( {{ name = "x.org"; ports = [ {ports} ]; pins = [ "{A}" ]; }} );\n')
        self.pinctl("compile")
        self.assertLess(self.seconds("add", "x.org", B, status=3), 10 * self.seconds("list"))

    def test_a_policy_in_one_line(self):
        """With each warning the whole line was kept."""
        hosts = ", ".join(f'{{ name = "h{i}.example.org"; pins = [ "{A}" ]; }}' for i in range(2000))
        self.write_policy(f"version = 1; hosts = ( {hosts});\n")
        checked = json.loads(self.limited("check", "--json"))
        self.assertEqual([len(said["message"]) > 0 and said["source_line"] for said in checked], [None] * len(checked))
        self.assertGreaterEqual(len(checked), 2000)
        self.assertEqual({said["width"] for said in checked if '"h7.example.org" depends on' in said["message"]}, {len('"h7.example.org"')})


class Records(Many):
    def test_changes(self):
        """A long record, as JSON, in the memory of a short one."""
        self.write_policy("version = 1;\n")
        self.pinctl("add", "x.org", A)
        with contextlib.closing(sqlite3.connect(os.path.join(self.folder, "policy.cfg.changes"))) as database:
            columns = "time, who, command, what, has_files, undone"
            database.executemany(f"INSERT INTO changes ({columns}) SELECT {columns} FROM changes WHERE id = ?", [(1,)] * MANY)
            database.commit()
        self.assertEqual(len(json.loads(self.limited("changes", "--json"))), MANY + 1)


class Logs(Many):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.folder, "auth.log")

    def write_lines(self, lines):
        self.write_policy("".join(lines), "auth.log")

    def test_json(self):
        self.write_lines(line(i) for i in range(MANY))
        shown = json.loads(self.limited("log", "--json", "--file", self.log, status=1))
        self.assertEqual([item["host"] for item in shown], [f"h{i}.example.org" for i in range(MANY)])
        self.write_lines([])
        self.assertEqual(json.loads(self.limited("log", "--json", "--file", self.log)), [])

    def test_table(self):
        self.write_lines(line(i) for i in range(MANY))
        text = self.limited("log", "--file", self.log, status=1)
        self.assertEqual(text.count(" audited "), MANY)

    def test_long_lines(self):
        """Whoever may write to the log decides how long a line is."""
        self.write_lines(line(i, program="p" * 12000) for i in range(2000))
        self.assertEqual(self.limited("log", "--file", self.log, status=1).count("p" * 12000), 2000)

    def test_what_is_left_out_is_said(self):
        self.write_lines(line(i) for i in range(100))
        self.assertNotIn("advice is given", self.pinctl("log", "--file", self.log, status=1).stderr)
        self.write_lines(line(i) for i in range(103))
        said = self.pinctl("log", "--file", self.log, status=1).stderr
        self.assertIn("advice is given for the first 100 kinds of lines; 3 lines are of others", said)


class Learning(Many):
    MOST_LOGGED_HOSTS = 10000

    def learn(self, *words):
        # Nobody listens there.
        return self.pinctl("learn", "--json", "--no-history", "--system-anchors", "root.pem", "--connect", "::127.0.0.1:1",
                           "--file", os.path.join(self.folder, "auth.log"), *words)

    def test_hosts_of_the_log_are_limited(self):
        self.write_policy("version = 1;\n")
        hosts = self.MOST_LOGGED_HOSTS + 5
        self.write_policy("".join(line(i) for i in (*range(hosts), 0, hosts - 1)), "auth.log")
        named = self.write_policy(f"h{hosts - 1}.example.org\nlisted.example.org\n", "hosts.txt")
        done = self.learn()
        self.assertEqual(len(json.loads(done.stdout)), self.MOST_LOGGED_HOSTS)
        self.assertIn("6 lines are about hosts beyond the first 10000 of the log, and were passed over", done.stderr)
        done = self.learn("--from-hosts", named)
        learnt = [item["host"] for item in json.loads(done.stdout)]
        self.assertEqual(len(learnt), self.MOST_LOGGED_HOSTS + 2)
        self.assertEqual(learnt, sorted(learnt))
        self.assertIn("listed.example.org", learnt)
        self.assertIn("4 lines", done.stderr)


if __name__ == "__main__":
    main()
