# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Every verb with --json, on real data: the output is one JSON value, its fields are those that its page documents (in both
directions), and it holds what the form for people shows. A verb that gets --json has to be added here.
"""

import json
import os
import pathlib
import re
import sqlite3
import time

import live_servers as live
import system_log
import transparency as ct
from pinctl_case import PinctlCase, fingerprint_of, issue, main, path, pin_of, read, write

HOST = "api.example.com"
MAN = pathlib.Path(__file__).resolve().parents[2] / "docs" / "man"
DIGEST = r"sha256/[A-Za-z0-9+/]{43}="


def fields(value, at=""):
    """The names of everything in a value, as the pages write them."""
    if isinstance(value, dict):
        return {name for key, inner in value.items() for name in fields(inner, f"{at}.{key}".lstrip("."))}
    if isinstance(value, list):
        return {name for inner in value for name in fields(inner, f"{at}[]")}
    return {at}


def section(page):
    found = re.search(r"(?ms)^\.Sh JSON$(.*?)^\.Sh ", page.read_text(encoding="utf-8"))
    return found.group(1) if found else ""


def items(body):
    return re.findall(r"(?m)^\.It Li (?:\\&)?(.+)$", body)


def documented_groups():
    """{name: fields} of the lists that several verbs share."""
    parts = re.split(r"(?m)^\.Ss (\S+)$", section(MAN / "pinctl.1"))[1:]
    return {name: items(body) for name, body in zip(parts[::2], parts[1::2])}


def documented():
    """{verb: patterns of its fields}; ENTRY and the like at the end of a name stand for a list of their own."""
    groups = documented_groups()
    lists = {page.stem.removeprefix("pinctl-"): items(section(page)) for page in MAN.glob("pinctl-*.1")}
    lists = {verb: body for verb, body in lists.items() if body}

    def names(written):
        head, _, last = written.rpartition(".")
        return [f"{head}.{inner}" for inner in groups[last]] if last in groups else [written]

    def pattern(name):
        return re.sub(r"[A-Z]+", "[a-z_-]+", re.escape(name))

    return {verb: [pattern(name) for written in body for name in names(written)] for verb, body in lists.items()}


class Scene(PinctlCase):
    def setUp(self):
        super().setUp()
        write("extra.pem", read("server.pem") + read("ca.pem") + read("other.pem"))
        server = live.Server(live.tls(live.tls_context("server", "extra.pem")))
        self.addCleanup(server.close)
        self.live = ("--connect", f"::127.0.0.1:{server.port}", "--ca", "root.pem", "--timeout", "60")
        issue("rsa", f"/CN={HOST}", "ca", (f"subjectAltName=DNS:{HOST}",), ("-newkey", "rsa:2048"))
        context = live.tls_context("server", "extra.pem", ciphers="ECDHE+AESGCM")
        context.load_cert_chain(path("rsa.pem"), path("rsa.key"))
        server = live.Server(live.tls(context))
        self.addCleanup(server.close)
        self.two_keys = server.port
        issue("stamped", f"/CN={HOST}", "ca", (f"subjectAltName=DNS:{HOST}",))
        log = ct.Log("log")
        ct.embed("stamped", "ca", [log.of_precertificate("stamped", "ca", 0)])
        self.logs = ct.log_list("log_list.json", [log])
        write("stamped-chain.pem", read("stamped.pem") + read("ca.pem"))
        server = live.Server(live.tls(live.tls_context("stamped", "stamped-chain.pem")))
        self.addCleanup(server.close)
        self.stamped = server.port
        self.history = ("--history", os.path.join(self.folder, "history.db"))
        pins = [pin_of(name) for name in ("server.pem", "ca.pem", "root.pem", "other.pem")]
        self.write_policy(
            f'version = 1;\nhosts = (\n{{ name = "{HOST}"; ports = [ 443, 8443 ]; pins = [ "{pins[0]}" ];\n'
            f'  backup_pins = [ "{pins[3]}" ]; fingerprints = [ "{fingerprint_of("server.pem")}" ];\n'
            f'  anchors = [ "{pins[2]}" ]; expires = "2099-12-31"; comment = "a note"; }},\n'
            f'{{ name = "example.com"; include_subdomains = true; intermediates = [ "{pins[1]}" ]; mode = "audit"; }},\n'
            f'{{ name = "*.example.com"; ports = [ 8443 ]; pins = [ "{pins[1]}" ]; }} );\n')
        self.broken = self.write_policy("version = 1;\nmode = 7;\n", "broken/policy.cfg")
        self.mixed_up = self.write_policy(f'version = 1;\nhosts = ( {{ name = "{HOST}"; '
                                          f'pins = [ "{fingerprint_of("server.pem")}" ]; }} );\n', "mixed/policy.cfg")
        self.offline = os.path.join(self.folder, "offline")
        os.mkdir(self.offline)
        self.own = self.write_policy("version = 1;\n", "own/policy.cfg")
        self.pinctl("add", HOST, "server.pem", "--policy", self.own)
        wrong = pin_of("swapped.pem")
        self.rotating = self.write_policy(
            f'version = 1;\nhosts = ( {{ name = "{HOST}"; pins = [ "{wrong}" ]; backup_pins = [ "{pins[0]}" ]; }},\n'
            f'{{ name = "127.0.0.1"; pins = [ "{wrong}" ]; }}, {{ name = "else.example.org"; pins = [ "{wrong}" ]; }} );\n',
            "rotating/policy.cfg")
        self.learned_for = self.write_policy(
            f'version = 1;\nhosts = ( {{ name = "covered.org"; pins = [ "{wrong}" ]; }} );\n', "learning/policy.cfg")
        self.hosts_to_learn = self.write_policy(f"{HOST}\n127.0.0.1:8443\ncovered.org\nelse.example.org\n", "hosts.txt")
        self.pinctl("pause", "paused.example.org")
        self.log = self.write_policy(self.lines_of_a_log(pins), "auth.log")
        self.journal = self.write_policy(self.lines_of_a_journal(pins), "journal.json")

    @staticmethod
    def lines_of_a_log(pins):
        """Lines and events with every field that one can have."""
        who = "program=curl pid=4711 uid=1000"
        line = (f'verdict=refused reason=no-pin host={HOST} port=443 mode=enforce entry=/etc/pinning/policy.cfg:4 '
                f'key0="{pins[0]} CN=one" key1="{pins[1]} CN=two" expected="pins {pins[2]}" {who}')
        more = line.replace("expected=", "keys=+3 expected=").replace(
            "mode=enforce", "paused=2026-01-02T03:04:05Z mode=audit expired=2026-01-01T23:59:59Z").replace(who, f"swallowed=12 {who}")
        # Advice is given once for each host and reason.
        more = more.replace("refused", "audited").replace(f"host={HOST}", "host=old.example.com")
        events = (f'event=policy-error policy="/etc/pinning/policy.cfg:1:2" message="no such thing" {who}',
                  f'event=policy-unusable consequence=refuse-all policy="/etc/pinning/policy.cfg" {who}',
                  line.replace("verdict=refused reason=no-pin", "verdict=refused reason=blocked-key blocked=1"))
        return "".join(system_log.rfc3339(text, time.time() - 60) for text in (line, more, *events)) + line + "\n"

    @staticmethod
    def lines_of_a_journal(pins):
        """A line of the writer that it names, and one of another."""
        entry = {"SYSLOG_IDENTIFIER": "pinning", "_UID": "1000", "_PID": "4711", "_EXE": "/usr/bin/curl", "_HOSTNAME": "vm",
                 "__REALTIME_TIMESTAMP": str(int(time.time()) * 1000000),
                 "MESSAGE": f'verdict=refused reason=no-pin host={HOST} port=443 mode=enforce entry=/etc/pinning/policy.cfg:4 '
                            f'key0="{pins[0]} CN=one" expected="pins {pins[2]}" program=curl pid=4711 uid=1000'}
        return "".join(json.dumps(item) + "\n" for item in (entry, {**entry, "_UID": "1001"}))

    def runs(self):
        """{verb: command lines}. All of them together print every field."""
        return {
            "pin": [("pin", "extra.pem", path("spare.pub"))],
            "list": [("list",)],
            "changes": [("changes",), ("changes", "--policy", self.own)],
            "show": [("show", f"{HOST}:443"), ("show", "www.example.com"), ("show", "else.example.org")],
            "check": [("check",), ("check", self.broken)],
            "diff": [("diff", self.own)],
            "compile": [("compile", "--policy", self.broken), ("compile",)],
            "explain": [("explain", HOST, *self.live), ("explain", HOST, "--chain", "extra.pem", "--ca", "root.pem"),
                        ("explain", HOST, "--chain", "swapped-chain.pem", "--ca", "other.pem"),
                        ("explain", HOST, "--chain", "extra.pem", "--ca", "root.pem", "--policy", self.mixed_up)],
            "graph": [("graph", HOST, *self.live), ("graph", HOST, "--chain", "swapped-chain.pem", "--ca", "other.pem")],
            "monitor": [("monitor", *self.live, *self.history), ("monitor", HOST, "--connect", "::127.0.0.1:1", "--no-history"),
                        ("monitor", HOST, "--connect", "::127.0.0.1:1", *self.history, "--notify-command", "/nowhere/page")],
            "scan": [("scan", HOST, "--connect", f"::127.0.0.1:{self.two_keys}", "--ca", "root.pem", "--rate", "0",
                      "--warning", "10"),
                     ("scan", f"{HOST}:9443", "--connect", f"::127.0.0.1:{self.stamped}", "--ca", "root.pem", "--rate", "0",
                      "--warning", "10", "--ct-logs", self.logs),
                     ("scan", HOST, "--connect", f"::127.0.0.1:{self.stamped}", "--ca", "root.pem", "--rate", "0", "--warning", "10",
                      *self.history),
                     ("scan", f"{HOST}:8443", "--connect", "::127.0.0.1:1")],
            "history": [("history", HOST, *self.history)],
            "backup-key": [("backup-key", HOST, "--no-passphrase", "--to", self.offline, "--policy", policy)
                           for policy in (self.own, self.policy)],
            "rotate": [("rotate", HOST, "127.0.0.1", "else.example.org", *self.live, *self.history, "--report",
                        "--policy", self.rotating),
                       ("rotate", HOST, "--connect", "::127.0.0.1:1", *self.history, "--report"),
                       ("rotate", f"{HOST}:443", *self.live, *self.history, "--report")],
            "log": [("log", "--file", self.log), ("log", "--file", self.journal)],
            "learn": [("learn", "--file", self.log, "--from-hosts", self.hosts_to_learn, "--stable", "0", "--no-history",
                       "--dry-run", "--system-anchors", "root.pem", *self.live, "--policy", self.learned_for)],
            "test": [("test", *self.live), ("test", "--recorded", os.path.join(self.folder, "none"))],
            "status": [("status",), ("status", "--policy", self.broken)],
            "coverage": [("coverage", "/usr/bin/openssl", "/usr/bin/python3", path("server.pem"))],
        }

    def verbs_with_json(self):
        verbs = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", self.pinctl("--help").stdout)
        return {verb for verb in verbs if re.search("\n  --json +(?! |print as JSON what was done)", self.pinctl(verb, "--help").stdout)}

    def both(self, words):
        """The JSON and the text of a command line; JSON stands alone on standard output."""
        self.empty_offline()
        done = self.pinctl(*words, "--json", status=None)
        self.assertNotRegex(done.stdout, r"[\x00-\x09\x0b-\x1f\x7f]")
        found = json.loads(done.stdout)
        self.empty_offline()
        text = self.pinctl(*words, status=done.returncode).stdout
        return found, self.as_the_same_key(found, text) if words[0] == "backup-key" else text

    def empty_offline(self):
        for name in os.listdir(self.offline):
            os.unlink(os.path.join(self.offline, name))

    def as_the_same_key(self, found, text):
        """No two runs of backup-key make the same key: what is told must be the key that was made, and stands for the other."""
        (made,) = self.json("pin", found["public_key"])
        self.assertNotEqual(made["pin"], found["pin"])
        self.assertEqual(text.count(made["pin"]), 1)
        return text.replace(made["pin"], found["pin"])


class Json(Scene):
    def test_no_verb_is_missing(self):
        self.assertGreater(len(self.verbs_with_json()), 10)
        self.assertEqual(set(self.runs()), self.verbs_with_json())
        self.assertEqual(set(documented()), self.verbs_with_json())

    def test_fields(self):
        self.pinctl("monitor", *self.live, *self.history, status=None)
        for verb, lines in self.runs().items():
            with self.subTest(verb):
                printed = {name for words in lines for name in fields(self.both(words)[0])}
                patterns = documented()[verb]
                # A whole that is null is documented by its parts.
                unknown = {name for name in printed if not any(re.fullmatch(pattern, name) or
                                                               pattern.startswith(re.escape(name + ".")) for pattern in patterns)}
                self.assertEqual(unknown, set(), "printed, but not documented")
                # On a system without pinning there is no service to list; addresses of a name are asked in scan_web_test.py.
                absent = {pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in printed)}
                elsewhere = {"status": r"enabled\.services", "scan": re.escape("hosts[].addresses")}.get(verb, "\n")
                absent = {name for name in absent if not name.startswith(elsewhere)}
                self.assertEqual(absent, set(), "documented, but not printed")

    def test_everything_that_is_shown_is_there(self):
        """No digest, subject, file or reason is only in one of the two forms."""
        self.pinctl("monitor", *self.live, *self.history, status=None)
        for verb, lines in self.runs().items():
            for words in lines:
                with self.subTest(" ".join(words)):
                    found, text = self.both(words)
                    dumped = json.dumps(found)
                    # A diff is none of the data.
                    for shown in set(re.findall(rf"{DIGEST}|CN=[\w .]+\w", text.split("\n--- ")[0])):
                        self.assertIn(shown, dumped)
                    check = getattr(self, f"check_{verb.replace('-', '_')}")
                    check(found, text)

    def check_pin(self, found, text):
        self.assertEqual(re.findall(DIGEST, text), [item["pin"] for item in found])
        for item in found:
            self.assertRegex(text, rf"(?m)^{item['role']} +{re.escape(item['subject'])}$")

    def check_list(self, found, text):
        rows = [line.replace(", ", ",").replace(" (+ below)", "").split() for line in text.splitlines()[1:]]
        self.assertEqual(len(rows), 3)
        for row, host in zip(rows, found["hosts"]):
            size = {name: len(host.get(name, [])) for name in ("pins", "backup_pins", "fingerprints", "intermediates", "anchors")}
            self.assertEqual(row, [host["name"], ",".join(map(str, host["ports"])) or "any", host["mode"],
                                   str(size["pins"] + size["fingerprints"]), str(size["backup_pins"]),
                                   str(size["intermediates"] + size["anchors"]), host["expires"] or "never",
                                   f"policy.cfg:{host['line']}"])
            self.assertEqual(f"{host['name']} (+ below)" in text, host["include_subdomains"])

    def check_changes(self, found, text):
        self.assertTrue(all(change["command"].split()[1] in text for change in found))

    def check_show(self, found, text):
        for entry in found["entries"] + found["passed_over"]:
            self.assertIn(entry["name"], text)
            self.assertIn(entry["why"], " ".join(text.split()))
        self.assertEqual(found["covered"], bool(found["entries"]))

    def check_check(self, found, text):
        self.assertEqual(len(found), len(re.findall(r"(?m)^\S+:\d.*: (?:error|warning): ", text)))
        for item in found:
            self.assertIn(f"{item['file']}:{item['line']}:{item['column']}: {item['severity']}: {item['message']}\n", text)

    def check_diff(self, found, text):
        self.assertEqual([item["change"] for item in found], text.splitlines())

    def check_compile(self, found, text):
        if found["written"]:
            self.assertIn(str(found["hosts"]), text)
            self.assertIn(found["compiled"], text)
        else:
            self.assertEqual([item["severity"] for item in found["diagnostics"]], ["error"])

    def check_explain(self, found, text):
        self.assertEqual([item["pin"] for item in found["certificates"]], re.findall(rf"(?m)^ +({DIGEST})$", text))
        self.assertIn(f"Verdict: {found['verdict']}: ", text)
        self.assertIn(f"Log:     {found['log']}\n", text)
        for item in found["certificates"]:
            self.assertIn(item["subject"], text)
            for mixed_up in item["mixed_up"]:
                self.assertIn(mixed_up, text)
            if item["why_not_proven"]:
                self.assertIn(f"not proven: {item['why_not_proven']}", text)
        if found["openssl"]["error"]:
            self.assertIn(f"refuses at depth {found['openssl']['depth']}: {found['openssl']['error']}", text)
        if found["server"]:
            self.assertIn(f"{found['server']['address']}, {found['server']['tls']}, {found['server']['cipher']}", text)

    def check_graph(self, found, text):
        self.assertEqual(sorted(item["pin"] for item in found["certificates"]), sorted(re.findall(DIGEST, text)))
        verdict = found["verdict"] if found["allowed"] else "REFUSED"
        self.assertIn(f": {verdict}: ", text.splitlines()[0])
        self.assertEqual(sum(edge["counts"] for edge in found["edges"]), len(re.findall(r"(?m)^ +satisfies ", text)))
        self.assertEqual(sum(rule["satisfied"] for rule in found["rules"]), text.count("[x]"))
        self.assertEqual(sum(not rule["satisfied"] for rule in found["rules"]), text.count("[ ]"))

    def check_monitor(self, found, text):
        # libcurl says how long an attempt took, and the two are two attempts.
        lines = [re.sub(r"\d+ ms", "N ms", " ".join(line.split())) for line in text.splitlines()]
        for host in found["hosts"]:
            days = host["days_left"]
            left = "-" if days is None else "expired" if days < 0 else f"{days} d"
            # What is told once, for all hosts, has their number behind it.
            once = [item["text"] for item in host["findings"] if item["code"] == "issuer-expires"]
            texts = [re.sub(r"\d+ ms", "N ms", item["text"]) for item in host["findings"] if item["text"] not in once]
            texts = texts or (["a CA's certificate expires, reported once for all hosts"] if once else ["all well"])
            for text_of_finding in once:
                self.assertEqual(sum(f"{text_of_finding}: in the chain" in line for line in lines), 1)
            first = " ".join(f"{host['state']} {host['host']}:{host['port']} {host['tls'] or '-'} {left} {texts[0]}".split())
            self.assertIn(first, lines)
            for text_of_finding in texts[1:]:
                self.assertIn(" ".join(text_of_finding.split()), lines)
        self.assertRegex(lines[-1], rf"^{len(found['hosts'])} hosts?: ")

    check_test = check_monitor

    def check_scan(self, found, text):
        for host in found["hosts"]:
            if host["error"] is not None:
                self.assertRegex(text, rf"(?m)^{re.escape(host['host'])}:{host['port']}\n  Failed to connect")
                continue
            count = len(host["findings"])
            self.assertIn(f"{host['host']}:{host['port']} grade {host['grade']}, {count} finding{'s' if count != 1 else ''}, "
                          f"{host['connections']} connections\n", text)
            names = [suite["name"] for version in host["versions"] for suite in version["suites"]]
            for name in [*names, *host["groups"], *host["signatures"], *(item["code"] for item in host["findings"])]:
                self.assertIn(name, text)

    def check_history(self, found, text):
        self.assertGreater(len(found), 5)
        rows = [line.split(None, 4 if line.split()[4].startswith("sha256/") else 5) for line in text.splitlines()[1:1 + len(found)]]
        for row, item in zip(rows, found):
            self.assertEqual(row[:4], [str(item["port"]), str(item["depth"]), item["first_seen"][:10], item["last_seen"][:10]])
            self.assertEqual(row[4:], ([item["list"]] if item["list"] else []) + [f"{item['pin']} {item['subject']}"])

    def check_backup_key(self, found, text):
        titles = {"key": "key", "CSR": "csr", "public key": "public_key", "pin": "pin"}
        self.assertEqual(dict(re.split(" {2,}", line) for line in text.splitlines()),
                         {title: found[name] for title, name in titles.items()})
        policy = self.own if found["in_policy"] else self.policy
        backups = self.json("list", "--policy", policy)["hosts"][0]["backup_pins"]
        self.assertEqual(found["pin"] in backups, found["in_policy"])

    def check_rotate(self, found, text):
        steps = [(host, step) for host in found["hosts"] for step in host["steps"]]
        rows = [re.sub(r"\d+ ms", "N ms", " ".join(line.split())) for line in text.splitlines()]
        self.assertEqual(found["to_do"], bool(steps))
        if not steps:
            self.assertRegex(text, rf"^{len(found['hosts'])} servers?: nothing to do\n$")
            return
        self.assertEqual(len(rows), 1 + len(steps))
        for host, step in steps:
            shown = f"{step['state']} {host['host']}:{host['port']} {step['pin'] or ''} {step['text']}"
            shown = re.sub(r"\d+ ms", "N ms", " ".join(shown.split()))
            self.assertTrue(any(row.startswith(shown) for row in rows), (shown, rows))

    def check_log(self, found, text):
        table, *advised = text.split("\n\n")
        advised = " ".join(" ".join(advised).split())
        rows = table.splitlines()[1:]
        self.assertEqual(len(rows), len(found))
        for row, item in zip(rows, found):
            about = f"{item['host']}:{item['port']}" if item["verdict"] else ""
            reason = f"{'doubtful ' if item['doubtful'] else ''}{item['reason'] or ''}"
            shown = f"{item['verdict'] or item['event']} {about} {item['program']} ({item['uid']}) {reason}"
            self.assertIn(" ".join(shown.split()), " ".join(row.split()))
            self.assertEqual(f"(+{item['swallowed']})" in row, item["swallowed"] is not None)
            self.assertEqual(row.startswith("-"), item["time"] is None)
            self.assertEqual(row.endswith(" ..."), item["cut"])
            self.assertIn(item["advice"], advised)
            for key in item["keys"]:
                self.assertIn(f"key{key['depth']} {key['pin']} {key['subject']}", advised)
            if item["expected"]:
                self.assertIn(f"expected {item['expected']}", advised)

    def check_learn(self, found, text):
        rows = [" ".join(line.split()) for line in text.split("\n--- ")[0].splitlines()[1:]]
        self.assertEqual(len(rows), len(found))
        for row, item in zip(rows, found):
            shown = [key for key in item["keys"] if key["shown"]]
            since = max((key["first_seen"][:10] for key in shown), default="")
            # The day is the local one in the table.
            self.assertRegex(row, rf"^{re.escape(item['host'])}:{item['port']} {item['state']}( \d{{4}}-\d\d-\d\d)?( |$)")
            self.assertEqual(bool(re.search(r" \d{4}-\d\d-\d\d( |$)", row)), bool(since))
            self.assertTrue(row.endswith(item["why"] or f"issuer {item['subject']}"), (row, item))
            added = {key["pin"] for key in shown if item["state"] == "proposed"}
            for pin in added:
                self.assertRegex(text, rf'(?m)^\+ +"{re.escape(pin)}"')
        self.assertEqual(text.count("\n+++ "), sum(item["state"] == "proposed" for item in found))

    def check_status(self, found, text):
        flat = " ".join(text.split())
        self.assertGreater(len(found["problems"]), 0)
        for problem in found["problems"]:
            self.assertIn(problem["problem"], flat)
            self.assertIn(problem["remedy"], flat)
        self.assertIn(found["policy"]["path"], flat)
        self.assertEqual(found["enforced"], "Enforced." in text)

    def check_coverage(self, found, text):
        for program in found["programs"]:
            self.assertRegex(text, rf"(?m)^{re.escape(program['path'])} +{program['class']}( |$)")
        self.assertEqual(sum(found["counts"].values()), 3)


class Hostile(Scene):
    """The same for what a server or a database brings: U+FFFD for bytes that are no UTF-8."""

    def test_history_of_bad_bytes(self):
        self.pinctl("monitor", *self.live, *self.history, status=None)
        with sqlite3.connect(self.history[1]) as database:
            database.execute("UPDATE keys SET subject = CAST(x'ff1b5b324ae280ae' AS TEXT)")
        found, text = self.both(("history", HOST, *self.history))
        self.assertEqual({item["subject"] for item in found}, {"\ufffd\x1b[2J\u202e"})
        self.assertIn("\\xff\\x1b[2J\\xe2\\x80\\xae", text)


if __name__ == "__main__":
    main()
